//! Pods: whose identity they have on the host, and what the host's webhook gets to see.

use k8s_openapi::api::core::v1::{Pod, ServiceAccount};
use kube::Api;
use kube::api::ListParams;
use serde_json::{Value, json};
use vwi_core::vcluster_labels::{host_label_key, host_namespace_label_key};

use crate::stage::{Stage, create, delete, gone, holds, label, shape, there};

fn pod(metadata: &Value, mut spec: Value) -> Value {
    spec["containers"] = json!([{"name": "main", "image": "busybox"}]);
    json!({"metadata": metadata, "spec": spec})
}

#[tokio::test]
async fn a_copy_looks_like_a_real_one() {
    let stage = Stage::new("pod").await;
    stage.account("vcluster-demo", json!({})).await;
    let metadata = json!({
        "labels": {"azure.workload.identity/use": "true", "app": "demo", "release": "r"},
        "annotations": {"note": "hello"},
    });
    let value = pod(&metadata, json!({"serviceAccountName": "vcluster-demo"}));
    let tenant: Pod = create(&stage.tenants(), "demo", value).await;
    let host_name = stage.host_name("demo");
    let host: Pod = there(&stage.hosts(), &host_name).await;

    let Stage {
        vcluster,
        hns,
        namespace,
        ..
    } = &stage;
    let mut found = shape(&host);
    let annotations = found["metadata"]["annotations"].as_object_mut().unwrap();
    let tokens: Vec<_> = annotations
        .keys()
        .filter(|key| key.starts_with("vcluster.loft.sh/token-"))
        .cloned()
        .collect();
    assert_eq!(tokens.len(), 1);
    let key = &tokens[0];
    assert_eq!(key.len(), "vcluster.loft.sh/token-".len() + 8);
    // Three parts: it is a token indeed.
    let token = annotations.remove(key).unwrap();
    assert_eq!(token.as_str().unwrap().split('.').count(), 3);
    let uid = tenant.metadata.uid.unwrap();
    assert_eq!(
        found["metadata"],
        json!({
            "name": host_name,
            "namespace": hns,
            "annotations": {
                "cluster-autoscaler.kubernetes.io/safe-to-evict": "false",
                "note": "hello",
                "vcluster.loft.sh/labels":
                    "app=\"demo\"\nazure.workload.identity/use=\"true\"\nrelease=\"r\"",
                "vcluster.loft.sh/managed-annotations": "note",
                "vcluster.loft.sh/name": "demo",
                "vcluster.loft.sh/namespace": namespace,
                "vcluster.loft.sh/object-host-name": host_name,
                "vcluster.loft.sh/object-host-namespace": hns,
                "vcluster.loft.sh/object-kind": "/v1, Kind=Pod",
                "vcluster.loft.sh/object-name": "demo",
                "vcluster.loft.sh/object-namespace": namespace,
                "vcluster.loft.sh/object-uid": uid,
                "vcluster.loft.sh/service-account-name": "vcluster-demo",
                "vcluster.loft.sh/uid": uid,
            },
            "labels": {
                "app": "demo",
                "azure.workload.identity/use": "true",
                host_label_key(vcluster, "release"): "r",
                "vcluster.loft.sh/managed-by": vcluster,
                "vcluster.loft.sh/namespace": namespace,
                host_namespace_label_key(vcluster, "kubernetes.io/metadata.name"): namespace,
            },
            "ownerReferences": found["metadata"]["ownerReferences"],
        })
    );
    let spec = host.spec.unwrap();
    let account = stage.host_name("vcluster-demo");
    assert_eq!(spec.service_account_name.as_deref(), Some(&*account));
    assert_eq!(spec.automount_service_account_token, Some(false));

    let volumes = serde_json::to_value(&spec.volumes).unwrap();
    let sources = &volumes[0]["projected"]["sources"];
    let of_token = format!("metadata.annotations['{key}']");
    assert_eq!(
        sources[0]["downwardAPI"]["items"][0]["fieldRef"]["fieldPath"],
        of_token
    );
    assert_eq!(
        sources[1]["configMap"]["name"],
        stage.host_name("kube-root-ca.crt")
    );
    assert_eq!(
        sources[2]["downwardAPI"]["items"][0]["fieldRef"]["fieldPath"],
        "metadata.annotations['vcluster.loft.sh/namespace']"
    );
}

#[tokio::test]
async fn whose_identity_a_pod_has() {
    let synced = Stage::new("identity").await;
    let shared = Stage::with("identity", |config, _| config.service_account_sync = false).await;
    let workload = format!("vc-workload-{}", shared.vcluster);
    create::<ServiceAccount>(&shared.hosts(), &workload, json!({})).await;
    synced.account("app", json!({})).await;
    create::<ServiceAccount>(&shared.tenants(), "app", json!({})).await;
    for (case, stage, spec, expected) in [
        (
            "its own",
            &synced,
            json!({"serviceAccountName": "app"}),
            synced.host_name("app"),
        ),
        ("none", &synced, json!({}), synced.host_name("default")),
        (
            "sync off",
            &shared,
            json!({"serviceAccountName": "app"}),
            workload.clone(),
        ),
    ] {
        let tenant = case.replace(' ', "-");
        // The tenant's controller makes `default` in its time.
        there::<ServiceAccount>(&stage.tenants(), "default").await;
        let labels = json!({"labels": {"azure.workload.identity/use": "true"}});
        create::<Pod>(&stage.tenants(), &tenant, pod(&labels, spec)).await;
        let host: Pod = there(&stage.hosts(), &stage.host_name(&tenant)).await;
        assert_eq!(
            label(&host, "azure.workload.identity/use"),
            Some("true"),
            "{case}"
        );
        let found = host.spec.unwrap().service_account_name;
        assert_eq!(found, Some(expected), "{case}");
    }
    let accounts: Vec<_> = shared
        .hosts::<ServiceAccount>()
        .list(&ListParams::default())
        .await
        .unwrap()
        .items
        .into_iter()
        .filter_map(|account| account.metadata.name)
        .filter(|name| name != "default")
        .collect();
    assert_eq!(accounts, [workload]);
}

#[tokio::test]
async fn a_token_that_the_pod_asks_for_is_the_tenants() {
    let stage = Stage::new("token").await;
    stage.account("app", json!({})).await;
    let spec = json!({
        "serviceAccountName": "app",
        "volumes": [{"name": "azure", "projected": {"sources": [{"serviceAccountToken": {
            "path": "azure-identity-token",
            "audience": "api://AzureADTokenExchange",
        }}]}}],
    });
    create::<Pod>(&stage.tenants(), "demo", pod(&json!({}), spec)).await;
    let host: Pod = there(&stage.hosts(), &stage.host_name("demo")).await;
    let annotations = host.metadata.annotations.unwrap();
    let tokens = annotations
        .keys()
        .filter(|key| key.starts_with("vcluster.loft.sh/token-"));
    assert_eq!(tokens.count(), 2);
    let sources = host.spec.unwrap().volumes.into_iter().flatten();
    let sources = sources
        .filter_map(|volume| volume.projected)
        .filter_map(|it| it.sources)
        .flatten();
    assert!(
        sources
            .into_iter()
            .all(|source| source.service_account_token.is_none())
    );
}

#[tokio::test]
async fn a_pod_that_the_host_refuses_is_told_in_the_tenants_words_and_tried_again() {
    let stage = Stage::new("refused").await;
    let excluded = json!({"metadata": {"labels": {"vcluster.loft.sh/controlled-by": "x"}}});
    create::<ServiceAccount>(&stage.tenants(), "excl", excluded).await;
    let spec = json!({"serviceAccountName": "excl"});
    create::<Pod>(&stage.tenants(), "nosa", pod(&json!({}), spec)).await;
    let expected = format!(
        "Error syncing to host cluster: create object: pods \"nosa\" is forbidden: error looking \
         up service account {}/excl: serviceaccount \"excl\" not found",
        stage.hns
    );
    holds("the event", async || {
        stage.sync_errors("nosa").await == [expected.clone()]
    })
    .await;
    create::<ServiceAccount>(&stage.hosts(), &stage.host_name("excl"), json!({})).await;
    there::<Pod>(&stage.hosts(), &stage.host_name("nosa")).await;
}

#[tokio::test]
async fn deleting_a_pod_on_one_side_deletes_it_on_the_other() {
    let stage = Stage::new("ends").await;
    stage.account("app", json!({})).await;
    let (tenants, hosts): (Api<Pod>, Api<Pod>) = (stage.tenants(), stage.hosts());
    for name in ["one", "two"] {
        create(
            &tenants,
            name,
            pod(&json!({}), json!({"serviceAccountName": "app"})),
        )
        .await;
        there(&hosts, &stage.host_name(name)).await;
    }
    stage.syncer.settled().await;
    delete(&tenants, "one").await;
    gone(&hosts, &stage.host_name("one")).await;
    delete(&hosts, &stage.host_name("two")).await;
    gone(&tenants, "two").await;
}

#[tokio::test]
async fn up_to_0_20_the_webhooks_label_does_not_reach_the_host() {
    let stage = Stage::with("old", |config, _| {
        config.generation = vwi_test_syncer::Generation::UpTo020;
        config.sync_labels = vec!["kept/*".to_owned()];
    })
    .await;
    stage.account("app", json!({})).await;
    let labels = json!({"labels": {"azure.workload.identity/use": "true", "kept/it": "1"}});
    let value = pod(&labels, json!({"serviceAccountName": "app"}));
    create::<Pod>(&stage.tenants(), "demo", value).await;
    let host: Pod = there(&stage.hosts(), &stage.host_name("demo")).await;
    assert_eq!(label(&host, "azure.workload.identity/use"), None);
    let hashed = host_label_key(&stage.vcluster, "azure.workload.identity/use");
    assert_eq!(label(&host, &hashed), Some("true"));
    assert_eq!(label(&host, "kept/it"), Some("1"));
}
