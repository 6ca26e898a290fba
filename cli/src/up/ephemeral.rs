//! Temporary state directories: removed at the end, and swept by the next start when their owner died without removing them.
//!
//! The name carries the owner's process id and start time, so that a reused process id does not keep a dead directory alive.

use std::fs;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use hsm_sim::Entropy;

use crate::failure::Failure;

const PREFIX: &str = "hsm-sim-up-";

/// A temporary state directory, removed on drop.
#[derive(Debug)]
pub(super) struct Directory(PathBuf);

impl Directory {
    /// A new directory of this process, after sweeping those of dead ones.
    ///
    /// # Errors
    /// The system's temporary directory cannot be written.
    pub(super) fn create() -> Result<Self, Failure> {
        let parent = std::env::temp_dir();
        sweep(&parent);
        let process = std::process::id();
        let start = start_time(process).unwrap_or(0);
        let random = u32::from_be_bytes(Entropy::system().bytes::<4>());
        let path = parent.join(format!("{PREFIX}{process}-{start}-{random:08x}"));
        fs::DirBuilder::new().mode(0o700).create(&path)?;
        Ok(Self(path))
    }

    /// Where it is.
    pub(super) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        // What cannot be removed now is swept by the next start.
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Removes the directories whose owner is dead. What cannot be read or removed belongs to somebody else.
fn sweep(parent: &Path) {
    let Ok(entries) = fs::read_dir(parent) else { return };
    for entry in entries.flatten() {
        if owner(&entry.file_name().to_string_lossy())
            .is_some_and(|(process, start)| start_time(process) != Some(start))
        {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

fn owner(name: &str) -> Option<(u32, u64)> {
    let mut parts = name.strip_prefix(PREFIX)?.split('-');
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

/// When a process started, in clock ticks since boot: field 22 of its `stat` (the fields after the parenthesised name).
fn start_time(process: u32) -> Option<u64> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    stat.rsplit_once(')')?.1.split_whitespace().nth(19)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_directories_of_dead_owners_are_swept() -> Result<(), Failure> {
        let parent = tempfile::tempdir()?;
        let process = std::process::id();
        let start = start_time(process).ok_or_else(|| Failure::new("no start time"))?;
        let alive = format!("{PREFIX}{process}-{start}-00000000");
        let dead = [format!("{PREFIX}{process}-{}-00000000", start + 1), format!("{PREFIX}4194305-1-00000000")];
        let foreign = format!("{PREFIX}other");
        for name in dead.iter().chain([&alive, &foreign]) {
            fs::create_dir(parent.path().join(name))?;
        }
        sweep(parent.path());
        for name in &dead {
            assert!(!parent.path().join(name).exists(), "{name}");
        }
        assert!(parent.path().join(alive).exists() && parent.path().join(foreign).exists());
        Ok(())
    }
}
