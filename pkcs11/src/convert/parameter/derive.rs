//! Derivation.

use hsm_sim::token::{CounterForm, KdfField, ObjectHandle, Parameter, Salt, Template};

use crate::boundary::{Array, ArrayAfterLen, Bytes};
use crate::ck::{
    self, CbcEncryptDataParams, CounterFormat, CounterKdfParams, DerivedKey, EcdhParams, FeedbackKdfParams, HkdfParams,
    LengthFormat, Pbkdf2Params, PrfDataParam, StringData, Ulong,
};
use crate::convert::attribute::template;
use crate::convert::mechanism::{INVALID, plain};
use crate::convert::parameter::hash;
use crate::error::Result;

pub(in crate::convert) fn ecdh(bytes: &Bytes) -> Result<Parameter> {
    let given: EcdhParams = bytes.parse().ok_or(INVALID)?;
    Ok(Parameter::Ecdh {
        kdf: given.kdf,
        shared: plain(&given.shared.array())?.to_vec(),
        public: plain(&given.public.array())?.to_vec(),
    })
}

pub(in crate::convert) fn string_data(bytes: &Bytes) -> Result<Parameter> {
    let given: StringData = bytes.parse().ok_or(INVALID)?;
    Ok(Parameter::Bytes(plain(&given.data)?.to_vec()))
}

/// The IV is as long as a block, which the parameter's length tells.
pub(in crate::convert) fn iv_and_data(bytes: &Bytes) -> Result<Parameter> {
    let (iv, data) = match bytes.parse::<CbcEncryptDataParams<16>>() {
        Some(given) => (given.iv.to_vec(), given.data),
        None => {
            let given: CbcEncryptDataParams<8> = bytes.parse().ok_or(INVALID)?;
            (given.iv.to_vec(), given.data)
        }
    };
    Ok(Parameter::IvAndData { iv, data: plain(&data)?.to_vec() })
}

pub(in crate::convert) fn hkdf(bytes: &Bytes) -> Result<Parameter> {
    let given: HkdfParams = bytes.parse().ok_or(INVALID)?;
    let salt = match given.salt_type {
        ck::HKDF_SALT_NULL => Salt::Null,
        ck::HKDF_SALT_DATA => Salt::Data(plain(&given.salt)?.to_vec()),
        ck::HKDF_SALT_KEY => Salt::Key(ObjectHandle::new(given.salt_key)),
        // Without the first step there is no salt to speak of.
        _ if given.extract == 0 => Salt::Null,
        _ => return Err(INVALID),
    };
    Ok(Parameter::Hkdf {
        extract: given.extract != 0,
        expand: given.expand != 0,
        hash: hash(given.hash)?,
        salt,
        info: plain(&given.info)?.to_vec(),
    })
}

/// `CKZ_SALT_SPECIFIED`: the salt is given.
const SALT_SPECIFIED: Ulong = 1;

/// `CKP_PKCS5_PBKD2_HMAC_*`.
fn pbkdf2_prf(number: Ulong) -> Result<hsm_sim::token::Hash> {
    use hsm_sim::token::Hash;
    match number {
        1 => Ok(Hash::Sha1),
        3 => Ok(Hash::Sha224),
        4 => Ok(Hash::Sha256),
        5 => Ok(Hash::Sha384),
        6 => Ok(Hash::Sha512),
        7 => Ok(Hash::Sha512_224),
        8 => Ok(Hash::Sha512_256),
        _ => Err(INVALID),
    }
}

pub(in crate::convert) fn pbkdf2(bytes: &Bytes) -> Result<Parameter> {
    let given: Pbkdf2Params = bytes.parse().ok_or(INVALID)?;
    if given.salt_source != SALT_SPECIFIED || given.prf_data.count() != 0 {
        return Err(INVALID);
    }
    Ok(Parameter::Pbkdf2 {
        salt: plain(&given.salt)?.to_vec(),
        iterations: given.iterations,
        prf: pbkdf2_prf(given.prf)?,
        password: plain(&given.password)?.into(),
    })
}

pub(in crate::convert) fn counter_kdf(bytes: &Bytes) -> Result<Parameter> {
    let given: CounterKdfParams = bytes.parse().ok_or(INVALID)?;
    let (fields, further) = (kdf_fields(&given.fields.array())?, further(&given.additional.array())?);
    Ok(Parameter::CounterKdf { prf: given.prf, fields, iv: Vec::new(), further })
}

pub(in crate::convert) fn feedback_kdf(bytes: &Bytes) -> Result<Parameter> {
    let given: FeedbackKdfParams = bytes.parse().ok_or(INVALID)?;
    let (fields, further) = (kdf_fields(&given.fields.array())?, further(&given.additional.array())?);
    Ok(Parameter::CounterKdf { prf: given.prf, fields, iv: plain(&given.iv.array())?.to_vec(), further })
}

/// Where the handles of further keys go must be known before any key is made.
fn further(keys: &Array<DerivedKey>) -> Result<Vec<Template>> {
    let template = |key: &DerivedKey| if key.key.is_null() { Err(INVALID) } else { template(&key.template) };
    keys.get().map_err(|_| INVALID)?.iter().map(template).collect()
}

/// Tells the handles of further keys; without any, that there are none.
pub(in crate::convert) fn tell_further(bytes: &Bytes, handles: &[Option<ObjectHandle>]) -> Result<()> {
    let counter = bytes.parse::<CounterKdfParams>().map(|given| given.additional);
    let keys = counter.or_else(|| bytes.parse::<FeedbackKdfParams>().map(|given| given.additional));
    let Some(keys) = keys.map(ArrayAfterLen::array) else { return Ok(()) };
    let handles = handles.iter().copied().chain(std::iter::repeat(None));
    for (mut place, handle) in keys.get()?.iter().map(|key| key.key).zip(handles) {
        if !place.is_null() {
            place.write(handle.map_or(ck::INVALID_HANDLE, ObjectHandle::get))?;
        }
    }
    Ok(())
}

fn kdf_fields(fields: &Array<PrfDataParam>) -> Result<Vec<KdfField>> {
    fields.get().map_err(|_| INVALID)?.iter().map(kdf_field).collect()
}

fn kdf_field(field: &PrfDataParam) -> Result<KdfField> {
    let counter = || {
        let format: CounterFormat = field.value.parse().ok_or(INVALID)?;
        Ok(CounterForm { little_endian: format.little_endian != 0, bits: format.bits })
    };
    match field.kind {
        // In feedback and double pipeline mode the variable is the previous block, which has no format.
        ck::PRF_ITERATION if field.value.count() == 0 => Ok(KdfField::Iteration(None)),
        ck::PRF_ITERATION => counter().map(Some).map(KdfField::Iteration),
        ck::PRF_COUNTER => counter().map(KdfField::Counter),
        ck::PRF_LENGTH => {
            let format: LengthFormat = field.value.parse().ok_or(INVALID)?;
            let segments = match format.method {
                ck::LENGTH_OF_KEYS => false,
                ck::LENGTH_OF_SEGMENTS => true,
                _ => return Err(INVALID),
            };
            let form = CounterForm { little_endian: format.little_endian != 0, bits: format.bits };
            Ok(KdfField::Length { segments, form })
        }
        ck::PRF_BYTES => Ok(KdfField::Bytes(plain(&field.value)?.to_vec())),
        _ => Err(INVALID),
    }
}
