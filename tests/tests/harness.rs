//! The test bench itself, without Abide: if this fails, the results of the other tests do not count.
#![allow(clippy::unwrap_used, clippy::expect_used)]

#[cfg(not(target_os = "linux"))]
#[test]
fn a_desktop_is_there_and_is_read() {
    abide_tests::skipped("harness", "the desktop of the tests is built from Linux programs");
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_desktop_is_there_and_is_read() {
    use abide_tests::desktop::{Desktop, Look};
    use abide_tests::dialog::Accessible;
    use abide_tests::notices::Notices;
    use abide_tests::s;

    let desktop = Desktop::start("harness", Look::Light).await;
    let notices = Notices::listen(desktop.room()).await;

    // Any program with a window is enough; this one comes with the notification server.
    let settings = desktop.room().start::<&str>("xfce4-notifyd-config", &[]);
    let window = desktop.window("Notifications", s(15)).await;
    desktop.activate(&window).await;
    let accessible = Accessible::of(settings.id(), desktop.room()).await;
    let items = accessible.items("Notifications").await;
    let close = items.iter().find(|item| item.name == "Close");
    assert!(
        close.is_some_and(|item| item.role == "push button" && item.sensitive && item.showing),
        "{items:?}"
    );
    assert!(items.iter().any(|item| item.focused), "{items:?}");
    desktop.screenshot("window").await;
    desktop.key("Escape").await;
    desktop.no_window("Notifications", s(5)).await;

    zbus::Proxy::new(
        desktop.room().bus(),
        "org.freedesktop.Notifications",
        "/org/freedesktop/Notifications",
        "org.freedesktop.Notifications",
    )
    .await
    .unwrap()
    .call_method(
        "Notify",
        &(
            "bench",
            0_u32,
            "",
            "A title",
            "A body",
            Vec::<&str>::new(),
            std::collections::HashMap::<&str, zbus::zvariant::Value<'_>>::new(),
            3000_i32,
        ),
    )
    .await
    .unwrap();
    let notice = notices.wait("ours", 0, |notice| notice.program == "bench").await;
    assert_eq!((notice.title.as_str(), notice.body.as_str()), ("A title", "A body"));
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_browser_signs_in_at_both_providers() {
    use abide_tests::browser::Browser;
    use abide_tests::desktop::{Desktop, Look};
    use abide_tests::providers::Provider;
    use abide_tests::s;
    use abide_tests::tab::Tab as _;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    let desktop = Desktop::start("harness", Look::Dark).await;
    let browser = Browser::start(&desktop).await;
    for provider in [Provider::demo().await, Provider::node(desktop.room()).await] {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (arrived, mut arrival) = tokio::sync::mpsc::channel(8);
        let answering = tokio::spawn(async move {
            // A browser opens connections that it may never use: each is handled separately.
            while let Ok((mut stream, _)) = listener.accept().await {
                let arrived = arrived.clone();
                tokio::spawn(async move {
                    let mut bytes = [0; 4096];
                    let count = stream.read(&mut bytes).await.unwrap_or(0);
                    let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 7\r\nConnection: close\r\n\r\nArrived";
                    let _ = stream.write_all(answer).await;
                    let line =
                        String::from_utf8_lossy(&bytes[..count]).lines().next().unwrap_or("").to_owned();
                    if line.contains("/callback") {
                        let _ = arrived.send(line).await;
                    }
                });
            }
        });
        let authorization = match &provider {
            Provider::Demo(_) => "authorize",
            _ => "auth",
        };
        let url = format!(
            "{}/{authorization}?client_id=abide&response_type=code&scope=openid%20offline_access&prompt=consent\
             &state=0123456789abcdef0123456789abcdef&nonce=0123456789abcdef0123456789abcdef\
             &redirect_uri=http%3A%2F%2F127.0.0.1%3A{port}%2Fcallback&code_challenge_method=S256\
             &code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
            provider.issuer()
        );
        // As the application does it: the configured command with the address as its last argument.
        let mut command = browser.command().to_vec();
        command.push(url);
        let handed_over = desktop.room().start(&command[0], &command[1..]);
        let page = browser.page("the provider's", s(20), |url| url.starts_with(provider.issuer())).await;
        provider
            .sign_in(&page, async |page, number| {
                page.screenshot(
                    &desktop.room().evidence().join(format!("provider-{authorization}-{number}")),
                )
                .await;
            })
            .await;
        page.says("Arrived").await;
        let line = arrival.recv().await.unwrap();
        answering.abort();
        assert!(line.contains("code=") && line.contains("state=0123"), "{line}");
        assert_eq!(provider.asked().await.authorizations, 1);
        assert_eq!(provider.userinfo("nonsense").await.0, 401);
        drop(handed_over);
        page.close().await;
    }
}
