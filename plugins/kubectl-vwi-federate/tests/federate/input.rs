//! What is read, what is refused before anybody is asked, and flags against records.

use serde_json::json;
use vwi_test_azure::{ClusterSpec, IdentitySpec, Seed, SubscriptionSpec, WorldSpec};

use crate::scene::{FLAGS, ISSUER, Scene, of, record, stream, subject};

#[test]
fn input_that_is_cut_anywhere_changes_nothing() {
    let scene = Scene::new();
    let whole = of(&["app", "b"]);
    let flags = [&FLAGS[..], &["--shared-identity"]].concat();
    for cut in (0..whole.trim_end().len()).step_by(53) {
        let finished = scene.run(&flags, &whole[..cut]);
        assert_eq!(finished.status, 3, "{cut}: {}", finished.stderr);
        let end = finished.stdout.lines().last().unwrap_or_default();
        assert!(
            end.contains("StreamEnd") && end.contains("error"),
            "{cut}: {end}"
        );
    }
    assert_eq!(scene.writes(), Vec::<String>::new());
}

#[test]
fn a_record_that_failed_travels_on() {
    let scene = Scene::new();
    let mut failed = record("b");
    failed["status"]["conditions"][0]["status"] = json!("False");
    failed["status"]["conditions"][0]["reason"] = json!("NotSynced");
    let done = scene.run(&FLAGS, &stream(&[failed, record("app")]));
    done.expect(1, &[("Unknown", "UpstreamFailed"), ("True", "Created")]);
    assert_eq!(scene.credentials("app").len(), 1);
}

#[test]
fn a_claim_has_to_be_proven_as_far_as_is_accepted() {
    let scene = Scene::new();
    let mut computed = record("app");
    computed["status"]["conditions"][0]["reason"] = json!("Computed");
    let input = stream(&[computed]);
    let refused = scene.run(&FLAGS, &input);
    refused.expect(1, &[("False", "Unproven")]);
    assert!(
        refused.stderr.contains("--accept=computed"),
        "{}",
        refused.stderr
    );
    let flags = [&FLAGS[..], &["--accept", "computed"]].concat();
    scene.run(&flags, &input).expect(0, &[("True", "Created")]);
    let flags = [&FLAGS[..], &["--accept", "proven"]].concat();
    scene
        .run(&flags, &of(&["app"]))
        .expect(0, &[("True", "Unchanged")]);
}

#[test]
fn a_subject_alone_makes_a_record_that_is_only_stated() {
    let scene = Scene::new();
    let subject = subject("app");
    let flags = [
        &FLAGS[..],
        &["--subject", &subject, "--aks-cluster", "rg/aks"],
    ]
    .concat();
    scene.run(&flags, "").expect(1, &[("False", "Unproven")]);
    let flags = [&flags[..], &["--accept=computed"]].concat();
    scene.run(&flags, "").expect(0, &[("True", "Created")]);
}

#[test]
fn a_manifest_says_all_of_it() {
    let scene = Scene::new();
    let mut manifest = record("app");
    manifest["spec"]["identity"] = json!("app");
    manifest["spec"]["aksCluster"] = json!({"resourceGroup": "rg", "name": "aks"});
    manifest["spec"]["roles"] = json!([format!("Reader@{}", scene.group())]);
    manifest["spec"]["identity"] = json!({"resourceGroup": "rg", "name": "app"});
    scene
        .run(&[], &stream(&[manifest.clone()]))
        .expect(0, &[("True", "Created")]);
    assert_eq!(scene.writes().len(), 2);

    let other = scene.run(&["--identity", "other"], &stream(&[manifest.clone()]));
    other.expect(1, &[("False", "FlagAgainstRecord")]);
    assert!(other.stderr.contains("`other`") || other.stderr.contains("other"));
    assert!(other.stderr.contains("`app`"), "{}", other.stderr);
    let overridden = scene.run(
        &["--identity", "other", "--override", "--create-identity"],
        &stream(&[manifest]),
    );
    overridden.expect(0, &[("True", "Created")]);
}

#[test]
fn the_issuer_is_compared_to_the_last_byte() {
    let scene = Scene::new();
    let mut claimed = record("app");
    claimed["status"]["issuer"] = json!(ISSUER.trim_end_matches('/'));
    let flags = [&FLAGS[..], &["--aks-cluster", "aks"]].concat();
    let refused = scene.run(&flags, &stream(&[claimed.clone()]));
    refused.expect(1, &[("False", "IssuersDiffer")]);
    assert!(
        refused.stderr.contains("`/` against nothing"),
        "{}",
        refused.stderr
    );
    assert_eq!(scene.writes(), Vec::<String>::new());
    let flags = [&flags[..], &["--override"]].concat();
    scene
        .run(&flags, &stream(&[claimed.clone()]))
        .expect(0, &[("True", "Created")]);
    claimed["status"]["issuer"] = json!(null);
    scene
        .run(&FLAGS, &stream(&[claimed]))
        .expect(1, &[("False", "IssuerUnknown")]);
}

#[test]
fn a_tenants_token_alone_chooses_no_issuer() {
    let scene = Scene::new();
    let of_sources = |sources: &[&str]| {
        let mut claimed = record("app");
        let evidence = sources.iter().map(|source| json!({"source": source}));
        claimed["status"]["evidence"] = evidence.collect();
        stream(&[claimed])
    };
    let by_token = of_sources(&["computed", "token"]);
    let refused = scene.run(&FLAGS, &by_token);
    refused.expect(1, &[("False", "IssuerUnconfirmed")]);
    assert!(
        refused.stderr.contains("--aks-cluster"),
        "{}",
        refused.stderr
    );
    assert_eq!(scene.writes(), Vec::<String>::new());

    let confirmed = [&FLAGS[..], &["--aks-cluster", "aks"]].concat();
    let confirmed = scene.run(&confirmed, &by_token);
    confirmed.expect(0, &[("True", "Created")]);
    assert!(
        !confirmed.stderr.contains("neither"),
        "{}",
        confirmed.stderr
    );
    for (flags, input) in [
        (&["--issuer", ISSUER][..], &by_token),
        (&[][..], &of_sources(&["computed", "host", "token"])),
    ] {
        let scene = Scene::new();
        let flags = [&FLAGS[..], flags].concat();
        let done = scene.run(&flags, input);
        done.expect(0, &[("True", "Created")]);
        let warned = format!("neither the host nor ARM confirms issuer `{ISSUER}` of 1 credential");
        assert!(done.stderr.contains(&warned), "{}", done.stderr);
    }
}

#[test]
fn a_cluster_is_found_by_its_name_and_must_have_an_issuer() {
    let scene = Scene::with(WorldSpec {
        subscriptions: vec![SubscriptionSpec::default(), SubscriptionSpec::default()],
        seed: Seed {
            identities: vec![IdentitySpec {
                name: "app".to_owned(),
                ..IdentitySpec::default()
            }],
            clusters: vec![
                ClusterSpec {
                    resource_group: "one".to_owned(),
                    ..ClusterSpec::new("twin", ISSUER)
                },
                ClusterSpec {
                    resource_group: "two".to_owned(),
                    ..ClusterSpec::new("twin", ISSUER)
                },
                ClusterSpec {
                    name: "off".to_owned(),
                    ..ClusterSpec::default()
                },
            ],
            ..Seed::default()
        },
        ..WorldSpec::default()
    });
    let cases = [
        ("twin", "ClusterAmbiguous", "resourceGroups/one"),
        ("none", "ClusterNotFound", "--aks-cluster"),
        ("off", "OidcDisabled", "--enable-oidc-issuer"),
        ("one/none", "ClusterNotFound", "--aks-cluster"),
    ];
    for (cluster, reason, said) in cases {
        let flags = [&FLAGS[..], &["--aks-cluster", cluster]].concat();
        let refused = scene.run(&flags, &of(&["app"]));
        refused.expect(1, &[("False", reason)]);
        assert!(
            refused.stderr.contains(said),
            "{cluster}: {}",
            refused.stderr
        );
    }
    let flags = [&FLAGS[..], &["--aks-cluster", "one/twin"]].concat();
    scene
        .run(&flags, &of(&["app"]))
        .expect(0, &[("True", "Created")]);
}

#[test]
fn one_identity_for_all_has_to_be_meant() {
    let scene = Scene::new();
    let bulk = of(&["a", "b"]).replace(
        r#"{"narrowed":{"by":["names"]}}"#,
        r#"{"all":{"scope":"vc"}}"#,
    );
    let refused = scene.run(&FLAGS, &bulk);
    assert_eq!(refused.status, 2, "{}", refused.stderr);
    assert!(
        refused.stderr.contains("--shared-identity"),
        "{}",
        refused.stderr
    );
    let flags = [&FLAGS[..], &["--shared-identity"]].concat();
    scene
        .run(&flags, &bulk)
        .expect(0, &[("True", "Created"), ("True", "Created")]);
}

/// Whoever is not named one by one is whoever the tenant makes, whatever stands beside them.
#[test]
fn a_selection_that_is_put_together_or_spans_tenants_is_bulk() {
    let scene = Scene::new();
    let selected = |records: &[serde_json::Value], selection: &str| {
        stream(records).replace(r#"{"narrowed":{"by":["names"]}}"#, selection)
    };
    let named = of(&["app"]);
    let namespace = r#"{"narrowed":{"by":["namespace"]}}"#;
    let all = r#"{"all":{"scope":"vc"}}"#;
    let mut elsewhere = record("app");
    elsewhere["spec"]["virtualCluster"]["namespace"] = json!("team-y");
    elsewhere["status"]["subject"] = json!("system:serviceaccount:team-y:app-x-default-x-vc");
    elsewhere["status"]["hostServiceAccount"]["namespace"] = json!("team-y");
    let mut failed = record("b");
    failed["status"]["conditions"][0]["status"] = json!("False");
    for input in [
        format!(
            "{named}{}",
            selected(&[record("b"), record("c")], namespace)
        ),
        format!("{named}{}", selected(&[record("b")], all)),
        stream(&[record("app"), elsewhere]),
        selected(&[record("app"), failed], all),
        selected(&[record("app")], namespace),
    ] {
        let refused = scene.run(&FLAGS, &input);
        assert_eq!(refused.status, 2, "{input}: {}", refused.stderr);
        assert!(
            refused.stderr.contains("--shared-identity"),
            "{}",
            refused.stderr
        );
    }
    assert_eq!(scene.writes(), Vec::<String>::new());
    let two = format!("{named}{}", of(&["b"]));
    scene
        .run(&FLAGS, &two)
        .expect(0, &[("True", "Created"), ("True", "Created")]);
}

#[test]
fn what_no_credential_can_have_is_refused_before_azure_is_asked_for_it() {
    let scene = Scene::new();
    let long = "a".repeat(601);
    for audience in ["api://x ", "api:// x", "api://x\n", &long] {
        let flags = [&FLAGS[..], &["--audience", audience]].concat();
        let refused = scene.run(&flags, &of(&["app"]));
        refused.expect(1, &[("False", "AudienceUnusable")]);
    }
    let in_region = |name: &str, region: &str| {
        let mut record = record(name);
        record["spec"]["identity"] =
            json!({"resourceGroup": "rg", "name": "fresh", "location": region});
        record
    };
    let records = [
        in_region("a", "westeurope"),
        in_region("b", "West Europe"),
        in_region("c", "northeurope"),
    ];
    let refused = scene.run(&["--create-identity", "--dry-run"], &stream(&records));
    refused.expect(
        1,
        &[
            ("Unknown", "Planned"),
            ("Unknown", "Planned"),
            ("False", "LocationsDiffer"),
        ],
    );
    assert_eq!(scene.writes(), Vec::<String>::new());
}

#[test]
fn a_command_line_that_cannot_be_meant_is_refused() {
    let scene = Scene::new();
    for flags in [
        &["--role", "Reader"][..],
        &["--scope", "/subscriptions/x"],
        &["--assign", "Reader"],
        &["--azure-auth", "guess"],
        &["--owner", "Not Good"],
        &["--subject", "default/app"],
        &["--accept", "hearsay"],
        &["--subscription", "Unknown name"],
        &["--azure-cloud", "Elsewhere"],
        &["-g", ""],
        &["--prune=dangling", "-g", "rg", "--issuer", ISSUER],
        &[
            "--prune=dangling",
            "-g",
            "rg",
            "--assign",
            "Reader@/subscriptions/x",
        ],
        &["--prune=dangling", "-g", "rg", "--adopt=rename"],
    ] {
        let finished = scene.run(flags, &of(&["app"]));
        assert_eq!(finished.status, 2, "{flags:?}: {}", finished.stderr);
    }
    assert_eq!(scene.world.requests().len(), 0);
}
