//! Being asked to stop, and logins through programs.

use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use vwi_test_azure::{Answer, Fault, Recorded};

use crate::scene::{FLAGS, Scene, of};

#[test]
fn what_is_in_flight_is_finished_and_the_rest_is_said_not_to_be_done() {
    let scene = Scene::new();
    scene
        .world
        .add_fault(Fault {
            method: Some("PUT".to_owned()),
            delay_ms: 700,
            answer: Answer::Usual,
            ..Fault::default()
        })
        .unwrap();
    let flags = [&FLAGS[..], &["--shared-identity", "--pace", "off"]].concat();
    let mut child = scene.command(&flags).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(of(&["a", "b", "c"]).as_bytes()).unwrap();
    drop(stdin);
    let deadline = Instant::now() + Duration::from_secs(20);
    while !scene.world.requests().iter().any(Recorded::is_write) {
        assert!(Instant::now() < deadline, "no write");
        std::thread::yield_now();
    }
    kill_process(Pid::from_child(&child), Signal::INT).unwrap();
    let finished = Scene::finished(child);
    finished.expect(
        130,
        &[
            ("True", "Created"),
            ("False", "Interrupted"),
            ("False", "Interrupted"),
        ],
    );
    assert_eq!(scene.credentials("app").len(), 1);
    scene.world.remove_faults(None);
    let again = scene.run(&flags, &of(&["a", "b", "c"]));
    again.expect(
        0,
        &[
            ("True", "Unchanged"),
            ("True", "Created"),
            ("True", "Created"),
        ],
    );
}

/// Runs federate with this as `az`, and without the variables of another login.
fn with_az(scene: &Scene, script: &str) -> (crate::scene::Finished, String) {
    let folder = tempfile::tempdir().unwrap();
    let az = folder.path().join("az");
    fs::write(
        &az,
        format!("#!/bin/sh\nenv > \"$SEEN\"; cat >> \"$SEEN\"\n{script}\n"),
    )
    .unwrap();
    fs::set_permissions(&az, fs::Permissions::from_mode(0o755)).unwrap();
    let seen = folder.path().join("seen");
    let path = format!("{}:/usr/bin:/bin", folder.path().display());
    let flags = [&FLAGS[..], &["--azure-auth", "azure-cli"]].concat();
    let variables = [("PATH", path.as_str()), ("SEEN", seen.to_str().unwrap())];
    let finished = scene.run_with(&flags, &of(&["app"]), &variables);
    (finished, fs::read_to_string(seen).unwrap_or_default())
}

#[test]
fn az_gets_neither_our_input_nor_a_secret_and_its_words_are_told() {
    let scene = Scene::new();
    let (failed, seen) = with_az(&scene, "echo 'ERROR: Please run az login' >&2; exit 1");
    assert_eq!(failed.status, 3, "{}", failed.stderr);
    assert!(
        failed.stderr.contains("azure-cli: Please run az login"),
        "{}",
        failed.stderr
    );
    assert!(seen.contains("AZURE_CONFIG_DIR"), "{seen}");
    assert!(!seen.contains("AZURE_CLIENT_SECRET"), "{seen}");
    assert!(!seen.contains("WorkloadIdentity"), "{seen}");

    let odd = "echo '{\"secret-token\": 1}'";
    let (failed, _) = with_az(&scene, odd);
    assert_eq!(failed.status, 3);
    assert!(!failed.stderr.contains("secret-token"), "{}", failed.stderr);

    let token = "echo '{\"accessToken\": \"secret-token\", \"expires_on\": 4102444800, \"tokenType\": \"Bearer\"}'";
    let (refused, _) = with_az(&scene, token);
    assert_eq!(refused.status, 3);
    assert!(refused.stderr.contains("401"), "{}", refused.stderr);
    assert!(
        !refused.stderr.contains("secret-token"),
        "{}",
        refused.stderr
    );
}
