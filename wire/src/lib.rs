//! The network way to an HSM: the calls of [`hsm_sim::token::Application`] as messages over TLS.
//!
//! One list (`calls`) says what a token can be asked. From it come the messages, the server's [`Request::answer`], the methods of the
//! [`Client`], and the [`Way`] by which the PKCS#11 module reaches either its own open directory or a server: a call is one row.
//!
//! A client and a server must come from the same list; the greeting compares its [`CALLS`].
//!
//! ```text
//! client                                server
//!   TLS 1.3 handshake: the cluster's certificate, issued by the customer's CA
//!   Greeting::Hello | Greeting::Join ──►
//!   ◄── Welcome                            further connections of a process join its application by a secret id
//!   Request ──►
//!   ◄── output, answer
//!   close_notify ──►                       the last connection of an application: it ends here and now
//! ```
//!
//! A frame is its length (four bytes, big-endian) and that many bytes, in `postcard` encoding.

#![forbid(unsafe_code)]

#[cfg(any(test, feature = "arbitrary"))]
pub mod arbitrary;
mod argument;
mod buffer;
mod calls;
mod channel;
mod client;
mod error;
mod greeting;
mod request;
#[cfg(test)]
mod tests;
mod tls;
mod way;

pub use argument::Answer;
pub use buffer::Buffer;
pub use calls::{CALLS, functions};
pub use channel::{Channel, Ended, Patience};
pub use client::{Client, Retry, Target};
pub use error::Error;
pub use greeting::{ApplicationId, Greeting, PROTOCOL, Refusal, Welcome};
pub use request::{Malformed, Request};
pub use tls::Identity;
pub use way::Way;

/// The longest message in bytes: what one call may carry, and its arguments beside the data.
pub const MAX_FRAME: usize = MAX_DATA + (64 << 10);

/// The most data that one call may carry over the network, in or out; a longer piece is refused as too long.
pub const MAX_DATA: usize = 16 << 20;
