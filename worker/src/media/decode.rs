//! Decoders, and what goes wrong in them.

use ffmpeg_next::format::stream::Stream;
use ffmpeg_next::{Packet, codec, decoder, threading};

use super::decoders;
use super::error::{Error, internal};

/// Counts what could not be decoded. What fails after the last good frame is the end of a file, not a hole in it.
#[derive(Default)]
pub(super) struct Health {
    pending: bool,
    begun: bool,
    /// Where the first hole is, milliseconds.
    pub hole_ms: Option<i64>,
}

impl Health {
    pub fn failed(&mut self) {
        self.pending = true;
    }

    /// A frame came out that is shown at `at_ms`. What failed before the first of them belongs to a film that was cut in
    /// front, or to the place where it was entered.
    pub fn decoded(&mut self, at_ms: i64) {
        if self.pending && self.begun {
            self.hole_ms.get_or_insert(at_ms);
        }
        (self.pending, self.begun) = (false, true);
    }

    /// The file ends here. What failed last is a hole, too, if nothing is missing behind it.
    pub fn ended(&mut self, at_ms: i64) {
        if self.pending {
            self.hole_ms.get_or_insert(at_ms);
        }
    }
}

pub(super) fn open_picture(stream: &Stream<'_>) -> Result<Option<decoder::Video>, Error> {
    let mut context =
        codec::Context::from_parameters(stream.parameters()).map_err(internal("preparing the picture's decoder"))?;
    context.set_threading(threading::Config::count(0));
    let mut decoder = context.decoder();
    decoder.set_packet_time_base(stream.time_base());
    Ok(decoders::open(decoder).and_then(|opened| opened.video()).ok())
}

pub(super) fn open_sound(stream: &Stream<'_>) -> Option<decoder::Audio> {
    let mut decoder = codec::Context::from_parameters(stream.parameters()).ok()?.decoder();
    decoder.set_packet_time_base(stream.time_base());
    decoders::open(decoder).ok()?.audio().ok()
}

/// Feeds a decoder; `None` drains it.
pub(super) fn send(decoder: &mut decoder::Opened, packet: Option<&Packet>, health: &mut Health) {
    let sent = match packet {
        Some(packet) => decoder.send_packet(packet),
        None => decoder.send_eof(),
    };
    if sent.is_err_and(|error| error != ffmpeg_next::Error::Eof) {
        health.failed();
    }
}

/// Whether a frame came out.
pub(super) fn received(result: Result<(), ffmpeg_next::Error>, health: &mut Health) -> bool {
    match result {
        Ok(()) => true,
        Err(ffmpeg_next::Error::Eof) => false,
        Err(ffmpeg_next::Error::Other { errno }) if errno == ffmpeg_next::error::EAGAIN => false,
        Err(_) => {
            health.failed();
            false
        }
    }
}
