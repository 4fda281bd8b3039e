//! `abide watch`: one line for every change of the sessions.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread;

use abide_wire::terminal::plain;
use abide_wire::{SessionStatus, SignalStatus, Snapshot};

use super::target::session_target;
use crate::clock::time_of_day;
use crate::failure::{AnswerFault, Failure};
use crate::http::Endpoint;
use crate::io::Io;
use crate::terminal::Ink;
use crate::view::{session, signals};

/// An account and its new state, or the end of its stream.
type News = (String, Result<Option<Vec<u8>>, Failure>);

/// The part of an account that was shown last.
#[derive(Default)]
struct Shown {
    lines: [Option<String>; 4],
    signals: Vec<SignalStatus>,
}

struct Watch {
    endpoint: Endpoint,
    sender: Sender<News>,
    news: Receiver<News>,
    /// The watched accounts.
    accounts: BTreeMap<String, Shown>,
    json: bool,
}

/// Shows every change until the reader or the agent is gone.
pub(super) fn watch(io: &mut Io<'_>, named: Option<String>, json: bool) -> Result<(), Failure> {
    let (sender, news) = mpsc::channel();
    let mut watch = Watch { endpoint: io.endpoint()?, sender, news, accounts: BTreeMap::new(), json };
    let done = match named {
        Some(account) => watch.listen(account).and_then(|()| watch.one(io)),
        None => watch.look().and_then(|()| watch.all(io)),
    };
    match done {
        // The reader has gone, which is the usual end.
        Err(Failure::Output(error)) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        done => done,
    }
}

impl Watch {
    /// Watches one account.
    fn one(&mut self, io: &mut Io<'_>) -> Result<(), Failure> {
        loop {
            match self.news.recv() {
                Ok((account, Ok(Some(data)))) => self.show(io, &account, &data)?,
                Ok((_, Err(failure))) => return Err(failure),
                Ok((_, Ok(None))) | Err(_) => return Err(Failure::Stopped),
            }
        }
    }

    /// Watches every account, including later ones.
    fn all(&mut self, io: &mut Io<'_>) -> Result<(), Failure> {
        loop {
            match self.news.recv_timeout(io.look_every) {
                Ok((account, Ok(Some(data)))) => self.show(io, &account, &data)?,
                Ok((_, Err(failure))) => return Err(failure),
                Ok((account, Ok(None))) => {
                    self.accounts.remove(&account);
                    // The account is gone, or the agent is.
                    if self.accounts.is_empty() {
                        self.look().map_err(stopped)?;
                    }
                }
                Err(RecvTimeoutError::Timeout) => self.look().map_err(stopped)?,
                Err(RecvTimeoutError::Disconnected) => return Err(Failure::Stopped),
            }
        }
    }

    /// Watches new accounts.
    fn look(&mut self) -> Result<(), Failure> {
        let snapshot: Snapshot = self.endpoint.call("GET", "/v1/sessions")?.json()?;
        for status in snapshot.accounts {
            if !self.accounts.contains_key(&status.account) {
                match self.listen(status.account) {
                    // Removed between the two calls.
                    Err(Failure::Refused { code, .. }) if code == "unknown_account" => {}
                    done => done?,
                }
            }
        }
        Ok(())
    }

    /// One thread for each account, because each waits on its own connection.
    fn listen(&mut self, account: String) -> Result<(), Failure> {
        let mut events = self.endpoint.events(&session_target(&account, "/events"))?;
        self.accounts.insert(account.clone(), Shown::default());
        let sender = self.sender.clone();
        thread::spawn(move || {
            loop {
                let event = events.next();
                let over = !matches!(event, Ok(Some(_)));
                if sender.send((account.clone(), event)).is_err() || over {
                    break;
                }
            }
        });
        Ok(())
    }

    /// Prints a state if it differs visibly from the last one.
    fn show(&mut self, io: &mut Io<'_>, account: &str, data: &[u8]) -> Result<(), Failure> {
        let status: SessionStatus = serde_json::from_slice(data).map_err(|_| AnswerFault::Content)?;
        if self.json {
            return io.json_line(data);
        }
        let style = io.style();
        let width = self.accounts.keys().map(|name| plain(name).chars().count()).max().unwrap_or(0) + 3;
        let time = time_of_day((io.clock.now)(), io.clock);
        let name = plain(&status.account);
        let pad = " ".repeat(width.saturating_sub(name.chars().count()).max(1));
        let before = self.accounts.remove(account).unwrap_or_default();
        let shown = Shown { lines: session::lines(&status, io.clock, style), signals: status.signals };
        let lines = shown.lines.iter().zip(&before.lines).filter(|(line, before)| line != before);
        let changes = signals::changes(&before.signals, &shown.signals);
        let mut page = String::new();
        for line in lines.filter_map(|(line, _)| line.as_ref()).chain(&changes) {
            page.push_str(&format!(
                "{}  {}{pad}{line}\n",
                style.paint(Ink::Dim, &time),
                style.paint(Ink::Bold, &name),
            ));
        }
        self.accounts.insert(account.to_owned(), shown);
        io.say(&page)
    }
}

/// An agent that was there and no longer answers has stopped.
fn stopped(failure: Failure) -> Failure {
    match failure {
        Failure::NotRunning
        | Failure::NotHere(_)
        | Failure::Hidden { .. }
        | Failure::Answer(AnswerFault::Empty) => Failure::Stopped,
        failure => failure,
    }
}
