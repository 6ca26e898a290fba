//! The embedded engine: a thin binding of LMDB, and the two other things that need `unsafe`: state that a fork's child
//! must not use ([`PerProcess`]) and a task that another thread runs while its owner waits ([`lend`]).
//!
//! This is, with [`last_commit`] below it, the only file with `unsafe`. What it gives out is safe to use in any order: lifetimes tie rows to their
//! transaction, transactions to their environment, and everything that touches shared memory does nothing in a process
//! that forked since it was made: the parent's reader slots and locks stay the parent's.
#![allow(unsafe_code)]

mod last_commit;

pub(crate) use last_commit::LastCommit;

use std::ffi::{CStr, CString, c_int, c_uint, c_void};
use std::marker::PhantomData;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::ptr::{self, NonNull};
use std::slice;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicU64, AtomicUsize, Ordering};
use std::thread::{self, Thread};

use lmdb_master_sys as ffi;

use crate::commit::Task;
use crate::engine::{Change, Entry, View, Walk};
use crate::error::Error;
use crate::guard::Claim;
use crate::types::{Durability, Space};

// Forks.

static GENERATION: AtomicU64 = AtomicU64::new(0);
static HOOKED: AtomicBool = AtomicBool::new(false);

extern "C" fn after_fork_in_child() {
    GENERATION.fetch_add(1, Ordering::Relaxed);
}

/// How many forks this process descends from, since the library was first used: a number to compare, for state that a
/// fork's child must make anew. Forks by a bare `clone` system call go unnoticed, as in the C library.
#[inline]
pub fn fork_generation() -> u64 {
    if !HOOKED.load(Ordering::Relaxed) {
        hook();
    }
    GENERATION.load(Ordering::Relaxed)
}

#[cold]
fn hook() {
    if !HOOKED.swap(true, Ordering::Relaxed) {
        // SAFETY: the handler only increments an atomic, which is async-signal-safe, and lives as long as this library.
        // A failure means no memory for one more handler at start; then forks are not noticed.
        let _ = unsafe { libc::pthread_atfork(None, None, Some(after_fork_in_child)) };
    }
}

/// A value that every process makes for itself. A fork's child forgets its parent's without dropping it.
#[derive(Debug)]
pub(crate) struct PerProcess<T> {
    node: AtomicPtr<Node<T>>,
    owned: PhantomData<Box<Node<T>>>,
}

#[derive(Debug)]
struct Node<T> {
    generation: u64,
    value: T,
}

impl<T: Send + Sync> PerProcess<T> {
    pub(crate) const fn new() -> Self {
        Self { node: AtomicPtr::new(ptr::null_mut()), owned: PhantomData }
    }

    /// This process's value, if it was made.
    #[inline]
    pub(crate) fn get(&self) -> Option<&T> {
        // SAFETY: the pointer is null or from `Box::into_raw`; a published node is freed by `drop` only (a replaced one
        // is leaked), and `drop` has `&mut self`, so the node outlives this borrow.
        let node = unsafe { self.node.load(Ordering::Acquire).as_ref() }?;
        (node.generation == fork_generation()).then_some(&node.value)
    }

    /// This process's value; makes it if needed. Of two threads that make it at once one's is dropped.
    #[inline]
    pub(crate) fn get_or_try_init<E>(&self, make: impl Fn() -> Result<T, E>) -> Result<&T, E> {
        match self.get() {
            Some(value) => Ok(value),
            None => self.init(make),
        }
    }

    #[cold]
    fn init<E>(&self, make: impl Fn() -> Result<T, E>) -> Result<&T, E> {
        loop {
            if let Some(value) = self.get() {
                return Ok(value);
            }
            let generation = fork_generation();
            let stale = self.node.load(Ordering::Acquire);
            // SAFETY: as in `get`.
            if unsafe { stale.as_ref() }.is_some_and(|node| node.generation == generation) {
                continue;
            }
            let fresh = Box::into_raw(Box::new(Node { generation, value: make()? }));
            if self.node.compare_exchange(stale, fresh, Ordering::AcqRel, Ordering::Acquire).is_err() {
                // SAFETY: `fresh` is from `Box::into_raw` above and was not published.
                drop(unsafe { Box::from_raw(fresh) });
            }
        }
    }
}

impl<T> Drop for PerProcess<T> {
    fn drop(&mut self) {
        let node = *self.node.get_mut();
        // SAFETY: as in `get`; `&mut self` proves that nobody borrows the value.
        if unsafe { node.as_ref() }.is_some_and(|node| node.generation == fork_generation()) {
            // SAFETY: from `Box::into_raw`, and not freed before.
            drop(unsafe { Box::from_raw(node) });
        }
    }
}

// Tasks on other threads' stacks.

/// A task lent to whoever holds this. Dropping it gives the task back and wakes its owner.
pub(crate) struct Loan {
    task: NonNull<dyn Task>,
    desk: Arc<Desk>,
}

/// Where an owner waits for its task.
#[derive(Debug)]
pub(crate) struct Desk {
    returned: AtomicBool,
    owner: Thread,
}

// SAFETY: tasks are `Send` (`Task: Send`), and only the loan's holder touches the task until it is returned.
unsafe impl Send for Loan {}

impl Loan {
    pub(crate) fn task(&mut self) -> &mut dyn Task {
        // SAFETY: `lend` does not return before this loan is dropped, so the task is alive, and the loan is the only
        // way to it meanwhile.
        unsafe { self.task.as_mut() }
    }

    pub(crate) fn owner(&self) -> &Thread {
        &self.desk.owner
    }
}

impl Drop for Loan {
    fn drop(&mut self) {
        self.desk.returned.store(true, Ordering::Release);
        self.desk.owner.unpark();
    }
}

impl Desk {
    pub(crate) fn is_returned(&self) -> bool {
        self.returned.load(Ordering::Acquire)
    }
}

/// Lends a task: `submit` gets the loan, then `turn` is called (it may park) until the loan was dropped somewhere.
pub(crate) fn lend(task: &mut dyn Task, submit: impl FnOnce(Loan), mut turn: impl FnMut(&Desk)) {
    /// Keeps the frame until the task is back, also when `submit` or `turn` unwinds.
    struct Wait(Arc<Desk>);

    impl Drop for Wait {
        fn drop(&mut self) {
            while !self.0.is_returned() {
                thread::park();
            }
        }
    }

    let desk = Arc::new(Desk { returned: AtomicBool::new(false), owner: thread::current() });
    let wait = Wait(Arc::clone(&desk));
    let borrowed: NonNull<dyn Task + '_> = NonNull::from(task);
    // SAFETY: only the lifetime changes. The pointer is used through the loan alone, and `wait` keeps this call, and so
    // the borrow, until the loan is dropped.
    let task = unsafe { std::mem::transmute::<NonNull<dyn Task + '_>, NonNull<dyn Task + 'static>>(borrowed) };
    submit(Loan { task, desk });
    while !wait.0.is_returned() {
        turn(&wait.0);
    }
}

// Marks.

/// A name in this process's memory map, where every library of the process can read it (`/proc/self/maps`). It ends with
/// the process however that ends. A fork's child inherits it, so the name should tell whose it is.
#[derive(Debug)]
pub(crate) struct Mark {
    page: NonNull<c_void>,
}

// SAFETY: the page is never accessed; mapping and unmapping it may be done by any thread.
unsafe impl Send for Mark {}
// SAFETY: as above.
unsafe impl Sync for Mark {}

impl Mark {
    const SIZE: usize = 1;

    /// Sets a mark; `None` where the system does not allow it.
    pub(crate) fn set(name: &CStr) -> Option<Self> {
        // SAFETY: the name is a C string.
        let file = unsafe { libc::memfd_create(name.as_ptr(), libc::MFD_CLOEXEC) };
        if file < 0 {
            return None;
        }
        // SAFETY: a new mapping at an address of the kernel's choice, of a file that is open.
        let page = unsafe { libc::mmap(ptr::null_mut(), Self::SIZE, libc::PROT_NONE, libc::MAP_SHARED, file, 0) };
        // SAFETY: opened above; the mapping does not need the descriptor.
        unsafe { libc::close(file) };
        if page == libc::MAP_FAILED { None } else { NonNull::new(page).map(|page| Self { page }) }
    }
}

impl Drop for Mark {
    fn drop(&mut self) {
        // SAFETY: mapped by `set`, unmapped once, and never accessed.
        unsafe { libc::munmap(self.page.as_ptr(), Self::SIZE) };
    }
}

// File systems.

/// What the store asks of a file system (`statfs`).
#[derive(Debug, Clone, Copy)]
pub(crate) struct FileSystem {
    /// Tells network file systems from local ones.
    pub(crate) magic: u64,
    /// Free space in bytes.
    pub(crate) free: u64,
}

impl FileSystem {
    pub(crate) fn of(path: &Path) -> Result<Self, Error> {
        let name = c_path(path)?;
        // SAFETY: `statfs` is plain data, for which all zeros is valid.
        let mut data: libc::statfs = unsafe { std::mem::zeroed() };
        // SAFETY: `name` is a C string and `data` is writable; both outlive the call.
        if unsafe { libc::statfs(name.as_ptr(), &raw mut data) } != 0 {
            return Err(Error::at(path)(std::io::Error::last_os_error()));
        }
        // Only the low 32 bits of the magic are defined; some architectures sign-extend them.
        let magic = u64::from(data.f_type as u32);
        Ok(Self { magic, free: data.f_bavail.saturating_mul(u64::try_from(data.f_bsize).unwrap_or(0)) })
    }
}

fn c_path(path: &Path) -> Result<CString, Error> {
    CString::new(path.as_os_str().as_bytes()).map_err(|_| Error::Io {
        kind: std::io::ErrorKind::InvalidInput,
        message: "a path contains a zero byte".into(),
    })
}

// Environments.

/// The one table used: LMDB's main one.
const MAIN: ffi::MDB_dbi = 1;

/// An open environment. The claim that it was opened with must outlive it: one environment per directory and process.
#[derive(Debug)]
pub(crate) struct Env {
    env: NonNull<ffi::MDB_env>,
    generation: u64,
    map_size: usize,
    /// The least length of the data file in bytes: what it was when last asked, as it never shrinks.
    least_length: AtomicUsize,
}

// SAFETY: with MDB_NOTLS an environment may be used by any threads at once (lmdb.h, "Restrictions"); the methods here
// take LMDB's own locks where it demands any.
unsafe impl Send for Env {}
// SAFETY: as above.
unsafe impl Sync for Env {}

impl Env {
    /// Opens the environment in an existing directory. The claim proves that this process has not opened it already,
    /// which LMDB forbids.
    pub(crate) fn open(
        _claim: &Claim,
        directory: &Path,
        durability: Durability,
        map_size: usize,
        readers: c_uint,
    ) -> Result<Self, Error> {
        let name = c_path(directory)?;
        let mut raw = ptr::null_mut();
        // SAFETY: `raw` is a valid place for the pointer.
        check(unsafe { ffi::mdb_env_create(&raw mut raw) }, map_size)?;
        let env = NonNull::new(raw).ok_or(Error::Fatal)?;
        // From here on the environment is closed when this value is dropped, as mdb_env_create demands even when
        // opening fails.
        let this = Self { env, generation: fork_generation(), map_size, least_length: AtomicUsize::new(0) };
        let flags = ffi::MDB_NOTLS
            | match durability {
                Durability::Synced => 0,
                Durability::Unsynced => ffi::MDB_NOSYNC,
            };
        // SAFETY: the environment was created above and is not open yet; the name outlives the calls.
        unsafe {
            check(ffi::mdb_env_set_mapsize(raw, map_size), map_size)?;
            check(ffi::mdb_env_set_maxreaders(raw, readers), map_size)?;
            check(ffi::mdb_env_open(raw, name.as_ptr(), flags, 0o600), map_size)
                .map_err(|error| error.within(directory))?;
        }
        // Opening the main table once sets its order for all transactions to come.
        let txn = this.begin_raw(ffi::MDB_RDONLY)?;
        let mut main = 0;
        // SAFETY: the transaction is live; the main table has no name; the transaction is ended once.
        let opened = unsafe {
            let code = ffi::mdb_dbi_open(txn.as_ptr(), ptr::null(), 0, &raw mut main);
            ffi::mdb_txn_abort(txn.as_ptr());
            code
        };
        this.check(opened)?;
        debug_assert_eq!(main, MAIN, "LMDB's main table is number 1");
        Ok(this)
    }

    /// The number of the last commit, which may run ahead of what a transaction begun now sees, never behind.
    pub(crate) fn last_id(&self) -> u64 {
        self.info().me_last_txnid as u64
    }

    fn info(&self) -> ffi::MDB_envinfo {
        // SAFETY: plain data, for which all zeros is valid.
        let mut info: ffi::MDB_envinfo = unsafe { std::mem::zeroed() };
        // SAFETY: the environment is open and `info` is writable.
        unsafe { ffi::mdb_env_info(self.env.as_ptr(), &raw mut info) };
        info
    }

    /// Frees the reader slots of dead processes.
    pub(crate) fn check_readers(&self) -> Result<usize, Error> {
        let mut dead: c_int = 0;
        // SAFETY: the environment is open and `dead` is writable.
        self.check(unsafe { ffi::mdb_reader_check(self.env.as_ptr(), &raw mut dead) })?;
        Ok(usize::try_from(dead).unwrap_or(0))
    }

    /// Begins the one write transaction of all processes; waits for it. Never begin one inside another on a thread.
    pub(crate) fn write(&self) -> Result<WriteTxn<'_>, Error> {
        let txn = self.begin_raw(0)?;
        match self.open_cursor(txn) {
            Ok(cursor) => Ok(WriteTxn { txn, cursor, env: self }),
            Err(error) => {
                // SAFETY: the transaction was begun above and has no cursors.
                unsafe { ffi::mdb_txn_abort(txn.as_ptr()) };
                Err(error)
            }
        }
    }

    /// Lengthens the data file by a stretch of zeros when little is left of the last one, so that commits overwrite blocks that are
    /// there: one that lengthens the file waits for the file system's journal as well. To be called with the write lock held. What
    /// fails here leaves the commit to lengthen the file itself.
    ///
    /// The file is asked for its length only when the last answer is too small: a file that was asked for its times gets exact ones
    /// at its next write (Linux 6.13), which the commit's flush then waits for.
    pub(crate) fn lengthen(&self) {
        const LEAST: usize = 256 << 10;
        const MOST: usize = 4 << 20;

        let Ok(stat) = self.stat() else { return };
        let used = (self.info().me_last_pgno + 1) * stat.ms_psize as usize;
        let stretch = (used / 8).clamp(LEAST, MOST);
        let is_enough = |length: usize| length >= used + stretch / 4;
        if is_enough(self.least_length.load(Ordering::Relaxed)) {
            return;
        }
        let Ok((file, at)) = self.file() else { return };
        let Ok(mut length) = usize::try_from(at) else { return };
        if !is_enough(length) {
            let zeros = vec![0u8; stretch];
            // Never over anything: pages of the running transaction may be in the file already, but none behind its end.
            // SAFETY: the file is open and `zeros` are that many readable bytes.
            let written = unsafe { libc::pwrite(file, zeros.as_ptr().cast(), zeros.len(), at) };
            length += usize::try_from(written).unwrap_or(0);
        }
        self.least_length.store(length, Ordering::Relaxed);
    }

    /// The data file's length and how much of it rows take.
    pub(crate) fn space(&self) -> Result<Space, Error> {
        let ((_, length), stat) = (self.file()?, self.stat()?);
        let pages = stat.ms_branch_pages + stat.ms_leaf_pages + stat.ms_overflow_pages;
        Ok(Space { file: u64::try_from(length).unwrap_or(0), used: pages as u64 * u64::from(stat.ms_psize) })
    }

    fn stat(&self) -> Result<ffi::MDB_stat, Error> {
        // SAFETY: plain data, for which all zeros is valid.
        let mut stat: ffi::MDB_stat = unsafe { std::mem::zeroed() };
        // SAFETY: the environment is open and `stat` is writable.
        self.check(unsafe { ffi::mdb_env_stat(self.env.as_ptr(), &raw mut stat) }).map(|()| stat)
    }

    /// The data file, open as long as this is, and its length in bytes.
    fn file(&self) -> Result<(c_int, libc::off_t), Error> {
        let mut file = 0;
        // SAFETY: the environment is open and the place is writable.
        self.check(unsafe { ffi::mdb_env_get_fd(self.env.as_ptr(), &raw mut file) })?;
        // SAFETY: plain data, for which all zeros is valid.
        let mut status: libc::stat = unsafe { std::mem::zeroed() };
        // SAFETY: the file is open, and `status` is writable.
        match unsafe { libc::fstat(file, &raw mut status) } {
            0 => Ok((file, status.st_size)),
            _ => Err(Error::from(std::io::Error::last_os_error())),
        }
    }

    /// Whether the engine gave up after a failed write, so that the environment must be reopened.
    pub(crate) fn is_fatal(&self) -> bool {
        match self.begin_raw(ffi::MDB_RDONLY) {
            Ok(txn) => {
                // SAFETY: begun just now, without cursors.
                unsafe { ffi::mdb_txn_abort(txn.as_ptr()) };
                false
            }
            Err(error) => error == Error::Fatal,
        }
    }

    fn begin_raw(&self, flags: c_uint) -> Result<NonNull<ffi::MDB_txn>, Error> {
        if !self.is_ours() {
            return Err(Error::Forked);
        }
        let begin = || {
            let mut raw = ptr::null_mut();
            // SAFETY: the environment is open, this is no nested transaction, `raw` is writable.
            let code = unsafe { ffi::mdb_txn_begin(self.env.as_ptr(), ptr::null_mut(), flags, &raw mut raw) };
            self.check(code)?;
            NonNull::new(raw).ok_or(Error::Fatal)
        };
        match begin() {
            // The dead may hold the slots: LMDB does not look by itself.
            Err(Error::ReadersFull) if self.check_readers()? > 0 => begin(),
            result => result,
        }
    }

    fn open_cursor(&self, txn: NonNull<ffi::MDB_txn>) -> Result<NonNull<ffi::MDB_cursor>, Error> {
        let mut raw = ptr::null_mut();
        // SAFETY: the transaction is live and `raw` is writable.
        self.check(unsafe { ffi::mdb_cursor_open(txn.as_ptr(), MAIN, &raw mut raw) })?;
        NonNull::new(raw).ok_or(Error::Fatal)
    }

    /// Whether this process opened it, rather than one that it forked from.
    fn is_ours(&self) -> bool {
        self.generation == fork_generation()
    }

    fn check(&self, code: c_int) -> Result<(), Error> {
        check(code, self.map_size)
    }
}

impl Drop for Env {
    fn drop(&mut self) {
        // A fork's child leaves all as it is: closing would drop locks and slots that it needs or that are its parent's.
        if self.is_ours() {
            // SAFETY: transactions borrow or own a share of the environment, so none is left.
            unsafe { ffi::mdb_env_close(self.env.as_ptr()) };
        }
    }
}

// Reading.

/// A read transaction to use again and again. Between uses it holds a slot in the reader table, no view.
#[derive(Debug)]
pub(crate) struct ReadTxn {
    txn: NonNull<ffi::MDB_txn>,
    cursor: NonNull<ffi::MDB_cursor>,
    env: Arc<Env>,
}

// SAFETY: with MDB_NOTLS a read transaction belongs to no thread; it is used through `&mut self` alone.
unsafe impl Send for ReadTxn {}

impl ReadTxn {
    pub(crate) fn new(env: &Arc<Env>) -> Result<Self, Error> {
        let txn = env.begin_raw(ffi::MDB_RDONLY)?;
        match env.open_cursor(txn) {
            Ok(cursor) => {
                // SAFETY: the transaction is live; its cursor stays and is renewed with it.
                unsafe { ffi::mdb_txn_reset(txn.as_ptr()) };
                Ok(Self { txn, cursor, env: Arc::clone(env) })
            }
            Err(error) => {
                // SAFETY: the transaction was begun above and has no cursors.
                unsafe { ffi::mdb_txn_abort(txn.as_ptr()) };
                Err(error)
            }
        }
    }

    /// The rows as of the last commit, until the snapshot is dropped.
    pub(crate) fn renew(&mut self) -> Result<Snapshot<'_>, Error> {
        if !self.env.is_ours() {
            return Err(Error::Forked);
        }
        // SAFETY: the transaction was reset: `new` does and a snapshot's drop does. LMDB itself refuses (EINVAL) one
        // that was not, after a forgotten snapshot.
        self.env.check(unsafe { ffi::mdb_txn_renew(self.txn.as_ptr()) })?;
        let snapshot = Snapshot { txn: self, thread: PhantomData };
        // SAFETY: the transaction is live and the cursor was opened in it; read cursors may be renewed.
        self.env.check(unsafe { ffi::mdb_cursor_renew(self.txn.as_ptr(), self.cursor.as_ptr()) })?;
        Ok(snapshot)
    }
}

impl Drop for ReadTxn {
    fn drop(&mut self) {
        if self.env.is_ours() {
            // SAFETY: both are alive and ended once; the environment is open, this holds a share of it.
            unsafe {
                ffi::mdb_cursor_close(self.cursor.as_ptr());
                ffi::mdb_txn_abort(self.txn.as_ptr());
            }
        }
    }
}

/// A live view of the rows. Not `Send`: its cursor serves one thread.
#[derive(Debug)]
pub(crate) struct Snapshot<'t> {
    txn: &'t ReadTxn,
    thread: PhantomData<*mut ()>,
}

impl View for Snapshot<'_> {
    fn id(&self) -> u64 {
        // SAFETY: the transaction is live.
        unsafe { ffi::mdb_txn_id(self.txn.txn.as_ptr()) as u64 }
    }

    fn seek(&self, from: &[u8]) -> Result<Option<Entry<'_>>, Error> {
        // SAFETY: the cursor belongs to the live transaction, which this borrow keeps.
        unsafe { cursor_get(&self.txn.env, self.txn.cursor, Some(from), ffi::MDB_SET_RANGE) }
    }

    fn walk(&self) -> Result<Box<dyn Walk<'_> + '_>, Error> {
        let cursor = self.txn.env.open_cursor(self.txn.txn)?;
        Ok(Box::new(Cursor { cursor, env: &self.txn.env, rows: PhantomData }))
    }
}

impl Drop for Snapshot<'_> {
    fn drop(&mut self) {
        // In a fork's child the slot is the parent's, who may be reading still.
        if self.txn.env.is_ours() {
            // SAFETY: the transaction is live: it was renewed when this was made.
            unsafe { ffi::mdb_txn_reset(self.txn.txn.as_ptr()) };
        }
    }
}

/// A cursor of its own, closed when dropped.
#[derive(Debug)]
struct Cursor<'a> {
    cursor: NonNull<ffi::MDB_cursor>,
    env: &'a Env,
    rows: PhantomData<&'a [u8]>,
}

impl<'a> Walk<'a> for Cursor<'a> {
    fn seek(&mut self, from: &[u8]) -> Result<Option<Entry<'a>>, Error> {
        // SAFETY: the cursor is open, and `'a` borrows its transaction, which therefore neither ends nor changes.
        unsafe { cursor_get(self.env, self.cursor, Some(from), ffi::MDB_SET_RANGE) }
    }

    fn next(&mut self) -> Result<Option<Entry<'a>>, Error> {
        // SAFETY: as above.
        unsafe { cursor_get(self.env, self.cursor, None, ffi::MDB_NEXT) }
    }
}

impl Drop for Cursor<'_> {
    fn drop(&mut self) {
        // SAFETY: open and closed once, before its transaction ends, which `'a` borrows. It touches memory of this
        // process only, so a fork's child may close it.
        unsafe { ffi::mdb_cursor_close(self.cursor.as_ptr()) };
    }
}

/// # Safety
/// The cursor is open, its transaction is live and neither ends nor changes during `'a`.
unsafe fn cursor_get<'a>(
    env: &Env,
    cursor: NonNull<ffi::MDB_cursor>,
    from: Option<&[u8]>,
    operation: ffi::MDB_cursor_op,
) -> Result<Option<Entry<'a>>, Error> {
    let mut key = from.map_or(EMPTY, value_of);
    let mut data = EMPTY;
    // SAFETY: the cursor is open (contract); LMDB copies nothing into the key that it is given.
    let code = unsafe { ffi::mdb_cursor_get(cursor.as_ptr(), &raw mut key, &raw mut data, operation) };
    if code == ffi::MDB_NOTFOUND {
        return Ok(None);
    }
    env.check(code)?;
    // SAFETY: LMDB returned both on success; they stay where they are during `'a` (contract).
    let (key, data) = unsafe { (slice_of(&key), slice_of(&data)) };
    let (&flag, value) = data.split_first().ok_or(Error::Corrupt { what: "an empty row" })?;
    Ok(Some(Entry { key, flag, value }))
}

const EMPTY: ffi::MDB_val = ffi::MDB_val { mv_size: 0, mv_data: ptr::null_mut() };

fn value_of(bytes: &[u8]) -> ffi::MDB_val {
    ffi::MDB_val { mv_size: bytes.len(), mv_data: bytes.as_ptr().cast_mut().cast::<c_void>() }
}

/// # Safety
/// The value came from LMDB and stays during `'a`.
unsafe fn slice_of<'a>(value: &ffi::MDB_val) -> &'a [u8] {
    if value.mv_size == 0 {
        return &[];
    }
    // SAFETY: LMDB's values are `mv_size` readable bytes (contract).
    unsafe { slice::from_raw_parts(value.mv_data.cast::<u8>(), value.mv_size) }
}

// Writing.

/// The write transaction. Aborts when dropped. Neither `Send` nor `Sync`: LMDB's lock belongs to the thread.
#[derive(Debug)]
pub(crate) struct WriteTxn<'e> {
    txn: NonNull<ffi::MDB_txn>,
    cursor: NonNull<ffi::MDB_cursor>,
    env: &'e Env,
}

impl WriteTxn<'_> {
    /// Makes it durable, or returns why nothing of it was kept.
    pub(crate) fn commit(self) -> Result<(), Error> {
        let (txn, cursor, env) = (self.txn, self.cursor, self.env);
        std::mem::forget(self);
        if !env.is_ours() {
            return Err(Error::Forked);
        }
        // SAFETY: both are alive, and ended exactly once: `self` is forgotten. A failed commit ends the transaction too.
        env.check(unsafe {
            ffi::mdb_cursor_close(cursor.as_ptr());
            ffi::mdb_txn_commit(txn.as_ptr())
        })
    }

    /// Whether the process forked inside the transaction, so that this copy of it is void.
    pub(crate) fn is_void(&self) -> bool {
        !self.env.is_ours()
    }
}

impl Drop for WriteTxn<'_> {
    fn drop(&mut self) {
        // In a fork's child the transaction and its lock are the parent's.
        if self.env.is_ours() {
            // SAFETY: both are alive and ended once.
            unsafe {
                ffi::mdb_cursor_close(self.cursor.as_ptr());
                ffi::mdb_txn_abort(self.txn.as_ptr());
            }
        }
    }
}

impl View for WriteTxn<'_> {
    fn id(&self) -> u64 {
        // SAFETY: the transaction is live.
        unsafe { ffi::mdb_txn_id(self.txn.as_ptr()) as u64 }
    }

    fn seek(&self, from: &[u8]) -> Result<Option<Entry<'_>>, Error> {
        // SAFETY: the cursor belongs to the live transaction; changes need `&mut self`, so the row stays.
        unsafe { cursor_get(self.env, self.cursor, Some(from), ffi::MDB_SET_RANGE) }
    }

    fn walk(&self) -> Result<Box<dyn Walk<'_> + '_>, Error> {
        let cursor = self.env.open_cursor(self.txn)?;
        Ok(Box::new(Cursor { cursor, env: self.env, rows: PhantomData }))
    }
}

impl Change for WriteTxn<'_> {
    fn insert(&mut self, key: &[u8], flag: u8, value: &[u8]) -> Result<Option<Box<[u8]>>, Error> {
        let size = value.len() + 1;
        if u32::try_from(size).is_err() {
            return Err(Error::ValueTooLong { length: value.len() });
        }
        let mut name = value_of(key);
        let mut data = ffi::MDB_val { mv_size: size, mv_data: ptr::null_mut() };
        let mut put = |data: &mut ffi::MDB_val, flags: c_uint| {
            // SAFETY: the transaction is live and `&mut self` proves that no row of it is borrowed; MDB_RESERVE reads
            // the size only.
            unsafe { ffi::mdb_put(self.txn.as_ptr(), MAIN, &raw mut name, data, flags | ffi::MDB_RESERVE) }
        };
        let mut replaced = None;
        match put(&mut data, ffi::MDB_NOOVERWRITE) {
            ffi::MDB_KEYEXIST => {
                // SAFETY: LMDB returned the present data, which stays until the next change.
                replaced = Some(unsafe { slice_of(&data) }.into());
                data = ffi::MDB_val { mv_size: size, mv_data: ptr::null_mut() };
                self.env.check(put(&mut data, 0))?;
            }
            code => self.env.check(code)?,
        }
        // SAFETY: LMDB reserved `size` writable bytes at `mv_data`, valid until the next change. They are in a page that
        // is private to this transaction, of which `value` borrows nothing, so the two do not overlap.
        unsafe {
            let space = data.mv_data.cast::<u8>();
            space.write(flag);
            ptr::copy_nonoverlapping(value.as_ptr(), space.add(1), value.len());
        }
        Ok(replaced)
    }

    fn remove(&mut self, key: &[u8]) -> Result<bool, Error> {
        let mut name = value_of(key);
        // SAFETY: the transaction is live and `&mut self` proves that no row of it is borrowed.
        match unsafe { ffi::mdb_del(self.txn.as_ptr(), MAIN, &raw mut name, ptr::null_mut()) } {
            ffi::MDB_NOTFOUND => Ok(false),
            code => self.env.check(code).map(|()| true),
        }
    }
}

// Errors.

fn check(code: c_int, map_size: usize) -> Result<(), Error> {
    Err(match code {
        ffi::MDB_SUCCESS => return Ok(()),
        libc::ENOSPC | libc::EDQUOT => Error::DiskFull,
        // Another process's lock on the same process number: only another PID namespace can hold it.
        libc::EAGAIN => Error::ForeignNamespace { path: "the state directory".into() },
        ffi::MDB_MAP_FULL => Error::MapFull { limit: map_size },
        ffi::MDB_READERS_FULL => Error::ReadersFull,
        ffi::MDB_MAP_RESIZED => Error::MapResized,
        ffi::MDB_PANIC => Error::Fatal,
        ffi::MDB_CORRUPTED | ffi::MDB_PAGE_NOTFOUND | ffi::MDB_INVALID => Error::Corrupt { what: "data.mdb" },
        code if code > 0 => Error::from(std::io::Error::from_raw_os_error(code)),
        code => {
            // SAFETY: LMDB returns a constant C string for its own codes.
            let text = unsafe { CStr::from_ptr(ffi::mdb_strerror(code)) };
            Error::Engine { code, message: text.to_string_lossy().into_owned() }
        }
    })
}
