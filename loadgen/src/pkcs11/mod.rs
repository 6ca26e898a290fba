//! A PKCS#11 module as a target, by the `cryptoki` crate: what a Rust program with that crate gets. It asks for the length of each
//! output before the output itself and puts it in new memory, so a call that answers bytes is three C calls (`C_EncryptInit` and
//! `C_Encrypt` twice).

mod code;
mod keys;
mod operation;
mod worker;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crypto::Password;
use cryptoki::context::{CInitializeArgs, CInitializeFlags, Pkcs11};
use cryptoki::error::{Error as CallError, RvError};
use cryptoki::object::{Attribute, ObjectHandle};
use cryptoki::session::{Session, UserType};
use cryptoki::slot::Slot;
use cryptoki::types::AuthPin;

use self::keys::Keys;
use self::operation::{OPERATIONS, Operation, Row};
use self::worker::Caller;
use crate::error::{Error, Result};
use crate::plan::Plan;
use crate::target::{Description, Stop, Target, Worker, chosen};

/// Which module and which of its tokens.
#[derive(Debug, Clone)]
pub struct Options {
    /// The module's file.
    pub module: PathBuf,
    /// Which token; the first initialised one if nothing is said.
    pub token: Choice,
    /// The user's PIN.
    pub pin: Option<Password>,
    /// Whether keys are kept on the token during the run; else they belong to a session.
    pub token_keys: bool,
    /// The label of the run's keys, which tells them from others'.
    pub label: String,
}

/// Which token of a module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Choice {
    /// The first that is initialised.
    First,
    /// The one in the slot of this id.
    Slot(u64),
    /// The first with this label.
    Label(String),
}

/// A loaded module.
pub struct Module {
    options: Options,
    context: Pkcs11,
    /// Whether this target initialised the module; of two targets in the same module, the first.
    initialised: bool,
    slot: Slot,
    about: String,
    operations: Vec<&'static str>,
    /// Keeps the login and the keys of sessions until the end.
    keeper: Option<Session>,
    /// Keys on the token, to be destroyed.
    made: Vec<ObjectHandle>,
}

/// The names and meanings of the operations.
pub fn operations() -> impl Iterator<Item = (&'static [&'static str], &'static str)> {
    OPERATIONS.iter().map(|row| (row.names, row.about))
}

impl Module {
    /// Loads a module and finds the token.
    ///
    /// # Errors
    /// There is no module, it refuses to start, or it has no such token.
    pub fn open(options: Options) -> Result<Self> {
        let unloaded = |error: CallError| Error::Module {
            path: options.module.clone(),
            reason: match error {
                CallError::LibraryLoading(error) => error.to_string(),
                error => code::failed(&error).to_string(),
            },
        };
        let context = Pkcs11::new(&options.module).map_err(unloaded)?;
        let initialised = match context.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK)) {
            Err(CallError::Pkcs11(RvError::CryptokiAlreadyInitialized, _)) => false,
            done => done.map(|()| true).map_err(|error| code::failed(&error))?,
        };
        let (slot, token) = find(&context, &options)?;
        let library = context.get_library_info().map_err(|error| code::failed(&error))?;
        let about = format!("{} {}, token '{token}'", library.library_description().trim(), library.library_version());
        Ok(Self { options, context, initialised, slot, about, operations: Vec::new(), keeper: None, made: Vec::new() })
    }

    fn session(&self) -> Result<Session> {
        self.context.open_rw_session(self.slot).map_err(|error| code::failed(&error))
    }

    fn log_in(&self, session: &Session) -> Result<()> {
        let Some(pin) = self.auth_pin() else { return Ok(()) };
        match session.login(UserType::User, Some(&pin)) {
            // The other target of a comparison is the same token.
            Err(CallError::Pkcs11(RvError::UserAlreadyLoggedIn, _)) if !self.initialised => Ok(()),
            done => done.map_err(|error| code::failed(&error)),
        }
    }

    fn auth_pin(&self) -> Option<AuthPin> {
        self.options.pin.as_ref().map(|pin| AuthPin::from(pin.expose().to_owned()))
    }

    /// The template of keys that calls make.
    fn of_new_keys(&self) -> Vec<Attribute> {
        let label = format!("{} new", self.options.label).into_bytes();
        let place = [Attribute::Token(self.options.token_keys), Attribute::Label(label)];
        [&place[..], &keys::aes_template()].concat()
    }

    /// Logs in and makes the keys that the operations need.
    fn fill(&mut self, plan: &Plan, rows: &[Row], stop: &Stop) -> Result<Keys> {
        let session = self.session()?;
        if !rows.iter().any(|row| row.operation == Operation::Login) {
            self.log_in(&session)?;
        }
        let keeper = self.keeper.insert(session);
        let mut maker = keys::Maker {
            session: keeper,
            label: &self.options.label,
            token: self.options.token_keys,
            made: &mut self.made,
            stop,
        };
        maker.make(plan, rows)
    }
}

/// The token that the options choose, and its label.
fn find(context: &Pkcs11, options: &Options) -> Result<(Slot, String)> {
    let slots = context.get_slots_with_token().map_err(|error| code::failed(&error))?;
    let mut present = Vec::new();
    for slot in slots {
        let info = context.get_token_info(slot).map_err(|error| code::failed(&error))?;
        let label = info.label().trim_end().to_owned();
        let wanted = match &options.token {
            Choice::First => info.token_initialized(),
            Choice::Slot(id) => slot.id() == *id,
            Choice::Label(wanted) => *wanted == label,
        };
        if wanted {
            return Ok((slot, label));
        }
        let state = if info.token_initialized() { "" } else { ", not initialised" };
        present.push(format!("'{label}' in slot {}{state}", slot.id()));
    }
    Err(Error::NoToken {
        path: options.module.clone(),
        wanted: match &options.token {
            Choice::First => "initialised token".to_owned(),
            Choice::Slot(id) => format!("token in slot {id}"),
            Choice::Label(label) => format!("token '{label}'"),
        },
        present: if present.is_empty() { "none".to_owned() } else { present.join(", ") },
    })
}

impl Target for Module {
    fn description(&self) -> Description {
        Description {
            kind: "pkcs11",
            name: shown(&self.options.module),
            about: self.about.clone(),
            operations: self.operations.clone(),
        }
    }

    fn prepare(&mut self, plan: &Plan, stop: &Stop) -> Result<Vec<Box<dyn Worker>>> {
        let rows = chosen(plan, "a PKCS#11 module", OPERATIONS, |row| row.names)?;
        operation::check(plan, &rows, self.options.pin.is_some())?;
        self.operations = rows.iter().filter_map(|row| row.names.first().copied()).collect();
        let keys = Arc::new(self.fill(plan, &rows, stop)?);
        let operations: Arc<[Operation]> = rows.iter().map(|row| row.operation).collect();
        let mut workers: Vec<Box<dyn Worker>> = Vec::new();
        for _ in 0..plan.threads {
            let place = worker::Place { context: self.context.clone(), slot: self.slot, pin: self.auth_pin() };
            let (keys, operations) = (Arc::clone(&keys), Arc::clone(&operations));
            workers.push(Box::new(Caller::new(self.session()?, place, keys, operations, self.of_new_keys())));
        }
        Ok(workers)
    }

    fn clean_up(&mut self) -> Result<()> {
        let mut first = Ok(());
        if let Some(session) = self.keeper.take() {
            for object in self.made.drain(..) {
                let done = session.destroy_object(object).map_err(|error| code::failed(&error));
                first = first.and(done);
            }
        }
        if std::mem::take(&mut self.initialised) {
            let done = self.context.clone().finalize().map_err(|error| code::failed(&error));
            first = first.and(done);
        }
        first
    }
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}
