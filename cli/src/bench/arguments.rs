//! The command line of `hsm-sim bench`.

use std::ffi::OsString;
use std::fmt::Write as _;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use loadgen::plan::{Length, Mix, Pace, Plan, Sizes};
use loadgen::{kms, pkcs11};
use server::control::parse_duration;

use super::target;
use crate::args::DirectoryArgument;

const EXAMPLES: &str = "\
Examples:
  hsm-sim bench --pin 1234 --mix encrypt=70,decrypt=20,rsa-sign=10 --threads 2 --size 64..4KiB
  hsm-sim bench --kms http://127.0.0.1:4599 --key-id alias/demo --mix encrypt,decrypt --threads 8 --rate 2000 --plot kms.html
  hsm-sim bench --pin 1234 --compare -- --module /usr/lib/softhsm/libsofthsm2.so --token-label other --pin 1234

In a closed loop (without --rate) each thread makes one call after the other, and latencies are corrected for coordinated omission; with \
--rate calls start at even intervals and latencies count from the intended start. A run that is interrupted takes its keys away first.";

/// Arguments of `hsm-sim bench`.
#[derive(Debug, Args)]
#[command(after_help = "The operations of a mix and more: --help", after_long_help = help())]
pub struct Arguments {
    #[command(flatten)]
    pub(super) directory: DirectoryArgument,
    #[command(flatten)]
    pub(super) target: target::Options,
    /// The operations and their shares
    #[arg(long, value_name = "OPERATION=WEIGHT,…", default_value = "encrypt")]
    mix: Mix,
    /// Payload sizes: one, a list with commas, or a range such as 64..4KiB
    #[arg(long, value_name = "SIZES", default_value = "1KiB")]
    size: Sizes,
    /// How many keys of each kind that the mix needs
    #[arg(long, value_name = "COUNT", default_value_t = 1)]
    keys: usize,
    /// How many threads, each with a session of its own, or connections
    #[arg(long, visible_alias = "connections", value_name = "COUNT", default_value_t = 1)]
    threads: usize,
    /// Start this many calls per second, whatever became of those before; without it threads make one call after the other
    #[arg(long, value_name = "PER_SECOND")]
    rate: Option<f64>,
    /// How long to drive each target before anything counts
    #[arg(long, value_name = "DURATION", default_value = "1s", value_parser = parse_duration)]
    warm_up: Duration,
    /// How long to measure each target
    #[arg(long, value_name = "DURATION", default_value = "10s", value_parser = parse_duration)]
    duration: Duration,
    /// Make this many calls, however long they take
    #[arg(long, value_name = "COUNT", conflicts_with = "duration")]
    calls: Option<u64>,
    /// Decides the order of calls, keys and sizes
    #[arg(long, value_name = "NUMBER", default_value_t = 0)]
    seed: u64,
    /// Print the figures as JSON
    #[arg(long)]
    pub(super) json: bool,
    /// Draw the latency by percentile into this file, which ends in .svg, or in .html for a page with the table
    #[arg(long = "plot", value_name = "FILE")]
    pub(super) plots: Vec<PathBuf>,
    /// Drive a second target in turns with the first; its options stand at the end, after `--`
    #[arg(long)]
    pub(super) compare: bool,
    /// How many turns each target of a comparison has; they share the duration
    #[arg(long, value_name = "COUNT", default_value_t = 10, requires = "compare", value_parser = clap::value_parser!(u32).range(2..=1000))]
    pub(super) rounds: u32,
    /// The second target: --module, --slot, --token-label, --pin, --kms, … as for the first
    #[arg(last = true, value_name = "SECOND", requires = "compare", required_if_eq("compare", "true"))]
    pub(super) second: Vec<OsString>,
}

impl Arguments {
    pub(super) fn plan(&self) -> Plan {
        Plan {
            mix: self.mix.clone(),
            sizes: self.size.clone(),
            keys: self.keys,
            threads: self.threads,
            pace: self.rate.map_or(Pace::Closed, |rate| Pace::Open { rate }),
            warm_up: self.warm_up,
            length: self.calls.map_or(Length::Time(self.duration), Length::Calls),
            seed: self.seed,
        }
    }
}

/// The operations, and examples.
fn help() -> String {
    let mut text = String::new();
    let mut list = |title: &str, rows: &mut dyn Iterator<Item = (&[&str], &str)>| {
        // Writing to a string does not fail.
        let _ = writeln!(text, "{title}:");
        for (names, about) in rows {
            let _ = writeln!(text, "  {:<36} {about}", names.join(", "));
        }
        text.push('\n');
    };
    list("Operations of a PKCS#11 module", &mut pkcs11::operations());
    list("Operations of a KMS endpoint; the API's own names will do", &mut kms::operations());
    text + EXAMPLES
}
