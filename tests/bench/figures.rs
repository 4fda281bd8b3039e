//! Figures, and the table that they end in.

use std::fmt;
use std::time::Duration;

use abide_demo_op::{Config, DemoOp};
use abide_tests::providers::Provider;

/// A demo provider whose access tokens outlast the measurement: renewing them is not what is measured.
pub(crate) async fn provider() -> Provider {
    let config = Config { access_token_lifetime: Duration::from_secs(3600), ..Config::default() };
    Provider::Demo(DemoOp::start(config).await.expect("start the demo provider"))
}

/// The value below which this part of all values lies.
pub(crate) fn quantile(values: &[f64], part: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let last = sorted.len().checked_sub(1).expect("at least one value");
    sorted[((last as f64 * part).round() as usize).min(last)]
}

/// The middle value.
pub(crate) fn median(values: &[f64]) -> f64 {
    quantile(values, 0.5)
}

/// Which side of a limit is the good one.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Good {
    Below,
    Above,
}

/// What was measured, in Markdown.
#[derive(Default)]
pub(crate) struct Table {
    rows: Vec<[String; 5]>,
    notes: Vec<String>,
}

impl Table {
    fn row(&mut self, cells: [String; 5]) {
        eprintln!("  {}", cells.join("  |  "));
        self.rows.push(cells);
    }

    /// A figure, what it is set beside, and the limit of their ratio if there is one.
    pub(crate) fn ratio(
        &mut self,
        what: &str,
        unit: &str,
        value: f64,
        beside: (&str, f64),
        limit: Option<(Good, f64)>,
    ) {
        let ratio = value / beside.1;
        let target = limit.map_or_else(String::new, |(good, limit)| {
            let (sign, met) = match good {
                Good::Below => ("≤", ratio <= limit),
                Good::Above => ("≥", ratio >= limit),
            };
            format!("{sign} {limit:.2}, {}", verdict(met))
        });
        self.row([
            what.to_owned(),
            with_unit(value, unit),
            format!("{}: {}", beside.0, with_unit(beside.1, unit)),
            format!("{ratio:.2}"),
            target,
        ]);
    }

    /// A figure with a limit of its own.
    pub(crate) fn at_most(&mut self, what: &str, unit: &str, value: f64, limit: f64) {
        let target = format!("≤ {}, {}", with_unit(limit, unit), verdict(value <= limit));
        self.row([what.to_owned(), with_unit(value, unit), String::new(), String::new(), target]);
    }

    /// A figure that has none.
    pub(crate) fn plain(&mut self, what: &str, unit: &str, value: f64) {
        self.row([what.to_owned(), with_unit(value, unit), String::new(), String::new(), String::new()]);
    }

    /// Something that could not be measured, and why.
    pub(crate) fn missing(&mut self, what: &str, reason: &str) {
        let none = String::new;
        self.row([what.to_owned(), "not measured".to_owned(), none(), none(), none()]);
        self.notes.push(format!("{what}: not measured. {reason}"));
    }

    /// A sentence below the table.
    pub(crate) fn note(&mut self, text: String) {
        eprintln!("  {text}");
        self.notes.push(text);
    }
}

fn verdict(met: bool) -> &'static str {
    if met { "met" } else { "**missed**" }
}

fn with_unit(value: f64, unit: &str) -> String {
    let digits = match value.abs() {
        0.0..1.0 => 3,
        1.0..10.0 => 2,
        10.0..100.0 => 1,
        _ => 0,
    };
    format!("{value:.digits$} {unit}")
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const HEAD: [&str; 5] = ["", "Abide", "beside it", "ratio", "target"];
        let width = |column: usize| {
            let cells = self.rows.iter().map(|row| row[column].chars().count());
            cells.chain([HEAD[column].len(), 3]).max().unwrap_or(3)
        };
        let widths: [usize; 5] = std::array::from_fn(width);
        let line = |f: &mut fmt::Formatter<'_>, cells: [&str; 5]| {
            for (cell, width) in cells.iter().zip(widths) {
                write!(f, "| {cell:<width$} ")?;
            }
            writeln!(f, "|")
        };
        line(f, HEAD)?;
        let rule: [String; 5] = widths.map(|width| "-".repeat(width));
        line(f, std::array::from_fn(|column| rule[column].as_str()))?;
        for row in &self.rows {
            line(f, std::array::from_fn(|column| row[column].as_str()))?;
        }
        for note in &self.notes {
            write!(f, "\n- {note}")?;
        }
        if !self.notes.is_empty() {
            writeln!(f)?;
        }
        Ok(())
    }
}
