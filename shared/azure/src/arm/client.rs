//! The client: addresses, reads, lists with their pages, writes.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::Method;
use serde::Deserialize;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::Value;
use tokio::sync::Semaphore;
use url::Url;
use vwi_core::arm::Call;
use vwi_http::{Answer, Patience};

use super::attempt::Request;
use super::error::{ArmCause, ArmError};
use crate::cloud::Cloud;
use crate::credential::Login;

/// How much a client does at once, and how long one call may take.
#[derive(Clone, Copy, Debug)]
pub struct ArmSettings {
    /// Requests in flight at a time.
    pub concurrency: usize,
    /// Time for one request, its answer included.
    pub request_timeout: Duration,
}

impl Default for ArmSettings {
    fn default() -> Self {
        Self {
            concurrency: 20,
            request_timeout: Duration::from_secs(30),
        }
    }
}

/// A client of Azure Resource Manager. Clones share its connections and its login.
#[derive(Clone, Debug)]
pub struct Arm {
    pub(super) shared: Arc<Shared>,
    pub(super) patience: Patience,
}

#[derive(Debug)]
pub(super) struct Shared {
    pub(super) http: reqwest::Client,
    base: Url,
    pub(super) login: Arc<Login>,
    pub(super) permits: Semaphore,
    pub(super) request_timeout: Duration,
}

/// What became of a PUT.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written<T> {
    /// Whether ARM says that it was new (201). After a cut connection it may be new and old.
    pub created: bool,
    /// The resource as ARM returned it.
    pub value: T,
}

#[derive(Deserialize)]
struct Page<T> {
    // A proxy's JSON is no page: there is no default.
    value: Vec<T>,
    #[serde(rename = "nextLink")]
    next_link: Option<String>,
}

impl Arm {
    /// Makes a client. Nothing is sent yet, not even for a token.
    pub fn new(
        http: reqwest::Client,
        cloud: &Cloud,
        login: Arc<Login>,
        settings: ArmSettings,
        patience: Patience,
    ) -> Self {
        Self {
            shared: Arc::new(Shared {
                http,
                base: cloud.resource_manager.clone(),
                login,
                permits: Semaphore::new(settings.concurrency.max(1)),
                request_timeout: settings.request_timeout,
            }),
            patience,
        }
    }

    /// Returns this client with another patience.
    #[must_use]
    pub fn with_patience(&self, patience: Patience) -> Self {
        Self {
            shared: Arc::clone(&self.shared),
            patience,
        }
    }

    /// Returns how long this client repeats calls.
    pub fn patience(&self) -> &Patience {
        &self.patience
    }

    /// Returns the login that the calls are made with.
    pub fn login(&self) -> &Arc<Login> {
        &self.shared.login
    }

    /// Returns the address of a path with its API version and further query parameters.
    pub(super) fn url(&self, path: &str, api_version: &str, query: &[(&str, &str)]) -> Url {
        let mut url = self.shared.base.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments
                .pop_if_empty()
                .extend(path.split('/').filter(|segment| !segment.is_empty()));
        }
        // Not as in forms, where a space is a plus sign: that is not in every server's book.
        let mut text = format!("api-version={api_version}");
        for (key, value) in query {
            text.push('&');
            text.push_str(key);
            text.push('=');
            text.extend(utf8_percent_encode(value, NON_ALPHANUMERIC));
        }
        url.set_query(Some(&text));
        url
    }

    /// Reads one resource; `None` if ARM says that there is none.
    pub(super) async fn get<T: DeserializeOwned>(
        &self,
        operation: &'static str,
        object: &str,
        url: Url,
    ) -> Result<Option<T>, ArmError> {
        let request = Request {
            call: Call::Read,
            method: Method::GET,
            url,
            body: None,
            operation,
            object,
        };
        match self.run(&request, parse).await {
            Ok(value) => Ok(Some(value)),
            Err(error) if is_absent(&error) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Reads a list to its end; `None` if ARM says that there is nothing that could have one.
    ///
    /// A page's address is taken verbatim, but only if it is ARM's: the token goes nowhere else.
    pub(super) async fn list<T: DeserializeOwned>(
        &self,
        operation: &'static str,
        object: &str,
        url: Url,
    ) -> Result<Option<Vec<T>>, ArmError> {
        let mut items = Vec::new();
        let mut seen = HashSet::new();
        let mut next = Some(url);
        while let Some(url) = next {
            seen.insert(url.clone());
            let request = Request {
                call: Call::Read,
                method: Method::GET,
                url,
                body: None,
                operation,
                object,
            };
            let page: Page<T> = match self.run(&request, parse).await {
                Ok(page) => page,
                Err(error) if items.is_empty() && is_absent(&error) => return Ok(None),
                Err(error) => return Err(error),
            };
            items.extend(page.value);
            next = match page.next_link.filter(|link| !link.is_empty()) {
                Some(link) => Some(self.next_page(&request, &link, &seen)?),
                None => None,
            };
        }
        Ok(Some(items))
    }

    fn next_page(
        &self,
        request: &Request<'_>,
        link: &str,
        seen: &HashSet<Url>,
    ) -> Result<Url, ArmError> {
        Url::parse(link)
            .ok()
            .filter(|url| url.origin() == self.shared.base.origin() && url.scheme() == "https")
            // A list that leads back to itself would never end.
            .filter(|url| !seen.contains(url))
            .ok_or_else(|| request.fail(ArmCause::ForeignLink(link.to_owned()), None))
    }

    /// Writes a resource.
    pub(super) async fn put<T: DeserializeOwned>(
        &self,
        call: Call,
        operation: &'static str,
        object: &str,
        url: Url,
        body: &Value,
    ) -> Result<Written<T>, ArmError> {
        let request = Request {
            call,
            method: Method::PUT,
            url,
            body: Some(body),
            operation,
            object,
        };
        self.run(&request, |answer| {
            Ok(Written {
                created: answer.status == 201,
                value: parse(answer)?,
            })
        })
        .await
    }

    /// Deletes a resource; `false` if there was none.
    pub(super) async fn delete(
        &self,
        call: Call,
        operation: &'static str,
        object: &str,
        url: Url,
    ) -> Result<bool, ArmError> {
        let request = Request {
            call,
            method: Method::DELETE,
            url,
            body: None,
            operation,
            object,
        };
        match self.run(&request, gone).await {
            Err(error) if is_absent(&error) => Ok(false),
            result => result,
        }
    }
}

/// Reads the answer to a deletion: nothing, or what was deleted. A proxy's page deletes nothing.
fn gone(answer: &Answer) -> Result<bool, String> {
    if !answer.body.is_empty() {
        let _deleted: IgnoredAny = parse(answer)?;
    }
    Ok(answer.status != 204)
}

fn parse<T: DeserializeOwned>(answer: &Answer) -> Result<T, String> {
    serde_json::from_slice(&answer.body)
        .map_err(|error| format!("the body is not what this call answers: {error}"))
}

/// Whether ARM itself says that the thing is not there. A 404 of a proxy, or about the
/// subscription, says nothing about it.
fn is_absent(error: &ArmError) -> bool {
    error.status() == Some(404)
        && error.code().is_some()
        && !error.is_code("SubscriptionNotFound")
        && !error.is_code("InvalidSubscriptionId")
}
