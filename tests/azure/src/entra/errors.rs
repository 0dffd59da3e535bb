//! Entra's errors: AADSTS numbers with their texts, statuses and body.

use serde_json::{Map, Value, json};
use vwi_test_server::Reply;

use crate::clock::{entra_time, real_now};
use crate::settings::EntraRules;
use crate::state::new_id;

/// An error of the token endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct EntraError {
    code: u32,
    text: String,
    status: Option<u16>,
    error: Option<&'static str>,
}

impl EntraError {
    pub(crate) fn new(code: u32, text: impl Into<String>) -> Self {
        Self {
            code,
            text: text.into(),
            status: None,
            error: None,
        }
    }

    /// Returns the error with another status than usual.
    #[must_use]
    pub(crate) fn with_status(mut self, status: u16) -> Self {
        self.status = Some(status);
        self
    }

    /// Returns the error with another `error` than usual.
    #[must_use]
    pub(crate) fn with_error(mut self, error: &'static str) -> Self {
        self.error = Some(error);
        self
    }

    /// Makes the reply. `correlation` is the client's own id of the request.
    pub(crate) fn reply(&self, rules: &EntraRules, correlation: Option<&str>) -> Reply {
        let (usual_status, usual_error) = shape(self.code);
        let switched = rules.statuses.get(&self.code).copied();
        let status = self.status.or(switched).unwrap_or(usual_status);
        let error = self.error.unwrap_or(match status {
            401 if usual_status != 401 => "invalid_client",
            400 if usual_status == 401 => "invalid_request",
            _ => usual_error,
        });
        let trace_id = new_id();
        let correlation_id = correlation.map_or_else(new_id, str::to_owned);
        let timestamp = entra_time(real_now());
        // The older codes break the line here.
        let gap = if self.code.to_string().starts_with("7002") {
            " "
        } else {
            "\r\n"
        };
        let description = format!(
            "AADSTS{}: {}{gap}Trace ID: {trace_id}{gap}Correlation ID: {correlation_id}{gap}\
             Timestamp: {timestamp}",
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

/// The texts of errors that several places give.
pub(crate) mod texts {
    use super::EntraError;
    use crate::entra::assertion::Claims;

    const NO_MATCH: &str = "No matching federated identity record found for presented assertion";

    const ADVICE: &str = "Check your federated identity credential Subject, Audience and Issuer \
         against the presented assertion. \
         https://learn.microsoft.com/entra/workload-id/workload-identity-federation";

    /// No credential fits an assertion; the code says in what.
    pub(in crate::entra) fn no_match(code: u32, claims: &Claims) -> EntraError {
        let Claims { iss, sub, .. } = claims;
        let audience = claims.audiences().join(",");
        let text = match code {
            700_211 => format!("{NO_MATCH} issuer '{iss}'. {ADVICE}"),
            700_212 => format!("{NO_MATCH} audience '{audience}'. {ADVICE}"),
            700_213 => format!("{NO_MATCH} subject '{sub}'. {ADVICE}"),
            7_002_138 => format!(
                "{NO_MATCH} subject '{sub}'. The subject matches with case-insensitive \
                 comparison, but not with case-sensitive comparison. {ADVICE}"
            ),
            70025 => {
                "Client application has no configured federated identity credentials".to_owned()
            }
            _ => format!(
                "{NO_MATCH}. Assertion Issuer: '{iss}'. Assertion Subject: '{sub}'. Assertion \
                 Audience: '{audience}'."
            ),
        };
        EntraError::new(code, text)
    }

    /// A signature does not verify.
    pub(crate) fn bad_signature(code: u32) -> EntraError {
        let text = match code {
            50013 => {
                "Assertion failed signature validation. [Reason - The provided signature value \
                 did not match the expected signature value.]"
            }
            900_384 => "JWT token failed signature validation.",
            _ => {
                "Client assertion contains an invalid signature. [Reason - The key was found, but \
                 use of the key to verify the signature failed.]"
            }
        };
        EntraError::new(code, text)
    }

    /// Nobody has this client id.
    pub(crate) fn no_application(client_id: &str, directory: &str) -> EntraError {
        let text = format!(
            "Application with identifier '{client_id}' was not found in the directory \
             '{directory}'. This can happen if the application has not been installed by the \
             administrator of the tenant or consented to by any user in the tenant. You may have \
             sent your authentication request to the wrong tenant."
        );
        EntraError::new(700_016, text)
    }

    /// Neither secret nor assertion.
    pub(crate) fn no_secret() -> EntraError {
        let text = "The request body must contain the following parameter: 'client_assertion' or \
                    'client_secret'.";
        EntraError::new(7_000_218, text)
    }

    /// There is no such tenant.
    pub(crate) fn no_tenant(tenant: &str) -> EntraError {
        let is_domain = tenant.contains('.');
        if !is_domain && uuid::Uuid::try_parse(tenant).is_err() {
            let text = format!(
                "Specified tenant identifier '{tenant}' is neither a valid DNS name, nor a valid \
                 external domain."
            );
            return EntraError::new(900_023, text);
        }
        let text = format!(
            "Tenant '{tenant}' not found. Check to make sure you have the correct tenant ID and \
             are signing into the correct cloud. Check with your subscription administrator, this \
             may happen if there are no active subscriptions for the tenant."
        );
        EntraError::new(90002, text)
    }
}
