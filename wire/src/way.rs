//! Where a process's token is: in a directory that the process has open, or behind a server.

use hsm_sim::token::Gcm;

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

/// Calls of the list whose parameter is borrowed: what is here copies it once.
impl Way {
    /// [`Application::encrypt_init_gcm`].
    ///
    /// # Errors
    /// Those of [`Way::encrypt_init`].
    #[inline]
    pub fn encrypt_init_gcm(
        &self,
        session: SessionId,
        mechanism: MechanismType,
        gcm: &Gcm<'_>,
        key: ObjectHandle,
        iv: &mut [u8; 12],
    ) -> Result<bool> {
        match self {
            Self::Local(application) => {
                application.meet_faults(|| function_of("encrypt_init"))?;
                application.encrypt_init_gcm(session, mechanism, gcm, key, iv)
            }
            Self::Network(client) => {
                let made = client.encrypt_init(session, &Mechanism::with(mechanism, (*gcm).into()), key)?;
                Ok(made.map(|made| *iv = made).is_some())
            }
        }
    }

    /// [`Application::decrypt_init_gcm`].
    ///
    /// # Errors
    /// Those of [`Way::decrypt_init`].
    #[inline]
    pub fn decrypt_init_gcm(
        &self,
        session: SessionId,
        mechanism: MechanismType,
        gcm: &Gcm<'_>,
        key: ObjectHandle,
    ) -> Result<()> {
        match self {
            Self::Local(application) => {
                application.meet_faults(|| function_of("decrypt_init"))?;
                application.decrypt_init_gcm(session, mechanism, gcm, key)
            }
            Self::Network(client) => client.decrypt_init(session, &Mechanism::with(mechanism, (*gcm).into()), key),
        }
    }
}
