//! `--prune=removed`: which inputs delete what, and that nobody else's credentials go.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use vwi_test_azure::{CredentialSpec, IdentitySpec, ResourceGroupSpec, Seed, WorldSpec};

use crate::scene::{FLAGS, Finished, ISSUER, Scene, of, record, subject};

/// A stream of translate with this selection.
pub(crate) fn selected(records: &[Value], selection: &Value) -> String {
    let failed = records
        .iter()
        .filter(|record| record["status"]["conditions"][0]["status"] == "False")
        .count();
    let end = json!({
        "apiVersion": "vwi/v1alpha1",
        "kind": "StreamEnd",
        "metadata": {"name": "translate"},
        "status": {"records": records.len(), "failed": failed, "selection": selection},
    });
    let lines = records.iter().chain([&end]).map(|line| format!("{line}\n"));
    lines.collect()
}

fn all() -> Value {
    json!({"all": {"scope": "vCluster team-x/vc"}})
}

fn narrowed(by: &str) -> Value {
    json!({"narrowed": {"by": [by]}})
}

fn flags<'a>(more: &[&'a str]) -> Vec<&'a str> {
    let owned = ["--owner", "shop", "--shared-identity", "--pace", "off"];
    [&FLAGS[..], &owned, more].concat()
}

/// The owner `shop` has `app` and `gone`; `by-hand` and no owner's are there too.
fn scene() -> Scene {
    let scene = Scene::with(WorldSpec {
        seed: Seed {
            identities: vec![IdentitySpec {
                name: "app".to_owned(),
                credentials: vec![
                    CredentialSpec::new("by-hand", ISSUER, &subject("theirs")),
                    CredentialSpec::new("aks-identity-binding", ISSUER, &subject("binding")),
                ],
                ..IdentitySpec::default()
            }],
            ..Seed::default()
        },
        ..WorldSpec::default()
    });
    scene
        .run(&FLAGS, &of(&["unowned"]))
        .expect(0, &[("True", "Created")]);
    scene
        .run(&flags(&[]), &of(&["app", "gone"]))
        .expect(0, &[("True", "Created"), ("True", "Created")]);
    scene
}

fn subjects(scene: &Scene, identity: &str) -> BTreeSet<String> {
    let credentials = scene.credentials(identity).into_iter();
    credentials.map(|[_, _, subject, _]| subject).collect()
}

fn set(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| subject(name)).collect()
}

/// What the input is, further flags, exit status, whether it prunes, and what is said.
type Case = (
    &'static str,
    String,
    &'static [&'static str],
    i32,
    bool,
    &'static str,
);

#[test]
fn only_a_whole_input_prunes_and_only_its_owners() {
    let everybody = set(&["theirs", "binding", "unowned", "app", "gone"]);
    let without_gone = set(&["theirs", "binding", "unowned", "app"]);
    let failed = {
        let mut failed = record("failed");
        failed["status"]["conditions"][0]["status"] = json!("False");
        failed["status"]["conditions"][0]["reason"] = json!("NotSynced");
        failed
    };
    let planned = {
        let mut planned = record("app");
        planned["status"]["conditions"][0]["status"] = json!("Unknown");
        planned["status"]["conditions"][0]["reason"] = json!("Planned");
        planned
    };
    let app = || vec![record("app")];
    let cases: [Case; 8] = [
        (
            "complete",
            selected(&app(), &all()),
            &[],
            0,
            true,
            "1 deleted",
        ),
        (
            "names",
            selected(&app(), &narrowed("names")),
            &[],
            0,
            false,
            "narrowed by names",
        ),
        (
            "selector",
            selected(&app(), &narrowed("selector")),
            &[],
            0,
            false,
            "narrowed by selector",
        ),
        (
            "shard",
            selected(&app(), &narrowed("shard")),
            &[],
            0,
            false,
            "narrowed by shard",
        ),
        (
            "partial",
            selected(&app(), &all()),
            &["--partial"],
            0,
            false,
            "narrowed by partial",
        ),
        (
            "one failed record",
            selected(&[record("app"), failed], &all()),
            &[],
            1,
            false,
            "1 record of the input failed",
        ),
        (
            "planned",
            selected(&[planned], &all()),
            &[],
            0,
            false,
            "only planned",
        ),
        (
            "dry",
            selected(&app(), &all()),
            &["--dry-run"],
            0,
            false,
            "note: the input is all of vCluster team-x/vc",
        ),
    ];
    for (case, input, more, status, prunes, said) in cases {
        let scene = scene();
        let more = [&["--prune", "removed"], more].concat();
        let done = scene.run(&flags(&more), &input);
        assert_eq!(done.status, status, "{case}: {}", done.stderr);
        let expected = if prunes { &without_gone } else { &everybody };
        assert_eq!(
            &subjects(&scene, "app"),
            expected,
            "{case}: {}",
            done.stderr
        );
        assert!(done.stderr.contains(said), "{case}: {}", done.stderr);
    }
}

/// A file without records, or with a record that somebody wrote, is not what a step vouches for.
#[test]
fn a_file_beside_a_whole_stream_prunes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let mut by_hand = record("app");
    by_hand["status"]
        .as_object_mut()
        .unwrap()
        .remove("conditions");
    let whole = file("whole.jsonl", &selected(&[record("app")], &all()));
    for beside in [
        file("empty.yaml", ""),
        file("bare.yaml", &by_hand.to_string()),
    ] {
        let scene = scene();
        let more = [
            "--prune=removed",
            "--accept=computed",
            "-f",
            &whole,
            "-f",
            &beside,
        ];
        let done = scene.run(&flags(&more), "");
        assert_eq!(done.status, 0, "{beside}: {}", done.stderr);
        assert!(
            done.stderr.contains("narrowed by input"),
            "{beside}: {}",
            done.stderr
        );
        assert_eq!(subjects(&scene, "app").len(), 5, "{beside}");
    }
}

#[test]
fn more_than_may_be_are_none_at_all() {
    let scene = scene();
    let prune = |more: &[&str]| -> Finished {
        let more = [&["--prune", "removed", "--max-delete"], more].concat();
        scene.run(&flags(&more), &selected(&[], &all()))
    };
    let refused = prune(&["1"]);
    assert_eq!(refused.status, 1, "{}", refused.stderr);
    for part in [
        "2 credentials would be deleted, more than `--max-delete 1`",
        "vwi-shop_team-x-gone",
        "--max-delete 2",
    ] {
        assert!(refused.stderr.contains(part), "{part}: {}", refused.stderr);
    }
    assert_eq!(subjects(&scene, "app").len(), 5);
    // Nothing is wanted, and all of it was asked for: the owner's go, and no others.
    let done = prune(&["2"]);
    assert_eq!(done.status, 0, "{}", done.stderr);
    assert_eq!(
        subjects(&scene, "app"),
        set(&["theirs", "binding", "unowned"])
    );
}

#[test]
fn what_translate_leaves_out_is_no_proof_that_nobody_wants_it() {
    let scene = scene();
    let system = ["default-x-shop-x-vc", "dns-x-kube-system-x-vc"];
    scene
        .run(&flags(&[]), &of(&system))
        .expect(0, &[("True", "Created"), ("True", "Created")]);
    let prune = |selection: Value| {
        let done = scene.run(
            &flags(&["--prune", "removed"]),
            &selected(&[record("app")], &selection),
        );
        assert_eq!(done.status, 0, "{}", done.stderr);
    };
    let others = ["theirs", "binding", "unowned", "app"];
    prune(json!({"all": {"scope": "vCluster team-x/vc", "without": "system"}}));
    assert_eq!(
        subjects(&scene, "app"),
        set(&[&others[..], &system].concat())
    );
    prune(all());
    assert_eq!(subjects(&scene, "app"), set(&others));
}

#[test]
fn without_an_owner_it_is_refused() {
    let scene = scene();
    let flags = [&FLAGS[..], &["--prune", "removed"]].concat();
    let refused = scene.run(&flags, &selected(&[record("app")], &all()));
    assert_eq!(refused.status, 2, "{}", refused.stderr);
    assert!(refused.stderr.contains("--owner"), "{}", refused.stderr);
}

#[test]
fn identities_of_the_typed_group_are_pruned_too_and_no_others() {
    let identity = |group: &str, name: &str| IdentitySpec {
        resource_group: group.to_owned(),
        name: name.to_owned(),
        ..IdentitySpec::default()
    };
    let group = |name: &str| ResourceGroupSpec {
        name: name.to_owned(),
        ..ResourceGroupSpec::default()
    };
    let scene = Scene::with(WorldSpec {
        seed: Seed {
            resource_groups: vec![group("rg"), group("other")],
            identities: vec![
                identity("rg", "app"),
                identity("rg", "second"),
                identity("other", "third"),
            ],
            ..Seed::default()
        },
        ..WorldSpec::default()
    });
    for (group, name) in [("rg", "second"), ("other", "third")] {
        let flags = ["--identity", name, "-g", group, "--owner", "shop"];
        scene
            .run(&flags, &of(&["gone"]))
            .expect(0, &[("True", "Created")]);
    }
    let done = scene.run(
        &flags(&["--prune", "removed"]),
        &selected(&[record("app")], &all()),
    );
    done.expect(0, &[("True", "Created")]);
    assert_eq!(subjects(&scene, "second"), set(&[]), "{}", done.stderr);
    assert_eq!(subjects(&scene, "third"), set(&["gone"]));
}

#[test]
fn what_is_pruned_makes_room_first() {
    let scene = scene();
    let filler: Vec<String> = (0..15).map(|index| format!("filler-{index}")).collect();
    let filler: Vec<&str> = filler.iter().map(String::as_str).collect();
    let fast = [&FLAGS[..], &["--pace", "off"]].concat();
    scene.run(&fast, &of(&filler));
    assert_eq!(scene.credentials("app").len(), 20);
    let input = selected(&[record("app"), record("new")], &all());
    let full = scene.run(&flags(&[]), &input);
    full.expect(1, &[("True", "Unchanged"), ("False", "NoRoom")]);
    scene
        .run(&flags(&["--prune", "removed"]), &input)
        .expect(0, &[("True", "Unchanged"), ("True", "Created")]);
    assert!(subjects(&scene, "app").contains(&subject("new")));
    assert_eq!(scene.credentials("app").len(), 20);
}
