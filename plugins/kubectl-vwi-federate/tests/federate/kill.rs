//! Killed at every request: the next run finds what is done, and does the rest.

use std::io::Write;
use std::time::Duration;

use vwi_test_azure::{Answer, Fault, Times};

use crate::scene::Scene;
use crate::story::{End, Story};

/// Kills a run towards an end at its n-th request; false if it has fewer.
fn killed_at(end: End, n: u32, after_effect: bool) -> bool {
    let case = format!("{end:?}, request {n}, effect: {after_effect}");
    let story = Story::before(end);
    let hang = Fault {
        times: Times::Nth(n),
        after_effect,
        answer: Answer::Hang,
        ..Fault::default()
    };
    story.scene.world.add_fault(hang).unwrap();
    let flags = story.flags_to(end, &[]);
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
        let done = match end {
            End::Made => "Created",
            End::TakenAway => "Deleted",
        };
        finished.expect(0, &[("True", done); 2]);
        return false;
    }
    child.kill().unwrap();
    child.wait().unwrap();
    story.assert_sound(&case);
    let again = story.run_to(end, &[]);
    assert_eq!(again.status, 0, "{case}: {}", again.stderr);
    story.assert_end(end, &case);
    story.scene.writes();
    story
        .run_to(end, &[])
        .expect(0, &[("True", "Unchanged"); 2]);
    assert_eq!(story.scene.writes(), Vec::<String>::new(), "{case}");
    true
}

#[test]
fn whenever_it_is_killed_the_next_run_converges() {
    for after_effect in [false, true] {
        let boundaries = |end| {
            (1..50)
                .take_while(|n| killed_at(end, *n, after_effect))
                .count()
        };
        // A token, six reads, the new identity, two credentials, two roles: at least these.
        let made = boundaries(End::Made);
        assert!(made >= 12, "{made}");
        // A token, two identities with their credentials, and each credential once more and gone.
        let taken_away = boundaries(End::TakenAway);
        assert!(taken_away >= 9, "{taken_away}");
    }
}
