//! Small pictures of the whole film, of its key frames alone: a frame that needs no other costs next to nothing.

use std::sync::Arc;

use domain::storyboard::{Layout, MOST_TILES};
use ffmpeg_next::format::Pixel;
use ffmpeg_next::{Packet, Rational, Rescale, decoder, frame};

use super::deinterlace::Deinterlacer;
use super::error::Error;
use super::footage::{self, Footage};
use super::input::{Input, Next, Source};
use super::scale::Cascade;
use super::sink::{Picture, Sink};
use super::stills::Stills;
use super::{MICROS, still};

/// Sheets are seen small and in passing.
const QUANTISER: u8 = 6;

/// None where a key frame couldn't be decoded.
type Tile = Option<Arc<frame::Video>>;

/// Hands the sink its sheets. None if nothing could be decoded.
pub(super) fn make(input: Box<dyn Input>, work: &Stills, sink: &mut dyn Sink) -> Result<Option<Layout>, Error> {
    let film = Footage::open(input)?;
    let colour = film.picture_colour();
    let Footage { source, index, time_base, decoder, orientation, .. } = film;
    let mut layout = Layout::of(work.width, work.height, work.entered_ms);
    let size = vec![(layout.tile_width, layout.tile_height)];
    let cascade = Cascade::of_sizes(size, orientation, colour);
    let mut film = Film { source, index, time_base, origin_us: work.origin_us, decoder, cascade };
    let mut tiles = match work.entered_ms {
        Some(_) => film.look_here_and_there(&layout, sink)?,
        None => film.walk(&mut layout, sink)?,
    };
    if !fill(&mut tiles) {
        return Ok(None);
    }
    layout.count = tiles.len() as u32;
    for (number, tiles) in (0..).zip(tiles.chunks(layout.tiles_a_sheet() as usize)) {
        let sheet = sheet(&layout, number, tiles);
        sink.picture(Picture::Sheet(number), still::jpeg(&sheet, QUANTISER)?).map_err(|_| Error::Stopped)?;
    }
    Ok(Some(layout))
}

struct Film {
    source: Source,
    index: usize,
    time_base: Rational,
    origin_us: i64,
    decoder: decoder::Video,
    cascade: Cascade,
}

impl Film {
    /// Of a film that can be entered anywhere: for each picture the last key frame before its time.
    fn look_here_and_there(&mut self, layout: &Layout, sink: &mut dyn Sink) -> Result<Vec<Tile>, Error> {
        let mut tiles: Vec<Tile> = Vec::new();
        let mut before = None;
        for number in 0..layout.count {
            let at_ms = layout.middle_ms(number);
            let time = (at_ms * 1000 + self.origin_us).rescale(MICROS, self.time_base);
            self.source.seek(self.index, time);
            let tile = match self.next_key()? {
                // Key frames are further apart than pictures.
                Some((packet, _)) if before == Some((packet.dts(), packet.position())) => {
                    tiles.last().cloned().flatten()
                }
                Some((packet, _)) => {
                    before = Some((packet.dts(), packet.position()));
                    self.draw(&packet)?
                }
                None => None,
            };
            tiles.push(tile);
            sink.progress(at_ms).map_err(|_| Error::Stopped)?;
        }
        Ok(tiles)
    }

    /// Of a film that is read from its beginning to its end, which only then is known.
    fn walk(&mut self, layout: &mut Layout, sink: &mut dyn Sink) -> Result<Vec<Tile>, Error> {
        let mut tiles = Vec::new();
        let mut last: Option<(Packet, Option<Tile>)> = None;
        loop {
            let next = self.next_key()?;
            let until_ms = match &next {
                Some((_, time_ms)) => *time_ms,
                None => layout.duration_ms,
            };
            // What is shown last before the middle of a picture's stretch.
            while let Some((packet, drawn)) = &mut last
                && (layout.middle_ms(tiles.len() as u32) < until_ms || (next.is_none() && tiles.is_empty()))
            {
                let tile = match drawn {
                    Some(tile) => tile.clone(),
                    None => drawn.insert(self.draw(packet)?).clone(),
                };
                tiles.push(tile);
                if tiles.len() as u32 > MOST_TILES {
                    layout.interval_ms *= 2;
                    let mut number = 0;
                    tiles.retain(|_| {
                        number += 1;
                        number % 2 == 1
                    });
                }
            }
            let Some((packet, time_ms)) = next else { return Ok(tiles) };
            let end = packet.duration().max(0).rescale(self.time_base, MICROS) / 1000;
            layout.duration_ms = layout.duration_ms.max(time_ms + end);
            last = Some((packet, None));
            sink.progress(time_ms.max(0)).map_err(|_| Error::Stopped)?;
        }
    }

    /// The next key frame, and its milliseconds from the film's beginning.
    fn next_key(&mut self) -> Result<Option<(Packet, i64)>, Error> {
        loop {
            match self.source.next()? {
                Next::Packet(packet) if packet.stream() == self.index && packet.is_key() => {
                    let time = packet.pts().or(packet.dts()).unwrap_or_default();
                    let time_us = time.rescale(self.time_base, MICROS).saturating_sub(self.origin_us);
                    return Ok(Some((packet, time_us / 1000)));
                }
                Next::Packet(_) => {}
                Next::End => return Ok(None),
            }
        }
    }

    /// A key frame by itself, as small as a picture of the storyboard.
    fn draw(&mut self, packet: &Packet) -> Result<Tile, Error> {
        let frame = footage::decoded(&mut self.decoder, packet);
        self.decoder.flush();
        let Some(frame) = frame else { return Ok(None) };
        let Some(small) = self.cascade.run(Deinterlacer::single(frame)?, 0)?.pop() else { return Ok(None) };
        still::converted(&small, true).map(|tile| Some(Arc::new(tile)))
    }
}

/// What couldn't be decoded shows what is before it, or else behind it. False if nothing could.
fn fill(tiles: &mut [Tile]) -> bool {
    let mut known = tiles.iter().flatten().next().cloned();
    for tile in &mut *tiles {
        match tile {
            Some(tile) => known = Some(Arc::clone(tile)),
            None => *tile = known.clone(),
        }
    }
    known.is_some()
}

/// Tiles side by side, on black.
fn sheet(layout: &Layout, number: u32, tiles: &[Tile]) -> frame::Video {
    let (width, height) = layout.sheet_size(number);
    let mut sheet = frame::Video::new(Pixel::YUVJ420P, width, height);
    sheet.set_pts(Some(0));
    for (plane, black) in [0, 128, 128].into_iter().enumerate() {
        sheet.data_mut(plane).fill(black);
    }
    let first = number * layout.tiles_a_sheet();
    for (tile, number) in tiles.iter().zip(first..) {
        let (_, x, y) = layout.place(number);
        for plane in 0..3 {
            let half = |pixels: u32| if plane == 0 { pixels as usize } else { pixels as usize / 2 };
            let Some(tile) = tile else { continue };
            let (from_stride, to_stride, width) = (tile.stride(plane), sheet.stride(plane), half(tile.width()));
            let rows = tile.data(plane).chunks(from_stride).take(half(tile.height()));
            let target = sheet.data_mut(plane).chunks_mut(to_stride).skip(half(y));
            for (from, to) in rows.zip(target) {
                to[half(x)..][..width].copy_from_slice(&from[..width]);
            }
        }
    }
    sheet
}
