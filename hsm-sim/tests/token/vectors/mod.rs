//! Every mechanism against published vectors, through the token. A family answers for its mechanisms with a [`Vector`]; a
//! mechanism that no family knows fails the test, so that none is added without one.

mod ciphers;
mod codes;
mod derivations;
mod pairs;

use hsm_sim::token::{Hash, Parameter, Uses};

use super::*;

/// A published answer, and where the key comes from.
enum Vector {
    /// The digest of `abc`.
    Digest(Vec<u8>),
    /// A code of data; the key is a secret of this type.
    Code { key: (u64, Vec<u8>), parameter: Parameter, data: Vec<u8>, code: Vec<u8> },
    /// A secret key encrypts to it and decrypts it.
    Cipher { key: (u64, Vec<u8>), parameter: Parameter, plaintext: Vec<u8>, ciphertext: Vec<u8> },
    /// A private key decrypts it.
    Opened { key: Template, parameter: Parameter, plaintext: Vec<u8>, ciphertext: Vec<u8> },
    /// A public key finds it valid, and nothing else.
    Signature { key: Template, parameter: Parameter, data: Vec<u8>, signature: Vec<u8> },
    /// A secret key wraps a value to it, and unwraps it.
    Wrapping { by: (u64, Vec<u8>), parameter: Parameter, value: Vec<u8>, wrapped: Vec<u8> },
    /// A key derived from the base has this value.
    Derivation { base: Template, parameter: Parameter, value: Vec<u8> },
    /// A password becomes this value.
    Password { parameter: Parameter, value: Vec<u8> },
    /// Nobody published one: the mechanism agrees with others that have theirs.
    Parts(fn(&Token, SessionId, MechanismType)),
}

/// The answer of the one family that knows a mechanism.
fn vector(kind: MechanismType) -> Option<Vector> {
    codes::vector(kind)
        .or_else(|| ciphers::vector(kind))
        .or_else(|| pairs::vector(kind))
        .or_else(|| derivations::vector(kind))
}

/// Mechanisms that make keys at random have no answers to compare.
fn makes_random_keys(kind: MechanismType) -> bool {
    let chosen = [MechanismType::Pkcs5Pbkd2, MechanismType::TlsPreMasterKeyGen].contains(&kind);
    (kind.uses().has(Uses::GENERATE) && !chosen) || kind.uses().has(Uses::GENERATE_PAIR)
}

/// Mechanisms of FIPS 203 and FIPS 204, whose vectors are run where their functions are tested.
fn is_lattice(kind: MechanismType) -> bool {
    let name = format!("{kind:?}");
    name.contains("MlDsa") || name.contains("MlKem")
}

#[test]
fn every_mechanism_answers_as_published() {
    let (generic, cloud) = (generic(), cloud(2));
    let mut without = Vec::new();
    for kind in MechanismType::ALL.iter().copied().filter(|kind| !makes_random_keys(*kind) && !is_lattice(*kind)) {
        let (token, session) = if kind.is_offered(Personality::Generic) { &generic } else { &cloud };
        match vector(kind) {
            Some(vector) => check(token, *session, kind, vector),
            None => without.push(kind),
        }
    }
    assert_eq!(without, [], "these mechanisms have no vector");
}

fn check(token: &Token, session: SessionId, kind: MechanismType, vector: Vector) {
    let application = &token.application;
    let with = |parameter| Mechanism::with(kind, parameter);
    match vector {
        Vector::Digest(digest) => assert_eq!(digest_of(token, session, kind, b"abc"), digest, "{kind:?}"),
        Vector::Code { key: (key_type, key), parameter, data, code } => {
            let key = secret(token, session, key_type, &key);
            application.sign_init(session, &with(parameter.clone()), key).unwrap();
            assert_eq!(output(|out| application.sign(session, &data, out)).unwrap(), code, "{kind:?}");
            application.verify_init(session, &with(parameter), key).unwrap();
            assert_eq!(application.verify(session, &data, &code), Ok(()), "{kind:?}");
        }
        Vector::Cipher { key: (key_type, key), parameter, plaintext, ciphertext } => {
            let key = secret(token, session, key_type, &key);
            application.encrypt_init(session, &with(parameter.clone()), key).unwrap();
            assert_eq!(output(|out| application.encrypt(session, &plaintext, out)).unwrap(), ciphertext, "{kind:?}");
            application.decrypt_init(session, &with(parameter), key).unwrap();
            assert_eq!(output(|out| application.decrypt(session, &ciphertext, out)).unwrap(), plaintext, "{kind:?}");
        }
        Vector::Opened { key, parameter, plaintext, ciphertext } => {
            let key = application.create_object(session, &key).unwrap();
            application.decrypt_init(session, &with(parameter), key).unwrap();
            assert_eq!(output(|out| application.decrypt(session, &ciphertext, out)).unwrap(), plaintext, "{kind:?}");
        }
        Vector::Signature { key, parameter, data, signature } => {
            let key = application.create_object(session, &key).unwrap();
            let verify = |data: &[u8]| {
                application.verify_init(session, &with(parameter.clone()), key).unwrap();
                application.verify(session, data, &signature)
            };
            assert_eq!(verify(&data), Ok(()), "{kind:?}");
            let mut other = data;
            other[0] ^= 1;
            assert_eq!(verify(&other), Err(Error::SignatureInvalid), "{kind:?}");
        }
        Vector::Wrapping { by: (key_type, by), parameter, value, wrapped } => {
            let by = secret(token, session, key_type, &by);
            let key = secret(token, session, GENERIC, &value);
            let made = output(|out| application.wrap_key(session, &with(parameter.clone()), by, key, out)).unwrap();
            assert_eq!(made, wrapped, "{kind:?}");
            let template =
                everything(Template::new().number(Attribute::Class, SECRET).number(Attribute::KeyType, GENERIC));
            let again = application.unwrap_key(session, &with(parameter), by, &wrapped, &template).unwrap();
            assert_eq!(value_of(token, session, again), value, "{kind:?}");
        }
        Vector::Derivation { base, parameter, value } => {
            let base = application.create_object(session, &base).unwrap();
            let key = derive(token, session, &with(parameter), base, &open(value.len())).unwrap();
            assert_eq!(value_of(token, session, key), value, "{kind:?}");
        }
        Vector::Password { parameter, value } => {
            let key = application.generate_key(session, &with(parameter), &open(value.len())).unwrap();
            assert_eq!(value_of(token, session, key), value, "{kind:?}");
        }
        Vector::Parts(agree) => agree(token, session, kind),
    }
}

/// The template of a key of so many bytes that shows its value.
fn open(bytes: usize) -> Template {
    everything(Template::new().number(Attribute::ValueLen, bytes as u64))
}

/// The template of a secret that may do everything.
fn base(key_type: u64, value: &[u8]) -> Template {
    let key = Template::new().number(Attribute::Class, SECRET).number(Attribute::KeyType, key_type);
    everything(key.bytes(Attribute::Value, value))
}

fn value_of(token: &Token, session: SessionId, key: ObjectHandle) -> Vec<u8> {
    match attribute(token, session, key, Attribute::Value) {
        Ok(Value::Bytes(bytes)) => bytes.expose().to_vec(),
        other => panic!("{other:?}"),
    }
}

fn digest_of(token: &Token, session: SessionId, kind: MechanismType, data: &[u8]) -> Vec<u8> {
    token.application.digest_init(session, &mechanism(kind)).unwrap();
    output(|out| token.application.digest(session, data, out)).unwrap()
}

/// The mechanism that is a digest and nothing more.
fn digest_mechanism(hash: Hash) -> MechanismType {
    *MechanismType::ALL.iter().find(|kind| kind.digest() == Some(hash)).unwrap()
}
