//! A small HTTP/1.1 client, for tests that need thousands of calls, and the raw bytes that no real client sends.

use std::{
    io::{self, BufRead, BufReader, Read, Write},
    net::TcpStream,
    time::Duration,
};

use serde_json::Value;

/// A credential as the default `--auth parse` wants it: well-formed, with any secret.
fn authorization(key: &str, region: &str, service: &str) -> String {
    format!(
        "AWS4-HMAC-SHA256 Credential={key}/20260101/{region}/{service}/aws4_request, SignedHeaders=content-type;host;x-amz-date;x-amz-target, \
         Signature={}",
        "0".repeat(64)
    )
}

/// An answer.
#[derive(Clone, Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Reply {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(header, _)| header.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// The body as JSON; an empty one is `null`.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        if self.body.is_empty() {
            return Value::Null;
        }
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("not JSON ({error}): {self:?}"))
    }

    /// The error name, when this is an AWS-shaped error.
    pub(crate) fn error(&self) -> Option<String> {
        let body: Value = serde_json::from_slice(&self.body).ok()?;
        (self.status >= 400).then(|| body["__type"].as_str().map(str::to_owned))?
    }

    #[track_caller]
    pub(crate) fn ok(self) -> Value {
        assert_eq!(self.status, 200, "{}", String::from_utf8_lossy(&self.body));
        self.json()
    }
}

/// One connection at a time to the endpoint, opened again when it was closed.
#[derive(Debug)]
pub(crate) struct Http {
    authority: String,
    access_key: String,
    region: String,
    stream: Option<BufReader<TcpStream>>,
}

impl Http {
    pub(crate) fn new(authority: &str) -> Self {
        Self {
            authority: authority.to_owned(),
            access_key: "AKIDEXAMPLE".to_owned(),
            region: "us-east-1".to_owned(),
            stream: None,
        }
    }

    /// Calls with this access key id in this Region.
    pub(crate) fn of(self, access_key: &str, region: &str) -> Self {
        Self { access_key: access_key.to_owned(), region: region.to_owned(), ..self }
    }

    /// A KMS call that must get an answer.
    #[track_caller]
    pub(crate) fn kms(&mut self, operation: &str, body: &Value) -> Reply {
        self.try_kms(operation, body).unwrap_or_else(|error| panic!("{operation}: {error}"))
    }

    /// A KMS call; an error means that it is unknown whether it took effect.
    pub(crate) fn try_kms(&mut self, operation: &str, body: &Value) -> io::Result<Reply> {
        self.call(&format!("TrentService.{operation}"), "kms", body.to_string().as_bytes())
    }

    #[track_caller]
    pub(crate) fn cloudhsm(&mut self, operation: &str, body: &Value) -> Reply {
        let reply = self.call(&format!("BaldrApiService.{operation}"), "cloudhsm", body.to_string().as_bytes());
        reply.unwrap_or_else(|error| panic!("{operation}: {error}"))
    }

    #[track_caller]
    pub(crate) fn cloudtrail(&mut self, operation: &str, body: &Value) -> Reply {
        let target = format!("com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101.{operation}");
        self.call(&target, "cloudtrail", body.to_string().as_bytes())
            .unwrap_or_else(|error| panic!("{operation}: {error}"))
    }

    /// An AWS JSON 1.1 call with any target and body.
    pub(crate) fn call(&mut self, target: &str, service: &str, body: &[u8]) -> io::Result<Reply> {
        let head = format!(
            "POST / HTTP/1.1\r\nHost: {}\r\nContent-Type: application/x-amz-json-1.1\r\nX-Amz-Date: 20260101T000000Z\r\nX-Amz-Target: {target}\r\n\
             Authorization: {}\r\nContent-Length: {}\r\n\r\n",
            self.authority,
            authorization(&self.access_key, &self.region, service),
            body.len()
        );
        self.send(&[head.as_bytes(), body].concat())
    }

    /// A call of the control API.
    #[track_caller]
    pub(crate) fn control(&mut self, method: &str, path: &str, body: &Value) -> Reply {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
            self.authority,
            body.len()
        );
        self.send(format!("{head}{body}").as_bytes()).unwrap_or_else(|error| panic!("{method} {path}: {error}"))
    }

    /// Sends a whole request as it stands and reads the answer.
    pub(crate) fn send(&mut self, request: &[u8]) -> io::Result<Reply> {
        let mut stream = match self.stream.take() {
            Some(stream) => stream,
            None => self.open()?,
        };
        stream.get_mut().write_all(request)?;
        let reply = read(&mut stream)?;
        if !reply.header("connection").is_some_and(|value| value.eq_ignore_ascii_case("close")) {
            self.stream = Some(stream);
        }
        Ok(reply)
    }

    /// Sends bytes on a connection of their own, ends the sending side, and gives everything that comes back.
    pub(crate) fn raw(&self, bytes: &[u8]) -> Vec<u8> {
        let mut stream = self.open().expect("the endpoint accepts connections").into_inner();
        // The server may close before it has read everything.
        let _ = stream.write_all(bytes);
        let _ = stream.shutdown(std::net::Shutdown::Write);
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        answer
    }

    fn open(&self) -> io::Result<BufReader<TcpStream>> {
        let stream = TcpStream::connect(&self.authority)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(Duration::from_secs(20)))?;
        stream.set_write_timeout(Some(Duration::from_secs(20)))?;
        Ok(BufReader::new(stream))
    }
}

/// Reads one answer with a content length.
fn read(stream: &mut impl BufRead) -> io::Result<Reply> {
    let mut line = String::new();
    if stream.read_line(&mut line)? == 0 {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    let invalid = |what: &str| io::Error::new(io::ErrorKind::InvalidData, what.to_owned());
    let status = line.split_whitespace().nth(1).and_then(|status| status.parse().ok()).ok_or_else(|| invalid(&line))?;
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line)? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        headers.push((name.to_owned(), value.trim().to_owned()));
    }
    let mut reply = Reply { status, headers, body: Vec::new() };
    let length = reply.header("content-length").map_or(Ok(0), |length| length.parse().map_err(|_| invalid(length)))?;
    reply.body = vec![0; length];
    stream.read_exact(&mut reply.body)?;
    Ok(reply)
}
