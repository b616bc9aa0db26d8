//! What is copied, checked against its source; and what is not.

mod support;

use std::process::Command;
use support::*;
use worker::media::{self, CopyPicture, Segment, Track, Work};

/// A copy beside what is encoded: the same film, cut at the same instants.
fn copied(name: &str, args: &str, frames: u64) -> (Made, Memory) {
    let made = make_as(COPY, footage(name, args));
    let picture = made.plan.picture.as_ref().expect("a picture");
    assert!(picture.copy.is_some(), "{name}: {} {:?}", picture.why, made.probe.facts);
    let work = Work::Copy(CopyPicture { origin_us: made.plan.origin_us, chunks: picture.chunks.clone() });
    let mut memory = Memory::default();
    encode(open(&made.source), work, &mut memory).expect("a copy");
    let numbers: Vec<u32> = picture.chunks.iter().map(|chunk| chunk.number).collect();
    assert_eq!(memory.chunks[&Track::Video(0)], numbers, "{name}");
    let times = |memory: &Memory| -> Vec<(i64, i64)> {
        memory.segments[&Track::Video(0)].iter().map(|segment| (segment.start, segment.duration)).collect()
    };
    if made.memory.segments.contains_key(&Track::Video(0)) {
        assert_eq!(times(&memory), times(&made.memory), "{name}: a player can switch at every segment");
    }
    let copy = Made {
        memory: Memory { inits: memory.inits.clone(), segments: memory.segments.clone(), ..Memory::default() },
        ..made
    };
    let file = copy.file(Track::Video(0));
    run("ffmpeg", &["-v", "error", "-i", &file, "-fps_mode", "passthrough", "-f", "null", "-"]);
    assert_eq!(count_frames(&file), frames, "{name}");
    assert_eq!(luma(&file), luma(copy.source.to_str().expect("a path")), "{name}: the same pictures in the same order");
    (copy, memory)
}

const LONG: &str = "-f lavfi -i testsrc2=size=640x360:rate=25:duration=40 -f lavfi -i sine=frequency=440:sample_rate=48000:duration=40";

#[test]
fn a_film_that_plays_everywhere_is_copied() {
    for (name, args) in [
        ("usual.mp4", "-c:v libx264 -preset veryfast -pix_fmt yuv420p -c:a aac -ac 2"),
        ("index-first.mp4", "-c:v libx264 -preset ultrafast -g 50 -pix_fmt yuv420p -c:a aac -movflags +faststart"),
        ("film.mkv", "-c:v libx264 -preset veryfast -bf 3 -g 100 -pix_fmt yuv420p -c:a libopus"),
        ("baseline.mov", "-c:v libx264 -preset veryfast -profile:v baseline -g 75 -pix_fmt yuv420p -c:a aac -ac 1"),
    ] {
        let (made, _) = copied(name, &format!("{LONG} {args}"), 1000);
        assert_eq!(
            made.plan.sounds.first().is_some_and(|sound| sound.copy),
            name.ends_with("mp4") || name.ends_with("mov")
        );
    }
}

#[test]
fn a_copy_that_is_resumed_goes_on_where_it_was() {
    let (made, whole) = copied(
        "film.mp4",
        &format!("{LONG} -c:v libx264 -preset veryfast -bf 3 -g 50 -pix_fmt yuv420p -c:a aac"),
        1000,
    );
    let chunks = made.plan.picture.as_ref().expect("a picture").chunks.clone();
    for missing in 1..chunks.len() {
        let work = CopyPicture { origin_us: made.plan.origin_us, chunks: chunks[missing..].to_vec() };
        let mut rest = Memory::default();
        encode(open(&made.source), Work::Copy(work), &mut rest).expect("a copy");
        let rest = &rest.segments[&Track::Video(0)];
        let all = &whole.segments[&Track::Video(0)];
        let bytes = |segments: &[Segment]| segments.iter().map(|s| (s.start, s.bytes.len())).collect::<Vec<_>>();
        assert_eq!(bytes(rest), bytes(&all[all.len() - rest.len()..]), "from chunk {missing} on");
    }
}

#[test]
fn a_copied_sound_is_the_same_and_in_step() {
    let made = make_as(COPY, footage("film.mp4", &format!("{PICTURE} {SOUND} {CHEAP} -c:a aac")));
    assert!(made.plan.sounds.first().is_some_and(|sound| sound.copy));
    made.assert_lasts(Track::Audio, 10.0);
    let ours = samples(&made);
    let source = Command::new("ffmpeg")
        .args(["-v", "error", "-i", made.source.to_str().expect("a path"), "-f", "s16le", "-ac", "1", "-"])
        .output()
        .expect("ffmpeg")
        .stdout;
    let source: Vec<i16> = source.chunks_exact(2).map(|s| i16::from_le_bytes([s[0], s[1]])).collect();
    // Behind the first frames, which lack the one before them.
    let apart =
        ours[4096..400_000].iter().zip(&source[4096..400_000]).map(|(a, b)| (i32::from(*a) - i32::from(*b)).abs());
    assert!(apart.max() < Some(8));
}

#[test]
fn what_can_not_be_copied_is_encoded() {
    for (name, args, why) in [
        (
            "open.mp4",
            "-c:v libx264 -preset veryfast -bf 3 -g 50 -x264opts open_gop=1:bframes=3 -pix_fmt yuv420p",
            "entered",
        ),
        ("deep.mkv", "-c:v libx264 -preset ultrafast -pix_fmt yuv420p10le", "profile"),
        ("rare.mp4", "-c:v libx264 -preset ultrafast -g 600 -keyint_min 600 -pix_fmt yuv420p", "apart"),
        (
            "interlaced.mp4",
            "-c:v libx264 -preset ultrafast -flags +ilme+ildct -x264opts tff=1 -pix_fmt yuv420p",
            "interlaced",
        ),
        ("stream.ts", "-c:v libx264 -preset ultrafast -pix_fmt yuv420p", "index"),
        ("vp9.webm", "-c:v libvpx-vp9 -deadline realtime -cpu-used 8", "H.264"),
    ] {
        let (_dir, path) = footage(name, &format!("-f lavfi -i testsrc2=size=320x180:rate=25:duration=24 {args}"));
        let plan = media::plan(&probe(open(&path)).expect("a probe"), COPY);
        let picture = plan.picture.expect("a picture");
        assert!(picture.copy.is_none() && picture.why.contains(why), "{name}: {}", picture.why);
    }
}
