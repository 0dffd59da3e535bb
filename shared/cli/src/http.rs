//! HTTP clients for everything that is not an API server: ARM, Entra, issuers, the Platform.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use reqwest::{Certificate, NoProxy, Proxy};
use thiserror::Error;
use vwi_core::exit::{Explain, Outcome};
use vwi_kubernetes::Proxies;

/// How long a connection may take to come up.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// How connections are made; the same for all of a process.
#[derive(Clone, Debug)]
pub struct HttpSettings {
    /// Value of the header `User-Agent`.
    pub user_agent: String,
    /// Longest time for one request with its answer; `None` waits for ever.
    pub request_timeout: Option<Duration>,
    /// Do not verify certificates; only where a flag for just that connection was typed.
    pub insecure_skip_verify: bool,
    /// `SSL_CERT_FILE`: these roots, and no others.
    pub roots: Option<PathBuf>,
    /// Roots in PEM for this client alone, in place of all others.
    pub authority: Option<Vec<u8>>,
    /// The environment's proxies.
    pub proxies: Proxies,
}

/// No client could be made.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum HttpError {
    /// The library refuses.
    #[error("cannot make an HTTP client")]
    Client(#[source] reqwest::Error),
    /// The roots can't be had.
    #[error("cannot read the certificates of `{}`", path.display())]
    Roots {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        #[source]
        source: io::Error,
    },
    /// The roots for this client alone can't be had.
    #[error("cannot use the certificates of the authority that was given")]
    Authority(#[source] io::Error),
    /// A proxy can't be used. Its address is not shown: it can hold a password.
    #[error("cannot use the proxy of `{variable}`")]
    Proxy {
        /// The variable that names it.
        variable: &'static str,
    },
}

impl Explain for HttpError {
    fn outcome(&self) -> Outcome {
        Outcome::CouldNotRun
    }

    fn hint(&self) -> Option<String> {
        Some(
            match self {
                Self::Client(_) => "look at SSL_CERT_FILE, and at the system's certificates",
                Self::Authority(_) => "they have to be PEM certificates",
                Self::Roots { .. } => "SSL_CERT_FILE has to name a file with PEM certificates",
                Self::Proxy { .. } => "it has to be a URL such as `http://proxy:3128`",
            }
            .to_owned(),
        )
    }
}

/// Makes a client.
///
/// Roots are the system's, by `rustls-platform-verifier`, which reqwest brings along anyway and
/// which reads them when the first connection is made; or those of `SSL_CERT_FILE` alone, or those
/// of [`HttpSettings::authority`] alone. Proxies
/// are the environment's, read by us as everything else there. Redirects are not followed: none of
/// the services asked has any, and a token must not go where one points.
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
        // Not what the library finds by itself, which is more than the environment's.
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none());
    if let Some(timeout) = settings.request_timeout {
        builder = builder.timeout(timeout);
    }
    if let Some(pem) = &settings.authority {
        builder = builder.tls_certs_only(certificates(pem).map_err(HttpError::Authority)?);
    } else if let Some(path) = &settings.roots {
        let read = std::fs::read(path).and_then(|pem| certificates(&pem));
        builder = builder.tls_certs_only(read.map_err(|source| HttpError::Roots {
            path: path.clone(),
            source,
        })?);
    }
    for proxy in proxies(&settings.proxies)? {
        builder = builder.proxy(proxy);
    }
    if settings.insecure_skip_verify {
        builder = builder.tls_danger_accept_invalid_certs(true);
    }
    builder.build().map_err(HttpError::Client)
}

fn certificates(pem: &[u8]) -> io::Result<Vec<Certificate>> {
    let found = Certificate::from_pem_bundle(pem).map_err(io::Error::other)?;
    if found.is_empty() {
        return Err(io::Error::other("it holds none"));
    }
    Ok(found)
}

fn proxies(proxies: &Proxies) -> Result<Vec<Proxy>, HttpError> {
    let except = proxies.no.as_deref().and_then(NoProxy::from_string);
    let mut found = Vec::new();
    if let Some(address) = &proxies.https {
        let variable = "HTTPS_PROXY";
        let proxy = Proxy::https(address).map_err(|_secret| HttpError::Proxy { variable })?;
        found.push(proxy.no_proxy(except.clone()));
    }
    if let Some(address) = &proxies.http {
        let variable = "http_proxy";
        let proxy = Proxy::http(address).map_err(|_secret| HttpError::Proxy { variable })?;
        found.push(proxy.no_proxy(except));
    }
    Ok(found)
}

#[cfg(test)]
mod tests;
