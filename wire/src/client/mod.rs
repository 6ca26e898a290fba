//! The client: calls go to a server, each over a connection of its own while it runs.
//!
//! The connections of a client belong to one application at the server, which ends with the last of them. When a connection breaks while
//! a call is under way, a new one tells what became of the application:
//!
//! - The server still has it: whether the call was carried out is unknown, so it is answered with [`Error::DeviceError`]; sessions go on.
//! - The server does not know it (it was started anew): a new one is made and the call is made there. Its numbers of sessions and
//!   objects start elsewhere, so a call of a former session is answered with [`Error::SessionHandleInvalid`], as the standard says of
//!   sessions of a token that was removed, and nothing is done twice.
//! - There is no server: [`Error::DeviceError`].

mod dial;

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde::de::DeserializeOwned;

pub use self::dial::{Retry, Target};

use self::dial::Dialer;
use crate::argument::Argument;
use crate::calls::calls;
use crate::calls::named::*;
use crate::request::read_answer;
use crate::{ApplicationId, Buffer, CALLS, Channel, Ended, Greeting, MAX_DATA, MAX_FRAME, Patience, Refusal, Request};

/// How often a call is made anew because the server was.
const MOST_RESTARTS: usize = 3;

/// How long a goodbye may take.
const GOODBYE: Duration = Duration::from_secs(2);

/// The most bytes that are asked for at a time where a slice of any length is to be filled.
const PIECE: usize = 1 << 20;

/// A process's way to a server.
#[derive(Debug)]
pub struct Client {
    dialer: Dialer,
    skip_availability_check: bool,
    membership: Mutex<Membership>,
    idle: Mutex<Vec<Connection>>,
    /// Of the process that made it.
    generation: u64,
}

/// Which application the client has at the server.
#[derive(Debug, Clone)]
struct Membership {
    application: ApplicationId,
    /// Counts them.
    epoch: u16,
}

#[derive(Debug)]
struct Connection {
    channel: Channel,
    buffer: Buffer,
    epoch: u16,
}

impl Client {
    /// Connects.
    ///
    /// # Errors
    /// The target is not one, cannot be reached, is not the cluster of the CA, or refuses.
    pub fn open(target: &Target, skip_availability_check: bool) -> Result<Self, crate::Error> {
        let dialer = Dialer::new(target)?;
        let (channel, application) = dialer.dial(&hello(0, skip_availability_check))?;
        let client = Self {
            dialer,
            skip_availability_check,
            membership: Mutex::new(Membership { application, epoch: 0 }),
            idle: Mutex::default(),
            generation: store::fork_generation(),
        };
        client.keep(Connection { channel, buffer: Buffer::new(), epoch: 0 });
        Ok(client)
    }

    /// In a fork's child: lets go of its copies of the parent's idle connections, without a word on them. One that a thread of the parent was
    /// using at that moment stays open here until the child ends or runs another program.
    pub fn abandon(&self) {
        if let Ok(mut idle) = self.idle.try_lock() {
            idle.clear();
        }
    }

    fn call<T: DeserializeOwned>(&self, request: &Request<'_>, out: &mut [u8]) -> Result<T> {
        for _ in 0..MOST_RESTARTS {
            let mut connection = self.connection()?;
            match connection.exchange(request, out) {
                Ok(answer) => {
                    self.keep(connection);
                    return answer;
                }
                Err(_) if self.lives(connection.epoch)? => return Err(Error::DeviceError),
                Err(_) => {}
            }
        }
        Err(Error::DeviceError)
    }

    /// An idle connection, or another one.
    fn connection(&self) -> Result<Connection> {
        let idle = lock(&self.idle).pop();
        match idle {
            Some(connection) => Ok(connection),
            None => self.connect(),
        }
    }

    fn keep(&self, connection: Connection) {
        lock(&self.idle).push(connection);
    }

    /// Whether the server still has an application after a connection with it broke.
    fn lives(&self, epoch: u16) -> Result<bool> {
        // Of those that were idle, the others are as good as this one was.
        lock(&self.idle).clear();
        let connection = self.connect()?;
        let lives = connection.epoch == epoch;
        self.keep(connection);
        Ok(lives)
    }

    /// A further connection of the application, or the first of a new one if the server does not know it.
    fn connect(&self) -> Result<Connection> {
        let Membership { application, epoch } = lock(&self.membership).clone();
        match self.dialer.dial(&Greeting::Join { calls: CALLS, application }) {
            Ok((channel, _)) => Ok(Connection { channel, buffer: Buffer::new(), epoch }),
            Err(crate::Error::Refused { refusal: Refusal::UnknownApplication, .. }) => self.start_anew(epoch),
            Err(_) => Err(Error::DeviceError),
        }
    }

    fn start_anew(&self, epoch: u16) -> Result<Connection> {
        let mut membership = lock(&self.membership);
        if membership.epoch != epoch {
            // Another thread was faster.
            drop(membership);
            return self.connect();
        }
        let epoch = epoch.wrapping_add(1);
        let (channel, application) =
            self.dialer.dial(&hello(epoch, self.skip_availability_check)).map_err(|_| Error::DeviceError)?;
        *membership = Membership { application, epoch };
        Ok(Connection { channel, buffer: Buffer::new(), epoch })
    }
}

fn hello(epoch: u16, skip_availability_check: bool) -> Greeting {
    Greeting::Hello { calls: CALLS, epoch, skip_availability_check }
}

/// What a panic left behind these locks is a list of connections or an id, whole in any case.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Connection {
    fn exchange<T: DeserializeOwned>(&mut self, request: &Request<'_>, out: &mut [u8]) -> Result<Result<T>, Ended> {
        let Self { channel, buffer, .. } = self;
        let sent = channel.send(buffer, |buffer| {
            buffer.write(request).map_err(|_| Ended::Broken)?;
            if buffer.len() > MAX_FRAME { Err(Ended::TooLong(buffer.len())) } else { Ok(()) }
        });
        if matches!(sent, Err(Ended::TooLong(_))) {
            // Nothing was sent, and the connection is as it was.
            return Ok(Err(Error::DataLenRange));
        }
        sent?;
        channel.receive(buffer, MAX_FRAME)?;
        let answer = read_answer(buffer, out).map_err(|_| Ended::Broken);
        buffer.clear();
        answer
    }
}

/// The process is done: so is its application, when this returns.
impl Drop for Client {
    fn drop(&mut self) {
        if self.generation != store::fork_generation() {
            return;
        }
        let mut connections = std::mem::take(self.idle.get_mut().unwrap_or_else(PoisonError::into_inner));
        for connection in &mut connections {
            connection.channel.set_patience(Patience { idle: Some(GOODBYE), frame: GOODBYE });
            // A connection that is broken needs no goodbye.
            let _ = connection.channel.close();
        }
        for connection in &mut connections {
            let _ = connection.channel.wait_for_close();
        }
    }
}

/// The methods, by how they write their output.
macro_rules! method {
    ($name:ident($($argument:ident: $kind:ty),*) -> $answer:ty, []) => {
        pub(crate) fn $name<'a>(&self, $($argument: $kind),*) -> Result<$answer> {
            self.call(&Request::$name { $($argument: Argument::to_frame($argument)),* }, &mut [])
        }
    };
    ($name:ident($($argument:ident: $kind:ty),*) -> $answer:ty, [out]) => {
        pub(crate) fn $name<'a>(&self, $($argument: $kind,)* out: Output<'_>) -> Result<$answer> {
            let (room, out) = match out {
                Output::Length => (None, &mut [][..]),
                Output::Buffer(buffer) => (Some(buffer.len().min(MAX_DATA)), buffer),
            };
            self.call(&Request::$name { $($argument: Argument::to_frame($argument),)* out: room }, out)
        }
    };
    ($name:ident($($argument:ident: $kind:ty),*) -> $answer:ty, [fill]) => {
        pub(crate) fn $name<'a>(&self, $($argument: $kind,)* out: &mut [u8]) -> Result<$answer> {
            for piece in out.chunks_mut(PIECE) {
                let room = Some(piece.len());
                self.call::<$answer>(&Request::$name { $($argument: Argument::to_frame($argument),)* fill: room }, piece)?;
            }
            Ok(())
        }
    };
}

macro_rules! methods {
    ($($name:ident($($argument:ident: $kind:ty),*) $(+ $way:ident)? -> $answer:ty;)*) => {
        #[allow(clippy::too_many_arguments, clippy::needless_lifetimes, clippy::extra_unused_lifetimes, reason = "the list's")]
        impl Client {
            $(method!($name($($argument: $kind),*) -> $answer, [$($way)?]);)*
        }
    };
}

calls!(methods);
