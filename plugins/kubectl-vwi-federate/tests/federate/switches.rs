//! What is not established about Azure, in every position: the same end state.
//!
//! The list is section 15 of the reference on Azure; what it leaves open is a switch of the
//! stand-in.

use std::time::Duration;

use secrecy::SecretString;
use serde_json::{Value, json};
use vwi_azure::Cloud;
use vwi_azure::entra::{Exchange, exchange};
use vwi_test_azure::settings::{
    AssertionCheck, CredentialCounts, Delay, Flexible, FreshIdentity, Refusal, Settings,
    SkipTokenSpelling,
};
use vwi_test_azure::{
    ClusterSpec, CredentialSpec, IdentitySpec, PUBLIC_AUDIENCE, Seed, TestIssuer, TestKey,
    Upstream, WorldSpec,
};

use crate::scene::{Scene, record, server, stream, subject};

type Switch = (&'static str, fn(&mut Settings));

fn attempts(attempts: u32) -> Delay {
    Delay {
        attempts,
        ..Delay::default()
    }
}

/// Switches that a run meets on its way to the same end.
const SWITCHES: [Switch; 32] = [
    ("as documented", |_| {}),
    ("duplicate pair: 409", |settings| {
        settings.credentials.duplicate_pair = Refusal::new(409, "Conflict");
    }),
    ("duplicate pair: another 400", |settings| {
        settings.credentials.duplicate_pair = Refusal::new(400, "DuplicateFederatedIdentity");
    }),
    ("bad name: another code", |settings| {
        settings.credentials.bad_name = Refusal::new(400, "InvalidName");
    }),
    ("missing credential: another code", |settings| {
        settings.credentials.missing = Refusal::new(404, "FederatedIdentityCredentialNotFound");
    }),
    ("bad audience: another code", |settings| {
        settings.credentials.bad_audience = Refusal::new(400, "InvalidAudiences");
    }),
    ("over the limit: 409", |settings| {
        settings.credentials.over_limit = Refusal::new(409, "LimitExceeded");
    }),
    ("repeated assignment: 200", |settings| {
        settings.roles.repeated_put_status = 200;
    }),
    ("repeated assignment: 201", |settings| {
        settings.roles.repeated_put_status = 201;
    }),
    ("existing assignment: not named", |settings| {
        settings.roles.exists_names_id = false;
    }),
    ("Entra's order: subject, audience, issuer", |settings| {
        use AssertionCheck::{Audience, Issuer, Signature, Subject, Times};
        settings.entra.order = vec![Subject, Audience, Issuer, Times, Signature];
    }),
    ("Entra's order: audience, issuer, subject", |settings| {
        use AssertionCheck::{Audience, Issuer, Signature, Subject, Times};
        settings.entra.order = vec![Audience, Issuer, Subject, Times, Signature];
    }),
    ("Entra's order: signature first", |settings| {
        use AssertionCheck::{Audience, Issuer, Signature, Subject, Times};
        settings.entra.order = vec![Signature, Times, Issuer, Subject, Audience];
    }),
    ("throttles, counted per identity", |settings| {
        throttled(settings, CredentialCounts::Identity);
    }),
    ("throttles, counted per credential", |settings| {
        throttled(settings, CredentialCounts::Credential);
    }),
    ("throttles that do not say how long", |settings| {
        throttled(settings, CredentialCounts::Identity);
        settings.throttle.send_retry_after = false;
    }),
    ("on its way: 70021", |settings| {
        settings.propagation.credential = attempts(2);
    }),
    ("on its way: 700211", |settings| {
        settings.propagation.credential = attempts(2);
        settings.propagation.credential_error = 700_211;
    }),
    ("on its way: 700213", |settings| {
        settings.propagation.credential = attempts(2);
        settings.propagation.credential_error = 700_213;
    }),
    ("on its way: 70025", |settings| {
        settings.propagation.credential = attempts(2);
        settings.propagation.credential_error = 70025;
    }),
    ("on its way: success, then failures again", |settings| {
        settings.propagation.failures_after_success = 2;
    }),
    ("mismatches: the old 70021", |settings| {
        settings.entra.undifferentiated = true;
    }),
    ("new identity: Graph's words", |settings| {
        settings.credentials.fresh_identity = FreshIdentity::GraphResourceNotFound;
        settings.propagation.identity = attempts(2);
    }),
    ("new identity: ARM's words", |settings| {
        settings.propagation.identity = attempts(2);
    }),
    ("principal type spares the delay", |settings| {
        settings.roles.principal_type_spares_delay = true;
        settings.propagation.identity = attempts(1);
    }),
    ("bindings take one of twenty", |settings| {
        settings.bindings.takes_one_credential = true;
    }),
    ("bindings take none", |settings| {
        settings.bindings.takes_one_credential = false;
    }),
    ("no bindings", |settings| {
        settings.bindings.enabled = false;
    }),
    ("flexible credentials: accepted", |settings| {
        settings.credentials.flexible = Flexible::Accept;
    }),
    ("flexible credentials: refused", |settings| {
        settings.credentials.flexible = Flexible::Refuse;
    }),
    ("pages: encoded", |settings| {
        settings.paging.page_size = Some(1);
        settings.paging.skip_token = SkipTokenSpelling::Encoded;
    }),
    ("pages: plain", |settings| {
        settings.paging.page_size = Some(1);
        settings.paging.skip_token = SkipTokenSpelling::Plain;
    }),
];

fn throttled(settings: &mut Settings, counts: CredentialCounts) {
    settings.throttle.identity_service = true;
    settings.throttle.arm = true;
    settings.throttle.credential_counts = counts;
    settings.throttle.retry_after_seconds = Some(0);
    settings.clock.jump_on_throttle = true;
}

/// The issuer of this file's credentials, whose keys Entra can read.
pub(crate) fn issuer() -> TestIssuer {
    let documents = TestIssuer::documents(&[TestKey::First]);
    server()
        .issuers()
        .set("switches", Upstream::Documents(documents));
    TestIssuer::new(&server().issuer_url("switches"))
}

/// An identity that holds somebody's equal credential, a flexible one and that of AKS.
pub(crate) fn scene(issuer: &TestIssuer) -> Scene {
    let flexible = CredentialSpec {
        subject: None,
        claims_matching_expression: Some(
            json!({"value": "claims['sub'] matches 'x'", "languageVersion": 1}),
        ),
        ..CredentialSpec::new("flexible", issuer.url(), "")
    };
    let binding = "https://ib.oic.prod-aks.azure.com/t/c";
    Scene::with(WorldSpec {
        seed: Seed {
            identities: vec![IdentitySpec {
                name: "app".to_owned(),
                credentials: vec![
                    CredentialSpec::new("by-hand", issuer.url(), &subject("b")),
                    flexible,
                    CredentialSpec::new("aks-identity-binding", binding, "system:binding"),
                ],
                ..IdentitySpec::default()
            }],
            clusters: vec![ClusterSpec::new("aks", issuer.url())],
            ..Seed::default()
        },
        ..WorldSpec::default()
    })
}

pub(crate) fn records(issuer: &TestIssuer, names: &[&str]) -> String {
    let records: Vec<Value> = names
        .iter()
        .map(|name| {
            let mut record = record(name);
            record["status"]["issuer"] = json!(issuer.url());
            record
        })
        .collect();
    stream(&records)
}

/// Credentials and role assignments, without what each world makes up.
pub(crate) fn end_state(scene: &Scene) -> Value {
    let dump = scene.world.dump();
    let text = dump.to_string();
    let mut text = text.replace(&scene.info.subscription_id, "SUBSCRIPTION");
    for identity in scene.world.info().identities {
        text = text.replace(&identity.client_id, &format!("CLIENT-{}", identity.name));
        text = text.replace(
            &identity.principal_id,
            &format!("PRINCIPAL-{}", identity.name),
        );
    }
    let mut state: Value = serde_json::from_str(&text).unwrap();
    for assignment in state["roleAssignments"].as_array_mut().unwrap() {
        // Its name is a digest of the principal's id.
        assignment.as_object_mut().unwrap().remove("id");
    }
    state
}

/// Logs in as the workload until Entra knows the credential; returns in how many attempts.
fn exchanged(scene: &Scene, issuer: &TestIssuer, identity: &str, name: &str) -> usize {
    let assertion = issuer
        .token(&subject(name), PUBLIC_AUDIENCE)
        .sign()
        .unwrap();
    let assertion = SecretString::from(assertion);
    let identities = scene.world.info().identities;
    let identity = identities.iter().find(|one| one.name == identity).unwrap();
    let roots = reqwest::Certificate::from_pem(scene.info.ca_pem.as_bytes()).unwrap();
    // Set once for the process; a second call is refused, which is as good.
    let _installed = rustls::crypto::ring::default_provider().install_default();
    let http = reqwest::Client::builder()
        .tls_certs_only([roots])
        .build()
        .unwrap();
    let endpoint = |_: &str| Some(scene.info.url.clone());
    let cloud = Cloud::configured("VwiLocal", endpoint).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let asked = Exchange {
        tenant_id: &scene.info.tenant_id,
        client_id: &identity.client_id,
        assertion: &assertion,
        scope: "https://management.azure.com/.default",
        timeout: Duration::from_secs(30),
    };
    let succeeds = |_: &usize| runtime.block_on(exchange(&http, &cloud, &asked)).is_ok();
    (1..10).find(succeeds).unwrap()
}

#[test]
fn every_switch_leads_to_the_same_end() {
    let issuer = issuer();
    let mut first_end = None;
    for (name, switch) in SWITCHES {
        let scene = scene(&issuer);
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
            let input = records(&issuer, &["a", "b"]);
            let first = scene.run(&flags, &input);
            assert_eq!(first.status, 0, "{name}: {}", first.stderr);
            // The role is made for both, so that both are changed.
            first.expect(0, &[("True", "Created"), ("True", "Created")]);
            scene.writes();
            let second = scene.run(&flags, &input);
            assert_eq!(second.status, 0, "{name}: {}", second.stderr);
            assert_eq!(scene.writes(), Vec::<String>::new(), "{name}");
            exchanged(&scene, &issuer, identity, "a");
        }
        let end = end_state(&scene);
        let first_end = first_end.get_or_insert_with(|| end.clone());
        assert_eq!(&end, first_end, "{name}");
    }
}
