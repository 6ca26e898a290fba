//! Answers of HTTP/1.1 as they arrive.

use std::ops::Range;

/// More header lines than any endpoint sends.
const HEADERS: usize = 64;

/// An answer that has arrived wholly.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) status: u16,
    /// Where the body stands in the buffer.
    pub(super) body: Range<usize>,
    /// Whether the connection ends with it.
    pub(super) last: bool,
}

/// Reads an answer; none if more must arrive. A body in chunks is moved together in the buffer.
///
/// # Errors
/// What is wrong with it.
pub(super) fn read(buffer: &mut [u8]) -> Result<Option<Answer>, &'static str> {
    let mut headers = [httparse::EMPTY_HEADER; HEADERS];
    let mut response = httparse::Response::new(&mut headers);
    let head = match response.parse(buffer) {
        Ok(httparse::Status::Complete(length)) => length,
        Ok(httparse::Status::Partial) => return Ok(None),
        Err(_) => return Err("no answer of HTTP/1.1"),
    };
    let status = response.code.unwrap_or(0);
    let value = |name: &str| {
        let found = response.headers.iter().find(|header| header.name.eq_ignore_ascii_case(name));
        found.and_then(|header| std::str::from_utf8(header.value).ok()).map(str::trim)
    };
    let last =
        value("connection").is_some_and(|value| value.eq_ignore_ascii_case("close")) || response.version == Some(0);
    if value("transfer-encoding").is_some_and(|value| value.eq_ignore_ascii_case("chunked")) {
        return Ok(unchunked(buffer, head)?.map(|end| Answer { status, body: head..end, last }));
    }
    let length: usize =
        value("content-length").and_then(|value| value.parse().ok()).ok_or("an answer without length")?;
    let end = head.checked_add(length).ok_or("an answer of impossible length")?;
    Ok((buffer.len() >= end).then_some(Answer { status, body: head..end, last }))
}

/// Moves the chunks of a whole body together; its end, or none if more must arrive.
fn unchunked(buffer: &mut [u8], head: usize) -> Result<Option<usize>, &'static str> {
    let mut chunks = Vec::new();
    let mut at = head;
    loop {
        let (line, length) = match httparse::parse_chunk_size(&buffer[at..]) {
            Ok(httparse::Status::Complete(found)) => found,
            Ok(httparse::Status::Partial) => return Ok(None),
            Err(_) => return Err("a chunk without length"),
        };
        let start = at + line;
        let length = usize::try_from(length).map_err(|_| "a chunk of impossible length")?;
        let end = start.checked_add(length).ok_or("a chunk of impossible length")?;
        // The line's end after each chunk; after the last, of length 0, no trailers are expected.
        if buffer.len() < end.saturating_add(2) {
            return Ok(None);
        }
        if length == 0 {
            break;
        }
        chunks.push(start..end);
        at = end + 2;
    }
    let mut end = head;
    for chunk in chunks {
        let length = chunk.len();
        buffer.copy_within(chunk, end);
        end += length;
    }
    Ok(Some(end))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const PLAIN: &str = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: Close\r\n\r\nhello";
    const CHUNKED: &str =
        "HTTP/1.1 400 Bad Request\r\ntransfer-encoding: chunked\r\n\r\n3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n";

    #[test]
    fn an_answer_is_read_when_it_is_whole() {
        for (text, status, last) in [(PLAIN, 200, true), (CHUNKED, 400, false)] {
            for end in 0..text.len() {
                assert_eq!(read(&mut text.as_bytes()[..end].to_vec()), Ok(None), "{}", &text[..end]);
            }
            let mut buffer = text.as_bytes().to_vec();
            let answer = read(&mut buffer).unwrap().unwrap();
            assert_eq!((answer.status, answer.last, &buffer[answer.body]), (status, last, &b"hello"[..]));
        }
    }

    #[test]
    fn what_is_no_answer_is_refused() {
        for text in [
            "SSH-2.0-OpenSSH\r\n",
            "HTTP/1.1 200 OK\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: 18446744073709551615\r\n\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        ] {
            assert!(read(&mut text.as_bytes().to_vec()).is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn nothing_is_a_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200), chunks in any::<bool>()) {
            let head: &[u8] = if chunks { b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" } else { b"HTTP/1.1 200 " };
            let _ = read(&mut [head, &bytes].concat());
        }
    }
}
