//! Certificates of the listener.

use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose};

use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore, ServerConfig};

/// Certificate and key of the listener, and what its clients must trust.
#[derive(Clone)]
pub struct Tls {
    /// Certificate chain in PEM, the server's own first; valid for `127.0.0.1` and `localhost`.
    pub certificate_pem: String,
    /// Private key in PEM.
    pub key_pem: String,
    /// Certificates in PEM that clients must trust.
    pub ca_pem: String,
}

impl std::fmt::Debug for Tls {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Tls").finish_non_exhaustive()
    }
}

/// Why certificates cannot be used or made.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// The PEM holds something else.
    #[error("cannot read the certificate or key in PEM")]
    Pem(#[from] rustls::pki_types::pem::Error),
    /// Certificate and key do not go together, or the key is of an unknown kind.
    #[error("cannot use the certificate and key")]
    Rustls(#[from] rustls::Error),
    /// No certificate could be made.
    #[error("cannot make a certificate")]
    Make(#[from] rcgen::Error),
    /// No client can be made with the certificates.
    #[error("cannot make an HTTP client")]
    Client(#[from] reqwest::Error),
}

impl Tls {
    /// Makes a certificate authority and a certificate for `127.0.0.1`, `::1` and `localhost`.
    ///
    /// # Errors
    ///
    /// [`TlsError::Make`] if no randomness is to be had.
    pub fn generate() -> Result<Self, TlsError> {
        Self::generate_for(&["localhost", "127.0.0.1", "::1"])
    }

    /// Makes a certificate that nobody has signed but itself, as a first installation has one.
    ///
    /// # Errors
    ///
    /// As for [`Tls::generate`].
    pub fn self_signed() -> Result<Self, TlsError> {
        let key = KeyPair::generate()?;
        let names = ["localhost", "127.0.0.1", "::1"].map(str::to_owned);
        let certificate = CertificateParams::new(names)?.self_signed(&key)?;
        Ok(Self {
            certificate_pem: certificate.pem(),
            key_pem: key.serialize_pem(),
            ca_pem: certificate.pem(),
        })
    }

    /// Makes a certificate authority and a certificate for these names and addresses.
    ///
    /// # Errors
    ///
    /// As for [`Tls::generate`].
    pub fn generate_for(names: &[&str]) -> Result<Self, TlsError> {
        let authority_key = KeyPair::generate()?;
        let mut authority = CertificateParams::new(Vec::new())?;
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        authority.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let name = "vwi stand-in";
        authority.distinguished_name.push(DnType::CommonName, name);
        let authority_certificate = authority.self_signed(&authority_key)?;
        let issuer = Issuer::new(authority, authority_key);

        let key = KeyPair::generate()?;
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let mut leaf = CertificateParams::new(names)?;
        leaf.use_authority_key_identifier_extension = true;
        let common_name = "vwi stand-in's server";
        leaf.distinguished_name
            .push(DnType::CommonName, common_name);
        let certificate = leaf.signed_by(&key, &issuer)?;
        Ok(Self {
            certificate_pem: certificate.pem(),
            key_pem: key.serialize_pem(),
            ca_pem: authority_certificate.pem(),
        })
    }

    /// Returns what the listener is configured with.
    ///
    /// # Errors
    ///
    /// [`TlsError`] if certificate and key can't be used.
    pub fn server_config(&self) -> Result<Arc<ServerConfig>, TlsError> {
        let chain = CertificateDer::pem_slice_iter(self.certificate_pem.as_bytes())
            .collect::<Result<Vec<_>, _>>()?;
        let key = PrivateKeyDer::from_pem_slice(self.key_pem.as_bytes())?;
        let provider = Arc::new(ring::default_provider());
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(chain, key)?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Arc::new(config))
    }
}

/// Makes an HTTP client that trusts these certificates in PEM and no others.
///
/// # Errors
///
/// [`TlsError`] if they can't be used.
pub fn client(roots_pem: &[String]) -> Result<reqwest::Client, TlsError> {
    client_as(roots_pem, None)
}

/// As [`client`], with a certificate and its key in PEM to log in with.
///
/// # Errors
///
/// [`TlsError`] if they can't be used.
pub fn client_as(
    roots_pem: &[String],
    identity: Option<(&str, &str)>,
) -> Result<reqwest::Client, TlsError> {
    let mut roots = RootCertStore::empty();
    for pem in roots_pem {
        for certificate in CertificateDer::pem_slice_iter(pem.as_bytes()) {
            roots.add(certificate?)?;
        }
    }
    let provider = Arc::new(ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots);
    let config = match identity {
        None => config.with_no_client_auth(),
        Some((certificate, key)) => {
            let chain = CertificateDer::pem_slice_iter(certificate.as_bytes())
                .collect::<Result<Vec<_>, _>>()?;
            let key = PrivateKeyDer::from_pem_slice(key.as_bytes())?;
            config.with_client_auth_cert(chain, key)?
        }
    };
    Ok(reqwest::Client::builder()
        .tls_backend_preconfigured(config)
        .no_proxy()
        .build()?)
}
