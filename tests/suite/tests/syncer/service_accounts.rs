//! One ServiceAccount: what its copy looks like, when it has one, and when it goes.

use k8s_openapi::api::core::v1::ServiceAccount;
use kube::Api;
use serde_json::json;

use crate::stage::{
    Stage, annotate, annotation, create, delete, gone, holds, label, merge, shape, there,
};

#[tokio::test]
async fn a_copy_looks_like_a_real_one() {
    let stage = Stage::new("copy").await;
    let (tenant, host) = stage
        .account(
            "vcluster-demo",
            json!({
                "metadata": {
                    "annotations": {
                        "azure.workload.identity/client-id": "11111111-2222-3333-4444-555555555555",
                        "azure.workload.identity/tenant-id": "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee",
                    },
                    "labels": {"app.kubernetes.io/name": "demo", "release": "mine"},
                },
                "secrets": [{"name": "s"}],
                "imagePullSecrets": [{"name": "p"}],
            }),
        )
        .await;
    let Stage {
        vcluster,
        hns,
        namespace,
        service_uid,
        ..
    } = &stage;
    let name = stage.host_name("vcluster-demo");
    assert_eq!(
        shape(&host),
        json!({
            "apiVersion": "v1",
            "kind": "ServiceAccount",
            "automountServiceAccountToken": false,
            "metadata": {
                "name": name,
                "namespace": hns,
                "annotations": {
                    "azure.workload.identity/client-id": "11111111-2222-3333-4444-555555555555",
                    "azure.workload.identity/tenant-id": "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee",
                    "vcluster.loft.sh/managed-annotations":
                        "azure.workload.identity/client-id\nazure.workload.identity/tenant-id",
                    "vcluster.loft.sh/object-host-name": name,
                    "vcluster.loft.sh/object-host-namespace": hns,
                    "vcluster.loft.sh/object-kind": "/v1, Kind=ServiceAccount",
                    "vcluster.loft.sh/object-name": "vcluster-demo",
                    "vcluster.loft.sh/object-namespace": namespace,
                    "vcluster.loft.sh/object-uid": tenant.metadata.uid,
                },
                "labels": {
                    "app.kubernetes.io/name": "demo",
                    vwi_core::vcluster_labels::host_label_key(vcluster, "release"): "mine",
                    "vcluster.loft.sh/managed-by": vcluster,
                    "vcluster.loft.sh/namespace": namespace,
                },
                "ownerReferences": [{
                    "apiVersion": "v1", "kind": "Service", "name": vcluster, "uid": service_uid,
                    "controller": false,
                }],
            },
        })
    );
}

#[tokio::test]
async fn labels_flow_both_ways_and_what_the_host_mounts_stays() {
    let stage = Stage::new("labels").await;
    let (_, host) = stage.account("app", json!({})).await;
    assert_eq!(
        annotation(&host, "vcluster.loft.sh/managed-annotations"),
        None
    );
    let (tenants, hosts) = (
        stage.tenants::<ServiceAccount>(),
        stage.hosts::<ServiceAccount>(),
    );
    let host_name = stage.host_name("app");
    let rewritten = vwi_core::vcluster_labels::host_label_key(&stage.vcluster, "release");

    merge(
        &tenants,
        "app",
        json!({"metadata": {"labels": {"a": "1", "release": "r"}}}),
    )
    .await;
    holds("the host's labels", async || {
        let host = hosts.get(&host_name).await.unwrap();
        label(&host, "a") == Some("1") && label(&host, &rewritten) == Some("r")
    })
    .await;
    stage.barrier().await;
    merge(
        &hosts,
        &host_name,
        json!({
            "metadata": {"labels": {"b": "2", &rewritten: null}},
            "automountServiceAccountToken": true,
        }),
    )
    .await;
    holds("the tenant's labels", async || {
        let tenant = tenants.get("app").await.unwrap();
        label(&tenant, "b") == Some("2") && label(&tenant, "release").is_none()
    })
    .await;
    stage.barrier().await;
    let host = hosts.get(&host_name).await.unwrap();
    assert_eq!(host.automount_service_account_token, Some(true));
    // Annotated later, it still does not say which annotations are managed.
    annotate(&tenants, "app", json!({"key": "value"})).await;
    holds("the annotation", async || {
        annotation(&hosts.get(&host_name).await.unwrap(), "key") == Some("value")
    })
    .await;
    let host = hosts.get(&host_name).await.unwrap();
    assert_eq!(
        annotation(&host, "vcluster.loft.sh/managed-annotations"),
        None
    );
}

#[tokio::test]
async fn an_excluded_account_is_not_synced_until_it_is_included() {
    let stage = Stage::new("excluded").await;
    let controlled = json!({"vcluster.loft.sh/controlled-by": "somebody"});
    let tenants: Api<ServiceAccount> = stage.tenants();
    create(
        &tenants,
        "by-label",
        json!({"metadata": {"labels": controlled}}),
    )
    .await;
    create(
        &tenants,
        "by-annotation",
        json!({"metadata": {"annotations": controlled}}),
    )
    .await;
    stage.barrier().await;
    let hosts: Api<ServiceAccount> = stage.hosts();
    for name in ["by-label", "by-annotation"] {
        let found = hosts.get_opt(&stage.host_name(name)).await.unwrap();
        assert!(found.is_none(), "{name}");
        assert_eq!(stage.sync_errors(name).await, Vec::<String>::new());
    }
    annotate(
        &tenants,
        "by-annotation",
        json!({"vcluster.loft.sh/controlled-by": null}),
    )
    .await;
    there(&hosts, &stage.host_name("by-annotation")).await;
}

#[tokio::test]
async fn a_squatted_name_is_left_alone_and_nobody_is_told() {
    let stage = Stage::new("squat").await;
    let hosts: Api<ServiceAccount> = stage.hosts();
    let tenants: Api<ServiceAccount> = stage.tenants();
    let host_name = stage.host_name("app");
    let squatter = create(&hosts, &host_name, json!({})).await;
    create(&tenants, "app", json!({})).await;
    stage.barrier().await;
    annotate(&tenants, "app", json!({"key": "value"})).await;
    stage.barrier().await;
    let found = hosts.get(&host_name).await.unwrap();
    assert_eq!(
        found.metadata.resource_version,
        squatter.metadata.resource_version
    );
    assert_eq!(stage.sync_errors("app").await, Vec::<String>::new());
}

#[tokio::test]
async fn deleting_a_tenant_account_or_its_namespace_deletes_the_copies() {
    let stage = Stage::new("deleted").await;
    let hosts: Api<ServiceAccount> = stage.hosts();
    stage.account("one", json!({})).await;
    stage.account("two", json!({})).await;
    delete(&stage.tenants::<ServiceAccount>(), "one").await;
    gone(&hosts, &stage.host_name("one")).await;
    // The controller made this one, and vCluster syncs it like any other.
    there(&hosts, &stage.host_name("default")).await;
    let namespaces: Api<k8s_openapi::api::core::v1::Namespace> = Api::all(stage.tenant.clone());
    delete(&namespaces, &stage.namespace).await;
    gone(&hosts, &stage.host_name("two")).await;
    gone(&hosts, &stage.host_name("default")).await;
}

#[tokio::test]
async fn a_copy_without_its_original_goes_at_the_next_start() {
    let stage = Stage::new("orphan").await;
    stage.account("app", json!({})).await;
    stage.syncer.pause().await;
    delete(&stage.tenants::<ServiceAccount>(), "app").await;
    stage.syncer.resume().await;
    gone(&stage.hosts::<ServiceAccount>(), &stage.host_name("app")).await;
}
