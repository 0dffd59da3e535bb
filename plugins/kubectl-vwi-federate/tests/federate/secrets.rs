//! Tokens, secrets and keys are nowhere that somebody else could read them.

use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use vwi_test_azure::{
    Answer, CallerSpec, ClusterSpec, CredentialSpec, Fault, IdentitySpec, PUBLIC_AUDIENCE, Seed,
    TestIssuer, TestKey, Upstream, WorldSpec,
};

use crate::scene::{FLAGS, ISSUER, Scene, of, server};

const RUNNER: &str = "system:serviceaccount:ci:runner";

/// A world whose caller may log in with its secret, its certificate and a Kubernetes token.
fn scene(issuer: &TestIssuer) -> Scene {
    Scene::with(WorldSpec {
        callers: vec![CallerSpec {
            certificates: vec![TestKey::certificate_of_first().to_owned()],
            federated_credentials: vec![CredentialSpec::new("ci", issuer.url(), RUNNER)],
            ..CallerSpec::default()
        }],
        seed: Seed {
            identities: vec![IdentitySpec {
                name: "app".to_owned(),
                ..IdentitySpec::default()
            }],
            clusters: vec![ClusterSpec::new("aks", ISSUER)],
            ..Seed::default()
        },
        ..WorldSpec::default()
    })
}

/// A program that writes down its arguments and its environment, and answers with `answer`.
fn program(folder: &Path, name: &str, answer: &str) {
    let path = folder.join(name);
    let seen = folder.join("seen");
    let script = format!(
        "#!/bin/sh\n{{ echo \"$0 $*\"; env; cat; }} >> '{}'\ncat <<'END'\n{answer}\nEND\n",
        seen.display()
    );
    fs::write(&path, script).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
}

/// What one run showed: both streams, and what its children got.
fn shown(scene: &Scene, way: &str, more: &[&str], variables: &[(&str, &str)]) -> (i32, String) {
    let folder = tempfile::tempdir().unwrap();
    if let Some(token) = scene.world.tokens().first() {
        let az =
            format!(r#"{{"accessToken":"{token}","expires_on":4102444800,"tokenType":"Bearer"}}"#);
        program(folder.path(), "az", &az);
        let azd = format!(r#"{{"token":"{token}","expiresOn":"2100-01-01T00:00:00Z"}}"#);
        program(folder.path(), "azd", &azd);
    }
    let flags = [&FLAGS[..], &["--azure-auth", way], more].concat();
    let mut command = scene.command(&flags);
    if way == "environment" && variables.iter().any(|(name, _)| name.ends_with("_PATH")) {
        command.env_remove("AZURE_CLIENT_SECRET");
    }
    let path = format!("{}:/usr/bin:/bin", folder.path().display());
    let mut child = command
        .env("PATH", path)
        .envs(variables.iter().copied())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(of(&["app"]).as_bytes()).unwrap();
    drop(stdin);
    let done = Scene::finished(child);
    let children = fs::read_to_string(folder.path().join("seen")).unwrap_or_default();
    let asked = matches!(way, "azure-cli" | "azd");
    assert_eq!(asked, !children.is_empty(), "{way}: {children}");
    let shown = format!("{}\n{}\n{children}", done.stdout, done.stderr);
    (done.status, shown)
}

#[test]
fn no_token_secret_or_key_is_shown_or_handed_on_whatever_happens() {
    let issuer = TestIssuer::new(&server().issuer_url("secrets"));
    let documents = TestIssuer::documents(&[TestKey::First]);
    server()
        .issuers()
        .set("secrets", Upstream::Documents(documents));
    let scene = scene(&issuer);
    let files = tempfile::tempdir().unwrap();
    let assertion = issuer.token(RUNNER, PUBLIC_AUDIENCE).sign().unwrap();
    let token_file = files.path().join("token");
    fs::write(&token_file, &assertion).unwrap();
    let key = TestKey::First.private_pem();
    let pem = files.path().join("sp.pem");
    fs::write(&pem, [key, TestKey::certificate_of_first()].concat()).unwrap();
    let token_file = token_file.to_str().unwrap();
    let pem = pem.to_str().unwrap();

    let machine = format!("{}/{}/msi/token", scene.info.url, scene.info.tenant_id);
    let header = scene.info.callers[0].client_secret.clone();
    let of_machine = [
        ("IDENTITY_ENDPOINT", machine.as_str()),
        ("IDENTITY_HEADER", &header),
    ];

    let ways: [(&str, &[(&str, &str)]); 6] = [
        ("environment", &[]),
        ("environment", &[("AZURE_CLIENT_CERTIFICATE_PATH", pem)]),
        (
            "workload-identity",
            &[("AZURE_FEDERATED_TOKEN_FILE", token_file)],
        ),
        ("azure-cli", &[]),
        ("azd", &[]),
        ("managed-identity", &of_machine),
    ];
    let faults = [
        None,
        Some(Answer::error(401, "InvalidAuthenticationToken", "no")),
        Some(Answer::error(403, "AuthorizationFailed", "no")),
        Some(Answer::Garbage { status: 200 }),
        Some(Answer::Reset),
    ];
    for (way, variables) in ways {
        for fault in &faults {
            scene.world.remove_faults(None);
            if let Some(answer) = fault {
                let fault = Fault::new("GET", "userAssignedIdentities/app", answer.clone());
                scene.world.add_fault(fault).unwrap();
            }
            for more in [
                &[][..],
                &["-v", "9"],
                &["-v", "10", "--dry-run", "-o", "plan"],
            ] {
                let more = [more, &["--timeout", "3s"]].concat();
                let (status, shown) = shown(&scene, way, &more, variables);
                let case = format!("{way} {fault:?} {more:?}");
                assert_eq!(status == 0, fault.is_none(), "{case}: {shown}");
                let caller = &scene.info.callers[0];
                let key_line = key.lines().nth(1).unwrap();
                for secret in [caller.client_secret.as_str(), &assertion, key_line] {
                    assert!(!shown.contains(secret), "{case}: {shown}");
                }
                for token in scene.world.tokens() {
                    // Not even its signature alone.
                    for part in token.split('.').skip(1) {
                        assert!(!shown.contains(part), "{case}: {shown}");
                    }
                }
            }
        }
    }
    assert!(scene.world.tokens().len() > 10);
}
