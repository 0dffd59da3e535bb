//! Which identity a record gets: the map, placeholders, those that trust already.

use serde_json::json;
use vwi_test_azure::{Answer, CredentialSpec, Fault, IdentitySpec, Seed, WorldSpec};

use crate::scene::{FLAGS, ISSUER, Scene, of, record, stream, subject};

fn with_identities(identities: &[(&str, Vec<CredentialSpec>)]) -> Scene {
    Scene::with(WorldSpec {
        seed: Seed {
            identities: identities
                .iter()
                .map(|(name, credentials)| IdentitySpec {
                    name: (*name).to_owned(),
                    credentials: credentials.clone(),
                    ..IdentitySpec::default()
                })
                .collect(),
            ..Seed::default()
        },
        ..WorldSpec::default()
    })
}

#[test]
fn a_map_gives_each_record_its_own_and_fails_those_without_a_row() {
    let scene = with_identities(&[("web", vec![]), ("jobs", vec![])]);
    let folder = tempfile::tempdir().unwrap();
    let map = folder.path().join("map.yaml");
    std::fs::write(
        &map,
        "- {vcluster: team-x/vc, namespace: default, name: app, identity: web}\n\
         - {vcluster: team-x/vc, namespace: default, name: job, identity: jobs}\n",
    )
    .unwrap();
    let flags = ["--identity-map", map.to_str().unwrap(), "-g", "rg"];
    scene.run(&flags, &of(&["app", "job", "stranger"])).expect(
        1,
        &[("True", "Created"), ("True", "Created"), ("False", "NoRow")],
    );
    assert_eq!(scene.credentials("web")[0][2], subject("app"));
    assert_eq!(scene.credentials("jobs")[0][2], subject("job"));
    std::fs::write(&map, "rows: 1\n").unwrap();
    let refused = scene.run(&flags, &of(&["app"]));
    assert_eq!(refused.status, 2, "{}", refused.stderr);
    assert!(
        refused.stderr.contains("no identity map"),
        "{}",
        refused.stderr
    );
}

#[test]
fn placeholders_give_each_its_own_and_never_one_to_two() {
    let scene = with_identities(&[("id-vc_app", vec![]), ("id-vc_job", vec![])]);
    let flags = ["--identity", "id-{vcluster}_{name}", "-g", "rg"];
    scene
        .run(&flags, &of(&["app", "job"]))
        .expect(0, &[("True", "Created"), ("True", "Created")]);
    assert_eq!(scene.credentials("id-vc_job")[0][2], subject("job"));
    // A neighbour takes the same name in another vCluster.
    let mut neighbour = record("app");
    neighbour["spec"]["virtualCluster"] = json!({"name": "vc", "namespace": "team-y"});
    neighbour["status"]["subject"] = json!("system:serviceaccount:team-y:app-x-default-x-vc");
    neighbour["status"]["hostServiceAccount"] =
        json!({"namespace": "team-y", "name": "app-x-default-x-vc"});
    scene
        .run(&flags, &stream(&[record("app"), neighbour]))
        .expect(
            1,
            &[("False", "SharedIdentity"), ("False", "SharedIdentity")],
        );
    let refused = scene.run(
        &["--identity", "{namespace}-{name}", "-g", "rg"],
        &of(&["app"]),
    );
    assert_eq!(refused.status, 2, "{}", refused.stderr);
    assert!(
        refused.stderr.contains("could spell one identity"),
        "{}",
        refused.stderr
    );
}

/// The neighbour comes in another run, or its record fails in this one.
#[test]
fn placeholders_that_are_too_few_share_nothing_in_two_runs_either() {
    let scene = with_identities(&[("id-vc", vec![])]);
    let flags = ["--identity", "id-{vcluster}", "-g", "rg"];
    let mut failed = record("other");
    failed["status"]["conditions"][0]["status"] = json!("False");
    scene.run(&flags, &stream(&[record("app"), failed])).expect(
        1,
        &[("False", "SharedIdentity"), ("Unknown", "UpstreamFailed")],
    );
    scene
        .run(&flags, &of(&["app"]))
        .expect(0, &[("True", "Created")]);
    scene
        .run(&flags, &of(&["app"]))
        .expect(0, &[("True", "Unchanged")]);
    let refused = scene.run(&flags, &of(&["other"]));
    refused.expect(1, &[("False", "SharedIdentity")]);
    assert!(
        refused.stderr.contains(&subject("app")),
        "{}",
        refused.stderr
    );
    let meant = [&flags[..], &["--shared-identity"]].concat();
    scene
        .run(&meant, &of(&["other"]))
        .expect(0, &[("True", "Created")]);
}

#[test]
fn a_migration_finds_who_trusts_the_subject_already() {
    let trusting =
        |name: &str, issuer: &str, of: &str| vec![CredentialSpec::new(name, issuer, &subject(of))];
    let scene = with_identities(&[
        ("web", trusting("by-hand", ISSUER, "app")),
        ("other", trusting("by-hand", "https://other/", "job")),
        ("one", trusting("by-hand", ISSUER, "twice")),
        ("two", trusting("by-hand", ISSUER, "twice")),
        ("old", trusting("by-hand", "https://old/", "app")),
    ]);
    let absent = scene.run(
        &["--identity-from", "existing", "-g", "no-such"],
        &of(&["app"]),
    );
    assert_eq!(absent.status, 2, "{}", absent.stderr);
    assert!(
        absent.stderr.contains("`no-such` does not exist"),
        "{}",
        absent.stderr
    );
    let flags = ["--identity-from", "existing", "-g", "rg"];
    let done = scene.run(&flags, &of(&["app", "job", "twice", "new"]));
    done.expect(
        1,
        &[
            ("True", "Adopted"),
            ("False", "NobodyTrusts"),
            ("False", "SeveralTrust"),
            ("False", "NobodyTrusts"),
        ],
    );
    let web = &scene.info.identities[0];
    assert_eq!(
        done.records()[0]["status"]["identity"]["clientId"],
        web.client_id
    );
    assert_eq!(scene.writes(), Vec::<String>::new());
    let rename = [&flags[..], &["--adopt", "rename"]].concat();
    scene
        .run(&rename, &of(&["app"]))
        .expect(0, &[("True", "Created")]);
    let credentials = scene.credentials("web");
    assert_eq!(credentials.len(), 1);
    assert!(credentials[0][0].starts_with("vwi-"), "{credentials:?}");
}

/// Azure allows one credential for a subject, so the old one goes first; a workload must not pay for
/// a new name that can't be had.
#[test]
fn a_new_name_that_is_refused_leaves_the_old_one() {
    let by_hand = || vec![CredentialSpec::new("by-hand", ISSUER, &subject("app"))];
    let flags = [&FLAGS[..], &["--adopt", "rename", "--pace", "off"]].concat();
    for (refused, left, said) in [
        ("federatedIdentityCredentials/vwi-", 1, "is back as it was"),
        (
            "federatedIdentityCredentials/",
            0,
            "is gone and can't be put back",
        ),
    ] {
        let scene = with_identities(&[("app", by_hand())]);
        let answer = Answer::error(403, "RequestDisallowedByPolicy", "no such name");
        scene
            .world
            .add_fault(Fault::new("PUT", refused, answer))
            .unwrap();
        let done = scene.run(&flags, &of(&["app"]));
        done.expect(1, &[("False", "Forbidden")]);
        for part in [said, "`by-hand`"] {
            assert!(done.stderr.contains(part), "{part}: {}", done.stderr);
        }
        let credentials = scene.credentials("app");
        assert_eq!(credentials.len(), left, "{credentials:?}");
        scene.world.remove_faults(None);
        let again = scene.run(&flags, &of(&["app"]));
        again.expect(0, &[("True", "Created")]);
    }
}

#[test]
fn a_cluster_that_was_made_again_keeps_its_tenants() {
    const OLD: &str = "https://westeurope.oic.prod-aks.azure.com/t/old/";
    let scene = with_identities(&[(
        "app",
        vec![CredentialSpec::new("by-hand", OLD, &subject("app"))],
    )]);
    let mut old = record("app");
    old["status"]["issuer"] = json!(OLD);
    let mut other = record("other");
    other["status"]["issuer"] = json!(OLD);
    scene.run(&FLAGS, &stream(&[other]));
    scene.writes();
    let typed = OLD.trim_end_matches('/');
    let flags = [&FLAGS[..], &["--dry-run", "--replace-issuer", typed]].concat();
    let warned = scene.run(&flags, &of(&["app", "other"]));
    let meant = format!("replaces nothing: no credential trusts `{typed}`; is `{OLD}` meant?");
    assert!(warned.stderr.contains(&meant), "{}", warned.stderr);
    let flags = [&FLAGS[..], &["--replace-issuer", OLD]].concat();
    scene
        .run(&flags, &of(&["app", "other"]))
        .expect(0, &[("True", "Created"), ("True", "Created")]);
    let writes = scene.writes();
    let methods: Vec<&str> = writes
        .iter()
        .map(|write| write.split(' ').next().unwrap())
        .collect();
    assert_eq!(
        methods,
        ["PUT", "DELETE", "PUT"],
        "the new one first: {writes:?}"
    );
    let old: Vec<String> = scene
        .credentials("app")
        .into_iter()
        .filter(|[_, issuer, ..]| issuer == OLD)
        .map(|[name, ..]| name)
        .collect();
    assert_eq!(old, ["by-hand"], "what is not ours stays");
}
