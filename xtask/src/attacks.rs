//! `./x attacks`: writes the list in docs/attacks.md of attacks on the broker and the tests that run them. `./x test` compares
//! it.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;

use crate::libtest::Tally;
use crate::page::Page;
use crate::steps::Log;
use crate::{Result, cargo};

const PAGE: Page = Page {
    path: "docs/attacks.md",
    command: "./x attacks",
    begin: "<!-- The list below is written by ./x attacks, from the last run of ./x test. -->\n",
};

/// An attack, what stops it, and the tests that run it. Without a test, `stops` says why.
struct Attack {
    name: &'static str,
    stops: &'static str,
    tests: &'static [&'static str],
}

const fn attack(name: &'static str, stops: &'static str, tests: &'static [&'static str]) -> Attack {
    Attack { name, stops, tests }
}

/// The attacks, grouped by the attacker.
const ATTACKS: &[Attack] = &[
    attack(
        "Another program under the path of an allowed one, by a bind mount in a namespace",
        "the file that runs is compared (device, inode), never the path",
        &["another_program_under_our_path_is_not_ours"],
    ),
    attack(
        "An allowed program, or Abide itself, started in a user, mount or process namespace (`unshare`)",
        "refused as a sandbox: `case` is `sandbox`",
        &[
            "our_own_program_in_a_container_is_not_ours",
            "what_runs_in_a_container_is_no_program_of_this_machine",
        ],
    ),
    attack(
        "A rootless container (Podman, Docker)",
        "the same as `unshare`, which makes the same namespaces; no container engine is started",
        &["a_process_in_a_container_is_no_program_of_this_machine"],
    ),
    attack(
        "A Flatpak-like sandbox (bubblewrap)",
        "the same; the refusal has the name that the sandbox gives itself, as a label",
        &["what_runs_as_a_flatpak_is_named_and_is_no_program_of_this_machine"],
    ),
    attack(
        "A program that sees the socket from a container and names a host path as its own",
        "contained programs match no grant and no rule that allows",
        &["a_program_in_a_container_is_not_the_program_of_that_path"],
    ),
    attack(
        "A later process with the process ID of an allowed one",
        "the start time is part of the identity, and a descriptor of the process is held",
        &[
            "the_ancestors_of_a_process_are_found_with_what_they_run",
            "a_key_a_terminal_and_a_process_are_each_known_by_what_proves_them",
        ],
    ),
    attack(
        "Another program in the same process between connection and request (`exec`)",
        "the process is looked at for each request: it is judged as what it is then",
        &["a_process_that_has_become_another_program_since_it_connected_is_that_program"],
    ),
    attack(
        "Another file in the place of an allowed program",
        "asked about again with a note; the old one that still runs has to be started again",
        &[
            "a_new_program_waits_for_an_answer_at_a_terminal",
            "a_changed_file_is_asked_about_again_unless_only_root_could_change_it",
            "a_program_that_was_replaced_while_it_runs_has_to_be_started_again",
        ],
    ),
    attack(
        "A file that changes while it is read for its digest",
        "no digest",
        &["a_file_is_read_in_the_state_in_which_it_was_looked_at"],
    ),
    attack(
        "Another script in the place of an allowed one",
        "asked about again; the interpreter by itself is never allowed for good",
        &[
            "an_interpreter_is_not_allowed_by_the_grant_of_its_file",
            "a_script_and_an_interpreter_are_not_allowed_for_good",
        ],
    ),
    attack(
        "A program that calls itself `sudo` or `env`, to hide behind what started it",
        "only files that root owns count as glue",
        &["glue_counts_where_root_owns_it"],
    ),
    attack(
        "A program that calls itself `systemd` or `gnome-shell`, to be taken for something that the system has started",
        "only files that root owns count as such; the rules of the policy hold for it, and the record names it",
        &[
            "a_program_of_the_users_is_no_launcher_by_its_name",
            "what_runs_in_the_background_is_known_by_the_file_that_is_left",
        ],
    ),
    attack(
        "A program that the administrator forbids, with a file that cannot be read (`chmod 111`)",
        "where the policy forbids programs, one that cannot be checked gets nothing",
        &[
            "a_forbidden_content_is_not_hidden_by_a_file_that_cannot_be_read",
            "a_forbidden_program_is_not_hidden_by_the_rights_of_its_file",
        ],
    ),
    attack(
        "Many processes between a program and the agent or terminal that was denied, or one that becomes another program all the time",
        "1,024 ancestors are looked at; a process with more, or whose ancestors cannot be found, gets nothing",
        &[
            "many_shells_in_between_hide_nothing",
            "an_ancestor_that_changes_all_the_time_does_not_hide_itself",
            "many_processes_in_between_do_not_hide_whom_something_was_denied_to",
        ],
    ),
    attack(
        "A program that starts what it is told to (`find -exec`, `sed`, `timeout`, `ssh-agent`)",
        "what only starts others is looked through; what runs commands of others is never allowed for good",
        &["glue_counts_where_root_owns_it", "a_script_and_an_interpreter_are_not_allowed_for_good"],
    ),
    attack(
        "`git`, an editor or a container tool that is allowed *always*, told to run `abide`",
        "not protected: what such a program starts gets its token. Allow it for one run",
        &[],
    ),
    attack(
        "A program that sends a request and becomes the `abide` command (`exec`) before it is looked at",
        "not protected: the request counts as one of the command",
        &[],
    ),
    attack(
        "A program that becomes `abide token` and reads the token in a process that it has started before",
        "not protected: the request counts as one of what started the program, which the question and the record name",
        &[],
    ),
    attack(
        "A label that was made up (Flatpak, unit, variables of a coding agent)",
        "labels are in no type that the decision sees",
        &["labels_are_shown_as_what_they_are", "no_history_allows_what_no_grant_covers"],
    ),
    attack(
        "A program that hides itself from other programs",
        "it is unknown, and can be allowed once",
        &["what_cannot_be_looked_at_is_unknown", "what_is_offered_fits_the_caller"],
    ),
    attack(
        "`LD_PRELOAD` and `ptrace`: code in the memory of an allowed program",
        "out of scope: a program that runs as you and attacks you. Each token is recorded under the name of the program that it used",
        &[],
    ),
    attack(
        "More scopes or other APIs than the user has seen",
        "asked about again; a narrowed answer hands out its part alone",
        &[
            "no_history_allows_what_no_grant_covers",
            "a_grant_is_never_wider_than_what_was_shown",
            "an_answer_can_allow_less_than_what_was_asked_for_and_never_more",
            "a_permit_hands_out_no_more_than_was_allowed",
        ],
    ),
    attack(
        "A program that answers the question about itself",
        "refused: only a command that reads from its terminal answers",
        &["a_new_program_waits_for_an_answer_at_a_terminal", "the_command_gives_grants_at_a_terminal_alone"],
    ),
    attack(
        "A denied program that asks in a loop, also for a stronger sign-in",
        "refused without a question for 10 seconds, then twice as long each time, an hour at most",
        &[
            "after_a_denial_the_pause_doubles_and_ends_with_a_yes",
            "the_pause_after_a_denial_holds_for_a_stronger_sign_in_and_for_other_purposes_too",
            "a_stronger_sign_in_that_does_not_happen_changes_nothing",
        ],
    ),
    attack(
        "A flood of different programs",
        "32 questions wait at most; the next programs are refused",
        &["a_flood_of_programs_fills_the_queue_and_no_more"],
    ),
    attack(
        "Forty commands at once without a terminal",
        "one question for what started them",
        &["one_answer_covers_forty_commands_without_a_terminal", "equal_requests_join_and_others_queue"],
    ),
    attack(
        "All connections taken, or held without a byte",
        "each program has a share, some are reserved for `abide`, idle ones are closed",
        &[
            "a_program_has_its_share_and_the_owner_the_rest",
            "who_takes_no_byte_of_an_answer_is_left",
            "long_and_slow_requests_do_not_last",
        ],
    ),
    attack(
        "A link in the place of the runtime folder",
        "not followed: Abide does not start",
        &["a_link_in_the_place_of_the_runtime_folder_is_not_followed"],
    ),
    attack(
        "A runtime folder that belongs to another user",
        "not used: Abide does not start",
        &["a_folder_of_another_user_is_not_used"],
    ),
    attack(
        "A runtime folder, configuration or policy that others can write to",
        "the folder is closed to others before the socket is in it; such a file is refused",
        &[
            "what_others_may_write_is_known",
            "a_configuration_that_others_can_write_to_is_refused",
            "a_policy_holds_and_a_bad_one_starts_nothing",
        ],
    ),
    attack(
        "A port that another program holds before Abide starts",
        "said in tray, window and log with the user who holds it; `abide doctor` fails",
        &["a_port_that_another_program_holds_is_said_loudly", "who_holds_a_port_is_known"],
    ),
    attack(
        "Another user of the computer, on the socket and on every port",
        "closed without an answer",
        &["another_users_connection_is_closed_on_every_listener", "another_users_process_is_turned_away"],
    ),
    attack(
        "`Host` of another name (DNS rebinding), without a port, or twice",
        "400 or 403, whatever key is shown",
        &["a_web_page_gets_nothing_even_with_a_key", "only_our_own_names_are_answered_over_tcp"],
    ),
    attack(
        "An absolute target in the request line",
        "refused where it names another server than `Host`",
        &["an_absolute_target_and_a_repeated_header_get_nothing"],
    ),
    attack(
        "`Host`, `Origin`, `Sec-Fetch-Site` or the key twice, once as it should be",
        "refused",
        &["an_absolute_target_and_a_repeated_header_get_nothing"],
    ),
    attack(
        "A request of a web page (`Origin`, `Sec-Fetch-Site`), also a preflight",
        "refused, unless it is of a page that the user may be asked about; no other page can read the answer",
        &[
            "a_web_page_gets_nothing_even_with_a_key",
            "a_page_of_this_computer_and_one_of_the_administrators_may_ask",
            "a_page_gets_a_token_once_its_origin_is_allowed",
        ],
    ),
    attack(
        "A program that sends the `Origin` of an allowed page",
        "it is another caller: the file of the browser counts, too",
        &["another_program_that_names_an_allowed_origin_is_another_caller"],
    ),
    attack(
        "A guessed or revoked client key",
        "refused; digests are compared in constant time",
        &[
            "a_client_needs_its_key_and_keeps_it_until_it_is_revoked",
            "a_wrong_key_is_refused_even_on_the_socket_of_the_owner",
        ],
    ),
    attack(
        "A signed request that was recorded, changed, or passed on over another connection",
        "refused: a nonce is good for one request on its own connection",
        &[
            "a_nonce_is_good_for_one_request_on_its_own_connection",
            "a_request_is_good_for_what_was_signed_and_nothing_else",
        ],
    ),
    attack("A key that signs, sent as it is", "refused", &["a_key_that_signs_is_refused_when_it_is_sent"]),
    attack(
        "A program outside of a run on the port of that run",
        "refused: the socket has to belong to a process of the run (Linux)",
        &["the_port_of_a_job_is_for_the_job_alone"],
    ),
    attack(
        "An account that gets another provider or client after a program was allowed",
        "asked about again; a key is for the accounts that it was made for",
        &[
            "what_was_allowed_for_an_account_is_not_allowed_for_another_one_of_its_name",
            "a_key_is_for_the_accounts_that_it_was_made_for",
            "grants_are_tied_to_the_accounts_as_they_are_and_stay_so",
        ],
    ),
    attack(
        "A denied program under other names, one after the other",
        "a denial is about the content; after five, the whole terminal or agent has a pause",
        &[
            "a_denial_is_about_what_runs_and_not_about_its_name",
            "programs_of_one_terminal_cannot_ask_under_new_names_for_ever",
        ],
    ),
    attack(
        "`abide approve --wait` in a loop without a terminal, so that questions close without an answer",
        "refused; an unanswered question stays to be answered",
        &["a_question_without_an_answer_stays_so_that_the_user_can_answer_it_later"],
    ),
    attack(
        "A script from the network at a prompt (`curl … | bash`)",
        "it is not the person at the terminal: once, or for its run",
        &[
            "a_shell_that_reads_its_script_from_a_pipe_is_not_the_person_at_the_terminal",
            "a_shell_that_was_started_with_the_words_of_its_parent_is_another_run",
            "a_script_that_is_piped_into_a_shell_is_not_the_person_at_the_prompt",
        ],
    ),
    attack(
        "An allowed script as the value of an option, or behind a file that runs first (`node -r`)",
        "no script is known: once, or for its run",
        &["behind_an_option_that_is_not_known_no_script_is"],
    ),
    attack(
        "All places for runs of `abide run`, taken by one program",
        "each program has a share; the last places are for programs without a run",
        &["one_program_leaves_places_for_the_jobs_of_others"],
    ),
    attack(
        "The port of a run that has ended, taken by another user",
        "kept while a process is left that knows it (Linux)",
        &["a_process_that_outlives_its_run_is_found_by_the_address_that_it_was_given"],
    ),
    attack(
        "A client key that lists what other programs run, or an event stream that outlives it",
        "only the command sees programs; the stream ends with the key",
        &[
            "what_programs_run_is_shown_to_the_user_alone",
            "a_holder_is_one_until_the_key_is_revoked_and_not_again_with_another_key_of_that_name",
        ],
    ),
    attack(
        "A provider that answers `100 Continue` without end",
        "its answers are read on a thread of their own, up to the limit of the request",
        &["an_endless_row_of_interim_answers_keeps_nothing_else_from_its_turn"],
    ),
    attack(
        "Refused requests in a loop, to push lines out of the record",
        "counted in one line a minute",
        &[
            "refusals_in_a_row_are_a_few_lines_and_all_of_them_are_counted",
            "a_program_that_loops_fills_no_disk",
        ],
    ),
    attack(
        "Lines of the record changed, removed, or cut off at the end",
        "`abide audit verify` names the place",
        &["what_was_decided_is_recorded_and_a_removed_end_is_found"],
    ),
];

/// What a run showed of each test, by name.
type Outcomes = BTreeMap<String, String>;

/// Keeps what a complete run showed, for [`write`] and [`check`].
pub(crate) fn keep(tally: &Tally) -> Result {
    let skipped = tally.skipped.iter().map(|(name, reason)| (name.as_str(), format!("skipped: {reason}")));
    let mut outcomes: Outcomes = tally.held.iter().map(|name| (last(name), "held".to_owned())).collect();
    outcomes.extend(skipped.map(|(name, reason)| (last(name), reason)));
    outcomes.extend(tally.failures.iter().map(|name| (last(name), "failed".to_owned())));
    let file = seen();
    if let Some(folder) = file.parent() {
        std::fs::create_dir_all(folder)?;
    }
    std::fs::write(file, serde_json::to_string(&outcomes)?)?;
    Ok(())
}

/// The name of a test without its modules.
fn last(name: &str) -> String {
    name.rsplit("::").next().unwrap_or(name).to_owned()
}

fn seen() -> PathBuf {
    cargo::root().join("target/acceptance/attacks.json")
}

fn read() -> Result<Outcomes> {
    let text =
        std::fs::read_to_string(seen()).map_err(|_| "No complete run is noted. `./x test` makes one.")?;
    Ok(serde_json::from_str(&text)?)
}

/// Writes the list from the last complete run.
pub(crate) fn write() -> Result<ExitCode> {
    PAGE.write(&list(&read()?))
}

/// Checks that the committed list fits this run. A test that cannot run on this machine is not compared.
pub(crate) fn check(log: &mut Log) -> Result {
    let outcomes = read()?;
    PAGE.check(log, |committed| differences(&outcomes, committed))
}

/// The last column for an attack: `failed` if one of its tests failed, otherwise `held` if one of them ran.
fn saw(attack: &Attack, outcomes: &Outcomes) -> &'static str {
    let outcome = |test: &&str| match outcomes.get(*test).map(String::as_str) {
        Some("held") => HELD,
        Some("failed") => "**failed**",
        _ => SKIPPED,
    };
    let all: Vec<&str> = attack.tests.iter().map(outcome).collect();
    match &all[..] {
        [] => NO_TEST,
        all if all.contains(&"**failed**") => "**failed**",
        all if all.contains(&HELD) => HELD,
        _ => SKIPPED,
    }
}

const HELD: &str = "held";
const SKIPPED: &str = "not run here";
const NO_TEST: &str = "no test";
/// What the committed list may have of an attack.
const SAID: [&str; 3] = [HELD, SKIPPED, NO_TEST];

fn list(outcomes: &Outcomes) -> String {
    let entries: Vec<String> = ATTACKS.iter().map(|attack| entry(attack, saw(attack, outcomes))).collect();
    entries.concat()
}

fn entry(attack: &Attack, saw: &str) -> String {
    let tests: Vec<String> = attack.tests.iter().map(|test| format!("  `{test}`\n")).collect();
    format!("- **{}**:\n  {}. *{saw}*\n{}", attack.name, attack.stops, tests.concat())
}

fn differences(outcomes: &Outcomes, committed: &str) -> Vec<String> {
    // Whether a test can run depends on the machine: on the user, on namespaces.
    let is_either = |said: &str| said == HELD || said == SKIPPED;
    let mut found = Vec::new();
    for attack in ATTACKS {
        let saw = saw(attack, outcomes);
        let old = SAID.into_iter().find(|said| committed.contains(&entry(attack, said)));
        if !old.is_some_and(|old| old == saw || (is_either(old) && is_either(saw))) {
            found.push(format!("{}: the page says {old:?}, seen was {saw}", attack.name));
        }
    }
    let entries = committed.lines().filter(|line| line.starts_with("- ")).count();
    if entries != ATTACKS.len() {
        found.push(format!("{entries} entries in the list instead of {}", ATTACKS.len()));
    }
    found
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::*;

    fn tests_in(folder: &Path, names: &mut BTreeSet<String>) {
        for entry in std::fs::read_dir(folder).unwrap().flatten() {
            let path = entry.path();
            let name = entry.file_name().to_string_lossy().into_owned();
            if path.is_dir() {
                if !matches!(name.as_str(), "target" | "node_modules" | ".git") {
                    tests_in(&path, names);
                }
            } else if name.ends_with(".rs") {
                let text = std::fs::read_to_string(&path).unwrap();
                let functions = text
                    .lines()
                    .filter_map(|line| line.trim_start().trim_start_matches("async ").strip_prefix("fn "));
                names.extend(functions.filter_map(|line| line.split('(').next()).map(str::to_owned));
            }
        }
    }

    #[test]
    fn every_test_that_an_attack_names_is_there() {
        let mut names = BTreeSet::new();
        for folder in ["crates", "src-tauri", "tests"] {
            tests_in(&cargo::root().join(folder), &mut names);
        }
        for test in ATTACKS.iter().flat_map(|attack| attack.tests) {
            assert!(names.contains(*test), "there is no test {test}");
        }
    }

    #[test]
    fn the_committed_page_has_an_entry_for_each_attack() {
        let page = std::fs::read_to_string(cargo::root().join(PAGE.path)).unwrap();
        for attack in ATTACKS {
            let told = SAID.iter().any(|said| page.contains(&entry(attack, said)));
            assert!(told, "{} differs: `./x test`, then `./x attacks` writes it again", attack.name);
        }
    }

    #[test]
    fn a_test_that_failed_or_is_missing_is_seen() {
        let all = |outcome: &str| -> Outcomes {
            let tests = ATTACKS.iter().flat_map(|attack| attack.tests);
            tests.map(|test| ((*test).to_owned(), outcome.to_owned())).collect()
        };
        let committed = list(&all("held"));
        assert_eq!(differences(&all("held"), &committed), Vec::<String>::new());
        assert_eq!(differences(&Outcomes::new(), &committed), Vec::<String>::new(), "nothing could run here");
        let mut one = all("held");
        one.insert(ATTACKS[0].tests[0].to_owned(), "failed".to_owned());
        assert_eq!(differences(&one, &committed).len(), 1);
        let (first, _) = committed.rsplit_once("\n- ").unwrap();
        assert_eq!(differences(&all("held"), &format!("{first}\n")).len(), 2, "an entry is missing");
    }
}
