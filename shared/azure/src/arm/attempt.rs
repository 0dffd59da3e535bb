//! One call: its attempts, each with an id and a token, until it succeeds, is refused, or patience
//! is over.

use reqwest::Method;
use secrecy::ExposeSecret;
use serde::Deserialize;
use serde_json::Value;
use url::Url;
use uuid::Uuid;
use vwi_core::arm::{Call, Failure, Verdict, judge};
use vwi_core::text::escape;
use vwi_http::{Answer, Failed, GaveUp, repeat};

use super::client::Arm;
use super::error::{ArmCause, ArmError};

/// Header that names a call in ARM's logs.
const REQUEST_ID: &str = "x-ms-client-request-id";

/// Longest message of ARM that is shown, in characters.
const MAX_MESSAGE: usize = 1000;

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
    /// Sends a request until it succeeds, is refused, or patience is over.
    pub(super) async fn run<T>(
        &self,
        request: &Request<'_>,
        read: impl Fn(&Answer) -> Result<T, String>,
    ) -> Result<T, ArmError> {
        let attempt = async || self.attempt(request, &read).await;
        let verdict = |cause: &ArmCause| {
            cause
                .failure()
                .map_or(Verdict::Report, |failure| judge(request.call, failure))
        };
        repeat(&self.patience, attempt, verdict)
            .await
            .map_err(|failed| request.fail(failed.cause, failed.gave_up))
    }

    async fn attempt<T>(
        &self,
        request: &Request<'_>,
        read: &impl Fn(&Answer) -> Result<T, String>,
    ) -> Result<T, Failed<ArmCause>> {
        let request_id = Uuid::new_v4().to_string();
        if self.patience.is_stopped() && request.call != Call::Read {
            return Err(without_answer(GaveUp::Stopped, request_id));
        }
        let remaining = self.patience.remaining();
        let token = match tokio::time::timeout(remaining, self.shared.login.token()).await {
            Ok(token) => token.map_err(|error| Failed::of(ArmCause::Login(error)))?,
            Err(_elapsed) => return Err(without_answer(GaveUp::TimedOut, request_id)),
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
        let answer = vwi_http::send(builder).await;
        drop(permit);
        let answer = answer.map_err(|source| {
            Failed::of(ArmCause::Transport {
                failure: vwi_http::failure(&source),
                // Its address would be said a second time.
                source: Some(source.without_url()),
                request_id: request_id.clone(),
            })
        })?;
        if (200..300).contains(&answer.status) {
            return read(&answer).map_err(|what| {
                Failed::of(ArmCause::Garbled {
                    status: answer.status,
                    what,
                    request_id,
                })
            });
        }
        Err(Failed {
            retry_after: answer.retry_after(),
            gave_up: None,
            cause: refusal(&answer, request_id),
        })
    }
}

/// Nothing was asked, since there is no time, or somebody has asked to stop.
fn without_answer(gave_up: GaveUp, request_id: String) -> Failed<ArmCause> {
    Failed {
        gave_up: Some(gave_up),
        ..Failed::of(ArmCause::Transport {
            failure: Failure::Cut,
            source: None,
            request_id,
        })
    }
}

impl Request<'_> {
    pub(super) fn fail(&self, cause: ArmCause, gave_up: Option<GaveUp>) -> ArmError {
        ArmError {
            operation: self.operation,
            object: self.object.to_owned(),
            gave_up,
            cause: Box::new(cause),
        }
    }
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
