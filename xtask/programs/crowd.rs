//! Many clients of an HTTP server at the same time:
//!
//! ```text
//! bench-crowd WHERE all CLIENTS       each asks once, all at the same moment: answers, refusals, when the last came
//!                                     (nanoseconds of Unix time)
//! bench-crowd WHERE hold CLIENTS      each connects and asks nothing; prints a line then, and stays
//! bench-crowd WHERE slow CLIENTS      each sends its request byte by byte, one a second, again and again; stays
//! bench-crowd WHERE fresh REQUESTS    one after the other, each over a connection of its own: nanoseconds, one a line
//! ```
//!
//! `WHERE` is `unix:PATH` or `tcp:PORT`; the complete request is read from standard input. What stays runs until it is ended.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "figures are told on standard output, reasons on standard error"
)]

#[cfg(not(unix))]
fn main() {}

#[cfg(unix)]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    unix::main()
}

#[cfg(unix)]
mod unix {
    use std::collections::BTreeMap;
    use std::fmt::Write as _;
    use std::io::{ErrorKind, Read as _, Result};
    use std::net::Ipv4Addr;
    use std::sync::Arc;
    use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
    use tokio::net::{TcpStream, UnixStream};
    use tokio::sync::Barrier;
    use tokio::task::JoinSet;

    /// The longest that a client waits for its answer.
    const PATIENCE: Duration = Duration::from_secs(60);
    /// The time between two bytes of a slow client.
    const SLOW: Duration = Duration::from_secs(1);

    trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
    impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

    pub(crate) fn main() -> std::result::Result<(), Box<dyn std::error::Error>> {
        let arguments: Vec<String> = std::env::args().skip(1).collect();
        let [place, what, count] = arguments.as_slice() else {
            return Err("bench-crowd WHERE all|hold|slow|fresh COUNT".into());
        };
        let (place, count): (Arc<str>, usize) = (place.as_str().into(), count.parse()?);
        let mut request = Vec::new();
        std::io::stdin().read_to_end(&mut request)?;
        let request: Arc<[u8]> = request.into();
        let limit = getrlimit(Resource::Nofile);
        setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, maximum: limit.maximum })?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(async {
            match what.as_str() {
                "all" => all(place, request, count).await,
                "hold" => hold(place, count).await,
                "slow" => slow(place, request, count).await,
                "fresh" => fresh(&place, &request, count).await,
                other => Err(format!("bench-crowd does not know {other}").into()),
            }
        })
    }

    /// A full backlog refuses a Unix socket's client that does not wait, so it comes again.
    async fn connected(place: &str) -> Result<Box<dyn Stream>> {
        loop {
            let stream: Result<Box<dyn Stream>> = match place.split_once(':') {
                Some(("unix", path)) => UnixStream::connect(path).await.map(|stream| Box::new(stream) as _),
                Some(("tcp", port)) => {
                    let port = port.parse().map_err(|_| ErrorKind::InvalidInput)?;
                    TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await.map(|stream| Box::new(stream) as _)
                }
                _ => Err(ErrorKind::InvalidInput.into()),
            };
            match stream {
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    tokio::time::sleep(Duration::from_millis(1)).await;
                }
                other => return other,
            }
        }
    }

    /// Whether the request is answered with 200, over a connection of its own; otherwise the first line of the answer.
    async fn asked(place: &str, request: &[u8]) -> Result<std::result::Result<(), String>> {
        let mut stream = connected(place).await?;
        stream.write_all(request).await?;
        let mut answer = Vec::with_capacity(2048);
        stream.read_to_end(&mut answer).await?;
        let line = String::from_utf8_lossy(&answer).lines().next().unwrap_or("no answer").to_owned();
        Ok(if line.starts_with("HTTP/1.1 200 ") { Ok(()) } else { Err(line) })
    }

    async fn all(
        place: Arc<str>,
        request: Arc<[u8]>,
        clients: usize,
    ) -> std::result::Result<(), Box<dyn std::error::Error>> {
        let start = Arc::new(Barrier::new(clients));
        let mut crowd = JoinSet::new();
        for _ in 0..clients {
            let (place, request, start) = (Arc::clone(&place), Arc::clone(&request), Arc::clone(&start));
            crowd.spawn(async move {
                start.wait().await;
                let asked = match tokio::time::timeout(PATIENCE, asked(&place, &request)).await {
                    Ok(Ok(answer)) => answer,
                    Ok(Err(error)) => Err(error.to_string()),
                    Err(_) => Err("nothing for a minute".to_owned()),
                };
                (asked, SystemTime::now())
            });
        }
        let (mut answered, mut last) = (0_usize, UNIX_EPOCH);
        let mut refused = BTreeMap::<String, usize>::new();
        while let Some(client) = crowd.join_next().await {
            match client? {
                (Ok(()), at) => {
                    answered += 1;
                    last = last.max(at);
                }
                (Err(reason), _) => *refused.entry(reason).or_default() += 1,
            }
        }
        for (reason, times) in &refused {
            eprintln!("{times} × {reason}");
        }
        let refused: usize = refused.values().sum();
        println!("{answered} {refused} {}", last.duration_since(UNIX_EPOCH)?.as_nanos());
        Ok(())
    }

    async fn hold(place: Arc<str>, clients: usize) -> std::result::Result<(), Box<dyn std::error::Error>> {
        let mut held = Vec::with_capacity(clients);
        for _ in 0..clients {
            held.push(connected(&place).await?);
        }
        println!("{}", held.len());
        std::future::pending().await
    }

    async fn slow(
        place: Arc<str>,
        request: Arc<[u8]>,
        clients: usize,
    ) -> std::result::Result<(), Box<dyn std::error::Error>> {
        for _ in 0..clients {
            let (place, request) = (Arc::clone(&place), Arc::clone(&request));
            tokio::spawn(async move {
                loop {
                    if let Ok(mut stream) = connected(&place).await {
                        for byte in request.iter() {
                            if stream.write_all(std::slice::from_ref(byte)).await.is_err() {
                                break;
                            }
                            tokio::time::sleep(SLOW).await;
                        }
                    }
                    tokio::time::sleep(SLOW).await;
                }
            });
        }
        tokio::time::sleep(SLOW).await;
        println!("{clients}");
        std::future::pending().await
    }

    async fn fresh(
        place: &str,
        request: &[u8],
        requests: usize,
    ) -> std::result::Result<(), Box<dyn std::error::Error>> {
        let mut figures = String::with_capacity(requests * 8);
        for _ in 0..requests {
            let begun = Instant::now();
            tokio::time::timeout(PATIENCE, asked(place, request)).await???;
            writeln!(figures, "{}", begun.elapsed().as_nanos())?;
        }
        print!("{figures}");
        Ok(())
    }
}
