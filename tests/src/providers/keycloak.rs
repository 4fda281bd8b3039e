//! Keycloak: one server for all tests of a program, with a separate realm for each.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::OnceCell;

use super::other_site::CERTIFICATES;
use super::{Asked, OtherSite, PASSWORD, django::SECRET};
use crate::owned::Owned;
use crate::tab::Tab;
use crate::{eventually, http, s, workspace};

/// A start takes ten seconds on two idle processors; this is for a busy machine.
const START: Duration = s(240);
/// The administrator of a server that only the tests reach. It is in the database from the installation (`xtask`).
const ADMINISTRATOR: &str = "administrator";

static SERVER: OnceCell<Server> = OnceCell::const_new();
static REALMS: AtomicUsize = AtomicUsize::new(0);

/// Settings that a test may change.
#[derive(Clone, Debug)]
pub struct RealmSettings {
    /// How long an access token lives.
    pub access_token: Duration,
    /// The lifetime of the provider's session without use.
    pub session_idle: Duration,
    /// The longest lifetime of the provider's session.
    pub session_max: Duration,
    /// The origins of Abide's pages: `check_session_iframe` answers only them. The origin of the redirect URI with its port,
    /// which Keycloak does not ignore here as it does in redirect URIs; `*` for any.
    pub web_origins: Vec<String>,
    /// The front-channel logout URI.
    pub front_channel_logout: Option<String>,
    /// The back-channel logout URI.
    pub back_channel_logout: Option<String>,
    /// A name other than 127.0.0.1, over https.
    pub site: Option<OtherSite>,
}

impl Default for RealmSettings {
    fn default() -> Self {
        Self {
            access_token: s(300),
            session_idle: s(1800),
            session_max: s(36000),
            web_origins: vec!["*".to_owned()],
            front_channel_logout: None,
            back_channel_logout: None,
            site: None,
        }
    }
}

/// A realm with alice and bob; its issuer is `ORIGIN/realms/NAME`.
pub struct Realm {
    server: &'static Server,
    name: String,
    pub(super) issuer: String,
    /// The other site that it is on, if it is.
    other: Option<OtherSite>,
}

impl Realm {
    /// The reason why it is missing here, if there is one.
    #[must_use]
    pub fn missing() -> Option<&'static str> {
        let there = installed().join("abide-version").is_file();
        (!there).then_some("Keycloak is not in target/tools; `./x setup` installs it where there is Java")
    }

    pub(super) async fn create(settings: &RealmSettings) -> Self {
        let server = SERVER.get_or_init(Server::start).await;
        let name = format!("r{}", REALMS.fetch_add(1, Ordering::Relaxed));
        let origin = match &settings.site {
            Some(site) => format!("https://{}:{}", site.name(), server.https_port),
            None => server.origin.clone(),
        };
        let issuer = format!("{origin}/realms/{name}");
        server.ask(reqwest::Method::POST, "", Some(&representation(&name, &issuer, settings))).await;
        Self { server, name, issuer, other: settings.site.clone() }
    }

    /// The settings of an account that uses it.
    pub(super) fn account_settings(&self) -> String {
        let believed =
            self.other.as_ref().map(|site| format!("ca_file = \"{}\"\n", site.authority.display()));
        believed.unwrap_or_default()
    }

    pub(super) fn http(&self) -> reqwest::Client {
        self.other.as_ref().map_or_else(http, |other| other.http(self.server.https_port))
    }

    /// Changes the registration of the client `abide`: members of the admin interface's `ClientRepresentation`. `attributes`
    /// are replaced one by one, everything else completely.
    ///
    /// # Panics
    ///
    /// When Keycloak refuses.
    pub async fn change_client(&self, changes: &Value) {
        let found = self.get("/clients?clientId=abide").await;
        let mut client = found[0].clone();
        for (member, value) in changes.as_object().into_iter().flatten() {
            match (client[member].as_object_mut(), value.as_object()) {
                (Some(old), Some(new)) => {
                    old.extend(new.iter().map(|(key, value)| (key.clone(), value.clone())));
                }
                _ => client[member] = value.clone(),
            }
        }
        let id = client["id"].as_str().unwrap_or_default().to_owned();
        let path = format!("/{}/clients/{id}", self.name);
        self.server.ask(reqwest::Method::PUT, &path, Some(&client)).await;
    }

    /// An initial access token for one registration.
    ///
    /// # Panics
    ///
    /// When Keycloak refuses.
    pub async fn initial_access_token(&self) -> String {
        let path = format!("/{}/clients-initial-access", self.name);
        let wanted = json!({ "count": 1, "expiration": 600 });
        let made = self.server.ask(reqwest::Method::POST, &path, Some(&wanted)).await;
        made["token"].as_str().unwrap_or_else(|| panic!("a token in {made}")).to_owned()
    }

    /// Ends all sessions of a person, as an administrator does.
    ///
    /// # Panics
    ///
    /// When Keycloak refuses.
    pub async fn end_sessions_of(&self, user: &str) {
        let found = self.get(&format!("/users?exact=true&username={user}")).await;
        let id = found[0]["id"].as_str().unwrap_or_else(|| panic!("{user} in {found}")).to_owned();
        let path = format!("/{}/users/{id}/logout", self.name);
        self.server.ask(reqwest::Method::POST, &path, None).await;
    }

    /// Makes another realm the identity provider behind this one, by the name `upstream`. The people of this realm are removed:
    /// they come from the other one.
    ///
    /// # Panics
    ///
    /// When Keycloak refuses.
    pub async fn asks(&self, upstream: &Self) {
        let back = format!("{}/broker/upstream/endpoint", self.issuer);
        let client = json!({
            "clientId": "abide-broker", "publicClient": false, "secret": SECRET, "standardFlowEnabled": true,
            "redirectUris": [back],
            "attributes": { "post.logout.redirect.uris": format!("{back}/logout_response") },
        });
        let path = format!("/{}/clients", upstream.name);
        self.server.ask(reqwest::Method::POST, &path, Some(&client)).await;
        let at = |endpoint: &str| format!("{}/protocol/openid-connect/{endpoint}", upstream.issuer);
        let behind = json!({
            "alias": "upstream", "providerId": "oidc", "enabled": true, "trustEmail": true,
            "config": {
                "issuer": upstream.issuer, "authorizationUrl": at("auth"), "tokenUrl": at("token"),
                "userInfoUrl": at("userinfo"), "logoutUrl": at("logout"), "jwksUrl": at("certs"),
                "useJwksUrl": "true", "validateSignature": "true", "defaultScope": "openid profile email",
                "clientId": "abide-broker", "clientSecret": SECRET, "clientAuthMethod": "client_secret_post",
            },
        });
        let path = format!("/{}/identity-provider/instances", self.name);
        self.server.ask(reqwest::Method::POST, &path, Some(&behind)).await;
        for user in self.get("/users").await.as_array().into_iter().flatten() {
            let path = format!("/{}/users/{}", self.name, user["id"].as_str().unwrap_or_default());
            self.server.ask(reqwest::Method::DELETE, &path, None).await;
        }
    }

    /// The number of sessions that a person has here.
    ///
    /// # Panics
    ///
    /// When Keycloak does not know the person.
    pub async fn sessions_of(&self, user: &str) -> usize {
        let found = self.get(&format!("/users?exact=true&username={user}")).await;
        let id = found[0]["id"].as_str().unwrap_or_else(|| panic!("{user} in {found}")).to_owned();
        self.get(&format!("/users/{id}/sessions")).await.as_array().map_or(0, Vec::len)
    }

    async fn get(&self, path: &str) -> Value {
        self.server.ask(reqwest::Method::GET, &format!("/{}{path}", self.name), None).await
    }

    pub(super) async fn asked(&self) -> Asked {
        let events = self.get("/events?max=1000").await;
        let events = events.as_array().cloned().unwrap_or_default();
        let count = |kind: &str| {
            events.iter().filter(|event| event["type"] == kind && event["clientId"] == "abide").count()
        };
        Asked {
            authorizations: count("LOGIN"),
            refreshes: count("REFRESH_TOKEN"),
            revocations: count("REVOKE_GRANT"),
            userinfos: count("USER_INFO_REQUEST"),
        }
    }

    pub(super) async fn sign_out_in_tab(&self, page: &impl Tab) {
        page.go(&format!("{}/protocol/openid-connect/logout", self.issuer)).await;
        super::confirm(page, "#kc-logout", "you are logged out").await;
    }
}

/// The realm in Keycloak's import format.
fn representation(name: &str, issuer: &str, settings: &RealmSettings) -> Value {
    let user = |user: &str| {
        let first = user[..1].to_uppercase() + &user[1..];
        json!({
            "username": user, "enabled": true, "email": format!("{user}@example.com"), "emailVerified": true,
            "firstName": first, "lastName": "Example",
            "credentials": [{ "type": "password", "value": PASSWORD, "temporary": false }],
            "realmRoles": ["offline_access", format!("default-roles-{name}")],
        })
    };
    // A token can be introspected only by its audience.
    let audience = json!({
        "name": "resource-server", "protocol": "openid-connect", "protocolMapper": "oidc-audience-mapper",
        "config": { "included.client.audience": "resource-server", "access.token.claim": "true" },
    });
    let abide = json!({
        "clientId": "abide", "name": "Abide", "publicClient": true, "standardFlowEnabled": true,
        "redirectUris": ["http://127.0.0.1/callback"],
        "webOrigins": settings.web_origins,
        "protocolMappers": [audience],
        "frontchannelLogout": settings.front_channel_logout.is_some(),
        "attributes": {
            "pkce.code.challenge.method": "S256",
            "post.logout.redirect.uris": "http://127.0.0.1/signed-out",
            "frontchannel.logout.url": settings.front_channel_logout,
            "frontchannel.logout.session.required": "true",
            "backchannel.logout.url": settings.back_channel_logout,
            "backchannel.logout.session.required": "true",
            "oauth2.device.authorization.grant.enabled": "true",
        },
    });
    let mut signed = abide.clone();
    signed["clientId"] = "abide-signed".into();
    signed["attributes"]["user.info.response.signature.alg"] = "ES256".into();
    // It exchanges only tokens that were issued to itself, and only for clients with a secret.
    let exchanger = json!({
        "clientId": "exchanger", "publicClient": false, "secret": SECRET, "standardFlowEnabled": true,
        "redirectUris": ["http://127.0.0.1/callback"],
        "attributes": { "standard.token.exchange.enabled": "true" },
    });
    // Another app that people sign in to in the same browser. Its redirect URI is an existing page.
    let elsewhere = json!({
        "clientId": "elsewhere", "publicClient": true, "standardFlowEnabled": true,
        "redirectUris": [format!("{issuer}/.well-known/openid-configuration")],
    });
    let resource_server = json!({
        "clientId": "resource-server", "publicClient": false, "secret": SECRET, "standardFlowEnabled": false,
    });
    json!({
        "realm": name, "enabled": true,
        "accessTokenLifespan": settings.access_token.as_secs(),
        "ssoSessionIdleTimeout": settings.session_idle.as_secs(),
        "ssoSessionMaxLifespan": settings.session_max.as_secs(),
        "revokeRefreshToken": true, "refreshTokenMaxReuse": 0,
        "eventsEnabled": true,
        "enabledEventTypes":
            ["LOGIN", "CODE_TO_TOKEN", "REFRESH_TOKEN", "REVOKE_GRANT", "USER_INFO_REQUEST", "LOGOUT"],
        "users": [user(super::USER), user(super::OTHER_USER)],
        "clients": [abide, signed, elsewhere, exchanger, resource_server],
    })
}

fn installed() -> PathBuf {
    workspace().join("target/tools/keycloak")
}

/// The running program.
struct Server {
    /// A static value is never dropped: the kernel ends the program together with this one.
    _program: Owned,
    origin: String,
    /// The port of the other site.
    https_port: u16,
}

impl Server {
    async fn start() -> Self {
        let home = home_of_its_own(&installed());
        let program = start(&home);
        let (origin, https_port) = eventually("Keycloak", START, || async {
            let output = program.output();
            assert!(!output.contains("Failed to start"), "{output}");
            // The last line of its start; earlier answers are not complete.
            let (_, said) = output.split_once("Listening on: ")?;
            let address = |scheme: &str| {
                let mut words = said.lines().next()?.split(|c: char| c.is_whitespace());
                words.find(|word| word.starts_with(scheme)).map(|word| word.trim_end_matches('.').to_owned())
            };
            let (origin, secure) = (address("http://")?, address("https://")?);
            let https_port = secure.rsplit(':').next()?.parse().ok()?;
            let answer = http().get(format!("{origin}/realms/master")).send().await.ok()?;
            answer.status().is_success().then_some((origin, https_port))
        })
        .await;
        Self { _program: program, origin, https_port }
    }

    /// Calls the admin interface; `path` is below `/admin/realms`.
    async fn ask(&self, method: reqwest::Method, path: &str, body: Option<&Value>) -> Value {
        let token: Value = http()
            .post(format!("{}/realms/master/protocol/openid-connect/token", self.origin))
            .form(&[
                ("grant_type", "password"),
                ("client_id", "admin-cli"),
                ("username", ADMINISTRATOR),
                ("password", PASSWORD),
            ])
            .send()
            .await
            .expect("an answer to the administrator")
            .json()
            .await
            .expect("the administrator's token");
        let token = token["access_token"].as_str().expect("a token for the administrator");
        let mut request =
            reqwest::Client::request(&http(), method, format!("{}/admin/realms{path}", self.origin))
                .bearer_auth(token)
                .timeout(s(60));
        if let Some(body) = body {
            request = request.json(body);
        }
        let answer = request.send().await.expect("an answer from the admin interface");
        let status = answer.status();
        let text = answer.text().await.unwrap_or_default();
        assert!(status.is_success(), "{path}: {status} {text}");
        serde_json::from_str(&text).unwrap_or_default()
    }
}

/// A folder for the files of this run of Keycloak, with the installed program linked into it. Those of earlier runs are
/// removed: a test program has no time to do it at its end.
fn home_of_its_own(installed: &Path) -> PathBuf {
    let runs = installed.with_file_name("keycloak-runs");
    for entry in std::fs::read_dir(&runs).into_iter().flatten().flatten() {
        if !Path::new("/proc").join(entry.file_name()).exists() {
            let _ = std::fs::remove_dir_all(entry.path());
        }
    }
    let home = runs.join(std::process::id().to_string());
    let _ = std::fs::remove_dir_all(&home);
    for folder in ["conf", "data/tmp", "data/h2", "providers"] {
        std::fs::create_dir_all(home.join(folder)).expect("a folder for Keycloak");
    }
    let database = "data/h2/keycloakdb.mv.db";
    std::fs::copy(installed.join(database), home.join(database)).expect("a copy of Keycloak's database");
    std::os::unix::fs::symlink(installed.join("lib"), home.join("lib")).expect("link Keycloak's libraries");
    home
}

/// Starts it without its script: as the script's child it would not be ended if the test program dies.
fn start(home: &Path) -> Owned {
    let path = |inside: &str| home.join(inside).to_string_lossy().into_owned();
    let mut arguments: Vec<String> = [
        "-Xms64m",
        "-Xmx512m",
        "-XX:MaxMetaspaceSize=256m",
        // A short life with little work: a faster start matters more than speed.
        "-XX:+UseSerialGC",
        "-XX:TieredStopAtLevel=1",
        "-Djava.util.logging.manager=org.jboss.logmanager.LogManager",
        "-Djava.util.concurrent.ForkJoinPool.common.threadFactory=\
         io.quarkus.bootstrap.forkjoin.QuarkusForkJoinWorkerThreadFactory",
        "-Dpicocli.disable.closures=true",
    ]
    .map(str::to_owned)
    .to_vec();
    arguments.push(format!("-Djava.io.tmpdir={}", path("data/tmp")));
    arguments.push(format!("-Dkc.home.dir={}", path("")));
    arguments.push(format!("-Djboss.server.config.dir={}", path("conf")));
    for package in ["java.lang", "java.util", "java.util.concurrent", "java.security"] {
        arguments.push(format!("--add-opens=java.base/{package}=ALL-UNNAMED"));
    }
    arguments.extend(["-cp".to_owned(), path("lib/quarkus-run.jar")]);
    arguments.extend(
        [
            "io.quarkus.bootstrap.runner.QuarkusEntryPoint",
            "start",
            "--optimized",
            "--http-enabled=true",
            "--http-host=127.0.0.1",
            "--http-port=0",
            "--https-port=0",
            "--hostname-strict=false",
            "--cache=local",
        ]
        .map(str::to_owned),
    );
    for (option, name, pem) in [
        ("--https-certificate-file", "conf/site.pem", &CERTIFICATES.site),
        ("--https-certificate-key-file", "conf/site-key.pem", &CERTIFICATES.key),
    ] {
        std::fs::write(home.join(name), pem).expect("write a certificate for Keycloak");
        arguments.push(format!("{option}={}", path(name)));
    }
    let environment = [
        ("PATH", std::env::var("PATH").unwrap_or_else(|_| "/usr/local/bin:/usr/bin:/bin".into())),
        ("HOME", path("data")),
        ("LANG", "C.UTF-8".into()),
    ]
    .map(|(name, value)| (name.to_owned(), value));
    let home = home.to_owned();
    let (sender, started) = std::sync::mpsc::channel();
    // The kernel ends the program together with the thread that has started it. A test's own thread ends long before the
    // last test, so this thread stays as long as the process does.
    std::thread::spawn(move || {
        let _ = sender.send(Owned::start(Path::new("java"), arguments, &environment, &home.join("data")));
        loop {
            std::thread::park();
        }
    });
    started.recv().expect("Keycloak's process")
}
