//! Frames over TLS over TCP: blocking, and nothing is waited for without an end.

use std::fmt;
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustls::Connection;

use crate::Buffer;

/// Bytes of a frame's length.
const LENGTH: usize = 4;

/// The room for a frame before more of it has come.
const FIRST_ROOM: usize = 16 << 10;

/// How a channel ended.
#[derive(Debug, thiserror::Error)]
pub enum Ended {
    /// The other end said that it has no more to say.
    #[error("the connection was closed")]
    Closed,
    /// The other end went without a word, or inside a frame.
    #[error("the connection broke")]
    Broken,
    /// The other end took too long.
    #[error("the other end took too long")]
    TooSlow,
    /// A frame is longer than agreed.
    #[error("a message of {0} bytes is too long")]
    TooLong(usize),
    /// The socket failed.
    #[error(transparent)]
    Socket(#[from] io::Error),
    /// TLS failed; also what is no TLS at all.
    #[error(transparent)]
    Tls(#[from] rustls::Error),
}

/// How long to wait.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// For a frame to begin; none for as long as it takes.
    pub idle: Option<Duration>,
    /// For the rest of it, for a frame to be taken, and for the handshake.
    pub frame: Duration,
}

/// A connection that carries frames.
pub struct Channel {
    tls: Connection,
    socket: Arc<TcpStream>,
    patience: Patience,
    /// What the socket was last told to wait when it reads.
    waits: Option<Duration>,
}

impl Channel {
    /// Over a connection whose handshake is to be done yet.
    ///
    /// # Errors
    /// The socket's.
    pub fn new(tls: impl Into<Connection>, socket: Arc<TcpStream>, patience: Patience) -> Result<Self, Ended> {
        // A frame is written whole, so there is nothing to gather.
        socket.set_nodelay(true)?;
        socket.set_read_timeout(None)?;
        socket.set_write_timeout(Some(patience.frame))?;
        Ok(Self { tls: tls.into(), socket, patience, waits: None })
    }

    /// Waits differently from now on.
    pub fn set_patience(&mut self, patience: Patience) {
        self.patience = patience;
    }

    /// Does the TLS handshake.
    ///
    /// # Errors
    /// The channel ended.
    pub fn handshake(&mut self) -> Result<(), Ended> {
        let end = Instant::now() + self.patience.frame;
        self.flush(end)?;
        while self.tls.is_handshaking() {
            if !self.read_tls(Some(end))? {
                return Err(Ended::Broken);
            }
            self.flush(end)?;
        }
        Ok(())
    }

    /// The certificates that the other end presented, its own first; none if it presented none.
    pub fn client_chain(&self) -> Option<Vec<&[u8]>> {
        self.tls.peer_certificates().map(|chain| chain.iter().map(|certificate| &certificate[..]).collect())
    }

    /// Sends the frame that `write` adds to the buffer.
    ///
    /// # Errors
    /// The channel ended, or `write` fails.
    pub fn send<E: From<Ended>>(
        &mut self,
        buffer: &mut Buffer,
        write: impl FnOnce(&mut Buffer) -> Result<(), E>,
    ) -> Result<(), E> {
        buffer.clear();
        buffer.extend(&[0; LENGTH]);
        write(buffer)?;
        let len = buffer.len() - LENGTH;
        let length = u32::try_from(len).map_err(|_| Ended::TooLong(len))?;
        buffer[..LENGTH].copy_from_slice(&length.to_be_bytes());
        self.write(buffer)?;
        Ok(())
    }

    /// Receives a frame of at most `most` bytes.
    ///
    /// # Errors
    /// The channel ended; [`Ended::Closed`] is only told between frames.
    pub fn receive(&mut self, buffer: &mut Buffer, most: usize) -> Result<(), Ended> {
        let len = self.receive_length(most)?;
        self.receive_body(buffer, len)
    }

    /// Waits for a frame: how long is it?
    ///
    /// # Errors
    /// As [`Channel::receive`].
    pub fn receive_length(&mut self, most: usize) -> Result<usize, Ended> {
        let begins = self.patience.idle.map(|idle| Instant::now() + idle);
        let mut length = [0; LENGTH];
        let begun = self.read(&mut length, begins)?;
        let end = Instant::now() + self.patience.frame;
        self.read_whole(&mut length[begun..], end)?;
        let len = u32::from_be_bytes(length) as usize;
        if len > most { Err(Ended::TooLong(len)) } else { Ok(len) }
    }

    /// Receives the frame whose length was told.
    ///
    /// # Errors
    /// As [`Channel::receive`].
    pub fn receive_body(&mut self, buffer: &mut Buffer, len: usize) -> Result<(), Ended> {
        buffer.clear();
        let end = Instant::now() + self.patience.frame;
        // In steps: who announces a long frame must send it to get the room for it.
        while buffer.len() < len {
            let filled = buffer.len();
            buffer.resize(len.min((filled * 2).max(FIRST_ROOM)));
            self.read_whole(&mut buffer[filled..], end)?;
        }
        Ok(())
    }

    /// Says that there is no more to say.
    ///
    /// # Errors
    /// The channel ended before.
    pub fn close(&mut self) -> Result<(), Ended> {
        self.tls.send_close_notify();
        self.flush(Instant::now() + self.patience.frame)
    }

    /// Waits until the other end has closed too, which it does when it has done all that was asked.
    ///
    /// # Errors
    /// It does not do so in time, or goes on speaking.
    pub fn wait_for_close(&mut self) -> Result<(), Ended> {
        let end = Instant::now() + self.patience.frame;
        match self.read(&mut [0], Some(end)) {
            Err(Ended::Closed | Ended::Broken) => Ok(()),
            Ok(_) => Err(Ended::Broken),
            Err(ended) => Err(ended),
        }
    }

    fn write(&mut self, mut bytes: &[u8]) -> Result<(), Ended> {
        let end = Instant::now() + self.patience.frame;
        while !bytes.is_empty() {
            let taken = self.tls.writer().write(bytes)?;
            bytes = &bytes[taken..];
            self.flush(end)?;
        }
        Ok(())
    }

    fn read_whole(&mut self, mut bytes: &mut [u8], end: Instant) -> Result<(), Ended> {
        while !bytes.is_empty() {
            let read = self.read(bytes, Some(end)).map_err(|ended| match ended {
                Ended::Closed => Ended::Broken,
                ended => ended,
            })?;
            bytes = &mut bytes[read..];
        }
        Ok(())
    }

    /// Some bytes, at least one.
    fn read(&mut self, bytes: &mut [u8], end: Option<Instant>) -> Result<usize, Ended> {
        loop {
            match self.tls.reader().read(bytes) {
                Ok(0) => return Err(Ended::Closed),
                Ok(read) => return Ok(read),
                Err(error) if error.kind() == ErrorKind::WouldBlock => self.read_tls(end)?,
                Err(error) if error.kind() == ErrorKind::UnexpectedEof => return Err(Ended::Broken),
                Err(error) => return Err(error.into()),
            };
        }
    }

    /// Takes what the socket has; false when it will have no more.
    fn read_tls(&mut self, end: Option<Instant>) -> Result<bool, Ended> {
        self.wait_until(end)?;
        let read = match self.tls.read_tls(&mut &*self.socket) {
            Ok(read) => read,
            // Whether it was too long is asked next time.
            Err(error) if is_timeout(&error) || error.kind() == ErrorKind::Interrupted => return Ok(true),
            Err(error) if is_reset(&error) => return Err(Ended::Broken),
            Err(error) => return Err(error.into()),
        };
        if let Err(error) = self.tls.process_new_packets() {
            // The other end learns why, if it still listens.
            let _ = self.flush(Instant::now() + self.patience.frame);
            return Err(error.into());
        }
        Ok(read > 0)
    }

    fn flush(&mut self, end: Instant) -> Result<(), Ended> {
        while self.tls.wants_write() {
            match self.tls.write_tls(&mut &*self.socket) {
                Ok(_) => {}
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if is_timeout(&error) => return Err(Ended::TooSlow),
                Err(error) if is_reset(&error) => return Err(Ended::Broken),
                Err(error) => return Err(error.into()),
            }
            if Instant::now() > end {
                return Err(Ended::TooSlow);
            }
        }
        Ok(())
    }

    /// Tells the socket how long to wait, unless it waits about that long already: each telling is a system call.
    fn wait_until(&mut self, end: Option<Instant>) -> Result<(), Ended> {
        let wanted = match end.map(|end| end.saturating_duration_since(Instant::now())) {
            Some(Duration::ZERO) => return Err(Ended::TooSlow),
            wanted => wanted,
        };
        let near = |wanted: Duration, waits: Duration| wanted.abs_diff(waits) <= wanted / 8;
        let fits = match (wanted, self.waits) {
            (Some(wanted), Some(waits)) => near(wanted, waits),
            (None, None) => true,
            _ => false,
        };
        if !fits {
            self.socket.set_read_timeout(wanted)?;
            self.waits = wanted;
        }
        Ok(())
    }
}

fn is_timeout(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut)
}

fn is_reset(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::ConnectionReset | ErrorKind::ConnectionAborted | ErrorKind::BrokenPipe)
}

impl fmt::Debug for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Channel").field("socket", &self.socket).finish_non_exhaustive()
    }
}
