//! C: the tenant's workloads.

use serde_json::json;

use super::{PASSED, failed, skipped, unknown};
use crate::annotation::{USE, USE_VALUE};
use crate::check::facts::{Facts, WorkloadFact};
use crate::check::finding::{Evidence, Failure, Verdict};
use crate::text::escape;

/// Workloads that are named one by one; the others are counted.
const NAMED: usize = 5;

pub(in crate::check) fn wrong_account(facts: &Facts) -> Option<Verdict> {
    let workloads = match &facts.tenant.workloads {
        Ok(workloads) => workloads,
        Err(unseen) => return unknown(unseen),
    };
    if workloads
        .iter()
        .any(|one| one.service_account == facts.name)
    {
        return PASSED;
    }
    // One that asks for an identity and runs as nobody in particular was most likely meant.
    let meant: Vec<&WorkloadFact> = workloads
        .iter()
        .filter(|one| one.label.as_deref() == Some(USE_VALUE) && one.service_account == "default")
        .collect();
    let Some(first) = meant.first() else {
        return skipped("no workload uses it yet");
    };
    let evidence = list(&meant, |one| {
        Evidence::pair(
            format!("ServiceAccount of {} {}", one.kind, escape(&one.name)),
            &facts.name,
            Some(&one.service_account),
        )
    });
    let patch = json!({"spec": {"serviceAccountName": facts.name}});
    let failure = Failure::error(evidence);
    failed(match patch_command(facts, first, &patch) {
        Some(fix) => failure.fix(fix),
        None => failure,
    })
}

pub(in crate::check) fn label_missing(facts: &Facts) -> Option<Verdict> {
    let workloads = match &facts.tenant.workloads {
        Ok(workloads) => workloads,
        Err(unseen) => return unknown(unseen),
    };
    let own: Vec<&WorkloadFact> = workloads
        .iter()
        .filter(|one| one.service_account == facts.name)
        .collect();
    let (labelled, bare): (Vec<&WorkloadFact>, Vec<&WorkloadFact>) = own
        .iter()
        .partition(|one| one.label.as_deref() == Some(USE_VALUE));
    let Some(first) = bare.first() else {
        return if own.is_empty() {
            skipped("no workload uses it yet")
        } else {
            PASSED
        };
    };
    let evidence = list(&bare, |one| {
        let place = if one.kind == "Pod" {
            format!("label `{USE}` of Pod {}", escape(&one.name))
        } else {
            format!(
                "label `{USE}` on the pod template of {} {}",
                one.kind,
                escape(&one.name)
            )
        };
        Evidence::pair(place, USE_VALUE, one.label.as_deref())
    });
    let failure = if labelled.is_empty() {
        Failure::error(evidence)
    } else {
        // Some of its workloads may well have no business with Azure.
        Failure::warning(evidence)
    };
    let patch = json!({"metadata": {"labels": {USE: USE_VALUE}}});
    failed(match patch_command(facts, first, &patch) {
        Some(fix) => failure.fix(fix),
        None => failure.fix(format!(
            "add the label `{USE}: \"{USE_VALUE}\"` to the manifest of {} `{}`, and make it anew",
            first.kind,
            escape(&first.name)
        )),
    })
}

/// Returns the evidence of some workloads, the first few of them in full.
fn list(workloads: &[&WorkloadFact], one: impl Fn(&WorkloadFact) -> Evidence) -> Vec<Evidence> {
    let mut evidence: Vec<Evidence> = workloads.iter().take(NAMED).map(|it| one(it)).collect();
    if workloads.len() > NAMED {
        let more = workloads.len() - NAMED;
        evidence.push(Evidence::note(format!("and {more} more")));
    }
    evidence
}

/// Returns the command that merges `patch` into a workload's pod template; none for pods and
/// jobs, whose templates can't be changed.
fn patch_command(
    facts: &Facts,
    workload: &WorkloadFact,
    patch: &serde_json::Value,
) -> Option<String> {
    let template = json!({"spec": {"template": patch}});
    let patch = match workload.kind.as_str() {
        "Deployment" | "StatefulSet" | "DaemonSet" => template,
        "CronJob" => json!({"spec": {"jobTemplate": template}}),
        _ => return None,
    };
    let kind = workload.kind.to_ascii_lowercase();
    let patch = patch.to_string();
    let arguments = [
        "patch",
        &kind,
        &workload.name,
        "-n",
        &facts.namespace,
        "--type",
        "merge",
        "-p",
        &patch,
    ];
    Some(facts.words.kubectl(&arguments))
}
