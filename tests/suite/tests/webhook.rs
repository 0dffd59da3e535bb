//! The host's webhook in the test bed: what it gives to a pod of a tenant, what it refuses, and
//! that check finds it.
#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests: what fails ends the test"
)]

use std::time::Duration;

use k8s_openapi::api::core::v1::{Event, Namespace, Pod, ServiceAccount};
use kube::api::{ListParams, Patch, PatchParams, PostParams};
use kube::{Api, Client};
use serde_json::{Value, json};
use vwi_bed::{VirtualCluster, WebhookGeneration, WebhookOptions, unique, until};
use vwi_tests::Scene;
use vwi_tests::scene::{ACCOUNT, annotation};

/// How long a change may take to pass from one cluster to the other; some milliseconds are usual.
const SOON: Duration = Duration::from_secs(20);

const CLIENT_ID: &str = "azure.workload.identity/client-id";
const CLIENT: &str = "22222222-2222-2222-2222-222222222222";

/// A pod that runs as [`ACCOUNT`].
fn pod(name: &str, labels: &Value, annotations: &Value) -> Pod {
    serde_json::from_value(json!({
        "metadata": {"name": name, "labels": labels, "annotations": annotations},
        "spec": {
            "serviceAccountName": ACCOUNT,
            "initContainers": [{"name": "before", "image": "busybox"}],
            "containers": [
                {"name": "main", "image": "busybox"},
                {"name": "side", "image": "busybox", "env": [{"name": "AZURE_CLIENT_ID", "value": "own"}]},
            ],
        },
    }))
    .unwrap()
}

fn labelled() -> Value {
    json!({"azure.workload.identity/use": "true"})
}

/// A scene whose ServiceAccount names [`CLIENT`], on both sides.
async fn annotated(name: &str) -> Scene {
    let scene = Scene::new(name).await;
    let accounts = scene.tenant_accounts().await;
    let patch = Patch::Merge(json!({"metadata": {"annotations": {CLIENT_ID: CLIENT}}}));
    let patched = accounts
        .patch(ACCOUNT, &PatchParams::default(), &patch)
        .await;
    patched.unwrap();
    let host = scene.host_accounts().await;
    let host_name = scene.host_name(ACCOUNT);
    until("the host's annotation", SOON, async || {
        let found = host.get(&host_name).await.unwrap();
        Ok(annotation(&found, CLIENT_ID))
    })
    .await
    .unwrap();
    scene
}

async fn tenant_pods(scene: &Scene) -> Api<Pod> {
    Api::namespaced(scene.bed.tenant().await.unwrap(), &scene.namespace)
}

/// The host's copy of a pod of the test's namespace.
async fn host_pod(scene: &Scene, name: &str) -> Pod {
    let host = scene.bed.host().await.unwrap();
    let pods: Api<Pod> = Api::namespaced(host, scene.host_namespace());
    let host_name = scene.host_name(name);
    until("the host's pod", SOON, async || {
        Ok(pods.get_opt(&host_name).await.unwrap())
    })
    .await
    .unwrap()
}

/// The containers' Azure variables as `container NAME=value`, in their order.
fn variables(pod: &Pod) -> Vec<String> {
    let spec = pod.spec.as_ref().unwrap();
    let containers = spec
        .init_containers
        .iter()
        .flatten()
        .chain(&spec.containers);
    containers
        .flat_map(|container| {
            let variables = container.env.iter().flatten();
            let azure = variables.filter(|variable| variable.name.starts_with("AZURE_"));
            azure.map(|variable| {
                let value = variable.value.as_deref().unwrap_or_default();
                format!("{} {}={value}", container.name, variable.name)
            })
        })
        .collect()
}

/// How each container mounts the volume of this name.
fn mounts(pod: &Pod, volume: &str) -> Vec<String> {
    let spec = pod.spec.as_ref().unwrap();
    let containers = spec
        .init_containers
        .iter()
        .flatten()
        .chain(&spec.containers);
    containers
        .flat_map(|container| {
            let mounts = container.volume_mounts.iter().flatten();
            let mounts = mounts.filter(|mount| mount.name == volume);
            mounts.map(|mount| {
                assert_eq!(mount.read_only, Some(true));
                format!("{} {}", container.name, mount.mount_path)
            })
        })
        .collect()
}

/// The name of the pod's volume with a token for Azure, and its projection.
fn token_volume(pod: &Pod) -> Option<(String, Value)> {
    let volumes = pod.spec.as_ref()?.volumes.iter().flatten();
    let mut azure = volumes.filter(|volume| volume.name.starts_with("azure-"));
    let volume = azure.next()?;
    assert_eq!(azure.next(), None, "one is enough");
    let projected = serde_json::to_value(volume.projected.as_ref()?).unwrap();
    Some((volume.name.clone(), projected))
}

#[tokio::test]
async fn a_labelled_pod_of_a_tenant_can_log_in_from_the_host() {
    let scene = annotated("webhook").await;
    let pods = tenant_pods(&scene).await;
    for (name, labels) in [("with", labelled()), ("without", json!({}))] {
        let wanted = pod(name, &labels, &json!({}));
        pods.create(&PostParams::default(), &wanted).await.unwrap();
    }

    let host = host_pod(&scene, "with").await;
    let of = |container: &str, client: &str| {
        [
            format!("{container} AZURE_CLIENT_ID={client}"),
            format!("{container} AZURE_TENANT_ID=11111111-1111-1111-1111-111111111111"),
            format!(
                "{container} AZURE_FEDERATED_TOKEN_FILE=\
                 /var/run/secrets/azure/wi/token/azure-identity-token"
            ),
            format!("{container} AZURE_AUTHORITY_HOST=https://login.microsoftonline.com/"),
        ]
    };
    let expected = [of("before", CLIENT), of("main", CLIENT), of("side", "own")];
    assert_eq!(variables(&host), expected.concat());
    let (volume, projected) = token_volume(&host).expect("a volume");
    let token = json!({
        "audience": "api://AzureADTokenExchange",
        "expirationSeconds": 3600,
        "path": "token/azure-identity-token",
    });
    let sources = json!([{"serviceAccountToken": token}]);
    assert_eq!(projected, json!({"defaultMode": 420, "sources": sources}));
    let places = ["before", "main", "side"].map(|name| format!("{name} /var/run/secrets/azure/wi"));
    assert_eq!(mounts(&host, &volume), places);

    let unlabelled = host_pod(&scene, "without").await;
    assert_eq!(variables(&unlabelled), ["side AZURE_CLIENT_ID=own"]);
    assert_eq!(token_volume(&unlabelled), None);
    // The tenant never sees what the host has given.
    let tenant = pods.get("with").await.unwrap();
    assert_eq!(variables(&tenant), ["side AZURE_CLIENT_ID=own"]);
    assert_eq!(token_volume(&tenant), None);
}

#[tokio::test]
async fn a_refusal_reaches_the_tenant_as_an_event() {
    let scene = annotated("refused").await;
    let pods = tenant_pods(&scene).await;
    let expiration = "azure.workload.identity/service-account-token-expiration";
    let wanted = pod("brief", &labelled(), &json!({expiration: "60"}));
    pods.create(&PostParams::default(), &wanted).await.unwrap();

    let events: Api<Event> = Api::namespaced(scene.bed.tenant().await.unwrap(), &scene.namespace);
    let fields = ListParams::default().fields("reason=SyncError,involvedObject.name=brief");
    let message = until("the refusal", SOON, async || {
        let found = events.list(&fields).await.unwrap();
        Ok(found.items.into_iter().find_map(|event| event.message))
    })
    .await
    .unwrap();
    let expected = "admission webhook \"mutation.azure-workload-identity.io\" denied the request: \
                    token expiration 60 not valid. Expected value to be between 3600 and 86400";
    assert!(message.contains(expected), "{message}");
}

/// Makes [`ACCOUNT`] and a labelled pod in a host namespace, and returns the pod as it became.
async fn host_alone(host: &Client, namespace: &str, name: &str) -> Result<Pod, kube::Error> {
    let accounts: Api<ServiceAccount> = Api::namespaced(host.clone(), namespace);
    let account = serde_json::from_value(json!({
        "metadata": {"name": ACCOUNT, "annotations": {CLIENT_ID: CLIENT}},
    }));
    let account = account.unwrap();
    accounts.create(&PostParams::default(), &account).await?;
    let pods: Api<Pod> = Api::namespaced(host.clone(), namespace);
    let wanted = pod(name, &labelled(), &json!({}));
    pods.create(&PostParams::default(), &wanted).await
}

#[tokio::test]
async fn a_host_may_have_the_webhook_of_the_old_generation() {
    let scene = Scene::without_account("old").await;
    let mut wanted = VirtualCluster::new(unique("vc"), unique("old"));
    wanted.replicas = 0;
    wanted.webhook = WebhookOptions {
        generation: WebhookGeneration::V151,
        audience: "api://other".to_owned(),
        ..WebhookOptions::default()
    };
    let namespace = wanted.namespace.clone();
    scene.bed.add_tenant(wanted).unwrap();
    let host = scene.bed.host().await.unwrap();

    let pod = host_alone(&host, &namespace, "old").await.unwrap();
    let (volume, projected) = token_volume(&pod).expect("a volume");
    assert_eq!(volume, "azure-identity-token");
    let token = json!({
        "audience": "api://other",
        "expirationSeconds": 3600,
        "path": "azure-identity-token",
    });
    assert_eq!(
        projected["sources"],
        json!([{"serviceAccountToken": token}])
    );
    let file = "/var/run/secrets/azure/tokens/azure-identity-token";
    let expected = format!("main AZURE_FEDERATED_TOKEN_FILE={file}");
    assert!(variables(&pod).contains(&expected), "{:?}", variables(&pod));
    let places =
        ["before", "main", "side"].map(|name| format!("{name} /var/run/secrets/azure/tokens"));
    assert_eq!(mounts(&pod, &volume), places);
}

#[tokio::test]
async fn a_namespace_with_the_label_of_a_control_plane_is_left_alone() {
    let scene = Scene::without_account("excluded").await;
    let host = scene.bed.host().await.unwrap();
    let name = unique("excluded");
    let namespaces: Api<Namespace> = Api::all(host.clone());
    let namespace = json!({"metadata": {"name": name, "labels": {"control-plane": "vcluster"}}});
    let namespace = serde_json::from_value(namespace).unwrap();
    let made = namespaces.create(&PostParams::default(), &namespace).await;
    made.unwrap();

    let pod = host_alone(&host, &name, "app").await.unwrap();
    assert_eq!(variables(&pod), ["side AZURE_CLIENT_ID=own"]);
    assert_eq!(token_volume(&pod), None);
}

#[tokio::test]
async fn check_finds_the_webhook() {
    let scene = annotated("found").await;
    let finished = scene
        .plugin("kubectl-vwi-check")
        .args([ACCOUNT, "-n", &scene.namespace, "-o", "json"])
        .run()
        .unwrap();
    let report: Value = serde_json::from_str(&finished.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}\n{}", finished.stdout, finished.stderr));
    let categories = report["categories"].as_array().unwrap();
    let checks = categories
        .iter()
        .flat_map(|category| category["checks"].as_array().unwrap());
    let webhook: Vec<_> = checks
        .filter(|check| check["code"].as_str().unwrap().starts_with("webhook-"))
        .map(|check| {
            (
                check["code"].as_str().unwrap(),
                check["result"].as_str().unwrap(),
            )
        })
        .collect();
    let expected = [
        ("webhook-absent", "success"),
        ("webhook-duplicate", "success"),
    ];
    assert_eq!(webhook, expected, "{}", finished.stdout);
}
