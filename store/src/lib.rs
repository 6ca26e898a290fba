//! Durable rows with versions and snapshots, shared by any number of processes on one directory.
#![deny(unsafe_code)]
#![allow(missing_docs, unused, clippy::unimplemented)]

mod error;
mod types;

pub use error::Error;
use std::marker::PhantomData;
use std::path::Path;
pub use types::{Durability, Failure, Options, Seq, Stamp, Table, Version};

#[derive(Debug, Clone)]
pub struct Store;
#[derive(Debug)]
pub struct Reader<'a>(PhantomData<&'a ()>);
#[derive(Debug)]
pub struct Writer<'a>(PhantomData<&'a ()>);
#[derive(Debug)]
pub struct Scan<'a>(PhantomData<&'a ()>);
#[derive(Debug)]
pub struct ScanAt<'a>(PhantomData<&'a ()>);

pub fn fork_generation() -> u64 {
    unimplemented!()
}

impl Store {
    pub fn open(dir: &Path, options: Options) -> Result<Self, Error> {
        unimplemented!()
    }
    pub fn read<T>(&self, f: impl FnOnce(&Reader<'_>) -> T) -> Result<T, Error> {
        unimplemented!()
    }
    pub fn write<T: Send, E: Send + From<Error>>(
        &self,
        f: impl FnOnce(&mut Writer<'_>) -> Result<T, E> + Send,
    ) -> Result<T, E> {
        unimplemented!()
    }
    pub fn is_current(&self, stamp: Stamp) -> bool {
        unimplemented!()
    }
    pub fn directory(&self) -> &Path {
        unimplemented!()
    }
    pub fn check_readers(&self) -> Result<usize, Error> {
        unimplemented!()
    }
    pub fn fail_next_commits(&self, count: u32, failure: Failure) {
        unimplemented!()
    }
}

pub trait Rows {
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<&[u8]>, Error>;
    fn get_at(&self, table: Table, key: &[u8], at: Seq) -> Result<Option<Version<'_>>, Error>;
    fn scan<'a>(&'a self, table: Table, prefix: &[u8], after: Option<&[u8]>) -> Result<Scan<'a>, Error>;
    fn scan_at<'a>(
        &'a self,
        table: Table,
        prefix: &[u8],
        after: Option<&[u8]>,
        at: Seq,
    ) -> Result<ScanAt<'a>, Error>;
    fn seq(&self) -> Seq;
    fn stamp(&self) -> Stamp;
    fn snapshots(&self) -> Result<Vec<(String, Seq)>, Error>;
    fn last_snapshot(&self) -> Seq;
}

macro_rules! rows {
    ($t:ident) => {
        impl Rows for $t<'_> {
            fn get(&self, table: Table, key: &[u8]) -> Result<Option<&[u8]>, Error> {
                unimplemented!()
            }
            fn get_at(&self, table: Table, key: &[u8], at: Seq) -> Result<Option<Version<'_>>, Error> {
                unimplemented!()
            }
            fn scan<'a>(&'a self, table: Table, prefix: &[u8], after: Option<&[u8]>) -> Result<Scan<'a>, Error> {
                unimplemented!()
            }
            fn scan_at<'a>(
                &'a self,
                table: Table,
                prefix: &[u8],
                after: Option<&[u8]>,
                at: Seq,
            ) -> Result<ScanAt<'a>, Error> {
                unimplemented!()
            }
            fn seq(&self) -> Seq {
                unimplemented!()
            }
            fn stamp(&self) -> Stamp {
                unimplemented!()
            }
            fn snapshots(&self) -> Result<Vec<(String, Seq)>, Error> {
                unimplemented!()
            }
            fn last_snapshot(&self) -> Seq {
                unimplemented!()
            }
        }
    };
}
rows!(Reader);
rows!(Writer);

impl<'a> Iterator for Scan<'a> {
    type Item = Result<(Vec<u8>, &'a [u8]), Error>;
    fn next(&mut self) -> Option<Self::Item> {
        unimplemented!()
    }
}
impl<'a> Iterator for ScanAt<'a> {
    type Item = Result<(Vec<u8>, Version<'a>), Error>;
    fn next(&mut self) -> Option<Self::Item> {
        unimplemented!()
    }
}

impl Writer<'_> {
    pub fn put(&mut self, table: Table, key: &[u8], value: &[u8]) -> Result<(), Error> {
        unimplemented!()
    }
    pub fn put_keeping(&mut self, table: Table, key: &[u8], value: &[u8]) -> Result<(), Error> {
        unimplemented!()
    }
    pub fn delete(&mut self, table: Table, key: &[u8]) -> Result<bool, Error> {
        unimplemented!()
    }
    pub fn delete_keeping(&mut self, table: Table, key: &[u8]) -> Result<bool, Error> {
        unimplemented!()
    }
    pub fn save_snapshot(&mut self, name: &str) -> Result<Seq, Error> {
        unimplemented!()
    }
    pub fn restore_snapshot(&mut self, name: &str) -> Result<bool, Error> {
        unimplemented!()
    }
    pub fn delete_snapshot(&mut self, name: &str) -> Result<bool, Error> {
        unimplemented!()
    }
    pub fn reset(&mut self) -> Result<(), Error> {
        unimplemented!()
    }
    pub fn sweep(&mut self, limit: usize) -> Result<usize, Error> {
        unimplemented!()
    }
}

#[derive(Debug, Clone)]
pub struct Presence;
#[derive(Debug)]
pub struct PresenceTx<'a>(PhantomData<&'a ()>);
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    pub key: Vec<u8>,
    pub value: Vec<u8>,
    pub mine: bool,
    pub pid: u32,
}
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ticket(());
impl Presence {
    pub fn open(dir: &Path, options: Options) -> Result<Self, Error> {
        unimplemented!()
    }
    pub fn update<T, E: From<Error>>(&self, f: impl FnOnce(&mut PresenceTx<'_>) -> Result<T, E>) -> Result<T, E> {
        unimplemented!()
    }
    pub fn view(&self, prefix: &[u8]) -> Result<Vec<Entry>, Error> {
        unimplemented!()
    }
}
impl PresenceTx<'_> {
    pub fn entries(&mut self, prefix: &[u8]) -> Result<Vec<Entry>, Error> {
        unimplemented!()
    }
    pub fn enter(&mut self, key: &[u8], value: &[u8]) -> Result<Ticket, Error> {
        unimplemented!()
    }
    pub fn leave(&mut self, ticket: &Ticket) -> Result<bool, Error> {
        unimplemented!()
    }
}
