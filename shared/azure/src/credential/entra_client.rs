//! Carries the login library's calls over our HTTP client, and reads refusals for it.
//!
//! `azure_identity` 1.0 can't read an `error_description` with a line break in it, which Entra's
//! older codes have, and would call it a parser's error: so a refusal becomes an error here.

use async_trait::async_trait;
use azure_core::error::{Error, ErrorKind};
use azure_core::http::{AsyncRawResponse, HttpClient, RawResponse, Request};
use serde::Deserialize;

#[derive(Debug)]
pub(super) struct EntraClient(pub(super) reqwest::Client);

#[derive(Default, Deserialize)]
#[serde(default)]
struct Refusal {
    error: String,
    error_description: String,
    error_codes: Vec<u32>,
    /// What App Service says in place of Entra's three.
    message: String,
}

#[async_trait]
impl HttpClient for EntraClient {
    async fn execute_request(&self, request: &Request) -> azure_core::Result<AsyncRawResponse> {
        let response = self.0.execute_request(request).await?;
        let status = response.status();
        if status.is_success() {
            return Ok(response);
        }
        let host = request.url().host_str().unwrap_or_default();
        let headers = response.headers().clone();
        let response = response.try_into_raw_response().await?;
        let refusal: Refusal = serde_json::from_slice(response.body()).unwrap_or_default();
        let description = crate::entra::without_traces(&refusal.error_description);
        let message = match (refusal.error.as_str(), description) {
            ("", _) if !refusal.message.is_empty() => {
                format!("`{host}` answered {status}: {}", refusal.message)
            }
            ("", _) => format!("`{host}` answered {status}"),
            (error, "") => format!("`{host}` answered {status} {error}"),
            (_, description) => description.to_owned(),
        };
        Err(Error::new(
            ErrorKind::HttpResponse {
                status,
                error_code: refusal.error_codes.first().map(ToString::to_string),
                // For `Retry-After`; the body stays here.
                raw_response: Some(Box::new(RawResponse::from_bytes(status, headers, ""))),
            },
            message,
        ))
    }
}
