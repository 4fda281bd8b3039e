//! `./x crash [COUNT]`: the long form of a test that every run does 200 times. The agent is killed wherever a refresh
//! touches the disk or the provider, and at random moments, and must still have its session afterwards.

use std::process::ExitCode;

use crate::steps::Steps;
use crate::{Result, cargo, test};

const USUALLY: usize = 2_000;

pub(crate) fn crash(arguments: &[String]) -> Result<ExitCode> {
    let count = match arguments {
        [] => USUALLY,
        [count] => count
            .parse()
            .ok()
            .filter(|count| *count > 0)
            .ok_or_else(|| format!("./x crash knows a number, but not {count}"))?,
        _ => return Err("./x crash knows one number: how often".into()),
    };
    let mut steps = Steps::new()?;
    // Both packages together: only then are the failpoints built into the programs.
    let together = ["-p", "abide", "-p", "abide-tests"];
    let built = steps.step("build", |log| {
        let mut command = cargo::cargo(["build", "--bins", "--tests"]);
        command.args(together);
        log.command(command)
    });
    if built {
        let Some(user) = test::tests_user(&mut steps) else { return Ok(steps.close()) };
        steps.tests(&format!("{count} kills"), |log| {
            let mut command = cargo::test(user.as_ref(), ["--test", "crash_safety"]);
            command.args(together).args(["--", "--show-output"]).env("ABIDE_CRASHES", count.to_string());
            test::cargo_test(log, command)
        });
    }
    Ok(steps.close())
}
