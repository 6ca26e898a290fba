//! Keys and certificates as attributes, and back.

use crypto::asymmetric::curve::{Params, wrap_point};
use crypto::asymmetric::{ec, ed25519, rsa, x25519};
use crypto::keyfile::{Certificate, PrivateKey, PublicKey};
use hsm_sim::object::{Class, KeyType};
use hsm_sim::token::{Attribute, Error, ObjectHandle, Template};

use crate::failure::Failure;
use crate::token::describe::{Object, bytes};
use crate::token::place::Session;

/// `CKC_X_509`.
const X_509: u64 = 0;

fn object(class: Class, label: &str, id: &[u8]) -> Template {
    Template::new()
        .number(Attribute::Class, class.number().into())
        .flag(Attribute::Token, true)
        .bytes(Attribute::Label, label.as_bytes())
        .bytes(Attribute::Id, id)
}

/// A key, but for what it is for.
pub(super) fn key(class: Class, key_type: KeyType, label: &str, id: &[u8]) -> Template {
    object(class, label, id).number(Attribute::KeyType, key_type.number().into())
}

/// The attributes that make up a private key.
pub(super) fn private(key_: &PrivateKey, label: &str, id: &[u8]) -> Template {
    let on_curve = |key_type, params: Params, value: &[u8]| {
        key(Class::Private, key_type, label, id)
            .bytes(Attribute::EcParams, &params.to_der())
            .bytes(Attribute::Value, value)
    };
    match key_ {
        PrivateKey::Rsa(private) => {
            let parts = private.components();
            key(Class::Private, KeyType::Rsa, label, id)
                .bytes(Attribute::Modulus, &parts.modulus)
                .bytes(Attribute::PublicExponent, &parts.public_exponent)
                .bytes(Attribute::PrivateExponent, parts.private_exponent.expose())
                .bytes(Attribute::Prime1, parts.prime_1.expose())
                .bytes(Attribute::Prime2, parts.prime_2.expose())
                .bytes(Attribute::Exponent1, parts.exponent_1.expose())
                .bytes(Attribute::Exponent2, parts.exponent_2.expose())
                .bytes(Attribute::Coefficient, parts.coefficient.expose())
        }
        PrivateKey::Ec(private) => {
            on_curve(KeyType::Ec, Params::Weierstrass(private.curve()), private.number().expose())
        }
        PrivateKey::Ed25519(private) => on_curve(KeyType::Edwards, Params::Edwards25519, private.seed().expose()),
        PrivateKey::X25519(private) => on_curve(KeyType::Montgomery, Params::Curve25519, private.bytes().expose()),
    }
}

/// The attributes that make up a public key.
pub(crate) fn public(key_: &PublicKey, label: &str, id: &[u8]) -> Result<Template, Failure> {
    let on_curve = |key_type, params: Params, point: &[u8]| -> Result<Template, Failure> {
        Ok(key(Class::Public, key_type, label, id)
            .bytes(Attribute::EcParams, &params.to_der())
            .bytes(Attribute::EcPoint, &wrap_point(point)?))
    };
    match key_ {
        PublicKey::Rsa(public) => Ok(key(Class::Public, KeyType::Rsa, label, id)
            .bytes(Attribute::Modulus, &public.modulus())
            .bytes(Attribute::PublicExponent, &public.exponent())),
        PublicKey::Ec(public) => on_curve(KeyType::Ec, Params::Weierstrass(public.curve()), public.point()),
        PublicKey::Ed25519(public) => on_curve(KeyType::Edwards, Params::Edwards25519, public.bytes()),
        PublicKey::X25519(public) => on_curve(KeyType::Montgomery, Params::Curve25519, public),
    }
}

/// The attributes of a certificate.
pub(super) fn certificate(certificate: &Certificate, label: &str, id: &[u8]) -> Template {
    object(Class::Certificate, label, id)
        .number(Attribute::CertificateType, X_509)
        .bytes(Attribute::Subject, &certificate.subject)
        .bytes(Attribute::Issuer, &certificate.issuer)
        .bytes(Attribute::SerialNumber, &certificate.serial_number)
        .bytes(Attribute::Value, &certificate.der)
}

/// The public key of an object.
pub(super) fn read_public(session: &Session, object: &Object) -> Result<PublicKey, Failure> {
    if object.is_of(KeyType::Rsa) {
        let [modulus, exponent] = session.attributes(object.handle, [Attribute::Modulus, Attribute::PublicExponent])?;
        return Ok(PublicKey::Rsa(rsa::PublicKey::new(bytes(modulus.as_ref()), bytes(exponent.as_ref()))?));
    }
    let [params, point] = session.attributes(object.handle, [Attribute::EcParams, Attribute::EcPoint])?;
    let point = bytes(point.as_ref());
    Ok(match Params::parse(bytes(params.as_ref()))? {
        Params::Weierstrass(curve) => PublicKey::Ec(ec::PublicKey::new(curve, curve.unwrap_point(point))?),
        Params::Edwards25519 => PublicKey::Ed25519(ed25519::PublicKey::new(point)?),
        Params::Curve25519 => {
            let bare = if let [4, 32, bare @ ..] = point { bare } else { point };
            PublicKey::X25519(bare.try_into().map_err(|_| Failure::new("the token gives no point of this curve"))?)
        }
    })
}

/// The private key of an object.
///
/// # Errors
/// The object is sensitive or cannot be extracted.
pub(super) fn read_private(session: &Session, object: &Object) -> Result<PrivateKey, Failure> {
    if object.is_of(KeyType::Rsa) {
        let [modulus, e] = session.attributes(object.handle, [Attribute::Modulus, Attribute::PublicExponent])?;
        let [d, p, q] = secret_attributes(
            session,
            object.handle,
            [Attribute::PrivateExponent, Attribute::Prime1, Attribute::Prime2],
        )?;
        return Ok(PrivateKey::Rsa(rsa::PrivateKey::import(&rsa::Import {
            modulus: bytes(modulus.as_ref()),
            public_exponent: bytes(e.as_ref()),
            private_exponent: bytes(Some(&d)),
            primes: Some((bytes(Some(&p)), bytes(Some(&q)))),
            crt: None,
        })?));
    }
    let [params] = session.attributes(object.handle, [Attribute::EcParams])?;
    let [value] = secret_attributes(session, object.handle, [Attribute::Value])?;
    let value = bytes(Some(&value));
    Ok(match Params::parse(bytes(params.as_ref()))? {
        Params::Weierstrass(curve) => PrivateKey::Ec(ec::PrivateKey::new(curve, value)?),
        Params::Edwards25519 => PrivateKey::Ed25519(ed25519::PrivateKey::new(value)?),
        Params::Curve25519 => PrivateKey::X25519(x25519::PrivateKey::new(value)?),
    })
}

/// Attributes that the token may refuse to show.
pub(super) fn secret_attributes<const N: usize>(
    session: &Session,
    object: ObjectHandle,
    wanted: [Attribute; N],
) -> Result<[hsm_sim::token::Value; N], Failure> {
    let values: Result<Vec<_>, Error> =
        session.token.way.attributes(session.id, object, &wanted)?.into_iter().collect();
    let values = values.map_err(|error| match error {
        Error::AttributeSensitive => Failure::new(
            "the key is sensitive or not extractable: the token gives its value to nobody; only a key that was \
             imported or made exportable can be exported",
        ),
        error => error.into(),
    })?;
    // As many answers as were asked for.
    values.try_into().map_err(|_| Failure::new("the token did not answer for every attribute"))
}
