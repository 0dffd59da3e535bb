//! One call: its attempts, and what an answer means.

use reqwest::Method;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, LOCATION};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use url::Url;
use vwi_core::arm::{Call, Verdict, judge};
use vwi_core::text::escape;
use vwi_http::{Answer, Failed, GaveUp, repeat};

use crate::client::Platform;
use crate::error::{PlatformCause, PlatformError};

/// Longest message of a server that is shown, in characters.
const MAX_MESSAGE: usize = 1000;

/// A request before it has a key.
pub(crate) struct Request {
    pub(crate) method: Method,
    pub(crate) url: Url,
    pub(crate) body: Option<Value>,
    /// As in "cannot …".
    pub(crate) doing: String,
}

/// A Kubernetes `Status`. Its `status` is a word, where an answer's own `status` is an object.
#[derive(Deserialize)]
struct Status {
    kind: String,
    #[serde(default)]
    message: String,
    #[serde(default)]
    reason: String,
    #[serde(default)]
    details: Option<Details>,
}

/// What the error is about; without a name it is about the path.
#[derive(Default, Deserialize)]
struct Details {
    #[serde(default)]
    name: String,
}

impl Platform {
    /// Sends a request until it succeeds, is refused, or patience is over.
    ///
    /// None of the calls changes anything, whatever its method, so all may be repeated.
    pub(crate) async fn run<T: DeserializeOwned>(
        &self,
        request: &Request,
    ) -> Result<T, PlatformError> {
        let attempt = async || self.attempt(request).await;
        let verdict = |cause: &PlatformCause| {
            cause
                .failure()
                .map_or(Verdict::Report, |failure| judge(Call::Read, failure))
        };
        let mut failed = match repeat(&self.patience, attempt, verdict).await {
            Ok(value) => return Ok(value),
            Err(failed) => failed,
        };
        if let PlatformCause::NoRoute { version, .. } = &mut failed.cause {
            *version = self.version_if_told().await;
        }
        Err(self.fail(request.doing.clone(), failed.cause, failed.gave_up))
    }

    pub(crate) fn fail(
        &self,
        doing: String,
        cause: PlatformCause,
        gave_up: Option<GaveUp>,
    ) -> PlatformError {
        PlatformError {
            doing,
            platform: self.address().to_string(),
            gave_up,
            cause: Box::new(cause),
        }
    }

    /// Sends a request once.
    pub(crate) async fn attempt<T: DeserializeOwned>(
        &self,
        request: &Request,
    ) -> Result<T, Failed<PlatformCause>> {
        let permit = self.shared.permits.acquire().await;
        let time = self.shared.request_timeout.min(self.patience.remaining());
        let mut builder = self
            .shared
            .http
            .request(request.method.clone(), request.url.clone())
            .timeout(time);
        if let Some(key) = self.shared.access.key.header() {
            builder = builder.header(AUTHORIZATION, key);
        }
        if let Some(body) = &request.body {
            builder = builder.json(body);
        }
        let answer = vwi_http::send(builder).await;
        drop(permit);
        let answer = answer.map_err(|source| {
            Failed::of(PlatformCause::Transport {
                failure: vwi_http::failure(&source),
                // Its address would be said a second time.
                source: Some(source.without_url()),
                login_is_insecure: self.shared.access.login_is_insecure,
            })
        })?;
        read(&answer, &request.url).map_err(|cause| Failed {
            retry_after: answer.retry_after(),
            ..Failed::of(cause)
        })
    }
}

/// Says what an answer means: status first, then content, and only then what is in it.
fn read<T: DeserializeOwned>(answer: &Answer, url: &Url) -> Result<T, PlatformCause> {
    let status = answer.status;
    let header = |name| {
        let value = answer.headers.get(name);
        value.and_then(|value| value.to_str().ok())
    };
    if (300..400).contains(&status) {
        let to = header(LOCATION).map(|to| to.split(['?', '#']).next().unwrap_or_default());
        let to = to.map(|to| escape(&shortened(to)));
        return Err(PlatformCause::Redirected { status, to });
    }
    let content_type = header(CONTENT_TYPE).unwrap_or_default();
    let is_html = content_type
        .trim_start()
        .to_ascii_lowercase()
        .starts_with("text/html")
        || answer.body.trim_ascii_start().first() == Some(&b'<');
    if is_html && status < 500 {
        return Err(PlatformCause::Html {
            status,
            content_type: escape(&shortened(content_type)),
        });
    }
    if (200..300).contains(&status) {
        return parsed(answer);
    }
    let said: Option<Status> = serde_json::from_slice(&answer.body).ok();
    let said = said.filter(|said| said.kind == "Status");
    let message = said.as_ref().map_or_else(String::new, Status::shown);
    Err(match status {
        401 => PlatformCause::Unauthorized { message },
        403 => PlatformCause::Forbidden { message },
        404 if said.is_some_and(|said| said.is_about_an_object()) => {
            PlatformCause::NoInstance { near: Vec::new() }
        }
        404 => PlatformCause::NoRoute {
            path: url.path().to_owned(),
            version: None,
        },
        _ => PlatformCause::Refused { status, message },
    })
}

fn parsed<T: DeserializeOwned>(answer: &Answer) -> Result<T, PlatformCause> {
    serde_json::from_slice(&answer.body).map_err(|error| PlatformCause::Garbled {
        status: answer.status,
        what: match error.classify() {
            serde_json::error::Category::Data => {
                format!(
                    "the JSON is not what this call answers: {}",
                    escape(&error.to_string())
                )
            }
            serde_json::error::Category::Io
            | serde_json::error::Category::Syntax
            | serde_json::error::Category::Eof => "the body is no JSON".to_owned(),
        },
    })
}

impl Status {
    fn shown(&self) -> String {
        let words = if self.message.is_empty() {
            &self.reason
        } else {
            &self.message
        };
        escape(&shortened(words))
    }

    fn is_about_an_object(&self) -> bool {
        self.details
            .as_ref()
            .is_some_and(|details| !details.name.is_empty())
    }
}

fn shortened(text: &str) -> String {
    text.chars().take(MAX_MESSAGE).collect()
}
