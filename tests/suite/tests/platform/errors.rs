//! Each failure of the Platform has its own message, and nothing is claimed.

use vwi_test_server::{Answer, Fault, Tls};

use crate::stage::{SCOPED, Stage, condition, record, run};

#[tokio::test]
async fn each_failure_says_what_it_is() {
    let stage = Stage::new("errors").await;
    let body = |status, body: &str| Answer::Body {
        status,
        content_type: "application/json".to_owned(),
        body: body.to_owned(),
    };
    for (answer, said, hint) in [
        (
            Answer::error(401, "Unauthorized", "Unauthorized"),
            "it does not accept the access key (401): Unauthorized",
            "create a new access key, or log in again",
        ),
        (
            Answer::error(
                404,
                "NotFound",
                "the server could not find the requested resource",
            ),
            "it has no `/kubernetes/management/apis/management.loft.sh/v1/selves` (404); its version is v4.11.0",
            "see whether this is the Platform's address",
        ),
        (
            Answer::Html { status: 200 },
            "it answered 200 with a web page (`text/html`) where JSON is due",
            "see whether the address is the Platform's own",
        ),
        (
            body(200, "{\"status\":"),
            "it answered 200, but the body is no JSON",
            "",
        ),
        (
            body(200, r#"{"kind":"Status","status":"Failure"}"#),
            "it answered 200, but the JSON is not what this call answers",
            "",
        ),
        (
            Answer::error(418, "Teapot", "short and stout"),
            "it answered 418: short and stout",
            "",
        ),
    ] {
        stage.server.clear_faults();
        let fault = Fault::new("POST", "/selves", answer);
        stage.server.add_fault(fault).expect("a fault");
        let found = run(stage.at_platform());
        assert_eq!(found.status, Some(3), "{}", found.stderr);
        let words = [
            "cannot ask who the access key's user is on the vCluster Platform",
            said,
            hint,
        ];
        for word in words {
            assert!(found.stderr.contains(word), "{word}: {}", found.stderr);
        }
        assert!(
            found.stdout.contains("\"kind\":\"StreamEnd\""),
            "{}",
            found.stdout
        );
        assert!(
            !found.stdout.contains("WorkloadIdentity"),
            "{}",
            found.stdout
        );
    }
}

#[tokio::test]
async fn a_redirect_is_named_and_not_followed() {
    let stage = Stage::new("redirect").await;
    let other = Stage::new("redirected").await;
    let to = other.server.url();
    stage
        .server
        .change_settings(|settings| settings.redirect_to = Some(to.clone()));
    let found = run(stage.at_platform());
    assert_eq!(found.status, Some(3), "{}", found.stderr);
    let said = format!("it answered 302, a redirect to `{to}/");
    assert!(found.stderr.contains(&said), "{}", found.stderr);
    assert!(found.stderr.contains("`--platform`"), "{}", found.stderr);
    assert_eq!(other.server.requests(), []);
}

#[tokio::test]
async fn nobody_answers() {
    let stage = Stage::new("nobody").await;
    let found = run(stage
        .translate()
        .args([
            "--platform",
            "https://127.0.0.1:1",
            "--access-key-env",
            "MY_KEY",
        ])
        .env("MY_KEY", "geheim"));
    assert_eq!(found.status, Some(3), "{}", found.stderr);
    for said in ["vCluster Platform `https://127.0.0.1:1`", "no connection"] {
        assert!(found.stderr.contains(said), "{}", found.stderr);
    }
}

#[tokio::test]
async fn a_server_that_is_not_verified_is_refused_and_never_sees_the_key() {
    let tls = Tls::self_signed().expect("a certificate");
    let stage = Stage::with("unverified", tls, |_contents| {}).await;
    let arguments = ["--platform", &stage.server.url(), "--access-key-file", "-"];
    let found = run(stage.translate().args(arguments).stdin("geheim"));
    assert_eq!(found.status, Some(3), "{}", found.stderr);
    for said in [
        "its certificate can't be verified, or TLS failed; the access key was not sent",
        "hint: name the Platform's CA with `--platform-certificate-authority FILE`",
    ] {
        assert!(found.stderr.contains(said), "{}", found.stderr);
    }
    assert_eq!(stage.server.requests(), []);
    // kubectl's flag is about the tenant's API server, and changes nothing here.
    let found = run(stage
        .translate()
        .args(arguments)
        .arg("--insecure-skip-tls-verify")
        .stdin("geheim"));
    assert_eq!(found.status, Some(3), "{}", found.stderr);
    assert_eq!(stage.server.requests(), []);
    // With the certificate itself for a CA, it is verified.
    let found = run(stage.at_platform().args(["--project", "my-project"]));
    assert_eq!(found.status, Some(0), "{}", found.stderr);
}

#[tokio::test]
async fn what_a_key_may_not_ask_is_one_source_fewer() {
    let stage = Stage::new("scoped").await;
    let key = stage.file("scoped", SCOPED);
    let found = run(stage
        .translate()
        .args(["--platform", &stage.server.url(), "--access-key-file"])
        .arg(key)
        .arg("--platform-certificate-authority")
        .arg(stage.scene.bed.folder().join("ca.pem")));
    assert_eq!(found.status, Some(0), "{}", found.stderr);
    let said = "the Platform is not asked: cannot translate ServiceAccount";
    assert!(found.stderr.contains(said), "{}", found.stderr);
    assert!(found.stderr.contains("(403)"), "{}", found.stderr);
    let record = record(&found);
    assert_eq!(condition(&record)["reason"], "Proven");
    assert_eq!(record["spec"]["virtualCluster"]["project"], "my-project");
}

#[tokio::test]
async fn an_old_platform_knows_instances_and_no_names() {
    let stage = Stage::new("old").await;
    stage
        .server
        .change_settings(|settings| "v3.4.10".clone_into(&mut settings.version));
    let found = run(stage.at_platform().args(["--project", "my-project"]));
    assert_eq!(found.status, Some(0), "{}", found.stderr);
    assert!(
        found.stderr.contains("its version is v3.4.10"),
        "{}",
        found.stderr
    );
    let found = run(stage
        .at_platform()
        .args(["--project", "my-project", "--via", "platform"]));
    assert_eq!(found.status, Some(1), "{}", found.stderr);
    let record = record(&found);
    assert_eq!(condition(&record)["reason"], "PlatformUnavailable");
}
