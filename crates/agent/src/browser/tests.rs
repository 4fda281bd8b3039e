//! The fixed ports, through their listeners.
#![allow(clippy::unwrap_used)]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use url::Url;

use crate::browser::callback::{Callback, Outcome, Verdict};
use crate::browser::ports::{Catch, Invited, Ports};

#[derive(Default)]
struct Counting(AtomicUsize);

impl Catch for Counting {
    fn wants(&self, redirect_uri: &Url) -> bool {
        redirect_uri.port().is_some()
    }

    fn caught(&self, _: &Url) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }

    fn invited(&self, _: &Url, _: &str) -> Invited {
        Invited::NotOffered
    }

    fn accepted(&self, _: &Url, _: &str, _: Option<String>) {}
}

async fn get(callback: &Url, path: &str) -> String {
    let port = callback.port().unwrap();
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

fn fixed() -> Url {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    format!("http://{free}/callback").parse().unwrap()
}

const LEFT: &str = "location: /callback/not-started-here#abide";

#[tokio::test]
async fn a_code_that_no_sign_in_waits_for_leaves_the_address() {
    let (ports, uri, caught) = (Ports::default(), fixed(), Arc::new(Counting::default()));
    ports.catch_with(caught.clone());
    let _guard = Callback::guard(&ports, &uri).await.unwrap();
    for path in ["/callback?code=1&state=2", "/callback?state=2&code=1", "/?code=1", "/elsewhere?code=1"] {
        let answer = get(&uri, path).await;
        assert!(answer.starts_with("HTTP/1.1 303") && answer.contains(LEFT), "{path}: {answer}");
    }
    assert_eq!(caught.0.load(Ordering::SeqCst), 4);
    // `response_mode=fragment`: the browser does not send the answer, and would keep it in the next address.
    let answer = get(&uri, "/callback").await;
    assert!(answer.starts_with("HTTP/1.1 303") && answer.contains(LEFT), "{answer}");
    for path in ["/callback?error=access_denied", "/callback?encode=1", "/?x=1"] {
        assert!(get(&uri, path).await.starts_with("HTTP/1.1 4"), "{path}");
    }
    assert_eq!(caught.0.load(Ordering::SeqCst), 4, "nothing to hand over");
    let page = get(&uri, "/callback/not-started-here").await;
    assert!(page.starts_with("HTTP/1.1 200") && page.contains("Abide did not start this sign-in"), "{page}");
    assert!(page.contains("clear-site-data"), "{page}");
}

#[tokio::test]
async fn a_sign_in_in_progress_catches_too_and_keeps_waiting() {
    let (ports, uri, caught) = (Ports::default(), fixed(), Arc::new(Counting::default()));
    ports.catch_with(caught.clone());
    let mut callback = Callback::bind(&ports, std::slice::from_ref(&uri)).await.unwrap();
    let asked = |path: &'static str| {
        let uri = uri.clone();
        tokio::spawn(async move { get(&uri, path).await })
    };
    let stray = asked("/callback?code=theirs&state=1");
    let arrival = callback.arrival().await.unwrap();
    arrival.verdict.send(Verdict::Stray("callback_state_mismatch")).ok().unwrap();
    assert!(stray.await.unwrap().contains(LEFT));
    let own = asked("/callback?code=ours&state=2");
    callback.arrival().await.unwrap().verdict.send(Verdict::Taken).ok().unwrap();
    assert!(own.await.unwrap().contains("location: /callback/done/"));
    callback.finish(Outcome::Failed { message: "no".to_owned() });
    // The page at the end of a sign-in has the port for a while.
    assert!(get(&uri, "/callback?code=theirs&state=1").await.contains(LEFT));
    assert_eq!(caught.0.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn without_the_setting_a_stray_answer_stays_a_refusal() {
    let (ports, uri) = (Ports::default(), fixed());
    let _callback = Callback::guard(&ports, &uri).await.unwrap();
    for path in ["/callback?code=1&state=2", "/callback", "/?code=1", "/callback/not-started-here"] {
        assert!(get(&uri, path).await.starts_with("HTTP/1.1 4"), "{path}");
    }
}

#[tokio::test]
async fn a_sign_in_takes_the_port_of_a_guard_before_that_of_a_page() {
    let (ports, page, guarded) = (Ports::default(), fixed(), fixed());
    let shown = Callback::bind(&ports, std::slice::from_ref(&page)).await.unwrap();
    shown.make_way();
    let guard = Callback::guard(&ports, &guarded).await.unwrap();
    assert!(ports.is_ours(page.port().unwrap()) && ports.is_ours(guarded.port().unwrap()));
    let sign_in = Callback::bind(&ports, &[page, guarded.clone()]).await.unwrap();
    assert_eq!(sign_in.redirect_uri(), &guarded);
    assert!(guard.is_gone() && !shown.is_gone());
    // The guard is told when the port may be free again.
    drop(sign_in);
    tokio::time::timeout(std::time::Duration::from_secs(5), ports.freed()).await.unwrap();
}
