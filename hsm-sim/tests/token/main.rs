//! A cluster as a PKCS#11 token: sessions, logins, objects, operations, nodes.

mod ciphers;
mod derivation;
mod digests;
mod guards;
mod lattice;
mod login;
mod mechanisms;
mod model;
mod nodes;
mod objects;
mod pairs;
mod sessions;
mod vectors;
mod wrapping;

use hsm_sim::cluster::Personality;
use hsm_sim::token::{
    Application, Attribute, Error, Mechanism, MechanismType, ObjectHandle, Options, Output, Result, SessionId, SlotId,
    Template, UserType, Value,
};
use hsm_sim::{ActiveCluster, Realm, World};

const SO_PIN: &[u8] = b"officer-pin";
const PIN: &[u8] = b"1234";
const CLOUD_PIN: &[u8] = b"kmsuser:kmsPswd1";

const SECRET: u64 = 4;
const AES: u64 = 31;
const GENERIC: u64 = 16;

/// A cluster with an application on it.
struct Token {
    cluster: ActiveCluster,
    application: Application,
    slot: SlotId,
}

impl Token {
    fn new(personality: Personality, nodes: usize) -> Self {
        let world = World::ephemeral().unwrap();
        let builder = ActiveCluster::builder().nodes(nodes).kmsuser("kmsPswd1").personality(personality);
        let cluster = builder.build_in(&world, &Realm::default()).unwrap();
        Self::on(cluster)
    }

    fn on(cluster: ActiveCluster) -> Self {
        let application = Application::open(cluster.world(), Options::default()).unwrap();
        let slot = application.slots().unwrap()[0];
        Self { cluster, application, slot }
    }

    /// A second application on the same directory, as another process has.
    fn other(&self) -> Application {
        Application::open(self.cluster.world(), Options::default()).unwrap()
    }

    fn session(&self) -> SessionId {
        self.application.open_session(self.slot, true).unwrap()
    }

    fn find(&self, session: SessionId, template: &Template) -> Vec<ObjectHandle> {
        find(&self.application, session, template)
    }
}

fn find(application: &Application, session: SessionId, template: &Template) -> Vec<ObjectHandle> {
    application.find_init(session, template).unwrap();
    let found = application.find(session, 1000).unwrap();
    application.find_final(session).unwrap();
    found
}

/// A `generic` token of one node with officer and user, who is logged in.
fn generic() -> (Token, SessionId) {
    let token = Token::new(Personality::Generic, 1);
    token.application.init_token(token.slot, SO_PIN, "tests").unwrap();
    let session = token.session();
    token.application.login(session, UserType::SecurityOfficer, SO_PIN).unwrap();
    token.application.init_pin(session, PIN).unwrap();
    token.application.logout(session).unwrap();
    token.application.login(session, UserType::User, PIN).unwrap();
    (token, session)
}

/// A `cloudhsm` cluster whose crypto user is logged in.
fn cloud(nodes: usize) -> (Token, SessionId) {
    let token = Token::new(Personality::CloudHsm, nodes);
    let session = token.session();
    token.application.login(session, UserType::User, CLOUD_PIN).unwrap();
    (token, session)
}

/// What an operation writes: the length is asked for first, then a buffer of one byte less is refused if the length is exact.
fn output(mut call: impl FnMut(Output<'_>) -> Result<usize>) -> Result<Vec<u8>> {
    let length = call(Output::Length)?;
    let mut buffer = vec![0; length];
    let written = call(Output::Buffer(&mut buffer))?;
    assert!(written <= length, "{written} of {length}");
    buffer.truncate(written);
    Ok(buffer)
}

fn mechanism(kind: MechanismType) -> Mechanism {
    Mechanism::new(kind)
}

/// A session's AES key that may do everything.
fn aes(token: &Token, session: SessionId, bytes: u64) -> ObjectHandle {
    let template = everything(Template::new().number(Attribute::ValueLen, bytes));
    token.application.generate_key(session, &mechanism(MechanismType::AesKeyGen), &template).unwrap()
}

fn everything(template: Template) -> Template {
    [
        Attribute::Encrypt,
        Attribute::Decrypt,
        Attribute::Sign,
        Attribute::Verify,
        Attribute::Wrap,
        Attribute::Unwrap,
        Attribute::Derive,
        Attribute::Extractable,
    ]
    .into_iter()
    .fold(template, |template, attribute| template.flag(attribute, true))
    .flag(Attribute::Sensitive, false)
}

/// A session's secret key of this value.
fn secret(token: &Token, session: SessionId, key_type: u64, value: &[u8]) -> ObjectHandle {
    let template = Template::new()
        .number(Attribute::Class, SECRET)
        .number(Attribute::KeyType, key_type)
        .bytes(Attribute::Value, value);
    token.application.create_object(session, &everything(template)).unwrap()
}

/// The key that a mechanism derives.
fn derive(
    token: &Token,
    session: SessionId,
    mechanism: &Mechanism,
    base: ObjectHandle,
    template: &Template,
) -> Result<ObjectHandle> {
    Ok(token.application.derive_key(session, mechanism, base, template)?.key.unwrap())
}

fn attribute(token: &Token, session: SessionId, object: ObjectHandle, attribute: Attribute) -> Result<Value> {
    token.application.attributes(session, object, &[attribute])?.remove(0)
}

fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text.chars().filter_map(|digit| digit.to_digit(16)).map(|digit| digit as u8).collect();
    digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect()
}

/// Asserts the exact refusal.
#[track_caller]
#[allow(clippy::needless_pass_by_value, reason = "an error is written where it is expected")]
fn refused<T: std::fmt::Debug>(result: Result<T>, error: Error) {
    assert_eq!(result.unwrap_err(), error);
}
