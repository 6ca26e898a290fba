//! Records outside the state: a bounded buffer and size-capped segment files, the oldest dropped.
//!
//! The buffer has one part per group of threads, so that cryptographic calls do not wait for each other. A frame is a
//! length (u32, little-endian) and that many bytes of postcard; a torn last frame is ignored.

use std::cell::Cell;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use hsm_sim::Realm;
use hsm_sim::timeline::Place;
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};

use crate::audit::event::Event;

const PARTS: usize = 16;
/// A part that is fuller than this loses further records until it is written.
const PART_LIMIT: usize = 1 << 20;
const SEGMENT_LIMIT: u64 = 4 << 20;
const SEGMENTS: usize = 16;
const WRITE_EVERY: Duration = Duration::from_millis(250);

/// A record with the realm and the moment of the world's history that it belongs to.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Frame<'a> {
    pub(super) account: &'a str,
    pub(super) region: &'a str,
    pub(super) place: Place,
    #[serde(borrow)]
    pub(super) event: Event<'a>,
}

/// The same for writing, without giving up the event.
#[derive(Serialize)]
struct FrameOut<'a> {
    account: &'a str,
    region: &'a str,
    place: Place,
    event: &'a Event<'a>,
}

/// The buffer and the files behind it.
#[derive(Debug, Clone)]
pub(crate) struct Trail(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    directory: PathBuf,
    parts: [Mutex<Vec<u8>>; PARTS],
    lost: AtomicU64,
    segment: Mutex<Segment>,
}

#[derive(Debug, Default)]
struct Segment {
    file: Option<File>,
    length: u64,
    process: u32,
}

static NEXT_PART: AtomicUsize = AtomicUsize::new(0);

thread_local! {
    static PART: Cell<usize> = Cell::new(NEXT_PART.fetch_add(1, Ordering::Relaxed) % PARTS);
}

impl Trail {
    /// The trail of a state directory; its files are in a folder of it.
    pub(crate) fn new(state_directory: &Path) -> Self {
        Self(Arc::new(Inner {
            directory: state_directory.join("trail"),
            parts: Default::default(),
            lost: AtomicU64::new(0),
            segment: Mutex::default(),
        }))
    }

    /// Buffers a record. When nobody writes the buffer out, records are lost rather than memory.
    pub(crate) fn push(&self, realm: &Realm, place: Place, event: &Event<'_>) {
        let mut part = self.0.parts[PART.get()].lock();
        let start = part.len();
        if start > PART_LIMIT {
            self.0.lost.fetch_add(1, Ordering::Relaxed);
            return;
        }
        let mut bytes = std::mem::take(&mut *part);
        bytes.extend_from_slice(&[0; 4]);
        let frame = FrameOut { account: realm.account(), region: realm.region(), place, event };
        // Invariant: records are plain data, which postcard always encodes.
        let mut bytes = postcard::to_extend(&frame, bytes).expect("records are plain data");
        // Invariant: a request is far below 4 GiB, so its record is too.
        let length = u32::try_from(bytes.len() - start - 4).expect("a record is small");
        bytes[start..start + 4].copy_from_slice(&length.to_le_bytes());
        *part = bytes;
    }

    /// Writes the buffer out.
    pub(crate) fn flush(&self) -> io::Result<()> {
        let mut segment = self.0.segment.lock();
        for part in &self.0.parts {
            let bytes = {
                let mut part = part.lock();
                let capacity = part.len();
                std::mem::replace(&mut *part, Vec::with_capacity(capacity))
            };
            if !bytes.is_empty() {
                self.write(&mut segment, &bytes)?;
            }
        }
        Ok(())
    }

    /// How many records were lost because nobody wrote the buffer out.
    pub(crate) fn lost(&self) -> u64 {
        self.0.lost.load(Ordering::Relaxed)
    }

    /// The segment files, newest first, each with its name.
    pub(super) fn segments(&self) -> io::Result<Vec<(String, Vec<u8>)>> {
        let mut names = segment_names(&self.0.directory)?;
        names.reverse();
        let mut segments = Vec::with_capacity(names.len());
        for name in names {
            match fs::read(self.0.directory.join(&name)) {
                Ok(bytes) => segments.push((name, bytes)),
                // Another process dropped it since it was listed.
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
        }
        Ok(segments)
    }

    fn write(&self, segment: &mut Segment, bytes: &[u8]) -> io::Result<()> {
        let process = std::process::id();
        if segment.file.is_none() || segment.length > SEGMENT_LIMIT || segment.process != process {
            *segment = Segment { file: Some(self.open_segment(process)?), length: 0, process };
        }
        if let Some(file) = &mut segment.file {
            if let Err(error) = file.write_all(bytes) {
                // A torn frame hides what follows it, so that goes to another file.
                segment.file = None;
                return Err(error);
            }
            segment.length += bytes.len() as u64;
        }
        Ok(())
    }

    /// A new file whose name sorts after the existing ones; the oldest are dropped.
    fn open_segment(&self, process: u32) -> io::Result<File> {
        DirBuilder::new().recursive(true).mode(0o700).create(&self.0.directory)?;
        let names = segment_names(&self.0.directory)?;
        let excess = (names.len() + 1).saturating_sub(SEGMENTS);
        for name in names.iter().take(excess) {
            match fs::remove_file(self.0.directory.join(name)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        let last = names.last().and_then(|name| name.split('-').next()?.parse::<u64>().ok()).unwrap_or(0);
        let path = self.0.directory.join(format!("{:012}-{process}.log", last + 1));
        OpenOptions::new().append(true).create(true).mode(0o600).open(path)
    }
}

fn segment_names(directory: &Path) -> io::Result<Vec<String>> {
    let entries = match fs::read_dir(directory) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut names = Vec::new();
    for entry in entries {
        let name = entry?.file_name();
        if let Some(name) = name.to_str().filter(|name| name.ends_with(".log")) {
            names.push(name.to_owned());
        }
    }
    names.sort();
    Ok(names)
}

/// The frames of a segment with their positions; stops at a torn one.
pub(super) fn frames(bytes: &[u8]) -> impl Iterator<Item = (usize, Frame<'_>)> {
    let mut position = 0;
    std::iter::from_fn(move || {
        let (length, rest) = bytes.get(position..)?.split_first_chunk::<4>()?;
        let length = usize::try_from(u32::from_le_bytes(*length)).ok()?;
        let frame = postcard::from_bytes(rest.get(..length)?).ok()?;
        let start = position;
        position += 4 + length;
        Some((start, frame))
    })
}

/// The thread that writes the buffer out; dropping it writes what is left and ends it.
#[derive(Debug)]
pub struct TrailWriter {
    trail: Trail,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl TrailWriter {
    pub(super) fn start(trail: Trail) -> io::Result<Self> {
        let stop = Arc::new(AtomicBool::new(false));
        let (its_trail, its_stop) = (trail.clone(), Arc::clone(&stop));
        let thread = thread::Builder::new().name("audit-trail".to_owned()).spawn(move || {
            while !its_stop.load(Ordering::Acquire) {
                thread::park_timeout(WRITE_EVERY);
                // What cannot be written is lost, as in a crash; the next round tries another file.
                let _ = its_trail.flush();
            }
        })?;
        Ok(Self { trail, stop, thread: Some(thread) })
    }

    /// How many records were lost because the buffer was full.
    pub fn lost(&self) -> u64 {
        self.trail.lost()
    }
}

impl Drop for TrailWriter {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Release);
        if let Some(thread) = self.thread.take() {
            thread.thread().unpark();
            // A writer that panicked has nothing left to say.
            let _ = thread.join();
        }
        let _ = self.trail.flush();
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn any_bytes_are_frames_or_ignored(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            prop_assert!(frames(&bytes).count() <= bytes.len());
        }
    }
}
