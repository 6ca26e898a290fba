//! The number of the last commit, read from the data file itself: nobody has to keep the environment open meanwhile, so asking takes
//! no lock. The file is never replaced or shortened while its environment is open, and stays the same when it is opened anew.

use std::ffi::c_void;
use std::fs::File;
use std::os::fd::AsRawFd;
use std::path::Path;
use std::ptr::{self, NonNull};
use std::sync::atomic::{AtomicUsize, Ordering};

use super::Env;
use crate::error::Error;

/// The first pages of the data file of an environment.
#[derive(Debug)]
pub(crate) struct LastCommit {
    pages: NonNull<c_void>,
    page_size: usize,
}

/// A page that LMDB's file begins with, of two.
#[repr(C)]
struct MetaPage {
    number: usize,
    header: [u16; 4],
    magic: u32,
    version: u32,
    address: usize,
    map_size: usize,
    tables: [MetaTable; 2],
    last_page: usize,
    transaction: AtomicUsize,
}

#[repr(C)]
struct MetaTable {
    /// Of the first table, the page size.
    pad: u32,
    flags: [u16; 2],
    numbers: [usize; 5],
}

// SAFETY: the mapping is only read, by atomic loads, and unmapped once, by its owner.
unsafe impl Send for LastCommit {}
// SAFETY: as above.
unsafe impl Sync for LastCommit {}

impl LastCommit {
    const MAGIC: u32 = 0xBEEF_C0DE;
    /// LMDB's largest page.
    const MOST: usize = 1 << 16;

    /// Of the directory's open environment.
    pub(crate) fn of(env: &Env, directory: &Path) -> Result<Self, Error> {
        let path = directory.join("data.mdb");
        // Only on the lock file LMDB holds locks that closing a descriptor would end.
        let file = File::open(&path).map_err(Error::at(&path))?;
        // SAFETY: a new mapping at an address of the kernel's choice, of a file that is open. What lies behind the file's end is not read.
        let pages = unsafe {
            libc::mmap(ptr::null_mut(), 2 * Self::MOST, libc::PROT_READ, libc::MAP_SHARED, file.as_raw_fd(), 0)
        };
        let failed = || Error::at(&path)(std::io::Error::last_os_error());
        let pages = NonNull::new(pages).filter(|_| pages != libc::MAP_FAILED).ok_or_else(failed)?;
        let mut this = Self { pages, page_size: 0 };
        let first = this.page(0);
        // SAFETY: LMDB wrote the page before it opened the environment, and these parts of it never change.
        let (magic, page_size) = unsafe { ((*first).magic, (*first).tables[0].pad) };
        this.page_size = page_size as usize;
        let known = magic == Self::MAGIC
            && this.page_size.is_power_of_two()
            && (size_of::<MetaPage>()..=Self::MOST).contains(&this.page_size);
        let (before, here, after) = (env.last_id(), if known { this.id() } else { 0 }, env.last_id());
        if known && (before..=after).contains(&here) {
            Ok(this)
        } else {
            Err(Error::Corrupt { what: "the first pages" })
        }
    }

    /// The number, which may run ahead of what a transaction begun now sees, never behind.
    #[inline]
    pub(crate) fn id(&self) -> u64 {
        let [even, odd] = [self.page(0), self.page(1)].map(|page| {
            // SAFETY: `of` saw that the file begins with two such pages; they are mapped as long as `self` is there.
            unsafe { (*page).transaction.load(Ordering::Acquire) }
        });
        even.max(odd) as u64
    }

    #[inline]
    fn page(&self, number: usize) -> *const MetaPage {
        self.pages.as_ptr().wrapping_byte_add(number * self.page_size).cast()
    }
}

impl Drop for LastCommit {
    fn drop(&mut self) {
        // SAFETY: mapped by `of` and unmapped once.
        unsafe { libc::munmap(self.pages.as_ptr(), 2 * Self::MOST) };
    }
}
