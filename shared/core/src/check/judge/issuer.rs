//! F: the OIDC issuer.

use super::credential::{federate_again, matched};
use super::host_pod::{cluster_words, enable};
use super::{PASSED, failed, unknown};
use crate::check::command::az;
use crate::check::credential_match::Match;
use crate::check::exchange::is_cluster_internal;
use crate::check::facts::{Facts, Published};
use crate::check::finding::{Evidence, Failure, Verdict};
use crate::text::escape;

pub(in crate::check) fn disabled(facts: &Facts) -> Option<Verdict> {
    let evidence = match (&facts.azure.cluster, &facts.host.issuer) {
        (Ok(Some(cluster)), _) if cluster.issuer.is_some() => return PASSED,
        (Ok(Some(cluster)), _) => Evidence::note(format!(
            "AKS cluster `{}` has no OIDC issuer in ARM",
            escape(&cluster.id.to_string())
        )),
        (_, Ok(issuer)) if is_cluster_internal(issuer) => Evidence::note(format!(
            "the host issues tokens as `{}`, which only the cluster itself knows",
            escape(issuer)
        )),
        // What is published can't be off.
        (_, _) if matches!(facts.published, Ok(Published::Readable { .. })) => return PASSED,
        (Ok(None), _) => Evidence::note("the AKS cluster is not there"),
        (Err(unseen), _) => return unknown(unseen),
    };
    failed(Failure::error(vec![evidence]).fix(enable(facts)))
}

pub(in crate::check) fn mismatch(facts: &Facts) -> Option<Verdict> {
    let (expected, said_by) = match facts.issuer() {
        Ok(known) => known,
        Err(unseen) => return unknown(&unseen),
    };
    let matched = matched(facts);
    let registered = match &matched {
        Ok(Match::Issuer(credential)) => Some((
            format!("credential `{}`", escape(&credential.name)),
            credential.issuer.as_str(),
        )),
        Ok(_) | Err(_) => None,
    };
    let statements = statements(facts)
        .into_iter()
        .map(|(said_by, found)| (said_by.to_owned(), found));
    let mut evidence: Vec<Evidence> = statements
        .chain(registered)
        .filter(|(_, found)| *found != expected)
        .flat_map(|(said_by, found)| {
            [
                Evidence::pair("issuer", expected, Some(found)),
                Evidence::note(format!("found is what {said_by} says")),
            ]
        })
        .collect();
    if evidence.is_empty() && is_refused(facts, &[700_211, 70021]) && matched.is_err() {
        evidence.push(Evidence::note(format!(
            "Entra knows no credential with the issuer `{}`",
            escape(expected)
        )));
    }
    if evidence.is_empty() {
        return match matched {
            Ok(Match::Nothing | Match::Issuer(_)) => None,
            Ok(_) => PASSED,
            Err(unseen) => unknown(&unseen),
        };
    }
    evidence.push(Evidence::note(format!("expected is what {said_by} says")));
    failed(Failure::error(evidence).fix(federate_again(facts)))
}

/// Everybody who names the issuer, but for the credentials.
fn statements(facts: &Facts) -> Vec<(&'static str, &str)> {
    let mut statements = Vec::new();
    if let Ok(issuer) = &facts.host.issuer {
        statements.push(("the host's discovery document", issuer.as_str()));
    }
    if let Ok(Some(cluster)) = &facts.azure.cluster
        && let Some(issuer) = &cluster.issuer
    {
        statements.push(("the AKS cluster in ARM", issuer.as_str()));
    }
    if let Some(issuer) = &facts.stated_issuer {
        statements.push(("the record or `--issuer`", issuer.as_str()));
    }
    if let Ok(Published::Readable { issuer, .. }) = &facts.published {
        statements.push(("its public discovery document", issuer.as_str()));
    }
    if let Some(Ok(probe)) = &facts.probe
        && let Some(presented) = probe.presented()
    {
        statements.push(("the token", presented.issuer.as_str()));
    }
    statements
}

pub(in crate::check) fn unreachable(facts: &Facts) -> Option<Verdict> {
    let refused = is_refused(facts, &[90061, 50166, 501_661]);
    let mut evidence = match &facts.published {
        Ok(Published::Readable { .. }) if !refused => return PASSED,
        Ok(Published::Readable { url, .. }) => vec![Evidence::note(format!(
            "`{}` can be read from here, and Entra says that it could not",
            escape(url)
        ))],
        Ok(Published::Unreadable { url, reason }) => {
            vec![Evidence::note(format!("`{}`: {reason}", escape(url)))]
        }
        Err(unseen) if !refused => return unknown(unseen),
        Err(_) => vec![Evidence::note("Entra says that it could not read the keys")],
    };
    evidence.push(Evidence::note(
        "that it can be read from here does not say that Entra can, nor the other way round",
    ));
    failed(Failure::error(evidence).fix(reconcile(facts)))
}

pub(in crate::check) fn keys_stale(facts: &Facts) -> Option<Verdict> {
    let presented = facts.probe.as_ref()?.as_ref().ok()?.presented()?;
    let key_id = presented.key_id.as_deref()?;
    let published = match &facts.published {
        Ok(Published::Readable { key_ids, .. }) => key_ids,
        Ok(Published::Unreadable { .. }) => return None,
        Err(unseen) => return unknown(unseen),
    };
    let is_published = published.iter().any(|published| published == key_id);
    if is_published && !is_refused(facts, &[7_000_272]) {
        return PASSED;
    }
    let list: Vec<String> = published
        .iter()
        .map(|id| format!("`{}`", escape(id)))
        .collect();
    let evidence = vec![
        Evidence::note(format!("the token is signed with key `{}`", escape(key_id))),
        Evidence::note(format!("published: {}", list.join(", "))),
    ];
    let fix = format!(
        "`{}`, and once more when the caches have expired",
        reconcile(facts)
    );
    failed(Failure::error(evidence).fix(fix))
}

fn reconcile(facts: &Facts) -> String {
    let (group, name) = cluster_words(facts);
    az(&["aks", "update", "-g", group, "-n", name])
}

/// Whether the probe was refused with one of these codes.
pub(super) fn is_refused(facts: &Facts, codes: &[u32]) -> bool {
    facts
        .probe
        .as_ref()
        .and_then(|probe| probe.as_ref().ok()?.code())
        .is_some_and(|code| codes.contains(&code))
}
