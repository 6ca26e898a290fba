//! The `Authorization` header of AWS4-HMAC-SHA256, taken apart.

use crate::ServiceError;

const ALGORITHM: &str = "AWS4-HMAC-SHA256";

/// A well-formed header's parts.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Authorization<'a> {
    pub(super) access_key_id: &'a str,
    /// `yyyymmdd` of the scope.
    pub(super) date: &'a str,
    pub(super) region: &'a str,
    pub(super) service: &'a str,
    /// `date/region/service/aws4_request`.
    pub(super) scope: &'a str,
    pub(super) signed_headers: &'a str,
    pub(super) signature: [u8; 32],
}

impl<'a> Authorization<'a> {
    /// Parses the header.
    ///
    /// # Errors
    /// [`ServiceError::IncompleteSignature`] that names what is missing or wrong; the header itself is not echoed.
    pub(super) fn parse(header: &'a str) -> Result<Self, ServiceError> {
        let Some(fields) = header.trim().strip_prefix(ALGORITHM).filter(|rest| rest.starts_with([' ', '\t'])) else {
            return Err(incomplete(&["Authorization header requires the algorithm 'AWS4-HMAC-SHA256'."]));
        };
        let (mut credential, mut signed_headers, mut signature) = (None, None, None);
        for field in fields.split(',') {
            match field.trim().split_once('=') {
                Some(("Credential", value)) => credential = Some(value),
                Some(("SignedHeaders", value)) => signed_headers = Some(value),
                Some(("Signature", value)) => signature = Some(value),
                Some(_) | None => return Err(incomplete(&["Authorization header has a field that is not key=value."])),
            }
        }
        let (Some(credential), Some(signed_headers), Some(signature)) = (credential, signed_headers, signature) else {
            let missing = [
                (credential.is_none(), "Authorization header requires 'Credential' parameter."),
                (signature.is_none(), "Authorization header requires 'Signature' parameter."),
                (signed_headers.is_none(), "Authorization header requires 'SignedHeaders' parameter."),
            ];
            return Err(incomplete(&missing.iter().filter(|(is, _)| *is).map(|(_, text)| *text).collect::<Vec<_>>()));
        };
        let malformed = || incomplete(&["Credential must have the form ID/yyyymmdd/region/service/aws4_request."]);
        let (access_key_id, scope) = credential.split_once('/').ok_or_else(malformed)?;
        let mut parts = scope.split('/');
        let (Some(date), Some(region), Some(service), Some("aws4_request"), None) =
            (parts.next(), parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(malformed());
        };
        let id_fits = (1..=128).contains(&access_key_id.len()) && access_key_id.bytes().all(|b| b.is_ascii_graphic());
        let date_fits = date.len() == 8 && date.bytes().all(|b| b.is_ascii_digit());
        let region_fits = (1..=32).contains(&region.len())
            && region.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        if !(id_fits && date_fits && region_fits && !service.is_empty()) {
            return Err(malformed());
        }
        if !signed_headers.split(';').all(super::shape_of_header_name) {
            return Err(incomplete(&["SignedHeaders must be lower-case header names separated by ';'."]));
        }
        let signature = hex_32(signature).ok_or_else(|| incomplete(&["Signature must be 64 hexadecimal digits."]))?;
        Ok(Self { access_key_id, date, region, service, scope, signed_headers, signature })
    }
}

pub(super) fn incomplete(texts: &[&str]) -> ServiceError {
    ServiceError::IncompleteSignature(texts.join(" "))
}

fn hex_32(text: &str) -> Option<[u8; 32]> {
    let digit = |b: u8| char::from(b).to_digit(16).and_then(|value| u8::try_from(value).ok());
    let bytes: &[u8; 64] = text.as_bytes().try_into().ok()?;
    let mut out = [0; 32];
    for (byte, pair) in out.iter_mut().zip(bytes.chunks_exact(2)) {
        *byte = digit(pair[0])? << 4 | digit(pair[1])?;
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SIGNATURE: &str = "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31";

    fn message(header: &str) -> String {
        match Authorization::parse(header) {
            Err(ServiceError::IncompleteSignature(message)) => message,
            other => panic!("{header}: {other:?}"),
        }
    }

    #[test]
    fn well_formed_headers_parse() {
        for gap in [", ", ",", " ,  "] {
            let header = format!(
                "AWS4-HMAC-SHA256 Credential=AKID/20150830/us-east-1/kms/aws4_request{gap}SignedHeaders=host;x-amz-date{gap}Signature={SIGNATURE}"
            );
            let parsed = Authorization::parse(&header).unwrap();
            assert_eq!(
                (parsed.access_key_id, parsed.date, parsed.region, parsed.service),
                ("AKID", "20150830", "us-east-1", "kms")
            );
            assert_eq!(parsed.scope, "20150830/us-east-1/kms/aws4_request");
            assert_eq!(parsed.signed_headers, "host;x-amz-date");
            assert_eq!(parsed.signature[..2], [0x5f, 0xa0]);
        }
    }

    #[test]
    fn what_is_missing_is_named() {
        let credential = "Credential=AKID/20150830/us-east-1/kms/aws4_request";
        assert!(message("Basic abc").contains("algorithm"));
        assert!(message("AWS4-HMAC-SHA256").contains("algorithm"));
        assert!(message("AWS4-HMAC-SHA256 x").contains("key=value"));
        assert_eq!(
            message(&format!("AWS4-HMAC-SHA256 {credential}")),
            "Authorization header requires 'Signature' parameter. Authorization header requires 'SignedHeaders' parameter."
        );
        for bad in [
            "Credential=AKID",
            "Credential=AKID/20150830/us-east-1/kms",
            "Credential=AKID/20150830/us-east-1/kms/aws4_request/x",
            "Credential=AKID/2015083/us-east-1/kms/aws4_request",
            "Credential=AKID/20150830/US East/kms/aws4_request",
            "Credential=/20150830/us-east-1/kms/aws4_request",
            "Credential=AKID/20150830/us-east-1//aws4_request",
            "Credential=AKID/20150830/us-east-1/kms/aws5_request",
        ] {
            let header = format!("AWS4-HMAC-SHA256 {bad}, SignedHeaders=host, Signature={SIGNATURE}");
            assert!(message(&header).starts_with("Credential must have"), "{bad}");
        }
        assert!(
            message(&format!("AWS4-HMAC-SHA256 {credential}, SignedHeaders=Host, Signature={SIGNATURE}"))
                .starts_with("SignedHeaders")
        );
        assert!(
            message(&format!("AWS4-HMAC-SHA256 {credential}, SignedHeaders=host, Signature=zz"))
                .starts_with("Signature")
        );
    }

    proptest! {
        #[test]
        fn any_text_is_parsed_or_refused(header in "\\PC*") {
            let _ = Authorization::parse(&header);
            let _ = Authorization::parse(&format!("AWS4-HMAC-SHA256 Credential={header}, SignedHeaders={header}, Signature={header}"));
        }
    }
}
