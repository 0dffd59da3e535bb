//! When Azure is not well: the right end state or an error in time, and a second run converges.

use std::time::{Duration, Instant};

use vwi_test_azure::{Answer, Fault, Times};

use crate::scene::{FLAGS, Scene, of};

fn flags(scene: &Scene) -> Vec<String> {
    let assign = format!("Reader@{}", scene.group());
    let more = ["--aks-cluster", "aks", "--assign", &assign, "--pace", "off"];
    FLAGS
        .iter()
        .chain(&more)
        .map(|flag| (*flag).to_owned())
        .collect()
}

fn run(scene: &Scene, more: &[&str]) -> crate::scene::Finished {
    let flags = flags(scene);
    let mut flags: Vec<&str> = flags.iter().map(String::as_str).collect();
    flags.extend(more);
    scene.run(&flags, &of(&["app"]))
}

#[test]
fn a_fault_that_stays_is_an_error_within_the_time() {
    for answer in [
        Answer::throttled(Some(3600)),
        Answer::error(503, "ServerBusy", "busy"),
        Answer::Hang,
    ] {
        let scene = Scene::new();
        let shown = format!("{answer:?}");
        let fault = Fault::new("PUT", "federatedIdentityCredentials", answer);
        scene.world.add_fault(fault).unwrap();
        let start = Instant::now();
        let failed = run(&scene, &["--timeout", "1s"]);
        failed.expect(124, &[("False", "TimedOut")]);
        assert!(start.elapsed() < Duration::from_secs(10), "{shown}");
        scene.world.remove_faults(None);
        assert_eq!(run(&scene, &[]).status, 0, "{shown}");
        assert_eq!(scene.credentials("app").len(), 1);
    }
}

#[test]
fn a_run_that_cannot_end_in_its_time_says_so_before_it_starts() {
    let scene = Scene::new();
    let names = ["a", "b", "c", "d", "e", "f"];
    let flags = [&FLAGS[..], &["--timeout", "5s"]].concat();
    let cut = scene.run(&flags, &of(&names));
    assert_eq!(cut.status, 124, "{}", cut.stderr);
    assert!(cut.stderr.contains("say `--timeout "), "{}", cut.stderr);
}

#[test]
fn a_login_that_is_refused_ends_the_step_with_an_end_that_says_so() {
    let scene = Scene::new();
    let failed = scene.run_with(&FLAGS, &of(&["app"]), &[("AZURE_CLIENT_SECRET", "wrong")]);
    assert_eq!(failed.status, 3, "{}", failed.stderr);
    assert!(failed.stderr.contains("AADSTS7000215"), "{}", failed.stderr);
    assert!(failed.stdout.contains("StreamEnd"), "{}", failed.stdout);
    assert_eq!(scene.writes(), Vec::<String>::new());
}

#[test]
fn a_new_identity_is_not_known_everywhere_at_once() {
    let scene = Scene::new();
    for (path, status, code) in [
        (
            "federatedIdentityCredentials",
            404,
            "ParentResourceNotFound",
        ),
        ("roleAssignments", 400, "PrincipalNotFound"),
    ] {
        let answer = Answer::error(status, code, "not yet");
        let fault = Fault::new("PUT", path, answer).times(Times::First(2));
        scene.world.add_fault(fault).unwrap();
    }
    let flags = flags(&scene);
    let mut flags: Vec<&str> = flags.iter().map(String::as_str).collect();
    flags[1] = "fresh";
    flags.push("--create-identity");
    scene
        .run(&flags, &of(&["app"]))
        .expect(0, &[("True", "Created")]);
}

#[test]
fn an_equal_credential_that_appeared_meanwhile_is_adopted() {
    for refusal in [(400, "BadRequest"), (409, "Conflict")] {
        let scene = Scene::new();
        // The write has its effect, and is answered as if somebody else had been first.
        let answer = Answer::error(
            refusal.0,
            refusal.1,
            "Issuer and subject combination already exists",
        );
        let fault = Fault::new("PUT", "federatedIdentityCredentials", answer).after_effect();
        scene.world.add_fault(fault).unwrap();
        run(&scene, &[]).expect(0, &[("True", "Created")]);
        assert_eq!(scene.credentials("app").len(), 1);
    }
}
