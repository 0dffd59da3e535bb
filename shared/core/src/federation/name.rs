//! Names of credentials: a credential has no tags, so whose it is must be in its name.
//!
//! `vwi-READABLE-DIGEST`, or `vwi-OWNER_READABLE-DIGEST`. No readable part and no owner has an
//! underscore, so the first one ends the owner. Names are in lower case, as ARM compares them
//! without case.

use std::fmt;
use std::str::FromStr;

use sha2::{Digest, Sha256};
use thiserror::Error;

/// What every name of the suite starts with.
pub const NAME_PREFIX: &str = "vwi-";

/// Longest name, in bytes; ARM's pattern is `^[a-zA-Z0-9]{1}[a-zA-Z0-9-_]{2,119}$`.
///
/// Source: azure-rest-api-specs `specification/msi`, `federatedIdentityCredentialResourceName`.
pub const MAX_NAME: usize = 120;

/// Hexadecimal digits of the digest: 64 bits. A name that is taken all the same gets another one.
const DIGEST_DIGITS: usize = 16;

/// Longest owner, in bytes.
const MAX_OWNER: usize = 32;

/// Names that are tried before a plan gives up: an identity can't hold more.
const ATTEMPTS: u8 = 21;

/// Who manages a part of an identity's credentials: a repository, a team.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Owner(String);

/// A text that can't be part of a credential's name.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("owner `{}` is not 1 to {MAX_OWNER} lower-case letters, digits and dashes", crate::text::escape(.0))]
pub struct InvalidOwner(pub String);

impl Owner {
    /// Returns the owner as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Owner {
    type Err = InvalidOwner;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        if (1..=MAX_OWNER).contains(&text.len()) && text.bytes().all(allowed) {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidOwner(text.to_owned()))
        }
    }
}

impl fmt::Display for Owner {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// Returns the names for the credential that trusts `subject` of `issuer`, the first one to be
/// taken unless somebody else holds it.
///
/// Different for any two of issuer, subject and owner, and the same in every run.
pub fn candidates(
    issuer: &str,
    subject: &str,
    owner: Option<&Owner>,
) -> impl Iterator<Item = String> {
    let start = match owner {
        Some(owner) => format!("{NAME_PREFIX}{owner}_"),
        None => NAME_PREFIX.to_owned(),
    };
    let room = MAX_NAME - start.len() - 1 - DIGEST_DIGITS;
    let readable = readable(subject, room);
    let parts = [
        owner.map_or("", Owner::as_str).to_owned(),
        issuer.to_owned(),
        subject.to_owned(),
    ];
    (0..ATTEMPTS).map(move |attempt| {
        let digest = digest(&parts, attempt);
        format!("{start}{readable}-{digest}")
    })
}

/// Returns the subject in characters that a name may have, without what all subjects start with.
fn readable(subject: &str, room: usize) -> String {
    let start = "system:serviceaccount:";
    let text = subject.strip_prefix(start).unwrap_or(subject);
    let kept: String = text
        .chars()
        .map(|character| match character.to_ascii_lowercase() {
            allowed @ ('a'..='z' | '0'..='9') => allowed,
            _ => '-',
        })
        .take(room)
        .collect();
    // A name may end anywhere, but a dash before the digest's would look like a mistake.
    let kept = kept.trim_matches('-');
    if kept.is_empty() {
        "subject".to_owned()
    } else {
        kept.to_owned()
    }
}

/// Each part is preceded by its length, so that no two lists of parts are one text.
fn digest(parts: &[String], attempt: u8) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    if attempt > 0 {
        hash.update([attempt]);
    }
    let mut digest = format!("{:x}", hash.finalize());
    digest.truncate(DIGEST_DIGITS);
    digest
}

/// Whether the name is one that this owner's run gives to what it trusts.
pub fn is_ours(name: &str, issuer: &str, subject: &str, owner: Option<&Owner>) -> bool {
    candidates(issuer, subject, owner).any(|candidate| candidate.eq_ignore_ascii_case(name))
}

/// Returns the owner in a name of the suite; `Some("")` for a name without, `None` for a name that
/// is not the suite's.
pub fn owner_of(name: &str) -> Option<&str> {
    let rest = name
        .get(..NAME_PREFIX.len())
        .filter(|start| start.eq_ignore_ascii_case(NAME_PREFIX))
        .and_then(|_| name.get(NAME_PREFIX.len()..))?;
    Some(rest.split_once('_').map_or("", |(owner, _)| owner))
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use proptest::prelude::*;

    use super::*;

    fn name(issuer: &str, subject: &str, owner: Option<&Owner>) -> String {
        candidates(issuer, subject, owner).next().unwrap()
    }

    fn fits(name: &str) -> bool {
        let mut bytes = name.bytes();
        bytes
            .next()
            .is_some_and(|byte| byte.is_ascii_alphanumeric())
            && (3..=MAX_NAME).contains(&name.len())
            && bytes.all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
    }

    #[test]
    fn a_name_can_be_read_and_never_changes() {
        let subject = "system:serviceaccount:team-x:app-x-default-x-vcluster-demo";
        let issuer = "https://westeurope.oic.prod-aks.azure.com/t/g/";
        assert_eq!(
            name(issuer, subject, None),
            "vwi-team-x-app-x-default-x-vcluster-demo-a49784fc08414a53"
        );
        let owner: Owner = "shop".parse().unwrap();
        let with_owner = name(issuer, subject, Some(&owner));
        assert!(
            with_owner.starts_with("vwi-shop_team-x-app-x-"),
            "{with_owner}"
        );
        assert_eq!(owner_of(&with_owner), Some("shop"));
        assert_eq!(owner_of("vwi-team-x-app"), Some(""));
        assert_eq!(owner_of("aks-identity-binding"), None);
        assert_eq!(owner_of("vw"), None);
        assert!(is_ours(
            &with_owner.to_uppercase(),
            issuer,
            subject,
            Some(&owner)
        ));
        assert!(!is_ours(&with_owner, issuer, subject, None));
    }

    #[test]
    fn pairs_that_another_tool_mixes_up_have_two_names() {
        let one = name("i", "system:serviceaccount:a-b:c", None);
        let other = name("i", "system:serviceaccount:a:b-c", None);
        assert_ne!(one, other);
        assert_ne!(name("ia", "b", None), name("i", "ab", None));
    }

    #[test]
    fn an_owner_is_short_and_plain() {
        for bad in ["", "A", "a_b", "a b", &"a".repeat(33), "ä"] {
            assert!(bad.parse::<Owner>().is_err(), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn names_fit_azures_pattern_and_are_all_different(
            issuer in ".{0,80}",
            subject in ".{0,300}",
            other in ".{0,300}",
            owner in proptest::option::of("[a-z0-9-]{1,32}"),
        ) {
            let owner: Option<Owner> = owner.map(|owner| owner.parse().unwrap());
            let all: Vec<String> = candidates(&issuer, &subject, owner.as_ref()).collect();
            for name in &all {
                prop_assert!(fits(name), "{}", name);
                prop_assert_eq!(owner_of(name), Some(owner.as_ref().map_or("", Owner::as_str)));
            }
            prop_assert_eq!(all.iter().collect::<HashSet<_>>().len(), all.len());
            if other != subject {
                prop_assert!(!is_ours(&name(&issuer, &other, owner.as_ref()), &issuer, &subject, owner.as_ref()));
            }
        }

        #[test]
        fn names_of_long_subjects_fit(namespace in "[a-z]{63}", account in "[a-z.-]{250}") {
            let subject = format!("system:serviceaccount:{namespace}:{account}");
            prop_assert!(fits(&name("https://i/", &subject, None)));
        }
    }
}
