//! Between the structures of C and typed values.

mod attribute;
mod mechanism;
mod message;
mod parameter;

pub(crate) use attribute::{answer, template};
pub(crate) use mechanism::{gcm, mechanism, tell_derived};
pub(crate) use message::{
    has_room_for_tag, message, message_to_open, message_to_seal, no_message_parameter, tell_sealed,
};
