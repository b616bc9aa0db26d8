//! How a film's time is divided: into chunks, which are the pieces of work and the objects in S3, and chunks into
//! segments, which are what a player asks for. Times are ticks from the film's beginning.

use serde::{Deserialize, Serialize};

/// Ticks a second, of every picture track and of all times here.
pub const TIMESCALE: i64 = 90_000;
/// A segment is about this long.
pub const SEGMENT: i64 = 4 * TIMESCALE;
/// How long chunks should be: the first short, because somebody waits for it, the rest longer, because each pays for
/// opening the file. The last number holds from there on.
const GROWTH: [i64; 7] = [SEGMENT / 2, SEGMENT, 2 * SEGMENT, 2 * SEGMENT, 4 * SEGMENT, 4 * SEGMENT, 8 * SEGMENT];
/// A chunk that would be shorter than this is left to its neighbour.
const SHORTEST: i64 = 2 * TIMESCALE;
/// No chunk is longer: who makes one holds all of it in memory.
const LONGEST: i64 = 24 * SEGMENT;

/// A stretch of the film that one encoder makes, and where its segments begin.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Chunk {
    pub number: u32,
    pub start: i64,
    /// The beginning of the next one; None for the last, which goes on to wherever the file ends.
    pub end: Option<i64>,
    /// Where segments begin, `start` first.
    pub cuts: Vec<i64>,
    /// Where the last of them should end. A film that is longer than it says is cut every [`SEGMENT`] from there on.
    pub until: i64,
    /// Where the key frame lies that it begins with, in bytes of the file; None where an index tells, or nobody.
    pub position: Option<u64>,
}

impl Chunk {
    /// Where the `index`-th segment begins.
    pub fn cut(&self, index: usize) -> i64 {
        let beyond = index.saturating_sub(self.cuts.len()) as i64;
        self.cuts.get(index).copied().unwrap_or(self.until + beyond * SEGMENT)
    }

    /// The one behind it where the clock alone divides.
    pub fn next_by_the_clock(&self) -> Self {
        clocked(self.number + 1, self.end.unwrap_or(self.until))
    }
}

/// How long the chunk of that number should be.
fn growth(number: u32) -> i64 {
    let last = GROWTH.len() - 1;
    GROWTH[(number as usize).min(last)]
}

/// A stretch that can't be entered anywhere, up to the film's end: one task makes its chunks, one after the other,
/// divided by the clock.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rest {
    /// Of its first chunk.
    pub number: u32,
    pub start: i64,
    /// As a chunk's.
    pub position: Option<u64>,
}

impl Rest {
    /// A film of which nothing is known.
    pub const ALL: Self = Self { number: 0, start: 0, position: None };

    /// The chunk of that number, or the first if that is a later one.
    pub fn chunk(&self, number: u32) -> Chunk {
        let mut chunk = clocked(self.number, self.start);
        chunk.position = self.position;
        while chunk.number < number {
            chunk = chunk.next_by_the_clock();
        }
        chunk
    }
}

/// How a film is divided among tasks: chunks that can be made apart from each other, then what can't be divided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Division {
    pub chunks: Vec<Chunk>,
    pub rest: Option<Rest>,
}

/// The chunks of a film that is divided by the clock alone: of sound, and of pictures in files that can't be entered at
/// a key frame. Their ends are known, the film's isn't.
pub fn by_the_clock(number: u32) -> Chunk {
    Rest::ALL.chunk(number)
}

fn clocked(number: u32, start: i64) -> Chunk {
    let end = start + growth(number);
    let cuts = (start..end).step_by(SEGMENT as usize).collect();
    Chunk { number, start, end: Some(end), cuts, until: end, position: None }
}

/// How a film is divided that can be entered at its key frames `keys`, in order. Each chunk begins at one, so that no
/// frame is decoded twice, but the second: nobody who waits for the first should wait for a key frame. Segments are
/// equally long.
pub fn at_keys(keys: &[i64], film_end: i64) -> Division {
    divided(keys, film_end, Some(growth(0)), evenly)
}

/// The same for a film of which a rendition is copied as it is: its segments begin at key frames, too.
pub fn cut_at_keys(keys: &[i64], film_end: i64) -> Division {
    divided(keys, film_end, None, |start, end| {
        let mut cuts = vec![start];
        loop {
            let cut = cuts[cuts.len() - 1];
            if end - cut <= SEGMENT + SEGMENT / 4 {
                return cuts;
            }
            let inside = |key: &&i64| **key >= cut + SHORTEST && **key + SHORTEST <= end;
            let Some(next) = keys.iter().filter(inside).min_by_key(|key| (**key - cut - SEGMENT).abs()) else {
                return cuts;
            };
            cuts.push(*next);
        }
    })
}

/// `second`: where the second chunk begins, if that needn't be a key frame.
fn divided(keys: &[i64], film_end: i64, second: Option<i64>, cuts: impl Fn(i64, i64) -> Vec<i64>) -> Division {
    let mut starts = vec![0];
    let rest = loop {
        let start = starts[starts.len() - 1];
        let length = growth(starts.len() as u32 - 1);
        let wished = start + length;
        // A little more than one chunk is left: one chunk.
        if film_end - start <= length + length / 4 {
            break None;
        }
        let inside = |key: &&i64| **key >= start + SHORTEST && **key + SHORTEST <= film_end;
        let next = keys.iter().filter(inside).min_by_key(|key| (**key - wished).abs());
        let next = second.as_ref().filter(|second| start == 0 && **second + SHORTEST <= film_end).or(next);
        if next.unwrap_or(&film_end) - start > LONGEST {
            starts.pop();
            break Some(Rest { number: starts.len() as u32, start, position: None });
        }
        let Some(next) = next else { break None };
        starts.push(*next);
    };
    let last = rest.as_ref().map(|rest| rest.start);
    let ends = starts.iter().skip(1).copied().map(Some).chain([last]);
    let chunks = (0..)
        .zip(starts.iter().copied().zip(ends))
        .map(|(number, (start, end))| {
            // At least one segment is planned, however short the film says it is.
            let until = end.unwrap_or(film_end).max(start + 1);
            Chunk { number, start, end, cuts: cuts(start, until), until, position: None }
        })
        .collect();
    Division { chunks, rest }
}

/// Divides a film without an index while its key frames come to light.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finder {
    /// What begins with the last chunk's end.
    open: Rest,
}

impl Finder {
    /// Goes on behind a chunk that was found before.
    pub fn behind(chunk: Option<&Chunk>) -> Self {
        let open = chunk.and_then(|chunk| Some(Rest { number: chunk.number + 1, start: chunk.end?, position: None }));
        Self { open: open.unwrap_or(Rest::ALL) }
    }

    /// A key frame is shown at `time`, behind all others, that lies at `position`. The chunk that ends with it, if one
    /// does.
    pub fn key(&mut self, time: i64, position: u64) -> Option<Chunk> {
        let Rest { number, start, .. } = self.open;
        if time == start && number > 0 {
            self.open.position = Some(position);
        }
        if number == 0 && time >= growth(0) + SHORTEST {
            // Nobody who waits for the first chunk should wait for a key frame.
            let chunk = self.chunk(growth(0));
            self.open = Rest { number: 1, start: growth(0), position: None };
            return Some(Chunk { end: Some(growth(0)), ..chunk });
        }
        if time - start < growth(number).max(SHORTEST) || self.is_too_long(time) {
            return None;
        }
        let chunk = self.chunk(time);
        self.open = Rest { number: number + 1, start: time, position: Some(position) };
        Some(Chunk { end: Some(time), ..chunk })
    }

    /// Whether a chunk up to `time` would be none: no key frame came for too long.
    pub fn is_too_long(&self, time: i64) -> bool {
        time - self.open.start > LONGEST
    }

    /// The film ends at `end`: its last chunk.
    pub fn last(self, end: i64) -> Chunk {
        self.chunk(end.max(self.open.start + 1))
    }

    /// The film can't be divided any further.
    pub fn rest(self) -> Rest {
        self.open
    }

    fn chunk(&self, until: i64) -> Chunk {
        let Rest { number, start, position } = self.open;
        Chunk { number, start, end: None, cuts: evenly(start, until), until, position }
    }
}

/// Segments of equal length, as near to [`SEGMENT`] as it goes.
fn evenly(start: i64, end: i64) -> Vec<i64> {
    let length = end.max(start) - start;
    let count = ((length + SEGMENT / 2) / SEGMENT).max(1);
    (0..count).map(|index| start + length * index / count).collect()
}

/// The longest that any segment is planned to be, whole seconds: a playlist's target duration, which must never change.
/// `evenly`: chunks may come to light that aren't there yet.
pub fn target_seconds(chunks: &[Chunk], evenly: bool) -> u32 {
    let longest = chunks
        .iter()
        .flat_map(|chunk| {
            let ends = chunk.cuts.iter().skip(1).copied().chain([chunk.until]);
            chunk.cuts.iter().zip(ends).map(|(start, end)| end - start)
        })
        .chain([if evenly { SEGMENT * 3 / 2 } else { SEGMENT }])
        .max()
        .unwrap_or(SEGMENT);
    // A segment ends with the last frame before the next cut: where frames are rare, a little later than planned.
    ((longest + TIMESCALE - 1) / TIMESCALE + 2) as u32
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const S: i64 = TIMESCALE;

    fn spans(chunks: &[Chunk]) -> Vec<(f64, usize)> {
        chunks.iter().map(|c| (c.start as f64 / S as f64, c.cuts.len())).collect()
    }

    #[test]
    fn chunks_begin_at_key_frames_and_grow() {
        let keys: Vec<i64> = (0..60).map(|n| n * 2 * S).collect();
        let chunks = at_keys(&keys, 120 * S).chunks;
        let expected = [(0.0, 1), (2.0, 1), (6.0, 2), (14.0, 2), (22.0, 4), (38.0, 4), (54.0, 8), (86.0, 9)];
        assert_eq!(spans(&chunks), expected);
        assert_eq!(chunks[7].end, None);
    }

    #[test]
    fn long_distances_between_key_frames_are_cut_in_between() {
        let chunks = at_keys(&[0, 10 * S, 20 * S], 25 * S).chunks;
        assert_eq!(spans(&chunks), [(0.0, 1), (2.0, 2), (10.0, 3), (20.0, 1)]);
        assert_eq!(chunks[2].cuts, [10 * S, 40 * S / 3, 50 * S / 3]);
        assert_eq!(target_seconds(&chunks, false), 7);
    }

    #[test]
    fn a_film_with_one_key_frame_is_one_chunk() {
        assert_eq!(spans(&at_keys(&[0], 60 * S).chunks), [(0.0, 1), (2.0, 15)]);
        assert_eq!(spans(&at_keys(&[], 0).chunks), [(0.0, 1)]);
    }

    #[test]
    fn where_key_frames_end_one_task_makes_the_rest() {
        let Division { chunks, rest } = at_keys(&[0, 4 * S, 8 * S], 600 * S);
        assert_eq!(spans(&chunks), [(0.0, 1), (2.0, 1), (4.0, 1)]);
        assert_eq!(chunks[2].end, Some(8 * S));
        let rest = rest.unwrap();
        assert_eq!((rest.number, rest.start), (3, 8 * S));
        let fifth = rest.chunk(4);
        assert_eq!((fifth.number, fifth.start, fifth.end), (4, 16 * S, Some(32 * S)));
        assert_eq!(at_keys(&[0], 600 * S).rest, Some(Rest { number: 1, start: 2 * S, position: None }));
        let nothing_known = Division { chunks: Vec::new(), rest: Some(Rest::ALL) };
        assert_eq!(cut_at_keys(&[0], 600 * S), nothing_known);
    }

    #[test]
    fn key_frames_that_come_to_light_make_chunks() {
        let mut finder = Finder::behind(None);
        let mut chunks: Vec<Chunk> =
            (0..40).filter_map(|number| finder.key(number * 3 * S, number as u64 * 1000)).collect();
        let known = chunks[1].clone();
        chunks.push(finder.last(121 * S));
        let expected = [(0.0, 1), (3.0, 2), (9.0, 2), (18.0, 2), (27.0, 5), (45.0, 5), (63.0, 8), (96.0, 6)];
        assert_eq!(spans(&chunks), expected);
        let positions: Vec<Option<u64>> = chunks.iter().map(|chunk| chunk.position).collect();
        assert_eq!(positions[..4], [None, Some(1000), Some(3000), Some(6000)]);
        assert!(chunks.windows(2).all(|pair| pair[0].end == Some(pair[1].start)));

        // A second walk goes on where the first was.
        let mut again = Finder::behind(Some(&known));
        assert_eq!(again.key(9 * S, 3000), None);
        assert_eq!(again.key(18 * S, 6000).as_ref(), Some(&chunks[2]));

        assert!(!again.is_too_long(100 * S));
        assert!(again.is_too_long(115 * S));
        assert_eq!(again.key(115 * S, 9000), None);
        assert_eq!(again.rest(), Rest { number: 3, start: 18 * S, position: Some(6000) });

        // Key frames that are far apart don't delay the first chunk.
        let mut rare = Finder::behind(None);
        assert_eq!(rare.key(10 * S, 4000).and_then(|chunk| chunk.end), Some(2 * S));
        assert_eq!(rare.rest(), Rest { number: 1, start: 2 * S, position: None });
    }

    #[test]
    fn a_copy_is_cut_at_key_frames() {
        let keys: Vec<i64> = (0..12).map(|n| n * 10 * S).collect();
        let chunks = cut_at_keys(&keys, 120 * S).chunks;
        assert!(chunks.iter().flat_map(|chunk| &chunk.cuts).eq(&keys), "{chunks:?}");
        assert_eq!(chunks[0].end, Some(10 * S));
        let often: Vec<i64> = (0..120).map(|n| n * S).collect();
        assert_eq!(cut_at_keys(&often, 120 * S).chunks[4].cuts, [22, 26, 30, 34].map(|n| n * S));
    }

    #[test]
    fn the_clocks_chunks_follow_each_other() {
        for number in 0..20 {
            let (one, next) = (by_the_clock(number), by_the_clock(number + 1));
            assert_eq!(one.end, Some(next.start));
            assert_eq!(one.cut(0), one.start);
            assert_eq!(one.cut(one.cuts.len()), next.start);
        }
    }

    proptest! {
        #[test]
        fn chunks_cover_the_film_without_gap_or_overlap(mut keys in prop::collection::vec(0..20_000_i64, 0..300), end in 0..20_000_i64) {
            keys.sort_unstable();
            let keys: Vec<i64> = keys.into_iter().map(|tenth| tenth * S / 10).collect();
            let Division { chunks, rest } = at_keys(&keys, end * S / 10);
            prop_assert_eq!(chunks.first().map_or(0, |chunk| chunk.start), 0);
            let last = chunks.last().map_or(Some(0), |chunk| chunk.end);
            prop_assert_eq!(last, rest.as_ref().map(|rest| rest.start));
            prop_assert!(rest.is_none_or(|rest| rest.number as usize == chunks.len()));
            for (index, pair) in chunks.windows(2).enumerate() {
                prop_assert_eq!(pair[0].number as usize, index);
                prop_assert_eq!(pair[0].end, Some(pair[1].start));
                prop_assert!(pair[1].start - pair[0].start >= SHORTEST);
            }
            for chunk in &chunks {
                prop_assert!(chunk.until - chunk.start <= LONGEST);
                prop_assert_eq!(chunk.cuts[0], chunk.start);
                prop_assert!(chunk.cuts.windows(2).all(|pair| pair[0] < pair[1]));
            }
        }
    }
}
