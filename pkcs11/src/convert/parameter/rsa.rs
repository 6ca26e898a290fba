//! Public-key mechanisms.

use hsm_sim::token::{Hash, Parameter};

use crate::boundary::Bytes;
use crate::ck::{self, EddsaParams, HashSignContext, OaepParams, PssParams, RsaAesKeyWrapParams, SignContext, Ulong};
use crate::convert::mechanism::{INVALID, plain};
use crate::convert::parameter::hash;
use crate::error::Result;

/// `CKZ_DATA_SPECIFIED`: the label is given.
const DATA_SPECIFIED: Ulong = 1;

/// `CKG_MGF1_*`.
fn mgf(number: Ulong) -> Result<Hash> {
    match number {
        1 => Ok(Hash::Sha1),
        2 => Ok(Hash::Sha256),
        3 => Ok(Hash::Sha384),
        4 => Ok(Hash::Sha512),
        5 => Ok(Hash::Sha224),
        6 => Ok(Hash::Sha3_224),
        7 => Ok(Hash::Sha3_256),
        8 => Ok(Hash::Sha3_384),
        9 => Ok(Hash::Sha3_512),
        _ => Err(INVALID),
    }
}

/// A source of 0 without data is what clients write who know of no labels.
fn label(given: &OaepParams) -> Result<Vec<u8>> {
    match given.source {
        DATA_SPECIFIED => Ok(plain(&given.source_data)?.to_vec()),
        0 if given.source_data.count() == 0 => Ok(Vec::new()),
        _ => Err(INVALID),
    }
}

pub(in crate::convert) fn oaep(bytes: &Bytes) -> Result<Parameter> {
    let given: OaepParams = bytes.parse().ok_or(INVALID)?;
    Ok(Parameter::Oaep { hash: hash(given.hash)?, mgf: mgf(given.mgf)?, label: label(&given)? })
}

pub(in crate::convert) fn pss(bytes: &Bytes) -> Result<Parameter> {
    let given: PssParams = bytes.parse().ok_or(INVALID)?;
    Ok(Parameter::Pss { hash: hash(given.hash)?, mgf: mgf(given.mgf)?, salt_len: given.salt_len })
}

pub(in crate::convert) fn aes_wrap(bytes: &Bytes) -> Result<Parameter> {
    let given: RsaAesKeyWrapParams = bytes.parse().ok_or(INVALID)?;
    let oaep = given.oaep.get().ok_or(INVALID)?;
    Ok(Parameter::RsaAesWrap {
        aes_bits: given.aes_bits,
        hash: hash(oaep.hash)?,
        mgf: mgf(oaep.mgf)?,
        label: label(&oaep)?,
    })
}

/// No parameter means the plain variant.
pub(in crate::convert) fn eddsa(bytes: &Bytes) -> Result<Parameter> {
    if bytes.count() == 0 {
        return Ok(Parameter::None);
    }
    let given: EddsaParams = bytes.parse().ok_or(INVALID)?;
    let context = plain(&given.context.array())?.to_vec();
    Ok(Parameter::Eddsa { prehash: given.prehash != 0, context })
}

/// No parameter means no context, and randomness as the token likes.
pub(in crate::convert) fn ml_dsa(bytes: &Bytes) -> Result<Parameter> {
    if bytes.count() == 0 {
        return Ok(Parameter::None);
    }
    let given: SignContext = bytes.parse().ok_or(INVALID)?;
    sign_context(given.hedge, &given.context, None)
}

pub(in crate::convert) fn hash_ml_dsa(bytes: &Bytes) -> Result<Parameter> {
    let given: HashSignContext = bytes.parse().ok_or(INVALID)?;
    sign_context(given.hedge, &given.context, Some(hash(given.hash)?))
}

fn sign_context(hedge: Ulong, context: &Bytes, hash: Option<Hash>) -> Result<Parameter> {
    if hedge > ck::DETERMINISTIC_REQUIRED {
        return Err(INVALID);
    }
    let deterministic = hedge == ck::DETERMINISTIC_REQUIRED;
    Ok(Parameter::MlDsa { deterministic, context: plain(context)?.to_vec(), hash })
}
