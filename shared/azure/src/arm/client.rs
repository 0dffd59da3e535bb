//! Requests: address, token, id, repetition, pages.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use backon::{ExponentialBuilder, Retryable};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::Method;
use secrecy::ExposeSecret;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::sync::Semaphore;
use url::Url;
use uuid::Uuid;
use vwi_core::arm::{Call, Failure, PAUSES, Verdict, judge};
use vwi_core::text::escape;

use super::error::{ArmCause, ArmError, GaveUp};
use crate::cloud::Cloud;
use crate::credential::Login;
use crate::patience::Patience;
use crate::transport::{self, Answer};

/// Header that names a call in ARM's logs.
const REQUEST_ID: &str = "x-ms-client-request-id";

/// Longest message of ARM that is shown, in characters.
const MAX_MESSAGE: usize = 1000;

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
    shared: Arc<Shared>,
    patience: Patience,
}

#[derive(Debug)]
struct Shared {
    http: reqwest::Client,
    base: Url,
    login: Arc<Login>,
    permits: Semaphore,
    request_timeout: Duration,
}

/// What became of a PUT.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written<T> {
    /// Whether ARM says that it was new (201). After a cut connection it may be new and old.
    pub created: bool,
    /// The resource as ARM returned it.
    pub value: T,
}

/// A request before it has an id and a token.
pub(super) struct Request<'a> {
    pub(super) call: Call,
    pub(super) method: Method,
    pub(super) url: Url,
    pub(super) body: Option<&'a Value>,
    /// As in "can't …".
    pub(super) operation: &'static str,
    pub(super) object: &'a str,
}

#[derive(Deserialize)]
struct Page<T> {
    // A proxy's JSON is no page: there is no default.
    value: Vec<T>,
    #[serde(rename = "nextLink")]
    next_link: Option<String>,
}

#[derive(Deserialize)]
struct ErrorBody {
    error: ErrorDetail,
}

#[derive(Deserialize)]
struct ErrorDetail {
    #[serde(default)]
    code: String,
    #[serde(default)]
    message: String,
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
        match self.run(&request, |answer| Ok(answer.status != 204)).await {
            Err(error) if is_absent(&error) => Ok(false),
            result => result,
        }
    }

    /// Sends a request until it succeeds, is refused, or patience is over.
    async fn run<T>(
        &self,
        request: &Request<'_>,
        read: impl Fn(&Answer) -> Result<T, String>,
    ) -> Result<T, ArmError> {
        let attempts = AtomicU32::new(0);
        let mut gave_up = None;
        let patience = self.patience.clone();
        let attempt = async || {
            attempts.fetch_add(1, Ordering::Relaxed);
            self.attempt(request, &read).await
        };
        let repeats = |failed: &Attempt| {
            let verdict = failed
                .cause
                .failure()
                .map_or(Verdict::Report, |failure| judge(request.call, failure));
            match verdict {
                Verdict::Retry => true,
                Verdict::RetryAtMost(most) => attempts.load(Ordering::Relaxed) < most,
                Verdict::Report => false,
            }
        };
        let result = attempt
            .retry(
                ExponentialBuilder::default()
                    .with_min_delay(PAUSES.0)
                    .with_max_delay(PAUSES.1)
                    .with_jitter()
                    .without_max_times(),
            )
            .when(repeats)
            .adjust(|failed: &Attempt, pause| {
                let pause = failed.retry_after.or(pause)?;
                if self.patience.is_stopped() {
                    gave_up = Some(GaveUp::Stopped);
                    None
                } else if pause >= self.patience.remaining() {
                    gave_up = Some(GaveUp::TimedOut);
                    None
                } else {
                    Some(pause)
                }
            })
            .sleep(move |pause| {
                let patience = patience.clone();
                async move { patience.pause(pause).await }
            })
            .await;
        result.map_err(|failed| request.fail(failed.cause, failed.gave_up.or(gave_up)))
    }

    async fn attempt<T>(
        &self,
        request: &Request<'_>,
        read: &impl Fn(&Answer) -> Result<T, String>,
    ) -> Result<T, Attempt> {
        let request_id = Uuid::new_v4().to_string();
        if self.patience.is_stopped() && request.call != Call::Read {
            return Err(Attempt::without_answer(GaveUp::Stopped, request_id));
        }
        let remaining = self.patience.remaining();
        let token = match tokio::time::timeout(remaining, self.shared.login.token()).await {
            Ok(token) => token.map_err(|error| Attempt::of(ArmCause::Login(error)))?,
            Err(_elapsed) => return Err(Attempt::without_answer(GaveUp::TimedOut, request_id)),
        };
        let permit = self.shared.permits.acquire().await;
        let time = self.shared.request_timeout.min(self.patience.remaining());
        let mut builder = self
            .shared
            .http
            .request(request.method.clone(), request.url.clone())
            .bearer_auth(token.expose_secret())
            .header(REQUEST_ID, &request_id)
            .timeout(time);
        if let Some(body) = request.body {
            builder = builder.json(body);
        }
        let answer = transport::send(builder).await;
        drop(permit);
        let answer = answer.map_err(|source| {
            Attempt::of(ArmCause::Transport {
                failure: transport::failure(&source),
                // Its address would be said a second time.
                source: Some(source.without_url()),
                request_id: request_id.clone(),
            })
        })?;
        if (200..300).contains(&answer.status) {
            return read(&answer).map_err(|what| {
                Attempt::of(ArmCause::Garbled {
                    status: answer.status,
                    what,
                    request_id,
                })
            });
        }
        Err(Attempt {
            retry_after: answer.retry_after(),
            gave_up: None,
            cause: refusal(&answer, request_id),
        })
    }
}

/// How one attempt failed.
struct Attempt {
    cause: ArmCause,
    retry_after: Option<Duration>,
    gave_up: Option<GaveUp>,
}

impl Attempt {
    fn of(cause: ArmCause) -> Self {
        Self {
            cause,
            retry_after: None,
            gave_up: None,
        }
    }

    /// Nothing was asked, since there is no time, or somebody has asked to stop.
    fn without_answer(gave_up: GaveUp, request_id: String) -> Self {
        Self {
            gave_up: Some(gave_up),
            ..Self::of(ArmCause::Transport {
                failure: Failure::Cut,
                source: None,
                request_id,
            })
        }
    }
}

impl Request<'_> {
    fn fail(&self, cause: ArmCause, gave_up: Option<GaveUp>) -> ArmError {
        ArmError {
            operation: self.operation,
            object: self.object.to_owned(),
            gave_up,
            cause: Box::new(cause),
        }
    }
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

fn refusal(answer: &Answer, request_id: String) -> ArmCause {
    let (code, message) = match serde_json::from_slice(&answer.body) {
        Ok(ErrorBody { error }) => (error.code, error.message),
        Err(_) => (String::new(), String::new()),
    };
    ArmCause::Answer {
        status: answer.status,
        code: escape(&code),
        message: escape(&message.chars().take(MAX_MESSAGE).collect::<String>()),
        request_id,
    }
}
