//! The real work in the jail: what honest films come out as, and that hostile ones end with a reason.

use domain::ladder::Effort;
use domain::plan::{MayCopy, Plan};
use domain::timeline;
use std::io::Cursor;
use std::time::Duration;

use super::Test;
use super::canary;
use super::hostile::{self, ffmpeg};
use super::mischief::{Done, Mischief, jail};
use worker::jail::fences::Fence;
use worker::jail::{Limits, Load};
use worker::media::{
    self, CopyPicture, DrawSound, EncodePicture, EncodeSound, Enter, Error, Init, Picture, Probe, Reason, Segment,
    Sink, Stills, Stop, Track, Wishes, Work,
};

const ENCODE: Wishes = Wishes { highest: 1080, copy: MayCopy::NOTHING, effort: Effort::Usual };
const COPY: Wishes = Wishes { highest: 1080, copy: MayCopy::ALL, effort: Effort::Usual };

pub const TESTS: &[Test] = &[
    ("a_film_comes_out_of_the_jail_as_it_does_without", a_film_comes_out_of_the_jail_as_it_does_without),
    ("films_of_many_kinds_need_nothing_that_is_forbidden", films_of_many_kinds_need_nothing_that_is_forbidden),
    ("a_playlist_named_avi_opens_nothing", a_playlist_named_avi_opens_nothing),
    ("a_list_of_files_opens_nothing", a_list_of_files_opens_nothing),
    ("subtitles_open_no_other_file", subtitles_open_no_other_file),
    ("a_quicktime_reference_is_not_followed", a_quicktime_reference_is_not_followed),
    ("a_decoder_that_is_not_on_the_list_is_not_used", a_decoder_that_is_not_on_the_list_is_not_used),
    ("a_picture_too_large_is_refused", a_picture_too_large_is_refused),
    ("a_million_pictures_a_second_are_refused", a_million_pictures_a_second_are_refused),
    ("too_many_streams_are_refused", too_many_streams_are_refused),
    ("a_billion_samples_take_no_memory", a_billion_samples_take_no_memory),
    ("a_bomb_does_not_go_off", a_bomb_does_not_go_off),
];

fn probe(bytes: Vec<u8>, limits: &Limits) -> Result<Probe, Error> {
    probe_without(&[], bytes, limits)
}

fn probe_without(fences: &[Fence], bytes: Vec<u8>, limits: &Limits) -> Result<Probe, Error> {
    match jail(fences).run(&Mischief::Film(Box::new(Work::Probe)), Box::new(Cursor::new(bytes)), limits, &mut ())? {
        Done::Film(media::Done::Probe(probe)) => Ok(*probe),
        other => panic!("{other:?} for a probe"),
    }
}

fn reason(bytes: Vec<u8>) -> Reason {
    reason_of(probe(bytes, &Limits::for_probe()))
}

fn reason_of(result: Result<Probe, Error>) -> Reason {
    match result {
        Err(Error::Unplayable(reason)) => reason,
        other => panic!("no reason: {other:?}"),
    }
}

/// Files and sockets can be opened.
const OPEN: [Fence; 3] = [Fence::Landlock, Fence::Resources, Fence::Seccomp];

/// Looks at it twice: in the jail, and where nothing but the engine's own lists holds it back.
fn is_no_film(bytes: &[u8]) {
    for fences in [&[][..], &OPEN] {
        let probed = probe_without(fences, bytes.to_vec(), &Limits::for_probe());
        assert_eq!(reason_of(probed), Reason::NotAFilm, "without {fences:?}: {}", String::from_utf8_lossy(bytes));
    }
}

/// Bytes of memory that any child so far had at once. None of ours and no `ffmpeg` has a reason to have
/// 1.5 GiB.
fn most_memory() -> u64 {
    let mut usage: libc::rusage = unsafe { std::mem::zeroed() };
    // SAFETY: `usage` is alive.
    assert_eq!(unsafe { libc::getrusage(libc::RUSAGE_CHILDREN, &mut usage) }, 0);
    usage.ru_maxrss as u64 * 1024
}

const TOO_MUCH_MEMORY: u64 = 3 << 29;

/// Keeps what comes.
#[derive(Default, PartialEq)]
struct Memory {
    inits: Vec<(Track, Init)>,
    segments: Vec<(Track, Segment)>,
    pictures: Vec<(Picture, Vec<u8>)>,
}

impl Sink for Memory {
    fn init(&mut self, track: Track, init: Init) -> Result<(), Stop> {
        self.inits.push((track, init));
        Ok(())
    }

    fn segment(&mut self, track: Track, segment: Segment) -> Result<(), Stop> {
        self.segments.push((track, segment));
        Ok(())
    }

    fn picture(&mut self, picture: Picture, bytes: Vec<u8>) -> Result<(), Stop> {
        self.pictures.push((picture, bytes));
        Ok(())
    }

    fn progress(&mut self, _: i64) -> Result<(), Stop> {
        Ok(())
    }
}

impl Memory {
    /// Renditions come interleaved as it happens.
    fn sorted(mut self) -> Self {
        self.inits.sort_by_key(|(track, _)| *track);
        self.segments.sort_by_key(|(track, segment)| (*track, segment.index));
        self
    }
}

fn limits() -> Limits {
    Limits::for_encode(&Load {
        source_pixels: 320 * 240,
        rung_pixels: 320 * 240,
        frame_rate: 25.0,
        film: Duration::from_secs(2),
        cores: std::thread::available_parallelism().map_or(1, usize::from),
    })
}

/// All that is made of a film, from its beginning to its end.
fn works(plan: &Plan) -> Vec<Work> {
    let origin_us = plan.origin_us;
    if let Some(chunks) = plan.picture.as_ref().filter(|picture| picture.copy.is_some()).map(|p| p.chunks.clone()) {
        let sound =
            plan.sounds.first().cloned().map(|plan| {
                Work::Sound(EncodeSound { plan, origin_us, first_chunk: 0, first_sample: 0, seekable: true })
            });
        return [Some(Work::Copy(CopyPicture { origin_us, chunks })), sound].into_iter().flatten().collect();
    }
    let picture = plan.picture.clone().map(|plan| {
        Work::Picture(EncodePicture {
            plan,
            origin_us,
            chunk: timeline::by_the_clock(0),
            go_on: true,
            enter: Enter::AtTheBeginning,
            urgent: true,
        })
    });
    let stills = Stills::of(plan).map(|stills| Stills { entered_ms: None, ..stills });
    let (poster, storyboard) = (stills.clone().map(Work::Poster), stills.map(Work::Storyboard));
    let sound = plan
        .sounds
        .first()
        .cloned()
        .map(|plan| Work::Sound(EncodeSound { plan, origin_us, first_chunk: 0, first_sample: 0, seekable: false }));
    let drawn = plan.sounds.first().map(|sound| Work::DrawSound(DrawSound { stream: sound.stream }));
    let drawn = drawn.filter(|_| plan.picture.is_none());
    [picture, poster, storyboard, sound, drawn].into_iter().flatten().collect()
}

fn plan(film: &[u8]) -> Plan {
    media::plan(&probe(film.to_vec(), &Limits::for_probe()).expect("a probe"), ENCODE)
}

fn encode(film: &[u8], work: &Work, sink: &mut Memory) -> Result<media::Done, Error> {
    let input = Box::new(Cursor::new(film.to_vec()));
    match jail(&[]).run(&Mischief::Film(Box::new(work.clone())), input, &limits(), sink)? {
        Done::Film(done) => Ok(done),
        other => panic!("{other:?} for a film"),
    }
}

fn a_film_comes_out_of_the_jail_as_it_does_without() {
    let film = ffmpeg(
        "film.mp4",
        "-f lavfi -i testsrc2=size=320x240:rate=25:duration=6 -f lavfi -i sine=duration=6 -c:v libx264 -g 50 \
         -pix_fmt yuv420p -c:a aac",
    );
    let open = || Box::new(Cursor::new(film.clone()));
    let probed = probe(film.clone(), &Limits::for_probe()).expect("a probe");
    assert_eq!(
        media::Done::Probe(Box::new(probed.clone())),
        media::perform(&Work::Probe, open(), &mut ()).expect("a probe")
    );
    for wishes in [ENCODE, COPY] {
        let plan = media::plan(&probed, wishes);
        let copies = plan.picture.as_ref().is_some_and(|picture| picture.copy.is_some());
        assert_eq!(copies, wishes.copy.picture, "{plan:?}");
        let (mut inside, mut outside) = (Memory::default(), Memory::default());
        for work in works(&plan) {
            let done = encode(&film, &work, &mut inside).expect("a result");
            assert_eq!(done, media::perform(&work, open(), &mut outside).expect("a result"));
        }
        // A poster of one width in two formats, and a sheet of the storyboard.
        assert!(!inside.segments.is_empty() && (copies || inside.pictures.len() == 3));
        assert!(inside.sorted() == outside.sorted(), "the same bytes");
    }
}

fn films_of_many_kinds_need_nothing_that_is_forbidden() {
    for (name, args) in [
        ("upright.mp4", "-c:v libx264 -pix_fmt yuv420p -metadata:s:v rotate=90 -c:a aac"),
        ("deep.mkv", "-c:v libx265 -x265-params log-level=none -pix_fmt yuv420p10le -c:a flac"),
        ("film.webm", "-c:v libvpx-vp9 -deadline realtime -cpu-used 8 -c:a libopus"),
        ("older.webm", "-c:v libvpx -deadline realtime -cpu-used 8 -c:a libvorbis"),
        ("av1.mkv", "-t 0.4 -c:v libaom-av1 -cpu-used 8 -c:a eac3"),
        ("film.mpg", "-c:v mpeg2video -c:a mp2"),
        ("film.ts", "-c:v libx264 -pix_fmt yuv420p -c:a ac3"),
        ("film.avi", "-c:v msmpeg4 -c:a libmp3lame"),
        ("film.flv", "-c:v flv -c:a libmp3lame -ar 44100"),
        ("film.ogv", "-c:v libtheora -c:a libvorbis"),
        ("film.wmv", "-c:v wmv2 -c:a wmav2"),
        ("film.mov", "-c:v prores_ks -c:a alac"),
        ("lossless.mkv", "-c:v ffv1 -pix_fmt bgr0 -c:a pcm_s24le"),
        ("film.gif", "-an -vf fps=10"),
        ("surround.m4a", "-vn -ac 6 -c:a aac"),
    ] {
        let sources = "-f lavfi -i testsrc2=size=320x240:rate=25:duration=1 -f lavfi -i sine=duration=1";
        let film = ffmpeg(name, &format!("{sources} {args}"));
        let probed = probe(film.clone(), &Limits::for_probe()).unwrap_or_else(|error| panic!("{name}: {error:?}"));
        let plan = media::plan(&probed, ENCODE);
        let mut memory = Memory::default();
        for work in works(&plan) {
            encode(&film, &work, &mut memory).unwrap_or_else(|error| panic!("{name}: {error:?}"));
        }
        let rungs = plan.picture.map_or(0, |picture| picture.rungs.len());
        assert_eq!(memory.inits.len(), rungs + usize::from(!plan.sounds.is_empty()), "{name}");
    }
}

fn a_playlist_named_avi_opens_nothing() {
    let (mut file, socket) = (canary::File::new("canary.ts"), canary::Socket::tcp());
    let path = file.path.display().to_string();
    let address = format!("http://{}/canary.ts", socket.address());
    // The name is gone by the time a film gets here; what counts is inside.
    for uri in [path.clone(), format!("file://{path}"), format!("concat:{path}|{path}"), address.clone()] {
        is_no_film(&hostile::playlist(&[&uri]));
    }
    // As they are named in what Apple and Microsoft made of playlists.
    is_no_film(format!("[Reference]\nRef1={address}\n").as_bytes());
    is_no_film(format!("<asx><ref href=\"{address}\"/></asx>").as_bytes());
    assert!(!file.was_opened() && !socket.was_called());
}

fn a_list_of_files_opens_nothing() {
    let mut file = canary::File::with("canary.mov", &hostile::honest());
    let path = file.path.display().to_string();
    is_no_film(format!("concat:{path}|{path}").as_bytes());
    // The second is one that libav takes for harmless, from the root, where children live.
    for path in [&*path, path.trim_start_matches('/')] {
        is_no_film(format!("ffconcat version 1.0\nfile '{path}'\n").as_bytes());
    }
    assert!(!file.was_opened());
}

fn subtitles_open_no_other_file() {
    let mut file = canary::File::new("canary.sub");
    let index = file.path.with_extension("idx").display().to_string();
    let text = format!("# VobSub index file, v7 (do not modify this line!)\n# {index}\nid: en, index: 0\n");
    is_no_film(text.as_bytes());
    assert!(!file.was_opened());
}

fn a_quicktime_reference_is_not_followed() {
    let mut file = canary::File::with("canary.mov", &hostile::honest());
    let film = hostile::with_reference_to(&file.path);
    // Its sound lies where it should.
    for work in works(&plan(&film)) {
        let _ = encode(&film, &work, &mut Memory::default());
    }
    assert!(!file.was_opened());
    let _ = probe_without(&OPEN, film, &Limits::for_probe());
    assert!(!file.was_opened());
}

fn a_decoder_that_is_not_on_the_list_is_not_used() {
    let film = |codec: &str| {
        let args = format!("-f lavfi -i testsrc2=size=320x240:rate=25:duration=1 -c:v {codec} -pix_fmt yuv420p");
        ffmpeg("film.avi", &args)
    };
    assert_eq!(reason(film("magicyuv")), Reason::NothingToDecode);
    assert!(probe(film("ffv1"), &Limits::for_probe()).is_ok());
    // Nor where nobody asked what is in it.
    for work in works(&plan(&film("ffv1"))) {
        let result = encode(&film("magicyuv"), &work, &mut Memory::default());
        assert!(matches!(result, Err(Error::Unplayable(Reason::NothingToDecode))), "{work:?}: {result:?}");
    }
}

fn a_picture_too_large_is_refused() {
    let small = ffmpeg("small.avi", "-f lavfi -i color=size=64x64:rate=1 -frames:v 1 -c:v ffv1");
    assert_eq!(reason(hostile::with_size(small.clone(), 12_000, 12_000)), Reason::TooLarge);
    // libav takes this one for no size at all.
    assert_eq!(reason(hostile::with_size(small, 16_384, 16_384)), Reason::NothingToDecode);
    let source = "-f lavfi -i color=size=8192x8192:rate=1 -frames:v 1";
    let largest = ffmpeg("large.avi", &format!("{source} -c:v mjpeg -pix_fmt yuvj420p"));
    assert!(probe(largest, &Limits::for_probe()).is_ok());
}

fn a_million_pictures_a_second_are_refused() {
    let args = "-f lavfi -i testsrc2=size=64x64:rate=1000000 -frames:v 100 -c:v mjpeg -video_track_timescale 1000000";
    let film = ffmpeg("fast.mov", args);
    assert_eq!(reason(film), Reason::TooFast);
}

fn too_many_streams_are_refused() {
    let film = |streams: usize| {
        let maps = " -map 0".repeat(streams);
        ffmpeg("many.mkv", &format!("-f lavfi -i sine=duration=0.1{maps} -c:a pcm_s16le"))
    };
    assert_eq!(reason(film(101)), Reason::TooManyStreams);
    assert!(probe(film(100), &Limits::for_probe()).is_ok());
}

fn a_billion_samples_take_no_memory() {
    // What the index would take is refused, and without it there is nothing to see; sound is there still.
    for count in [1_000_000_000, 80_000_000] {
        let film = hostile::with_samples(count);
        let small = Limits { memory: 700 << 20, ..Limits::for_probe() };
        match probe(film, &small) {
            Ok(_) | Err(Error::Unplayable(_)) => {}
            other => panic!("{count}: {other:?}"),
        }
    }
    assert!(most_memory() < TOO_MUCH_MEMORY, "{}", most_memory());
}

fn a_bomb_does_not_go_off() {
    // As much as libav asks for at once, if it is let.
    let bomb = hostile::bomb(2_000 << 20);
    assert!(bomb.len() < 4 << 20, "{} bytes", bomb.len());
    assert_eq!(reason(bomb), Reason::NotAFilm);
    assert!(most_memory() < TOO_MUCH_MEMORY, "{}", most_memory());
}
