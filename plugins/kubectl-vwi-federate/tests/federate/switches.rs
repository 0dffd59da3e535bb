//! What is not established about Azure, in every position: the same end state.

use vwi_test_azure::settings::{
    CredentialCounts, Delay, Flexible, FreshIdentity, Refusal, Settings, SkipTokenSpelling,
};
use vwi_test_azure::{ClusterSpec, CredentialSpec, IdentitySpec, Seed, WorldSpec};

use crate::scene::{ISSUER, Scene, of, subject};

type Switch = (&'static str, fn(&mut Settings));

const SWITCHES: [Switch; 15] = [
    ("as documented", |_| {}),
    ("duplicate pair: 409", |settings| {
        settings.credentials.duplicate_pair = Refusal::new(409, "Conflict");
    }),
    ("missing: another code", |settings| {
        settings.credentials.missing = Refusal::new(404, "FederatedIdentityCredentialNotFound");
    }),
    ("over the limit: 409", |settings| {
        settings.credentials.over_limit = Refusal::new(409, "LimitExceeded");
    }),
    ("new identity: Graph's words", |settings| {
        settings.credentials.fresh_identity = FreshIdentity::GraphResourceNotFound;
        settings.propagation.identity = Delay {
            attempts: 2,
            ..Delay::default()
        };
    }),
    ("new identity: ARM's words", |settings| {
        settings.propagation.identity = Delay {
            attempts: 2,
            ..Delay::default()
        };
    }),
    ("principal type spares the delay", |settings| {
        settings.roles.principal_type_spares_delay = true;
        settings.propagation.identity = Delay {
            attempts: 1,
            ..Delay::default()
        };
    }),
    ("repeated assignment: 201", |settings| {
        settings.roles.repeated_put_status = 201;
    }),
    ("existing assignment: not named", |settings| {
        settings.roles.exists_names_id = false;
    }),
    ("flexible credentials", |settings| {
        settings.credentials.flexible = Flexible::Accept;
    }),
    ("bindings take no credential", |settings| {
        settings.bindings.takes_one_credential = false;
    }),
    ("no bindings", |settings| {
        settings.bindings.enabled = false;
    }),
    ("pages: encoded", |settings| {
        settings.paging.page_size = Some(1);
        settings.paging.skip_token = SkipTokenSpelling::Encoded;
    }),
    ("pages: plain", |settings| {
        settings.paging.page_size = Some(1);
        settings.paging.skip_token = SkipTokenSpelling::Plain;
    }),
    ("throttles, counted per credential", |settings| {
        settings.throttle.identity_service = true;
        settings.throttle.arm = true;
        settings.throttle.credential_counts = CredentialCounts::Credential;
        settings.throttle.retry_after_seconds = Some(0);
        settings.clock.jump_on_throttle = true;
    }),
];

#[test]
fn every_switch_leads_to_the_same_end() {
    for (name, switch) in SWITCHES {
        let scene = Scene::with(WorldSpec {
            seed: Seed {
                identities: vec![IdentitySpec {
                    name: "app".to_owned(),
                    credentials: vec![CredentialSpec::new("by-hand", ISSUER, &subject("b"))],
                    ..IdentitySpec::default()
                }],
                clusters: vec![ClusterSpec::new("aks", ISSUER)],
                ..Seed::default()
            },
            ..WorldSpec::default()
        });
        scene.world.change_settings(switch);
        let assign = format!("Reader@{}", scene.group());
        for identity in ["app", "fresh"] {
            let flags = [
                "--identity",
                identity,
                "-g",
                "rg",
                "--aks-cluster",
                "aks",
                "--assign",
                &assign,
                "--create-identity",
                "--shared-identity",
                "--pace",
                "off",
            ];
            let first = scene.run(&flags, &of(&["a", "b"]));
            assert_eq!(first.status, 0, "{name}: {}", first.stderr);
            // The role is made for both, so that both are changed.
            first.expect(0, &[("True", "Created"), ("True", "Created")]);
            scene.writes();
            let second = scene.run(&flags, &of(&["a", "b"]));
            assert_eq!(second.status, 0, "{name}: {}", second.stderr);
            assert_eq!(scene.writes(), Vec::<String>::new(), "{name}");
            assert_eq!(scene.credentials(identity).len(), 2, "{name}");
        }
    }
}
