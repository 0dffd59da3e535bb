//! A server that answers in a test's own words.

use std::convert::Infallible;
use std::fmt::Write;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;

use crate::choice::{ClusterChoice, ConnectSettings, KubeconfigFiles, Proxies};
use crate::cluster::Cluster;
use crate::exec::ExecRunner;

/// What is answered to the n-th request, `METHOD path authorization`.
pub(crate) type Answer = fn(usize, &str) -> (u16, String);
/// What was asked.
pub(crate) type Requests = Arc<Mutex<Vec<String>>>;

/// Serves `answer(request number, "METHOD path authorization")` until the test ends.
pub(crate) async fn serve(answer: Answer) -> (String, Requests) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let requests = Requests::default();
    let seen = Arc::clone(&requests);
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let seen = Arc::clone(&seen);
            let service = service_fn(move |request: hyper::Request<Incoming>| {
                let mut line = format!("{} {}", request.method(), request.uri());
                if let Some(value) = request.headers().get("authorization") {
                    write!(line, " {}", value.to_str().unwrap()).unwrap();
                }
                let number = {
                    let mut seen = seen.lock().unwrap();
                    seen.push(line.clone());
                    seen.len()
                };
                let (status, body) = answer(number, &line);
                let response = hyper::Response::builder()
                    .status(status)
                    .body(body)
                    .unwrap();
                async move { Ok::<_, Infallible>(response) }
            });
            let connection = hyper::server::conn::http1::Builder::new();
            tokio::spawn(connection.serve_connection(TokioIo::new(stream), service));
        }
    });
    (address, requests)
}

/// Connects as a user of a kubeconfig.
pub(crate) async fn connect(server: &str, user: &str) -> Cluster {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("config");
    let text = format!(
        "current-context: c\nclusters: [{{name: c, cluster: {{server: '{server}'}}}}]\n\
         users: [{{name: u, user: {user}}}]\n\
         contexts: [{{name: c, context: {{cluster: c, user: u}}}}]\n"
    );
    std::fs::write(&path, text).unwrap();
    let choice = ClusterChoice {
        kubeconfig: KubeconfigFiles::Explicit(path),
        ..ClusterChoice::default()
    };
    let settings = ConnectSettings {
        user_agent: "kubectl-vwi/0 (test)".to_owned(),
        proxies: Proxies::default(),
        request_timeout: Some(Duration::from_secs(5)),
        exec: ExecRunner::new(false, Duration::from_secs(5)),
    };
    Cluster::connect(&choice, &settings).await.unwrap()
}
