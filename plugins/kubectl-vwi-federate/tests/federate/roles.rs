//! Role assignments.

use vwi_test_azure::{
    Answer, CallerSpec, ClusterSpec, Fault, IdentitySpec, Right, RoleAssignmentSpec,
    RoleDefinitionSpec, Seed, WorldSpec,
};

use crate::scene::{FLAGS, ISSUER, Scene, of};

#[test]
fn an_equal_assignment_of_somebody_else_is_adopted() {
    let scene = Scene::new();
    let identity = &scene.info.identities[0];
    scene
        .world
        .seed(&Seed {
            role_assignments: vec![RoleAssignmentSpec {
                role: "Reader".to_owned(),
                principal_id: identity.principal_id.clone(),
                scope: scene.group(),
                ..RoleAssignmentSpec::default()
            }],
            ..Seed::default()
        })
        .unwrap();
    let group = scene.group();
    let flags = [&FLAGS[..], &["--role", "reader", "--scope", &group]].concat();
    let done = scene.run(&flags, &of(&["app"]));
    done.expect(0, &[("True", "Created")]);
    assert_eq!(
        done.records()[0]["status"]["roleAssignments"][0]["result"],
        "adopted"
    );
    assert_eq!(scene.writes().len(), 1, "the credential");
}

#[test]
fn a_role_that_nobody_knows_stops_its_record_before_the_first_write() {
    let scene = Scene::new();
    let group = scene.group();
    let flags = [
        &FLAGS[..],
        &["--role", "It's not a role", "--scope", &group],
    ]
    .concat();
    let refused = scene.run(&flags, &of(&["app"]));
    refused.expect(1, &[("False", "RoleNotFound")]);
    assert!(
        refused.stderr.contains("It's not a role"),
        "{}",
        refused.stderr
    );
    assert_eq!(scene.writes(), Vec::<String>::new());
}

#[test]
fn two_roles_of_one_name_are_an_error_that_lists_them() {
    let scene = Scene::new();
    let role = || RoleDefinitionSpec {
        role_name: "Twin".to_owned(),
        actions: vec!["*/read".to_owned()],
        ..RoleDefinitionSpec::default()
    };
    scene
        .world
        .seed(&Seed {
            role_definitions: vec![role(), role()],
            ..Seed::default()
        })
        .unwrap();
    let group = scene.group();
    let flags = [&FLAGS[..], &["--role", "Twin", "--scope", &group]].concat();
    scene
        .run(&flags, &of(&["app"]))
        .expect(1, &[("False", "RoleAmbiguous")]);
}

#[test]
fn without_rights_nothing_is_repeated_and_the_record_fails() {
    let scene = Scene::with(WorldSpec {
        callers: vec![CallerSpec {
            rights: Some(vec![Right::role("Reader")]),
            ..CallerSpec::default()
        }],
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
    let refused = scene.run(&flags, &of(&["app"]));
    refused.expect(1, &[("False", "Forbidden")]);
    assert!(
        refused.stderr.contains("x-ms-client-request-id"),
        "{}",
        refused.stderr
    );
    assert_eq!(scene.writes().len(), 2, "one try each");
    assert!(scene.credentials("app").is_empty());
}

#[test]
fn a_refused_role_fails_the_record_but_shows_what_is_there() {
    let scene = Scene::new();
    let refused = Answer::error(
        403,
        "AuthorizationFailed",
        "no action roleAssignments/write",
    );
    scene
        .world
        .add_fault(Fault::new("PUT", "roleAssignments", refused))
        .unwrap();
    let group = scene.group();
    let flags = [&FLAGS[..], &["--role", "Reader", "--scope", &group]].concat();
    let failed = scene.run(&flags, &of(&["app"]));
    failed.expect(1, &[("False", "Forbidden")]);
    let record = &failed.records()[0];
    assert_eq!(record["status"]["federatedCredential"]["result"], "created");
    assert!(record["status"]["roleAssignments"].is_null());
}
