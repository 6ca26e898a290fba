//! Requests: what a token is asked, as it travels, and answering it.

use serde::{Deserialize, Serialize};

use crate::argument::{Answer, Argument, Lend};
use crate::calls::named::*;
use crate::calls::{calls, function_of};
use crate::{Buffer, MAX_DATA};

/// A message that is no request, or an answer that is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a message is malformed")]
pub struct Malformed;

/// Bytes before the output in an answer: how many bytes of output there are.
pub(crate) const OUTPUT_LENGTH: usize = 4;

/// Makes one call, by how it writes its output.
macro_rules! call {
    ($application:ident, $message:ident, $name:ident($($argument:ident),*), []) => {
        answer_only($message, &met($application, stringify!($name)).and_then(|()| $application.$name($($argument.lend()),*)))
    };
    ($application:ident, $message:ident, $name:ident($($argument:ident),*), [out $room:ident]) => {
        write_output($message, $room, |out| {
            met($application, stringify!($name)).and_then(|()| $application.$name($($argument.lend(),)* out))
        })
    };
    ($application:ident, $message:ident, $name:ident($($argument:ident),*), [fill $room:ident]) => {
        fill_output($message, $room, |out| {
            met($application, stringify!($name)).and_then(|()| $application.$name($($argument.lend(),)* out))
        })
    };
}

macro_rules! room {
    () => {
        None
    };
    ($room:ident) => {
        *$room
    };
}

macro_rules! requests {
    ($($name:ident($($argument:ident: $kind:ty),*) $(+ $way:ident)? -> $answer:ty;)*) => {
        /// What a token is asked. Not `Debug`: arguments may be secret.
        #[derive(Serialize, Deserialize)]
        #[allow(non_camel_case_types, missing_docs, reason = "the variants are the methods of Application")]
        pub enum Request<'a> {
            $($name {
                $(#[serde(borrow = "'a")] $argument: <$kind as Argument<'a>>::Frame,)*
                $($way: Option<usize>,)?
            },)*
        }

        impl<'a> Request<'a> {
            /// Reads a request.
            ///
            /// # Errors
            /// [`Malformed`].
            pub fn read(message: &'a [u8]) -> Result<Self, Malformed> {
                match postcard::take_from_bytes(message) {
                    Ok((request, [])) => Ok(request),
                    _ => Err(Malformed),
                }
            }

            /// Makes the call and adds its answer to a message: the length of the output, the output, the result.
            ///
            /// # Errors
            /// [`Malformed`] if the answer cannot be written, which no answer is.
            pub fn answer(self, application: &Application, message: &mut Buffer) -> Result<(), Malformed> {
                match self {
                    $(Self::$name { $($argument,)* $($way,)? } => {
                        call!(application, message, $name($($argument),*), [$($way $way)?])
                    })*
                }
            }

            /// How much room its output is to have.
            pub fn room(&self) -> usize {
                let room: Option<usize> = match self {
                    $(Self::$name { $($way,)? .. } => room!($($way)?),)*
                };
                room.map_or(0, |room| room.min(MAX_DATA))
            }

            /// What is asked.
            pub const fn name(&self) -> &'static str {
                match self {
                    $(Self::$name { .. } => stringify!($name),)*
                }
            }
        }
    };
}

calls!(requests);

/// Fails when the function of this call is told to.
fn met(application: &Application, call: &str) -> Result<()> {
    application.meet_faults(|| function_of(call))
}

fn answer_only(message: &mut Buffer, result: &impl Serialize) -> Result<(), Malformed> {
    let start = begin(message, 0);
    conclude(message, start, 0, result)
}

/// Runs a call that writes right into the message.
fn write_output<T: Answer + Serialize>(
    message: &mut Buffer,
    room: Option<usize>,
    call: impl FnOnce(Output<'_>) -> Result<T, Error>,
) -> Result<(), Malformed> {
    let start = begin(message, room.unwrap_or(0));
    match room {
        Some(_) => {
            let result = call(Output::Buffer(&mut message[start..]));
            let written = result.as_ref().map_or(0, Answer::written);
            conclude(message, start, written, &result)
        }
        None => conclude(message, start, 0, &call(Output::Length)),
    }
}

/// Runs a call that fills the room that it is given.
fn fill_output<T: Serialize>(
    message: &mut Buffer,
    room: Option<usize>,
    call: impl FnOnce(&mut [u8]) -> Result<T, Error>,
) -> Result<(), Malformed> {
    let start = begin(message, room.unwrap_or(0));
    let result = call(&mut message[start..]);
    let written = if result.is_ok() { message.len() - start } else { 0 };
    conclude(message, start, written, &result)
}

/// Makes room for an output; the answer is where it starts.
pub(crate) fn begin(message: &mut Buffer, room: usize) -> usize {
    let start = message.len() + OUTPUT_LENGTH;
    message.resize(start + room.min(MAX_DATA));
    start
}

/// Puts the output's length before it and the result after it.
pub(crate) fn conclude(
    message: &mut Buffer,
    start: usize,
    written: usize,
    result: &impl Serialize,
) -> Result<(), Malformed> {
    message.resize(start + written);
    let length = u32::try_from(written).map_err(|_| Malformed)?;
    message[start - OUTPUT_LENGTH..start].copy_from_slice(&length.to_be_bytes());
    message.write(result).map_err(|_| Malformed)
}

/// Reads an answer; the output goes into `out`.
///
/// # Errors
/// [`Malformed`], also when there is more output than room.
pub(crate) fn read_answer<'a, T: Deserialize<'a>>(
    message: &'a [u8],
    out: &mut [u8],
) -> Result<Result<T, Error>, Malformed> {
    let (length, rest) = message.split_first_chunk::<OUTPUT_LENGTH>().ok_or(Malformed)?;
    let written = u32::from_be_bytes(*length) as usize;
    let (output, rest) = rest.split_at_checked(written).ok_or(Malformed)?;
    out.get_mut(..written).ok_or(Malformed)?.copy_from_slice(output);
    match postcard::take_from_bytes(rest) {
        Ok((result, [])) => Ok(result),
        _ => Err(Malformed),
    }
}
