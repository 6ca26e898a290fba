//! Profile objects: which of the standard's profiles a token keeps (PKCS#11 Profiles v3.1 §5). They are built in, and cannot be
//! changed, copied or destroyed.

use crate::cluster::Personality;
use crate::object::{Class, Extra, ExtraValue, Flags, Handle, KeyType, Object};
use crate::token::draft::number;
use crate::token::{Attribute, Template, Value};
use crate::vault::Sealed;

/// `CKP_BASELINE_PROVIDER`, `CKP_EXTENDED_PROVIDER`, `CKP_PUBLIC_CERTIFICATES_TOKEN`.
const GENERIC: [u64; 3] = [1, 2, 4];

/// The profiles among which a search looks. Only who asks for the class sees them: older clients do not know it (inferred).
pub(crate) fn candidates(personality: Personality, template: &Template) -> &'static [u64] {
    let asked = template.get(Attribute::Class) == Some(&Value::Number(u64::from(Class::Profile.number())));
    match personality {
        Personality::Generic if asked => &GENERIC,
        Personality::Generic | Personality::CloudHsm => &[],
    }
}

/// The object of a profile.
pub(crate) fn object(id: u64) -> Object {
    let mut extra = Extra::default();
    extra.set(number(Attribute::ProfileId), ExtraValue::Number(id));
    let mut unique = *b"profile 00000000";
    unique[8..].copy_from_slice(&id.to_be_bytes());
    Object {
        handle: Handle::NONE,
        unique,
        class: Class::Profile,
        key_type: KeyType::NoKey,
        label: String::new(),
        id: Vec::new(),
        flags: Flags::TOKEN | Flags::FIXED | Flags::UNCOPYABLE,
        value_len: 0,
        owner: 0,
        shared: Vec::new(),
        kcv: [0; 3],
        material: Sealed::nothing(),
        extra,
    }
}
