//! Digests.

use hsm_sim_crypto::{
    Error,
    hash::{Hash, Hasher},
};
use proptest::prelude::*;

use crate::{cuts, hex, pieces};

/// The digests of `abc` (FIPS 180-4 and FIPS 202 examples, RFC 1321).
#[rustfmt::skip]
const EXAMPLES: &[(Hash, &str)] = &[
    (Hash::Md5, "900150983cd24fb0d6963f7d28e17f72"),
    (Hash::Sha1, "a9993e364706816aba3e25717850c26c9cd0d89d"),
    (Hash::Sha224, "23097d223405d8228642a477bda255b32aadbce4bda0b3f7e36c9da7"),
    (Hash::Sha256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    (Hash::Sha384, "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7"),
    (Hash::Sha512, "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"),
    (Hash::Sha512_224, "4634270f707b6a54daae7530460842e20e37ed265ceee9a43e8924aa"),
    (Hash::Sha512_256, "53048e2681941ef99b2e29b76b4c7dabe4c2d0c634fc6d46e0e2f13107e7af23"),
    (Hash::Sha3_224, "e642824c3f8cf24ad09234ee7d3c766fc9a3a5168d0c94ad73b46fdf"),
    (Hash::Sha3_256, "3a985da74fe225b2045c172d6bd390bd855f086e3e9d525b46bfe24511431532"),
    (Hash::Sha3_384, "ec01498288516fc926459f58e2c6ad8df9b473cb0fc08c2596da7cf0e49be4b298d88cea927ac7f539f1edf228376d25"),
    (Hash::Sha3_512, "b751850b1a57168a5693cd924b6b096e08f621827444f70d884f5d0240d2712e10e116e9192af3c91a7ec57647e3934057340b4cf408d5a56592f8274eec53f0"),
];

#[test]
fn examples_of_the_standards() {
    assert_eq!(EXAMPLES.len(), Hash::ALL.len());
    for (hash, expected) in EXAMPLES {
        assert_eq!(&*hash.digest(b"abc"), hex(expected), "{hash:?}");
        let mut hasher = Hasher::new(*hash);
        hasher.update(b"abc");
        assert_eq!(&*hasher.finish(), hex(expected), "{hash:?}");
        assert_eq!(hash.output_len(), expected.len() / 2);
    }
}

#[test]
fn what_is_no_saved_state() {
    let saved = Hasher::new(Hash::Sha256).save();
    for wrong in [&[][..], &[1], &[1, 0], &[1, 13, 0], &[2, 4], &saved.expose()[..50], &[saved.expose(), &[0]].concat()]
    {
        assert_eq!(Hasher::restore(wrong).map(drop), Err(Error::SavedState));
    }
    assert_eq!(format!("{:?}", Hasher::new(Hash::Sha3_224)), "Hasher(Sha3_224)");
}

fn any_hash() -> impl Strategy<Value = Hash> {
    prop::sample::select(Hash::ALL.to_vec())
}

proptest! {
    /// One-shot and running digests are different implementations for most algorithms.
    #[test]
    fn pieces_make_the_whole(hash in any_hash(), data in prop::collection::vec(any::<u8>(), 0..600), cuts in cuts()) {
        let mut hasher = Hasher::new(hash);
        for piece in pieces(&data, &cuts) {
            hasher.update(piece);
            let restored = Hasher::restore(hasher.save().expose()).expect("a saved state");
            prop_assert_eq!(restored.hash(), hash);
            prop_assert_eq!(restored.clone().finish(), hasher.clone().finish());
            hasher = restored;
        }
        prop_assert_eq!(hasher.finish(), hash.digest(&data));
    }

    #[test]
    fn a_state_that_nobody_saved_is_an_error_or_a_state(tag in 0..14_u8, state in prop::collection::vec(any::<u8>(), 0..240)) {
        if let Ok(mut hasher) = Hasher::restore(&[&[1, tag], &state[..]].concat()) {
            hasher.update(&[0; 300]);
            let _ = hasher.finish();
        }
    }
}
