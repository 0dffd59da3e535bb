//! Credentials: made, found, adopted, left alone.

use serde_json::json;
use vwi_test_azure::{
    Answer, ClusterSpec, CredentialSpec, Fault, IdentitySpec, Seed, Times, WorldSpec,
};

use crate::scene::{AUDIENCE, FLAGS, ISSUER, Scene, of, record, stream, subject};

fn with_credentials(credentials: Vec<CredentialSpec>) -> Scene {
    Scene::with(WorldSpec {
        seed: Seed {
            identities: vec![IdentitySpec {
                name: "app".to_owned(),
                credentials,
                ..IdentitySpec::default()
            }],
            clusters: vec![ClusterSpec::new("aks", ISSUER)],
            ..Seed::default()
        },
        ..WorldSpec::default()
    })
}

#[test]
fn the_first_run_makes_it_and_the_second_sends_no_write() {
    let scene = Scene::new();
    let flags = [&FLAGS[..], &["--aks-cluster", "aks"]].concat();
    let first = scene.run(&flags, &of(&["app"]));
    first.expect(0, &[("True", "Created")]);
    assert_eq!(scene.writes().len(), 1);
    let credentials = scene.credentials("app");
    assert_eq!(
        credentials[0][1..],
        [ISSUER.to_owned(), subject("app"), AUDIENCE.to_owned()]
    );
    let record = &first.records()[0];
    let identity = &scene.info.identities[0];
    assert_eq!(record["status"]["identity"]["clientId"], identity.client_id);
    assert_eq!(
        record["status"]["identity"]["tenantId"],
        scene.info.tenant_id
    );
    assert_eq!(
        record["status"]["federatedCredential"]["name"],
        credentials[0][0]
    );
    assert_eq!(record["status"]["federatedCredential"]["result"], "created");
    assert_eq!(record["spec"]["unknown"].to_string(), r#"{"b":1,"a":2}"#);

    let second = scene.run(&flags, &of(&["app"]));
    second.expect(0, &[("True", "Unchanged")]);
    assert_eq!(scene.writes(), Vec::<String>::new());
    assert!(second.stderr.contains("1 unchanged"), "{}", second.stderr);
    // What this step wrote can be fed in again.
    let again = scene.run(&flags, &second.stdout);
    assert_eq!(again.stdout, second.stdout);
    assert_eq!(scene.writes(), Vec::<String>::new());
}

#[test]
fn an_identity_is_made_on_request_with_its_roles() {
    let scene = Scene::new();
    let scope = scene.group();
    let assign = format!("Reader@{scope}");
    let flags = [
        "--identity",
        "fresh",
        "-g",
        "rg",
        "--aks-cluster",
        "aks",
        "--assign",
        &assign,
    ];
    let refused = scene.run(&flags, &of(&["app"]));
    refused.expect(1, &[("False", "IdentityNotFound")]);
    assert!(
        refused.stderr.contains("--create-identity"),
        "{}",
        refused.stderr
    );
    assert_eq!(scene.writes(), Vec::<String>::new());

    let flags = [
        &flags[..],
        &["--create-identity", "--location", "westeurope"],
    ]
    .concat();
    let first = scene.run(&flags, &of(&["app"]));
    first.expect(0, &[("True", "Created")]);
    assert_eq!(scene.writes().len(), 3);
    let second = scene.run(&flags, &of(&["app"]));
    second.expect(0, &[("True", "Unchanged")]);
    assert_eq!(scene.writes(), Vec::<String>::new());
}

#[test]
fn an_identity_without_a_location_is_made_in_its_groups() {
    let scene = Scene::new();
    let flags = ["--identity", "fresh", "-g", "rg", "--create-identity"];
    scene
        .run(&flags, &of(&["app"]))
        .expect(0, &[("True", "Created")]);
    let id = scene.identity_id("fresh");
    assert!(
        scene.writes().iter().any(|write| write.contains("fresh")),
        "{id}"
    );
}

/// Somebody makes the identity while the plan is carried out; theirs keeps its region and tags.
#[test]
fn an_identity_that_was_made_meanwhile_is_taken_as_it_is() {
    let scene = Scene::new();
    let seed = Seed {
        identities: vec![IdentitySpec {
            name: "fresh".to_owned(),
            location: "northeurope".to_owned(),
            ..IdentitySpec::default()
        }],
        ..Seed::default()
    };
    // The plan sees none.
    let none = Answer::error(404, "ResourceNotFound", "not there");
    let fault = Fault::new("GET", "userAssignedIdentities/fresh[?]", none).times(Times::First(1));
    scene.world.add_fault(fault).unwrap();
    scene.world.seed(&seed).unwrap();
    let flags = [
        "--identity",
        "fresh",
        "-g",
        "rg",
        "--create-identity",
        "--location",
        "westeurope",
    ];
    let done = scene.run(&flags, &of(&["app"]));
    done.expect(0, &[("True", "Created")]);
    assert!(!done.stderr.contains("(created)"), "{}", done.stderr);
    let writes = scene.writes();
    assert!(
        matches!(&writes[..], [only] if only.contains("/fresh/federatedIdentityCredentials/")),
        "{writes:?}"
    );
}

#[test]
fn what_others_made_is_adopted_or_left_alone() {
    let scene = with_credentials(vec![
        CredentialSpec::new("by-hand", ISSUER, &subject("app")),
        CredentialSpec::new("shout", ISSUER, &subject("b").to_uppercase()),
    ]);
    let flags = [&FLAGS[..], &["--shared-identity"]].concat();
    let done = scene.run(&flags, &of(&["app", "b"]));
    done.expect(0, &[("True", "Adopted"), ("True", "Created")]);
    assert_eq!(scene.writes().len(), 1);
    let names: Vec<String> = scene
        .credentials("app")
        .into_iter()
        .map(|[name, ..]| name)
        .collect();
    assert!(names.contains(&"by-hand".to_owned()) && names.contains(&"shout".to_owned()));
    let again = scene.run(&flags, &of(&["app", "b"]));
    again.expect(0, &[("True", "Adopted"), ("True", "Unchanged")]);
}

#[test]
fn drift_of_ours_is_mended_and_a_foreign_one_under_our_name_stays() {
    let scene = Scene::new();
    scene
        .run(&FLAGS, &of(&["app"]))
        .expect(0, &[("True", "Created")]);
    let [name, ..] = scene.credentials("app").remove(0);
    let scene = with_credentials(vec![CredentialSpec {
        audiences: vec!["api://other".to_owned()],
        ..CredentialSpec::new(&name, ISSUER, &subject("app"))
    }]);
    scene
        .run(&FLAGS, &of(&["app"]))
        .expect(0, &[("True", "Updated")]);
    assert_eq!(scene.credentials("app")[0][3], AUDIENCE);

    let foreign = CredentialSpec::new(&name, ISSUER, "system:serviceaccount:other:victim");
    let scene = with_credentials(vec![foreign]);
    scene
        .run(&FLAGS, &of(&["app"]))
        .expect(0, &[("True", "Created")]);
    let credentials = scene.credentials("app");
    assert_eq!(credentials.len(), 2);
    assert_eq!(credentials[0][2], "system:serviceaccount:other:victim");
    scene
        .run(&FLAGS, &of(&["app"]))
        .expect(0, &[("True", "Unchanged")]);
}

#[test]
fn a_full_identity_is_left_untouched() {
    let twenty: Vec<CredentialSpec> = (0..19)
        .map(|index| {
            CredentialSpec::new(
                &format!("c{index:02}"),
                ISSUER,
                &subject(&format!("c{index}")),
            )
        })
        .collect();
    let scene = with_credentials(twenty);
    scene
        .world
        .change_settings(|settings| settings.paging.page_size = Some(7));
    let flags = [&FLAGS[..], &["--shared-identity"]].concat();
    let refused = scene.run(&flags, &of(&["a", "b", "c3"]));
    refused.expect(
        1,
        &[
            ("False", "NoRoom"),
            ("False", "NoRoom"),
            ("True", "Adopted"),
        ],
    );
    assert!(refused.stderr.contains("19/20"), "{}", refused.stderr);
    assert_eq!(scene.writes(), Vec::<String>::new());
    scene
        .run(&FLAGS, &of(&["a"]))
        .expect(0, &[("True", "Created")]);
}

#[test]
fn two_service_accounts_with_one_subject_are_both_refused() {
    let scene = Scene::new();
    let mut twin = record("app");
    twin["metadata"]["namespace"] = json!("other");
    let both = scene.run(&FLAGS, &stream(&[record("app"), twin, record("b")]));
    both.expect(
        1,
        &[
            ("False", "HostNameCollision"),
            ("False", "HostNameCollision"),
            ("True", "Created"),
        ],
    );
    assert_eq!(scene.credentials("app").len(), 1);
    let told = of(&["app"]).replace(
        "\"failed\":0",
        "\"failed\":0,\"collisions\":[{\"hostNamespace\":\"team-x\",\"hostName\":\"app-x-default-x-vc\",\"records\":[\"default/app\",\"other/app\"]}]",
    );
    scene
        .run(&FLAGS, &told)
        .expect(1, &[("False", "HostNameCollision")]);
}

#[test]
fn a_shared_subject_has_to_be_meant() {
    let scene = Scene::new();
    let refused = scene.run(&FLAGS, &of(&["default"]));
    refused.expect(1, &[("False", "SharedSubject")]);
    let flags = [&FLAGS[..], &["--allow-shared-subject"]].concat();
    scene
        .run(&flags, &of(&["default"]))
        .expect(0, &[("True", "Created")]);
}

#[test]
fn two_owners_leave_each_others_credentials_alone() {
    let scene = Scene::new();
    let of_owner = |owner| [&FLAGS[..], &["--owner", owner]].concat();
    scene
        .run(&of_owner("shop"), &of(&["a"]))
        .expect(0, &[("True", "Created")]);
    scene
        .run(&of_owner("blog"), &of(&["b"]))
        .expect(0, &[("True", "Created")]);
    scene
        .run(&of_owner("blog"), &of(&["a"]))
        .expect(0, &[("True", "Adopted")]);
    let names: Vec<String> = scene
        .credentials("app")
        .into_iter()
        .map(|[name, ..]| name)
        .collect();
    assert!(
        names.iter().any(|name| name.starts_with("vwi-shop_")),
        "{names:?}"
    );
    assert!(
        names.iter().any(|name| name.starts_with("vwi-blog_")),
        "{names:?}"
    );
}
