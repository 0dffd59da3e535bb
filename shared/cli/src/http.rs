//! HTTP clients for everything that is not an API server: ARM, Entra, issuers.

use std::time::Duration;

use thiserror::Error;
use vwi_core::exit::{Explain, Outcome};

/// How long a connection may take to come up.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// How connections are made; the same for all of a process.
#[derive(Clone, Debug)]
pub struct HttpSettings {
    /// Value of the header `User-Agent`.
    pub user_agent: String,
    /// Longest time for one request with its answer; `None` waits for ever.
    pub request_timeout: Option<Duration>,
    /// `--insecure-skip-tls-verify`, typed.
    pub insecure_skip_verify: bool,
}

/// No client could be made.
#[derive(Debug, Error)]
#[error("cannot make an HTTP client")]
pub struct HttpError(#[source] reqwest::Error);

impl Explain for HttpError {
    fn outcome(&self) -> Outcome {
        Outcome::CouldNotRun
    }

    fn hint(&self) -> Option<String> {
        Some("look at SSL_CERT_FILE, HTTPS_PROXY and NO_PROXY".to_owned())
    }
}

/// Makes a client. Roots are the system's, or those of `SSL_CERT_FILE` alone; proxies are the
/// environment's; redirects are not followed, for none of the services asked has any and a token
/// must not go where one points.
///
/// # Errors
///
/// [`HttpError`] if the roots or the proxies can't be used.
pub fn client(settings: &HttpSettings) -> Result<reqwest::Client, HttpError> {
    // A second caller finds it installed.
    let _installed = rustls::crypto::ring::default_provider().install_default();
    let mut builder = reqwest::Client::builder()
        .user_agent(&settings.user_agent)
        .connect_timeout(CONNECT_TIMEOUT)
        .redirect(reqwest::redirect::Policy::none());
    if let Some(timeout) = settings.request_timeout {
        builder = builder.timeout(timeout);
    }
    if settings.insecure_skip_verify {
        builder = builder.danger_accept_invalid_certs(true);
    }
    builder.build().map_err(HttpError)
}
