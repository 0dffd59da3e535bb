//! `--via=token`: what a pod of the tenant tells of the token that the host's webhook gave it.

use std::time::Duration;

use k8s_openapi::api::core::v1::Pod;
use kube::api::{Api, ListParams};
use serde_json::Value;
use vwi_bed::{Signal, client, image, until};

use crate::scene::{Scene, condition, lines};

mod forged;
mod rights;
mod sources;

impl Scene {
    /// Pods of the test's namespace in the tenant.
    async fn pods(&self) -> Api<Pod> {
        Api::namespaced(client(&self.tenant.cluster).await.unwrap(), &self.inside)
    }

    /// Waits until neither the tenant nor the host has a pod of the test's namespace.
    async fn no_pod_left(&self) {
        let label = format!("vcluster.loft.sh/namespace={}", self.inside);
        let of_test = ListParams::default().labels(&label);
        let on_host: Api<Pod> = Api::namespaced(self.bed.host().await.unwrap(), self.namespace());
        let tenant = self.pods().await;
        until("the end of all pods", Duration::from_secs(20), async || {
            let inside = tenant.list(&ListParams::default()).await.unwrap().items;
            let outside = on_host.list(&of_test).await.unwrap().items;
            Ok((inside.is_empty() && outside.is_empty()).then_some(()))
        })
        .await
        .unwrap();
    }

    /// What the containers of the test's pods have printed.
    fn logs(&self) -> Vec<String> {
        let folder = self.bed.description().folder.join("kubelet");
        let files = std::fs::read_dir(folder).unwrap();
        let logs = files.map(|file| file.unwrap().path()).filter(|path| {
            let name = path.file_name().unwrap().to_str().unwrap();
            path.extension().is_some_and(|end| end == "log") && name.contains(&self.inside)
        });
        logs.map(|path| std::fs::read_to_string(path).unwrap())
            .collect()
    }
}

/// What a record's evidence says of the host name; the rest is about the vCluster.
fn said(record: &Value) -> Vec<&Value> {
    let evidence = record["status"]["evidence"].as_array().unwrap();
    let said = evidence.iter().filter(|said| said.get("name").is_some());
    said.collect()
}

/// Who said that.
fn sources(record: &Value) -> Vec<&str> {
    let said = said(record).into_iter();
    said.map(|said| said["source"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn a_tenant_user_alone_learns_subject_issuer_and_audience() {
    let scene = Scene::new("token").await;
    scene.account("app").await;
    scene.synced("app").await;
    let found = scene.translate(&["app", "--no-host", "--via=token", "-v=9"]);
    assert_eq!(found.status, Some(0), "{}", found.stderr);
    let record = &lines(&found)[0];
    let host_name = scene.host_name("app");
    let status = &record["status"];
    assert_eq!(
        status["subject"],
        format!("system:serviceaccount:{}:{host_name}", scene.namespace())
    );
    let issuer = &scene.bed.description().issuer;
    assert_eq!(status["issuer"], *issuer);
    let on_host = scene.host_accounts(scene.namespace()).await;
    let uid = on_host.get(&host_name).await.unwrap().metadata.uid;
    assert_eq!(status["hostServiceAccount"]["uid"], uid.unwrap());
    assert_eq!(condition(&found)["reason"], "Proven");
    assert_eq!(sources(record), ["token"]);
    assert_eq!(
        said(record)[0]["message"],
        format!("issuer `{issuer}`, audience `api://AzureADTokenExchange`")
    );
    scene.no_pod_left().await;

    let logs = scene.logs();
    let [log] = logs.as_slice() else {
        panic!("one pod, not {}", logs.len());
    };
    assert!(log.starts_with("vwi-token payload "), "{log}");
    assert!(!log.contains('.'), "neither head nor signature: {log}");
    let payload = log.split(' ').nth(2).unwrap();
    for output in [&found.stdout, &found.stderr] {
        assert!(!output.contains(payload), "{output}");
    }
}

#[tokio::test]
async fn a_pod_that_tells_nothing_gives_its_reason_and_is_removed() {
    let scene = Scene::new("silent").await;
    scene.account("app").await;
    scene.synced("app").await;
    for (image, status, expected) in [
        (
            image::ABSENT,
            1,
            "ImagePullBackOff: failed to pull and unpack image: not found",
        ),
        (
            image::CRASHES,
            1,
            "its container ended with status 128, StartError",
        ),
        (image::CUT_LOG, 1, "it was cut"),
        (image::SHOUTS, 1, "it was cut, or somebody else wrote it"),
        (
            image::NEVER_SCHEDULED,
            124,
            "Unschedulable: 0/3 nodes are available",
        ),
        (image::HANGS, 124, "its container is running"),
    ] {
        let found = scene.translate(&[
            "app",
            "--no-host",
            "--via=token",
            "--timeout=4s",
            "--token-image",
            image,
        ]);
        assert_eq!(found.status, Some(status), "{image}: {}", found.stderr);
        let condition = condition(&found);
        assert_eq!(condition["reason"], "TokenUnavailable", "{condition}");
        let message = condition["message"].as_str().unwrap();
        assert!(message.contains(expected), "`{expected}` in {message}");
        assert!(lines(&found)[0]["status"].get("subject").is_none());
        scene.no_pod_left().await;
        for log in scene.logs().iter().filter(|log| log.contains('.')) {
            let signature = log.rsplit('.').next().unwrap();
            assert!(!found.stdout.contains(signature), "{image}");
            assert!(!found.stderr.contains(signature), "{image}");
        }
    }
    let shouted = scene.logs().iter().any(|log| log.matches('.').count() == 2);
    assert!(shouted, "a whole token was there to be shown");
}

#[tokio::test]
async fn an_interrupt_removes_the_pod_first() {
    let scene = Scene::new("stop").await;
    scene.account("app").await;
    scene.synced("app").await;
    let program = scene.bed.plugin("kubectl-vwi-translate").unwrap();
    let running = program
        .env("KUBECONFIG", &scene.tenant.kubeconfig)
        .args(["-n", &scene.inside, "app", "--no-host", "--via=token"])
        .args(["--token-image", image::HANGS])
        .start()
        .unwrap();
    let pods = scene.pods().await;
    let pod = until("a running pod", Duration::from_secs(30), async || {
        let found = pods.list(&ListParams::default()).await.unwrap().items;
        let is_running = |pod: &Pod| {
            let phase = pod
                .status
                .as_ref()
                .and_then(|status| status.phase.as_deref());
            phase == Some("Running")
        };
        Ok(found.into_iter().find(is_running))
    })
    .await
    .unwrap();
    running.signal(Signal::INT).unwrap();
    let finished = running.finish().unwrap();
    assert_eq!(finished.status, Some(130), "{}", finished.stderr);
    scene.no_pod_left().await;

    // What it would have left after a SIGKILL.
    let spec = pod.spec.unwrap();
    assert!(spec.active_deadline_seconds.is_some());
    assert_eq!(spec.automount_service_account_token, Some(false));
    assert_eq!(pod.metadata.owner_references.unwrap()[0].name, "app");
}

#[tokio::test]
async fn a_reader_that_goes_away_leaves_no_pod() {
    let scene = Scene::new("reader").await;
    scene.account("app").await;
    scene.synced("app").await;
    let script = "{ kubectl-vwi-translate -n \"$INSIDE\" app --no-host --via=token; echo \"status $?\" >&2; } | true";
    let program = scene.bed.program(std::path::Path::new("/bin/sh"));
    let found = program
        .env("KUBECONFIG", &scene.tenant.kubeconfig)
        .env("INSIDE", &scene.inside)
        .args(["-c", script])
        .run()
        .unwrap();
    assert!(found.stderr.contains("status 141"), "{}", found.stderr);
    scene.no_pod_left().await;
}

#[tokio::test]
async fn the_next_run_removes_what_a_killed_one_left() {
    let scene = Scene::new("sweep").await;
    scene.account("app").await;
    scene.synced("app").await;
    let pods = scene.pods().await;
    for (name, expires) in [("old", "100"), ("running", "99999999999")] {
        let pod = serde_json::from_value(serde_json::json!({
            "metadata": {
                "name": name,
                "labels": {
                    "app.kubernetes.io/managed-by": "kubectl-vwi",
                    "app.kubernetes.io/component": "token-probe",
                },
                "annotations": {"vwi/expires": expires},
            },
            "spec": {"containers": [{"name": "main", "image": "registry.example/app"}]},
        }));
        pods.create(&kube::api::PostParams::default(), &pod.unwrap())
            .await
            .unwrap();
    }
    let found = scene.translate(&["app", "--no-host", "--via=token"]);
    assert_eq!(found.status, Some(0), "{}", found.stderr);
    assert!(found.stderr.contains("1 pods removed"), "{}", found.stderr);
    assert!(pods.get_opt("running").await.unwrap().is_some());
    assert!(pods.get_opt("old").await.unwrap().is_none());
}
