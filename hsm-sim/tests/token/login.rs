//! Logging in: PINs, precedence of refusals, strikes, what a logout takes away.

use std::thread;

use hsm_sim::token::{Attribute, Error, PinState, Template, UserType};

use super::*;

#[test]
fn a_fresh_generic_token_is_initialised_by_its_officer() {
    let token = Token::new(Personality::Generic, 1);
    let info = |token: &Token| token.application.token_info(token.slot).unwrap();
    assert_eq!((info(&token).initialized, info(&token).user_pin_initialized), (false, false));
    refused(token.application.init_token(token.slot, b"abc", "short"), Error::PinLenRange);
    token.application.init_token(token.slot, SO_PIN, "my token").unwrap();
    assert_eq!((info(&token).initialized, info(&token).label.as_str()), (true, "my token"));
    refused(token.application.init_token(token.slot, b"wrong-pin", "again"), Error::PinIncorrect);
    let session = token.session();
    refused(token.application.init_token(token.slot, SO_PIN, "again"), Error::SessionExists);
    refused(token.application.login(session, UserType::User, PIN), Error::UserPinNotInitialized);
    refused(token.application.init_pin(session, PIN), Error::UserNotLoggedIn);
    token.application.login(session, UserType::SecurityOfficer, SO_PIN).unwrap();
    refused(token.application.init_pin(session, b"123"), Error::PinLenRange);
    token.application.init_pin(session, PIN).unwrap();
    assert!(info(&token).user_pin_initialized);
}

#[test]
fn refusals_in_their_order() {
    let (token, session) = generic();
    let application = &token.application;
    refused(application.login(SessionId::new(99), UserType::User, PIN), Error::SessionHandleInvalid);
    refused(application.login(session, UserType::ContextSpecific, PIN), Error::OperationNotInitialized);
    refused(application.login(session, UserType::User, b"wrong"), Error::UserAlreadyLoggedIn);
    refused(application.login(session, UserType::SecurityOfficer, SO_PIN), Error::UserAnotherAlreadyLoggedIn);
    application.logout(session).unwrap();
    refused(application.logout(session), Error::UserNotLoggedIn);
    refused(application.login(session, UserType::User, b"wrong"), Error::PinIncorrect);
    application.login(session, UserType::User, PIN).unwrap();
}

#[test]
fn the_fifth_wrong_pin_locks_and_the_officer_unlocks() {
    let (token, session) = generic();
    let application = &token.application;
    application.logout(session).unwrap();
    let state = || application.token_info(token.slot).unwrap().user_pin;
    for expected in [PinState::CountLow, PinState::CountLow, PinState::CountLow, PinState::FinalTry, PinState::Locked] {
        refused(application.login(session, UserType::User, b"wrong"), Error::PinIncorrect);
        assert_eq!(state(), expected);
    }
    refused(application.login(session, UserType::User, PIN), Error::PinLocked);
    application.login(session, UserType::SecurityOfficer, SO_PIN).unwrap();
    application.init_pin(session, b"5678").unwrap();
    application.logout(session).unwrap();
    application.login(session, UserType::User, b"5678").unwrap();
    assert_eq!(state(), PinState::Good);
}

#[test]
fn pins_of_a_cluster_name_a_crypto_user() {
    let token = Token::new(Personality::CloudHsm, 1);
    let session = token.session();
    let application = &token.application;
    for (pin, error) in [
        (b"kmsPswd1".as_slice(), Error::PinIncorrect),
        (b"nobody:kmsPswd1", Error::PinIncorrect),
        (b"admin:adminPswd1", Error::PinIncorrect),
        (b"kmsuser:wrong", Error::PinIncorrect),
        (b"kmsuser:\xff", Error::PinIncorrect),
    ] {
        refused(application.login(session, UserType::User, pin), error);
    }
    refused(application.login(session, UserType::SecurityOfficer, b"admin:adminPswd1"), Error::UserTypeInvalid);
    refused(application.set_pin(session, b"a", b"b"), Error::FunctionNotSupported);
    application.login(session, UserType::User, CLOUD_PIN).unwrap();
}

#[test]
fn a_pin_is_changed_by_whom_it_belongs_to() {
    let (token, session) = generic();
    let application = &token.application;
    refused(application.set_pin(session, b"0000", b"5678"), Error::PinIncorrect);
    application.set_pin(session, PIN, b"5678").unwrap();
    application.logout(session).unwrap();
    refused(application.login(session, UserType::User, PIN), Error::PinIncorrect);
    application.login(session, UserType::User, b"user:5678").unwrap();
    application.logout(session).unwrap();
    application.login_user(session, UserType::User, b"kmsPswd1", b"kmsuser").unwrap_err();
    application.login(session, UserType::SecurityOfficer, SO_PIN).unwrap();
    application.set_pin(session, SO_PIN, b"another-pin").unwrap();
    application.logout(session).unwrap();
    refused(application.login(session, UserType::SecurityOfficer, SO_PIN), Error::PinIncorrect);
}

#[test]
fn a_logout_destroys_private_session_objects_and_voids_private_handles() {
    let (token, session) = generic();
    let application = &token.application;
    let of_session = aes(&token, session, 16);
    let template = Template::new().number(Attribute::ValueLen, 16).flag(Attribute::Token, true);
    let of_token = application.generate_key(session, &mechanism(MechanismType::AesKeyGen), &template).unwrap();
    let public = application.create_object(session, &Template::new().number(Attribute::Class, 0)).unwrap();
    application.logout(session).unwrap();
    assert_eq!(token.find(session, &Template::new()), [public]);
    application.login(session, UserType::User, PIN).unwrap();
    for handle in [of_session, of_token] {
        refused(attribute(&token, session, handle, Attribute::Class), Error::ObjectHandleInvalid);
    }
    let found = token.find(session, &Template::new().number(Attribute::Class, SECRET));
    assert_eq!(found.len(), 1);
    assert_ne!(found, [of_token], "a new login gives new handles");
}

#[test]
fn nobody_makes_private_objects_without_a_login() {
    let (token, session) = generic();
    let application = &token.application;
    application.logout(session).unwrap();
    let template = Template::new().number(Attribute::ValueLen, 16);
    let made = application.generate_key(session, &mechanism(MechanismType::AesKeyGen), &template);
    refused(made, Error::UserNotLoggedIn);
    let public = template.flag(Attribute::Private, false);
    application.generate_key(session, &mechanism(MechanismType::AesKeyGen), &public).unwrap();
}

/// A key that is made while somebody logs out is gone or refused, never there at the next login.
#[test]
fn no_private_session_object_outlives_a_logout_that_happens_meanwhile() {
    let (token, session) = generic();
    let application = &token.application;
    let template = Template::new().number(Attribute::ValueLen, 16);
    let make = |session| -> Result<()> {
        loop {
            application.generate_key(session, &mechanism(MechanismType::AesKeyGen), &template)?;
        }
    };
    // More of them than processors, so that some are interrupted in the middle.
    let makers: Vec<SessionId> = (0..8).map(|_| token.session()).collect();
    for _ in 0..50 {
        thread::scope(|scope| {
            let makers: Vec<_> = makers.iter().map(|maker| scope.spawn(|| make(*maker))).collect();
            while token.find(session, &Template::new()).is_empty() {}
            application.logout(session).unwrap();
            for maker in makers {
                refused(maker.join().unwrap(), Error::UserNotLoggedIn);
            }
        });
        application.login(session, UserType::User, PIN).unwrap();
        assert_eq!(token.find(session, &Template::new()), []);
    }
}
