//! Killed at every request of a run that replaces or prunes: the next run ends where an undisturbed
//! one does, and in between nobody else's is touched.

use std::collections::{BTreeMap, BTreeSet};

use vwi_core::federation::{MAX_PER_IDENTITY, Owner, candidates};
use vwi_test_azure::{CredentialSpec, IdentitySpec, Seed, WorldSpec};

use crate::kill::{Ended, kill_at};
use crate::removed::selected;
use crate::scene::{FLAGS, Finished, ISSUER, Scene, of, record, subject};

const OLD: &str = "https://westeurope.oic.prod-aks.azure.com/t/before/";

/// Identities of the world; they hold the same before the run.
const IDENTITIES: [&str; 2] = ["app", "neighbour"];

/// Name, issuer, subject and audience, by identity.
type Held = BTreeMap<&'static str, BTreeSet<[String; 4]>>;

/// A run that takes away.
struct Case {
    what: &'static str,
    /// Credentials that go.
    going: Vec<CredentialSpec>,
    /// How many others there are beside [`foreign`].
    fillers: usize,
    flags: &'static [&'static str],
    input: String,
    /// Tenant ServiceAccounts that are trusted in the end.
    trusted: &'static [&'static str],
    /// Identities on which something goes.
    reached: &'static [&'static str],
    /// Requests that are sent at least.
    requests: usize,
}

/// The name that the suite gives to the credential of a tenant ServiceAccount.
fn our_name(issuer: &str, account: &str, owner: Option<&str>) -> String {
    let owner: Option<Owner> = owner.map(|owner| owner.parse().unwrap());
    let subject = subject(account);
    let mut names = candidates(issuer, &subject, owner.as_ref());
    names.next().unwrap()
}

fn ours(issuer: &str, account: &str, owner: Option<&str>) -> CredentialSpec {
    let name = our_name(issuer, account, owner);
    CredentialSpec::new(&name, issuer, &subject(account))
}

/// Others' credentials: of no tool, of AKS and of another owner, for the old issuer too.
fn foreign(fillers: usize) -> Vec<CredentialSpec> {
    let fillers = (0..fillers).map(|index| {
        let name = format!("filler-{index}");
        CredentialSpec::new(&name, "https://elsewhere/", &subject(&name))
    });
    [
        CredentialSpec::new("theirs", ISSUER, &subject("theirs")),
        CredentialSpec::new("theirs-of-old", OLD, &subject("c")),
        CredentialSpec::new("aks-identity-binding", ISSUER, &subject("binding")),
        ours(ISSUER, "blogs", Some("blog")),
        ours(OLD, "blogs", Some("blog")),
    ]
    .into_iter()
    .chain(fillers)
    .collect()
}

fn renamed() -> Case {
    let by_hand = |name, account| CredentialSpec::new(name, ISSUER, &subject(account));
    Case {
        what: "renamed",
        going: vec![by_hand("one", "a"), by_hand("other", "b")],
        fillers: 0,
        flags: &["--shared-identity", "--adopt", "rename"],
        input: of(&["a", "b"]),
        trusted: &["a", "b"],
        reached: &["app"],
        requests: 9,
    }
}

fn issuer_replaced(what: &'static str, fillers: usize, trusted: &'static [&'static str]) -> Case {
    Case {
        what,
        going: vec![ours(OLD, "a", None), ours(OLD, "b", None)],
        fillers,
        flags: &["--shared-identity", "--replace-issuer", OLD],
        input: of(trusted),
        trusted,
        reached: &["app"],
        requests: 9,
    }
}

fn removed() -> Case {
    let selection = serde_json::json!({"all": {"scope": "vCluster team-x/vc"}});
    Case {
        what: "removed",
        going: vec![
            ours(ISSUER, "gone", Some("shop")),
            ours(ISSUER, "gone-too", Some("shop")),
        ],
        fillers: 0,
        flags: &["--shared-identity", "--prune", "removed", "--owner", "shop"],
        input: selected(&[record("a")], &selection),
        trusted: &["a"],
        reached: &IDENTITIES,
        requests: 14,
    }
}

impl Case {
    fn scene(&self) -> Scene {
        let identity = |name: &str| IdentitySpec {
            name: name.to_owned(),
            credentials: [self.going.clone(), foreign(self.fillers)].concat(),
            ..IdentitySpec::default()
        };
        Scene::with(WorldSpec {
            seed: Seed {
                identities: IDENTITIES.map(identity).to_vec(),
                ..Seed::default()
            },
            ..WorldSpec::default()
        })
    }

    fn flags(&self) -> Vec<&'static str> {
        [&FLAGS[..], &["--pace", "off"], self.flags].concat()
    }

    fn run(&self, scene: &Scene) -> Finished {
        scene.run(&self.flags(), &self.input)
    }

    /// Whether a credential is one that goes.
    fn goes(&self, identity: &str, name: &str) -> bool {
        self.reached.contains(&identity) && self.going.iter().any(|going| going.name == name)
    }

    /// Nothing of others has changed since `before`, and of the trusted at most the one that is
    /// being replaced is without trust.
    fn assert_sound(&self, before: &Held, scene: &Scene, case: &str) {
        let now = held(scene);
        for (identity, before) in before {
            let now = &now[identity];
            let stay = before
                .iter()
                .filter(|[name, ..]| !self.goes(identity, name));
            for held in stay {
                assert!(now.contains(held), "{case}: {held:?} of {identity}");
            }
            assert!(now.len() <= MAX_PER_IDENTITY, "{case}");
        }
        let trusts = |held: &Held, account: &str| {
            let subject = subject(account);
            held["app"]
                .iter()
                .any(|[_, _, trusted, _]| *trusted == subject)
        };
        let lost = self.trusted.iter();
        let lost = lost.filter(|account| trusts(before, account) && !trusts(&now, account));
        assert!(lost.count() <= 1, "{case}: {now:?}");
    }

    /// Kills the run at its n-th request; false if it has fewer.
    fn is_killed_at(&self, n: u32, after_effect: bool, end: &Held) -> bool {
        let case = format!("{}, request {n}, effect: {after_effect}", self.what);
        let scene = self.scene();
        let before = held(&scene);
        let ended = kill_at(&scene, &self.flags(), &self.input, n, after_effect);
        let is_killed = matches!(ended, Ended::Killed);
        self.assert_sound(&before, &scene, &case);
        let again = match ended {
            Ended::Killed => self.run(&scene),
            Ended::ByItself(finished) => finished,
        };
        assert_eq!(again.status, 0, "{case}: {}", again.stderr);
        assert_eq!(&held(&scene), end, "{case}: {}", again.stderr);
        scene.writes();
        let unchanged = vec![("True", "Unchanged"); self.trusted.len()];
        self.run(&scene).expect(0, &unchanged);
        assert_eq!(scene.writes(), Vec::<String>::new(), "{case}");
        is_killed
    }
}

fn held(scene: &Scene) -> Held {
    let of_identity = |identity| (identity, scene.credentials(identity).into_iter().collect());
    IDENTITIES.map(of_identity).into()
}

/// Where an undisturbed run ends: what goes is gone, ours are there, and the rest is as it was.
fn undisturbed(case: &Case) -> Held {
    let scene = case.scene();
    let before = held(&scene);
    let done = case.run(&scene);
    assert_eq!(done.status, 0, "{}: {}", case.what, done.stderr);
    case.assert_sound(&before, &scene, case.what);
    let end = held(&scene);
    for identity in IDENTITIES {
        let gone = |[name, ..]: &&[String; 4]| case.goes(identity, name);
        let left = end[identity].iter().filter(gone).count();
        assert_eq!(left, 0, "{}: {}", case.what, done.stderr);
    }
    let owner = case.flags.contains(&"--owner").then_some("shop");
    for account in case.trusted {
        let name = our_name(ISSUER, account, owner);
        let is_there = end["app"].iter().any(|[held, ..]| *held == name);
        assert!(is_there, "{}: {name}", case.what);
    }
    end
}

/// Kills the run at every request, before and after that one's effect.
fn converges(case: &Case) {
    let end = undisturbed(case);
    for after_effect in [false, true] {
        let boundaries = (1..60)
            .take_while(|n| case.is_killed_at(*n, after_effect, &end))
            .count();
        assert!(boundaries >= case.requests, "{}: {boundaries}", case.what);
    }
}

#[test]
fn killed_while_it_renames_the_next_run_converges() {
    converges(&renamed());
}

#[test]
fn killed_while_it_replaces_an_issuer_the_next_run_converges() {
    converges(&issuer_replaced("issuer replaced", 0, &["a", "b", "c"]));
}

/// The old ones go first where there is no room for both.
#[test]
fn killed_while_it_replaces_an_issuer_on_a_full_identity_the_next_run_converges() {
    converges(&issuer_replaced("issuer replaced, full", 13, &["a", "b"]));
}

#[test]
fn killed_while_it_prunes_what_is_removed_the_next_run_converges() {
    converges(&removed());
}
