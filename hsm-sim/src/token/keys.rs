//! Keys ready for use: resolved from a handle, checked against usage and mechanism, parsed once.
//!
//! A session keeps what it resolved lately. It is good as long as nothing was committed, nobody logged in or out and no session
//! object changed; then an operation starts without reading a row, parsing a key or taking a lock of anybody else.

use std::fmt;
use std::sync::{Arc, OnceLock};

use crypto::asymmetric::curve::{Curve, Params};
use crypto::asymmetric::{ec, ed448, ed25519, ml_dsa, ml_kem, rsa, x448, x25519};
use crypto::hash::{Hash, Hmac};
use crypto::symmetric::{AesKey, ChaChaKey, DesKey};
use crypto::{Entropy, SecretBytes};
use store::Stamp;

use crate::cluster::Personality;
use crate::node::strain::Strain;
use crate::object::layer::Place;
use crate::object::{Class, ExtraValue, Flags, Handle, KeyType, Object};
use crate::performance::Work;
use crate::quorum::Subject;
use crate::token::draft::number;
use crate::token::lattice;
use crate::token::mechanism::{MechanismType, Uses};
use crate::token::session::Session;
use crate::token::slot::Found;
use crate::token::view::allows;
use crate::token::{Attribute, Error, ObjectHandle, Result};
use crate::world::World;

/// A parsed key.
pub struct Key {
    pub(crate) body: Body,
    /// What HMAC makes of it, for the digest that was used first.
    hmac: OnceLock<Arc<Hmac>>,
}

/// The parts of a key that its algorithms take.
pub(crate) enum Body {
    Aes(AesKey),
    Des(DesKey),
    ChaCha(ChaChaKey),
    Secret(SecretBytes),
    RsaPrivate(rsa::PrivateKey),
    RsaPublic(rsa::PublicKey),
    EcPrivate(ec::PrivateKey),
    EcPublic(ec::PublicKey),
    EdPrivate(ed25519::PrivateKey),
    EdPublic(ed25519::PublicKey),
    Ed448Private(ed448::PrivateKey),
    Ed448Public(ed448::PublicKey),
    XPrivate(x25519::PrivateKey),
    X448Private(x448::PrivateKey),
    /// A public key on a Montgomery curve: only ever a parameter.
    Point,
    /// With the randomness of its signatures.
    MlDsaPrivate(Box<ml_dsa::PrivateKey>, Entropy),
    MlDsaPublic(Box<ml_dsa::PublicKey>),
    MlKemPrivate(Box<ml_kem::PrivateKey>),
    MlKemPublic(Box<ml_kem::PublicKey>),
}

impl Body {
    /// The private key of a PKCS#8 document on an Edwards or Montgomery curve; the document says which of the two.
    pub(crate) fn on_named_curve(key_type: KeyType, document: &[u8]) -> Result<Self> {
        // The shorter curve's keys are the common ones.
        Ok(match key_type {
            KeyType::Edwards => match ed25519::PrivateKey::from_pkcs8(document) {
                Ok(key) => Self::EdPrivate(key),
                Err(_) => Self::Ed448Private(ed448::PrivateKey::from_pkcs8(document)?),
            },
            _ => match x25519::PrivateKey::from_pkcs8(document) {
                Ok(key) => Self::XPrivate(key),
                Err(_) => Self::X448Private(x448::PrivateKey::from_pkcs8(document)?),
            },
        })
    }
}

impl Key {
    /// Parses the key of an object.
    pub(crate) fn parse(world: &World, object: &Object) -> Result<Self> {
        let material = || world.vault().open_sealed(&Object::context(&object.unique), &object.material);
        let body = match (object.class, object.key_type) {
            (Class::Secret, KeyType::Aes) => Body::Aes(AesKey::new(material()?.expose())?),
            (Class::Secret, KeyType::Des | KeyType::TripleDes) => Body::Des(DesKey::new(material()?.expose())?),
            (Class::Secret, KeyType::ChaCha20) => Body::ChaCha(ChaChaKey::new(material()?.expose())?),
            (Class::Secret, _) => Body::Secret(material()?),
            (Class::Private, KeyType::Rsa) => Body::RsaPrivate(rsa::PrivateKey::from_pkcs8(material()?.expose())?),
            (Class::Private, KeyType::Ec) => Body::EcPrivate(ec::PrivateKey::from_pkcs8(material()?.expose())?),
            (Class::Private, key_type @ (KeyType::Edwards | KeyType::Montgomery)) => {
                Body::on_named_curve(key_type, material()?.expose())?
            }
            (Class::Public, KeyType::Rsa) => Body::RsaPublic(rsa::PublicKey::new(
                bytes(object, Attribute::Modulus),
                bytes(object, Attribute::PublicExponent),
            )?),
            (Class::Public, KeyType::Ec) => {
                let curve = curve_of(object)?;
                let point = curve.unwrap_point(bytes(object, Attribute::EcPoint));
                Body::EcPublic(ec::PublicKey::new(curve, point)?)
            }
            (Class::Public, KeyType::Edwards) => {
                let point = bytes(object, Attribute::EcPoint);
                match Params::parse(bytes(object, Attribute::EcParams))? {
                    Params::Edwards448 => Body::Ed448Public(ed448::PublicKey::new(point)?),
                    _ => Body::EdPublic(ed25519::PublicKey::new(point)?),
                }
            }
            (Class::Public, KeyType::Montgomery) => Body::Point,
            (Class::Private, KeyType::MlDsa) => {
                let key = ml_dsa::PrivateKey::from_pkcs8(material()?.expose())?;
                Body::MlDsaPrivate(Box::new(key), world.entropy().clone())
            }
            (Class::Private, KeyType::MlKem) => {
                Body::MlKemPrivate(Box::new(ml_kem::PrivateKey::from_pkcs8(material()?.expose())?))
            }
            (Class::Public, KeyType::MlDsa) => {
                let set = lattice::ml_dsa_set(object.extra.get(number(Attribute::ParameterSet)))?;
                Body::MlDsaPublic(Box::new(ml_dsa::PublicKey::new(set, bytes(object, Attribute::Value))?))
            }
            (Class::Public, KeyType::MlKem) => {
                let set = lattice::ml_kem_set(object.extra.get(number(Attribute::ParameterSet)))?;
                Body::MlKemPublic(Box::new(ml_kem::PublicKey::new(set, bytes(object, Attribute::Value))?))
            }
            _ => return Err(Error::KeyTypeInconsistent),
        };
        Ok(Self { body, hmac: OnceLock::new() })
    }

    /// The HMAC key of a secret key's value.
    pub(crate) fn hmac(&self, hash: Hash) -> Result<Arc<Hmac>> {
        let Body::Secret(value) = &self.body else { return Err(Error::KeyTypeInconsistent) };
        let first = self.hmac.get_or_init(|| Arc::new(Hmac::new(hash, value.expose())));
        Ok(if first.hash() == hash { Arc::clone(first) } else { Arc::new(Hmac::new(hash, value.expose())) })
    }
}

/// An attribute of a public key.
pub(crate) fn bytes(object: &Object, attribute: Attribute) -> &[u8] {
    match object.extra.get(number(attribute)) {
        Some(ExtraValue::Bytes(bytes)) => bytes,
        _ => &[],
    }
}

fn curve_of(object: &Object) -> Result<Curve> {
    match Params::parse(bytes(object, Attribute::EcParams))? {
        Params::Weierstrass(curve) => Ok(curve),
        _ => Err(Error::KeyTypeInconsistent),
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(<redacted>)")
    }
}

/// A key as one node holds it.
#[derive(Debug, Clone)]
pub(crate) struct Holder {
    pub(crate) object: Arc<Object>,
    pub(crate) key: Arc<Key>,
    place: Option<Place>,
    strain: Option<Strain>,
    /// What this version of the object was last found good for.
    good_for: Option<(MechanismType, Purpose)>,
    /// The key's users must approve what is done with it.
    pub(crate) guarded: bool,
}

impl Holder {
    /// Takes the time that its node takes for a request.
    ///
    /// # Errors
    /// [`Error::Busy`] when too much waits for the node.
    pub(crate) fn bear(&self, world: &World) -> Result<()> {
        let Some(strain) = &self.strain else { return Ok(()) };
        Ok(strain.bear(world, Work::with(&self.object))?)
    }

    /// Whether it was made of this version of the object. Versions never change.
    fn is_of(&self, found: &Found) -> bool {
        match found.place {
            Some(place) => self.place == Some(place) && self.object.handle == found.object.handle,
            None => Arc::ptr_eq(&self.object, &found.object),
        }
    }
}

/// How many keys a session keeps.
const KEPT: usize = 8;

/// The keys that a session resolved last.
#[derive(Debug, Default)]
pub(crate) struct Recent {
    entries: Vec<Entry>,
    turn: usize,
}

#[derive(Debug)]
struct Entry {
    handle: ObjectHandle,
    /// Until when it is good; none if only for the call that made it.
    kept: Option<(Stamp, u64)>,
    /// Of the object of a session: the count that must not change either.
    ends: Option<u64>,
    holders: Vec<Holder>,
}

impl Recent {
    /// The key of a handle that may be used for a purpose, as one of the nodes that show it holds it, in turn.
    ///
    /// # Errors
    /// [`Error::KeyHandleInvalid`], also when the object is no key; then those of the purpose.
    #[inline]
    pub(crate) fn holder_for(
        &mut self,
        world: &World,
        session: &Session,
        availability: bool,
        handle: ObjectHandle,
        mechanism: MechanismType,
        purpose: Purpose,
    ) -> Result<&Holder> {
        let holder = self.next(world, session, availability, handle)?;
        if holder.good_for != Some((mechanism, purpose)) {
            purpose.offers(session.slot.personality, mechanism)?;
            purpose.check(mechanism, &holder.object)?;
            holder.good_for = Some((mechanism, purpose));
        }
        Ok(holder)
    }

    /// The key of a handle, as one of the nodes that show it holds it, in turn.
    ///
    /// # Errors
    /// [`Error::KeyHandleInvalid`], also when the object is no key.
    pub(crate) fn holder(
        &mut self,
        world: &World,
        session: &Session,
        availability: bool,
        handle: ObjectHandle,
    ) -> Result<&Holder> {
        self.next(world, session, availability, handle).map(|holder| &*holder)
    }

    #[inline]
    fn next(
        &mut self,
        world: &World,
        session: &Session,
        availability: bool,
        handle: ObjectHandle,
    ) -> Result<&mut Holder> {
        let slot = &session.slot;
        let known = self.entries.iter().position(|entry| entry.handle == handle);
        let good = |entry: &Entry| {
            entry.kept.is_some_and(|(stamp, epoch)| epoch == slot.epoch() && world.store().is_current(stamp))
                && entry.ends.is_none_or(|ends| ends == slot.objects.ends())
        };
        let place = match known {
            Some(place) if good(&self.entries[place]) => place,
            _ => self.resolve(world, session, availability, handle, known)?,
        };
        self.turn = self.turn.wrapping_add(1);
        let holders = self.entries[place].holders.as_mut_slice();
        // One needs no division.
        let turn = if holders.len() == 1 { 0 } else { self.turn % holders.len() };
        Ok(&mut holders[turn])
    }

    /// Looks a key up and answers the place of its entry, which holds at least one.
    fn resolve(
        &mut self,
        world: &World,
        session: &Session,
        availability: bool,
        handle: ObjectHandle,
        known: Option<usize>,
    ) -> Result<usize> {
        let slot = &session.slot;
        // Most commits are about something else: then what was parsed is still good.
        let before = known.map(|place| self.entries.remove(place).holders).unwrap_or_default();
        let ends = slot.objects.ends();
        let (found, kept) = session.with_sight(world, |sight| {
            let found = slot.find(world, sight, handle).map_err(no_key)?;
            Ok((found, sight.kept()))
        })?;
        let ends = found.iter().any(|found| found.place.is_none()).then_some(ends);
        if availability && found.len() < 2 && found.iter().all(|found| found.place.is_some()) {
            // Documented: a token key must be on two HSMs before it is used.
            return Err(Error::UNAVAILABLE);
        }
        let mut holders: Vec<Holder> = Vec::with_capacity(found.len());
        for found in found {
            let strain = found.strain.clone();
            let same = before.iter().chain(&holders).find(|holder| holder.is_of(&found)).cloned();
            let holder = same.map_or_else(|| parse(world, session, found), Ok)?;
            holders.push(Holder { strain, ..holder });
        }
        self.entries.truncate(KEPT - 1);
        self.entries.insert(0, Entry { handle, kept, ends, holders });
        Ok(0)
    }
}

fn no_key(error: Error) -> Error {
    if error == Error::ObjectHandleInvalid { Error::KeyHandleInvalid } else { error }
}

fn parse(world: &World, session: &Session, found: Found) -> Result<Holder> {
    let Found { object, place, strain, .. } = found;
    if !matches!(object.class, Class::Secret | Class::Private | Class::Public) {
        return Err(Error::KeyHandleInvalid);
    }
    let key = match place {
        // What is slow to parse outlives the session.
        Some(place) if object.class != Class::Secret => {
            world.token_keys(session.place()).get_or_parse(object.handle, place, || Key::parse(world, &object))?
        }
        _ => Arc::new(Key::parse(world, &object)?),
    };
    let guarded = object.is_guarded();
    Ok(Holder { object, key, place, strain, good_for: None, guarded })
}

/// What a key is to be used for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Purpose {
    /// The mechanism must be for this.
    pub(crate) uses: Uses,
    /// The key must have this attribute.
    pub(crate) flag: Flags,
}

impl Purpose {
    /// That the personality has the mechanism and that it is for this.
    pub(crate) fn offers(self, personality: Personality, mechanism: MechanismType) -> Result<()> {
        let fits = mechanism.is_offered(personality) && mechanism.info(personality).uses.has(self.uses);
        if fits { Ok(()) } else { Err(Error::MechanismInvalid) }
    }

    /// What must be approved to use a key so (documented): wrapping and unwrapping is management.
    pub(crate) fn subject(self, key: Handle) -> Subject {
        if self.uses.has(Uses::WRAP) || self.uses.has(Uses::UNWRAP) {
            Subject::ManageKey(key)
        } else {
            Subject::UseKey(key)
        }
    }

    /// That the mechanism takes the key and the key's attributes permit it, in the order that clients rely on.
    pub(crate) fn check(self, mechanism: MechanismType, object: &Object) -> Result<()> {
        if !mechanism.takes(object.key_type) {
            return Err(Error::KeyTypeInconsistent);
        }
        if !object.flags.has(self.flag) {
            return Err(Error::KeyFunctionNotPermitted);
        }
        if !allows(object, mechanism.number()) {
            return Err(Error::MechanismInvalid);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::token::{Application, Mechanism, Options, Template, UserType};
    use crate::{ActiveCluster, Realm};

    #[test]
    fn keys_are_parsed_once_per_session_until_they_change() {
        let world = World::ephemeral().unwrap();
        ActiveCluster::builder().nodes(2).kmsuser("kmsPswd1").build_in(&world, &Realm::default()).unwrap();
        let application = Application::open(&world, Options::default()).unwrap();
        let slot = application.slots().unwrap()[0];
        let [first, second] = [(); 2].map(|()| application.open_session(slot, true).unwrap());
        application.login(first, UserType::User, b"kmsuser:kmsPswd1").unwrap();
        let template = Template::new().flag(Attribute::Token, true);
        let curve = Template::new().bytes(Attribute::EcParams, &Params::Weierstrass(Curve::P256).to_der());
        let public = curve.flag(Attribute::Token, true);
        let mechanism = Mechanism::new(MechanismType::EcKeyPairGen);
        let (_, key) = application.generate_key_pair(first, &mechanism, &public, &template).unwrap();

        let parsed = |session| {
            let mut entered = application.enter(session).unwrap();
            let (session, state) = entered.parts();
            [(); 2].map(|()| state.recent.holder(&world, session, true, key).unwrap().key.clone())
        };
        let [once, on_the_other_node] = parsed(first);
        assert!(Arc::ptr_eq(&once, &on_the_other_node));
        assert!(!Arc::ptr_eq(&once, &parsed(second)[0]), "sessions would wait for each other");
        world.snapshots().save("something-else").unwrap();
        assert!(Arc::ptr_eq(&once, &parsed(first)[0]));
        application.set_attributes(first, key, &Template::new().bytes(Attribute::Label, b"changed")).unwrap();
        assert!(!Arc::ptr_eq(&once, &parsed(first)[0]));
    }
}
