//! The engine on generated footage, checked by decoding what it made with the `ffmpeg` command line.

mod support;

use domain::video::Notice;
use std::io::{Cursor, Read, Seek, SeekFrom};
use std::process::Command;
use support::*;
use worker::media::{self, Error, Picture, Reason, Segment, Track, Work};

#[test]
fn a_film_becomes_a_ladder_with_key_frames_in_step() {
    let args = format!("{PICTURE} {SOUND} {CHEAP} -bf 2 -c:a aac -ac 2");
    let made = make(footage("film.mp4", &args));
    assert_eq!(made.tracks(), [Track::Video(0), Track::Video(1), Track::Audio]);
    assert_eq!(made.frames, 250);
    assert_eq!(made.film.notices, []);
    assert!((made.film.duration_ms - 10_000).abs() < 50, "{}", made.film.duration_ms);
    let starts: Vec<i64> = made.memory.segments[&Track::Video(0)].iter().map(Segment::start_ms).collect();
    assert_eq!(starts, [0, 2000, 6000]);
    assert_eq!(made.memory.chunks[&Track::Video(1)], [0, 1, 2]);
    for (start, segment) in starts.into_iter().zip(&made.memory.segments[&Track::Audio]) {
        assert!((segment.start_ms() - start).abs() < 25, "sound keeps near the grid");
    }
    made.assert_lasts(Track::Video(1), 10.0);
    made.assert_lasts(Track::Audio, 10.0);
    assert_eq!(made.memory.inits[&Track::Audio].codecs, "mp4a.40.2");
    let jpeg = made.memory.poster();
    assert!(jpeg.starts_with(&[0xff, 0xd8]) && jpeg.len() > 4000);
}

#[test]
fn sound_and_picture_stay_in_step() {
    // A white flash and a beep in each even second.
    let made = make(footage(
        "clap.mp4",
        &format!(
            "-f lavfi -i color=black:size=320x180:rate=25:duration=8,geq=lum='if(lt(mod(T,2),1),16,235)':cb=128:cr=128 \
             -f lavfi -i aevalsrc='if(lt(mod(t,2),1),0,sin(880*2*PI*t))':s=48000:d=8 {CHEAP} -bf 2 -c:a aac"
        ),
    ));
    let audio = made.file(Track::Audio);
    let video = made.file(Track::Video(0));
    let merged = made.dir.path().join("merged.mkv");
    let merged = merged.to_str().expect("a path");
    run("ffmpeg", &["-v", "error", "-i", &video, "-i", &audio, "-c:v", "copy", "-c:a", "pcm_s16le", merged]);
    let pcm = Command::new("ffmpeg")
        .args(["-v", "error", "-i", &audio, "-f", "s16le", "-ac", "1", "-"])
        .output()
        .expect("ffmpeg")
        .stdout;
    let loud = pcm.chunks_exact(2).position(|s| i16::from_le_bytes([s[0], s[1]]).abs() > 3000).expect("a beep");
    assert!((loud as f64 / 48_000.0 - 1.0).abs() < 0.01, "the beep comes at {}", loud as f64 / 48_000.0);
    let luma = Command::new("ffmpeg")
        .args(["-v", "error", "-i", &video, "-vf", "scale=1:1,format=gray", "-f", "rawvideo", "-"])
        .output()
        .expect("ffmpeg")
        .stdout;
    assert_eq!(luma.iter().position(|luma| *luma > 128), Some(25), "the flash comes with frame 25");
}

#[test]
fn a_late_sound_stays_late() {
    let made = make(footage("late.mkv", &format!("{PICTURE} -itsoffset 1.5 {SOUND} {CHEAP} -c:a aac -t 8")));
    made.assert_lasts(Track::Video(0), 8.0);
    let (start, _) = made.seconds(Track::Audio);
    assert!(start.abs() < 0.001, "silence is put in front");
    let pcm = Command::new("ffmpeg")
        .args(["-v", "error", "-i", &made.file(Track::Audio), "-f", "s16le", "-ac", "1", "-"])
        .output()
        .expect("ffmpeg")
        .stdout;
    let loud = pcm.chunks_exact(2).position(|s| i16::from_le_bytes([s[0], s[1]]).abs() > 1000).expect("a tone");
    assert!((loud as f64 / 48_000.0 - 1.5).abs() < 0.03, "{}", loud as f64 / 48_000.0);
}

#[test]
fn times_that_begin_at_ten_seconds_are_brought_to_zero() {
    let args = format!("{PICTURE} {SOUND} {CHEAP} -c:a aac -t 5 -output_ts_offset 10");
    let made = make(footage("late.ts", &args));
    assert_eq!(made.frames, 125);
    let (picture, sound) = (made.seconds(Track::Video(0)), made.seconds(Track::Audio));
    assert!(picture.0 < 0.05 && sound.0 < 0.05 && (picture.1 - 5.0).abs() < 0.1, "{picture:?} {sound:?}");
}

#[test]
fn uneven_frame_times_are_kept() {
    let args = format!(
        "{PICTURE} -vf select='not(mod(n,3))+lt(mod(n,50),20)' -fps_mode vfr {CHEAP} -bf 2 -video_track_timescale 90000"
    );
    let made = make(footage("vfr.mp4", &args));
    let times = |path: &str| -> Vec<f64> {
        let mut times: Vec<f64> = probe_entry(path, "packet=pts_time")
            .lines()
            .map(|line| line.trim_end_matches(',').parse().expect("a time"))
            .collect();
        times.sort_by(f64::total_cmp);
        let first = times[0];
        times.iter().map(|time| time - first).collect()
    };
    let (before, after) = (times(made.source.to_str().expect("a path")), times(&made.file(Track::Video(0))));
    assert_eq!(before.len(), after.len());
    for (before, after) in before.iter().zip(&after) {
        assert!((before - after).abs() < 0.001, "{before} became {after}");
    }
}

#[test]
fn a_film_held_upright_is_turned() {
    let (dir, flat) = footage(
        "flat.mp4",
        &format!(
            "-f lavfi -i color=red:size=320x200:rate=25:duration=1 -vf drawbox=x=0:y=0:w=40:h=40:color=blue:t=fill {CHEAP}"
        ),
    );
    let turned = dir.path().join("turned.mp4");
    let (from, to) = (flat.to_str().expect("a path"), turned.to_str().expect("a path"));
    // `rotate=90` writes a matrix that players turn counter-clockwise by 90 degrees.
    run("ffmpeg", &["-v", "error", "-i", from, "-c", "copy", "-metadata:s:v:0", "rotate=90", to]);
    let made = make((dir, turned));
    let video = made.probe.video.as_ref().expect("a picture");
    assert_eq!((video.width, video.height), (200, 320));
    // What the command line shows when it turns the same file is the measure.
    let shown = made.dir.path().join("shown.mp4");
    let (source, shown) = (made.source.to_str().expect("a path"), shown.to_str().expect("a path"));
    run("ffmpeg", &["-v", "error", "-i", source, "-c:v", "libx264", "-preset", "ultrafast", shown]);
    let ours = made.file(Track::Video(made.rungs().len() - 1));
    let corners = ["20:20:4:4", "20:20:in_w-24:4", "20:20:4:in_h-24", "20:20:in_w-24:in_h-24"];
    let blue = |path: &str| corners.map(|corner| colour_at(path, corner)[2] > 128);
    assert_eq!(blue(&ours), blue(shown));
    assert_eq!(blue(&ours).iter().filter(|blue| **blue).count(), 1);
}

#[test]
fn oblong_pixels_become_square() {
    let args = format!("-f lavfi -i testsrc2=size=720x576:rate=25:duration=1,setsar=64/45 {CHEAP}");
    let made = make(footage("pal.mp4", &args));
    let top = made.rungs().last().expect("a rung");
    assert!(top.width.abs_diff(1024) <= 2 && top.height == 576, "{top:?}");
}

#[test]
fn a_film_of_one_pixel_plays() {
    for (name, args) in [("pixel.avi", "-c:v ffv1 -pix_fmt bgr0"), ("pixel.webm", "-c:v libvpx -pix_fmt yuv420p")] {
        let one = "-f lavfi -i testsrc2=size=64x64:rate=25:duration=1,format=rgb24,crop=1:1";
        let made = make(footage(name, &format!("{one} {args}")));
        assert_eq!(made.frames, 25, "{name}");
        assert_eq!((made.rungs()[0].width, made.rungs()[0].height), (16, 16), "{name}");
    }
}

#[test]
fn deep_colours_and_rgb_become_eight_bits() {
    for (name, args) in [
        ("deep.mkv", "-c:v libx264 -preset ultrafast -pix_fmt yuv422p10le"),
        ("rgb.mkv", "-c:v libx264rgb -preset ultrafast -pix_fmt bgr24"),
        ("full.mkv", "-c:v mjpeg -pix_fmt yuvj444p"),
        ("paletted.gif", "-vf fps=10"),
    ] {
        let made = make(footage(name, &format!("-f lavfi -i testsrc2=size=320x180:rate=25:duration=1 {args}")));
        assert_eq!(made.tracks(), [Track::Video(0)], "{name}");
    }
}

#[test]
fn frames_beyond_sixty_a_second_are_dropped() {
    let made = make(footage("fast.mp4", &format!("-f lavfi -i testsrc2=size=320x180:rate=120:duration=2 {CHEAP}")));
    assert_eq!(made.frames, 120);
    made.assert_lasts(Track::Video(0), 2.0);
}

#[test]
fn the_ceiling_holds_where_nothing_can_be_compressed() {
    let noise = "-f lavfi -i nullsrc=size=320x180:rate=25:duration=9,geq=random(1)*255:128:128";
    let made = make(footage("noise.mkv", &format!("{noise} -c:v ffv1 -pix_fmt yuv420p")));
    let ceiling = f64::from(made.rungs()[0].peak_bitrate(4000));
    for segment in made.memory.segments[&Track::Video(0)].iter().filter(|segment| segment.seconds() > 2.0) {
        let rate = segment.bytes.len() as f64 * 8.0 / segment.seconds();
        assert!(rate <= ceiling, "{rate} bits a second of at most {ceiling}");
    }
}

#[test]
fn sound_alone_is_a_film_too() {
    for (name, args) in [
        ("tone.mp3", "-c:a libmp3lame"),
        ("tone.ogg", "-c:a libopus -ac 1"),
        ("tone.wav", "-ar 22050"),
        ("tone.flac", "-c:a flac -ac 6"),
        ("tone.m4a", "-c:a aac -ar 44100"),
    ] {
        let made = make(footage(name, &format!("{SOUND} {args}")));
        assert_eq!(made.tracks(), [Track::Audio], "{name}");
        let (start, end) = made.seconds(Track::Audio);
        assert!(start.abs() < 0.001 && (end - 10.0).abs() < 0.08, "{name}: {start} to {end}");
        assert_eq!(made.film.notices, [], "{name}");
        assert!(made.memory.pictures.is_empty());
    }
}

#[test]
fn a_cover_is_no_picture() {
    let args = format!(
        "{SOUND} -f lavfi -i testsrc2=size=320x320:rate=1:duration=1 -map 0 -map 1 -c:a aac -c:v mjpeg -frames:v 1 \
         -pix_fmt yuvj420p -disposition:v attached_pic"
    );
    assert_eq!(make(footage("song.m4a", &args)).tracks(), [Track::Audio]);
}

#[test]
fn a_silent_sound_track_is_told_of() {
    let args = format!("{PICTURE} -f lavfi -i anullsrc=r=48000:cl=stereo -t 2 {CHEAP} -c:a aac");
    assert_eq!(make(footage("silent.mp4", &args)).film.notices, [Notice::Silent]);
    let none = make(footage("none.mp4", &format!("{PICTURE} -t 2 {CHEAP}")));
    assert_eq!(none.film.notices, []);
}

#[test]
fn other_containers_and_codecs_come_out_whole() {
    for (name, args) in [
        ("film.webm", "-c:v libvpx -deadline realtime -cpu-used 8 -c:a libopus"),
        ("film.avi", "-c:v msmpeg4 -c:a libmp3lame"),
        ("film.flv", "-c:v flv -c:a libmp3lame -ar 44100"),
        ("film.mpg", "-c:v mpeg2video -c:a mp2"),
        ("film.mkv", "-c:v libx264 -preset ultrafast -pix_fmt yuv420p -c:a flac"),
    ] {
        let made = make(footage(name, &format!("{PICTURE} {SOUND} -t 5 {args}")));
        assert_eq!(made.frames, 125, "{name}");
        assert_eq!(made.film.notices, [], "{name}");
        let (picture, sound) = (made.seconds(Track::Video(0)), made.seconds(Track::Audio));
        assert!((picture.1 - sound.1).abs() < 0.08, "{name}: {picture:?} {sound:?}");
    }
}

#[test]
fn a_poster_is_not_black() {
    let args = format!(
        "-f lavfi -i color=black:size=640x360:rate=25:duration=5 -f lavfi -i testsrc2=size=640x360:rate=25:duration=3 \
         -filter_complex [0][1]concat=n=2 {CHEAP}"
    );
    let made = make(footage("fade.mp4", &args));
    let path = made.dir.path().join("poster.jpg");
    std::fs::write(&path, made.memory.poster()).expect("a file");
    let path = path.to_str().expect("a path");
    assert!(colour_at(path, "in_w:in_h:0:0").iter().any(|channel| *channel > 60));
    assert_eq!(probe_entry(path, "stream=width,height"), "640,360");
}

#[test]
fn a_poster_is_neither_a_blur_nor_a_fade() {
    // Each stretch has its colour in a corner; the sharp one, white, has less contrast than the blurs around it.
    let part = |name: &str, seconds: u32, filter: &str, colour: &str| {
        format!(
            "testsrc2=size=640x360:rate=25:duration={seconds},{filter},drawbox=w=64:h=64:color={colour}:t=fill[{name}];"
        )
    };
    let graph = [
        part("dark", 10, "lutyuv=y=16:u=128:v=128", "black"),
        part("blur", 8, "gblur=sigma=14", "red"),
        part("fade", 6, "fade=in:duration=6", "lime"),
        part("sharp", 4, "eq=contrast=0.8", "white"),
        part("end", 12, "gblur=sigma=14", "blue"),
    ];
    let args =
        format!("-filter_complex {}[dark][blur][fade][sharp][end]concat=n=5[all] -map [all] {CHEAP}", graph.concat());
    let made = make(footage("film.mp4", &args));
    let path = made.dir.path().join("poster.jpg");
    std::fs::write(&path, made.memory.poster()).expect("a file");
    let corner = colour_at(path.to_str().expect("a path"), "40:40:10:10");
    assert!(corner.iter().all(|channel| *channel > 200), "{corner:?}");
}

/// The mean brightness of the storyboard's pictures.
fn tiles(made: &Made) -> Vec<u8> {
    let layout = made.memory.storyboard.as_ref().expect("a storyboard");
    let brightness = |tile| {
        let (sheet, x, y) = layout.place(tile);
        let path = made.dir.path().join(format!("{sheet}.jpg"));
        std::fs::write(&path, &made.memory.pictures[&Picture::Sheet(sheet)]).expect("a file");
        let path = path.to_str().expect("a path");
        let (width, height) = layout.sheet_size(sheet);
        assert_eq!(probe_entry(path, "stream=width,height"), format!("{width},{height}"));
        let crop = format!("{}:{}:{x}:{y}", layout.tile_width, layout.tile_height);
        colour_at(path, &crop)[0]
    };
    (0..layout.count).map(brightness).collect()
}

#[test]
fn a_storyboard_shows_the_film_at_even_distances() {
    // A second brighter by two than the one before it.
    let args = "-f lavfi -i color=black:size=180x320:rate=5:duration=60,geq=lum='40+2*floor(T)':cb=128:cr=128 \
                -c:v libx264 -preset ultrafast -pix_fmt yuv420p";
    for (name, more) in
        [("index.mp4", "-g 5"), ("none.ts", "-g 5 -bf 2"), ("rare.mp4", "-g 40 -keyint_min 40 -sc_threshold 0")]
    {
        let made = make(footage(name, &format!("{args} {more}")));
        let layout = made.memory.storyboard.as_ref().expect("a storyboard");
        assert_eq!((layout.interval_ms, layout.count, layout.sheets()), (2000, 30, 2), "{name}");
        assert_eq!((layout.tile_width, layout.tile_height), (90, 160), "{name}");
        for (number, tile) in (0..).zip(tiles(&made)) {
            // The key frame before the middle, by the second it was made in; brightness is limited in the film, full here.
            let second = ((f64::from(tile) * 219.0 / 255.0 + 16.0 - 40.0) / 2.0).round() as i64;
            let middle = layout.middle_ms(number) / 1000;
            let expected = if name == "rare.mp4" { middle / 8 * 8 } else { middle };
            assert!((second - expected).abs() <= 1, "{name}: picture {number} shows second {second}, not {expected}");
        }
    }
}

#[test]
fn a_long_film_without_an_index_has_no_more_pictures_than_others() {
    let args = "-f lavfi -i color=gray:size=64x36:rate=1:duration=900 -c:v mpeg2video -g 1 -r 25";
    let made = make(footage("long.ts", args));
    let layout = made.memory.storyboard.as_ref().expect("a storyboard");
    assert_eq!((layout.interval_ms, layout.count), (8000, 112));
}

#[test]
fn a_film_cut_off_half_way_is_published_as_far_as_it_goes() {
    for (name, flags) in [("film.mp4", "-movflags +faststart"), ("film.mkv", ""), ("film.avi", "")] {
        let codec = if name == "film.avi" { "-c:v mpeg4 -c:a libmp3lame" } else { "-c:a aac" };
        let (_dir, path) = footage(name, &format!("{PICTURE} {SOUND} {CHEAP} {codec} {flags}"));
        let mut bytes = std::fs::read(&path).expect("the film");
        bytes.truncate(bytes.len() / 2);
        let mut memory = Memory::default();
        let outcome = process(bytes, &mut memory).expect(name);
        assert_eq!(outcome.notices, [Notice::CutOff], "{name}");
        assert!((3_000..7_000).contains(&outcome.duration_ms), "{name}: {}", outcome.duration_ms);
        assert!(!memory.segments[&Track::Video(0)].is_empty() && !memory.segments[&Track::Audio].is_empty());
    }
}

#[test]
fn a_hole_in_a_film_is_told_of_and_passed_over() {
    let (_dir, path) = footage("film.ts", &format!("{PICTURE} {SOUND} {CHEAP} -c:a aac"));
    let mut bytes = std::fs::read(&path).expect("the film");
    let middle = bytes.len() / 2;
    for (index, byte) in bytes[middle..middle + 40_000].iter_mut().enumerate() {
        // Every fifth packet's payload, so that the transport stream itself stays readable.
        if (index / 188) % 5 == 0 {
            *byte ^= 0x5a;
        }
    }
    let mut memory = Memory::default();
    let outcome = process(bytes, &mut memory).expect("an outcome");
    assert!(outcome.notices.contains(&Notice::Damaged), "{outcome:?}");
    assert!(outcome.duration_ms > 9_500);
}

#[test]
fn what_is_no_film_is_refused_with_a_reason() {
    let text = "It was a dark and stormy night. ".repeat(2000).into_bytes();
    let playlist =
        b"#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:4\n#EXTINF:4,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n";
    let concat = b"ffconcat version 1.0\nfile '/etc/passwd'\n";
    for bytes in [text, playlist.to_vec(), concat.to_vec(), Vec::new(), vec![0; 100_000]] {
        match process(bytes, &mut Memory::default()) {
            Err(Error::Unplayable(_)) => {}
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn a_film_without_frames_is_refused() {
    let (_dir, path) = footage("none.mp4", &format!("{PICTURE} {CHEAP} -frames:v 0 -movflags +empty_moov"));
    match process(std::fs::read(path).expect("the film"), &mut Memory::default()) {
        Err(Error::Unplayable(Reason::NothingToDecode | Reason::NotAFilm)) => {}
        other => panic!("{other:?}"),
    }
}

/// Breaks down after so many bytes.
struct Failing(Cursor<Vec<u8>>, usize);

impl Read for Failing {
    fn read(&mut self, buf: &mut [u8]) -> std::io::Result<usize> {
        let read = self.0.read(buf)?;
        self.1 = self.1.checked_sub(read).ok_or(std::io::ErrorKind::ConnectionReset)?;
        Ok(read)
    }
}

impl Seek for Failing {
    fn seek(&mut self, to: SeekFrom) -> std::io::Result<u64> {
        self.0.seek(to)
    }
}

#[test]
fn a_storage_that_fails_is_no_end_of_the_film() {
    let (_dir, path) = footage("film.mp4", &format!("{PICTURE} {CHEAP} -movflags +faststart"));
    let bytes = std::fs::read(&path).expect("the film");
    let plan = media::plan(&probe(open(&path)).expect("a probe"), ENCODE);
    for good in [0, 100_000] {
        let input = || Box::new(Failing(Cursor::new(bytes.clone()), good));
        let last = picture_works(&plan).pop().expect("a chunk");
        for work in [Work::Probe, last].into_iter().skip(usize::from(good > 0)) {
            match media::perform(&work, input(), &mut Memory::default()) {
                Err(Error::Input(error)) => assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset),
                other => panic!("{other:?}"),
            }
        }
    }
}

#[test]
fn a_sink_can_stop_the_work() {
    let (_dir, path) = footage("film.avi", &format!("{PICTURE} {SOUND} -c:v mpeg4 -c:a libmp3lame"));
    let plan = media::plan(&probe(open(&path)).expect("a probe"), ENCODE);
    let mut memory = Memory { stop_after_segments: Some(2), ..Memory::default() };
    let work = picture_works(&plan).pop().expect("all of it");
    assert!(matches!(encode(open(&path), work, &mut memory), Err(Error::Stopped)));
}

#[test]
fn a_sound_that_is_resumed_has_no_seam() {
    let footage = footage("tone.mp4", &format!("{PICTURE} {SOUND} -t 10 {CHEAP} -c:a aac"));
    let mut made = make(footage);
    let whole = samples(&made);
    let mut work = sound_work(&made.plan).expect("a sound");
    // As if the first attempt had ended after two chunks.
    let kept: Vec<Segment> = made.memory.segments[&Track::Audio][..2].to_vec();
    work.first_chunk = 2;
    work.first_sample = kept.iter().map(|segment| segment.duration).sum();
    let mut rest = Memory::default();
    encode(open(&made.source), Work::Sound(work), &mut rest).expect("an outcome");
    assert_eq!(rest.chunks[&Track::Audio], [2]);
    let rest = rest.segments.remove(&Track::Audio).expect("the rest");
    made.memory.segments.insert(Track::Audio, kept.into_iter().chain(rest).collect());
    made.check_every_rendition();
    let joined = samples(&made);
    assert_eq!(whole.len(), joined.len());
    let noise = whole.iter().zip(&joined).map(|(a, b)| (i32::from(*a) - i32::from(*b)).abs()).max();
    assert!(noise < Some(400), "{noise:?}");
}
