//! Access tokens from Abide, the session keeper on this computer, for your own programs. Blocking; no async runtime.
//!
//! ```no_run
//! use abide_client::{Client, Code, Wanted};
//!
//! # fn main() -> Result<(), abide_client::Error> {
//! let abide = Client::new()?;
//! match abide.token(&Wanted::account("work")) {
//!     Ok(token) => println!("{} characters", token.authorization().len()),
//!     Err(error) if error.code() == Code::LoginRequired => println!("Sign in first: abide login"),
//!     Err(error) => return Err(error),
//! }
//! # Ok(())
//! # }
//! ```
//!
//! Without a key the client uses Abide's socket, and Abide asks the user about your program the first time. With a key, from
//! `abide clients allow NAME`, it uses TCP: it signs its requests, and accepts only signed answers. On Windows it always needs a key.

mod error;
mod http;
mod place;
mod session;
mod signing;
mod stream;
mod token;

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

pub use crate::error::{Code, Error};
use crate::http::{Answer, Connection};
pub use crate::session::{Events, Session, State};
use crate::signing::Key;
pub use crate::stream::Stopper;
use crate::stream::Stream;
use crate::token::encoded;
pub use crate::token::{Token, TokenSource, Tokens, Wanted};

/// How long a call waits at most: the user has 45 seconds to answer Abide's question.
const TIMEOUT: Duration = Duration::from_secs(60);

/// The agent of this user.
#[derive(Clone, Debug)]
pub struct Client {
    key: Option<Arc<Key>>,
    address: Option<String>,
    socket: Option<PathBuf>,
    timeout: Duration,
    command: PathBuf,
}

impl Client {
    /// The agent of this user, with the key in `ABIDE_KEY` if there is one. It does not connect yet.
    ///
    /// # Errors
    ///
    /// [`Code::InvalidKey`] if the key cannot sign, and on Windows without a key.
    pub fn new() -> Result<Self, Error> {
        let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        let client = Self::without_key();
        let client = Self { address: variable("ABIDE_ADDRESS"), ..client };
        match variable("ABIDE_KEY") {
            Some(key) => client.with_key(&key),
            None if cfg!(windows) => Err(Error::new(
                Code::InvalidKey,
                "On Windows this library needs a key: `abide clients allow NAME` makes one.",
            )),
            None => Ok(client),
        }
    }

    /// The agent of this user over its socket, whatever `ABIDE_KEY` says.
    #[must_use]
    pub fn without_key() -> Self {
        Self { key: None, address: None, socket: None, timeout: TIMEOUT, command: PathBuf::from("abide") }
    }

    /// The same with a key that signs requests.
    ///
    /// # Errors
    ///
    /// [`Code::InvalidKey`] if the key cannot sign.
    pub fn with_key(self, key: &str) -> Result<Self, Error> {
        Ok(Self { key: Some(Arc::new(Key::read(key)?)), ..self })
    }

    /// The same at this address over TCP, such as `http://127.0.0.1:47600`. It is used only with a key.
    #[must_use]
    pub fn at_address(self, address: impl Into<String>) -> Self {
        Self { address: Some(address.into()), ..self }
    }

    /// The same with a socket that is not in the usual place.
    #[must_use]
    pub fn at_socket(self, socket: impl Into<PathBuf>) -> Self {
        Self { socket: Some(socket.into()), ..self }
    }

    /// The same with another limit for a call. Default: 60 seconds, because the user has 45 to answer Abide's question.
    #[must_use]
    pub fn with_timeout(self, timeout: Duration) -> Self {
        Self { timeout, ..self }
    }

    /// The same with this program `abide`, which [`Client::keep`] and [`Client::logout`] run.
    #[must_use]
    pub fn with_command(self, command: impl Into<PathBuf>) -> Self {
        Self { command: command.into(), ..self }
    }

    /// An access token.
    ///
    /// # Errors
    ///
    /// As the agent says.
    pub fn token(&self, wanted: &Wanted) -> Result<Token, Error> {
        Token::read(&self.call("GET", &wanted.target(), None)?)
    }

    /// A token after the stronger sign-in that a server asks for in `WWW-Authenticate` (RFC 9470). The browser opens.
    ///
    /// # Errors
    ///
    /// As the agent says.
    pub fn stronger(&self, www_authenticate: &[&str], wanted: &Wanted) -> Result<Token, Error> {
        let body = json!({ "www_authenticate": www_authenticate });
        Token::read(&self.call("POST", &wanted.target(), Some(&body))?)
    }

    /// Tokens of one kind, for code that takes a [`TokenSource`].
    #[must_use]
    pub fn tokens(&self, wanted: Wanted) -> Tokens {
        Tokens { client: self.clone(), wanted }
    }

    /// Counts as use of the session: the idle time begins again.
    ///
    /// # Errors
    ///
    /// As the agent says.
    pub fn activity(&self, account: &str) -> Result<(), Error> {
        self.token(&Wanted::account(account)).map(drop)
    }

    /// The states of all sessions.
    ///
    /// # Errors
    ///
    /// As the agent says.
    pub fn sessions(&self) -> Result<Vec<Session>, Error> {
        let answer = self.call("GET", "/v1/sessions", None)?;
        let accounts = answer["accounts"].as_array().cloned().unwrap_or_default();
        accounts.into_iter().map(Session::read).collect()
    }

    /// The state of one session.
    ///
    /// # Errors
    ///
    /// As the agent says.
    pub fn session(&self, account: &str) -> Result<Session, Error> {
        Session::read(self.call("GET", &format!("/v1/sessions/{}", encoded(account)), None)?)
    }

    /// The claims about the user.
    ///
    /// # Errors
    ///
    /// As the agent says.
    pub fn claims(&self, account: &str) -> Result<Value, Error> {
        let mut answer = self.call("GET", &format!("/v1/claims/{}", encoded(account)), None)?;
        Ok(answer["claims"].take())
    }

    /// The state of a session now, and each change of it.
    ///
    /// # Errors
    ///
    /// As the agent says.
    pub fn events(&self, account: &str) -> Result<Events, Error> {
        let mut connection = self.connect()?;
        let target = format!("/v1/sessions/{}/events", encoded(account));
        let answer = self.ask(&mut connection, "GET", &target, &[])?;
        if !answer.head.is_stream {
            return Err(Error::unreadable("The answer is not a stream of events."));
        }
        connection.stream().deadline = None;
        Ok(Events { lines: connection.events(&answer.head) })
    }

    /// Extends the session, with the command `abide`: only the user may do that.
    ///
    /// # Errors
    ///
    /// [`Code::KeepFailed`].
    pub fn keep(&self, account: &str) -> Result<(), Error> {
        self.run("keep", account, Code::KeepFailed)
    }

    /// Signs out, with the command `abide`: only the user may do that.
    ///
    /// # Errors
    ///
    /// [`Code::LogoutFailed`].
    pub fn logout(&self, account: &str) -> Result<(), Error> {
        self.run("logout", account, Code::LogoutFailed)
    }

    fn run(&self, name: &str, account: &str, code: Code) -> Result<(), Error> {
        let mut command = Command::new(&self.command);
        command.args([name, "--account", account]).stdin(Stdio::null());
        let output = command.output().map_err(|error| Error::new(code, error.to_string()))?;
        if output.status.success() {
            return Ok(());
        }
        Err(Error::new(code, String::from_utf8_lossy(&output.stderr).trim()))
    }

    fn call(&self, method: &str, target: &str, content: Option<&Value>) -> Result<Value, Error> {
        let body = content.map(|content| content.to_string().into_bytes()).unwrap_or_default();
        let answer = self.ask(&mut self.connect()?, method, target, &body)?;
        if answer.head.is_stream {
            return Err(Error::unreadable("The answer is a stream of events."));
        }
        serde_json::from_slice(&answer.body).map_err(|_| Error::unreadable("The answer is not JSON."))
    }

    fn ask(
        &self,
        connection: &mut Connection,
        method: &str,
        target: &str,
        body: &[u8],
    ) -> Result<Answer, Error> {
        let answer = match &self.key {
            Some(key) => connection.signed(key, method, target, body),
            None => connection.plain(method, target, body),
        }?;
        if answer.head.status < 400 {
            return Ok(answer);
        }
        let refused: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
        let Some(code) = refused["error"].as_str() else {
            return Err(Error::unreadable(&format!("The agent answered with {}.", answer.head.status)));
        };
        let description = refused["error_description"].as_str().unwrap_or(code);
        Err(Error::new(Code::of(code), description).with_case(refused["case"].as_str()))
    }

    fn connect(&self) -> Result<Connection, Error> {
        let folder = || place::runtime_folder(|name| std::env::var_os(name));
        if self.key.is_some() {
            let address = match &self.address {
                Some(address) => address.clone(),
                None => place::address(&folder()?)?,
            };
            return Ok(Connection::new(Stream::tcp(&address, self.timeout)?));
        }
        #[cfg(unix)]
        {
            let socket = match &self.socket {
                Some(socket) => socket.clone(),
                None => folder()?.join("abide.sock"),
            };
            Ok(Connection::new(Stream::socket(&socket, self.timeout)?))
        }
        #[cfg(not(unix))]
        Err(Error::new(
            Code::InvalidKey,
            "On this system this library needs a key: `abide clients allow NAME` makes one.",
        ))
    }
}
