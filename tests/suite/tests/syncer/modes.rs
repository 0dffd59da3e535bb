//! The other ways to map namespaces, and the manner of old versions.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{Namespace, ServiceAccount};
use kube::api::ListParams;
use kube::{Api, Client};
use serde_json::json;
use vwi_bed::unique;
use vwi_core::name::marker_label_cluster;
use vwi_core::namespaces::{NamespaceMappings, NamespaceMode, legacy_host_namespace};
use vwi_test_syncer::{Config, Generation};

use crate::stage::{
    Stage, annotate, annotation, create, delete, gone, holds, label, make_namespace, there,
};

fn mapped(config: &mut Config, by_name: &[(&str, &str)], mappings_only: bool) {
    let by_name: BTreeMap<_, _> = by_name
        .iter()
        .map(|(tenant, host)| ((*tenant).to_owned(), (*host).to_owned()))
        .collect();
    let mappings = NamespaceMappings::new(&by_name, &config.vcluster, &config.namespace);
    config.mode = NamespaceMode::Sync {
        mappings: mappings.unwrap(),
        mappings_only,
    };
}

fn accounts(client: &Client, namespace: &str) -> Api<ServiceAccount> {
    Api::namespaced(client.clone(), namespace)
}

#[tokio::test]
async fn a_mapped_namespace_has_its_own_on_the_host() {
    let team = unique("h");
    let stage = Stage::with("mapped", |config, prefix| {
        let tenants = format!("{prefix}t-*");
        mapped(config, &[(&tenants, &format!("{team}-*"))], false);
        config.extra_labels = BTreeMap::from([("tier".to_owned(), "gold".to_owned())]);
    })
    .await;
    let tenant_name = format!("{}t-b", stage.prefix);
    let tenant_namespace = make_namespace(&stage.tenant, &tenant_name).await;
    let host_name = format!("{team}-b");
    let hosts: Api<Namespace> = Api::all(stage.host.clone());
    let host = there(&hosts, &host_name).await;
    let marker = marker_label_cluster(&stage.hns, &stage.vcluster);
    for (key, value) in [
        ("vcluster.loft.sh/vcluster-name", &*stage.vcluster),
        ("vcluster.loft.sh/vcluster-namespace", &stage.hns),
        ("vcluster.loft.sh/managed-by", &marker),
        ("kubernetes.io/metadata.name", &host_name),
        ("tier", "gold"),
    ] {
        assert_eq!(label(&host, key), Some(value), "{key}");
    }
    for (key, value) in [
        ("vcluster.loft.sh/object-name", Some(&*tenant_name)),
        (
            "vcluster.loft.sh/object-uid",
            tenant_namespace.metadata.uid.as_deref(),
        ),
        ("vcluster.loft.sh/object-kind", Some("/v1, Kind=Namespace")),
        ("vcluster.loft.sh/object-host-name", Some(&host_name)),
        ("vcluster.loft.sh/object-imported", None),
    ] {
        assert_eq!(annotation(&host, key), value, "{key}");
    }

    // Names are kept, and nobody owns the copies.
    create(&accounts(&stage.tenant, &tenant_name), "app", json!({})).await;
    let copy = there(&accounts(&stage.host, &host_name), "app").await;
    assert_eq!(
        annotation(&copy, "vcluster.loft.sh/object-namespace"),
        Some(&*tenant_name)
    );
    assert_eq!(
        label(&copy, "vcluster.loft.sh/managed-by"),
        Some(&*stage.vcluster)
    );
    assert_eq!(copy.metadata.owner_references, None);
    // Other namespaces are as ever.
    stage.account("app", json!({})).await;

    delete(&Api::<Namespace>::all(stage.tenant.clone()), &tenant_name).await;
    gone(&hosts, &host_name).await;
}

#[tokio::test]
async fn a_host_namespace_that_was_there_is_imported_and_stays() {
    let host_name = unique("existing");
    let stage = Stage::with("imported", |config, prefix| {
        mapped(config, &[(&format!("{prefix}m"), &host_name)], false);
    })
    .await;
    let tenant_name = format!("{}m", stage.prefix);
    make_namespace(&stage.host, &host_name).await;
    make_namespace(&stage.tenant, &tenant_name).await;
    let hosts: Api<Namespace> = Api::all(stage.host.clone());
    holds("the import", async || {
        let host = hosts.get(&host_name).await.unwrap();
        annotation(&host, "vcluster.loft.sh/object-imported") == Some("true")
    })
    .await;
    let copies = accounts(&stage.host, &host_name);
    create(&accounts(&stage.tenant, &tenant_name), "app", json!({})).await;
    there(&copies, "app").await;
    let tenants: Api<Namespace> = Api::all(stage.tenant.clone());
    delete(&tenants, &tenant_name).await;
    gone(&copies, "app").await;
    gone(&tenants, &tenant_name).await;
    stage.barrier().await;
    let host = hosts.get(&host_name).await.unwrap();
    assert_eq!(host.metadata.deletion_timestamp, None);
}

#[tokio::test]
async fn with_mappings_only_nothing_else_is_synced() {
    let host_name = unique("host-only");
    let stage = Stage::with("unmapped", |config, prefix| {
        mapped(config, &[(&format!("{prefix}m"), &host_name)], true);
    })
    .await;
    let tenant_name = format!("{}m", stage.prefix);
    create(&stage.tenants::<ServiceAccount>(), "before", json!({})).await;
    make_namespace(&stage.tenant, &tenant_name).await;
    create(&accounts(&stage.tenant, &tenant_name), "after", json!({})).await;
    there(&accounts(&stage.host, &host_name), "after").await;
    let beside = stage
        .hosts::<ServiceAccount>()
        .list(&ListParams::default())
        .await
        .unwrap();
    assert!(
        beside
            .items
            .iter()
            .all(|account| account.metadata.name.as_deref() == Some("default"))
    );
}

#[tokio::test]
async fn a_mapped_namespace_without_account_sync_has_a_bare_workload_account() {
    let host_name = unique("host-bare");
    let stage = Stage::with("bare", |config, prefix| {
        mapped(config, &[(&format!("{prefix}m"), &host_name)], false);
        config.service_account_sync = false;
    })
    .await;
    let tenant_name = format!("{}m", stage.prefix);
    make_namespace(&stage.tenant, &tenant_name).await;
    let workload = format!("vc-workload-{}", stage.vcluster);
    let account = there(&accounts(&stage.host, &host_name), &workload).await;
    assert_eq!(account.metadata.annotations, None);
}

#[tokio::test]
async fn in_legacy_mode_every_namespace_has_its_own() {
    let stage = Stage::with("legacy", |config, _| {
        config.mode = NamespaceMode::LegacyMulti;
    })
    .await;
    create(&stage.tenants::<ServiceAccount>(), "app", json!({})).await;
    let host = legacy_host_namespace(&stage.vcluster, &stage.hns, &stage.namespace);
    let copies = accounts(&stage.host, &host);
    let copy = there(&copies, "app").await;
    let namespace = annotation(&copy, "vcluster.loft.sh/object-namespace");
    assert_eq!(namespace, Some(&*stage.namespace));
    // The host's controller made this one; the vCluster takes it over.
    holds("the default ServiceAccount", async || {
        let default = copies.get_opt("default").await.unwrap();
        default.is_some_and(|it| annotation(&it, "vcluster.loft.sh/object-name") == Some("default"))
    })
    .await;
}

#[tokio::test]
async fn up_to_0_20_changes_go_one_way_and_labels_are_hashed() {
    let stage = Stage::with("old", |config, _| config.generation = Generation::UpTo020).await;
    let value = json!({"metadata": {"annotations": {"key": "old"}, "labels": {"app": "demo"}}});
    let tenants: Api<ServiceAccount> = stage.tenants();
    create(&tenants, "app", value).await;
    let hosts: Api<ServiceAccount> = stage.hosts();
    let host_name = stage.host_name("app");
    let host = there(&hosts, &host_name).await;
    let hashed = vwi_core::vcluster_labels::host_label_key(&stage.vcluster, "app");
    assert_eq!(
        (label(&host, "app"), label(&host, &hashed)),
        (None, Some("demo"))
    );
    assert_eq!(annotation(&host, "vcluster.loft.sh/object-kind"), None);
    assert_eq!(annotation(&host, "vcluster.loft.sh/object-host-name"), None);

    annotate(&hosts, &host_name, json!({"key": "host", "mine": "1"})).await;
    holds("the tenant's value on the host", async || {
        let host = hosts.get(&host_name).await.unwrap();
        annotation(&host, "key") == Some("old") && annotation(&host, "mine") == Some("1")
    })
    .await;
    let tenant = tenants.get("app").await.unwrap();
    assert_eq!(
        (annotation(&tenant, "key"), annotation(&tenant, "mine")),
        (Some("old"), None)
    );
    annotate(&tenants, "app", json!({"key": null})).await;
    holds("the end of the value", async || {
        annotation(&hosts.get(&host_name).await.unwrap(), "key").is_none()
    })
    .await;
}
