//! An original in S3 as something to read and seek in: ranged reads, a few blocks kept, the next ones asked for ahead.

use crate::media::seek_target;
use bytes::Bytes;
use domain::key::MediaKey;
use domain::task::Kind;
use metrics::Counter;
use platform::storage::{self, Storage};
use std::collections::VecDeque;
use std::io::{self, Read, Seek, SeekFrom};
use tokio::runtime::Handle;
use tokio::task::JoinHandle;
use tracing::Instrument;

/// Bytes of one ranged read.
const BLOCK: u64 = 1 << 20;
/// Blocks kept, so that a file whose sound and picture lie apart isn't read twice.
const KEPT: usize = 12;
/// Blocks asked for before they are needed, once reading goes forward.
const AHEAD: u64 = 3;

enum State {
    Fetching(JoinHandle<Result<Bytes, storage::Error>>),
    Ready(Bytes),
}

struct Block {
    number: u64,
    state: State,
}

/// Blocking reads for a thread outside the runtime. Never holds more than [`KEPT`] blocks of 1 MiB.
pub struct Source {
    runtime: Handle,
    storage: Storage,
    key: MediaKey,
    size: u64,
    /// Of bytes that came.
    read: Counter,
    position: u64,
    /// Oldest use first.
    blocks: VecDeque<Block>,
    last_block: Option<u64>,
}

impl Source {
    /// `size`: bytes of the object, as S3 tells. `kind`: of the task that reads, which its bytes are counted by.
    pub fn new(runtime: Handle, storage: Storage, key: MediaKey, size: u64, kind: Kind) -> Self {
        let read = metrics::counter!("kinora_read_bytes_total", "kind" => kind.as_str());
        Self { runtime, storage, key, size, read, position: 0, blocks: VecDeque::new(), last_block: None }
    }

    fn fetch(&self, number: u64) -> JoinHandle<Result<Bytes, storage::Error>> {
        let (storage, key, read) = (self.storage.clone(), self.key.clone(), self.read.clone());
        let start = number * BLOCK;
        let len = BLOCK.min(self.size - start);
        let fetch = async move {
            let bytes = storage.get_range(&key, start, len).await?;
            // Here and not where they are used: what was asked for in vain was paid for, too.
            read.increment(bytes.len() as u64);
            Ok(bytes)
        };
        self.runtime.spawn(fetch.in_current_span())
    }

    fn has(&self, number: u64) -> bool {
        self.blocks.iter().any(|b| b.number == number)
    }

    fn keep(&mut self, block: Block) {
        while self.blocks.len() >= KEPT {
            self.blocks.pop_front();
        }
        self.blocks.push_back(block);
    }

    fn block(&mut self, number: u64) -> io::Result<Bytes> {
        let found = self.blocks.iter().position(|b| b.number == number).and_then(|at| self.blocks.remove(at));
        let state = found.map_or_else(|| State::Fetching(self.fetch(number)), |block| block.state);
        // Who looks here and there, as for an index, asks for no more than that.
        let forward = self.last_block.is_some_and(|last| number == last + 1);
        self.last_block = Some(number);
        if forward {
            for next in number + 1..=number + AHEAD {
                if next * BLOCK < self.size && !self.has(next) {
                    let state = State::Fetching(self.fetch(next));
                    self.keep(Block { number: next, state });
                }
            }
        }
        let bytes = match state {
            State::Ready(bytes) => bytes,
            State::Fetching(task) => {
                self.runtime.block_on(task).map_err(io::Error::other)?.map_err(io::Error::other)?
            }
        };
        self.keep(Block { number, state: State::Ready(bytes.clone()) });
        Ok(bytes)
    }
}

impl Read for Source {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.position >= self.size || buffer.is_empty() {
            return Ok(0);
        }
        let bytes = self.block(self.position / BLOCK)?;
        let from = (self.position % BLOCK) as usize;
        let Some(rest) = bytes.get(from..).filter(|rest| !rest.is_empty()) else {
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the object is shorter than its size"));
        };
        let len = rest.len().min(buffer.len());
        buffer[..len].copy_from_slice(&rest[..len]);
        self.position += len as u64;
        Ok(len)
    }
}

impl Seek for Source {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.position = seek_target(to, self.position, self.size)?;
        Ok(self.position)
    }
}
