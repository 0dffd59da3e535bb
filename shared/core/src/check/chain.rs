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
    /// A step that is only planned mends what failed.
    Planned,
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
            Self::Planned => "planned",
            Self::Unknown => "unknown",
            Self::Broken => "broken",
        }
    }

    /// Returns the arrow.
    pub fn arrow(self, unicode: bool) -> &'static str {
        match (self, unicode) {
            (Self::Holds | Self::Warns, true) => "─→",
            (Self::Planned, true) => "─~→",
            (Self::Unknown, true) => "─?→",
            (Self::Broken, true) => "─×→",
            (Self::Holds | Self::Warns, false) => "->",
            (Self::Planned, false) => "-~->",
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

// The checks of each link; the first is the one without which nothing is known of it.
const SERVICE_ACCOUNT: &[&str] = &["sa-missing"];
const HOST_ACCOUNT: &[&str] = &[
    "host-sa-missing",
    "unsupported-tenancy",
    "sa-sync-off",
    "host-sa-foreign",
    "host-name-override",
    "host-sa-annotations-differ",
];
const ISSUER: &[&str] = &[
    "issuer-unreachable",
    "oidc-disabled",
    "issuer-mismatch",
    "issuer-jwks-stale",
];
const CREDENTIAL: &[&str] = &[
    "no-fic",
    "subject-mismatch",
    "case-mismatch",
    "audience-mismatch",
];
const IDENTITY: &[&str] = &["wrong-client", "client-id-missing", "tenant-id-wrong"];
const TOKEN: &[&str] = &["exchange-blocked", "fic-propagation", "token-expired"];

/// Returns the chain of one record.
pub fn chain(facts: &Facts, findings: &[Finding]) -> Vec<Link> {
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
        link("serviceAccount", facts.key(), SERVICE_ACCOUNT),
        link("hostServiceAccount", host, HOST_ACCOUNT),
        link("issuer", issuer, ISSUER),
        link("federatedCredential", credential, CREDENTIAL),
        link("identity", identity, IDENTITY),
    ];
    if facts.probe.is_some() {
        chain.push(link("token", "token".to_owned(), TOKEN));
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
                Verdict::Failed(failure) if failure.planned => Joint::Planned,
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::by_id;

    #[test]
    fn every_check_of_a_link_is_one() {
        let links = [
            SERVICE_ACCOUNT,
            HOST_ACCOUNT,
            ISSUER,
            CREDENTIAL,
            IDENTITY,
            TOKEN,
        ];
        for id in links.concat() {
            assert!(by_id(id).is_some(), "{id}");
        }
    }
}
