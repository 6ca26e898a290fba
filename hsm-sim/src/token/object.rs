//! Objects: creating, copying, destroying, reading, changing and finding them (PKCS#11 v3.1 §5.7).

use crate::audit::Command;
use crate::cluster::Personality;
use crate::object::index::{By, Outline};
use crate::object::{Class, Flags, Handle, NOBODY, Object};
use crate::performance::Work;
use crate::quorum::Subject;
use crate::token::application::Application;
use crate::token::certificate;
use crate::token::draft::{self, Draft, Origin};
use crate::token::handles::Target;
use crate::token::operation::require_none;
use crate::token::rules::{self, Kinds, Notes};
use crate::token::session::Session;
use crate::token::slot::{Login, Sight};
use crate::token::view::{View, outline_matches};
use crate::token::{Attribute, Error, ObjectHandle, Result, SessionId, Template, UserType, Value, asymmetric, profile};

impl Application {
    /// Creates an object from its attributes.
    ///
    /// # Errors
    /// What the template's rules say; [`Error::SessionReadOnly`], [`Error::UserNotLoggedIn`].
    pub fn create_object(&self, session: SessionId, template: &Template) -> Result<ObjectHandle> {
        let session = self.session(session)?;
        let login = session.slot.login();
        let object = self.make_object(&session, template)?;
        self.add_one(&session, login, object)
    }

    /// An object of these attributes that is in no token yet.
    pub(crate) fn make_object(&self, session: &Session, template: &Template) -> Result<Object> {
        let officer = self.is_officer(session);
        let mut draft = Draft::new(session.slot.personality, Origin::Create, (None, None), officer, template)?;
        if self.is_tool() {
            draft.of_tool();
        }
        self.may_add(session, &draft)?;
        if draft.kind.meets(Kinds::PRIVATE) {
            let material = asymmetric::import(self.world(), &mut draft)?;
            draft.finish(self.world(), material.expose())
        } else if draft.kind.meets(Kinds::PUBLIC) {
            asymmetric::adopt(&mut draft)?;
            draft.finish(self.world(), b"")
        } else {
            let value = draft.value.take();
            draft.finish(self.world(), value.as_ref().map_or(b"", |value| value.expose()))
        }
    }

    /// Copies an object; the template changes what may be changed, and its being private or of the token.
    ///
    /// # Errors
    /// [`Error::FunctionNotSupported`] in `cloudhsm`, [`Error::ObjectHandleInvalid`], [`Error::ActionProhibited`], what the
    /// template's rules say.
    pub fn copy_object(&self, session: SessionId, object: ObjectHandle, template: &Template) -> Result<ObjectHandle> {
        let session = self.session(session)?;
        let login = session.slot.login();
        if session.slot.personality == Personality::CloudHsm {
            return Err(Error::FunctionNotSupported);
        }
        let source = self.object(&session, object)?;
        if source.flags.has(Flags::UNCOPYABLE) {
            return Err(Error::ActionProhibited);
        }
        let view = View { world: self.world(), personality: session.slot.personality, object: &source };
        let mut copy = changed(&view, (*source).clone(), template, self.is_officer(&session), true)?;
        // The material is sealed under the name of its object.
        let material = view.material()?;
        copy.handle = Handle::NONE;
        copy.owner = NOBODY;
        copy.unique = self.world().entropy().bytes();
        copy.material =
            self.world().vault().seal(self.world().entropy(), &Object::context(&copy.unique), material.expose());
        self.add_one(&session, login, copy)
    }

    /// Destroys an object on every node that is reached.
    ///
    /// # Errors
    /// [`Error::ObjectHandleInvalid`], [`Error::SessionReadOnly`], [`Error::ActionProhibited`].
    pub fn destroy_object(&self, session: SessionId, object: ObjectHandle) -> Result<()> {
        let session = self.session(session)?;
        let found = self.object(&session, object)?;
        let destroyable = |object: &Object| {
            if object.flags.has(Flags::DESTROYABLE) { Ok(()) } else { Err(Error::ActionProhibited) }
        };
        match session.slot.handles.target(object)? {
            Target::Session(_) | Target::Profile(_) => {
                destroyable(&found)?;
                self.note(&session, Command::DestroyObject, object);
            }
            Target::Token(_) if !session.read_write => return Err(Error::SessionReadOnly),
            Target::Token(handle) => {
                self.rewrite(&session, handle, |object| destroyable(&object).map(|()| None))?;
            }
        }
        session.slot.forget(object);
        Ok(())
    }

    /// How much room an object takes, about.
    ///
    /// # Errors
    /// [`Error::ObjectHandleInvalid`].
    pub fn object_size(&self, session: SessionId, object: ObjectHandle) -> Result<u64> {
        let session = self.session(session)?;
        Ok(draft::size(&*self.object(&session, object)?))
    }

    /// One answer per attribute asked for: the value, [`Error::AttributeSensitive`] or [`Error::AttributeTypeInvalid`].
    ///
    /// # Errors
    /// [`Error::ObjectHandleInvalid`].
    pub fn attributes(
        &self,
        session: SessionId,
        object: ObjectHandle,
        attributes: &[Attribute],
    ) -> Result<Vec<Result<Value>>> {
        let session = self.session(session)?;
        let object = self.object(&session, object)?;
        let view = View { world: self.world(), personality: session.slot.personality, object: &object };
        Ok(attributes.iter().map(|attribute| view.get(*attribute)).collect())
    }

    /// The number by which the cluster itself and the management utilities know an object; none of a session's object or a
    /// profile, which only the application knows.
    ///
    /// # Errors
    /// [`Error::ObjectHandleInvalid`].
    pub fn cluster_handle(&self, session: SessionId, object: ObjectHandle) -> Result<Option<Handle>> {
        let session = self.session(session)?;
        match session.slot.handles.target(object)? {
            Target::Token(handle) => Ok(Some(handle)),
            Target::Session(_) | Target::Profile(_) => Ok(None),
        }
    }

    /// Changes attributes, all or none.
    ///
    /// # Errors
    /// [`Error::ObjectHandleInvalid`], [`Error::SessionReadOnly`], [`Error::ActionProhibited`] for an object that is not
    /// modifiable, what the template's rules say.
    pub fn set_attributes(&self, session: SessionId, object: ObjectHandle, template: &Template) -> Result<()> {
        let session = self.session(session)?;
        let login = session.slot.login();
        let found = self.object(&session, object)?;
        let personality = session.slot.personality;
        let officer = self.is_officer(&session);
        let apply = |object: Object| {
            if object.is_guarded() {
                self.require_approval(Subject::ManageKey(object.handle))?;
            }
            let shown = object.clone();
            let view = View { world: self.world(), personality, object: &shown };
            if object.flags.has(Flags::FIXED) {
                return Err(Error::ActionProhibited);
            }
            changed(&view, object, template, officer, false)
        };
        match session.slot.handles.target(object)? {
            Target::Token(_) if !session.read_write => Err(Error::SessionReadOnly),
            Target::Token(handle) => {
                self.rewrite(&session, handle, |object| apply(object).map(Some))?;
                session.slot.changed();
                Ok(())
            }
            Target::Profile(_) => Err(Error::ActionProhibited),
            Target::Session(number) => {
                let changed = apply((*found).clone())?;
                if changed.flags.has(Flags::TOKEN) {
                    self.promote(&session, login, number, changed)?;
                    Ok(())
                } else {
                    session.slot.replace_session_object(number, changed)
                }
            }
        }
    }

    /// Starts a search; what it finds is decided now.
    ///
    /// # Errors
    /// [`Error::OperationActive`], [`Error::DeviceError`].
    pub fn find_init(&self, session: SessionId, template: &Template) -> Result<()> {
        let mut entered = self.enter(session)?;
        let (session, state) = entered.parts();
        require_none(state.operations.find.is_some())?;
        let found = session.with_sight(self.world(), |sight| self.search(session, sight, template))?;
        state.operations.find = Some(found);
        Ok(())
    }

    /// The handles of what a template fits, the last one first.
    fn search(&self, session: &Session, sight: &Sight, template: &Template) -> Result<Vec<ObjectHandle>> {
        let slot = &session.slot;
        sight.bear_each(self.world(), 0, Work::Command)?;
        let fits =
            |object: &Object| View { world: self.world(), personality: slot.personality, object }.matches(template);
        let mut found = Vec::new();
        if template.get(Attribute::Token) != Some(&Value::Flag(false)) {
            let by = indexed(template);
            let brief = |outline: &Outline| outline_matches(slot.personality, outline, by?, template);
            for (handle, private) in slot.token_objects(self.world(), sight, by, brief, fits)? {
                found.push(slot.handles.of(Target::Token(handle), private));
            }
        }
        for (number, object) in slot.session_objects(sight) {
            if fits(&object) {
                found.push(slot.handles.of(Target::Session(number), object.flags.has(Flags::PRIVATE)));
            }
        }
        for id in profile::candidates(slot.personality, template) {
            if fits(&profile::object(*id)) {
                found.push(slot.handles.of(Target::Profile(*id), false));
            }
        }
        found.reverse();
        Ok(found)
    }

    /// The next objects found, at most `max`.
    ///
    /// # Errors
    /// [`Error::OperationNotInitialized`].
    pub fn find(&self, session: SessionId, max: usize) -> Result<Vec<ObjectHandle>> {
        let mut entered = self.enter(session)?;
        let (_, state) = entered.parts();
        let left = state.operations.find.as_mut().ok_or(Error::OperationNotInitialized)?;
        let mut next = left.split_off(left.len().saturating_sub(max));
        next.reverse();
        Ok(next)
    }

    /// Ends a search.
    ///
    /// # Errors
    /// [`Error::OperationNotInitialized`].
    pub fn find_final(&self, session: SessionId) -> Result<()> {
        let mut entered = self.enter(session)?;
        let (_, state) = entered.parts();
        state.operations.find.take().map(drop).ok_or(Error::OperationNotInitialized)
    }

    pub(crate) fn is_officer(&self, session: &Session) -> bool {
        session.slot.who() == Some(UserType::SecurityOfficer)
    }

    /// What can be said before a slow key is made.
    pub(crate) fn may_add(&self, session: &Session, draft: &Draft) -> Result<()> {
        if draft.is_token() && !session.read_write {
            return Err(Error::SessionReadOnly);
        }
        session.slot.may_make(session.slot.login(), draft.is_private())
    }

    pub(crate) fn add_one(&self, session: &Session, login: Login, object: Object) -> Result<ObjectHandle> {
        let handles = self.add(session, login, vec![object])?;
        // One object, one handle.
        handles.into_iter().next().ok_or(Error::FunctionFailed("the object was not made".into()))
    }
}

/// An attribute of a template that objects are found by.
fn indexed(template: &Template) -> Option<By<'_>> {
    let bytes = |attribute| template.get(attribute).and_then(Value::as_bytes).filter(|bytes| !bytes.is_empty());
    let label = bytes(Attribute::Label).and_then(|label| std::str::from_utf8(label).ok());
    let class = template.get(Attribute::Class).and_then(Value::as_number);
    let class = [Class::Public, Class::Private, Class::Certificate, Class::Data]
        .into_iter()
        .find(|known| class == Some(u64::from(known.number())));
    label.map(By::Label).or(bytes(Attribute::Id).map(By::Id)).or(class.map(By::Class))
}

/// An object with changed attributes, for C_SetAttributeValue and (`copy`) C_CopyObject.
fn changed(view: &View<'_>, mut object: Object, template: &Template, officer: bool, copy: bool) -> Result<Object> {
    let kind = Kinds::of(&object);
    let was = object.flags;
    for (attribute, value) in template.iter() {
        if attribute.form().is_none() {
            return Err(Error::AttributeTypeInvalid);
        }
        let rule = rules::rule(view.personality, kind, attribute).ok_or(Error::AttributeTypeInvalid)?;
        if value.form() != rules::form(rule) {
            return Err(Error::AttributeValueInvalid);
        }
        // A copy may say again what it copies.
        if copy && view.get(attribute).as_ref() == Ok(value) {
            continue;
        }
        let allowed = match view.personality {
            Personality::CloudHsm => rule.notes.has(Notes::CLOUD_CHANGE),
            Personality::Generic => rule.notes.has(Notes::CHANGE),
        };
        let only_in_copies =
            matches!(attribute, Attribute::Token | Attribute::Private | Attribute::Modifiable | Attribute::Destroyable);
        if !(allowed || copy && only_in_copies) {
            return Err(Error::AttributeReadOnly);
        }
        if view.personality == Personality::CloudHsm && kind == Kinds::CERTIFICATE {
            certificate::check(attribute, value)?;
        }
        let given = value.as_flag();
        let had = rules::flag(attribute).map(|(flag, opposite)| was.has(flag) != opposite);
        // A session's key may become the token's (documented for `cloudhsm`), never the other way round.
        let leaves = attribute == Attribute::Token && !copy && (had, given) == (Some(true), Some(false));
        let stays = leaves
            || (rule.notes.has(Notes::STAYS_TRUE) && had == Some(true) && given == Some(false))
            || (rule.notes.has(Notes::STAYS_FALSE) && had == Some(false) && given == Some(true));
        if stays || (rule.notes.has(Notes::OFFICER) && given == Some(true) && !officer) {
            return Err(Error::AttributeReadOnly);
        }
        if attribute == Attribute::Value {
            // Of data objects: the value is sealed.
            let bytes = value.as_bytes().ok_or(Error::AttributeValueInvalid)?;
            let context = Object::context(&object.unique);
            object.material = view.world.vault().seal(view.world.entropy(), &context, bytes);
            object.value_len = u32::try_from(bytes.len()).map_err(|_| Error::AttributeValueInvalid)?;
            continue;
        }
        let Object { flags, label, id, extra, .. } = &mut object;
        draft::change(flags, label, id, extra, attribute, value)?;
    }
    Ok(object)
}
