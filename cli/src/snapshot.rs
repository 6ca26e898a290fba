//! `hsm-sim snapshot save|restore|list|delete`: the whole world, in a moment, whatever its size.

use std::io::Write as _;

use clap::{Args, Subcommand};

use crate::args::DirectoryArgument;
use crate::directory;
use crate::failure::Failure;

/// Arguments of `hsm-sim snapshot`.
#[derive(Debug, Args)]
pub struct Arguments {
    #[command(flatten)]
    directory: DirectoryArgument,
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Remember the world under a name, replacing what the name meant before
    Save {
        /// The snapshot's name
        name: String,
    },
    /// Rewind the world; live sessions are lost as after a power cut
    Restore {
        /// The snapshot's name
        name: String,
    },
    /// List the snapshots, oldest first
    List,
    /// Forget a snapshot
    Delete {
        /// The snapshot's name
        name: String,
    },
}

/// Runs `hsm-sim snapshot`.
///
/// # Errors
/// The directory cannot be used, or there is no snapshot of that name.
pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    let world = directory::open_existing(&arguments.directory.path()?)?;
    let snapshots = world.snapshots();
    let missing =
        |name: &str| Failure::new(format!("there is no snapshot '{name}'; 'hsm-sim snapshot list' shows them"));
    let mut out = std::io::stdout();
    match &arguments.action {
        Action::Save { name } => {
            snapshots.save(name)?;
            writeln!(out, "saved '{name}'")?;
        }
        Action::Restore { name } => {
            if !snapshots.restore(name)? {
                return Err(missing(name));
            }
            writeln!(out, "restored '{name}'")?;
        }
        Action::List => {
            for snapshot in snapshots.list()? {
                writeln!(out, "{}", snapshot.name)?;
            }
        }
        Action::Delete { name } => {
            if !snapshots.delete(name)? {
                return Err(missing(name));
            }
            writeln!(out, "deleted '{name}'")?;
        }
    }
    Ok(())
}
