//! Credential plugins and proxies.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use kube::config::{AuthInfo, ExecConfig};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};

use crate::scene::{Scene, condition, lines};

#[tokio::test]
async fn a_credential_plugin_gets_no_byte_of_the_input_and_shows_nothing() {
    let scene = Scene::new("exec").await;
    scene.account("app").await;
    scene.synced("app").await;
    let folder = scene.bed.folder();
    let credential = folder.join("credential");
    let runs = folder.join("runs");
    let script = format!(
        "test -z \"$(cat)\" || exit 7; echo run >> {}; echo log in >&2; cat {}",
        runs.display(),
        credential.display()
    );
    let kubeconfig = scene.changed(&scene.tenant.kubeconfig, |kubeconfig| {
        // The tenant's user is the last one.
        let user = kubeconfig.auth_infos.last_mut().unwrap();
        let auth = user.auth_info.take().unwrap();
        let decoded = |base64: &str| -> String {
            let bytes: k8s_openapi::ByteString = serde_json::from_value(base64.into()).unwrap();
            String::from_utf8(bytes.0).unwrap()
        };
        let key = serde_json::to_value(&auth).unwrap();
        let answer = json!({
            "kind": "ExecCredential",
            "apiVersion": "client.authentication.k8s.io/v1",
            "status": {
                "clientCertificateData": decoded(&auth.client_certificate_data.unwrap()),
                "clientKeyData": decoded(key["client-key-data"].as_str().unwrap()),
            },
        });
        std::fs::write(&credential, answer.to_string()).unwrap();
        user.auth_info = Some(AuthInfo {
            exec: Some(ExecConfig {
                api_version: Some("client.authentication.k8s.io/v1".to_owned()),
                command: Some("/bin/sh".to_owned()),
                args: Some(vec!["-c".to_owned(), script]),
                ..ExecConfig::default()
            }),
            ..AuthInfo::default()
        });
    });
    let input = json!({"apiVersion": "v1", "kind": "ServiceAccount",
        "metadata": {"name": "app", "namespace": scene.inside}});
    let program = scene.bed.plugin("kubectl-vwi-translate").unwrap();
    let found = program
        .env("KUBECONFIG", kubeconfig)
        .args(["-f", "-"])
        .stdin(format!("{input}\n{input}\n"))
        .run()
        .unwrap();
    assert_eq!(found.status, Some(0), "{}", found.stderr);
    assert_eq!(lines(&found).len(), 3);
    assert_eq!(condition(&found)["reason"], "Proven");
    assert_eq!(
        std::fs::read_to_string(runs).unwrap(),
        "run\n",
        "once in the process"
    );
    assert!(found.stderr.contains("log in"), "{}", found.stderr);
    assert!(!found.stderr.contains("PRIVATE KEY") && !found.stdout.contains("PRIVATE KEY"));
}

/// A proxy that connects wherever it is asked to, and counts.
async fn proxy() -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let count = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&count);
    tokio::spawn(async move {
        while let Ok((mut client, _)) = listener.accept().await {
            counted.fetch_add(1, Ordering::Relaxed);
            tokio::spawn(async move {
                let mut head = Vec::new();
                while !head.ends_with(b"\r\n\r\n") {
                    head.push(client.read_u8().await.unwrap());
                }
                let head = String::from_utf8(head).unwrap();
                let target = head.strip_prefix("CONNECT ").unwrap();
                let target = target.split_once(' ').unwrap().0;
                let mut server = TcpStream::connect(target).await.unwrap();
                client.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await.unwrap();
                copy_bidirectional(&mut client, &mut server).await.ok()
            });
        }
    });
    (url, count)
}

#[tokio::test]
async fn a_proxy_of_the_kubeconfig_is_used_for_all_of_it() {
    let scene = Scene::new("proxy").await;
    scene.account("app").await;
    scene.synced("app").await;
    let (url, count) = proxy().await;
    let kubeconfig = scene.changed(&scene.tenant.kubeconfig, |kubeconfig| {
        for named in &mut kubeconfig.clusters {
            named.cluster.as_mut().unwrap().proxy_url = Some(url.clone());
        }
    });
    let program = scene.bed.plugin("kubectl-vwi-translate").unwrap();
    let program = program
        .env("KUBECONFIG", kubeconfig)
        .args(["app", "-n", &scene.inside]);
    let found = tokio::task::spawn_blocking(|| program.run())
        .await
        .unwrap()
        .unwrap();
    assert_eq!(found.status, Some(0), "{}", found.stderr);
    assert_eq!(condition(&found)["reason"], "Proven");
    // One connection to each cluster carries all requests, and shows the certificate.
    assert_eq!(count.load(Ordering::Relaxed), 2);
}
