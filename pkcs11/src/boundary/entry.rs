//! How a call enters: no panic leaves, nothing but `C_Initialize` and its like works before `C_Initialize`, the result becomes a
//! return code.

use std::panic::{self, AssertUnwindSafe};

use hsm_sim::cluster::Personality;
use hsm_sim::token::{self, SessionId};

use crate::ck::{self, Rv, Ulong};
use crate::error::{Error, Result};
use crate::module::Module;
use crate::process::Process;

/// Runs a function that works at any time.
#[inline(always)]
pub(super) fn always(f: impl FnOnce() -> Result<()>) -> Result<()> {
    guard(f)
}

/// Runs a function that needs what `C_Initialize` made.
#[inline(always)]
pub(super) fn ready(f: impl FnOnce(&Module) -> Result<()>) -> Result<()> {
    guard(|| Process::current().with(f))
}

// Inlined, as those around it, for what they pass on would be copied from frame to frame.
#[inline(always)]
fn guard(f: impl FnOnce() -> Result<()>) -> Result<()> {
    // What a panic leaves half done is behind locks that do not poison or belongs to one session; both refuse or go on.
    match panic::catch_unwind(AssertUnwindSafe(f)) {
        Ok(result) => result,
        Err(_) => Err(Error::Panicked),
    }
}

/// Runs a function that the CloudHSM client library does not have (documented): not there in sessions with such a cluster.
pub(super) fn generic(session: Ulong, f: impl FnOnce(&Module) -> Result<()>) -> Result<()> {
    ready(|module| match module.application().personality(SessionId::new(session))? {
        Personality::Generic => f(module),
        Personality::CloudHsm => Err(Error::Token(token::Error::FunctionNotSupported)),
    })
}

/// The return code of a call.
#[inline(always)]
pub(super) fn code(result: &Result<()>) -> Rv {
    match result {
        Ok(()) => ck::CKR_OK,
        Err(error) => error.rv(),
    }
}

/// The type of an argument in C: the only one, or the first of two.
macro_rules! abi {
    ($kind:ty) => {
        <$kind as Single>::Abi
    };
    ($kind:ty, $second:ident) => {
        <$kind as Pair>::First
    };
}

/// The value of one or two arguments.
macro_rules! take {
    ($kind:ty, $first:ident) => {
        <$kind as Single>::from_abi($first)
    };
    ($kind:ty, $first:ident, $second:ident) => {
        <$kind as Pair>::from_abi($first, $second)
    };
}

macro_rules! run {
    (always, $module:ident::$function:ident, [$($argument:expr),*]) => {
        // SAFETY: the arguments are those of this call, whose caller keeps the standard's promises.
        always(|| unsafe { call::$module::$function($($argument),*) })
    };
    (ready, $module:ident::$function:ident, [$($argument:expr),*]) => {
        // SAFETY: the arguments are those of this call, whose caller keeps the standard's promises.
        ready(|module| unsafe { call::$module::$function(module, $($argument),*) })
    };
    (generic, $module:ident::$function:ident, [$session:expr $(, $argument:expr)*]) => {{
        // SAFETY: the session is an argument of this call.
        let session = unsafe { $session };
        // SAFETY: the arguments are those of this call, whose caller keeps the standard's promises.
        generic(session, |module| unsafe { call::$module::$function(module, $session $(, $argument)*) })
    }};
}

/// Makes of one list of functions: the functions, the structure that holds pointers to them in the list's order, and the
/// contents of that structure. A row says when the function works, its name, what carries it out and its arguments;
/// `a + b` are two arguments of C that are one value, and the first argument of a `generic` one is its session.
macro_rules! functions {
    (
        $(#[$doc:meta])*
        $list:ident, $contents:ident $(, $version:ident)?;
        $($when:ident $name:ident = $module:ident::$function:ident($($first:ident $(+ $second:ident)? : $kind:ty),*);)*
    ) => {
        $(#[$doc])*
        #[repr(C)]
        #[derive(Clone, Copy)]
        #[allow(non_snake_case, missing_docs, reason = "the names are the standard's")]
        pub struct $list {
            $(pub version: $version,)?
            $(pub $name: unsafe extern "C" fn($(abi!($kind $(, $second)?) $(, second!($kind, $second))?),*) -> Rv,)*
        }

        impl $list {
            /// The functions' names, in the order of the list.
            pub const NAMES: &'static [&'static str] = &[$(stringify!($name)),*];
        }

        const fn $contents($(version: $version)?) -> $list {
            $list {
                $(version: { let version: $version = version; version },)?
                $($name,)*
            }
        }

        $(
            #[allow(non_snake_case, unused_unsafe, reason = "the names are the standard's; some functions have no arguments")]
            unsafe extern "C" fn $name(
                $($first: abi!($kind $(, $second)?) $(, $second: second!($kind, $second))?),*
            ) -> Rv {
                let started = trace::start();
                let result = run!($when, $module::$function, [$(take!($kind, $first $(, $second)?)),*]);
                if let Some(started) = started {
                    // SAFETY: the same arguments again; the call has not returned yet.
                    unsafe {
                        let arguments: &[Argument<'_>] =
                            &[$((stringify!($first), &take!($kind, $first $(, $second)?))),*];
                        trace::end(started, stringify!($name), &result, arguments);
                    }
                }
                code(&result)
            }
        )*
    };
}

/// The type of the second of two arguments.
macro_rules! second {
    ($kind:ty, $second:ident) => {
        <$kind as Pair>::Second
    };
}

pub(super) use {abi, functions, run, second, take};
