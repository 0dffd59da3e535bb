//! What is asked again, what is not, and that nothing hangs.

use std::time::{Duration, Instant};

use tokio::sync::watch;
use vwi_azure::arm::GaveUp;
use vwi_azure::{ArmSettings, Patience};
use vwi_core::exit::{Explain, Outcome};
use vwi_test_azure::{Answer, Fault, Times};

use crate::scene::{Scene, trust};

const FIC: &str = "/federatedIdentityCredentials/";

fn first(answer: Answer) -> Fault {
    Fault::new("PUT", FIC, answer).times(Times::First(1))
}

#[tokio::test]
async fn what_passes_by_itself_is_asked_again() {
    let concurrent = "ConcurrentFederatedIdentityCredentialsWritesForSingleManagedIdentity";
    let cases = [
        (
            "concurrent",
            first(Answer::error(409, concurrent, "too many")),
        ),
        (
            "absent parent",
            first(Answer::error(404, "ParentResourceNotFound", "not yet")),
        ),
        ("throttled", first(Answer::throttled(Some(1)))),
        ("throttled silently", first(Answer::throttled(None))),
        (
            "500",
            first(Answer::error(500, "InternalServerError", "oops")),
        ),
        ("503 of a proxy", first(Answer::Html { status: 503 })),
        ("reset", first(Answer::Reset)),
        (
            "reset after the effect",
            first(Answer::Reset).after_effect(),
        ),
        ("cut", first(Answer::Cut { bytes: 20 })),
        (
            "garbage",
            first(Answer::Garbage { status: 200 }).after_effect(),
        ),
        (
            "slow body",
            first(Answer::Trickle {
                bytes: 50,
                interval_ms: 5,
            }),
        ),
    ];
    for (name, fault) in cases {
        let scene = Scene::new();
        scene.world.add_fault(fault).unwrap();
        let arm = scene.arm();
        let wanted = trust("system:serviceaccount:ns:app");
        let written = arm
            .put_credential(&scene.identity(), "vwi-app", &wanted)
            .await;
        assert!(
            written.is_ok_and(|written| written.value.trusts(&wanted)),
            "{name}"
        );
        let all = arm.credentials(&scene.identity()).await.unwrap().unwrap();
        assert_eq!(all.len(), 1, "{name}");
    }
}

#[tokio::test]
async fn a_refusal_is_reported_at_once_with_the_id_of_the_call() {
    let cases = [
        (403, "AuthorizationFailed"),
        (400, "BadRequest"),
        (409, "Conflict"),
        (405, "MethodNotAllowed"),
        (401, "InvalidAuthenticationToken"),
    ];
    for (status, code) in cases {
        let scene = Scene::new();
        let fault = Fault::new("PUT", FIC, Answer::error(status, code, "no\u{1b}[31m"));
        scene.world.add_fault(fault).unwrap();
        let error = scene
            .arm()
            .put_credential(&scene.identity(), "vwi-app", &trust("s"))
            .await
            .unwrap_err();
        assert_eq!(error.status(), Some(status));
        assert!(error.is_code(code));
        assert_eq!(error.gave_up, None);
        let line = error.line();
        assert!(!line.contains('\u{1b}'), "{line}");
        let writes: Vec<_> = scene
            .world
            .requests()
            .into_iter()
            .filter(vwi_test_azure::Recorded::is_write)
            .collect();
        assert_eq!(writes.len(), 1, "{code}");
        assert!(
            line.contains(&writes[0].headers["x-ms-client-request-id"]),
            "{line}"
        );
    }
}

#[tokio::test]
async fn time_is_kept_whatever_azure_does() {
    let hanging = [
        Answer::throttled(Some(3600)),
        Answer::error(503, "ServerBusy", "busy"),
        Answer::Hang,
        Answer::Reset,
        Answer::Trickle {
            bytes: 1,
            interval_ms: 500,
        },
    ];
    for answer in hanging {
        let scene = Scene::new();
        let shown = format!("{answer:?}");
        scene
            .world
            .add_fault(Fault::new("GET", "", answer))
            .unwrap();
        let start = Instant::now();
        let error = scene
            .arm_within(Duration::from_millis(700))
            .identity(&scene.identity())
            .await
            .unwrap_err();
        assert_eq!(
            error.gave_up,
            Some(GaveUp::TimedOut),
            "{shown}: {}",
            error.line()
        );
        assert_eq!(error.outcome(), Outcome::TimedOut);
        assert!(start.elapsed() < Duration::from_secs(5), "{shown}");
    }
}

#[tokio::test]
async fn an_interruption_ends_the_pauses_and_no_write_follows() {
    let scene = Scene::new();
    let fault = Fault::new("PUT", FIC, Answer::throttled(Some(3600)));
    scene.world.add_fault(fault).unwrap();
    let (stop, stopped) = watch::channel(false);
    let patience = Patience::lasting(Duration::from_hours(2)).stopped_by(stopped);
    let arm = scene.arm_with(patience, ArmSettings::default());
    let id = scene.identity();
    let wanted = trust("s");
    let write = arm.put_credential(&id, "vwi-app", &wanted);
    let interrupt = async {
        while !scene
            .world
            .requests()
            .iter()
            .any(vwi_test_azure::Recorded::is_write)
        {
            tokio::task::yield_now().await;
        }
        stop.send(true).unwrap();
    };
    let (written, ()) = tokio::join!(write, interrupt);
    assert_eq!(written.unwrap_err().gave_up, Some(GaveUp::Stopped));
    let requests = scene.world.requests();
    assert_eq!(
        requests.iter().filter(|request| request.is_write()).count(),
        1
    );
}

#[tokio::test]
async fn absence_is_what_arm_says_and_not_what_something_between_says() {
    let scene = Scene::new();
    let arm = scene.arm();
    scene
        .world
        .add_fault(Fault::new("GET", "/app?", Answer::Html { status: 404 }))
        .unwrap();
    let error = arm.identity(&scene.identity()).await.unwrap_err();
    assert_eq!((error.status(), error.code()), (Some(404), None));
    scene.world.remove_faults(None);
    scene
        .world
        .add_fault(Fault::new(
            "GET",
            "/app?",
            Answer::error(404, "SubscriptionNotFound", "none"),
        ))
        .unwrap();
    let error = arm.identity(&scene.identity()).await.unwrap_err();
    assert!(error.hint().unwrap().contains("--subscription"));
}

#[tokio::test]
async fn the_token_follows_no_list_to_another_host() {
    let scene = Scene::new();
    for link in [
        "https://management.azure.com.evil.example/next",
        "http://127.0.0.1/next",
        "/relative",
        "not a url",
    ] {
        scene.world.remove_faults(None);
        let body = format!(r#"{{"value":[],"nextLink":"{link}"}}"#);
        scene
            .world
            .add_fault(Fault::new(
                "GET",
                "federatedIdentityCredentials",
                Answer::Body {
                    status: 200,
                    content_type: "application/json".to_owned(),
                    body,
                },
            ))
            .unwrap();
        let error = scene
            .arm()
            .credentials(&scene.identity())
            .await
            .unwrap_err();
        assert!(
            error.line().contains("is not Azure Resource Manager"),
            "{}",
            error.line()
        );
    }
}

#[tokio::test]
async fn a_page_that_is_lost_is_no_end_of_the_list() {
    let scene = Scene::new();
    scene
        .world
        .change_settings(|settings| settings.paging.page_size = Some(1));
    let arm = scene.arm();
    let id = scene.identity();
    for name in ["one", "two", "three"] {
        arm.put_credential(&id, name, &trust(name)).await.unwrap();
    }
    let refused = Answer::error(403, "AuthorizationFailed", "no");
    let fault = Fault::new("GET", "federatedIdentityCredentials", refused).times(Times::Nth(2));
    scene.world.add_fault(fault).unwrap();
    assert!(arm.credentials(&id).await.unwrap_err().is_forbidden());
    scene.world.remove_faults(None);
    let cut = Fault::new(
        "GET",
        "federatedIdentityCredentials",
        Answer::Cut { bytes: 9 },
    );
    scene.world.add_fault(cut.times(Times::Nth(2))).unwrap();
    assert_eq!(arm.credentials(&id).await.unwrap().unwrap().len(), 3);
}
