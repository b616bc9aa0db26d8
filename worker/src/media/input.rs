//! Opening a source: bytes come from a reader, never from a name, and only known demuxers look at them.

use std::io::{self, Read, Seek, SeekFrom};
use std::sync::{Arc, Mutex, Once, PoisonError};

use ffmpeg_next::format::context::{self, StreamIo};
use ffmpeg_next::format::stream::Stream;
use ffmpeg_next::{Dictionary, Packet, ffi, format};

use super::decoders;
use super::error::{Error, Reason};

/// The bytes of a film, such as ranged reads of S3.
///
/// An error of it is taken for the storage's, not the film's: it ends the work with [`Error::Input`].
pub trait Input: Read + Seek + Send + 'static {}

impl<T: Read + Seek + Send + 'static> Input for T {}

/// Where a seek in `size` bytes leads to, from `position`.
pub fn seek_target(to: SeekFrom, position: u64, size: u64) -> io::Result<u64> {
    let target = match to {
        SeekFrom::Start(at) => Some(at),
        SeekFrom::End(by) => size.checked_add_signed(by),
        SeekFrom::Current(by) => position.checked_add_signed(by),
    };
    target.ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "seek before the beginning"))
}

/// One read of the source. S3 readers do their own read-ahead behind it.
const READ_SIZE: usize = 64 * 1024;
/// No playlists (HLS, DASH, concat): they name other files.
const DEMUXERS: &str = "mov,mp4,matroska,webm,avi,flv,live_flv,mpegts,mpeg,mpegvideo,ogg,wav,w64,aiff,mp3,aac,flac,\
                        asf,gif,png_pipe,jpeg_pipe,webp_pipe,h264,hevc,ivf,mxf,rm,dv,caf,amr,ac3,eac3,nut,av1,obu";
/// After so many unreadable packets in a row the rest of a file is given up.
const PATIENCE: u32 = 64;

/// Remembers the reader's error, because libav often reports the end of the file in its place.
#[derive(Clone, Default)]
struct Fault(Arc<Mutex<Option<io::Error>>>);

impl Fault {
    fn keep(&self, error: &io::Error) {
        let copy = match error.raw_os_error() {
            Some(code) => io::Error::from_raw_os_error(code),
            None => io::Error::new(error.kind(), error.to_string()),
        };
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(copy);
    }

    fn take(&self) -> Option<io::Error> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

struct Watched {
    inner: Box<dyn Input>,
    fault: Fault,
}

impl Watched {
    fn watch<T>(&self, result: io::Result<T>) -> io::Result<T> {
        if let Err(error) = &result
            && error.kind() != io::ErrorKind::Interrupted
        {
            self.fault.keep(error);
        }
        result
    }
}

impl Read for Watched {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let result = self.inner.read(buf);
        self.watch(result)
    }
}

impl Seek for Watched {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        // A hostile file may ask for a place before its beginning; that is no fault of the storage.
        match self.inner.seek(to) {
            Err(error) if error.kind() == io::ErrorKind::InvalidInput => Err(error),
            result => self.watch(result),
        }
    }
}

/// An opened source whose streams are known.
pub(super) struct Source {
    pub context: context::Input,
    fault: Fault,
    unreadable: u32,
    /// Comes next.
    given_back: Option<Packet>,
    /// How often a place was looked for in vain.
    missed: usize,
    /// Packets that could not be read, or were marked as damaged by the demuxer.
    pub damaged: bool,
}

/// Where a film is entered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Entrance {
    /// When the key frame is shown, in the stream's own units.
    pub time: i64,
    /// Bytes; None where the container's index knows.
    pub position: Option<u64>,
}

/// What came of reading a packet.
pub(super) enum Next {
    Packet(Packet),
    End,
}

impl Source {
    pub fn open(input: Box<dyn Input>) -> Result<Self, Error> {
        quiet();
        let fault = Fault::default();
        let watched = Watched { inner: input, fault: fault.clone() };
        let io = StreamIo::from_read_seek_with_capacity(watched, READ_SIZE)
            .map_err(super::error::internal("allocating the reader"))?;
        let mut options = Dictionary::new();
        options.set("format_whitelist", DEMUXERS);
        options.set("codec_whitelist", &decoders::whitelist());
        // Nothing in a file may make libav open another one.
        options.set("protocol_whitelist", "none");
        match format::input_from_stream(io, None, Some(options)) {
            Ok(context) => Ok(Self { context, fault, unreadable: 0, given_back: None, missed: 0, damaged: false }),
            Err(error) => Err(match fault.take() {
                Some(fault) => Error::Input(fault),
                None => {
                    tracing::debug!(%error, "the source was refused");
                    Error::Unplayable(Reason::NotAFilm)
                }
            }),
        }
    }

    /// Lets the demuxer throw away what isn't of these streams.
    pub fn keep_only(&mut self, indexes: &[usize]) {
        for mut stream in self.context.streams_mut() {
            if !indexes.contains(&stream.index()) {
                // SAFETY: the stream belongs to the open context; `discard` may be set at any time.
                unsafe { (*stream.as_mut_ptr()).discard = ffmpeg_next::Discard::All.into() };
            }
        }
    }

    /// Goes to a key frame, as exactly as it is known where it is.
    pub fn enter(&mut self, index: usize, Entrance { time, position }: Entrance) -> bool {
        let Some(position) = position.and_then(|position| i64::try_from(position).ok()) else {
            return self.seek(index, time);
        };
        if self.is_matroska() {
            // Only by its index does this demuxer find the beginning of a cluster.
            let Some(mut stream) = self.context.stream_mut(index) else { return false };
            // SAFETY: the stream belongs to the open context; its index may be added to at any time.
            unsafe { ffi::av_add_index_entry(stream.as_mut_ptr(), position, time, 0, 0, ffi::AVINDEX_KEYFRAME) };
            return self.seek(index, time);
        }
        // SAFETY: the context is open; a failed seek leaves it usable.
        let result =
            unsafe { ffi::av_seek_frame(self.context.as_mut_ptr(), index as i32, position, ffi::AVSEEK_FLAG_BYTE) };
        result >= 0
    }

    pub fn is_matroska(&self) -> bool {
        self.context.format().name().starts_with("matroska")
    }

    /// Goes to the last key frame at or before `time`, in the stream's own units. What can't be found is read towards
    /// from where the file stands.
    pub fn seek(&mut self, index: usize, time: i64) -> bool {
        // SAFETY: the context is open; a failed seek leaves it usable.
        let result =
            unsafe { ffi::av_seek_frame(self.context.as_mut_ptr(), index as i32, time, ffi::AVSEEK_FLAG_BACKWARD) };
        // What the attempt met is met again by reading.
        result >= 0
    }

    /// Looks for the same place from further in front; false when it has to be taken as it is. `second` in the stream's
    /// units.
    pub fn seek_earlier(&mut self, index: usize, time: i64, second: i64) -> bool {
        const EARLIER: [i64; 4] = [2, 10, 60, 86_400];
        let Some(seconds) = EARLIER.get(self.missed) else { return false };
        self.missed += 1;
        self.seek(index, time - seconds * second)
    }

    /// Puts a packet back in front of those to come.
    pub fn give_back(&mut self, packet: Packet) {
        self.given_back = Some(packet);
    }

    /// The next packet of any stream. Unreadable places are passed over.
    pub fn next(&mut self) -> Result<Next, Error> {
        if let Some(packet) = self.given_back.take() {
            return Ok(Next::Packet(packet));
        }
        loop {
            let mut packet = Packet::empty();
            let result = packet.read(&mut self.context);
            if let Some(fault) = self.fault.take() {
                return Err(Error::Input(fault));
            }
            match result {
                Ok(()) => {
                    self.unreadable = 0;
                    return Ok(Next::Packet(packet));
                }
                Err(ffmpeg_next::Error::Eof) => return Ok(Next::End),
                Err(_) => {
                    self.damaged = true;
                    self.unreadable += 1;
                    if self.unreadable >= PATIENCE {
                        return Ok(Next::End);
                    }
                }
            }
        }
    }
}

/// What a container's index says of a packet.
pub(super) struct Entry {
    /// In the stream's units; of MP4 the decoding time.
    pub time: i64,
    /// Bytes; 0 where the index doesn't tell.
    pub size: u64,
    pub is_key: bool,
    /// An edit list leaves it out.
    pub is_discarded: bool,
}

/// The index of a stream, as far as it is read.
pub(super) fn index<'a>(stream: &'a Stream<'_>) -> impl Iterator<Item = Entry> + 'a {
    // SAFETY: the stream lives as long as `'a`, and while it is borrowed nothing changes its index.
    let (stream, count) = unsafe {
        let stream = stream.as_ptr().cast_mut();
        (stream, ffi::avformat_index_get_entries_count(stream))
    };
    (0..count).filter_map(move |at| {
        // SAFETY: as above; the entry is copied before the next is asked for.
        let entry = unsafe { ffi::avformat_index_get_entry(stream, at).as_ref() }?;
        Some(Entry {
            time: entry.timestamp,
            size: entry.size().max(0) as u64,
            is_key: entry.flags() & ffi::AVINDEX_KEYFRAME != 0,
            is_discarded: entry.flags() & ffi::AVINDEX_DISCARD_FRAME != 0,
        })
    })
}

/// libav talks to stderr about every oddity of a film; what matters comes back as errors.
fn quiet() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| ffmpeg_next::log::set_level(ffmpeg_next::log::Level::Fatal));
}
