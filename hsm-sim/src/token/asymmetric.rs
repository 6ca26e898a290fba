//! Key pairs: what their attributes say as keys, and what keys say as attributes. The material of a private key is its PKCS#8
//! document; the public half stands in the attributes of both objects.

use crypto::SecretBytes;
use crypto::asymmetric::curve::{Params, unwrap_bytes, wrap_point};
use crypto::asymmetric::{ec, ed448, ed25519, ml_dsa, ml_kem, rsa, x448, x25519};

use crate::cluster::Personality;
use crate::object::{ExtraValue, KeyType, Object};
use crate::token::draft::Draft;
use crate::token::keys::Body;
use crate::token::lattice;
use crate::token::{Attribute, Error, Result, Value};
use crate::world::World;

/// The exponent of a pair whose template names none (PKCS#11 v3.1 §6.1.4 leaves it to the token).
const USUAL_EXPONENT: [u8; 3] = [1, 0, 1];

/// The smallest RSA key that `cloudhsm` takes from outside, in bits (inferred).
const CLOUD_LEAST: usize = 1024;

/// The sizes of RSA keys that `cloudhsm` makes (documented).
const CLOUD_BITS: std::ops::RangeInclusive<u64> = 2048..=4096;

/// The material of a private key that a client gave; its public half is put into the draft.
pub(crate) fn import(world: &World, draft: &mut Draft) -> Result<SecretBytes> {
    let body = match draft.key_type {
        KeyType::Rsa => Body::RsaPrivate(import_rsa(draft)?),
        KeyType::Ec | KeyType::Edwards | KeyType::Montgomery => {
            let value = draft.part(Attribute::Value);
            match (draft.key_type, Params::parse(draft.extra_bytes(Attribute::EcParams))?) {
                (KeyType::Ec, Params::Weierstrass(curve)) => Body::EcPrivate(ec::PrivateKey::new(curve, value)?),
                (KeyType::Edwards, Params::Edwards25519) => Body::EdPrivate(ed25519::PrivateKey::new(value)?),
                (KeyType::Edwards, Params::Edwards448) => Body::Ed448Private(ed448::PrivateKey::new(value)?),
                (KeyType::Montgomery, Params::Curve25519) => Body::XPrivate(x25519::PrivateKey::new(value)?),
                (KeyType::Montgomery, Params::Curve448) => Body::X448Private(x448::PrivateKey::new(value)?),
                _ => return Err(Error::TemplateInconsistent),
            }
        }
        KeyType::MlDsa | KeyType::MlKem => lattice::import(world, draft)?,
        _ => return Err(Error::TemplateInconsistent),
    };
    describe(draft, &body)?;
    material(&body)
}

fn import_rsa(draft: &Draft) -> Result<rsa::PrivateKey> {
    let part = |attribute| Some(draft.part(attribute)).filter(|part| !part.is_empty());
    let (p, q) = (part(Attribute::Prime1), part(Attribute::Prime2));
    let crt = (part(Attribute::Exponent1), part(Attribute::Exponent2), part(Attribute::Coefficient));
    let exponent = draft.extra_bytes(Attribute::PublicExponent);
    // The standard lets it be missing; nothing can be checked without it.
    let exponent = if exponent.is_empty() { &USUAL_EXPONENT } else { exponent };
    Ok(rsa::PrivateKey::import(&rsa::Import {
        modulus: draft.extra_bytes(Attribute::Modulus),
        public_exponent: exponent,
        private_exponent: draft.part(Attribute::PrivateExponent),
        primes: p.zip(q),
        crt: match crt {
            (Some(dp), Some(dq), Some(qinv)) => Some((dp, dq, qinv)),
            _ => None,
        },
    })?)
}

/// Takes over a private key that arrived as PKCS#8.
pub(crate) fn from_pkcs8(world: &World, draft: &mut Draft, document: &[u8]) -> Result<SecretBytes> {
    let body = match draft.key_type {
        KeyType::Rsa => Body::RsaPrivate(rsa::PrivateKey::from_pkcs8(document)?),
        KeyType::Ec => Body::EcPrivate(ec::PrivateKey::from_pkcs8(document)?),
        key_type @ (KeyType::Edwards | KeyType::Montgomery) => Body::on_named_curve(key_type, document)?,
        key_type @ (KeyType::MlDsa | KeyType::MlKem) => lattice::from_pkcs8(world, key_type, document)?,
        _ => return Err(Error::TemplateInconsistent),
    };
    describe(draft, &body)?;
    material(&body)
}

/// Checks the public key that a client gave.
pub(crate) fn adopt(draft: &mut Draft) -> Result<()> {
    let params = draft.extra_bytes(Attribute::EcParams);
    let point = draft.extra_bytes(Attribute::EcPoint);
    let (info, extra) = match draft.key_type {
        KeyType::Rsa => {
            let modulus = draft.extra_bytes(Attribute::Modulus);
            let key = rsa::PublicKey::new(modulus, draft.extra_bytes(Attribute::PublicExponent))?;
            require_size(draft, key.bits())?;
            (key.to_spki()?, Some((Attribute::ModulusBits, ExtraValue::Number(key.bits() as u64))))
        }
        key_type @ (KeyType::Ec | KeyType::Edwards | KeyType::Montgomery) => {
            let info = match (key_type, Params::parse(params)?) {
                (KeyType::Ec, Params::Weierstrass(curve)) => {
                    ec::PublicKey::new(curve, curve.unwrap_point(point))?.to_spki()?
                }
                (KeyType::Edwards, Params::Edwards25519) => ed25519::PublicKey::new(point)?.to_spki()?,
                (KeyType::Edwards, Params::Edwards448) => ed448::PublicKey::new(point)?.to_spki()?,
                (KeyType::Montgomery, Params::Curve25519) => x25519::to_spki(&bare(point)?)?,
                (KeyType::Montgomery, Params::Curve448) => x448::to_spki(&bare(point)?)?,
                _ => return Err(Error::TemplateInconsistent),
            };
            (info, None)
        }
        KeyType::MlDsa | KeyType::MlKem => (lattice::public_key_info(draft)?, None),
        _ => return Err(Error::TemplateInconsistent),
    };
    draft.put(Attribute::PublicKeyInfo, ExtraValue::Bytes(info));
    if let Some((attribute, value)) = extra {
        draft.put(attribute, value);
    }
    Ok(())
}

/// The public key of `N` bytes on a Montgomery curve, with or without the OCTET STRING around it.
fn bare<const N: usize>(point: &[u8]) -> Result<[u8; N]> {
    unwrap_bytes(point).ok_or(Error::AttributeValueInvalid)
}

/// Makes a pair as the public template wants it; the answer is the material of the private key.
pub(crate) fn generate(world: &World, public: &mut Draft, private: &mut Draft) -> Result<SecretBytes> {
    let entropy = world.entropy();
    let body = match public.key_type {
        KeyType::Rsa => {
            let bits = match public.extra(Attribute::ModulusBits) {
                Some(ExtraValue::Number(bits)) => *bits,
                _ => return Err(Error::TemplateIncomplete),
            };
            let exponent = public.extra_bytes(Attribute::PublicExponent);
            if public.personality() == Personality::CloudHsm {
                if exponent.is_empty() {
                    return Err(Error::TemplateIncomplete);
                }
                if !CLOUD_BITS.contains(&bits) || !bits.is_multiple_of(256) {
                    return Err(Error::AttributeValueInvalid);
                }
            }
            let exponent = if exponent.is_empty() { &USUAL_EXPONENT } else { exponent };
            let bits = u32::try_from(bits).map_err(|_| Error::AttributeValueInvalid)?;
            Body::RsaPrivate(rsa::PrivateKey::generate(bits, exponent).map_err(attribute)?)
        }
        KeyType::MlDsa | KeyType::MlKem => lattice::generate(world, public)?,
        key_type => match (key_type, Params::parse(public.extra_bytes(Attribute::EcParams))?) {
            (KeyType::Ec, Params::Weierstrass(curve)) => Body::EcPrivate(ec::PrivateKey::generate(curve, entropy)?),
            (KeyType::Edwards, Params::Edwards25519) => Body::EdPrivate(ed25519::PrivateKey::generate(entropy)?),
            (KeyType::Edwards, Params::Edwards448) => Body::Ed448Private(ed448::PrivateKey::generate(entropy)?),
            (KeyType::Montgomery, Params::Curve25519) => Body::XPrivate(x25519::PrivateKey::generate(entropy)?),
            (KeyType::Montgomery, Params::Curve448) => Body::X448Private(x448::PrivateKey::generate(entropy)?),
            _ => return Err(Error::CurveNotSupported),
        },
    };
    if private.extra(Attribute::ParameterSet).is_some_and(|set| Some(set) != public.extra(Attribute::ParameterSet)) {
        return Err(Error::TemplateInconsistent);
    }
    describe(public, &body)?;
    describe(private, &body)?;
    material(&body)
}

/// A bad exponent or size is an attribute here, and no mechanism's parameter or given key (PKCS#11 v3.1 §5.18.2).
fn attribute(error: crypto::Error) -> Error {
    match error {
        crypto::Error::Parameter { .. } | crypto::Error::KeySize { .. } => Error::AttributeValueInvalid,
        error => error.into(),
    }
}

/// Puts the public half of a private key into the attributes of a public or private key object.
fn describe(draft: &mut Draft, body: &Body) -> Result<()> {
    let public = draft.is_public_key();
    let info = match body {
        Body::RsaPrivate(key) => {
            require_size(draft, key.bits())?;
            let parts = key.components();
            if public {
                draft.put(Attribute::ModulusBits, ExtraValue::Number(key.bits() as u64));
            }
            draft.put(Attribute::Modulus, ExtraValue::Bytes(parts.modulus));
            draft.put(Attribute::PublicExponent, ExtraValue::Bytes(parts.public_exponent));
            key.public_key()?.to_spki()?
        }
        Body::EcPrivate(key) => {
            describe_curve(draft, Params::Weierstrass(key.curve()), key.point())?;
            key.public_key()?.to_spki()?
        }
        Body::EdPrivate(key) => {
            describe_curve(draft, Params::Edwards25519, key.public_bytes())?;
            key.public_key()?.to_spki()?
        }
        Body::Ed448Private(key) => {
            let public = key.public_key();
            describe_curve(draft, Params::Edwards448, public.bytes())?;
            public.to_spki()?
        }
        Body::XPrivate(key) => {
            describe_curve(draft, Params::Curve25519, key.public_bytes())?;
            x25519::to_spki(key.public_bytes())?
        }
        Body::X448Private(key) => {
            describe_curve(draft, Params::Curve448, key.public_bytes())?;
            x448::to_spki(key.public_bytes())?
        }
        Body::MlDsaPrivate(key, _) => {
            lattice::describe(draft, lattice::number_of(&key.set(), &ml_dsa::ParameterSet::ALL), key.public_bytes());
            key.public_key()?.to_spki()?
        }
        Body::MlKemPrivate(key) => {
            lattice::describe(draft, lattice::number_of(&key.set(), &ml_kem::ParameterSet::ALL), key.public_bytes());
            key.public_key()?.to_spki()?
        }
        _ => return Err(Error::KeyTypeInconsistent),
    };
    draft.put(Attribute::PublicKeyInfo, ExtraValue::Bytes(info));
    Ok(())
}

fn require_size(draft: &Draft, bits: usize) -> Result<()> {
    let small = draft.personality() == Personality::CloudHsm && bits < CLOUD_LEAST;
    if small { Err(Error::KeySizeRange) } else { Ok(()) }
}

fn describe_curve(draft: &mut Draft, params: Params, point: &[u8]) -> Result<()> {
    // As the client wrote them, if it did.
    if draft.extra(Attribute::EcParams).is_none() {
        draft.put(Attribute::EcParams, ExtraValue::Bytes(params.to_der()));
    }
    if draft.is_public_key() {
        draft.put(Attribute::EcPoint, ExtraValue::Bytes(wrap_point(point)?));
    }
    Ok(())
}

fn material(body: &Body) -> Result<SecretBytes> {
    Ok(match body {
        Body::RsaPrivate(key) => key.to_pkcs8()?,
        Body::EcPrivate(key) => key.to_pkcs8()?,
        Body::EdPrivate(key) => key.to_pkcs8()?,
        Body::Ed448Private(key) => key.to_pkcs8()?,
        Body::XPrivate(key) => key.to_pkcs8()?,
        Body::X448Private(key) => key.to_pkcs8()?,
        Body::MlDsaPrivate(key, _) => key.to_pkcs8()?,
        Body::MlKemPrivate(key) => key.to_pkcs8()?,
        _ => return Err(Error::KeyTypeInconsistent),
    })
}

/// A secret attribute of a private key.
pub(crate) fn part(object: &Object, document: &[u8], attribute: Attribute) -> Result<Value> {
    if let key_type @ (KeyType::MlDsa | KeyType::MlKem) = object.key_type {
        return lattice::part(key_type, document, attribute);
    }
    Ok(Value::Bytes(match (object.key_type, attribute) {
        (KeyType::Rsa, attribute) => {
            let parts = rsa::PrivateKey::from_pkcs8(document)?.components();
            match attribute {
                Attribute::PrivateExponent => parts.private_exponent,
                Attribute::Prime1 => parts.prime_1,
                Attribute::Prime2 => parts.prime_2,
                Attribute::Exponent1 => parts.exponent_1,
                Attribute::Exponent2 => parts.exponent_2,
                Attribute::Coefficient => parts.coefficient,
                _ => return Err(Error::AttributeTypeInvalid),
            }
        }
        (KeyType::Ec, Attribute::Value) => ec::PrivateKey::from_pkcs8(document)?.number().clone(),
        (key_type @ (KeyType::Edwards | KeyType::Montgomery), Attribute::Value) => {
            match Body::on_named_curve(key_type, document)? {
                Body::EdPrivate(key) => key.seed().clone(),
                Body::Ed448Private(key) => key.seed().clone(),
                Body::XPrivate(key) => key.bytes().clone(),
                Body::X448Private(key) => key.bytes().clone(),
                _ => return Err(Error::AttributeTypeInvalid),
            }
        }
        _ => return Err(Error::AttributeTypeInvalid),
    }))
}
