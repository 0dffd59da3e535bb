use std::sync::Arc;

use kube::config::AuthInfo;
use rcgen::{CertificateParams, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tower::filter::Predicate;

use super::*;

/// A server with a certificate for `inside.example`; returns its port and the certificate.
async fn serve() -> (u16, Vec<u8>) {
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(vec!["inside.example".to_owned()]).unwrap();
    let certificate = params.self_signed(&key).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let tls = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(
            vec![certificate.der().clone()],
            PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der())),
        )
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(tls));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            // Whoever does not trust the certificate goes away.
            drop(acceptor.accept(stream).await);
        }
    });
    (port, certificate.der().to_vec())
}

/// A proxy that says what it was asked first, and has nothing behind it.
async fn proxy() -> (u16, tokio::sync::mpsc::UnboundedReceiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let (say, said) = tokio::sync::mpsc::unbounded_channel();
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut asked = vec![0; 4096];
        let length = stream.read(&mut asked).await.unwrap();
        asked.truncate(length);
        say.send(String::from_utf8(asked).unwrap()).unwrap();
        let refusal = b"HTTP/1.1 502 Bad Gateway\r\n\r\n";
        stream.write_all(refusal).await.unwrap();
    });
    (port, said)
}

fn config(url: &str) -> Config {
    Config::new(url.parse().unwrap())
}

#[tokio::test]
async fn the_servers_certificate_has_to_be_of_the_authority_and_the_name() {
    let (port, certificate) = serve().await;
    let (_, other) = serve().await;
    for (root, name, insecure, expected) in [
        (&certificate, Some("inside.example"), false, true),
        (&certificate, None, false, false),
        (&certificate, Some("outside.example"), false, false),
        (&other, Some("inside.example"), false, false),
        (&other, None, true, true),
    ] {
        let mut config = config(&format!("https://127.0.0.1:{port}"));
        config.root_cert = Some(vec![root.clone()]);
        config.tls_server_name = name.map(str::to_owned);
        config.accept_invalid_certs = insecure;
        let connector = connector(&config).unwrap();
        let connected = connector.oneshot(config.cluster_url).await;
        assert_eq!(
            connected.is_ok(),
            expected,
            "{name:?}, insecure: {insecure}"
        );
    }
}

#[tokio::test]
async fn a_proxy_learns_where_to_and_its_own_password_only() {
    let (port, mut said) = proxy().await;
    let mut config = config("https://api.example:6443");
    config.proxy_url = Some(
        format!("http://us%40er:p%3Ass@127.0.0.1:{port}")
            .parse()
            .unwrap(),
    );
    config.auth_info.token = Some("token".into());
    let connector = connector(&config).unwrap();
    assert!(connector.oneshot(config.cluster_url).await.is_err());
    let asked = said.recv().await.unwrap();
    assert!(
        asked.starts_with("CONNECT api.example:6443 HTTP/1.1\r\n"),
        "{asked}"
    );
    // `us@er:p:ss` in base64
    assert!(asked.contains("Basic dXNAZXI6cDpzcw=="), "{asked}");
    assert!(!asked.contains("token"), "{asked}");
}

#[test]
fn what_no_connection_can_be_made_with_is_refused_before_one() {
    let refused = |change: fn(&mut Config)| {
        let mut config = config("https://api.example");
        change(&mut config);
        client(&config).err().unwrap().to_string()
    };
    assert_eq!(
        refused(|config| config.proxy_url = Some("socks5://proxy:1080".parse().unwrap())),
        "a proxy's URL has to begin with `http://` or `https://`"
    );
    assert_eq!(
        refused(|config| config.tls_server_name = Some("not a name".to_owned())),
        "`not a name` is no server name for TLS"
    );
    assert_eq!(
        refused(|config| config.auth_info.client_certificate_data = Some("Yw==".to_owned())),
        "the user has a client certificate or a client key, but not both"
    );
    assert_eq!(
        refused(|config| config.auth_info.client_key = Some("/nowhere/key".to_owned())),
        "the client key of the user can't be read"
    );
    assert_eq!(
        refused(|config| config.auth_info.token_file = Some("/nowhere/token".to_owned())),
        "cannot read the token in `/nowhere/token`"
    );
    assert_eq!(
        refused(|config| config.auth_info.impersonate = Some("two\nlines".to_owned())),
        "the user or group to act as can't be sent"
    );
}

fn authorization(user: &AuthInfo) -> Option<String> {
    let mut authorization = Authorization::new(user).unwrap();
    let request = authorization.check(Request::new(())).unwrap();
    let value = request.headers().get("authorization")?;
    assert!(value.is_sensitive(), "it is kept out of logs");
    Some(value.to_str().unwrap().to_owned())
}

#[test]
fn the_header_is_of_the_password_the_token_or_the_file() {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(&file, "of-file\n").unwrap();
    let mut user = AuthInfo::default();
    assert_eq!(authorization(&user), None);
    user.token_file = Some(file.path().display().to_string());
    assert_eq!(authorization(&user).as_deref(), Some("Bearer of-file"));
    user.token = Some("typed".into());
    assert_eq!(authorization(&user).as_deref(), Some("Bearer typed"));
    user.username = Some("jane".to_owned());
    assert_eq!(
        authorization(&user).as_deref(),
        Some("Bearer typed"),
        "no password"
    );
    user.password = Some("secret".into());
    // `jane:secret` in base64
    assert_eq!(
        authorization(&user).as_deref(),
        Some("Basic amFuZTpzZWNyZXQ=")
    );
}
