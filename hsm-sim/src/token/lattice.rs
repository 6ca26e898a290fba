//! ML-DSA and ML-KEM keys as attributes (PKCS#11 v3.2 §6.67, §6.68): a parameter set, a value, and of private keys perhaps the
//! seed that both come from.

use crypto::asymmetric::{ml_dsa, ml_kem};

use crate::object::{ExtraValue, KeyType};
use crate::token::draft::Draft;
use crate::token::keys::Body;
use crate::token::{Attribute, Error, Result, Value};
use crate::world::World;

/// The set of this number of `CKP_ML_DSA_*`.
///
/// # Errors
/// [`Error::ParameterSetNotSupported`]; [`Error::TemplateIncomplete`] without a number.
pub(crate) fn ml_dsa_set(number: Option<&ExtraValue>) -> Result<ml_dsa::ParameterSet> {
    at(number, ml_dsa::ParameterSet::ALL)
}

/// The set of this number of `CKP_ML_KEM_*`.
///
/// # Errors
/// As [`ml_dsa_set`].
pub(crate) fn ml_kem_set(number: Option<&ExtraValue>) -> Result<ml_kem::ParameterSet> {
    at(number, ml_kem::ParameterSet::ALL)
}

/// Both families number their sets from 1, by size.
fn at<T>(number: Option<&ExtraValue>, sets: [T; 3]) -> Result<T> {
    let Some(ExtraValue::Number(number)) = number else { return Err(Error::TemplateIncomplete) };
    let place = usize::try_from(*number).ok().and_then(|number| number.checked_sub(1));
    place.and_then(|place| sets.into_iter().nth(place)).ok_or(Error::ParameterSetNotSupported)
}

/// Makes a private key of the set that the public template names.
pub(crate) fn generate(world: &World, public: &Draft) -> Result<Body> {
    let set = public.extra(Attribute::ParameterSet);
    Ok(match public.key_type {
        KeyType::MlDsa => ml_dsa_private(world, ml_dsa::PrivateKey::generate(ml_dsa_set(set)?, world.entropy())?),
        _ => Body::MlKemPrivate(Box::new(ml_kem::PrivateKey::generate(ml_kem_set(set)?, world.entropy())?)),
    })
}

/// The private key of a template: from its seed, its value, or both if they fit together.
pub(crate) fn import(world: &World, draft: &Draft) -> Result<Body> {
    let (seed, value) = (draft.part(Attribute::Seed), draft.part(Attribute::Value));
    let set = draft.extra(Attribute::ParameterSet);
    if seed.is_empty() && value.is_empty() {
        return Err(Error::TemplateIncomplete);
    }
    let fits = |expanded: &[u8]| value.is_empty() || value == expanded;
    let (body, fit) = match draft.key_type {
        KeyType::MlDsa => {
            let set = ml_dsa_set(set)?;
            let key = match seed {
                [] => ml_dsa::PrivateKey::from_expanded(set, value)?,
                seed => ml_dsa::PrivateKey::from_seed(set, seed)?,
            };
            let fit = fits(key.expanded().expose());
            (ml_dsa_private(world, key), fit)
        }
        _ => {
            let set = ml_kem_set(set)?;
            let key = match seed {
                [] => ml_kem::PrivateKey::from_expanded(set, value)?,
                seed => ml_kem::PrivateKey::from_seed(set, seed)?,
            };
            let fit = fits(key.expanded().expose());
            (Body::MlKemPrivate(Box::new(key)), fit)
        }
    };
    if fit { Ok(body) } else { Err(Error::AttributeValueInvalid) }
}

/// The private key of a PKCS#8 document.
pub(crate) fn from_pkcs8(world: &World, key_type: KeyType, document: &[u8]) -> Result<Body> {
    Ok(match key_type {
        KeyType::MlDsa => ml_dsa_private(world, ml_dsa::PrivateKey::from_pkcs8(document)?),
        _ => Body::MlKemPrivate(Box::new(ml_kem::PrivateKey::from_pkcs8(document)?)),
    })
}

fn ml_dsa_private(world: &World, key: ml_dsa::PrivateKey) -> Body {
    Body::MlDsaPrivate(Box::new(key), world.entropy().clone())
}

/// The document of a public key that a client gave.
pub(crate) fn public_key_info(draft: &Draft) -> Result<Vec<u8>> {
    let (set, value) = (draft.extra(Attribute::ParameterSet), draft.extra_bytes(Attribute::Value));
    Ok(match draft.key_type {
        KeyType::MlDsa => ml_dsa::PublicKey::new(ml_dsa_set(set)?, value)?.to_spki()?,
        _ => ml_kem::PublicKey::new(ml_kem_set(set)?, value)?.to_spki()?,
    })
}

/// Puts set and public value into a draft.
pub(crate) fn describe(draft: &mut Draft, set: u64, public: &[u8]) {
    draft.put(Attribute::ParameterSet, ExtraValue::Number(set));
    if draft.is_public_key() {
        draft.put(Attribute::Value, ExtraValue::Bytes(public.to_vec()));
    }
}

/// The number of a set.
pub(crate) fn number_of<T: PartialEq>(set: &T, sets: &[T]) -> u64 {
    sets.iter().zip(1..).find(|(other, _)| *other == set).map_or(0, |(_, number)| number)
}

/// A secret attribute of a private key. A seed that is not known is empty.
pub(crate) fn part(key_type: KeyType, document: &[u8], attribute: Attribute) -> Result<Value> {
    let (seed, expanded) = match key_type {
        KeyType::MlDsa => {
            let key = ml_dsa::PrivateKey::from_pkcs8(document)?;
            (key.seed().cloned(), key.expanded().clone())
        }
        _ => {
            let key = ml_kem::PrivateKey::from_pkcs8(document)?;
            (key.seed().cloned(), key.expanded().clone())
        }
    };
    match attribute {
        Attribute::Value => Ok(Value::Bytes(expanded)),
        Attribute::Seed => Ok(seed.map_or_else(|| Value::bytes(b""), Value::Bytes)),
        _ => Err(Error::AttributeTypeInvalid),
    }
}
