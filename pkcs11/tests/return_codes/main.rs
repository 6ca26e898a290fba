//! Which code every function answers in every state, and which of two comes first: one table (`rows`), from which every single
//! flaw of a call and every pair of flaws is made: on a `generic` token here, on one behind a server, and on a `cloudhsm` token.
//!
//! The order of refusals is what clients rely on: `C_Initialize`, session, pointers, operation, key handle, mechanism, key type,
//! permission, parameter, room for the output (PKCS#11 v3.0 §5.1.7; inferred where the standard leaves it open).
#![allow(unsafe_code, reason = "C calls")]

#[path = "../common/mod.rs"]
mod common;

mod arguments;
mod flaw;
mod objects;
mod row;
mod rows;
mod way;
mod world;

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use cryptoki_sys::{CKR_CRYPTOKI_NOT_INITIALIZED, CKR_OK};
use hsm_sim_pkcs11::boundary::{FunctionList, Functions30, Functions32};
use hsm_sim_pkcs11::ck;

use crate::arguments::Arguments;
use crate::flaw::Flaw;
use crate::row::{Leaves, Row};
use crate::way::Way;
use crate::world::World;

#[test]
fn every_function_has_its_row() {
    let rows: Vec<&str> = rows::all().iter().map(|row| row.name).collect();
    let listed: BTreeSet<&str> =
        FunctionList::NAMES.iter().chain(Functions30::NAMES).chain(Functions32::NAMES).copied().collect();
    assert_eq!(rows.iter().copied().collect::<BTreeSet<_>>(), listed);
    assert_eq!(rows.len(), listed.len(), "a function has two rows");
}

#[test]
fn functions_answer_what_the_table_says() {
    check_all(Way::Generic);
}

#[test]
fn functions_answer_the_same_over_the_network() {
    check_all(Way::GenericServed);
}

#[test]
fn functions_of_a_cloudhsm_token_answer_what_the_table_says() {
    check_all(Way::CloudHsm);
}

/// A module is its process's: one at a time.
static MODULE: Mutex<()> = Mutex::new(());

fn check_all(way: Way) {
    let _one = MODULE.lock().unwrap_or_else(PoisonError::into_inner);
    let mut world = World::new(way);
    let mut wrong = Vec::new();
    for row in rows::all() {
        for flaws in row.combinations(way) {
            wrong.extend(check(&mut world, &row, &flaws).err());
        }
    }
    world.finalize();
    for row in rows::all().iter().filter(|row| row.needs_initialize) {
        for flaws in row.combinations(way) {
            let rv = (row.call)(world.functions, &mut Arguments::new(&world, row, &flaws, 1));
            if rv != CKR_CRYPTOKI_NOT_INITIALIZED {
                wrong.push(format!("{} before C_Initialize, {flaws:?}: {}", row.name, name(rv)));
            }
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

fn check(world: &mut World, row: &Row, flaws: &[Flaw]) -> Result<(), String> {
    let Some(expected) = row.expected(flaws, world.way) else { return Ok(()) };
    let is_absent = row.is_absent(world.way);
    if !is_absent {
        world.log_in(row.login_for(flaws));
    }
    let session = world.open_session(!flaws.contains(&Flaw::ReadOnly));
    // Operations of functions that are not there cannot be started.
    let started: Vec<_> = row.operations_for(flaws).filter(|_| !is_absent).collect();
    for operation in &started {
        assert_eq!(operation.start(world, session), CKR_OK, "{}: {operation:?} does not start", row.name);
    }
    let rv = (row.call)(world.functions, &mut Arguments::new(world, row, flaws, session));
    let case = || format!("{} {flaws:?}", row.name);
    if rv != expected {
        world.close_session(session);
        return Err(format!("{}: {}, not {}", case(), name(rv), name(expected)));
    }
    let mut result = Ok(());
    if let Some(leaves) = row.leaves_after(flaws) {
        for operation in started {
            let active = operation.is_active(world, session);
            if active != (leaves == Leaves::Active) {
                result = Err(format!("{}: {operation:?} is {}", case(), if active { "still active" } else { "over" }));
            }
        }
    }
    world.close_session(session);
    result
}

fn name(rv: ck::Rv) -> String {
    ck::rv_name(rv).map_or_else(|| format!("{rv:#x}"), str::to_owned)
}
