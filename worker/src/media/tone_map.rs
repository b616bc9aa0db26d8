//! Pictures of high dynamic range (ITU-R BT.2100) for screens of the ordinary (BT.709).
//!
//! What the curves ask for is worked out once, for a lattice of colours, and read from there: 65 steps of luma and of
//! each chroma, as colourists' finer tables have them. Between them it is interpolated.

use ffmpeg_next::format::Pixel;
use ffmpeg_next::{color, frame};

use super::error::{Error, internal};

/// How light is written down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Curve {
    /// Perceptual quantiser, SMPTE ST 2084: HDR10.
    Pq,
    /// Hybrid log-gamma, ARIB STD-B67.
    Hlg,
}

impl Curve {
    pub fn of(transfer: color::TransferCharacteristic) -> Option<Self> {
        match transfer {
            color::TransferCharacteristic::SMPTE2084 => Some(Self::Pq),
            color::TransferCharacteristic::ARIB_STD_B67 => Some(Self::Hlg),
            _ => None,
        }
    }
}

/// What is taken in: 10 bits, 4:2:0.
pub(super) const FROM: Pixel = Pixel::YUV420P10LE;

/// Nodes of the lattice in each direction, 16 codes apart: the last one is code 1024.
const NODES: usize = 65;
/// Bits of a code between two nodes.
const FRACTION: u32 = 4;
/// The light that white of BT.709 stands for, in cd/m².
const WHITE: f64 = 100.0;
/// What is brighter, in cd/m², is white: the brightest that films are graded for on most screens.
const PEAK: f64 = 1000.0;

/// At each node, in 1/256 of an 8-bit code.
struct Lattice {
    luma: Vec<u16>,
    chroma: [Vec<u16>; 2],
}

pub(super) struct ToneMap {
    lattice: Lattice,
}

impl ToneMap {
    pub fn new(curve: Curve, range: color::Range) -> Self {
        let count = NODES * NODES * NODES;
        let mut lattice = Lattice { luma: Vec::with_capacity(count), chroma: [Vec::new(), Vec::new()] };
        for cb in 0..NODES {
            for cr in 0..NODES {
                for y in 0..NODES {
                    let code = |node: usize| (node << FRACTION) as f64;
                    let [y, cb, cr] = convert(curve, range == color::Range::JPEG, [code(y), code(cb), code(cr)]);
                    let fixed = |code: f64| (code * 256.0).round() as u16;
                    lattice.luma.push(fixed(y));
                    lattice.chroma[0].push(fixed(cb));
                    lattice.chroma[1].push(fixed(cr));
                }
            }
        }
        Self { lattice }
    }

    /// From [`FROM`] to 8 bits, 4:2:0, limited range.
    pub fn run(&self, source: &frame::Video) -> Result<frame::Video, Error> {
        let (width, height) = (source.width() as usize, source.height() as usize);
        let mut mapped = frame::Video::new(Pixel::YUV420P, source.width(), source.height());
        let planes: [Plane<'_>; 3] = std::array::from_fn(|index| Plane::of(source, index));
        let size_is_as_promised = planes[0].holds(width, height)
            && planes[1..].iter().all(|plane| plane.holds(width.div_ceil(2), height.div_ceil(2)));
        if !size_is_as_promised || source.format() != FROM {
            return Err(internal("tone-mapping")(ffmpeg_next::Error::InvalidData));
        }
        let mut chroma = vec![[0_u32; 2]; width.div_ceil(2)];
        for y in 0..height {
            for (x, codes) in chroma.iter_mut().enumerate() {
                *codes = [planes[1].at(x, y / 2), planes[2].at(x, y / 2)];
            }
            let stride = mapped.stride(0);
            let row = &mut mapped.data_mut(0)[y * stride..][..width];
            for (x, to) in row.iter_mut().enumerate() {
                let cell = Cell::new(planes[0].at(x, y), chroma[x / 2]);
                *to = cell.read(&self.lattice.luma);
            }
            if y % 2 == 1 {
                continue;
            }
            // Chroma is looked up where the luma around it is on average.
            let below = (y + 1).min(height - 1);
            for plane in 0..2 {
                let stride = mapped.stride(plane + 1);
                let row = &mut mapped.data_mut(plane + 1)[y / 2 * stride..][..chroma.len()];
                for (x, to) in row.iter_mut().enumerate() {
                    let (left, right) = (2 * x, (2 * x + 1).min(width - 1));
                    let around = [(left, y), (right, y), (left, below), (right, below)];
                    let luma: u32 = around.iter().map(|(x, y)| planes[0].at(*x, *y)).sum();
                    *to = Cell::new(luma / 4, chroma[x]).read(&self.lattice.chroma[plane]);
                }
            }
        }
        Ok(mapped)
    }
}

/// Codes of 16 bits each, little-endian.
struct Plane<'a> {
    data: &'a [u8],
    stride: usize,
}

impl<'a> Plane<'a> {
    fn of(frame: &'a frame::Video, index: usize) -> Self {
        Self { data: frame.data(index), stride: frame.stride(index) }
    }

    fn holds(&self, width: usize, height: usize) -> bool {
        self.stride >= width * 2 && self.data.len() >= self.stride * (height - 1) + width * 2
    }

    fn at(&self, x: usize, y: usize) -> u32 {
        let at = y * self.stride + 2 * x;
        u32::from(u16::from_le_bytes([self.data[at], self.data[at + 1]])).min(1023)
    }
}

/// The eight nodes around a colour, and where between them it is.
struct Cell {
    first: usize,
    /// Of luma, Cb and Cr, in 16ths.
    part: [u32; 3],
}

impl Cell {
    fn new(luma: u32, [cb, cr]: [u32; 2]) -> Self {
        let node = |code: u32| (code >> FRACTION) as usize;
        let part = [luma, cb, cr].map(|code| code & ((1 << FRACTION) - 1));
        Self { first: (node(cb) * NODES + node(cr)) * NODES + node(luma), part }
    }

    /// Interpolated, and rounded to a code of 8 bits.
    fn read(&self, table: &[u16]) -> u8 {
        const WHOLE: u32 = 1 << FRACTION;
        const HALF: u32 = 1 << (3 * FRACTION + 7);
        let [y, cb, cr] = self.part;
        let along = |at: usize| {
            let pair = &table[at..at + 2];
            u32::from(pair[0]) * (WHOLE - y) + u32::from(pair[1]) * y
        };
        let across = |at: usize| along(at) * (WHOLE - cr) + along(at + NODES) * cr;
        let sum = across(self.first) * (WHOLE - cb) + across(self.first + NODES * NODES) * cb;
        ((sum.saturating_add(HALF)) >> (3 * FRACTION + 8)) as u8
    }
}

/// From codes of 10 bits by BT.2020 (non-constant luminance) to codes of 8 bits by BT.709.
fn convert(curve: Curve, is_full: bool, [y, cb, cr]: [f64; 3]) -> [f64; 3] {
    let (y, cb, cr) = match is_full {
        true => (y / 1023.0, (cb - 512.0) / 1023.0, (cr - 512.0) / 1023.0),
        false => ((y - 64.0) / 876.0, (cb - 512.0) / 896.0, (cr - 512.0) / 896.0),
    };
    let signal = [y + 1.4746 * cr, y - 0.164_553 * cb - 0.571_353 * cr, y + 1.8814 * cb].map(|e| e.clamp(0.0, 1.0));
    let [r, g, b] = light(curve, signal).map(|light| light / WHITE);
    // BT.2087: the primaries of BT.2020 in those of BT.709. What lies outside is cut off.
    let mut rgb = [
        1.6605 * r - 0.5876 * g - 0.0728 * b,
        -0.1246 * r + 1.1329 * g - 0.0083 * b,
        -0.0182 * r - 0.1006 * g + 1.1187 * b,
    ]
    .map(|light| light.max(0.0));
    // The brightest of the three is compressed, and the others with it, so that colours stay what they are.
    let brightest = rgb.into_iter().fold(1e-6, f64::max);
    let scale = filmic(brightest.min(PEAK / WHITE)) / filmic(PEAK / WHITE) / brightest;
    rgb = rgb.map(|light| (light * scale).clamp(0.0, 1.0).powf(1.0 / 2.4));
    let [r, g, b] = rgb;
    let y = 0.2126 * r + 0.7152 * g + 0.0722 * b;
    [16.0 + 219.0 * y, 128.0 + 224.0 * (b - y) / 1.8556, 128.0 + 224.0 * (r - y) / 1.5748]
}

/// cd/m² on the screen (BT.2100, tables 4 and 5; of hybrid log-gamma, on one of 1000 cd/m²).
fn light(curve: Curve, signal: [f64; 3]) -> [f64; 3] {
    match curve {
        Curve::Pq => signal.map(|e| {
            let (m1, m2) = (2610.0 / 16384.0, 2523.0 / 32.0);
            let (c1, c2, c3) = (3424.0 / 4096.0, 2413.0 / 128.0, 2392.0 / 128.0);
            let e = e.powf(1.0 / m2);
            10_000.0 * ((e - c1).max(0.0) / (c2 - c3 * e)).powf(1.0 / m1)
        }),
        Curve::Hlg => {
            let (a, b, c) = (0.178_832_77, 0.284_668_92, 0.559_910_73);
            let scene = signal.map(|e| if e <= 0.5 { e * e / 3.0 } else { (((e - c) / a).exp() + b) / 12.0 });
            let luminance = 0.2627 * scene[0] + 0.678 * scene[1] + 0.0593 * scene[2];
            scene.map(|e| 1000.0 * luminance.powf(0.2) * e)
        }
    }
}

/// John Hable's curve: a straight middle, a toe for the shadows and a shoulder for the lights.
fn filmic(x: f64) -> f64 {
    (x * (0.15 * x + 0.05) + 0.004) / (x * (0.15 * x + 0.5) + 0.06) - 0.02 / 0.3
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Grey of the given signal, 0 to 1, in limited range.
    fn grey(signal: f64) -> [f64; 3] {
        [64.0 + 876.0 * signal, 512.0, 512.0]
    }

    #[test]
    fn the_curves_are_those_of_the_standard() {
        // BT.2408: reference white of 203 cd/m² is 58 % of PQ and 75 % of HLG.
        assert!((light(Curve::Pq, [0.58; 3])[0] - 201.0).abs() < 3.0);
        assert!((light(Curve::Hlg, [0.75; 3])[0] - 203.0).abs() < 1.0);
        assert!((light(Curve::Pq, [1.0; 3])[0] - 10_000.0).abs() < 1e-6);
    }

    #[test]
    fn black_stays_black_grey_stays_grey_and_peaks_are_white() {
        for (curve, peak) in [(Curve::Pq, 0.7518), (Curve::Hlg, 1.0)] {
            assert_eq!(convert(curve, false, grey(0.0)).map(f64::round), [16.0, 128.0, 128.0]);
            let [y, cb, cr] = convert(curve, false, grey(peak));
            assert!((y - 235.0).abs() < 0.5 && (cb - 128.0).abs() < 0.5 && (cr - 128.0).abs() < 0.5, "{y} {cb} {cr}");
            let mut before = 0.0;
            for step in 0..=100 {
                let [y, cb, cr] = convert(curve, false, grey(f64::from(step) / 100.0));
                assert!(
                    y > before - 0.1 && (cb - 128.0).abs() < 1.0 && (cr - 128.0).abs() < 1.0,
                    "{step}: {y} {cb} {cr}"
                );
                before = y;
            }
        }
    }

    #[test]
    fn between_the_nodes_hardly_anything_is_lost() {
        let map = ToneMap::new(Curve::Pq, color::Range::MPEG);
        let (mut sum, mut count) = (0.0, 0);
        for y in (64..800).step_by(7) {
            for (cb, cr) in [(512, 512), (480, 540), (530, 470), (560, 500)] {
                let exact = convert(Curve::Pq, false, [f64::from(y), f64::from(cb), f64::from(cr)])[0];
                let read = Cell::new(y, [cb, cr]).read(&map.lattice.luma);
                sum += (exact - f64::from(read)).abs();
                count += 1;
            }
        }
        // Rounding alone makes a quarter of a step; where colours are cut off, it is more.
        assert!(sum / f64::from(count) < 1.0, "{} of 219 steps", sum / f64::from(count));
    }
}
