//! Credentials that Entra would not honour, and one that it does not know yet.

use serde_json::json;
use vwi_test_azure::CredentialSpec;
use vwi_tests::Scene;
use vwi_tests::scene::ACCOUNT;

use crate::checked::{CHECK, Checked, right};

#[tokio::test]
async fn what_is_spoilt_in_azure_is_named() {
    type Spoil = fn(&Scene) -> Vec<CredentialSpec>;
    let rows: [(&str, Spoil, &str); 5] = [
        ("nofic", |_| Vec::new(), "no-fic error"),
        (
            "subject",
            |scene| {
                let subject = format!("system:serviceaccount:{}:{ACCOUNT}", scene.namespace);
                vec![CredentialSpec {
                    subject: Some(subject),
                    ..right(scene)
                }]
            },
            "subject-mismatch error",
        ),
        (
            "issuer",
            |scene| {
                let issuer = scene.bed.description().issuer.trim_end_matches('/');
                vec![CredentialSpec {
                    issuer: issuer.to_owned(),
                    ..right(scene)
                }]
            },
            "issuer-mismatch error",
        ),
        (
            "case",
            |scene| {
                let subject = scene.subject(ACCOUNT).replace(":app", ":App");
                vec![CredentialSpec {
                    subject: Some(subject),
                    ..right(scene)
                }]
            },
            "case-mismatch error",
        ),
        (
            "audience",
            |scene| {
                vec![CredentialSpec {
                    audiences: vec!["api://other".to_owned()],
                    ..right(scene)
                }]
            },
            "audience-mismatch error",
        ),
    ];
    for (name, spoil, expected) in rows {
        let checked = Checked::new(name, spoil).await;
        let (status, findings) = checked.findings(&[]);
        assert_eq!((status, findings), (Some(1), vec![expected.to_owned()]));
        // Entra says the same; what it was shown stands beside what is registered.
        let (status, findings) = checked.findings(&["--probe=token"]);
        let both = vec![expected.to_owned(), "exchange-blocked error".to_owned()];
        assert_eq!((status, findings), (Some(1), both));
        // What nobody wants to hear about is not judged.
        let (status, findings) = checked.findings(&["--skip", expected.split(' ').next().unwrap()]);
        assert_eq!((status, findings), (Some(0), Vec::new()));
    }
}

#[tokio::test]
async fn a_credential_that_is_on_its_way_settles_or_is_named() {
    let scene = Scene::new("settles").await;
    let settings = async |attempts: u32| {
        let credential = json!({"attempts": attempts});
        let patch = json!({"propagation": {"credential": credential, "credentialError": 700_213}});
        let patched = scene.admin.patch_settings(&scene.world.id, &patch).await;
        patched.unwrap();
    };
    settings(1000).await;
    let pipe = "kubectl-vwi-translate app -n \"$NAMESPACE\" \
         | kubectl-vwi-federate --identity app-identity -g rg | kubectl-vwi-annotate";
    let made = scene.sh(pipe);
    assert_eq!(made.status, Some(0), "{}", made.stderr);
    let check = |arguments: &[&str]| {
        let program = scene.plugin(CHECK);
        let program = program.args([ACCOUNT, "-n", &scene.namespace, "--probe=token"]);
        program.args(arguments).run().unwrap()
    };
    let finished = check(&["--settle=1s"]);
    assert_eq!(finished.status, Some(1), "{}", finished.stdout);
    let text = &finished.stdout;
    assert!(
        text.contains("‼ Entra knows the credential that Azure shows [fic-propagation]"),
        "{text}"
    );
    assert!(text.contains("AADSTS700213"), "{text}");
    assert!(!text.contains("[subject-mismatch]"), "{text}");

    // Tried with growing pauses, it needs a few more.
    settings(5).await;
    let finished = check(&[]);
    assert_eq!(finished.status, Some(0), "{}", finished.stdout);
}
