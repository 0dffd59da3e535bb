//! Which cluster is meant, and how far somebody's rights lead.

use crate::recorder::record;
use crate::scene::{Scene, condition, lines};

#[tokio::test]
async fn the_host_is_not_taken_for_a_tenant() {
    let scene = Scene::new("context").await;
    scene.account("app").await;
    scene.synced("app").await;
    for arguments in [
        &["--context", "aks", "app"][..],
        &["--context", "aks", "-A"],
    ] {
        let found = scene.translate(arguments);
        assert_eq!(found.status, Some(2), "{}", found.stderr);
        assert!(
            found.stderr.contains("is no vCluster but the host of"),
            "{}",
            found.stderr
        );
    }
    let which = [
        "--context",
        "aks",
        "--vcluster",
        scene.name(),
        "--vcluster-namespace",
        scene.namespace(),
    ];
    let found = scene.translate(&[&which[..], &["app"]].concat());
    assert_eq!(found.status, Some(0), "{}", found.stderr);
    assert_eq!(condition(&found)["reason"], "Proven");
    let all = scene.translate(&[&which[..], &["-o", "name"]].concat());
    assert_eq!(all.stdout, "serviceaccount/app\n", "{}", all.stderr);
}

#[tokio::test]
async fn another_host_and_another_vcluster_are_refused() {
    let scene = Scene::new("wrong").await;
    scene.account("app").await;
    scene.synced("app").await;
    // A cluster without any vCluster: the tenant itself.
    let itself = scene.tenant.cluster.kubeconfig.to_str().unwrap();
    let found = scene.translate(&["app", "--host-kubeconfig", itself]);
    assert_eq!(found.status, Some(3), "{}", found.stderr);
    let address = scene.tenant.service_address.to_string();
    assert!(
        found.stderr.contains("is not the host of"),
        "{}",
        found.stderr
    );
    assert!(found.stderr.contains(&address), "{}", found.stderr);

    let found = scene.translate(&["app", "--vcluster", "other"]);
    assert_eq!(found.status, Some(3), "{}", found.stderr);
    let named = format!("vCluster `{}`", scene.name());
    for side in ["`--vcluster` says vCluster `other`", &named] {
        assert!(found.stderr.contains(side), "{}", found.stderr);
    }
    let end = &lines(&found)[0];
    assert_eq!(end["kind"], "StreamEnd");
    assert!(
        end["status"]["error"]
            .as_str()
            .unwrap()
            .contains("not certain")
    );
}

#[tokio::test]
async fn everybody_gets_as_far_as_his_rights_allow_and_is_told_what_he_could_not_see() {
    let scene = Scene::new("rights").await;
    scene.account("app").await;
    scene.synced("app").await;

    let tenant_alone = scene.translate(&["app", "--no-host"]);
    assert_eq!(tenant_alone.status, Some(1));
    assert_eq!(condition(&tenant_alone)["reason"], "Unproven");
    assert!(
        tenant_alone.stderr.contains("`--no-host` looks at no host"),
        "{}",
        tenant_alone.stderr
    );
    let computed = scene.translate(&["app", "--no-host", "--accept=computed"]);
    assert_eq!(computed.status, Some(0), "{}", computed.stderr);
    assert_eq!(condition(&computed)["reason"], "Computed");

    let nobody = scene.host_as("nobody");
    let found = scene.translate(&["app", "--host-kubeconfig", &nobody, "--accept=computed"]);
    assert_eq!(found.status, Some(0), "{}", found.stderr);
    assert_eq!(condition(&found)["reason"], "Computed");
    for unseen in ["Secret `", "ServiceAccounts in namespace"] {
        assert!(
            found.stderr.contains(unseen),
            "`{unseen}` in {}",
            found.stderr
        );
    }

    // Somebody who may read nothing of the tenant is still answered by the host, and is told.
    let found = scene.translate(&["app", "--as", "nobody", "--host-context", "aks"]);
    assert_eq!(found.status, Some(0), "{}", found.stderr);
    assert_eq!(condition(&found)["reason"], "Proven");
    let told = format!("ServiceAccount `{}/app`", scene.inside);
    assert!(found.stderr.contains(&told), "{}", found.stderr);
    assert!(found.stderr.contains("forbidden"), "{}", found.stderr);
    let found = scene.translate(&["absent", "--as", "nobody", "--host-context", "aks"]);
    assert_eq!(condition(&found)["reason"], "NotOnHost");
    let told = "you may not read it in the tenant";
    assert!(found.stderr.contains(told), "{}", found.stderr);
    let found = scene.translate(&["--as", "nobody", "--host-context", "aks", "-o", "name"]);
    assert_eq!(found.stdout, "serviceaccount/app\n", "{}", found.stderr);
    let told = "the host's copies are taken instead";
    assert!(found.stderr.contains(told), "{}", found.stderr);
}

#[tokio::test]
async fn all_in_scope_without_what_nobody_means() {
    let scene = Scene::alone("all", |vcluster| vcluster).await;
    for name in ["one", "two"] {
        scene.account(name).await;
        scene.synced(name).await;
    }
    let found = scene.translate(&["-A"]);
    assert_eq!(found.status, Some(0), "{}", found.stderr);
    let records = lines(&found);
    let names: Vec<_> = records[..2]
        .iter()
        .map(|record| record["metadata"]["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["one", "two"]);
    let all = &records[2]["status"]["selection"]["all"];
    assert_eq!(all["without"], "system", "{}", records[2]);
    assert!(found.stderr.contains("left out"), "{}", found.stderr);
    let whole = scene.translate(&["-A", "--include-system", "--accept=computed"]);
    let end = lines(&whole).pop().unwrap();
    let all = &end["status"]["selection"]["all"];
    assert!(all.is_object() && all.get("without").is_none(), "{end}");
    let none = scene.translate(&["-l", "a=b"]);
    assert_eq!(
        (none.status, lines(&none).len()),
        (Some(0), 1),
        "{}",
        none.stderr
    );
    assert!(
        none.stderr.contains("No resources found"),
        "{}",
        none.stderr
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_hosts_that_both_prove_themselves_none_is_taken() {
    let scene = Scene::new("hosts").await;
    scene.account("app").await;
    scene.synced("app").await;
    let (url, _asked) = record(scene.bed.host().await.unwrap()).await;
    let kubeconfig = scene.changed(&scene.bed.description().host.kubeconfig, |kubeconfig| {
        let mut cluster = kubeconfig.clusters[0].clone();
        "copy".clone_into(&mut cluster.name);
        cluster.cluster.as_mut().unwrap().server = Some(url.clone());
        kubeconfig.clusters.push(cluster);
        let mut user = kubeconfig.auth_infos[0].clone();
        "nobody".clone_into(&mut user.name);
        user.auth_info = Some(kube::config::AuthInfo::default());
        kubeconfig.auth_infos.push(user);
        let mut context = kubeconfig.contexts[0].clone();
        "copy".clone_into(&mut context.name);
        let leads = context.context.as_mut().unwrap();
        "copy".clone_into(&mut leads.cluster);
        leads.user = Some("nobody".to_owned());
        kubeconfig.contexts.push(context);
    });
    let host = [
        "--host-kubeconfig",
        &*kubeconfig,
        "--vcluster",
        scene.name(),
        "app",
    ];
    let one = scene.translate(&[&host[..], &["--host-context", "copy"]].concat());
    assert_eq!(one.status, Some(0), "{}", one.stderr);
    let both = ["--host-context", "aks", "--host-context", "copy"];
    let found = scene.translate(&[&host[..], &both].concat());
    assert_eq!(found.status, Some(3), "{}", found.stderr);
    assert!(
        found.stderr.contains("several hosts have a vCluster"),
        "{}",
        found.stderr
    );
}

#[tokio::test]
async fn a_name_that_no_label_can_have_is_no_vclusters() {
    let scene = Scene::new("long").await;
    let long = "v".repeat(64);
    let flags = [
        "--context",
        "aks",
        "--vcluster",
        &long,
        "--vcluster-namespace",
        "hns",
        "app",
    ];
    let found = scene.translate(&flags);
    assert_eq!(found.status, Some(3), "{}", found.stderr);
    assert!(found.stderr.contains("has no vCluster"), "{}", found.stderr);
}
