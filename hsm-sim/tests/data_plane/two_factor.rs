//! Two-factor logins: each node's own challenge, signed with the user's RSA key.

use hsm_sim::admin::{Credentials, NewCredentials, NewFactor, Signatures};

use super::signing::SIGNERS;
use super::*;

const PASSWORD: &str = "officerPw";

/// Creates `carol`, an officer with the second factor of the first person.
fn carol(cluster: &ActiveCluster) {
    let mut tool = officer(cluster);
    let signatures = SIGNERS[0].answers(&mut tool);
    let factor = NewFactor { public_key: SIGNERS[0].public.as_bytes(), signatures: &signatures, quorum: true };
    let password = password(PASSWORD);
    let credentials = NewCredentials { password: &password, second_factor: Some(factor), deregister_quorum: false };
    everywhere(tool.create_user(Role::Co, "carol", credentials).unwrap());
}

/// The answers to a login of `carol`.
fn try_login(tool: &mut Admin, text: &str, signatures: Option<&Signatures>) -> Vec<Result<(), HsmError>> {
    let password = password(text);
    answers(tool.login(LoginType::Co, "carol", Credentials { password: &password, signatures }).unwrap())
}

fn shown(cluster: &ActiveCluster) -> Vec<(bool, bool)> {
    user_on_each(cluster, "carol")
        .into_iter()
        .map(|user| user.map(|user| (user.two_factor, user.mofn)).unwrap())
        .collect()
}

#[test]
fn both_factors_are_needed() {
    let cluster = TestCluster::active(2).unwrap();
    carol(&cluster);
    assert_eq!(shown(&cluster), [(true, true); 2], "the key is for approvals too (documented)");
    let mut tool = nobody(&cluster);
    let missing = vec![Err(HsmError::SecondFactorFailed); 2];
    assert_eq!(try_login(&mut tool, PASSWORD, None), missing);
    let wrong_key = SIGNERS[1].answers(&mut tool);
    assert_eq!(try_login(&mut tool, PASSWORD, Some(&wrong_key)), missing);
    let right = SIGNERS[0].answers(&mut tool);
    assert_eq!(try_login(&mut tool, "wrongPassword", Some(&right)), vec![Err(HsmError::LoginFailure); 2]);
    assert_eq!(failures(&cluster, "carol"), [3, 3], "each counts (inferred)");

    // One node's signature is no other's.
    let mut swapped = right.clone();
    let signature = right.values().next().unwrap();
    swapped.values_mut().for_each(|other| other.clone_from(signature));
    assert_eq!(try_login(&mut tool, PASSWORD, Some(&swapped)).iter().filter(|answer| answer.is_ok()).count(), 1);
    everywhere_but_taken(&try_login(&mut tool, PASSWORD, Some(&right)));
    everywhere(tool.logout().unwrap());

    // A challenge that another one replaced is worth nothing, nor is one of another connection.
    tool.challenge().unwrap();
    assert_eq!(try_login(&mut tool, PASSWORD, Some(&right)), missing);
    let foreign = SIGNERS[0].answers(&mut nobody(&cluster));
    assert_eq!(try_login(&mut tool, PASSWORD, Some(&foreign)), missing);
}

/// Success, where the connection was not logged in already.
#[track_caller]
fn everywhere_but_taken(answers: &[Result<(), HsmError>]) {
    assert!(answers.iter().all(|answer| matches!(answer, Ok(()) | Err(HsmError::AlreadyLoggedIn))), "{answers:?}");
}

#[test]
fn applications_have_no_second_factor() {
    let cluster = TestCluster::active(1).unwrap();
    carol(&cluster);
    let mut client = application(&cluster);
    let results = client.login_as(LoginType::Co, "carol", &password(PASSWORD)).unwrap();
    assert_eq!(answers(results), [Err(HsmError::SecondFactorFailed)]);
    // Signatures of who has no second factor are ignored (documented).
    let mut tool = nobody(&cluster);
    let signatures = SIGNERS[1].answers(&mut tool);
    let credentials = Credentials { password: cluster.admin_password(), signatures: Some(&signatures) };
    everywhere(tool.login(LoginType::Co, "admin", credentials).unwrap());
}

#[test]
fn a_new_password_rotates_or_removes_the_factor() {
    let cluster = TestCluster::active(2).unwrap();
    carol(&cluster);
    let mut tool = officer(&cluster);
    let new_password = password("changed1");
    let with = |factor| NewCredentials { password: &new_password, second_factor: factor, deregister_quorum: false };

    // The proof must be of the new key and of every node.
    let mut signatures = SIGNERS[1].answers(&mut tool);
    let key = SIGNERS[1].public.as_bytes();
    signatures.remove(&node(&cluster, 1));
    let factor = NewFactor { public_key: key, signatures: &signatures, quorum: true };
    let results = tool.change_password(LoginType::Co, "carol", with(Some(factor))).unwrap();
    assert_eq!(answers(results), [Ok(()), Err(HsmError::SignatureInvalid)]);
    let bad = NewFactor { public_key: b"no key", signatures: &signatures, quorum: true };
    let results = tool.change_password(LoginType::Co, "carol", with(Some(bad))).unwrap();
    assert_eq!(answers(results), vec![Err(HsmError::InvalidPublicKey); 2]);

    // Now each node knows another key and another password.
    let mut carols = nobody(&cluster);
    let second = SIGNERS[1].answers(&mut carols);
    let answer = try_login(&mut carols, "changed1", Some(&second));
    assert_eq!(answer, [Ok(()), Err(HsmError::LoginFailure)]);
    drop(carols);

    everywhere(tool.change_password(LoginType::Co, "carol", &new_password).unwrap());
    assert_eq!(shown(&cluster), [(false, false); 2], "approvals go with the factor (documented)");
    let mut carols = nobody(&cluster);
    assert_eq!(try_login(&mut carols, "changed1", None), [Ok(()), Ok(())]);
}

#[test]
fn the_key_for_approvals_and_the_second_factor_are_one() {
    let cluster = TestCluster::active(1).unwrap();
    carol(&cluster);
    let mut tool = nobody(&cluster);
    let signatures = SIGNERS[0].answers(&mut tool);
    assert_eq!(try_login(&mut tool, PASSWORD, Some(&signatures)), [Ok(())]);
    assert_eq!(answers(SIGNERS[1].register(&mut tool, LoginType::Co, "carol")), [Err(HsmError::TwoFactorKey)]);
    everywhere(SIGNERS[0].register(&mut tool, LoginType::Co, "carol"));
    let own =
        tool.register_quorum_key(LoginType::Co, "admin", b"x", &SIGNERS[1].sign(b"x"), SIGNERS[1].public.as_bytes());
    assert_eq!(answers(own.unwrap()), [Err(HsmError::PermissionDenied)], "only the own key");
    drop(tool);

    // A key that is registered for approvals alone stays when the password changes.
    let mut tool = officer(&cluster);
    for (token, signature, key, expected) in [
        (&b"x"[..], SIGNERS[1].sign(b"y"), SIGNERS[1].public.as_bytes(), HsmError::SignatureInvalid),
        (&[7; 246], SIGNERS[1].sign(&[7; 246]), SIGNERS[1].public.as_bytes(), HsmError::SignatureInvalid),
        (b"x", SIGNERS[1].sign(b"x"), b"no key", HsmError::InvalidPublicKey),
    ] {
        let results = tool.register_quorum_key(LoginType::Co, "admin", token, &signature, key).unwrap();
        assert_eq!(answers(results), [Err(expected)]);
    }
    everywhere(SIGNERS[1].register(&mut tool, LoginType::Co, "admin"));
    let mofn = || user_on_each(&cluster, "admin").remove(0).unwrap().mofn;
    everywhere(tool.change_password(LoginType::Co, "admin", cluster.admin_password()).unwrap());
    assert!(mofn());
    let forget = NewCredentials { deregister_quorum: true, ..cluster.admin_password().into() };
    everywhere(tool.change_password(LoginType::Co, "admin", forget).unwrap());
    assert!(!mofn());
}
