//! Why nobody let us in: one line per way of logging in.

use std::error::Error;
use std::fmt;
use std::time::Duration;

use azure_core::error::ErrorKind;
use azure_core::http::headers::RETRY_AFTER;
use vwi_core::arm::Failure;
use vwi_core::exit::{Explain, Outcome};
use vwi_core::text::escape;
use vwi_http::is_tls;

use super::AuthMethod;

/// Why one way of logging in gave no token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkFailure {
    /// The way.
    pub method: AuthMethod,
    /// Why not, in one line.
    pub why: String,
    /// Whether it was set up at all.
    pub tried: bool,
    /// The way that was looked at after it.
    pub next: Option<Box<Self>>,
}

impl fmt::Display for LinkFailure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.method, self.why)
    }
}

impl Error for LinkFailure {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        let next = self.next.as_deref()?;
        Some(next)
    }
}

/// No way of logging in gave a token. Its causes are the ways that were looked at, in their order:
/// a line for each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CredentialError {
    first: Option<Box<LinkFailure>>,
}

impl CredentialError {
    /// Puts it together from the ways that were looked at: which, why not, and whether it was set
    /// up at all.
    pub(super) fn new(links: Vec<(AuthMethod, String, bool)>) -> Self {
        let links = links.into_iter().rev();
        let first = links.fold(None, |next, (method, why, tried)| {
            Some(Box::new(LinkFailure {
                method,
                why,
                tried,
                next,
            }))
        });
        Self { first }
    }

    /// Returns the ways that were looked at.
    pub fn links(&self) -> impl Iterator<Item = &LinkFailure> {
        std::iter::successors(self.first.as_deref(), |link| link.next.as_deref())
    }
}

impl fmt::Display for CredentialError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("can't log in to Azure")
    }
}

impl Error for CredentialError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        let first = self.first.as_deref()?;
        Some(first)
    }
}

impl Explain for CredentialError {
    fn outcome(&self) -> Outcome {
        Outcome::CouldNotRun
    }

    fn hint(&self) -> Option<String> {
        let tried = self.links().any(|link| link.tried);
        (!tried).then(|| "log in with `az login`, or set `AZURE_CLIENT_ID`, `AZURE_TENANT_ID` and `AZURE_CLIENT_SECRET`".to_owned())
    }
}

/// Says how a token call failed, as the retry table asks.
pub(super) fn failure(error: &azure_core::Error) -> Failure<'static> {
    if is_tls(error) {
        return Failure::Tls;
    }
    let mut next: Option<&(dyn Error + 'static)> = Some(error);
    let mut found = Failure::Garbled;
    while let Some(error) = next {
        // The innermost one knows best: the outer ones only say which credential it was.
        if let Some(error) = error.downcast_ref::<azure_core::Error>() {
            // The kinds that are not named, and those of later versions, don't pass by themselves.
            let kind = error.kind();
            if let ErrorKind::HttpResponse { status, .. } = kind {
                found = Failure::Status {
                    status: u16::from(*status),
                    code: None,
                };
            } else if matches!(kind, ErrorKind::Connection) {
                found = Failure::NotConnected;
            } else if matches!(kind, ErrorKind::Io) {
                found = Failure::Cut;
            }
        }
        next = error.source();
    }
    found
}

/// Returns how long Entra asks to wait before the next attempt.
pub(super) fn retry_after(error: &azure_core::Error) -> Option<Duration> {
    let errors = std::iter::successors(Some(error as &(dyn Error + 'static)), |&error| {
        error.source()
    });
    errors
        .filter_map(|error| error.downcast_ref::<azure_core::Error>())
        .find_map(|error| {
            let ErrorKind::HttpResponse {
                raw_response: Some(response),
                ..
            } = error.kind()
            else {
                return None;
            };
            response
                .headers()
                .get_optional_str(&RETRY_AFTER)?
                .parse()
                .ok()
        })
        .map(Duration::from_secs)
}

/// Returns the one line that says why a token call failed.
///
/// `azure_identity` puts its own name before the reason and the address of a page after it, and
/// `az` may write several lines.
pub(super) fn one_line(error: &azure_core::Error) -> String {
    // What a program answered in place of a token is never shown: it may hold one.
    if matches!(failure(error), Failure::Garbled) && is_unreadable(error) {
        return "answered something that is no token".to_owned();
    }
    let text = refusal(error).unwrap_or(error).to_string();
    let text = match text.split_once(" authentication failed.") {
        Some((_, reason)) => reason,
        None => &text,
    };
    let text = match text.split_once("To troubleshoot, visit") {
        Some((reason, _)) => reason,
        None => text,
    };
    let mut line = text
        .lines()
        .map(str::trim)
        .find(|line| !line.is_empty())
        .unwrap_or("no reason given")
        .to_owned();
    let innermost = std::iter::successors(error.source(), |&error| error.source()).last();
    if let Some(cause) = innermost.filter(|_| is_transport(error)) {
        line = format!("{line}: {cause}");
    }
    let line = line
        .trim_start_matches("ERROR: ")
        .trim_end_matches('.')
        .to_owned();
    escape(&line)
}

/// Returns what the server said, below the words that the library puts around it.
fn refusal(error: &azure_core::Error) -> Option<&azure_core::Error> {
    let errors = std::iter::successors(Some(error as &(dyn Error + 'static)), |&error| {
        error.source()
    });
    errors
        .filter_map(|error| error.downcast_ref::<azure_core::Error>())
        .filter(|error| matches!(error.kind(), ErrorKind::HttpResponse { .. }))
        .last()
}

fn is_transport(error: &azure_core::Error) -> bool {
    matches!(
        failure(error),
        Failure::Tls | Failure::NotConnected | Failure::Cut
    )
}

fn is_unreadable(error: &azure_core::Error) -> bool {
    std::iter::successors(Some(error as &(dyn Error + 'static)), |&error| {
        error.source()
    })
    .any(<dyn Error>::is::<serde_json::Error>)
}
