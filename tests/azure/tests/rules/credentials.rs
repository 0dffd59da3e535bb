//! Federated identity credentials.

use std::time::Duration;

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use vwi_test_azure::settings::{Flexible, Refusal};
use vwi_test_azure::{CredentialSpec, IdentitySpec, Seed};

use crate::scene::{SUBJECT, Scene, assert_error, credential, credential_path};

const ISSUER: &str = "https://issuer.example/";

#[tokio::test]
async fn a_credential_is_made_replaced_and_deleted() {
    let scene = Scene::new().await;
    let path = credential_path("vwi-app");
    let made = scene
        .arm(Method::PUT, &path, Some(credential(ISSUER, SUBJECT)))
        .await;
    assert_eq!(made.status, 201);
    let id = made.body["id"].as_str().unwrap();
    let end = "/userAssignedIdentities/app/federatedIdentityCredentials/vwi-app";
    assert!(
        id.contains("/resourcegroups/rg/") && id.ends_with(end),
        "{id}"
    );
    let wanted = credential(ISSUER, SUBJECT);
    assert_eq!(made.body["properties"], wanted["properties"]);

    let got = scene
        .arm(Method::GET, &credential_path("VWI-APP"), None)
        .await;
    assert_eq!((got.status, &got.body), (200, &made.body));
    // A PUT under a name replaces whoever holds it, without a word.
    let other = credential(ISSUER, "system:serviceaccount:other:other");
    let replaced = scene.arm(Method::PUT, &path, Some(other.clone())).await;
    assert_eq!(
        (replaced.status, &replaced.body["properties"]),
        (200, &other["properties"])
    );

    for expected in [200, 204] {
        let deleted = scene.arm(Method::DELETE, &path, None).await;
        assert_eq!(deleted.status, expected);
    }
    let gone = scene.arm(Method::GET, &path, None).await;
    assert_error(&gone, StatusCode::NOT_FOUND, "NotFound");
}

#[tokio::test]
async fn what_is_not_a_credential_is_refused() {
    let scene = Scene::new().await;
    let good = || credential(ISSUER, SUBJECT);
    let with = |property: &str, value: Value| {
        let mut body = good();
        body["properties"][property] = value;
        body
    };
    let long = |length| Value::from("x".repeat(length));
    let one = "Federated identity credentials must have exactly one audience.";
    let empty = "Federated Identity Credential from HTTP body has empty properties";
    let name = |name: &str| format!("Federated Identity Credential name '{name}' is invalid.");
    let (short, start, dot, too_long) = ("ab", "-ab", "a.b", "a".repeat(121));
    let cases = [
        (short, good(), name(short)),
        (start, good(), name(start)),
        (dot, good(), name(dot)),
        (&too_long, good(), name(&too_long)),
        ("good", with("audiences", json!([])), one.to_owned()),
        ("good", with("audiences", json!(["a", "b"])), one.to_owned()),
        ("good", with("audiences", Value::Null), one.to_owned()),
        ("good", json!({}), empty.to_owned()),
        ("good", json!({"properties": {}}), empty.to_owned()),
        ("good", with("subject", Value::Null), empty.to_owned()),
        ("good", with("issuer", json!("")), empty.to_owned()),
        (
            "good",
            with("subject", long(601)),
            "subject has 601".to_owned(),
        ),
        (
            "good",
            with("issuer", long(601)),
            "issuer has 601".to_owned(),
        ),
        (
            "good",
            with("audiences", json!([long(601)])),
            "audience has 601".to_owned(),
        ),
    ];
    for (name, body, text) in cases {
        let got = scene
            .arm(Method::PUT, &credential_path(name), Some(body))
            .await;
        assert_error(&got, StatusCode::BAD_REQUEST, "BadRequest");
        assert!(got.text().contains(&text), "{}", got.text());
    }
    let longest = "a".repeat(120);
    for (name, body) in [
        (longest.as_str(), good()),
        // Azure takes a subject that nobody has.
        ("abc", with("subject", long(600))),
    ] {
        let got = scene
            .arm(Method::PUT, &credential_path(name), Some(body))
            .await;
        assert_eq!(got.status, 201, "{got:?}");
    }
}

#[tokio::test]
async fn a_pair_of_issuer_and_subject_is_held_once() {
    let scene = Scene::new().await;
    assert_eq!(scene.put_credential("first", SUBJECT).await.status, 201);
    // Byte for byte: another case or a missing slash is another pair.
    assert_eq!(
        scene
            .put_credential("upper", &SUBJECT.to_uppercase())
            .await
            .status,
        201
    );
    let slashless = credential(scene.issuer.url().trim_end_matches('/'), SUBJECT);
    let got = scene
        .arm(Method::PUT, &credential_path("slashless"), Some(slashless))
        .await;
    assert_eq!(got.status, 201);
    for refusal in [
        Refusal::new(400, "BadRequest"),
        Refusal::new(409, "Conflict"),
        Refusal::new(400, "AnyOther"),
    ] {
        let wanted = refusal.clone();
        let change = |settings: &mut vwi_test_azure::Settings| {
            settings.credentials.duplicate_pair = refusal;
        };
        scene.world.change_settings(change);
        let got = scene.put_credential("second", SUBJECT).await;
        let status = StatusCode::from_u16(wanted.status).unwrap();
        assert_error(&got, status, &wanted.code);
        let text = "Issuer and subject combination already exists for this Managed Identity.";
        assert_eq!(got.text(), text);
    }
    // Its own pair under its own name is no duplicate.
    assert_eq!(scene.put_credential("first", SUBJECT).await.status, 200);
}

#[tokio::test]
async fn an_identity_has_twenty() {
    let scene = Scene::new().await;
    for number in 0..20 {
        let got = scene
            .put_credential(&format!("fic-{number}"), &format!("s{number}"))
            .await;
        assert_eq!(got.status, 201);
    }
    let over = scene.put_credential("fic-20", "s20").await;
    assert_error(&over, StatusCode::BAD_REQUEST, "BadRequest");
    assert_eq!(over.text(), "Too many Federated Identity Credentials");
    assert_eq!(scene.put_credential("fic-3", "another").await.status, 200);
}

#[tokio::test]
async fn the_credential_of_bindings_may_or_may_not_count() {
    for (counts, expected) in [(true, 400), (false, 201)] {
        let scene = Scene::new().await;
        let mut credentials = vec![CredentialSpec::new("aks-identity-binding", ISSUER, "b")];
        let others = (0..19).map(|number| {
            CredentialSpec::new(&format!("fic-{number}"), ISSUER, &format!("s{number}"))
        });
        credentials.extend(others);
        let identity = IdentitySpec {
            name: "app".to_owned(),
            credentials,
            ..IdentitySpec::default()
        };
        let seed = Seed {
            identities: vec![identity],
            ..Seed::default()
        };
        scene.world.seed(&seed).unwrap();
        scene
            .world
            .change_settings(|settings| settings.bindings.takes_one_credential = counts);
        assert_eq!(
            scene.put_credential("one-more", "more").await.status,
            expected
        );
    }
}

#[tokio::test]
async fn one_write_at_a_time_per_identity() {
    let scene = Scene::new().await;
    scene
        .world
        .change_settings(|settings| settings.latency_ms = 300);
    let seed = Seed {
        identities: vec![IdentitySpec {
            name: "other".to_owned(),
            ..IdentitySpec::default()
        }],
        ..Seed::default()
    };
    scene.world.seed(&seed).unwrap();
    let gone = credential_path("fic-d");
    let elsewhere = credential_path("elsewhere").replace("/app/", "/other/");
    let (a, b, c, d, other) = tokio::join!(
        scene.put_credential("fic-a", "a"),
        scene.put_credential("fic-b", "b"),
        scene.put_credential("fic-c", "c"),
        scene.arm(Method::DELETE, &gone, None),
        scene.arm(Method::PUT, &elsewhere, Some(credential(ISSUER, "s"))),
    );
    let code = "ConcurrentFederatedIdentityCredentialsWritesForSingleManagedIdentity";
    let mut done = 0;
    for got in [a, b, c, d] {
        if got.status == 409 {
            assert_error(&got, StatusCode::CONFLICT, code);
            let id = scene.info.identities[0].id.to_lowercase();
            assert!(got.text().contains(&format!("'{id}'")), "{}", got.text());
        } else {
            done += 1;
        }
    }
    assert_eq!((done, other.status), (1, 201));
    // The way is free again, also after a client that did not wait for its answer.
    let url = format!(
        "{}/subscriptions/{}/resourceGroups/rg{}?api-version=2024-11-30",
        scene.server.url(),
        scene.info.subscription_id,
        credential_path("fic-e")
    );
    let body = Some(credential(ISSUER, "e"));
    let impatient = scene.send(Method::PUT, &url, Some(&scene.token), body);
    let impatient = tokio::time::timeout(Duration::from_millis(100), impatient).await;
    assert!(impatient.is_err());
    assert_eq!(scene.put_credential("fic-f", "f").await.status, 409);
    let path = credential_path("fic-e");
    assert_eq!(scene.arm(Method::GET, &path, None).await.status, 200);
    assert_eq!(scene.put_credential("fic-f", "f").await.status, 201);
}

#[tokio::test]
async fn a_region_may_lack_credentials() {
    let scene = Scene::new().await;
    let seed = Seed {
        identities: vec![IdentitySpec {
            name: "far".to_owned(),
            location: "newzealandnorth".to_owned(),
            ..IdentitySpec::default()
        }],
        ..Seed::default()
    };
    scene.world.seed(&seed).unwrap();
    let path = credential_path("fic").replace("/app/", "/far/");
    let got = scene
        .arm(Method::PUT, &path, Some(credential(ISSUER, "s")))
        .await;
    assert_error(&got, StatusCode::METHOD_NOT_ALLOWED, "MethodNotAllowed");
    let text = "Support for federated identity credentials not enabled.";
    assert!(got.text().contains(text), "{}", got.text());
}

#[tokio::test]
async fn flexible_credentials_are_for_previews_and_a_switch() {
    let scene = Scene::new().await;
    let body = json!({"properties": {
        "issuer": ISSUER,
        "audiences": ["api://AzureADTokenExchange"],
        "claimsMatchingExpression": {"value": "claims['sub'] matches 'x*'", "languageVersion": 1},
    }});
    for (flexible, version, expected) in [
        (Flexible::Refuse, "2025-01-31-preview", 400),
        (Flexible::Accept, "2024-11-30", 400),
        (Flexible::Accept, "2025-01-31-preview", 201),
    ] {
        scene
            .world
            .change_settings(|settings| settings.credentials.flexible = flexible);
        let path = format!(
            "/subscriptions/{}/resourceGroups/rg{}?api-version={version}",
            scene.info.subscription_id,
            credential_path("flexible")
        );
        let got = scene
            .raw(Method::PUT, &path, Some(&scene.token), Some(body.clone()))
            .await;
        assert_eq!(got.status, expected, "{flexible:?} {version} {got:?}");
    }
    let list = scene
        .arm(Method::GET, &credential_path("flexible"), None)
        .await;
    assert!(list.body["properties"].get("subject").is_none());
}
