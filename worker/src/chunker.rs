//! Gathers a rendition's segments into chunks: one object each, the first small and the rest growing, so that little
//! is lost when a worker dies and little is waited for when a film begins.

use domain::playlist;

/// Segments in the first chunks; the last number holds from there on (about 32 s).
const GROWTH: [usize; 4] = [1, 2, 4, 8];
/// A chunk closes early rather than hold more than this in memory, bytes.
const MAX_BYTES: usize = 16 << 20;

/// A chunk that is complete: its place among the rendition's segments, its bytes.
#[derive(Debug, PartialEq)]
pub struct Closed {
    pub number: u32,
    /// The rendition's segment that it begins with, from 0.
    pub first_index: u32,
    pub segments: Vec<playlist::Segment>,
    pub bytes: Vec<u8>,
}

/// One rendition's open chunk.
#[derive(Debug, Default)]
pub struct Chunker {
    number: u32,
    first_index: u32,
    segments: Vec<playlist::Segment>,
    bytes: Vec<u8>,
}

impl Chunker {
    /// Takes the next segment, in order; gives the chunk that it completes, if it does.
    pub fn push(&mut self, bytes: &[u8], duration_ms: f64) -> Option<Closed> {
        self.bytes.extend_from_slice(bytes);
        self.segments.push(playlist::Segment { bytes: bytes.len() as u64, duration_ms });
        let full = GROWTH[(self.number as usize).min(GROWTH.len() - 1)];
        if self.segments.len() >= full || self.bytes.len() >= MAX_BYTES { self.close() } else { None }
    }

    /// Ends the open chunk; None if nothing is in it.
    pub fn close(&mut self) -> Option<Closed> {
        if self.segments.is_empty() {
            return None;
        }
        let segments = std::mem::take(&mut self.segments);
        let closed = Closed {
            number: self.number,
            first_index: self.first_index,
            bytes: std::mem::take(&mut self.bytes),
            segments,
        };
        self.number += 1;
        self.first_index += closed.segments.len() as u32;
        Some(closed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_grow_and_lose_nothing() {
        let mut chunker = Chunker::default();
        let mut closed: Vec<Closed> = (0..20u8).filter_map(|n| chunker.push(&[n; 3], 4000.0)).collect();
        closed.extend(chunker.close());
        assert_eq!(closed.iter().map(|c| c.segments.len()).collect::<Vec<_>>(), [1, 2, 4, 8, 5]);
        assert_eq!(closed.iter().map(|c| c.first_index).collect::<Vec<_>>(), [0, 1, 3, 7, 15]);
        let bytes: Vec<u8> = closed.into_iter().flat_map(|c| c.bytes).collect();
        assert_eq!(bytes, (0..20u8).flat_map(|n| [n; 3]).collect::<Vec<_>>());
        assert_eq!(chunker.close(), None);
    }

    #[test]
    fn a_heavy_chunk_closes_early() {
        let mut chunker = Chunker { number: 5, ..Chunker::default() };
        assert!(chunker.push(&vec![0; MAX_BYTES], 4000.0).is_some());
    }
}
