//! How HTTP fails, in the words that the retry table knows.

use std::error::Error;
use std::io;

use reqwest::header::{HeaderMap, RETRY_AFTER};
use std::time::Duration;
use vwi_core::arm::Failure;

/// Longest body that is read, in bytes; a page of a list has some 100 KiB.
const MAX_BODY: usize = 32 * 1024 * 1024;

/// An answer whose body has arrived in full.
#[derive(Debug)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// Headers.
    pub headers: HeaderMap,
    /// Body; one that is longer than 32 MiB is cut there.
    pub body: Vec<u8>,
}

impl Answer {
    /// Returns how long the server asks to wait; a date in place of seconds is used by none of ours.
    pub fn retry_after(&self) -> Option<Duration> {
        let seconds = self.headers.get(RETRY_AFTER)?.to_str().ok()?;
        seconds.trim().parse().ok().map(Duration::from_secs)
    }
}

/// Sends a request and reads the answer to its end.
///
/// # Errors
///
/// [`reqwest::Error`] if no whole answer came.
pub async fn send(request: reqwest::RequestBuilder) -> Result<Answer, reqwest::Error> {
    let mut response = request.send().await?;
    let status = response.status().as_u16();
    let headers = response.headers().clone();
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        body.extend_from_slice(&chunk);
        if body.len() > MAX_BODY {
            // What was read is no whole document, which the parser will say.
            break;
        }
    }
    Ok(Answer {
        status,
        headers,
        body,
    })
}

/// Says how a request failed that got no answer.
pub fn failure(error: &reqwest::Error) -> Failure<'static> {
    if is_tls(error) {
        Failure::Tls
    } else if error.is_connect() {
        Failure::NotConnected
    } else {
        Failure::Cut
    }
}

/// Whether TLS is what failed, anywhere in the chain of causes.
///
/// An `io::Error` hides its own cause from `source()`, so it is asked for it.
pub fn is_tls(error: &(dyn Error + 'static)) -> bool {
    let mut next = Some(error);
    while let Some(error) = next {
        if error.is::<rustls::Error>() {
            return true;
        }
        let inner = error
            .downcast_ref::<io::Error>()
            .and_then(io::Error::get_ref);
        if inner.is_some_and(|inner| is_tls(inner)) {
            return true;
        }
        next = error.source();
    }
    false
}
