//! Footage, and what the engine makes of it: every task of a film in this process, one after the other.
#![allow(dead_code)]

use domain::ladder::Effort;
use domain::plan::{MayCopy, Outcome, PicturePlan, Plan};
use domain::poster::Format;
use domain::storyboard::Layout;
use domain::timeline;
use domain::video::Notice;
use std::collections::BTreeMap;
use std::io::Cursor;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;
use worker::media::{
    self, Done, EncodePicture, EncodeSound, Enter, Error, Init, Input, Picture, Probe, ScanFilm, Segment, Sink, Stills,
    Stop, Track, Wishes, Work,
};

/// Keeps everything, as the storage would.
#[derive(Default)]
pub struct Memory {
    pub inits: BTreeMap<Track, Init>,
    pub segments: BTreeMap<Track, Vec<Segment>>,
    /// The numbers of those that are complete.
    pub chunks: BTreeMap<Track, Vec<u32>>,
    pub pictures: BTreeMap<Picture, Vec<u8>>,
    pub storyboard: Option<Layout>,
    pub progress: Vec<i64>,
    pub found: Vec<timeline::Chunk>,
    pub stop_after_segments: Option<usize>,
}

impl Sink for Memory {
    fn init(&mut self, track: Track, init: Init) -> Result<(), Stop> {
        if let Some(before) = self.inits.insert(track, init.clone()) {
            assert_eq!(before, init, "one init segment for all chunks");
        }
        Ok(())
    }

    fn segment(&mut self, track: Track, segment: Segment) -> Result<(), Stop> {
        assert!(self.inits.contains_key(&track), "the init segment comes first");
        self.segments.entry(track).or_default().push(segment);
        match self.stop_after_segments {
            Some(count) if self.segments.values().map(Vec::len).sum::<usize>() >= count => Err(Stop),
            _ => Ok(()),
        }
    }

    fn chunk(&mut self, track: Track, number: u32) -> Result<(), Stop> {
        self.chunks.entry(track).or_default().push(number);
        Ok(())
    }

    fn picture(&mut self, picture: Picture, bytes: Vec<u8>) -> Result<(), Stop> {
        assert!(self.pictures.insert(picture, bytes).is_none(), "each once");
        Ok(())
    }

    fn found(&mut self, chunk: timeline::Chunk) -> Result<(), Stop> {
        self.found.push(chunk);
        Ok(())
    }

    fn progress(&mut self, done_ms: i64) -> Result<(), Stop> {
        self.progress.push(done_ms);
        Ok(())
    }
}

impl Memory {
    /// The largest JPEG of the poster.
    pub fn poster(&self) -> &[u8] {
        let is_jpeg = |picture: &Picture| matches!(picture, Picture::Poster { format: Format::Jpeg, .. });
        self.pictures.iter().rfind(|(picture, _)| is_jpeg(picture)).expect("a poster").1
    }
}

/// A film that went through the engine.
pub struct Made {
    pub dir: TempDir,
    pub source: PathBuf,
    pub probe: Probe,
    pub plan: Plan,
    pub memory: Memory,
    pub film: Film,
    /// In each rung.
    pub frames: u64,
}

/// What a film became.
#[derive(Debug)]
pub struct Film {
    pub duration_ms: i64,
    pub notices: Vec<Notice>,
}

pub fn run(program: &str, args: &[&str]) -> String {
    let output = Command::new(program).args(args).output().expect(program);
    assert!(output.status.success(), "{program} {args:?}: {}", String::from_utf8_lossy(&output.stderr));
    assert!(output.stderr.is_empty(), "{program} {args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("UTF-8")
}

/// Footage made by `ffmpeg` with these arguments, written to a file of that name.
pub fn footage(name: &str, args: &str) -> (TempDir, PathBuf) {
    let dir = tempfile::tempdir().expect("a folder");
    let path = dir.path().join(name);
    let mut all = vec!["-v", "error", "-y"];
    all.extend(args.split_whitespace());
    let file = path.to_str().expect("a path").to_owned();
    all.push(&file);
    run("ffmpeg", &all);
    (dir, path)
}

pub const PICTURE: &str = "-f lavfi -i testsrc2=size=640x360:rate=25:duration=10";
pub const SOUND: &str = "-f lavfi -i sine=frequency=440:sample_rate=48000:duration=10";
pub const CHEAP: &str = "-c:v libx264 -preset ultrafast -pix_fmt yuv420p -g 50";

pub fn open(path: &Path) -> Box<dyn Input> {
    Box::new(std::fs::File::open(path).expect("the source"))
}

pub fn probe(input: Box<dyn Input>) -> Result<Probe, Error> {
    match media::perform(&Work::Probe, input, &mut Memory::default())? {
        Done::Probe(probe) => Ok(*probe),
        other => panic!("{other:?}"),
    }
}

pub fn encode(input: Box<dyn Input>, work: Work, memory: &mut Memory) -> Result<Outcome, Error> {
    match media::perform(&work, input, memory)? {
        Done::Encoded(outcome) => Ok(outcome),
        other => panic!("{other:?}"),
    }
}

/// The tasks that make a film's picture, in order.
pub fn picture_works(plan: &Plan) -> Vec<Work> {
    let Some(picture) = &plan.picture else { return Vec::new() };
    let origin_us = plan.origin_us;
    if picture.rungs.is_empty() {
        return Vec::new();
    }
    let rest = picture.rest.as_ref().map(|rest| (rest.chunk(0), true));
    let chunks = picture.chunks.iter().map(|chunk| (chunk.clone(), false)).chain(rest);
    let work = |(chunk, go_on): (timeline::Chunk, bool)| {
        let plan = PicturePlan { chunks: Vec::new(), ..picture.clone() };
        let enter = Enter::of(picture, chunk.start, chunk.position);
        let urgent = chunk.number == 0;
        Work::Picture(EncodePicture { plan, origin_us, chunk, go_on, enter, urgent })
    };
    chunks.map(work).collect()
}

/// Divides a film without an index.
pub fn scan(input: Box<dyn Input>, plan: &mut Plan) {
    let origin_us = plan.origin_us;
    let Some(picture) = plan.picture.as_mut().filter(|picture| picture.is_scanned) else { return };
    let mut memory = Memory::default();
    let work = ScanFilm { origin_us, last: picture.chunks.last().cloned() };
    match media::perform(&Work::Scan(work), input, &mut memory) {
        Ok(Done::Scanned(rest)) => picture.rest = rest,
        other => panic!("{other:?}"),
    }
    picture.chunks.extend(memory.found);
}

pub fn sound_work(plan: &Plan) -> Option<EncodeSound> {
    let sound = plan.sounds.first()?.clone();
    let seekable = plan.picture.as_ref().is_some_and(PicturePlan::has_index);
    Some(EncodeSound { plan: sound, origin_us: plan.origin_us, first_chunk: 0, first_sample: 0, seekable })
}

/// All tasks of a film. A part of it that can't be decoded is left out, as the queue does.
pub fn process(bytes: Vec<u8>, memory: &mut Memory) -> Result<Film, Error> {
    film(&|| Box::new(Cursor::new(bytes.clone())), ENCODE, memory).map(|(_, _, film)| film)
}

pub fn film(
    open: &dyn Fn() -> Box<dyn Input>,
    wishes: Wishes,
    memory: &mut Memory,
) -> Result<(Probe, Plan, Film), Error> {
    let probe = probe(open())?;
    let mut plan = media::plan(&probe, wishes);
    scan(open(), &mut plan);
    let (mut outcomes, mut lost) = (Vec::new(), None);
    let works = picture_works(&plan).into_iter().chain(sound_work(&plan).map(Work::Sound));
    for work in works {
        match encode(open(), work, memory) {
            Ok(outcome) => outcomes.push(Some(outcome)),
            Err(error @ Error::Unplayable(_)) => {
                lost = Some(error);
                outcomes.push(None);
            }
            Err(error) => return Err(error),
        }
    }
    if let Some(stills) = Stills::of(&plan) {
        media::perform(&Work::Poster(stills.clone()), open(), memory)?;
        match media::perform(&Work::Storyboard(stills), open(), memory)? {
            Done::Storyboard(layout) => memory.storyboard = layout,
            other => panic!("{other:?}"),
        }
    }
    let length = |track: Track| memory.segments.get(&track).map_or(0.0, |s| s.iter().map(Segment::seconds).sum());
    let (sound, picture) = (length(Track::Audio) * 1000.0, length(Track::Video(0)) * 1000.0);
    if sound.max(picture) <= 0.0 {
        return Err(lost.unwrap_or(Error::Unplayable(media::Reason::NothingToDecode)));
    }
    let outcomes: Vec<Option<&Outcome>> = outcomes.iter().map(Option::as_ref).collect();
    let notices = plan.notices(&outcomes, sound, picture);
    Ok((probe, plan, Film { duration_ms: sound.max(picture).round() as i64, notices }))
}

/// Everything is encoded.
pub const ENCODE: Wishes = Wishes { highest: 2160, copy: MayCopy::NOTHING, effort: Effort::Usual };
/// What can be is copied.
pub const COPY: Wishes = Wishes { highest: 2160, copy: MayCopy::ALL, effort: Effort::Usual };

pub fn make(footage: (TempDir, PathBuf)) -> Made {
    make_as(ENCODE, footage)
}

pub fn make_as(wishes: Wishes, (dir, source): (TempDir, PathBuf)) -> Made {
    let mut memory = Memory::default();
    let (probe, plan, film) = film(&|| open(&source), wishes, &mut memory).expect("a film");
    let mut made = Made { dir, source, probe, plan, memory, film, frames: 0 };
    if made.memory.segments.contains_key(&Track::Video(0)) {
        made.frames = count_frames(&made.file(Track::Video(0)));
    }
    made.check_every_rendition();
    made
}

impl Made {
    pub fn rungs(&self) -> &[domain::ladder::Rung] {
        self.plan.picture.as_ref().map(|picture| picture.rungs.as_slice()).unwrap_or_default()
    }

    pub fn tracks(&self) -> Vec<Track> {
        self.memory.inits.keys().copied().collect()
    }

    /// A rendition as one file: the init segment and everything after it.
    pub fn file(&self, track: Track) -> String {
        let path = self.dir.path().join(format!("{track:?}.mp4").replace(['(', ')'], "_"));
        let mut bytes = self.memory.inits[&track].bytes.clone();
        self.memory.segments[&track].iter().for_each(|segment| bytes.extend(&segment.bytes));
        std::fs::write(&path, bytes).expect("a file");
        path.to_str().expect("a path").to_owned()
    }

    /// What has to hold for every film.
    pub fn check_every_rendition(&self) {
        for (track, segments) in &self.memory.segments {
            let mut end = segments[0].start;
            for (index, segment) in segments.iter().enumerate() {
                assert_eq!(segment.start, end, "{track:?} {index}: no gap and no overlap");
                assert!(segment.duration > 0);
                assert_eq!(&segment.bytes[4..8], b"styp");
                assert_eq!(tfdt(&segment.bytes), segment.start, "{track:?} {index}: the time in the box");
                end = segment.start + segment.duration;
            }
        }
        let rungs: Vec<&Vec<Segment>> =
            self.memory.segments.iter().filter(|(track, _)| **track != Track::Audio).map(|(_, s)| s).collect();
        for rung in &rungs {
            let times = |segments: &[Segment]| segments.iter().map(|s| (s.start, s.duration)).collect::<Vec<_>>();
            assert_eq!(times(rung), times(rungs[0]), "segments of all rungs begin at the same instants");
        }
        for track in self.tracks() {
            // `run` fails when the decoder has anything to complain about.
            let exactly = ["-fps_mode", "passthrough", "-enc_time_base", "-1", "-f", "null", "-"];
            run("ffmpeg", &[&["-v", "error", "-i", &self.file(track)], &exactly[..]].concat());
            if let Track::Video(rung) = track {
                let rung = &self.rungs()[rung];
                let size = probe_entry(&self.file(track), "stream=width,height,sample_aspect_ratio,pix_fmt");
                assert_eq!(size, format!("{},{},1:1,yuv420p", rung.width, rung.height));
                assert_eq!(self.memory.inits[&track].codecs, rung.codecs());
                assert_eq!(count_frames(&self.file(track)), self.frames);
                assert_eq!(
                    key_frames(&self.file(track)),
                    self.memory.segments[&track].len(),
                    "one key frame a segment"
                );
            }
        }
    }

    pub fn seconds(&self, track: Track) -> (f64, f64) {
        let segments = &self.memory.segments[&track];
        let first = segments[0].start as f64 / f64::from(segments[0].timescale);
        (first, first + segments.iter().map(Segment::seconds).sum::<f64>())
    }

    pub fn assert_lasts(&self, track: Track, seconds: f64) {
        let (start, end) = self.seconds(track);
        assert!(start.abs() < 0.001 && (end - seconds).abs() < 0.05, "{track:?}: {start} to {end}, not {seconds}");
    }
}

pub fn probe_entry(path: &str, entries: &str) -> String {
    let args = ["-v", "error", "-select_streams", "v:0", "-show_entries", entries, "-of", "csv=p=0", path];
    run("ffprobe", &args).trim().to_owned()
}

pub fn count_frames(path: &str) -> u64 {
    let args =
        ["-v", "error", "-count_frames", "-select_streams", "v:0", "-show_entries", "stream=nb_read_frames", "-of"];
    run("ffprobe", &[args.as_slice(), &["csv=p=0", path]].concat()).trim().parse().expect("a count")
}

pub fn key_frames(path: &str) -> usize {
    probe_entry(path, "packet=flags").lines().filter(|line| line.starts_with('K')).count()
}

/// baseMediaDecodeTime of the only fragment, version 1 (ISO 14496-12, 8.8.12).
pub fn tfdt(segment: &[u8]) -> i64 {
    let places: Vec<usize> = (0..segment.len() - 4).filter(|at| &segment[*at..*at + 4] == b"moof").collect();
    assert_eq!(places.len(), 1, "one fragment a segment");
    let place = segment.windows(4).position(|window| window == b"tfdt").expect("a tfdt");
    assert_eq!(segment[place + 4], 1, "version");
    i64::from_be_bytes(segment[place + 8..place + 16].try_into().expect("eight bytes"))
}

/// The mean of each channel of one pixel's surroundings in the first frame.
pub fn colour_at(path: &str, crop: &str) -> [u8; 3] {
    let filter = format!("crop={crop},scale=1:1:flags=area,format=rgb24");
    let args = ["-v", "error", "-noautorotate", "-i", path, "-frames:v", "1", "-vf", &filter, "-f", "rawvideo", "-"];
    let output = Command::new("ffmpeg").args(args).output().expect("ffmpeg");
    output.stdout[..3].try_into().expect("a pixel")
}

/// Plays a sound that has been made in parts, as one.
pub fn samples(made: &Made) -> Vec<i16> {
    let pcm = Command::new("ffmpeg")
        .args(["-v", "error", "-i", &made.file(Track::Audio), "-f", "s16le", "-ac", "1", "-"])
        .output()
        .expect("ffmpeg")
        .stdout;
    pcm.chunks_exact(2).map(|s| i16::from_le_bytes([s[0], s[1]])).collect()
}

/// The mean brightness of each frame.
pub fn luma(path: &str) -> Vec<u8> {
    let args = ["-v", "error", "-i", path, "-vf", "scale=1:1:flags=area,format=gray", "-f", "rawvideo", "-"];
    Command::new("ffmpeg").args(args).output().expect("ffmpeg").stdout
}
