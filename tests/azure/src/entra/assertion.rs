//! Client assertions: what they say, and whether a credential trusts it.

use std::time::Duration;

use jsonwebtoken::{Algorithm, DecodingKey, Header, Validation, decode, decode_header};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::clock::{Moment, entra_long_time, real_now};
use crate::entra::application::Application;
use crate::entra::errors::{EntraError, texts};
use crate::entra::keys::{Keys, NoKey};
use crate::seed::CredentialSpec;
use crate::settings::{AssertionCheck, Settings};

/// What Entra reads of an assertion.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Claims {
    pub(super) iss: String,
    pub(super) sub: String,
    aud: Audience,
    exp: i64,
    nbf: Option<i64>,
}

/// One audience, or several.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Several(Vec<String>),
}

impl Claims {
    /// Returns the audiences.
    pub(super) fn audiences(&self) -> &[String] {
        match &self.aud {
            Audience::One(audience) => std::slice::from_ref(audience),
            Audience::Several(audiences) => audiences,
        }
    }

    fn has_audience(&self, wanted: &[String]) -> bool {
        self.audiences().iter().any(|one| wanted.contains(one))
    }

    /// Whether a credential trusts issuer, subject and audience.
    pub(super) fn fits(&self, credential: &CredentialSpec) -> bool {
        credential.issuer == self.iss
            && credential.subject.as_deref() == Some(&self.sub)
            && self.has_audience(&credential.audiences)
    }
}

/// An assertion that has been read, and not yet been believed.
#[derive(Debug)]
pub(super) struct Assertion<'a> {
    token: &'a str,
    header: Header,
    pub(super) claims: Claims,
}

impl<'a> Assertion<'a> {
    /// Reads an assertion.
    pub(super) fn read(token: &'a str) -> Result<Self, EntraError> {
        let malformed = || EntraError::new(50027, "JWT token is invalid or malformed.");
        let header = decode_header(token).map_err(|_unread| malformed())?;
        let claims = unverified(token).ok_or_else(malformed)?;
        Ok(Self {
            token,
            header,
            claims,
        })
    }

    /// Checks the times.
    pub(super) fn check_times(&self, settings: &Settings) -> Result<(), EntraError> {
        let rules = &settings.entra;
        let now = real_now() + rules.clock_offset_seconds * 1000;
        let leeway = rules.leeway_seconds * 1000;
        let start = self
            .claims
            .nbf
            .map_or(Moment::MIN, |nbf| nbf.saturating_mul(1000));
        let end = self.claims.exp.saturating_mul(1000);
        if start.saturating_sub(leeway) <= now && now < end.saturating_add(leeway) {
            return Ok(());
        }
        let text = format!(
            "Client assertion is not within its valid time range. Current time: {}, assertion \
             valid from {}, expiry time of assertion {}. Review the documentation at \
             https://learn.microsoft.com/entra/identity-platform/certificate-credentials .",
            entra_long_time(now),
            entra_long_time(start),
            entra_long_time(end)
        );
        Err(EntraError::new(700_024, text))
    }

    /// Checks the signature against the issuer's keys.
    async fn check_signature(&self, keys: &Keys, settings: &Settings) -> Result<(), EntraError> {
        let rules = &settings.entra;
        if self.header.alg != Algorithm::RS256 {
            return Err(texts::bad_signature(rules.bad_signature));
        }
        let issuer = &self.claims.iss;
        let kid = self.header.kid.as_deref().unwrap_or_default();
        let fresh = Duration::from_secs(rules.keys_fresh_seconds);
        let key = match keys.get(issuer, kid, fresh).await {
            Ok(key) => key,
            Err(NoKey::Unreachable) => {
                let text = "Request to External OIDC endpoint failed.";
                return Err(EntraError::new(rules.issuer_unreachable, text));
            }
            Err(NoKey::Unknown) => {
                let text = format!(
                    "The certificate with identifier {kid} used to sign the federated credential \
                     could not be found in the metadata of identity provider {issuer}. Please \
                     validate that your Identity Provider's metadata exposes the key used to sign \
                     the incoming token."
                );
                return Err(EntraError::new(7_000_272, text));
            }
        };
        let verified =
            DecodingKey::from_jwk(&key).is_ok_and(|key| self.is_signed_by(&key, Algorithm::RS256));
        if verified {
            Ok(())
        } else {
            Err(texts::bad_signature(rules.bad_signature))
        }
    }

    /// Whether a key made the signature.
    pub(super) fn is_signed_by(&self, key: &DecodingKey, algorithm: Algorithm) -> bool {
        let validation = no_claims(Validation::new(algorithm));
        decode::<Value>(self.token, key, &validation).is_ok()
    }

    /// Returns the algorithm that the assertion names.
    pub(super) fn algorithm(&self) -> Algorithm {
        self.header.alg
    }

    /// Checks everything against the credentials of an application, in the order of the switch.
    pub(super) async fn check(
        &self,
        keys: &Keys,
        application: &Application,
        settings: &Settings,
    ) -> Result<(), EntraError> {
        let claims = &self.claims;
        let rules = &settings.entra;
        if !application.has_credentials {
            return Err(texts::no_match(rules.no_credentials, claims));
        }
        let mut left: Vec<&CredentialSpec> = application.honoured.iter().collect();
        for check in &rules.order {
            let before = left.clone();
            let code = match check {
                AssertionCheck::Times => {
                    self.check_times(settings)?;
                    continue;
                }
                AssertionCheck::Signature => {
                    self.check_signature(keys, settings).await?;
                    continue;
                }
                AssertionCheck::Issuer => {
                    left.retain(|one| one.issuer == claims.iss);
                    700_211
                }
                AssertionCheck::Subject => {
                    left.retain(|one| one.subject.as_deref() == Some(&claims.sub));
                    let is_near = |one: &&CredentialSpec| {
                        let subject = one.subject.as_deref();
                        subject.is_some_and(|subject| subject.eq_ignore_ascii_case(&claims.sub))
                    };
                    if before.iter().any(is_near) {
                        rules.case_mismatch
                    } else {
                        700_213
                    }
                }
                AssertionCheck::Audience => {
                    left.retain(|one| claims.has_audience(&one.audiences));
                    700_212
                }
            };
            if left.is_empty() {
                let code = if application.is_on_its_way {
                    settings.propagation.credential_error
                } else if rules.undifferentiated {
                    70021
                } else {
                    code
                };
                return Err(texts::no_match(code, claims));
            }
        }
        Ok(())
    }
}

/// Returns an assertion as the record shows it: header and claims, no signature.
pub(crate) fn for_record(assertion: &str) -> Value {
    let header = decode_header(assertion).ok();
    let claims: Option<Value> = unverified(assertion);
    json!({"header": header, "claims": claims})
}

/// Returns the claims without asking who signed them.
fn unverified<T: DeserializeOwned>(token: &str) -> Option<T> {
    let mut validation = no_claims(Validation::new(Algorithm::RS256));
    validation.insecure_disable_signature_validation();
    let nothing = DecodingKey::from_secret(&[]);
    let decoded = decode::<T>(token, &nothing, &validation);
    decoded.ok().map(|token| token.claims)
}

/// Leaves the claims to [`Assertion::check`], which has an answer of its own for each.
fn no_claims(mut validation: Validation) -> Validation {
    validation.validate_exp = false;
    validation.validate_aud = false;
    validation.required_spec_claims.clear();
    validation
}
