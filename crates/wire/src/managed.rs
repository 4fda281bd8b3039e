//! The settings that an administrator can manage outside of a file: in the Windows registry and in managed preferences on macOS.
//! The templates for group policies are made from this table, and values that come from there are read by it.

/// What a setting takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A text.
    Text,
    /// One of these texts.
    Choice(&'static [&'static str]),
    /// Yes or no. In the registry 1 or 0.
    Flag,
    /// A whole number between these.
    Number(u32, u32),
    /// Texts.
    List,
    /// Texts with names that are not known beforehand: a key of values of its own.
    Named,
}

/// A setting.
#[derive(Clone, Copy, Debug)]
pub struct Managed {
    /// The setting in `config.toml`, from its table on: `session.end_after`.
    pub path: &'static str,
    /// What it takes.
    pub kind: Kind,
    /// A short name.
    pub title: &'static str,
    /// What it does, and an example or the default.
    pub text: &'static str,
}

const fn row(path: &'static str, kind: Kind, title: &'static str, text: &'static str) -> Managed {
    Managed { path, kind, title, text }
}

/// The settings that count for all accounts together.
pub const PROGRAM: &[Managed] = &[
    row(
        "language",
        Kind::Choice(&["en", "es", "de"]),
        "Language",
        "What window, tray, dialogs and notifications speak. Default: the language of the system.",
    ),
    row(
        "account_order",
        Kind::List,
        "Order of the accounts",
        "The names of accounts, one per line, as window and tray show them. Others follow by name.",
    ),
    row(
        "restart_after_upgrade",
        Kind::Flag,
        "Restart after an upgrade",
        "Whether Abide restarts by itself when another version is installed while it runs. Sessions continue. Default: yes.",
    ),
    row(
        "updates",
        Kind::Choice(&["off", "notify", "install"]),
        "Newer versions",
        "What Abide does about newer versions of itself: off, notify (it asks its server once a day and tells the user), or install. Only an AppImage is installed; other packages are left to the system. Default: off.",
    ),
    row(
        "links",
        Kind::Flag,
        "Links that add an account",
        "Whether links that begin with abide: can ask the user to add an account. Nothing is added without the user. Default: yes.",
    ),
    row(
        "browser",
        Kind::List,
        "Browser",
        "The program that opens the sign-in page, and its arguments, one per line. Default: the browser of the system.",
    ),
    row(
        "proxy",
        Kind::Text,
        "Proxy",
        "The proxy to every provider: system, none, or an address such as http://proxy.example.com:3128.",
    ),
    row(
        "endpoint.port",
        Kind::Number(0, 65_535),
        "Port of the local endpoint",
        "The port on 127.0.0.1 where programs get tokens. 0: any free port. Default: 47600.",
    ),
    row(
        "vault.mode",
        Kind::Choice(&["keyring", "passphrase", "memory"]),
        "Where sessions are stored",
        "keyring: in the keyring of the system (default). passphrase: in a file with a passphrase. memory: not at all, so that users sign in again after each start.",
    ),
    row(
        "vault.passphrase_file",
        Kind::Text,
        "File with the passphrase",
        "Where the passphrase is, if sessions are stored with one.",
    ),
    row(
        "audit.file_mib",
        Kind::Number(0, 1024),
        "Size of a file of the record",
        "In MiB. A new file begins at this size. Default: 8.",
    ),
    row(
        "audit.keep_files",
        Kind::Number(2, 10_000),
        "Files of the record",
        "How many files of the record are kept. Default: 32.",
    ),
    row(
        "audit.if_not_written",
        Kind::Choice(&["serve", "refuse"]),
        "If the record cannot be written",
        "serve: programs still get tokens, and Abide shows a warning (default). refuse: no program gets a token.",
    ),
    row(
        "audit.syslog",
        Kind::Flag,
        "Copy the record to the log of the system",
        "On systems with /dev/log. Default: no.",
    ),
    row(
        "logout_listener.address",
        Kind::Text,
        "Address for logout notifications",
        "Where Abide waits for notifications of providers. Default: 127.0.0.1.",
    ),
    row("logout_listener.port", Kind::Number(0, 65_535), "Port for logout notifications", "Default: 47601."),
    row(
        "logout_listener.hosts",
        Kind::List,
        "Names for logout notifications",
        "The names under which the address is reached from elsewhere, one per line.",
    ),
];

/// The settings of an account: of every account (`account`), or of one (`accounts`, then its name).
pub const ACCOUNT: &[Managed] = &[
    row("issuer", Kind::Text, "Issuer", "The provider, exactly as it writes itself: https://id.example.com."),
    row("client_id", Kind::Text, "Client ID", "The identifier that the provider has for Abide."),
    row(
        "label",
        Kind::Text,
        "Title",
        "Shown instead of the name, at most 64 characters. Commands and questions about apps show the name.",
    ),
    row(
        "session.end_after",
        Kind::Text,
        "Session ends without use after",
        "A duration such as 15m or 1h. Default: 15m.",
    ),
    row(
        "session.warn_after",
        Kind::Text,
        "Ask the user after",
        "When Abide asks whether to keep the session. Shorter than the end. Default: 12m.",
    ),
    row("session.absolute", Kind::Text, "Longest session", "A duration such as 10h. Default: 12h."),
    row(
        "session.activity",
        Kind::Choice(&["requests", "input", "both"]),
        "What counts as use",
        "requests: programs that ask for tokens (default). input: keyboard and mouse. both: either.",
    ),
    row(
        "session.on_lock",
        Kind::Choice(&["keep", "freeze", "end"]),
        "When the screen is locked",
        "keep: the session continues. freeze: no program gets a token until it is unlocked (default). end: the user is signed out.",
    ),
    row(
        "session.remind",
        Kind::Flag,
        "Remind of the longest session",
        "Tell the user before the longest session is over, which no use of the session can move. Default: yes.",
    ),
    row(
        "session.remind_provider",
        Kind::Flag,
        "Remind of the provider's end",
        "Tell the user before an end that the provider has fixed, which no use of the session can move. Default: yes.",
    ),
    row(
        "provider.watch",
        Kind::List,
        "Notice the end at the provider",
        "How Abide learns that the provider has ended the session, one per line: iframe, refresh, userinfo, introspection, frontchannel, backchannel, events.",
    ),
    row("provider.poll", Kind::Text, "Ask the provider every", "A duration such as 60s. Default: 60s."),
    row(
        "provider.events",
        Kind::Text,
        "Address of security events",
        "Where Abide fetches security event tokens (RFC 8936).",
    ),
    row(
        "provider.events_transmitter",
        Kind::Text,
        "Transmitter of security events",
        "The issuer of the transmitter at which Abide makes a stream of security events (Shared Signals Framework 1.0).",
    ),
    row(
        "provider.events_push",
        Kind::Flag,
        "Accept security events",
        "The provider sends security event tokens to the logout listener (RFC 8935). Default: no.",
    ),
    row(
        "provider.events_push_url",
        Kind::Text,
        "Address for security events",
        "Where the transmitter reaches the logout listener. Only with a transmitter and accepted events.",
    ),
    row(
        "provider.claims",
        Kind::Flag,
        "Read what the provider says about the user",
        "Read UserInfo at the sign-in and with each renewal. Default: yes.",
    ),
    row(
        "logout.provider",
        Kind::Flag,
        "Sign out at the provider too",
        "Open the provider's sign-out page when the user signs out. Default: no.",
    ),
    row(
        "logout.revoke",
        Kind::Flag,
        "Revoke tokens",
        "Revoke the tokens at the provider when the session ends. Default: yes.",
    ),
    row(
        "logout.verify",
        Kind::Flag,
        "Try the tokens after the sign-out",
        "See whether the provider still accepts them. Default: yes.",
    ),
    row(
        "logout.redirect_uri",
        Kind::List,
        "Addresses after the sign-out",
        "Where the provider sends the browser after the sign-out, one per line. They must be registered there.",
    ),
    row(
        "logout.extra",
        Kind::Named,
        "More parameters of the sign-out",
        "Names and values of the provider's own.",
    ),
    row(
        "issuer_template",
        Kind::Text,
        "Issuer of each tenant",
        "For providers with one issuer per tenant: https://id.example.com/{tenantid}/v2.0.",
    ),
    row("metadata_url", Kind::Text, "Address of the metadata", "Only if they are not below the issuer."),
    row(
        "openid",
        Kind::Flag,
        "OpenID Connect",
        "No for an OAuth authorization server without OpenID Connect. Default: yes.",
    ),
    row(
        "oauth_metadata",
        Kind::Flag,
        "Read OAuth metadata too",
        "If the others lack an endpoint (RFC 8414). Default: yes.",
    ),
    row(
        "require_pkce_support",
        Kind::Flag,
        "Require PKCE",
        "Refuse a provider whose metadata do not name PKCE with S256. Default: no.",
    ),
    row(
        "guard_redirect_port",
        Kind::Flag,
        "Catch codes that Abide did not ask for",
        "At a fixed redirect port. Default: no.",
    ),
    row(
        "initiate_login",
        Kind::Flag,
        "Accept links that ask to sign in",
        "At a fixed redirect port. Default: no.",
    ),
    row(
        "scopes",
        Kind::List,
        "Scopes",
        "What the sign-in asks for, one per line. Default: openid, profile, email, offline_access.",
    ),
    row(
        "redirect_uri",
        Kind::List,
        "Redirect URIs",
        "Where the browser comes back to, one per line; the first whose port is free. Default: http://127.0.0.1/callback with any free port.",
    ),
    row(
        "ca_file",
        Kind::Text,
        "Certificates",
        "A file with certificates in addition to those of the system.",
    ),
    row("timeout", Kind::Text, "Longest wait for an answer", "A duration between 1s and 2m. Default: 30s."),
    row("proxy", Kind::Text, "Proxy", "system, none, or an address such as http://proxy.example.com:3128."),
    row(
        "client_secret_file",
        Kind::Text,
        "File with the client secret",
        "Only for a provider that requires a secret.",
    ),
    row("client_key_file", Kind::Text, "File with the client key", "For private_key_jwt: PKCS #8 in PEM."),
    row("client_key_id", Kind::Text, "Name of the client key", "As the provider knows it (kid)."),
    row(
        "token_endpoint_auth_method",
        Kind::Choice(&["none", "client_secret_basic", "client_secret_post", "private_key_jwt"]),
        "How the client authenticates",
        "Default: what the provider supports.",
    ),
    row(
        "token_endpoint_auth_signing_alg",
        Kind::Text,
        "Algorithm of the client key",
        "If one is registered: ES256, RS256 or PS256.",
    ),
    row(
        "client_assertion_audience",
        Kind::Choice(&["issuer", "token_endpoint"]),
        "Audience of the client assertion",
        "Default: issuer.",
    ),
    row("id_token_signed_response_alg", Kind::Text, "Algorithm of ID tokens", "If one is registered."),
    row("userinfo_signed_response_alg", Kind::Text, "Algorithm of UserInfo", "If one is registered."),
    row(
        "trusted_audiences",
        Kind::List,
        "Other audiences of ID tokens",
        "Other clients that an ID token may also be made for, one per line.",
    ),
    row(
        "prompt",
        Kind::List,
        "Prompt",
        "Values of the parameter prompt, one per line: login, consent, select_account.",
    ),
    row("login_hint", Kind::Text, "Login hint", "The user name that the sign-in page begins with."),
    row(
        "acr_values",
        Kind::List,
        "Ways to sign in",
        "Authentication context classes in order of preference, one per line.",
    ),
    row(
        "max_age",
        Kind::Text,
        "Age of the sign-in",
        "How old the sign-in at the provider may be: a duration such as 8h.",
    ),
    row("ui_locales", Kind::List, "Languages of the sign-in page", "In order of preference, one per line."),
    row("resources", Kind::List, "Resources", "What access tokens are for (RFC 8707), one per line."),
    row(
        "resource_scope",
        Kind::Text,
        "Scope for one resource",
        "For providers without RFC 8707; {resource} stands for it.",
    ),
    row("audience", Kind::Text, "Audience", "What access tokens are for, at providers without RFC 8707."),
    row(
        "dpop",
        Kind::Choice(&["off", "offered", "required"]),
        "Bind access tokens",
        "To a key of the session (RFC 9449). Default: off.",
    ),
    row(
        "token_exchange",
        Kind::Flag,
        "Exchange tokens",
        "Get tokens for one resource by token exchange (RFC 8693). Default: where a renewal would spoil other tokens.",
    ),
    row(
        "response_mode",
        Kind::Choice(&["auto", "query", "form_post"]),
        "How the code comes back",
        "form_post keeps it out of the history of the browser. Default: auto, where the provider offers it.",
    ),
    row(
        "pushed_requests",
        Kind::Choice(&["auto", "off", "required"]),
        "Pushed authorization requests",
        "RFC 9126. Default: auto.",
    ),
    row(
        "device_pkce",
        Kind::Flag,
        "PKCE with a sign-in on another device",
        "If the provider requires it. Default: no.",
    ),
    row("extra", Kind::Named, "More parameters of the sign-in", "Names and values of the provider's own."),
    row(
        "claims",
        Kind::Named,
        "Names of claims",
        "Names of your own, each with the claim or a JSON Pointer to a part of one.",
    ),
];

/// What the rules for programs and web sites are written as: the table, the name in it, and what it is.
pub const RULES: &[(&str, &str, &str, &str)] = &[
    (
        "allow",
        "path",
        "Allow programs by path",
        "Programs that get tokens without a question, one path per line. Only administrators may be able to write to them.",
    ),
    (
        "allow",
        "sha256",
        "Allow programs by SHA-256",
        "Programs that get tokens without a question, one SHA-256 of the file per line.",
    ),
    (
        "forbid",
        "path",
        "Forbid programs by path",
        "Programs that get no token whatever the user answers, one path per line.",
    ),
    (
        "forbid",
        "sha256",
        "Forbid programs by SHA-256",
        "Programs that get no token whatever the user answers, one SHA-256 of the file per line.",
    ),
    (
        "web",
        "origin",
        "Web sites that may ask",
        "Public sites whose pages may ask the user for tokens, one origin per line: https://app.example.com.",
    ),
];

/// The key in `HKEY_LOCAL_MACHINE`.
pub const REGISTRY_KEY: &str = r"SOFTWARE\Policies\Abide";

/// The managed preferences of a computer on macOS.
pub const MANAGED_PREFERENCES: &str = "/Library/Managed Preferences/io.github.abide_session.abide.plist";
