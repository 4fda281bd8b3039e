//! The types that Abide's programs exchange: over the local API, with the command and with the window.
//!
//! Every answer of a local interface is one of these types, and so is every error code. The types keep two rules: no type
//! contains a refresh token, and only [`token::TokenAnswer`], which the window never receives, can contain an access token.
//! The key of a job ([`job::JobKey`]) is worth tokens as long as its program runs, and credentials of AWS ([`aws::AwsCredentials`]) are
//! what a token was exchanged for; the window does not receive these either.
//!
//! The crate does no I/O. It also defines where the local endpoint is ([`paths`]), because agent and clients have to agree
//! on that.

pub mod account;
pub mod activity;
pub mod audit;
pub mod aws;
pub mod claims;
pub mod config;
pub mod consent;
pub mod dialects;
pub mod error;
pub mod job;
pub mod language;
pub mod link;
pub mod managed;
pub mod mcp;
pub mod paths;
pub mod provider;
pub mod proxy;
pub mod session;
pub mod sign_in;
pub mod terminal;
pub mod text;
pub mod token;
pub mod updates;
pub mod vault;
pub mod window;

pub use account::{AccountAdded, AccountRemoved, AccountRequest, PRESETS};
pub use audit::AuditStatus;
pub use aws::{AwsCredentials, AwsRole, AwsSecret};
pub use claims::ClaimsAnswer;
pub use config::{ConfigCheck, ConfigProblem, Severity};
pub use consent::{
    AskedBecause, CallerKind, ConsentAnswer, ConsentQuestion, Consents, Label, LabelKind, LiveGrant, Span,
    Until,
};
pub use dialects::{DialectServer, DialectServers};
pub use error::{ConsentCase, ErrorAnswer, ErrorCode};
pub use job::{JobAnswer, JobKey, JobRequest};
pub use language::{Language, LanguageSetting};
pub use link::{AccountLink, LinkError};
pub use mcp::MCP_STATUS;
pub use provider::{ProviderEnd, SignOutPage, Signal, SignalState, SignalStatus};
pub use proxy::{ProxyList, ProxyStatus};
pub use session::{
    ActivityPolicy, EndReason, Evidence, LastErrorKind, Layer, LayerState, LayerStatus, Limit, LimitSource,
    Notice, NoticeKind, OnLock, PresenceStatus, Question, Reminder, SessionSettings, SessionState,
    SessionStatus, SettingField, SettingProblem, Snapshot, title,
};
pub use sign_in::{DeviceCode, SignInBegun};
pub use token::{AccessToken, TokenAnswer};
pub use updates::{UpdateMode, UpdateProblem, UpdateStatus};
pub use vault::{VaultMode, VaultStatus};

/// The TypeScript types for the window, as one module.
///
/// # Errors
///
/// When a type cannot be written as TypeScript, which is a mistake in this crate.
#[cfg(feature = "typescript")]
pub fn typescript() -> Result<String, ts_rs::ExportError> {
    use ts_rs::{Config, TS};
    let config = Config::default();
    let mut out = String::from("// Made from crates/wire by `./x types`. Do not edit.\n");
    macro_rules! add {
        ($($name:ty),* $(,)?) => {
            $(
                out.push_str("\nexport ");
                out.push_str(&<$name>::decl(&config));
                out.push('\n');
            )*
        };
    }
    add!(
        SessionState,
        EndReason,
        Limit,
        LimitSource,
        Layer,
        LayerState,
        Evidence,
        LayerStatus,
        Signal,
        SignalState,
        SignalStatus,
        ProviderEnd,
        SignOutPage,
        LastErrorKind,
        ActivityPolicy,
        OnLock,
        SessionSettings,
        SettingField,
        SettingProblem,
        Reminder,
        SessionStatus,
        Question,
        CallerKind,
        Span,
        Until,
        LabelKind,
        Label,
        AskedBecause,
        ConsentQuestion,
        ConsentAnswer,
        LiveGrant,
        Language,
        LanguageSetting,
        UpdateMode,
        UpdateProblem,
        UpdateStatus,
        Snapshot,
        NoticeKind,
        Notice,
        Severity,
        ConfigProblem,
        ConfigCheck,
        ClaimsAnswer,
        PresenceStatus,
        VaultMode,
        window::ProviderPreset,
        window::DiscoveredProvider,
        window::NewAccount,
        window::NewAccountAdded,
        AccountLink,
        window::Diagnosis,
        window::GrantKind,
        window::KeptGrant,
        window::PolicyRule,
        window::KeptGrants,
        activity::ActivityKind,
        activity::ActivityQuery,
        activity::ActivityCaller,
        activity::ActivityLine,
        activity::ActivityPage,
        activity::ActivityHour,
        activity::ActivityDay,
        activity::RecordFinding,
        activity::RecordReport,
        activity::RecordExport,
        window::WindowError,
    );
    Ok(out)
}
