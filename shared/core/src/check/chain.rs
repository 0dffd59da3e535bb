//! The facts that have to agree, as one line: where it holds, where it breaks, what was not seen.

use super::credential_match::Match;
use super::facts::Facts;
use super::finding::{Finding, Severity, Verdict};
use super::judge::credential::matched;
use crate::text::escape;

/// Whether one link of the chain holds to the one before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Joint {
    /// Every check of it passed.
    Holds,
    /// A check of it only warns.
    Warns,
    /// Something was not seen.
    Unknown,
    /// A check of it failed.
    Broken,
}

impl Joint {
    /// Returns the word for machines.
    pub fn word(self) -> &'static str {
        match self {
            Self::Holds => "holds",
            Self::Warns => "warns",
            Self::Unknown => "unknown",
            Self::Broken => "broken",
        }
    }

    /// Returns the arrow.
    pub fn arrow(self, unicode: bool) -> &'static str {
        match (self, unicode) {
            (Self::Holds | Self::Warns, true) => "─→",
            (Self::Unknown, true) => "─?→",
            (Self::Broken, true) => "─×→",
            (Self::Holds | Self::Warns, false) => "->",
            (Self::Unknown, false) => "-?->",
            (Self::Broken, false) => "-x->",
        }
    }
}

/// One fact of the chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// What it is, for machines.
    pub of: &'static str,
    /// Its value, safe to show; `?` if it was not seen.
    pub value: String,
    /// Whether it holds to the one before it; of the first, to nothing but itself.
    pub joint: Joint,
}

const UNSEEN: &str = "?";

/// Returns the chain of one record.
pub fn chain(facts: &Facts, findings: &[Finding]) -> Vec<Link> {
    // The first check is the one without which nothing is known of the link.
    let link = |of, value: String, checks: &[&str]| Link {
        of,
        value,
        joint: joint(findings, checks),
    };
    let host = facts.host_account().map_or_else(
        |_| UNSEEN.to_owned(),
        |host| format!("{}/{}", host.namespace, host.name),
    );
    let issuer = facts
        .issuer()
        .map_or_else(|_| UNSEEN.to_owned(), |(issuer, _)| issuer.to_owned());
    let credential = match matched(facts) {
        Ok(
            Match::Exact(credential)
            | Match::Audience(credential)
            | Match::Case(credential)
            | Match::Issuer(credential)
            | Match::Subject(credential)
            | Match::Flexible(credential),
        ) => credential.name.clone(),
        Ok(Match::Nothing) => "no credential".to_owned(),
        Err(_) => UNSEEN.to_owned(),
    };
    let identity = match (facts.identity(), facts.azure.identity_name.as_str()) {
        (Some(identity), _) => identity.id.name().to_owned(),
        (None, "") => UNSEEN.to_owned(),
        (None, name) => name.to_owned(),
    };
    let mut chain = vec![
        link("serviceAccount", facts.key(), &["sa-missing"]),
        link(
            "hostServiceAccount",
            host,
            &[
                "host-sa-missing",
                "unsupported-tenancy",
                "sa-sync-off",
                "host-sa-foreign",
                "host-sa-annotations-differ",
            ],
        ),
        link(
            "issuer",
            issuer,
            &["issuer-unreachable", "oidc-disabled", "issuer-mismatch"],
        ),
        link(
            "federatedCredential",
            credential,
            &[
                "no-fic",
                "subject-mismatch",
                "case-mismatch",
                "audience-mismatch",
            ],
        ),
        link(
            "identity",
            identity,
            &["wrong-client", "client-id-missing", "tenant-id-wrong"],
        ),
    ];
    if facts.probe.is_some() {
        chain.push(link(
            "token",
            "token".to_owned(),
            &["exchange-blocked", "fic-propagation", "token-expired"],
        ));
    }
    for link in &mut chain {
        link.value = escape(&link.value);
    }
    chain
}

fn joint(findings: &[Finding], checks: &[&str]) -> Joint {
    let of = |id: &str| {
        findings
            .iter()
            .find(|finding| finding.check.id == id)
            .map(|finding| match &finding.verdict {
                Verdict::Passed | Verdict::Skipped { .. } => Joint::Holds,
                Verdict::Unknown(_) => Joint::Unknown,
                Verdict::Failed(failure) if failure.severity == Severity::Warning => Joint::Warns,
                Verdict::Failed(_) => Joint::Broken,
            })
    };
    let first = checks.first().and_then(|id| of(id));
    checks
        .iter()
        .filter_map(|id| of(id))
        .chain([first.unwrap_or(Joint::Unknown)])
        .max()
        .unwrap_or(Joint::Unknown)
}
