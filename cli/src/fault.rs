//! `hsm-sim fault set|clear|list`: break things on purpose, and mend them.

use std::io::Write as _;
use std::time::Duration;

use clap::builder::{PossibleValue, PossibleValuesParser};
use clap::{Args, Subcommand};
use hsm_sim::fault::{Fault, FaultRequest, KINDS, KindInfo};
use hsm_sim::id::{FaultId, InvalidId};
use serde_json::json;
use server::control::{FaultEntry, parse_duration};
use server::protocol::check_operation;

use crate::args::DirectoryArgument;
use crate::directory;
use crate::failure::Failure;

/// Arguments of `hsm-sim fault`.
#[derive(Debug, Args)]
pub struct Arguments {
    #[command(flatten)]
    directory: DirectoryArgument,
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Break something; prints the fault's id
    #[command(after_help = kinds())]
    Set(Set),
    /// Mend a fault, or all of them
    Clear {
        /// The fault's id
        #[arg(required_unless_present = "all", conflicts_with = "all")]
        id: Option<String>,
        /// All faults
        #[arg(long)]
        all: bool,
    },
    /// Show what is broken
    List {
        /// As a JSON array
        #[arg(long)]
        json: bool,
    },
}

#[derive(Debug, Clone, Args)]
struct Set {
    /// What breaks
    #[arg(value_parser = PossibleValuesParser::new(KINDS.iter().map(|kind| PossibleValue::new(kind.name))), hide_possible_values = true)]
    kind: String,
    /// The cluster that it concerns
    #[arg(long, value_name = "CLUSTER_ID")]
    cluster: Option<String>,
    /// The node that it concerns
    #[arg(long, value_name = "HSM_ID")]
    node: Option<String>,
    /// The subnet that it concerns
    #[arg(long, value_name = "SUBNET_ID")]
    subnet: Option<String>,
    /// Which clients are cut off: kms, pkcs11, tools, or nodes for the other HSMs
    #[arg(long, value_name = "CLIENTS")]
    from: Option<String>,
    /// How slow: 20ms, 10ms..50ms (evenly between), or exponential=20ms (around a mean)
    #[arg(long, value_name = "DELAY")]
    delay: Option<String>,
    /// What fails: an operation such as kms:Encrypt or cloudhsm:CreateHsm, a function such as C_Sign, a command of an HSM such as CN_LOGIN
    #[arg(long, value_name = "NAME")]
    operation: Option<String>,
    /// How it fails, such as ThrottlingException, CKR_DEVICE_ERROR or 187
    #[arg(long, value_name = "CODE")]
    code: Option<String>,
    /// The first call that fails, counted from now; without it the next one
    #[arg(long, value_name = "N")]
    call: Option<u32>,
    /// Heals by itself after this long, such as 10m
    #[arg(long = "for", value_name = "DURATION", value_parser = parse_duration)]
    lasts: Option<Duration>,
    /// Goes away after this many failures; for kinds that are used up
    #[arg(long, value_name = "N")]
    count: Option<u32>,
}

/// Runs `hsm-sim fault`.
///
/// # Errors
/// The directory cannot be used, or the fault does not fit the world.
pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    let world = directory::open_existing(&arguments.directory.path()?)?;
    let faults = world.faults();
    let mut out = std::io::stdout();
    match &arguments.action {
        Action::Set(set) => {
            let Set { kind, cluster, node, subnet, from, delay, operation, code, call, lasts, count } = set.clone();
            let request = FaultRequest { kind, cluster, node, subnet, from, delay, operation, code, call, count };
            let spec = request.spec(lasts).map_err(|error| Failure::new(error.to_string()))?;
            check_operation(&spec.kind).map_err(Failure::new)?;
            writeln!(out, "{}", faults.set(&spec)?.id)?;
        }
        Action::Clear { id: Some(id), .. } => {
            let id: FaultId = id.parse().map_err(|error: InvalidId| Failure::new(error.to_string()))?;
            if !faults.clear(&id)? {
                return Err(Failure::new(format!("there is no fault '{id}'; 'hsm-sim fault list' shows them")));
            }
        }
        Action::Clear { id: None, .. } => {
            faults.clear_all()?;
        }
        Action::List { json: true } => {
            let all: Vec<_> = faults.list()?.iter().map(FaultEntry::of).collect();
            writeln!(out, "{}", json!(all))?;
        }
        Action::List { json: false } => {
            for fault in faults.list()? {
                writeln!(out, "{}", line(&fault))?;
            }
        }
    }
    Ok(())
}

/// `fault-… node-down  cluster=cluster-…  node=hsm-…  since …  until …`, what does not apply left out.
fn line(fault: &Fault) -> String {
    let mut parts = vec![fault.id.to_string(), fault.kind.name().to_owned()];
    parts.extend(fault.kind.parts().into_iter().map(|(name, word)| format!("{name}={word}")));
    parts.push(format!("since {}", fault.since));
    parts.extend(fault.until.map(|until| format!("until {until}")));
    parts.extend(fault.remaining.map(|count| format!("{count} more times")));
    parts.join("  ")
}

/// Every kind with what it does and needs.
fn kinds() -> String {
    let mut text = "Kinds, and what each needs (what is in brackets may be left out):\n".to_owned();
    for KindInfo { name, help, parts, counted } in KINDS {
        let mut needs: Vec<String> = parts
            .iter()
            .map(|(part, required)| if *required { format!("--{part}") } else { format!("[--{part}]") })
            .collect();
        if *counted {
            needs.push("[--count]".to_owned());
        }
        text.push_str(&format!("\n  {name} {}\n      {help}\n", needs.join(" ")));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_help_says_what_each_kind_needs() {
        let text = kinds();
        for needed in [
            "\n  node-down --cluster --node\n",
            "\n  partition --cluster [--node] --from\n",
            "\n  slow --cluster --node --delay\n",
            "\n  store-failing [--count]\n",
            "\n  operation-failing --operation --code [--call] [--count]\n",
        ] {
            assert!(text.contains(needed), "{needed} in {text}");
        }
        assert_eq!(text.lines().filter(|line| line.starts_with("  ") && !line.starts_with("   ")).count(), KINDS.len());
    }
}
