//! What keys may be used for, as people say it, and what a key may be used for if nobody says.

use clap::{Args, ValueEnum};
use crypto::keyfile::PrivateKey;
use hsm_sim::object::KeyType;
use hsm_sim::token::{Attribute, Template};

/// A use of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Usage {
    Encrypt,
    Decrypt,
    Sign,
    Verify,
    Wrap,
    Unwrap,
    Derive,
}

use Usage::{Decrypt, Derive, Encrypt, Sign, Unwrap, Verify, Wrap};

/// Uses, and the half of a pair that says so.
const PUBLIC: [(Usage, Attribute); 4] =
    [(Encrypt, Attribute::Encrypt), (Verify, Attribute::Verify), (Wrap, Attribute::Wrap), (Derive, Attribute::Derive)];
const PRIVATE: [(Usage, Attribute); 4] =
    [(Decrypt, Attribute::Decrypt), (Sign, Attribute::Sign), (Unwrap, Attribute::Unwrap), (Derive, Attribute::Derive)];

/// How a key that comes into the token is guarded, and what it is for.
#[derive(Debug, Args)]
pub(super) struct Guard {
    /// The key may be taken out wrapped by another key
    #[arg(long)]
    extractable: bool,
    /// The key may be read: it is extractable and not sensitive, and 'export' writes it
    #[arg(long)]
    exportable: bool,
    /// What the key is for, with commas between; a pair's other half gets the opposite. The default depends on the type
    #[arg(long, value_name = "USES", value_delimiter = ',')]
    usage: Vec<Usage>,
}

impl Guard {
    /// The attributes of a private or secret key.
    pub(super) fn guarded(&self, template: Template) -> Template {
        template
            .flag(Attribute::Private, true)
            .flag(Attribute::Sensitive, !self.exportable)
            .flag(Attribute::Extractable, self.extractable || self.exportable)
    }

    fn uses(&self, usual: &[Usage]) -> Vec<Usage> {
        if self.usage.is_empty() { usual.to_vec() } else { self.usage.clone() }
    }

    pub(super) fn private(&self, template: Template, usual: &[Usage]) -> Template {
        said(template, &PRIVATE, &self.uses(usual))
    }

    /// The public half is for the opposite of what the private one is for.
    pub(super) fn public(&self, template: Template, usual: &[Usage]) -> Template {
        let uses: Vec<Usage> = self.uses(usual).into_iter().flat_map(|usage| [usage, opposite(usage)]).collect();
        said(template, &PUBLIC, &uses)
    }

    pub(super) fn secret(&self, template: Template, key_type: KeyType) -> Template {
        let all = [&PUBLIC[..], &PRIVATE[..3]].concat();
        said(template, &all, &self.uses(usual_of_secret(key_type)))
    }
}

/// Every attribute is given, since the personalities have other defaults.
fn said(template: Template, attributes: &[(Usage, Attribute)], uses: &[Usage]) -> Template {
    attributes.iter().fold(template, |template, (usage, attribute)| template.flag(*attribute, uses.contains(usage)))
}

const fn opposite(usage: Usage) -> Usage {
    match usage {
        Decrypt => Encrypt,
        Encrypt => Decrypt,
        Sign => Verify,
        Verify => Sign,
        Unwrap => Wrap,
        Wrap => Unwrap,
        Derive => Derive,
    }
}

/// What private keys are for.
pub(super) const fn usual(key: &PrivateKey) -> &'static [Usage] {
    match key {
        PrivateKey::Rsa(_) => &[Sign, Decrypt],
        PrivateKey::Ec(_) => &[Sign, Derive],
        PrivateKey::Ed25519(_) | PrivateKey::Ed448(_) => &[Sign],
        PrivateKey::X25519(_) | PrivateKey::X448(_) => &[Derive],
    }
}

/// What secret keys are for. None wraps unless it is said to: a key that wraps and decrypts gives others away.
const fn usual_of_secret(key_type: KeyType) -> &'static [Usage] {
    match key_type {
        KeyType::Aes | KeyType::Des | KeyType::TripleDes => &[Encrypt, Decrypt, Sign, Verify],
        KeyType::ChaCha20 => &[Encrypt, Decrypt],
        KeyType::Hkdf => &[Derive],
        _ => &[Sign, Verify, Derive],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_of_a_pair_are_for_opposite_things() {
        let guard = Guard { extractable: false, exportable: false, usage: vec![Decrypt, Unwrap] };
        let flags = |template: &Template| -> Vec<Attribute> {
            let set = hsm_sim::token::Value::Flag(true);
            template.iter().filter(|(_, value)| **value == set).map(|(attribute, _)| attribute).collect()
        };
        assert_eq!(flags(&guard.private(Template::new(), &[Sign])), [Attribute::Decrypt, Attribute::Unwrap]);
        assert_eq!(flags(&guard.public(Template::new(), &[Sign])), [Attribute::Encrypt, Attribute::Wrap]);
        let usual = Guard { usage: Vec::new(), ..guard };
        assert_eq!(flags(&usual.private(Template::new(), &[Sign, Derive])), [Attribute::Sign, Attribute::Derive]);
        assert_eq!(flags(&usual.public(Template::new(), &[Sign, Derive])), [Attribute::Verify, Attribute::Derive]);
        let hmac = flags(&usual.secret(Template::new(), KeyType::Generic));
        assert_eq!(hmac, [Attribute::Verify, Attribute::Derive, Attribute::Sign]);
    }
}
