//! The DASH manifest (MPD, ISO/IEC 23009-1) of a finished film, as a pure function of what is stored: the renditions,
//! rates and addresses of its HLS playlists, over the very same bytes.

use crate::id::BuildId;
use crate::key::MediaKey;
use crate::plan::{About, SoundPlan};
use crate::playlist::{AUDIO, Chunk, Rate, Rendition, Text, length_ms};
use crate::timeline::TIMESCALE;
use std::fmt::Write;

/// A rendition and what is stored of it.
#[derive(Debug, Clone, Copy)]
pub struct Track<'a> {
    pub rendition: &'a Rendition,
    /// Of its init segment.
    pub init_hash: &'a str,
    /// All of them.
    pub chunks: &'a [Chunk],
    /// How it sounds, if it is known; None of a picture.
    pub sound: Option<&'a SoundPlan>,
}

impl Track<'_> {
    /// Ticks a second of its segments' `tfdt`.
    fn timescale(&self) -> u32 {
        self.sound.map_or(TIMESCALE as u32, |sound| sound.rate)
    }

    /// When each segment begins and where the last one ends, in ticks. Each is rounded by itself, so that nothing adds
    /// up: durations are whole ticks, unless the timescale had to be guessed.
    fn times(&self) -> Vec<u64> {
        let ticks = |ms: f64| (ms * f64::from(self.timescale()) / 1000.0).round() as u64;
        let ends = self.chunks.iter().flat_map(|chunk| &chunk.segments).scan(0.0, |end, segment| {
            *end += segment.duration_ms;
            Some(ticks(*end))
        });
        std::iter::once(0).chain(ends).collect()
    }
}

/// The manifest. `media_base` leads from it to `/m/`, as a media playlist's does.
///
/// It lists segments (5.3.9.3) because they are byte ranges of chunks, whose names follow no template. The set of
/// pictures comes first, then one of each sound, the main one first, then one of each text.
pub fn manifest(build: &BuildId, media_base: &str, tracks: &[Track<'_>], subtitles: &[Text]) -> String {
    let (sounds, mut pictures): (Vec<&Track<'_>>, Vec<&Track<'_>>) =
        tracks.iter().partition(|track| track.rendition.is_audio());
    pictures.sort_by_key(|track| Rate::of(track.chunks).peak);
    let length = tracks.iter().map(|track| length_ms(track.chunks)).fold(0.0, f64::max);
    // At its bandwidth, this is how long the largest segment takes at most (5.3.5.2).
    let segments = tracks.iter().flat_map(|track| track.chunks).flat_map(|chunk| &chunk.segments);
    let longest = segments.map(|segment| segment.duration_ms).fold(0.0, f64::max);
    let mut text = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <MPD xmlns=\"urn:mpeg:dash:schema:mpd:2011\" profiles=\"urn:mpeg:dash:profile:isoff-main:2011\" \
         type=\"static\" mediaPresentationDuration=\"PT{:.3}S\" minBufferTime=\"PT{:.3}S\">\n<Period id=\"0\">\n",
        length / 1000.0,
        longest / 1000.0
    );
    let sets = [pictures].into_iter().filter(|set| !set.is_empty()).chain(sounds.into_iter().map(|sound| vec![sound]));
    for (id, set) in sets.enumerate() {
        let kind = if set.iter().all(|track| track.rendition.is_audio()) { "audio" } else { "video" };
        let _ = write!(text, "<AdaptationSet id=\"{id}\" contentType=\"{kind}\" mimeType=\"{kind}/mp4\"");
        // A picture that is copied has its own key frames, and what is encoded beside it may have others.
        let times = set.first().map(|track| track.times());
        if set.iter().all(|track| Some(track.times()) == times) {
            text.push_str(" segmentAlignment=\"true\"");
        }
        text.push_str(" startWithSAP=\"1\"");
        if let Some(sound) = set.first().filter(|_| kind == "audio") {
            about(&mut text, &sound.rendition.about, if sound.rendition.name == AUDIO { "main" } else { "alternate" });
        } else {
            text.push_str(">\n");
        }
        for track in set {
            representation(&mut text, build, media_base, track);
        }
        text.push_str("</AdaptationSet>\n");
    }
    for subtitles in subtitles {
        let Text { name, about: said, .. } = subtitles;
        text.push_str("<AdaptationSet contentType=\"text\" mimeType=\"text/vtt\"");
        about(&mut text, said, "subtitle");
        let _ = writeln!(
            text,
            "<Representation id=\"{}\" bandwidth=\"1000\">\n<BaseURL>{}</BaseURL>\n</Representation>\n</AdaptationSet>",
            escaped(name),
            escaped(&subtitles.uri(media_base))
        );
    }
    text.push_str("</Period>\n</MPD>\n");
    text
}

/// Ends an adaptation set's tag with its language; its label (5.3.10) and role (5.8.5.5) behind it.
fn about(text: &mut String, about: &About, role: &str) {
    if let Some(language) = &about.language {
        let _ = write!(text, " lang=\"{}\"", escaped(language));
    }
    let _ = writeln!(
        text,
        ">\n<Label>{}</Label>\n<Role schemeIdUri=\"urn:mpeg:dash:role:2011\" value=\"{role}\"/>",
        escaped(&about.label)
    );
}

fn representation(text: &mut String, build: &BuildId, media_base: &str, track: &Track<'_>) {
    let Track { rendition, init_hash, chunks, sound } = track;
    let uri = |key: MediaKey| key.path().map(|path| escaped(&format!("{media_base}{path}"))).unwrap_or_default();
    let rung = || rendition.name.clone();
    let _ = write!(
        text,
        "<Representation id=\"{}\" codecs=\"{}\" bandwidth=\"{}\"",
        escaped(&rendition.name),
        escaped(&rendition.codecs),
        Rate::of(chunks).peak.max(1)
    );
    if let Some((width, height)) = rendition.resolution {
        let _ = write!(text, " width=\"{width}\" height=\"{height}\"");
    }
    if let Some(rate) = rendition.frame_rate.and_then(fraction) {
        let _ = write!(text, " frameRate=\"{rate}\"");
    }
    if let Some(sound) = sound {
        let _ = write!(text, " audioSamplingRate=\"{}\"", sound.rate);
    }
    text.push_str(">\n");
    if let Some(sound) = sound {
        let _ = writeln!(
            text,
            "<AudioChannelConfiguration \
             schemeIdUri=\"urn:mpeg:dash:23003:3:audio_channel_configuration:2011\" value=\"{}\"/>",
            sound.channels
        );
    }
    let init = uri(MediaKey::Init { build: build.clone(), hash: (*init_hash).to_owned(), rung: rung() });
    let _ = writeln!(
        text,
        "<SegmentList timescale=\"{}\">\n<Initialization sourceURL=\"{init}\"/>\n<SegmentTimeline>",
        track.timescale()
    );
    // One element a segment, although `r` could count equal ones: dash.js 5.2 takes the address of the first for all
    // of them (Dash-Industry-Forum/dash.js#5133).
    for pair in track.times().windows(2) {
        let _ = writeln!(text, "<S t=\"{}\" d=\"{}\"/>", pair[0], pair[1] - pair[0]);
    }
    text.push_str("</SegmentTimeline>\n");
    for chunk in *chunks {
        let (number, fence) = (chunk.number, chunk.fence);
        let media = uri(MediaKey::Chunk { build: build.clone(), chunk: number, fence, rung: rung() });
        let mut offset = 0;
        for segment in &chunk.segments {
            let end = offset + segment.bytes;
            let last = end.saturating_sub(1);
            let _ = writeln!(text, "<SegmentURL media=\"{media}\" mediaRange=\"{offset}-{last}\"/>");
            offset = end;
        }
    }
    text.push_str("</SegmentList>\n</Representation>\n");
}

/// Frames a second as `FrameRateType` has them (5.3.7.2): whole, of the NTSC family (a thousandth slower than whole), or
/// in thousandths. None if there are next to none.
fn fraction(rate: f64) -> Option<String> {
    let whole = |rate: f64| Some(rate.round()).filter(|whole| *whole >= 1.0 && (rate - whole).abs() < 0.0005);
    if let Some(rate) = whole(rate) {
        return Some(format!("{rate}"));
    }
    if let Some(rate) = whole(rate * 1.001) {
        return Some(format!("{rate}000/1001"));
    }
    let thousandths = (rate * 1000.0).round();
    (thousandths >= 1.0).then(|| format!("{thousandths}/1000"))
}

/// As an attribute's value (XML 1.0, 2.3), without the characters that no XML can hold (2.2).
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for char in text.chars() {
        match char {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            // A parser makes spaces of them unless they are written as numbers.
            '\t' | '\n' | '\r' => {
                let _ = write!(escaped, "&#{};", u32::from(char));
            }
            '\0'..='\x1f' | '\u{fffe}' | '\u{ffff}' => {}
            _ => escaped.push(char),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::playlist::{self, Segment, tests::picture};

    fn sound(name: &str) -> Rendition {
        playlist::tests::sound(name, Some("de"), "Deutsch & mehr")
    }

    /// A chunk of a segment, then one of all others: bytes and milliseconds.
    fn chunks(segments: &[(u64, f64)]) -> Vec<Chunk> {
        let segments: Vec<Segment> =
            segments.iter().map(|&(bytes, duration_ms)| Segment { bytes, duration_ms }).collect();
        let (first, rest) = segments.split_at(1);
        let chunk = |number, segments: &[Segment]| Chunk { number, fence: 2, segments: segments.to_vec() };
        vec![chunk(0, first), chunk(1, rest)]
    }

    fn track<'a>(rendition: &'a Rendition, chunks: &'a [Chunk]) -> Track<'a> {
        Track { rendition, init_hash: "cbf29ce484222325", chunks, sound: None }
    }

    fn written(tracks: &[Track<'_>]) -> String {
        manifest(&BuildId::from_random([0; 16]), "../../../m/", tracks, &[])
    }

    #[test]
    fn a_film_is_one_set_of_pictures_and_one_of_each_sound() {
        let (small, large) = (picture("180p", 320, 180), picture("360p", 640, 360));
        let thin = chunks(&[(100_000, 4000.0), (90_000, 4000.0), (20_000, 1200.0)]);
        let thick = chunks(&[(500_000, 4000.0), (400_000, 4000.0), (60_000, 1200.0)]);
        let (original, other) = (sound(AUDIO), sound("audio2"));
        // 187 and 188 frames of 1024 samples, and the rest.
        let frames = |count: f64| count * 1024.0 * 1000.0 / 48_000.0;
        let heard = chunks(&[(64_000, frames(188.0)), (64_100, frames(187.0)), (20_000, frames(57.0))]);
        let plan = SoundPlan::of(48_000, 2);
        let with_sound = |rendition| Track { sound: Some(&plan), ..track(rendition, &heard) };
        let tracks = [track(&large, &thick), track(&small, &thin), with_sound(&original), with_sound(&other)];
        insta::assert_snapshot!(written(&tracks));
    }

    #[test]
    fn subtitles_are_a_set_each() {
        let (film, stored) = (picture("180p", 320, 180), chunks(&[(9, 4000.0), (9, 4000.0)]));
        let about = About { language: Some("fr".into()), label: "Français".into() };
        let build = BuildId::from_random([0; 16]);
        let key = MediaKey::Text { build: build.clone(), name: "text1".into(), fence: 7 };
        let text = Text { name: "text1".into(), key, about };
        let manifest = manifest(&build, "../../../m/", &[track(&film, &stored)], std::slice::from_ref(&text));
        assert!(manifest.contains("contentType=\"text\" mimeType=\"text/vtt\" lang=\"fr\">\n<Label>Français</Label>"));
        assert!(manifest.contains(&format!("<BaseURL>../../../m/{build}/text1.7.vtt</BaseURL>")), "{manifest}");
    }

    #[test]
    fn a_film_of_sound_alone_has_no_set_of_pictures() {
        let (original, heard) = (sound(AUDIO), chunks(&[(64_000, 4000.0), (16_000, 1000.0)]));
        let text = written(&[track(&original, &heard)]);
        assert!(text.contains("<AdaptationSet id=\"0\" contentType=\"audio\" mimeType=\"audio/mp4\""), "{text}");
        assert_eq!(text.matches("<AdaptationSet").count(), 1);
    }

    #[test]
    fn pictures_that_are_cut_elsewhere_are_not_called_aligned() {
        let (small, large) = (picture("180p", 320, 180), picture("360p", 640, 360));
        let (one, other) = (chunks(&[(9, 4000.0), (9, 4000.0)]), chunks(&[(9, 5000.0), (9, 3000.0)]));
        let aligned = |chunks| written(&[track(&small, &one), track(&large, chunks)]).contains("segmentAlignment");
        assert!(aligned(&one));
        assert!(!aligned(&other));
    }

    #[test]
    fn times_do_not_drift_in_three_hours() {
        let (film, track_of) = (picture("360p", 640, 360), sound(AUDIO));
        let plan = SoundPlan::of(44_100, 2);
        for (rendition, sound, ticks, rate) in [
            // 120 frames of 30000/1001 a second; 172 AAC frames.
            (&film, None, 360_360_u64, 90_000.0),
            (&track_of, Some(&plan), 172 * 1024, 44_100.0),
        ] {
            let stored = chunks(&vec![(9, ticks as f64 / rate * 1000.0); 2700]);
            let times = Track { sound, ..track(rendition, &stored) }.times();
            assert!(times.iter().copied().eq((0..=2700).map(|number| number * ticks)), "{}", rendition.name);
        }
        // Sound whose rate nobody knows: rounded, each time by itself.
        let stored = chunks(&vec![(9, 172.0 * 1024.0 / 44.1); 2700]);
        let end = *track(&track_of, &stored).times().last().unwrap();
        assert_eq!(end, (172.0 * 1024.0 * 2700.0 / 44_100.0 * 90_000.0_f64).round() as u64);
    }

    #[test]
    fn frame_rates_are_fractions() {
        for (rate, expected) in [
            (25.0, Some("25")),
            (60.000_01, Some("60")),
            (30_000.0 / 1001.0, Some("30000/1001")),
            (29.97, Some("30000/1001")),
            (23.976, Some("24000/1001")),
            (59.94, Some("60000/1001")),
            (12.5, Some("12500/1000")),
            (23.98, Some("23980/1000")),
            (0.5, Some("500/1000")),
            (0.0, None),
            (f64::NAN, None),
        ] {
            assert_eq!(fraction(rate).as_deref(), expected, "{rate}");
        }
    }

    #[test]
    fn whatever_a_name_holds_stays_inside_of_its_quotes() {
        assert_eq!(escaped("\"<&>'\n\u{1}\u{ffff}é"), "&quot;&lt;&amp;&gt;'&#10;é");
        let (odd, stored) = (picture("a\"/><b>&", 640, 360), chunks(&[(9, 4000.0), (9, 4000.0)]));
        let text = written(&[track(&odd, &stored)]);
        assert!(text.contains(" id=\"a&quot;/&gt;&lt;b&gt;&amp;\""), "{text}");
        assert!(!text.contains("<b>"), "{text}");
    }
}
