//! The boundary to C: the only folder with `unsafe`.
//!
//! `list` names every function with its arguments; what it makes of them are pointers with their lengths (`pointer`), and
//! only it can make those. From there on everything is safe: a pointer is read by a method that checks what can be checked
//! (null, alignment, overflow) and copies or borrows what the caller promised to be there.

mod entry;
mod gate;
mod list;
mod pointer;

pub(crate) use gate::Gate;
pub use list::{FunctionList, FunctionList30, FunctionList32, Functions30, Functions32, Interface};
pub(crate) use list::{INTERFACE_NAME, INTERFACES, VERSION_3_2, function_list};
pub use pointer::{Array, ArrayAfterLen, Buffer, Bytes, BytesAfterLen, Callback, In, Name, Out, Room, Start};
