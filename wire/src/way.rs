//! Where a process's token is: in a directory that the process has open, or behind a server.

use crate::Client;
use crate::calls::named::*;
use crate::calls::{calls, function_of};

/// The way to a token. Its methods are those of [`Application`], which are called directly where the token is here.
#[derive(Debug)]
#[allow(clippy::large_enum_variant, reason = "a process has one")]
pub enum Way {
    /// In an open directory.
    Local(Application),
    /// Behind a server.
    Network(Client),
}

macro_rules! method {
    ($name:ident($($argument:ident: $kind:ty),*) -> $answer:ty, [$($out:ident: $room:ty)?]) => {
        #[doc = concat!("[`Application::", stringify!($name), "`].")]
        ///
        /// # Errors
        /// Those of the method; over the network also [`DeviceError`](hsm_sim::token::Error::DeviceError) and, after the server was
        /// started anew, [`SessionHandleInvalid`](hsm_sim::token::Error::SessionHandleInvalid).
        #[inline]
        pub fn $name<'a>(&self, $($argument: $kind,)* $($out: $room)?) -> Result<$answer> {
            match self {
                Self::Local(application) => {
                    application.meet_faults(|| function_of(stringify!($name)))?;
                    application.$name($($argument,)* $($out)?)
                }
                Self::Network(client) => client.$name($($argument,)* $($out)?),
            }
        }
    };
}

macro_rules! methods {
    (@one $name:ident $arguments:tt -> $answer:ty, []) => {
        method!($name $arguments -> $answer, []);
    };
    (@one $name:ident $arguments:tt -> $answer:ty, [out]) => {
        method!($name $arguments -> $answer, [out: Output<'_>]);
    };
    (@one $name:ident $arguments:tt -> $answer:ty, [fill]) => {
        method!($name $arguments -> $answer, [out: &mut [u8]]);
    };
    ($($name:ident $arguments:tt $(+ $way:ident)? -> $answer:ty;)*) => {
        #[allow(clippy::too_many_arguments, clippy::needless_lifetimes, clippy::extra_unused_lifetimes, reason = "the list's")]
        impl Way {
            $(methods!(@one $name $arguments -> $answer, [$($way)?]);)*
        }
    };
}

calls!(methods);
