//! The canonical request and the text that is signed, as AWS Signature Version 4 defines them.

use std::borrow::Cow;
use std::fmt::Write;

use crypto::sha256;
use hyper::HeaderMap;

use super::SignedRequest;
use super::authorization::Authorization;

/// What the request's signature is made of.
pub(super) fn text_to_sign(request: &SignedRequest<'_>, parts: &Authorization<'_>, timestamp: &str) -> String {
    let mut text = String::with_capacity(1024);
    push_canonical_request(&mut text, request, parts.signed_headers);
    let hash = sha256(text.as_bytes());
    text.clear();
    push_all(&mut text, &["AWS4-HMAC-SHA256\n", timestamp, "\n", parts.scope, "\n"]);
    push_hex(&mut text, &hash);
    text
}

fn push_all(text: &mut String, parts: &[&str]) {
    parts.iter().for_each(|part| text.push_str(part));
}

fn push_canonical_request(text: &mut String, request: &SignedRequest<'_>, signed_headers: &str) {
    let (path, query) = (canonical_path(request.path), canonical_query(request.query));
    push_all(text, &[request.method, "\n", &path, "\n", &query, "\n"]);
    for name in signed_headers.split(';') {
        text.push_str(name);
        text.push(':');
        push_header_value(text, request.headers, name);
        text.push('\n');
    }
    push_all(text, &["\n", signed_headers, "\n"]);
    push_hex(text, &sha256(request.body));
}

/// Values trimmed, runs of spaces collapsed, several headers of a name joined by commas.
fn push_header_value(text: &mut String, headers: &HeaderMap, name: &str) {
    for (at, value) in headers.get_all(name).iter().enumerate() {
        if at > 0 {
            text.push(',');
        }
        let value = String::from_utf8_lossy(value.as_bytes());
        if value.bytes().all(|byte| byte.is_ascii_graphic()) {
            text.push_str(&value);
            continue;
        }
        let words = value.split([' ', '\t']).filter(|word| !word.is_empty());
        for (at, word) in words.enumerate() {
            if at > 0 {
                text.push(' ');
            }
            text.push_str(word);
        }
    }
}

/// Each segment encoded once more, as every service but S3 wants it.
fn canonical_path(path: &str) -> Cow<'_, str> {
    match path {
        "" | "/" => Cow::Borrowed("/"),
        _ => Cow::Owned(path.split('/').map(|segment| encode(segment, false)).collect::<Vec<_>>().join("/")),
    }
}

fn canonical_query(query: &str) -> String {
    let mut pairs: Vec<(String, String)> = query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(key, value)| (encode(key, true), encode(value, true)))
        .collect();
    pairs.sort();
    pairs.iter().map(|(key, value)| format!("{key}={value}")).collect::<Vec<_>>().join("&")
}

/// Percent-encodes all but unreserved characters; `keep_escapes` leaves what is encoded already.
fn encode(text: &str, keep_escapes: bool) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => out.push(char::from(byte)),
            b'%' if keep_escapes => out.push('%'),
            _ => {
                let _ = write!(out, "%{byte:02X}");
            }
        }
    }
    out
}

/// Appends bytes as hexadecimal digits.
pub(super) fn push_hex(text: &mut String, bytes: &[u8]) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    for byte in bytes {
        text.push(char::from(DIGITS[usize::from(byte >> 4)]));
        text.push(char::from(DIGITS[usize::from(byte & 15)]));
    }
}

#[cfg(test)]
mod tests {
    use hyper::header::{HeaderName, HeaderValue};

    use super::*;
    use crate::sigv4::signing_key::SigningKeys;

    const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";

    struct Vector {
        name: &'static str,
        method: &'static str,
        query: &'static str,
        headers: &'static [(&'static str, &'static str)],
        signed: &'static str,
        body: &'static str,
        service: &'static str,
        signature: &'static str,
    }

    const HOST: (&str, &str) = ("host", "example.amazonaws.com");
    const DATE: (&str, &str) = ("x-amz-date", "20150830T123600Z");

    /// The published Signature Version 4 test suite, the example of AWS's signing guide, and an SDK's request.
    const VECTORS: &[Vector] = &[
        Vector {
            name: "get-vanilla",
            method: "GET",
            query: "",
            headers: &[HOST, DATE],
            signed: "host;x-amz-date",
            body: "",
            service: "service",
            signature: "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31",
        },
        Vector {
            name: "post-vanilla",
            method: "POST",
            query: "",
            headers: &[HOST, DATE],
            signed: "host;x-amz-date",
            body: "",
            service: "service",
            signature: "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b",
        },
        Vector {
            name: "get-vanilla-query-order-key-case",
            method: "GET",
            query: "Param2=value2&Param1=value1",
            headers: &[HOST, DATE],
            signed: "host;x-amz-date",
            body: "",
            service: "service",
            signature: "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500",
        },
        Vector {
            name: "get-header-value-trim",
            method: "GET",
            query: "",
            headers: &[HOST, ("my-header1", " value1 "), ("my-header2", " \"a   b   c\" "), DATE],
            signed: "host;my-header1;my-header2;x-amz-date",
            body: "",
            service: "service",
            signature: "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736",
        },
        Vector {
            name: "post-x-www-form-urlencoded",
            method: "POST",
            query: "",
            headers: &[("content-type", "application/x-www-form-urlencoded"), HOST, DATE],
            signed: "content-type;host;x-amz-date",
            body: "Param1=value1",
            service: "service",
            signature: "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a",
        },
        Vector {
            name: "iam ListUsers",
            method: "GET",
            query: "Action=ListUsers&Version=2010-05-08",
            headers: &[
                ("content-type", "application/x-www-form-urlencoded; charset=utf-8"),
                ("host", "iam.amazonaws.com"),
                DATE,
            ],
            signed: "content-type;host;x-amz-date",
            body: "",
            service: "iam",
            signature: "5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7",
        },
        Vector {
            name: "as the AWS SDK for Python signs",
            method: "POST",
            query: "",
            headers: &[
                ("content-type", "application/x-amz-json-1.1"),
                ("host", "127.0.0.1:4599"),
                DATE,
                ("x-amz-target", "TrentService.ListKeys"),
            ],
            signed: "content-type;host;x-amz-date;x-amz-target",
            body: "{\"Limit\": 5}",
            service: "kms",
            signature: "93445abc57fe4c84412133dd06e35d7b62f4575d392e9d962629ec1a92e4e2ea",
        },
    ];

    #[test]
    fn published_vectors() {
        for vector in VECTORS {
            let mut headers = HeaderMap::new();
            for (name, value) in vector.headers {
                headers.append(HeaderName::from_static(name), HeaderValue::from_static(value));
            }
            let request = SignedRequest {
                method: vector.method,
                path: "/",
                query: vector.query,
                headers: &headers,
                body: vector.body.as_bytes(),
            };
            let header = format!(
                "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/{}/aws4_request, SignedHeaders={}, Signature={}",
                vector.service, vector.signed, vector.signature
            );
            let parts = Authorization::parse(&header).unwrap();
            let text = text_to_sign(&request, &parts, DATE.1);
            assert!(
                SigningKeys::default().of(&parts, SECRET, |key| key.verify(text.as_bytes(), &parts.signature)),
                "{}",
                vector.name
            );
        }
    }

    #[test]
    fn paths_and_queries() {
        assert_eq!(canonical_path(""), "/");
        assert_eq!(canonical_path("/a b/%20"), "/a%20b/%2520");
        assert_eq!(canonical_query("b=2&a=%20&a=1&c"), "a=%20&a=1&b=2&c=");
    }
}
