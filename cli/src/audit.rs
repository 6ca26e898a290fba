//! `hsm-sim audit`: the audit log of an HSM, in the form of the service's log streams.

use std::io::Write as _;
use std::thread;
use std::time::Duration;

use clap::Args;
use hsm_sim::NodeId;
use server::control::AuditEntry;

use crate::args::DirectoryArgument;
use crate::directory;
use crate::failure::Failure;

/// How often a log that is followed is read.
const PERIOD: Duration = Duration::from_millis(200);

/// Arguments of `hsm-sim audit`.
#[derive(Debug, Args)]
pub struct Arguments {
    #[command(flatten)]
    directory: DirectoryArgument,
    /// The HSM whose log is printed; without it the HSMs that have one, also those that are gone
    #[arg(long, value_name = "HSM_ID")]
    hsm: Option<NodeId>,
    /// One JSON object per event and line
    #[arg(long, requires = "hsm")]
    json: bool,
    /// Go on with what happens from now on, until interrupted
    #[arg(long, requires = "hsm")]
    follow: bool,
}

/// Runs `hsm-sim audit`.
///
/// # Errors
/// The directory cannot be used, or the HSM has no log.
pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    let world = directory::open_existing(&arguments.directory.path()?)?;
    let mut out = std::io::stdout();
    let audited = world.audited()?;
    let Some(hsm) = &arguments.hsm else {
        for hsm in audited {
            writeln!(out, "{hsm}")?;
        }
        return Ok(());
    };
    if !audited.contains(hsm) {
        return Err(Failure::new(format!("{hsm} has no audit log; 'hsm-sim audit' shows those that have one")));
    }
    let mut next = 0;
    loop {
        for (number, record) in world.audit_log(hsm, next)? {
            next = number + 1;
            match arguments.json {
                true => {
                    let entry = serde_json::to_string(&AuditEntry::of(&record));
                    writeln!(out, "{}", entry.map_err(|error| Failure::new(error.to_string()))?)?;
                }
                false => writeln!(out, "{record}")?,
            }
        }
        out.flush()?;
        if !arguments.follow {
            return Ok(());
        }
        thread::sleep(PERIOD);
    }
}
