//! How secrets stand in a record of the vault: as text. Memory that held such a text is wiped.

use std::sync::Arc;

use abide_oidc::DpopKey;
use abide_vault::Zeroizing;
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use secrecy::{ExposeSecret, SecretString};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

fn secret(text: &Zeroizing<String>) -> SecretString {
    SecretString::from(text.as_str().to_owned())
}

/// A token that need not be there.
pub(crate) mod token {
    use super::*;

    pub(crate) fn serialize<S: Serializer>(
        token: &Option<SecretString>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        token.as_ref().map(ExposeSecret::expose_secret).serialize(serializer)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<SecretString>, D::Error> {
        let text = Option::<Zeroizing<String>>::deserialize(deserializer)?;
        Ok(text.as_ref().map(secret))
    }
}

/// Several tokens.
pub(crate) mod tokens {
    use super::*;

    pub(crate) fn serialize<S: Serializer>(
        tokens: &[SecretString],
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(tokens.iter().map(ExposeSecret::expose_secret))
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Vec<SecretString>, D::Error> {
        let texts = Vec::<Zeroizing<String>>::deserialize(deserializer)?;
        Ok(texts.iter().map(secret).collect())
    }
}

/// A key, base64url. One that cannot be read is an error: without it, what is bound to it is of no use.
pub(crate) mod key {
    use super::*;

    pub(crate) fn serialize<S: Serializer>(
        key: &Option<Arc<DpopKey>>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        let text = key.as_ref().map(|key| Zeroizing::new(BASE64_URL_SAFE_NO_PAD.encode(*key.to_bytes())));
        text.as_ref().map(|text| text.as_str()).serialize(serializer)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Arc<DpopKey>>, D::Error> {
        let Some(text) = Option::<Zeroizing<String>>::deserialize(deserializer)? else { return Ok(None) };
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(text.as_bytes()).map(Zeroizing::new);
        let bytes = bytes.map_err(|_| D::Error::custom("not base64url"))?;
        let key = DpopKey::from_bytes(&bytes).map_err(|_| D::Error::custom("not a key"))?;
        Ok(Some(Arc::new(key)))
    }
}
