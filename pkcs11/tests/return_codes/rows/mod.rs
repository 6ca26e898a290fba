//! The table: every function, how it is called, and what can be wrong with the call.

mod key;
mod message;
mod newest;
mod object;
mod operation;
mod session;

use crate::row::Row;

/// Every function, in the order of the standard's tables.
pub(crate) fn all() -> Vec<Row> {
    let groups = [session::rows(), object::rows(), operation::rows(), key::rows(), message::rows(), newest::rows()];
    groups.into_iter().flatten().collect()
}
