//! Role definitions and assignments.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use vwi_test_azure::{RoleDefinitionSpec, Seed};

use crate::scene::{READER, Scene, assert_error, assignment};

const NAME: &str = "11111111-2222-4333-8444-555555555555";
const OTHER: &str = "11111111-2222-4333-8444-666666666666";
const ASSIGNMENTS: &str = "/providers/Microsoft.Authorization/roleAssignments";

#[tokio::test]
async fn an_assignment_is_made_once() {
    let scene = Scene::new().await;
    let made = scene.put_reader(NAME).await;
    assert_eq!(made.status, 201);
    let properties = &made.body["properties"];
    for null in [
        "condition",
        "conditionVersion",
        "createdBy",
        "description",
        "delegatedManagedIdentityResourceId",
    ] {
        assert_eq!(properties.get(null), Some(&Value::Null), "{null}");
    }
    for status in [200, 201] {
        scene
            .world
            .change_settings(|settings| settings.roles.repeated_put_status = status);
        assert_eq!(scene.put_reader(NAME).await.status, status);
    }
    for (names_id, text) in [
        (
            true,
            "The role assignment already exists. The ID of the existing role assignment is \
             11111111222243338444555555555555.",
        ),
        (false, "The role assignment already exists."),
    ] {
        scene
            .world
            .change_settings(|settings| settings.roles.exists_names_id = names_id);
        let again = scene.put_reader(OTHER).await;
        assert_error(&again, StatusCode::CONFLICT, "RoleAssignmentExists");
        assert_eq!(again.text(), text);
    }
    for expected in [200, 204] {
        let path = format!("{ASSIGNMENTS}/{NAME}");
        assert_eq!(
            scene.arm(Method::DELETE, &path, None).await.status,
            expected
        );
    }
}

#[tokio::test]
async fn an_assignment_that_cannot_be_says_why() {
    let scene = Scene::new().await;
    assert_eq!(scene.put_reader(NAME).await.status, 201);
    let subscription = &scene.info.subscription_id;
    let caller = &scene.info.callers[0].object_id;
    let nobody = "99999999-2222-4333-8444-555555555555";
    let good = assignment(subscription, READER, caller);
    let with = |property: &str, value: Value| {
        let mut body = good.clone();
        body["properties"][property] = value;
        body
    };
    let mut untyped = good.clone();
    let properties = untyped["properties"].as_object_mut().unwrap();
    properties.shift_remove("principalType");
    for (name, body, status, code) in [
        (NAME, good.clone(), 409, "RoleAssignmentUpdateNotPermitted"),
        ("not-a-guid", good.clone(), 400, "InvalidRoleAssignmentId"),
        (
            OTHER,
            assignment(subscription, READER, nobody),
            400,
            "PrincipalNotFound",
        ),
        (
            OTHER,
            assignment(subscription, nobody, caller),
            400,
            "RoleDefinitionDoesNotExist",
        ),
        (
            OTHER,
            with("principalType", json!("User")),
            400,
            "UnmatchedPrincipalType",
        ),
        (OTHER, untyped, 400, "UnmatchedPrincipalType"),
        (OTHER, json!({}), 400, "InvalidRequestContent"),
    ] {
        let path = format!("{ASSIGNMENTS}/{name}");
        let got = scene.arm(Method::PUT, &path, Some(body)).await;
        assert_error(&got, StatusCode::from_u16(status).unwrap(), code);
    }
    let path = format!("{ASSIGNMENTS}/{OTHER}");
    let body = assignment(subscription, READER, nobody);
    let got = scene.arm(Method::PUT, &path, Some(body)).await;
    let start = format!(
        "Principal 99999999222243338444555555555555 does not exist in the directory {}.",
        scene.info.tenant_id
    );
    assert!(got.text().starts_with(&start), "{}", got.text());
}

#[tokio::test]
async fn assignments_are_listed_by_scope_and_principal() {
    let scene = Scene::new().await;
    let subscription = format!("/subscriptions/{}", scene.info.subscription_id);
    let group = format!("{subscription}/resourceGroups/rg");
    let vault = format!("{group}/providers/Microsoft.KeyVault/vaults/v");
    let (app, caller) = (
        &scene.info.identities[0].principal_id,
        &scene.info.callers[0].object_id,
    );
    for (number, (scope, principal)) in [
        (&subscription, app),
        (&group, caller),
        (&group, app),
        (&vault, app),
    ]
    .into_iter()
    .enumerate()
    {
        let body = assignment(&scene.info.subscription_id, READER, principal);
        let path = format!(
            "{scope}{ASSIGNMENTS}/1111111{number}-2222-4333-8444-555555555555\
             ?api-version=2022-04-01"
        );
        let got = scene
            .raw(Method::PUT, &path, Some(&scene.token), Some(body))
            .await;
        assert_eq!(got.status, 201, "{got:?}");
    }
    for (scope, filter, expected) in [
        (&subscription, "", vec![0, 1, 2, 3]),
        (&group, "", vec![0, 1, 2, 3]),
        (&group, "atScope()", vec![0, 1, 2]),
        (&vault, "atScope()", vec![0, 1, 2, 3]),
        (&subscription, "atScope()", vec![0]),
        (&group, &format!("principalId eq '{caller}'"), vec![1]),
        (&group, &format!("assignedTo('{app}')"), vec![0, 2, 3]),
        (
            &group,
            &format!("atScope() and assignedTo('{app}')"),
            vec![0, 2],
        ),
    ] {
        let filter: String = url::form_urlencoded::byte_serialize(filter.as_bytes()).collect();
        let query = format!("$filter={filter}&api-version=2022-04-01");
        let path = format!("{scope}{ASSIGNMENTS}?{query}");
        let got = scene
            .raw(Method::GET, &path, Some(&scene.token), None)
            .await;
        let value = got.body["value"].as_array().unwrap();
        let found: Vec<u32> = value
            .iter()
            .filter_map(|one| one["name"].as_str()?.chars().nth(7)?.to_digit(10))
            .collect();
        assert_eq!(found, expected, "{scope} {filter}");
    }
    let both = format!("$filter=atScope()%20and%20principalId%20eq%20'{app}'");
    let got = scene
        .arm(Method::GET, &format!("{ASSIGNMENTS}?{both}"), None)
        .await;
    assert_error(&got, StatusCode::BAD_REQUEST, "UnsupportedFilter");
}

#[tokio::test]
async fn roles_are_found_by_name_without_case_and_with_quotes() {
    let scene = Scene::new().await;
    let twin = |id: &str| RoleDefinitionSpec {
        role_name: "O'Brien's role".to_owned(),
        id: Some(id.to_owned()),
        ..RoleDefinitionSpec::default()
    };
    let seed = Seed {
        role_definitions: vec![twin(NAME), twin(OTHER)],
        ..Seed::default()
    };
    scene.world.seed(&seed).unwrap();
    let definitions = "/providers/Microsoft.Authorization/roleDefinitions";
    for (name, count) in [("reader", 1), ("O''Brien''s role", 2), ("Nothing", 0)] {
        let filter = format!("roleName eq '{name}'");
        let filter: String = url::form_urlencoded::byte_serialize(filter.as_bytes()).collect();
        let got = scene
            .arm(
                Method::GET,
                &format!("{definitions}?$filter={filter}"),
                None,
            )
            .await;
        let value = got.body["value"].as_array().unwrap();
        assert_eq!(value.len(), count, "{name}");
        for role in value {
            let id = role["id"].as_str().unwrap();
            // Whatever the scope asked at, ids are the subscription's.
            let start = format!(
                "/subscriptions/{}{definitions}/",
                scene.info.subscription_id
            );
            assert!(id.starts_with(&start), "{id}");
        }
    }
    let got = scene
        .arm(Method::GET, &format!("{definitions}/{READER}"), None)
        .await;
    assert_eq!(got.body["properties"]["roleName"], "Reader");
}
