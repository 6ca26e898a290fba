//! The harnesses.

mod calls;
mod encodings;
mod frames;
mod imports;
mod objects;
mod parameters;
mod pieces;
mod requests;

/// A harness: its name is that of its corpus and of its libFuzzer program.
#[derive(Debug, Clone, Copy)]
pub struct Target {
    /// The name.
    pub name: &'static str,
    /// Panics if the bytes bring about what must not happen.
    pub run: fn(&[u8]),
}

/// Every harness.
pub const TARGETS: &[Target] = &[
    Target { name: "calls", run: calls::run },
    Target { name: "objects", run: objects::run },
    Target { name: "parameters", run: parameters::run },
    Target { name: "pieces", run: pieces::run },
    Target { name: "encodings", run: encodings::run },
    Target { name: "frames", run: frames::run },
    Target { name: "imports", run: imports::run },
    Target { name: "requests", run: requests::run },
];

/// Runs the harness of this name.
///
/// # Panics
/// There is none of this name, or the bytes bring about what must not happen.
pub fn run(name: &str, bytes: &[u8]) {
    let target = TARGETS.iter().find(|target| target.name == name).expect("the harness is in the list");
    (target.run)(bytes);
}
