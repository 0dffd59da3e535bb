//! Refusals of Azure whose code is not established: each code leads to the same end.

use vwi_test_azure::settings::{Refusal, Settings};
use vwi_test_azure::{
    Answer, CallerSpec, CredentialSpec, Fault, IdentitySpec, PUBLIC_AUDIENCE, Seed, TestKey, Times,
    WorldSpec,
};

use crate::scene::{FLAGS, ISSUER, Scene, of, subject};
use crate::switches::{end_state, issuer, records, scene};

/// The list of credentials that the plan is made by: nothing.
fn stale_list(scene: &Scene) {
    let nothing = Answer::Body {
        status: 200,
        content_type: "application/json".to_owned(),
        body: r#"{"value":[]}"#.to_owned(),
    };
    let stale = Fault::new("GET", "federatedIdentityCredentials", nothing).times(Times::First(1));
    scene.world.add_fault(stale).unwrap();
}

#[test]
fn a_pair_that_is_taken_since_the_list_is_adopted_whatever_the_refusal() {
    let issuer = issuer();
    for refusal in [
        Refusal::new(400, "BadRequest"),
        Refusal::new(400, "Anything"),
        Refusal::new(400, ""),
        Refusal::new(409, "Conflict"),
    ] {
        let scene = scene(&issuer);
        scene
            .world
            .change_settings(|settings| settings.credentials.duplicate_pair = refusal.clone());
        let before = end_state(&scene);
        stale_list(&scene);
        let done = scene.run(&FLAGS, &records(&issuer, &["b"]));
        done.expect(0, &[("True", "Adopted")]);
        let credential = &done.records()[0]["status"]["federatedCredential"];
        assert_eq!(credential["name"], "by-hand", "{refusal:?}");
        assert_eq!(end_state(&scene), before, "{refusal:?}");
    }
}

#[test]
fn an_identity_that_is_filled_since_the_list_has_no_room_whatever_the_refusal() {
    for refusal in [
        Refusal::new(400, "BadRequest"),
        Refusal::new(400, "TooManyFederatedIdentityCredentials"),
        Refusal::new(409, "LimitExceeded"),
    ] {
        let credential = |index: usize| {
            CredentialSpec::new(
                &format!("c{index:02}"),
                ISSUER,
                &subject(&format!("c{index}")),
            )
        };
        let scene = Scene::with(WorldSpec {
            seed: Seed {
                identities: vec![IdentitySpec {
                    name: "app".to_owned(),
                    credentials: (0..20).map(credential).collect(),
                    ..IdentitySpec::default()
                }],
                ..Seed::default()
            },
            ..WorldSpec::default()
        });
        scene
            .world
            .change_settings(|settings| settings.credentials.over_limit = refusal.clone());
        stale_list(&scene);
        let refused = scene.run(&FLAGS, &of(&["a"]));
        refused.expect(1, &[("False", "NoRoom")]);
        assert_eq!(scene.credentials("app").len(), 20, "{refusal:?}");
    }
}

#[test]
fn a_region_without_credentials_is_explained_whatever_the_code() {
    for refusal in [
        Refusal::new(405, "MethodNotAllowed"),
        Refusal::new(405, "UnsupportedRegion"),
    ] {
        let scene = Scene::with(WorldSpec {
            seed: Seed {
                identities: vec![IdentitySpec {
                    name: "app".to_owned(),
                    location: "malaysiasouth".to_owned(),
                    ..IdentitySpec::default()
                }],
                ..Seed::default()
            },
            ..WorldSpec::default()
        });
        scene
            .world
            .change_settings(|settings| settings.credentials.unsupported_region = refusal);
        let refused = scene.run(&FLAGS, &of(&["a"]));
        assert_eq!(refused.status, 1, "{}", refused.stderr);
        assert!(refused.stderr.contains("region"), "{}", refused.stderr);
        assert!(scene.credentials("app").is_empty());
    }
}

/// Presented subject, key, what is open, and its switch.
type Open = (&'static str, TestKey, u32, fn(&mut Settings, u32));

#[test]
fn a_login_that_entra_refuses_is_told_whatever_status_and_code() {
    let issuer = issuer();
    let registered = "system:serviceaccount:ci:runner";
    let status: fn(&mut Settings, u32) = |settings, status| {
        let status = u16::try_from(status).unwrap();
        settings.entra.statuses.insert(7_002_138, status);
        settings.entra.statuses.insert(70025, status);
    };
    let signature: fn(&mut Settings, u32) = |settings, code| settings.entra.bad_signature = code;
    let cases: [Open; 6] = [
        (
            "system:serviceaccount:ci:RUNNER",
            TestKey::First,
            400,
            status,
        ),
        (
            "system:serviceaccount:ci:RUNNER",
            TestKey::First,
            401,
            status,
        ),
        (registered, TestKey::Second, 700_027, signature),
        (registered, TestKey::Second, 50013, signature),
        (registered, TestKey::Second, 900_384, signature),
        (
            "system:serviceaccount:ci:other",
            TestKey::First,
            401,
            status,
        ),
    ];
    for (presented, key, open, switch) in cases {
        let scene = Scene::with(WorldSpec {
            callers: vec![CallerSpec {
                federated_credentials: vec![CredentialSpec::new("ci", issuer.url(), registered)],
                ..CallerSpec::default()
            }],
            ..WorldSpec::default()
        });
        scene
            .world
            .change_settings(|settings| switch(settings, open));
        let mut token = issuer.token(presented, PUBLIC_AUDIENCE);
        token.key = key;
        token.kid = Some(TestKey::First.kid());
        let file = scene.folder().join("token");
        std::fs::write(&file, token.sign().unwrap()).unwrap();
        let file = file.to_str().unwrap();
        let flags = [&FLAGS[..], &["--azure-auth", "workload-identity"]].concat();
        let variables = [("AZURE_FEDERATED_TOKEN_FILE", file)];
        let refused = scene.run_with(&flags, &of(&["a"]), &variables);
        assert_eq!(refused.status, 3, "{}", refused.stderr);
        assert!(
            refused.stderr.contains("workload-identity: AADSTS"),
            "{}",
            refused.stderr
        );
        let requests = scene.world.requests();
        let tokens = requests.iter().filter(|request| request.is_token());
        assert_eq!(tokens.count(), 1, "a refusal is not repeated");
    }
}
