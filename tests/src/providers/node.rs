//! `oidc-provider` from npm.

use std::process::Stdio;

use serde_json::Value;

use super::{Asked, announced, json_at};
use crate::owned::Owned;
use crate::room::Room;
use crate::workspace;

/// A running `oidc-provider`.
pub struct Node {
    /// Ended when dropped, or when its standard input closes.
    _program: Owned,
    pub(super) issuer: String,
}

impl Node {
    pub(super) async fn start(room: &Room) -> Self {
        let server = workspace().join("tests/providers/server.mjs");
        assert!(
            server.with_file_name("node_modules").is_dir(),
            "oidc-provider is not installed; `npm ci --prefix tests/providers` does it"
        );
        let program = room.start_with("node", &[&server], |command| {
            command.stdin(Stdio::piped());
        });
        let issuer = announced("oidc-provider", &program).await;
        Self { _program: program, issuer }
    }

    pub(super) async fn asked(&self) -> Asked {
        let record = json_at(&crate::http(), &format!("{}/__record", self.issuer)).await;
        let record = record.as_array().cloned().unwrap_or_default();
        let count = |fits: &dyn Fn(&Value) -> bool| record.iter().filter(|entry| fits(entry)).count();
        let answered = |entry: &Value, route: &str| entry["route"] == route && entry["status"] == 200;
        Asked {
            authorizations: count(&|entry| entry["route"] == "authorization"),
            refreshes: count(&|entry| answered(entry, "token") && entry["grant_type"] == "refresh_token"),
            revocations: count(&|entry| answered(entry, "revocation")),
            userinfos: count(&|entry| answered(entry, "userinfo")),
        }
    }
}
