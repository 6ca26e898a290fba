//! Sessions: their numbers, limits, states and what ends with them.

use std::thread;

use hsm_sim::token::{Attribute, Error, SessionId, SessionState, SlotId, Template, UserType};

use super::*;

#[test]
fn the_oldest_active_cluster_has_the_slot() {
    let token = Token::new(Personality::CloudHsm, 1);
    assert_eq!(token.application.slots().unwrap(), [token.slot]);
    let info = token.application.token_info(token.slot).unwrap();
    assert_eq!((info.label.as_str(), info.initialized, info.max_sessions), ("hsm1", true, Some(1024)));
    refused(token.application.token_info(SlotId::new(7)), Error::SlotIdInvalid);
}

#[test]
fn an_empty_directory_has_no_slot() {
    let application = Application::open(&World::ephemeral().unwrap(), Options::default()).unwrap();
    assert_eq!(application.slots().unwrap(), []);
}

#[test]
fn the_client_library_of_a_cluster_refuses_sessions_that_only_read() {
    let token = Token::new(Personality::CloudHsm, 1);
    assert!(matches!(token.application.open_session(token.slot, false), Err(Error::FunctionFailed(_))));
}

#[test]
fn a_thousand_and_twenty_four_sessions_are_the_limit() {
    let token = Token::new(Personality::CloudHsm, 1);
    let sessions: Vec<SessionId> = (0..1024).map(|_| token.session()).collect();
    refused(token.application.open_session(token.slot, true), Error::SessionCount);
    token.application.close_session(sessions[500]).unwrap();
    let next = token.session();
    assert!(!sessions.contains(&next), "a number comes back");
    refused(token.application.session_info(sessions[500]), Error::SessionHandleInvalid);
    refused(token.application.session_info(SessionId::new(0)), Error::SessionHandleInvalid);
    token.application.close_all_sessions(token.slot).unwrap();
    refused(token.application.session_info(next), Error::SessionHandleInvalid);
}

#[test]
fn a_place_that_another_thread_freed_is_found() {
    let (token, first) = generic();
    let sessions: Vec<SessionId> = (1..65_536).map(|_| token.session()).collect();
    refused(token.application.open_session(token.slot, true), Error::SessionCount);
    thread::scope(|scope| {
        scope.spawn(|| token.application.close_session(sessions[500]).unwrap());
    });
    let next = token.session();
    assert!(next != first && !sessions.contains(&next));
    refused(token.application.open_session(token.slot, true), Error::SessionCount);
    assert_eq!(token.application.token_info(token.slot).unwrap().sessions, (65_536, 65_536));
}

#[test]
fn threads_open_and_close_while_one_session_keeps_the_login() {
    let (token, kept) = generic();
    thread::scope(|scope| {
        for thread in 0..8 {
            let token = &token;
            scope.spawn(move || {
                for _ in 0..100 {
                    let sessions =
                        [false, true].map(|write| token.application.open_session(token.slot, write).unwrap());
                    let read_write =
                        sessions.map(|session| token.application.session_info(session).unwrap().read_write);
                    assert_eq!(read_write, [false, true], "thread {thread}");
                    for session in sessions {
                        token.application.close_session(session).unwrap();
                    }
                }
            });
        }
    });
    assert_eq!(token.application.token_info(token.slot).unwrap().sessions, (1, 1));
    assert_eq!(token.application.session_info(kept).unwrap().state, SessionState::ReadWriteUser);
    token.application.close_session(kept).unwrap();
    assert_eq!(token.application.session_info(token.session()).unwrap().state, SessionState::ReadWritePublic);
}

#[test]
fn one_login_changes_the_state_of_every_session() {
    let (token, session) = generic();
    let reader = token.application.open_session(token.slot, false).unwrap();
    let state = |session| token.application.session_info(session).unwrap().state;
    assert_eq!((state(session), state(reader)), (SessionState::ReadWriteUser, SessionState::ReadOnlyUser));
    token.application.logout(reader).unwrap();
    assert_eq!((state(session), state(reader)), (SessionState::ReadWritePublic, SessionState::ReadOnlyPublic));
    refused(token.application.login(session, UserType::SecurityOfficer, SO_PIN), Error::SessionReadOnlyExists);
    token.application.close_session(reader).unwrap();
    token.application.login(session, UserType::SecurityOfficer, SO_PIN).unwrap();
    assert_eq!(state(session), SessionState::ReadWriteSecurityOfficer);
    refused(token.application.open_session(token.slot, false), Error::SessionReadWriteSoExists);
}

#[test]
fn the_last_session_logs_out() {
    let (token, session) = generic();
    token.application.close_session(session).unwrap();
    let session = token.session();
    assert_eq!(token.application.session_info(session).unwrap().state, SessionState::ReadWritePublic);
}

#[test]
fn session_objects_end_with_the_session_that_made_them() {
    let (token, session) = generic();
    let second = token.session();
    let key = aes(&token, session, 16);
    assert_eq!(token.find(second, &Template::new()), [key], "the other session sees it");
    token.application.close_session(session).unwrap();
    refused(attribute(&token, second, key, Attribute::Class), Error::ObjectHandleInvalid);
    assert!(token.find(second, &Template::new()).is_empty());
}

/// A public key would stay for as long as the application: nothing but its session ends it.
#[test]
fn no_session_object_outlives_a_session_that_is_closed_meanwhile() {
    let (token, session) = generic();
    let application = &token.application;
    let template = Template::new().number(Attribute::ValueLen, 16).flag(Attribute::Private, false);
    let make = |session| -> Result<()> {
        loop {
            application.generate_key(session, &mechanism(MechanismType::AesKeyGen), &template)?;
        }
    };
    for _ in 0..50 {
        // More of them than processors, so that some are interrupted in the middle.
        let closing: Vec<SessionId> = (0..8).map(|_| token.session()).collect();
        thread::scope(|scope| {
            let makers: Vec<_> = closing.iter().map(|session| scope.spawn(|| make(*session))).collect();
            for session in &closing {
                application.close_session(*session).unwrap();
            }
            for maker in makers {
                refused(maker.join().unwrap(), Error::SessionHandleInvalid);
            }
        });
        assert_eq!(token.find(session, &Template::new()), []);
    }
}
