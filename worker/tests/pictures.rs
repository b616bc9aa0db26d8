//! What stands for a film: posters of all kinds, covers, waveforms.

mod support;

use domain::poster::Format;
use domain::waveform::Waveform;
use std::path::Path;
use support::*;
use worker::media::{self, Done, DrawSound, Drawn, Error, Picture, PictureAt, Printed, Reason, Stills, Track, Work};

/// A poster's files, written down: widths, formats, paths.
fn files(memory: &Memory, dir: &Path) -> Vec<(u32, Format, String)> {
    let posters = memory.pictures.iter().filter_map(|(picture, bytes)| match picture {
        Picture::Poster { width, format } => Some((*width, *format, bytes)),
        _ => None,
    });
    posters
        .map(|(width, format, bytes)| {
            let path = dir.join(format!("poster.{width}.{}", format.ending()));
            std::fs::write(&path, bytes).expect("a file");
            (width, format, path.to_str().expect("a path").to_owned())
        })
        .collect()
}

fn near(one: [u8; 3], other: [u8; 3], by: u8) -> bool {
    one.iter().zip(other).all(|(one, other)| one.abs_diff(other) <= by)
}

fn printed(work: &Work, path: &Path, memory: &mut Memory) -> Result<Option<Printed>, Error> {
    match media::perform(work, open(path), memory)? {
        Done::Poster(printed) => Ok(printed),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_poster_comes_in_three_widths_and_two_formats() {
    let args = format!("-f lavfi -i testsrc2=size=1920x1080:rate=5:duration=4 {CHEAP}");
    let (dir, path) = footage("film.mp4", &args);
    let stills = Stills::of(&media::plan(&probe(open(&path)).expect("a probe"), ENCODE)).expect("a picture");
    let mut memory = Memory::default();
    let poster = printed(&Work::Poster(stills), &path, &mut memory).expect("a poster");
    assert_eq!(poster, Some(Printed { width: 1280, drawn: false }));
    let files = files(&memory, dir.path());
    let found: Vec<(u32, Format)> = files.iter().map(|(width, format, _)| (*width, *format)).collect();
    let expected = [320, 640, 1280].map(|width| Format::ALL.map(|format| (width, format))).concat();
    assert_eq!(found, expected);
    for (width, format, file) in &files {
        let (codec, size) = (probe_entry(file, "stream=codec_name"), probe_entry(file, "stream=width,height"));
        assert_eq!(codec, if *format == Format::Webp { "webp" } else { "mjpeg" });
        assert_eq!(size, format!("{width},{}", width * 9 / 16));
    }
    let bytes = |file: &str| std::fs::metadata(file).expect("a file").len();
    for pair in files.chunks_exact(2) {
        assert!(bytes(&pair[0].2) < bytes(&pair[1].2), "a WebP is smaller: {pair:?}");
    }
}

#[test]
fn a_posters_colours_are_the_films() {
    // Saturated, where the matrices of BT.601 and BT.709 differ most.
    for (matrix, tag) in [("bt709", "bt709"), ("bt601", "smpte170m")] {
        let args = format!(
            "-f lavfi -i color=0x20C040:size=1280x720:rate=5:duration=2 \
             -vf scale=out_color_matrix={matrix}:out_range=tv,drawbox=w=80:h=80:color=gray:t=fill {CHEAP} \
             -colorspace {tag} -color_range tv"
        );
        let (dir, path) = footage("green.mp4", &args);
        let stills = Stills::of(&media::plan(&probe(open(&path)).expect("a probe"), ENCODE)).expect("a picture");
        let mut memory = Memory::default();
        printed(&Work::Poster(stills), &path, &mut memory).expect("a poster");
        for (_, _, file) in files(&memory, dir.path()) {
            let colour = colour_at(&file, "100:50:150:100");
            // As if by the other matrix the green would be 24 off.
            assert!(near(colour, [0x20, 0xC0, 0x40], 10), "{matrix} {file}: {colour:?}");
        }
    }
}

/// Frames whose brightness says in which half second they are, with a key frame every two seconds.
const COUNTED: &str = "-f lavfi -i color=black:size=320x180:rate=10:duration=12,geq=lum='30+8*floor(2*T)':cb=128:cr=128 \
                       -c:v libx264 -preset ultrafast -pix_fmt yuv420p -bf 2 -g 20 -keyint_min 20 -sc_threshold 0";

#[test]
fn an_owner_gets_the_very_picture_or_the_key_frame_before_it() {
    for name in ["index.mp4", "index.mkv", "none.ts"] {
        let (dir, path) = footage(name, COUNTED);
        let film = Stills::of(&media::plan(&probe(open(&path)).expect("a probe"), ENCODE)).expect("a picture");
        assert_eq!(film.entered_ms.is_some(), name != "none.ts");
        for (at_ms, key_frame, half_second) in [
            (0, false, 0),
            (5_250, false, 10),
            (5_250, true, 8),
            (11_900, false, 23),
            (11_900, true, 20),
            (60_000, false, 23),
        ] {
            let mut memory = Memory::default();
            let work = Work::PictureAt(PictureAt { film: film.clone(), at_ms, key_frame });
            assert!(printed(&work, &path, &mut memory).expect("a poster").is_some(), "{name} {at_ms}");
            let poster = dir.path().join("poster.jpg");
            std::fs::write(&poster, memory.poster()).expect("a file");
            let shown =
                f64::from(colour_at(poster.to_str().expect("a path"), "100:100:10:10")[0]) * 219.0 / 255.0 + 16.0;
            let found = ((shown - 30.0) / 8.0).round() as i64;
            assert_eq!(found, half_second, "{name} at {at_ms} ms, key frame: {key_frame}");
        }
    }
}

/// A JPEG of 640 by 360, red on the left and blue on the right, as a camera that was held like that writes it.
fn photograph(orientation: u8) -> (tempfile::TempDir, std::path::PathBuf) {
    let (dir, path) = footage(
        "photo.jpg",
        "-f lavfi -i color=red:size=640x360 -vf drawbox=x=320:w=320:color=blue:t=fill -frames:v 1 -q:v 2",
    );
    let jpeg = std::fs::read(&path).expect("the photograph");
    let mut exif = b"\xff\xe1\x00\x22Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0".to_vec();
    exif.extend([orientation, 0, 0, 0, 0, 0, 0, 0]);
    let turned = [&jpeg[..2], &exif, &jpeg[2..]].concat();
    std::fs::write(&path, turned).expect("a file");
    (dir, path)
}

/// Whether there is red on top (or on the left of a wide one) and blue at the bottom.
fn red_and_blue(path: &str, is_upright: bool) -> (bool, bool) {
    let (first, last) =
        if is_upright { ("60:60:20:20", "60:60:20:in_h-80") } else { ("60:60:20:20", "60:60:in_w-80:20") };
    let ([red, _, _], [_, _, blue]) = (colour_at(path, first), colour_at(path, last));
    (red > 200, blue > 200)
}

#[test]
fn a_photograph_stands_upright() {
    for (orientation, is_upright, begins_red) in
        [(1, false, true), (3, false, false), (6, true, true), (8, true, false)]
    {
        let (dir, path) = photograph(orientation);
        let made = make((dir, path.clone()));
        let picture = made.plan.picture.as_ref().expect("a picture");
        let size = if is_upright { (360, 640) } else { (640, 360) };
        assert_eq!((picture.width, picture.height), size, "{orientation}");
        let film = made.file(Track::Video(made.rungs().len() - 1));
        assert_eq!(red_and_blue(&film, is_upright), (begins_red, begins_red), "the film, {orientation}");

        let mut memory = Memory::default();
        printed(&Work::OwnPicture, &path, &mut memory).expect("a poster");
        for memory in [&memory, &made.memory] {
            for (_, _, file) in files(memory, made.dir.path()) {
                assert_eq!(red_and_blue(&file, is_upright), (begins_red, begins_red), "{file}, {orientation}");
            }
        }
    }
}

#[test]
fn a_picture_of_ones_own_becomes_a_poster_and_nothing_else_does() {
    let args = "-f lavfi -i testsrc2=size=1600x900 -frames:v 1";
    for (name, codec) in [("own.jpg", ""), ("own.png", ""), ("own.webp", "-c:v libwebp")] {
        let (_dir, path) = footage(name, &format!("{args} {codec}"));
        let mut memory = Memory::default();
        let poster = printed(&Work::OwnPicture, &path, &mut memory).expect(name);
        assert_eq!(poster, Some(Printed { width: 1280, drawn: false }), "{name}");
        assert_eq!(memory.pictures.len(), 6, "{name}");
    }
    let (dir, film) = footage("film.jpg", &format!("{PICTURE} {CHEAP} -f mp4"));
    let text = dir.path().join("text.png");
    std::fs::write(&text, "This is a letter.\n".repeat(100)).expect("a file");
    let cut = dir.path().join("cut.png");
    std::fs::write(&cut, &std::fs::read(footage("own.png", args).1).expect("a picture")[..60]).expect("a file");
    for path in [&film, &text, &cut] {
        let refused = printed(&Work::OwnPicture, path, &mut Memory::default());
        assert!(matches!(refused, Err(Error::Unplayable(Reason::NotAPicture))), "{path:?}: {refused:?}");
    }
}

fn drawn(path: &Path, memory: &mut Memory) -> Drawn {
    let probe = probe(open(path)).expect("a probe");
    assert!(probe.video.is_none(), "a cover is no film");
    let work = Work::DrawSound(DrawSound { stream: probe.sounds[0].index });
    match media::perform(&work, open(path), memory).expect("a drawing") {
        Done::Drawn(drawn) => drawn,
        other => panic!("{other:?}"),
    }
}

fn waveform(memory: &Memory) -> Waveform {
    serde_json::from_slice(&memory.pictures[&Picture::Waveform]).expect("a waveform")
}

#[test]
fn a_sounds_cover_is_its_poster() {
    let (dir, cover) = footage("cover.png", "-f lavfi -i color=0x2040C0:size=500x500 -frames:v 1");
    let cover = cover.to_str().expect("a path");
    for (name, codec) in [
        ("song.mp3", "-c:a libmp3lame -c:v copy -id3v2_version 3"),
        ("song.m4a", "-c:a aac -c:v mjpeg -pix_fmt yuvj420p"),
        ("song.flac", "-c:a flac -c:v copy"),
    ] {
        let args = format!("{SOUND} -i {cover} -map 0 -map 1 {codec} -disposition:v attached_pic");
        let (_dir, song) = footage(name, &args);
        let mut memory = Memory::default();
        let poster = Some(Printed { width: 500, drawn: false });
        assert_eq!(drawn(&song, &mut memory), Drawn { poster, waveform: true }, "{name}");
        for (_, _, file) in files(&memory, dir.path()) {
            let colour = colour_at(&file, "100:100:20:20");
            assert!(near(colour, [0x20, 0x40, 0xC0], 8), "{name} {file}: {colour:?}");
        }
        assert_eq!(waveform(&memory).sample_rate, 48_000, "{name}");
    }
}

#[test]
fn a_sound_without_a_cover_is_drawn() {
    // Silent, then half as loud as it could be, then out of phase on both sides; and long enough to be made coarser.
    let args = "-f lavfi -i aevalsrc='if(lt(t,10),0,0.5*sin(440*2*PI*t))|if(lt(t,10),0,if(lt(t,20),0.5,-0.5)*sin(440*2*PI*t))':s=44100:d=30";
    for (name, codec) in
        [("sound.wav", "-c:a pcm_s16le"), ("sound.ogg", "-c:a libvorbis"), ("sound.mp3", "-c:a libmp3lame")]
    {
        let (dir, path) = footage(name, &format!("{args} {codec}"));
        let mut memory = Memory::default();
        let poster = Some(Printed { width: 1280, drawn: true });
        assert_eq!(drawn(&path, &mut memory), Drawn { poster, waveform: true }, "{name}");
        let waveform = waveform(&memory);
        assert!((1024..=2049).contains(&waveform.length), "{name}: {}", waveform.length);
        assert_eq!(waveform.data.len() as u32, waveform.length * 2);
        let seconds = f64::from(waveform.length * waveform.samples_per_pixel) / f64::from(waveform.sample_rate);
        assert!((29.8..30.4).contains(&seconds), "{name}: {seconds}");
        let bars = waveform.bars(30);
        assert!(bars[..9].iter().all(|bar| *bar < 0.02), "{name}: {bars:?}");
        assert!(bars[11..29].iter().all(|bar| *bar > 0.9), "{name}: out of phase is not silent: {bars:?}");
        let loudest = waveform.data.iter().map(|sample| sample.unsigned_abs()).max().unwrap_or(0);
        assert!((60..76).contains(&loudest), "{name}: {loudest} of 128");
        for (width, _, file) in files(&memory, dir.path()) {
            let lit = |x: u32| {
                let [red, _, blue] = colour_at(&file, &format!("{}:{}:{x}:{}", width / 40, width / 20, width / 4));
                i32::from(red) - i32::from(blue) > 40
            };
            assert!(!lit(width / 10) && lit(width * 3 / 4), "{name} {file}");
        }
    }
}
