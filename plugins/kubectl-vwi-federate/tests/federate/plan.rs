//! Dry runs and the forms of the plan.

use serde_json::Value;

use crate::scene::{FLAGS, Scene, of};

#[test]
fn a_dry_run_writes_nothing_and_travels() {
    let scene = Scene::new();
    let flags = [&FLAGS[..], &["--dry-run"]].concat();
    let dry = scene.run(&flags, &of(&["app"]));
    dry.expect(0, &[("Unknown", "Planned")]);
    assert_eq!(scene.writes(), Vec::<String>::new());
    assert!(
        dry.stderr.contains("+ credential vwi-team-x-app-"),
        "{}",
        dry.stderr
    );
    assert!(dry.stderr.contains("Plan: 1 to create"), "{}", dry.stderr);
    let record = &dry.records()[0];
    assert_eq!(record["status"]["federatedCredential"]["result"], "planned");
    assert_eq!(
        record["status"]["identity"]["clientId"],
        scene.info.identities[0].client_id
    );

    let planned = of(&["app"]).replace(
        r#""status":"True","reason":"Proven""#,
        r#""status":"Unknown","reason":"Planned""#,
    );
    scene
        .run(&FLAGS, &planned)
        .expect(0, &[("Unknown", "Planned")]);
    assert_eq!(scene.writes(), Vec::<String>::new());
}

#[test]
fn an_identity_that_is_only_planned_has_no_client_id_yet() {
    let scene = Scene::new();
    let flags = [
        "--identity",
        "fresh",
        "-g",
        "rg",
        "--create-identity",
        "--dry-run",
    ];
    let dry = scene.run(&flags, &of(&["app"]));
    dry.expect(0, &[("Unknown", "Planned")]);
    assert!(
        dry.stderr.contains("known after federate"),
        "{}",
        dry.stderr
    );
    assert!(dry.records()[0]["status"]["identity"]["clientId"].is_null());
}

#[test]
fn the_plan_is_a_document_too() {
    let scene = Scene::new();
    let flags = [&FLAGS[..], &["--dry-run", "-o", "json"]].concat();
    let dry = scene.run(&flags, &of(&["app"]));
    assert_eq!(dry.status, 0, "{}", dry.stderr);
    let plan: Value = serde_json::from_str(&dry.stdout).unwrap();
    assert_eq!(plan["kind"], "FederationPlan");
    assert_eq!(plan["summary"]["create"], 1);
    assert_eq!(
        plan["identities"][0]["credentials"][0]["records"][0],
        "default/app"
    );
    let flags = [&FLAGS[..], &["--dry-run", "-o", "plan"]].concat();
    let dry = scene.run(&flags, &of(&["app"]));
    assert!(dry.stdout.starts_with("= identity app"), "{}", dry.stdout);
    let flags = [&FLAGS[..], &["--dry-run", "--fail-on", "change"]].concat();
    assert_eq!(scene.run(&flags, &of(&["app"])).status, 1);
    scene.run(&FLAGS, &of(&["app"]));
    assert_eq!(scene.run(&flags, &of(&["app"])).status, 0);
}

#[test]
fn whoever_is_refused_before_there_is_a_plan_is_in_it_all_the_same() {
    let scene = Scene::new();
    let input = of(&["app", "default"]);
    let show = |form: &str| {
        let flags = [&FLAGS[..], &["--dry-run", "-o", form]].concat();
        scene.run(&flags, &input).stdout
    };
    let plan: Value = serde_json::from_str(&show("json")).unwrap();
    assert_eq!(plan["refused"][0]["record"], "default/default");
    assert_eq!(plan["refused"][0]["reason"], "SharedSubject");
    assert_eq!(plan["summary"]["refuse"], 1);
    let plan = show("plan");
    assert!(plan.contains("! default/default: subject"), "{plan}");
    let terraform = show("terraform");
    let left_out = "# Left out: default/default: SharedSubject";
    assert!(terraform.contains(left_out), "{terraform}");
}

#[test]
fn no_secret_is_ever_shown() {
    let scene = Scene::new();
    let secret = &scene.info.callers[0].client_secret;
    for flags in [&["-v", "8"][..], &["--dry-run", "-v", "8"], &["-o", "wide"]] {
        let flags = [&FLAGS[..], flags].concat();
        let done = scene.run(&flags, &of(&["app"]));
        for shown in [&done.stdout, &done.stderr] {
            assert!(!shown.contains(secret), "{shown}");
            assert!(
                !shown.contains("Bearer") && !shown.contains("eyJ"),
                "{shown}"
            );
        }
    }
}
