//! Who asks Entra for a token, and how; discovery of tenants.

use reqwest::Method;
use vwi_test_azure::{CallerSpec, CredentialSpec, PUBLIC_AUDIENCE, TestIssuer, TestKey, TestToken};

use crate::scene::{ARM, SUBJECT, Scene};

#[tokio::test]
async fn a_wrong_application_or_form_has_its_own_error() {
    let scene = Scene::new().await;
    let assertion = scene.issuer.token(SUBJECT, PUBLIC_AUDIENCE).sign().unwrap();
    let app = &scene.world.info().identities[0];
    let client = &app.client_id;
    let secret = "client_secret";
    let grant = ("grant_type", "client_credentials");
    let scope = ("scope", "https://management.azure.com/.default");
    let kind = (
        "client_assertion_type",
        "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
    );
    let caller = &scene.info.callers[0];
    let nobody = "99999999-2222-4333-8444-555555555555";
    for (form, status, code) in [
        // The principal id is not the client id.
        (
            vec![
                grant,
                scope,
                kind,
                ("client_id", &app.principal_id),
                ("client_assertion", &assertion),
            ],
            400,
            700_016,
        ),
        (
            vec![grant, scope, ("client_id", nobody), (secret, "x")],
            400,
            700_016,
        ),
        (
            vec![
                grant,
                scope,
                ("client_id", &caller.client_id),
                (secret, "x"),
            ],
            401,
            7_000_215,
        ),
        (
            vec![grant, scope, ("client_id", client), (secret, "x")],
            401,
            7_000_215,
        ),
        (vec![grant, scope, ("client_id", client)], 401, 7_000_218),
        (vec![scope, ("client_id", client)], 400, 900_144),
        (vec![grant, ("client_id", client)], 400, 900_144),
        (
            vec![
                grant,
                ("client_id", client),
                ("scope", "https://management.azure.com"),
            ],
            400,
            1_002_012,
        ),
        (
            vec![("grant_type", "password"), scope, ("client_id", client)],
            400,
            70003,
        ),
        (
            vec![
                grant,
                scope,
                kind,
                ("client_id", client),
                ("client_assertion", "a.b"),
            ],
            401,
            50027,
        ),
    ] {
        let got = scene.ask(&form).await;
        assert_eq!(
            (got.status, got.code()),
            (status, code.to_string()),
            "{form:?} {got:?}"
        );
    }
}

#[tokio::test]
async fn a_caller_logs_in_with_a_credential_or_a_certificate() {
    let scene = Scene::new().await;
    let caller = scene.world.add_caller(CallerSpec {
        federated_credentials: vec![CredentialSpec::new("ci", scene.issuer.url(), "ci")],
        certificates: vec![TestKey::certificate_of_first().to_owned()],
        ..CallerSpec::default()
    });
    let by_credential = scene.issuer.token("ci", PUBLIC_AUDIENCE).sign().unwrap();
    assert_eq!(
        scene
            .exchange(&caller.client_id, &by_credential)
            .await
            .status,
        200
    );

    let endpoint = format!(
        "{}/{}/oauth2/v2.0/token",
        scene.server.url(),
        scene.info.tenant_id
    );
    let own = TestIssuer::new(&caller.client_id).token(&caller.client_id, &endpoint);
    for (token, code) in [
        (own.clone(), ""),
        (
            TestToken {
                key: TestKey::Second,
                ..own.clone()
            },
            "700027",
        ),
        (own.clone().with("aud", ARM), "700023"),
        (own.with("exp", 1), "700024"),
    ] {
        let got = scene
            .exchange(&caller.client_id, &token.sign().unwrap())
            .await;
        assert_eq!(got.code(), code, "{got:?}");
    }
}

#[tokio::test]
async fn a_tenant_that_does_not_exist_is_told_apart_from_one_that_cannot() {
    let scene = Scene::new().await;
    let discovery = "v2.0/.well-known/openid-configuration";
    for (tenant, status, code) in [
        (scene.info.tenant_id.as_str(), 200, ""),
        (scene.info.tenant_domain_name.as_str(), 200, ""),
        // A subscription is no tenant.
        (scene.info.subscription_id.as_str(), 400, "90002"),
        ("nobody.example", 400, "90002"),
        ("nobody", 400, "900023"),
    ] {
        let path = format!("/{tenant}/{discovery}");
        let got = scene.raw(Method::GET, &path, None, None).await;
        assert_eq!(
            (got.status, got.code().as_str()),
            (status, code),
            "{tenant}"
        );
        if status == 200 {
            let issuer = format!("{}/{}/v2.0", scene.server.url(), scene.info.tenant_id);
            assert_eq!(got.body["issuer"], issuer);
        } else {
            assert_eq!(got.body["error"], "invalid_tenant");
        }
    }
}
