//! Films made by `ffmpeg`, and films played by it.

use crate::support::Person;
use reqwest::{StatusCode, Url};
use serde_json::Value;
use std::process::{Command, Output};
use tempfile::TempDir;

const CHEAP: &str = "-c:v libx264 -preset ultrafast -pix_fmt yuv420p -g 50";

/// A film of so many seconds, 25 frames each, with sound.
pub fn film(seconds: u32) -> Vec<u8> {
    made(
        "film.mp4",
        &format!(
            "-f lavfi -i testsrc2=size=640x360:rate=25:duration={seconds} -f lavfi -i sine=duration={seconds} {CHEAP}"
        ),
    )
}

/// Six and a half minutes that are soon made: five frames a second.
pub fn long_film() -> Vec<u8> {
    made("long.mp4", &format!("-f lavfi -i testsrc2=size=640x360:rate=5:duration={} {CHEAP}", LONG_FILM_FRAMES / 5))
}

pub const LONG_FILM_FRAMES: u64 = 390 * 5;

/// The same in a codec that no browser plays, so that all of it is encoded.
pub fn older_film(seconds: u32) -> Vec<u8> {
    made(
        "older.mp4",
        &format!(
            "-f lavfi -i testsrc2=size=640x360:rate=25:duration={seconds} -f lavfi -i sine=duration={seconds} \
             -c:v mpeg4 -q:v 4 -g 50"
        ),
    )
}

/// The same as a transport stream, whose key frames have to be looked for.
pub fn film_without_index(seconds: u32) -> Vec<u8> {
    made(
        "stream.ts",
        &format!(
            "-f lavfi -i testsrc2=size=640x360:rate=25:duration={seconds} -f lavfi -i sine=duration={seconds} {CHEAP}"
        ),
    )
}

/// A film whose picture begins three frames behind its sound.
pub fn late_picture(seconds: u32) -> Vec<u8> {
    made(
        "late.mp4",
        &format!(
            "-itsoffset 0.12 -f lavfi -i testsrc2=size=640x360:rate=25:duration={seconds} \
             -f lavfi -i sine=duration={seconds} {CHEAP} -fps_mode passthrough"
        ),
    )
}

/// A film whose index stands before its frames.
pub fn film_with_index_first(seconds: u32) -> Vec<u8> {
    let pictures = format!("-f lavfi -i testsrc2=size=640x360:rate=25:duration={seconds}");
    made("first.mp4", &format!("{pictures} -f lavfi -i sine=duration={seconds} {CHEAP} -movflags +faststart"))
}

/// A film whose index stands before its frames, cut off in the middle of them.
pub fn half_a_film() -> Vec<u8> {
    let source = format!("-f lavfi -i testsrc2=size=320x180:rate=25:duration=8 {CHEAP} -movflags +faststart");
    let mut bytes = made("whole.mp4", &source);
    bytes.truncate(bytes.len() / 2);
    bytes
}

pub fn sound() -> Vec<u8> {
    made("sound.mp3", "-f lavfi -i sine=duration=3 -c:a libmp3lame")
}

/// As a phone takes it.
pub fn photo() -> Vec<u8> {
    made("photo.jpg", "-f lavfi -i testsrc2=size=1600x1200 -frames:v 1")
}

pub fn one_pixel() -> Vec<u8> {
    made(
        "pixel.avi",
        "-f lavfi -i testsrc2=size=64x64:rate=25:duration=1,format=rgb24,crop=1:1 -c:v ffv1 -pix_fmt bgr0",
    )
}

pub fn no_frames() -> Vec<u8> {
    made("none.mp4", &format!("-f lavfi -i testsrc2=duration=1 {CHEAP} -frames:v 0 -movflags +empty_moov"))
}

/// Eight seconds with sound in English and German, French subtitles and two chapters.
pub fn languages() -> Vec<u8> {
    let folder = TempDir::new().unwrap();
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.display().to_string()
    };
    let words = write("fr.srt", "1\n00:00:01,000 --> 00:00:02,500\nBonjour <b>&</b> bienvenue\n");
    let chapter = |start, end, title| format!("[CHAPTER]\nTIMEBASE=1/1000\nSTART={start}\nEND={end}\ntitle={title}\n");
    let chapters = [chapter(0, 3000, "One"), chapter(3000, 8000, "Two & three")].concat();
    let chapters = write("chapters.txt", &format!(";FFMETADATA1\n{chapters}"));
    made(
        "film.mkv",
        &format!(
            "-f lavfi -i testsrc2=size=320x180:rate=25:duration=8 -f lavfi -i sine=duration=8 \
             -f lavfi -i sine=frequency=880:duration=8 -i {words} -i {chapters} -map 0 -map 1 -map 2 -map 3 \
             -map_metadata 4 {CHEAP} -c:a aac -c:s srt -metadata:s:a:0 language=eng -metadata:s:a:1 language=ger \
             -metadata:s:s:0 language=fre"
        ),
    )
}

/// Plays the lowest picture rendition of a film to its end, as a player would: playlists, init segment, chunks. Tells how
/// many frames it had.
pub async fn play(person: &Person, film: &Value) -> u64 {
    let master = film["playback"]["hls"].as_str().expect("a playlist");
    let playlists = targets(person, master).await;
    let picture = playlists.iter().find(|path| path.ends_with("p.m3u8")).expect("a picture");
    let mut objects = targets(person, picture).await;
    // A line a segment, and many segments are ranges of one object.
    objects.dedup();
    let mut bytes = Vec::new();
    for path in objects {
        let answer = person.get(&path).await;
        assert_eq!(answer.status(), StatusCode::FOUND, "{path}");
        let object = reqwest::get(answer.headers()["location"].to_str().unwrap()).await.unwrap();
        bytes.extend(object.error_for_status().unwrap().bytes().await.unwrap());
    }
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("played.mp4");
    std::fs::write(&path, bytes).unwrap();
    frames(&format!("-i {}", path.display()))
}

/// How many pictures FFmpeg finds in `input`: options, and a file or the address of a playlist.
pub fn frames(input: &str) -> u64 {
    frames_of(input, 0)
}

/// The same of one of its renditions, by number.
pub fn frames_of(input: &str, rendition: usize) -> u64 {
    let arguments = format!("-v error {input} -map 0:v:{rendition} -fps_mode passthrough -f null -progress - -");
    let output = tokio::task::block_in_place(|| ffmpeg(&arguments));
    let progress = String::from_utf8_lossy(&output.stdout);
    let frames = progress.lines().rev().find_map(|line| line.strip_prefix("frame=")).expect("frames");
    frames.trim().parse().unwrap()
}

/// The paths that the playlist at `path` leads to, in order.
pub async fn targets(person: &Person, path: &str) -> Vec<String> {
    let answer = person.get(path).await;
    assert_eq!(answer.status(), StatusCode::OK, "{path}");
    let playlist = answer.text().await.unwrap();
    let base = Url::parse("http://site").unwrap().join(path).unwrap();
    let target = |line: &str| match line.strip_prefix('#') {
        Some(tag) => tag.split_once("URI=\"")?.1.split('"').next().map(str::to_owned),
        None => Some(line.to_owned()).filter(|line| !line.is_empty()),
    };
    playlist.lines().filter_map(target).map(|target| base.join(&target).unwrap().path().to_owned()).collect()
}

fn made(name: &str, arguments: &str) -> Vec<u8> {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join(name);
    ffmpeg(&format!("-v error -y {arguments} {}", path.display()));
    std::fs::read(path).unwrap()
}

fn ffmpeg(arguments: &str) -> Output {
    let output = Command::new("ffmpeg").args(arguments.split_whitespace()).output().expect("ffmpeg");
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && complaint.is_empty(), "ffmpeg {arguments}: {complaint}");
    output
}
