//! A job: a program that was started with `abide run`, and everything that it starts.

use core::fmt;

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::aws::AwsRole;

/// The body of `POST /v1/jobs`. What the tokens are for is in the query, as for `GET /v1/token`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct JobRequest {
    /// The dialects that the program may use, by their names.
    #[serde(default)]
    pub dialects: Vec<String>,
    /// The program and its arguments, to be shown to the user.
    #[serde(default)]
    pub command: Vec<String>,
    /// Whether a file with the token is wanted.
    #[serde(default)]
    pub token_file: bool,
    /// The role at AWS whose credentials the program gets, if one of its dialects gives such credentials.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub aws: Option<AwsRole>,
}

/// The key of a job. It cannot be printed or compared, and is wiped when dropped.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(transparent)]
pub struct JobKey(#[cfg_attr(feature = "schema", schemars(with = "String"))] Zeroizing<String>);

impl JobKey {
    /// Takes ownership of the key.
    #[must_use]
    pub fn new(key: String) -> Self {
        Self(Zeroizing::new(key))
    }

    /// The key itself. Give it only to the program of the job.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for JobKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JobKey(…)")
    }
}

/// The answer of `POST /v1/jobs`. The job ends with the process that asked for it.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct JobAnswer {
    /// Which job this is.
    pub id: u64,
    /// The account whose tokens it gets.
    pub account: String,
    /// Where its dialects over HTTP listen: `127.0.0.1:PORT`.
    pub address: String,
    /// What its programs show there.
    pub key: JobKey,
    /// The file with the key.
    pub key_file: String,
    /// The file with the token, if one was wanted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token_file: Option<String>,
}
