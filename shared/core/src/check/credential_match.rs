//! Which credential of an identity comes nearest to the expected triple, and what is wrong with it.

use std::collections::BTreeSet;

use crate::federation::{Credential, Trust};

/// The one statement that an identity's credentials get for one triple.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Match<'a> {
    /// One trusts exactly this.
    Exact(&'a Credential),
    /// Same issuer and subject, another audience.
    Audience(&'a Credential),
    /// Same issuer, the subject differs in case only.
    Case(&'a Credential),
    /// Same subject, another issuer.
    Issuer(&'a Credential),
    /// Same issuer, another subject: the nearest one.
    Subject(&'a Credential),
    /// There is none that could be meant for it.
    Nothing,
    /// None matches, but one of this issuer matches by an expression that only Entra evaluates.
    Flexible(&'a Credential),
}

/// Compares all credentials of an identity with the expected triple; AKS's own is left out.
///
/// `others` are subjects that somebody else has: a credential for one of them is sound, and not
/// this one's gone wrong.
pub fn nearest<'a>(
    credentials: &'a [Credential],
    expected: &Trust,
    others: &BTreeSet<String>,
) -> Match<'a> {
    let considered = || {
        credentials
            .iter()
            .filter(|credential| !credential.is_identity_binding())
    };
    let find = |test: &dyn Fn(&Credential) -> bool| considered().find(|one| test(one));
    let same_issuer = |one: &Credential| one.issuer == expected.issuer;

    if let Some(one) = find(&|one| one.trusts(expected)) {
        return Match::Exact(one);
    }
    if let Some(one) = find(&|one| one.trusts_subject(expected)) {
        return Match::Audience(one);
    }
    let same_but_for_case = |one: &Credential| {
        one.subject.as_deref().is_some_and(|subject| {
            subject != expected.subject && subject.to_lowercase() == expected.subject.to_lowercase()
        })
    };
    if let Some(one) = find(&|one| same_issuer(one) && same_but_for_case(one)) {
        return Match::Case(one);
    }
    if let Some(one) = find(&|one| one.is_flexible() && same_issuer(one)) {
        return Match::Flexible(one);
    }
    if let Some(one) = find(&|one| one.subject.as_deref() == Some(expected.subject.as_str())) {
        return Match::Issuer(one);
    }
    considered()
        .filter(|one| same_issuer(one))
        .filter(|one| !one.subject.as_ref().is_some_and(|it| others.contains(it)))
        .min_by_key(|one| {
            let subject = one.subject.as_deref().unwrap_or_default();
            strsim::levenshtein(subject, &expected.subject)
        })
        .map_or(Match::Nothing, Match::Subject)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ISSUER: &str = "https://issuer/";
    const SUBJECT: &str = "system:serviceaccount:team-x:app-x-default-x-vc";
    const AUDIENCE: &str = "api://AzureADTokenExchange";

    fn credential(name: &str, issuer: &str, subject: Option<&str>, audience: &str) -> Credential {
        Credential {
            name: name.to_owned(),
            issuer: issuer.to_owned(),
            subject: subject.map(str::to_owned),
            audiences: vec![audience.to_owned()],
        }
    }

    #[test]
    fn one_record_gets_one_statement() {
        let exact = credential("exact", ISSUER, Some(SUBJECT), AUDIENCE);
        let audience = credential("audience", ISSUER, Some(SUBJECT), "api://other");
        let case = credential(
            "case",
            ISSUER,
            Some(&SUBJECT.replace("app", "App")),
            AUDIENCE,
        );
        let issuer = credential("issuer", "https://issuer", Some(SUBJECT), AUDIENCE);
        let far = credential("far", ISSUER, Some("repo:x"), AUDIENCE);
        let near = credential(
            "near",
            ISSUER,
            Some(&SUBJECT.replace("app", "api")),
            AUDIENCE,
        );
        let nothing = credential("nothing", "https://other/", Some("repo:x"), AUDIENCE);
        let flexible = credential("flexible", ISSUER, None, AUDIENCE);
        let elsewhere = credential("elsewhere", "https://github/", None, AUDIENCE);
        let binding = credential("aks-identity-binding", ISSUER, Some(SUBJECT), AUDIENCE);

        let expected = Trust {
            issuer: ISSUER.to_owned(),
            subject: SUBJECT.to_owned(),
            audience: AUDIENCE.to_owned(),
        };
        let all = [
            &nothing, &far, &near, &issuer, &flexible, &case, &audience, &exact,
        ];
        let nobody = BTreeSet::new();
        // Each row leaves out the strongest of the row before.
        for (left, statement) in [
            (8, "Exact exact"),
            (7, "Audience audience"),
            (6, "Case case"),
            (5, "Flexible flexible"),
            (4, "Issuer issuer"),
            (3, "Subject near"),
            (2, "Subject far"),
            (1, "Nothing"),
            (0, "Nothing"),
        ] {
            let credentials: Vec<_> = all.iter().take(left).map(|one| (*one).clone()).collect();
            assert_eq!(shown(nearest(&credentials, &expected, &nobody)), statement);
        }
        assert_eq!(nearest(&[binding], &expected, &nobody), Match::Nothing);
        assert_eq!(nearest(&[elsewhere], &expected, &nobody), Match::Nothing);
    }

    #[test]
    fn a_credential_of_somebody_else_is_not_this_ones_gone_wrong() {
        let subject = SUBJECT.replace("app", "api");
        let other = credential("other", ISSUER, Some(&subject), AUDIENCE);
        let expected = Trust {
            issuer: ISSUER.to_owned(),
            subject: SUBJECT.to_owned(),
            audience: AUDIENCE.to_owned(),
        };
        let credentials = [other];
        assert_eq!(
            shown(nearest(&credentials, &expected, &BTreeSet::new())),
            "Subject other"
        );
        assert_eq!(
            shown(nearest(&credentials, &expected, &[subject].into())),
            "Nothing"
        );
    }

    fn shown(found: Match<'_>) -> String {
        match found {
            Match::Exact(one) => format!("Exact {}", one.name),
            Match::Audience(one) => format!("Audience {}", one.name),
            Match::Case(one) => format!("Case {}", one.name),
            Match::Issuer(one) => format!("Issuer {}", one.name),
            Match::Subject(one) => format!("Subject {}", one.name),
            Match::Flexible(one) => format!("Flexible {}", one.name),
            Match::Nothing => "Nothing".to_owned(),
        }
    }
}
