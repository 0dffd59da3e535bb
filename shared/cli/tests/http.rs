//! Which servers the HTTP client trusts, what it says of itself, and which way it goes.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use rcgen::{CertifiedKey, KeyPair, generate_simple_self_signed};
use rustls::ServerConfig;
use rustls::pki_types::PrivateKeyDer;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::sync::mpsc::{Receiver, channel};
use tokio_rustls::TlsAcceptor;
use vwi_cli::http::{HttpSettings, client};
use vwi_kubernetes::Proxies;

fn settings(roots: Option<PathBuf>, proxies: Proxies) -> HttpSettings {
    HttpSettings {
        user_agent: "kubectl-vwi/0.0.0 (check)".to_owned(),
        request_timeout: Some(Duration::from_secs(10)),
        insecure_skip_verify: false,
        roots,
        authority: None,
        proxies,
    }
}

fn pem_file(folder: &TempDir, name: &str, certificate: &str) -> PathBuf {
    let path = folder.path().join(name);
    std::fs::write(&path, certificate).unwrap();
    path
}

/// A server of one certificate for `localhost`, which answers every connection with a redirect and
/// hands its request on.
async fn serve(key: &CertifiedKey<KeyPair>) -> (u16, Receiver<String>) {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let private = PrivateKeyDer::try_from(key.signing_key.serialize_der()).unwrap();
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![key.cert.der().clone()], private)
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let (sender, requests) = channel(8);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            // A client that does not trust the certificate goes away here.
            let Ok(mut stream) = acceptor.accept(stream).await else {
                continue;
            };
            let request = read_head(&mut stream).await;
            let answer = "HTTP/1.1 302 Found\r\nlocation: https://elsewhere/\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
            let _gone = stream.write_all(answer.as_bytes()).await;
            let _gone = stream.shutdown().await;
            let _full = sender.send(request).await;
        }
    });
    (port, requests)
}

async fn read_head(stream: &mut (impl AsyncReadExt + Unpin)) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(_) => break,
        }
    }
    String::from_utf8_lossy(&head).into_owned()
}

#[tokio::test]
async fn roots_of_the_environment_take_the_place_of_the_systems() {
    let names = vec!["localhost".to_owned()];
    let ours = generate_simple_self_signed(names.clone()).unwrap();
    let other = generate_simple_self_signed(names).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let ours_file = pem_file(&folder, "ours.pem", &ours.cert.pem());
    let other_file = pem_file(&folder, "other.pem", &other.cert.pem());
    let (port, mut requests) = serve(&ours).await;
    let url = format!("https://localhost:{port}/");

    let trusting = client(&settings(Some(ours_file), Proxies::default())).unwrap();
    let answer = trusting.get(&url).send().await.unwrap();
    assert_eq!(answer.status(), 302, "a redirect is not followed");
    let request = requests.recv().await.unwrap();
    assert!(
        request.contains("user-agent: kubectl-vwi/0.0.0 (check)\r\n"),
        "{request}"
    );

    for roots in [Some(other_file), None] {
        let client = client(&settings(roots.clone(), Proxies::default())).unwrap();
        let answer = client.get(&url).send().await;
        assert!(answer.unwrap_err().is_connect(), "{roots:?}");
    }
}

#[tokio::test]
async fn the_environments_proxy_is_used_where_it_says_so() {
    let proxy = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = format!("http://user:pass@{}", proxy.local_addr().unwrap());
    let (sender, mut requests) = channel(8);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = proxy.accept().await {
            let request = read_head(&mut stream).await;
            let _gone = stream
                .write_all(b"HTTP/1.1 503 Closed\r\ncontent-length: 0\r\n\r\n")
                .await;
            let _full = sender.send(request).await;
        }
    });
    let proxies = Proxies {
        https: Some(address),
        http: None,
        no: Some("localhost,.internal.example".to_owned()),
    };
    let client = client(&settings(None, proxies)).unwrap();
    let refused = client.get("https://management.example/x").send().await;
    assert!(refused.is_err());
    let request = requests.recv().await.unwrap();
    assert!(
        request.starts_with("CONNECT management.example:443 "),
        "{request}"
    );
    assert!(
        request
            .to_lowercase()
            .contains("proxy-authorization: basic ")
    );

    // Nobody listens there, so only the way shows.
    let port = free_port().await;
    for url in [
        format!("https://localhost:{port}/"),
        format!("https://a.internal.example:{port}/"),
    ] {
        assert!(client.get(url).send().await.is_err());
    }
    assert!(requests.try_recv().is_err(), "NO_PROXY was not heeded");
}

async fn free_port() -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    listener.local_addr().unwrap().port()
}

#[tokio::test]
async fn a_server_that_never_answers_is_given_up() {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let impatient = HttpSettings {
        request_timeout: Some(Duration::from_millis(200)),
        ..settings(None, Proxies::default())
    };
    let client = client(&impatient).unwrap();
    let answer = client.get(format!("http://127.0.0.1:{port}/")).send().await;
    assert!(answer.unwrap_err().is_timeout());
    drop(listener);
}
