//! Messages: each of them arrives as it was sent, and nothing else is taken for one.

use std::collections::BTreeSet;

use hsm_sim::World;
use hsm_sim::token::Options;
use proptest::collection::vec;
use proptest::num::u8::ANY;
use proptest::prelude::*;
use serde::{Deserialize, Serialize};

use crate::arbitrary::Arbitrary;
use crate::calls::calls;
use crate::calls::named::*;
use crate::request::{begin, conclude, read_answer};
use crate::{Buffer, Malformed, Request};

fn written(value: &impl Serialize) -> Vec<u8> {
    let mut buffer = Buffer::new();
    buffer.write(value).unwrap();
    buffer.to_vec()
}

proptest! {
    #[test]
    fn requests_arrive_as_they_were_sent(bytes in vec(ANY, 1..300)) {
        // Refused are values that nobody can send, such as templates without end.
        if let Ok(request) = Arbitrary(&bytes).request() {
            let sent = written(&request);
            let arrived = Request::read(&sent).unwrap();
            prop_assert_eq!(arrived.name(), request.name());
            prop_assert_eq!(arrived.room(), request.room());
            prop_assert_eq!(written(&arrived), sent);
        }
    }

    #[test]
    fn answers_arrive_as_they_were_sent(bytes in vec(ANY, 0..200), output in vec(ANY, 0..100)) {
        check_answers(&bytes, &output);
    }

    #[test]
    fn no_bytes_harm_their_reader(bytes in vec(ANY, 0..300)) {
        if let Ok(request) = Request::read(&bytes) {
            // What was read can be written, if not in the same bytes: numbers may be written in several ways.
            let sent = written(&request);
            prop_assert_eq!(written(&Request::read(&sent).unwrap()), sent);
        }
        let _: Result<Result<TokenInfo, Error>, Malformed> = read_answer(&bytes, &mut [0; 10]);
    }
}

macro_rules! check_answers {
    ($($name:ident($($argument:ident: $kind:ty),*) $(+ $way:ident)? -> $answer:ty;)*) => {
        /// Every answer that these bytes make.
        fn check_answers(bytes: &[u8], output: &[u8]) {
            $(check_answer::<$answer>(stringify!($name), bytes, output);)*
        }

        /// The name of every call.
        const NAMES: &[&str] = &[$(stringify!($name)),*];
    };
}

calls!(check_answers);

fn check_answer<T: Serialize + for<'de> Deserialize<'de>>(name: &str, bytes: &[u8], output: &[u8]) {
    let Ok(result) = Result::<T>::deserialize(&mut Arbitrary(bytes)) else { return };
    let mut message = Buffer::new();
    let start = begin(&mut message, output.len());
    message[start..].copy_from_slice(output);
    conclude(&mut message, start, output.len(), &result).unwrap();
    let mut room = vec![0; output.len()];
    let arrived: Result<T> = read_answer(&message, &mut room).unwrap();
    assert_eq!((written(&arrived), room.as_slice()), (written(&result), output), "{name}");
    // Nothing is written beyond the caller's room, and nothing may be missing or left over.
    if let Some(less) = output.len().checked_sub(1) {
        assert_eq!(read_answer::<T>(&message, &mut room[..less]).map(drop), Err(Malformed), "{name}");
    }
    assert_eq!(read_answer::<T>(&message[..message.len() - 1], &mut room).map(drop), Err(Malformed), "{name}");
    message.extend(&[0]);
    assert_eq!(read_answer::<T>(&message, &mut room).map(drop), Err(Malformed), "{name}");
}

#[test]
fn every_request_can_be_made() {
    let made: BTreeSet<&str> =
        (0..=u8::MAX).filter_map(|first| Arbitrary(&[first]).request().ok().map(|request| request.name())).collect();
    assert_eq!(made, NAMES.iter().copied().collect());
}

#[test]
fn templates_nest_to_a_depth() {
    let nested = |depth| {
        (0..depth)
            .fold(Template::new(), |inner, _| Template::new().with(Attribute::WrapTemplate, Value::Template(inner)))
    };
    for (depth, fits) in [(0, true), (1, true), (4, true), (5, false), (1000, false)] {
        let read = postcard::from_bytes::<Template>(&written(&nested(depth)));
        assert_eq!(read.is_ok(), fits, "{depth}");
    }
    // What begins a template in a template, again and again: without an end to it, it would be the end of the stack.
    let one = written(&nested(1));
    let deeper = one[..one.len() - written(&nested(0)).len()].repeat(1_000_000);
    assert!(postcard::from_bytes::<Template>(&deeper).is_err());
}

#[test]
fn any_request_is_answered() {
    let world = World::ephemeral().unwrap();
    let application = Application::open(&world, Options::default()).unwrap();
    for name in 0..NAMES.len() as u8 {
        for bytes in [[name, 0, 0, 0, 0, 0], [name, 1, 1, 1, 1, 1], [name, 3, 200, 7, 9, 255]] {
            let Ok(request) = Arbitrary(&bytes).request() else { continue };
            let mut answer = Buffer::new();
            request.answer(&application, &mut answer).unwrap();
            assert!(answer.len() > 4);
        }
    }
}

#[test]
fn nothing_is_left_in_a_buffer() {
    let mut buffer = Buffer::new();
    buffer.extend(b"a secret");
    buffer.resize(2);
    buffer.resize(8);
    assert_eq!(&buffer[..], b"a \0\0\0\0\0\0");
    buffer.clear();
    assert!(buffer.is_empty());
    buffer.extend(b"hunter2");
    assert_eq!(format!("{buffer:?}"), "Buffer(<7 bytes>)");
}
