//! The real clients: found where they are, installed where they are missing. A client that cannot be had fails the test.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

/// python-pkcs11 and what it needs, pinned.
const PYTHON_PACKAGES: &[&str] = &["python-pkcs11==0.10.1", "asn1crypto==1.5.1"];

/// OpenSC's `pkcs11-tool`.
pub(crate) fn pkcs11_tool() -> &'static str {
    let program = "/usr/bin/pkcs11-tool";
    under_lock("opensc", || {
        if !PathBuf::from(program).exists() {
            debian("opensc");
        }
    });
    program
}

/// The Python of a virtual environment that has python-pkcs11.
pub(crate) fn python() -> PathBuf {
    let folder = clients().join("pkcs11-venv");
    let done = folder.join("installed.txt");
    under_lock("pkcs11-venv", || {
        if fs::read_to_string(&done).is_ok_and(|installed| installed == PYTHON_PACKAGES.concat()) {
            return;
        }
        let _ = fs::remove_dir_all(&folder);
        if !Command::new("python3").args(["-c", "import venv, ensurepip"]).status().is_ok_and(|status| status.success())
        {
            debian("python3-venv");
        }
        run(Command::new("python3").args(["-m", "venv"]).arg(&folder));
        let pip = folder.join("bin/pip");
        run(Command::new(pip)
            .args(["install", "--quiet", "--no-input", "--disable-pip-version-check"])
            .args(PYTHON_PACKAGES));
        fs::write(&done, PYTHON_PACKAGES.concat()).unwrap();
    });
    folder.join("bin/python3")
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
