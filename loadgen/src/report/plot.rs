//! The latency at each percentile as an SVG drawing, one line for each operation of each target.

use std::fmt;

use plotters::prelude::*;

use super::Report;
use super::table::time;
use crate::error::{Error, Result};

const SIZE: (u32, u32) = (960, 540);
/// Percentiles with a label, as one divided by the share of the calls that is slower.
const LABELS: [(f64, &str); 6] =
    [(1.0, "0%"), (10.0, "90%"), (100.0, "99%"), (1e3, "99.9%"), (1e4, "99.99%"), (1e5, "99.999%")];
const COLOURS: [RGBColor; 8] = [
    RGBColor(31, 119, 180),
    RGBColor(214, 39, 40),
    RGBColor(44, 160, 44),
    RGBColor(255, 127, 14),
    RGBColor(148, 103, 189),
    RGBColor(140, 86, 75),
    RGBColor(227, 119, 194),
    RGBColor(127, 127, 127),
];

/// One line of the drawing.
struct Line {
    name: String,
    /// One divided by the share of slower calls, and nanoseconds.
    points: Vec<(f64, f64)>,
}

fn failed(error: impl fmt::Display) -> Error {
    Error::Plot(error.to_string())
}

impl Report {
    /// The plot as SVG.
    ///
    /// # Errors
    /// No call succeeded.
    pub fn svg(&self) -> Result<String> {
        let lines = self.lines();
        let values = || lines.iter().flat_map(|line| &line.points);
        let fold = |pick: fn(&(f64, f64)) -> f64, best: fn(f64, f64) -> f64| values().map(pick).reduce(best);
        let (Some(low), Some(high), Some(right)) =
            (fold(|point| point.1, f64::min), fold(|point| point.1, f64::max), fold(|point| point.0, f64::max))
        else {
            return Err(Error::Plot("no call succeeded".to_owned()));
        };
        let mut text = String::new();
        let area = SVGBackend::with_string(&mut text, SIZE).into_drawing_area();
        area.fill(&WHITE).map_err(failed)?;
        let mut chart = ChartBuilder::on(&area)
            .caption("Latency by percentile", ("sans-serif", 22))
            .margin(12)
            .x_label_area_size(40)
            .y_label_area_size(80)
            .build_cartesian_2d(
                (1.0..right.max(10.0) * 1.5).log_scale(),
                (low.max(1.0) / 1.5..high.max(1.0) * 1.5).log_scale(),
            )
            .map_err(failed)?;
        let percentile = |slower: &f64| {
            let near = LABELS.iter().find(|(at, _)| (slower / at - 1.0).abs() < 0.01);
            near.map_or_else(String::new, |(_, label)| (*label).to_owned())
        };
        chart
            .configure_mesh()
            .x_desc("share of calls that are at most as slow")
            .y_desc("latency")
            .x_label_formatter(&percentile)
            .y_label_formatter(&|value: &f64| time(*value))
            .light_line_style(TRANSPARENT)
            .draw()
            .map_err(failed)?;
        for (line, colour) in lines.into_iter().zip(COLOURS.iter().cycle()) {
            let style = colour.stroke_width(2);
            let drawn = chart.draw_series(LineSeries::new(line.points, style)).map_err(failed)?;
            drawn.label(line.name).legend(move |(x, y)| PathElement::new([(x, y), (x + 18, y)], style));
        }
        let mut legend = chart.configure_series_labels();
        legend.position(SeriesLabelPosition::UpperLeft).background_style(WHITE.mix(0.8)).border_style(BLACK);
        legend.draw().map_err(failed)?;
        area.present().map_err(failed)?;
        drop(chart);
        drop(area);
        Ok(text)
    }

    fn lines(&self) -> Vec<Line> {
        let mut lines = Vec::new();
        for (number, target) in self.targets.iter().enumerate() {
            for step in target.steps.iter().filter(|step| !step.histogram.is_empty()) {
                let name = match self.targets.len() {
                    1 => step.operation.to_owned(),
                    _ => format!("{}: {}", number + 1, step.operation),
                };
                let count = step.histogram.len() as f64;
                let points = step.histogram.iter_quantiles(8).map(|at| {
                    let slower = (1.0 - at.quantile_iterated_to()).max(1.0 / count);
                    (1.0 / slower, at.value_iterated_to() as f64)
                });
                lines.push(Line { name, points: points.collect() });
            }
        }
        lines
    }
}
