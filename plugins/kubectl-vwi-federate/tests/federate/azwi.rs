//! What azwi does wrong, and we do not.
//!
//! Its second defect, a ServiceAccount that is replaced by a bare object, would be annotate's: see
//! `objects.rs` among that step's tests.

use std::collections::BTreeSet;
use std::fs;

use serde_json::json;
use vwi_test_azure::{
    Answer, CLOUD, ClusterSpec, Fault, IdentitySpec, RoleDefinitionSpec, Seed, WorldSpec,
};

use crate::scene::{FLAGS, ISSUER, Scene, of, record, stream};

#[test]
fn a_role_that_is_refused_every_time_is_a_failure_after_one_try() {
    let scene = Scene::new();
    let refused = Answer::error(403, "AuthorizationFailed", "no");
    let fault = Fault::new("PUT", "roleAssignments", refused);
    scene.world.add_fault(fault).unwrap();
    let group = scene.group();
    let flags = [&FLAGS[..], &["--role", "Reader", "--scope", &group]].concat();
    scene
        .run(&flags, &of(&["app"]))
        .expect(1, &[("False", "Forbidden")]);
    let roles = scene.writes().into_iter();
    assert_eq!(
        roles.filter(|put| put.contains("roleAssignments")).count(),
        1
    );
}

#[test]
fn an_identity_that_cannot_be_read_has_no_empty_client_id_and_nothing_is_written() {
    for answer in [
        Answer::error(403, "AuthorizationFailed", "no"),
        Answer::Body {
            status: 200,
            content_type: "application/json".to_owned(),
            body: r#"{"id":"x","location":"westeurope","properties":{}}"#.to_owned(),
        },
    ] {
        let scene = Scene::new();
        let fault = Fault::new("GET", "userAssignedIdentities/app[?]", answer);
        scene.world.add_fault(fault).unwrap();
        let failed = scene.run(&FLAGS, &of(&["app"]));
        assert_ne!(failed.status, 0, "{}", failed.stderr);
        assert!(!failed.stdout.contains("clientId"), "{}", failed.stdout);
        assert_eq!(scene.writes(), Vec::<String>::new());
    }
}

#[test]
fn a_host_that_has_no_address_is_not_an_identity_that_is_absent() {
    let scene = Scene::new();
    let clouds = scene.folder().join("clouds.config");
    let text = fs::read_to_string(&clouds).unwrap();
    let elsewhere = text.replace(
        &format!("endpoint_resource_manager = {}", scene.info.url),
        "endpoint_resource_manager = https://arm.host-not-found.invalid",
    );
    assert_ne!(text, elsewhere);
    fs::write(&clouds, elsewhere).unwrap();
    let flags = [
        &FLAGS[..],
        &["--create-identity", "--location", "westeurope"],
    ]
    .concat();
    let failed = scene.run(&flags, &of(&["app"]));
    assert_eq!(failed.status, 3, "{}", failed.stderr);
    assert_eq!(scene.writes(), Vec::<String>::new());
}

#[test]
fn a_quote_in_a_roles_name_is_part_of_the_name() {
    let scene = Scene::new();
    let role = RoleDefinitionSpec {
        role_name: "Team's 'or' 1 eq 1".to_owned(),
        actions: vec!["*/read".to_owned()],
        ..RoleDefinitionSpec::default()
    };
    let seed = Seed {
        role_definitions: vec![role.clone()],
        ..Seed::default()
    };
    scene.world.seed(&seed).unwrap();
    let group = scene.group();
    let flags = [&FLAGS[..], &["--role", &role.role_name, "--scope", &group]].concat();
    let done = scene.run(&flags, &of(&["app"]));
    done.expect(0, &[("True", "Created")]);
    let roles = scene.world.dump()["roleAssignments"].clone();
    assert_eq!(roles[0]["role"], role.role_name);
}

#[test]
fn a_cloud_of_its_own_is_asked_and_no_other() {
    let scene = Scene::new();
    // Known by the Azure CLI, or by its ARM alone: a fresh folder knows no cloud.
    let known = scene.run(&FLAGS, &of(&["app"]));
    known.expect(0, &[("True", "Created")]);
    let empty = tempfile::tempdir().unwrap();
    let folder = empty.path().to_str().unwrap();
    let variables = [("AZURE_CONFIG_DIR", folder), ("AZURE_AUTHORITY_HOST", "")];
    let flags = [&FLAGS[..], &["--arm-endpoint", &scene.info.url]].concat();
    let found = scene.run_with(&flags, &of(&["app"]), &variables);
    found.expect(0, &[("True", "Unchanged")]);
    let audiences = scene.world.requests();
    let scopes: BTreeSet<String> = audiences
        .iter()
        .filter(|request| request.is_token())
        .map(|request| request.body["scope"].to_string())
        .collect();
    assert_eq!(scopes.len(), 1, "the same scope by both ways: {scopes:?}");

    let flags = [&FLAGS[..], &["--arm-endpoint", "https://127.0.0.1:1"]].concat();
    let failed = scene.run_with(&flags, &of(&["app"]), &variables);
    assert_eq!(failed.status, 3, "{}", failed.stderr);
    let flags = [&FLAGS[..], &["--arm-endpoint", "http://127.0.0.1"]].concat();
    assert_eq!(scene.run_with(&flags, &of(&["app"]), &variables).status, 2);
    let both = ["--arm-endpoint", &scene.info.url, "--azure-cloud", CLOUD];
    let flags = [&FLAGS[..], &both].concat();
    assert_eq!(scene.run(&flags, &of(&["app"])).status, 2);
}

#[test]
fn dashes_do_not_make_two_service_accounts_one() {
    let scene = Scene::new();
    let of_namespace = |namespace: &str, name: &str| {
        let mut record = record(name);
        let host = format!("{name}-x-{namespace}-x-vc");
        record["metadata"]["namespace"] = json!(namespace);
        record["status"]["subject"] = json!(format!("system:serviceaccount:team-x:{host}"));
        record["status"]["hostServiceAccount"]["name"] = json!(host);
        record
    };
    let input = stream(&[of_namespace("a-b", "c"), of_namespace("a", "b-c")]);
    let flags = [&FLAGS[..], &["--shared-identity"]].concat();
    scene
        .run(&flags, &input)
        .expect(0, &[("True", "Created"), ("True", "Created")]);
    assert_eq!(scene.credentials("app").len(), 2);
}

#[test]
fn what_is_said_to_be_created_is_what_the_server_saw_created() {
    let scene = Scene::with(WorldSpec {
        seed: Seed {
            identities: vec![IdentitySpec {
                name: "app".to_owned(),
                ..IdentitySpec::default()
            }],
            clusters: vec![ClusterSpec::new("aks", ISSUER)],
            ..Seed::default()
        },
        ..WorldSpec::default()
    });
    let group = scene.group();
    let flags = [&FLAGS[..], &["--role", "Reader", "--scope", &group]].concat();
    let mut results = Vec::new();
    for _ in 0..2 {
        let done = scene.run(&flags, &of(&["app"]));
        let status = done.records()[0]["status"].clone();
        let puts = scene.world.requests();
        let puts = puts.iter().filter(|request| request.is_write());
        let created = puts.filter(|request| request.status == Some(201)).count();
        results.push((
            status["federatedCredential"]["result"].clone(),
            status["roleAssignments"][0]["result"].clone(),
            created,
        ));
        scene.world.clear_requests();
    }
    assert_eq!(
        results,
        [
            (json!("created"), json!("created"), 2),
            (json!("unchanged"), json!("unchanged"), 0),
        ]
    );
}
