//! G, second half: the identity's federated credentials. One record gets one of five statements.

use super::issuer::is_refused;
use super::{PASSED, failed, unknown};
use crate::check::command::az;
use crate::check::credential_match::{Match, nearest};
use crate::check::exchange::Presented;
use crate::check::facts::{Fact, FactSource, Facts, Unseen};
use crate::check::finding::{Evidence, Failure, Verdict};
use crate::federation::{Credential, MAX_PER_IDENTITY, Trust, WARN_FROM};
use crate::step::Step;
use crate::subject::Subject;
use crate::text::escape;

/// Returns the triple that Entra is shown.
pub(super) fn expected(facts: &Facts) -> Fact<Trust> {
    Ok(Trust {
        issuer: facts.issuer()?.0.to_owned(),
        subject: facts.subject()?,
        audience: facts.wanted_audience().to_owned(),
    })
}

/// Returns which credential comes nearest to it.
pub(in crate::check) fn matched(facts: &Facts) -> Fact<Match<'_>> {
    let expected = expected(facts)?;
    match &facts.azure.identity {
        Ok(Some(_)) => {}
        Ok(None) => {
            return Err(Unseen::new(
                FactSource::Azure,
                format!(
                    "identity `{}` is not there",
                    escape(&facts.azure.identity_name)
                ),
            ));
        }
        Err(unseen) => return Err(unseen.clone()),
    }
    let credentials = facts.azure.credentials.as_ref().map_err(Clone::clone)?;
    Ok(nearest(credentials, &expected, &facts.host.others))
}

pub(in crate::check) fn none(facts: &Facts) -> Option<Verdict> {
    match matched(facts) {
        Ok(Match::Nothing) => {}
        Ok(Match::Flexible(credential)) => return unknown(&flexible(credential)),
        Ok(_) => return PASSED,
        Err(unseen) if is_refused(facts, &[70025]) => {
            let note = format!("Entra says that the identity has none ({})", unseen.reason);
            return failed(Failure::error(vec![Evidence::note(note)]).fix(federate_again(facts)));
        }
        Err(unseen) => return unknown(&unseen),
    }
    let mut evidence = Vec::new();
    let count = facts.azure.credentials.as_ref().map_or(0, Vec::len);
    evidence.push(Evidence::note(format!(
        "identity `{}` has {count} federated credential{}, and none is for this workload, which \
         needs:",
        escape(&facts.azure.identity_name),
        if count == 1 { "" } else { "s" }
    )));
    let Ok(trust) = expected(facts) else {
        return failed(Failure::error(evidence));
    };
    for (of, value) in [
        ("issuer", &trust.issuer),
        ("subject", &trust.subject),
        ("audience", &trust.audience),
    ] {
        evidence.push(Evidence::note(format!("{of} `{}`", escape(value))));
    }
    failed(Failure::error(evidence).fix(federate_again(facts)))
}

pub(in crate::check) fn subject(facts: &Facts) -> Option<Verdict> {
    let credential = match matched(facts) {
        Ok(Match::Subject(credential)) => credential,
        Ok(Match::Exact(_) | Match::Audience(_)) => return PASSED,
        Ok(Match::Case(_) | Match::Issuer(_) | Match::Nothing | Match::Flexible(_)) => return None,
        Err(unseen) => {
            return unseen_or_refused(facts, &[700_213], &unseen, "subject", |one| &one.subject);
        }
    };
    let expected = facts.subject().unwrap_or_default();
    let found = credential.subject.as_deref().unwrap_or_default();
    let mut evidence = vec![Evidence::pair(
        format!("subject of credential {}", escape(&credential.name)),
        &expected,
        Some(found),
    )];
    evidence.extend(usual_mistake(facts, found).map(Evidence::note));
    failed(Failure::error(evidence).fix(federate_again(facts)))
}

/// Says which part differs, and which of the usual mistakes it looks like.
fn usual_mistake(facts: &Facts, found: &str) -> Option<String> {
    let host = facts.host_account().ok()?;
    let Ok(found) = found.parse::<Subject>() else {
        return Some("it is no subject of a ServiceAccount".to_owned());
    };
    if found.namespace() == facts.namespace && found.name() == facts.name {
        return Some(
            "these are the tenant's names; tokens carry the host's, which translate finds"
                .to_owned(),
        );
    }
    if let Ok(vcluster) = &facts.vcluster
        && found.name() == crate::name::workload_service_account(&vcluster.name)
    {
        return Some("this is what pods run as while ServiceAccounts are not synced".to_owned());
    }
    match (
        found.namespace() == host.namespace,
        found.name() == host.name,
    ) {
        (false, true) => Some(format!(
            "only the namespace differs: the host's is `{}`",
            escape(&host.namespace)
        )),
        (true, false) => Some("only the name differs".to_owned()),
        (_, _) => None,
    }
}

pub(in crate::check) fn case(facts: &Facts) -> Option<Verdict> {
    let credential = match matched(facts) {
        Ok(Match::Case(credential)) => credential,
        Ok(Match::Exact(_) | Match::Audience(_)) if !is_refused(facts, &[7_002_138]) => {
            return PASSED;
        }
        Ok(Match::Exact(credential) | Match::Audience(credential)) => {
            let evidence = vec![Evidence::note(format!(
                "Entra says that case differs, and credential `{}` agrees byte for byte: delete it and \
                 make it anew",
                escape(&credential.name)
            ))];
            return failed(Failure::error(evidence).fix(federate_again(facts)));
        }
        Ok(Match::Subject(_) | Match::Issuer(_) | Match::Nothing | Match::Flexible(_)) => {
            return None;
        }
        Err(unseen) => {
            return unseen_or_refused(facts, &[7_002_138], &unseen, "subject", |one| &one.subject);
        }
    };
    let evidence = vec![Evidence::pair(
        format!("subject of credential {}", escape(&credential.name)),
        facts.subject().unwrap_or_default(),
        credential.subject.as_deref(),
    )];
    failed(Failure::error(evidence).fix(federate_again(facts)))
}

pub(in crate::check) fn audience(facts: &Facts) -> Option<Verdict> {
    let credential = match matched(facts) {
        Ok(Match::Audience(credential)) => credential,
        Ok(Match::Exact(_)) => return PASSED,
        Ok(
            Match::Subject(_)
            | Match::Case(_)
            | Match::Issuer(_)
            | Match::Nothing
            | Match::Flexible(_),
        ) => return None,
        Err(unseen) => {
            return unseen_or_refused(facts, &[700_212], &unseen, "audience", |one| &one.audience);
        }
    };
    let evidence = vec![Evidence::pair(
        format!("audience of credential {}", escape(&credential.name)),
        facts.wanted_audience(),
        Some(credential.audiences.join(", ")),
    )];
    let (group, identity) = identity_words(facts);
    let fix = az(&[
        "identity",
        "federated-credential",
        "update",
        "-g",
        group,
        "--identity-name",
        identity,
        "-n",
        &credential.name,
        "--issuer",
        &credential.issuer,
        "--subject",
        credential.subject.as_deref().unwrap_or_default(),
        "--audiences",
        facts.presented_audience(),
    ]);
    failed(Failure::error(evidence).fix(fix))
}

pub(in crate::check) fn limit(facts: &Facts) -> Option<Verdict> {
    let credentials = match &facts.azure.credentials {
        Ok(credentials) => credentials,
        Err(unseen) => return unknown(unseen),
    };
    facts.identity()?;
    let count = credentials.len();
    let needed = facts.azure.credentials_needed;
    let text = if needed == 0 {
        format!("{count} of {MAX_PER_IDENTITY} federated credentials are used")
    } else {
        format!(
            "{count} of {MAX_PER_IDENTITY} federated credentials are used, {needed} more needed"
        )
    };
    let evidence = vec![Evidence::note(format!(
        "identity `{}`: {text}",
        escape(&facts.azure.identity_name)
    ))];
    let failure = if needed > 0 && count + needed > MAX_PER_IDENTITY {
        Failure::error(evidence)
    } else if count >= WARN_FROM {
        Failure::warning(evidence)
    } else {
        return PASSED;
    };
    let (group, identity) = identity_words(facts);
    failed(failure.fix(az(&[
        "identity",
        "federated-credential",
        "list",
        "-g",
        group,
        "--identity-name",
        identity,
        "-o",
        "table",
    ])))
}

/// Without a view of Azure, Entra's own words count, if they are about this.
fn unseen_or_refused(
    facts: &Facts,
    codes: &[u32],
    unseen: &Unseen,
    what: &str,
    presented: impl Fn(&Presented) -> &String,
) -> Option<Verdict> {
    let value = facts
        .probe
        .as_ref()
        .and_then(|probe| probe.as_ref().ok()?.presented())
        .filter(|_| is_refused(facts, codes));
    let Some(value) = value else {
        return unknown(unseen);
    };
    let note = format!(
        "Entra knows no credential with the {what} `{}` ({})",
        escape(presented(value)),
        unseen.reason
    );
    failed(Failure::error(vec![Evidence::note(note)]).fix(federate_again(facts)))
}

fn flexible(credential: &Credential) -> Unseen {
    Unseen::new(
        FactSource::Azure,
        format!(
            "credential `{}` matches by an expression that only Entra evaluates",
            escape(&credential.name)
        ),
    )
}

/// Returns the command that makes Azure agree with the host.
pub(super) fn federate_again(facts: &Facts) -> String {
    let translate = facts.words.step(
        Step::Translate,
        &[facts.name.as_str(), "-n", &facts.namespace],
    );
    let identity = match (facts.identity(), facts.azure.identity_name.as_str()) {
        (Some(identity), _) => identity.id.to_string(),
        (None, "") => "ID".to_owned(),
        (None, name) => name.to_owned(),
    };
    let mut arguments = vec!["--identity", identity.as_str()];
    let issuer = facts.issuer();
    if let Ok((issuer, _)) = &issuer {
        arguments.extend(["--issuer", issuer]);
    }
    format!(
        "{translate} | {}",
        facts.words.azure_step(Step::Federate, &arguments)
    )
}

/// Returns group and name of the identity, or the words that stand for them.
fn identity_words(facts: &Facts) -> (&str, &str) {
    facts.identity().map_or(("RG", "IDENTITY"), |identity| {
        (identity.id.group(), identity.id.name())
    })
}
