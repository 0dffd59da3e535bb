//! Errors of requests to an API server.

use std::error::Error;
use std::time::Duration;

use thiserror::Error;
use vwi_core::exit::{Explain, Outcome};
use vwi_core::text::escape;

use crate::exec::ExecError;

/// A request that gave no usable answer.
#[derive(Debug, Error)]
#[error("cannot {operation} {object} of {cluster}")]
pub struct ApiError {
    /// What was tried: `get`, `list`, `apply` and so on.
    pub operation: &'static str,
    /// On what, with its name in backticks.
    pub object: String,
    /// Which cluster: its context in backticks, else its address.
    pub cluster: String,
    /// Why not.
    #[source]
    pub cause: Box<ApiCause>,
}

/// Why a request gave no usable answer.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ApiCause {
    /// The API server said no.
    #[error("the API server answered {code}{}", shown(reason, message))]
    Refused {
        /// HTTP status.
        code: u16,
        /// One word in CamelCase, where the answer was a Kubernetes `Status`.
        reason: String,
        /// The server's own words.
        message: String,
        /// What it says of single fields.
        causes: Vec<FieldCause>,
    },
    /// No answer came.
    #[error("no answer came")]
    Unreachable(#[source] Box<dyn Error + Send + Sync>),
    /// No answer came in time.
    #[error("no answer came within {}", seconds(*after))]
    TimedOut {
        /// The request's time limit.
        after: Duration,
    },
    /// The answer is not what a Kubernetes API server says.
    #[error("the answer is not one of a Kubernetes API server: {fault}")]
    NotUnderstood {
        /// What is wrong with it, without its text.
        fault: String,
    },
    /// The request can't be sent.
    #[error("the request can't be sent")]
    Unsendable(#[source] Box<dyn Error + Send + Sync>),
    /// The credential plugin gave no new credential.
    #[error("the credential was refused, and there is no new one")]
    Credential(#[source] ExecError),
}

/// What the API server says of one field of a refused object.
#[derive(Clone, Debug, PartialEq, Eq, serde::Deserialize)]
pub struct FieldCause {
    /// One word in CamelCase, such as `FieldManagerConflict`.
    #[serde(default)]
    pub reason: String,
    /// The server's own words.
    #[serde(default)]
    pub message: String,
    /// The field's path.
    #[serde(default)]
    pub field: String,
}

impl ApiError {
    /// Returns the HTTP status of a refusal.
    pub fn code(&self) -> Option<u16> {
        match &*self.cause {
            ApiCause::Refused { code, .. } => Some(*code),
            ApiCause::Unreachable(_)
            | ApiCause::TimedOut { .. }
            | ApiCause::NotUnderstood { .. }
            | ApiCause::Unsendable(_)
            | ApiCause::Credential(_) => None,
        }
    }

    /// Whether the credential was not accepted.
    pub fn is_unauthorized(&self) -> bool {
        self.code() == Some(401) || matches!(*self.cause, ApiCause::Credential(_))
    }

    /// Whether the user may not do that.
    pub fn is_forbidden(&self) -> bool {
        self.code() == Some(403)
    }

    /// Whether the object, or its kind, is not there.
    pub fn is_not_found(&self) -> bool {
        self.code() == Some(404)
    }

    /// Whether the object is there already, has another uid, or a field has another manager.
    pub fn is_conflict(&self) -> bool {
        self.code() == Some(409)
    }

    /// Whether no answer came at all.
    pub fn is_unreachable(&self) -> bool {
        matches!(
            *self.cause,
            ApiCause::Unreachable(_) | ApiCause::TimedOut { .. }
        )
    }

    /// Whether a write may have been done although no success came back.
    pub fn leaves_open(&self) -> bool {
        match &*self.cause {
            ApiCause::Refused { code, .. } => *code >= 500,
            ApiCause::Unreachable(_)
            | ApiCause::TimedOut { .. }
            | ApiCause::NotUnderstood { .. } => true,
            ApiCause::Unsendable(_) | ApiCause::Credential(_) => false,
        }
    }

    /// Returns what the server said of single fields.
    pub fn field_causes(&self) -> &[FieldCause] {
        match &*self.cause {
            ApiCause::Refused { causes, .. } => causes,
            ApiCause::Unreachable(_)
            | ApiCause::TimedOut { .. }
            | ApiCause::NotUnderstood { .. }
            | ApiCause::Unsendable(_)
            | ApiCause::Credential(_) => &[],
        }
    }

    /// Returns the error and its causes in one line, for a place that has room for one.
    pub fn in_one_line(&self) -> String {
        let mut line = self.to_string();
        let mut source = self.source();
        while let Some(cause) = source {
            line.push_str(": ");
            line.push_str(&cause.to_string());
            source = cause.source();
        }
        line
    }
}

impl Explain for ApiError {
    fn outcome(&self) -> Outcome {
        Outcome::CouldNotRun
    }

    fn hint(&self) -> Option<String> {
        if self.is_unauthorized() {
            Some(format!(
                "log in again: the credential for {} is not accepted",
                self.cluster
            ))
        } else if self.is_forbidden() {
            Some("ask for that right, or use a context that has it: `kubectl auth can-i --list` shows yours".to_owned())
        } else if self.is_unreachable() {
            Some(format!(
                "see whether the API server of {} answers: `kubectl get --raw /version`",
                self.cluster
            ))
        } else {
            None
        }
    }
}

/// A server's words, made safe to show, with what leads over to them.
fn shown(reason: &str, message: &str) -> String {
    match (reason.is_empty(), message.is_empty()) {
        (true, true) => String::new(),
        (false, true) => format!(" {}", escape(reason)),
        (true, false) => format!(": {}", escape(message)),
        (false, false) => format!(" {}: {}", escape(reason), escape(message)),
    }
}

fn seconds(after: Duration) -> String {
    if after.subsec_millis() == 0 {
        format!("{} s", after.as_secs())
    } else {
        format!("{} ms", after.as_millis())
    }
}
