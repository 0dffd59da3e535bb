//! Who may do what.

use reqwest::{Method, StatusCode};
use serde_json::json;
use vwi_test_azure::{CallerSpec, Right};

use crate::scene::{SUBJECT, Scene, assert_error, assignment, credential, credential_path};

const APP: &str = "/providers/Microsoft.ManagedIdentity/userAssignedIdentities/app";
const NAME: &str = "11111111-2222-4333-8444-555555555555";

/// Reads the identity, writes a credential, assigns a role; returns the three statuses.
async fn try_all(scene: &Scene) -> [u16; 3] {
    let read = scene.arm(Method::GET, APP, None).await;
    let write = scene.put_credential("fic", SUBJECT).await;
    let assign = scene.put_reader(NAME).await;
    for got in [&read, &write, &assign] {
        if got.status == 403 {
            assert_error(got, StatusCode::FORBIDDEN, "AuthorizationFailed");
        }
    }
    [read.status, write.status, assign.status]
}

#[tokio::test]
async fn a_caller_does_what_its_rights_allow() {
    let credentials = "Microsoft.ManagedIdentity/userAssignedIdentities/\
                       federatedIdentityCredentials/write";
    let mut scene = Scene::new().await;
    let subscription = format!("/subscriptions/{}", scene.info.subscription_id);
    for (rights, expected) in [
        (vec![Right::role("Owner")], [200, 201, 201]),
        (vec![Right::role("Contributor")], [200, 201, 403]),
        (
            vec![Right::role("Managed Identity Contributor")],
            [200, 201, 403],
        ),
        (
            vec![Right::role("User Access Administrator")],
            [200, 403, 201],
        ),
        (vec![Right::role("Reader")], [200, 403, 403]),
        (vec![Right::actions(&[credentials])], [403, 201, 403]),
        (
            vec![Right::role_at(
                "Owner",
                &format!("{subscription}/resourceGroups/rg"),
            )],
            [200, 201, 201],
        ),
        (
            vec![Right::role_at(
                "Owner",
                &format!("{subscription}/resourceGroups/other"),
            )],
            [403, 403, 403],
        ),
        (vec![], [403, 403, 403]),
    ] {
        let caller = scene.world.add_caller(CallerSpec {
            rights: Some(rights.clone()),
            ..CallerSpec::default()
        });
        scene.token = scene.login(&caller).await;
        assert_eq!(try_all(&scene).await, expected, "{rights:?}");
        let id = scene.info.identities[0].id.clone();
        scene
            .world
            .remove(&format!("{id}/federatedIdentityCredentials/fic"));
        let group = format!("{subscription}/resourceGroups/rg");
        let roles = "providers/Microsoft.Authorization/roleAssignments";
        scene.world.remove(&format!("{group}/{roles}/{NAME}"));
    }
}

#[tokio::test]
async fn a_refusal_names_client_object_action_and_scope() {
    let mut scene = Scene::new().await;
    let caller = scene.world.add_caller(CallerSpec {
        rights: Some(Vec::new()),
        ..CallerSpec::default()
    });
    scene.token = scene.login(&caller).await;
    let got = scene.put_credential("fic", SUBJECT).await;
    let expected = format!(
        "The client '{}' with object id '{}' does not have authorization to perform action \
         'Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials/write' \
         over scope '/subscriptions/{}/resourceGroups/rg{}' or the scope is invalid. If access was \
         recently granted, please refresh your credentials.",
        caller.client_id,
        caller.object_id,
        scene.info.subscription_id,
        credential_path("fic")
    );
    assert_eq!(got.text(), expected);
    let path = "/subscriptions?api-version=2022-12-01";
    let seen = scene.raw(Method::GET, path, Some(&scene.token), None).await;
    assert_eq!(seen.body, json!({"value": []}));
}

#[tokio::test]
async fn a_managed_identity_has_the_rights_of_its_assignments() {
    let mut scene = Scene::new().await;
    assert_eq!(scene.put_credential("fic", SUBJECT).await.status, 201);
    assert_eq!(scene.put_reader(NAME).await.status, 201);
    let owner = scene.token.clone();
    let got = scene.exchange_valid().await;
    scene.token = got.body["access_token"].as_str().unwrap().to_owned();
    assert_eq!(scene.arm(Method::GET, APP, None).await.status, 200);
    let path = credential_path("more");
    let body = credential("https://x/", "y");
    let write = scene.arm(Method::PUT, &path, Some(body)).await;
    assert_eq!(write.status, 403);
    let role = "e40ec5ca-96e0-45a2-b4ff-59039f2c2b59";
    let principal = &scene.info.identities[0].principal_id;
    let body = assignment(&scene.info.subscription_id, role, principal);
    let path = format!(
        "/subscriptions/{}/providers/Microsoft.Authorization/roleAssignments/\
         21111111-2222-4333-8444-555555555555?api-version=2022-04-01",
        scene.info.subscription_id
    );
    let got = scene
        .raw(Method::PUT, &path, Some(&owner), Some(body))
        .await;
    assert_eq!(got.status, 201);
    assert_eq!(scene.put_credential("more", "more").await.status, 201);
}
