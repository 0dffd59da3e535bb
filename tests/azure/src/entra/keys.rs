//! Issuers' keys, fetched as Entra does: through the discovery document, over https.

use crate::tls::{self, TlsError};

/// The client that fetches keys, and what it has fetched.
#[derive(Debug)]
pub(crate) struct Keys {
    #[expect(dead_code, reason = "used by the token endpoint")]
    http: reqwest::Client,
}

impl Keys {
    pub(crate) fn new(roots_pem: &[String]) -> Result<Self, TlsError> {
        Ok(Self {
            http: tls::client(roots_pem)?,
        })
    }
}
