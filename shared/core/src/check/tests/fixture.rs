//! Facts of a ServiceAccount for which everything is as it should be.

use std::collections::{BTreeMap, BTreeSet};

use crate::annotation::{CLIENT_ID, TENANT_ID};
use crate::arm::{Kind, ResourceId};
use crate::check::command::Words;
use crate::check::exchange::{Presented, Probe};
use crate::check::facts::*;
use crate::federation::{Credential, Identity, PUBLIC_AUDIENCE};
use crate::namespaces::HostServiceAccount;
use crate::translation::{Configuration, VirtualClusterName};
use crate::vcluster_labels::{MANAGED_BY, OBJECT_NAME, OBJECT_NAMESPACE, OBJECT_UID};

pub(super) const CLIENT: &str = "11111111-2222-3333-4444-555555555555";
pub(super) const PRINCIPAL: &str = "66666666-2222-3333-4444-555555555555";
pub(super) const TENANT: &str = "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee";
pub(super) const ISSUER: &str = "https://westeurope.oic.prod-aks.azure.com/t/c/";
pub(super) const SUBJECT: &str = "system:serviceaccount:team-x:app-x-default-x-vcluster-demo";
const SUBSCRIPTION: &str = "00000000-0000-0000-0000-000000000001";

pub(super) fn map(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs
        .iter()
        .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
        .collect()
}

pub(super) fn credential(issuer: &str, subject: &str, audience: &str) -> Credential {
    Credential {
        name: "vwi-app".to_owned(),
        issuer: issuer.to_owned(),
        subject: Some(subject.to_owned()),
        audiences: vec![audience.to_owned()],
    }
}

pub(super) fn words() -> Words {
    Words {
        steps: ["translate", "federate", "annotate", "check"]
            .map(|word| format!("kubectl vwi {word}")),
        tenant_context: None,
    }
}

pub(super) fn healthy() -> Facts {
    let vcluster = VirtualClusterName {
        name: "vcluster-demo".to_owned(),
        namespace: "team-x".to_owned(),
    };
    let host = HostServiceAccount {
        namespace: "team-x".to_owned(),
        name: "app-x-default-x-vcluster-demo".to_owned(),
    };
    Facts {
        namespace: "default".to_owned(),
        name: "app".to_owned(),
        expected_host: Ok(host.clone()),
        audience: PUBLIC_AUDIENCE.to_owned(),
        stated_audience: None,
        stated_subject: None,
        stated_issuer: Some(ISSUER.to_owned()),
        tenant: tenant(),
        host: host_facts(host, &vcluster),
        azure: azure(),
        published: Ok(Published::Readable {
            url: format!("{ISSUER}.well-known/openid-configuration"),
            issuer: ISSUER.to_owned(),
            key_ids: vec!["k1".to_owned()],
        }),
        probe: Some(Ok(Probe::Exchanged {
            presented: presented(),
            tries: 1,
        })),
        planned: BTreeSet::new(),
        words: words(),
        vcluster: Ok(vcluster),
    }
}

pub(super) fn presented() -> Presented {
    Presented {
        issuer: ISSUER.to_owned(),
        subject: SUBJECT.to_owned(),
        audience: PUBLIC_AUDIENCE.to_owned(),
        key_id: Some("k1".to_owned()),
        expires: None,
        client_id: CLIENT.to_owned(),
        entra_tenant: TENANT.to_owned(),
    }
}

fn tenant() -> TenantFacts {
    TenantFacts {
        service_account: Ok(Some(ServiceAccountFact {
            namespace: "default".to_owned(),
            name: "app".to_owned(),
            uid: "uid-1".to_owned(),
            labels: BTreeMap::new(),
            annotations: map(&[(CLIENT_ID, CLIENT), (TENANT_ID, TENANT)]),
        })),
        near_names: Vec::new(),
        workloads: Ok(vec![WorkloadFact {
            kind: "Deployment".to_owned(),
            name: "web".to_owned(),
            service_account: "app".to_owned(),
            label: Some("true".to_owned()),
            ..WorkloadFact::default()
        }]),
    }
}

fn host_facts(host: HostServiceAccount, vcluster: &VirtualClusterName) -> HostFacts {
    let values = "sync: {toHost: {serviceAccounts: {enabled: true}}}";
    HostFacts {
        configuration: Ok(Configuration::parse(values, vcluster).unwrap()),
        service_account: Ok(Some(ServiceAccountFact {
            namespace: host.namespace.clone(),
            name: host.name.clone(),
            uid: "host-uid".to_owned(),
            labels: map(&[(MANAGED_BY, "vcluster-demo")]),
            annotations: map(&[
                (CLIENT_ID, CLIENT),
                (TENANT_ID, TENANT),
                (OBJECT_NAME, "app"),
                (OBJECT_NAMESPACE, "default"),
                (OBJECT_UID, "uid-1"),
            ]),
        })),
        by_uid: None,
        others: BTreeSet::new(),
        pods: Ok(vec![HostPodFact {
            name: "web-1-x-default-x-vcluster-demo".to_owned(),
            tenant_name: "web-1".to_owned(),
            service_account: host.name,
            is_labelled: true,
            is_injected: true,
            client_id: Some(CLIENT.to_owned()),
            tenant_id: Some(TENANT.to_owned()),
            audience: Some(PUBLIC_AUDIENCE.to_owned()),
            created: Some("2026-01-02T03:04:05Z".to_owned()),
        }]),
        webhooks: Ok(vec![WebhookFact {
            configuration: "azure-wi-webhook-mutating-webhook-configuration".to_owned(),
            failure_policy: Some("Fail".to_owned()),
        }]),
        issuer: Ok(ISSUER.to_owned()),
    }
}

fn azure() -> AzureFacts {
    AzureFacts {
        identity: Ok(Some(Identity {
            id: ResourceId::new(Kind::Identity, SUBSCRIPTION, "rg", "app-identity").unwrap(),
            location: "westeurope".to_owned(),
            client_id: CLIENT.to_owned(),
            principal_id: PRINCIPAL.to_owned(),
            tenant_id: TENANT.to_owned(),
            tags: BTreeMap::new(),
        })),
        identity_name: "app-identity".to_owned(),
        credentials: Ok(vec![credential(ISSUER, SUBJECT, PUBLIC_AUDIENCE)]),
        cluster: Ok(Some(ClusterFact {
            id: ResourceId::new(Kind::Cluster, SUBSCRIPTION, "rg-aks", "aks").unwrap(),
            issuer: Some(ISSUER.to_owned()),
            workload_identity: true,
        })),
        roles: vec![RoleFact {
            role: "Reader".to_owned(),
            scope: format!("/subscriptions/{SUBSCRIPTION}"),
            assignment: Ok(Some("/assignment".to_owned())),
        }],
        credentials_needed: 0,
    }
}
