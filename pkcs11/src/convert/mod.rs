//! Between the structures of C and typed values.

mod attribute;
mod mechanism;
mod parameter;

pub(crate) use attribute::{answer, template};
pub(crate) use mechanism::{mechanism, tell_derived, tell_iv};
