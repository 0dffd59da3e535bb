//! Two runs at once on one identity: both end right, whoever is first.

use std::io::Write;
use std::process::Child;

use crate::scene::{FLAGS, Scene, of};

/// Starts a run that makes what its records want.
fn start(scene: &Scene, names: &[&str]) -> Child {
    let group = scene.group();
    let flags = [
        &FLAGS[..],
        &[
            "--shared-identity",
            "--pace",
            "off",
            "--role",
            "Reader",
            "--scope",
            &group,
        ],
    ]
    .concat();
    fed(scene, &flags, names)
}

fn fed(scene: &Scene, flags: &[&str], names: &[&str]) -> Child {
    let mut child = scene.command(flags).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(of(names).as_bytes()).unwrap();
    child
}

/// Whether one run's write was refused because another's was under way.
fn have_met(scene: &Scene) -> bool {
    scene.world.requests().iter().any(|request| {
        let error = request.error.as_deref();
        error.is_some_and(|code| code.starts_with("Concurrent"))
    })
}

#[test]
fn what_one_writes_the_other_finds_or_writes_alike() {
    let scene = Scene::new();
    // So that their writes meet.
    scene
        .world
        .change_settings(|settings| settings.latency_ms = 100);
    let one = start(&scene, &["a", "b", "c"]);
    let other = start(&scene, &["c", "b", "d"]);
    for child in [one, other] {
        let done = Scene::finished(child);
        assert_eq!(done.status, 0, "{}", done.stderr);
    }
    assert_eq!(scene.credentials("app").len(), 4);
    let roles = scene.world.dump()["roleAssignments"].clone();
    assert_eq!(roles.as_array().unwrap().len(), 1);
    assert!(have_met(&scene), "the two have been in each other's way");
    scene.world.clear_requests();
    let again = Scene::finished(start(&scene, &["a", "b", "c", "d"]));
    again.expect(0, &[("True", "Unchanged"); 4]);
    assert_eq!(scene.writes(), Vec::<String>::new());
}

#[test]
fn what_one_deletes_stays_away_while_the_other_writes() {
    let scene = Scene::new();
    let flags = [&FLAGS[..], &["--pace", "off"]].concat();
    let old = ["a", "b", "c", "d"];
    Scene::finished(fed(&scene, &flags, &old)).expect(0, &[("True", "Created"); 4]);
    scene
        .world
        .change_settings(|settings| settings.latency_ms = 100);
    let deletes = [&flags[..], &["--delete"]].concat();
    let deleting = fed(&scene, &deletes, &old);
    let writing = fed(&scene, &flags, &["e", "f", "g", "h"]);
    Scene::finished(deleting).expect(0, &[("True", "Deleted"); 4]);
    Scene::finished(writing).expect(0, &[("True", "Created"); 4]);
    assert_eq!(scene.credentials("app").len(), 4);
    assert!(have_met(&scene), "the two have been in each other's way");
}
