//! Requests that go wrong on purpose.

use std::time::{Duration, Instant};

use reqwest::{Method, StatusCode};
use vwi_test_azure::{Answer, Fault, Times};

use crate::scene::{SUBJECT, Scene, assert_error, credential, credential_path};

fn on_put(answer: Answer) -> Fault {
    Fault::new("PUT", "/federatedIdentityCredentials/", answer)
}

impl Scene {
    async fn put_raw(&self) -> reqwest::Result<reqwest::Response> {
        let url = format!(
            "{}/subscriptions/{}/resourceGroups/rg{}?api-version=2024-11-30",
            self.server.url(),
            self.info.subscription_id,
            credential_path("fic")
        );
        let body = Some(credential(self.issuer.url(), SUBJECT));
        self.send(Method::PUT, &url, Some(&self.token), body).await
    }

    fn has_credential(&self) -> bool {
        !self.world.info().identities[0].credentials.is_empty()
    }
}

#[tokio::test]
async fn an_answer_is_replaced_before_or_after_the_effect() {
    for after in [false, true] {
        let scene = Scene::new().await;
        let error = Answer::Error {
            status: 503,
            code: "ServiceUnavailable".to_owned(),
            message: "later".to_owned(),
            retry_after: Some(7),
            headers: [("x-odd".to_owned(), "yes".to_owned())].into(),
        };
        for (answer, status, body) in [
            (
                error,
                503,
                "{\"error\":{\"code\":\"ServiceUnavailable\",\"message\":\"later\"}}",
            ),
            (Answer::Html { status: 502 }, 502, "<!DOCTYPE html>"),
            (
                Answer::Body {
                    status: 200,
                    content_type: "text/plain".to_owned(),
                    body: "hm".to_owned(),
                },
                200,
                "hm",
            ),
        ] {
            let is_error = matches!(answer, Answer::Error { .. });
            let mut fault = on_put(answer).times(Times::First(1));
            if after {
                fault = fault.after_effect();
            }
            scene.world.add_fault(fault).unwrap();
            let response = scene.put_raw().await.unwrap();
            assert_eq!(response.status().as_u16(), status);
            if is_error {
                assert_eq!(response.headers()["retry-after"], "7");
                assert_eq!(response.headers()["x-odd"], "yes");
            }
            let text = response.text().await.unwrap();
            assert!(text.starts_with(body), "{text}");
            scene.world.remove_faults(None);
        }
        assert_eq!(scene.has_credential(), after);
    }
}

#[tokio::test]
async fn a_connection_is_reset_before_or_after_the_effect() {
    for after in [false, true] {
        let scene = Scene::new().await;
        let mut fault = on_put(Answer::Reset).times(Times::Nth(1));
        if after {
            fault = fault.after_effect();
        }
        scene.world.add_fault(fault).unwrap();
        let error = scene.put_raw().await.unwrap_err();
        let mut causes = String::new();
        let mut cause: Option<&dyn std::error::Error> = Some(&error);
        while let Some(error) = cause {
            causes = format!("{causes}: {error}");
            cause = error.source();
        }
        assert!(causes.to_lowercase().contains("reset"), "{causes}");
        assert_eq!(scene.has_credential(), after);
        let record = scene.world.requests().pop().unwrap();
        assert_eq!(
            (record.status, record.fault.as_deref()),
            (None, Some("fault-1"))
        );
        // The next connection works.
        assert!(scene.put_raw().await.unwrap().status().is_success());
    }
}

#[tokio::test]
async fn a_body_is_cut_after_so_many_bytes_and_is_garbage_otherwise() {
    let scene = Scene::new().await;
    for bytes in [0, 1, 40] {
        let fault = on_put(Answer::Cut { bytes }).times(Times::First(1));
        scene.world.add_fault(fault).unwrap();
        let mut response = scene.put_raw().await.unwrap();
        assert!(response.status().is_success());
        let mut received = 0;
        let ended = loop {
            match response.chunk().await {
                Ok(Some(chunk)) => received += chunk.len(),
                other => break other,
            }
        };
        assert!(ended.is_err(), "{bytes}");
        assert_eq!(received, bytes);
        assert!(scene.has_credential());
        scene.world.remove_faults(None);
    }
    let fault = on_put(Answer::Garbage { status: 200 });
    scene.world.add_fault(fault).unwrap();
    let response = scene.put_raw().await.unwrap();
    assert!(response.json::<serde_json::Value>().await.is_err());
}

#[tokio::test]
async fn an_answer_is_late_slow_or_never() {
    let scene = Scene::new().await;
    let late = Fault {
        delay_ms: 200,
        ..on_put(Answer::Usual)
    };
    scene.world.add_fault(late).unwrap();
    let start = Instant::now();
    assert!(scene.put_raw().await.unwrap().status().is_success());
    assert!(start.elapsed() >= Duration::from_millis(200));
    scene.world.remove_faults(None);

    let slow = Answer::Trickle {
        bytes: 50,
        interval_ms: 20,
    };
    scene.world.add_fault(on_put(slow)).unwrap();
    let start = Instant::now();
    let body = scene.put_raw().await.unwrap().bytes().await.unwrap();
    let pieces = u32::try_from(body.len().div_ceil(50)).unwrap();
    assert!(start.elapsed() >= Duration::from_millis(20) * (pieces - 1));
    scene.world.remove_faults(None);

    scene.world.add_fault(on_put(Answer::Hang)).unwrap();
    let never = tokio::time::timeout(Duration::from_millis(200), scene.put_raw()).await;
    assert!(never.is_err());
}

#[tokio::test]
async fn the_token_endpoint_fails_in_its_own_shape() {
    let scene = Scene::new().await;
    let answer = Answer::error(401, "700213", "N… subject 'x'.");
    scene
        .world
        .add_fault(Fault::new("POST", "/oauth2/", answer))
        .unwrap();
    let got = scene.exchange_valid().await;
    assert_error(&got, StatusCode::UNAUTHORIZED, "700213");
    assert!(
        got.text()
            .starts_with("AADSTS700213: N… subject 'x'. Trace ID: ")
    );
    scene.world.remove_faults(None);
    let answer = Answer::throttled(Some(3));
    scene
        .world
        .add_fault(Fault::new("POST", "/oauth2/", answer))
        .unwrap();
    let got = scene.exchange_valid().await;
    assert_eq!(
        (got.status, got.headers["retry-after"].as_str()),
        (429, "3")
    );
}
