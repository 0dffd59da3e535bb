//! Two runs at once on one identity: both end right, whoever is first.

use std::io::Write;
use std::process::Child;

use crate::scene::{FLAGS, Scene, of};

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
    let mut child = scene.command(&flags).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(of(names).as_bytes()).unwrap();
    child
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
    let requests = scene.world.requests();
    let met = requests.iter().any(|request| {
        request
            .error
            .as_deref()
            .is_some_and(|code| code.starts_with("Concurrent"))
    });
    assert!(met, "the two have been in each other's way");
    scene.world.clear_requests();
    let again = Scene::finished(start(&scene, &["a", "b", "c", "d"]));
    again.expect(0, &[("True", "Unchanged"); 4]);
    assert_eq!(scene.writes(), Vec::<String>::new());
}
