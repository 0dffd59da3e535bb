use std::path::PathBuf;
use std::time::Duration;

use super::*;
use crate::choice::{KubeconfigFiles, TlsChoice};
use crate::exec::ExecRunner;

const KUBECONFIG: &str = r#"
current-context: current
clusters:
- {name: one, cluster: {server: "https://one:6443", tls-server-name: inside}}
- {name: two, cluster: {server: "https://two:6443", proxy-url: "http://proxy:3128"}}
- {name: plain, cluster: {server: "http://far:8080"}}
- {name: here, cluster: {server: "http://127.0.0.1:8080"}}
- {name: insecure, cluster: {server: "https://insecure", insecure-skip-tls-verify: true}}
users:
- {name: token, user: {token: tok}}
- {name: login, user: {exec: {command: kubelogin, apiVersion: v1}}}
- {name: both, user: {token: tok, exec: {command: kubelogin, apiVersion: v1}}}
- {name: oidc, user: {auth-provider: {name: oidc, config: {id-token: idt}}}}
- {name: gcp, user: {auth-provider: {name: gcp, config: {cmd-path: /bin/false}}}}
contexts:
- {name: current, context: {cluster: one, user: token, namespace: team}}
- {name: other, context: {cluster: two, user: login}}
- {name: plain, context: {cluster: plain, user: token}}
- {name: plain-exec, context: {cluster: plain, user: login}}
- {name: nobody, context: {cluster: plain, user: ""}}
- {name: here, context: {cluster: here, user: token}}
- {name: insecure, context: {cluster: insecure, user: token}}
- {name: lost-user, context: {cluster: one, user: absent}}
- {name: lost-cluster, context: {cluster: absent, user: token}}
- {name: oidc, context: {cluster: one, user: oidc}}
- {name: gcp, context: {cluster: one, user: gcp}}
- {name: both, context: {cluster: one, user: both}}
"#;

fn settings(proxies: Proxies) -> ConnectSettings {
    ConnectSettings {
        user_agent: "kubectl-vwi/0 (test)".to_owned(),
        proxies,
        request_timeout: Some(Duration::from_secs(1)),
        exec: ExecRunner::new(false, Duration::from_secs(1)),
    }
}

#[expect(
    clippy::unwrap_in_result,
    reason = "the result is the judgement; making the file is not"
)]
fn access_in(text: &str, choice: &ClusterChoice, proxies: Proxies) -> Result<Access, ConnectError> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("config");
    std::fs::write(&path, text).unwrap();
    let kubeconfig = Kubeconfig::load(&KubeconfigFiles::Explicit(path)).unwrap();
    Access::new(&kubeconfig, choice, &settings(proxies))
}

fn access(choice: &ClusterChoice) -> Result<Access, ConnectError> {
    access_in(KUBECONFIG, choice, Proxies::default())
}

fn context(name: &str) -> ClusterChoice {
    ClusterChoice {
        context: Some(name.to_owned()),
        ..ClusterChoice::default()
    }
}

fn token(access: &Access) -> Option<&str> {
    access
        .config
        .auth_info
        .token
        .as_ref()
        .map(ExposeSecret::expose_secret)
}

#[test]
fn without_flags_it_is_the_current_context() {
    let found = access(&ClusterChoice::default()).unwrap();
    assert_eq!(found.context.as_deref(), Some("current"));
    assert_eq!(found.server, "https://one:6443");
    assert_eq!(found.namespace, "team");
    assert_eq!(token(&found), Some("tok"));
    assert_eq!(found.config.tls_server_name.as_deref(), Some("inside"));
}

#[test]
fn flags_take_the_place_of_the_kubeconfigs_values() {
    let choice = ClusterChoice {
        cluster: Some("two".to_owned()),
        user: Some("login".to_owned()),
        namespace: Some("mine".to_owned()),
        impersonate: Some("jane".to_owned()),
        impersonate_groups: vec!["dev".to_owned()],
        impersonate_uid: Some("u-1".to_owned()),
        ..ClusterChoice::default()
    };
    let found = access(&choice).unwrap();
    assert_eq!(
        (found.server.as_str(), found.namespace.as_str()),
        ("https://two:6443", "mine")
    );
    assert!(found.exec.is_some());
    let auth = &found.config.auth_info;
    assert_eq!(auth.impersonate.as_deref(), Some("jane"));
    assert_eq!(
        auth.impersonate_groups.as_deref(),
        Some(&["dev".to_owned()][..])
    );
    assert_eq!(auth.impersonate_uid.as_deref(), Some("u-1"));

    let choice = ClusterChoice {
        server: Some("https://elsewhere".to_owned()),
        ..ClusterChoice::default()
    };
    let found = access(&choice).unwrap();
    assert_eq!(found.server, "https://elsewhere");
    assert_eq!(
        found.config.tls_server_name, None,
        "it was the other server's"
    );
}

#[test]
fn a_token_makes_the_plugin_needless() {
    assert!(access(&context("both")).unwrap().exec.is_none());
    let choice = ClusterChoice {
        token: Some("typed".to_owned().into()),
        ..context("other")
    };
    let found = access(&choice).unwrap();
    assert!(found.exec.is_none());
    assert_eq!(token(&found), Some("typed"));
    assert_eq!(token(&access(&context("oidc")).unwrap()), Some("idt"));
}

#[test]
fn what_is_named_has_to_be_there() {
    let missing_user = ClusterChoice {
        user: Some("absent".to_owned()),
        ..ClusterChoice::default()
    };
    for (choice, expected) in [
        (
            context("absent"),
            "context `absent` is not in the kubeconfig",
        ),
        (
            context("lost-user"),
            "user `absent` is not in the kubeconfig",
        ),
        (
            context("lost-cluster"),
            "cluster `absent` is not in the kubeconfig",
        ),
        (missing_user, "user `absent` is not in the kubeconfig"),
    ] {
        let error = access(&choice).unwrap_err();
        let cause = std::error::Error::source(&error).unwrap().to_string();
        assert_eq!(cause, expected);
    }
}

#[test]
fn no_kubeconfig_is_an_error_unless_a_server_is_typed() {
    let error = access_in("", &ClusterChoice::default(), Proxies::default()).unwrap_err();
    assert!(
        matches!(
            &error,
            ConnectError::Kubeconfig(KubeconfigError::Missing { .. })
        ),
        "{error}"
    );
    let choice = ClusterChoice {
        server: Some("one.example:6443".to_owned()),
        ..ClusterChoice::default()
    };
    let found = access_in("", &choice, Proxies::default()).unwrap();
    assert_eq!(
        found.config.cluster_url.to_string(),
        "https://one.example:6443/"
    );
    let error = access_in(
        "{users: [{name: u}]}",
        &ClusterChoice::default(),
        Proxies::default(),
    );
    let error = error.unwrap_err();
    assert!(
        matches!(
            &error,
            ConnectError::Kubeconfig(KubeconfigError::NoCurrentContext)
        ),
        "{error}"
    );
}

#[test]
fn credentials_go_to_https_and_to_this_machine_only() {
    for (name, refused) in [
        ("plain", true),
        ("plain-exec", true),
        ("nobody", false),
        ("here", false),
    ] {
        let error = access(&context(name)).err();
        let found = matches!(error, Some(ConnectError::PlainText { .. }));
        assert_eq!(found, refused, "{name}");
    }
}

#[test]
fn unverified_tls_has_to_be_typed() {
    let error = access(&context("insecure")).unwrap_err();
    assert!(
        matches!(error, ConnectError::InsecureNotTyped { .. }),
        "{error}"
    );
    let choice = ClusterChoice {
        tls: TlsChoice {
            insecure_skip_verify: true,
            ..TlsChoice::default()
        },
        ..context("insecure")
    };
    assert!(access(&choice).unwrap().config.accept_invalid_certs);
    assert!(
        !access(&context("current"))
            .unwrap()
            .config
            .accept_invalid_certs
    );
}

#[test]
fn a_token_that_no_header_can_hold_is_refused_and_not_shown() {
    for token in ["secret\nX: y", "secret\u{7f}", "secret\0"] {
        let choice = ClusterChoice {
            token: Some(token.into()),
            ..ClusterChoice::default()
        };
        let error = access(&choice).unwrap_err();
        assert!(matches!(error, ConnectError::Token), "{error}");
        assert!(!format!("{error}{error:?}").contains("secret"), "{error:?}");
    }
}

#[test]
fn providers_that_run_commands_are_refused() {
    let error = access(&context("gcp")).unwrap_err();
    assert!(
        matches!(error, ConnectError::AuthProvider { .. }),
        "{error}"
    );
}

#[test]
fn a_certificate_authority_without_certificate_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ca.crt");
    std::fs::write(&path, "no PEM").unwrap();
    let with = |path: PathBuf| ClusterChoice {
        tls: TlsChoice {
            certificate_authority: Some(path),
            ..TlsChoice::default()
        },
        ..ClusterChoice::default()
    };
    let error = access(&with(path)).unwrap_err();
    assert!(matches!(error, ConnectError::NoCertificate), "{error}");
    let error = access(&with("/nowhere/ca.crt".into())).unwrap_err();
    assert!(matches!(error, ConnectError::File { .. }), "{error}");
}

#[test]
fn proxies_are_the_kubeconfigs_then_the_environments() {
    let proxies = |no: &str| Proxies {
        https: Some("proxy.corp:8080".to_owned()),
        http: None,
        no: Some(no.to_owned()),
    };
    let server = |server: &str| ClusterChoice {
        server: Some(server.to_owned()),
        token: Some("t".to_owned().into()),
        ..ClusterChoice::default()
    };
    for (choice, no, expected) in [
        (context("other"), "", Some("http://proxy:3128/")),
        (context("other"), "two", Some("http://proxy:3128/")),
        (context("current"), "", Some("http://proxy.corp:8080/")),
        (context("current"), "one", None),
        (server("https://api.corp.example"), ".corp.example", None),
        (server("https://10.1.2.3"), "10.0.0.0/8", None),
        (
            server("https://11.1.2.3"),
            "10.0.0.0/8",
            Some("http://proxy.corp:8080/"),
        ),
        (server("https://127.0.0.1:6443"), "", None),
        (server("https://[::1]:6443"), "", None),
        (server("https://localhost:6443"), "", None),
    ] {
        let found = access_in(KUBECONFIG, &choice, proxies(no)).unwrap();
        let proxy = found.config.proxy_url.map(|url| url.to_string());
        assert_eq!(
            proxy.as_deref(),
            expected,
            "{} with NO_PROXY={no}",
            found.server
        );
    }
}
