//! Odd answers that a real API server does not give on demand.

use std::time::Duration;

use crate::choice::{ClusterChoice, ConnectSettings};
use crate::cluster::Cluster;
use crate::error::{ApiCause, ApiError};
use crate::host::{Host, HostOrigin};
use crate::scripted::{Answer, connect, serve};
use crate::tenant::Tenant;

const NOT_FOUND: &str = r#"{"kind":"Status","reason":"NotFound","message":"not there","code":404,"details":{"name":"app"}}"#;
const NO_SUCH_RESOURCE: &str = r#"{"kind":"Status","reason":"NotFound","message":"the server could not find the requested resource","code":404,"details":{}}"#;
const FORBIDDEN: &str = r#"{"kind":"Status","reason":"Forbidden","message":"serviceaccounts \"app\" is forbidden: \u001b[31mred","code":403}"#;
const UNAUTHORIZED: &str =
    r#"{"kind":"Status","reason":"Unauthorized","message":"Unauthorized","code":401}"#;

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
