//! A: how the vCluster is configured.

use super::{PASSED, failed, unknown};
use crate::check::facts::Facts;
use crate::check::finding::{Evidence, Failure, Verdict};
use crate::text::escape;
use crate::translation::PodPlace;
use crate::vcluster_labels::{MANAGED_BY, OBJECT_NAME};

pub(in crate::check) fn unsupported_tenancy(facts: &Facts) -> Option<Verdict> {
    let configuration = match &facts.host.configuration {
        Ok(configuration) => configuration,
        // A pod on the host is the proof that pods get there.
        Err(_) if facts.host.pods.as_ref().is_ok_and(|pods| !pods.is_empty()) => return PASSED,
        Err(unseen) => return unknown(unseen),
    };
    let (key, expected, found) = match configuration.pods {
        PodPlace::Host => return PASSED,
        PodPlace::Nowhere => ("`sync.toHost.pods.enabled`", "true", "false"),
        PodPlace::OwnNodes => (
            "`privateNodes.enabled` or `controlPlane.standalone.enabled`",
            "false",
            "true",
        ),
        PodPlace::OtherCluster => (
            "`experimental.isolatedControlPlane.enabled`",
            "false",
            "true",
        ),
    };
    let evidence = vec![
        Evidence::pair(key, expected, Some(found)),
        Evidence::note(
            "no pod of this vCluster is on the host, so the host's webhook never sees one; if the \
             issuer of the vCluster itself is public, that one can be federated",
        ),
    ];
    failed(
        Failure::error(evidence).fix(facts.words.kubectl(&[
            "get",
            "--raw",
            "/.well-known/openid-configuration",
        ])),
    )
}

pub(in crate::check) fn sync_off(facts: &Facts) -> Option<Verdict> {
    let configuration = match &facts.host.configuration {
        Ok(configuration) => configuration,
        Err(_) if is_synced(facts) => return PASSED,
        Err(unseen) => return unknown(unseen),
    };
    if configuration.syncs_service_accounts {
        return PASSED;
    }
    let mut evidence = vec![Evidence::pair(
        "`sync.toHost.serviceAccounts.enabled`",
        "true",
        Some("false"),
    )];
    let mut fix =
        "set `sync: {toHost: {serviceAccounts: {enabled: true}}}` in vcluster.yaml".to_owned();
    if let Ok(vcluster) = &facts.vcluster {
        evidence.push(Evidence::note(format!(
            "all pods of the vCluster run as `{}/{}` on the host; switched on, that one and its \
             imagePullSecrets count no longer",
            escape(configuration.host_namespace(vcluster)),
            escape(&configuration.workload_service_account)
        )));
        let words = [
            "create",
            "--upgrade",
            &vcluster.name,
            "-n",
            &vcluster.namespace,
            "-f",
            "vcluster.yaml",
        ];
        fix.push_str(", then `vcluster ");
        fix.push_str(&crate::check::command::words(&words));
        fix.push('`');
    }
    failed(Failure::error(evidence).fix(fix))
}

/// Whether the host shows that this very ServiceAccount is synced.
fn is_synced(facts: &Facts) -> bool {
    let (Ok(Some(account)), Ok(vcluster)) = (&facts.host.service_account, &facts.vcluster) else {
        return false;
    };
    account.labels.get(MANAGED_BY) == Some(&vcluster.name)
        && account.annotation(OBJECT_NAME) == Some(&facts.name)
}
