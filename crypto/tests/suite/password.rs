//! Password verifiers.

use hsm_sim_crypto::{Entropy, Password, Verifier};

#[test]
fn a_verifier_fits_its_password_only() {
    let verifier = Verifier::new(&Password::from("kmsPswd1"), &Entropy::system());
    for (password, fits) in
        [("kmsPswd1", true), ("kmsPswd2", false), ("kmspswd1", false), ("kmsPswd", false), ("", false)]
    {
        assert_eq!(verifier.verify(&Password::from(password)), fits, "{password:?}");
    }
}

#[test]
fn every_verifier_has_its_own_salt_and_identity() {
    let password = Password::from("kmsPswd1");
    let entropy = Entropy::system();
    let (one, other) = (Verifier::new(&password, &entropy), Verifier::new(&password, &entropy));
    assert!(one != other && one.id() != other.id());
    let copy = one.clone();
    assert!(one == copy && one.id() == copy.id());
}

#[test]
fn the_deterministic_mode_repeats_verifiers() {
    let make = || Verifier::new(&Password::from("kmsPswd1"), &Entropy::seeded(5));
    assert!(make() == make());
}

#[test]
fn a_verifier_survives_its_row() {
    let verifier = Verifier::new(&Password::from("kmsPswd1"), &Entropy::system());
    let row = postcard::to_stdvec(&verifier).expect("a verifier becomes a row");
    assert!(row.len() < 64, "{} bytes", row.len());
    let read: Verifier = postcard::from_bytes(&row).expect("a row becomes a verifier");
    assert!(read == verifier && read.verify(&Password::from("kmsPswd1")));
}

#[test]
fn a_row_with_absurd_parameters_fits_nothing_and_costs_nothing() {
    let password = Password::from("kmsPswd1");
    let good = serde_json::to_value(Verifier::new(&password, &Entropy::system())).expect("a verifier as JSON");
    for (name, value) in [("memory_kib", u32::MAX), ("memory_kib", 0), ("passes", u32::MAX), ("passes", 0)] {
        let mut row = good.clone();
        row[name] = value.into();
        let verifier: Verifier = serde_json::from_value(row).expect("the row has the right shape");
        assert!(!verifier.verify(&password), "{name} = {value}");
    }
}

#[test]
fn nothing_shows_in_debug() {
    let verifier = Verifier::new(&Password::from("kmsPswd1"), &Entropy::system());
    assert_eq!(format!("{verifier:?}"), "Verifier(<redacted>)");
}

#[test]
fn argon2id_agrees_with_another_implementation() {
    // `echo -n kmsPswd1 | argon2 somesaltsomesalt -id -t 1 -k 1024 -p 1 -l 32`, argon2 reference implementation.
    let row =
        serde_json::json!({ "salt": b"somesaltsomesalt", "hash": ARGON2_REFERENCE, "memory_kib": 1024, "passes": 1 });
    let verifier: Verifier = serde_json::from_value(row).expect("the row has the right shape");
    assert!(verifier.verify(&Password::from("kmsPswd1")));
}
const ARGON2_REFERENCE: [u8; 32] = [
    147, 234, 3, 147, 252, 175, 8, 84, 187, 27, 129, 221, 64, 216, 164, 6, 10, 213, 72, 160, 196, 222, 139, 226, 141,
    11, 29, 192, 93, 67, 90, 80,
];
