//! What the host alone answers: in CI without a kubeconfig of the tenant, for records of several
//! vClusters, and with nothing but a right to read.

use serde_json::json;
use vwi_bed::{Finished, SyncerOrder, VirtualCluster, unique};

use crate::scene::{Scene, condition, lines};

/// translate where no kubeconfig leads to a tenant.
fn in_ci(scene: &Scene, arguments: &[&str], stdin: &str) -> Finished {
    let program = scene.bed.plugin("kubectl-vwi-translate").unwrap();
    let host = &scene.bed.description().host.kubeconfig;
    program
        .env("KUBECONFIG", scene.bed.folder().join("absent"))
        .args(["--host-kubeconfig", host.to_str().unwrap()])
        .args(arguments)
        .stdin(stdin)
        .run()
        .unwrap()
}

fn record(scene: &Scene, name: &str) -> String {
    let vcluster = json!({"name": scene.name(), "namespace": scene.namespace()});
    let record = json!({
        "apiVersion": "vwi/v1alpha1", "kind": "WorkloadIdentity",
        "metadata": {"name": name, "namespace": scene.inside},
        "spec": {"virtualCluster": vcluster},
    });
    format!("{record}\n")
}

fn reasons(found: &Finished) -> Vec<String> {
    let records = lines(found);
    let records = records.iter().filter(|one| one["kind"] != "StreamEnd");
    records
        .map(|record| {
            let reason = &record["status"]["conditions"][0]["reason"];
            reason.as_str().unwrap().to_owned()
        })
        .collect()
}

#[tokio::test]
async fn without_a_kubeconfig_the_host_answers_for_each_record_in_its_own_vcluster() {
    let scene = Scene::new("ci").await;
    scene.account("app").await;
    scene.synced("app").await;
    let off = Scene::alone("ci-off", |vcluster: VirtualCluster| {
        vcluster
            .with("sync.toHost.serviceAccounts.enabled", false)
            .unwrap()
    })
    .await;

    // The namespace of the control plane is looked up.
    let named = ["app", "-n", &scene.inside, "--vcluster", scene.name()];
    let found = in_ci(&scene, &named, "");
    assert_eq!(found.status, Some(0), "{}", found.stderr);
    assert_eq!(condition(&found)["reason"], "Proven");
    let which = json!({"name": scene.name(), "namespace": scene.namespace()});
    let evidence = &lines(&found)[0]["status"]["evidence"];
    let stated = json!({"source": "stated", "virtualCluster": {"name": scene.name()}});
    assert_eq!(evidence[0], stated);
    let only = json!({"source": "onlyOne", "virtualCluster": which});
    assert_eq!(evidence[1], only);

    let unknown = record(&scene, "app").replace(scene.name(), "nobody");
    let input = [
        record(&scene, "app"),
        record(&off, "app"),
        record(&scene, "absent"),
        unknown,
    ]
    .concat();
    let found = in_ci(&scene, &["-f", "-"], &input);
    assert_eq!(found.status, Some(1), "{}", found.stderr);
    assert_eq!(
        reasons(&found),
        [
            "Proven",
            "ServiceAccountSyncOff",
            "NotOnHost",
            "VirtualClusterUnknown"
        ]
    );
    let absent = &lines(&found)[2]["status"]["conditions"][0]["message"];
    let absent = absent.as_str().unwrap();
    assert!(absent.contains("the tenant was not asked"), "{absent}");

    // Connected to one vCluster, records of another are judged in that one all the same.
    let program = scene.bed.plugin("kubectl-vwi-translate").unwrap();
    let found = program.args(["-f", "-"]).stdin(input).run().unwrap();
    assert_eq!(
        reasons(&found),
        [
            "Proven",
            "ServiceAccountSyncOff",
            "ServiceAccountNotFound",
            "OtherVirtualCluster"
        ],
        "{}",
        found.stderr
    );

    let shared = ["-f", "-", "--workload-service-account"];
    let found = in_ci(&scene, &shared, &record(&off, "app"));
    assert_eq!(found.status, Some(0), "{}", found.stderr);
    let subject = format!(
        "system:serviceaccount:{}:vc-workload-{}",
        off.namespace(),
        off.name()
    );
    let answer = &lines(&found)[0];
    assert_eq!(answer["status"]["subject"], subject);
    let message = answer["status"]["conditions"][0]["message"]
        .as_str()
        .unwrap();
    assert!(message.contains("every pod of the vCluster"), "{message}");
    let found = in_ci(&scene, &shared, &record(&scene, "app"));
    assert_eq!(reasons(&found), ["ServiceAccountSyncOn"]);
}

#[tokio::test]
async fn what_the_host_does_not_have_yet_is_waited_for_without_a_tenant() {
    let scene = Scene::alone("ci-wait", |vcluster| vcluster).await;
    scene.order(SyncerOrder::Pause);
    scene.account("app").await;
    let input = record(&scene, "app");
    let late = in_ci(&scene, &["-f", "-", "--wait", "--timeout", "300ms"], &input);
    assert_eq!(late.status, Some(124), "{}", late.stderr);
    assert_eq!(reasons(&late), ["NotOnHost"]);
    let awaited = in_ci(&scene, &["-f", "-", "--allow-missing"], &input);
    assert_eq!(reasons(&awaited), ["Configured"]);

    let host = scene.bed.description().host.kubeconfig.clone();
    let program = scene.bed.plugin("kubectl-vwi-translate").unwrap();
    let waiting = program
        .env("KUBECONFIG", scene.bed.folder().join("absent"))
        .args([
            "--host-kubeconfig",
            host.to_str().unwrap(),
            "-f",
            "-",
            "--wait",
        ])
        .stdin(input)
        .start()
        .unwrap();
    scene.order(SyncerOrder::Resume);
    let found = waiting.finish().unwrap();
    assert_eq!(found.status, Some(0), "{}", found.stderr);
    assert_eq!(reasons(&found), ["Proven"]);
}

#[tokio::test]
async fn whoever_may_only_read_learns_mapped_namespaces_from_the_host() {
    let prefix = unique("map");
    let mapped = |vcluster: VirtualCluster| {
        let mappings = json!({format!("{prefix}-*"): format!("{prefix}-host-*")});
        vcluster
            .with("sync.toHost.namespaces.enabled", true)
            .unwrap()
            .with("sync.toHost.namespaces.mappings.byName", mappings)
            .unwrap()
    };
    let mut scene = Scene::alone("mapped", mapped).await;
    scene.inside = format!("{prefix}-shop");
    let tenant = vwi_bed::client(&scene.tenant.cluster).await.unwrap();
    crate::scene::create_namespace(tenant, &scene.inside).await;
    scene.account("app").await;
    let host_namespace = format!("{prefix}-host-shop");
    scene.synced_at(&host_namespace, "app").await;

    let reader = scene.host_reader().await;
    let which = [
        "--vcluster",
        scene.name(),
        "--vcluster-namespace",
        scene.namespace(),
    ];
    let program = scene.bed.plugin("kubectl-vwi-translate").unwrap();
    let found = program
        .env("KUBECONFIG", scene.bed.folder().join("absent"))
        .args(["--host-kubeconfig", &reader, "-n", &scene.inside, "app"])
        .args(which)
        .run()
        .unwrap();
    assert_eq!(found.status, Some(0), "{}", found.stderr);
    assert_eq!(condition(&found)["reason"], "Proven");
    let account = &lines(&found)[0]["status"]["hostServiceAccount"];
    assert_eq!(account["namespace"], *host_namespace);
    assert_eq!(account["name"], "app");
    let secret = format!("Secret `{}/vc-config-{}`", scene.namespace(), scene.name());
    assert!(found.stderr.contains(&secret), "{}", found.stderr);

    // All vClusters of one namespace, and what they have mapped elsewhere.
    let program = scene.bed.plugin("kubectl-vwi-translate").unwrap();
    let found = program
        .env("KUBECONFIG", scene.bed.folder().join("absent"))
        .args(["--host-kubeconfig", &reader, "--all-vclusters"])
        .args(["--vcluster-namespace", scene.namespace(), "-o", "subject"])
        .run()
        .unwrap();
    let subject = format!("system:serviceaccount:{host_namespace}:app\n");
    assert_eq!(found.stdout, subject, "{}", found.stderr);

    // With all rights it is the same, and of other namespaces the formula is told.
    let found = scene.translate(&["app"]);
    assert_eq!(condition(&found)["reason"], "Proven", "{}", found.stderr);
    let evidence = &lines(&found)[0]["status"]["evidence"];
    let computed = evidence.as_array().unwrap().iter();
    let computed: Vec<_> = computed
        .filter(|line| line["source"] == "computed")
        .collect();
    assert_eq!(computed[0]["message"], "namespace sync, configuration");
}
