//! Sequences of calls in any order, with handles that were seen, handles of nobody, and outputs that do not fit.

mod message;
mod objects;
mod sessions;
mod steps;

use cryptoki_sys::*;

use crate::input::Input;
use crate::make::Maker;
use crate::memory::Memory;
use crate::module::{Module, with_module};
use crate::parameter;

/// Calls in one sequence.
const MOST_CALLS: usize = 64;

pub(super) fn run(bytes: &[u8]) {
    with_module(|module, session| {
        let mut input = Input::new(bytes);
        let mut client = Client { module, sessions: vec![session], objects: module.keys.clone(), state: Vec::new() };
        for _ in 0..MOST_CALLS {
            if input.is_empty() {
                break;
            }
            client.call(&mut input);
        }
    });
}

/// What a client knows.
struct Client<'a> {
    module: &'a Module,
    sessions: Vec<CK_SESSION_HANDLE>,
    objects: Vec<CK_OBJECT_HANDLE>,
    /// A saved operation.
    state: Vec<u8>,
}

impl Client<'_> {
    fn mechanism(&self, input: &mut Input<'_>, memory: &mut Memory) -> *mut CK_MECHANISM {
        parameter::mechanism(input, memory, &self.module.mechanisms, &self.objects)
    }

    fn call(&mut self, input: &mut Input<'_>) {
        let kind = input.below(12);
        let session = input.handle(&self.sessions);
        match kind {
            0 => self.call_of_session(input, session),
            1 => self.call_of_object(input, session),
            2 => {
                let maker = Maker { module: self.module, session, objects: &self.objects };
                let made = maker.make(input);
                self.objects.extend(made);
            }
            3 => Maker { module: self.module, session, objects: &self.objects }.wrap(input),
            4..6 => self.start(input, session),
            6..9 => self.step(input, session),
            9 => self.start_messages(input, session),
            _ => self.message(input, session),
        }
    }
}
