//! Odd answers that a real API server does not give on demand.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::fmt::Write;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::choice::{ClusterChoice, ConnectSettings, KubeconfigFiles, Proxies};
use crate::cluster::Cluster;
use crate::error::{ApiCause, ApiError};
use crate::exec::ExecRunner;
use crate::host::{Host, HostOrigin};
use crate::pod::{OneShot, PodError};
use crate::tenant::{Scope, Tenant};

const NOT_FOUND: &str = r#"{"kind":"Status","reason":"NotFound","message":"not there","code":404,"details":{"name":"app"}}"#;
const NO_SUCH_RESOURCE: &str = r#"{"kind":"Status","reason":"NotFound","message":"the server could not find the requested resource","code":404,"details":{}}"#;
const FORBIDDEN: &str = r#"{"kind":"Status","reason":"Forbidden","message":"serviceaccounts \"app\" is forbidden: \u001b[31mred","code":403}"#;
const UNAUTHORIZED: &str =
    r#"{"kind":"Status","reason":"Unauthorized","message":"Unauthorized","code":401}"#;

type Answer = fn(usize, &str) -> (u16, String);
type Requests = Arc<Mutex<Vec<String>>>;

/// Serves `answer(request number, "METHOD path authorization")` until the test ends.
async fn serve(answer: Answer) -> (String, Requests) {
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

async fn connect(server: &str, user: &str) -> Cluster {
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

async fn get(answer: Answer) -> Result<bool, ApiError> {
    let (server, _requests) = serve(answer).await;
    let tenant = Tenant::new(connect(&server, "{token: t}").await);
    let found = tenant.service_account("ns", "app").await?;
    Ok(found.is_some())
}

#[tokio::test]
async fn absence_is_what_the_api_server_says_of_this_object() {
    assert!(
        get(|_, _| (200, r#"{"metadata":{"name":"app"}}"#.to_owned()))
            .await
            .unwrap()
    );
    assert!(!get(|_, _| (404, NOT_FOUND.to_owned())).await.unwrap());
    for body in [
        NO_SUCH_RESOURCE,
        "404 page not found",
        "<html>lost</html>",
        "",
    ] {
        let error = match body {
            NO_SUCH_RESOURCE => get(|_, _| (404, NO_SUCH_RESOURCE.to_owned())).await,
            "404 page not found" => get(|_, _| (404, "404 page not found".to_owned())).await,
            "" => get(|_, _| (404, String::new())).await,
            _ => get(|_, _| (404, "<html>lost</html>".to_owned())).await,
        };
        assert!(error.unwrap_err().is_not_found(), "{body}");
    }
}

#[tokio::test]
async fn refusals_are_told_apart_and_shown_escaped() {
    let error = get(|_, _| (403, FORBIDDEN.to_owned())).await.unwrap_err();
    assert!(error.is_forbidden() && !error.is_unreachable());
    assert_eq!(
        error.in_one_line(),
        "cannot get ServiceAccount `ns/app` of context `c`: the API server answered 403 Forbidden: \
         serviceaccounts \"app\" is forbidden: \\u{1b}[31mred"
    );
    let error = get(|_, _| (401, UNAUTHORIZED.to_owned()))
        .await
        .unwrap_err();
    assert!(error.is_unauthorized());
    let error = get(|_, _| (500, "<html>secret</html>".to_owned()))
        .await
        .unwrap_err();
    assert!(
        error
            .in_one_line()
            .ends_with("answered 500 Internal Server Error: a web page")
    );
    let error = get(|_, _| (302, String::new())).await.unwrap_err();
    assert_eq!(error.code(), Some(302));
}

#[tokio::test]
async fn an_answer_that_is_not_understood_is_not_quoted() {
    for (answer, expected) in [
        (
            get(|_, _| (200, "<!doctype html>secret".to_owned())).await,
            "it is a web page",
        ),
        (
            get(|_, _| (200, r#"{"metadata":"secret"}"#.to_owned())).await,
            "unexpected JSON at line 1, column 20",
        ),
    ] {
        let line = answer.unwrap_err().in_one_line();
        assert!(
            line.ends_with(expected) && !line.contains("secret"),
            "{line}"
        );
    }
}

#[tokio::test]
async fn nobody_there_is_unreachable() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let tenant = Tenant::new(connect(&address, "{token: t}").await);
    let error = tenant.service_account("ns", "app").await.unwrap_err();
    assert!(error.is_unreachable(), "{error:?}");
}

#[tokio::test]
async fn a_server_that_is_silent_is_given_up() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let cluster = connect(&address, "{token: t}").await;
    let choice = ClusterChoice {
        server: Some(address),
        ..ClusterChoice::default()
    };
    let settings = ConnectSettings {
        request_timeout: Some(Duration::from_millis(50)),
        ..cluster.settings().clone()
    };
    let tenant = Tenant::new(Cluster::connect(&choice, &settings).await.unwrap());
    let error = tenant.cluster_uid().await.unwrap_err();
    assert!(
        matches!(*error.cause, ApiCause::TimedOut { .. }),
        "{error:?}"
    );
    assert!(error.is_unreachable());
}

#[tokio::test]
async fn lists_are_read_page_by_page() {
    fn answer(number: usize, request: &str) -> (u16, String) {
        assert!(request.contains("limit=500"));
        let next = if number < 3 {
            format!("p{number}")
        } else {
            String::new()
        };
        let items = format!(r#"[{{"metadata":{{"name":"sa{number}"}}}}]"#);
        (
            200,
            format!(r#"{{"metadata":{{"continue":"{next}"}},"items":{items}}}"#),
        )
    }
    let (server, requests) = serve(answer).await;
    let tenant = Tenant::new(connect(&server, "{token: t}").await);
    let found = tenant
        .service_accounts(&Scope::All, Some("a=b"), None)
        .await
        .unwrap();
    let names: Vec<_> = found
        .iter()
        .map(|account| account.metadata.name.as_str())
        .collect();
    assert_eq!(names, ["sa1", "sa2", "sa3"]);
    let requests = requests.lock().unwrap();
    assert_eq!(
        *requests,
        [
            "GET /api/v1/serviceaccounts?labelSelector=a%3Db&limit=500 Bearer t",
            "GET /api/v1/serviceaccounts?labelSelector=a%3Db&limit=500&continue=p1 Bearer t",
            "GET /api/v1/serviceaccounts?labelSelector=a%3Db&limit=500&continue=p2 Bearer t",
        ]
    );
}

/// Reads a request, and returns its first line.
async fn request_line(stream: &mut TcpStream) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.unwrap());
    }
    String::from_utf8(head)
        .unwrap()
        .lines()
        .next()
        .unwrap()
        .to_owned()
}

#[tokio::test]
async fn the_next_page_is_asked_for_while_this_one_is_coming() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let server = tokio::spawn(async move {
        let start = r#"{"metadata":{"continue":"p"},"items":["#;
        let rest = r#"{"metadata":{"name":"a"}}]}"#;
        let last = r#"{"metadata":{},"items":[{"metadata":{"name":"b"}}]}"#;
        let head = |length| format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\n");
        let (mut first, _) = listener.accept().await.unwrap();
        request_line(&mut first).await;
        let begun = format!("{}{start}", head(start.len() + rest.len()));
        first.write_all(begun.as_bytes()).await.unwrap();
        let (mut second, _) = listener.accept().await.unwrap();
        let asked = request_line(&mut second).await;
        let answer = format!("{}{last}", head(last.len()));
        second.write_all(answer.as_bytes()).await.unwrap();
        first.write_all(rest.as_bytes()).await.unwrap();
        asked
    });
    let tenant = Tenant::new(connect(&address, "{token: t}").await);
    let found = tenant.service_accounts(&Scope::All, None, None).await;
    let found = found.unwrap();
    let names: Vec<_> = found
        .iter()
        .map(|account| &*account.metadata.name)
        .collect();
    assert_eq!(names, ["a", "b"]);
    let asked = server.await.unwrap();
    assert!(asked.contains("limit=500&continue=p "), "{asked}");
}

#[tokio::test]
async fn a_list_that_tells_its_next_page_last_is_read_too() {
    fn answer(number: usize, request: &str) -> (u16, String) {
        assert_eq!(request.contains("&continue=p"), number > 1, "{request}");
        let next = if number < 2 { "p" } else { "" };
        (
            200,
            format!(
                r#"{{"items":[{{"metadata":{{"name":"sa{number}"}}}}],"metadata":{{"continue":"{next}"}}}}"#
            ),
        )
    }
    let (server, requests) = serve(answer).await;
    let tenant = Tenant::new(connect(&server, "{token: t}").await);
    let found = tenant.service_accounts(&Scope::All, None, None).await;
    assert_eq!(found.unwrap().len(), 2);
    assert_eq!(requests.lock().unwrap().len(), 2);
}

#[tokio::test]
async fn synced_accounts_count_once_though_their_list_begins_anew() {
    fn answer(number: usize, request: &str) -> (u16, String) {
        if number == 3 {
            let expired =
                r#"{"kind":"Status","metadata":{"continue":"q"},"reason":"Expired","code":410}"#;
            return (410, expired.to_owned());
        }
        assert_eq!(request.contains("limit=500"), number < 3, "{request}");
        let next = if number < 3 { "p" } else { "" };
        let page = format!(
            r#"{{"metadata":{{"continue":"{next}"}},"items":[{{"metadata":{{"name":"sa{number}"}}}}]}}"#
        );
        (200, page)
    }
    let (server, requests) = serve(answer).await;
    let host = Host::new(connect(&server, "{token: t}").await, HostOrigin::Flag);
    let mut pages = host.synced_service_accounts(&Scope::All);
    pages.begin().await.unwrap();
    let mut seen = Vec::new();
    while let Some(page) = pages.next().await.unwrap() {
        assert_eq!(page.accounts.len(), 1);
        seen.push((page.is_first, page.accounts[0].metadata.name.clone()));
    }
    let expected = [(true, "sa1"), (false, "sa2"), (true, "sa4")];
    assert_eq!(seen, expected.map(|(first, name)| (first, name.to_owned())));
    assert_eq!(requests.lock().unwrap().len(), 4);
}

#[tokio::test]
async fn a_list_whose_snapshot_is_gone_is_read_again_in_one_piece() {
    fn answer(_: usize, request: &str) -> (u16, String) {
        if request.contains("continue=") {
            return (
                410,
                r#"{"kind":"Status","reason":"Expired","code":410}"#.to_owned(),
            );
        }
        let next = if request.contains("limit=") { "p" } else { "" };
        (
            200,
            format!(
                r#"{{"metadata":{{"continue":"{next}"}},"items":[{{"metadata":{{"name":"a"}}}}]}}"#
            ),
        )
    }
    let (server, _requests) = serve(answer).await;
    let tenant = Tenant::new(connect(&server, "{token: t}").await);
    let found = tenant
        .service_accounts(&Scope::All, None, None)
        .await
        .unwrap();
    assert_eq!(found.len(), 1);
}

#[tokio::test]
async fn a_refused_credential_is_got_anew_once() {
    fn answer(_: usize, request: &str) -> (u16, String) {
        if request.ends_with("Bearer 2") {
            (200, r#"{"metadata":{"uid":"u"}}"#.to_owned())
        } else {
            (401, UNAUTHORIZED.to_owned())
        }
    }
    let folder = tempfile::tempdir().unwrap();
    let runs = folder.path().join("runs").display().to_string();
    let script = format!(
        r#"echo run >> {runs}; echo "{{\"kind\":\"ExecCredential\",\"apiVersion\":\"v\",\"status\":{{\"token\":\"$(wc -l < {runs} | tr -d ' ')\"}}}}""#
    );
    let user = serde_json::json!({"exec": {
        "apiVersion": "v", "command": "/bin/sh", "args": ["-c", script]}});
    let (server, requests) = serve(answer).await;
    let tenant = Tenant::new(connect(&server, &user.to_string()).await);
    assert_eq!(tenant.cluster_uid().await.unwrap(), "u");
    assert_eq!(tenant.cluster_uid().await.unwrap(), "u");
    let tokens: Vec<String> = requests
        .lock()
        .unwrap()
        .iter()
        .map(|line| line.rsplit(' ').next().unwrap().to_owned())
        .collect();
    assert_eq!(tokens, ["1", "2", "2"]);
}

#[tokio::test]
async fn a_minted_token_is_in_no_error_and_no_debug_text() {
    fn odd(_: usize, _: &str) -> (u16, String) {
        (201, r#"{"status":{"token":["secret-token"]}}"#.to_owned())
    }
    fn good(_: usize, _: &str) -> (u16, String) {
        (201, r#"{"status":{"token":"secret-token"}}"#.to_owned())
    }
    let (server, _requests) = serve(odd).await;
    let host = Host::new(connect(&server, "{token: t}").await, HostOrigin::Flag);
    let error = host.mint_token("ns", "sa", "aud").await.unwrap_err();
    assert!(!format!("{error:?}{}", error.in_one_line()).contains("secret"));
    let (server, requests) = serve(good).await;
    let host = Host::new(connect(&server, "{token: t}").await, HostOrigin::Flag);
    let token = host.mint_token("ns", "sa", "aud").await.unwrap();
    assert!(!format!("{token:?}").contains("secret"));
    let requests = requests.lock().unwrap();
    assert_eq!(
        *requests,
        ["POST /api/v1/namespaces/ns/serviceaccounts/sa/token Bearer t"]
    );
}

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
    (403, FORBIDDEN.to_owned())
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
