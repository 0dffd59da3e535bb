//! A service principal's certificate: a client assertion that its key signs.

use std::fmt;
use std::fs;
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use async_trait::async_trait;
use azure_core::error::ErrorKind;
use azure_core::http::ClientMethodOptions;
use azure_identity::ClientAssertion;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use secrecy::zeroize::Zeroizing;
use serde::Serialize;
use sha2::{Digest, Sha256};
use url::Url;
use uuid::Uuid;

/// How long an assertion is valid.
///
/// Source: <https://learn.microsoft.com/entra/identity-platform/certificate-credentials>, which
/// advises 5 to 10 minutes.
const LIFETIME: Duration = Duration::from_mins(10);

/// Signs client assertions for one service principal.
pub(super) struct CertificateAssertion {
    key: EncodingKey,
    header: Header,
    client_id: String,
    audience: String,
}

impl fmt::Debug for CertificateAssertion {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("CertificateAssertion")
            .field("client_id", &self.client_id)
            .finish_non_exhaustive()
    }
}

#[derive(Serialize)]
struct Claims<'a> {
    aud: &'a str,
    iss: &'a str,
    sub: &'a str,
    jti: String,
    nbf: u64,
    exp: u64,
}

impl CertificateAssertion {
    /// Reads certificate and key from one PEM file.
    ///
    /// `token_endpoint` is the assertion's audience. The error is one line for people.
    pub(super) fn read(path: &Path, client_id: &str, token_endpoint: &Url) -> Result<Self, String> {
        let shown = path.display();
        let content = fs::read(path).map_err(|error| format!("can't read `{shown}`: {error}"))?;
        let content = Zeroizing::new(content);
        if !content.windows(10).any(|bytes| bytes == b"-----BEGIN") {
            return Err(format!(
                "`{shown}` is not PEM: convert it with `openssl pkcs12 -in FILE.pfx -out FILE.pem -nodes`"
            ));
        }
        if content.windows(9).any(|bytes| bytes == b"ENCRYPTED") {
            return Err(format!(
                "the key in `{shown}` is encrypted: decrypt it with `openssl pkey -in FILE.pem -out KEY.pem`, and put the certificate behind it"
            ));
        }
        let certificate = CertificateDer::from_pem_slice(&content)
            .map_err(|_| format!("`{shown}` holds no certificate"))?;
        let key = key_section(&content)
            .and_then(|pem| EncodingKey::from_rsa_pem(&pem).ok())
            .ok_or_else(|| format!("`{shown}` holds no RSA key"))?;
        let mut header = Header::new(Algorithm::PS256);
        header.x5t_s256 = Some(URL_SAFE_NO_PAD.encode(Sha256::digest(&certificate)));
        Ok(Self {
            key,
            header,
            client_id: client_id.to_owned(),
            audience: token_endpoint.to_string(),
        })
    }

    fn sign(&self, now: Duration) -> jsonwebtoken::errors::Result<String> {
        let claims = Claims {
            aud: &self.audience,
            iss: &self.client_id,
            sub: &self.client_id,
            jti: Uuid::new_v4().to_string(),
            nbf: now.as_secs(),
            exp: now.saturating_add(LIFETIME).as_secs(),
        };
        encode(&self.header, &claims, &self.key)
    }
}

/// Returns the part of a PEM file that is the key, since the JWT library reads one part only.
fn key_section(content: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let text = std::str::from_utf8(content).ok()?;
    let mut section = Zeroizing::new(Vec::new());
    let mut inside = false;
    for line in text.lines() {
        inside |= line.starts_with("-----BEGIN") && line.contains("PRIVATE KEY-----");
        if inside {
            section.extend_from_slice(line.as_bytes());
            section.push(b'\n');
        }
        if inside && line.starts_with("-----END") {
            return Some(section);
        }
    }
    None
}

#[async_trait]
impl ClientAssertion for CertificateAssertion {
    async fn secret(&self, _: Option<ClientMethodOptions<'_>>) -> azure_core::Result<String> {
        // A clock before 1970 gives an assertion that Entra will refuse with its own words.
        let now = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        self.sign(now).map_err(|error| {
            azure_core::Error::with_error(
                ErrorKind::Credential,
                error,
                "can't sign the client assertion",
            )
        })
    }
}
