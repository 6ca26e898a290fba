//! Digests (FIPS 180-4 examples), HMAC (RFC 4231) and key check values (FIPS 197 by way of the zero block).

use hsm_sim_crypto::{Error, HmacKey, Sha256, aes_kcv, hmac_sha256, sha1, sha256, sigv4_key};
use proptest::prelude::*;

use crate::hex;

const TWO_BLOCKS: &[u8] = b"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";

#[test]
fn sha_examples() {
    let sha256_vectors: &[(&[u8], &str)] = &[
        (b"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        (b"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        (TWO_BLOCKS, "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"),
    ];
    for (data, digest) in sha256_vectors {
        assert_eq!(sha256(data).to_vec(), hex(digest));
    }
    let sha1_vectors: &[(&[u8], &str)] = &[
        (b"", "da39a3ee5e6b4b0d3255bfef95601890afd80709"),
        (b"abc", "a9993e364706816aba3e25717850c26c9cd0d89d"),
        (TWO_BLOCKS, "84983e441c3bd26ebaae4aa1f95129e5e54670f1"),
    ];
    for (data, digest) in sha1_vectors {
        assert_eq!(sha1(data).to_vec(), hex(digest));
    }
}

#[test]
fn hmac_rfc_4231() {
    let long_key = [0xaa; 131];
    let vectors: &[(&[u8], &[u8], &str)] = &[
        (&[0x0b; 20], b"Hi There", "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"),
        (b"Jefe", b"what do ya want for nothing?", "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"),
        (&[0xaa; 20], &[0xdd; 50], "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"),
        (
            &long_key,
            b"Test Using Larger Than Block-Size Key - Hash Key First",
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
        ),
    ];
    for (key, data, tag) in vectors {
        assert_eq!(hmac_sha256(key, data).to_vec(), hex(tag));
        let key = HmacKey::new(key);
        assert!(key.verify(data, &hex(tag)));
        assert!(!key.verify(data, &hex(tag)[..31]), "a cut tag must not verify");
        assert!(!key.verify(b"other data", &hex(tag)));
    }
    assert_eq!(format!("{:?}", HmacKey::new(b"Jefe")), "HmacKey(<redacted>)");
}

#[test]
fn key_check_values() {
    let vectors = [
        ("00000000000000000000000000000000", [0x66, 0xe9, 0x4b]),
        ("000000000000000000000000000000000000000000000000", [0xaa, 0xe0, 0x69]),
        ("0000000000000000000000000000000000000000000000000000000000000000", [0xdc, 0x95, 0xc0]),
    ];
    for (key, value) in vectors {
        assert_eq!(aes_kcv(&hex(key)), Ok(value));
    }
    assert_eq!(aes_kcv(b"short"), Err(Error::AesKeyLength { bytes: 5 }));
}

proptest! {
    #[test]
    fn a_digest_in_pieces_is_the_digest_of_the_whole(pieces: Vec<Vec<u8>>) {
        let mut digest = Sha256::new();
        pieces.iter().for_each(|piece| digest.update(piece));
        prop_assert_eq!(digest.finish(), sha256(&pieces.concat()));
    }
}

/// The examples of AWS's signing guide.
#[test]
fn signing_keys_of_requests() {
    const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
    for (date, expected) in [
        ("20120215", "f4780e2d9f65fa895f9c67b32ce1baf0b0d8a43505a000a1a9e090d414db404d"),
        ("20150830", "c4afb1cc5771d871763a393e44b703571b55cc28424d1a5e86da6ed3c154a4b9"),
    ] {
        assert_eq!(sigv4_key(SECRET, date, "us-east-1", "iam").expose(), hex(expected), "{date}");
    }
}
