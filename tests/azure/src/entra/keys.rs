//! Issuers' keys, fetched as Entra does: through the discovery document, over https.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use jsonwebtoken::jwk::Jwk;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use url::Url;
use vwi_test_server::TlsError;

use crate::issuers::DISCOVERY;

/// Longest time that an issuer may take to answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// The client that fetches keys, and what it has fetched.
#[derive(Debug)]
pub(crate) struct Keys {
    http: reqwest::Client,
    cache: Mutex<HashMap<String, Fetched>>,
}

#[derive(Clone, Debug)]
struct Fetched {
    keys: Vec<Jwk>,
    at: Instant,
}

/// Why there is no key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NoKey {
    /// The issuer's documents cannot be fetched or read, or name another issuer.
    Unreachable,
    /// The issuer has no key with this id.
    Unknown,
}

/// What Entra reads of a discovery document.
#[derive(Debug, Deserialize)]
struct Discovery {
    issuer: String,
    jwks_uri: String,
}

/// A key set whose keys are read one by one, as issuers publish kinds that nobody here knows.
#[derive(Debug, Deserialize)]
struct KeySet {
    keys: Vec<Value>,
}

impl Keys {
    pub(crate) fn new(roots_pem: &[String]) -> Result<Self, TlsError> {
        Ok(Self {
            http: vwi_test_server::client(roots_pem)?,
            cache: Mutex::default(),
        })
    }

    /// Returns an issuer's key: from what was fetched within `fresh`, else from the issuer.
    pub(crate) async fn get(&self, issuer: &str, kid: &str, fresh: Duration) -> Result<Jwk, NoKey> {
        if let Some(key) = self.cached(issuer, kid, fresh) {
            return Ok(key);
        }
        let keys = self.fetch(issuer).await?;
        let fetched = Fetched {
            keys,
            at: Instant::now(),
        };
        let key = find(&fetched.keys, kid);
        let mut cache = self.cache.lock().unwrap_or_else(PoisonError::into_inner);
        cache.insert(issuer.to_owned(), fetched);
        key.ok_or(NoKey::Unknown)
    }

    fn cached(&self, issuer: &str, kid: &str, fresh: Duration) -> Option<Jwk> {
        let cache = self.cache.lock().unwrap_or_else(PoisonError::into_inner);
        let fetched = cache.get(issuer)?;
        (fetched.at.elapsed() < fresh).then(|| find(&fetched.keys, kid))?
    }

    async fn fetch(&self, issuer: &str) -> Result<Vec<Jwk>, NoKey> {
        let discovery = format!("{}/{DISCOVERY}", issuer.trim_end_matches('/'));
        let document: Discovery = self.read(&discovery).await?;
        if document.issuer != issuer {
            return Err(NoKey::Unreachable);
        }
        let set: KeySet = self.read(&document.jwks_uri).await?;
        let keys = set.keys.into_iter();
        Ok(keys
            .filter_map(|key| serde_json::from_value(key).ok())
            .collect())
    }

    async fn read<T: DeserializeOwned>(&self, url: &str) -> Result<T, NoKey> {
        // Entra fetches nothing without TLS.
        let url = Url::parse(url).ok().filter(|url| url.scheme() == "https");
        let url = url.ok_or(NoKey::Unreachable)?;
        let request = self.http.get(url).timeout(PATIENCE).send();
        let response = request.await.and_then(reqwest::Response::error_for_status);
        let response = response.map_err(|_unreachable| NoKey::Unreachable)?;
        response
            .json()
            .await
            .map_err(|_unreadable| NoKey::Unreachable)
    }
}

fn find(keys: &[Jwk], kid: &str) -> Option<Jwk> {
    let mut keys = keys.iter();
    keys.find(|key| key.common.key_id.as_deref() == Some(kid))
        .cloned()
}
