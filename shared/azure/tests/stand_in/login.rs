//! Ways of logging in.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use secrecy::{ExposeSecret, SecretString};
use vwi_azure::credential::CredentialError;
use vwi_azure::{Arm, ArmSettings, AuthMethod, CredentialSettings, Login, Patience};
use vwi_test_azure::{
    Answer, CallerSpec, CredentialSpec, Fault, TestIssuer, TestKey, Times, Tls, Upstream, WorldSpec,
};

use crate::scene::{Scene, http};

fn only(error: &CredentialError) -> &str {
    let mut links = error.links();
    let only = links.next().unwrap();
    assert!(links.next().is_none(), "{error}");
    &only.why
}

#[tokio::test]
async fn a_secret_logs_in_and_the_token_is_kept() {
    let scene = Scene::new();
    let login = scene.login(scene.secret());
    assert_eq!(login.method().await, None);
    let first = login.token().await.unwrap();
    let second = login.token().await.unwrap();
    assert_eq!(first.expose_secret(), second.expose_secret());
    assert_eq!(login.method().await, Some(AuthMethod::Environment));
    assert_eq!(scene.world.requests().len(), 1);
    assert!(!format!("{login:?}").contains(first.expose_secret()));
}

#[tokio::test]
async fn a_wrong_secret_is_the_end_and_is_not_shown() {
    let scene = Scene::new();
    let settings = CredentialSettings {
        client_secret: Some(SecretString::from("not-the-secret")),
        ..scene.secret()
    };
    let login = scene.login(settings);
    let error = login.token().await.unwrap_err();
    let why = only(&error);
    assert!(why.contains("AADSTS7000215"), "{why}");
    let all = format!("{error:?}");
    assert!(!all.contains("not-the-secret"), "{all}");
    assert!(!all.contains("troubleshoot"), "{all}");
    login.token().await.unwrap_err();
    assert_eq!(scene.world.requests().len(), 1, "a refusal is final");
}

#[tokio::test]
async fn a_renewal_that_fails_for_now_ends_nothing() {
    let scene = Scene::new();
    let down = |times| {
        let answer = Answer::error(503, "temporarily_unavailable", "not now");
        let fault = Fault::new("POST", "/oauth2/v2.0/token", answer).times(times);
        scene.world.add_fault(fault).unwrap();
    };
    // So short that it is to be renewed at once.
    scene
        .world
        .change_settings(|settings| settings.entra.token_seconds = 60);
    let login = scene.login(scene.secret());
    let first = login.token().await.unwrap();
    down(Times::All);
    let kept = login.token().await.unwrap();
    assert_eq!(first.expose_secret(), kept.expose_secret());
    // Nobody asks Entra for each of a run's calls.
    let asked = scene.world.requests().len();
    login.token().await.unwrap();
    assert_eq!(scene.world.requests().len(), asked);
    // Without a token there is nothing to go on with, and the next call tries again.
    let login = scene.login(scene.secret());
    login.token().await.unwrap_err();
    scene.world.remove_faults(None);
    login.token().await.unwrap();
}

fn pem(folder: &Path, parts: &[&str]) -> CredentialSettings {
    let path = folder.join("sp.pem");
    fs::write(&path, parts.concat()).unwrap();
    CredentialSettings {
        certificate: Some(path),
        client_secret: None,
        ..CredentialSettings::default()
    }
}

#[tokio::test]
async fn a_certificate_signs_an_assertion() {
    let certificate = TestKey::certificate_of_first();
    let scene = Scene::with(WorldSpec {
        callers: vec![CallerSpec {
            certificates: vec![certificate.to_owned()],
            ..CallerSpec::default()
        }],
        ..WorldSpec::default()
    });
    let folder = tempfile::tempdir().unwrap();
    let key = TestKey::First.private_pem();
    for parts in [[key, certificate], [certificate, key]] {
        let login = scene.login(CredentialSettings {
            client_secret: None,
            certificate: pem(folder.path(), &parts).certificate,
            ..scene.secret()
        });
        login.token().await.unwrap();
    }
    let wrong = [TestKey::Second.private_pem(), certificate];
    let login = scene.login(CredentialSettings {
        client_secret: None,
        certificate: pem(folder.path(), &wrong).certificate,
        ..scene.secret()
    });
    let error = login.token().await.unwrap_err();
    assert!(only(&error).contains("AADSTS"), "{error}");
}

#[tokio::test]
async fn a_file_that_is_no_pem_is_refused_with_the_way_to_make_it_one() {
    let scene = Scene::new();
    let folder = tempfile::tempdir().unwrap();
    let cases = [
        ("\u{1}\u{2} pfx", "openssl pkcs12"),
        (
            "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAA==\n-----END ENCRYPTED PRIVATE KEY-----\n",
            "openssl pkey",
        ),
        (TestKey::First.private_pem(), "no certificate"),
        (TestKey::certificate_of_first(), "no RSA key"),
    ];
    for (content, wanted) in cases {
        let login = scene.login(CredentialSettings {
            client_secret: None,
            certificate: pem(folder.path(), &[content]).certificate,
            ..scene.secret()
        });
        let error = login.token().await.unwrap_err();
        assert!(only(&error).contains(wanted), "{error}");
    }
}

#[tokio::test]
async fn a_kubernetes_token_logs_in() {
    let issuer = TestIssuer::new(&Scene::server().issuer_url("login-test"));
    Scene::server().issuers().set(
        "login-test",
        Upstream::Documents(TestIssuer::documents(&[TestKey::First])),
    );
    let subject = "system:serviceaccount:ci:runner";
    let scene = Scene::with(WorldSpec {
        callers: vec![CallerSpec {
            federated_credentials: vec![CredentialSpec::new("ci", issuer.url(), subject)],
            ..CallerSpec::default()
        }],
        ..WorldSpec::default()
    });
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("token");
    let token = issuer
        .token(subject, vwi_test_azure::PUBLIC_AUDIENCE)
        .sign()
        .unwrap();
    fs::write(&file, token).unwrap();
    let login = scene.login(CredentialSettings {
        client_secret: None,
        federated_token_file: Some(file),
        ..scene.secret()
    });
    login.token().await.unwrap();
    assert_eq!(login.method().await, Some(AuthMethod::WorkloadIdentity));
}

#[tokio::test]
async fn what_is_missing_is_told_in_a_line_each() {
    let scene = Scene::new();
    let settings = CredentialSettings {
        method: Some(AuthMethod::Environment),
        ..CredentialSettings::default()
    };
    let error = scene.login(settings).token().await.unwrap_err();
    assert!(only(&error).contains("AZURE_CLIENT_SECRET"), "{error}");
    let settings = CredentialSettings {
        client_id: None,
        ..scene.secret()
    };
    let error = scene.login(settings).token().await.unwrap_err();
    assert_eq!(only(&error), "`AZURE_CLIENT_ID` is not set");
}

#[tokio::test]
async fn faults_of_the_moment_are_asked_again_for_a_while() {
    let scene = Scene::new();
    let token = |answer| Fault::new("POST", "/oauth2/v2.0/token", answer);
    for answer in [Answer::Html { status: 503 }, Answer::Reset] {
        scene.world.remove_faults(None);
        scene
            .world
            .add_fault(token(answer).times(Times::First(2)))
            .unwrap();
        scene.login(scene.secret()).token().await.unwrap();
    }
    scene.world.remove_faults(None);
    scene.world.clear_requests();
    scene
        .world
        .add_fault(token(Answer::Html { status: 503 }))
        .unwrap();
    let error = scene.login(scene.secret()).token().await.unwrap_err();
    assert_eq!(scene.world.requests().len(), 4, "{error}");
}

#[tokio::test]
async fn a_certificate_that_is_not_trusted_ends_the_login_at_once() {
    let scene = Scene::new();
    let other = Tls::generate().unwrap();
    let start = Instant::now();
    let login = Arc::new(Login::new(
        http(&other.ca_pem),
        scene.cloud(),
        scene.secret(),
    ));
    let error = login.token().await.unwrap_err();
    assert!(
        only(&error).to_lowercase().contains("certificate"),
        "{error}"
    );
    assert!(start.elapsed() < Duration::from_secs(2), "no repetition");
    let arm = Arm::new(
        http(&other.ca_pem),
        &scene.cloud(),
        login,
        ArmSettings::default(),
        Patience::lasting(Duration::from_secs(20)),
    );
    let error = arm.identity(&scene.identity()).await.unwrap_err();
    assert!(error.login().is_some(), "{}", error.line());
    let secret = Arc::new(scene.login(scene.secret()));
    let arm = Arm::new(
        http(&other.ca_pem),
        &scene.cloud(),
        secret,
        ArmSettings::default(),
        Patience::lasting(Duration::from_secs(20)),
    );
    let error = arm.identity(&scene.identity()).await.unwrap_err();
    assert!(error.is_unreachable());
    assert!(start.elapsed() < Duration::from_secs(4), "no repetition");
}
