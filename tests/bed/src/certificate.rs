//! Certificates and keys of the bed, made anew at each start and valid on this machine only.

use std::net::IpAddr;

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DistinguishedName, DnType,
    ExtendedKeyUsagePurpose, IsCa, KeyPair, KeyUsagePurpose, SanType,
};
use rsa::pkcs8::{EncodePrivateKey, EncodePublicKey, LineEnding};

use crate::error::{BedError, Doing};

/// A certificate authority.
#[derive(Debug)]
pub(crate) struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
}

/// A certificate with its private key, both in PEM.
#[derive(Clone, Debug)]
pub(crate) struct Identity {
    /// The certificate, followed by that of its authority.
    pub(crate) certificate: String,
    /// The private key, PKCS #8.
    pub(crate) key: String,
}

/// An RSA key that signs ServiceAccount tokens (RS256).
#[derive(Clone, Debug)]
pub(crate) struct TokenKey {
    /// The private key, PKCS #8, PEM.
    pub(crate) private: String,
    /// The public key, SPKI, PEM.
    pub(crate) public: String,
}

impl Authority {
    /// Makes an authority whose certificate's subject is `CN=name`.
    ///
    /// # Errors
    ///
    /// When no key can be made.
    pub(crate) fn new(name: &str) -> Result<Self, BedError> {
        let make = || -> Result<_, rcgen::Error> {
            let mut params = CertificateParams::default();
            params.distinguished_name = common_name(name);
            params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
            params.key_usages = vec![
                KeyUsagePurpose::KeyCertSign,
                KeyUsagePurpose::DigitalSignature,
                KeyUsagePurpose::CrlSign,
            ];
            CertifiedIssuer::self_signed(params, KeyPair::generate()?)
        };
        let issuer = make().doing(|| format!("cannot make the authority `{name}`"))?;
        Ok(Self { issuer })
    }

    /// The authority's own certificate, in PEM.
    pub(crate) fn pem(&self) -> String {
        self.issuer.pem()
    }

    /// A server's certificate for these names, in this order.
    ///
    /// # Errors
    ///
    /// When a name is not ASCII, or no key can be made.
    pub(crate) fn server(
        &self,
        subject: &str,
        names: &[String],
        addresses: &[IpAddr],
    ) -> Result<Identity, BedError> {
        self.leaf(subject, ExtendedKeyUsagePurpose::ServerAuth, |params| {
            for name in names {
                let name = SanType::DnsName(name.as_str().try_into()?);
                params.subject_alt_names.push(name);
            }
            let addresses = addresses.iter().copied().map(SanType::IpAddress);
            params.subject_alt_names.extend(addresses);
            Ok(())
        })
    }

    /// A client's certificate: Kubernetes reads the user from `CN` and the group from `O`.
    ///
    /// # Errors
    ///
    /// When no key can be made.
    pub(crate) fn client(&self, user: &str, group: &str) -> Result<Identity, BedError> {
        self.leaf(user, ExtendedKeyUsagePurpose::ClientAuth, |params| {
            let name = &mut params.distinguished_name;
            name.push(DnType::OrganizationName, group);
            Ok(())
        })
    }

    fn leaf(
        &self,
        subject: &str,
        usage: ExtendedKeyUsagePurpose,
        fill: impl FnOnce(&mut CertificateParams) -> Result<(), rcgen::Error>,
    ) -> Result<Identity, BedError> {
        let make = || -> Result<_, rcgen::Error> {
            let mut params = CertificateParams::default();
            params.distinguished_name = common_name(subject);
            params.use_authority_key_identifier_extension = true;
            params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
            params.extended_key_usages = vec![usage];
            fill(&mut params)?;
            let key = KeyPair::generate()?;
            let certificate = params.signed_by(&key, &self.issuer)?;
            Ok(Identity {
                certificate: certificate.pem() + &self.issuer.pem(),
                key: key.serialize_pem(),
            })
        };
        make().doing(|| format!("cannot make the certificate of `{subject}`"))
    }
}

impl TokenKey {
    /// Makes a key of 2048 bits; takes some tenths of a second.
    ///
    /// # Errors
    ///
    /// When the system gives no random numbers.
    pub(crate) fn new() -> Result<Self, BedError> {
        let doing = || "cannot make an RSA key".to_owned();
        let key = rsa::PrivateKey::new(&mut getrandom::SysRng, 2048).doing(doing)?;
        let private = key.to_pkcs8_pem(LineEnding::LF).doing(doing)?;
        let public = key.to_public_key().to_public_key_pem(LineEnding::LF);
        Ok(Self {
            private: private.to_string(),
            public: public.doing(doing)?,
        })
    }
}

fn common_name(name: &str) -> DistinguishedName {
    let mut distinguished = DistinguishedName::new();
    distinguished.push(DnType::CommonName, name);
    distinguished
}
