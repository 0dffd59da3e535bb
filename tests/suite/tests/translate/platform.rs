//! A Platform beside a tenant that nothing proves to be one of its instances.

use vwi_bed::{Finished, client};
use vwi_test_platform::{Contents, InstanceSpec, KeySpec, Options, Server};
use vwi_test_server::Tls;

use crate::recorder::record;
use crate::scene::{Scene, condition, lines};

/// The key with all rights.
const KEY: &str = "8c1f03e2b7geheim5d6a";
const VALUES: &str = "sync: {toHost: {serviceAccounts: {enabled: true}}}";

/// A Platform that the vcluster command line is logged in to, with these instances.
fn platform(scene: &Scene, instances: Vec<InstanceSpec>) -> Server {
    let contents = Contents {
        keys: vec![KeySpec::new(KEY, "admin")],
        instances,
        clusters: Vec::new(),
    };
    let tls = Tls::generate().unwrap();
    let server = Server::start(Options::new(tls, contents)).unwrap();
    let folder = scene.bed.folder().join(".vcluster");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("config.json"), server.login(KEY).text()).unwrap();
    server
}

fn instance(project: &str, name: &str, (namespace, release): (&str, &str)) -> InstanceSpec {
    InstanceSpec {
        release: release.to_owned(),
        values: VALUES.to_owned(),
        ..InstanceSpec::new(project, name, namespace)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_only_instance_is_a_hint_and_no_word_of_the_users() {
    let scene = Scene::new("hinted").await;
    scene.account("app").await;
    let server = platform(
        &scene,
        vec![instance("team", "some", ("elsewhere", "blue"))],
    );
    // No certificate of the tenant's own, and no host: nothing proves which vCluster it is.
    let (url, _asked) = record(client(&scene.tenant.cluster).await.unwrap()).await;
    let kubeconfig = scene.changed(&scene.tenant.kubeconfig, |kubeconfig| {
        kubeconfig.current_context = Some("plain".to_owned());
        kubeconfig.contexts[0].name = "plain".to_owned();
        kubeconfig.contexts.truncate(1);
        for named in &mut kubeconfig.clusters {
            named.cluster.as_mut().unwrap().server = Some(url.clone());
        }
        for named in &mut kubeconfig.auth_infos {
            named.auth_info = Some(kube::config::AuthInfo::default());
        }
    });
    let asked = |flags: &[&str]| -> Finished {
        let platform = ["app", "--no-host", "--platform", &server.url()];
        let kubeconfig = ["--kubeconfig", &*kubeconfig];
        scene.translate(&[&platform[..], &kubeconfig, flags].concat())
    };
    let hinted = asked(&[]);
    assert_eq!(hinted.status, Some(1), "{}", hinted.stderr);
    assert_eq!(condition(&hinted)["reason"], "Unproven");
    let message = condition(&hinted)["message"].to_string();
    assert!(message.contains("nothing proves"), "{message}");
    let evidence = &lines(&hinted)[0]["status"]["evidence"][0];
    assert_eq!(evidence["source"], "onlyOne", "{evidence}");
    let named = asked(&["--project", "team"]);
    assert_eq!(named.status, Some(0), "{}", named.stderr);
    assert_eq!(condition(&named)["reason"], "Configured");
}

#[tokio::test]
async fn a_platform_that_nobody_typed_stops_nothing() {
    let scene = Scene::new("untyped").await;
    scene.account("app").await;
    scene.synced("app").await;
    let _server = platform(
        &scene,
        vec![instance("team", "some", ("elsewhere", "blue"))],
    );
    let kubeconfig = scene.changed(&scene.tenant.kubeconfig, |kubeconfig| {
        let current = kubeconfig.current_context.clone();
        let name = "vcluster-platform_some_team_aks".to_owned();
        for context in &mut kubeconfig.contexts {
            if Some(&context.name) == current.as_ref() {
                context.name.clone_from(&name);
            }
        }
        kubeconfig.current_context = Some(name);
    });
    let flags = ["app", "--kubeconfig", &kubeconfig, "--host-context", "aks"];
    let found = scene.translate(&flags);
    assert_eq!(found.status, Some(0), "{}", found.stderr);
    assert_eq!(condition(&found)["reason"], "Proven");
    for told in [
        "has no instance for vCluster",
        "`--no-platform` leaves it alone",
    ] {
        assert!(found.stderr.contains(told), "{told}: {}", found.stderr);
    }
}

#[tokio::test]
async fn of_several_instances_that_it_can_be_none_is_taken() {
    let scene = Scene::new("several").await;
    scene.account("app").await;
    scene.synced("app").await;
    let which = (scene.namespace(), scene.name());
    let instances = vec![instance("one", "a", which), instance("two", "b", which)];
    let server = platform(&scene, instances);
    let several = scene.translate(&["app", "--platform", &server.url()]);
    assert_eq!(several.status, Some(3), "{}", several.stderr);
    for told in [
        "`a` of project `one`",
        "`b` of project `two`",
        "`--project`",
    ] {
        assert!(several.stderr.contains(told), "{told}: {}", several.stderr);
    }
    let one = scene.translate(&["app", "--platform", &server.url(), "--project", "two"]);
    assert_eq!(one.status, Some(0), "{}", one.stderr);
    assert_eq!(lines(&one)[0]["spec"]["virtualCluster"]["instance"], "b");
}
