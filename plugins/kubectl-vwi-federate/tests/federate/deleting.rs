//! `--delete`: trust is taken away without proof, and only what is ours goes.

use serde_json::json;
use vwi_test_azure::{Answer, CredentialSpec, Fault, IdentitySpec, Seed, WorldSpec};

use crate::scene::{FLAGS, ISSUER, Scene, of, record, stream, subject};

const DELETE: [&str; 5] = ["--identity", "app", "-g", "rg", "--delete"];

#[test]
fn what_was_made_goes_and_the_second_time_there_is_nothing_to_do() {
    let scene = Scene::new();
    let made = scene.run(&FLAGS, &of(&["app", "other"]));
    scene.writes();
    // The records say whose they are, so that no flag has to.
    let first = scene.run(&["--delete"], &made.stdout);
    first.expect(0, &[("True", "Deleted"), ("True", "Deleted")]);
    assert_eq!(scene.credentials("app").len(), 0);
    let record = &first.records()[0];
    assert_eq!(record["status"]["federatedCredential"]["result"], "deleted");
    assert!(record["status"]["identity"].is_null(), "{record:#}");
    scene.writes();
    for input in [&made.stdout, &first.stdout] {
        let again = scene.run(&["--delete"], input);
        again.expect(0, &[("True", "Unchanged"), ("True", "Unchanged")]);
    }
    assert_eq!(scene.writes(), Vec::<String>::new());
    // Without ids, issuer and subject tell.
    scene.run(&FLAGS, &of(&["app"]));
    scene
        .run(&DELETE, &of(&["app"]))
        .expect(0, &[("True", "Deleted")]);
}

#[test]
fn failed_and_bare_records_are_enough() {
    let scene = Scene::new();
    scene.run(&FLAGS, &of(&["app", "bare"]));
    let mut failed = record("app");
    failed["status"]["conditions"][0]["status"] = json!("False");
    failed["status"]["conditions"][0]["reason"] = json!("NotSynced");
    let done = scene.run(&DELETE, &stream(&[failed]));
    // What failed before stays failed in the stream, and its trust is gone all the same.
    done.expect(1, &[("True", "Deleted")]);
    let mut bare = record("bare");
    bare["status"] = json!({"subject": subject("bare"), "issuer": ISSUER});
    scene
        .run(&DELETE, &format!("{bare}\n"))
        .expect(0, &[("True", "Deleted")]);
    assert_eq!(scene.credentials("app").len(), 0);
    let nothing = json!({
        "apiVersion": "vwi/v1alpha1", "kind": "WorkloadIdentity",
        "metadata": {"name": "app", "namespace": "default"},
    });
    scene
        .run(&DELETE, &format!("{nothing}\n"))
        .expect(1, &[("False", "NoSubject")]);
}

#[test]
fn a_flag_does_not_lead_away_from_the_records_own_credential() {
    let identity = |name: &str| IdentitySpec {
        name: name.to_owned(),
        ..IdentitySpec::default()
    };
    let scene = Scene::with(WorldSpec {
        seed: Seed {
            identities: vec![identity("one"), identity("two")],
            ..Seed::default()
        },
        ..WorldSpec::default()
    });
    let flags = |name| ["--identity", name, "-g", "rg"];
    let on_one = scene.run(&flags("one"), &of(&["app"]));
    on_one.expect(0, &[("True", "Created")]);
    scene.run(&flags("two"), &of(&["app"]));
    scene.writes();
    let delete = [&flags("two")[..], &["--delete"]].concat();
    let refused = scene.run(&delete, &on_one.stdout);
    refused.expect(1, &[("False", "FlagAgainstRecord")]);
    for said in ["`two`", "`one`", "status.federatedCredential", "--override"] {
        assert!(refused.stderr.contains(said), "{said}: {}", refused.stderr);
    }
    assert_eq!(scene.writes(), Vec::<String>::new());
    let meant = [&delete[..], &["--override"]].concat();
    scene
        .run(&meant, &on_one.stdout)
        .expect(0, &[("True", "Deleted")]);
    assert_eq!(scene.credentials("one").len(), 1);
    assert_eq!(scene.credentials("two").len(), 0);
}

#[test]
fn what_others_made_is_kept_unless_it_is_meant() {
    let scene = Scene::with(WorldSpec {
        seed: Seed {
            identities: vec![IdentitySpec {
                name: "app".to_owned(),
                credentials: vec![CredentialSpec::new("by-hand", ISSUER, &subject("app"))],
                ..IdentitySpec::default()
            }],
            ..Seed::default()
        },
        ..WorldSpec::default()
    });
    let adopted = scene.run(&FLAGS, &of(&["app"]));
    adopted.expect(0, &[("True", "Adopted")]);
    let kept = scene.run(&DELETE, &adopted.stdout);
    kept.expect(0, &[("True", "Kept")]);
    assert!(kept.stderr.contains("kept (not ours)"), "{}", kept.stderr);
    assert_eq!(scene.writes(), Vec::<String>::new());
    let meant = [&DELETE[..], &["--include-foreign"]].concat();
    scene
        .run(&meant, &adopted.stdout)
        .expect(0, &[("True", "Deleted")]);
    assert_eq!(scene.credentials("app").len(), 0);
}

#[test]
fn roles_and_the_identity_go_if_they_are_ours_and_nobody_is_left() {
    let scene = Scene::new();
    let assign = format!("Reader@{}", scene.group());
    let place = ["--identity", "fresh", "-g", "rg"];
    let make = [&place[..], &["--create-identity", "--assign", &assign]].concat();
    scene
        .run(&make, &of(&["app", "other"]))
        .expect(0, &[("True", "Created"), ("True", "Created")]);
    scene.writes();
    let delete = [
        &place[..],
        &["--delete", "--delete-roles", "--delete-identity"],
    ]
    .concat();
    let refused = scene.run(&delete, &of(&["app"]));
    refused.expect(1, &[("False", "IdentityInUse")]);
    assert!(
        refused.stderr.contains("vwi-team-x-other"),
        "{}",
        refused.stderr
    );
    assert_eq!(scene.writes(), Vec::<String>::new());

    let dry = [&delete[..], &["--dry-run"]].concat();
    let shown = scene.run(&dry, &of(&["app", "other"]));
    assert!(
        shown.stderr.contains("- identity fresh"),
        "{}",
        shown.stderr
    );
    assert!(shown.stderr.contains("4 to delete"), "{}", shown.stderr);
    assert_eq!(scene.writes(), Vec::<String>::new());

    let deleted = scene.run(&delete, &of(&["app", "other"]));
    deleted.expect(0, &[("True", "Deleted"), ("True", "Deleted")]);
    let told = "identity `fresh` deleted, credential";
    assert!(deleted.stderr.contains(told), "{}", deleted.stderr);
    let writes = scene.writes();
    assert_eq!(writes.len(), 4, "{writes:?}");
    assert!(writes[2].contains("/roleAssignments/"), "{writes:?}");
    assert!(
        writes[3].ends_with("/userAssignedIdentities/fresh"),
        "{writes:?}"
    );
    scene
        .run(&delete, &of(&["app", "other"]))
        .expect(0, &[("True", "Unchanged"), ("True", "Unchanged")]);
    // An identity that somebody else made stays.
    scene.run(&FLAGS, &of(&["app"]));
    let theirs = [&DELETE[..], &["--delete-identity"]].concat();
    for reason in ["Deleted", "Kept"] {
        let kept = scene.run(&theirs, &of(&["app"]));
        kept.expect(0, &[("True", reason)]);
        for told in ["identity `app` kept (not ours)", "has no tag `managed-by="] {
            assert!(kept.stderr.contains(told), "{}", kept.stderr);
        }
    }
    assert!(
        scene
            .world
            .info()
            .identities
            .iter()
            .any(|identity| identity.name == "app")
    );
}

#[test]
fn roles_that_may_not_be_listed_are_not_taken_for_none() {
    let scene = Scene::new();
    let assign = format!("Reader@{}", scene.group());
    scene.run(
        &[&FLAGS[..], &["--assign", &assign]].concat(),
        &of(&["app"]),
    );
    scene.writes();
    let answer = Answer::error(403, "AuthorizationFailed", "no roleAssignments/read");
    scene
        .world
        .add_fault(Fault::new("GET", "roleAssignments", answer))
        .unwrap();
    let delete = [&DELETE[..], &["--delete-roles"]].concat();
    let refused = scene.run(&delete, &of(&["app"]));
    refused.expect(1, &[("False", "Forbidden")]);
    assert!(
        refused.stderr.contains("roleAssignments/read"),
        "{}",
        refused.stderr
    );
    assert_eq!(scene.writes(), Vec::<String>::new());
}

#[test]
fn a_deletion_that_is_not_asked_for_plainly_is_refused() {
    let scene = Scene::new();
    for flags in [
        &["--delete-roles"][..],
        &["--delete-identity"],
        &["--include-foreign"],
        &["--delete", "--prune", "removed", "--owner", "shop"],
        &["--delete", "--create-identity"],
        &["--prune", "dangling", "--no-host"],
        &["--prune", "dangling", "-f", "x.yaml"],
        &["--delete", "-o", "terraform"],
        &["--delete", "-o", "bicep"],
        &["--prune", "dangling", "-o", "aso"],
    ] {
        let flags = [&FLAGS[..], flags].concat();
        let refused = scene.run(&flags, &of(&["app"]));
        assert_eq!(refused.status, 2, "{flags:?}: {}", refused.stderr);
    }
    assert_eq!(scene.writes(), Vec::<String>::new());
}
