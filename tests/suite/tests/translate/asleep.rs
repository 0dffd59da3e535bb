//! A tenant that sleeps is not asked: a request would wake it.

use vwi_bed::{VirtualCluster, client};

use crate::recorder::record;
use crate::scene::{Scene, condition};

#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_that_sleeps_is_not_asked_and_the_host_answers() {
    let asleep = |vcluster: VirtualCluster| VirtualCluster {
        replicas: 0,
        ..vcluster
    };
    let scene = Scene::alone("asleep", asleep).await;
    scene.account("app").await;
    scene.synced("app").await;
    // Whatever reaches the tenant is seen.
    let tenant = client(&scene.tenant.cluster).await.unwrap();
    let (url, asked) = record(tenant).await;
    let kubeconfig = scene.changed(&scene.tenant.kubeconfig, |kubeconfig| {
        let named = kubeconfig.clusters.last_mut().unwrap();
        let cluster = named.cluster.as_mut().unwrap();
        cluster.server = Some(url.clone());
    });
    let translate = |arguments: &[&str]| {
        let program = scene.bed.plugin("kubectl-vwi-translate").unwrap();
        program
            .env("KUBECONFIG", &kubeconfig)
            .args(["-n", "default"])
            .args(arguments)
            .run()
            .unwrap()
    };

    let found = translate(&["app", "--host-context", "aks"]);
    assert_eq!(found.status, Some(0), "{}", found.stderr);
    assert_eq!(condition(&found)["reason"], "Proven");
    let told = "is scaled down and is not asked";
    assert!(found.stderr.contains(told), "{}", found.stderr);

    let unknown = translate(&["other", "--host-context", "aks"]);
    assert_eq!(unknown.status, Some(1), "{}", unknown.stderr);
    let condition = condition(&unknown);
    assert_eq!(condition["reason"], "Asleep");
    let message = condition["message"].as_str().unwrap();
    assert!(!message.contains("is in the tenant"), "{message}");

    // The host in the context's name could only be proven by asking.
    let refused = translate(&["app"]);
    assert_eq!(refused.status, Some(3), "{}", refused.stderr);
    assert!(refused.stderr.contains("--wake"), "{}", refused.stderr);
    assert_eq!(asked.take(), Vec::<String>::new());

    let woken = translate(&["app", "--wake"]);
    assert_eq!(woken.status, Some(0), "{}", woken.stderr);
    assert_ne!(asked.take(), Vec::<String>::new());
}
