//! Chunks of a picture, whoever makes them: where they are cut, that they join, and with what effort they are made.

mod support;

use domain::ladder::Effort;
use domain::timeline;
use support::*;
use worker::media::{self, Segment, Track, Wishes};

#[test]
fn chunks_join_without_a_lost_or_doubled_frame() {
    // Each frame has its number in its brightness; B-frames and key frames at odd places.
    for (name, codec) in [
        ("open.mp4", "-c:v libx264 -preset veryfast -bf 3 -g 37 -x264opts open_gop=1 -pix_fmt yuv420p"),
        ("closed.mkv", "-c:v libx264 -preset veryfast -bf 3 -g 50 -pix_fmt yuv420p"),
        ("hevc.mp4", "-c:v libx265 -preset ultrafast -x265-params log-level=none:keyint=60:bframes=4 -pix_fmt yuv420p"),
        ("vp9.webm", "-c:v libvpx-vp9 -deadline realtime -cpu-used 8 -g 60"),
        // Without an index.
        ("open.ts", "-c:v libx264 -preset veryfast -bf 3 -g 37 -x264opts open_gop=1 -pix_fmt yuv420p"),
        ("hevc.ts", "-c:v libx265 -preset ultrafast -x265-params log-level=none:keyint=60:bframes=4 -pix_fmt yuv420p"),
        ("mpeg2.ts", "-c:v mpeg2video -q:v 2 -bf 2 -g 15"),
        ("mpeg2.mpg", "-c:v mpeg2video -q:v 2 -bf 2 -g 15"),
        ("film.flv", "-c:v libx264 -preset veryfast -bf 3 -g 50 -pix_fmt yuv420p"),
        ("live.mkv", "-c:v libx264 -preset veryfast -bf 3 -g 50 -pix_fmt yuv420p -live 1"),
        ("live.webm", "-c:v libvpx-vp9 -deadline realtime -cpu-used 8 -g 60 -live 1"),
    ] {
        let made = make(footage(name, &format!("{NUMBERED} {codec}")));
        let picture = made.plan.picture.as_ref().expect("a picture");
        assert!(picture.chunks.len() >= 3 && picture.rest.is_none(), "{name}: {picture:?}");
        assert_eq!(picture.is_scanned, made.probe.keys.is_none(), "{name}");
        assert_eq!(made.frames, 750, "{name}");
        made.assert_lasts(Track::Video(0), 30.0);
        assert_same_frames(&made, name);
    }
}

/// Thirty seconds in which each frame has its number in its brightness.
const NUMBERED: &str =
    "-f lavfi -i color=black:size=320x180:rate=25:duration=30,geq=lum='16+8*mod(N,26)':cb=128:cr=128";

fn assert_same_frames(made: &Made, name: &str) {
    let (before, after) = (luma(made.source.to_str().expect("a path")), luma(&made.file(Track::Video(0))));
    assert_eq!(before.len(), after.len(), "{name}");
    for (number, (before, after)) in before.iter().zip(&after).enumerate() {
        assert!(before.abs_diff(*after) <= 5, "{name}: frame {number} is {after}, not {before}");
    }
}

#[test]
fn a_film_without_an_index_whose_clock_jumps_is_divided_up_to_there() {
    let (dir, path) = footage("jump.ts", &format!("{NUMBERED} -c:v libx264 -preset veryfast -bf 3 -g 50"));
    let once = std::fs::read(&path).expect("the film");
    std::fs::write(&path, [once.clone(), once].concat()).expect("a file");
    let made = make((dir, path));
    let picture = made.plan.picture.as_ref().expect("a picture");
    let rest = picture.rest.as_ref().expect("a rest");
    assert!(rest.number >= 2 && rest.number as usize == picture.chunks.len(), "{picture:?}");
    assert!(rest.start < 30 * timeline::TIMESCALE && rest.position.is_some());
    assert_eq!(made.frames, 1500);
    assert_same_frames(&made, "jump.ts");
}

#[test]
fn a_walk_through_a_film_goes_on_where_an_earlier_one_was() {
    let (_dir, path) = footage("film.ts", &format!("{NUMBERED} -c:v libx264 -preset veryfast -bf 3 -g 50"));
    let plan = || media::plan(&probe(open(&path)).expect("a probe"), ENCODE);
    let mut whole = plan();
    scan(open(&path), &mut whole);
    let chunks = whole.picture.expect("a picture").chunks;
    assert!(chunks.len() >= 4);
    for known in 0..chunks.len() {
        let mut again = plan();
        again.picture.as_mut().expect("a picture").chunks.extend_from_slice(&chunks[..known]);
        scan(open(&path), &mut again);
        assert_eq!(again.picture.expect("a picture").chunks, chunks, "{known} were known");
    }
}

#[test]
fn a_picture_that_stands_still_has_no_long_segment() {
    // One frame every 30 s.
    let slides = format!("-f lavfi -i testsrc2=size=320x180:rate=1/30:duration=90 {CHEAP} -g 1");
    for name in ["slides.mp4", "slides.ts", "slides.avi"] {
        let made = make(footage(name, &slides));
        let longest = made.memory.segments[&Track::Video(0)].iter().map(Segment::seconds).fold(0.0, f64::max);
        assert!(longest <= 6.1, "{name}: {longest}");
    }
}

#[test]
fn a_quick_film_is_made_with_less_effort() {
    let source = || footage("film.mp4", &format!("{PICTURE} {SOUND} {CHEAP}"));
    let usual = make(source());
    let quick = make_as(Wishes { effort: Effort::Quick, ..ENCODE }, source());
    quick.check_every_rendition();
    // x264 writes its settings into the first picture.
    let says = |made: &Made, setting: &str| {
        let bytes = std::fs::read(made.file(Track::Video(0))).unwrap();
        bytes.windows(setting.len()).any(|window| window == setting.as_bytes())
    };
    // Nobody waits for more than the first chunk.
    assert!(says(&usual, " subme=1 ") && says(&usual, " subme=2 "));
    assert!(says(&quick, " subme=1 ") && !says(&quick, " subme=2 "));
    assert!(says(&quick, " mbtree=1 ") && says(&quick, " rc_lookahead=10 "));
}
