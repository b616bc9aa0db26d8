//! Films that look wrong, or come out wrong, unless something is done about it.

mod support;

use std::process::Command;
use support::*;
use worker::media::{self, Done, EncodeSound, ReadTexts, Track, Work};

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
                 zscale=pin=bt709:tin=bt709:min=gbr:rin=pc:p=bt2020:t=linear:npl=203:agamma=false,\
                 zscale=t={transfer}:m=bt2020nc:r=tv:npl=203:agamma=false,format=yuv420p10le -c:v libx265 \
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
            "zscale=t=linear:npl=100:agamma=false,format=gbrpf32le,zscale=p=bt709,\
             tonemap=hable:desat=0:peak=10,\
             zscale=t=bt709:m=bt709:r=tv:agamma=false,format=yuv420p",
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

/// Words in two languages, and what both files of them say.
fn subtitles(dir: &std::path::Path) -> (String, String) {
    let write = |name: &str, text: &str| {
        let path = dir.join(name);
        std::fs::write(&path, text).expect("a file");
        path.to_str().expect("a path").to_owned()
    };
    (
        write(
            "en.srt",
            "1\n00:00:01,000 --> 00:00:02,500\n<i>Ahoy</i> & welcome\n\n2\n00:00:04,000 --> 00:00:05,000\n1 < 2\n",
        ),
        write("de.srt", "1\n00:00:01,200 --> 00:00:02,700\nMoin\n"),
    )
}

#[test]
fn languages_subtitles_and_chapters_are_found() {
    let dir = tempfile::tempdir().expect("a folder");
    let (english, german) = subtitles(dir.path());
    let chapters = dir.path().join("chapters.txt");
    let text = ";FFMETADATA1\n[CHAPTER]\nTIMEBASE=1/1000\nSTART=0\nEND=3000\ntitle=Beginning\n\
                [CHAPTER]\nTIMEBASE=1/1000\nSTART=3000\nEND=6000\ntitle=End & more\n";
    std::fs::write(&chapters, text).expect("a file");
    let chapters = chapters.to_str().expect("a path");
    for (name, codec) in [("film.mkv", "srt"), ("film.mkv", "ass"), ("film.mp4", "mov_text"), ("film.webm", "webvtt")] {
        let (picture, sound) = match name {
            "film.webm" => ("-c:v libvpx -deadline realtime -cpu-used 8", "libopus"),
            _ => (CHEAP, "aac"),
        };
        let args = format!(
            "{PICTURE} -f lavfi -i sine=frequency=440:duration=6 -f lavfi -i sine=frequency=880:duration=6 \
             -i {english} -i {german} -i {chapters} -map_metadata 5 -map 0:v -map 1:a -map 2:a -map 3 -map 4 -t 6 \
             {picture} -c:a {sound} -c:s {codec} -metadata:s:a:0 language=eng -metadata:s:a:1 language=ger \
             -metadata:s:s:0 language=eng -metadata:s:s:1 language=deu"
        );
        let made = make(footage(name, &args));
        let sounds: Vec<(&str, Option<&str>, &str)> = made
            .plan
            .sounds
            .iter()
            .map(|sound| (&*sound.name, sound.about.language.as_deref(), &*sound.about.label))
            .collect();
        assert_eq!(sounds, [("audio", Some("en"), "English"), ("audio2", Some("de"), "German")], "{name}");
        let titles: Vec<(i64, i64, &str)> =
            made.plan.chapters.iter().map(|chapter| (chapter.start_ms, chapter.end_ms, &*chapter.title)).collect();
        assert_eq!(titles, [(0, 3000, "Beginning"), (3000, 6000, "End & more")], "{name}");
        // The second sound is another.
        let work = EncodeSound { plan: made.plan.sounds[1].clone(), ..sound_work(&made.plan).expect("a sound") };
        let mut other = Memory::default();
        encode(open(&made.source), Work::Sound(work), &mut other).expect("an outcome");
        assert_ne!(other.segments[&Track::Audio][0].bytes, made.memory.segments[&Track::Audio][0].bytes, "{name}");

        let streams = made.plan.texts.iter().map(|text| text.stream).collect();
        let work = Work::Texts(ReadTexts { streams, origin_us: made.plan.origin_us });
        let Ok(Done::Texts(texts)) = media::perform(&work, open(&made.source), &mut ()) else { panic!("{name}") };
        assert_eq!(texts[0][0].text.replace("<i>", "").replace("</i>", ""), "Ahoy &amp; welcome", "{name} {codec}");
        // FFmpeg writes WebVTT without escaping anything.
        assert_eq!(texts[0][1].text, if codec == "webvtt" { "1" } else { "1 &lt; 2" }, "{name} {codec}");
        assert_eq!(texts[1].iter().map(|cue| &*cue.text).collect::<Vec<_>>(), ["Moin"], "{name} {codec}");
        // Where the sound has a run-up, picture and words begin behind it.
        for (cue, wished) in [(&texts[0][0], (1000, 2500)), (&texts[0][1], (4000, 5000)), (&texts[1][0], (1200, 2700))]
        {
            let late = cue.start_ms - wished.0;
            assert!((0..30).contains(&late) && cue.end_ms - wished.1 == late, "{name} {codec}: {cue:?}");
        }
    }
}

#[test]
fn many_channels_are_mixed_into_two_without_clipping() {
    // Full loudness in every channel of 5.1 and 7.1 alike.
    for layout in ["5.1", "7.1"] {
        let all = if layout == "5.1" { 6 } else { 8 };
        let loud = vec!["0.9*sin(440*2*PI*t)"; all].join("|");
        let args = format!("-f lavfi -i aevalsrc={loud}:c={layout}:s=48000:d=4 -c:a pcm_s16le");
        let made = make(footage("loud.wav", &args));
        assert_eq!(made.plan.sounds[0].channels, 2);
        let samples = samples(&made);
        let peak = samples.iter().map(|sample| sample.unsigned_abs()).max().unwrap_or(0);
        assert!((20_000..32_000).contains(&peak), "{layout}: {peak}");
    }
    // Who speaks in the middle is heard on both sides, and what is left stays left.
    let args = "-f lavfi -i aevalsrc=0|0|0.5*sin(440*2*PI*t)|0|0|0:c=5.1:s=48000:d=4 -c:a pcm_s16le";
    let made = make(footage("middle.wav", args));
    let loudness = |channel: u8| {
        let filter = format!(
            "pan=mono|c0=c{channel},astats=metadata=1,ametadata=print:key=lavfi.astats.Overall.RMS_level:file=-"
        );
        let text = run("ffmpeg", &["-v", "error", "-i", &made.file(Track::Audio), "-af", &filter, "-f", "null", "-"]);
        text.lines().filter_map(|line| line.split_once("RMS_level=")?.1.parse::<f64>().ok()).fold(-200.0, f64::max)
    };
    let (left, right) = (loudness(0), loudness(1));
    assert!(left > -24.0 && (left - right).abs() < 0.5, "{left} dB and {right} dB");
}

#[test]
fn still_pictures_and_animations_are_films() {
    let picture = "-f lavfi -i testsrc2=size=640x360:rate=10:duration=2";
    // A still picture is shown in a chunk of two seconds and one of three.
    for (name, args, frames, seconds) in [
        ("still.png", "-frames:v 1", 2, 5.0),
        ("still.jpg", "-frames:v 1 -q:v 3", 2, 5.0),
        ("still.webp", "-frames:v 1 -c:v libwebp", 2, 5.0),
        ("moving.gif", "", 20, 2.0),
    ] {
        let made = make(footage(name, &format!("{picture} {args}")));
        made.assert_lasts(Track::Video(0), seconds);
        assert_eq!(made.frames, frames, "{name}");
        assert_eq!(made.film.notices, [], "{name}");
        let [red, green, blue] = mean(&made.file(Track::Video(0)), "null");
        assert!(red > 50.0 && green > 50.0 && blue > 50.0, "{name}: {red} {green} {blue}");
    }
}
