//! HLS playlists (RFC 8216) as pure functions of what is stored. Their lines are relative to the playlist and never
//! change: no signature, no host.

use crate::id::BuildId;
use crate::key::MediaKey;
use serde::{Deserialize, Serialize};
use std::fmt::Write;

/// The name of the audio rendition, beside rungs such as `1080p`.
pub const AUDIO: &str = "audio";

/// One rendition of a build: a rung of the picture, or the sound.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Rendition {
    /// `1080p`, … or [`AUDIO`].
    pub name: String,
    /// RFC 6381, e.g. `avc1.640028`, `mp4a.40.2`.
    pub codecs: String,
    /// Pixels; None for sound.
    pub resolution: Option<(u32, u32)>,
    pub frame_rate: Option<f64>,
}

impl Rendition {
    pub fn is_audio(&self) -> bool {
        self.resolution.is_none()
    }
}

/// A stored chunk of a rendition: one object, its segments byte ranges of it in order.
#[derive(Debug, Clone, PartialEq)]
pub struct Chunk {
    pub number: u32,
    pub fence: i64,
    pub segments: Vec<Segment>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Segment {
    pub bytes: u64,
    pub duration_ms: f64,
}

/// Bits a second of a rendition: the highest of any segment, and the mean of all (RFC 8216, 4.3.4.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Rate {
    pub peak: u64,
    pub average: u64,
}

impl Rate {
    pub fn of(chunks: &[Chunk]) -> Self {
        let segments = || chunks.iter().flat_map(|c| &c.segments);
        let rate = |bytes: f64, ms: f64| if ms > 0.0 { (bytes * 8000.0 / ms).ceil() as u64 } else { 0 };
        // A last segment of a few frames says nothing of the bandwidth that playing it takes.
        let longest = segments().map(|s| s.duration_ms).fold(0.0, f64::max);
        let peak = segments()
            .filter(|s| s.duration_ms * 2.0 >= longest)
            .map(|s| rate(s.bytes as f64, s.duration_ms))
            .max()
            .unwrap_or(0);
        let total = segments().fold((0.0, 0.0), |(b, ms), s| (b + s.bytes as f64, ms + s.duration_ms));
        Self { peak, average: rate(total.0, total.1) }
    }
}

/// The master playlist. `renditions` come with their rates; the audio, if any, is in the list. Media playlists are
/// expected beside it as `{name}.m3u8`.
pub fn master(renditions: &[(Rendition, Rate)]) -> String {
    let mut text = String::from("#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-INDEPENDENT-SEGMENTS\n");
    let audio = renditions.iter().find(|(r, _)| r.is_audio());
    let mut pictures: Vec<_> = renditions.iter().filter(|(r, _)| !r.is_audio()).collect();
    pictures.sort_by_key(|(_, rate)| rate.peak);
    if let Some((sound, rate)) = audio {
        if pictures.is_empty() {
            let _ = writeln!(
                text,
                "#EXT-X-STREAM-INF:BANDWIDTH={},AVERAGE-BANDWIDTH={},CODECS=\"{}\"\n{}.m3u8",
                rate.peak.max(1),
                rate.average.max(1),
                sound.codecs,
                sound.name
            );
            return text;
        }
        let _ = writeln!(
            text,
            "#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"audio\",NAME=\"Original\",DEFAULT=YES,AUTOSELECT=YES,URI=\"{}.m3u8\"",
            sound.name
        );
    }
    for (picture, rate) in pictures {
        let (peak, average, codecs) = match audio {
            Some((sound, with)) => {
                (rate.peak + with.peak, rate.average + with.average, format!("{},{}", picture.codecs, sound.codecs))
            }
            None => (rate.peak, rate.average, picture.codecs.clone()),
        };
        let _ = write!(
            text,
            "#EXT-X-STREAM-INF:BANDWIDTH={},AVERAGE-BANDWIDTH={},CODECS=\"{codecs}\"",
            peak.max(1),
            average.max(1)
        );
        if let Some((width, height)) = picture.resolution {
            let _ = write!(text, ",RESOLUTION={width}x{height}");
        }
        if let Some(rate) = picture.frame_rate {
            let _ = write!(text, ",FRAME-RATE={rate:.3}");
        }
        if audio.is_some() {
            text.push_str(",AUDIO=\"audio\"");
        }
        let _ = writeln!(text, "\n{}.m3u8", picture.name);
    }
    text
}

/// The media playlist of one rendition of a finished build. `media_base` leads from the playlist to `/m/`, e.g. `../../m/`.
pub fn media(build: &BuildId, name: &str, init_fence: i64, chunks: &[Chunk], media_base: &str) -> String {
    let longest = chunks.iter().flat_map(|c| &c.segments).map(|s| s.duration_ms).fold(0.0, f64::max);
    // RFC 8216, 4.3.3.1: durations, rounded to the nearest whole second, are at most the target.
    let target = ((longest / 1000.0).round() as u64).max(1);
    let uri = |key: MediaKey| key.path().map(|path| format!("{media_base}{path}")).unwrap_or_default();
    let init = uri(MediaKey::Init { build: build.clone(), fence: init_fence, rung: name.to_owned() });
    let mut text = format!(
        "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-TARGETDURATION:{target}\n#EXT-X-MEDIA-SEQUENCE:0\n#EXT-X-PLAYLIST-TYPE:VOD\n\
         #EXT-X-INDEPENDENT-SEGMENTS\n#EXT-X-MAP:URI=\"{init}\"\n"
    );
    for chunk in chunks {
        let key =
            MediaKey::Chunk { build: build.clone(), chunk: chunk.number, fence: chunk.fence, rung: name.to_owned() };
        let uri = uri(key);
        let mut offset = 0;
        for segment in &chunk.segments {
            let _ = writeln!(
                text,
                "#EXTINF:{:.5},\n#EXT-X-BYTERANGE:{}@{offset}\n{uri}",
                segment.duration_ms / 1000.0,
                segment.bytes
            );
            offset += segment.bytes;
        }
    }
    text.push_str("#EXT-X-ENDLIST\n");
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture(name: &str, width: u32, height: u32) -> Rendition {
        Rendition {
            name: name.into(),
            codecs: "avc1.64001e".into(),
            resolution: Some((width, height)),
            frame_rate: Some(25.0),
        }
    }

    fn sound() -> Rendition {
        Rendition { name: AUDIO.into(), codecs: "mp4a.40.2".into(), resolution: None, frame_rate: None }
    }

    fn chunks() -> Vec<Chunk> {
        let segment = |bytes, duration_ms| Segment { bytes, duration_ms };
        vec![
            Chunk { number: 0, fence: 2, segments: vec![segment(500_000, 4000.0)] },
            Chunk { number: 1, fence: 2, segments: vec![segment(400_000, 4000.0), segment(60_000, 1200.0)] },
        ]
    }

    #[test]
    fn master_lists_every_rung_with_its_sound() {
        let rate = |peak, average| Rate { peak, average };
        let list = [
            (picture("360p", 640, 360), rate(800_000, 500_000)),
            (picture("180p", 320, 180), rate(300_000, 200_000)),
            (sound(), rate(130_000, 128_000)),
        ];
        insta::assert_snapshot!(master(&list));
    }

    #[test]
    fn a_film_of_sound_alone_has_one_variant() {
        insta::assert_snapshot!(master(&[(sound(), Rate { peak: 130_000, average: 128_000 })]));
    }

    #[test]
    fn media_names_byte_ranges_of_chunk_objects() {
        let build = BuildId::from_random([0; 16]);
        insta::assert_snapshot!(media(&build, "360p", 2, &chunks(), "../../m/"));
    }

    #[test]
    fn a_short_tail_does_not_count_as_peak() {
        assert_eq!(Rate::of(&chunks()), Rate { peak: 1_000_000, average: 834_783 });
        assert_eq!(Rate::of(&[]), Rate::default());
    }
}
