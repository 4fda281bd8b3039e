#![allow(clippy::unwrap_used, clippy::print_stdout)]
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use http_body_util::Full;
use hyper::body::Bytes;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::tcp::{Admits, Tcp, bind};
use super::*;

/// A listener that answers everything with `body`, until the test ends.
fn open(limits: Limits, body: Bytes) -> SocketAddr {
    let listener = bind((Ipv4Addr::LOCALHOST, 0).into()).unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(serve(Tcp::new(listener, Admits::ThisUser), limits, move |_, _| {
        let body = body.clone();
        async move { Response::new(Full::new(body)) }
    }));
    address
}

async fn get(address: SocketAddr) -> Option<String> {
    let mut stream = TcpStream::connect(address).await.ok()?;
    stream.write_all(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").await.ok()?;
    let mut answer = String::new();
    let read = tokio::time::timeout(Duration::from_secs(15), stream.read_to_string(&mut answer)).await;
    read.ok()?.ok()?;
    Some(answer)
}

#[tokio::test]
async fn connections_that_do_nothing_keep_no_browser_waiting() {
    let address = open(Limits::BROWSER, Bytes::from_static(b"hello"));
    let mut idle = Vec::new();
    for _ in 0..200 {
        idle.push(TcpStream::connect(address).await.unwrap());
    }
    let since = Instant::now();
    let answer = get(address).await.unwrap();
    assert!(answer.ends_with("hello"), "{answer}");
    assert!(since.elapsed() < Duration::from_secs(2), "{:?}", since.elapsed());
    drop(idle);
}

#[tokio::test]
async fn connections_that_read_nothing_make_way() {
    let limits = Limits { connections: 16, reserved: 0, ..Limits::ENDPOINT };
    let address = open(limits, vec![b'x'; 8 << 20].into());
    let mut unread = Vec::new();
    for _ in 0..24 {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
        unread.push(stream);
    }
    let since = Instant::now();
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
    let mut first = [0_u8; 12];
    stream.read_exact(&mut first).await.unwrap();
    assert_eq!(&first, b"HTTP/1.1 200");
    assert!(since.elapsed() < Duration::from_secs(3), "{:?}", since.elapsed());
}

#[tokio::test]
async fn who_takes_no_byte_of_an_answer_is_left() {
    let limits = Limits { write: Duration::from_millis(200), ..Limits::ENDPOINT };
    let address = open(limits, vec![b'x'; 8 << 20].into());
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
    tokio::time::sleep(Duration::from_secs(1)).await;
    let mut answer = Vec::new();
    let read = tokio::time::timeout(Duration::from_secs(5), stream.read_to_end(&mut answer)).await.unwrap();
    assert!(read.is_err() || answer.len() < 8 << 20, "the rest does not come");
}

/// A connection that goes on asking is not idle. It ends between two requests or in one, and the place is free.
#[tokio::test]
async fn a_connection_lasts_so_long_and_no_longer() {
    let limits = Limits { lifetime: Duration::from_millis(300), ..Limits::ENDPOINT };
    let address = open(limits, Bytes::from_static(b"hello"));
    let mut stream = TcpStream::connect(address).await.unwrap();
    let since = Instant::now();
    let mut answer = [0_u8; 256];
    let mut answered = 0;
    while stream.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").await.is_ok() {
        match tokio::time::timeout(Duration::from_secs(15), stream.read(&mut answer)).await.unwrap() {
            Ok(0) | Err(_) => break,
            Ok(_) => answered += 1,
        }
        assert!(since.elapsed() < Duration::from_secs(15), "it is still answered");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert!(answered > 0 && since.elapsed() >= limits.lifetime, "{answered} in {:?}", since.elapsed());
}

/// Many clients send a head and its body one after the other, and read the answer only then.
#[tokio::test]
async fn a_request_that_is_answered_before_it_is_whole_gets_its_answer() {
    let pause = || tokio::time::sleep(Duration::from_millis(100));
    for limits in [Limits::ENDPOINT, Limits::BROWSER] {
        let address = open(limits, Bytes::from_static(b"refused"));
        let mut stream = TcpStream::connect(address).await.unwrap();
        let head = "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 40000\r\n\r\n";
        stream.write_all(head.as_bytes()).await.unwrap();
        for _ in 0..4 {
            pause().await;
            stream.write_all(&[b'x'; 10_000]).await.unwrap();
        }
        pause().await;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        assert!(answer.ends_with("refused"), "{answer}");
    }
}

#[tokio::test]
async fn a_request_without_an_end_is_left_after_its_answer() {
    let address = open(Limits::ENDPOINT, Bytes::from_static(b"refused"));
    let mut stream = TcpStream::connect(address).await.unwrap();
    let head = "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4000000\r\n\r\n";
    stream.write_all(head.as_bytes()).await.unwrap();
    let since = Instant::now();
    while stream.write_all(b"x").await.is_ok() {
        tokio::time::sleep(Duration::from_millis(50)).await;
        assert!(since.elapsed() < Duration::from_secs(5), "it is still read");
    }
}

#[tokio::test]
async fn many_that_connect_at_once_are_all_answered() {
    let address = open(Limits::ENDPOINT, Bytes::from_static(b"hello"));
    let since = Instant::now();
    let callers: Vec<_> = (0..800).map(|_| tokio::spawn(get(address))).collect();
    for caller in callers {
        assert!(caller.await.unwrap().unwrap().ends_with("hello"));
    }
    // A backlog that is too small shows in the seconds after which a SYN is sent again.
    assert!(since.elapsed() < Duration::from_secs(3), "{:?}", since.elapsed());
}

#[tokio::test]
async fn the_cookies_of_other_ports_do_not_keep_a_browser_out() {
    let address = open(Limits::BROWSER, Bytes::from_static(b"hello"));
    let mut stream = TcpStream::connect(address).await.unwrap();
    let cookies = "a=".to_owned() + &"x".repeat(600 * 1024);
    stream
        .write_all(format!("GET / HTTP/1.1\r\nHost: x\r\nCookie: {cookies}\r\n\r\n").as_bytes())
        .await
        .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.ends_with("hello"), "{answer}");
}

const PLACES: Limits =
    Limits { connections: 8, reserved: 2, per_program: 3, streams: 3, waiting: 8, ..Limits::ENDPOINT };

fn seated(entrance: Entrance) -> Option<Place> {
    if let Entrance::Seated(place) = entrance { Some(place) } else { None }
}

#[tokio::test]
async fn a_program_has_its_share_and_the_owner_the_rest() {
    let places = Arc::new(Places::new(PLACES));
    let (one, two, three) = (Source::Program(1, 1), Source::Program(1, 2), Source::Program(1, 3));
    let mut held: Vec<Place> = (0..3).filter_map(|_| seated(places.enter(one.clone()))).collect();
    assert!(seated(places.enter(one.clone())).is_none(), "its share is three");
    held.extend((0..3).filter_map(|_| seated(places.enter(two.clone()))));
    assert!(seated(places.enter(three.clone())).is_none(), "two are for the owner");
    assert_eq!(held.len(), 6);
    let _first = seated(places.enter(Source::Own)).unwrap();
    let _second = seated(places.enter(Source::Own)).unwrap();
    // Each connection streams, so that none gives way; one that ends makes place for the other program.
    assert!(held.iter().all(|place| place.connection().streams()));
    let waits = places.enter(three);
    held.pop();
    assert!(places.seated(waits).await.is_some());
}

#[tokio::test]
async fn only_so_many_wait_and_others_may_still() {
    let places = Arc::new(Places::new(PLACES));
    let one = Source::Program(1, 1);
    let held: Vec<Place> = (0..3).filter_map(|_| seated(places.enter(one.clone()))).collect();
    assert!(held.iter().all(|place| place.connection().streams()));
    let waiting: Vec<Entrance> = (0..6).map(|_| places.enter(one.clone())).collect();
    assert!(waiting.iter().all(|entrance| matches!(entrance, Entrance::Waits(..))));
    assert!(matches!(places.enter(one), Entrance::Full));
    assert!(seated(places.enter(Source::Program(1, 2))).is_some(), "another program comes in");
}

/// A slow program holds every place, and hundreds of its connections wait. Who comes then does not wait behind these.
#[tokio::test]
async fn who_comes_last_does_not_wait_behind_those_that_do_nothing() {
    let limits = Limits { connections: 8, reserved: 0, waiting: 512, ..Limits::ENDPOINT };
    let places = Arc::new(Places::new(limits));
    let slow: Vec<Entrance> = (0..300).map(|_| places.enter(Source::Others)).collect();
    let seated = Arc::new(AtomicUsize::new(0));
    let slow: Vec<_> = slow
        .into_iter()
        .map(|entrance| {
            let (places, seated) = (places.clone(), seated.clone());
            tokio::spawn(async move {
                let Some(place) = places.seated(entrance).await else { return };
                seated.fetch_add(1, Ordering::Relaxed);
                place.connection().given_up().await;
            })
        })
        .collect();
    while seated.load(Ordering::Relaxed) < 8 {
        tokio::task::yield_now().await;
    }
    let entrance = places.enter(Source::Others);
    assert!(places.seated(entrance).await.is_some());
    let before = seated.load(Ordering::Relaxed);
    slow.into_iter().for_each(|task| task.abort());
    assert!(before <= 16, "{before} slow ones came first");
}

/// Two copies of a program connect again and again: a third one that has no place yet comes before their next ones.
#[tokio::test]
async fn a_program_that_has_no_place_comes_before_those_that_have_many() {
    let places = Arc::new(Places::new(Limits { waiting: 64, ..PLACES }));
    let (one, two, three) = (Source::Program(1, 1), Source::Program(1, 2), Source::Program(1, 3));
    let mut held: Vec<Place> = [&one, &one, &one, &two, &two, &two]
        .into_iter()
        .filter_map(|source| seated(places.enter(source.clone())))
        .collect();
    assert_eq!(held.len(), 6);
    assert!(held.iter().all(|place| place.connection().streams()), "none gives way");
    let waits = places.enter(three);
    let later: Vec<Entrance> = (0..8).map(|_| places.enter(one.clone())).collect();
    held.remove(0);
    assert!(places.seated(waits).await.is_some());
    drop(later);
}

#[tokio::test]
async fn a_program_has_so_many_streams_of_events_and_no_more() {
    let limits = Limits { connections: 64, per_program: 32, streams: 4, ..Limits::ENDPOINT };
    let places = Arc::new(Places::new(limits));
    let one = Source::Program(1, 1);
    let held: Vec<Place> = (0..20).filter_map(|_| seated(places.enter(one.clone()))).collect();
    assert_eq!(held.iter().filter(|place| place.connection().streams()).count(), 4);
    let other = seated(places.enter(Source::Program(1, 2))).unwrap();
    assert!(other.connection().streams(), "another program has its own");
    drop(held);
    assert!(seated(places.enter(one)).unwrap().connection().streams());
}
