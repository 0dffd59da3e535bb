//! A server in front of a cluster that speaks plain HTTP, ends TLS as an ingress does, and keeps
//! what it was asked.

use std::sync::{Arc, Mutex};

use kube::Client;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// What was asked, as paths with their queries.
#[derive(Clone, Default)]
pub(crate) struct Asked(Arc<Mutex<Vec<String>>>);

impl Asked {
    /// What was asked so far, without the marks of further pages, sorted; forgets it.
    pub(crate) fn take(&self) -> Vec<String> {
        let mut asked = std::mem::take(&mut *self.0.lock().unwrap());
        for path in &mut asked {
            if let Some(at) = path.find("&continue=") {
                path.truncate(at);
            }
        }
        asked.sort();
        asked.dedup();
        asked
    }
}

/// Starts it with the administrator's access; returns its URL.
pub(crate) async fn record(cluster: Client) -> (String, Asked) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let asked = Asked::default();
    let kept = asked.clone();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve(stream, cluster.clone(), kept.clone()));
        }
    });
    (url, asked)
}

async fn serve(mut stream: TcpStream, cluster: Client, asked: Asked) {
    loop {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let Ok(byte) = stream.read_u8().await else {
                return;
            };
            head.push(byte);
        }
        let head = String::from_utf8(head).unwrap();
        let path = head.split(' ').nth(1).unwrap().to_owned();
        asked.0.lock().unwrap().push(path.clone());
        let request = http::Request::get(path).body(Vec::new()).unwrap();
        let (status, body) = match cluster.request_text(request).await {
            Ok(body) => ("200 OK", body),
            Err(kube::Error::Api(status)) => (
                "404 Not Found",
                serde_json::json!({
                    "kind": "Status", "apiVersion": "v1", "status": "Failure",
                    "reason": status.reason, "message": status.message, "code": status.code,
                    "details": {"name": "it"},
                })
                .to_string(),
            ),
            Err(_) => return,
        };
        let answer = format!(
            "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        if stream.write_all(answer.as_bytes()).await.is_err() {
            return;
        }
    }
}
