//! Ciphers with secret keys, and wrapping with them.

use hsm_sim::token::Parameter;

use super::*;

const CHACHA: u64 = 51;
const DES: u64 = 19;
const DES3: u64 = 21;

const BLOCK: &str = "6bc1bee22e409f96e93d7e117393172a";
const AES_KEY: &str = "2b7e151628aed2a6abf7158809cf4f3c";
const IV: &str = "000102030405060708090a0b0c0d0e0f";
const DES3_KEY: &str = "0123456789abcdef23456789abcdef01456789abcdef0123";

pub(super) fn vector(kind: MechanismType) -> Option<Vector> {
    use MechanismType as M;
    let gcm = |iv: &str| Parameter::Gcm { iv: hex(iv).into(), aad: Vec::new(), tag_bits: 128 };
    Some(match kind {
        // SP 800-38A F.1.1, F.2.1, F.5.1.
        M::AesEcb => cipher(AES, AES_KEY, Parameter::None, BLOCK, "3ad77bb40d7a3660a89ecaf32466ef97"),
        M::AesCbc => cipher(AES, AES_KEY, iv(IV), BLOCK, "7649abac8119b246cee98e9b12e9197d"),
        M::AesCtr => {
            let block = hex("f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff").try_into().unwrap();
            cipher(AES, AES_KEY, Parameter::Counter { bits: 128, block }, BLOCK, "874d6191b620e3261bef6864990db6ce")
        }
        M::AesCbcPad | M::DesCbcPad | M::Des3CbcPad => Vector::Parts(padding),
        // The proposal of GCM, test case 3.
        M::AesGcm => cipher(AES, GCM.0, gcm(GCM.1), GCM.2, GCM.3),
        M::CloudHsmAesGcm => Vector::Parts(prefixed),
        // SP 800-38C, example 1.
        M::AesCcm => {
            let (nonce, aad) = (hex("10111213141516"), hex("0001020304050607"));
            let parameter = Parameter::Ccm { data_len: 4, nonce: nonce.into(), aad, mac_len: 4 };
            cipher(AES, "404142434445464748494a4b4c4d4e4f", parameter, "20212223", "7162015b4dac255d")
        }
        // RFC 8439 §2.8.2.
        M::ChaCha20Poly1305 => {
            let parameter = Parameter::ChaChaPoly {
                nonce: hex("070000004041424344454647").into(),
                aad: hex("50515253c0c1c2c3c4c5c6c7"),
            };
            let text = "Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, sunscreen would be it.";
            Vector::Cipher {
                key: (CHACHA, (0x80..0xa0).collect()),
                parameter,
                plaintext: text.into(),
                ciphertext: hex(
                    "d31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d63dbea45e8ca9671282fafb69da92728b1a71de0a9e060b2905d6a5b67ecd3b3692ddbd7f2d778b8c9803aee328091b58fab324e4fad675945585808b4831d7bc3ff4def08e4b7a9de576d26586cec64b61161ae10b594f09e26a7e902ecbd0600691",
                ),
            }
        }
        // FIPS 81, tables B1 and C1.
        M::DesEcb => cipher(DES, "0123456789abcdef", Parameter::None, "4e6f772069732074", "3fa40e8a984d4815"),
        M::DesCbc => cipher(
            DES,
            "0123456789abcdef",
            iv("1234567890abcdef"),
            "4e6f77206973207468652074696d6520666f7220616c6c20",
            "e5c7cdde872bf27c43e934008c389c0f683788499a7c05f6",
        ),
        // SP 800-67 B.1.
        M::Des3Ecb => cipher(
            DES3,
            DES3_KEY,
            Parameter::None,
            "5468652071756663 6b2062726f776e20 666f78206a756d70",
            "a826fd8ce53b855f cce21c8112256fe6 68d5c05dd9b6b900",
        ),
        // NIST CAVP TCBCMMT3.
        M::Des3Cbc => cipher(
            DES3,
            "46133dcbf232b51964e0d95e83208f156732bf75b673abf1",
            iv("34814c87f47fd59d"),
            "de655a0ea771436c",
            "092368405296744a",
        ),
        // RFC 3394 §4.1.
        M::AesKeyWrap | M::CloudHsmAesKeyWrapNoPad => Vector::Wrapping {
            by: (AES, hex("000102030405060708090a0b0c0d0e0f")),
            parameter: Parameter::None,
            value: hex("00112233445566778899aabbccddeeff"),
            wrapped: hex("1fa68b0a8112b447aef34bd8fb5a7b829d3e862371d2cfe5"),
        },
        // RFC 5649 §6.
        M::AesKeyWrapPad | M::AesKeyWrapKwp | M::CloudHsmAesKeyWrapZeroPad => Vector::Wrapping {
            by: (AES, hex("5840df6e29b02af1ab493b705bf16ea1ae8338f4dcc176a8")),
            parameter: Parameter::None,
            value: hex("c37b7e6492584340bed12207808941155068f738"),
            wrapped: hex("138bdeaa9b8fa7fc61f97742e72248ee5ae6ae5360d1ae6a5f54f373fa543b6a"),
        },
        M::AesKeyWrapPkcs7 | M::CloudHsmAesKeyWrapPkcs5Pad => Vector::Parts(padded_wrapping),
        _ => return None,
    })
}

/// Key, IV, plaintext, ciphertext with tag.
const GCM: (&str, &str, &str, &str) = (
    "feffe9928665731c6d6a8f9467308308",
    "cafebabefacedbaddecaf888",
    "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b391aafd255",
    "42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac973d58e091473f59854d5c2af327cd64a62cf35abd2ba6fab4",
);

fn iv(bytes: &str) -> Parameter {
    Parameter::Bytes(hex(bytes))
}

fn cipher(key_type: u64, key: &str, parameter: Parameter, plaintext: &str, ciphertext: &str) -> Vector {
    Vector::Cipher { key: (key_type, hex(key)), parameter, plaintext: hex(plaintext), ciphertext: hex(ciphertext) }
}

/// Encryption with padding is that without, of padded data.
fn padding(token: &Token, session: SessionId, kind: MechanismType) {
    let (bare, key_type, key, block) = match kind {
        MechanismType::AesCbcPad => (MechanismType::AesCbc, AES, AES_KEY, 16),
        MechanismType::DesCbcPad => (MechanismType::DesCbc, DES, "0123456789abcdef", 8),
        _ => (MechanismType::Des3Cbc, DES3, DES3_KEY, 8),
    };
    let key = secret(token, session, key_type, &hex(key));
    let encrypt = |kind, data: &[u8]| {
        let mechanism = Mechanism::with(kind, Parameter::Bytes(vec![7; block]));
        token.application.encrypt_init(session, &mechanism, key).unwrap();
        output(|out| token.application.encrypt(session, data, out)).unwrap()
    };
    for length in [0, 1, block - 1, block] {
        let data = vec![3; length];
        let missing = block - length % block;
        let padded = [data.as_slice(), &vec![missing as u8; missing]].concat();
        assert_eq!(encrypt(kind, &data), encrypt(bare, &padded), "{kind:?} {length}");
    }
}

/// The published ciphertext behind its IV.
fn prefixed(token: &Token, session: SessionId, kind: MechanismType) {
    let (key, iv, plaintext, ciphertext) = GCM;
    let key = secret(token, session, AES, &hex(key));
    let parameter = Parameter::Gcm { iv: Vec::new().into(), aad: Vec::new(), tag_bits: 128 };
    token.application.decrypt_init(session, &Mechanism::with(kind, parameter), key).unwrap();
    let sealed = [hex(iv), hex(ciphertext)].concat();
    assert_eq!(output(|out| token.application.decrypt(session, &sealed, out)).unwrap(), hex(plaintext));
}

/// What is wrapped with padding unwraps without it to the padded value.
fn padded_wrapping(token: &Token, session: SessionId, kind: MechanismType) {
    let bare = match kind {
        MechanismType::AesKeyWrapPkcs7 => MechanismType::AesKeyWrap,
        _ => MechanismType::CloudHsmAesKeyWrapNoPad,
    };
    let by = secret(token, session, AES, &hex(AES_KEY));
    let key = secret(token, session, GENERIC, &[9; 13]);
    let wrapped = output(|out| token.application.wrap_key(session, &mechanism(kind), by, key, out)).unwrap();
    let template = everything(Template::new().number(Attribute::Class, SECRET).number(Attribute::KeyType, GENERIC));
    let unwrap = |kind| {
        let key = token.application.unwrap_key(session, &mechanism(kind), by, &wrapped, &template).unwrap();
        value_of(token, session, key)
    };
    assert_eq!(unwrap(kind), [9; 13]);
    assert_eq!(unwrap(bare), [[9; 13].as_slice(), &[3; 3]].concat());
}
