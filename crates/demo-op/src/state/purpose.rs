//! The purposes of pages: validated requests that wait for a person.

#[derive(Clone)]
pub(crate) enum Purpose {
    Authorize(AuthorizationRequest),
    EndSession(EndSessionRequest),
    Device(DeviceRequest),
}

/// A validated authorization request (OpenID Connect Core 3.1.2.1, RFC 7636).
#[derive(Clone)]
pub(crate) struct AuthorizationRequest {
    pub(crate) client_id: String,
    pub(crate) redirect_uri: String,
    pub(crate) state: Option<String>,
    /// The answer is a form.
    pub(crate) form_post: bool,
    pub(crate) nonce: Option<String>,
    pub(crate) scope: Vec<String>,
    pub(crate) code_challenge: String,
    pub(crate) prompt: Prompt,
    pub(crate) max_age: Option<u64>,
    pub(crate) login_hint: Option<String>,
    /// The subject of the `id_token_hint`.
    pub(crate) hinted_subject: Option<String>,
    pub(crate) acr_values: Option<String>,
    pub(crate) resource: Vec<String>,
    /// The key that the code is bound to (RFC 9449 section 10).
    pub(crate) dpop_jkt: Option<String>,
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Prompt {
    #[default]
    AsNeeded,
    None,
    Login,
    /// `consent` or `select_account`: a person who is signed in is asked whether to continue.
    Ask,
}

/// A validated request to sign out.
#[derive(Clone, Default)]
pub(crate) struct EndSessionRequest {
    /// The `sid` of the ID token that was sent as a hint.
    pub(crate) sid: Option<String>,
    /// The subject of that ID token.
    pub(crate) subject: Option<String>,
    /// The target after the sign-out, with `state` added.
    pub(crate) return_to: Option<String>,
    /// The client's name on the pages.
    pub(crate) client: Option<String>,
}

/// The state of the device page: empty until a code is entered.
#[derive(Clone)]
pub(crate) enum DeviceRequest {
    EnterCode,
    Confirm { user_code: String },
}
