//! Assertions of identities, checked against their credentials and the issuers' keys.

use reqwest::Method;
use serde_json::json;
use vwi_test_azure::settings::AssertionCheck;
use vwi_test_azure::{IssuerDocuments, PUBLIC_AUDIENCE, TestIssuer, TestKey, TestToken, Upstream};

use crate::scene::{SUBJECT, Scene, credential, credential_path};

const ADVICE: &str = "Check your federated identity credential Subject, Audience and Issuer \
     against the presented assertion. \
     https://learn.microsoft.com/entra/workload-id/workload-identity-federation";

/// A scene in which `app` trusts [`SUBJECT`] of the scene's issuer.
async fn trusting() -> Scene {
    let scene = Scene::new().await;
    assert_eq!(scene.put_credential("fic", SUBJECT).await.status, 201);
    scene
}

fn valid(scene: &Scene) -> TestToken {
    scene.issuer.token(SUBJECT, PUBLIC_AUDIENCE)
}

#[tokio::test]
async fn a_good_assertion_gives_a_token_that_arm_takes() {
    let scene = trusting().await;
    let got = scene.exchange_valid().await;
    assert_eq!(got.status, 200);
    assert_eq!(got.body["token_type"], "Bearer");
    assert_eq!(got.body["expires_in"], 3599);
    let token = got.body["access_token"].as_str().unwrap();
    let path = "/subscriptions?api-version=2022-12-01";
    assert_eq!(
        scene.raw(Method::GET, path, Some(token), None).await.status,
        200
    );
}

#[tokio::test]
async fn each_mismatch_has_its_own_error() {
    let scene = trusting().await;
    let start = "No matching federated identity record found for presented assertion";
    let elsewhere = TestIssuer::new(scene.issuer.url().trim_end_matches('/'));
    let slashless = elsewhere.token(SUBJECT, PUBLIC_AUDIENCE);
    let other = "system:serviceaccount:team-x:default";
    let upper = SUBJECT.to_uppercase();
    let hour_ago = valid(&scene).claims["iat"].as_i64().unwrap() - 3600;
    let kid = TestKey::Second.kid();
    let cases = [
        (
            slashless,
            700_211,
            format!("{start} issuer '{}'. {ADVICE}", elsewhere.url()),
        ),
        (
            scene.issuer.token(other, PUBLIC_AUDIENCE),
            700_213,
            format!("{start} subject '{other}'. {ADVICE}"),
        ),
        (
            scene.issuer.token(&upper, PUBLIC_AUDIENCE),
            7_002_138,
            format!(
                "{start} subject '{upper}'. The subject matches with case-insensitive comparison, \
                 but not with case-sensitive comparison. {ADVICE}"
            ),
        ),
        (
            scene.issuer.token(SUBJECT, "api://azureadtokenexchange"),
            700_212,
            format!("{start} audience 'api://azureadtokenexchange'. {ADVICE}"),
        ),
        (
            valid(&scene).with("exp", hour_ago),
            700_024,
            "Client assertion is not within its valid time range. Current time: 20".to_owned(),
        ),
        (
            valid(&scene).with("nbf", hour_ago + 7200),
            700_024,
            "Client assertion is not within its valid time range.".to_owned(),
        ),
        (
            TestToken {
                key: TestKey::Second,
                ..valid(&scene)
            },
            7_000_272,
            format!(
                "The certificate with identifier {kid} used to sign the federated credential \
                 could not be found in the metadata of identity provider {}.",
                scene.issuer.url()
            ),
        ),
        (
            TestToken {
                key: TestKey::Second,
                kid: Some(TestKey::First.kid()),
                ..valid(&scene)
            },
            700_027,
            "Client assertion contains an invalid signature.".to_owned(),
        ),
        (
            TestToken {
                forged: true,
                ..valid(&scene)
            },
            700_027,
            "Client assertion contains an invalid signature.".to_owned(),
        ),
    ];
    for (token, code, text) in cases {
        let got = scene
            .exchange(&scene.client_id(), &token.sign().unwrap())
            .await;
        assert_eq!((got.status, got.code()), (401, code.to_string()), "{got:?}");
        assert_eq!(got.body["error"], "invalid_client");
        let expected = format!("AADSTS{code}: {text}");
        assert!(got.text().starts_with(&expected), "{}", got.text());
        let gap = if code.to_string().starts_with("7002") {
            " "
        } else {
            "\r\n"
        };
        assert!(
            got.text().contains(&format!("{gap}Trace ID: ")),
            "{}",
            got.text()
        );
        for field in ["timestamp", "trace_id", "correlation_id", "error_uri"] {
            assert!(got.body[field].is_string(), "{field}");
        }
    }
}

#[tokio::test]
async fn an_identity_without_credentials_and_a_token_of_entra_are_refused() {
    let scene = Scene::new().await;
    for (switch, code) in [(70025, "70025"), (700_211, "700211")] {
        scene
            .world
            .change_settings(|settings| settings.entra.no_credentials = switch);
        assert_eq!(scene.exchange_valid().await.code(), code);
    }
    let own = TestIssuer::new(&format!(
        "{}/{}/v2.0",
        scene.server.url(),
        scene.info.tenant_id
    ));
    let token = own.token(SUBJECT, PUBLIC_AUDIENCE).sign().unwrap();
    let got = scene.exchange(&scene.client_id(), &token).await;
    assert_eq!(got.code(), "700222");
}

#[tokio::test]
async fn the_order_of_checks_is_a_switch() {
    use AssertionCheck::{Audience, Issuer, Signature, Subject, Times};
    let scene = trusting().await;
    // Wrong in everything.
    let token = TestToken {
        key: TestKey::Second,
        kid: Some(TestKey::First.kid()),
        ..TestIssuer::new("https://elsewhere.example/").token("nobody", "nothing")
    };
    let token = token.with("exp", 1).sign().unwrap();
    for (order, code) in [
        ([Issuer, Subject, Audience, Times, Signature], "700211"),
        ([Subject, Issuer, Audience, Times, Signature], "700213"),
        ([Audience, Subject, Issuer, Times, Signature], "700212"),
        ([Times, Audience, Subject, Issuer, Signature], "700024"),
        // An issuer that nobody answers for.
        ([Signature, Times, Audience, Subject, Issuer], "90061"),
    ] {
        scene
            .world
            .change_settings(|settings| settings.entra.order = order.to_vec());
        let got = scene.exchange(&scene.client_id(), &token).await;
        assert_eq!(got.code(), code, "{order:?}");
    }
}

#[tokio::test]
async fn codes_and_statuses_are_switches() {
    let scene = trusting().await;
    let wrong_key = TestToken {
        key: TestKey::Second,
        kid: Some(TestKey::First.kid()),
        ..valid(&scene)
    };
    let wrong_key = wrong_key.sign().unwrap();
    for code in [700_027, 50013, 900_384] {
        scene
            .world
            .change_settings(|settings| settings.entra.bad_signature = code);
        let got = scene.exchange(&scene.client_id(), &wrong_key).await;
        assert_eq!((got.status, got.code()), (401, code.to_string()));
    }
    let upper = scene.issuer.token(&SUBJECT.to_uppercase(), PUBLIC_AUDIENCE);
    let upper = upper.sign().unwrap();
    for (status, error) in [(400, "invalid_request"), (401, "invalid_client")] {
        scene.world.change_settings(|settings| {
            settings.entra.statuses.insert(7_002_138, status);
        });
        let got = scene.exchange(&scene.client_id(), &upper).await;
        assert_eq!((got.status, got.code().as_str()), (status, "7002138"));
        assert_eq!(got.body["error"], error);
    }
    scene.world.change_settings(|settings| {
        settings.entra.undifferentiated = true;
        settings.entra.error_uri = false;
    });
    let got = scene.exchange(&scene.client_id(), &upper).await;
    assert_eq!(got.code(), "70021");
    let text = format!("Assertion Issuer: '{}'.", scene.issuer.url());
    assert!(got.text().contains(&text), "{}", got.text());
    assert!(got.body.get("error_uri").is_none());
}

#[tokio::test]
async fn keys_are_the_issuers_live_ones() {
    let scene = trusting().await;
    assert_eq!(scene.exchange_valid().await.status, 200);
    // A key that appears is found at once, although others were fetched a moment ago.
    let second = TestToken {
        key: TestKey::Second,
        ..valid(&scene)
    };
    let second = second.sign().unwrap();
    assert_eq!(
        scene.exchange(&scene.client_id(), &second).await.code(),
        "7000272"
    );
    let both = TestIssuer::documents(&[TestKey::First, TestKey::Second]);
    scene
        .server
        .issuers()
        .set("host", Upstream::Documents(both));
    assert_eq!(
        scene.exchange(&scene.client_id(), &second).await.status,
        200
    );

    scene
        .world
        .change_settings(|settings| settings.entra.keys_fresh_seconds = 0);
    let another = IssuerDocuments {
        discovery: Some(json!({"issuer": "https://other/", "jwks_uri": "https://other/keys"})),
        keys: json!({}),
    };
    let plain = IssuerDocuments {
        discovery: Some(json!({"issuer": scene.issuer.url(), "jwks_uri": "http://127.0.0.1/"})),
        keys: json!({}),
    };
    for documents in [Some(another), Some(plain), None] {
        match documents {
            Some(documents) => {
                scene
                    .server
                    .issuers()
                    .set("host", Upstream::Documents(documents));
            }
            None => scene.server.issuers().remove("host"),
        }
        for code in [90061, 50166, 501_661] {
            scene
                .world
                .change_settings(|settings| settings.entra.issuer_unreachable = code);
            let got = scene.exchange_valid().await;
            assert_eq!((got.status, got.code()), (400, code.to_string()));
        }
    }
}

#[tokio::test]
async fn white_space_around_an_issuer_blocks_the_exchange() {
    let scene = Scene::new().await;
    let body = credential(&format!("{} ", scene.issuer.url()), SUBJECT);
    let got = scene
        .arm(Method::PUT, &credential_path("fic"), Some(body))
        .await;
    assert_eq!(got.status, 201);
    assert_eq!(scene.exchange_valid().await.code(), "700211");
}
