//! How long an answer counts: once, this session, this script, until it is taken back.

use std::path::Path;

use abide_tests::app::{abide, abide_at_terminal};
use abide_tests::login::{sign_in, signed_in};
use abide_tests::room::Room;
use abide_tests::{eventually, s};
use serde_json::Value;

use super::{command, curl, fetched, open};

/// Answers the one question that is open.
async fn answer(room: &Room, words: &[&str]) -> Value {
    let question = open(room).await["questions"][0].clone();
    let id = question["id"].to_string();
    let mut arguments = vec!["approve", id.as_str()];
    arguments.extend(words);
    let given = abide_at_terminal(room, &arguments).await;
    assert_eq!(given.code, 0, "{question}: {given:?}");
    question
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn once_is_one_token_and_the_next_one_asks() {
    let room = Room::with_keyring("consent-once").await;
    let (_provider, _app) = signed_in(&room).await;
    assert_eq!(fetched(&room, &curl(), "/v1/token").await.0, 401);
    answer(&room, &["--allow", "once"]).await;
    assert_eq!(fetched(&room, &curl(), "/v1/token").await.0, 200);
    let (status, refused) = fetched(&room, &curl(), "/v1/token").await;
    assert_eq!((status, refused["error"].as_str()), (401, Some("consent_required")), "{refused}");
    assert_eq!(open(&room).await["questions"].as_array().map(Vec::len), Some(1), "it asks");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_ends_its_answers_and_so_does_stop() {
    let room = Room::with_keyring("consent-session").await;
    let (_provider, _app) = signed_in(&room).await;
    assert_eq!(fetched(&room, &curl(), "/v1/token").await.0, 401);
    answer(&room, &["--allow", "session"]).await;
    for _ in 0..2 {
        assert_eq!(fetched(&room, &curl(), "/v1/token").await.0, 200);
    }
    let grant = open(&room).await["grants"][0]["id"].to_string();
    assert_eq!(abide(&room, &["approve", "--stop", &grant]).await.code, 0);
    assert_eq!(fetched(&room, &curl(), "/v1/token").await.0, 401, "it was stopped");
    answer(&room, &["--allow", "session"]).await;
    assert_eq!(fetched(&room, &curl(), "/v1/token").await.0, 200);

    assert_eq!(abide(&room, &["logout"]).await.code, 0);
    sign_in(&room).await;
    let (status, refused) = fetched(&room, &curl(), "/v1/token").await;
    assert_eq!((status, refused["error"].as_str()), (401, Some("consent_required")), "another session");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_for_a_script_is_for_this_content_of_it_alone() {
    let room = Room::with_keyring("consent-script").await;
    let (_provider, _app) = signed_in(&room).await;
    let script = room.path("home/report.py");
    let text = "import socket, sys\n\
        link = socket.socket(socket.AF_UNIX)\n\
        link.connect(sys.argv[1])\n\
        link.sendall(b'GET /v1/token HTTP/1.1\\r\\nHost: localhost\\r\\nConnection: close\\r\\n\\r\\n')\n\
        print(link.makefile('rb').read().decode())\n";
    std::fs::write(&script, text).unwrap();
    let run = async |script: &Path| {
        let socket = room.places().socket();
        let arguments = [script.to_str().unwrap(), socket.to_str().unwrap()];
        let output = command(&room, Path::new("/usr/bin/python3"), &arguments).output().await.unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let status = text.split_whitespace().nth(1).and_then(|status| status.parse::<u16>().ok());
        (status.unwrap_or_else(|| panic!("{output:?}")), text)
    };
    let (status, refused) = run(&script).await;
    assert!(status == 401 && refused.contains("consent_required"), "{refused}");
    let question = answer(&room, &["--allow", "script"]).await;
    assert_eq!(question["kind"], "interpreter", "{question}");
    assert_eq!(question["ends"]["script"][0], "30d", "at most thirty days: {question}");
    assert_eq!(run(&script).await.0, 200, "the same script again");
    let other = room.path("home/other.py");
    std::fs::write(&other, format!("# Another one.\n{text}")).unwrap();
    assert_eq!(run(&other).await.0, 401, "another script");

    std::fs::write(&script, format!("{text}print('swapped')\n")).unwrap();
    let (status, refused) = run(&script).await;
    assert!(status == 401 && refused.contains("consent_required"), "{refused}");
    let asked = eventually("the question about the swapped script", s(5), || async {
        let questions = open(&room).await["questions"].as_array()?.clone();
        questions.into_iter().find(|question| question["because"] == "changed")
    })
    .await;
    assert!(asked["script"].as_str().is_some_and(|path| path.ends_with("report.py")), "{asked}");
}
