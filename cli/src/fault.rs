//! `hsm-sim fault set|clear|list`: break things on purpose, and mend them.

use std::io::Write as _;
use std::time::Duration;

use clap::builder::PossibleValuesParser;
use clap::{Args, Subcommand};
use hsm_sim::fault::{Fault, FaultRequest};
use hsm_sim::id::{FaultId, InvalidId};
use serde_json::json;
use server::control::fault_json;

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

#[derive(Debug, Args)]
struct Set {
    /// What breaks
    #[arg(value_parser = PossibleValuesParser::new(FaultRequest::KINDS))]
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
    /// Heals by itself after this long, such as 10m
    #[arg(long = "for", value_name = "DURATION", value_parser = humantime::parse_duration)]
    lasts: Option<Duration>,
    /// Goes away after this many failures
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
            let Set { kind, cluster, node, subnet, lasts, count } = set;
            let request = FaultRequest {
                kind: kind.clone(),
                cluster: cluster.clone(),
                node: node.clone(),
                subnet: subnet.clone(),
                count: *count,
            };
            let spec = request.spec(*lasts).map_err(|error| Failure::new(error.to_string()))?;
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
            let all: Vec<_> = faults.list()?.iter().map(fault_json).collect();
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

/// `fault-… node-down cluster-… hsm-… since … until …`, what does not apply left out.
fn line(fault: &Fault) -> String {
    let parts = [
        Some(fault.id.to_string()),
        Some(fault.kind.name().to_owned()),
        fault.kind.cluster().map(ToString::to_string),
        fault.kind.node().map(ToString::to_string),
        fault.kind.subnet().map(ToString::to_string),
        Some(format!("since {}", fault.since)),
        fault.until.map(|until| format!("until {until}")),
        fault.remaining.map(|count| format!("{count} more times")),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join("  ")
}
