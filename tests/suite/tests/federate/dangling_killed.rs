//! `--prune=dangling`, killed at every request to Azure: the next run ends where an undisturbed one
//! does, and in between nobody else's credential is touched.

use std::time::Duration;

use vwi_bed::{Finished, Program, Signal};
use vwi_test_azure::{Answer, CredentialSpec, Fault, Times};
use vwi_tests::Scene;

use crate::azure::{Azure, Held, IDENTITIES, ours};

const GONE: [&str; 2] = [
    "system:serviceaccount:kube-system:no-such-account",
    "system:serviceaccount:no-such-namespace:app",
];

fn credentials(issuer: &str) -> Vec<CredentialSpec> {
    let of_others = [
        CredentialSpec::new("by-hand", issuer, "system:serviceaccount:kube-system:gone"),
        CredentialSpec::new("aks-identity-binding", issuer, "system:serviceaccount:x:y"),
        ours("https://elsewhere/", GONE[0], None),
        ours(issuer, "system:serviceaccount:kube-system:default", None),
    ];
    let dangling = GONE.map(|subject| ours(issuer, subject, None));
    of_others.into_iter().chain(dangling).collect()
}

fn prune(scene: &Scene, azure: &Azure) -> Program {
    let flags = ["--prune", "dangling", "-g", "rg"];
    azure.federate(scene).args(flags)
}

fn run(scene: &Scene, azure: &Azure, case: &str) -> Finished {
    let done = prune(scene, azure).run().unwrap();
    assert_eq!(done.status, Some(0), "{case}: {}", done.stderr);
    done
}

/// What is held once all that dangles and is ours has gone.
fn without_dangling(issuer: &str, before: &Held) -> Held {
    let gone = GONE.map(|subject| ours(issuer, subject, None).name);
    let mut held = before.clone();
    for held in held.values_mut() {
        held.retain(|(name, _)| !gone.contains(name));
    }
    held
}

#[tokio::test]
async fn killed_at_any_request_the_next_run_converges() {
    let scene = Scene::without_account("killed").await;
    let issuer = scene.bed.description().issuer.clone();
    let azure = Azure::with(&credentials(&issuer));
    let before = azure.held();
    let end = without_dangling(&issuer, &before);
    run(&scene, &azure, "undisturbed");
    assert_eq!(azure.held(), end);
    let requests = azure.count_requests();
    // A token, the identities, their credentials, and each one that goes once more and gone.
    assert_eq!(requests, 12);
    for (n, after_effect) in (1..=requests).flat_map(|n| [(n, false), (n, true)]) {
        let case = format!("request {n}, effect: {after_effect}");
        let azure = Azure::with(&credentials(&issuer));
        let hang = Fault {
            times: Times::Nth(n),
            after_effect,
            answer: Answer::Hang,
            ..Fault::default()
        };
        azure.world.add_fault(hang).unwrap();
        let running = prune(&scene, &azure).start().unwrap();
        let is_held = azure.world.wait_until_held(1, Duration::from_secs(30));
        assert!(is_held, "{case}");
        running.signal(Signal::KILL).unwrap();
        assert_eq!(running.finish().unwrap().status, None, "{case}");
        let now = azure.held();
        for identity in IDENTITIES {
            assert!(now[identity].is_subset(&before[identity]), "{case}");
            assert!(now[identity].is_superset(&end[identity]), "{case}");
        }
        let again = run(&scene, &azure, &case);
        assert_eq!(azure.held(), end, "{case}: {}", again.stderr);
        azure.count_writes();
        run(&scene, &azure, &case);
        assert_eq!(azure.count_writes(), 0, "{case}");
    }
}
