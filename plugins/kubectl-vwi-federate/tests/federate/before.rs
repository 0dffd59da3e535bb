//! Refused before the first write, with one message each.

use vwi_test_azure::{CredentialSpec, IdentitySpec, RoleAssignmentSpec, Seed, WorldSpec};

use crate::scene::{FLAGS, Finished, ISSUER, Scene, of, subject};

fn with_identity(identity: IdentitySpec) -> Scene {
    Scene::with(WorldSpec {
        seed: Seed {
            identities: vec![IdentitySpec {
                name: "app".to_owned(),
                ..identity
            }],
            ..Seed::default()
        },
        ..WorldSpec::default()
    })
}

/// The one record is refused for this reason, nothing was written, and that is said once.
#[track_caller]
fn expect_refused(scene: &Scene, refused: &Finished, reason: &str) {
    refused.expect(1, &[("False", reason)]);
    let lines = refused.stderr.lines();
    let about = lines.filter(|line| line.contains("default/app"));
    assert_eq!(about.count(), 1, "{}", refused.stderr);
    assert_eq!(scene.writes(), Vec::<String>::new());
}

#[test]
fn the_twenty_first_credential() {
    let held = (0..20).map(|index| {
        let name = format!("held-{index}");
        CredentialSpec::new(&name, ISSUER, &subject(&name))
    });
    let scene = with_identity(IdentitySpec {
        credentials: held.collect(),
        ..IdentitySpec::default()
    });
    let refused = scene.run(&FLAGS, &of(&["app"]));
    expect_refused(&scene, &refused, "NoRoom");
    for part in [
        "20/20 credentials, 1 to be added",
        "`held-19`",
        "--prune=dangling",
    ] {
        assert!(refused.stderr.contains(part), "{part}: {}", refused.stderr);
    }
}

#[test]
fn a_foreign_credential_with_our_name_is_never_written_over() {
    let scene = Scene::new();
    scene.run(&FLAGS, &of(&["app"]));
    let [name, ..] = scene.credentials("app").remove(0);
    let theirs = || CredentialSpec::new(&name, "https://theirs/", &subject("theirs"));
    let scene = with_identity(IdentitySpec {
        credentials: vec![theirs()],
        ..IdentitySpec::default()
    });
    let done = scene.run(&FLAGS, &of(&["app"]));
    done.expect(0, &[("True", "Created")]);
    let held = format!("name `{name}` is held by a credential that trusts something else");
    assert!(done.stderr.contains(&held), "{}", done.stderr);
    let credentials = scene.credentials("app");
    assert_eq!(credentials.len(), 2);
    assert_eq!(credentials[0][0], name);
    assert_eq!(credentials[0][1], "https://theirs/");
    scene.writes();
    scene
        .run(&FLAGS, &of(&["app"]))
        .expect(0, &[("True", "Unchanged")]);
    // One that trusts our subject for another audience can be neither written over nor joined.
    let scene = with_identity(IdentitySpec {
        credentials: vec![CredentialSpec {
            audiences: vec!["api://theirs".to_owned()],
            ..CredentialSpec::new("theirs", ISSUER, &subject("app"))
        }],
        ..IdentitySpec::default()
    });
    let refused = scene.run(&FLAGS, &of(&["app"]));
    expect_refused(&scene, &refused, "AudienceDiffers");
}

#[test]
fn a_foreign_role_assignment_with_our_name() {
    let scene = Scene::new();
    let assign = format!("Reader@{}", scene.group());
    let flags = [&FLAGS[..], &["--assign", &assign]].concat();
    let dry = [&flags[..], &["--dry-run", "-o", "json"]].concat();
    let plan = scene.run(&dry, &of(&["app"])).stdout;
    let plan: serde_json::Value = serde_json::from_str(&plan).unwrap();
    let name = plan["identities"][0]["roleAssignments"][0]["name"].as_str();
    scene
        .world
        .seed(&Seed {
            role_assignments: vec![RoleAssignmentSpec {
                name: name.map(str::to_owned),
                role: "Reader".to_owned(),
                principal_id: "00000000-0000-4000-8000-0000000000ff".to_owned(),
                principal_type: "ServicePrincipal".to_owned(),
                scope: scene.group(),
            }],
            ..Seed::default()
        })
        .unwrap();
    let refused = scene.run(&flags, &of(&["app"]));
    expect_refused(&scene, &refused, "RoleAssignmentNameTaken");
    assert!(
        refused.stderr.contains("az role assignment delete --ids"),
        "{}",
        refused.stderr
    );
}

#[test]
fn an_identity_in_a_region_without_credentials() {
    let scene = with_identity(IdentitySpec {
        location: "malaysiasouth".to_owned(),
        ..IdentitySpec::default()
    });
    let refused = scene.run(&FLAGS, &of(&["app"]));
    expect_refused(&scene, &refused, "RegionUnsupported");
    let fresh = [
        "--identity",
        "fresh",
        "-g",
        "rg",
        "--create-identity",
        "--location",
        "newzealandnorth",
    ];
    let refused = scene.run(&fresh, &of(&["app"]));
    expect_refused(&scene, &refused, "RegionUnsupported");
    assert!(
        refused.stderr.contains("another region"),
        "{}",
        refused.stderr
    );
}
