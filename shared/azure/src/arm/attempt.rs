//! One call: its attempts, each with an id and a token, until it succeeds, is refused, or patience
//! is over.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use backon::{ExponentialBuilder, Retryable};
use reqwest::Method;
use secrecy::ExposeSecret;
use serde::Deserialize;
use serde_json::Value;
use url::Url;
use uuid::Uuid;
use vwi_core::arm::{Call, Failure, PAUSES, Verdict, judge};
use vwi_core::text::escape;

use super::client::Arm;
use super::error::{ArmCause, ArmError, GaveUp};
use crate::transport::{self, Answer};

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
                // A server that asks for no pause at all would be asked without end.
                let asked = failed.retry_after.map(|asked| asked.max(PAUSES.0));
                let pause = asked.or(pause)?;
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
