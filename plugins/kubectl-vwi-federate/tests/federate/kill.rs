//! Killed at every request: the next run finds what is done, and does the rest.

use std::io::Write;
use std::time::Duration;

use vwi_test_azure::{Answer, Fault, Times};

use crate::scene::Scene;
use crate::story::Story;

/// Kills a run at its n-th request; false if it has fewer.
fn killed_at(n: u32, after_effect: bool) -> bool {
    let case = format!("request {n}, effect: {after_effect}");
    let story = Story::new();
    let hang = Fault {
        times: Times::Nth(n),
        after_effect,
        answer: Answer::Hang,
        ..Fault::default()
    };
    story.scene.world.add_fault(hang).unwrap();
    let flags = story.flags(&[]);
    let flags: Vec<&str> = flags.iter().map(String::as_str).collect();
    let mut child = story.scene.command(&flags).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(Story::input().as_bytes()).unwrap();
    drop(stdin);
    // The run that has no n-th request ends by itself.
    let held = loop {
        if story
            .scene
            .world
            .wait_until_held(1, Duration::from_millis(50))
        {
            break true;
        }
        if child.try_wait().unwrap().is_some() {
            break false;
        }
    };
    if !held {
        let finished = Scene::finished(child);
        finished.expect(0, &[("True", "Created"); 2]);
        return false;
    }
    child.kill().unwrap();
    child.wait().unwrap();
    story.assert_sound(&case);
    let again = story.run(&[]);
    assert_eq!(again.status, 0, "{case}: {}", again.stderr);
    story.assert_done(&case);
    story.scene.writes();
    story.run(&[]).expect(0, &[("True", "Unchanged"); 2]);
    assert_eq!(story.scene.writes(), Vec::<String>::new(), "{case}");
    true
}

#[test]
fn whenever_it_is_killed_the_next_run_converges() {
    for after_effect in [false, true] {
        let boundaries = (1..50).take_while(|n| killed_at(*n, after_effect)).count();
        // A token, six reads, the new identity, two credentials, two roles: at least these.
        assert!(boundaries >= 12, "{boundaries}");
    }
}
