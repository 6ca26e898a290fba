//! What PKCS#11 calls go by in C: the structures and numbers of its header, as far as the module needs them (PKCS#11 v3.0).

mod flag;
mod parameter;
mod rv;
mod structure;

pub use flag::*;
pub use parameter::*;
pub use rv::*;
pub use structure::*;

/// `CK_ULONG`.
pub type Ulong = std::ffi::c_ulong;
/// `CK_RV`.
pub type Rv = Ulong;
/// `CK_BBOOL`: false is 0.
pub type Bool = u8;

/// `CK_UNAVAILABLE_INFORMATION`: a length or number that cannot be told.
pub const UNAVAILABLE: Ulong = Ulong::MAX;

/// `CK_INVALID_HANDLE`.
pub const INVALID_HANDLE: Ulong = 0;
