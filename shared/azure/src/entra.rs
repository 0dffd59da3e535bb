//! Entra: exchanges a ServiceAccount's token, exactly as a workload does.

use std::fmt;
use std::time::Duration;

use secrecy::zeroize::Zeroizing;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use thiserror::Error;
use url::{Url, form_urlencoded};
use vwi_core::arm::Failure;
use vwi_core::text::escape;

use crate::cloud::Cloud;

/// Kind of the assertion, as RFC 7523 names it.
const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// What is presented to Entra.
#[derive(Debug)]
pub struct Exchange<'a> {
    /// The Entra tenant of the identity.
    pub tenant_id: &'a str,
    /// The identity's client id.
    pub client_id: &'a str,
    /// The ServiceAccount's token.
    pub assertion: &'a SecretString,
    /// What the token is to be for, `RESOURCE/.default`; the cloud's ARM is a fair choice.
    pub scope: &'a str,
    /// How long Entra may take.
    pub timeout: Duration,
}

/// A token of Entra.
#[derive(Debug)]
pub struct AccessToken {
    /// The token.
    pub token: SecretString,
    /// How long it is good for.
    pub expires_in: Duration,
}

/// Why Entra gave no token.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ExchangeError {
    /// Entra refused.
    #[error("{}", Refusal(self))]
    Refused {
        /// HTTP status.
        status: u16,
        /// OAuth's `error`, such as `invalid_client`.
        error: String,
        /// AADSTS numbers, the first one decides.
        codes: Vec<u32>,
        /// `error_description` up to the trace ids, escaped.
        description: String,
        /// `trace_id`.
        trace_id: Option<String>,
    },
    /// Nobody answered.
    #[error("can't reach Entra at `{host}`")]
    Unreachable {
        /// The host.
        host: String,
        /// How it failed.
        failure: Failure<'static>,
        /// What the HTTP library says.
        #[source]
        source: reqwest::Error,
    },
    /// An answer that is not Entra's.
    #[error("`{host}` answered {status} and neither a token nor one of Entra's errors")]
    Garbled {
        /// The host.
        host: String,
        /// HTTP status.
        status: u16,
    },
}

struct Refusal<'a>(&'a ExchangeError);

impl fmt::Display for Refusal<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            ExchangeError::Refused {
                error, description, ..
            } => write!(formatter, "Entra refused the token: {error}: {description}"),
            ExchangeError::Unreachable { .. } | ExchangeError::Garbled { .. } => Ok(()),
        }
    }
}

impl ExchangeError {
    /// Returns the AADSTS number that decides.
    pub fn code(&self) -> Option<u32> {
        match self {
            Self::Refused { codes, .. } => codes.first().copied(),
            Self::Unreachable { .. } | Self::Garbled { .. } => None,
        }
    }
}

#[derive(Deserialize)]
struct WireToken {
    access_token: SecretString,
    #[serde(default)]
    expires_in: u64,
}

#[derive(Deserialize)]
struct WireError {
    error: String,
    #[serde(default)]
    error_description: String,
    #[serde(default)]
    error_codes: Vec<u32>,
    #[serde(default)]
    trace_id: Option<String>,
}

/// Returns the address of a tenant's token endpoint.
pub fn token_endpoint(cloud: &Cloud, tenant_id: &str) -> Url {
    let mut url = cloud.authority.clone();
    if let Ok(mut segments) = url.path_segments_mut() {
        segments
            .pop_if_empty()
            .extend([tenant_id, "oauth2", "v2.0", "token"]);
    }
    url
}

/// Exchanges a token, once: what to do about a refusal is the caller's to decide.
///
/// # Errors
///
/// [`ExchangeError`] if Entra refuses, or does not answer.
pub async fn exchange(
    http: &reqwest::Client,
    cloud: &Cloud,
    exchange: &Exchange<'_>,
) -> Result<AccessToken, ExchangeError> {
    let url = token_endpoint(cloud, exchange.tenant_id);
    let host = url.host_str().unwrap_or_default().to_owned();
    let form = Zeroizing::new(
        form_urlencoded::Serializer::new(String::new())
            .append_pair("client_assertion", exchange.assertion.expose_secret())
            .append_pair("client_assertion_type", ASSERTION_TYPE)
            .append_pair("client_id", exchange.client_id)
            .append_pair("grant_type", "client_credentials")
            .append_pair("scope", exchange.scope)
            .finish(),
    );
    let request = http
        .post(url)
        .header(
            reqwest::header::CONTENT_TYPE,
            "application/x-www-form-urlencoded",
        )
        .timeout(exchange.timeout)
        .body(form.to_string());
    let answer = vwi_http::send(request)
        .await
        .map_err(|source| ExchangeError::Unreachable {
            host: host.clone(),
            failure: vwi_http::failure(&source),
            source: source.without_url(),
        })?;
    let body = Zeroizing::new(answer.body);
    let garbled = || ExchangeError::Garbled {
        host: host.clone(),
        status: answer.status,
    };
    if answer.status == 200 {
        let token: WireToken = serde_json::from_slice(&body).map_err(|_| garbled())?;
        return Ok(AccessToken {
            token: token.access_token,
            expires_in: Duration::from_secs(token.expires_in),
        });
    }
    let error: WireError = serde_json::from_slice(&body).map_err(|_| garbled())?;
    Err(ExchangeError::Refused {
        status: answer.status,
        error: escape(&error.error),
        codes: error.error_codes,
        description: escape(without_traces(&error.error_description)),
        trace_id: error.trace_id.map(|id| escape(&id)),
    })
}

/// Returns a description up to the ids and times that differ in each answer.
pub(crate) fn without_traces(description: &str) -> &str {
    let end = description.find("Trace ID:").unwrap_or(description.len());
    description.get(..end).unwrap_or(description).trim_end()
}
