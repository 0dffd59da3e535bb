//! All vClusters of a host: in lists alone, and nothing is believed that anybody could have made.

use k8s_openapi::api::core::v1::Service;
use k8s_openapi::api::rbac::v1::{ClusterRole, ClusterRoleBinding};
use kube::api::{Api, PostParams};
use serde_json::{Value, json};
use vwi_bed::{Finished, unique};
use vwi_core::name::host_name;

use crate::recorder::record;
use crate::scene::{Scene, create, create_namespace, lines};

/// What a vCluster has on the host: its Service, and the copies of its ServiceAccounts.
async fn vcluster(scene: &Scene, namespace: &str, name: &str, accounts: &[&str]) {
    let host = scene.bed.host().await.unwrap();
    let service: Service = serde_json::from_value(json!({
        "metadata": {"name": name, "labels": {"vcluster.loft.sh/service": "true"}},
        "spec": {"ports": [{"port": 443}]},
    }))
    .unwrap();
    let services: Api<Service> = Api::namespaced(host, namespace);
    services
        .create(&PostParams::default(), &service)
        .await
        .unwrap();
    for account in accounts {
        let host_name = host_name(account, "shop", name);
        synced(scene, namespace, &host_name, name, account, account).await;
    }
}

async fn synced(scene: &Scene, namespace: &str, host: &str, vcluster: &str, of: &str, uid: &str) {
    let annotations = [
        ("vcluster.loft.sh/object-name", of),
        ("vcluster.loft.sh/object-namespace", "shop"),
        ("vcluster.loft.sh/object-uid", uid),
    ];
    let labels = [("vcluster.loft.sh/managed-by", vcluster)];
    let accounts = scene.host_accounts(namespace).await;
    create(accounts, host, labels, annotations).await;
}

/// The records of the vClusters in these namespaces, in short.
fn short(found: &Finished, namespaces: &[&str]) -> Vec<String> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let records = lines(found).into_iter().filter_map(|record| {
        let message = text(&record["status"]["conditions"][0]["message"]);
        let which = &record["status"]["evidence"][0]["virtualCluster"];
        namespaces.contains(&which["namespace"].as_str()?).then(|| {
            format!(
                "{}/{} {} {} {message}",
                text(&which["namespace"]),
                text(&which["name"]),
                text(&record["metadata"]["name"]),
                text(&record["status"]["conditions"][0]["reason"]),
            )
        })
    });
    records.collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn all_vclusters_are_answered_with_lists_alone() {
    let scene = Scene::new("fleet").await;
    let host = scene.bed.host().await.unwrap();
    let (one, two, stranger) = (unique("fleet-a"), unique("fleet-b"), unique("fleet-c"));
    for namespace in [&one, &two, &stranger] {
        create_namespace(host.clone(), namespace).await;
    }
    vcluster(&scene, &one, "blue", &["app", "web"]).await;
    vcluster(&scene, &one, "green", &["app"]).await;
    // A copy of the first under its own name elsewhere: the uids are the same.
    vcluster(&scene, &two, "blue", &["app"]).await;
    vcluster(&scene, &two, "empty", &[]).await;
    // Two for one uid, and a forgery where anybody may write.
    synced(&scene, &two, "app-x-shop-x-twin", "twin", "app", "same").await;
    vcluster(&scene, &two, "twin", &[]).await;
    synced(&scene, &two, "odd", "twin", "app", "same").await;
    synced(&scene, &stranger, "app-x-shop-x-blue", "blue", "app", "app").await;

    let (url, asked) = record(host).await;
    let kubeconfig = scene.changed(&scene.bed.description().host.kubeconfig, |kubeconfig| {
        let cluster = kubeconfig.clusters[0].cluster.as_mut().unwrap();
        cluster.server = Some(url.clone());
        kubeconfig.auth_infos.iter_mut().for_each(|named| {
            named.auth_info = Some(kube::config::AuthInfo::default());
        });
    });
    let all = || {
        let program = scene.bed.plugin("kubectl-vwi-translate").unwrap();
        program
            .env("KUBECONFIG", scene.bed.folder().join("absent"))
            .args(["--all-vclusters", "--host-kubeconfig", &kubeconfig])
            .run()
            .unwrap()
    };
    let found = all();
    let shown = |namespace: &str, name: &str| format!("seen on the host as `{namespace}/{name}`");
    assert_eq!(
        short(&found, &[&one, &two, &stranger]),
        [
            format!("{one}/blue app Proven {}", shown(&one, "app-x-shop-x-blue")),
            format!("{one}/blue web Proven {}", shown(&one, "web-x-shop-x-blue")),
            format!(
                "{one}/green app Proven {}",
                shown(&one, "app-x-shop-x-green")
            ),
            format!("{two}/blue app Proven {}", shown(&two, "app-x-shop-x-blue")),
            format!(
                "{two}/twin app DuplicateUid uid `same` of the tenant's ServiceAccount is on \
                 several of the host: `{two}/app-x-shop-x-twin` and `{two}/odd`"
            ),
        ],
        "{}",
        found.stderr
    );
    assert_eq!(found.status, Some(1), "{}", found.stderr);
    let empty = format!("vCluster `{two}/empty` of ");
    assert!(found.stderr.contains(&empty), "{}", found.stderr);
    assert!(
        found.stderr.contains("are not believed"),
        "{}",
        found.stderr
    );
    let end = lines(&found).pop().unwrap();
    assert_eq!(
        end["status"]["selection"],
        json!({"narrowed": {"by": ["not-believed", "nothing-shown"]}})
    );
    let asked_for_few = asked.take();
    assert!(
        asked_for_few.iter().all(|path| !path.contains("secrets")),
        "{asked_for_few:?}"
    );
    assert_eq!(asked_for_few.len(), 6, "{asked_for_few:?}");

    for index in 0..20 {
        vcluster(&scene, &one, &format!("more-{index}"), &["app"]).await;
    }
    let found = all();
    assert_eq!(short(&found, &[&one]).len(), 23);
    assert_eq!(asked.take(), asked_for_few, "as many for twenty more");

    // On the current context the same; a tenant's is refused.
    let named = scene.translate(&["--context", "aks", "--all-vclusters", "app"]);
    assert_eq!(short(&named, &[&one, &two]), Vec::<String>::new());
    let refused = scene.translate(&["--all-vclusters"]);
    assert_eq!(refused.status, Some(2), "{}", refused.stderr);
    assert!(
        refused.stderr.contains("--host-context"),
        "{}",
        refused.stderr
    );
}

#[tokio::test]
async fn what_could_not_be_seen_as_a_whole_is_not_all() {
    let scene = Scene::new("whole").await;
    let host = scene.bed.host().await.unwrap();
    let user = unique("lister");
    let group = "rbac.authorization.k8s.io";
    let role: ClusterRole = serde_json::from_value(json!({
        "metadata": {"name": user},
        "rules": [
            {"apiGroups": [""], "resources": ["services", "serviceaccounts"], "verbs": ["list"]},
            {"apiGroups": ["apps"], "resources": ["statefulsets", "deployments"], "verbs": ["list"]},
        ],
    }))
    .unwrap();
    let binding: ClusterRoleBinding = serde_json::from_value(json!({
        "metadata": {"name": user},
        "roleRef": {"apiGroup": group, "kind": "ClusterRole", "name": user},
        "subjects": [{"apiGroup": group, "kind": "User", "name": user}],
    }))
    .unwrap();
    let parameters = PostParams::default();
    let roles: Api<ClusterRole> = Api::all(host.clone());
    roles.create(&parameters, &role).await.unwrap();
    let bindings: Api<ClusterRoleBinding> = Api::all(host);
    bindings.create(&parameters, &binding).await.unwrap();
    let lister = scene.host_as(&user);
    let all = |kubeconfig: &str| {
        let program = scene.bed.plugin("kubectl-vwi-translate").unwrap();
        let program = program.env("KUBECONFIG", scene.bed.folder().join("absent"));
        let flags = ["--all-vclusters", "--host-kubeconfig", kubeconfig];
        program.args(flags).run().unwrap()
    };
    let found = all(&lister);
    let end = lines(&found).pop().unwrap();
    let by = end["status"]["selection"]["narrowed"]["by"].as_array();
    assert!(by.unwrap().contains(&json!("unread")), "{end}");

    // A cluster that is no host at all: the tenant.
    let none = all(scene.tenant.cluster.kubeconfig.to_str().unwrap());
    assert_eq!(none.status, Some(3), "{}", none.stderr);
    let told = "is the host of no vCluster, as far as this user may see";
    assert!(none.stderr.contains(told), "{}", none.stderr);
    let end = lines(&none).pop().unwrap();
    assert!(end["status"].get("selection").is_none(), "{end}");
}
