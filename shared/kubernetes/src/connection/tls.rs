//! TLS to an API server: whom to trust, and as whom to come.

use std::path::Path;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use kube::Config;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use rustls_platform_verifier::BuilderVerifierExt;
use secrecy::ExposeSecret;
use zeroize::Zeroizing;

use super::SetupError;

/// Returns rustls' settings.
///
/// Trusted are the cluster's certificate authorities, else the system's, which `SSL_CERT_FILE`
/// takes the place of. Nothing is verified only where that was typed.
pub(super) fn client_config(config: &Config) -> Result<ClientConfig, SetupError> {
    let provider = Arc::new(ring::default_provider());
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(SetupError::Roots)?;
    let builder = match &config.root_cert {
        _ if config.accept_invalid_certs => builder
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(Unverified(provider))),
        Some(roots) => builder.with_root_certificates(store(roots)?),
        None => builder
            .with_platform_verifier()
            .map_err(SetupError::Roots)?,
    };
    match identity(config)? {
        None => Ok(builder.with_no_client_auth()),
        Some((chain, key)) => builder
            .with_client_auth_cert(chain, key)
            .map_err(SetupError::UnusableIdentity),
    }
}

fn store(roots: &[Vec<u8>]) -> Result<RootCertStore, SetupError> {
    let mut store = RootCertStore::empty();
    for root in roots {
        store
            .add(CertificateDer::from_slice(root))
            .map_err(SetupError::Roots)?;
    }
    Ok(store)
}

type Identity = (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>);

/// Reads the client certificate with its key: data before files, as in client-go.
fn identity(config: &Config) -> Result<Option<Identity>, SetupError> {
    const CERTIFICATE: &str = "client certificate";
    const KEY: &str = "client key";
    let user = &config.auth_info;
    let key_data = user
        .client_key_data
        .as_ref()
        .map(ExposeSecret::expose_secret);
    let certificate = pem(
        CERTIFICATE,
        user.client_certificate_data.as_deref(),
        user.client_certificate.as_deref(),
    )?;
    let (certificate, key) = match (certificate, pem(KEY, key_data, user.client_key.as_deref())?) {
        (None, None) => return Ok(None),
        (Some(certificate), Some(key)) => (certificate, key),
        (Some(_), None) | (None, Some(_)) => return Err(SetupError::HalfIdentity),
    };
    let unreadable = |what| {
        move |error: rustls::pki_types::pem::Error| SetupError::Identity {
            what,
            source: error.into(),
        }
    };
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&certificate).collect();
    let chain = chain.map_err(unreadable(CERTIFICATE))?;
    let key = PrivateKeyDer::from_pem_slice(&key).map_err(unreadable(KEY))?;
    Ok(Some((chain, key)))
}

/// Returns a text in PEM that is given as base64 or in a file; an empty value is none.
fn pem(
    what: &'static str,
    data: Option<&str>,
    file: Option<&str>,
) -> Result<Option<Zeroizing<Vec<u8>>>, SetupError> {
    let filled = |value: &&str| !value.is_empty();
    let bytes = match (data.filter(filled), file.filter(filled)) {
        (Some(data), _) => STANDARD.decode(data.trim()).map_err(Into::into),
        (None, Some(file)) => std::fs::read(Path::new(file)).map_err(Into::into),
        (None, None) => return Ok(None),
    };
    bytes
        .map(|bytes| Some(Zeroizing::new(bytes)))
        .map_err(|source| SetupError::Identity { what, source })
}

/// Takes any certificate, whoever made it and for whom. That its holder has its key is still
/// verified.
#[derive(Debug)]
struct Unverified(Arc<CryptoProvider>);

impl ServerCertVerifier for Unverified {
    fn verify_server_cert(
        &self,
        _certificate: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let known = &self.0.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signature, known)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let known = &self.0.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signature, known)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
