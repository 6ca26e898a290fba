//! What tokens say of their mechanisms.

use hsm_sim::token::Uses;

use super::*;

/// The uses of a mechanism and its smallest and largest key, by the families of the standard (PKCS#11 v3.1 §6). Sizes are in the
/// unit that the standard gives the family; one that it gives none shows what a token holds.
fn family(kind: MechanismType) -> (Uses, u64, u64) {
    let codes = Uses::SIGN | Uses::VERIFY;
    let encrypts = Uses::ENCRYPT | Uses::DECRYPT;
    let wraps = Uses::WRAP | Uses::UNWRAP;
    let name = format!("{kind:?}");
    let name = name.trim_start_matches("CloudHsm");
    let starts = |words: &[&str]| words.iter().any(|word| name.starts_with(word));
    let ends = |words: &[&str]| words.iter().any(|word| name.ends_with(word));
    match name {
        // Of the key in bits.
        "GenericSecretKeyGen" | "HkdfKeyGen" | "Pkcs5Pbkd2" => (Uses::GENERATE, 8, 6400),
        // Of the key in bytes.
        "TlsPreMasterKeyGen" => (Uses::GENERATE, 48, 48),
        "ChaCha20KeyGen" => (Uses::GENERATE, 32, 32),
        "ChaCha20Poly1305" => (encrypts, 32, 32),
        "Tls12Mac" | "TlsMac" => (codes, 48, 48),
        _ if starts(&["Tls"]) && ends(&["Dh", "Kdf"]) => (Uses::DERIVE, 1, 800),
        _ if starts(&["Tls"]) => (Uses::DERIVE, 48, 48),
        // Of the modulus in bits.
        _ if name.starts_with("Rsa") && name.ends_with("KeyPairGen") => (Uses::GENERATE_PAIR, 512, 8192),
        "RsaPkcs" => (encrypts | codes | Uses::SIGN_RECOVER | Uses::VERIFY_RECOVER | wraps, 512, 8192),
        "RsaX509" => (encrypts | codes | Uses::SIGN_RECOVER | Uses::VERIFY_RECOVER | wraps, 512, 8192),
        "RsaPkcsOaep" => (encrypts | wraps, 512, 8192),
        "RsaAesKeyWrap" => (wraps, 512, 8192),
        _ if ends(&["RsaPkcs", "RsaPkcsPss"]) => (codes, 512, 8192),
        // Of the curve's field in bits.
        "EcKeyPairGen" => (Uses::GENERATE_PAIR | Uses::EC, 224, 521),
        "EcEdwardsKeyPairGen" | "EcMontgomeryKeyPairGen" => (Uses::GENERATE_PAIR, 255, 448),
        "Eddsa" => (codes, 255, 448),
        _ if starts(&["Ecdsa"]) => (codes | Uses::EC, 224, 521),
        _ if starts(&["Ecdh"]) => (Uses::DERIVE | Uses::EC, 224, 521),
        // Of the public key in bytes.
        "MlDsaKeyPairGen" => (Uses::GENERATE_PAIR, 1312, 2592),
        _ if starts(&["MlDsa", "HashMlDsa"]) => (codes, 1312, 2592),
        "MlKemKeyPairGen" => (Uses::GENERATE_PAIR, 800, 1568),
        "MlKem" => (Uses::ENCAPSULATE | Uses::DECAPSULATE, 800, 1568),
        // Of the key in bytes.
        _ if ends(&["EncryptData"]) && starts(&["Aes"]) => (Uses::DERIVE, 16, 32),
        _ if ends(&["EncryptData"]) && starts(&["Des3"]) => (Uses::DERIVE, 24, 24),
        _ if ends(&["EncryptData"]) => (Uses::DERIVE, 8, 8),
        "AesKeyGen" => (Uses::GENERATE, 16, 32),
        "Des3KeyGen" => (Uses::GENERATE, 24, 24),
        "DesKeyGen" => (Uses::GENERATE, 8, 8),
        "AesCmac" | "AesCmacGeneral" | "AesGmac" => (codes, 16, 32),
        _ if starts(&["AesKeyWrap"]) => (wraps, 16, 32),
        _ if starts(&["Aes"]) => (encrypts | wraps, 16, 32),
        _ if starts(&["Des3"]) => (encrypts | wraps, 24, 24),
        _ if starts(&["Des"]) => (encrypts | wraps, 8, 8),
        _ if ends(&["Hmac", "HmacGeneral"]) => (codes, 1, 800),
        _ if ends(&["KeyGen"]) => (Uses::GENERATE, 1, 800),
        _ if starts(&["Concatenate", "Xor", "Extract", "Sp800", "HkdfDerive"]) || ends(&["KeyDerivation"]) => {
            (Uses::DERIVE, 1, 800)
        }
        _ if starts(&["Md5", "Sha"]) => (Uses::DIGEST, 0, 0),
        _ => panic!("{name} is of no family"),
    }
}

#[test]
fn what_tokens_say_of_each_mechanism() {
    for (personality, (token, _)) in [(Personality::Generic, generic()), (Personality::CloudHsm, cloud(1))] {
        let offered = token.application.mechanisms(token.slot).unwrap();
        for kind in MechanismType::ALL.iter().copied() {
            let info = token.application.mechanism_info(token.slot, kind);
            if !offered.contains(&kind) {
                refused(info, Error::MechanismInvalid);
                continue;
            }
            let (info, (uses, min, max)) = (info.unwrap(), family(kind));
            let recover = Uses::SIGN_RECOVER | Uses::VERIFY_RECOVER;
            let messages = Uses::MESSAGE_ENCRYPT
                | Uses::MESSAGE_DECRYPT
                | Uses::MESSAGE_SIGN
                | Uses::MESSAGE_VERIFY
                | Uses::MULTI_MESSAGE;
            let wraps = Uses::WRAP | Uses::UNWRAP;
            // The client library has no functions for either, makes RSA keys of 2048 to 4096 bits, and wraps by fewer mechanisms
            // (documented); it takes no keys below 1024 bits (inferred).
            let (expected, sizes) = match (personality, kind) {
                (Personality::CloudHsm, MechanismType::RsaPkcsKeyPairGen | MechanismType::RsaX931KeyPairGen) => {
                    (uses, (2048, 4096))
                }
                (Personality::CloudHsm, MechanismType::AesCtr) => (uses.without(wraps), (min, max)),
                (Personality::CloudHsm, MechanismType::RsaX509) => (uses.without(recover | wraps), (1024, max)),
                (Personality::CloudHsm, _) if min == 512 => (uses.without(recover), (1024, max)),
                (Personality::CloudHsm, _) => (uses.without(recover), (min, max)),
                (Personality::Generic, _) => (uses, (min, max)),
            };
            let said = if personality == Personality::Generic { info.uses.without(messages) } else { info.uses };
            assert_eq!(said, expected, "{personality:?} {kind:?}");
            assert_eq!((info.min_key_size, info.max_key_size), sizes, "{personality:?} {kind:?}");
        }
    }
}
