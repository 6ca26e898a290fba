//! `hsm-sim clock now|advance|set|rate`: the simulated clock. Moving it runs everything that becomes due before it returns.

use std::io::Write as _;
use std::time::Duration;

use clap::{Args, Subcommand};
use hsm_sim::SimTime;
use hsm_sim::clock::Rate;
use server::control::parse_duration;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::args::DirectoryArgument;
use crate::directory;
use crate::failure::Failure;

/// Arguments of `hsm-sim clock`.
#[derive(Debug, Args)]
pub struct Arguments {
    #[command(flatten)]
    directory: DirectoryArgument,
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Print the simulated time
    Now,
    /// Move the clock forward, such as 10m, 36h or 30d
    Advance {
        /// How far
        #[arg(value_parser = parse_duration)]
        duration: Duration,
    },
    /// Move the clock forward to a moment, such as 2027-01-31T12:00:00Z
    Set {
        /// The moment (RFC 3339)
        #[arg(value_parser = parse_moment)]
        moment: SimTime,
    },
    /// Let the clock run faster or slower from now on: 60 is a minute each second, 0 stands still, 1 is real time
    Rate {
        /// How fast, from 0 to 1000
        #[arg(value_parser = parse_rate)]
        rate: Rate,
    },
}

fn parse_rate(text: &str) -> Result<Rate, String> {
    text.parse().ok().and_then(Rate::of).ok_or_else(|| format!("'{text}' is no number from 0 to 1000"))
}

/// A moment in RFC 3339 form.
///
/// # Errors
/// The text is something else.
pub fn parse_moment(text: &str) -> Result<SimTime, String> {
    let moment = OffsetDateTime::parse(text, &Rfc3339)
        .map_err(|_| format!("'{text}' is not a moment such as 2027-01-31T12:00:00Z"))?;
    let millis = moment.unix_timestamp_nanos() / 1_000_000;
    i64::try_from(millis).map(SimTime::from_millis).map_err(|_| format!("'{text}' is out of range"))
}

/// Runs `hsm-sim clock`.
///
/// # Errors
/// The directory cannot be used, or the clock would go backwards.
pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    let kms = directory::open_kms(&arguments.directory.path()?)?;
    match arguments.action {
        Action::Now => {}
        Action::Advance { duration } => {
            kms.advance(duration)?;
        }
        Action::Set { moment } => {
            kms.set_time(moment)?;
        }
        Action::Rate { rate } => kms.world().set_rate(rate)?,
    }
    let now = kms.world().read(|rows| kms.world().now(rows))?;
    writeln!(std::io::stdout(), "{now}")?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments() {
        assert_eq!(parse_moment("2018-09-11T12:00:38.328Z"), Ok(SimTime::from_millis(1_536_667_238_328)));
        assert_eq!(parse_moment("2018-09-11T14:00:38+02:00"), Ok(SimTime::from_millis(1_536_667_238_000)));
        for text in ["", "tomorrow", "2018-09-11", "2018-13-11T12:00:00Z"] {
            assert!(parse_moment(text).is_err(), "{text}");
        }
    }
}
