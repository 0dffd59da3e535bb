//! One run that sends every kind of request, among things that belong to others.

use serde_json::{Value, json};
use vwi_test_azure::{
    ClusterSpec, CredentialSpec, IdentitySpec, RoleAssignmentSpec, Seed, WorldSpec,
};

use crate::scene::{Finished, ISSUER, Scene, record, stream, subject};

/// A world in which `app` is there and `fresh` is to be made; `neighbour`, a credential on `app`
/// and a role assignment are somebody else's.
pub(crate) struct Story {
    pub(crate) scene: Scene,
    foreign: Value,
}

/// What a run is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// Identity, credentials and roles are there.
    Made,
    /// The credentials are gone again.
    TakenAway,
}

impl Story {
    /// A world before the run towards this end.
    pub(crate) fn before(end: End) -> Self {
        let story = Self::new();
        if end == End::TakenAway {
            story.run(&[]).expect(0, &[("True", "Created"); 2]);
            story.scene.writes();
        }
        story
    }

    pub(crate) fn new() -> Self {
        let credential = |name: &str| CredentialSpec::new(name, ISSUER, &subject("theirs"));
        let identity = |name: &str| IdentitySpec {
            name: name.to_owned(),
            credentials: vec![credential("theirs")],
            ..IdentitySpec::default()
        };
        let scene = Scene::with(WorldSpec {
            seed: Seed {
                identities: vec![identity("app"), identity("neighbour")],
                clusters: vec![ClusterSpec::new("aks", ISSUER)],
                ..Seed::default()
            },
            ..WorldSpec::default()
        });
        let neighbour = &scene.info.identities[1];
        let assignment = RoleAssignmentSpec {
            role: "Reader".to_owned(),
            principal_id: neighbour.principal_id.clone(),
            scope: scene.group(),
            ..RoleAssignmentSpec::default()
        };
        scene
            .world
            .seed(&Seed {
                role_assignments: vec![assignment],
                ..Seed::default()
            })
            .unwrap();
        let foreign = Value::Null;
        let mut story = Self { scene, foreign };
        story.foreign = story.of_others();
        story
    }

    /// The flags of the story's run.
    pub(crate) fn flags(&self, more: &[&str]) -> Vec<String> {
        let assign = format!("Reader@{}", self.scene.group());
        [
            "--aks-cluster",
            "rg/aks",
            "--assign",
            &assign,
            "--create-identity",
            "--pace",
            "off",
        ]
        .iter()
        .chain(more)
        .map(|flag| (*flag).to_owned())
        .collect()
    }

    /// The flags of a run towards this end.
    pub(crate) fn flags_to(&self, end: End, more: &[&str]) -> Vec<String> {
        match end {
            End::Made => self.flags(more),
            End::TakenAway => ["--delete", "--pace", "off"]
                .iter()
                .chain(more)
                .map(|flag| (*flag).to_owned())
                .collect(),
        }
    }

    /// Two records: one for the identity that is there, one for the other.
    pub(crate) fn input() -> String {
        let of_identity = |name: &str, identity: &str| {
            let mut record = record(name);
            record["spec"]["identity"] = json!({"resourceGroup": "rg", "name": identity});
            record
        };
        stream(&[of_identity("a", "app"), of_identity("b", "fresh")])
    }

    pub(crate) fn run(&self, more: &[&str]) -> Finished {
        self.run_to(End::Made, more)
    }

    /// Runs towards this end.
    pub(crate) fn run_to(&self, end: End, more: &[&str]) -> Finished {
        let flags = self.flags_to(end, more);
        let flags: Vec<&str> = flags.iter().map(String::as_str).collect();
        self.scene.run(&flags, &Self::input())
    }

    /// What is there and is not ours.
    fn of_others(&self) -> Value {
        let dump = self.scene.world.dump();
        let identities = dump["identities"].as_array().unwrap();
        let assignments = dump["roleAssignments"].as_array().unwrap();
        let theirs = |identity: &&Value| identity["tags"].as_object().unwrap().is_empty();
        let identities: Vec<Value> = identities
            .iter()
            .filter(theirs)
            .map(|identity| {
                let mut identity = identity.clone();
                let credentials = identity["credentials"].as_array_mut().unwrap();
                credentials.retain(|credential| credential["name"] == "theirs");
                identity
            })
            .collect();
        let neighbour = &identities[1]["principalId"];
        let assignments = assignments.iter();
        let assignments: Vec<&Value> = assignments
            .filter(|assignment| assignment["principalId"] == *neighbour)
            .collect();
        json!({"identities": identities, "roleAssignments": assignments})
    }

    /// How much there is of ours: identities, credentials, role assignments.
    fn counts(&self) -> [usize; 3] {
        let dump = self.scene.world.dump();
        let all = |what: &str| dump[what].as_array().unwrap().len();
        let identities = dump["identities"].as_array().unwrap();
        let credentials = identities
            .iter()
            .map(|identity| identity["credentials"].as_array().unwrap().len());
        [
            all("identities") - 2,
            credentials.sum::<usize>() - 2,
            all("roleAssignments") - 1,
        ]
    }

    /// Nothing is there twice, and what belongs to others is as it was.
    #[track_caller]
    pub(crate) fn assert_sound(&self, case: &str) {
        let found = self.counts();
        let at_most = [1, 2, 2];
        let fits = found
            .iter()
            .zip(at_most)
            .all(|(found, most)| *found <= most);
        assert!(fits, "{case}: {found:?}");
        assert_eq!(self.of_others(), self.foreign, "{case}");
    }

    /// The end is reached, and nothing is there twice.
    #[track_caller]
    pub(crate) fn assert_end(&self, end: End, case: &str) {
        match end {
            End::Made => self.assert_done(case),
            End::TakenAway => {
                assert_eq!(self.counts(), [1, 0, 2], "{case}");
                assert_eq!(self.of_others(), self.foreign, "{case}");
            }
        }
    }

    /// Everything is there, once.
    #[track_caller]
    pub(crate) fn assert_done(&self, case: &str) {
        assert_eq!(self.counts(), [1, 2, 2], "{case}");
        assert_eq!(self.of_others(), self.foreign, "{case}");
        for (identity, name) in [("app", "a"), ("fresh", "b")] {
            let credentials = self.scene.credentials(identity);
            let ours = credentials
                .iter()
                .filter(|[_, _, held, _]| *held == subject(name));
            assert_eq!(ours.count(), 1, "{case}: {credentials:?}");
        }
    }
}
