//! What MCP servers are reached with.

use std::time::Duration;

use abide_oidc::{StepUp, TokenTarget};
use abide_wire::{AccessToken, ErrorAnswer, ErrorCode, SessionState};

use super::Agent;
use crate::mcp::{Server, Wanted};

impl Agent {
    /// The server at an address, and the account for it.
    ///
    /// # Errors
    ///
    /// As [`mcp::Servers::server`].
    pub(crate) async fn mcp_server(&self, url: &str, account: Option<String>) -> Result<Server, ErrorAnswer> {
        self.0.mcp.server(&self.0.store, url, account).await
    }

    /// The token that a server needs.
    ///
    /// # Errors
    ///
    /// `unknown_account`.
    pub(crate) fn mcp_wants(&self, server: &Server, activity: bool) -> Result<Wanted, ErrorAnswer> {
        server.wanted(&self.0.store, activity)
    }

    /// Whether a token is for the server, where that can be read.
    ///
    /// # Errors
    ///
    /// As [`mcp::Server::accepts_audience`](crate::mcp::Server::accepts_audience).
    pub(crate) fn mcp_accepts_audience(&self, server: &Server, token: &str) -> Result<(), ErrorAnswer> {
        server.accepts_audience(&self.0.store, token)
    }

    /// The server refuses this token.
    ///
    /// # Errors
    ///
    /// As [`mcp::Servers::refused`](crate::mcp::Servers::refused).
    pub(crate) fn mcp_refuses(
        &self,
        server: &Server,
        refused: (&TokenTarget, &AccessToken),
        again: bool,
    ) -> Result<(), Duration> {
        self.0.mcp.refused(&self.0.store, server, refused, again)
    }

    /// The server accepts a token.
    pub(crate) fn mcp_accepts(&self, server: &Server) {
        self.0.mcp.accepted(server);
    }

    /// The server needs these scopes as well; `None` if they are too many.
    pub(crate) fn mcp_needs(&self, server: &Server, scopes: &[String]) -> Option<Server> {
        self.0.mcp.needs(server, scopes)
    }

    /// The server refuses what it has asked for.
    pub(crate) fn mcp_forget(&self, server: &Server) {
        self.0.mcp.forget(server);
    }

    /// Has the person sign in again, so that the session gets these scopes as well.
    ///
    /// # Errors
    ///
    /// As [`Agent::step_up`].
    pub(crate) async fn mcp_step_up(&self, server: &Server, scopes: Vec<String>) -> Result<(), ErrorAnswer> {
        let wanted = StepUp { acr_values: Vec::new(), max_age: None, scopes };
        self.step_up(&server.account, wanted, "An MCP server").await
    }

    /// Has the person sign in, and returns once that is done. One sign-in serves every client that waits for it.
    ///
    /// # Errors
    ///
    /// `login_required` if it was not completed; as [`Agent::sign_in`].
    pub(crate) async fn mcp_sign_in(&self, server: &Server) -> Result<(), ErrorAnswer> {
        let account = server.account.as_str();
        let mut changes = self.watch();
        let status = self.status(account)?;
        if !status.signing_in && status.state != SessionState::Authorizing {
            self.sign_in(account)?;
        }
        loop {
            changes.borrow_and_update();
            let status = self.status(account)?;
            match status.state {
                SessionState::Active | SessionState::Expiring => return Ok(()),
                SessionState::Authorizing => {}
                _ if status.signing_in => {}
                _ => {
                    let why = status.last_error.unwrap_or_default();
                    let text = format!(
                        "The sign-in was not completed. {why} Try again: abide login --account {account}"
                    );
                    return Err(ErrorAnswer::new(ErrorCode::LoginRequired, text.replace("  ", " ")));
                }
            }
            if changes.changed().await.is_err() {
                return Err(ErrorAnswer::new(ErrorCode::TemporarilyUnavailable, "Abide stops."));
            }
        }
    }
}
