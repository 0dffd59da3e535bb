//! Requests: one place that sends, waits, renews credentials and reads answers.

use std::error::Error;

use futures_util::future::BoxFuture;
use http::{Method, Request, Response};
use http_body_util::{BodyExt, Limited};
use hyper::body::Bytes;
use kube::client::Body;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use tokio::sync::oneshot;
use vwi_core::list::early_token;

use crate::cluster::Cluster;
use crate::error::{ApiCause, ApiError, FieldCause};

mod list;

pub(crate) use list::{List, Pages, Received};

/// Longest answer that is read, in bytes: a guard against a server that never ends.
const LONGEST_ANSWER: usize = 256 << 20;

/// Characters of an answer's text that an error shows, where it is no Kubernetes `Status`.
const SHOWN: usize = 200;

/// One request, and how an error names it.
pub(crate) struct Ask<'a> {
    pub(crate) operation: &'static str,
    pub(crate) object: String,
    pub(crate) method: Method,
    pub(crate) path: &'a str,
    pub(crate) content: Option<(&'static str, Vec<u8>)>,
}

impl<'a> Ask<'a> {
    pub(crate) fn get(object: String, path: &'a str) -> Self {
        Self {
            operation: "get",
            object,
            method: Method::GET,
            path,
            content: None,
        }
    }
}

#[derive(Deserialize)]
struct Status {
    #[serde(default)]
    kind: String,
    #[serde(default)]
    message: String,
    #[serde(default)]
    reason: String,
    details: Option<StatusDetails>,
}

#[derive(Default, Deserialize)]
struct StatusDetails {
    #[serde(default)]
    name: String,
    causes: Option<Vec<FieldCause>>,
}

/// A refusal, with whether it says that exactly the object asked for is absent.
struct Refusal {
    cause: ApiCause,
    absent: bool,
}

impl Cluster {
    /// Sends a request and parses the answer.
    pub(crate) async fn read<T: DeserializeOwned>(&self, ask: Ask<'_>) -> Result<T, ApiError> {
        let answer = self.send(&ask, None).await;
        let answer = answer.and_then(|bytes| parse(&bytes).map_err(Refusal::from));
        answer.map_err(|refusal| self.error(ask.operation, ask.object, refusal.cause))
    }

    /// The same, with `None` where the API server says that this object is not there.
    pub(crate) async fn find<T: DeserializeOwned>(
        &self,
        ask: Ask<'_>,
    ) -> Result<Option<T>, ApiError> {
        let answer = match self.send(&ask, None).await {
            Err(Refusal { absent: true, .. }) => return Ok(None),
            answer => answer,
        };
        let answer = answer.and_then(|bytes| parse(&bytes).map_err(Refusal::from));
        answer
            .map(Some)
            .map_err(|refusal| self.error(ask.operation, ask.object, refusal.cause))
    }

    /// Sends a request whose answer is text, such as a pod's log.
    pub(crate) async fn text(&self, ask: Ask<'_>) -> Result<String, ApiError> {
        let answer = self.send(&ask, None).await;
        answer
            .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
            .map_err(|refusal| self.error(ask.operation, ask.object, refusal.cause))
    }

    fn error(&self, operation: &'static str, object: String, cause: ApiCause) -> ApiError {
        ApiError {
            operation,
            object,
            cluster: self.label(),
            cause: Box::new(cause),
        }
    }

    /// Sends; a 401 runs the credential plugin, where there is one, and sends again. Who waits for
    /// the token of a list's next page hears of it before the whole page is there.
    /// Boxed, so that it is compiled once and not into each of its callers.
    fn send<'a>(
        &'a self,
        ask: &'a Ask<'_>,
        next: Option<oneshot::Sender<String>>,
    ) -> BoxFuture<'a, Result<Bytes, Refusal>> {
        let exchange = async move {
            let (client, credential) = self.current().await?;
            let mut next = next;
            let first = self.send_with(&client, ask, &mut next).await;
            let refused = matches!(
                &first,
                Err(Refusal {
                    cause: ApiCause::Refused { code: 401, .. },
                    ..
                })
            );
            match credential {
                Some(credential) if refused => {
                    let (client, _) = self.renew(&credential).await?;
                    self.send_with(&client, ask, &mut next).await
                }
                Some(_) | None => first,
            }
        };
        Box::pin(exchange)
    }

    async fn send_with(
        &self,
        client: &kube::Client,
        ask: &Ask<'_>,
        next: &mut Option<oneshot::Sender<String>>,
    ) -> Result<Bytes, Refusal> {
        let exchange = async {
            let answer = client.send(request(ask)?).await.map_err(sending)?;
            let (parts, body) = answer.into_parts();
            // A refusal has a token of its own kind, for a list that no longer is of one moment.
            let is_page = parts.status.is_success();
            let body = body.map_frame(|frame| {
                if is_page
                    && let Some(start) = frame.data_ref()
                    && let Some(next) = next.take()
                    && let Some(token) = early_token(start)
                {
                    // Nobody waits for it any more where the list was given up.
                    let _unheard = next.send(token);
                }
                frame
            });
            let body = Limited::new(body, LONGEST_ANSWER)
                .collect()
                .await
                .map_err(unreachable_because)?
                .to_bytes();
            let answer = Response::from_parts(parts, body);
            if answer.status().is_success() {
                Ok(answer.into_body())
            } else {
                Err(refusal(&answer))
            }
        };
        match self.settings().request_timeout {
            None => exchange.await,
            Some(after) => tokio::time::timeout(after, exchange)
                .await
                .unwrap_or(Err(ApiCause::TimedOut { after }.into())),
        }
    }
}

impl From<ApiCause> for Refusal {
    fn from(cause: ApiCause) -> Self {
        Self {
            cause,
            absent: false,
        }
    }
}

fn request(ask: &Ask<'_>) -> Result<Request<Body>, ApiCause> {
    let mut request = Request::builder()
        .method(&ask.method)
        .uri(ask.path)
        .header(http::header::ACCEPT, "application/json");
    let body = match &ask.content {
        None => Vec::new(),
        Some((content_type, body)) => {
            request = request.header(http::header::CONTENT_TYPE, *content_type);
            body.clone()
        }
    };
    request
        .body(Body::from(body))
        .map_err(|error| ApiCause::Unsendable(Box::new(error)))
}

/// kube's wrapper repeats what it wraps.
fn sending(error: kube::Error) -> ApiCause {
    if let kube::Error::Service(source) = error {
        return ApiCause::Unreachable(source);
    }
    ApiCause::Unreachable(Box::new(error))
}

pub(crate) fn unreachable_because(error: impl Into<Box<dyn Error + Send + Sync>>) -> ApiCause {
    ApiCause::Unreachable(error.into())
}

/// Parses an answer. An error tells the place and never the text, which can hold secrets.
fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, ApiCause> {
    serde_json::from_slice(bytes).map_err(|error| not_understood(bytes, &error))
}

fn not_understood(bytes: &[u8], error: &serde_json::Error) -> ApiCause {
    ApiCause::NotUnderstood {
        fault: if looks_like_html(bytes) {
            "it is a web page".to_owned()
        } else {
            format!(
                "unexpected JSON at line {}, column {}",
                error.line(),
                error.column()
            )
        },
    }
}

fn looks_like_html(bytes: &[u8]) -> bool {
    bytes.trim_ascii_start().starts_with(b"<")
}

fn refusal(answer: &Response<Bytes>) -> Refusal {
    let code = answer.status().as_u16();
    let body = answer.body().as_ref();
    let status = serde_json::from_slice::<Status>(body)
        .ok()
        .filter(|status| status.kind == "Status");
    if let Some(status) = status {
        let details = status.details.unwrap_or_default();
        return Refusal {
            absent: code == 404 && status.reason == "NotFound" && !details.name.is_empty(),
            cause: ApiCause::Refused {
                code,
                reason: status.reason,
                message: status.message,
                causes: details.causes.unwrap_or_default(),
            },
        };
    }
    let message = if looks_like_html(body) {
        "a web page".to_owned()
    } else {
        let text = String::from_utf8_lossy(body);
        text.trim().chars().take(SHOWN).collect()
    };
    ApiCause::Refused {
        code,
        reason: answer.status().canonical_reason().unwrap_or("").to_owned(),
        message,
        causes: Vec::new(),
    }
    .into()
}

#[cfg(test)]
mod tests;
