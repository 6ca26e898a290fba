//! Where an endpoint is.

use std::fmt;
use std::io;
use std::net::{TcpStream, ToSocketAddrs as _};
use std::time::Duration;

use crate::error::{Error, Result};

/// How long a connection may take to be made.
const CONNECT: Duration = Duration::from_secs(5);

/// An endpoint's address: `http://127.0.0.1:4599` or `https://kms.us-east-1.amazonaws.com`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Address {
    pub(super) tls: bool,
    /// As the `Host` header has it.
    pub(super) authority: String,
    /// A name or an IP address, without brackets.
    pub(super) host: String,
    port: u16,
}

impl Address {
    pub(super) fn parse(url: &str) -> Result<Self> {
        let wrong = |reason: &str| Error::Address { url: url.to_owned(), reason: reason.to_owned() };
        let (tls, rest) = match url.split_once("://") {
            Some(("http", rest)) => (false, rest),
            Some(("https", rest)) => (true, rest),
            _ => return Err(wrong("it begins with neither http:// nor https://")),
        };
        let authority = rest.strip_suffix('/').unwrap_or(rest);
        if authority.is_empty() || authority.contains(['/', '?', '#', '@']) || authority.contains(char::is_whitespace) {
            return Err(wrong("there is more or less than a host and a port"));
        }
        let (host, port) = match authority.rsplit_once(':') {
            Some((host, port)) if !port.ends_with(']') => {
                (host, port.parse().map_err(|_| wrong("the port is not a number to 65535"))?)
            }
            _ => (authority, if tls { 443 } else { 80 }),
        };
        let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
        Ok(Self { tls, authority: authority.to_owned(), host, port })
    }

    /// A connection that sends at once.
    pub(super) fn connect(&self) -> io::Result<TcpStream> {
        let mut last = io::Error::new(io::ErrorKind::NotFound, "the name has no address");
        for address in (self.host.as_str(), self.port).to_socket_addrs()? {
            match TcpStream::connect_timeout(&address, CONNECT) {
                Ok(stream) => {
                    stream.set_nodelay(true)?;
                    return Ok(stream);
                }
                Err(error) => last = error,
            }
        }
        Err(last)
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.tls { "https" } else { "http" };
        write!(f, "{scheme}://{}", self.authority)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read() {
        for (url, tls, authority, host, port) in [
            ("http://127.0.0.1:4599", false, "127.0.0.1:4599", "127.0.0.1", 4599),
            ("http://localhost/", false, "localhost", "localhost", 80),
            (
                "https://kms.us-east-1.amazonaws.com",
                true,
                "kms.us-east-1.amazonaws.com",
                "kms.us-east-1.amazonaws.com",
                443,
            ),
            ("http://[::1]:4599", false, "[::1]:4599", "::1", 4599),
            ("https://[::1]", true, "[::1]", "::1", 443),
        ] {
            let (authority, host) = (authority.to_owned(), host.to_owned());
            assert_eq!(Address::parse(url), Ok(Address { tls, authority, host, port }), "{url}");
        }
        for url in [
            "",
            "127.0.0.1:4599",
            "ftp://x",
            "http://",
            "http://a/b",
            "http://a:x",
            "http://a:70000",
            "http://u@a",
            "http://a b",
        ] {
            assert!(Address::parse(url).is_err(), "{url}");
        }
    }
}
