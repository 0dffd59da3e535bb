//! Pods whose making goes wrong.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::pod::{OneShot, PodError};
use crate::scripted::{Answer, connect, serve};

const POD: &str = r#"{"metadata":{"name":"p","uid":"u"},"spec":{}}"#;

/// The pod is made, and the answer gets lost.
fn lost(_number: usize, line: &str) -> (u16, String) {
    if line.starts_with("POST") {
        (500, String::new())
    } else {
        (200, POD.to_owned())
    }
}

/// The same where a gateway has no patience, so that the request is sent again.
fn sent_again(number: usize, line: &str) -> (u16, String) {
    match (number, line.starts_with("POST")) {
        (1, _) => (504, String::new()),
        (_, true) => (409, String::new()),
        (_, false) => (200, POD.to_owned()),
    }
}

fn refused(_number: usize, _line: &str) -> (u16, String) {
    (403, String::new())
}

#[tokio::test]
async fn a_pod_whose_making_was_not_answered_is_removed() {
    let pod = OneShot {
        namespace: "ns".to_owned(),
        service_account: "app".to_owned(),
        service_account_uid: None,
        prefix: "probe-",
        labels: BTreeMap::new(),
        image: "registry.example/sh:1".to_owned(),
        script: "true",
        patience: Duration::from_secs(5),
        longest_log: 10,
    };
    for (answer, methods) in [
        (lost as Answer, &["POST", "GET", "DELETE"][..]),
        (sent_again as Answer, &["POST", "POST", "GET", "DELETE"]),
        (refused as Answer, &["POST"]),
    ] {
        let (server, requests) = serve(answer).await;
        let cluster = connect(&server, "{token: t}").await;
        let ran = cluster.run_pod(&pod, std::future::pending()).await;
        assert!(matches!(ran, Err(PodError::Api(_))), "{ran:?}");
        let requests = requests.lock().unwrap().clone();
        let sent: Vec<&str> = requests
            .iter()
            .filter_map(|line| line.split(' ').next())
            .collect();
        assert_eq!(sent, methods, "{requests:?}");
    }
}
