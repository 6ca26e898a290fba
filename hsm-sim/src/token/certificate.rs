//! Certificate objects of `cloudhsm`: public objects of an hsm2m.medium cluster, which every session may make, change and destroy
//! (documented). Its client library keeps them only when it is told to; here it always is.

use crate::node::reach::Reach;
use crate::object::index::{self, By};
use crate::object::{Class, LABEL_LIMIT, Object};
use crate::row::Rows;
use crate::token::{Attribute, Error, Result, Value};
use crate::world::World;

/// Certificates per cluster (documented).
const LIMIT: usize = 60;

/// Whether an attribute of a certificate may have this value (documented table; the code is inferred).
pub(crate) fn check(attribute: Attribute, value: &Value) -> Result<()> {
    let fits = match (attribute, value) {
        (Attribute::Token | Attribute::Modifiable | Attribute::Destroyable, Value::Flag(value)) => *value,
        (Attribute::Private | Attribute::Copyable | Attribute::Trusted, Value::Flag(value)) => !value,
        (Attribute::CertificateCategory, Value::Number(category)) => *category == 0,
        (attribute, Value::Bytes(bytes)) => bytes.len() <= longest(attribute),
        _ => true,
    };
    if fits { Ok(()) } else { Err(Error::AttributeValueInvalid) }
}

/// The longest value of an attribute in bytes; what has no limit of its own has the certificate's.
fn longest(attribute: Attribute) -> usize {
    match attribute {
        Attribute::Label => LABEL_LIMIT,
        Attribute::Id => 128,
        Attribute::PublicKeyInfo => 16 * 1024,
        _ => 32 * 1024,
    }
}

/// Whether objects are certificates; nobody makes them together with others.
pub(crate) fn are(objects: &[Object]) -> bool {
    objects.iter().any(|object| object.class == Class::Certificate)
}

/// Whether the cluster takes so many certificates more.
///
/// # Errors
/// [`Error::FunctionFailed`] over the limit (documented); [`Error::TemplateInconsistent`] where the HSM type keeps none (inferred).
pub(crate) fn require_room(world: &World, rows: &impl Rows, reach: &Reach, more: usize) -> Result<()> {
    if !reach.cluster.has_newer_hsms() {
        return Err(Error::TemplateInconsistent);
    }
    for node in &reach.nodes {
        let kept = index::outlines(rows, world.vault(), &node.view, By::Class(Class::Certificate))?.len();
        if kept + more > LIMIT {
            return Err(Error::FunctionFailed("the cluster keeps no more certificates".into()));
        }
    }
    Ok(())
}
