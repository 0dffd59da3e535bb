//! Role assignments.

use vwi_core::federation::candidates;
use vwi_test_azure::{
    Answer, CallerSpec, ClusterSpec, CredentialSpec, Fault, IdentitySpec, Right,
    RoleAssignmentSpec, RoleDefinitionSpec, Seed, Times, WorldSpec,
};

use crate::scene::{FLAGS, ISSUER, Scene, of, subject};

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

/// An emitted form that makes an identity can't give the assignment the name that federate gives:
/// that is made of the principal, which is not known before.
#[test]
fn what_an_emitted_form_assigned_is_adopted_and_keeps_its_name() {
    let scene = Scene::new();
    let assign = format!("Reader@{}", scene.group());
    let place = ["--identity", "fresh", "-g", "rg", "--create-identity"];
    let flags = [&place[..], &["--assign", &assign]].concat();
    let emitted = |form| {
        let shown = scene.run(&[&flags[..], &["-o", form]].concat(), &of(&["app"]));
        assert_eq!(shown.status, 0, "{form}: {}", shown.stderr);
        shown.stdout
    };
    for (form, named) in [
        ("az", "create --role"),
        ("bicep", "name: guid("),
        ("aso", "kind: RoleAssignment"),
    ] {
        let text = emitted(form);
        assert!(text.contains(named), "{form}: {text}");
        assert!(text.contains("its next run adopts them"), "{form}: {text}");
    }
    // As each of them leaves it.
    let principal = "00000000-0000-4000-8000-0000000000aa";
    let given = "00000000-0000-4000-8000-0000000000bb";
    let subject = subject("app");
    let name = candidates(ISSUER, &subject, None).next().unwrap();
    let seed = Seed {
        identities: vec![IdentitySpec {
            name: "fresh".to_owned(),
            principal_id: Some(principal.to_owned()),
            tags: [("managed-by".to_owned(), "kubectl-vwi".to_owned())].into(),
            credentials: vec![CredentialSpec::new(&name, ISSUER, &subject)],
            ..IdentitySpec::default()
        }],
        role_assignments: vec![RoleAssignmentSpec {
            name: Some(given.to_owned()),
            role: "Reader".to_owned(),
            principal_id: principal.to_owned(),
            principal_type: "ServicePrincipal".to_owned(),
            scope: scene.group(),
        }],
        ..Seed::default()
    };
    scene.world.seed(&seed).unwrap();
    let before = scene.world.dump();
    let again = [&flags[..], &["--fail-on", "change"]].concat();
    scene
        .run(&again, &of(&["app"]))
        .expect(0, &[("True", "Adopted")]);
    assert_eq!(scene.writes(), Vec::<String>::new());
    assert_eq!(scene.world.dump(), before);
    // Emitted once more, they declare what is there, and not a second one.
    assert!(!emitted("az").contains("role assignment create"));
    assert!(emitted("bicep").contains(&format!("name: '{given}'")));
    assert!(emitted("aso").contains(&format!("azureName: {given}")));
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

/// The hint and the record's reason for a refusal of the role's PUT.
fn refused_with(status: u16, code: &str) -> (String, crate::scene::Finished) {
    let scene = Scene::new();
    let refused = Answer::error(status, code, "no");
    scene
        .world
        .add_fault(Fault::new("PUT", "roleAssignments", refused))
        .unwrap();
    let group = scene.group();
    let flags = [&FLAGS[..], &["--role", "Reader", "--scope", &group]].concat();
    let failed = scene.run(&flags, &of(&["app"]));
    let puts = scene.writes();
    let puts = puts.iter().filter(|put| put.contains("roleAssignments"));
    assert_eq!(puts.count(), 1, "a refusal is not repeated");
    (group, failed)
}

#[test]
fn a_refusal_says_which_right_is_missing_or_that_none_would_help() {
    let (group, missing) = refused_with(403, "AuthorizationFailed");
    missing.expect(1, &[("False", "Forbidden")]);
    let right = format!("Role Based Access Control Administrator at `{group}`");
    assert!(missing.stderr.contains(&right), "{}", missing.stderr);

    let (_, denied) = refused_with(403, "DenyAssignmentAuthorizationFailed");
    denied.expect(1, &[("False", "Forbidden")]);
    assert!(
        denied.stderr.contains("deny assignment"),
        "{}",
        denied.stderr
    );

    let (group, taken) = refused_with(409, "RoleAssignmentUpdateNotPermitted");
    taken.expect(1, &[("False", "AzureRefused")]);
    let command = format!(
        "az role assignment delete --ids {group}/providers/Microsoft.Authorization/roleAssignments/"
    );
    assert!(taken.stderr.contains(&command), "{}", taken.stderr);
}

#[test]
fn several_roles_by_name_and_id_at_any_scope_are_all_assigned() {
    let scene = Scene::new();
    let subscription = format!("/subscriptions/{}", scene.info.subscription_id);
    let group = scene.group();
    let resource = format!("{group}/providers/Microsoft.Storage/storageAccounts/files");
    let blob_reader = "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1";
    let id =
        format!("{subscription}/providers/Microsoft.Authorization/roleDefinitions/{blob_reader}");
    let assigns = [
        format!("Reader@{subscription}"),
        format!("{blob_reader}@{group}"),
        format!("{id}@{resource}"),
        format!("AcrPull@{group}/"),
    ];
    let mut flags = FLAGS.to_vec();
    for assign in &assigns {
        flags.extend(["--assign", assign]);
    }
    let done = scene.run(&flags, &of(&["app"]));
    done.expect(0, &[("True", "Created")]);
    let dump = scene.world.dump();
    let principal = &scene.info.identities[0].principal_id;
    let assignments = dump["roleAssignments"].as_array().unwrap();
    let mut found: Vec<(&str, &str)> = assignments
        .iter()
        .map(|one| {
            assert_eq!(one["principalId"], principal.as_str());
            assert_eq!(one["principalType"], "ServicePrincipal");
            (
                one["role"].as_str().unwrap(),
                one["scope"].as_str().unwrap(),
            )
        })
        .collect();
    found.sort_unstable();
    let mut wanted = [
        ("Reader", subscription.as_str()),
        ("Storage Blob Data Reader", &group),
        ("Storage Blob Data Reader", &resource),
        ("AcrPull", &group),
    ];
    wanted.sort_unstable();
    assert_eq!(found, wanted);
    scene.writes();
    scene
        .run(&flags, &of(&["app"]))
        .expect(0, &[("True", "Unchanged")]);
    assert_eq!(scene.writes(), Vec::<String>::new());
}

#[test]
fn an_assignment_is_waited_for_until_azure_shows_it() {
    let scene = Scene::new();
    scene
        .world
        .change_settings(|settings| settings.propagation.assignment_visible.attempts = 2);
    let group = scene.group();
    let role = ["--role", "Reader", "--scope", &group, "--wait"];
    let flags = [&FLAGS[..], &role].concat();
    scene
        .run(&flags, &of(&["app"]))
        .expect(0, &[("True", "Created")]);
    let requests = scene.world.requests();
    let looks = requests
        .iter()
        .filter(|request| request.method == "GET" && request.path.contains("roleAssignments/"));
    assert!(looks.count() >= 3);

    let scene = Scene::new();
    scene
        .world
        .change_settings(|settings| settings.propagation.assignment_visible.attempts = 1000);
    let group = scene.group();
    let role = [
        "--role",
        "Reader",
        "--scope",
        &group,
        "--wait",
        "--timeout",
        "5s",
    ];
    let flags = [&FLAGS[..], &role].concat();
    let waited = scene.run(&flags, &of(&["app"]));
    waited.expect(124, &[("False", "TimedOut")]);
    assert!(waited.stderr.contains("is written"), "{}", waited.stderr);
}

#[test]
fn an_equal_assignment_that_azure_did_not_show_at_first_is_adopted() {
    for names_id in [true, false] {
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
        scene
            .world
            .change_settings(|settings| settings.roles.exists_names_id = names_id);
        let nothing = Answer::Body {
            status: 200,
            content_type: "application/json".to_owned(),
            body: r#"{"value":[]}"#.to_owned(),
        };
        let stale = Fault::new("GET", "roleAssignments", nothing).times(Times::First(2));
        scene.world.add_fault(stale).unwrap();
        let group = scene.group();
        let flags = [&FLAGS[..], &["--role", "Reader", "--scope", &group]].concat();
        let done = scene.run(&flags, &of(&["app"]));
        done.expect(0, &[("True", "Created")]);
        let role = &done.records()[0]["status"]["roleAssignments"][0];
        assert_eq!(role["result"], "adopted");
        let assignments = scene.world.dump()["roleAssignments"].clone();
        assert_eq!(assignments.as_array().unwrap().len(), 1);
        assert_eq!(assignments[0]["id"], role["id"]);
    }
}
