//! The values that a ServiceAccount is to have.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use thiserror::Error;

use super::{CLIENT_ID, TENANT_ID, TOKEN_EXPIRATION};
use crate::arm::is_guid;
use crate::exit::{Explain, Outcome};
use crate::text::escape;

/// Lifetimes of a token that the webhook takes, in seconds; outside of them it denies the pod.
///
/// Source: azure-workload-identity `pkg/webhook/webhook.go`.
pub const EXPIRATION_SECONDS: RangeInclusive<u32> = 3600..=86400;

/// A value that must not be written: the webhook copies what it finds, and Entra refuses it later.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum InvalidAnnotation {
    /// A client id that is no GUID.
    #[error("`{}` is no client id: it has to be a GUID", escape(.0))]
    ClientId(String),
    /// An Entra tenant that is no GUID.
    #[error("`{}` is no id of an Entra tenant: it has to be a GUID", escape(.0))]
    TenantId(String),
    /// A lifetime that the webhook refuses.
    #[error(
        "token expiration {seconds} is not between {} and {} seconds",
        EXPIRATION_SECONDS.start(),
        EXPIRATION_SECONDS.end()
    )]
    TokenExpiration {
        /// The lifetime that was asked for.
        seconds: u32,
    },
}

impl Explain for InvalidAnnotation {
    fn outcome(&self) -> Outcome {
        Outcome::Usage
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::ClientId(text) if text.starts_with('/') => Some(
                "that is a resource id; `az identity show --ids ID --query clientId -o tsv` prints \
                 the client id"
                    .to_owned(),
            ),
            Self::ClientId(_) | Self::TenantId(_) | Self::TokenExpiration { .. } => None,
        }
    }
}

/// The values that are wanted; what is `None` is left as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    client_id: Option<String>,
    tenant_id: Option<String>,
    token_expiration: Option<u32>,
}

impl Wanted {
    /// Takes values that have been looked at; GUIDs keep their spelling.
    ///
    /// # Errors
    ///
    /// [`InvalidAnnotation`]; nothing is trimmed or repaired.
    pub fn new(
        client_id: Option<&str>,
        tenant_id: Option<&str>,
        token_expiration: Option<u32>,
    ) -> Result<Self, InvalidAnnotation> {
        if let Some(text) = client_id.filter(|text| !is_guid(text)) {
            return Err(InvalidAnnotation::ClientId(text.to_owned()));
        }
        if let Some(text) = tenant_id.filter(|text| !is_guid(text)) {
            return Err(InvalidAnnotation::TenantId(text.to_owned()));
        }
        if let Some(seconds) = token_expiration.filter(|it| !EXPIRATION_SECONDS.contains(it)) {
            return Err(InvalidAnnotation::TokenExpiration { seconds });
        }
        Ok(Self {
            client_id: client_id.map(str::to_owned),
            tenant_id: tenant_id.map(str::to_owned),
            token_expiration,
        })
    }

    /// Returns the client id.
    pub fn client_id(&self) -> Option<&str> {
        self.client_id.as_deref()
    }

    /// Returns the Entra tenant.
    pub fn tenant_id(&self) -> Option<&str> {
        self.tenant_id.as_deref()
    }

    /// Returns keys and values.
    pub fn annotations(&self) -> BTreeMap<String, String> {
        let expiration = self.token_expiration.map(|seconds| seconds.to_string());
        [
            (CLIENT_ID, self.client_id.clone()),
            (TENANT_ID, self.tenant_id.clone()),
            (TOKEN_EXPIRATION, expiration),
        ]
        .into_iter()
        .filter_map(|(key, value)| Some((key.to_owned(), value?)))
        .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GUID: &str = "11111111-2222-3333-4444-555555555555";

    #[test]
    fn only_what_azure_and_the_webhook_take_is_wanted() {
        let refused = |client, tenant, seconds| {
            Wanted::new(client, tenant, seconds)
                .map_err(|error| error.to_string())
                .unwrap_err()
        };
        let (plain, spaced, braced) = (
            GUID.replace('-', ""),
            format!(" {GUID}"),
            format!("{{{GUID}}}"),
        );
        for bad in ["", "app", &plain, &spaced, &braced] {
            let message = refused(Some(bad), None, None);
            assert_eq!(
                message,
                format!("`{bad}` is no client id: it has to be a GUID")
            );
            assert!(refused(Some(GUID), Some(bad), None).contains("Entra tenant"));
        }
        for bad in [0, 3599, 86401] {
            let message = refused(None, None, Some(bad));
            assert_eq!(
                message,
                format!("token expiration {bad} is not between 3600 and 86400 seconds")
            );
        }
        for good in [3600, 86400] {
            assert!(Wanted::new(None, None, Some(good)).is_ok());
        }
    }

    #[test]
    fn what_is_not_wanted_has_no_key() {
        let wanted = Wanted::new(Some(GUID), None, Some(3600)).unwrap();
        let found: Vec<_> = wanted.annotations().into_iter().collect();
        let expected = [
            (CLIENT_ID.to_owned(), GUID.to_owned()),
            (TOKEN_EXPIRATION.to_owned(), "3600".to_owned()),
        ];
        assert_eq!(found, expected);
    }
}
