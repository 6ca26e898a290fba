//! Signatures of requests: AWS Signature Version 4, for the one form of request that the API takes. The hash of a body is computed
//! once, the signing key once a day.

use std::fmt::Write as _;

use crypto::{HmacKey, Password, sha256, sigv4_key};

/// Who calls, and where.
#[derive(Debug, Clone)]
pub struct Credentials {
    /// The access key's id.
    pub access_key_id: String,
    /// The access key's secret.
    pub secret: Password,
    /// Of temporary credentials.
    pub session_token: Option<Password>,
    /// The Region whose endpoint it is, or is said to be.
    pub region: String,
}

/// Signs requests of one caller.
pub(super) struct Signer {
    credentials: Credentials,
    host: String,
    /// The day of the signing key, `YYYYMMDD`, and the key.
    key: Option<(String, HmacKey)>,
    /// The canonical request and what is signed, kept for their memory.
    canonical: String,
    to_sign: String,
}

const SERVICE: &str = "kms";
const SIGNED: &str = "content-type;host;x-amz-date;x-amz-target";
const SIGNED_WITH_TOKEN: &str = "content-type;host;x-amz-date;x-amz-security-token;x-amz-target";
pub(super) const CONTENT_TYPE: &str = "application/x-amz-json-1.1";

impl Signer {
    pub(super) fn new(credentials: Credentials, host: String) -> Self {
        Self { credentials, host, key: None, canonical: String::new(), to_sign: String::new() }
    }

    /// Writes the headers that a request needs, each with its end of line. `time` is `YYYYMMDDTHHMMSSZ`, `body` the hash of the body in
    /// hexadecimal digits.
    pub(super) fn headers(&mut self, time: &str, target: &str, body: &str, out: &mut String) {
        let day = time.get(..8).unwrap_or_default();
        let token = self.credentials.session_token.as_ref().map(Password::expose);
        let signed = if token.is_some() { SIGNED_WITH_TOKEN } else { SIGNED };
        let (host, region, id) = (&self.host, &self.credentials.region, &self.credentials.access_key_id);
        let (canonical, to_sign) = (&mut self.canonical, &mut self.to_sign);
        canonical.clear();
        to_sign.clear();
        // Writing to a string does not fail.
        let _ = write!(canonical, "POST\n/\n\ncontent-type:{CONTENT_TYPE}\nhost:{host}\nx-amz-date:{time}\n");
        let _ = write!(out, "Host: {host}\r\nContent-Type: {CONTENT_TYPE}\r\nX-Amz-Date: {time}\r\n");
        if let Some(token) = token {
            let _ = writeln!(canonical, "x-amz-security-token:{token}");
            let _ = write!(out, "X-Amz-Security-Token: {token}\r\n");
        }
        let _ = write!(canonical, "x-amz-target:{target}\n\n{signed}\n{body}");
        let _ = write!(
            out,
            "X-Amz-Target: {target}\r\nAuthorization: AWS4-HMAC-SHA256 \
             Credential={id}/{day}/{region}/{SERVICE}/aws4_request, SignedHeaders={signed}, Signature="
        );
        let _ = write!(to_sign, "AWS4-HMAC-SHA256\n{time}\n{day}/{region}/{SERVICE}/aws4_request\n");
        hex(&sha256(canonical.as_bytes()), to_sign);
        let key = of_day(&mut self.key, &self.credentials, day);
        hex(&key.sign(to_sign.as_bytes()), out);
        out.push_str("\r\n");
    }
}

/// The signing key of a day: the one that is kept, or a new one in its place.
fn of_day<'a>(kept: &'a mut Option<(String, HmacKey)>, credentials: &Credentials, day: &str) -> &'a HmacKey {
    let derive = || HmacKey::new(sigv4_key(credentials.secret.expose(), day, &credentials.region, SERVICE).expose());
    let good = kept.take().filter(|(of, _)| of == day);
    &kept.insert(good.unwrap_or_else(|| (day.to_owned(), derive()))).1
}

/// Appends bytes as hexadecimal digits.
pub(super) fn hex(bytes: &[u8], out: &mut String) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    for byte in bytes {
        out.push(char::from(DIGITS[usize::from(byte >> 4)]));
        out.push(char::from(DIGITS[usize::from(byte & 15)]));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signer(token: Option<&str>) -> Signer {
        let credentials = Credentials {
            access_key_id: "AKIDEXAMPLE".to_owned(),
            secret: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY".into(),
            session_token: token.map(Password::from),
            region: "us-east-1".to_owned(),
        };
        Signer::new(credentials, "127.0.0.1:4599".to_owned())
    }

    fn signed(signer: &mut Signer, time: &str, body: &str) -> String {
        let (mut hash, mut out) = (String::new(), String::new());
        hex(&sha256(body.as_bytes()), &mut hash);
        signer.headers(time, "TrentService.ListKeys", &hash, &mut out);
        out
    }

    /// The signature that the AWS SDK for Python makes of the same request.
    #[test]
    fn a_request_is_signed_as_an_sdk_does() {
        let headers = signed(&mut signer(None), "20150830T123600Z", "{\"Limit\": 5}");
        let expected = "Host: 127.0.0.1:4599\r\nContent-Type: application/x-amz-json-1.1\r\n\
            X-Amz-Date: 20150830T123600Z\r\nX-Amz-Target: TrentService.ListKeys\r\n\
            Authorization: AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/kms/aws4_request, \
            SignedHeaders=content-type;host;x-amz-date;x-amz-target, \
            Signature=93445abc57fe4c84412133dd06e35d7b62f4575d392e9d962629ec1a92e4e2ea\r\n";
        assert_eq!(headers, expected);
    }

    #[test]
    fn the_key_follows_the_day_and_the_token_is_signed() {
        let mut kept = signer(None);
        for time in ["20150830T235959Z", "20150831T000000Z", "20150831T000001Z"] {
            assert_eq!(signed(&mut kept, time, "{}"), signed(&mut signer(None), time, "{}"), "{time}");
        }
        let with_token = signed(&mut signer(Some("session")), "20150830T123600Z", "{}");
        assert!(with_token.contains("X-Amz-Security-Token: session\r\n"));
        assert!(with_token.contains("SignedHeaders=content-type;host;x-amz-date;x-amz-security-token;x-amz-target,"));
    }
}
