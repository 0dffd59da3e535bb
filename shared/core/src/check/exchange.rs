//! The token probe: what was presented to Entra, what it said, and which check that leads to.
//!
//! Source of codes and texts: <https://learn.microsoft.com/entra/identity-platform/reference-error-codes>
//! and issues of azure-workload-identity.

use std::time::Duration;

/// Codes that can also mean that a credential has not reached all of Entra yet.
///
/// Source: azure-workload-identity issues 273 and 576, keda issue 8152.
pub const PROPAGATION: [u32; 4] = [70021, 700_211, 700_213, 70025];

/// What became of the probe.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Probe {
    /// Entra gave a token.
    Exchanged {
        /// What was presented.
        presented: Presented,
        /// How often it was tried.
        tries: u32,
    },
    /// Entra refused, the last time.
    Refused {
        /// What was presented.
        presented: Presented,
        /// What Entra said.
        refusal: Refusal,
        /// How often it was tried.
        tries: u32,
        /// How long it was tried.
        elapsed: Duration,
    },
    /// Entra did not answer.
    Unreachable {
        /// Why not, in one line.
        reason: String,
    },
    /// The host has no such ServiceAccount, so there is no token to exchange.
    NotMinted {
        /// What the host said, in one line.
        reason: String,
    },
}

/// The claims of the token, never the token itself, and what went with it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Presented {
    /// `iss`.
    pub issuer: String,
    /// `sub`.
    pub subject: String,
    /// `aud`.
    pub audience: String,
    /// `kid` of the header.
    pub key_id: Option<String>,
    /// `exp`, seconds since 1970.
    pub expires: Option<i64>,
    /// The client id.
    pub client_id: String,
    /// The Entra tenant.
    pub entra_tenant: String,
}

/// What Entra said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Refusal {
    /// The AADSTS number.
    pub code: Option<u32>,
    /// The text, up to its trace ids.
    pub description: String,
}

impl Probe {
    /// Returns what was presented, if anything was.
    pub fn presented(&self) -> Option<&Presented> {
        match self {
            Self::Exchanged { presented, .. } | Self::Refused { presented, .. } => Some(presented),
            Self::Unreachable { .. } | Self::NotMinted { .. } => None,
        }
    }

    /// Returns the AADSTS number of a refusal.
    pub fn code(&self) -> Option<u32> {
        match self {
            Self::Refused { refusal, .. } => refusal.code,
            Self::Exchanged { .. } | Self::Unreachable { .. } | Self::NotMinted { .. } => None,
        }
    }
}

/// Returns the id of the check that an AADSTS number is about; `None` for one that nothing is
/// known of: then nothing is guessed.
pub fn suspect(code: u32) -> Option<&'static str> {
    let mut suspects = SUSPECTS.iter();
    suspects
        .find(|(_, codes)| codes.contains(&code))
        .map(|(id, _)| *id)
}

/// Ids of checks, and the AADSTS numbers that are about them.
const SUSPECTS: &[(&str, &[u32])] = &[
    ("issuer-mismatch", &[700_211, 70021]),
    ("audience-mismatch", &[700_212]),
    ("subject-mismatch", &[700_213]),
    ("case-mismatch", &[7_002_138]),
    ("no-fic", &[70025]),
    ("wrong-client", &[700_016]),
    ("tenant-id-wrong", &[90002, 900_023]),
    ("token-expired", &[700_024]),
    ("issuer-jwks-stale", &[7_000_272]),
    ("issuer-unreachable", &[90061, 50166, 501_661]),
    (
        "exchange-blocked",
        &[
            50049, 53003, 700_222, 700_223, 700_229, 700_238, 7_002_381, 900_382,
        ],
    ),
];

/// Returns the page that explains an AADSTS number.
pub fn link(code: u32) -> String {
    format!("https://login.microsoftonline.com/error?code={code}")
}

/// Whether a text is an issuer that only the cluster itself knows: a token of the tenant.
pub fn is_cluster_internal(issuer: &str) -> bool {
    issuer.starts_with("https://kubernetes.default.svc") || issuer == "kubernetes/serviceaccount"
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::by_id;

    #[test]
    fn every_suspect_is_a_check_and_no_number_is_of_two() {
        let mut numbers = std::collections::BTreeSet::new();
        for (id, codes) in SUSPECTS {
            assert!(by_id(id).is_some(), "{id}");
            for code in *codes {
                assert!(numbers.insert(code), "{code}");
                assert_eq!(suspect(*code), Some(*id));
            }
        }
        assert_eq!(suspect(1), None);
    }
}
