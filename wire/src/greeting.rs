//! The first message of a connection and its answer.

use std::fmt;

use crypto::{Entropy, SecretBytes};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use zeroize::ZeroizeOnDrop;

use crate::{Buffer, Channel, Ended};

/// The name of the protocol in the TLS handshake (ALPN). It changes when the greeting does; what the calls are, the greeting itself compares.
pub const PROTOCOL: &[u8] = b"hsm-sim/1";

/// What a connection is for.
#[derive(Debug, Serialize, Deserialize)]
pub enum Greeting {
    /// The first one of a new application.
    Hello {
        /// The client's [`CALLS`](crate::CALLS).
        calls: u64,
        /// How many applications the process had before.
        epoch: u16,
        /// [`Options::skip_availability_check`](hsm_sim::token::Options).
        skip_availability_check: bool,
    },
    /// A further one.
    Join {
        /// The client's [`CALLS`](crate::CALLS).
        calls: u64,
        /// Which application.
        application: ApplicationId,
    },
}

/// The longest greeting or answer to one.
const MAX: usize = 4 << 10;

impl Greeting {
    /// Greets.
    ///
    /// # Errors
    /// The channel ended; [`Ended::Broken`] also when the answer is none.
    pub fn send(&self, channel: &mut Channel) -> Result<Welcome, Ended> {
        send(channel, self)?;
        receive(channel)
    }

    /// Waits for a greeting.
    ///
    /// # Errors
    /// The channel ended; [`Ended::Broken`] also when what came is no greeting.
    pub fn receive(channel: &mut Channel) -> Result<Self, Ended> {
        receive(channel)
    }

    /// What the numbers of sessions and objects of an application start after: those of a process's earlier ones name nothing in it.
    pub const fn numbering(epoch: u16) -> u64 {
        // Half of what there is, so that no sum overflows.
        ((epoch & 0x7fff) as u64) << 48
    }
}

/// The server's answer.
#[derive(Debug, Serialize, Deserialize)]
pub enum Welcome {
    /// Requests may follow; this is the application.
    Ready(ApplicationId),
    /// The connection ends here.
    Refused(Refusal),
}

impl Welcome {
    /// Answers a greeting.
    ///
    /// # Errors
    /// The channel ended.
    pub fn send(&self, channel: &mut Channel) -> Result<(), Ended> {
        send(channel, self)
    }
}

fn send(channel: &mut Channel, value: &impl Serialize) -> Result<(), Ended> {
    channel.send(&mut Buffer::new(), |buffer| buffer.write(value).map_err(|_| Ended::Broken))
}

fn receive<T: DeserializeOwned>(channel: &mut Channel) -> Result<T, Ended> {
    let mut buffer = Buffer::new();
    channel.receive(&mut buffer, MAX)?;
    postcard::from_bytes(&buffer).map_err(|_| Ended::Broken)
}

/// Why a server refuses a connection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum Refusal {
    /// The two ends were built from different lists of calls.
    #[error("the server is of another version of hsm-sim than this module")]
    OtherVersion,
    /// The server was started anew, or the application had no connection for too long.
    #[error("the server does not know the application any more")]
    UnknownApplication,
    /// The application could not be opened.
    #[error("the server cannot open the token: {0}")]
    Failed(String),
    /// The HSMs insist on a client certificate that leads to one of their trust anchors.
    #[error("the HSMs do not let this client in: they insist on a client certificate of an authority that they trust")]
    NotLetIn,
}

/// What a process's connections share: a name and the proof that it is theirs.
#[derive(Clone, Serialize, Deserialize, ZeroizeOnDrop)]
pub struct ApplicationId {
    #[zeroize(skip)]
    number: u64,
    secret: [u8; 32],
}

impl ApplicationId {
    /// A new one with this number.
    pub fn new(number: u64, entropy: &Entropy) -> Self {
        Self { number, secret: entropy.bytes() }
    }

    /// Its number, which is no secret.
    pub const fn number(&self) -> u64 {
        self.number
    }
}

/// In constant time.
impl PartialEq for ApplicationId {
    fn eq(&self, other: &Self) -> bool {
        let secret = |id: &Self| SecretBytes::from(&id.secret[..]);
        self.number == other.number && secret(self) == secret(other)
    }
}

impl fmt::Debug for ApplicationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ApplicationId({})", self.number)
    }
}
