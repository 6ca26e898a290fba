//! Who may open a directory: one environment per process, one PID namespace at a time, no network file system.

use std::ffi::CString;
use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::Path;

use crate::error::Error;
use crate::lmdb::{FileSystem, Mark};
use crate::owner::Owner;

/// A directory's device and inode, whatever path leads to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Place {
    device: u64,
    inode: u64,
}

impl Place {
    /// Makes the directory (mode 0700) if it does not exist, and refuses network file systems.
    pub(crate) fn prepare(directory: &Path) -> Result<Self, Error> {
        DirBuilder::new().recursive(true).mode(0o700).create(directory).map_err(Error::at(directory))?;
        if let Some(name) = network_file_system(FileSystem::of(directory)?.magic) {
            return Err(Error::NetworkFileSystem { path: directory.display().to_string(), name });
        }
        let data = fs::metadata(directory).map_err(Error::at(directory))?;
        Ok(Self { device: data.dev(), inode: data.ino() })
    }
}

/// The proof that this process has not opened the directory, not even by another copy of this library: a mark in the
/// process's memory map, named after process and directory. It ends with the process whatever kills it, and a fork's
/// child, being another process, has its own.
#[derive(Debug)]
pub(crate) struct Claim {
    #[allow(dead_code, reason = "held for its name")]
    mark: Option<Mark>,
}

impl Claim {
    pub(crate) fn take(place: Place, directory: &Path) -> Result<Self, Error> {
        let name = format!("hsm-sim/{}/{}/{}.", Owner::current()?.name(), place.device, place.inode);
        let mark = CString::new(name.as_str()).ok().and_then(|name| Mark::set(&name));
        if mark.is_some() {
            let path = Path::new("/proc/self/maps");
            let maps = fs::read(path).map_err(Error::at(path))?;
            // Two copies that open at the same moment both see two, and both refuse.
            if String::from_utf8_lossy(&maps).matches(&name).count() > 1 {
                return Err(Error::OpenedTwice { path: directory.display().to_string() });
            }
        }
        // Without a mark (a sandbox forbids it): better without this guard than not at all.
        Ok(Self { mark })
    }
}

/// A share of the directory for the processes of one boot and one PID namespace: LMDB's own liveness check compares
/// process numbers, which mean nothing across namespaces.
#[derive(Debug)]
pub(crate) struct NamespaceLock {
    #[allow(dead_code, reason = "held for its lock")]
    file: File,
}

impl NamespaceLock {
    /// Takes a share. `alone` runs first if no other process holds one.
    pub(crate) fn take(directory: &Path, alone: impl Fn() -> Result<(), Error>) -> Result<Self, Error> {
        let path = directory.join("namespace.lock");
        let at = Error::at;
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(&path)
            .map_err(at(&path))?;
        let here = Owner::current()?.place();
        match file.try_lock() {
            Ok(()) => {
                alone()?;
                // Most files name this namespace already, and to truncate one takes far longer than to read it.
                if read(&mut file).map_err(at(&path))? != here.as_bytes() {
                    file.set_len(0).and_then(|()| file.rewind()).map_err(at(&path))?;
                    file.write_all(here.as_bytes()).map_err(at(&path))?;
                }
            }
            Err(TryLockError::WouldBlock) => {}
            Err(TryLockError::Error(error)) => return Err(at(&path)(error)),
        }
        // Turning the exclusive lock into a share is not atomic: another may have come in between, which the reading
        // back shows.
        file.lock_shared().map_err(at(&path))?;
        if read(&mut file).map_err(at(&path))? != here.as_bytes() {
            return Err(Error::ForeignNamespace { path: directory.display().to_string() });
        }
        Ok(Self { file })
    }
}

/// The whole file.
fn read(file: &mut File) -> io::Result<Vec<u8>> {
    let mut found = Vec::new();
    file.rewind()?;
    file.read_to_end(&mut found)?;
    Ok(found)
}

/// The name of a file system on which processes of several machines could meet, and memory maps do not.
fn network_file_system(magic: u64) -> Option<&'static str> {
    const NETWORK: [(u64, &str); 10] = [
        (0x6969, "NFS"),
        (0x517B, "SMB"),
        (0xFF53_4D42, "CIFS"),
        (0xFE53_4D42, "SMB2"),
        (0x5346_414F, "AFS"),
        (0x7375_7245, "Coda"),
        (0x564C, "NCP"),
        (0x00C3_6400, "Ceph"),
        (0x0BD0_0BD0, "Lustre"),
        (0x0102_1997, "9P"),
    ];
    NETWORK.iter().find(|(number, _)| *number == magic).map(|&(_, name)| name)
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use super::*;

    #[test]
    fn network_file_systems_are_known() {
        assert_eq!(network_file_system(0x6969), Some("NFS"));
        assert_eq!(network_file_system(0xFF53_4D42), Some("CIFS"));
        assert_eq!(network_file_system(0xEF53), None, "ext4");
        assert_eq!(network_file_system(0x0102_1994), None, "tmpfs");
    }

    #[test]
    fn one_claim_at_a_time() {
        let directory = tempfile::tempdir().unwrap();
        let place = Place::prepare(directory.path()).unwrap();
        let claim = Claim::take(place, directory.path()).unwrap();
        assert!(matches!(Claim::take(place, directory.path()), Err(Error::OpenedTwice { .. })));
        drop(claim);
        Claim::take(place, directory.path()).unwrap();
    }

    #[test]
    fn live_foreign_namespaces_are_refused_dead_ones_replaced() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("namespace.lock");
        fs::write(&path, "00 1\n").unwrap();
        let alive = File::open(&path).unwrap();
        alive.lock_shared().unwrap();
        let take = || NamespaceLock::take(directory.path(), || Ok(()));
        assert!(matches!(take(), Err(Error::ForeignNamespace { .. })));
        drop(alive);
        let first = take().unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), Owner::current().unwrap().place());
        let second = NamespaceLock::take(directory.path(), || Err(Error::Nested)).expect("not alone");
        drop((first, second));
        assert_eq!(NamespaceLock::take(directory.path(), || Err(Error::Nested)).unwrap_err(), Error::Nested);
    }

    #[test]
    fn a_file_that_names_this_namespace_is_not_written_and_a_longer_one_leaves_nothing() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("namespace.lock");
        let here = Owner::current().unwrap().place();
        let take = || drop(NamespaceLock::take(directory.path(), || Ok(())).unwrap());
        fs::write(&path, format!("{here} and more")).unwrap();
        take();
        assert_eq!(fs::read_to_string(&path).unwrap(), here);
        let old = SystemTime::UNIX_EPOCH + Duration::from_secs(1);
        File::options().write(true).open(&path).unwrap().set_modified(old).unwrap();
        take();
        assert_eq!(fs::metadata(&path).unwrap().modified().unwrap(), old);
    }

    #[test]
    fn directories_are_private() {
        let parent = tempfile::tempdir().unwrap();
        let directory = parent.path().join("a/b");
        let place = Place::prepare(&directory).unwrap();
        assert_eq!(fs::metadata(&directory).unwrap().mode() & 0o777, 0o700);
        assert_eq!(Place::prepare(&directory).unwrap(), place);
    }
}
