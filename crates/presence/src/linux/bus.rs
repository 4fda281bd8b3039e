//! D-Bus calls with a time limit.

use std::time::Duration;

use zbus::connection::Builder;
use zbus::export::serde::Serialize;
use zbus::message::Type;
use zbus::names::OwnedUniqueName;
use zbus::proxy::{self, CacheProperties, MethodFlags};
use zbus::zvariant::{DynamicDeserialize, DynamicType};
use zbus::{Connection, Message};

/// The longest time to connect to a bus, and to get an answer there.
const PATIENCE: Duration = Duration::from_secs(1);

/// The bus at `address`, if there is one.
pub(super) async fn connect(address: Option<&str>) -> Option<Connection> {
    let bus = Builder::address(address?).ok()?.method_timeout(PATIENCE).build();
    tokio::time::timeout(PATIENCE, bus).await.ok()?.ok()
}

/// An object on a bus, with one of its interfaces.
#[derive(Clone, Debug)]
pub(super) struct Object {
    pub(super) name: String,
    pub(super) path: String,
    pub(super) interface: &'static str,
}

impl Object {
    pub(super) fn new(name: &str, path: &str, interface: &'static str) -> Self {
        Self { name: name.to_owned(), path: path.to_owned(), interface }
    }

    /// Calls a method without starting a service for it: a missing desktop should stay missing.
    pub(super) async fn call<B, R>(&self, bus: &Connection, method: &str, body: &B) -> zbus::Result<R>
    where
        B: Serialize + DynamicType,
        R: for<'d> DynamicDeserialize<'d>,
    {
        let proxy: zbus::Proxy<'_> = proxy::Builder::new(bus)
            .destination(self.name.as_str())?
            .path(self.path.as_str())?
            .interface(self.interface)?
            .cache_properties(CacheProperties::No)
            .build()
            .await?;
        let answer = proxy.call_with_flags(method, MethodFlags::NoAutoStart.into(), body).await?;
        // `None` only comes back for a call that expects no reply.
        answer.ok_or(zbus::Error::InvalidReply)
    }
}

/// Subscribes to messages that match `rule` (D-Bus specification, “Match Rules”).
pub(super) async fn listen(bus: &Connection, rule: &str) -> zbus::Result<()> {
    let daemon = Object::new("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus");
    daemon.call(bus, "AddMatch", &rule).await
}

/// The rule for changes of the owner of `name`.
pub(super) fn owners_of(name: &str) -> String {
    format!(
        "type='signal',sender='org.freedesktop.DBus',path='/org/freedesktop/DBus',\
         interface='org.freedesktop.DBus',member='NameOwnerChanged',arg0='{name}'"
    )
}

/// The present owner of `name`, if there is one.
pub(super) async fn owner(bus: &Connection, name: &str) -> Option<OwnedUniqueName> {
    let daemon = Object::new("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus");
    daemon.call(bus, "GetNameOwner", &name).await.ok()
}

/// A change of owner, as the bus itself reports it: the name, and the new owner.
pub(super) fn new_owner(message: &Message) -> Option<(String, Option<OwnedUniqueName>)> {
    let header = message.header();
    let is_bus = header.sender().is_some_and(|sender| sender == "org.freedesktop.DBus");
    if !is_bus || !is_signal(message, "org.freedesktop.DBus", "NameOwnerChanged") {
        return None;
    }
    let (name, _, new): (String, String, String) = message.body().deserialize().ok()?;
    // An empty name means no owner.
    Some((name, OwnedUniqueName::try_from(new).ok()))
}

/// Whether this is the signal `interface.member`.
pub(super) fn is_signal(message: &Message, interface: &str, member: &str) -> bool {
    let header = message.header();
    message.message_type() == Type::Signal
        && header.interface().is_some_and(|name| name == interface)
        && header.member().is_some_and(|name| name == member)
}

/// Whether the message comes from `owner`. Every program on the bus can send a signal that looks like another's.
pub(super) fn is_from(message: &Message, owner: Option<&OwnedUniqueName>) -> bool {
    message.header().sender().is_some_and(|sender| owner.is_some_and(|owner| sender == owner))
}
