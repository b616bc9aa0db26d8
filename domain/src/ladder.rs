//! The ladder: which renditions a picture is encoded into, and how much each may cost.
//!
//! A rung is named by its short side, as people do ("1080p" of an upright film is 1080 wide). Rungs are never larger
//! than the source, with one exception: encoders and players want at least [`MIN_SIDE`] pixels each way.

use serde::{Deserialize, Serialize};

/// The short sides of the usual rungs.
pub const SHORT_SIDES: [u32; 7] = [180, 360, 480, 720, 1080, 1440, 2160];
/// One macroblock: smaller pictures are scaled up to it, because decoders in hardware refuse them.
pub const MIN_SIDE: u32 = 16;
/// The longest side H.264 level 5.2 allows is 8688 pixels.
pub const MAX_SIDE: u32 = 8192;
/// Faster films lose frames, not smoothness anybody sees.
pub const MAX_FRAME_RATE: f64 = 60.0;
/// A source this much larger than the highest usual rung gets one of its own size on top.
const OWN_RUNG_FROM: f64 = 1.1;
const PIXELS_AND_CEILING: [(f64, f64); 7] = [
    (57_600.0, 300e3),
    (230_400.0, 900e3),
    (409_920.0, 1_600e3),
    (921_600.0, 3_200e3),
    (2_073_600.0, 6_000e3),
    (3_686_400.0, 11_000e3),
    (8_294_400.0, 22_000e3),
];

/// What is to be encoded, as it is shown: after rotation, with square pixels.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Picture {
    pub width: u32,
    pub height: u32,
    /// Frames a second, an average if they come at uneven times.
    pub frame_rate: f64,
}

/// How much time the encoder may take.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Effort {
    /// x264's veryfast.
    #[default]
    Usual,
    /// x264's superfast, for machines that can't keep up: the same quality for a few percent more bytes.
    Quick,
}

/// One rendition of the picture.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rung {
    /// The short side and a "p".
    pub name: String,
    /// Pixels, even.
    pub width: u32,
    /// Pixels, even.
    pub height: u32,
    /// x264's constant rate factor: the quality, as long as the ceiling allows it. With either effort it is the same to
    /// within 0.001 of SSIM; what differs is the rate (`make bench ONLY=quick`).
    pub crf: u8,
    /// Stands here so that all chunks of a build are encoded alike. Only the first, for which somebody waits, may take
    /// less: init segments are the same with either.
    #[serde(default)]
    pub effort: Effort,
    /// The ceiling (VBV maxrate), bits a second.
    pub max_bitrate: u32,
    /// The VBV buffer, bits.
    pub buffer: u32,
    /// H.264 `level_idc`, ten times the level's name. The profile is always High.
    pub level: u8,
}

impl Rung {
    /// The codec by RFC 6381, known before a frame is encoded: `avc1`, profile High without constraints, the level.
    pub fn codecs(&self) -> String {
        format!("avc1.6400{:02X}", self.level)
    }

    /// Bits a second no segment of `segment_ms` exceeds, container included: what a playlist calls BANDWIDTH.
    pub fn peak_bitrate(&self, segment_ms: u32) -> u32 {
        let burst = f64::from(self.buffer) * 1000.0 / f64::from(segment_ms.max(1));
        ((f64::from(self.max_bitrate) + burst) * 1.02) as u32
    }
}

/// The rungs for a picture, smallest first; never empty.
pub fn ladder(picture: &Picture) -> Vec<Rung> {
    let (width, height) = (picture.width.max(1), picture.height.max(1));
    let short = width.min(height);
    let mut shorts: Vec<u32> = SHORT_SIDES.into_iter().filter(|side| *side <= short).collect();
    let enough = shorts.last().is_some_and(|top| f64::from(short) < f64::from(*top) * OWN_RUNG_FROM);
    if !enough && short < SHORT_SIDES[6] {
        shorts.push(short);
    }
    let mut rungs: Vec<Rung> = shorts.into_iter().map(|side| rung(picture, width, height, side)).collect();
    // Extremely long pictures hit MAX_SIDE on several rungs, which then are the same.
    rungs.dedup_by(|b, a| (a.width, a.height) == (b.width, b.height));
    rungs
}

/// The frame rate a source of that rate is encoded at.
pub fn rendered_frame_rate(source: f64) -> f64 {
    if source.is_finite() && source > 0.0 { source.min(MAX_FRAME_RATE) } else { 25.0 }
}

fn rung(picture: &Picture, width: u32, height: u32, side: u32) -> Rung {
    let scale = f64::from(side) / f64::from(width.min(height));
    let scale = scale.min(f64::from(MAX_SIDE) / f64::from(width.max(height)));
    let (width, height) = (fit(width, scale), fit(height, scale));
    let frame_rate = rendered_frame_rate(picture.frame_rate);
    let pixels = f64::from(width) * f64::from(height);
    let fast = if frame_rate > 31.0 { 1.4 } else { 1.0 };
    let max_bitrate = (ceiling(pixels) * fast) as u32;
    Rung {
        name: format!("{}p", width.min(height)),
        width,
        height,
        crf: if pixels > 4e6 { 24 } else { 23 },
        effort: Effort::Usual,
        max_bitrate,
        buffer: max_bitrate,
        level: level(width, height, frame_rate, max_bitrate),
    }
}

/// Rounds to the even size that is nearest without exceeding the source's.
fn fit(size: u32, scale: f64) -> u32 {
    let scaled = ((f64::from(size) * scale / 2.0).round() as u32) * 2;
    scaled.min(size - size % 2).clamp(MIN_SIDE, MAX_SIDE)
}

/// Between the measured sizes the ceiling follows a power of the pixels.
fn ceiling(pixels: f64) -> f64 {
    let last = PIXELS_AND_CEILING.len() - 1;
    let upper = PIXELS_AND_CEILING.iter().position(|(size, _)| pixels <= *size).unwrap_or(last).max(1);
    let ((x0, y0), (x1, y1)) = (PIXELS_AND_CEILING[upper - 1], PIXELS_AND_CEILING[upper]);
    let share = (pixels / x0).ln() / (x1 / x0).ln();
    (y0 * (y1 / y0).powf(share)).max(64e3)
}

/// The lowest level from 3.0 up that holds the picture with four reference frames: ITU-T H.264 table A-1.
fn level(width: u32, height: u32, frame_rate: f64, max_bitrate: u32) -> u8 {
    // level_idc, macroblocks a second, macroblocks a frame, macroblocks of decoded pictures, kbit/s (High is 1.25 times)
    const LEVELS: [(u8, u32, u32, u32, u32); 9] = [
        (30, 40_500, 1_620, 8_100, 10_000),
        (31, 108_000, 3_600, 18_000, 14_000),
        (32, 216_000, 5_120, 20_480, 20_000),
        (40, 245_760, 8_192, 32_768, 20_000),
        (42, 522_240, 8_704, 34_816, 50_000),
        (50, 589_824, 22_080, 110_400, 135_000),
        (51, 983_040, 36_864, 184_320, 240_000),
        (52, 2_073_600, 36_864, 184_320, 240_000),
        (60, 4_177_920, 139_264, 696_320, 240_000),
    ];
    let (across, down) = (width.div_ceil(16), height.div_ceil(16));
    let frame = across * down;
    let a_second = (f64::from(frame) * frame_rate).ceil() as u32;
    let fits = |&&(_, mbps, frame_size, decoded, kbps): &&(u8, u32, u32, u32, u32)| {
        a_second <= mbps
            && frame <= frame_size
            && frame * 4 <= decoded
            && across.max(down).pow(2) <= 8 * frame_size
            && f64::from(max_bitrate) <= f64::from(kbps) * 1250.0
    };
    LEVELS.iter().find(fits).map_or(62, |level| level.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn sizes(width: u32, height: u32) -> Vec<(u32, u32)> {
        ladder(&Picture { width, height, frame_rate: 25.0 }).iter().map(|r| (r.width, r.height)).collect()
    }

    #[test]
    fn full_hd_gets_the_usual_rungs() {
        assert_eq!(sizes(1920, 1080), [(320, 180), (640, 360), (854, 480), (1280, 720), (1920, 1080)]);
    }

    #[test]
    fn an_upright_film_is_measured_across() {
        assert_eq!(sizes(1080, 1920)[4], (1080, 1920));
        assert_eq!(ladder(&Picture { width: 720, height: 1280, frame_rate: 25.0 })[3].name, "720p");
    }

    #[test]
    fn a_size_between_rungs_keeps_its_own_on_top() {
        assert_eq!(sizes(640, 272), [(424, 180), (640, 272)]);
        assert_eq!(sizes(889, 500).last(), Some(&(854, 480)));
        assert_eq!(sizes(642, 642).last(), Some(&(642, 642)));
    }

    #[test]
    fn a_film_of_one_pixel_is_made_large_enough_to_encode() {
        assert_eq!(sizes(1, 1), [(16, 16)]);
        assert_eq!(sizes(121, 91), [(120, 90)]);
        assert_eq!(sizes(0, 0), [(16, 16)]);
    }

    #[test]
    fn nothing_is_larger_than_2160p() {
        assert_eq!(sizes(7680, 4320).last(), Some(&(3840, 2160)));
    }

    #[test]
    fn levels_are_those_of_the_standard() {
        let top = |width, height, frame_rate| ladder(&Picture { width, height, frame_rate }).pop().map(|r| r.codecs());
        assert_eq!(top(1920, 1080, 25.0).as_deref(), Some("avc1.640028"));
        assert_eq!(top(1920, 1080, 60.0).as_deref(), Some("avc1.64002A"));
        assert_eq!(top(3840, 2160, 60.0).as_deref(), Some("avc1.640034"));
        assert_eq!(top(1280, 720, 30.0).as_deref(), Some("avc1.64001F"));
    }

    #[test]
    fn fast_films_may_cost_more() {
        let cost = |frame_rate| ladder(&Picture { width: 1280, height: 720, frame_rate })[3].max_bitrate;
        assert_eq!(cost(25.0), 3_200_000);
        assert_eq!(cost(60.0), 4_480_000);
    }

    #[test]
    fn a_plan_from_before_there_was_a_choice_is_made_as_usual() {
        let rung = ladder(&Picture { width: 640, height: 360, frame_rate: 25.0 }).pop().unwrap();
        let mut json = serde_json::to_value(&rung).unwrap();
        json.as_object_mut().unwrap().remove("effort");
        assert_eq!(serde_json::from_value::<Rung>(json).unwrap(), rung);
    }

    proptest! {
        #[test]
        fn rungs_never_upscale_and_keep_the_shape(
            width in 1u32..10_000, height in 1u32..10_000, frame_rate in 0.0f64..300.0,
        ) {
            let rungs = ladder(&Picture { width, height, frame_rate });
            prop_assert!(!rungs.is_empty());
            for rung in &rungs {
                prop_assert!(rung.width % 2 == 0 && rung.height % 2 == 0);
                prop_assert!(rung.width <= width.max(MIN_SIDE) && rung.height <= height.max(MIN_SIDE));
                prop_assert!(rung.width >= MIN_SIDE && rung.height >= MIN_SIDE);
                prop_assert!(rung.max_bitrate >= 64_000);
                if width.min(height) >= 180 && width.max(height) <= 4 * width.min(height) {
                    let shape = f64::from(rung.width) / f64::from(rung.height);
                    let source = f64::from(width) / f64::from(height);
                    prop_assert!((shape / source - 1.0).abs() < 0.03, "{shape} of {source}");
                }
            }
            for pair in rungs.windows(2) {
                prop_assert!(pair[0].width * pair[0].height < pair[1].width * pair[1].height);
                prop_assert!(pair[0].max_bitrate < pair[1].max_bitrate);
            }
        }
    }
}
