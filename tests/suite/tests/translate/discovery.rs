//! Which vCluster: every source alone, and pairs that disagree.

use std::path::Path;

use kube::config::Kubeconfig;
use serde_json::{Value, json};
use vwi_bed::{Finished, client};

use crate::recorder::record;
use crate::scene::{Scene, lines};

/// The sources that told the vCluster, in order.
fn sources(found: &Finished) -> Vec<String> {
    let evidence = lines(found)[0]["status"]["evidence"].clone();
    let evidence = evidence.as_array().unwrap().iter();
    let about = evidence.filter(|line| line.get("virtualCluster").is_some());
    about
        .map(|line| line["source"].as_str().unwrap().to_owned())
        .collect()
}

fn translate(scene: &Scene, kubeconfig: &str, arguments: &[&str]) -> Finished {
    let program = scene.bed.plugin("kubectl-vwi-translate").unwrap();
    program
        .env("KUBECONFIG", kubeconfig)
        .args(["-n", &scene.inside, "app"])
        .args(arguments)
        .run()
        .unwrap()
}

/// The tenant's kubeconfig with its current context under another name, and that server.
fn renamed(scene: &Scene, context: &str, server: Option<&str>) -> String {
    scene.changed(
        &scene.tenant.cluster.kubeconfig,
        |kubeconfig: &mut Kubeconfig| {
            context.clone_into(&mut kubeconfig.contexts[0].name);
            kubeconfig.current_context = Some(context.to_owned());
            if let Some(server) = server {
                let cluster = kubeconfig.clusters[0].cluster.as_mut().unwrap();
                cluster.server = Some(server.to_owned());
            }
        },
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn each_source_tells_the_vcluster_alone() {
    let scene = Scene::new("sources").await;
    scene.account("app").await;
    scene.synced("app").await;
    let host: &Path = &scene.bed.description().host.kubeconfig;
    let host = host.to_str().unwrap();
    let tenant = client(&scene.tenant.cluster).await.unwrap();
    let (plain, _asked) = record(tenant).await;
    let flags = [
        "--vcluster",
        scene.name(),
        "--vcluster-namespace",
        scene.namespace(),
    ];
    let helm = format!("vcluster_{}_{}_gone", scene.name(), scene.namespace());
    let proxied = format!(
        "https://platform.test/kubernetes/virtualcluster/aks/{}/{}",
        scene.namespace(),
        scene.name()
    );
    let instance = "https://platform.test/kubernetes/project/team/virtualcluster/inst";

    let accept = "--accept=computed";
    let anonymous = renamed(&scene, "mine", None);
    let hidden = renamed(&scene, "mine", Some(&plain));
    let offline = ["--offline"];
    for (kubeconfig, arguments, expected, told) in [
        (&anonymous, &["--no-host", accept][..], "certificate", ""),
        (&hidden, &["--host-kubeconfig", host], "serviceIP", ""),
        (&renamed(&scene, &helm, None), &offline, "contextName", ""),
        (
            &renamed(&scene, "mine", Some(&proxied)),
            &offline,
            "platformUrl",
            "",
        ),
        (
            &renamed(&scene, "mine", Some(instance)),
            &[&offline[..], &flags].concat(),
            "platformUrl stated",
            "",
        ),
        (
            &renamed(&scene, "vcluster-platform_inst_team_gone", None),
            &[&offline[..], &flags].concat(),
            "stated contextName",
            "",
        ),
        // A hint against a proof is told and not followed.
        (
            &renamed(&scene, "vcluster_other_elsewhere_gone", None),
            &["--no-host", accept],
            "certificate",
            "says vCluster `other` in host namespace `elsewhere`, but the certificate",
        ),
    ] {
        let found = translate(&scene, kubeconfig, arguments);
        assert_eq!(found.status, Some(0), "{expected}: {}", found.stderr);
        assert_eq!(sources(&found).join(" "), expected);
        assert!(found.stderr.contains(told), "{}", found.stderr);
        let vcluster = &lines(&found)[0]["spec"]["virtualCluster"];
        assert_eq!(vcluster["name"], scene.name(), "{expected}");
        assert_eq!(vcluster["namespace"], scene.namespace(), "{expected}");
        let is_instance = expected.contains(' ');
        let named = json!({"project": vcluster["project"], "instance": vcluster["instance"]});
        let expected = if is_instance {
            json!({"project": "team", "instance": "inst"})
        } else {
            json!({"project": null, "instance": null})
        };
        assert_eq!(named, expected);
    }

    // An instance's name is not the Helm release's.
    let found = translate(&scene, &renamed(&scene, "mine", Some(instance)), &offline);
    assert_eq!(found.status, Some(3), "{}", found.stderr);
    let told = "Platform instance `inst` of project `team`";
    assert!(found.stderr.contains(told), "{}", found.stderr);

    // Nothing tells: the certificate is hidden, the context renamed, and there is no host.
    let found = translate(&scene, &hidden, &["--no-host"]);
    assert_eq!(found.status, Some(3), "{}", found.stderr);
    let told = "nothing tells which vCluster this is";
    assert!(found.stderr.contains(told), "{}", found.stderr);
}

#[tokio::test]
async fn what_disagrees_is_shown_side_by_side() {
    let scene = Scene::new("disagree").await;
    scene.account("app").await;
    scene.synced("app").await;
    let own = format!("vCluster `{}`", scene.name());
    let proxied = "https://platform.test/kubernetes/virtualcluster/aks/elsewhere/other";
    let url = renamed(&scene, "mine", Some(proxied));
    for (kubeconfig, arguments, sides) in [
        (
            &renamed(&scene, "mine", None),
            &["--no-host", "--vcluster-namespace", "elsewhere"][..],
            ["says host namespace `elsewhere`", &*own],
        ),
        (
            &url,
            &["--offline", "--vcluster", scene.name()],
            ["says vCluster `other`", &*own],
        ),
    ] {
        let found = translate(&scene, kubeconfig, arguments);
        assert_eq!(found.status, Some(3), "{}", found.stderr);
        for side in sides {
            assert!(found.stderr.contains(side), "`{side}` in {}", found.stderr);
        }
        let end: &Value = &lines(&found)[0];
        assert_eq!(end["kind"], "StreamEnd");
    }
}

#[tokio::test]
async fn the_time_of_the_whole_is_over_when_it_is_over() {
    let scene = Scene::new("time").await;
    // Accepts, and never answers.
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let server = format!("http://{}", silent.local_addr().unwrap());
    let kubeconfig = renamed(&scene, "mine", Some(&server));
    let found = translate(&scene, &kubeconfig, &["--timeout", "300ms"]);
    assert_eq!(found.status, Some(124), "{}", found.stderr);
    assert_eq!(lines(&found)[0]["kind"], "StreamEnd");
}
