//! Entra's errors: AADSTS numbers with their texts, statuses and body.

use serde_json::{Map, Value, json};

use crate::clock::{entra_time, real_now};
use crate::http::Reply;
use crate::settings::EntraRules;
use crate::state::new_id;

/// An error of the token endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct EntraError {
    code: u32,
    text: String,
    status: Option<u16>,
}

impl EntraError {
    pub(crate) fn new(code: u32, text: impl Into<String>) -> Self {
        Self {
            code,
            text: text.into(),
            status: None,
        }
    }

    /// Returns the error with another status than usual.
    #[must_use]
    pub(crate) fn with_status(mut self, status: u16) -> Self {
        self.status = Some(status);
        self
    }

    /// Returns the AADSTS number.
    pub(crate) fn code(&self) -> u32 {
        self.code
    }

    /// Makes the reply. `correlation` is the client's own id of the request.
    pub(crate) fn reply(&self, rules: &EntraRules, correlation: Option<&str>) -> Reply {
        let (usual_status, usual_error) = shape(self.code);
        let switched = rules.statuses.get(&self.code).copied();
        let status = self.status.or(switched).unwrap_or(usual_status);
        let error = match status {
            401 if usual_status != 401 => "invalid_client",
            400 if usual_status == 401 => "invalid_request",
            _ => usual_error,
        };
        let trace_id = new_id();
        let correlation_id = correlation.map_or_else(new_id, str::to_owned);
        let timestamp = entra_time(real_now());
        let gap = if self.code.to_string().starts_with("7002") {
            [" "; 3]
        } else {
            ["\r\n"; 3]
        };
        let [before_trace, before_correlation, before_time] = gap;
        let description = format!(
            "AADSTS{}: {}{before_trace}Trace ID: {trace_id}{before_correlation}Correlation ID: \
             {correlation_id}{before_time}Timestamp: {timestamp}",
            self.code, self.text
        );
        let mut body = Map::new();
        body.insert("error".to_owned(), json!(error));
        body.insert("error_description".to_owned(), json!(description));
        body.insert("error_codes".to_owned(), json!([self.code]));
        body.insert("timestamp".to_owned(), json!(timestamp));
        body.insert("trace_id".to_owned(), json!(trace_id));
        body.insert("correlation_id".to_owned(), json!(correlation_id));
        if rules.error_uri {
            let uri = format!("https://login.microsoftonline.com/error?code={}", self.code);
            body.insert("error_uri".to_owned(), json!(uri));
        }
        Reply::json(status, &Value::Object(body)).error(&self.code.to_string())
    }
}

/// Returns the usual HTTP status and `error` of a number.
fn shape(code: u32) -> (u16, &'static str) {
    match code {
        700_016 => (400, "unauthorized_client"),
        70003 => (400, "unsupported_grant_type"),
        70011 | 1_002_012 => (400, "invalid_scope"),
        70021 | 90002 | 90014 | 90061 | 50166 | 501_661 | 900_023 | 900_144 | 50049 => {
            (400, "invalid_request")
        }
        _ => (401, "invalid_client"),
    }
}
