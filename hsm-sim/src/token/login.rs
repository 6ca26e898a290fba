//! Logging in and out: one login per application and token, on every node at once (PKCS#11 v3.1 §5.6).

use std::sync::RwLockWriteGuard;

use crypto::Password;

use crate::audit::Command;
use crate::cluster::Personality;
use crate::error::HsmError;
use crate::token::application::Application;
use crate::token::operation::Unconfirmed;
use crate::token::pin::{self, Account};
use crate::token::slot::{Identity, Slot};
use crate::token::{Error, Result, SessionId, UserType};
use crate::user::UserName;

impl Application {
    /// Logs in, or lets the operations of a session go on whose keys ask for a login each time. A PIN is `user:password`; in `generic` the password alone names the token's own user or officer.
    ///
    /// # Errors
    /// [`Error::SessionHandleInvalid`], [`Error::UserTypeInvalid`], [`Error::OperationNotInitialized`] for a login that is
    /// specific to an operation where none waits for it, [`Error::UserAlreadyLoggedIn`], [`Error::UserAnotherAlreadyLoggedIn`],
    /// [`Error::SessionReadOnlyExists`], [`Error::UserPinNotInitialized`], [`Error::PinIncorrect`], [`Error::PinLocked`].
    pub fn login(&self, session: SessionId, user: UserType, pin: &[u8]) -> Result<()> {
        if user == UserType::ContextSpecific {
            return self.confirm(session, pin);
        }
        let slot = self.may_log_in(session, user)?;
        let account = pin::account(self.world(), &slot, user, pin)?;
        self.log_in(&slot, user, &account)
    }

    /// Logs in as a user of this name.
    ///
    /// # Errors
    /// As [`Application::login`].
    pub fn login_user(&self, session: SessionId, user: UserType, pin: &[u8], name: &[u8]) -> Result<()> {
        let slot = self.may_log_in(session, user)?;
        let text = |bytes: &[u8]| std::str::from_utf8(bytes).map(str::to_owned).map_err(|_| Error::PinIncorrect);
        let account = Account { name: text(name)?, password: Password::new(text(pin)?) };
        self.log_in(&slot, user, &account)
    }

    /// Logs out: private session objects are destroyed, handles of private objects name nothing any more.
    ///
    /// # Errors
    /// [`Error::SessionHandleInvalid`], [`Error::UserNotLoggedIn`].
    pub fn logout(&self, session: SessionId) -> Result<()> {
        let session = self.session(session)?;
        self.end_login(&session.slot, Command::Logout)
    }

    /// The login of who is logged in, once more, for the session's operations that wait for it.
    fn confirm(&self, session: SessionId, pin: &[u8]) -> Result<()> {
        let mut entered = self.enter(session)?;
        let (session, state) = entered.parts();
        if state.operations.unconfirmed.is_empty() {
            return Err(Error::OperationNotInitialized);
        }
        self.check_own_pin(&session.slot, pin)?;
        state.operations.unconfirmed = Unconfirmed::default();
        Ok(())
    }

    fn may_log_in(&self, session: SessionId, user: UserType) -> Result<std::sync::Arc<Slot>> {
        let session = self.session(session)?;
        let slot = std::sync::Arc::clone(&session.slot);
        match (user, slot.personality) {
            (UserType::ContextSpecific, _) => Err(Error::OperationNotInitialized),
            // Officers use other tools (documented).
            (UserType::SecurityOfficer, Personality::CloudHsm) => Err(Error::UserTypeInvalid),
            (UserType::SecurityOfficer, Personality::Generic) | (UserType::User, _) => Ok(slot),
        }
    }

    fn log_in(&self, slot: &Slot, user: UserType, account: &Account) -> Result<()> {
        let mut identity = slot.identity.write();
        match slot.who() {
            Some(who) if who == user => return Err(Error::UserAlreadyLoggedIn),
            Some(_) => return Err(Error::UserAnotherAlreadyLoggedIn),
            None => {}
        }
        if user == UserType::SecurityOfficer && slot.sessions.0.now().read_only > 0 {
            return Err(Error::SessionReadOnlyExists);
        }
        identity.name = account.name.parse::<UserName>().ok().map(|name| name.to_string());
        let answers = identity.client.login_as(pin::login_type(user), &account.name, &account.password)?;
        if answers.iter().any(|answer| answer.result.is_ok()) {
            slot.set_who(&mut identity, Some(user));
            // Held until nobody sees what the user before saw.
            slot.changed();
            return Ok(());
        }
        identity.client.logout()?;
        let refusals: Vec<HsmError> = answers.into_iter().filter_map(|answer| answer.result.err()).collect();
        Err(refusal(&refusals).into())
    }

    pub(crate) fn end_login(&self, slot: &Slot, command: Command) -> Result<()> {
        let mut identity = slot.identity.write();
        if command == Command::CloseSession && slot.sessions.0.now().all() > 0 {
            // Another thread opened a session meanwhile, and perhaps logged in.
            return Ok(());
        }
        if slot.who().is_none() {
            return Err(Error::UserNotLoggedIn);
        }
        let ended = identity.client.end_logins(command);
        // Whatever the store says: nobody is logged in any more.
        self.forget_login(slot, identity);
        ended?;
        Ok(())
    }

    /// Nobody is logged in any more, and what was the user's goes with the login.
    pub(crate) fn forget_login(&self, slot: &Slot, mut identity: RwLockWriteGuard<'_, Identity>) {
        slot.set_who(&mut identity, None);
        slot.forget_private();
        slot.changed();
        // Not before: it would take from the next user.
        drop(identity);
        // What was begun with the user's keys goes now, or when the thread that works in the session comes back.
        for session in self.sessions_of(slot) {
            if let Ok(mut entered) = self.enter(session.id) {
                entered.parts();
            }
        }
    }
}

/// What a client learns when no node accepts: a wrong PIN before a locked user, since another try may still help somewhere.
fn refusal(refusals: &[HsmError]) -> HsmError {
    let order = [HsmError::LoginFailure, HsmError::UserLocked, HsmError::UserLoggedIn, HsmError::InvalidUserType];
    let known = order.into_iter().find(|error| refusals.contains(error));
    let other = refusals.iter().find(|error| **error != HsmError::NodeUnavailable).cloned();
    known.or(other).unwrap_or(HsmError::NoNode)
}
