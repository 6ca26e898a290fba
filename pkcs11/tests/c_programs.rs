//! Programs in C that load the module as others do, run as they are and, where it is installed, under valgrind.

mod common;

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

fn source(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/c").join(name)
}

/// Compiles a program into the folder.
fn compiled(name: &str, folder: &Path) -> PathBuf {
    let program = folder.join(name);
    let mut compiler = Command::new("cc");
    compiler.args(["-std=gnu11", "-Wall", "-Wextra", "-Werror", "-g", "-O1", "-pthread"]);
    compiler.arg(source(&format!("{name}.c"))).arg("-o").arg(&program).arg("-ldl");
    succeeds(&mut compiler);
    program
}

fn succeeds(command: &mut Command) {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?} cannot be started: {error}"));
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{command:?}: {}\n{out}\n{err}", output.status);
}

/// A program with these arguments and a state directory in the folder.
fn command(program: &Path, arguments: &[&Path], folder: &Path, under: &[&str]) -> Command {
    let line: Vec<&OsStr> = under.iter().map(AsRef::as_ref).chain([program.as_os_str()]).collect();
    let mut command = Command::new(line[0]);
    command.args(&line[1..]).args(arguments).env("HSM_SIM_DIR", folder.join("state"));
    command
}

fn run(name: &str, arguments: &[&Path]) {
    let folder = tempfile::tempdir().unwrap();
    let program = compiled(name, folder.path());
    succeeds(&mut command(&program, arguments, folder.path(), &[]));
}

#[test]
fn the_boundary_is_walked() {
    run("walk", &[&common::module()]);
}

#[test]
fn children_of_threads_that_call_begin_anew() {
    run("forks", &[&common::module()]);
}

#[test]
fn two_copies_in_one_process_do_not_disturb_each_other() {
    let folder = tempfile::tempdir().unwrap();
    let copy = folder.path().join("copy.so");
    fs::copy(common::module(), &copy).unwrap();
    run("copies", &[&common::module(), &copy]);
}

#[test]
fn valgrind_sees_nothing_wrong_at_the_boundary() {
    if Command::new("valgrind").arg("--version").output().is_err() {
        eprintln!("LEFT OUT: valgrind is not installed (apt-get install valgrind)");
        return;
    }
    let valgrind = ["valgrind", "--quiet", "--error-exitcode=9", "--leak-check=no"];
    let folder = tempfile::tempdir().unwrap();
    let (program, module) = (compiled("walk", folder.path()), common::module());
    succeeds(&mut command(&program, &[&module], folder.path(), &[]));
    succeeds(&mut command(&program, &[&module, Path::new("again")], folder.path(), &valgrind));
}
