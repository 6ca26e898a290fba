//! The keys of a run and what is made with them beforehand.

use cryptoki::error::Error as CallError;
use cryptoki::mechanism::Mechanism;
use cryptoki::mechanism::aead::GcmParams;
use cryptoki::object::{Attribute, ObjectHandle};
use cryptoki::session::Session;

use super::code;
use super::operation::{Need, Operation, Row};
use crate::error::{Error, Result};
use crate::plan::Plan;
use crate::target::Stop;

/// The object identifier of P-256, DER.
const P256: &[u8] = &[6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7];
/// What ECDSA signs: as long as a SHA-256 digest.
pub(super) const DIGEST: &[u8; 32] = &[0x5a; 32];
/// What is made beforehand must fit here, bytes.
const ROOM: usize = 1 << 30;

/// Keys by kind, as many of each needed kind as the plan says, and messages by key and size.
#[derive(Debug, Default)]
pub(super) struct Keys {
    pub(super) aes: Vec<ObjectHandle>,
    pub(super) hmac: Vec<ObjectHandle>,
    pub(super) rsa: Vec<Pair>,
    pub(super) ec: Vec<Pair>,
    /// What finds each AES key.
    pub(super) templates: Vec<[Attribute; 1]>,
    /// A payload of each size.
    pub(super) payloads: Vec<Vec<u8>>,
    /// By AES key, then by size.
    pub(super) sealed: Vec<Vec<Sealed>>,
    /// By RSA key, then by size.
    pub(super) rsa_signatures: Vec<Vec<Vec<u8>>>,
    /// By EC key.
    pub(super) ec_signatures: Vec<Vec<u8>>,
}

/// A key pair.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pair {
    pub(super) public: ObjectHandle,
    pub(super) private: ObjectHandle,
}

/// An encrypted message.
#[derive(Debug)]
pub(super) struct Sealed {
    /// The IV that was used: some tokens choose it themselves and write it over the given one.
    pub(super) iv: [u8; 12],
    pub(super) bytes: Vec<u8>,
}

/// Encrypts with an IV of zeros, which all tokens take, those that choose the IV themselves included.
pub(super) fn seal(session: &Session, key: ObjectHandle, data: &[u8]) -> std::result::Result<Sealed, CallError> {
    let mut iv = [0; 12];
    let parameter = GcmParams::new(&mut iv, &[], 128.into())?;
    let bytes = session.encrypt(&Mechanism::AesGcm(parameter), key, data)?;
    Ok(Sealed { iv, bytes })
}

/// What an AES-256 key is, but for its name and place.
pub(super) fn aes_template() -> [Attribute; 3] {
    [Attribute::ValueLen(32.into()), Attribute::Encrypt(true), Attribute::Decrypt(true)]
}

/// Makes keys in a session.
pub(super) struct Maker<'a> {
    pub(super) session: &'a Session,
    pub(super) label: &'a str,
    pub(super) token: bool,
    /// Where keys on the token are noted as soon as they exist.
    pub(super) made: &'a mut Vec<ObjectHandle>,
    pub(super) stop: &'a Stop,
}

impl Maker<'_> {
    pub(super) fn make(&mut self, plan: &Plan, rows: &[Row]) -> Result<Keys> {
        let needs = |need: Need| rows.iter().any(|row| row.need == need);
        let does = |operation: Operation| rows.iter().any(|row| row.operation == operation);
        if does(Operation::Decrypt) && plan.sizes.bytes().iter().sum::<usize>().saturating_mul(plan.keys) > ROOM {
            return Err(Error::Plan(
                "the messages to decrypt, one for each key and size, need more than 1 GiB".to_owned(),
            ));
        }
        let payloads = plan.sizes.bytes().iter().map(|size| vec![0xa5; *size]).collect();
        let mut keys = Keys { payloads, ..Keys::default() };
        for number in 0..plan.keys {
            if needs(Need::Aes) {
                self.aes(&mut keys, number, does(Operation::Decrypt))?;
            }
            if needs(Need::Hmac) {
                let template = [Attribute::ValueLen(32.into()), Attribute::Sign(true), Attribute::Verify(true)];
                keys.hmac.push(self.secret(&Mechanism::GenericSecretKeyGen, number, template)?);
            }
            if needs(Need::Rsa) {
                self.rsa(&mut keys, number, does(Operation::RsaVerify))?;
            }
            if needs(Need::Ec) {
                self.ec(&mut keys, number, does(Operation::EcdsaVerify))?;
            }
        }
        Ok(keys)
    }

    fn aes(&mut self, keys: &mut Keys, number: usize, seals: bool) -> Result<()> {
        let key = self.secret(&Mechanism::AesKeyGen, number, aes_template())?;
        keys.aes.push(key);
        keys.templates.push([self.name("aes", number)]);
        if seals {
            let sealed = keys.payloads.iter().map(|payload| seal(self.session, key, payload));
            keys.sealed.push(sealed.collect::<std::result::Result<_, _>>().map_err(|error| code::failed(&error))?);
        }
        Ok(())
    }

    fn rsa(&mut self, keys: &mut Keys, number: usize, signs: bool) -> Result<()> {
        let public = [Attribute::ModulusBits(2048.into()), Attribute::PublicExponent(vec![1, 0, 1])];
        let pair = self.pair(&Mechanism::RsaPkcsKeyPairGen, "rsa", number, public)?;
        keys.rsa.push(pair);
        if signs {
            let sign = |payload: &Vec<u8>| self.session.sign(&Mechanism::Sha256RsaPkcs, pair.private, payload);
            let signatures = keys.payloads.iter().map(sign).collect::<std::result::Result<_, _>>();
            keys.rsa_signatures.push(signatures.map_err(|error| code::failed(&error))?);
        }
        Ok(())
    }

    fn ec(&mut self, keys: &mut Keys, number: usize, signs: bool) -> Result<()> {
        let pair = self.pair(&Mechanism::EccKeyPairGen, "ec", number, [Attribute::EcParams(P256.to_vec())])?;
        keys.ec.push(pair);
        if signs {
            let signature = self.session.sign(&Mechanism::Ecdsa, pair.private, DIGEST);
            keys.ec_signatures.push(signature.map_err(|error| code::failed(&error))?);
        }
        Ok(())
    }

    /// The label by which a key is the run's.
    fn name(&self, kind: &str, number: usize) -> Attribute {
        Attribute::Label(format!("{} {kind} {number}", self.label).into_bytes())
    }

    fn secret(
        &mut self,
        mechanism: &Mechanism<'_>,
        number: usize,
        more: impl IntoIterator<Item = Attribute>,
    ) -> Result<ObjectHandle> {
        self.stop.check()?;
        let kind = if matches!(mechanism, Mechanism::AesKeyGen) { "aes" } else { "hmac" };
        let mut template = vec![Attribute::Token(self.token), self.name(kind, number)];
        template.extend(more);
        let key = self.session.generate_key(mechanism, &template).map_err(|error| code::failed(&error))?;
        self.note([key]);
        Ok(key)
    }

    fn pair(
        &mut self,
        mechanism: &Mechanism<'_>,
        kind: &str,
        number: usize,
        more: impl IntoIterator<Item = Attribute>,
    ) -> Result<Pair> {
        self.stop.check()?;
        let common = [Attribute::Token(self.token), self.name(kind, number)];
        let mut public = [&common[..], &[Attribute::Verify(true)]].concat();
        public.extend(more);
        let private = [&common[..], &[Attribute::Sign(true)]].concat();
        let made = self.session.generate_key_pair(mechanism, &public, &private);
        let (public, private) = made.map_err(|error| code::failed(&error))?;
        self.note([public, private]);
        Ok(Pair { public, private })
    }

    fn note<const N: usize>(&mut self, keys: [ObjectHandle; N]) {
        if self.token {
            self.made.extend(keys);
        }
    }
}
