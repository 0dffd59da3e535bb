//! How long changes take.

use std::time::Duration;

use reqwest::{Method, StatusCode};
use serde_json::json;
use vwi_test_azure::settings::{ClockMode, Delay, FreshIdentity};

use crate::scene::{SUBJECT, Scene, assert_error, credential, credential_path};

const NAME: &str = "11111111-2222-4333-8444-555555555555";

fn seconds(seconds: f64) -> Delay {
    Delay {
        seconds,
        attempts: 0,
    }
}

/// A scene on a virtual clock, and an identity made through ARM.
async fn fresh(change: impl FnOnce(&mut vwi_test_azure::Settings)) -> Scene {
    let scene = Scene::with(vwi_test_azure::WorldSpec::default()).await;
    scene.world.change_settings(|settings| {
        settings.clock.mode = ClockMode::Virtual;
        change(settings);
    });
    let app = "/providers/Microsoft.ManagedIdentity/userAssignedIdentities/app";
    let body = json!({"location": "westeurope"});
    let got = scene.arm(Method::PUT, app, Some(body)).await;
    assert_eq!(got.status, 201);
    scene
}

#[tokio::test]
async fn a_new_identity_is_unknown_to_credentials_roles_and_entra() {
    let scene = fresh(|settings| settings.propagation.identity = seconds(60.0)).await;
    for (fresh, text) in [
        (
            FreshIdentity::ParentResourceNotFound,
            "Parent resource 'app' not found.",
        ),
        (
            FreshIdentity::GraphResourceNotFound,
            "MS Graph resource not found during Federated Identity Credential creation.",
        ),
    ] {
        scene
            .world
            .change_settings(|settings| settings.credentials.fresh_identity = fresh);
        let got = scene.put_credential("fic", SUBJECT).await;
        assert_error(&got, StatusCode::NOT_FOUND, "ParentResourceNotFound");
        assert!(got.text().ends_with(text), "{}", got.text());
    }
    let got = scene.put_reader(NAME).await;
    assert_error(&got, StatusCode::BAD_REQUEST, "PrincipalNotFound");
    assert_eq!(scene.exchange_valid().await.code(), "700016");
    scene
        .world
        .change_settings(|settings| settings.roles.principal_type_spares_delay = true);
    assert_eq!(scene.put_reader(NAME).await.status, 201);

    scene.world.advance(Duration::from_mins(1));
    assert_eq!(scene.put_credential("fic", SUBJECT).await.status, 201);
    assert_eq!(scene.exchange_valid().await.status, 200);
}

#[tokio::test]
async fn a_new_credential_is_honoured_later_and_may_fail_again() {
    for code in [70021, 700_211, 700_213, 70025] {
        let scene = fresh(|settings| {
            settings.propagation.credential = seconds(30.0);
            settings.propagation.credential_error = code;
            settings.propagation.failures_after_success = 2;
        })
        .await;
        assert_eq!(scene.put_credential("fic", SUBJECT).await.status, 201);
        assert_eq!(scene.exchange_valid().await.code(), code.to_string());
        scene.world.advance(Duration::from_secs(30));
        let mut statuses = Vec::new();
        for _ in 0..5 {
            statuses.push(scene.exchange_valid().await.status);
        }
        let failure = if code == 70021 { 400 } else { 401 };
        assert_eq!(statuses, [200, failure, failure, 200, 200]);
    }
}

#[tokio::test]
async fn delays_can_be_counted_in_attempts() {
    let scene = fresh(|settings| {
        settings.propagation.credential = Delay {
            seconds: 0.0,
            attempts: 2,
        };
        settings.propagation.identity = Delay {
            seconds: 0.0,
            attempts: 1,
        };
    })
    .await;
    assert_eq!(scene.put_credential("fic", SUBJECT).await.status, 404);
    assert_eq!(scene.put_credential("fic", SUBJECT).await.status, 201);
    let mut codes = Vec::new();
    for _ in 0..4 {
        codes.push(scene.exchange_valid().await.code());
    }
    assert_eq!(codes, ["700016", "70021", "70021", ""]);
}

#[tokio::test]
async fn a_changed_credential_goes_on_as_before_for_a_while() {
    let scene = fresh(|settings| settings.propagation.credential = seconds(30.0)).await;
    assert_eq!(scene.put_credential("fic", SUBJECT).await.status, 201);
    scene.world.advance(Duration::from_secs(30));
    assert_eq!(scene.exchange_valid().await.status, 200);
    let other = credential(scene.issuer.url(), "system:serviceaccount:a:b");
    let got = scene
        .arm(Method::PUT, &credential_path("fic"), Some(other))
        .await;
    assert_eq!(got.status, 200);
    assert_eq!(scene.exchange_valid().await.status, 200);
    scene.world.advance(Duration::from_secs(30));
    assert_eq!(scene.exchange_valid().await.code(), "700213");
}

#[tokio::test]
async fn a_new_assignment_shows_and_works_later() {
    let mut scene = fresh(|settings| {
        settings.propagation.assignment_visible = seconds(5.0);
        settings.propagation.role = seconds(60.0);
    })
    .await;
    assert_eq!(scene.put_credential("fic", SUBJECT).await.status, 201);
    assert_eq!(scene.put_reader(NAME).await.status, 201);
    let assignment = format!("/providers/Microsoft.Authorization/roleAssignments/{NAME}");
    let got = scene.arm(Method::GET, &assignment, None).await;
    assert_error(&got, StatusCode::NOT_FOUND, "RoleAssignmentNotFound");
    scene.world.advance(Duration::from_secs(5));
    assert_eq!(scene.arm(Method::GET, &assignment, None).await.status, 200);

    let got = scene.exchange_valid().await;
    scene.token = got.body["access_token"].as_str().unwrap().to_owned();
    assert_eq!(scene.arm(Method::GET, "", None).await.status, 403);
    scene.world.advance(Duration::from_mins(1));
    assert_eq!(scene.arm(Method::GET, "", None).await.status, 200);
}
