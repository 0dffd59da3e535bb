//! Workloads whose pods get no token, as far as they may be seen.

use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::rbac::v1::{Role, RoleBinding};
use kube::api::Api;
use serde_json::json;
use vwi_bed::unique;
use vwi_tests::Scene;
use vwi_tests::scene::{ACCOUNT, annotation};

use crate::second::{Second, create};
use crate::streams::translated;
use crate::{ANNOTATE, CLIENT_ID, ONE, annotate};

/// Makes a Deployment that runs as the ServiceAccount and lacks the label.
async fn deploy(client: kube::Client, namespace: &str, name: &str) {
    let deployment = json!({
        "metadata": {"name": name},
        "spec": {
            "replicas": 0,
            "selector": {"matchLabels": {"app": name}},
            "template": {
                "metadata": {"labels": {"app": name}},
                "spec": {
                    "serviceAccountName": ACCOUNT,
                    "containers": [{"name": "main", "image": "example.invalid/main"}],
                },
            },
        },
    });
    create::<Deployment>(Api::namespaced(client, namespace), deployment).await;
}

#[tokio::test]
async fn workloads_without_the_label_are_named_unless_the_identity_goes() {
    let scene = Scene::new("label").await;
    let tenant = scene.bed.tenant().await.unwrap();
    deploy(tenant, &scene.namespace, "web").await;
    let said = format!("Deployment {}/web runs as `{ACCOUNT}`", scene.namespace);
    for flags in [
        &["--client-id", ONE, "--dry-run"][..],
        &["--client-id", ONE],
    ] {
        let finished = annotate(&scene, flags);
        assert_eq!(finished.status, Some(0), "{}", finished.stderr);
        assert!(
            finished.stderr.contains(&said),
            "{flags:?}: {}",
            finished.stderr
        );
    }
    let removed = annotate(&scene, &["--remove"]);
    assert_eq!(removed.status, Some(0), "{}", removed.stderr);
    assert!(!removed.stderr.contains("web"), "{}", removed.stderr);
}

#[tokio::test]
async fn kinds_that_may_not_be_seen_are_said_once_and_hide_no_other() {
    let scene = Scene::new("kinds").await;
    let tenant = scene.bed.tenant().await.unwrap();
    let namespace = scene.namespace.as_str();
    deploy(tenant.clone(), namespace, "web").await;
    let user = unique("user");
    let role = json!({
        "metadata": {"name": user},
        "rules": [
            {"apiGroups": [""], "resources": ["serviceaccounts"], "verbs": ["get", "patch"]},
            {"apiGroups": ["apps"], "resources": ["deployments"], "verbs": ["list"]},
        ],
    });
    create::<Role>(Api::namespaced(tenant.clone(), namespace), role).await;
    let binding = json!({
        "metadata": {"name": user},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": user},
        "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": user}],
    });
    create::<RoleBinding>(Api::namespaced(tenant, namespace), binding).await;
    let finished = annotate(&scene, &["--client-id", ONE, "--as", &user]);
    assert_eq!(finished.status, Some(0), "{}", finished.stderr);
    assert!(
        finished.stderr.contains("/web runs as"),
        "{}",
        finished.stderr
    );
    let unseen = "CronJobs, DaemonSets, Jobs, StatefulSets are not seen";
    assert_eq!(
        finished.stderr.matches(unseen).count(),
        1,
        "{}",
        finished.stderr
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn records_of_two_vclusters_go_each_to_its_own_and_so_do_the_looks() {
    let scene = Scene::new("two").await;
    let second = Second::new(&scene, |vcluster| vcluster).await;
    second.is_synced().await;
    let namespace = scene.namespace.as_str();
    deploy(second.client.clone(), namespace, "web").await;

    let (first, first_end) = translated(&scene);
    let other = scene
        .plugin("kubectl-vwi-translate")
        .args([ACCOUNT, "-n", namespace, "-o", "ndjson"])
        .env("KUBECONFIG", &second.tenant.kubeconfig)
        .run()
        .unwrap();
    assert_eq!(other.status, Some(0), "{}", other.stderr);
    let files = [
        &scene.bed.description().tenant.kubeconfig,
        &second.tenant.kubeconfig,
    ];
    let finished = scene
        .plugin(ANNOTATE)
        .args(["-o", "ndjson", "--client-id", ONE])
        .env("KUBECONFIG", std::env::join_paths(files).unwrap())
        .stdin(format!("{first}\n{first_end}\n{}", other.stdout))
        .run()
        .unwrap();
    assert_eq!(finished.status, Some(0), "{}", finished.stderr);
    assert!(finished.stderr.contains("2 updated"), "{}", finished.stderr);
    assert!(
        finished.stderr.contains("/web runs as"),
        "{}",
        finished.stderr
    );
    let account = second.accounts.get(ACCOUNT).await.unwrap();
    for of in [&account, &second.is_synced().await] {
        assert_eq!(annotation(of, CLIENT_ID).as_deref(), Some(ONE));
    }
}
