//! Ratios with confidence intervals.

use serde::Serialize;

/// A ratio of two targets with its 95 % confidence interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Ratio {
    /// The geometric mean over the rounds of the first target's figure divided by the second's.
    pub ratio: f64,
    /// The lower end of the interval.
    pub low: f64,
    /// The upper end.
    pub high: f64,
    /// In how many rounds both had a figure.
    pub rounds: usize,
}

/// The ratio of two targets over rounds in which both were measured: the t interval of the mean of the logarithms. None with fewer
/// than two rounds. Logarithms because a ratio and its reciprocal then say the same, and because what disturbs a machine slows both
/// targets by factors; a t interval because rounds are few, where a bootstrap's intervals are too short.
pub(crate) fn ratio(pairs: impl IntoIterator<Item = (f64, f64)>) -> Option<Ratio> {
    let logarithms: Vec<f64> =
        pairs.into_iter().filter(|(one, two)| *one > 0.0 && *two > 0.0).map(|(one, two)| (one / two).ln()).collect();
    let rounds = logarithms.len();
    if rounds < 2 {
        return None;
    }
    let count = rounds as f64;
    let mean = logarithms.iter().sum::<f64>() / count;
    let variance = logarithms.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (count - 1.0);
    let half = t_quantile(rounds - 1) * (variance / count).sqrt();
    Some(Ratio { ratio: mean.exp(), low: (mean - half).exp(), high: (mean + half).exp(), rounds })
}

/// The 97.5 % quantiles of Student's t distribution with 1 to 30 degrees of freedom.
const T: [f64; 30] = [
    12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160, 2.145, 2.131, 2.120,
    2.110, 2.101, 2.093, 2.086, 2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045, 2.042,
];

/// The same for any number; beyond the table by the expansion around the normal distribution's quantile.
fn t_quantile(freedom: usize) -> f64 {
    const Z: f64 = 1.959_964;
    let Some(quantile) = T.get(freedom.wrapping_sub(1)) else {
        let n = freedom as f64;
        return Z + (Z.powi(3) + Z) / (4.0 * n) + (5.0 * Z.powi(5) + 16.0 * Z.powi(3) + 3.0 * Z) / (96.0 * n * n);
    };
    *quantile
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(one: f64, two: f64) -> bool {
        (one / two - 1.0).abs() < 0.001
    }

    #[test]
    fn quantiles_are_those_of_published_tables() {
        for (freedom, expected) in [(1, 12.706), (9, 2.262), (30, 2.042), (40, 2.021), (60, 2.000), (120, 1.980)] {
            assert!(close(t_quantile(freedom), expected), "{freedom}: {}", t_quantile(freedom));
        }
    }

    #[test]
    fn intervals_are_those_of_the_logarithms() {
        // ln 1, ln 2, ln 4: mean ln 2, standard deviation ln 2, so ln 2 ± 4.303 · ln 2 / √3.
        let found = ratio([(1.0, 1.0), (2.0, 1.0), (4.0, 1.0)]).unwrap();
        let half = 4.303 / 3f64.sqrt();
        assert!(close(found.ratio, 2.0) && found.rounds == 3, "{found:?}");
        assert!(close(found.low, 2f64.powf(1.0 - half)) && close(found.high, 2f64.powf(1.0 + half)), "{found:?}");
        // Turned around it says the same.
        let turned = ratio([(1.0, 1.0), (1.0, 2.0), (1.0, 4.0)]).unwrap();
        assert!(close(turned.low, 1.0 / found.high) && close(turned.high, 1.0 / found.low), "{turned:?}");
        let same = ratio([(3.0, 1.5); 5]).unwrap();
        assert!(close(same.low, 2.0) && close(same.high, 2.0), "{same:?}");
    }

    #[test]
    fn without_figures_there_is_no_ratio() {
        assert_eq!(ratio([]), None);
        assert_eq!(ratio([(1.0, 2.0)]), None);
        assert_eq!(ratio([(1.0, 2.0), (0.0, 1.0), (1.0, 0.0)]), None);
    }
}
