//! Tenant and host: one row for each way in which one thing is spoilt.

use super::failure;
use super::fixture::{CLIENT, ISSUER, PRINCIPAL, credential, healthy};
use super::spoil::{annotate, check_all, configure, host, pod, tenant, workload};
use crate::annotation::{CLIENT_ID, TENANT_ID, TOKEN_EXPIRATION, USE};
use crate::check::facts::WorkloadFact;
use crate::federation::PUBLIC_AUDIENCE;
use crate::namespaces::HostServiceAccount;
use crate::vcluster_labels::{CONTROLLED_BY, MANAGED_BY, OBJECT_NAME, OBJECT_UID};

#[test]
fn the_vcluster() {
    check_all(&[
        (
            "private nodes",
            |facts| {
                configure(
                    facts,
                    "{privateNodes: {enabled: true}, sync: {toHost: {serviceAccounts: {enabled: true}}}}",
                );
            },
            &["unsupported-tenancy error"],
            "kubectl get --raw /.well-known/openid-configuration",
        ),
        (
            "sync off",
            |facts| {
                configure(facts, "sync: {}");
                facts.host.service_account = Ok(None);
                facts.host.pods = Ok(Vec::new());
            },
            &["sa-sync-off error", "pods-stale skipped"],
            "set `sync: {toHost: {serviceAccounts: {enabled: true}}}` in vcluster.yaml, then `vcluster \
             create --upgrade vcluster-demo -n team-x -f vcluster.yaml`",
        ),
    ]);
}

#[test]
fn the_tenants_service_account() {
    check_all(&[
        (
            "not there",
            |facts| {
                facts.tenant.service_account = Ok(None);
                facts.tenant.near_names = vec!["apps".to_owned()];
                facts.host.service_account = Ok(None);
            },
            &["sa-missing error"],
            "kubectl vwi annotate app -n default --client-id 11111111-2222-3333-4444-555555555555 --create",
        ),
        (
            "no client id",
            |facts| annotate(facts, CLIENT_ID, None),
            &["client-id-missing error"],
            "kubectl vwi annotate app -n default --client-id 11111111",
        ),
        (
            "no client id, and the workload has its own",
            |facts| {
                annotate(facts, CLIENT_ID, None);
                workload(facts).sets_client_id = true;
            },
            &["client-id-missing warning"],
            "kubectl vwi annotate",
        ),
        (
            "an empty Entra tenant",
            |facts| {
                annotate(facts, TENANT_ID, Some(""));
                pod(facts).tenant_id = None;
            },
            &["tenant-id-wrong error"],
            "kubectl annotate sa app -n default \
             'azure.workload.identity/tenant-id=aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee' --overwrite",
        ),
        (
            "another default Entra tenant",
            |facts| {
                annotate(facts, TENANT_ID, None);
                pod(facts).tenant_id = Some(CLIENT.to_owned());
            },
            &["tenant-id-wrong error"],
            "kubectl annotate sa app",
        ),
        (
            "the pod label on the ServiceAccount",
            |facts| annotate(facts, USE, Some("true")),
            &["annotation-misplaced warning"],
            "kubectl annotate sa app -n default azure.workload.identity/use-",
        ),
        (
            "an expiration that is no number",
            |facts| annotate(facts, TOKEN_EXPIRATION, Some("1h")),
            &["token-expiration-range error"],
            "kubectl annotate sa app -n default \
             'azure.workload.identity/service-account-token-expiration=3600' --overwrite",
        ),
        (
            "an expiration that is too long",
            |facts| annotate(facts, TOKEN_EXPIRATION, Some("86401")),
            &["token-expiration-range error"],
            "kubectl annotate sa app",
        ),
    ]);
}

#[test]
fn the_tenants_workloads() {
    check_all(&[
        (
            "default in its place",
            |facts| "default".clone_into(&mut workload(facts).service_account),
            &["pod-sa-wrong error", "pod-label-missing skipped"],
            "kubectl patch deployment web -n default --type merge -p \
             '{\"spec\":{\"template\":{\"spec\":{\"serviceAccountName\":\"app\"}}}}'",
        ),
        (
            "no label",
            |facts| workload(facts).label = None,
            &["pod-label-missing error"],
            "kubectl patch deployment web -n default --type merge -p \
             '{\"spec\":{\"template\":{\"metadata\":{\"labels\":{\"azure.workload.identity/use\":\"true\"}}}}}'",
        ),
        (
            "a label with another value, in a CronJob",
            |facts| {
                workload(facts).label = Some("True".to_owned());
                "CronJob".clone_into(&mut workload(facts).kind);
            },
            &["pod-label-missing error"],
            "kubectl patch cronjob web -n default --type merge -p '{\"spec\":{\"jobTemplate\":",
        ),
        (
            "one of two has none",
            |facts| {
                let bare = WorkloadFact {
                    label: None,
                    name: "$(reboot)".to_owned(),
                    ..workload(facts).clone()
                };
                facts.tenant.workloads.as_mut().unwrap().push(bare);
            },
            &["pod-label-missing warning"],
            "kubectl patch deployment '$(reboot)' -n default",
        ),
        (
            "the label on the Deployment itself",
            |facts| {
                workload(facts).label = None;
                workload(facts).own_label = Some("true".to_owned());
            },
            &["annotation-misplaced warning", "pod-label-missing error"],
            "",
        ),
    ]);
}

#[test]
fn the_hosts_service_account() {
    check_all(&[
        (
            "not there",
            |facts| facts.host.service_account = Ok(None),
            &["host-sa-missing error"],
            "kubectl get events -n default --field-selector 'reason=SyncError'",
        ),
        (
            "left to somebody else",
            |facts| {
                facts.host.service_account = Ok(None);
                let labels = &mut tenant(facts).labels;
                labels.insert(CONTROLLED_BY.to_owned(), "me".to_owned());
            },
            &["host-sa-missing error"],
            "kubectl annotate sa app -n default vcluster.loft.sh/controlled-by-",
        ),
        (
            "another vCluster's",
            |facts| {
                let labels = &mut host(facts).labels;
                labels.insert(MANAGED_BY.to_owned(), "other".to_owned());
            },
            &["host-sa-foreign error"],
            "kubectl vwi check app -n default --wait",
        ),
        (
            "another uid",
            |facts| {
                let annotations = &mut host(facts).annotations;
                annotations.insert(OBJECT_UID.to_owned(), "uid-0".to_owned());
            },
            &["host-sa-foreign error"],
            "kubectl vwi check",
        ),
        (
            "nobody's",
            |facts| {
                host(facts).labels.clear();
                host(facts).annotations.remove(OBJECT_NAME);
            },
            &["host-sa-foreign error"],
            // Its owner alone can say whether it may go.
            "",
        ),
        (
            "another subject in the record",
            |facts| facts.stated_subject = Some("system:serviceaccount:team-x:other".to_owned()),
            &["host-sa-foreign error"],
            "kubectl vwi translate app -n default",
        ),
        (
            "another name",
            |facts| {
                facts.host.service_account = Ok(None);
                facts.host.by_uid = Some(HostServiceAccount {
                    namespace: "team-x".to_owned(),
                    name: "odd".to_owned(),
                });
                facts.azure.credentials = Ok(vec![credential(
                    ISSUER,
                    "system:serviceaccount:team-x:odd",
                    PUBLIC_AUDIENCE,
                )]);
            },
            &["host-name-override warning"],
            "kubectl vwi translate app -n default | kubectl vwi federate --identity",
        ),
        (
            "another client id",
            |facts| {
                let annotations = &mut host(facts).annotations;
                annotations.insert(CLIENT_ID.to_owned(), PRINCIPAL.to_owned());
            },
            &["host-sa-annotations-differ error"],
            "kubectl vwi annotate app -n default --remove && kubectl vwi annotate app -n default \
             --client-id 11111111-2222-3333-4444-555555555555 --azure-tenant-id \
             aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee",
        ),
    ]);
}

#[test]
fn the_hosts_pods_and_webhook() {
    check_all(&[
        (
            "no webhook",
            |facts| facts.host.webhooks = Ok(Vec::new()),
            &["webhook-absent error"],
            "az aks update -g rg-aks -n aks --enable-oidc-issuer --enable-workload-identity",
        ),
        (
            "two of them",
            |facts| {
                let webhooks = facts.host.webhooks.as_mut().unwrap();
                webhooks.push(webhooks[0].clone());
            },
            &["webhook-duplicate warning"],
            "",
        ),
        (
            "a pod from before",
            |facts| pod(facts).is_injected = false,
            &["pods-stale error"],
            "kubectl rollout restart deployment/web -n default",
        ),
        (
            "a pod with another client id",
            |facts| pod(facts).client_id = None,
            &["pods-stale error"],
            "kubectl rollout restart deployment/web -n default",
        ),
    ]);
}

#[test]
fn a_name_that_somebody_took_is_for_its_owner_to_give_back() {
    let mut facts = healthy();
    host(&mut facts).labels.clear();
    host(&mut facts).annotations.remove(OBJECT_NAME);
    let failure = failure(&facts, "host-sa-foreign");
    assert_eq!(failure.fix, None);
}
