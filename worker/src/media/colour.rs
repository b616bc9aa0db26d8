//! How the numbers of a picture are to be understood.

use ffmpeg_next::format::Pixel;
use ffmpeg_next::{color, decoder};

use super::tone_map::Curve;

/// What comes out of the conversion to 8-bit 4:2:0: the same for every rung and, as it is taken from the file and not
/// from a frame, for every chunk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Colour {
    pub space: color::Space,
    pub range: color::Range,
    pub primaries: color::Primaries,
    pub transfer: color::TransferCharacteristic,
    /// Of a source that has to be tone-mapped first: its curve and range.
    pub dynamic: Option<(Curve, color::Range)>,
}

impl Colour {
    /// What the engine draws itself: the limited range of BT.601.
    pub fn of_drawings() -> Self {
        Self {
            space: color::Space::SMPTE170M,
            range: color::Range::MPEG,
            primaries: color::Primaries::Unspecified,
            transfer: color::TransferCharacteristic::Unspecified,
            dynamic: None,
        }
    }

    /// Of a film that doesn't say which it has, what players take it for: BT.709, if it has so many lines.
    pub fn guessed(self, lines: u32) -> Self {
        let is_unsaid = self.space == color::Space::Unspecified && lines >= 720;
        if is_unsaid { Self { space: color::Space::BT709, ..self } } else { self }
    }

    /// As the container says: from a decoder that has not decoded anything.
    pub fn of(decoder: &decoder::Video) -> Self {
        if let Some(curve) = Curve::of(decoder.color_transfer_characteristic()) {
            return Self {
                space: color::Space::BT709,
                range: color::Range::MPEG,
                primaries: color::Primaries::BT709,
                transfer: color::TransferCharacteristic::BT709,
                dynamic: Some((curve, decoder.color_range())),
            };
        }
        let name = match decoder.format() {
            Pixel::None => "",
            format => format.descriptor().map(|descriptor| descriptor.name()).unwrap_or_default(),
        };
        let rgb = ["rgb", "bgr", "gbr", "0rgb", "0bgr", "argb", "abgr", "pal8", "x2rgb", "x2bgr", "bayer"]
            .iter()
            .any(|prefix| name.starts_with(prefix));
        // swscale's own conversions come out as limited range, and from RGB by the matrix of BT.601.
        let converted = rgb || name.starts_with("yuvj");
        Self {
            space: if rgb { color::Space::SMPTE170M } else { decoder.color_space() },
            range: if converted { color::Range::MPEG } else { decoder.color_range() },
            primaries: decoder.color_primaries(),
            transfer: decoder.color_transfer_characteristic(),
            dynamic: None,
        }
    }
}
