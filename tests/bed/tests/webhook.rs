//! The Azure webhook in front of the host's real API server, met by pods that the syncer makes.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use std::time::Duration;

use k8s_openapi::api::core::v1::{Event, Pod, ServiceAccount};
use kube::api::{ListParams, PostParams};
use kube::{Api, Client};
use serde_json::json;
use vwi_bed::{
    Bed, Doing, VirtualCluster, WebhookGeneration, WebhookOptions, client, unique, until,
};

const WITHIN: Duration = Duration::from_secs(20);

#[tokio::test]
async fn the_host_pod_of_a_labelled_tenant_pod_is_injected_and_the_tenants_is_not() {
    let bed = Bed::connect().await.unwrap();
    let [name, plain] = ["labelled", "plain"].map(unique);
    let tenant = bed.tenant().await.unwrap();
    make(&tenant, &name, true).await;
    make(&tenant, &plain, false).await;
    let host: Api<Pod> = Api::namespaced(bed.host().await.unwrap(), "team-x");
    let injected = found(&host, &format!("{name}-x-default-x-vcluster-demo")).await;
    let spec = injected.spec.unwrap();
    let variables = spec.containers[0].env.clone().unwrap_or_default();
    let client_id = variables
        .iter()
        .find(|one| one.name == "AZURE_CLIENT_ID")
        .unwrap();
    assert_eq!(client_id.value.as_deref(), Some("some-client"));
    let volumes = spec.volumes.unwrap();
    let reserved = "azure-workload-identity-reserved-";
    assert!(
        volumes
            .iter()
            .any(|volume| volume.name.starts_with(reserved)),
        "{volumes:?}"
    );

    let untouched = found(&host, &format!("{plain}-x-default-x-vcluster-demo")).await;
    assert!(!has_client_id(&untouched));
    let inside: Api<Pod> = Api::namespaced(tenant, "default");
    assert!(!has_client_id(&inside.get(&name).await.unwrap()));
}

#[tokio::test]
async fn a_vcluster_may_meet_an_old_webhook_or_one_that_is_down() {
    let bed = Bed::connect().await.unwrap();
    let mut old = VirtualCluster::new(unique("vc"), unique("hns"));
    old.webhook.generation = WebhookGeneration::V151;
    let mut down = VirtualCluster::new(unique("vc"), unique("hns"));
    down.webhook = WebhookOptions {
        is_down: true,
        ..WebhookOptions::default()
    };

    let added = bed.add_tenant(old.clone()).unwrap();
    make(&client(&added.cluster).await.unwrap(), "app", true).await;
    let host = bed.host().await.unwrap();
    let pods: Api<Pod> = Api::namespaced(host.clone(), &old.namespace);
    let pod = found(&pods, &format!("app-x-default-x-{}", old.name)).await;
    let volumes = pod.spec.unwrap().volumes.unwrap();
    assert!(
        volumes
            .iter()
            .any(|volume| volume.name == "azure-identity-token"),
        "{volumes:?}"
    );

    let added = bed.add_tenant(down.clone()).unwrap();
    let tenant = client(&added.cluster).await.unwrap();
    make(&tenant, "app", true).await;
    let events: Api<Event> = Api::namespaced(tenant, "default");
    let refused = ListParams::default().fields("reason=SyncError,involvedObject.kind=Pod");
    let expected = r#"failed calling webhook "mutation.azure-workload-identity.io""#;
    // The first try may find the host without the ServiceAccount, which says nothing here.
    until("the event of the refusal", WITHIN, async || {
        let listed = events
            .list(&refused)
            .await
            .doing(|| "cannot list events".to_owned())?;
        let mut messages = listed.items.into_iter().filter_map(|event| event.message);
        Ok(messages.find(|message| message.contains(expected)))
    })
    .await
    .unwrap();
}

/// Makes a ServiceAccount that names an identity, and a pod that runs as it.
async fn make(tenant: &Client, name: &str, labelled: bool) {
    let annotations = json!({"azure.workload.identity/client-id": "some-client"});
    let account = json!({"metadata": {"name": name, "annotations": annotations}});
    let accounts: Api<ServiceAccount> = Api::namespaced(tenant.clone(), "default");
    let account = serde_json::from_value(account).unwrap();
    accounts
        .create(&PostParams::default(), &account)
        .await
        .unwrap();
    let labels = if labelled {
        json!({"azure.workload.identity/use": "true"})
    } else {
        json!({})
    };
    let pod = json!({
        "metadata": {"name": name, "labels": labels},
        "spec": {
            "serviceAccountName": name,
            "containers": [{"name": "main", "image": "registry.example/app"}],
        },
    });
    let pods: Api<Pod> = Api::namespaced(tenant.clone(), "default");
    pods.create(
        &PostParams::default(),
        &serde_json::from_value(pod).unwrap(),
    )
    .await
    .unwrap();
}

async fn found(pods: &Api<Pod>, name: &str) -> Pod {
    let doing = || format!("cannot read `{name}`");
    until(name, WITHIN, async || pods.get_opt(name).await.doing(doing))
        .await
        .unwrap()
}

fn has_client_id(pod: &Pod) -> bool {
    let containers = &pod.spec.as_ref().unwrap().containers;
    let variables = containers
        .iter()
        .filter_map(|container| container.env.as_ref())
        .flatten();
    variables
        .into_iter()
        .any(|one| one.name == "AZURE_CLIENT_ID")
}
