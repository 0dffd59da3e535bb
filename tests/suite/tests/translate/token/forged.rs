//! What a hostile tenant can do to a token's word.

use kube::api::{Api, DynamicObject, PostParams};
use kube::core::{ApiResource, GroupVersionKind};
use serde_json::{Value, json};
use vwi_bed::{client, image};

use crate::scene::{Scene, condition};

/// Lets the tenant change every pod of the test's namespace on its way in.
async fn change_pods(scene: &Scene, expression: &str) {
    let tenant = client(&scene.tenant.cluster).await.unwrap();
    let name = &scene.inside;
    let policy = json!({
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "MutatingAdmissionPolicy",
        "metadata": {"name": name},
        "spec": {
            "reinvocationPolicy": "Never",
            "matchConstraints": {
                "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": name}},
                "resourceRules": [{
                    "apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"],
                    "resources": ["pods"],
                }],
            },
            "mutations": [{
                "patchType": "JSONPatch",
                "jsonPatch": {"expression": expression},
            }],
        },
    });
    let binding = json!({
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "MutatingAdmissionPolicyBinding",
        "metadata": {"name": name},
        "spec": {"policyName": name},
    });
    for object in [policy, binding] {
        create(tenant.clone(), object).await;
    }
}

async fn create(tenant: kube::Client, object: Value) {
    let kind = object["kind"].as_str().unwrap().to_owned();
    let kind = GroupVersionKind::gvk("admissionregistration.k8s.io", "v1", &kind);
    let api: Api<DynamicObject> = Api::all_with(tenant, &ApiResource::from_gvk(&kind));
    let object: DynamicObject = serde_json::from_value(object).unwrap();
    api.create(&PostParams::default(), &object).await.unwrap();
}

#[tokio::test]
async fn a_pod_that_admission_changed_has_no_say() {
    for (name, field, expression) in [
        (
            "image",
            "image",
            format!(
                r#"[JSONPatch{{op: "replace", path: "/spec/containers/0/image", value: "{}"}}]"#,
                image::SHELL
            ),
        ),
        (
            "command",
            "command",
            r#"[JSONPatch{op: "replace", path: "/spec/containers/0/command/2", value: "echo forged"}]"#
                .to_owned(),
        ),
        (
            "account",
            "serviceAccountName",
            r#"[JSONPatch{op: "replace", path: "/spec/serviceAccountName", value: "default"}]"#
                .to_owned(),
        ),
    ] {
        let scene = Scene::new(name).await;
        scene.account("app").await;
        scene.synced("app").await;
        change_pods(&scene, &expression).await;
        // A policy is not in force the moment that it is stored.
        let mut message = String::new();
        for _ in 0..50 {
            let found = scene.translate(&["app", "--no-host", "--via=token"]);
            message = condition(&found)["message"].to_string();
            if found.status == Some(1) {
                break;
            }
        }
        let expected = format!("admission changed `{field}`");
        assert!(message.contains(&expected), "`{expected}` in {message}");
        scene.no_pod_left().await;
    }
}
