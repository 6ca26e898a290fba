//! `hsm-sim token delete`.

use std::io::Write as _;

use clap::Args;
use hsm_sim::token::Error;

use crate::failure::Failure;
use crate::token::place::{Login, Place};
use crate::token::select::{Selection, ambiguous};

#[derive(Debug, Args)]
pub(super) struct Options {
    #[command(flatten)]
    selection: Selection,
    /// Delete every object that fits, such as both keys of a pair and their certificate
    #[arg(long)]
    all: bool,
    #[command(flatten)]
    login: Login,
}

pub(super) fn run(place: &Place, options: &Options) -> Result<(), Failure> {
    let session = place.session(&options.login)?;
    let objects = options.selection.some(&session)?;
    if objects.len() > 1 && !options.all {
        return Err(ambiguous(&objects, "--all deletes all of them, --class or --handle say which"));
    }
    let mut out = std::io::stdout();
    for object in objects {
        match session.token.way.destroy_object(session.id, object.handle) {
            Ok(()) => writeln!(out, "deleted {object}")?,
            // Another program was faster.
            Err(Error::ObjectHandleInvalid) => eprintln!("{object} is no longer there"),
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}
