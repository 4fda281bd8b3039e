//! The manual pages and completions of `abide`, generated from the table of its parser and help. `manual FOLDER` writes
//! them.
#![allow(clippy::print_stderr, reason = "this is how it says what is wrong")]

use std::fs;
use std::path::Path;
use std::process::ExitCode;

use abide_cli::arguments::table::{self, CommandEntry, EXIT_CODES, Kind, OptionEntry};
use clap::builder::PossibleValuesParser;
use clap::{Arg, ArgAction, Command, ValueHint};
use clap_complete::{Shell, generate_to};

type Result<T = ()> = std::result::Result<T, Box<dyn std::error::Error>>;

fn main() -> ExitCode {
    let folder = std::env::args().nth(1).unwrap_or_else(|| "target/manual".to_owned());
    match write(Path::new(&folder)).and_then(|()| check(Path::new(&folder))) {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("{problem}");
            ExitCode::FAILURE
        }
    }
}

fn write(folder: &Path) -> Result {
    if folder.exists() {
        fs::remove_dir_all(folder)?;
    }
    fs::create_dir_all(folder)?;
    clap_mangen::generate_to(abide(), folder)?;
    for shell in [Shell::Bash, Shell::Zsh, Shell::Fish, Shell::PowerShell] {
        generate_to(shell, &mut abide(), "abide", folder)?;
    }
    generate_to(clap_complete_nushell::Nushell, &mut abide(), "abide", folder)?;
    Ok(())
}

/// Checks that every option of the table is on its command's page and in each completion.
fn check(folder: &Path) -> Result {
    let completions =
        ["abide.bash", "_abide", "abide.fish", "_abide.ps1", "abide.nu"].map(|name| folder.join(name));
    for option in table::OPTIONS {
        for command in option.commands {
            let page = fs::read_to_string(folder.join(format!("abide-{}.1", command.replace(' ', "-"))))?;
            if !page.contains(&format!("\\-\\-{}", option.long.replace('-', "\\-"))) {
                return Err(
                    format!("the manual page of `abide {command}` does not have --{}", option.long).into()
                );
            }
        }
        for completion in &completions {
            if !fs::read_to_string(completion)?.contains(option.long) {
                return Err(format!("{} does not have --{}", completion.display(), option.long).into());
            }
        }
    }
    Ok(())
}

fn abide() -> Command {
    let abide = Command::new("abide")
        .version(env!("CARGO_PKG_VERSION"))
        .about("sign in once, keep the session, hand tokens to the tools you allow")
        .after_help(EXIT_CODES)
        .disable_help_subcommand(true)
        .subcommand_required(true);
    table::names().filter_map(table::command).fold(abide, |abide, entry| {
        let own = table::behind(entry.name)
            .fold(subcommand(entry), |own, behind| own.subcommand(subcommand(behind)));
        abide.subcommand(own.disable_help_subcommand(true))
    })
}

fn subcommand(entry: &CommandEntry) -> Command {
    let name = entry.name.rsplit(' ').next().unwrap_or(entry.name);
    let mut command = Command::new(name).about(entry.summary).after_help(entry.notes.join("\n\n"));
    if !entry.about.is_empty() {
        command = command.long_about(entry.about.join("\n\n"));
    }
    command = command.args(table::options(entry.name).map(argument));
    if entry.operands.is_empty() {
        return command;
    }
    // Several words, or the complete command line of another program.
    let operands = Arg::new("operands")
        .value_name(entry.operands)
        .num_args(0..)
        .value_hint(ValueHint::CommandWithArguments);
    command.arg(operands.trailing_var_arg(true).allow_hyphen_values(true))
}

fn argument(option: &OptionEntry) -> Arg {
    let mut argument = Arg::new(option.long).long(option.long).help(option.help);
    if let Some(short) = option.short {
        argument = argument.short(short);
    }
    if option.kind == Kind::Flag {
        return argument.action(ArgAction::SetTrue);
    }
    argument = argument.value_name(option.value);
    match option.kind {
        Kind::Path => argument.value_hint(ValueHint::FilePath),
        Kind::OneOf(words) | Kind::Known(words) => {
            argument.value_parser(PossibleValuesParser::new(words.iter().copied()))
        }
        _ => argument,
    }
}
