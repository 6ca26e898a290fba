//! Mechanisms: the number names the form of the parameter.

use hsm_sim::token::{self, Derived, Mechanism, MechanismType, Parameter, ParameterForm};

use crate::boundary::Bytes;
use crate::ck;
use crate::convert::parameter::aead::GivenGcm;
use crate::convert::parameter::{aead, derive, rsa, tls};
use crate::error::{Error, Result};

/// A parameter that is not of its mechanism's form.
pub(super) const INVALID: Error = Error::Token(token::Error::MechanismParamInvalid);

/// The mechanism with its parameter. Unknown ones and malformed parameters are values too: what the token refuses first is
/// the session, the operation and the key (PKCS#11 v3.0 §5.1.7).
pub(crate) fn mechanism(given: &ck::Mechanism) -> Mechanism {
    let kind = MechanismType::from_number(given.kind).unwrap_or(MechanismType::Unknown);
    let bytes = &given.parameter;
    let parameter = match kind.form() {
        ParameterForm::None => none(bytes),
        ParameterForm::Bytes => plain(bytes).map(|bytes| Parameter::Bytes(bytes.to_vec())),
        ParameterForm::Number => bytes.parse().map(Parameter::Number).ok_or(INVALID),
        ParameterForm::Key => bytes.parse().map(|key| Parameter::Key(token::ObjectHandle::new(key))).ok_or(INVALID),
        ParameterForm::Counter => aead::counter(bytes),
        ParameterForm::Gcm => aead::gcm(bytes),
        ParameterForm::Gmac => aead::gmac(bytes),
        ParameterForm::Ccm => aead::ccm(bytes),
        ParameterForm::ChaChaPoly => aead::chacha_poly(bytes),
        ParameterForm::Oaep => rsa::oaep(bytes),
        ParameterForm::Pss => rsa::pss(bytes),
        ParameterForm::RsaAesWrap => rsa::aes_wrap(bytes),
        ParameterForm::Eddsa => rsa::eddsa(bytes),
        ParameterForm::MlDsa => rsa::ml_dsa(bytes),
        ParameterForm::HashMlDsa => rsa::hash_ml_dsa(bytes),
        ParameterForm::Ecdh => derive::ecdh(bytes),
        ParameterForm::StringData => derive::string_data(bytes),
        ParameterForm::IvAndData => derive::iv_and_data(bytes),
        ParameterForm::Hkdf => derive::hkdf(bytes),
        ParameterForm::Pbkdf2 => derive::pbkdf2(bytes),
        ParameterForm::CounterKdf => derive::counter_kdf(bytes),
        ParameterForm::FeedbackKdf => derive::feedback_kdf(bytes),
        ParameterForm::Version => tls::version(bytes),
        ParameterForm::TlsMaster => tls::master(bytes),
        ParameterForm::TlsExtendedMaster => tls::extended_master(bytes),
        ParameterForm::TlsKeys => tls::keys(bytes),
        ParameterForm::TlsKdf => tls::kdf(bytes),
        ParameterForm::TlsMac => tls::mac(bytes),
    };
    Mechanism::with(kind, parameter.unwrap_or(Parameter::Malformed))
}

/// The mechanism and its parameter, if the parameter is that of GCM and whole: the path that is taken most.
#[inline]
pub(crate) fn gcm(given: &ck::Mechanism) -> Option<(MechanismType, GivenGcm)> {
    let kind = MechanismType::from_number(given.kind).filter(|kind| kind.form() == ParameterForm::Gcm)?;
    GivenGcm::read(&given.parameter).map(|parameter| (kind, parameter))
}

fn none(bytes: &Bytes) -> Result<Parameter> {
    if bytes.count() == 0 { Ok(Parameter::None) } else { Err(INVALID) }
}

/// Bytes, given as they are or inside a structure; bad ones make the parameter invalid.
#[inline]
pub(super) fn plain(bytes: &Bytes) -> Result<&[u8]> {
    bytes.get().map_err(|_| INVALID)
}

/// Writes what a derivation made beside its key into the parameter, where it asks for that.
pub(crate) fn tell_derived(given: &ck::Mechanism, kind: MechanismType, derived: &Derived) -> Result<()> {
    let bytes = &given.parameter;
    match (kind.form(), derived.version) {
        (ParameterForm::CounterKdf | ParameterForm::FeedbackKdf, _) => derive::tell_further(bytes, &derived.further),
        (ParameterForm::TlsKeys, _) => tls::tell_keys(bytes, derived),
        (ParameterForm::TlsMaster | ParameterForm::TlsExtendedMaster, Some(version)) => {
            tls::tell_version(bytes, version)
        }
        _ => Ok(()),
    }
}
