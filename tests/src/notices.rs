//! Notifications that programs showed, as seen on the bus.

use std::sync::{Arc, Mutex};

use futures_util::StreamExt as _;
use zbus::zvariant::OwnedValue;

use crate::room::Room;
use crate::{eventually, s};

/// A notification: `org.freedesktop.Notifications.Notify`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// The program's name for itself.
    pub program: String,
    /// The title.
    pub title: String,
    /// The text.
    pub body: String,
}

/// Listens on a room's bus from now on.
pub struct Notices {
    seen: Arc<Mutex<Vec<Notice>>>,
    listener: tokio::task::JoinHandle<()>,
}

impl Notices {
    /// Begins to listen.
    pub async fn listen(room: &Room) -> Self {
        let connection = room.new_connection().await.expect("a connection to the bus");
        let rule = zbus::MatchRule::builder()
            .msg_type(zbus::message::Type::MethodCall)
            .interface("org.freedesktop.Notifications")
            .and_then(|rule| rule.member("Notify"))
            .expect("a rule for notifications")
            .build();
        let mut stream = zbus::MessageStream::from(&connection);
        zbus::fdo::MonitoringProxy::new(&connection)
            .await
            .expect("the bus itself")
            .become_monitor(&[rule], 0)
            .await
            .expect("listen to the bus");
        let seen = Arc::new(Mutex::new(Vec::new()));
        let noted = Arc::clone(&seen);
        let listener = tokio::spawn(async move {
            while let Some(Ok(message)) = stream.next().await {
                type Notify = (
                    String,
                    u32,
                    String,
                    String,
                    String,
                    Vec<String>,
                    std::collections::HashMap<String, OwnedValue>,
                    i32,
                );
                if let Ok((program, _, _, title, body, ..)) = message.body().deserialize::<Notify>() {
                    noted.lock().expect("the list of notifications").push(Notice { program, title, body });
                }
            }
        });
        Self { seen, listener }
    }

    /// All so far, in order.
    ///
    /// # Panics
    ///
    /// Never: nobody panics while holding the list.
    #[must_use]
    pub fn all(&self) -> Vec<Notice> {
        self.seen.lock().expect("the list of notifications").clone()
    }

    /// Waits for a notification, after the first `from`, that fits.
    pub async fn wait(&self, what: &str, from: usize, fits: impl Fn(&Notice) -> bool) -> Notice {
        eventually(&format!("a notification: {what}"), s(10), || async {
            self.all().into_iter().skip(from).find(|notice| fits(notice))
        })
        .await
    }
}

impl Drop for Notices {
    fn drop(&mut self) {
        self.listener.abort();
    }
}
