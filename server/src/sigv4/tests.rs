use hyper::header::{HeaderName, HeaderValue};
use proptest::prelude::*;

use super::*;

const NOW: i64 = 1_440_938_160; // 2015-08-30 12:36:00
const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";

/// A request as the AWS CLI sends it, signed for `service` with `secret`.
struct Sample {
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Sample {
    fn signed(key_id: &str, secret: &str, service: &str, timestamp: &str, body: &[u8]) -> Self {
        Self::signed_with(key_id, secret, service, timestamp, body, "content-type;host;x-amz-date;x-amz-target")
    }

    fn signed_with(key_id: &str, secret: &str, service: &str, timestamp: &str, body: &[u8], signed: &str) -> Self {
        let mut headers = HeaderMap::new();
        for (name, value) in [
            ("content-type", "application/x-amz-json-1.1"),
            ("host", "127.0.0.1:4599"),
            ("x-amz-date", timestamp),
            ("x-amz-target", "TrentService.ListKeys"),
            ("user-agent", "aws-cli/1.45.11"),
        ] {
            headers.insert(HeaderName::from_static(name), HeaderValue::from_str(value).unwrap());
        }
        let date = timestamp.get(..8).unwrap_or("20150830");
        let header = |signature: &str| {
            format!(
                "AWS4-HMAC-SHA256 Credential={key_id}/{date}/eu-west-1/{service}/aws4_request, SignedHeaders={signed}, Signature={signature}"
            )
        };
        let unsigned = header(&"0".repeat(64));
        let parts = Authorization::parse(&unsigned).unwrap();
        let request = SignedRequest { method: "POST", path: "/", query: "", headers: &headers, body };
        let text = canonical::text_to_sign(&request, &parts, timestamp);
        let mut signature = String::new();
        canonical::push_hex(
            &mut signature,
            &SigningKeys::default().of(&parts, secret, |key| key.sign(text.as_bytes())),
        );
        headers.insert("authorization", HeaderValue::from_str(&header(&signature)).unwrap());
        Self { headers, body: body.to_vec() }
    }

    fn good() -> Self {
        Self::signed("AKIDEXAMPLE", SECRET, "kms", "20150830T123600Z", b"{}")
    }

    fn judge(&self, authenticator: &Authenticator) -> Result<Identity, ServiceError> {
        self.judge_at(authenticator, NOW)
    }

    fn judge_at(&self, authenticator: &Authenticator, now: i64) -> Result<Identity, ServiceError> {
        let request = SignedRequest { method: "POST", path: "/", query: "", headers: &self.headers, body: &self.body };
        authenticator.authenticate(&request, "kms", now)
    }
}

fn strict() -> Authenticator {
    let secret = || Password::new(SECRET.to_owned());
    Authenticator::new(Mode::Strict, "us-east-1").with_key("AKIDEXAMPLE", secret()).with_key("444455556666", secret())
}

fn invalid_text(result: Result<Identity, ServiceError>) -> String {
    match result {
        Err(ServiceError::InvalidSignature(text)) => text,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_good_signature_names_account_and_region() {
    let identity = Sample::good().judge(&strict()).unwrap();
    assert_eq!(identity.account_id, DEFAULT_ACCOUNT);
    assert_eq!(identity.region, "eu-west-1");
    assert_eq!(identity.access_key_id.as_deref(), Some("AKIDEXAMPLE"));
    let sample = Sample::signed("444455556666", SECRET, "kms", "20150830T123600Z", b"");
    assert_eq!(sample.judge(&strict()).unwrap().account_id, "444455556666");
}

#[test]
fn whatever_is_signed_cannot_change() {
    let mismatch = |sample: &Sample| {
        assert!(invalid_text(sample.judge(&strict())).starts_with("The request signature we calculated"))
    };
    let mut sample = Sample::good();
    sample.body = b"{ }".to_vec();
    mismatch(&sample);
    for header in ["content-type", "host", "x-amz-target"] {
        let mut sample = Sample::good();
        sample.headers.insert(header, HeaderValue::from_static("other"));
        mismatch(&sample);
        sample.headers.remove(header);
        mismatch(&sample);
    }
    mismatch(&Sample::signed("AKIDEXAMPLE", "another secret", "kms", "20150830T123600Z", b"{}"));
    let mut sample = Sample::good();
    sample.headers.insert("user-agent", HeaderValue::from_static("not signed"));
    assert!(sample.judge(&strict()).is_ok());
}

#[test]
fn the_window_is_five_minutes_on_both_sides() {
    let sample = Sample::good();
    for now in [NOW - 300, NOW, NOW + 300] {
        assert!(sample.judge_at(&strict(), now).is_ok(), "{now}");
    }
    assert_eq!(
        invalid_text(sample.judge_at(&strict(), NOW + 301)),
        "Signature expired: 20150830T123600Z is now earlier than 20150830T123601Z (20150830T124101Z - 5 min.)"
    );
    assert_eq!(
        invalid_text(sample.judge_at(&strict(), NOW - 301)),
        "Signature not yet current: 20150830T123600Z is still later than 20150830T123559Z (20150830T123059Z + 5 min.)"
    );
}

#[test]
fn scope_and_key_must_fit() {
    let sample = Sample::signed("AKIDOTHER", SECRET, "kms", "20150830T123600Z", b"{}");
    assert_eq!(sample.judge(&strict()), Err(ServiceError::UnrecognizedClient));
    let sample = Sample::signed("AKIDEXAMPLE", SECRET, "cloudhsm", "20150830T123600Z", b"{}");
    assert_eq!(invalid_text(sample.judge(&strict())), "Credential should be scoped to correct service: 'kms'.");
    let mut sample = Sample::good();
    sample.headers.insert("x-amz-date", HeaderValue::from_static("20150831T000000Z"));
    assert!(invalid_text(sample.judge(&strict())).starts_with("Date in Credential scope does not match"));
    let sample = Sample::signed_with("AKIDEXAMPLE", SECRET, "kms", "20150830T123600Z", b"{}", "x-amz-date");
    assert!(invalid_text(sample.judge(&strict())).starts_with("'Host'"));
}

#[test]
fn headers_that_are_missing_or_malformed() {
    for mode in [Mode::Strict, Mode::Parse] {
        let authenticator = Authenticator { mode, ..strict() };
        let mut sample = Sample::good();
        sample.headers.remove("authorization");
        assert_eq!(sample.judge(&authenticator), Err(ServiceError::MissingAuthenticationToken));
        sample.headers.insert("authorization", HeaderValue::from_bytes(b"AWS4-HMAC-SHA256 \xff").unwrap());
        assert!(matches!(sample.judge(&authenticator), Err(ServiceError::IncompleteSignature(_))));
        let mut sample = Sample::good();
        sample.headers.remove("x-amz-date");
        assert!(
            matches!(sample.judge(&authenticator), Err(ServiceError::IncompleteSignature(text)) if text.contains("'X-Amz-Date'"))
        );
        sample.headers.insert("x-amz-date", HeaderValue::from_static("yesterday"));
        assert!(matches!(sample.judge(&authenticator), Err(ServiceError::IncompleteSignature(_))));
    }
}

#[test]
fn the_date_header_will_do() {
    let mut sample = Sample::good();
    sample.headers.remove("x-amz-date");
    sample.headers.insert("date", HeaderValue::from_static("Sun, 30 Aug 2015 12:36:00 GMT"));
    assert_eq!(timestamp(&sample.headers), Ok(("20150830T123600Z".into(), NOW)));
}

#[test]
fn moments_are_read_as_the_general_parser_does() {
    for text in [
        "20150830T123600Z",
        "19691231T235959Z",
        "00000101T000000Z",
        "99991231T235959Z",
        "20240229T000000Z",
        "20230229T000000Z",
        "20150830T240000Z",
        "20150830T126000Z",
        "20150830T123660Z",
        "20151330T123600Z",
        "20150800T123600Z",
        "20150830 123600Z",
        "20150830T123600",
        "20150830T123600z",
        "2015083AT123600Z",
        "+2015083T123600Z",
        "2015-08-30T12:36",
        "",
        "é0150830T12360Z",
    ] {
        let general = time::PrimitiveDateTime::parse(text, TIMESTAMP).ok();
        assert_eq!(basic_format(text), general.map(|moment| moment.assume_utc().unix_timestamp()), "{text}");
    }
}

#[test]
fn parse_believes_and_off_does_without() {
    let parse = Authenticator::new(Mode::Parse, "us-east-1");
    let sample = Sample::signed("444455556666", "any", "kms", "20150830T123600Z", b"{}");
    let identity = sample.judge_at(&parse, NOW + 1_000_000).unwrap();
    assert_eq!((identity.account_id.as_str(), identity.region.as_str()), ("444455556666", "eu-west-1"));
    let off = Authenticator::new(Mode::Off, "us-west-2");
    assert_eq!(sample.judge(&off).unwrap().region, "eu-west-1");
    let mut sample = sample;
    sample.headers.insert("authorization", HeaderValue::from_static("Bearer x"));
    let identity = sample.judge(&off).unwrap();
    assert_eq!(
        identity,
        Identity { account_id: DEFAULT_ACCOUNT.to_owned(), region: "us-west-2".to_owned(), access_key_id: None }
    );
}

#[test]
fn secrets_stay_out_of_debug() {
    assert!(!format!("{:?}", strict()).contains(SECRET));
}

proptest! {
    #[test]
    fn any_body_round_trips(body in proptest::collection::vec(any::<u8>(), 0..200)) {
        let sample = Sample::signed("AKIDEXAMPLE", SECRET, "kms", "20150830T123600Z", &body);
        prop_assert!(sample.judge(&strict()).is_ok());
    }
}
