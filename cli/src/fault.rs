//! `hsm-sim fault set|clear|list`: break things on purpose, and mend them.

use std::io::Write as _;
use std::time::Duration;

use clap::builder::PossibleValuesParser;
use clap::{Args, Subcommand};
use hsm_sim::fault::{Fault, FaultRequest};
use hsm_sim::id::{FaultId, InvalidId};
use serde_json::json;
use server::control::{fault_json, parse_duration};

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

/// Which kind needs which part.
const NEEDS: &str = "\
What each kind needs:
  busy, node-down, node-failed,
  node-removed                               --cluster and --node
  cluster-deleted, network-cut,
  cluster-degraded, cluster-updating,
  security-group-rule-removed                --cluster
  subnet-removed, subnet-full                --subnet
  kms-internal-error, store-failing          nothing; --count, if they shall be used up
";

#[derive(Debug, Subcommand)]
enum Action {
    /// Break something; prints the fault's id
    #[command(after_help = NEEDS)]
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
    #[arg(long = "for", value_name = "DURATION", value_parser = parse_duration)]
    lasts: Option<Duration>,
    /// Goes away after this many failures; for kms-internal-error and store-failing
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

#[cfg(test)]
mod tests {
    use hsm_sim::fault::FaultRequestError;

    use super::*;

    /// What the help says about a kind: the first column of words that are no kinds, after the kind's name.
    fn needs(kind: &str) -> &'static str {
        let after = NEEDS.split_once(kind).map(|(_, after)| after).unwrap_or_default();
        let parts = after.lines().filter_map(|line| line.split_once("   ").map(|(_, parts)| parts.trim()));
        parts.into_iter().find(|parts| !parts.is_empty()).unwrap_or_default()
    }

    #[test]
    fn the_help_says_what_each_kind_needs() {
        for kind in FaultRequest::KINDS {
            let mut request = FaultRequest { kind: kind.to_owned(), ..FaultRequest::default() };
            let mut needed = Vec::new();
            while let Err(FaultRequestError::Missing { part, .. }) = request.spec(None) {
                needed.push(format!("--{part}"));
                match part {
                    "cluster" => request.cluster = Some("cluster-igklspoyj5v".to_owned()),
                    "node" => request.node = Some("hsm-igklspoyj5v".to_owned()),
                    _ => request.subnet = Some("subnet-49a1bc00".to_owned()),
                }
            }
            let expected = if needed.is_empty() {
                "nothing; --count, if they shall be used up".to_owned()
            } else {
                needed.join(" and ")
            };
            assert_eq!(needs(kind), expected, "{kind}");
        }
    }
}
