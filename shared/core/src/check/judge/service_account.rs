//! B: the tenant's ServiceAccount.

use super::{PASSED, failed, unknown};
use crate::annotation::wanted::EXPIRATION_SECONDS;
use crate::annotation::{CLIENT_ID, TENANT_ID, TOKEN_EXPIRATION, USE, USE_VALUE, near_misses};
use crate::arm::is_guid;
use crate::check::facts::{FactSource, Facts, ServiceAccountFact, Unseen};
use crate::check::finding::{Evidence, Failure, Verdict};
use crate::step::Step;
use crate::text::escape;

pub(in crate::check) fn missing(facts: &Facts) -> Option<Verdict> {
    match &facts.tenant.service_account {
        Err(unseen) => unknown(unseen),
        Ok(Some(_)) => PASSED,
        Ok(None) => {
            let mut evidence = vec![Evidence::pair("ServiceAccount", facts.key(), None::<&str>)];
            if !facts.tenant.near_names.is_empty() {
                let near: Vec<String> = facts
                    .tenant
                    .near_names
                    .iter()
                    .map(|name| format!("`{}`", escape(name)))
                    .collect();
                evidence.push(Evidence::note(format!(
                    "its namespace has {}",
                    near.join(", ")
                )));
            }
            let client_id = client_id(facts);
            let arguments = [
                &facts.name,
                "-n",
                &facts.namespace,
                "--client-id",
                client_id,
                "--create",
            ];
            let fix = facts.words.step(Step::Annotate, &arguments);
            failed(Failure::error(evidence).fix(fix))
        }
    }
}

pub(in crate::check) fn client_id_missing(facts: &Facts) -> Option<Verdict> {
    let account = match seen(facts) {
        Ok(account) => account?,
        Err(unseen) => return unknown(unseen),
    };
    if account
        .annotation(CLIENT_ID)
        .is_some_and(|value| !value.is_empty())
    {
        return PASSED;
    }
    let expected = facts.identity().map(|identity| identity.client_id.as_str());
    let of = format!("annotation `{CLIENT_ID}`");
    let found = account.annotation(CLIENT_ID);
    let mut evidence = vec![match (expected, found) {
        (Some(expected), _) => Evidence::pair(of, expected, found),
        (None, Some(_)) => Evidence::note(format!("{of} is empty")),
        (None, None) => Evidence::note(format!("{of} is missing")),
    }];
    for near in near_misses(&account.labels, &account.annotations) {
        let kind = if near.is_label { "label" } else { "annotation" };
        if near.meant == CLIENT_ID {
            evidence.push(Evidence::note(format!(
                "{kind} `{}` is `{}`, and the webhook does not look at it",
                escape(&near.key),
                escape(&near.value)
            )));
        }
    }
    let mut failure = Failure::error(evidence);
    if sets_it_itself(facts) {
        failure = Failure::warning(failure.evidence);
        failure.evidence.push(Evidence::note(
            "every container of its workloads sets `AZURE_CLIENT_ID` itself",
        ));
    }
    let arguments = [
        facts.name.as_str(),
        "-n",
        &facts.namespace,
        "--client-id",
        client_id(facts),
    ];
    failed(failure.fix(facts.words.step(Step::Annotate, &arguments)))
}

fn sets_it_itself(facts: &Facts) -> bool {
    let Ok(workloads) = &facts.tenant.workloads else {
        return false;
    };
    let mut own = workloads
        .iter()
        .filter(|workload| workload.service_account == facts.name)
        .peekable();
    own.peek().is_some() && own.all(|workload| workload.sets_client_id)
}

pub(in crate::check) fn tenant_id_wrong(facts: &Facts) -> Option<Verdict> {
    let account = match seen(facts) {
        Ok(account) => account?,
        Err(unseen) => return unknown(unseen),
    };
    let of = format!("annotation `{TENANT_ID}`");
    let expected = facts.identity().map(|identity| identity.tenant_id.as_str());
    let mend = |evidence| {
        let (key, overwrite) = match expected {
            Some(expected) => (format!("{TENANT_ID}={expected}"), Some("--overwrite")),
            None => (format!("{TENANT_ID}-"), None),
        };
        let mut arguments = vec!["annotate", "sa", &facts.name, "-n", &facts.namespace, &key];
        arguments.extend(overwrite);
        failed(Failure::error(evidence).fix(facts.words.kubectl(&arguments)))
    };
    match (account.annotation(TENANT_ID), expected) {
        (Some(""), _) => mend(vec![Evidence::note(format!(
            "{of} is present and empty, which switches the cluster's default off"
        ))]),
        (Some(found), Some(expected)) if found.eq_ignore_ascii_case(expected) => PASSED,
        (Some(found), Some(expected)) => mend(vec![Evidence::pair(of, expected, Some(found))]),
        (Some(found), None) if !is_guid(found) => mend(vec![Evidence::note(format!(
            "{of} is `{}`, which is no GUID",
            escape(found)
        ))]),
        (Some(_), None) => unknown(&not_seen(facts)),
        (None, expected) => default_tenant(facts, expected, mend),
    }
}

/// Without the annotation the cluster's default counts, which injected pods show.
fn default_tenant(
    facts: &Facts,
    expected: Option<&str>,
    mend: impl Fn(Vec<Evidence>) -> Option<Verdict>,
) -> Option<Verdict> {
    let Some(expected) = expected else {
        return unknown(&not_seen(facts));
    };
    let pods = match &facts.host.pods {
        Ok(pods) => pods,
        Err(unseen) => return unknown(unseen),
    };
    let Some(default) = pods
        .iter()
        .filter(|pod| pod.is_injected)
        .find_map(|pod| pod.tenant_id.as_deref())
    else {
        return unknown(&Unseen::new(
            FactSource::Host,
            "the annotation is absent, and no pod shows which Entra tenant the webhook takes by default",
        ));
    };
    if default.eq_ignore_ascii_case(expected) {
        return PASSED;
    }
    mend(vec![Evidence::pair(
        "the webhook's default Entra tenant",
        expected,
        Some(default),
    )])
}

pub(in crate::check) fn misplaced(facts: &Facts) -> Option<Verdict> {
    let account = match seen(facts) {
        Ok(account) => account?,
        Err(unseen) => return unknown(unseen),
    };
    let mut evidence = Vec::new();
    let mut fix = None;
    let found = [
        ("annotation", "annotate", &account.annotations),
        ("label", "label", &account.labels),
    ];
    for (kind, verb, map) in found {
        if let Some(value) = map.get(USE) {
            evidence.push(Evidence::note(format!(
                "{kind} `{USE}` is `{}` on the ServiceAccount, where it does nothing; it belongs on \
                 the pod template",
                escape(value)
            )));
            let key = format!("{USE}-");
            let arguments = [verb, "sa", &facts.name, "-n", &facts.namespace, &key];
            fix.get_or_insert_with(|| facts.words.kubectl(&arguments));
        }
    }
    for workload in facts.tenant.workloads.iter().flatten() {
        let is_own = workload.service_account == facts.name && workload.kind != "Pod";
        if let Some(value) = workload
            .own_label
            .as_ref()
            .filter(|_| is_own && workload.label.as_deref() != Some(USE_VALUE))
        {
            evidence.push(Evidence::note(format!(
                "label `{USE}` is `{}` on {} `{}` itself; it belongs on its pod template",
                escape(value),
                workload.kind,
                escape(&workload.name)
            )));
        }
    }
    if evidence.is_empty() {
        return PASSED;
    }
    let failure = Failure::warning(evidence);
    failed(match fix {
        Some(fix) => failure.fix(fix),
        None => failure,
    })
}

pub(in crate::check) fn expiration_range(facts: &Facts) -> Option<Verdict> {
    let account = match seen(facts) {
        Ok(account) => account?,
        Err(unseen) => return unknown(unseen),
    };
    // The webhook's parser takes a sign and counts the empty text as unset.
    let Some(found) = account
        .annotation(TOKEN_EXPIRATION)
        .filter(|found| !found.is_empty())
    else {
        return PASSED;
    };
    let digits = found.strip_prefix('+').unwrap_or(found);
    let is_number = digits.bytes().all(|byte| byte.is_ascii_digit());
    let seconds: Option<u32> = digits.parse().ok();
    if is_number && seconds.is_some_and(|seconds| EXPIRATION_SECONDS.contains(&seconds)) {
        return PASSED;
    }
    let key = format!("{TOKEN_EXPIRATION}=3600");
    let arguments = [
        "annotate",
        "sa",
        &facts.name,
        "-n",
        &facts.namespace,
        &key,
        "--overwrite",
    ];
    let evidence = vec![
        Evidence::note(format!(
            "annotation `{TOKEN_EXPIRATION}` is `{}` and not a number of seconds from {} to {}",
            escape(found),
            EXPIRATION_SECONDS.start(),
            EXPIRATION_SECONDS.end()
        )),
        Evidence::note("the webhook denies every labelled pod"),
    ];
    failed(Failure::error(evidence).fix(facts.words.kubectl(&arguments)))
}

/// The ServiceAccount, if there is one; a missing one is said by [`missing`] alone.
fn seen(facts: &Facts) -> Result<Option<&ServiceAccountFact>, &Unseen> {
    facts.tenant.service_account.as_ref().map(Option::as_ref)
}

/// Returns why the identity is not known.
fn not_seen(facts: &Facts) -> Unseen {
    match &facts.azure.identity {
        Err(unseen) => unseen.clone(),
        Ok(_) => Unseen::new(
            FactSource::Azure,
            format!(
                "identity `{}` is not there",
                escape(&facts.azure.identity_name)
            ),
        ),
    }
}

/// Returns the identity's client id, or the word that stands for it in a command.
pub(super) fn client_id(facts: &Facts) -> &str {
    facts
        .identity()
        .map_or("CLIENT_ID", |identity| identity.client_id.as_str())
}
