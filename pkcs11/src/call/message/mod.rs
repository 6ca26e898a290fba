//! Message-based operations: one start, then many messages. A bad argument ends nothing here: the operation goes on with the
//! next call.

mod cipher;
mod sign;

pub(crate) use cipher::*;
pub(crate) use sign::*;
