//! Who a process is, so that another can tell later whether it still runs: process numbers alone are reused.

use std::fmt;
use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use crate::error::Error;
use crate::lmdb::PerProcess;

/// A process, for all time: boot, PID namespace, number and start time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Owner {
    boot: [u8; 16],
    namespace: u64,
    pid: u32,
    /// In clock ticks since boot.
    start: u64,
}

static CURRENT: PerProcess<Owner> = PerProcess::new();

impl Owner {
    /// The encoded length in bytes.
    pub(crate) const LENGTH: usize = 16 + 8 + 4 + 8;

    /// This process.
    ///
    /// # Errors
    /// `/proc` cannot be read.
    pub fn current() -> Result<Self, Error> {
        CURRENT.get_or_try_init(Self::look).copied()
    }

    /// The running process of a number, in this PID namespace; `None` if there is none.
    ///
    /// # Errors
    /// `/proc` cannot be read.
    pub fn of(pid: u32) -> Result<Option<Self>, Error> {
        let me = Self::current()?;
        Ok(start_time(pid)?.map(|start| Self { pid, start, ..me }))
    }

    fn look() -> Result<Self, Error> {
        let boot_path = Path::new("/proc/sys/kernel/random/boot_id");
        let text = fs::read_to_string(boot_path).map_err(Error::at(boot_path))?;
        let boot = parse_boot(&text).ok_or(Error::Corrupt { what: "/proc/sys/kernel/random/boot_id" })?;
        let namespace_path = Path::new("/proc/self/ns/pid");
        let namespace = fs::metadata(namespace_path).map_err(Error::at(namespace_path))?.ino();
        let pid = std::process::id();
        let start = start_time(pid)?.ok_or(Error::Corrupt { what: "/proc/self/stat" })?;
        Ok(Self { boot, namespace, pid, start })
    }

    /// The process number.
    pub fn pid(&self) -> u32 {
        self.pid
    }

    /// Whether the process still runs. One of another boot or PID namespace does not: a directory is never open in two
    /// live namespaces (see [`crate::guard`]).
    pub(crate) fn is_alive(&self) -> Result<bool, Error> {
        let me = Self::current()?;
        if *self == me {
            return Ok(true);
        }
        Ok(self.boot == me.boot && self.namespace == me.namespace && start_time(self.pid)? == Some(self.start))
    }

    /// Whether the process is known to have ended: it is of an earlier boot, or of this PID namespace and gone. Of a process in
    /// another namespace nothing is known.
    ///
    /// # Errors
    /// `/proc` cannot be read.
    pub fn is_surely_dead(&self) -> Result<bool, Error> {
        let me = Self::current()?;
        Ok(self.boot != me.boot || (self.namespace == me.namespace && !self.is_alive()?))
    }

    /// The owner that a text of [`Owner`]'s `Display` names.
    pub fn parse(text: &str) -> Option<Self> {
        let mut bytes = [0; Self::LENGTH];
        if !text.is_ascii() || text.len() != 2 * Self::LENGTH {
            return None;
        }
        for (byte, digits) in bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
            *byte = u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?;
        }
        Some(Self::decode(&bytes))
    }

    /// Boot and PID namespace as text.
    pub(crate) fn place(&self) -> String {
        format!("{:032x} {}\n", u128::from_be_bytes(self.boot), self.namespace)
    }

    /// A name that no other process has at any time.
    pub(crate) fn name(&self) -> String {
        format!("{}/{}/{}", self.namespace, self.pid, self.start)
    }

    pub(crate) fn encode(&self) -> [u8; Self::LENGTH] {
        let mut out = [0; Self::LENGTH];
        out[..16].copy_from_slice(&self.boot);
        out[16..24].copy_from_slice(&self.namespace.to_le_bytes());
        out[24..28].copy_from_slice(&self.pid.to_le_bytes());
        out[28..].copy_from_slice(&self.start.to_le_bytes());
        out
    }

    pub(crate) fn decode(bytes: &[u8; Self::LENGTH]) -> Self {
        let number = |at: usize| u64::from_le_bytes(std::array::from_fn(|i| bytes[at + i]));
        Self {
            boot: std::array::from_fn(|i| bytes[i]),
            namespace: number(16),
            pid: u32::from_le_bytes(std::array::from_fn(|i| bytes[24 + i])),
            start: number(28),
        }
    }
}

/// Hexadecimal digits, fit for a file's name.
impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.encode().iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

fn parse_boot(text: &str) -> Option<[u8; 16]> {
    let digits: String = text.trim().chars().filter(|&digit| digit != '-').collect();
    u128::from_str_radix(&digits, 16).ok().map(u128::to_be_bytes)
}

/// When a process started; `None` if there is none or only its remains (a zombie).
fn start_time(pid: u32) -> Result<Option<u64>, Error> {
    let path = format!("/proc/{pid}/stat");
    match fs::read_to_string(&path) {
        Ok(text) => Ok(parse_stat(&text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound || error.raw_os_error() == Some(libc::ESRCH) => Ok(None),
        Err(error) => Err(Error::at(Path::new(&path))(error)),
    }
}

fn parse_stat(text: &str) -> Option<u64> {
    // The name in parentheses may hold anything, so fields are counted from its end.
    let (_, fields) = text.rsplit_once(") ")?;
    let mut fields = fields.split_ascii_whitespace();
    let state = fields.next()?;
    if matches!(state, "Z" | "X") {
        return None;
    }
    // The state is field 3, the start time field 22.
    fields.nth(18)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_is_alive_and_encodes() {
        let me = Owner::current().unwrap();
        assert_eq!(me.pid(), std::process::id());
        assert_eq!(me.is_alive(), Ok(true));
        assert_eq!(Owner::decode(&me.encode()), me);
    }

    #[test]
    fn others_are_void() {
        let me = Owner::current().unwrap();
        let parent = std::os::unix::process::parent_id();
        let parent_start = start_time(parent).unwrap();
        for (other, alive) in [
            (Owner { boot: [0; 16], ..me }, false),
            (Owner { namespace: 1, ..me }, false),
            (Owner { start: me.start + 1, ..me }, false),
            (Owner { pid: u32::MAX, ..me }, false),
            (Owner { pid: parent, start: parent_start.unwrap_or(0), ..me }, parent_start.is_some()),
        ] {
            assert_eq!(other.is_alive(), Ok(alive), "{other:?}");
        }
    }

    #[test]
    fn stat_lines() {
        let tail = "S 1 1 1 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 4711 9 9";
        assert_eq!(parse_stat(&format!("12 (sh) {tail}")), Some(4711));
        assert_eq!(parse_stat(&format!("12 (a) b) {tail}")), Some(4711));
        assert_eq!(parse_stat(&format!("12 (sh) {}", tail.replacen('S', "Z", 1))), None);
        assert_eq!(parse_stat("12 (sh"), None);
    }
}
