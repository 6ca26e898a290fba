//! The module as a client of a server: what only that way has. Its programs are this test program again, told by the environment
//! what to be, because a module is its process's.
#![allow(unsafe_code, clippy::print_stdout, reason = "fork; a client speaks to its parent")]

mod common;
#[path = "../../tests/support/wait.rs"]
mod wait;

use std::ffi::OsStr;
use std::fs;
use std::io::{BufRead, BufReader, Write, stdin};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use cryptoki::context::{CInitializeArgs, CInitializeFlags, Pkcs11};
use cryptoki::error::{Error, RvError};
use cryptoki::mechanism::Mechanism;
use cryptoki::object::{Attribute, ObjectHandle};
use cryptoki::session::{Session, UserType};
use cryptoki::types::AuthPin;
use hsm_sim::{ActiveCluster, Realm, World, WorldOptions};

use crate::common::server::Server;
use crate::wait::until;

const ROLE: &str = "HSM_SIM_TEST_ROLE";
/// Variables of the environment.
type Variables<'a> = &'a [(&'a str, &'a OsStr)];

const PIN: &str = "kmsuser:kmsPswd1";

/// A server over a `cloudhsm` cluster.
fn server() -> (tempfile::TempDir, Server) {
    let directory = tempfile::tempdir().unwrap();
    {
        let world = World::open(directory.path(), WorldOptions::default()).unwrap();
        ActiveCluster::builder().nodes(2).kmsuser("kmsPswd1").build_in(&world, &Realm::default()).unwrap();
    }
    let server = Server::start(directory.path());
    (directory, server)
}

fn role(server: &Server, role: &str) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "as_a_client", "--nocapture"]).env(ROLE, role).envs(server.variables());
    command
}

/// A client that speaks with its parent: a word a line.
struct Client(Child, BufReader<std::process::ChildStdout>);

impl Client {
    fn start(mut command: Command) -> Self {
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let out = BufReader::new(child.stdout.take().unwrap());
        Self(child, out)
    }

    fn says(&mut self, word: &str) {
        let heard = (&mut self.1).lines().map(Result::unwrap).find(|line| line == word);
        assert!(heard.is_some(), "the client ended without saying {word}");
    }

    fn tell(&mut self) {
        self.0.stdin.as_mut().unwrap().write_all(b"\n").unwrap();
    }

    fn ends_well(mut self) {
        assert!(self.0.wait().unwrap().success());
    }
}

#[test]
fn a_killed_client_is_logged_out() {
    let (_directory, server) = server();
    let mut client = Client::start(role(&server, "waits"));
    client.says("logged in");
    assert_ne!(server.logins(), 0);
    client.0.kill().unwrap();
    client.0.wait().unwrap();
    until("logged out", || server.logins() == 0);
}

#[test]
fn a_forked_child_starts_anew_and_its_parent_goes_on() {
    let (_directory, server) = server();
    let status = role(&server, "forks").stdout(Stdio::null()).status().unwrap();
    assert!(status.success());
    assert_eq!(server.logins(), 0);
}

#[test]
fn sessions_end_with_the_server() {
    let (_directory, mut server) = server();
    let mut client = Client::start(role(&server, "survives"));
    client.says("logged in");
    server.stop();
    client.tell();
    client.says("no server");
    server.start_again();
    client.tell();
    client.says("started anew");
    client.ends_well();
}

#[test]
fn what_is_wrong_is_told_at_the_start() {
    let (directory, mut server) = server();
    let other = tempfile::tempdir().unwrap();
    let (_, other_ca) = Server::start(other.path()).variables()[1].clone();
    let initialize = |variables: Variables<'_>| {
        let output = role(&server, "does not start").envs(variables.iter().copied()).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stderr).unwrap()
    };
    let nonsense = directory.path().join("nonsense");
    fs::write(&nonsense, "nonsense").unwrap();
    let rows: [(Variables<'_>, &str); 6] = [
        (&[("HSM_SIM_CA", other_ca.as_ref())], "does not prove to be a cluster of the CA"),
        (&[("HSM_SIM_CA", nonsense.as_ref())], "is not one PEM-encoded certificate"),
        (&[("HSM_SIM_CA", Path::new("/no/such/file").as_ref())], "/no/such/file"),
        (&[("HSM_SIM_CA", "".as_ref())], "HSM_SIM_CA must name the file"),
        (&[("HSM_SIM_SERVER", "localhost:1".as_ref())], "of the form tls://host:port"),
        (&[("HSM_SIM_CLUSTER", "cluster-aaaaaaaaaaa".as_ref())], "with an ACTIVE cluster"),
    ];
    for (variables, expected) in rows {
        let told = initialize(variables);
        assert!(told.contains("C_Initialize failed") && told.contains(expected), "{told}");
    }
    server.stop();
    let output = role(&server, "does not start").output().unwrap();
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(told.contains("cannot reach tls://127.0.0.1:"), "{told}");
}

/// Does nothing as a test; the clients' entry.
#[test]
fn as_a_client() {
    match std::env::var(ROLE).as_deref() {
        Err(_) => {}
        Ok("waits") => {
            let _session = logged_in(&module());
            println!("\nlogged in");
            hear();
        }
        Ok("forks") => forks(),
        Ok("survives") => survives(),
        Ok("does not start") => {
            let module = Pkcs11::new(common::module()).unwrap();
            assert_eq!(
                rv(module.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK))),
                RvError::GeneralError
            );
        }
        Ok(role) => panic!("no such role: {role}"),
    }
}

fn module() -> Pkcs11 {
    let module = Pkcs11::new(common::module()).unwrap();
    module.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK)).unwrap();
    module
}

fn logged_in(module: &Pkcs11) -> Session {
    let session = module.open_rw_session(module.get_slots_with_token().unwrap()[0]).unwrap();
    session.login(UserType::User, Some(&AuthPin::new(PIN.into()))).unwrap();
    session
}

fn aes_key(session: &Session) -> ObjectHandle {
    let template = [Attribute::ValueLen(32.into()), Attribute::Encrypt(true), Attribute::Token(false)];
    session.generate_key(&Mechanism::AesKeyGen, &template).unwrap()
}

fn encrypts(session: &Session, key: ObjectHandle) -> Result<Vec<u8>, Error> {
    session.encrypt(&Mechanism::AesCbcPad([1; 16]), key, b"data")
}

fn rv<T: std::fmt::Debug>(result: Result<T, Error>) -> RvError {
    match result.unwrap_err() {
        Error::Pkcs11(rv, _) => rv,
        error => panic!("not an answer of the module: {error}"),
    }
}

/// Waits for the parent's word.
fn hear() {
    stdin().read_line(&mut String::new()).unwrap();
}

fn survives() {
    let module = module();
    let session = logged_in(&module);
    let key = aes_key(&session);
    encrypts(&session, key).unwrap();
    println!("\nlogged in");
    hear();
    assert_eq!(rv(session.get_session_info()), RvError::DeviceError);
    assert_eq!(rv(module.get_slots_with_token()), RvError::DeviceError);
    println!("\nno server");
    hear();
    assert_eq!(rv(session.get_session_info()), RvError::SessionHandleInvalid);
    assert_eq!(rv(encrypts(&session, key)), RvError::SessionHandleInvalid);
    let new = logged_in(&module);
    assert_eq!(rv(encrypts(&new, key)), RvError::KeyHandleInvalid);
    encrypts(&new, aes_key(&new)).unwrap();
    println!("\nstarted anew");
}

fn forks() {
    let module = module();
    let session = logged_in(&module);
    let key = aes_key(&session);
    let before = encrypts(&session, key).unwrap();
    // SAFETY: the child runs on with this thread alone, which is what is tested; it ends by `_exit`.
    let child = unsafe { libc::fork() };
    assert!(child >= 0, "fork");
    if child == 0 {
        let outcome = catch_unwind(AssertUnwindSafe(|| {
            assert_eq!(rv(session.get_session_info()), RvError::CryptokiNotInitialized);
            let module = crate::module();
            let session = logged_in(&module);
            encrypts(&session, aes_key(&session)).unwrap();
            module.finalize().unwrap();
        }));
        // SAFETY: ends the process at once.
        unsafe { libc::_exit(i32::from(outcome.is_err())) }
    }
    let mut status = 0;
    // The parent's connection is its own, before and after the child's end.
    assert_eq!(encrypts(&session, key).unwrap(), before);
    // SAFETY: `status` is writable.
    assert_eq!(unsafe { libc::waitpid(child, &raw mut status, 0) }, child);
    assert_eq!(status, 0, "the child failed");
    assert_eq!(encrypts(&session, key).unwrap(), before);
    drop(session);
    module.finalize().unwrap();
}
