//! `./x simulate --seeds N [--seed S]`: random schedules of everything that can happen to one account, by the agent's own tests. The
//! seed of a run that fails is printed; `--seed` repeats it.

use std::process::ExitCode;

use crate::{Result, cargo};

const USUALLY: u64 = 20_000;

pub(crate) fn simulate(arguments: &[String]) -> Result<ExitCode> {
    let Wanted { seeds, first } = wanted(arguments)?;
    let status =
        cargo::cargo(["test", "-p", "abide-agent", "--lib", "--profile", "simulate", "--", "--nocapture"])
            .arg("tests::simulation::no_schedule_breaks_a_promise")
            .env("ABIDE_SEEDS", seeds.to_string())
            .env("ABIDE_SEED", first.to_string())
            .status()?;
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

#[derive(Debug, PartialEq, Eq)]
struct Wanted {
    seeds: u64,
    first: u64,
}

/// One seed alone is one run; seeds without a first one begin at 1.
fn wanted(arguments: &[String]) -> Result<Wanted> {
    let (mut seeds, mut first) = (None, None);
    let mut rest = arguments.iter();
    while let Some(option) = rest.next() {
        let number = rest.next().and_then(|number| number.parse::<u64>().ok());
        let number = number.ok_or_else(|| format!("./x simulate: {option} wants a number"))?;
        match option.as_str() {
            "--seeds" => seeds = Some(number),
            "--seed" => first = Some(number),
            other => return Err(format!("./x simulate knows --seeds and --seed, but not {other}").into()),
        }
    }
    let seeds = seeds.unwrap_or(if first.is_some() { 1 } else { USUALLY });
    Ok(Wanted { seeds, first: first.unwrap_or(1) })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn one_seed_is_one_run() {
        let of = |line: &str| wanted(&line.split_whitespace().map(str::to_owned).collect::<Vec<_>>());
        assert_eq!(of("").unwrap(), Wanted { seeds: USUALLY, first: 1 });
        assert_eq!(of("--seed 7").unwrap(), Wanted { seeds: 1, first: 7 });
        assert_eq!(of("--seeds 9 --seed 7").unwrap(), Wanted { seeds: 9, first: 7 });
        for wrong in ["--seeds", "--seed x", "--count 3"] {
            assert!(of(wrong).is_err(), "{wrong}");
        }
    }
}
