//! The parts of faults: what each is called, how it is written and read.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use crypto::Entropy;
use serde::{Deserialize, Serialize};

use super::ClientClass;
use crate::id::{ClusterId, NodeId, SubnetId};

/// A part of a fault: read from a word of a request, shown as that word.
pub trait Part: Sized {
    /// What it is called in requests.
    const NAME: &'static str;
    /// Whether a request must name it.
    const REQUIRED: bool = true;

    /// What it is where a request does not name it; none if it is required.
    fn absent() -> Option<Self> {
        None
    }

    /// Reads it.
    ///
    /// # Errors
    /// Why the word is no such part.
    fn read(word: &str) -> Result<Self, String>;

    /// The word; none if the request named none.
    fn show(&self) -> Option<String>;

    /// [`Part::NAME`] of a value.
    fn name(&self) -> &'static str {
        Self::NAME
    }

    /// The cluster, if it is one.
    fn cluster(&self) -> Option<&ClusterId> {
        None
    }

    /// The node, if it is one.
    fn node(&self) -> Option<&NodeId> {
        None
    }

    /// The subnet, if it is one.
    fn subnet(&self) -> Option<&SubnetId> {
        None
    }
}

macro_rules! word {
    ($type:ty, $name:literal $(, $is:ident)?) => {
        impl Part for $type {
            const NAME: &'static str = $name;

            fn read(word: &str) -> Result<Self, String> {
                word.parse().map_err(|error: <Self as FromStr>::Err| error.to_string())
            }

            fn show(&self) -> Option<String> {
                Some(self.to_string())
            }

            $(fn $is(&self) -> Option<&Self> {
                Some(self)
            })?
        }
    };
}

word!(ClusterId, "cluster", cluster);
word!(NodeId, "node", node);
word!(SubnetId, "subnet", subnet);
word!(Clients, "from");
word!(Delay, "delay");
word!(OperationName, "operation");
word!(Code, "code");

/// A node that may be left out.
impl Part for Option<NodeId> {
    const NAME: &'static str = NodeId::NAME;
    const REQUIRED: bool = false;

    fn absent() -> Option<Self> {
        Some(None)
    }

    fn read(word: &str) -> Result<Self, String> {
        NodeId::read(word).map(Some)
    }

    fn show(&self) -> Option<String> {
        self.as_ref().and_then(Part::show)
    }

    fn node(&self) -> Option<&NodeId> {
        self.as_ref()
    }
}

/// A class of clients.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Clients(pub ClientClass);

impl fmt::Display for Clients {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.name())
    }
}

impl FromStr for Clients {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, String> {
        let class = ClientClass::ALL.into_iter().find(|class| class.name() == word);
        class.map(Self).ok_or_else(|| {
            let names = ClientClass::ALL.map(ClientClass::name).join(", ");
            format!("'{word}' is no class of clients; they are {names}")
        })
    }
}

/// How long a slow node takes: `20ms` always, `10ms..50ms` evenly between two times, `exponential=20ms` around a mean, at most ten times
/// as long.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Delay {
    /// Always the same.
    Fixed(Duration),
    /// Evenly between two times.
    Uniform(Duration, Duration),
    /// Exponentially around a mean, cut off at ten times the mean.
    Exponential(Duration),
}

impl Delay {
    /// The longest time that a request names.
    pub const LONGEST: Duration = Duration::from_secs(60);

    /// The time that one request takes.
    pub fn draw(&self, entropy: &Entropy) -> Duration {
        // 53 bits are what a float between 0 and 1 holds.
        let even = || (u64::from_be_bytes(entropy.bytes()) >> 11) as f64 / (1_u64 << 53) as f64;
        match *self {
            Self::Fixed(delay) => delay,
            Self::Uniform(shortest, longest) => shortest + longest.saturating_sub(shortest).mul_f64(even()),
            Self::Exponential(mean) => mean.mul_f64((-(1.0 - even()).ln()).min(10.0)),
        }
    }
}

impl fmt::Display for Delay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let show = |duration: &Duration| humantime::format_duration(*duration).to_string().replace(' ', "");
        match self {
            Self::Fixed(delay) => write!(f, "{}", show(delay)),
            Self::Uniform(shortest, longest) => write!(f, "{}..{}", show(shortest), show(longest)),
            Self::Exponential(mean) => write!(f, "exponential={}", show(mean)),
        }
    }
}

impl FromStr for Delay {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, String> {
        let read = |text: &str| match humantime::parse_duration(text) {
            Ok(delay) if delay <= Self::LONGEST => Ok(delay),
            Ok(_) => Err(format!("'{text}' is longer than a minute")),
            Err(_) => Err(format!("'{word}' is no delay such as 20ms, 10ms..50ms or exponential=20ms")),
        };
        if let Some(mean) = word.strip_prefix("exponential=") {
            return read(mean).map(Self::Exponential);
        }
        match word.split_once("..") {
            None => read(word).map(Self::Fixed),
            Some((shortest, longest)) => match (read(shortest)?, read(longest)?) {
                (shortest, longest) if shortest <= longest => Ok(Self::Uniform(shortest, longest)),
                _ => Err(format!("'{word}' ends before it begins")),
            },
        }
    }
}

/// What can be told to fail: an operation of the endpoint (`kms:Encrypt`, `cloudhsm:CreateHsm`, `cloudtrail:LookupEvents`), a
/// function of the PKCS#11 module (`C_Sign`), or a command of an HSM as its audit log calls it (`CN_LOGIN`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OperationName(String);

impl OperationName {
    /// The services of the endpoint, as names of operations begin.
    pub const SERVICES: [&'static str; 3] = ["kms", "cloudhsm", "cloudtrail"];

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The service of the endpoint and its operation, if it is one.
    pub fn of_service(&self) -> Option<(&str, &str)> {
        self.0.split_once(':')
    }
}

impl fmt::Display for OperationName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for OperationName {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, String> {
        let letters = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
        let known = match word.split_once(':') {
            Some((service, operation)) => Self::SERVICES.contains(&service) && letters(operation),
            None => (word.starts_with("C_") || word.starts_with("CN_")) && letters(word),
        };
        let refuse = || format!("'{word}' is no operation such as kms:Encrypt, cloudhsm:CreateHsm, C_Sign or CN_LOGIN");
        known.then(|| Self(word.to_owned())).ok_or_else(refuse)
    }
}

/// How an operation fails: a name of its service (`ThrottlingException`, `CKR_DEVICE_ERROR`) or an HSM's number (`187`, `0xbb`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Code(String);

impl Code {
    /// The code.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The number that it is, if it is one.
    pub fn number(&self) -> Option<u32> {
        let hexadecimal = self.0.strip_prefix("0x").map(|digits| u32::from_str_radix(digits, 16).ok());
        hexadecimal.unwrap_or_else(|| self.0.parse().ok())
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Code {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, String> {
        let fits = (1..=80).contains(&word.len()) && word.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
        let refuse = || format!("'{word}' is no code such as ThrottlingException, CKR_DEVICE_ERROR or 187");
        fits.then(|| Self(word.to_owned())).ok_or_else(refuse)
    }
}

/// Which call of an operation is the first to fail, counted from now: 1 for the next one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Turn(pub u32);

impl Part for Turn {
    const NAME: &'static str = "call";
    const REQUIRED: bool = false;

    fn absent() -> Option<Self> {
        Some(Self(1))
    }

    fn read(word: &str) -> Result<Self, String> {
        let number = word.parse().ok().filter(|number| *number > 0);
        number.map(Self).ok_or_else(|| format!("'{word}' is no number of a call; the next one is 1"))
    }

    fn show(&self) -> Option<String> {
        Some(self.0.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_are_read_as_they_are_shown_and_drawn_within_their_bounds() {
        let millis = Duration::from_millis;
        let entropy = Entropy::seeded(1);
        for (word, delay, bounds) in [
            ("20ms", Delay::Fixed(millis(20)), millis(20)..=millis(20)),
            ("10ms..50ms", Delay::Uniform(millis(10), millis(50)), millis(10)..=millis(50)),
            ("exponential=20ms", Delay::Exponential(millis(20)), Duration::ZERO..=millis(200)),
            ("1s500ms", Delay::Fixed(millis(1500)), millis(1500)..=millis(1500)),
        ] {
            assert_eq!(word.parse(), Ok(delay), "{word}");
            assert_eq!(delay.to_string(), word);
            assert!((0..1000).all(|_| bounds.contains(&delay.draw(&entropy))), "{word}");
        }
        let draws: Vec<Duration> = (0..1000).map(|_| Delay::Exponential(millis(20)).draw(&entropy)).collect();
        let mean = draws.iter().sum::<Duration>() / 1000;
        assert!((millis(15)..millis(25)).contains(&mean), "{mean:?}");
        for word in ["", "soon", "61s", "50ms..10ms", "exponential=", "10ms..", "exponential=2h"] {
            assert!(word.parse::<Delay>().is_err(), "{word}");
        }
    }

    #[test]
    fn names_and_codes() {
        for word in ["kms:Encrypt", "cloudhsm:TagResource", "C_Sign", "CN_LOGIN"] {
            assert_eq!(word.parse::<OperationName>().map(|name| name.to_string()), Ok(word.to_owned()));
        }
        for word in ["Encrypt", "ec2:RunInstances", "kms:", "C_Sign now", ""] {
            assert!(word.parse::<OperationName>().is_err(), "{word}");
        }
        let number = |word: &str| word.parse::<Code>().unwrap().number();
        assert_eq!([number("187"), number("0xbb"), number("CKR_DEVICE_ERROR")], [Some(187), Some(187), None]);
        assert!("a b".parse::<Code>().is_err() && "".parse::<Code>().is_err());
        assert!(Turn::read("0").is_err() && Turn::read("-1").is_err());
    }
}
