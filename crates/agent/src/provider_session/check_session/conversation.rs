//! What the page says, and what it is told to do next.

use std::sync::Arc;
use std::time::Duration;

use abide_locale::pages;
use abide_session::{CheckSessionState, IframeAnswer, Input, Next, SilentAnswer};
use abide_wire::{Signal, SignalState};
use secrecy::{ExposeSecret, SecretString};

use super::message::{Beginning, Instruction, Refusal, Say, Words};
use super::page::Page;
use super::silent;
use crate::platform::clock;

/// After this time without an expected request, a page is asleep or gone.
const SLACK: Duration = Duration::from_secs(75);
/// How many times less often a page asks if it gets no useful answers.
const SLOWER: u32 = 5;
/// The shortest and the longest such interval.
const SLOW: [Duration; 2] = [Duration::from_secs(60), Duration::from_secs(600)];

impl Page {
    /// The page has been opened.
    pub(super) fn open(self: &Arc<Self>, say: &Say) -> Result<Beginning, Refusal> {
        let secret = self.admit(&say.secret)?;
        let found = self.work(|account| {
            let session_state = account.held.as_ref()?.session_state.clone()?;
            let poll = account.config.provider.poll;
            Some((account.config.client_id.clone(), session_state, poll))
        });
        let (client_id, session_state, poll) = found.flatten().ok_or(Refusal::Unprepared)?;
        self.look_after(poll);
        let language = self.spoken.language();
        Ok(Beginning {
            secret: secret.expose_secret().to_owned(),
            who: pages::page_signed_in_as(language, &self.provider, &self.user),
            line: pages::watch_begins(language, &self.provider),
            client_id,
            session_state,
            iframe: self.iframe.clone(),
            origin: self.iframe.origin().ascii_serialization(),
            poll: milliseconds(poll),
        })
    }

    /// An answer of the iframe.
    pub(super) async fn tell(self: &Arc<Self>, say: &Say) -> Result<Instruction, Refusal> {
        let secret = self.admit(&say.secret)?;
        if self.work(|account| account.config.provider.watches(Signal::Iframe)) == Some(false) {
            return Ok(self.dismiss(&secret));
        }
        let told = match say.told {
            Some(Words::Unchanged) => IframeAnswer::Unchanged,
            Some(Words::Changed) => IframeAnswer::Changed,
            Some(Words::Error) | None => IframeAnswer::Error,
        };
        let next = self.inner().monitor.iframe_said(told);
        if told == IframeAnswer::Unchanged && next == Next::Poll {
            self.becomes_quiet();
        }
        self.instruct(&secret, next).await
    }

    /// Waits for the result of a silent request.
    pub(super) async fn silent(self: &Arc<Self>, say: &Say) -> Result<Instruction, Refusal> {
        let secret = self.admit(&say.secret)?;
        let answer = silent::outcome(self).await;
        let next = self.inner().monitor.answered(answer);
        match answer {
            SilentAnswer::SamePerson if next == Next::Poll => self.hear(),
            // The provider has received its cookie, but did not say whose session it is.
            SilentAnswer::InteractionNeeded if self.watches() => self.becomes_quiet(),
            _ => {}
        }
        self.instruct(&secret, next).await
    }

    /// The tab is being closed, or reloaded.
    pub(super) fn close(&self, say: &Say) {
        if self.closes(&say.secret) {
            self.becomes(SignalState::Closed);
        }
    }

    fn watches(&self) -> bool {
        let inner = self.inner();
        inner.monitor.state() == CheckSessionState::Watching && !inner.monitor.is_in_doubt()
    }

    /// The provider has confirmed its session.
    fn hear(&self) {
        let now = clock::now();
        self.work(|account| account.heard(Signal::Iframe, now));
        self.show();
    }

    /// The signal works. A cookie that has not changed confirms nothing: a session that the provider has ended leaves it as
    /// it was.
    fn becomes_quiet(&self) {
        let now = clock::now();
        self.work(|account| account.signals.heard(Signal::Iframe, now.wall));
        self.show();
    }

    fn becomes(&self, state: SignalState) {
        self.work(|account| account.signals.becomes(Signal::Iframe, state));
        self.show();
    }

    fn show(&self) {
        if let Some(store) = self.store.upgrade() {
            store.show();
        }
    }

    /// The settings no longer ask for a tab that watches.
    fn dismiss(&self, secret: &SecretString) -> Instruction {
        self.becomes(SignalState::Closed);
        Instruction::new(secret, "stop", pages::watch_not_needed(self.spoken.language()))
    }

    async fn instruct(self: &Arc<Self>, secret: &SecretString, next: Next) -> Result<Instruction, Refusal> {
        let (provider, language) = (&self.provider, self.spoken.language());
        let line = match self.inner().monitor.is_in_doubt() {
            false => pages::watch_unchanged(language, provider),
            true => pages::watch_doubt(language, provider),
        };
        let mut instruction = Instruction::new(secret, "poll", line);
        match next {
            Next::Poll => self.ask_again(&mut instruction, false),
            Next::PollSlowly => {
                let (state, line) = self.what_is_the_matter();
                self.becomes(state);
                instruction.line = line;
                self.ask_again(&mut instruction, true);
            }
            Next::Silent => {
                instruction.next = "silent";
                instruction.line = pages::watch_checking(language, provider);
                let Some(path) = silent::prepare(self).await else {
                    // The provider refused the request for now: counts as a failed attempt.
                    let next = self.inner().monitor.answered(SilentAnswer::Nothing);
                    return Box::pin(self.instruct(secret, next)).await;
                };
                instruction.silent = Some(path);
            }
            Next::Ended => {
                instruction.next = "over";
                instruction.title = Some(pages::page_signed_out(language));
                self.end();
                let inner = self.inner();
                instruction.line = inner.over.clone().unwrap_or_else(|| pages::watch_over(language));
            }
        }
        Ok(instruction)
    }

    /// When the page asks next, and about which state of the session.
    fn ask_again(&self, instruction: &mut Instruction, slow: bool) {
        let found = self.work(|account| {
            let held = account.held.as_ref().and_then(|held| held.session_state.clone());
            (held, account.config.provider.poll)
        });
        let Some((session_state, poll)) = found else { return };
        let pause = if slow { slower(poll) } else { poll };
        if slow {
            self.inner().slow = Some(pause);
        }
        (instruction.session_state, instruction.poll) = (session_state, Some(milliseconds(pause)));
        instruction.slow = slow;
    }

    fn what_is_the_matter(&self) -> (SignalState, String) {
        let (provider, language) = (&self.provider, self.spoken.language());
        match self.inner().monitor.state() {
            CheckSessionState::Blocked => (SignalState::Blocked, pages::watch_blocked(language, provider)),
            CheckSessionState::Unclear => (SignalState::Unclear, pages::watch_unclear(language, provider)),
            _ => (SignalState::Failed, pages::watch_failed(language, provider)),
        }
    }

    fn end(&self) {
        let now = clock::now();
        self.work(|account| {
            account.session.handle(now, Input::ProviderEnded { signal: abide_session::Signal::Iframe });
        });
    }

    /// Notices that the tab sends no more requests: a browser may end it without a message.
    fn look_after(self: &Arc<Self>, mut poll: Duration) {
        let (page, began) = (Arc::downgrade(self), clock::now().boot);
        tokio::spawn(async move {
            loop {
                clock::sleep(poll.saturating_add(SLACK)).await;
                let Some(page) = page.upgrade() else { return };
                let gone = page.work(|account| {
                    // After a change of the interval, a page may still wait for the old one.
                    let longest =
                        poll.max(account.config.provider.poll).max(page.inner().slow.unwrap_or_default());
                    poll = account.config.provider.poll;
                    let heard = page.inner().heard?.max(began);
                    let gone = heard.saturating_add(longest).saturating_add(SLACK) <= clock::now().boot;
                    let state = account.signals.state(Signal::Iframe);
                    if gone && matches!(state, SignalState::Works | SignalState::Waiting) {
                        account.signals.becomes(Signal::Iframe, SignalState::Closed);
                    }
                    Some(gone)
                });
                match gone.flatten() {
                    Some(false) => {}
                    Some(true) => return page.show(),
                    None => return,
                }
            }
        });
    }
}

/// The interval of a page that learns nothing.
fn slower(poll: Duration) -> Duration {
    let [least, most] = SLOW;
    poll.saturating_mul(SLOWER).clamp(least, most).max(poll)
}

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
