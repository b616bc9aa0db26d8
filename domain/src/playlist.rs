//! HLS playlists (RFC 8216) as pure functions of what is stored. Their lines are relative to the playlist and never
//! change: no signature, no host.

mod beginning;

pub use beginning::{Beginning, beginning};

use crate::id::BuildId;
use crate::key::{Belongs, MediaKey};
use crate::plan::About;
use serde::{Deserialize, Serialize};
use std::fmt::Write;

/// The name of the audio rendition, beside rungs such as `1080p`; those of further ones begin with it.
pub const AUDIO: &str = "audio";
/// AAC-LC by RFC 6381: what every sound of ours is.
pub const AAC_LC: &str = "mp4a.40.2";

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
    /// Bits a second that no segment will exceed, known before any is made.
    pub peak_bitrate: u32,
    /// Of sound.
    pub about: About,
}

impl Rendition {
    pub fn is_audio(&self) -> bool {
        is_audio(&self.name)
    }
}

/// Whether a rendition of that name is sound.
pub fn is_audio(name: &str) -> bool {
    name.starts_with(AUDIO)
}

/// Leads from `/v/{video}/{build}/`, where playlists and manifests are, to `/m/`.
pub const MEDIA_BASE: &str = "../../../m/";

/// Subtitles of a film, its own or added ones: one object for all of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    /// `text1`, … of the film's own, `captions-de`, … of added ones.
    pub name: String,
    pub key: MediaKey,
    pub about: About,
}

impl Text {
    /// Its address in a playlist whose other lines begin with `media_base`: what isn't of the build, a token for the build
    /// doesn't open.
    pub fn uri(&self, media_base: &str) -> String {
        let base = match self.key.belongs_to() {
            Belongs::ToBuild(_) => media_base,
            Belongs::ToFilm(_) => MEDIA_BASE,
        };
        format!("{base}{}", self.key.path().unwrap_or_default())
    }
}

/// The texts of a film: each that was added stands in place of the film's own in its language. No two are called the
/// same (RFC 8216, 4.3.4.1.1).
pub fn texts(own: &[Text], added: &[Text]) -> Vec<Text> {
    let is_replaced =
        |text: &Text| text.about.language.is_some() && added.iter().any(|a| a.about.language == text.about.language);
    let mut all: Vec<Text> = own.iter().filter(|text| !is_replaced(text)).chain(added).cloned().collect();
    for at in 1..all.len() {
        let (before, rest) = all.split_at_mut(at);
        let label = &mut rest[0].about.label;
        let wished = label.clone();
        let mut copy = 2;
        while before.iter().any(|text| text.about.label == *label) {
            *label = format!("{wished} {copy}");
            copy += 1;
        }
    }
    all
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

/// The master playlist. `renditions` come with their rates, the sounds among them; the first of these is heard unless
/// another is chosen. Media playlists are expected beside it as `{name}.m3u8`; `query` is handed on to them.
pub fn master(renditions: &[(Rendition, Rate)], texts: &[Text], query: &str) -> String {
    let mut text = String::from("#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-INDEPENDENT-SEGMENTS\n");
    let (sounds, mut pictures): (Vec<_>, Vec<_>) = renditions.iter().partition(|(rendition, _)| rendition.is_audio());
    pictures.sort_by_key(|(_, rate)| rate.peak);
    let sound = sounds.first();
    // A film of sound alone has its sound for a variant.
    let variants = if pictures.is_empty() { &sounds[..sound.iter().len()] } else { &pictures };
    let (mut groups, mut with) = (String::new(), Rate::default());
    if let Some((first, _)) = sound
        && (!pictures.is_empty() || sounds.len() > 1)
    {
        for (sound, _) in &sounds {
            let about = media_attributes("AUDIO", "audio", &sound.about, sound.name == first.name);
            let _ = writeln!(text, "{about},URI=\"{}.m3u8{query}\"", sound.name);
        }
        groups.push_str(",AUDIO=\"audio\"");
    }
    if !pictures.is_empty() {
        let highest = |of: fn(&Rate) -> u64| sounds.iter().map(|(_, rate)| of(rate)).max().unwrap_or(0);
        with = Rate { peak: highest(|rate| rate.peak), average: highest(|rate| rate.average) };
    }
    for subtitles in texts {
        let about = media_attributes("SUBTITLES", "text", &subtitles.about, false);
        let _ = writeln!(text, "{about},URI=\"{}.m3u8{query}\"", subtitles.name);
    }
    if !texts.is_empty() {
        groups.push_str(",SUBTITLES=\"text\"");
    }
    for (variant, rate) in variants {
        let codecs = match sound {
            Some((sound, _)) if !variant.is_audio() => format!("{},{}", variant.codecs, sound.codecs),
            _ => variant.codecs.clone(),
        };
        let (peak, average) = ((rate.peak + with.peak).max(1), (rate.average + with.average).max(1));
        let _ = write!(text, "#EXT-X-STREAM-INF:BANDWIDTH={peak},AVERAGE-BANDWIDTH={average},CODECS=\"{codecs}\"");
        if let Some((width, height)) = variant.resolution {
            let _ = write!(text, ",RESOLUTION={width}x{height}");
        }
        if let Some(rate) = variant.frame_rate {
            let _ = write!(text, ",FRAME-RATE={rate:.3}");
        }
        let _ = writeln!(text, "{groups}\n{}.m3u8{query}", variant.name);
    }
    text
}

/// EXT-X-MEDIA (RFC 8216, 4.3.4.1) without its URI.
fn media_attributes(kind: &str, group: &str, about: &About, is_default: bool) -> String {
    // A quoted string has no way to hold these.
    let label: String =
        about.label.chars().filter(|c| !c.is_control()).map(|c| if c == '"' { '\'' } else { c }).collect();
    let language = about.language.as_ref().map(|language| format!(",LANGUAGE=\"{language}\"")).unwrap_or_default();
    let default = if is_default { "YES" } else { "NO" };
    format!("#EXT-X-MEDIA:TYPE={kind},GROUP-ID=\"{group}\",NAME=\"{label}\"{language},DEFAULT={default},AUTOSELECT=YES")
}

/// The media playlist of subtitles for a film that lasts `duration_ms`: one segment.
pub fn subtitles(text: &Text, duration_ms: f64, media_base: &str) -> String {
    let seconds = (duration_ms / 1000.0).max(0.001);
    format!(
        "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-TARGETDURATION:{}\n#EXT-X-MEDIA-SEQUENCE:0\n#EXT-X-PLAYLIST-TYPE:VOD\n\
         #EXTINF:{seconds:.5},\n{}\n#EXT-X-ENDLIST\n",
        seconds.ceil() as u64,
        text.uri(media_base)
    )
}

/// How a media playlist may change, and for whom it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Growth {
    /// Complete.
    Vod,
    /// Lines are only ever appended: for every player.
    Event,
    /// For our own player: every rendition is as long as the longest, with gaps where its segments aren't there yet,
    /// and a reload waits until there is something new. Filling a gap later breaks the letter of RFC 8216, 6.2.1.
    Growing,
}

/// A line's worth of a media playlist: a chunk that is there, or the durations of one that isn't yet.
#[derive(Debug, Clone, PartialEq)]
pub enum Stretch {
    There(Chunk),
    Gap(Vec<f64>),
}

/// The chunks from the first on up to the first that is missing.
pub fn contiguous(chunks: &[Chunk]) -> &[Chunk] {
    let length = (0..).zip(chunks).take_while(|(number, chunk)| chunk.number == *number).count();
    &chunks[..length]
}

/// Milliseconds from the beginning to the end of the last of them.
pub fn length_ms(chunks: &[Chunk]) -> f64 {
    chunks.iter().flat_map(|chunk| &chunk.segments).map(|segment| segment.duration_ms).sum()
}

/// A rendition's chunks beside those of all `pictures`: as long as the longest of them, with gaps where it lags behind.
pub fn with_gaps(own: &[Chunk], pictures: &[&[Chunk]]) -> Vec<Stretch> {
    let find = |chunks: &[Chunk], number: u32| chunks.iter().find(|chunk| chunk.number == number).cloned();
    (0..)
        .map_while(|number| match find(own, number) {
            Some(chunk) => Some(Stretch::There(chunk)),
            None => {
                let other = pictures.iter().find_map(|chunks| find(chunks, number))?;
                Some(Stretch::Gap(other.segments.iter().map(|segment| segment.duration_ms).collect()))
            }
        })
        .collect()
}

/// Leaves out the segments that begin at or behind `end_ms`.
pub fn clip(stretches: Vec<Stretch>, end_ms: f64) -> Vec<Stretch> {
    let mut at = 0.0;
    let mut before_end = |duration: f64| {
        let inside = at < end_ms;
        at += duration;
        inside
    };
    stretches
        .into_iter()
        .filter_map(|stretch| match stretch {
            Stretch::There(mut chunk) => {
                chunk.segments.retain(|segment| before_end(segment.duration_ms));
                (!chunk.segments.is_empty()).then_some(Stretch::There(chunk))
            }
            Stretch::Gap(mut durations) => {
                durations.retain(|duration| before_end(*duration));
                (!durations.is_empty()).then_some(Stretch::Gap(durations))
            }
        })
        .collect()
}

/// A comment for our own player: how far each picture of a growing build is, in seconds; and where the film ends, once
/// some picture and the sound are there to the end.
pub fn published_line(pictures: &[(&str, f64)], whole_ms: Option<f64>) -> String {
    let list: Vec<String> = pictures.iter().map(|(name, ms)| format!("{name}={:.1}", ms / 1000.0)).collect();
    let whole = whole_ms.map(|ms| format!("#KINORA-WHOLE:{:.3}\n", ms / 1000.0)).unwrap_or_default();
    format!("#KINORA-PUBLISHED:{}\n{whole}", list.join(","))
}

/// What a media playlist is made of.
#[derive(Debug, Clone, Copy)]
pub struct Media<'a> {
    pub build: &'a BuildId,
    /// The rendition's.
    pub name: &'a str,
    /// Of its init segment; None before its first chunk is there.
    pub init_hash: Option<&'a str>,
    /// Seconds; holds for as long as the playlist grows.
    pub target: u32,
    /// Leads from the playlist to `/m/`, e.g. `../../m/`.
    pub media_base: &'a str,
}

/// The media playlist of one rendition.
pub fn media(about: Media<'_>, growth: Growth, stretches: &[Stretch]) -> String {
    let Media { build, name, init_hash, target, media_base } = about;
    let uri = |key: MediaKey| key.path().map(|path| format!("{media_base}{path}")).unwrap_or_default();
    // RFC 8216, 4.3.3.1: durations, rounded to the nearest whole second, are at most the target.
    let longest = stretches
        .iter()
        .flat_map(|stretch| match stretch {
            Stretch::There(chunk) => chunk.segments.iter().map(|segment| segment.duration_ms).collect(),
            Stretch::Gap(durations) => durations.clone(),
        })
        .fold(0.0, f64::max);
    let target = ((longest / 1000.0).round() as u32).max(target);
    let kind = match growth {
        Growth::Vod => "#EXT-X-PLAYLIST-TYPE:VOD\n",
        Growth::Event => "#EXT-X-PLAYLIST-TYPE:EVENT\n",
        Growth::Growing => "#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES\n",
    };
    let mut text = format!(
        "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-TARGETDURATION:{target}\n#EXT-X-MEDIA-SEQUENCE:0\n{kind}\
         #EXT-X-INDEPENDENT-SEGMENTS\n"
    );
    if let Some(hash) = init_hash {
        let init = uri(MediaKey::Init { build: build.clone(), hash: hash.to_owned(), rung: name.to_owned() });
        let _ = writeln!(text, "#EXT-X-MAP:URI=\"{init}\"");
    }
    for stretch in stretches {
        match stretch {
            Stretch::There(chunk) => {
                let (number, fence) = (chunk.number, chunk.fence);
                let uri = uri(MediaKey::Chunk { build: build.clone(), chunk: number, fence, rung: name.to_owned() });
                let mut offset = 0;
                for Segment { bytes, duration_ms } in &chunk.segments {
                    let seconds = duration_ms / 1000.0;
                    let _ = writeln!(text, "#EXTINF:{seconds:.5},\n#EXT-X-BYTERANGE:{bytes}@{offset}\n{uri}");
                    offset += bytes;
                }
            }
            Stretch::Gap(durations) => {
                for duration_ms in durations {
                    let _ = writeln!(text, "#EXTINF:{:.5},\n#EXT-X-GAP\ngap", duration_ms / 1000.0);
                }
            }
        }
    }
    if growth == Growth::Vod {
        text.push_str("#EXT-X-ENDLIST\n");
    }
    text
}

/// The address of a line that leads upwards from its file to the site's root, from there; of one that leads away, itself.
pub fn from_root(uri: &str) -> String {
    let below = uri.trim_start_matches("../");
    if below.len() < uri.len() { format!("/{below}") } else { uri.to_owned() }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::id::{CaptionsId, VideoId};

    pub(crate) fn picture(name: &str, width: u32, height: u32) -> Rendition {
        Rendition {
            name: name.into(),
            codecs: "avc1.64001e".into(),
            resolution: Some((width, height)),
            frame_rate: Some(25.0),
            peak_bitrate: 900_000,
            about: About::default(),
        }
    }

    pub(crate) fn sound(name: &str, language: Option<&str>, label: &str) -> Rendition {
        Rendition {
            name: name.into(),
            codecs: "mp4a.40.2".into(),
            resolution: None,
            frame_rate: None,
            peak_bitrate: 140_000,
            about: About { language: language.map(str::to_owned), label: label.to_owned() },
        }
    }

    pub(super) fn chunks() -> Vec<Chunk> {
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
            (sound(AUDIO, None, "Original"), rate(130_000, 128_000)),
        ];
        insta::assert_snapshot!(master(&list, &[], ""));
    }

    #[test]
    fn a_film_of_sound_alone_has_one_variant() {
        let list = [(sound(AUDIO, None, "Original"), Rate { peak: 130_000, average: 128_000 })];
        insta::assert_snapshot!(master(&list, &[], ""));
    }

    #[test]
    fn languages_can_be_chosen() {
        let rate = |peak, average| Rate { peak, average };
        let list = [
            (picture("180p", 320, 180), rate(300_000, 200_000)),
            (sound(AUDIO, Some("en"), "English"), rate(130_000, 128_000)),
            (sound("audio2", Some("de"), "Deutsch \"neu\""), rate(140_000, 100_000)),
        ];
        let about = About { language: Some("fr".to_owned()), label: "Français".to_owned() };
        let key = MediaKey::Text { build: BuildId::from_random([0; 16]), name: "text1".to_owned(), fence: 4 };
        let text = Text { name: "text1".to_owned(), key, about };
        insta::assert_snapshot!(master(&list, std::slice::from_ref(&text), "?growing=1"));
        insta::assert_snapshot!(subtitles(&text, 61_440.0, "../../../m/"));
    }

    #[test]
    fn what_was_added_stands_in_place_of_the_films_own() {
        let text = |name: &str, language: Option<&str>, label: &str| Text {
            name: name.to_owned(),
            key: MediaKey::Captions { video: VideoId::from_random([1; 16]), id: CaptionsId::from_random([2; 16]) },
            about: About { language: language.map(str::to_owned), label: label.to_owned() },
        };
        let own =
            [text("text1", Some("de"), "German"), text("text2", None, "Subtitles"), text("text3", Some("pt"), "Songs")];
        let added = [text("captions-de", Some("de"), "Deutsch"), text("captions-pt-BR", Some("pt-BR"), "Songs")];
        let all = texts(&own, &added);
        let told: Vec<_> = all.iter().map(|text| (text.name.as_str(), text.about.label.as_str())).collect();
        assert_eq!(
            told,
            [("text2", "Subtitles"), ("text3", "Songs"), ("captions-de", "Deutsch"), ("captions-pt-BR", "Songs 2")]
        );
        assert_eq!(texts(&own, &[]), own);
    }

    #[test]
    fn media_names_byte_ranges_of_chunk_objects() {
        let build = BuildId::from_random([0; 16]);
        let there: Vec<Stretch> = chunks().into_iter().map(Stretch::There).collect();
        insta::assert_snapshot!(media(about(&build), Growth::Vod, &there));
    }

    #[test]
    fn a_rendition_that_lags_behind_has_gaps() {
        let build = BuildId::from_random([0; 16]);
        let (ahead, own) = (chunks(), chunks()[..1].to_vec());
        insta::assert_snapshot!(media(about(&build), Growth::Growing, &with_gaps(&own, &[&own, &ahead])));
    }

    #[test]
    fn an_event_is_its_own_beginning_later() {
        let build = BuildId::from_random([0; 16]);
        let lines = |end_ms| {
            let there = chunks().into_iter().map(Stretch::There).collect();
            media(about(&build), Growth::Event, &clip(there, end_ms))
        };
        let lengths: Vec<usize> =
            [0.0, 1.0, 4000.0, 4001.0, 8000.0, 8001.0].map(|end| lines(end).matches("#EXTINF").count()).into();
        assert_eq!(lengths, [0, 1, 1, 2, 2, 3]);
        assert!(lines(8001.0).starts_with(&lines(4000.0)));
    }

    #[test]
    fn chunks_behind_a_missing_one_wait_for_it() {
        let mut chunks = chunks();
        assert_eq!(contiguous(&chunks).len(), 2);
        chunks[1].number = 2;
        assert_eq!(contiguous(&chunks).len(), 1);
        assert_eq!(contiguous(&chunks[1..]).len(), 0);
    }

    fn about(build: &BuildId) -> Media<'_> {
        Media { build, name: "360p", init_hash: Some("cbf29ce484222325"), target: 4, media_base: "../../m/" }
    }

    #[test]
    fn a_short_tail_does_not_count_as_peak() {
        assert_eq!(Rate::of(&chunks()), Rate { peak: 1_000_000, average: 834_783 });
        assert_eq!(Rate::of(&[]), Rate::default());
    }
}
