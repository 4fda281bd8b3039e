//! The help pages, generated from the table: plain text of at most 80 columns.

use super::table::{self, CommandEntry, EXIT_CODES, GROUPS, Kind, OptionEntry};

const WIDTH: usize = 80;
/// The column of the options' texts.
const COLUMN: usize = 29;

/// The overview.
pub(crate) fn overview() -> String {
    let mut page = String::from(
        "Abide signs you in once and hands access tokens to the tools you allow.\n\nUsage: abide COMMAND [OPTIONS]\n",
    );
    for group in GROUPS {
        page.push_str(&format!("\n{group}\n"));
        for command in table::COMMANDS.iter().filter(|command| command.group == *group) {
            page.push_str(&format!("  {:<10} {}\n", command.name, command.summary));
        }
    }
    page.push_str(
        "\nOptions of every command\n      --json   print results and errors as JSON\n  -h, --help\n\n",
    );
    page.push_str("`abide help COMMAND` explains a command. `abide --version` prints the version.\n\n");
    page.push_str(&wrapped(EXIT_CODES, 0));
    page
}

/// The page of a command.
pub(crate) fn page(name: &str) -> Option<String> {
    let command = table::command(name).filter(|command| !command.group.is_empty())?;
    if name == "help" {
        return Some(overview());
    }
    let mut page = format!("abide {name}: {}\n\n", command.summary);
    let behind: Vec<&CommandEntry> = table::behind(name).collect();
    let lines: Vec<String> =
        if behind.is_empty() { vec![usage(command)] } else { behind.iter().map(|one| usage(one)).collect() };
    page.push_str(&format!("Usage: {}\n", lines.join("\n       ")));
    for paragraph in command.about {
        page.push('\n');
        page.push_str(&wrapped(paragraph, 0));
    }
    if behind.is_empty() {
        page.push_str(&options(command, ""));
    }
    for one in behind {
        page.push_str(&options(one, one.name));
    }
    for paragraph in command.notes {
        page.push('\n');
        page.push_str(&wrapped(paragraph, 0));
    }
    Some(page)
}

fn usage(command: &CommandEntry) -> String {
    let mut line = format!("abide {}", command.name);
    if command.operands.starts_with(|c: char| c.is_ascii_uppercase()) {
        line.push_str(&format!(" {} [OPTIONS]", command.operands));
    } else {
        line.push_str(" [OPTIONS]");
        if !command.operands.is_empty() {
            line.push_str(&format!(" {}", command.operands));
        }
    }
    line
}

/// The options of a command, under its name if the page has several commands.
fn options(command: &CommandEntry, title: &str) -> String {
    let mut text = String::new();
    for option in table::options(command.name) {
        if text.is_empty() {
            let title =
                if title.is_empty() { "Options".to_owned() } else { format!("Options of `abide {title}`") };
            text.push_str(&format!("\n{title}\n"));
        }
        let left = format!("  {}", names(option));
        let mut help = option.help.to_owned();
        if let Kind::Known(known) = option.kind {
            help.push_str(&format!(" Known: {}.", known.join(", ")));
        }
        let right = wrapped(&help, COLUMN);
        if left.len() < COLUMN - 1 {
            text.push_str(&format!("{left:<COLUMN$}{}", right.trim_start()));
        } else {
            text.push_str(&format!("{left}\n{right}"));
        }
    }
    text
}

/// `-a, --account NAME`, with aligned dashes.
fn names(option: &OptionEntry) -> String {
    let short = option.short.map_or_else(|| "    ".to_owned(), |short| format!("-{short}, "));
    let value = if option.value.is_empty() { String::new() } else { format!(" {}", option.value) };
    format!("{short}--{}{value}", option.long)
}

/// Lines of at most [`WIDTH`] columns that begin after `indent` spaces. Examples are not wrapped.
fn wrapped(text: &str, indent: usize) -> String {
    if text.starts_with("  ") {
        return format!("{text}\n");
    }
    let margin = " ".repeat(indent);
    let (mut lines, mut line) = (String::new(), margin.clone());
    for word in text.split(' ') {
        let empty = line.len() == indent;
        if !empty && line.chars().count() + 1 + word.chars().count() > WIDTH {
            lines.push_str(&format!("{line}\n"));
            line.clone_from(&margin);
        } else if !empty {
            line.push(' ');
        }
        line.push_str(word);
    }
    format!("{lines}{line}\n")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn every_command_has_a_page_with_each_of_its_options() {
        for name in table::names() {
            let page = page(name).unwrap();
            for line in page.lines() {
                assert!(line.chars().count() <= WIDTH && line.trim_end() == line, "{name}: {line}");
            }
            let commands = table::behind(name)
                .chain(table::command(name).filter(|_| table::behind(name).next().is_none()));
            for option in commands.filter(|_| name != "help").flat_map(|command| table::options(command.name))
            {
                assert!(page.contains(&format!("--{}", option.long)), "{name}: --{}", option.long);
            }
        }
        assert_eq!(page("accounts add"), None);
    }
}
