//! Killed at every request: the next run finds what is done, and does the rest.

use std::io::Write;
use std::time::Duration;

use vwi_test_azure::{Answer, Fault, Times};

use crate::scene::{Finished, Scene};
use crate::story::{End, Story};

/// How a run ended that was to be killed.
pub(crate) enum Ended {
    /// As it was to.
    Killed,
    /// By itself, before the request that it was to be killed at.
    ByItself(Finished),
}

/// Starts a run and kills it at its n-th request, before or after that one's effect.
pub(crate) fn kill_at(
    scene: &Scene,
    flags: &[&str],
    input: &str,
    n: u32,
    after_effect: bool,
) -> Ended {
    let hang = Fault {
        times: Times::Nth(n),
        after_effect,
        answer: Answer::Hang,
        ..Fault::default()
    };
    scene.world.add_fault(hang).unwrap();
    let mut child = scene.command(flags).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(input.as_bytes()).unwrap();
    drop(stdin);
    while !scene.world.wait_until_held(1, Duration::from_millis(50)) {
        // The run that has no n-th request ends by itself.
        if child.try_wait().unwrap().is_some() {
            // It would be the n-th of this run and of the next.
            scene.world.remove_faults(None);
            return Ended::ByItself(Scene::finished(child));
        }
    }
    child.kill().unwrap();
    child.wait().unwrap();
    Ended::Killed
}

/// Kills a run towards an end at its n-th request; false if it has fewer.
fn killed_at(end: End, n: u32, after_effect: bool) -> bool {
    let case = format!("{end:?}, request {n}, effect: {after_effect}");
    let story = Story::before(end);
    let flags = story.flags_to(end, &[]);
    let flags: Vec<&str> = flags.iter().map(String::as_str).collect();
    let ended = kill_at(&story.scene, &flags, &Story::input(), n, after_effect);
    if let Ended::ByItself(finished) = ended {
        let done = match end {
            End::Made => "Created",
            End::TakenAway => "Deleted",
        };
        finished.expect(0, &[("True", done); 2]);
        return false;
    }
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
