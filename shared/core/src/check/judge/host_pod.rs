//! E: the host's pods, and the webhook that changes them.

use super::{PASSED, failed, skipped, unknown};
use crate::annotation::{CLIENT_ID, TENANT_ID, WEBHOOK};
use crate::check::command::az;
use crate::check::facts::{Facts, HostPodFact};
use crate::check::finding::{Evidence, Failure, Verdict};
use crate::text::escape;

/// Pods that are named one by one; the others are counted.
const NAMED: usize = 5;

pub(in crate::check) fn webhook_absent(facts: &Facts) -> Option<Verdict> {
    let switched_on = match &facts.azure.cluster {
        Ok(Some(cluster)) => Some(cluster.workload_identity),
        Ok(None) | Err(_) => None,
    };
    let webhooks = match (&facts.host.webhooks, switched_on) {
        (Ok(webhooks), _) => webhooks,
        (Err(_), Some(true)) => return PASSED,
        (Err(_), Some(false)) => &Vec::new(),
        (Err(unseen), None) => return unknown(unseen),
    };
    if !webhooks.is_empty() {
        return PASSED;
    }
    let mut evidence = vec![Evidence::pair("webhook of the host", WEBHOOK, None::<&str>)];
    if let Some(switched_on) = switched_on {
        evidence.push(Evidence::note(format!(
            "ARM says `securityProfile.workloadIdentity.enabled` is `{switched_on}`; the OIDC issuer \
             alone is not enough"
        )));
    }
    failed(Failure::error(evidence).fix(enable(facts)))
}

/// Returns the command that switches issuer and webhook on.
pub(super) fn enable(facts: &Facts) -> String {
    let (group, name) = cluster_words(facts);
    az(&[
        "aks",
        "update",
        "-g",
        group,
        "-n",
        name,
        "--enable-oidc-issuer",
        "--enable-workload-identity",
    ])
}

/// Returns group and name of the AKS cluster, or the words that stand for them.
pub(super) fn cluster_words(facts: &Facts) -> (&str, &str) {
    match &facts.azure.cluster {
        Ok(Some(cluster)) => (cluster.id.group(), cluster.id.name()),
        Ok(None) | Err(_) => ("RG", "AKS"),
    }
}

pub(in crate::check) fn webhook_duplicate(facts: &Facts) -> Option<Verdict> {
    let webhooks = match &facts.host.webhooks {
        Ok(webhooks) if webhooks.is_empty() => return None,
        Ok(webhooks) => webhooks,
        Err(unseen) => return unknown(unseen),
    };
    if webhooks.len() == 1 {
        return PASSED;
    }
    let evidence = webhooks
        .iter()
        .map(|webhook| {
            Evidence::note(format!(
                "MutatingWebhookConfiguration `{}` has it",
                escape(&webhook.configuration)
            ))
        })
        .collect();
    let fix = "if one is the AKS add-on's, uninstall the Helm chart `workload-identity-webhook`";
    failed(Failure::warning(evidence).fix(fix))
}

pub(in crate::check) fn stale(facts: &Facts) -> Option<Verdict> {
    if matches!(&facts.host.webhooks, Ok(webhooks) if webhooks.is_empty()) {
        return None;
    }
    let pods = match &facts.host.pods {
        Ok(pods) => pods,
        Err(unseen) => return unknown(unseen),
    };
    let labelled: Vec<&HostPodFact> = pods.iter().filter(|pod| pod.is_labelled).collect();
    if labelled.is_empty() {
        return skipped("no labelled pod of it is on the host");
    }
    let stale: Vec<Vec<Evidence>> = labelled
        .iter()
        .map(|pod| what_is_stale(facts, pod))
        .filter(|evidence| !evidence.is_empty())
        .collect();
    if stale.is_empty() {
        return PASSED;
    }
    let count = stale.len();
    let mut evidence: Vec<Evidence> = stale.into_iter().take(NAMED).flatten().collect();
    if count > NAMED {
        evidence.push(Evidence::note(format!("and {} more", count - NAMED)));
    }
    failed(Failure::error(evidence).fix(restart(facts)))
}

fn what_is_stale(facts: &Facts, pod: &HostPodFact) -> Vec<Evidence> {
    let shown = if pod.tenant_name.is_empty() {
        &pod.name
    } else {
        &pod.tenant_name
    };
    let made = pod
        .created
        .as_deref()
        .map(|created| format!(", made at {}", escape(created)))
        .unwrap_or_default();
    if !pod.is_injected {
        return vec![Evidence::note(format!(
            "Pod `{}`{made}: the webhook has not changed it; it looks at pods only when they are made",
            escape(shown)
        ))];
    }
    let Ok(Some(account)) = &facts.host.service_account else {
        return Vec::new();
    };
    let identity = facts.identity();
    let client_id = identity.map(|identity| identity.client_id.as_str());
    let tenant_id = identity.map(|identity| identity.tenant_id.as_str());
    [
        ("AZURE_CLIENT_ID", CLIENT_ID, &pod.client_id, client_id),
        ("AZURE_TENANT_ID", TENANT_ID, &pod.tenant_id, tenant_id),
    ]
    .into_iter()
    .filter_map(|(variable, key, found, right)| {
        // Without the annotation the webhook's default counts, which a pod may well show.
        let expected = account.annotation(key).filter(|value| !value.is_empty())?;
        // A pod that has what the identity has works; then the annotation is what is wrong.
        let works = found.is_some() && found.as_deref() == right;
        (found.as_deref() != Some(expected) && !works).then(|| {
            Evidence::pair(
                format!("{variable} of Pod {}{made}", escape(shown)),
                expected,
                found.as_deref(),
            )
        })
    })
    .collect()
}

/// Returns the command that makes the pods anew.
fn restart(facts: &Facts) -> String {
    let of_it = facts.tenant.workloads.iter().flatten().find(|workload| {
        workload.service_account == facts.name
            && ["Deployment", "StatefulSet", "DaemonSet"].contains(&workload.kind.as_str())
    });
    match of_it {
        Some(workload) => {
            let target = format!("{}/{}", workload.kind.to_ascii_lowercase(), workload.name);
            facts
                .words
                .kubectl(&["rollout", "restart", &target, "-n", &facts.namespace])
        }
        None => "make the pods anew: the webhook looks at them only then".to_owned(),
    }
}
