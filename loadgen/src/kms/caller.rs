//! Requests of the API, signed and sent.

use std::fmt::Write as _;
use std::io;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use crypto::sha256;
use serde::Deserialize;
use serde_json::Value;
use time::OffsetDateTime;
use time::format_description::BorrowedFormatItem;
use time::macros::format_description;

use super::connection::{Connection, Route};
use super::sign::{Credentials, Signer, hex};
use crate::error::{Error, Result};
use crate::target::Fault;

const TIME: &[BorrowedFormatItem<'_>] = format_description!("[year][month][day]T[hour][minute][second]Z");

/// A request but for its date and signature.
#[derive(Debug)]
pub(super) struct Request {
    /// `TrentService.` and the operation.
    target: String,
    body: String,
    /// Of the body, hexadecimal digits.
    hash: String,
}

impl Request {
    pub(super) fn new(action: &str, body: &Value) -> Self {
        let (body, mut hash) = (body.to_string(), String::new());
        hex(&sha256(body.as_bytes()), &mut hash);
        Self { target: format!("TrentService.{action}"), body, hash }
    }
}

/// A signed-in connection.
pub(super) struct Caller {
    connection: Connection,
    signer: Signer,
    /// The second since 1970 that the last request was signed in, and as the API writes it.
    second: (i64, String),
    /// The request as it is sent.
    text: String,
}

/// The body of a refusal.
#[derive(Deserialize)]
struct Refusal {
    #[serde(rename = "__type", default)]
    code: String,
    #[serde(alias = "Message", default)]
    message: String,
}

impl Caller {
    pub(super) fn new(route: Route, credentials: Credentials) -> Self {
        let signer = Signer::new(credentials, route.address.authority.clone());
        Self { connection: Connection::new(route), signer, second: (i64::MIN, String::new()), text: String::new() }
    }

    /// Sends a request; the body of the answer, if the endpoint did as asked.
    pub(super) fn send(&mut self, request: &Request) -> std::result::Result<&[u8], Fault> {
        let now = OffsetDateTime::now_utc();
        if self.second.0 != now.unix_timestamp() {
            self.second = (now.unix_timestamp(), now.format(TIME).unwrap_or_default());
        }
        self.text.clear();
        self.text.push_str("POST / HTTP/1.1\r\n");
        self.signer.headers(&self.second.1, &request.target, &request.hash, &mut self.text);
        // Writing to a string does not fail.
        let _ = write!(self.text, "Content-Length: {}\r\n\r\n{}", request.body.len(), request.body);
        match self.connection.exchange(self.text.as_bytes()) {
            Ok((200, body)) => Ok(body),
            Ok((status, body)) => Err(refusal(status, body)),
            Err(error) => Err(disturbance(&error)),
        }
    }

    /// Sends a request before or after the run; the answer.
    pub(super) fn ask(&mut self, action: &'static str, body: &Value) -> Result<Value> {
        let url = self.connection.url();
        let failed = |fault: Fault| match fault.kind.as_str() {
            CONNECTION | TIMEOUT | PROTOCOL => Error::Unreachable { url: url.clone(), reason: fault.message },
            _ => Error::Api { action, code: fault.kind, message: fault.message },
        };
        let answer = self.send(&Request::new(action, body)).map_err(failed)?;
        if answer.is_empty() {
            return Ok(Value::Null);
        }
        serde_json::from_slice(answer).map_err(|_| Error::Answer { action, member: "JSON" })
    }
}

/// Kinds of faults that are no codes of the API.
const CONNECTION: &str = "connection";
const TIMEOUT: &str = "timeout";
const PROTOCOL: &str = "protocol";

fn disturbance(error: &io::Error) -> Fault {
    let kind = match error.kind() {
        io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => TIMEOUT,
        io::ErrorKind::InvalidData => PROTOCOL,
        _ => CONNECTION,
    };
    Fault { kind: kind.to_owned(), message: error.to_string() }
}

/// The code without the namespace that some endpoints put before it.
fn refusal(status: u16, body: &[u8]) -> Fault {
    match serde_json::from_slice::<Refusal>(body) {
        Ok(refusal) if !refusal.code.is_empty() => {
            let code = refusal.code.rsplit('#').next().unwrap_or_default();
            Fault { kind: code.to_owned(), message: refusal.message }
        }
        _ => Fault { kind: format!("HTTP {status}"), message: "an answer without an error code".to_owned() },
    }
}

/// Bytes as the API's JSON has them.
pub(super) fn blob(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_have_codes() {
        for (body, kind, message) in [
            (r#"{"__type":"NotFoundException","message":"no key"}"#, "NotFoundException", "no key"),
            (r#"{"__type":"com.amazonaws.kms#DisabledException","Message":"x"}"#, "DisabledException", "x"),
            (r#"{"__type":"KMSInternalException"}"#, "KMSInternalException", ""),
            (r#"{"message":"Forbidden"}"#, "HTTP 400", "an answer without an error code"),
            ("<html>", "HTTP 400", "an answer without an error code"),
        ] {
            let expected = Fault { kind: kind.to_owned(), message: message.to_owned() };
            assert_eq!(refusal(400, body.as_bytes()), expected, "{body}");
        }
    }
}
