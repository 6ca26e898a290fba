//! TLS 1.2: master secrets, the keys of a connection, the codes of its Finished messages (PKCS#11 v3.1 §6.40, RFC 5246, RFC 7627).

use crypto::SecretBytes;
use crypto::hash::Hash;
use crypto::kdf::tls12::{self, MASTER_SECRET};

use crate::audit::Command;
use crate::object::{Class, Flags, KeyType};
use crate::token::carried::merged;
use crate::token::derive::{Derivation, Derived};
use crate::token::draft::{Draft, Origin};
use crate::token::mechanism::{Body, MasterSeed, Parameter};
use crate::token::{Attribute, Error, Result, Template, Value};

/// What the four keys can do beside what their template says.
const MAC_USES: [Attribute; 3] = [Attribute::Sign, Attribute::Verify, Attribute::Derive];
const CIPHER_USES: [Attribute; 3] = [Attribute::Encrypt, Attribute::Decrypt, Attribute::Derive];

impl Derivation<'_> {
    pub(super) fn tls_master(&self, prf: Hash, seed: &MasterSeed) -> Result<SecretBytes> {
        let premaster = match self.mechanism.kind.body() {
            Body::TlsMaster { versioned: true } => self.master_sized()?,
            _ => self.base_value()?,
        };
        let premaster = premaster.expose();
        Ok(match seed {
            MasterSeed::Randoms { client, server } => tls12::master_secret(prf, premaster, client, server)?,
            MasterSeed::Session(digest) => tls12::extended_master_secret(prf, premaster, digest)?,
        })
    }

    /// The version that a premaster secret begins with, for who asks.
    pub(super) fn tls_version(&self) -> Result<Option<[u8; 2]>> {
        let Parameter::TlsMaster { tells_version: true, .. } = &self.mechanism.parameter else { return Ok(None) };
        Ok(self.base_value()?.expose().first_chunk().copied())
    }

    /// The keys of a connection, guarded as the master secret is.
    pub(super) fn tls_keys(&self, template: &Template, with_ivs: bool) -> Result<Derived> {
        let Parameter::TlsKeys { prf, client, server, mac_bits, key_bits, iv_bits } = &self.mechanism.parameter else {
            return Err(Error::MechanismParamInvalid);
        };
        let bytes = |bits: u64| {
            let bytes = usize::try_from(bits / 8).ok().filter(|_| bits.is_multiple_of(8));
            bytes.filter(|bytes| *bytes <= super::LIMIT).ok_or(Error::MechanismParamInvalid)
        };
        let (mac, key) = (bytes(*mac_bits)?, bytes(*key_bits)?);
        let iv = if with_ivs { bytes(*iv_bits)? } else { 0 };
        let shared = |attribute: &Attribute| matches!(attribute, Attribute::Token | Attribute::Private);
        let given = |(name, value): (Attribute, &Value)| (name, value.clone());
        let mac_template: Template = template.iter().filter(|(name, _)| shared(name)).map(given).collect();
        let master = self.master_sized()?;
        let block = tls12::key_block(*prf, master.expose(), server, client, 2 * (mac + key + iv))?;
        let mut rest = block.expose();
        let mut next = |length: usize| {
            let (part, left) = rest.split_at(length);
            rest = left;
            part
        };
        let mut objects = Vec::new();
        for (length, template, uses) in [
            (mac, &mac_template, MAC_USES),
            (mac, &mac_template, MAC_USES),
            (key, template, CIPHER_USES),
            (key, template, CIPHER_USES),
        ] {
            let value = SecretBytes::from(next(length));
            if length > 0 {
                objects.push(self.finish(self.guarded(template, uses)?, value)?);
            }
        }
        let ivs = (next(iv).to_vec(), next(iv).to_vec());
        let mut handles = self.application.add_by(self.session, self.login, objects, Command::DeriveKey)?.into_iter();
        let further = [mac, mac, key, key].map(|length| if length > 0 { handles.next() } else { None });
        Ok(Derived { further: further.to_vec(), ivs: with_ivs.then_some(ivs), ..Derived::default() })
    }

    fn guarded(&self, template: &Template, uses: [Attribute; 3]) -> Result<Draft> {
        let mut template = merged(template, &self.base.object, Attribute::DeriveTemplate)?;
        for attribute in uses {
            match template.get(attribute) {
                None => template.push(attribute, Value::Flag(true)),
                Some(Value::Flag(true)) => {}
                Some(_) => return Err(Error::TemplateInconsistent),
            }
        }
        let base: Flags = self.base.object.flags;
        let key_type = template.get(Attribute::KeyType).is_none().then_some(KeyType::Generic);
        let expected = (Some(Class::Secret), key_type);
        let personality = self.session.slot.personality;
        let mut draft = Draft::new(personality, Origin::Derive(base), expected, false, &template)?;
        draft.inherit_all(base, &template)?;
        self.application.may_add(self.session, &draft)?;
        Ok(draft)
    }

    /// The base, which must be as long as a master secret.
    fn master_sized(&self) -> Result<SecretBytes> {
        let value = self.base_value()?;
        if value.len() == MASTER_SECRET { Ok(value) } else { Err(Error::KeySizeRange) }
    }
}

/// The code of a Finished message over the digest of the handshake (RFC 5246 §7.4.9).
#[derive(Debug, Clone, Copy)]
pub(crate) struct Finished {
    prf: Hash,
    length: usize,
    client: bool,
}

impl Finished {
    pub(crate) fn new(parameter: &Parameter) -> Result<Self> {
        let Parameter::TlsMac { prf, length, client } = parameter else { return Err(Error::MechanismParamInvalid) };
        // Before there is data: the standard lists no such code for C_Sign.
        tls12::check_hash(*prf)?;
        let length = usize::try_from(*length).ok().filter(|length| (1..=super::LIMIT).contains(length));
        Ok(Self { prf: *prf, length: length.ok_or(Error::MechanismParamInvalid)?, client: *client })
    }

    pub(crate) fn length(self) -> usize {
        self.length
    }

    pub(crate) fn sign(self, master: &[u8], digest: &[u8]) -> Result<Vec<u8>> {
        let label: &[u8] = if self.client { b"client finished" } else { b"server finished" };
        Ok(tls12::prf(self.prf, master, label, digest, self.length)?.expose().to_vec())
    }

    pub(crate) fn verify(self, master: &[u8], digest: &[u8], code: &[u8]) -> Result<()> {
        if code.len() != self.length {
            return Err(Error::SignatureLenRange);
        }
        let expected = SecretBytes::new(self.sign(master, digest)?);
        if expected == SecretBytes::from(code) { Ok(()) } else { Err(Error::SignatureInvalid) }
    }
}
