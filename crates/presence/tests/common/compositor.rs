//! A fake Wayland compositor: it speaks the wire protocol, has one seat, and reports pauses on command.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, BufReader};
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{UnixListener, UnixStream};

const DISPLAY: u32 = 1;
const SEAT: (u32, &str, u32) = (1, "wl_seat", 7);
const NOTIFIER: (u32, &str) = (2, "ext_idle_notifier_v1");

/// A subscribed notification.
struct Notification {
    client: Arc<OwnedWriteHalf>,
    id: u32,
    /// Whether videos that keep the screen on do not count.
    input_only: bool,
    timeout: u32,
}

/// The fake.
pub struct Compositor {
    pub folder: tempfile::TempDir,
    notifications: Arc<Mutex<Vec<Notification>>>,
}

impl Compositor {
    /// A compositor with this version of the protocol; 0: without it.
    pub fn start(version: u32) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let listener = UnixListener::bind(folder.path().join("wayland-7")).unwrap();
        let notifications: Arc<Mutex<Vec<Notification>>> = Arc::default();
        let compositor = Self { folder, notifications: Arc::clone(&notifications) };
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(Client::new(stream, version, Arc::clone(&notifications)).serve());
            }
        });
        compositor
    }

    /// The environment variables for it.
    pub fn environment(&self) -> (Option<PathBuf>, Option<String>) {
        (Some(self.folder.path().to_owned()), Some("wayland-7".to_owned()))
    }

    /// The number of subscribed notifications; checks that they are the right ones.
    pub fn notifications(&self) -> usize {
        self.notifications.lock().unwrap().len()
    }

    /// Whether videos that keep the screen on count as input in the last subscription.
    pub fn films_count(&self) -> bool {
        !self.notifications.lock().unwrap().last().unwrap().input_only
    }

    /// Reports that there has been no input for a while.
    pub fn idled(&self) {
        self.tell(0);
    }

    /// Reports input.
    pub fn resumed(&self) {
        self.tell(1);
    }

    fn tell(&self, event: u32) {
        for notification in self.notifications.lock().unwrap().iter() {
            assert!((1000..=10_000).contains(&notification.timeout), "{}", notification.timeout);
            send(&notification.client, notification.id, event, &[]);
        }
    }
}

/// Sends an event: the object, size and number, and the arguments.
fn send(client: &OwnedWriteHalf, object: u32, event: u32, arguments: &[u8]) {
    let size = u32::try_from(8 + arguments.len()).unwrap();
    let mut bytes = object.to_ne_bytes().to_vec();
    bytes.extend((size << 16 | event).to_ne_bytes());
    bytes.extend(arguments);
    // A client may have gone meanwhile.
    let _ = client.try_write(&bytes);
}

fn string(text: &str) -> Vec<u8> {
    let mut bytes = u32::try_from(text.len() + 1).unwrap().to_ne_bytes().to_vec();
    bytes.extend(text.as_bytes());
    bytes.push(0);
    bytes.resize(bytes.len().next_multiple_of(4), 0);
    bytes
}

fn global(name: u32, interface: &str, version: u32) -> Vec<u8> {
    [&name.to_ne_bytes()[..], &string(interface), &version.to_ne_bytes()].concat()
}

struct Client {
    reader: BufReader<OwnedReadHalf>,
    writer: Arc<OwnedWriteHalf>,
    version: u32,
    registry: u32,
    seat: u32,
    notifier: u32,
    notifications: Arc<Mutex<Vec<Notification>>>,
}

impl Client {
    fn new(stream: UnixStream, version: u32, notifications: Arc<Mutex<Vec<Notification>>>) -> Self {
        let (reader, writer) = stream.into_split();
        let (reader, writer) = (BufReader::new(reader), Arc::new(writer));
        Self { reader, writer, version, registry: 0, seat: 0, notifier: 0, notifications }
    }

    /// Handles requests until the client is gone. An unexpected one ends the test with a message on standard error.
    async fn serve(mut self) {
        while let Ok(object) = self.reader.read_u32_le().await {
            let head = self.reader.read_u32_le().await.unwrap();
            let (size, request) = (usize::try_from(head >> 16).unwrap(), head & 0xffff);
            let mut arguments = vec![0; size - 8];
            self.reader.read_exact(&mut arguments).await.unwrap();
            self.take(object, request, &arguments);
        }
    }

    fn take(&mut self, object: u32, request: u32, arguments: &[u8]) {
        let word = |index: usize| u32::from_ne_bytes(arguments[4 * index..][..4].try_into().unwrap());
        match (object, request) {
            (DISPLAY, 0) => send(&self.writer, word(0), 0, &0_u32.to_ne_bytes()),
            (DISPLAY, 1) => {
                self.registry = word(0);
                send(&self.writer, self.registry, 0, &global(SEAT.0, SEAT.1, SEAT.2));
                if self.version > 0 {
                    send(&self.writer, self.registry, 0, &global(NOTIFIER.0, NOTIFIER.1, self.version));
                }
            }
            (object, 0) if object == self.registry => {
                // Name, interface, version, new object.
                let (version, id) = (word(arguments.len() / 4 - 2), word(arguments.len() / 4 - 1));
                match word(0) {
                    name if name == SEAT.0 => {
                        self.seat = id;
                        send(&self.writer, id, 0, &3_u32.to_ne_bytes());
                    }
                    name if name == NOTIFIER.0 => {
                        assert!(version <= self.version);
                        self.notifier = id;
                    }
                    other => panic!("there is no global {other}"),
                }
            }
            (object, 1 | 2) if object == self.notifier => {
                assert!(request < 2 || self.version >= 2, "not in version 1");
                assert_eq!(word(2), self.seat);
                let (client, input_only) = (Arc::clone(&self.writer), request == 2);
                let notification = Notification { client, id: word(0), input_only, timeout: word(1) };
                self.notifications.lock().unwrap().push(notification);
            }
            other => panic!("unexpected request {other:?}"),
        }
    }
}
