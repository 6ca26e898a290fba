//! `hsm-sim settings show|set`: how the world behaves.

use std::io::Write as _;
use std::time::Duration;

use clap::{Args, Subcommand, ValueEnum};
use hsm_sim::Settings;
use hsm_sim::performance::Profile;
use hsm_sim::row::Writer;
use hsm_sim::transition::{Durations, Transition};
use server::control::parse_duration;

use crate::args::DirectoryArgument;
use crate::directory;
use crate::failure::Failure;

/// Arguments of `hsm-sim settings`.
#[derive(Debug, Args)]
pub struct Arguments {
    #[command(flatten)]
    directory: DirectoryArgument,
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Print the settings in force
    Show,
    /// Change some of them
    Set(Changes),
}

/// Which rules hold where documentation changed over time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Behaviour {
    /// Every edit of a CloudHSM key store needs DISCONNECTED
    Documented,
    /// A connected key store may be renamed
    Newest,
}

/// Settings that change the world; what is not given stays as it is.
#[derive(Debug, Clone, Default, Args)]
pub struct Changes {
    /// How long connecting and disconnecting a key store takes, such as 200ms or 20m
    #[arg(long, value_name = "DURATION", value_parser = parse_duration)]
    pub connect_delay: Option<Duration>,
    /// Refuse identifiers that the published patterns forbid, although the documentation's examples use them
    #[arg(long, value_name = "BOOL", num_args = 0..=1, default_missing_value = "true")]
    pub strict_patterns: Option<bool>,
    /// Which rules hold where documentation changed over time
    #[arg(long, value_name = "WHICH")]
    pub behaviour: Option<Behaviour>,
    /// How late new keys, aliases and store edits show: `strong`, or `eventual=2s`
    #[arg(long, value_name = "MODEL", value_parser = parse_consistency)]
    pub consistency: Option<Duration>,
    /// Apply the documented quotas
    #[arg(long, value_name = "BOOL", num_args = 0..=1, default_missing_value = "true")]
    pub quotas: Option<bool>,
    /// How often a connected key store's key material is checked, at least 1s
    #[arg(long, value_name = "DURATION", value_parser = parse_audit_period)]
    pub material_audit_period: Option<Duration>,
    /// How fast the HSMs are: `unlimited`, or as `hsm1.medium` or `hsm2m.medium`, which also turns the quotas on unless --quotas
    /// says otherwise
    #[arg(long, value_name = "PROFILE", value_parser = parse_profile)]
    pub performance: Option<Profile>,
    /// How long changes of clusters, HSMs and backups take: `instant`, `realistic`, or a list such as
    /// `realistic,create-hsm=30s`; what a list does not name is done at once
    #[arg(long, value_name = "DURATIONS", value_parser = parse_transitions)]
    pub transitions: Option<Durations>,
}

fn parse_consistency(text: &str) -> Result<Duration, String> {
    match text.split_once('=') {
        None if text == "strong" => Ok(Duration::ZERO),
        Some(("eventual", duration)) => parse_duration(duration),
        _ => Err(format!("'{text}' is neither 'strong' nor 'eventual=DURATION'")),
    }
}

fn parse_profile(text: &str) -> Result<Profile, String> {
    let names = || Profile::ALL.map(Profile::name).join(", ");
    Profile::of_name(text).ok_or_else(|| format!("'{text}' is not one of {}", names()))
}

fn parse_transitions(text: &str) -> Result<Durations, String> {
    let mut durations = Durations::instant();
    for part in text.split(',') {
        durations = match part.split_once('=') {
            None if part == "instant" => Durations::instant(),
            None if part == "realistic" => Durations::realistic(),
            Some((name, duration)) => match Transition::of_name(name) {
                Some(transition) => durations.with(transition, parse_duration(duration)?),
                None => {
                    return Err(format!("'{name}' is not one of {}", Transition::ALL.map(Transition::name).join(", ")));
                }
            },
            None => return Err(format!("'{part}' is neither 'instant', 'realistic' nor NAME=DURATION")),
        };
    }
    Ok(durations)
}

fn parse_audit_period(text: &str) -> Result<Duration, String> {
    let period = parse_duration(text)?;
    let shortest = Settings::SHORTEST_AUDIT_PERIOD;
    let refuse = || format!("shorter than {}", humantime::format_duration(shortest));
    (period >= shortest).then_some(period).ok_or_else(refuse)
}

impl Changes {
    /// Puts the changes in force.
    ///
    /// # Errors
    /// The store fails.
    pub fn apply(&self, tx: &mut Writer<'_>) -> hsm_sim::Result<()> {
        let old = Settings::load(tx)?;
        let new = self.applied_to(&old);
        if new != old {
            new.save(tx)?;
        }
        if let Some(profile) = self.performance {
            profile.save(tx)?;
        }
        self.transitions.as_ref().map_or(Ok(()), |durations| durations.save(tx))
    }

    /// The settings with these changes.
    #[must_use]
    pub fn applied_to(&self, old: &Settings) -> Settings {
        let hardware = self.performance.is_some_and(|profile| profile != Profile::Unlimited);
        Settings {
            connect_delay: self.connect_delay.unwrap_or(old.connect_delay),
            strict_patterns: self.strict_patterns.unwrap_or(old.strict_patterns),
            newest_behaviour: self.behaviour.map_or(old.newest_behaviour, |which| which == Behaviour::Newest),
            consistency_delay: self.consistency.unwrap_or(old.consistency_delay),
            quotas: self.quotas.unwrap_or(old.quotas || hardware),
            material_audit_period: self.material_audit_period.unwrap_or(old.material_audit_period),
            ..old.clone()
        }
    }
}

/// Runs `hsm-sim settings`.
///
/// # Errors
/// The directory cannot be used.
pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    let world = directory::open_existing(&arguments.directory.path()?)?;
    if let Action::Set(changes) = &arguments.action {
        world.write(|tx| changes.apply(tx))?;
    }
    let settings = world.settings()?;
    let durations = world.read(|rows| Durations::load(rows))?;
    let profile = world.read(|rows| Profile::load(rows))?;
    let mut out = std::io::stdout();
    writeln!(out, "connect-delay          {}", humantime::format_duration(settings.connect_delay))?;
    writeln!(out, "strict-patterns        {}", settings.strict_patterns)?;
    writeln!(out, "behaviour              {}", if settings.newest_behaviour { "newest" } else { "documented" })?;
    let consistency = match settings.consistency_delay {
        Duration::ZERO => "strong".to_owned(),
        delay => format!("eventual={}", humantime::format_duration(delay)),
    };
    writeln!(out, "consistency            {consistency}")?;
    writeln!(out, "quotas                 {}", settings.quotas)?;
    writeln!(out, "material-audit-period  {}", humantime::format_duration(settings.material_audit_period))?;
    writeln!(out, "performance            {}", profile.name())?;
    writeln!(out, "transitions            {}", shown(&durations))?;
    Ok(())
}

/// As [`parse_transitions`] reads it.
fn shown(durations: &Durations) -> String {
    if *durations == Durations::realistic() {
        return "realistic".to_owned();
    }
    let part = |(transition, duration): (Transition, _)| {
        format!("{}={}", transition.name(), humantime::format_duration(duration).to_string().replace(' ', ""))
    };
    let parts: Vec<String> = durations.lasting().map(part).collect();
    if parts.is_empty() { "instant".to_owned() } else { parts.join(",") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn consistency_models() {
        assert_eq!(parse_consistency("strong"), Ok(Duration::ZERO));
        assert_eq!(parse_consistency("eventual=2s"), Ok(Duration::from_secs(2)));
        for text in ["", "eventual", "eventual=", "weak=1s", "eventual=101y"] {
            assert!(parse_consistency(text).is_err(), "{text}");
        }
    }

    #[test]
    fn transitions_are_read_as_they_are_shown() {
        for text in ["instant", "realistic", "create-hsm=5m 13s", "create-hsm=30s,backup=1m"] {
            let durations = parse_transitions(text).unwrap();
            assert_eq!(parse_transitions(&shown(&durations)).unwrap(), durations, "{text}");
        }
        let mixed = parse_transitions("realistic,create-hsm=30s").unwrap();
        let expected = Durations::realistic().with(Transition::CreateHsm, Duration::from_secs(30));
        assert_eq!(mixed, expected);
        for text in ["", "slow", "create-hsm", "create-hsm=", "CreateHsm=1s", "realistic;instant"] {
            assert!(parse_transitions(text).is_err(), "{text}");
        }
    }

    #[test]
    fn audits_take_their_time() {
        assert_eq!(parse_audit_period("1s"), Ok(Duration::from_secs(1)));
        for (text, expected) in
            [("0s", "shorter than 1s"), ("999ms", "shorter than 1s"), ("101y", "longer than 100 years (100y)")]
        {
            assert_eq!(parse_audit_period(text), Err(expected.to_owned()), "{text}");
        }
    }

    #[test]
    fn a_hardware_profile_has_quotas() {
        for (performance, quotas, expected) in [
            (Some("hsm1.medium"), None, true),
            (Some("hsm2m.medium"), Some(false), false),
            (Some("unlimited"), None, false),
            (None, None, false),
        ] {
            let performance = performance.map(|name| parse_profile(name).unwrap());
            let changes = Changes { performance, quotas, ..Changes::default() };
            assert_eq!(changes.applied_to(&Settings::default()).quotas, expected, "{performance:?} {quotas:?}");
        }
        assert!(parse_profile("fast").is_err());
    }

    #[test]
    fn what_is_not_given_stays() {
        let old = Settings { quotas: true, ..Settings::default() };
        let changes = Changes { connect_delay: Some(Duration::from_secs(9)), ..Changes::default() };
        let new = changes.applied_to(&old);
        assert_eq!(new, Settings { connect_delay: Duration::from_secs(9), ..old });
    }
}
