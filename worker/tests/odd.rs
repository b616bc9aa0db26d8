//! Films that look wrong, or come out wrong, unless something is done about it.

mod support;

use std::process::Command;
use support::*;
use worker::media::Track;

/// The mean of a frame's channels, by a filter chain of ffmpeg's that ends in RGB.
fn mean(path: &str, chain: &str) -> [f64; 3] {
    let filter = format!("{chain},scale=1:1:flags=area,format=rgb24");
    let args = ["-v", "error", "-i", path, "-frames:v", "1", "-vf", &filter, "-f", "rawvideo", "-"];
    let output = Command::new("ffmpeg").args(args).output().expect("ffmpeg");
    let pixel: [u8; 3] = output.stdout[..3].try_into().expect("a pixel");
    pixel.map(f64::from)
}

/// How much neighbouring lines differ, beside lines that are two apart: high where fields are combed.
fn combing(path: &str) -> f64 {
    let args = ["-v", "error", "-i", path, "-vf", "format=gray", "-f", "rawvideo", "-"];
    let output = Command::new("ffmpeg").args(args).output().expect("ffmpeg");
    let size = probe_entry(path, "stream=width,height");
    let size: Vec<usize> = size.split(',').filter_map(|number| number.parse().ok()).collect();
    let (width, height) = (size[0], size[1]);
    let (mut near, mut far) = (0_u64, 0_u64);
    for frame in output.stdout.chunks_exact(width * height) {
        let line = |y: usize| &frame[y * width..(y + 1) * width];
        let differ = |a: &[u8], b: &[u8]| a.iter().zip(b).map(|(a, b)| u64::from(a.abs_diff(*b))).sum::<u64>();
        for y in 0..height - 2 {
            near += differ(line(y), line(y + 1));
            far += differ(line(y), line(y + 2));
        }
    }
    near as f64 / far.max(1) as f64
}

#[test]
fn interlaced_film_is_made_whole_without_losing_a_frame() {
    let moving = "-f lavfi -i color=black:size=480x360:rate=50:duration=6,\
                  drawbox=w=20:h=360:c=white:t=fill:x=0,scroll=h=0.02,interlace=scan=tff:lowpass=off";
    for (name, codec) in [
        ("dv.mkv", "-c:v mpeg2video -q:v 2 -flags +ilme+ildct -g 12"),
        ("tv.mp4", "-c:v libx264 -preset ultrafast -x264-params tff=1:keyint=50 -pix_fmt yuv420p"),
    ] {
        let made = make_as(COPY, footage(name, &format!("{moving} {codec}")));
        assert_eq!(made.frames, 150, "{name}");
        made.assert_lasts(Track::Video(0), 6.0);
        let top = Track::Video(made.rungs().len() - 1);
        let (before, after) = (combing(made.source.to_str().expect("a path")), combing(&made.file(top)));
        assert!(before > 1.2 && after < 0.8, "{name}: {before:.2}, then {after:.2}");
        assert!(made.plan.picture.as_ref().is_some_and(|picture| picture.copy.is_none()), "{name} isn't copied");
    }
}

#[test]
fn high_dynamic_range_is_not_washed_out() {
    // Light whose white is at 203 cd/m²; in grey for HLG, whose colours zimg takes for less bright than BT.2100 does.
    for (name, transfer, saturation) in [("hdr10.mp4", "smpte2084", 1), ("hlg.mp4", "arib-std-b67", 0)] {
        let written_as = |transfer: &str| {
            format!(
                "-f lavfi -i testsrc2=size=640x360:rate=25:duration=2,hue=s={saturation},format=gbrpf32le,\
                 zscale=pin=bt709:tin=bt709:min=gbr:rin=pc:p=bt2020:t=linear:npl=203,\
                 zscale=t={transfer}:m=bt2020nc:r=tv:npl=203,format=yuv420p10le -c:v libx265 \
                 -preset ultrafast -x265-params log-level=none:colorprim=bt2020:transfer={transfer}:colormatrix=bt2020nc"
            )
        };
        let made = make(footage(name, &written_as(transfer)));
        let file = made.file(Track::Video(0));
        let tags = probe_entry(&file, "stream=color_range,color_space,color_transfer,color_primaries");
        assert_eq!(tags, "tv,bt709,bt709,bt709", "{name}");
        // What a slower, exact way makes of it.
        let (_dir, reference) = footage("reference.mp4", &written_as("smpte2084"));
        let exact = mean(
            reference.to_str().expect("a path"),
            "zscale=t=linear:npl=100,format=gbrpf32le,zscale=p=bt709,\
             tonemap=hable:desat=0:peak=10,\
             zscale=t=bt709:m=bt709:r=tv,format=yuv420p",
        );
        let (ours, raw) = (mean(&file, "null"), mean(made.source.to_str().expect("a path"), "null"));
        let apart = |other: [f64; 3]| ours.iter().zip(other).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
        assert!(apart(exact) < 8.0, "{name}: {ours:?} instead of {exact:?}; as it is it would be {raw:?}");
    }
}

#[test]
fn what_can_be_seen_through_is_put_on_black() {
    // Red that is hardly there on the left, and wholly on the right.
    let args = "-f lavfi -i color=red:size=320x180:rate=25:duration=1,format=rgba,\
                geq=r=255:g=0:b=0:a='if(lt(X,160),0,255)'";
    for (name, codec) in [("alpha.mov", "-c:v qtrle"), ("alpha.mkv", "-c:v ffv1 -pix_fmt bgra")] {
        let made = make(footage(name, &format!("{args} {codec}")));
        let file = made.file(Track::Video(0));
        let ([left, ..], [right, ..]) = (colour_at(&file, "100:100:10:10"), colour_at(&file, "100:100:200:10"));
        assert!(left < 20 && right > 230, "{name}: {left} {right}");
    }
}
