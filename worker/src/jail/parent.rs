//! The parent: gives a child its work, answers its reads, hands on its results, and ends it if it goes too far.

use std::io::{self, SeekFrom, Write};
use std::time::Duration;

use super::Work;
use super::clock::Clock;
use super::fault::Fault;
use super::limits::Limits;
use super::pool::Jail;
use super::wire::{self, MAX_READ, Message, Start};
use crate::media::{Error, Init, Input, Reason, Segment, Sink, Stop};

/// The sink hears from us at least this often, so that it can stop a child that says nothing.
const TICK: Duration = Duration::from_millis(400);

impl Jail {
    /// Does the work in a child. Blocks until it is done, as the work itself would; reads `input` and calls `sink` on
    /// this thread. A sink that stops, or anything else that ends this early, kills the child.
    pub fn run<W: Work>(
        &self,
        work: &W,
        mut input: Box<dyn Input>,
        limits: &Limits,
        sink: &mut dyn Sink,
    ) -> Result<W::Done, Error> {
        let size = input.seek(SeekFrom::End(0)).map_err(Error::Input)?;
        self.try_run(work, size, &mut *input, limits, sink).map_err(|ended| match ended {
            Ended::With(error) => error,
            Ended::Badly(fault) => {
                metrics::counter!("kinora_child_deaths_total", "reason" => fault.label()).increment(1);
                fault.into()
            }
        })
    }

    fn try_run<W: Work>(
        &self,
        work: &W,
        size: u64,
        input: &mut dyn Input,
        limits: &Limits,
        sink: &mut dyn Sink,
    ) -> Result<W::Done, Ended> {
        let mut child = self.child().map_err(Ended::Badly)?;
        limits.put_on(child.process.id()).map_err(|error| Ended::Badly(Fault::Start(error)))?;
        let mut clock = Clock::new(&child.socket, limits);
        let talk = Talk { size, input, limits, sink, position: size, output: 0, done_ms: 0 };
        let silence = match talk.hold(work, &mut clock) {
            Ok(done) => match wire::parse(&done) {
                Ok(done) => return Ok(done),
                Err(error) => Silence::Broken(error),
            },
            Err(silence) => silence,
        };
        let fault = match (silence, clock.ran_out()) {
            (Silence::Broken(_), Some(fault)) | (Silence::Ended(Ended::Badly(fault)), _) => fault,
            (Silence::Broken(error), None) => child.post_mortem(error),
            (Silence::Ended(ended), _) => return Err(ended),
        };
        tracing::warn!(%fault, pid = child.process.id(), "a child ended badly");
        tracing::debug!(words = child.last_words(), "its last words");
        Err(Ended::Badly(fault))
    }
}

/// How work ends without a result.
enum Ended {
    /// By itself, by the input or by the sink.
    With(Error),
    /// By its child's death, or for going too far.
    Badly(Fault),
}

/// Why a conversation is over.
enum Silence {
    Ended(Ended),
    /// The socket says no more, or nonsense.
    Broken(io::Error),
}

impl From<io::Error> for Silence {
    fn from(error: io::Error) -> Self {
        Self::Broken(error)
    }
}

impl From<Error> for Silence {
    fn from(error: Error) -> Self {
        Self::Ended(Ended::With(error))
    }
}

impl From<Stop> for Silence {
    fn from(_: Stop) -> Self {
        Error::Stopped.into()
    }
}

/// One work's conversation with its child.
struct Talk<'a> {
    /// Bytes of the source.
    size: u64,
    input: &'a mut dyn Input,
    limits: &'a Limits,
    sink: &'a mut dyn Sink,
    /// Where `input` stands.
    position: u64,
    /// Bytes of results so far.
    output: u64,
    done_ms: i64,
}

impl Talk<'_> {
    /// Returns the result's bytes.
    fn hold(mut self, work: &impl Work, clock: &mut Clock<'_>) -> Result<Vec<u8>, Silence> {
        wire::send(&mut *clock, &Start { work, size: self.size }, &[])?;
        loop {
            while !clock.hears_within(TICK)? {
                self.sink.progress(self.done_ms)?;
            }
            let (message, body) = wire::receive::<Message>(&mut *clock)?;
            self.output = self.output.saturating_add(body.len() as u64);
            match message {
                Message::Done => return Ok(body),
                Message::Failed(failure) => return Err(Error::from(failure).into()),
                _ if self.output > self.limits.output => {
                    return Err(Silence::Ended(Ended::Badly(Fault::Output(self.limits.output))));
                }
                Message::Progress { done_ms } => {
                    if done_ms > self.done_ms {
                        clock.moved();
                        self.done_ms = done_ms;
                    }
                    if Duration::from_millis(done_ms.max(0) as u64) > self.limits.film {
                        return Err(Error::Unplayable(Reason::TooLong).into());
                    }
                    self.sink.progress(done_ms)?;
                    continue;
                }
                Message::Read { offset, len } => {
                    let answer = self.read(offset, len)?;
                    clock.write_all(&answer)?;
                }
                Message::Init { track, codecs } => self.sink.init(track, Init { bytes: body, codecs })?,
                Message::Segment { track, index, start, duration, timescale } => {
                    self.sink.segment(track, Segment { index, start, duration, timescale, bytes: body })?;
                }
                Message::Chunk { track, number } => self.sink.chunk(track, number)?,
                Message::Picture(picture) => self.sink.picture(picture, body)?,
                Message::Found(chunk) => self.sink.found(chunk)?,
                Message::Ready { .. } => return Err(wire::garbled("ready once more").into()),
            }
            clock.moved();
        }
    }

    /// The answer to a read: a number of bytes, and they.
    fn read(&mut self, offset: u64, len: u32) -> Result<Vec<u8>, Silence> {
        if len > MAX_READ || offset > self.size {
            return Err(wire::garbled("a read of nothing that is there").into());
        }
        if offset != self.position {
            self.position = self.input.seek(SeekFrom::Start(offset)).map_err(Error::Input)?;
        }
        let mut answer = vec![0; 4 + len as usize];
        let got = loop {
            match self.input.read(&mut answer[4..]) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                result => break result.map_err(Error::Input)?,
            }
        };
        self.position += got as u64;
        answer.truncate(4 + got);
        answer[..4].copy_from_slice(&(got as u32).to_le_bytes());
        Ok(answer)
    }
}
