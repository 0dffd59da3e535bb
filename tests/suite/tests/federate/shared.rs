//! A workload ServiceAccount with a name of its own: nothing but the vCluster's configuration tells
//! that all pods share it.

use k8s_openapi::api::core::v1::ServiceAccount;
use kube::Client;
use kube::api::{Api, PostParams};
use serde_json::{Value, json};
use vwi_bed::{Finished, VirtualCluster, client, unique};
use vwi_tests::Scene;
use vwi_tests::scene::ACCOUNT;

async fn account(client: Client, namespace: &str, name: &str) {
    let account = serde_json::from_value(json!({"metadata": {"name": name}})).unwrap();
    let accounts: Api<ServiceAccount> = Api::namespaced(client, namespace);
    let made = accounts.create(&PostParams::default(), &account).await;
    made.unwrap();
}

fn first(found: &Finished) -> Value {
    serde_json::from_str(found.stdout.lines().next().unwrap()).unwrap()
}

#[tokio::test]
async fn an_identity_for_all_pods_has_to_be_meant_under_any_name() {
    let scene = Scene::without_account("runner").await;
    let vcluster = VirtualCluster::new(unique("runner"), unique("ns-runner"))
        .with("sync.toHost.serviceAccounts.enabled", false)
        .and_then(|it| {
            it.with(
                "controlPlane.advanced.workloadServiceAccount.name",
                "runner",
            )
        })
        .unwrap();
    let tenant = scene.bed.add_tenant(vcluster).unwrap();
    account(client(&tenant.cluster).await.unwrap(), "default", ACCOUNT).await;
    let host_namespace = &tenant.vcluster.namespace;
    account(scene.bed.host().await.unwrap(), host_namespace, "runner").await;

    let translate = scene.plugin("kubectl-vwi-translate");
    let translated = translate
        .env("KUBECONFIG", &tenant.kubeconfig)
        .args([ACCOUNT, "-n", "default", "--workload-service-account"])
        .run()
        .unwrap();
    assert_eq!(translated.status, Some(0), "{}", translated.stderr);
    let record = first(&translated);
    let subject = format!("system:serviceaccount:{host_namespace}:runner");
    assert_eq!(record["status"]["subject"], subject);
    assert_eq!(record["status"]["sharedBy"], "workload");

    let federate = |record: &Value, flags: &[&str]| {
        let program = scene.plugin("kubectl-vwi-federate");
        program
            .env("KUBECONFIG", &tenant.kubeconfig)
            .args([
                "--identity",
                "app-identity",
                "-g",
                "rg",
                "--aks-cluster",
                "aks",
            ])
            .args(["--shared-identity", "--dry-run", "-o", "ndjson"])
            .args(flags)
            .stdin(format!("{record}\n"))
            .args(["-f", "-", "--partial"])
            .run()
            .unwrap()
    };
    // Told by translate, where no host is looked at; and else by the host.
    let mut untold = record.clone();
    let status = untold["status"].as_object_mut().unwrap();
    status.remove("sharedBy");
    for (record, host) in [
        (&record, &["--no-host", "--accept=computed"][..]),
        (&untold, &["--host-context", "aks"]),
    ] {
        let refused = federate(record, host);
        assert_eq!(refused.status, Some(1), "{}", refused.stderr);
        let conditions = first(&refused)["status"]["conditions"].clone();
        assert_eq!(conditions[1]["reason"], "SharedSubject", "{conditions}");
        let meant = federate(record, &[host, &["--allow-shared-subject"]].concat());
        assert_eq!(meant.status, Some(0), "{}", meant.stderr);
    }
}
