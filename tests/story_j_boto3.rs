//! The whole story once with boto3, under strict signatures.

use std::{
    io::Write,
    process::{Command, Stdio},
};

use crate::support::{Options, PROGRAM, Sim, python, root};

#[test]
fn life_and_recovery_with_boto3() {
    let sim = Sim::start(&Options::ephemeral().auth("strict"));
    let mut command = Command::new(python());
    command
        .arg(root().join("tests/clients/story.py"))
        .env_clear()
        .env("HOME", sim.home())
        .env("PYTHONDONTWRITEBYTECODE", "1");
    command
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .env("AWS_CONFIG_FILE", "/dev/null")
        .env("AWS_SHARED_CREDENTIALS_FILE", "/dev/null");
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("Python can be started");
    let mut input = sim.ready_line().clone();
    input["program"] = PROGRAM.into();
    let mut stdin = child.stdin.take().expect("standard input was piped");
    stdin.write_all(input.to_string().as_bytes()).expect("the script reads its input");
    drop(stdin);
    let output = child.wait_with_output().expect("the script can be waited for");
    let (stdout, stderr) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{stdout}\n{stderr}");
    assert_eq!(stdout.lines().collect::<Vec<_>>(), ["used", "listed", "lost", "recovered", "audited"]);
}
