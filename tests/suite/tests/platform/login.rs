//! The vcluster command line's login, as that writes it.

use vwi_test_platform::LoginFile;
use vwi_test_server::Tls;

use crate::stage::{INSTANCE, KEY, Stage, record, run};

/// The arguments that ask for the Platform without saying which.
const BY_LOGIN: [&str; 2] = ["--project", "my-project"];

#[tokio::test]
async fn a_login_with_its_ca_and_deprecated_fields_is_used() {
    let stage = Stage::new("login").await;
    stage.log_in(
        &LoginFile {
            insecure: true,
            virtual_cluster_access_key: "old-geheim".to_owned(),
            ..stage.server.login(KEY)
        }
        .text(),
    );
    let found = run(stage.translate().args(BY_LOGIN));
    assert_eq!(found.status, Some(0), "{}", found.stderr);
    assert_eq!(
        record(&found)["spec"]["virtualCluster"]["instance"],
        INSTANCE
    );
    let sent = stage.server.requests();
    assert!(!sent.is_empty());
    for request in sent {
        assert_eq!(request.authorization, Some(format!("Bearer {KEY}")));
        assert!(request.user_agent.ends_with("(translate)"), "{request:?}");
    }
}

#[tokio::test]
async fn insecure_is_not_followed() {
    let tls = Tls::self_signed().expect("a certificate");
    let stage = Stage::with("insecure", tls, |_contents| {}).await;
    let login = LoginFile {
        insecure: true,
        ca_pem: None,
        ..stage.server.login(KEY)
    };
    stage.log_in(&login.text());
    let found = run(stage.translate().args(BY_LOGIN));
    assert_eq!(found.status, Some(3), "{}", found.stderr);
    let said = "the login says `insecure`, which is not followed";
    assert!(found.stderr.contains(said), "{}", found.stderr);
    assert_eq!(stage.server.requests(), []);
}

#[tokio::test]
async fn a_login_that_can_not_be_used_matters_only_where_it_is_needed() {
    let stage = Stage::new("unusable").await;
    stage.log_in("{\"platform\":{\"accesskey\":\"geheim\"");
    let found = run(stage.translate());
    assert_eq!(
        found.status,
        Some(0),
        "nobody asks for the Platform: {}",
        found.stderr
    );
    let found = run(stage.at_platform());
    assert_eq!(
        found.status,
        Some(0),
        "flags say everything: {}",
        found.stderr
    );
    let found = run(stage.translate().args(BY_LOGIN));
    assert_eq!(found.status, Some(3), "{}", found.stderr);
    assert!(
        found.stderr.contains("is not the JSON that it writes"),
        "{}",
        found.stderr
    );
    assert!(!found.stderr.contains("geheim"), "{}", found.stderr);
}

#[tokio::test]
async fn the_logins_key_goes_to_its_own_platform_only() {
    let stage = Stage::new("own").await;
    let elsewhere = LoginFile {
        host: "https://platform.example.com".to_owned(),
        ..stage.server.login(KEY)
    };
    stage.log_in(&elsewhere.text());
    let found = run(stage.translate().args(["--platform", &stage.server.url()]));
    assert_eq!(found.status, Some(2), "{}", found.stderr);
    let said = "the vcluster command line is logged in to `https://platform.example.com`";
    assert!(found.stderr.contains(said), "{}", found.stderr);
    // A kubeconfig that leads to another Platform than the login's is no reason to send it there.
    let found = run(stage
        .translate()
        .env("KUBECONFIG", stage.kubeconfig(INSTANCE))
        .arg("--no-host"));
    assert!(
        found.stderr.contains("the Platform is not asked"),
        "{}",
        found.stderr
    );
    let asked = stage.server.requests();
    let management = asked
        .iter()
        .filter(|request| request.path.contains("/management/"));
    assert_eq!(management.count(), 0);
}
