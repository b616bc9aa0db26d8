//! CMAF segments (ISO/IEC 23000-19) out of encoded packets, in memory.
//!
//! libav's mp4 muxer writes one fragment for each segment, when it is told to.

use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};

use ffmpeg_next::format::context::{Output, StreamIo};
use ffmpeg_next::format::stream::Stream;
use ffmpeg_next::{Dictionary, Packet, Rational, codec, ffi, format};

use super::error::{Error, internal};
use super::sink::Segment;

/// The muxer doesn't write the segment type box (ISO 14496-12, 8.16.2): brand `msdh`, compatible with `msdh` and `msix`.
const STYP: [u8; 24] = *b"\0\0\0\x18stypmsdh\0\0\0\0msdhmsix";

#[derive(Clone, Default)]
struct Buffer(Arc<Mutex<Vec<u8>>>);

impl Buffer {
    fn take(&self) -> Vec<u8> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Write for Buffer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Collects the packets of one segment at a time.
pub(super) struct Fragmenter {
    output: Output,
    buffer: Buffer,
    timescale: u32,
    index: u32,
    /// Where the open segment begins, in ticks; `None` while it is empty.
    start: Option<i64>,
}

impl Fragmenter {
    /// A muxer for what `encoder` makes, in units of 1/`timescale` s, and the bytes of the init segment.
    pub fn new(encoder: &codec::Context, timescale: u32) -> Result<(Self, Vec<u8>), Error> {
        Self::open(timescale, |output| output.add_stream_with(encoder).map(drop))
    }

    /// A muxer for packets of `source`, as they are.
    pub fn copying(source: &Stream<'_>, timescale: u32) -> Result<(Self, Vec<u8>), Error> {
        Self::open(timescale, |output| {
            let mut stream = output.add_stream(codec::Id::None)?;
            stream.set_parameters(source.parameters());
            // SAFETY: the stream is new and its parameters are its own. MP4 has a tag of its own for each codec.
            unsafe { (*(*stream.as_mut_ptr()).codecpar).codec_tag = 0 };
            Ok(())
        })
    }

    fn open(
        timescale: u32,
        add: impl FnOnce(&mut Output) -> Result<(), ffmpeg_next::Error>,
    ) -> Result<(Self, Vec<u8>), Error> {
        let buffer = Buffer::default();
        let io = StreamIo::from_write(buffer.clone()).map_err(internal("allocating the muxer"))?;
        let mut output = format::output_to_stream(io, None, Some("mp4")).map_err(internal("allocating the muxer"))?;
        add(&mut output).map_err(internal("adding a stream to the muxer"))?;
        if let Some(mut stream) = output.stream_mut(0) {
            stream.set_time_base(Rational::new(1, timescale as i32));
        }
        let options: Dictionary = [
            ("movflags", "cmaf+frag_custom+empty_moov+default_base_moof+skip_sidx+skip_trailer+frag_discont"),
            ("use_editlist", "0"),
            ("avoid_negative_ts", "disabled"),
            ("fflags", "+bitexact"),
            ("fragment_index", "1"),
            ("video_track_timescale", "90000"),
        ]
        .into_iter()
        .collect();
        output.write_header_with(options).map_err(internal("writing the init segment"))?;
        let mut fragmenter = Self { output, buffer, timescale, index: 0, start: None };
        fragmenter.flush()?;
        let init = fragmenter.buffer.take();
        Ok((fragmenter, init))
    }

    /// Whether a segment has been begun.
    pub fn is_open(&self) -> bool {
        self.start.is_some()
    }

    /// Adds a packet that has pts, dts and duration in ticks; `at` is when the first one of a segment is shown.
    pub fn push(&mut self, packet: &mut Packet, at: i64) -> Result<(), Error> {
        packet.set_stream(0);
        self.start.get_or_insert(at);
        packet.write(&mut self.output).map_err(internal("writing a packet"))?;
        Ok(())
    }

    /// Closes the segment, which the next one follows at `end`.
    pub fn cut(&mut self, end: i64) -> Result<Option<Segment>, Error> {
        let Some(start) = self.start.take() else { return Ok(None) };
        self.flush()?;
        let mut bytes = STYP.to_vec();
        bytes.append(&mut self.buffer.take());
        let segment = Segment { index: self.index, start, duration: end - start, timescale: self.timescale, bytes };
        self.index += 1;
        Ok(Some(segment))
    }

    fn flush(&mut self) -> Result<(), Error> {
        // SAFETY: the context is alive, its header is written, and a null packet is the documented way to flush;
        // `pb` is the AVIOContext it was opened with, which lives as long as the context.
        let result = unsafe {
            let context = self.output.as_mut_ptr();
            let result = ffi::av_write_frame(context, std::ptr::null_mut());
            ffi::avio_flush((*context).pb);
            result
        };
        if result < 0 { Err(internal("closing a segment")(ffmpeg_next::Error::from(result))) } else { Ok(()) }
    }
}

/// The codec by RFC 6381 from the `avcC` box of an init segment (ISO 14496-15, 5.3.3).
pub(super) fn avc_codecs(init: &[u8]) -> Option<String> {
    let place = init.windows(4).position(|window| window == b"avcC")?;
    let record = init.get(place + 4..place + 8)?;
    Some(format!("avc1.{:02X}{:02X}{:02X}", record[1], record[2], record[3]))
}
