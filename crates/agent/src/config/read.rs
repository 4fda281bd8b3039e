//! `config.toml` and `policy.toml`, read. Each is read whole or refused whole.

use std::io;
use std::path::Path;
use std::sync::Arc;

use abide_decision::Rule;
use serde::Deserialize;
use toml::de::{DeTable, DeValue, Deserializer, Error, ValueDeserializer};
use toml::{Spanned, Table};

use crate::config::policy::{EVERY_ACCOUNT, IDENTITY, Policy};
#[cfg(test)]
use crate::config::text::read_or_empty;
use crate::config::text::{LONGEST_FILE, position};
use crate::config::validate::check;
use crate::config::{AccountConfig, Config, ConfigError};
use crate::options::PolicyFile;
use crate::platform::{file, managed};

impl Config {
    /// Reads a file without a policy.
    #[cfg(test)]
    pub(crate) fn read(path: &Path) -> Result<Self, ConfigError> {
        Self::parse(path, &read_or_empty(path)?)
    }

    /// Reads the file, without a policy.
    #[cfg(any(test, feature = "fuzzing"))]
    pub(crate) fn parse(path: &Path, text: &str) -> Result<Self, ConfigError> {
        Self::parse_under(path, text, Arc::default())
    }

    /// Reads the file, under a policy.
    pub(crate) fn parse_under(path: &Path, text: &str, policy: Arc<Policy>) -> Result<Self, ConfigError> {
        let refused = |error: toml::de::Error| {
            let (line, column) = error.span().map_or((1, 1), |span| position(text, span.start));
            ConfigError::Form { path: path.to_owned(), line, column, message: error.message().to_owned() }
        };
        let mut config: Self = if policy.is_there() {
            user_form(text, &policy).map_err(refused)?;
            let user = toml::from_str(text).map_err(refused)?;
            policy.over(&user).try_into().map_err(refused)?
        } else {
            toml::from_str(text).map_err(refused)?
        };
        for (name, account) in &mut config.accounts {
            account.proxy = account.proxy.take().or_else(|| config.proxy.clone());
            account.locked = policy.locked_settings(name);
            policy.reconcile(name, account);
            check(name, account).map_err(|message| ConfigError::Account {
                path: path.to_owned(),
                account: name.clone(),
                message,
            })?;
        }
        for proxy in config.proxies.0.values_mut() {
            proxy.proxy = proxy.proxy.take().or_else(|| config.proxy.clone());
        }
        config.policy = policy;
        Ok(config)
    }
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Form {
    locked: Table,
    default: Table,
    allow: Vec<Rule>,
    forbid: Vec<Rule>,
    web: Vec<Site>,
}

/// The origin of a web site whose pages may ask the user.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Site {
    #[serde(deserialize_with = "origin")]
    origin: String,
}

/// An origin as browsers write it, of a site that is not changed on the way.
fn origin<'de, D: serde::Deserializer<'de>>(text: D) -> Result<String, D::Error> {
    let text = String::deserialize(text)?;
    let written = url::Url::parse(&text).map(|url| url.origin().ascii_serialization());
    if text.starts_with("https://") && written.as_ref() == Ok(&text) {
        return Ok(text);
    }
    Err(serde::de::Error::custom(
        "`origin` has to be an origin as browsers write it, for example https://app.example.com",
    ))
}

impl Policy {
    /// Reads the file. Without one there is no policy; one that cannot be relied on is refused.
    pub(crate) fn read(file: &PolicyFile) -> Result<Self, ConfigError> {
        if file.is_of_this_system() {
            let managed = managed::read().map_err(|error| ConfigError::File { path: file.place(), error })?;
            if let Some(managed) = managed.filter(|managed| !managed.values.is_empty()) {
                return Self::of_values(&managed);
            }
        }
        let Some(path) = file.path() else { return Ok(Self::default()) };
        let text = match file::read_text(path, LONGEST_FILE) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Self::default()),
            text => text.map_err(|error| ConfigError::File { path: path.to_owned(), error })?,
        };
        if !file.may_belong_to_this_user() && !file::only_root_may_write(path) {
            return Err(ConfigError::PolicyNotTrusted(path.to_owned()));
        }
        Self::parse(path, &text)
    }

    pub(crate) fn parse(path: &Path, text: &str) -> Result<Self, ConfigError> {
        let refused = |error: Error| {
            let (line, column) = error.span().map_or((1, 1), |span| position(text, span.start));
            ConfigError::Policy { path: path.to_owned(), line, column, message: error.message().to_owned() }
        };
        let form: Form = toml::from_str(text).map_err(refused)?;
        let mut parts = DeTable::parse(text).map_err(refused)?.into_inner();
        for part in ["locked", "default"] {
            parts.remove(part).map_or(Ok(()), well_formed).map_err(refused)?;
        }
        let Form { locked, default, allow, forbid, web } = form;
        let sites = web.into_iter().map(|site| site.origin).collect();
        Ok(Self { path: Some(path.to_owned()), locked, default, allow, forbid, sites })
    }
}

/// Whether a part of the policy has the form of a configuration.
fn well_formed(part: Spanned<DeValue<'_>>) -> Result<(), Error> {
    let span = part.span();
    let DeValue::Table(mut part) = part.into_inner() else { return Ok(()) };
    if let Some(account) = part.remove(EVERY_ACCOUNT) {
        account_form(account)?;
    }
    if let Some(accounts) = part.remove("accounts") {
        match accounts.into_inner() {
            DeValue::Table(accounts) => {
                accounts.into_iter().try_for_each(|(_, account)| account_form(account))?;
            }
            _ => return Err(serde::de::Error::custom("`accounts` has to be a table")),
        }
    }
    Config::deserialize(Deserializer::from(Spanned::new(span, part))).map(drop)
}

/// Whether a value has the form of an account, which may leave out where it is.
fn account_form(account: Spanned<DeValue<'_>>) -> Result<(), Error> {
    let span = account.span();
    let mut value = account.into_inner();
    if let DeValue::Table(table) = &mut value {
        stand_in(table);
    }
    AccountConfig::deserialize(ValueDeserializer::from(Spanned::new(span, value))).map(drop)
}

/// Puts something in the place of what another file says.
fn stand_in(account: &mut DeTable<'_>) {
    for key in IDENTITY {
        if !account.contains_key(key) {
            account.insert(Spanned::new(0..0, key.into()), Spanned::new(0..0, DeValue::String(key.into())));
        }
    }
}

/// Whether a user's file has the form of a configuration, where accounts that the policy ships may leave out where they are.
fn user_form(text: &str, policy: &Policy) -> Result<(), Error> {
    let document = DeTable::parse(text)?;
    let span = document.span();
    let mut table = document.into_inner();
    if let Some(accounts) = table.get_mut("accounts")
        && let DeValue::Table(accounts) = accounts.get_mut()
    {
        for (name, account) in accounts.iter_mut() {
            if policy.ships(name.get_ref())
                && let DeValue::Table(account) = account.get_mut()
            {
                stand_in(account);
            }
        }
    }
    Config::deserialize(Deserializer::from(Spanned::new(span, table))).map(drop)
}
