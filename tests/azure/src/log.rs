//! Record of every request that a world has seen.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// One request, without its secrets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Recorded {
    /// Position in the order of arrival, over all worlds of the server.
    pub sequence: u64,
    /// Number of the connection that it came on.
    pub connection: u64,
    /// World's time at arrival, RFC 3339.
    pub time: String,
    /// Real milliseconds until the answer was ready; none: not answered (yet).
    pub elapsed_ms: Option<u64>,
    /// HTTP method.
    pub method: String,
    /// Path as it was sent.
    pub path: String,
    /// Query as it was sent, without `?`.
    pub query: String,
    /// Headers in lower case, without `authorization`.
    pub headers: BTreeMap<String, String>,
    /// Body: JSON as it was, a form as an object whose `client_secret` is struck out and whose
    /// `client_assertion` is shown as header and claims, anything else as text, nothing as null.
    pub body: Value,
    /// Object id of the principal whose token it bore.
    pub principal: Option<String>,
    /// HTTP status; none: not answered (yet), or the connection was reset.
    pub status: Option<u16>,
    /// `error.code` or the AADSTS number of the answer.
    pub error: Option<String>,
    /// Rule that spoilt it.
    pub fault: Option<String>,
}

impl Recorded {
    /// Whether ARM was asked to change something.
    pub fn is_write(&self) -> bool {
        let changes = matches!(self.method.as_str(), "PUT" | "PATCH" | "POST" | "DELETE");
        changes && !self.is_token() && !self.path.starts_with("/v1.0/")
    }

    /// Whether a token was asked for.
    pub fn is_token(&self) -> bool {
        self.path.ends_with("/oauth2/v2.0/token")
    }
}

/// The requests of one world in order of arrival.
#[derive(Debug, Default)]
pub(crate) struct Log {
    entries: Vec<Recorded>,
}

impl Log {
    pub(crate) fn push(&mut self, entry: Recorded) {
        self.entries.push(entry);
    }

    /// Changes the entry of a request, if the record still has it.
    pub(crate) fn amend(&mut self, sequence: u64, change: impl FnOnce(&mut Recorded)) {
        // A request seldom is far from the end.
        let entry = self.entries.iter_mut().rev();
        if let Some(entry) = entry.into_iter().find(|entry| entry.sequence == sequence) {
            change(entry);
        }
    }

    pub(crate) fn entries(&self) -> Vec<Recorded> {
        self.entries.clone()
    }

    pub(crate) fn clear(&mut self) {
        self.entries.clear();
    }
}
