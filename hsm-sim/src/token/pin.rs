//! PINs: whom they name, and setting them (PKCS#11 v3.1 §5.5). In `generic` the security officer is the crypto officer
//! `admin` and the user is the crypto user `user`, whom the officer makes with the first PIN.

use crypto::{Password, Verifier};
use serde::{Deserialize, Serialize};
use store::Table;

use crate::builder::ADMIN;
use crate::cluster::Personality;
use crate::error::HsmError;
use crate::fault::ClientClass;
use crate::node::login::{self, Credentials};
use crate::node::reach::Reach;
use crate::object::layer::{self, Change};
use crate::row::{self, Record};
use crate::settings::Settings;
use crate::token::application::Application;
use crate::token::slot::Slot;
use crate::token::{Error, PinState, Result, SessionId, SlotId, TokenInfo, UserType};
use crate::user::{LoginType, NodeUsers, Role, UserName};
use crate::world::World;

/// The user of a `generic` token.
const USER: &str = "user";

/// The lengths of PINs in bytes (documented for `cloudhsm` with the user's name, inferred for `generic`).
const GENERIC_PIN: std::ops::RangeInclusive<usize> = 4..=255;
const CLOUD_PIN: (u64, u64) = (9, 64);

/// The documented label of the client library's only token.
const CLOUD_LABEL: &str = "hsm1";

/// What initialisation said of a token, one row per cluster.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct TokenRow {
    label: String,
}

impl Record for TokenRow {
    const TABLE: Table = row::TOKEN;
}

/// A user with the password that was given.
#[derive(Debug)]
pub(crate) struct Account {
    pub(crate) name: String,
    pub(crate) password: Password,
}

/// The users that a token's PINs name when they give no name.
const fn own_user(user: UserType) -> &'static str {
    match user {
        UserType::SecurityOfficer => ADMIN,
        UserType::User | UserType::ContextSpecific => USER,
    }
}

/// Whom a PIN names.
pub(crate) fn account(world: &World, slot: &Slot, user: UserType, pin: &[u8]) -> Result<Account> {
    let pin = std::str::from_utf8(pin).map_err(|_| Error::PinIncorrect)?;
    let named = pin.split_once(':');
    let account = |name: &str, password: &str| Account { name: name.to_owned(), password: Password::from(password) };
    match (slot.personality, named) {
        (Personality::CloudHsm, Some((name, password))) => Ok(account(name, password)),
        (Personality::CloudHsm, None) => Err(Error::PinIncorrect),
        (Personality::Generic, named) => {
            if let Some((name, password)) = named
                && exists(world, slot, name)?
            {
                return Ok(account(name, password));
            }
            let own = own_user(user);
            if exists(world, slot, own)? { Ok(account(own, pin)) } else { Err(Error::UserPinNotInitialized) }
        }
    }
}

fn exists(world: &World, slot: &Slot, name: &str) -> Result<bool> {
    let Ok(name) = name.parse::<UserName>() else { return Ok(false) };
    world.read(|rows| {
        let reach = Reach::load(world, rows, &slot.cluster, ClientClass::Pkcs11)?;
        for node in reach.present() {
            if NodeUsers::load(rows, &slot.cluster, &node.id)?.find(&name).is_some() {
                return Ok(true);
            }
        }
        Ok(false)
    })
}

fn new_pin(pin: &[u8]) -> Result<Password> {
    if !GENERIC_PIN.contains(&pin.len()) {
        return Err(Error::PinLenRange);
    }
    std::str::from_utf8(pin).map(Password::from).map_err(|_| Error::PinInvalid)
}

impl Application {
    /// What a token is.
    ///
    /// # Errors
    /// [`Error::SlotIdInvalid`], [`Error::DeviceRemoved`] when the cluster was deleted.
    pub fn token_info(&self, slot: SlotId) -> Result<TokenInfo> {
        let slot = self.slot(slot)?;
        let cloud = slot.personality == Personality::CloudHsm;
        let last = slot.identity.read().name.clone();
        let counts = slot.sessions.0.now();
        let tail = slot.cluster.as_str().trim_start_matches("cluster-").to_owned();
        self.world().read(|rows| {
            let reach = Reach::load(self.world(), rows, &slot.cluster, ClientClass::Pkcs11)?;
            let token: Option<TokenRow> = row::load(rows, slot.cluster.as_str().as_bytes())?;
            let threshold = Settings::load(rows)?.lock_threshold;
            let pin = |name: &str| -> Result<Option<PinState>> {
                let Ok(name) = name.parse::<UserName>() else { return Ok(None) };
                let mut state = None;
                for node in reach.present() {
                    let users = NodeUsers::load(rows, &slot.cluster, &node.id)?;
                    let Some(user) = users.find(&name) else { continue };
                    let here = match user.failures {
                        0 => PinState::Good,
                        failures if failures >= threshold => PinState::Locked,
                        failures if failures + 1 == threshold => PinState::FinalTry,
                        _ => PinState::CountLow,
                    };
                    // The best node counts: there another try is possible.
                    state = Some(state.map_or(here, |other: PinState| other.min(here)));
                }
                Ok(state)
            };
            let user = pin(last.as_deref().filter(|name| cloud || *name != ADMIN).unwrap_or(USER))?;
            Ok(TokenInfo {
                label: if cloud { CLOUD_LABEL.to_owned() } else { token.clone().unwrap_or_default().label },
                manufacturer: if cloud { "Marvell Semiconductors, Inc." } else { "hsm-sim" }.into(),
                model: if cloud { "CloudHSM" } else { "hsm-sim" }.into(),
                serial: tail.chars().take(16).collect(),
                personality: slot.personality,
                initialized: cloud || token.is_some(),
                user_pin_initialized: cloud || user.is_some(),
                user_pin: user.unwrap_or_default(),
                so_pin: pin(ADMIN)?.unwrap_or_default(),
                pin_length: if cloud { CLOUD_PIN } else { (*GENERIC_PIN.start() as u64, *GENERIC_PIN.end() as u64) },
                max_sessions: cloud.then_some(1024),
                sessions: (counts.all(), counts.read_write),
            })
        })
    }

    /// Initialises a token: all its objects and crypto users go, the officer gets the PIN. Of an initialised token the PIN must
    /// be the officer's.
    ///
    /// # Errors
    /// [`Error::FunctionNotSupported`] in `cloudhsm`, [`Error::SessionExists`], [`Error::PinIncorrect`],
    /// [`Error::PinLocked`], [`Error::PinLenRange`].
    pub fn init_token(&self, slot: SlotId, pin: &[u8], label: &str) -> Result<()> {
        let slot = self.slot(slot)?;
        generic(slot)?;
        if slot.sessions.0.now().all() > 0 {
            return Err(Error::SessionExists);
        }
        let key = slot.cluster.as_str().as_bytes();
        let known: Option<TokenRow> = self.world().read(|rows| row::load(rows, key))?;
        let password = if known.is_some() {
            let given = std::str::from_utf8(pin).map(Password::from).map_err(|_| Error::PinIncorrect)?;
            self.try_password(slot, LoginType::Co, ADMIN, &given)?;
            given
        } else {
            new_pin(pin)?
        };
        let verifier = Verifier::new(&password, self.world().entropy());
        let token = TokenRow { label: label.to_owned() };
        self.world().write(|tx| {
            let mut reach = Reach::load(self.world(), tx, &slot.cluster, ClientClass::Pkcs11)?;
            let shared = reach.cluster.layer;
            for at in 0..reach.nodes.len() {
                let id = reach.nodes[at].id.clone();
                let mut users = NodeUsers::load(tx, &slot.cluster, &id)?;
                users.users.retain(|user| user.role != Role::Cu);
                for user in users.users.iter_mut().filter(|user| user.name.key() == ADMIN) {
                    user.set_password(verifier.clone());
                }
                users.save(tx, &slot.cluster, &id)?;
                // Deleted on all nodes at once, so what other nodes showed is gone when its turn comes.
                for found in layer::all(tx, &reach.nodes[at].view)? {
                    let gone = vec![Change::Delete; reach.nodes.len()];
                    layer::write(tx, self.world().vault(), shared, &mut reach.nodes, found.object.handle, &gone)?;
                }
            }
            row::save(tx, key, &token)?;
            Ok::<_, Error>(())
        })?;
        slot.changed();
        Ok(())
    }

    /// Sets the user's PIN, as the officer; the user is made if there is none.
    ///
    /// # Errors
    /// [`Error::FunctionNotSupported`] in `cloudhsm`, [`Error::UserNotLoggedIn`] unless the officer is, [`Error::PinLenRange`].
    pub fn init_pin(&self, session: SessionId, pin: &[u8]) -> Result<()> {
        let session = self.session(session)?;
        generic(&session.slot)?;
        if session.slot.who() != Some(UserType::SecurityOfficer) {
            return Err(Error::UserNotLoggedIn);
        }
        let password = new_pin(pin)?;
        self.set_password(&session.slot, USER, &password, true)
    }

    /// Changes the PIN of who is logged in, or the user's if nobody is.
    ///
    /// # Errors
    /// [`Error::FunctionNotSupported`] in `cloudhsm`, [`Error::SessionReadOnly`], [`Error::PinIncorrect`],
    /// [`Error::PinLocked`], [`Error::PinLenRange`].
    pub fn set_pin(&self, session: SessionId, old: &[u8], new: &[u8]) -> Result<()> {
        let session = self.session(session)?;
        let slot = &session.slot;
        generic(slot)?;
        if !session.read_write {
            return Err(Error::SessionReadOnly);
        }
        let (who, account) = self.own_account(slot, old)?;
        let mut password = new_pin(new)?;
        // Somebody who gives a name with the old PIN may give it with the new one.
        let prefix = format!("{}:", account.name);
        if old.starts_with(prefix.as_bytes())
            && let Some(rest) = password.expose().strip_prefix(&prefix)
        {
            password = Password::from(rest);
        }
        self.try_password(slot, login_type(who), &account.name, &account.password)?;
        self.set_password(slot, &account.name, &password, false)
    }

    /// Whether a PIN is that of who is logged in; a wrong one counts as a failed login.
    ///
    /// # Errors
    /// [`Error::UserNotLoggedIn`], [`Error::PinIncorrect`], [`Error::PinLocked`].
    pub(crate) fn check_own_pin(&self, slot: &Slot, pin: &[u8]) -> Result<()> {
        if slot.who().is_none() {
            return Err(Error::UserNotLoggedIn);
        }
        let (who, account) = self.own_account(slot, pin)?;
        self.try_password(slot, login_type(who), &account.name, &account.password)
    }

    /// Whom a PIN names that is given by who is logged in, or by the user if nobody is.
    fn own_account(&self, slot: &Slot, pin: &[u8]) -> Result<(UserType, Account)> {
        let (who, name) = {
            let identity = slot.identity.read();
            (slot.who().unwrap_or(UserType::User), slot.who().and(identity.name.clone()))
        };
        let mut account = account(self.world(), slot, who, pin)?;
        if let Some(name) = name {
            let whole = account.name != name;
            account.name = name;
            if whole {
                account.password = std::str::from_utf8(pin).map(Password::from).map_err(|_| Error::PinIncorrect)?;
            }
        }
        Ok((who, account))
    }

    /// Whether a password is right on some node; a wrong one counts as a failed login.
    fn try_password(&self, slot: &Slot, login_type: LoginType, name: &str, password: &Password) -> Result<()> {
        let world = self.world();
        let reach = world.read(|rows| Reach::load(world, rows, &slot.cluster, ClientClass::Pkcs11))?;
        let nodes: Vec<_> = reach.present().map(|node| node.id.clone()).collect();
        let credentials = Credentials { login_type, name, password, answers: None };
        let answers = login::log_in(world, &slot.cluster, ClientClass::Pkcs11, &nodes, credentials)?;
        let mut refusal = HsmError::NoNode;
        let mut accepted = Vec::new();
        for answer in answers {
            match answer {
                Ok(login) => accepted.push(login),
                Err(error) => refusal = error,
            }
        }
        login::end(world, &accepted)?;
        if accepted.is_empty() { Err(refusal.into()) } else { Ok(()) }
    }

    /// Sets a user's password on every node that is reached.
    fn set_password(&self, slot: &Slot, name: &str, password: &Password, make: bool) -> Result<()> {
        let name: UserName = name.parse()?;
        let verifier = Verifier::new(password, self.world().entropy());
        self.world().write(|tx| {
            let reach = Reach::load(self.world(), tx, &slot.cluster, ClientClass::Pkcs11)?;
            let mut reached = false;
            for node in reach.present().filter(|node| reach.reaches(node)) {
                let mut users = NodeUsers::load(tx, &slot.cluster, &node.id)?;
                match users.find_mut(&name) {
                    Some(user) => user.set_password(verifier.clone()),
                    None if make => {
                        users.add(name.clone(), Role::Cu, verifier.clone());
                    }
                    None => continue,
                }
                users.save(tx, &slot.cluster, &node.id)?;
                reached = true;
            }
            if reached { Ok(()) } else { Err(Error::DeviceError) }
        })?;
        slot.changed();
        Ok(())
    }
}

pub(crate) const fn login_type(who: UserType) -> LoginType {
    match who {
        UserType::SecurityOfficer => LoginType::Co,
        UserType::User | UserType::ContextSpecific => LoginType::Cu,
    }
}

fn generic(slot: &Slot) -> Result<()> {
    match slot.personality {
        Personality::Generic => Ok(()),
        // Users are managed by other tools (documented).
        Personality::CloudHsm => Err(Error::FunctionNotSupported),
    }
}
