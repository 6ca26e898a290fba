//! The real clients: found where they are, installed where they are missing. A client that cannot be had fails the test.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// python-pkcs11, PyKCS11 and what they need, pinned.
const PYTHON_PACKAGES: &[&str] = &["python-pkcs11==0.10.1", "asn1crypto==1.5.1", "PyKCS11==1.5.20"];
/// The packages of Node.js, pinned.
const NODE_PACKAGES: &[&str] = &["graphene-pk11@2.3.6", "pkcs11js@2.1.7"];

/// OpenSC's `pkcs11-tool`.
pub(crate) fn pkcs11_tool() -> &'static str {
    packaged("pkcs11-tool", "opensc")
}

/// The `openssl` program.
pub(crate) fn openssl() -> &'static str {
    packaged("openssl", "openssl")
}

/// GnuTLS's `p11tool`.
pub(crate) fn p11tool() -> &'static str {
    packaged("p11tool", "gnutls-bin")
}

/// GnuTLS's `certtool`.
pub(crate) fn certtool() -> &'static str {
    packaged("certtool", "gnutls-bin")
}

/// Java, with its compiler.
pub(crate) fn java() -> &'static str {
    packaged("javac", "default-jdk-headless");
    "java"
}

/// Java's `keytool`.
pub(crate) fn keytool() -> &'static str {
    packaged("keytool", "default-jdk-headless")
}

/// OpenSSL's engine for PKCS#11 modules.
pub(crate) fn openssl_engine() -> PathBuf {
    let engine = Path::new("/usr/lib").join(multiarch()).join("engines-3/pkcs11.so");
    unless("libengine-pkcs11-openssl", || engine.exists());
    engine
}

/// The Python of a virtual environment that has python-pkcs11 and PyKCS11.
pub(crate) fn python() -> PathBuf {
    let folder = clients().join("pkcs11-venv");
    once(&folder, PYTHON_PACKAGES, || {
        if !Command::new("python3").args(["-c", "import venv, ensurepip"]).status().is_ok_and(|status| status.success())
        {
            debian("python3-venv");
        }
        run(Command::new("python3").args(["-m", "venv"]).arg(&folder));
        let pip = folder.join("bin/pip");
        run(Command::new(pip)
            .args(["install", "--quiet", "--no-input", "--disable-pip-version-check"])
            .args(PYTHON_PACKAGES));
    });
    folder.join("bin/python3")
}

/// Node.js and a folder of modules that has graphene-pk11, which builds pkcs11js from its source.
pub(crate) fn node() -> (&'static str, PathBuf) {
    let folder = clients().join("pkcs11-node");
    once(&folder, NODE_PACKAGES, || {
        packaged("npm", "npm");
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("package.json"), "{}").unwrap();
        let npm = |arguments: &[&str]| {
            let mut npm = Command::new("npm");
            if Path::new("/usr/include/node/node_api.h").exists() {
                npm.env("npm_config_nodedir", "/usr"); // or it asks the network for the headers
            }
            run(npm.current_dir(&folder).args(["--no-audit", "--no-fund", "--loglevel=error"]).args(arguments));
        };
        npm(&[&["install", "--ignore-scripts"], NODE_PACKAGES].concat());
        npm(&["rebuild", "pkcs11js"]);
    });
    ("node", folder.join("node_modules"))
}

/// The name of the folder that Debian keeps this machine's libraries in.
fn multiarch() -> String {
    let output = Command::new("cc").arg("-print-multiarch").output().unwrap();
    String::from_utf8(output.stdout.trim_ascii().to_vec()).unwrap()
}

/// A program that can be started once its package is installed.
fn packaged(program: &'static str, package: &str) -> &'static str {
    unless(package, || {
        let path = env::var_os("PATH").unwrap_or_default();
        env::split_paths(&path).any(|folder| folder.join(program).is_file())
    });
    program
}

/// Installs a package unless what it brings is there.
fn unless(package: &str, there: impl Fn() -> bool) {
    // Looked at first without a lock, which would let tests wait for each other's installations.
    if !there() {
        under_lock("debian", || {
            if !there() {
                debian(package);
            }
        });
    }
}

/// Fills a folder unless it holds these packages; anew when the pins changed or an installation was cut off.
fn once(folder: &Path, packages: &[&str], install: impl FnOnce()) {
    let done = folder.join("installed.txt");
    let name = folder.file_name().unwrap().to_string_lossy();
    under_lock(&name, || {
        if fs::read_to_string(&done).is_ok_and(|installed| installed == packages.concat()) {
            return;
        }
        let _ = fs::remove_dir_all(folder);
        install();
        fs::write(&done, packages.concat()).unwrap();
    });
}

/// `target/clients/`, beside the folder of the profile that this test was built in.
fn clients() -> PathBuf {
    let module = super::module();
    let target = module.ancestors().nth(3).expect("the module lies in target/<profile>/deps/");
    let folder = target.join("clients");
    fs::create_dir_all(&folder).unwrap();
    folder
}

fn under_lock(name: &str, work: impl FnOnce()) {
    let file = fs::File::create(clients().join(format!("{name}.lock"))).unwrap();
    file.lock().unwrap();
    work();
}

fn debian(package: &str) {
    let id = Command::new("id").arg("-u").output().unwrap();
    let root = id.stdout.trim_ascii() == b"0";
    assert!(root, "package {package} is missing and only root can install it: sudo apt-get install {package}");
    run(Command::new("apt-get").args(["update", "-qq"]));
    let mut install = Command::new("apt-get");
    install.env("DEBIAN_FRONTEND", "noninteractive").args(["install", "-y", "-qq", "--no-install-recommends", package]);
    run(&mut install);
}

fn run(command: &mut Command) {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?} cannot be started: {error}"));
    assert!(output.status.success(), "{command:?} failed:\n{}", String::from_utf8_lossy(&output.stderr));
}
