//! An OIDC issuer's public documents, read as Entra reads them: without credentials.

use std::error::Error;
use std::time::Duration;

use serde::Deserialize;
use url::Url;
use vwi_core::check::facts::Published;

/// Where the discovery document is below the issuer.
///
/// Source: OpenID Connect Discovery 1.0, section 4.
const DISCOVERY: &str = ".well-known/openid-configuration";

#[derive(Deserialize)]
struct Discovery {
    issuer: String,
    jwks_uri: String,
}

#[derive(Deserialize)]
struct Keys {
    keys: Vec<Key>,
}

#[derive(Deserialize)]
struct Key {
    #[serde(default)]
    kid: String,
}

/// Reads the discovery document of an issuer and the keys that it leads to.
pub async fn published(http: &reqwest::Client, issuer: &str, timeout: Duration) -> Published {
    let url = format!("{}/{DISCOVERY}", issuer.trim_end_matches('/'));
    let discovery: Discovery = match read(http, &url, timeout).await {
        Ok(discovery) => discovery,
        Err(reason) => return Published::Unreadable { url, reason },
    };
    match read::<Keys>(http, &discovery.jwks_uri, timeout).await {
        Ok(keys) => Published::Readable {
            url,
            issuer: discovery.issuer,
            key_ids: keys.keys.into_iter().map(|key| key.kid).collect(),
        },
        Err(reason) => Published::Unreadable {
            url: discovery.jwks_uri,
            reason,
        },
    }
}

/// Reads a JSON document; what fails is told in one line.
async fn read<T: serde::de::DeserializeOwned>(
    http: &reqwest::Client,
    url: &str,
    timeout: Duration,
) -> Result<T, String> {
    let parsed = Url::parse(url).map_err(|error| format!("it is no URL: {error}"))?;
    if parsed.scheme() != "https" {
        return Err("it is not https, which Entra asks for".to_owned());
    }
    let answer = vwi_http::send(http.get(parsed).timeout(timeout))
        .await
        .map_err(|error| innermost(&error.without_url()))?;
    if answer.status != 200 {
        return Err(format!("the answer is {}", answer.status));
    }
    serde_json::from_slice(&answer.body)
        .map_err(|_fault| "the answer is not the JSON that is due here".to_owned())
}

/// Returns what the last cause says: DNS, TLS or the connection.
fn innermost(error: &reqwest::Error) -> String {
    let mut last: &dyn Error = error;
    while let Some(cause) = last.source() {
        last = cause;
    }
    last.to_string()
}
