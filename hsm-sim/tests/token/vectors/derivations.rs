//! Keys from keys, agreed secrets and passwords.

use hsm_sim::token::{CounterForm, Hash, KdfField, MasterSeed, Parameter, Salt};

use super::codes::of_abc;
use super::pairs::{P256, private};
use super::*;

const DES: u64 = 19;
const DES3: u64 = 21;
const HKDF: u64 = 66;

const MASTER: &str = "202c88c00f84a17a20027079604787461176455539e705be730890602c289a5001e34eeb3a043e5d52a65e66125188bf";
const PREMASTER: &str =
    "f8938ecc9edebc5030c0c6a441e213cd24e6f770a50dda07876f8d55da062bcadb386b411fd4fe4313a604fce6c17fbc";

pub(super) fn vector(kind: MechanismType) -> Option<Vector> {
    use MechanismType as M;
    let from = |key_type, key: &str, parameter, value: &str| Vector::Derivation {
        base: base(key_type, &hex(key)),
        parameter,
        value: hex(value),
    };
    let data = |bytes: &str| Parameter::Bytes(hex(bytes));
    let iv_and_data = |iv: &str, data: &str| Parameter::IvAndData { iv: hex(iv), data: hex(data) };
    Some(match kind {
        // SP 800-38A F.1.1 and F.2.1, FIPS 81, SP 800-67 B.1, NIST CAVP TCBCMMT3: the ciphertext is the key.
        M::AesEcbEncryptData => from(AES, AES_KEY, data(BLOCK), "3ad77bb40d7a3660a89ecaf32466ef97"),
        M::AesCbcEncryptData => {
            let parameter = iv_and_data("000102030405060708090a0b0c0d0e0f", BLOCK);
            from(AES, AES_KEY, parameter, "7649abac8119b246cee98e9b12e9197d")
        }
        M::DesEcbEncryptData => from(DES, "0123456789abcdef", data("4e6f772069732074"), "3fa40e8a984d4815"),
        M::DesCbcEncryptData => {
            let parameter = iv_and_data("1234567890abcdef", "4e6f77206973207468652074696d6520666f7220616c6c20");
            from(DES, "0123456789abcdef", parameter, "e5c7cdde872bf27c43e934008c389c0f683788499a7c05f6")
        }
        M::Des3EcbEncryptData => from(
            DES3,
            "0123456789abcdef23456789abcdef01456789abcdef0123",
            data("5468652071756663 6b2062726f776e20"),
            "a826fd8ce53b855f cce21c8112256fe6",
        ),
        M::Des3CbcEncryptData => {
            let parameter = iv_and_data("34814c87f47fd59d", "de655a0ea771436c");
            from(DES3, "46133dcbf232b51964e0d95e83208f156732bf75b673abf1", parameter, "092368405296744a")
        }
        // Their definitions; of the last one the standard's example.
        M::ConcatenateBaseAndKey => Vector::Parts(concatenated_keys),
        M::ConcatenateBaseAndData => from(GENERIC, "0123", data("4567"), "01234567"),
        M::ConcatenateDataAndBase => from(GENERIC, "0123", data("4567"), "45670123"),
        M::XorBaseAndData => from(GENERIC, "0123", data("4567"), "4444"),
        M::ExtractKeyFromKey => from(GENERIC, "329f84a9", Parameter::Number(21), "9526"),
        // The digest of "abc" is that of a key of this value.
        M::Sha1KeyDerivation => hashed(Hash::Sha1),
        M::Sha224KeyDerivation => hashed(Hash::Sha224),
        M::Sha256KeyDerivation => hashed(Hash::Sha256),
        M::Sha384KeyDerivation => hashed(Hash::Sha384),
        M::Sha512KeyDerivation => hashed(Hash::Sha512),
        M::Sha512T224KeyDerivation => hashed(Hash::Sha512_224),
        M::Sha512T256KeyDerivation => hashed(Hash::Sha512_256),
        M::Sha3x224KeyDerivation => hashed(Hash::Sha3_224),
        M::Sha3x256KeyDerivation => hashed(Hash::Sha3_256),
        M::Sha3x384KeyDerivation => hashed(Hash::Sha3_384),
        M::Sha3x512KeyDerivation => hashed(Hash::Sha3_512),
        // RFC 5869 A.1.
        M::HkdfDerive => {
            let parameter = Parameter::Hkdf {
                extract: true,
                expand: true,
                hash: Hash::Sha256,
                salt: Salt::Data(hex("000102030405060708090a0b0c")),
                info: hex("f0f1f2f3f4f5f6f7f8f9"),
            };
            let value = "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865";
            from(HKDF, "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", parameter, value)
        }
        // RFC 6070, test 2.
        M::Pkcs5Pbkd2 => Vector::Password {
            parameter: Parameter::Pbkdf2 {
                salt: b"salt".to_vec(),
                iterations: 2,
                prf: Hash::Sha1,
                password: b"password".as_slice().into(),
            },
            value: hex("ea6c014dc72d6f8ccd1ed92ace1d41f0d8de8957"),
        },
        // NIST CAVP, KDFCTR_gen, KDFFeedback_gen, KDFDblPipeline_gen.
        M::Sp800CounterKdf | M::CloudHsmSp800CounterKdf => {
            let fixed = "e323cdfa7873a0d72cd86ffb4468744f097db60498f7d0e3a43bafd2d1af675e4a88338723b1236199705357c47bf1d89b2f4617a340980e6331625c";
            let fields = vec![KdfField::Iteration(Some(big(8))), KdfField::Bytes(hex(fixed))];
            let value = "dac9b6ca405749cfb065a0f1e42c7c4224d3d5db32fdafe9dee6ca193316f2c7";
            from(AES, "682e814d872397eba71170a693514904", kdf(CMAC, fields, ""), value)
        }
        M::Sp800FeedbackKdf => {
            let fixed = "53b89c18690e2057a1d167822e636de50be0018532c431f7f5e37f77139220d5e042599ebe266af5767ee18cd2c5c19a1f0f80";
            let fields = vec![KdfField::Iteration(None), KdfField::Counter(big(32)), KdfField::Bytes(hex(fixed))];
            let iv = "9f575d9059d3e0c0803f08112f8a806de3c3471912cdf42b095388b14b33508e";
            let value = "bd1476f43a4e315747cf5918e0ea5bc0d98769457477c3ab18b742def0e079a933b756365afb5541f253fee43c6fd788a44041038509e9eeb68f7d65ffbb5f95";
            let key = "93f698e842eed75394d629d957e2e89c6e741f810b623c8b901e38376d068e7b";
            from(GENERIC, key, kdf(HMAC_SHA256, fields, iv), value)
        }
        M::Sp800DoublePipelineKdf => {
            let fixed = "d39a29c988bce8c616c9eed55d2a4b7c44337cb8afc4b72aaf0230ba9b31bbfd25bfe442ba1f1f341ab992c9db1b974efa86f4";
            let fields = vec![KdfField::Iteration(None), KdfField::Counter(big(24)), KdfField::Bytes(hex(fixed))];
            let value = "b4f293e997de0907df297aad03693bcca7623c12446c3efb45414271fb845574eb69065b5f4f23a0d61d22d03a94d6b72e545c2fcbfd102cf4dd757d4234f895";
            let key = "b9ae7bfefd01bd135efef7b58058d7a8be563b471124efa4eacca983cd56a921";
            from(GENERIC, key, kdf(HMAC_SHA256, fields, ""), value)
        }
        // NIST CAVP, KAS_ECC_CDH_PrimitiveTest, P-256, count 0. The cofactor of these curves is 1.
        M::EcdhDerive | M::EcdhCofactorDerive => Vector::Derivation {
            base: private(3)
                .bytes(Attribute::EcParams, P256)
                .bytes(Attribute::Value, &hex("7d7dc5f71eb29ddaf80d6214632eeae03d9058af1fb6d22ed80badb62bc1a534")),
            parameter: Parameter::Ecdh {
                kdf: 1,
                shared: Vec::new(),
                public: hex(
                    "04 700c48f77f56584c5cc632ca65640db91b6bacce3a4df6b42ce7cc838833d287 db71e509e3fd9b060ddb20ba5c51dcc5948d46fbf640dfe0441782cab85fa4ac",
                ),
            },
            value: hex("46fc62106420ff012e54a434fbdd2d25ccc5852060561e68040dd7778997bd7b"),
        },
        // NIST CAVP, TLS 1.2, SHA-256, count 0.
        M::Tls12MasterKeyDerive | M::Tls12MasterKeyDeriveDh => {
            let seed = MasterSeed::Randoms {
                client: hex("36c129d01a3200894b9179faac589d9835d58775f9b5ea3587cb8fd0364cae8c"),
                server: hex("f6c9575ed7ddd73e1f7d16eca115415812a43c2b747daaaae043abfb50053fce"),
            };
            from(GENERIC, PREMASTER, Parameter::TlsMaster { prf: Hash::Sha256, seed, tells_version: false }, MASTER)
        }
        M::Tls12ExtendedMasterKeyDerive | M::Tls12ExtendedMasterKeyDeriveDh => Vector::Parts(extended_master),
        M::Tls12KeyAndMacDerive | M::Tls12KeySafeDerive => Vector::Parts(key_block),
        // The vector for P_SHA256 that the TLS working group exchanged.
        M::Tls12Kdf | M::TlsKdf => from(
            GENERIC,
            "9bbe436ba940f017b17652849a71db35",
            Parameter::TlsKdf {
                prf: Hash::Sha256,
                label: b"test label".to_vec(),
                client: hex("a0ba9f936cda3118"),
                server: hex("27a6f796ffd5198c"),
                context: Vec::new(),
            },
            "e3f229ba727be17b8d122620557cd453c2aab21d07c3d495329b52d4e61edb5a6b301791e90d35c9c9a46b4e14baf9af0fa022f7077def17abfd3797c0564bab4fbc91666e9def9b97fce34f796789baa48082d122ee42c5a72e5a5110fff70187347b66",
        ),
        M::Tls12Mac | M::TlsMac => Vector::Parts(finished),
        M::TlsPreMasterKeyGen => Vector::Parts(premaster),
        _ => return None,
    })
}

const AES_KEY: &str = "2b7e151628aed2a6abf7158809cf4f3c";
const BLOCK: &str = "6bc1bee22e409f96e93d7e117393172a";
/// The numbers of the mechanisms that SP 800-108 uses.
const CMAC: u64 = 0x108a;
const HMAC_SHA256: u64 = 0x251;

fn hashed(hash: Hash) -> Vector {
    Vector::Derivation { base: base(GENERIC, b"abc"), parameter: Parameter::None, value: hex(of_abc(hash)) }
}

fn big(bits: u64) -> CounterForm {
    CounterForm { little_endian: false, bits }
}

fn kdf(prf: u64, fields: Vec<KdfField>, iv: &str) -> Parameter {
    Parameter::CounterKdf { prf, fields, iv: hex(iv), further: Vec::new() }
}

fn concatenated_keys(token: &Token, session: SessionId, kind: MechanismType) {
    let (one, other) = (secret(token, session, GENERIC, &[1, 2]), secret(token, session, GENERIC, &[3]));
    let key = derive(token, session, &Mechanism::with(kind, Parameter::Key(other)), one, &open(3)).unwrap();
    assert_eq!(value_of(token, session, key), [1, 2, 3]);
}

/// The pseudo-random function, which has a vector of its own.
fn prf(token: &Token, session: SessionId, key: ObjectHandle, label: &[u8], seed: &[u8], length: usize) -> Vec<u8> {
    let [client, server, context] = [seed.to_vec(), Vec::new(), Vec::new()];
    let parameter = Parameter::TlsKdf { prf: Hash::Sha256, label: label.to_vec(), client, server, context };
    let made = derive(token, session, &Mechanism::with(MechanismType::TlsKdf, parameter), key, &open(length)).unwrap();
    value_of(token, session, made)
}

/// RFC 7627 §4.
fn extended_master(token: &Token, session: SessionId, kind: MechanismType) {
    let premaster = secret(token, session, GENERIC, &hex(PREMASTER));
    let seed = MasterSeed::Session(vec![5; 32]);
    let parameter = Parameter::TlsMaster { prf: Hash::Sha256, seed, tells_version: false };
    let master = derive(token, session, &Mechanism::with(kind, parameter), premaster, &open(48)).unwrap();
    let expected = prf(token, session, premaster, b"extended master secret", &[5; 32], 48);
    assert_eq!(value_of(token, session, master), expected);
}

/// NIST CAVP, TLS 1.2, SHA-256, count 0: the first 32 bytes of the key block.
fn key_block(token: &Token, session: SessionId, kind: MechanismType) {
    let master = secret(token, session, GENERIC, &hex(MASTER));
    let parameter = Parameter::TlsKeys {
        prf: Hash::Sha256,
        client: hex("62e1fd91f23f558a605f28478c58cf72637b89784d959df7e946d3f07bd1b616"),
        server: hex("ae6c806f8ad4d80784549dff28a4b58fd837681a51d928c3e30ee5ff14f39868"),
        mac_bits: 0,
        key_bits: 128,
        iv_bits: 0,
    };
    let mechanism = Mechanism::with(kind, parameter);
    let made = token.application.derive_key(session, &mechanism, master, &Template::new()).unwrap();
    let keys: Vec<u8> = made.further.into_iter().flatten().flat_map(|key| value_of(token, session, key)).collect();
    assert_eq!(keys, hex("d06139889fffac1e3a71865f504aa5d0d2a2e89506c6f2279b670c3e1b74f531"));
}

/// RFC 5246 §7.4.9.
fn finished(token: &Token, session: SessionId, kind: MechanismType) {
    let master = secret(token, session, GENERIC, &hex(MASTER));
    for (client, label) in [(true, b"client finished"), (false, b"server finished")] {
        let mechanism = Mechanism::with(kind, Parameter::TlsMac { prf: Hash::Sha256, length: 12, client });
        token.application.sign_init(session, &mechanism, master).unwrap();
        let code = output(|out| token.application.sign(session, &[6; 32], out)).unwrap();
        assert_eq!(code, prf(token, session, master, label, &[6; 32], 12));
        token.application.verify_init(session, &mechanism, master).unwrap();
        assert_eq!(token.application.verify(session, &[6; 32], &code), Ok(()));
        token.application.verify_init(session, &mechanism, master).unwrap();
        refused(token.application.verify(session, &[7; 32], &code), Error::SignatureInvalid);
    }
    // Refused before there is data: the standard lists no such code for C_Sign.
    let mechanism = Mechanism::with(kind, Parameter::TlsMac { prf: Hash::Sha1, length: 12, client: true });
    refused(token.application.sign_init(session, &mechanism, master), Error::MechanismParamInvalid);
}

/// RFC 5246 §7.4.7.1: the version, and nothing else that is known.
fn premaster(token: &Token, session: SessionId, kind: MechanismType) {
    let mechanism = Mechanism::with(kind, Parameter::Version([3, 3]));
    let key = token.application.generate_key(session, &mechanism, &open(48)).unwrap();
    assert_eq!(value_of(token, session, key)[..2], [3, 3]);
}
