//! An issuer for tests that need no API server: two fixed keys, and tokens signed with either.

use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::{Value, json};

use crate::clock::real_now;
use crate::issuers::IssuerDocuments;

/// One of the two keys, which are in the repository and secret to nobody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TestKey {
    /// The key of a [`TestIssuer`] at first.
    First,
    /// Another.
    Second,
}

impl TestKey {
    /// Returns the public key as a member of a key set. Its `kid` is the one that Kubernetes
    /// gives: the digest of the public key's encoding.
    pub fn public(self) -> Value {
        let text = match self {
            Self::First => include_str!("../keys/first.jwk.json"),
            Self::Second => include_str!("../keys/second.jwk.json"),
        };
        serde_json::from_str(text).unwrap_or_default()
    }

    /// Returns the id of the key.
    pub fn kid(self) -> String {
        let key: Option<Jwk> = serde_json::from_value(self.public()).ok();
        key.and_then(|key| key.common.key_id).unwrap_or_default()
    }

    /// Returns a certificate of [`TestKey::First`] in PEM, for callers that sign assertions.
    pub fn certificate_of_first() -> &'static str {
        include_str!("../keys/first.crt.pem")
    }

    /// Returns the private key in PEM.
    pub fn private_pem(self) -> &'static str {
        match self {
            Self::First => include_str!("../keys/first.pem"),
            Self::Second => include_str!("../keys/second.pem"),
        }
    }
}

/// Makes ServiceAccount tokens as an API server would.
#[derive(Clone, Debug)]
pub struct TestIssuer {
    url: String,
}

/// A token before it is signed. The default of each part is what a valid token has.
#[derive(Clone, Debug)]
pub struct TestToken {
    /// Claims: `iss`, `sub`, `aud`, `iat`, `nbf`, `exp`.
    pub claims: Value,
    /// Key that signs.
    pub key: TestKey,
    /// `kid` of the header; none: the signing key's.
    pub kid: Option<String>,
    /// Whether the public key is used as the secret of HS256, which is a known attack.
    pub forged: bool,
}

impl TestIssuer {
    /// Makes an issuer with this URL, byte for byte.
    pub fn new(url: &str) -> Self {
        Self {
            url: url.to_owned(),
        }
    }

    /// Returns the URL.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Returns the documents of an issuer with these keys.
    pub fn documents(keys: &[TestKey]) -> IssuerDocuments {
        let keys: Vec<Value> = keys.iter().map(|key| key.public()).collect();
        IssuerDocuments {
            discovery: None,
            keys: json!({"keys": keys}),
        }
    }

    /// Returns a valid token of an hour for a subject and an audience.
    pub fn token(&self, subject: &str, audience: &str) -> TestToken {
        let now = real_now() / 1000;
        TestToken {
            claims: json!({
                "iss": self.url,
                "sub": subject,
                "aud": [audience],
                "iat": now,
                "nbf": now,
                "exp": now + 3600,
            }),
            key: TestKey::First,
            kid: None,
            forged: false,
        }
    }
}

impl TestToken {
    /// Returns the token with one claim changed.
    #[must_use]
    pub fn with(mut self, claim: &str, value: impl Into<Value>) -> Self {
        if let Some(claims) = self.claims.as_object_mut() {
            claims.insert(claim.to_owned(), value.into());
        }
        self
    }

    /// Signs the token.
    ///
    /// # Errors
    ///
    /// Whatever the JWT library says.
    pub fn sign(&self) -> Result<String, jsonwebtoken::errors::Error> {
        let (algorithm, key) = if self.forged {
            let secret = self.key.public().to_string();
            (
                Algorithm::HS256,
                EncodingKey::from_secret(secret.as_bytes()),
            )
        } else {
            let key = EncodingKey::from_rsa_pem(self.key.private_pem().as_bytes())?;
            (Algorithm::RS256, key)
        };
        let mut header = Header::new(algorithm);
        header.kid = Some(self.kid.clone().unwrap_or_else(|| self.key.kid()));
        encode(&header, &self.claims, &key)
    }
}
