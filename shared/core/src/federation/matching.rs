//! Which credential is the wanted one, and which only looks like it.

use std::fmt;

use super::observed::{Credential, Trust};
use crate::text::escape;

/// A credential that is not the wanted one, but so close that somebody may think it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NearMiss {
    /// Its name.
    pub credential: String,
    /// What differs: `issuer`, `subject` or `audience`.
    pub part: &'static str,
    /// How: in case, or in a slash at the end.
    pub how: &'static str,
    /// What it trusts instead.
    pub found: String,
}

impl fmt::Display for NearMiss {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "credential `{}` differs only in {} of its {}: `{}`",
            escape(&self.credential),
            self.how,
            self.part,
            escape(&self.found)
        )
    }
}

const CASE: &str = "the case";
const SLASH: &str = "the slash at the end";

/// Returns the credentials that are the wanted one but for case, or for the slash at the issuer's
/// end. Entra compares neither away.
pub fn near_misses(credentials: &[Credential], wanted: &Trust) -> Vec<NearMiss> {
    credentials
        .iter()
        .filter(|credential| !credential.is_identity_binding() && !credential.trusts(wanted))
        .filter_map(|credential| near_miss(credential, wanted))
        .collect()
}

fn near_miss(credential: &Credential, wanted: &Trust) -> Option<NearMiss> {
    let subject = credential.subject.as_deref()?;
    let audience = credential.audiences.first()?;
    let slash = |text: &str| text.trim_end_matches('/').to_lowercase();
    let parts = [
        ("issuer", credential.issuer.as_str(), wanted.issuer.as_str()),
        ("subject", subject, wanted.subject.as_str()),
        ("audience", audience, wanted.audience.as_str()),
    ];
    let close = parts
        .iter()
        .all(|(_, found, wanted)| slash(found) == slash(wanted));
    let (part, found, wanted) = parts
        .into_iter()
        .find(|(_, found, wanted)| found != wanted)?;
    close.then(|| NearMiss {
        credential: credential.name.clone(),
        part,
        how: if found.to_lowercase() == wanted.to_lowercase() {
            CASE
        } else {
            SLASH
        },
        found: found.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn credential(issuer: &str, subject: &str, audience: &str) -> Credential {
        Credential {
            name: "x".to_owned(),
            issuer: issuer.to_owned(),
            subject: Some(subject.to_owned()),
            audiences: vec![audience.to_owned()],
        }
    }

    #[test]
    fn only_case_and_slash_are_near() {
        let wanted = Trust {
            issuer: "https://i/".to_owned(),
            subject: "s:a".to_owned(),
            audience: "api://A".to_owned(),
        };
        let cases = [
            ("https://i/", "s:a", "api://A", None),
            ("https://i", "s:a", "api://A", Some(("issuer", SLASH))),
            ("https://I/", "s:a", "api://A", Some(("issuer", CASE))),
            ("https://i/", "s:A", "api://A", Some(("subject", CASE))),
            ("https://i/", "s:a", "api://a", Some(("audience", CASE))),
            ("https://i/", "s:b", "api://A", None),
            ("https://j/", "s:a", "api://A", None),
        ];
        for (issuer, subject, audience, expected) in cases {
            let found = near_misses(&[credential(issuer, subject, audience)], &wanted);
            let found = found.first().map(|miss| (miss.part, miss.how));
            assert_eq!(found, expected, "{issuer} {subject} {audience}");
        }
        let flexible = Credential {
            subject: None,
            ..credential("https://i", "", "api://A")
        };
        assert_eq!(near_misses(&[flexible], &wanted), []);
    }
}
