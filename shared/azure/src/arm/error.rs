//! How a call of ARM fails.

use std::error::Error;
use std::fmt;

use thiserror::Error;
use vwi_core::arm::Failure;
use vwi_core::exit::{Explain, Outcome};
use vwi_core::text::escape;
use vwi_http::GaveUp;

use crate::credential::CredentialError;

/// A call that did not succeed: what was tried on what, and why it failed.
#[derive(Debug, Error)]
#[error("can't {operation} `{}`{}", escape(object), gave_up.map_or("", GaveUp::words))]
pub struct ArmError {
    /// What was tried, as in "can't …".
    pub operation: &'static str,
    /// On what: an id, or a URL.
    pub object: String,
    /// Why it was not tried again, where a fault of the moment would have been.
    pub gave_up: Option<GaveUp>,
    /// Why it failed, the last time.
    #[source]
    pub cause: Box<ArmCause>,
}

/// Why one call failed.
#[derive(Debug)]
#[non_exhaustive]
pub enum ArmCause {
    /// ARM answered no.
    Answer {
        /// HTTP status.
        status: u16,
        /// `error.code`; empty if the body was not one of ARM's.
        code: String,
        /// `error.message`, escaped.
        message: String,
        /// `x-ms-client-request-id` of the call.
        request_id: String,
    },
    /// Something that is not what this call answers, by ARM or by somebody between.
    Garbled {
        /// HTTP status.
        status: u16,
        /// What was wrong with it.
        what: String,
        /// `x-ms-client-request-id` of the call.
        request_id: String,
    },
    /// No answer.
    Transport {
        /// How the connection failed.
        failure: Failure<'static>,
        /// What the HTTP library says.
        source: Option<reqwest::Error>,
        /// `x-ms-client-request-id` of the call.
        request_id: String,
    },
    /// We are nobody there.
    Login(CredentialError),
    /// A list goes on at an address that is not ARM's.
    ForeignLink(String),
}

impl fmt::Display for ArmCause {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Answer {
                status,
                code,
                message,
                request_id,
            } => {
                write!(formatter, "{status}")?;
                if !code.is_empty() {
                    write!(formatter, " {code}")?;
                }
                if !message.is_empty() {
                    write!(formatter, ": {message}")?;
                }
                write!(formatter, " (x-ms-client-request-id {request_id})")
            }
            Self::Garbled {
                status,
                what,
                request_id,
            } => write!(
                formatter,
                "{status}, but {what} (x-ms-client-request-id {request_id})"
            ),
            Self::Transport {
                failure,
                request_id,
                ..
            } => {
                let what = match failure {
                    Failure::NotConnected => "no connection",
                    Failure::Tls => "the server's certificate is not trusted, or TLS failed",
                    Failure::Cut | Failure::Garbled | Failure::Status { .. } => {
                        "the connection ended before the answer"
                    }
                };
                write!(formatter, "{what} (x-ms-client-request-id {request_id})")
            }
            Self::Login(error) => fmt::Display::fmt(error, formatter),
            Self::ForeignLink(link) => write!(
                formatter,
                "the list goes on at `{}`, which is not Azure Resource Manager",
                escape(link)
            ),
        }
    }
}

impl Error for ArmCause {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Transport {
                source: Some(source),
                ..
            } => Some(source),
            Self::Login(error) => error.source(),
            // The others tell all of it themselves.
            Self::Transport { source: None, .. }
            | Self::Answer { .. }
            | Self::Garbled { .. }
            | Self::ForeignLink(_) => None,
        }
    }
}

impl ArmCause {
    /// Returns the failure in the retry table's words; `None` if asking again is pointless.
    pub(super) fn failure(&self) -> Option<Failure<'_>> {
        match self {
            Self::Answer { status, code, .. } => Some(Failure::Status {
                status: *status,
                code: Some(code),
            }),
            Self::Garbled { .. } => Some(Failure::Garbled),
            Self::Transport { failure, .. } => Some(*failure),
            Self::Login(_) | Self::ForeignLink(_) => None,
        }
    }
}

impl ArmError {
    /// Returns the status of ARM's answer.
    pub fn status(&self) -> Option<u16> {
        match &*self.cause {
            ArmCause::Answer { status, .. } => Some(*status),
            ArmCause::Garbled { .. }
            | ArmCause::Transport { .. }
            | ArmCause::Login(_)
            | ArmCause::ForeignLink(_) => None,
        }
    }

    /// Returns `error.code` of ARM's answer.
    pub fn code(&self) -> Option<&str> {
        match &*self.cause {
            ArmCause::Answer { code, .. } if !code.is_empty() => Some(code),
            ArmCause::Answer { .. }
            | ArmCause::Garbled { .. }
            | ArmCause::Transport { .. }
            | ArmCause::Login(_)
            | ArmCause::ForeignLink(_) => None,
        }
    }

    /// Whether the answer carries this code; codes are compared without case.
    pub fn is_code(&self, code: &str) -> bool {
        self.code()
            .is_some_and(|found| found.eq_ignore_ascii_case(code))
    }

    /// Whether we may not do that.
    pub fn is_forbidden(&self) -> bool {
        matches!(self.status(), Some(401 | 403))
    }

    /// Whether nobody answered.
    pub fn is_unreachable(&self) -> bool {
        matches!(&*self.cause, ArmCause::Transport { .. })
    }

    /// Whether there was nobody to ask as: the login failed.
    pub fn login(&self) -> Option<&CredentialError> {
        match &*self.cause {
            ArmCause::Login(error) => Some(error),
            ArmCause::Answer { .. }
            | ArmCause::Garbled { .. }
            | ArmCause::Transport { .. }
            | ArmCause::ForeignLink(_) => None,
        }
    }

    /// Returns the message and its causes in one line, for a record's condition.
    pub fn line(&self) -> String {
        let mut line = self.to_string();
        let mut next = self.source();
        while let Some(cause) = next {
            line.push_str(": ");
            line.push_str(&cause.to_string().replace('\n', " |"));
            next = cause.source();
        }
        line
    }
}

impl Explain for ArmError {
    fn outcome(&self) -> Outcome {
        self.gave_up.map_or(Outcome::CouldNotRun, GaveUp::outcome)
    }

    fn hint(&self) -> Option<String> {
        let is = |code: &str| self.is_code(code);
        match &*self.cause {
            ArmCause::Login(error) => error.hint(),
            ArmCause::Answer { .. } if is("SubscriptionNotFound") => {
                Some("name another subscription with `--subscription`".to_owned())
            }
            ArmCause::Answer { .. } if is("InvalidAuthenticationTokenTenant") => Some(
                "log in to the subscription's Entra tenant with `az login --tenant`".to_owned(),
            ),
            ArmCause::Transport {
                failure: Failure::Tls,
                ..
            } => Some(
                "if a proxy opens TLS connections, name its CA certificates in `SSL_CERT_FILE`"
                    .to_owned(),
            ),
            ArmCause::Answer { .. }
            | ArmCause::Garbled { .. }
            | ArmCause::Transport { .. }
            | ArmCause::ForeignLink(_) => None,
        }
    }
}
