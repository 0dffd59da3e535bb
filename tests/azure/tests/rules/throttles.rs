//! Throttles, and the virtual clock that goes through them without waiting.

use std::time::Duration;

use reqwest::Method;
use vwi_test_azure::settings::{ClockMode, CredentialCounts};

use crate::scene::{Scene, credential_path};

#[tokio::test]
async fn one_identity_is_written_once_in_four_seconds() {
    let scene = Scene::new().await;
    scene.world.change_settings(|settings| {
        settings.clock.mode = ClockMode::Virtual;
        settings.throttle.identity_service = true;
    });
    assert_eq!(scene.put_credential("fic-a", "a").await.status, 201);
    let got = scene.put_credential("fic-b", "b").await;
    assert_eq!(
        (got.status, got.headers["retry-after"].as_str()),
        (429, "4")
    );
    scene.world.advance(Duration::from_secs(4));
    assert_eq!(scene.put_credential("fic-b", "b").await.status, 201);

    // Deletions have a bucket of their own.
    let path = credential_path("fic-b");
    assert_eq!(scene.arm(Method::DELETE, &path, None).await.status, 200);

    scene.world.change_settings(|settings| {
        settings.throttle.credential_counts = CredentialCounts::Credential;
    });
    scene.world.advance(Duration::from_secs(1));
    for name in ["fic-c", "fic-d"] {
        assert_eq!(scene.put_credential(name, name).await.status, 201);
    }
    // The subscription's two a second are used up.
    assert_eq!(scene.put_credential("fic-e", "e").await.status, 429);
    scene
        .world
        .change_settings(|settings| settings.throttle.send_retry_after = false);
    let got = scene.put_credential("fic-e", "e").await;
    assert_eq!((got.status, got.headers.get("retry-after")), (429, None));
}

#[tokio::test]
async fn a_clock_that_jumps_takes_a_patient_client_through_at_once() {
    let scene = Scene::new().await;
    scene.world.change_settings(|settings| {
        settings.clock.mode = ClockMode::Virtual;
        settings.clock.jump_on_throttle = true;
        settings.throttle.identity_service = true;
        settings.throttle.retry_after_seconds = Some(0);
    });
    let start = jiff::Timestamp::now();
    let begun: jiff::Timestamp = scene.world.time().parse().unwrap();
    for number in 0..20 {
        let name = format!("fic-{number}");
        while scene.put_credential(&name, &name).await.status == 429 {}
    }
    let ended: jiff::Timestamp = scene.world.time().parse().unwrap();
    // Twenty writes, four seconds apart, the first at once.
    assert_eq!(ended.duration_since(begun).as_secs(), 76);
    assert!(jiff::Timestamp::now().duration_since(start).as_secs() < 30);
}

#[tokio::test]
async fn arm_counts_what_is_left_and_then_refuses() {
    let scene = Scene::new().await;
    scene.world.change_settings(|settings| {
        settings.clock.mode = ClockMode::Virtual;
        settings.throttle.arm = true;
    });
    let name = "x-ms-ratelimit-remaining-subscription-reads";
    let left = scene.arm(Method::GET, "", None).await.headers[name].clone();
    assert_eq!(left, "249");
    for _ in 0..249 {
        assert_eq!(scene.arm(Method::GET, "", None).await.status, 200);
    }
    let got = scene.arm(Method::GET, "", None).await;
    assert_eq!(
        (got.status, got.headers["retry-after"].as_str()),
        (429, "1")
    );
    assert_eq!(scene.put_credential("fic", "s").await.status, 201);
}
