//! How little a token needs: few rights, and namespaces that allow little.

use k8s_openapi::api::core::v1::Namespace;
use k8s_openapi::api::rbac::v1::{Role, RoleBinding};
use kube::api::{Api, Patch, PatchParams, PostParams};
use serde_json::json;
use vwi_bed::client;

use crate::scene::{Scene, condition};

#[tokio::test]
async fn one_may_read_the_account_and_run_a_pod_and_nothing_else() {
    let scene = Scene::new("few").await;
    scene.account("app").await;
    scene.synced("app").await;
    let user = format!("user-of-{}", scene.inside);
    let tenant = client(&scene.tenant.cluster).await.unwrap();
    let role = json!({
        "metadata": {"name": "token"},
        "rules": [
            {"apiGroups": [""], "resources": ["serviceaccounts"], "verbs": ["get"]},
            {"apiGroups": [""], "resources": ["pods"], "verbs": ["create", "get", "delete"]},
            {"apiGroups": [""], "resources": ["pods/log"], "verbs": ["get"]},
        ],
    });
    let binding = json!({
        "metadata": {"name": "token"},
        "subjects": [{"kind": "User", "name": user, "apiGroup": "rbac.authorization.k8s.io"}],
        "roleRef": {"kind": "Role", "name": "token", "apiGroup": "rbac.authorization.k8s.io"},
    });
    let roles: Api<Role> = Api::namespaced(tenant.clone(), &scene.inside);
    let bindings: Api<RoleBinding> = Api::namespaced(tenant, &scene.inside);
    let parameters = PostParams::default();
    let role = serde_json::from_value(role).unwrap();
    roles.create(&parameters, &role).await.unwrap();
    let binding = serde_json::from_value(binding).unwrap();
    bindings.create(&parameters, &binding).await.unwrap();

    let found = scene.translate(&["app", "--no-host", "--via=token", "--as", &user]);
    assert_eq!(found.status, Some(0), "{}", found.stderr);
    assert_eq!(condition(&found)["reason"], "Proven");
    scene.no_pod_left().await;
}

#[tokio::test]
async fn namespaces_may_enforce_the_restricted_standard_on_both_sides() {
    let scene = Scene::alone("psa", |vcluster| vcluster).await;
    scene.account("app").await;
    let inside = Api::all(client(&scene.tenant.cluster).await.unwrap());
    restrict(inside, &scene.inside).await;
    let outside = Api::all(scene.bed.host().await.unwrap());
    restrict(outside, scene.namespace()).await;
    let found = scene.translate(&["app", "--no-host", "--via=token"]);
    assert_eq!(found.status, Some(0), "{}", found.stderr);
    scene.no_pod_left().await;
}

async fn restrict(namespaces: Api<Namespace>, name: &str) {
    let labels = json!({"pod-security.kubernetes.io/enforce": "restricted"});
    let patch = Patch::Merge(json!({"metadata": {"labels": labels}}));
    namespaces
        .patch(name, &PatchParams::default(), &patch)
        .await
        .unwrap();
}
