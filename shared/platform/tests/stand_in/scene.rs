//! A stand-in, and a client of it.

use std::time::Duration;

use vwi_http::Patience;
use vwi_platform::{Access, AccessKey, Address, Platform, PlatformSettings};
use vwi_test_platform::{Contents, InstanceSpec, KeySpec, Options, Scope, Server};
use vwi_test_server::Tls;

/// The key with all rights.
pub(crate) const KEY: &str = "key-with-all-rights";
/// A key that may see project `team` only.
pub(crate) const SCOPED: &str = "key-of-one-project";

/// What the stand-in holds: two instances of one project, one of another.
pub(crate) fn contents() -> Contents {
    let imported = InstanceSpec {
        release: "blue".to_owned(),
        display_name: "Blue one".to_owned(),
        values: "sync:\n  toHost:\n    serviceAccounts:\n      enabled: true\n".to_owned(),
        ..InstanceSpec::new("team", "blue-x7f2a", "team-x")
    };
    let sleeping = InstanceSpec {
        phase: "Sleeping".to_owned(),
        ..InstanceSpec::new("team", "green", "loft-team-v-green")
    };
    let scope = Scope {
        projects: vec!["team".to_owned()],
        clusters: Vec::new(),
    };
    Contents {
        keys: vec![
            KeySpec::new(KEY, "admin"),
            KeySpec {
                scope: Some(scope),
                ..KeySpec::new(SCOPED, "ci")
            },
        ],
        instances: vec![
            imported,
            sleeping,
            InstanceSpec::new("other", "red", "red-ns"),
        ],
        clusters: Vec::new(),
    }
}

pub(crate) fn server() -> Server {
    let tls = Tls::generate().expect("certificates");
    Server::start(Options::new(tls, contents())).expect("the stand-in")
}

/// A client that trusts the stand-in's certificate.
pub(crate) fn client(server: &Server, key: &str) -> Platform {
    at(&server.url(), key, &[server.ca_pem().to_owned()])
}

/// A client of an address that trusts these certificates only.
pub(crate) fn at(url: &str, key: &str, roots: &[String]) -> Platform {
    let http = reqwest_client(roots);
    let access = Access {
        address: Address::parse(url).expect("an address"),
        key: AccessKey::from_stdin(key.as_bytes()).expect("a key"),
        authority: None,
        login_is_insecure: false,
    };
    let settings = PlatformSettings {
        request_timeout: Duration::from_secs(10),
        ..PlatformSettings::default()
    };
    Platform::new(
        http,
        access,
        settings,
        Patience::lasting(Duration::from_secs(20)),
    )
}

/// As the suite makes its clients: certificates are verified, redirects are not followed.
fn reqwest_client(roots: &[String]) -> reqwest::Client {
    // Set once for the process; a second call is refused, which is as good.
    let _installed = rustls::crypto::ring::default_provider().install_default();
    let roots = roots
        .iter()
        .map(|pem| reqwest::Certificate::from_pem(pem.as_bytes()).expect("a certificate"));
    reqwest::Client::builder()
        .tls_certs_only(roots)
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .expect("a client")
}
