#![allow(clippy::unwrap_used)]
use super::*;

fn around(group: &str) -> Surroundings {
    Surroundings { cgroups: format!("0::{group}\n"), ..Surroundings::default() }
}

fn named(labels: &[Label]) -> Vec<(LabelKind, &str)> {
    labels.iter().map(|label| (label.kind, label.name.as_str())).collect()
}

#[test]
fn units_snaps_and_groups_are_read_from_the_control_group() {
    let user = "/user.slice/user-1000.slice/user@1000.service/app.slice";
    let of = |group: &str| read(&around(group));
    let terminal = of(&format!("{user}/app-org.gnome.Terminal.slice/vte-spawn-1f.scope"));
    assert_eq!(named(&terminal), [(LabelKind::Unit, "vte-spawn-1f.scope")]);
    let snap = of(&format!("{user}/snap.firefox.firefox-0a1b.scope"));
    assert_eq!(
        named(&snap),
        [(LabelKind::Snap, "firefox"), (LabelKind::Unit, "snap.firefox.firefox-0a1b.scope")]
    );
    assert_eq!(named(&of("/batch/job-7")), [(LabelKind::Cgroup, "/batch/job-7")]);
    assert_eq!(of("/"), []);
    let old = Surroundings {
        cgroups: "12:pids:/x\n1:name=systemd:/system.slice/cron.service\n".to_owned(),
        ..Surroundings::default()
    };
    assert_eq!(named(&read(&old)), [(LabelKind::Unit, "cron.service")]);
}

#[test]
fn an_app_is_named_by_its_unit_and_a_flatpak_by_its_file() {
    let id = |group: &str| app_id(&around(group));
    assert_eq!(
        id("/app.slice/app-gnome-org.gnome.Evolution-9f3.scope").as_deref(),
        Some("org.gnome.Evolution")
    );
    assert_eq!(id("/app.slice/app-firefox\\x2desr-12.scope").as_deref(), Some("firefox-esr"));
    assert_eq!(id("/app.slice/app-org.kde.amarok.service").as_deref(), Some("org.kde.amarok"));
    assert_eq!(id("/app.slice/app-org.kde.konsole@1f.service").as_deref(), Some("org.kde.konsole"));
    assert_eq!(id("/system.slice/cron.service"), None);
    let info = "[Instance]\nname=no\n[Application]\nname=org.example.App\nruntime=x\n";
    let flatpak = Surroundings { flatpak: Some(info.to_owned()), ..Surroundings::default() };
    assert_eq!(named(&read(&flatpak)), [(LabelKind::Flatpak, "org.example.App")]);
    assert_eq!(app_id(&flatpak).as_deref(), Some("org.example.App"));
    assert_eq!(desktop_name("../../etc/passwd"), None);
}

#[test]
fn a_coding_agent_is_known_by_the_variables_that_it_sets() {
    toml::from_str::<Markers>(include_str!("labels.toml")).unwrap();
    assert_eq!(agent_of("CLAUDECODE"), Some("Claude Code"));
    assert_eq!(agent_of("CLAUDE_CODE_ENTRYPOINT"), Some("Claude Code"));
    assert_eq!(agent_of("CURSOR_TRACE_ID"), Some("Cursor"));
    assert_eq!(agent_of("CLAUDECODES"), None);
    let variables = vec!["GEMINI_CLI".to_owned()];
    let found = read(&Surroundings { variables, ..Surroundings::default() });
    assert_eq!(named(&found), [(LabelKind::CodingAgent, "Gemini CLI")]);
}

#[test]
fn a_label_is_one_short_line() {
    let long = label(LabelKind::Unit, &format!("a\nb\u{1b}[2J{}", "x".repeat(500))).unwrap();
    assert!(long.name.starts_with("a b [2J") && long.name.chars().count() == LONGEST, "{}", long.name);
    assert_eq!(label(LabelKind::Unit, " \n"), None);
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn the_surroundings_of_a_process_are_read_without_its_values() {
    let mut child =
        std::process::Command::new("sleep").arg("60").env("CLAUDECODE", "a-secret").spawn().unwrap();
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", child.id())).unwrap();
    let started = stat.rsplit_once(')').unwrap().1.split_ascii_whitespace().nth(19).unwrap().parse().unwrap();
    let process = ProcessId { number: child.id().cast_signed(), started };
    // The kernel shows the variables a moment after the program has started.
    while std::fs::read(format!("/proc/{}/environ", child.id())).unwrap().is_empty() {
        std::thread::sleep(Duration::from_millis(5));
    }
    let around = surroundings(process, |name| agent_of(name).is_some()).unwrap();
    assert_eq!(around.variables, ["CLAUDECODE"]);
    assert!(!around.cgroups.is_empty());
    let known = Labels::default();
    let mut labels = known.of(Some(process), None).await;
    // A busy machine may need more than a moment.
    for _ in 0..50 {
        if labels.is_empty() {
            labels = known.of(Some(process), None).await;
        }
    }
    assert!(named(&labels).contains(&(LabelKind::CodingAgent, "Claude Code")), "{labels:?}");
    let reused = ProcessId { started: started + 1, ..process };
    assert!(surroundings(reused, |_| true).is_none(), "a later process of that number");
    child.kill().unwrap();
    child.wait().unwrap();
}
