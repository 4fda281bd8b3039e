use std::time::Duration;

use abide_oidc::*;

use crate::provider::*;

async fn token_error(canned: Canned) -> Error {
    let client = Client::new(Behaviour { canned: [("/token", canned)].into(), ..Behaviour::default() }).await;
    let error = client.sign_in().await.unwrap_err();
    assert_eq!(client.provider.requests("/elsewhere"), 0);
    error
}

#[tokio::test]
async fn redirects_are_not_followed() {
    for status in [301, 302, 303, 307, 308] {
        let error = token_error(Canned::Header(status, "location", "/elsewhere".into())).await;
        assert_eq!((error.code(), error.is_transient()), ("provider_redirected", false));
    }
}

#[tokio::test]
async fn answers_are_bounded() {
    let announced = Canned::Answer(200, "application/json", vec![b' '; (1 << 20) + 1]);
    assert_eq!(token_error(announced).await.code(), "response_too_large");
    assert_eq!(token_error(Canned::Endless).await.code(), "response_too_large");
}

#[tokio::test]
async fn answers_that_are_no_token_response() {
    let good = br#"{"access_token":"a","token_type":"Bearer"}"#;
    let cases: [(u16, &'static str, &[u8], &str); 8] = [
        (200, "text/html", b"<html>", "token_response_not_json"),
        (200, "text/plain", good, "token_response_not_json"),
        (200, "application/json", b"", "token_response_malformed"),
        (200, "application/json", b"[]", "token_response_malformed"),
        (
            200,
            "application/json",
            br#"{"access_token":"a","access_token":"b"}"#,
            "token_response_duplicate_member",
        ),
        (201, "application/json", good, "id_token_missing"),
        (400, "application/json", br#"{"message":"no"}"#, "provider_unexpected_status"),
        (403, "text/html", b"<h1>Forbidden</h1>", "provider_unexpected_status"),
    ];
    for (status, kind, body, code) in cases {
        let error = token_error(Canned::Answer(status, kind, body.to_vec())).await;
        assert_eq!(error.code(), code, "{status} {kind}");
        assert!(!error.is_transient());
    }
}

#[tokio::test]
async fn a_provider_that_does_not_answer() {
    let silent = Behaviour { canned: [("/token", Canned::Silent)].into(), ..Behaviour::default() };
    let client = Client::new(silent).await;
    let impatient =
        Http::new(HttpOptions { timeout: Duration::from_millis(200), ..HttpOptions::default() }).unwrap();
    let AuthorizationRequest { url, pending } = client.request(&AuthorizationParameters::default());
    let code = pending.receive(&client.provider.authorize(&url)).unwrap().code;
    let error = client.rp.exchange(&impatient, &pending, code, now()).await.unwrap_err().error;
    assert_eq!((error.code(), error.is_transient()), ("provider_timeout", true));
}

#[tokio::test]
async fn a_provider_that_is_not_there() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let issuer = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let error = Provider::discover(&http(), &issuer).await.unwrap_err();
    assert_eq!((error.code(), error.is_transient()), ("provider_unreachable", true));
    assert!(error.to_string().contains(issuer.strip_prefix("http://").unwrap()));
}

#[tokio::test]
async fn a_connection_that_breaks_in_the_middle() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let issuer = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        let (mut socket, _) = listener.accept().await.unwrap();
        let _ = socket.read(&mut [0; 4096]).await.unwrap();
        let half =
            b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{\"issuer\":";
        socket.write_all(half).await.unwrap();
    });
    let error = Provider::discover(&http(), &issuer).await.unwrap_err();
    assert_eq!(error.code(), "provider_unreachable");
    assert!(matches!(error, Error::Unreachable { reason: Unreachable::Interrupted, .. }), "{error:?}");
}

#[tokio::test]
async fn a_provider_on_ipv6_is_a_provider_like_any_other() {
    let provider = TestProvider::start_at("[::1]:0", Behaviour::default()).await;
    assert!(provider.issuer.starts_with("http://[::1]:"), "{}", provider.issuer);
    let http = http();
    let discovered = Provider::discover(&http, &provider.issuer).await.unwrap();
    let rp = RelyingParty::new(discovered, Registration::public(CLIENT)).unwrap();
    let client = Client { provider, http, rp };
    let tokens = client.sign_in().await.unwrap();
    assert!(client.refresh(&tokens).await.is_ok());
}

/// Servers that any program can name do not delay the requests to providers, whatever they answer.
#[tokio::test]
async fn servers_that_answer_without_end_delay_no_provider() {
    use std::io::{Read, Write};
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};
    let stop = Arc::new(AtomicBool::new(false));
    let flood = |listener: std::net::TcpListener| {
        let stop = stop.clone();
        std::thread::spawn(move || {
            let lines = b"HTTP/1.1 100 Continue\r\n\r\n".repeat(4_000);
            let (mut stream, _) = listener.accept().unwrap();
            let _ = stream.read(&mut [0; 4096]);
            while !stop.load(Ordering::Relaxed) && stream.write_all(&lines).is_ok() {}
        })
    };
    let servers = Http::new(HttpOptions::default()).unwrap().of_servers();
    let (mut threads, mut asked) = (Vec::new(), Vec::new());
    for _ in 0..4 {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let url: url::Url = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
        threads.push(flood(listener));
        let servers = servers.clone();
        asked.push(tokio::spawn(async move { Provider::discover(&servers, url.as_str()).await.is_ok() }));
    }
    tokio::time::sleep(Duration::from_millis(500)).await;
    let provider = TestProvider::start_at("127.0.0.1:0", Behaviour::default()).await;
    let http = http();
    let found = tokio::time::timeout(Duration::from_secs(15), Provider::discover(&http, &provider.issuer));
    let found = found.await.expect("an answer while the servers still send");
    assert!(found.is_ok(), "{found:?}");
    assert!(asked.iter().all(|asked| !asked.is_finished()), "they do still send");
    stop.store(true, Ordering::Relaxed);
    for asked in asked {
        asked.abort();
    }
    drop(threads);
}

/// Also while the provider's answer never ends, everything else on the thread that waits for it has its turn.
#[tokio::test]
async fn an_endless_row_of_interim_answers_keeps_nothing_else_from_its_turn() {
    use std::io::{Read, Write};
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let issuer = format!("http://{}", listener.local_addr().unwrap());
    let flood = b"HTTP/1.1 100 Continue\r\n\r\n".repeat(4_000);
    let provider = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let _ = stream.read(&mut [0; 4096]);
        // As much as one look at the connection would read for seconds. Then nothing, until it is closed.
        let _ = (0..150).try_for_each(|_| stream.write_all(&flood));
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        let _ = stream.read_to_end(&mut Vec::new());
    });
    let longest = async {
        let (mut longest, begun) = (Duration::ZERO, tokio::time::Instant::now());
        while begun.elapsed() < Duration::from_secs(1) {
            let before = tokio::time::Instant::now();
            tokio::time::sleep(Duration::from_millis(5)).await;
            longest = longest.max(before.elapsed());
        }
        longest
    };
    let http = Http::new(HttpOptions { timeout: Duration::from_secs(1), ..HttpOptions::default() }).unwrap();
    let asks = async {
        let error = Provider::discover(&http, &issuer).await.unwrap_err();
        assert_eq!(error.code(), "provider_timeout");
    };
    let (longest, ()) = tokio::join!(longest, asks);
    assert!(longest < Duration::from_secs(2), "nothing else ran for {longest:?}");
    provider.join().unwrap();
}
