//! Turning a picture upright, as its display matrix asks.

use ffmpeg_next::frame;
use serde::{Deserialize, Serialize};

/// One of the eight ways to put a rectangle down: first the axes are exchanged, then mirrored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Orientation {
    pub swap: bool,
    pub flip_x: bool,
    pub flip_y: bool,
}

impl Orientation {
    /// From a display matrix (ISO 14496-12, 6.2.2): nine 32-bit numbers, a point (x, y) goes to (ax + cy, bx + dy).
    /// Slanted ones are put to the nearest right angle.
    pub fn from_matrix(bytes: &[u8]) -> Self {
        let number = |index: usize| {
            let bytes = bytes.get(index * 4..index * 4 + 4).and_then(|b| b.try_into().ok()).unwrap_or([0; 4]);
            i64::from(i32::from_ne_bytes(bytes))
        };
        let (a, b, c, d) = (number(0), number(1), number(3), number(4));
        if a.abs() + d.abs() >= b.abs() + c.abs() {
            Self { swap: false, flip_x: a < 0, flip_y: d < 0 }
        } else {
            Self { swap: true, flip_x: c < 0, flip_y: b < 0 }
        }
    }

    /// From what a camera wrote into a photograph (Exif, tag 0x0112), as libav's decoders of JPEG and WebP tell it with
    /// their frames.
    pub fn of_photograph(frame: &frame::Video) -> Self {
        let tag = frame.metadata().get("Orientation").and_then(|text| text.trim().parse().ok());
        tag.map(Self::from_exif).unwrap_or_default()
    }

    /// Which side of the picture is up, 1 to 8.
    fn from_exif(orientation: u8) -> Self {
        let (swap, flip_x, flip_y) = match orientation {
            2 => (false, true, false),
            3 => (false, true, true),
            4 => (false, false, true),
            5 => (true, false, false),
            6 => (true, true, false),
            7 => (true, true, true),
            8 => (true, false, true),
            _ => (false, false, false),
        };
        Self { swap, flip_x, flip_y }
    }

    pub fn is_upright(self) -> bool {
        self == Self::default()
    }

    /// Degrees clockwise, leaving mirroring aside.
    pub fn degrees(self) -> u16 {
        match (self.swap, self.flip_x, self.flip_y) {
            (false, true, true) => 180,
            (false, ..) => 0,
            (true, true, _) => 90,
            (true, false, _) => 270,
        }
    }

    /// The size before turning that comes out as this one; its own inverse.
    pub fn size(self, width: u32, height: u32) -> (u32, u32) {
        if self.swap { (height, width) } else { (width, height) }
    }

    /// What libavfilter has to do with a picture that isn't upright. Its own mirrors hand out rows from bottom to top, so they are made of two turns.
    pub fn filters(self) -> String {
        let turn = u8::from(self.flip_x) + 2 * u8::from(self.flip_y);
        if self.swap { format!("transpose={turn}") } else { format!("transpose=0,transpose={turn}") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matrix(a: i32, b: i32, c: i32, d: i32) -> Vec<u8> {
        let one = 1 << 16;
        [a * one, b * one, 0, c * one, d * one, 0, 0, 0, 1 << 30].iter().flat_map(|n| n.to_ne_bytes()).collect()
    }

    #[test]
    fn the_matrix_of_a_phone_held_upright_turns_clockwise() {
        let orientation = Orientation::from_matrix(&matrix(0, 1, -1, 0));
        assert_eq!(orientation.degrees(), 90);
        assert_eq!(orientation.filters(), "transpose=1");
    }

    #[test]
    fn photographs_are_turned_as_their_cameras_were_held() {
        let degrees = [1, 3, 6, 8].map(|tag| Orientation::from_exif(tag).degrees());
        assert_eq!(degrees, [0, 180, 90, 270]);
        for tag in [0, 1, 9, 255] {
            assert!(Orientation::from_exif(tag).is_upright(), "{tag}");
        }
        let all: Vec<Orientation> = (1..=8).map(Orientation::from_exif).collect();
        for (place, one) in all.iter().enumerate() {
            assert!(!all[..place].contains(one), "each is another");
        }
    }

    #[test]
    fn the_other_angles_and_the_identity() {
        assert!(Orientation::from_matrix(&matrix(1, 0, 0, 1)).is_upright());
        assert_eq!(Orientation::from_matrix(&matrix(-1, 0, 0, -1)).degrees(), 180);
        assert_eq!(Orientation::from_matrix(&matrix(0, -1, 1, 0)).degrees(), 270);
        assert!(Orientation::from_matrix(&[]).is_upright());
    }
}
