//! The real host as it shows itself to somebody who may not see all of it: with nothing allowed, or
//! behind a door that shuts between two pages of a list.

use kube::Client;
use kube::config::Kubeconfig;
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use vwi_tests::Scene;

/// Returns a kubeconfig of somebody who may list nothing.
pub(crate) fn forbidden(scene: &Scene) -> String {
    let file = &scene.bed.description().host.kubeconfig;
    let text = std::fs::read_to_string(file).unwrap();
    let mut nobody = Kubeconfig::from_yaml(&text).unwrap();
    nobody.auth_infos[0].auth_info.as_mut().unwrap().impersonate = Some("nobody".to_owned());
    serde_json::to_string(&nobody).unwrap()
}

/// Listens on a port of its own, and returns a kubeconfig that leads there.
pub(crate) async fn kubeconfig(host: Client) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve(stream, host.clone()));
        }
    });
    serde_json::json!({
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "cut",
        "contexts": [{"name": "cut", "context": {"cluster": "cut", "user": "cut"}}],
        "clusters": [{"name": "cut", "cluster": {"server": format!("http://{address}")}}],
        "users": [{"name": "cut", "user": {}}],
    })
    .to_string()
}

/// Answers one request; a page of ServiceAccounts has one to follow, which never comes.
async fn serve(mut stream: TcpStream, host: Client) {
    let mut head = Vec::new();
    let mut lines = BufReader::new(&mut stream).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        if line.is_empty() {
            break;
        }
        head.push(line);
    }
    let Some(path) = head.first().and_then(|line| line.split(' ').nth(1)) else {
        return;
    };
    if path.contains("continue=") {
        return;
    }
    let request = http::Request::get(path).body(Vec::new()).unwrap();
    let (status, mut body) = match host.request::<Value>(request).await {
        Ok(body) => ("200 OK", body),
        Err(_) => (
            "404 Not Found",
            serde_json::json!({"kind": "Status", "code": 404}),
        ),
    };
    if path.contains("/serviceaccounts?") {
        body["metadata"]["continue"] = "more".into();
    }
    let body = body.to_string();
    let answer = format!(
        "HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\
         Connection: close\r\n\r\n{body}",
        body.len()
    );
    let _sent = stream.write_all(answer.as_bytes()).await;
}
