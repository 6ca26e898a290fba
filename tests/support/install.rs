//! The real clients: found where they are, installed where they are missing. A client that cannot be had fails the test that asks for it.
//!
//! Version 1 of the CLI and boto3 come from pip into `target/clients/`, as pinned in `clients/requirements.txt`; version 2 and OpenSSL are Debian's
//! packages. A file lock keeps concurrent test processes from installing twice.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::OnceLock,
};

use super::root;

const REQUIREMENTS: &str = include_str!("../clients/requirements.txt");

/// The `aws` program of version 1.
pub(super) fn aws_v1() -> &'static Path {
    static PATH: OnceLock<PathBuf> = OnceLock::new();
    PATH.get_or_init(|| environment().join("bin/aws"))
}

/// The Python interpreter that has boto3.
pub(crate) fn python() -> &'static Path {
    static PATH: OnceLock<PathBuf> = OnceLock::new();
    PATH.get_or_init(|| environment().join("bin/python3"))
}

/// The `aws` program of version 2.
pub(super) fn aws_v2() -> &'static Path {
    static PATH: OnceLock<&Path> = OnceLock::new();
    PATH.get_or_init(|| {
        let path = of_package("/usr/bin/aws", "awscli");
        let version = run(Command::new(path).arg("--version"));
        assert!(
            version.starts_with("aws-cli/2."),
            "{} is not version 2 of the AWS CLI but {version}; install Debian's package awscli",
            path.display()
        );
        path
    })
}

/// OpenSC's `pkcs11-tool`.
pub(crate) fn pkcs11_tool() -> &'static Path {
    of_package("/usr/bin/pkcs11-tool", "opensc")
}

/// SoftHSM2's module; its `softhsm2-util` comes with it.
pub(crate) fn softhsm2() -> &'static Path {
    of_package("/usr/lib/softhsm/libsofthsm2.so", "softhsm2")
}

/// The `openssl` program, with which a customer signs the cluster's certificate.
pub(super) fn openssl() -> &'static Path {
    of_package("/usr/bin/openssl", "openssl")
}

/// The virtual environment with the pinned packages; made anew when the pins changed or an installation was cut off.
fn environment() -> &'static Path {
    static PATH: OnceLock<PathBuf> = OnceLock::new();
    PATH.get_or_init(|| {
        let folder = clients_folder().join("venv");
        let done = folder.join("installed.txt");
        with_lock(|| {
            if fs::read_to_string(&done).is_ok_and(|installed| installed == REQUIREMENTS) {
                return;
            }
            let _ = fs::remove_dir_all(&folder);
            if !Command::new("python3")
                .args(["-c", "import venv, ensurepip"])
                .output()
                .is_ok_and(|output| output.status.success())
            {
                debian("python3-venv");
            }
            run(Command::new("python3").args(["-m", "venv"]).arg(&folder));
            let requirements = root().join("tests/clients/requirements.txt");
            run(Command::new(folder.join("bin/pip"))
                .args(["install", "--quiet", "--no-input", "--disable-pip-version-check", "-r"])
                .arg(requirements));
            fs::write(&done, REQUIREMENTS).expect("the virtual environment can be written");
        });
        folder
    })
}

/// `target/clients/`, beside the folder of the profile that this test was built in.
fn clients_folder() -> PathBuf {
    let target = Path::new(super::PROGRAM).ancestors().nth(2).expect("the program lies in target/<profile>/");
    let folder = target.join("clients");
    fs::create_dir_all(&folder).expect("the target folder can be written");
    folder
}

fn with_lock(work: impl FnOnce()) {
    let file = fs::File::create(clients_folder().join("lock")).expect("the target folder can be written");
    file.lock().expect("the lock can be waited for");
    work();
}

/// A file of a Debian package, which is installed if the file is missing. The lock is for a package that another process is installing.
fn of_package(file: &'static str, package: &str) -> &'static Path {
    let file = Path::new(file);
    with_lock(|| {
        if !file.exists() {
            debian(package);
        }
    });
    file
}

/// Installs a Debian package; says what to do where that is not possible.
fn debian(package: &str) {
    let root = run(Command::new("id").arg("-u")).trim() == "0";
    assert!(root, "package {package} is missing and only root can install it: sudo apt-get install {package}");
    run(Command::new("apt-get").args(["update", "-qq"]));
    run(Command::new("apt-get").env("DEBIAN_FRONTEND", "noninteractive").args([
        "install",
        "-y",
        "-qq",
        "--no-install-recommends",
        package,
    ]));
}

fn run(command: &mut Command) -> String {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?} cannot be started: {error}"));
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(output.status.success(), "{command:?} failed:\n{}{}", text(&output.stdout), text(&output.stderr));
    text(&output.stdout)
}

#[test]
fn clients_are_real() {
    let version = |program: &Path| run(Command::new(program).arg("--version"));
    assert!(version(aws_v1()).starts_with("aws-cli/1."));
    assert!(version(aws_v2()).starts_with("aws-cli/2."));
    run(Command::new(python()).args(["-c", "import boto3"]));
    run(Command::new(openssl()).arg("version"));
}
