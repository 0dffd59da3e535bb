//! What ARM asks of every request: token, version, subscription, path.

use reqwest::{Method, StatusCode};
use vwi_test_azure::WorldSpec;

use crate::scene::{Scene, assert_error};

#[tokio::test]
async fn a_request_without_a_good_token_is_sent_to_the_authority() {
    let scene = Scene::new().await;
    let path = format!(
        "/subscriptions/{}?api-version=2022-12-01",
        scene.info.subscription_id
    );
    let other = scene.server.worlds().create(WorldSpec::default()).unwrap();
    let foreign = scene.ask_elsewhere(&other.info()).await;
    let caller = &scene.info.callers[0];
    let vault = scene
        .ask_with_secret(caller, "https://vault.azure.net")
        .await;
    let vault = vault.body["access_token"].as_str().unwrap();
    scene
        .world
        .change_settings(|settings| settings.entra.token_seconds = -1);
    let expired = scene.login(caller).await;
    for (token, code) in [
        (None, "AuthenticationFailed"),
        (Some("x.y.z"), "InvalidAuthenticationToken"),
        (Some(expired.as_str()), "ExpiredAuthenticationToken"),
        (Some(foreign.as_str()), "InvalidAuthenticationTokenTenant"),
        (Some(vault), "InvalidAuthenticationTokenAudience"),
    ] {
        let got = scene.raw(Method::GET, &path, token, None).await;
        assert_error(&got, StatusCode::UNAUTHORIZED, code);
        let tenant = &scene.info.tenant_id;
        let expected = format!(
            "Bearer authorization_uri=\"{}/{tenant}\", error=\"invalid_token\"",
            scene.server.url()
        );
        assert!(
            got.headers["www-authenticate"].starts_with(&expected),
            "{got:?}"
        );
    }
}

#[tokio::test]
async fn a_request_that_names_nothing_known_says_what() {
    let scene = Scene::new().await;
    let subscription = format!("/subscriptions/{}", scene.info.subscription_id);
    let group = format!("{subscription}/resourceGroups/rg");
    let identities = "providers/Microsoft.ManagedIdentity/userAssignedIdentities";
    for (path, status, code) in [
        (subscription.clone(), 400, "MissingApiVersionParameter"),
        (
            format!("{subscription}?api-version=soon"),
            400,
            "NoRegisteredProviderFound",
        ),
        (
            format!("{group}/{identities}?api-version=2020-01-01"),
            400,
            "NoRegisteredProviderFound",
        ),
        (
            // Credentials are younger than identities.
            format!("{group}/{identities}/app/federatedIdentityCredentials?api-version=2018-11-30"),
            400,
            "NoRegisteredProviderFound",
        ),
        (
            "/subscriptions/8e3af657-a8ff-443c-a75c-2fe8c4bcb635?api-version=2022-12-01".to_owned(),
            404,
            "SubscriptionNotFound",
        ),
        (
            "/subscriptions/mine?api-version=2022-12-01".to_owned(),
            400,
            "InvalidSubscriptionId",
        ),
        (
            format!("{subscription}/resourceGroups/other?api-version=2024-11-01"),
            404,
            "ResourceGroupNotFound",
        ),
        (
            format!("{subscription}/resourceGroups/other/{identities}/a?api-version=2024-11-30"),
            404,
            "ResourceGroupNotFound",
        ),
        (
            format!("{group}/providers/Microsoft.Nothing/things/a?api-version=2024-11-30"),
            404,
            "InvalidResourceNamespace",
        ),
        (
            format!("{group}/providers/Microsoft.ManagedIdentity/things/a?api-version=2024-11-30"),
            404,
            "InvalidResourceType",
        ),
        (
            format!("{group}/{identities}/other?api-version=2024-11-30"),
            404,
            "ResourceNotFound",
        ),
        (
            format!(
                "{group}/{identities}/other/federatedIdentityCredentials?api-version=2024-11-30"
            ),
            404,
            "ParentResourceNotFound",
        ),
        (
            format!(
                "{group}/providers/Microsoft.ContainerService/managedClusters/x?api-version=2026-06-01"
            ),
            404,
            "ResourceNotFound",
        ),
        (
            format!("{group}//{identities}?api-version=2024-11-30"),
            404,
            "NotFound",
        ),
    ] {
        let got = scene
            .raw(Method::GET, &path, Some(&scene.token), None)
            .await;
        let status = StatusCode::from_u16(status).unwrap();
        assert_error(&got, status, code);
    }
}

#[tokio::test]
async fn every_version_of_the_reference_is_taken_and_paths_in_any_case() {
    let scene = Scene::new().await;
    let subscription = &scene.info.subscription_id;
    for version in [
        "2018-11-30",
        "2023-01-31",
        "2024-11-30",
        "2026-04-30",
        "2026-05-31",
        "2025-01-31-preview",
        "2025-05-31-preview",
    ] {
        let path = format!(
            "/SUBSCRIPTIONS/{subscription}/resourcegroups/RG/Providers/microsoft.managedidentity/\
             USERASSIGNEDIDENTITIES/App?api-version={version}"
        );
        let got = scene
            .raw(Method::GET, &path, Some(&scene.token), None)
            .await;
        assert_eq!(got.status, 200, "{version} {got:?}");
        let id = got.body["id"].as_str().unwrap();
        assert!(id.contains("/resourcegroups/rg/"), "{id}");
        let shows_scope = !got.body["properties"]["isolationScope"].is_null();
        assert_eq!(shows_scope, version >= "2024-11-30", "{version}");
    }
}

#[tokio::test]
async fn every_answer_of_arm_has_its_headers() {
    let scene = Scene::new().await;
    let got = scene.arm(Method::GET, "", None).await;
    for name in [
        "x-ms-request-id",
        "x-ms-correlation-request-id",
        "x-ms-routing-request-id",
        "x-ms-ratelimit-remaining-subscription-reads",
    ] {
        assert!(got.headers.contains_key(name), "{name} {got:?}");
    }
}

#[tokio::test]
async fn clouds_are_described_without_a_token() {
    let scene = Scene::new().await;
    let path = "/metadata/endpoints?api-version=2022-09-01";
    let got = scene.raw(Method::GET, path, None, None).await;
    assert_eq!(got.body[0]["resourceManager"], scene.server.url());
    assert_eq!(
        got.body[0]["authentication"]["loginEndpoint"],
        scene.server.url()
    );
}

impl Scene {
    /// Logs in to another world of the server.
    async fn ask_elsewhere(&self, info: &vwi_test_azure::WorldInfo) -> String {
        let caller = &info.callers[0];
        let form = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("grant_type", "client_credentials")
            .append_pair("client_id", &caller.client_id)
            .append_pair("client_secret", &caller.client_secret)
            .append_pair("scope", "https://management.azure.com/.default")
            .finish();
        let url = format!("{}/{}/oauth2/v2.0/token", info.url, info.tenant_id);
        let answer = self.http.post(url).body(form).send().await.unwrap();
        let body: serde_json::Value = answer.json().await.unwrap();
        body["access_token"].as_str().unwrap().to_owned()
    }
}
