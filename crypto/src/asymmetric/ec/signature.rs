//! The two forms of ECDSA signatures: two numbers one after the other, as PKCS#11 has them, and `Ecdsa-Sig-Value` of X9.62, as
//! files and certificates have them.

use der::{Decode, Encode, Sequence, asn1::UintRef};

use crate::{Error, Result, asymmetric::curve::Curve};

#[derive(Sequence)]
struct Value<'a> {
    r: UintRef<'a>,
    s: UintRef<'a>,
}

/// A signature as `Ecdsa-Sig-Value`.
///
/// # Errors
/// [`Error::SignatureInvalid`] for what is no two numbers of one length.
pub fn signature_to_der(signature: &[u8]) -> Result<Vec<u8>> {
    let (r, s) = signature.split_at(signature.len() / 2);
    let number = |half| UintRef::new(half).map_err(|_| Error::SignatureInvalid);
    if r.len() != s.len() || r.is_empty() {
        return Err(Error::SignatureInvalid);
    }
    Value { r: number(r)?, s: number(s)? }.to_der().map_err(|_| Error::SignatureInvalid)
}

/// The numbers of an `Ecdsa-Sig-Value`, each as long as those of the curve.
///
/// # Errors
/// [`Error::SignatureInvalid`] for anything else, or numbers that are too large.
pub fn signature_from_der(curve: Curve, der: &[u8]) -> Result<Vec<u8>> {
    let value = Value::from_der(der).map_err(|_| Error::SignatureInvalid)?;
    let length = curve.scalar_len();
    let mut signature = vec![0; 2 * length];
    for (half, number) in signature.chunks_mut(length).zip([value.r, value.s]) {
        let bytes = number.as_bytes();
        let start = length.checked_sub(bytes.len()).ok_or(Error::SignatureInvalid)?;
        half[start..].copy_from_slice(bytes);
    }
    Ok(signature)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms() {
        let mut signature = vec![0; 64];
        (signature[31], signature[32]) = (0x7f, 0x80);
        let der = signature_to_der(&signature).unwrap();
        assert_eq!(der[..6], [0x30, 38, 0x02, 1, 0x7f, 0x02]);
        assert_eq!(signature_from_der(Curve::P256, &der), Ok(signature));
        for wrong in [&b""[..], b"x", &der[1..], &[0x30, 0]] {
            assert_eq!(signature_from_der(Curve::P256, wrong), Err(Error::SignatureInvalid));
        }
        assert_eq!(signature_to_der(b"odd"), Err(Error::SignatureInvalid));
        let large = signature_to_der(&[0xff; 96]).unwrap();
        assert_eq!(signature_from_der(Curve::P256, &large), Err(Error::SignatureInvalid));
    }
}
