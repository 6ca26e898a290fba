//! The call trace: one line per call with its arguments, return code and duration, for people who look at what a program asks
//! of its token.
//!
//! Arguments are shown redacted: names of mechanisms and attributes, lengths, handles; no PIN, no data, no attribute's value.
//! What a call wrote is shown too, so the line is written when the call ends. While the trace is off it costs a call one load.

use std::any::Any;
use std::ffi::OsStr;
use std::fmt::Write as _;
use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::panic::{self, AssertUnwindSafe};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Instant;
use std::{env, process, thread};

use hsm_sim::token::{self, mechanism_name};

use crate::boundary::{Array, Buffer, Bytes, In, Out, Room};
use crate::ck::{self, Attribute, Mechanism, Ulong};
use crate::error::Result;

/// Where the trace goes: [`STANDARD_ERROR`], or a file's path, to which lines are added. Nothing or `0` for no trace.
pub(crate) const TRACE: &str = "HSM_SIM_TRACE";

/// Sends the trace to the standard error.
pub(crate) const STANDARD_ERROR: &str = "1";

/// Whether calls are traced. The first call finds out.
static STATE: AtomicU8 = AtomicU8::new(UNKNOWN);
static TARGET: OnceLock<Target> = OnceLock::new();

const UNKNOWN: u8 = 0;
const OFF: u8 = 1;
const ON: u8 = 2;

#[derive(Debug)]
enum Target {
    StandardError,
    /// Opened to append, so that the lines of several processes do not mix.
    File(File),
}

/// An argument: its name, and its value as one of the kinds of [`crate::boundary`].
pub(crate) type Argument<'a> = (&'static str, &'a dyn Any);

/// The moment at which a call starts; none while the trace is off.
#[inline(always)]
pub(crate) fn start() -> Option<Instant> {
    if STATE.load(Ordering::Acquire) == OFF { None } else { start_unless_off() }
}

#[cold]
fn start_unless_off() -> Option<Instant> {
    (STATE.load(Ordering::Acquire) == ON || find_out()).then(Instant::now)
}

/// Writes the line of a call that ended.
#[cold]
pub(crate) fn end(started: Instant, function: &str, result: &Result<()>, arguments: &[Argument<'_>]) {
    let took = started.elapsed();
    let write = || {
        let mut line = format!("hsm-sim {}:{} {function}(", process::id(), thread_number());
        for (place, (name, value)) in arguments.iter().enumerate() {
            let separator = if place == 0 { "" } else { ", " };
            let _ = write!(line, "{separator}{name}={}", shown(name, *value, result.is_ok()));
        }
        let _ = match result {
            Ok(()) => write!(line, ") = CKR_OK"),
            Err(error) => {
                let rv = error.rv();
                write!(line, ") = {} ({rv:#x}: {error})", ck::rv_name(rv).unwrap_or("CKR_?"))
            }
        };
        let _ = writeln!(line, " {}us", took.as_micros());
        // A call does not fail because nobody reads about it.
        let _ = match TARGET.get() {
            Some(Target::File(file)) => (&*file).write_all(line.as_bytes()),
            Some(Target::StandardError) | None => io::stderr().write_all(line.as_bytes()),
        };
    };
    // The standard error of a dying thread may panic; the call itself went well.
    let _ = panic::catch_unwind(AssertUnwindSafe(write));
}

/// Reads the environment, once.
fn find_out() -> bool {
    match env::var_os(TRACE) {
        Some(wanted) if !wanted.is_empty() && wanted != "0" => turn_on(&wanted),
        _ => STATE.store(OFF, Ordering::Release),
    }
    STATE.load(Ordering::Acquire) == ON
}

/// Traces the calls that begin from now on; the first target counts.
pub(crate) fn turn_on(wanted: &OsStr) {
    let opened = target(wanted).map(|target| {
        // Two first calls at once mean the same target: either's will do.
        let _ = TARGET.set(target);
    });
    if let Err(error) = &opened {
        eprintln!("hsm-sim: no trace to {}: {error}", wanted.display());
    }
    STATE.store(if opened.is_ok() { ON } else { OFF }, Ordering::Release);
}

fn target(wanted: &OsStr) -> io::Result<Target> {
    if wanted == STANDARD_ERROR {
        return Ok(Target::StandardError);
    }
    OpenOptions::new().append(true).create(true).open(wanted).map(Target::File)
}

/// `ThreadId(7)` is the standard library's only way to tell a thread's number.
fn thread_number() -> String {
    let id = format!("{:?}", thread::current().id());
    id.chars().filter(char::is_ascii_digit).collect()
}

/// An argument without what is secret in it. `succeeded` says that the call wrote its outputs.
fn shown(name: &str, value: &dyn Any, succeeded: bool) -> String {
    if let Some(number) = value.downcast_ref::<Ulong>() {
        return named_number(name, *number);
    }
    if let Some(mechanism) = value.downcast_ref::<In<Mechanism>>() {
        return mechanism.get().map_or_else(null, |mechanism| {
            format!("{}({} bytes)", mechanism_shown(mechanism.kind), mechanism.parameter.count())
        });
    }
    if let Some(template) = value.downcast_ref::<Array<Attribute>>() {
        return attributes(template);
    }
    if let Some(template) = value.downcast_ref::<Room<Attribute>>() {
        return attributes(&template.array());
    }
    if let Some(bytes) = value.downcast_ref::<Bytes>() {
        return match name {
            "pin" | "old" | "new" => "***".to_owned(),
            _ if bytes.is_null() => null(),
            _ => length(bytes.count()),
        };
    }
    if let Some(room) = value.downcast_ref::<Room<u8>>() {
        return length(room.array().count());
    }
    if let Some(room) = value.downcast_ref::<Room<Ulong>>() {
        return format!("room for {}", room.array().count());
    }
    if let Some(out) = value.downcast_ref::<Buffer<u8>>() {
        return match out.told() {
            Some(count) if out.is_query() => format!("NULL, {}", length(count)),
            Some(count) => length(count),
            None => "no length".to_owned(),
        };
    }
    if let Some(out) = value.downcast_ref::<Buffer<Ulong>>() {
        return out.told().map_or_else(|| "no length".to_owned(), |count| count.to_string());
    }
    if let Some(out) = value.downcast_ref::<Out<Ulong>>() {
        return match out.current() {
            None => null(),
            Some(number) if succeeded => number.to_string(),
            Some(_) => "-".to_owned(),
        };
    }
    // What a program gets and cannot give, and what says nothing of its wishes.
    "..".to_owned()
}

fn null() -> String {
    "NULL".to_owned()
}

fn length(count: Ulong) -> String {
    if count == ck::UNAVAILABLE { "unavailable".to_owned() } else { format!("{count} bytes") }
}

fn named_number(name: &str, number: Ulong) -> String {
    match (name, number) {
        ("mechanism", kind) => mechanism_shown(kind),
        ("user", 0) => "CKU_SO".to_owned(),
        ("user", 1) => "CKU_USER".to_owned(),
        ("user", 2) => "CKU_CONTEXT_SPECIFIC".to_owned(),
        ("flags", flags) => format!("{flags:#x}"),
        (_, number) => number.to_string(),
    }
}

fn mechanism_shown(kind: Ulong) -> String {
    mechanism_name(kind).map_or_else(|| format!("CKM_{kind:#x}"), str::to_owned)
}

/// The attributes of a template with the lengths of their values.
fn attributes(template: &Array<Attribute>) -> String {
    if template.is_null() && template.count() == 0 {
        return "{}".to_owned();
    }
    let Ok(entries) = template.get() else { return format!("{} attributes nowhere", template.count()) };
    let entry = |entry: &Attribute| {
        let name = token::Attribute::from_number(entry.kind);
        match entry.value.count() {
            ck::UNAVAILABLE => format!("{name}: unavailable"),
            count => format!("{name}: {count}"),
        }
    };
    format!("{{{}}}", entries.iter().map(entry).collect::<Vec<_>>().join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_show_what_their_names_say() {
        for (name, number, expected) in [
            ("session", 7, "7"),
            ("mechanism", 0x1087, "CKM_AES_GCM"),
            ("mechanism", 0x8123_4567, "CKM_0x81234567"),
            ("user", 1, "CKU_USER"),
            ("flags", 6, "0x6"),
        ] {
            let number: Ulong = number;
            assert_eq!(shown(name, &number, true), expected);
        }
    }
}
