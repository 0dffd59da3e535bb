//! Pages in every order in which they can come.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::host::{Host, HostOrigin};
use crate::scripted::{connect, serve};
use crate::tenant::{Scope, Tenant};

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
