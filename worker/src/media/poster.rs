//! The picture that stands for the film: the best of a few.

use std::sync::Arc;

use domain::poster;
use ffmpeg_next::{Rational, Rescale, decoder, frame};

use super::MICROS;
use super::decode::{Health, received, send};
use super::deinterlace::Deinterlacer;
use super::error::Error;
use super::footage::Footage;
use super::input::{Input, Next, Source};
use super::scale::Cascade;
use super::sink::Sink;
use super::still::{self, Printed};
use super::stills::Stills;

/// Below this [`score`] a picture is black, white, fog or a blur, and the search goes on.
const GOOD: f64 = 12.0;
/// Edges of a picture that is as sharp as it need be, by [`edges`].
const SHARP: f64 = 12.0;
/// Where in the film candidates are looked for, shares of its length.
const PLACES: [f64; 8] = [0.08, 0.15, 0.22, 0.3, 0.4, 0.5, 0.65, 0.8];
/// Of a film that can't be entered in the middle, this much of its beginning is looked at, in seconds, a frame each.
const BEGINNING: i64 = 30;

/// Hands the sink its files, if anything could be decoded.
pub(super) fn choose(input: Box<dyn Input>, work: &Stills, sink: &mut dyn Sink) -> Result<Option<Printed>, Error> {
    let film = Footage::open(input)?;
    let colour = film.picture_colour();
    let Footage { source, index, time_base, decoder, orientation, .. } = film;
    let cascade = Cascade::of_sizes(poster::sizes(work.width, work.height), orientation, colour);
    let mut search = Search { source, index, decoder, cascade, best: None };
    let second = 1_i64.rescale(Rational(1, 1), time_base);
    if let Some(length) = work.entered_ms {
        for place in PLACES {
            let at = (length as f64 * place) as i64 * 1000 + work.origin_us;
            search.enter(at.rescale(MICROS, time_base));
            search.look(1, second)?;
            sink.progress(0).map_err(|_| Error::Stopped)?;
        }
        search.enter(i64::MIN / 2);
    }
    // A film that can't be entered; or nothing but black at those places, or one shorter than they are apart.
    if search.best.as_ref().is_none_or(|(score, _)| *score < GOOD) {
        search.look(BEGINNING, second)?;
    }
    match search.best {
        Some((_, frames)) => still::print(&frames, sink),
        None => Ok(None),
    }
}

struct Search {
    source: Source,
    index: usize,
    decoder: decoder::Video,
    cascade: Cascade,
    /// With its score, in all sizes.
    best: Option<(f64, Vec<Arc<frame::Video>>)>,
}

impl Search {
    fn enter(&mut self, time: i64) {
        self.source.seek(self.index, time);
        self.decoder.flush();
    }

    /// Looks at `count` frames from here on that lie `apart`, in the stream's time.
    fn look(&mut self, count: i64, apart: i64) -> Result<(), Error> {
        let mut health = Health::default();
        let (mut looked, mut next) = (0, None);
        while looked < count {
            let packet = match self.source.next()? {
                Next::Packet(packet) if packet.stream() != self.index => continue,
                Next::Packet(packet) => Some(packet),
                Next::End => None,
            };
            send(&mut self.decoder, packet.as_ref(), &mut health);
            let mut frame = frame::Video::empty();
            while looked < count && received(self.decoder.receive_frame(&mut frame), &mut health) {
                let time = frame.timestamp().unwrap_or_default();
                if frame.width() > 0 && next.is_none_or(|next| time >= next) {
                    next = Some(time + apart);
                    looked += 1;
                    self.judge(std::mem::replace(&mut frame, frame::Video::empty()))?;
                }
            }
            if packet.is_none() {
                return Ok(());
            }
        }
        Ok(())
    }

    fn judge(&mut self, frame: frame::Video) -> Result<(), Error> {
        let frames = self.cascade.run(Deinterlacer::single(frame)?, 0)?;
        let Some(smallest) = frames.first() else { return Ok(()) };
        let score = score(smallest);
        if self.best.as_ref().is_none_or(|(best, _)| score > *best) {
            self.best = Some((score, frames));
        }
        Ok(())
    }
}

/// How well a picture stands for a film, 0 to 127: the standard deviation of its luma, times how sharp it is, 0 to 1, and
/// half of that where the whole is very dark or very bright. Black and fog have little spread; so has a fade, and fainter
/// edges than the picture it leads to; what is blurred has none.
fn score(frame: &frame::Video) -> f64 {
    let (width, stride) = (frame.width() as usize, frame.stride(0));
    let rows: Vec<&[u8]> =
        frame.data(0).chunks(stride).take(frame.height() as usize).filter_map(|row| row.get(..width)).collect();
    let (mut count, mut sum, mut squares) = (0u64, 0u64, 0u64);
    for luma in rows.iter().copied().flatten() {
        let luma = u64::from(*luma);
        count += 1;
        sum += luma;
        squares += luma * luma;
    }
    let mean = sum as f64 / count.max(1) as f64;
    let spread = (squares as f64 / count.max(1) as f64 - mean * mean).max(0.0).sqrt();
    let score = spread * (edges(&rows) / SHARP).min(1.0);
    if (40.0..=215.0).contains(&mean) { score } else { score / 2.0 }
}

/// The standard deviation of the Laplacian: how much a pixel differs from those around it.
fn edges(rows: &[&[u8]]) -> f64 {
    let (mut count, mut squares) = (0u64, 0f64);
    for three in rows.windows(3) {
        let [above, row, below] = three else { continue };
        for (at, beside) in row.windows(3).enumerate() {
            let [left, luma, right] = beside else { continue };
            let around = [*left, *right, above[at + 1], below[at + 1]].map(f64::from).iter().sum::<f64>();
            squares += (4.0 * f64::from(*luma) - around).powi(2);
            count += 1;
        }
    }
    (squares / count.max(1) as f64).sqrt()
}
