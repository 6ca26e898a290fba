//! Durations as people write them, bounded alike wherever the program takes one.

use std::time::Duration;

/// A hundred years, as `humantime` counts them.
const LONGEST: Duration = Duration::from_secs(100 * 31_557_600);

/// A duration such as `200ms`, `36h` or `30d`, of at most a hundred years.
///
/// # Errors
/// The text is no duration, or a longer one.
pub fn parse_duration(text: &str) -> Result<Duration, String> {
    match humantime::parse_duration(text) {
        Ok(duration) if duration <= LONGEST => Ok(duration),
        Ok(_) | Err(humantime::DurationError::NumberOverflow) => Err("longer than 100 years (100y)".to_owned()),
        Err(error) => Err(format!("no duration such as 200ms, 10m or 8d: {error}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_end_at_a_hundred_years() {
        assert_eq!(parse_duration("1m 30s"), Ok(Duration::from_secs(90)));
        assert_eq!(parse_duration("100y"), Ok(LONGEST));
        for text in ["101y", "100y 1ns", "99999999999y", "99999999999999999999999999s"] {
            assert_eq!(parse_duration(text), Err("longer than 100 years (100y)".to_owned()), "{text}");
        }
        for text in ["", "soon", "10", "-1s"] {
            assert!(parse_duration(text).is_err_and(|error| error.starts_with("no duration")), "{text}");
        }
    }
}
