//! A sign-in on another device: the command that shows a code, and the person who enters it.

use std::process::Stdio;

use abide_demo_op::Endpoint;
use abide_tests::app::{Done, command};
use abide_tests::form::Visitor;
use abide_tests::providers::{PASSWORD, USER};
use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, BufReader};

use super::case::{Case, Expected, Person};
use super::lane::{Scene, done_of};

/// Runs a case in which the code is entered elsewhere.
pub(crate) async fn run(scene: &Scene<'_>, case: &Case) -> Result<(), String> {
    let mut signing_in = command(scene.room, &["login", "--device", "--json", "--account", &scene.account])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .expect("run abide");
    let mut said = BufReader::new(signing_in.stdout.take().expect("what it says"));
    let mut line = String::new();
    said.read_line(&mut line).await.expect("a line");
    let begun: Value = serde_json::from_str(&line).unwrap_or_default();
    if let Some(code) = begun["device"]["user_code"].as_str() {
        let unexpected = matches!(case.expected, Expected::NoCode(_));
        ensure!(!unexpected, "a code is shown: {line}");
        enter(scene, case.person, code).await?;
    }
    // Its last output is read in the background.
    let rest = tokio::spawn(async move {
        let mut rest = String::new();
        let _ = tokio::io::AsyncReadExt::read_to_string(&mut said, &mut rest).await;
    });
    let done: Done = done_of(signing_in.wait_with_output().await);
    let _ = rest.await;
    match case.expected {
        Expected::NoCode(code) => scene.not_begun(code, &done).await,
        Expected::NoToken(code) => {
            ensure!(begun["device"].is_object(), "no code was shown: {line} {done:?}");
            scene.not_signed_in(code, &done).await?;
            ensure!(scene.asked(Endpoint::UserInfo) == 0, "UserInfo was asked");
            Ok(())
        }
        _ => {
            ensure!(done.code == 0, "not signed in: {line} {done:?}, {}", scene.status().await);
            scene.signed_in(case).await
        }
    }
}

/// The person goes only to the page of the provider, whatever the device shows.
async fn enter(scene: &Scene<'_>, person: Person, code: &str) -> Result<(), String> {
    let button = match person {
        Person::Allows => "sign-in",
        Person::Denies => "cancel",
        Person::Absent => return Ok(()),
    };
    let page = format!("{}{}?user_code={code}", scene.lane.issuer(), Endpoint::Device.path());
    let mut visitor = Visitor::default();
    let page = visitor.open(&page).await;
    ensure!(page.body.contains(code), "the provider does not know the code {code}: {}", page.body);
    visitor.submit(&page, &[("username", USER), ("password", PASSWORD)], Some(button)).await;
    Ok(())
}
