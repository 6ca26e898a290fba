//! Temporary state directories: private, removed at the end, and swept by the next start when their owner died without removing
//! them (documented). The name carries the owner's whole identity, so neither a reused process number nor another PID namespace
//! is mistaken for a dead owner.

use std::fs;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use crypto::Entropy;
use store::Owner;

use crate::error::Result;

const PREFIX: &str = "hsm-sim-of-";

/// A temporary state directory of this process, removed on drop.
#[derive(Debug)]
pub struct TemporaryDirectory(PathBuf);

impl TemporaryDirectory {
    /// A new directory, after sweeping those of dead processes.
    ///
    /// # Errors
    /// The system's folder for temporary files cannot be written.
    pub fn create() -> Result<Self> {
        let parent = std::env::temp_dir();
        sweep(&parent);
        // Not of the world's entropy: two worlds of one seed must not meet.
        let random = u64::from_be_bytes(Entropy::system().bytes());
        let path = parent.join(format!("{PREFIX}{}-{random:016x}", Owner::current()?));
        fs::DirBuilder::new().mode(0o700).create(&path).map_err(store::Error::from)?;
        Ok(Self(path))
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for TemporaryDirectory {
    fn drop(&mut self) {
        // A fork's child leaves its parent's directory alone; what cannot be removed now is swept by the next start.
        if Owner::current().is_ok_and(|me| owner(&self.0) == Some(me)) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }
}

/// Removes the directories whose owner is dead. What cannot be read or removed belongs to somebody else.
fn sweep(parent: &Path) {
    let Ok(entries) = fs::read_dir(parent) else { return };
    for path in entries.flatten().map(|entry| entry.path()) {
        if owner(&path).is_some_and(|owner| owner.is_surely_dead().unwrap_or(false)) {
            let _ = fs::remove_dir_all(path);
        }
    }
}

fn owner(path: &Path) -> Option<Owner> {
    let (owner, _) = path.file_name()?.to_str()?.strip_prefix(PREFIX)?.split_once('-')?;
    Owner::parse(owner)
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    #[test]
    fn only_directories_of_dead_owners_are_swept() -> Result<()> {
        let parent = TemporaryDirectory::create()?;
        let mut child = Command::new("true").spawn().map_err(store::Error::from)?;
        let dead = Owner::of(child.id())?;
        child.wait().map_err(store::Error::from)?;
        let make = |name: String| {
            let path = parent.path().join(name);
            fs::create_dir(&path).map(|()| path)
        };
        let alive = make(format!("{PREFIX}{}-0", Owner::current()?)).map_err(store::Error::from)?;
        let foreign = make(format!("{PREFIX}somebody-0")).map_err(store::Error::from)?;
        let left = dead.map(|dead| make(format!("{PREFIX}{dead}-0"))).transpose().map_err(store::Error::from)?;
        sweep(parent.path());
        assert!(alive.exists() && foreign.exists());
        assert!(left.is_none_or(|left| !left.exists()));
        Ok(())
    }

    #[test]
    fn it_is_gone_in_the_end() -> Result<()> {
        let directory = TemporaryDirectory::create()?;
        let path = directory.path().to_owned();
        assert!(path.is_dir());
        drop(directory);
        assert!(!path.exists());
        Ok(())
    }
}
