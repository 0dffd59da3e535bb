//! Who we are for Azure: the chain, and what is said of each of its links.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use crate::scene::{FLAGS, Finished, Scene, of};

/// Runs without the variables of the stand-in's caller, and with these programs on the path.
fn run(
    scene: &Scene,
    flags: &[&str],
    programs: &[(&str, &str)],
    variables: &[(&str, &str)],
) -> Finished {
    let folder = tempfile::tempdir().unwrap();
    for (name, script) in programs {
        let path = folder.path().join(name);
        fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    }
    let flags = [&FLAGS[..], flags].concat();
    let mut command = scene.command(&flags);
    command
        .env_remove("AZURE_CLIENT_SECRET")
        .env("PATH", format!("{}:/usr/bin:/bin", folder.path().display()))
        .envs(variables.iter().copied());
    Scene::fed(command, &of(&["app"]))
}

#[test]
fn every_link_of_the_chain_says_in_a_line_why_it_gave_no_token() {
    let scene = Scene::new();
    let az = (
        "az",
        "echo 'ERROR: Please run az login to setup account.' >&2; exit 1",
    );
    let azd = (
        "azd",
        "echo 'ERROR: not logged in, run azd auth login' >&2; exit 1",
    );
    let failed = run(&scene, &[], &[az, azd], &[]);
    assert_eq!(failed.status, 3, "{}", failed.stderr);
    let said: Vec<&str> = failed
        .stderr
        .lines()
        .filter_map(|line| line.strip_prefix("  caused by: "))
        .collect();
    assert_eq!(
        said,
        [
            "can't log in to Azure",
            "environment: neither `AZURE_CLIENT_SECRET` nor `AZURE_CLIENT_CERTIFICATE_PATH` is set",
            "workload-identity: `AZURE_FEDERATED_TOKEN_FILE` is not set",
            "azure-cli: Please run az login to setup account",
            "azd: not logged in, run azd auth login",
        ]
    );
    assert!(
        failed.stderr.contains("hint: log in with `az login`"),
        "{}",
        failed.stderr
    );
    assert_eq!(scene.writes(), Vec::<String>::new());

    // What was set up on purpose is the last word: nobody goes on as somebody else.
    let set_up = [("AZURE_CLIENT_SECRET", "wrong")];
    let failed = run(&scene, &[], &[az, azd], &set_up);
    assert_eq!(failed.status, 3);
    assert!(
        failed.stderr.contains("environment: AADSTS7000215"),
        "{}",
        failed.stderr
    );
    assert!(!failed.stderr.contains("azure-cli"), "{}", failed.stderr);
}

#[test]
fn a_pfx_is_refused_with_the_command_that_converts_it() {
    let scene = Scene::new();
    let pfx = scene.folder().join("sp.pfx");
    fs::write(&pfx, b"\x30\x82\x0a\x51\x02\x01\x03").unwrap();
    let variables = [("AZURE_CLIENT_CERTIFICATE_PATH", pfx.to_str().unwrap())];
    let failed = run(&scene, &[], &[], &variables);
    assert_eq!(failed.status, 3, "{}", failed.stderr);
    let command = "openssl pkcs12 -in";
    assert!(failed.stderr.contains(command), "{}", failed.stderr);
}

#[test]
fn a_machines_identity_is_used_when_it_is_asked_for() {
    let scene = Scene::new();
    let endpoint = format!("{}/{}/msi/token", scene.info.url, scene.info.tenant_id);
    let secret = &scene.info.callers[0].client_secret;
    let variables = [
        ("IDENTITY_ENDPOINT", endpoint.as_str()),
        ("IDENTITY_HEADER", secret),
    ];
    let unasked = run(&scene, &[], &[], &variables);
    assert_eq!(unasked.status, 3, "{}", unasked.stderr);
    let asked = ["--azure-auth", "managed-identity"];
    run(&scene, &asked, &[], &variables).expect(0, &[("True", "Created")]);
    let variables = [
        ("IDENTITY_ENDPOINT", endpoint.as_str()),
        ("IDENTITY_HEADER", "other"),
    ];
    let refused = run(&scene, &asked, &[], &variables);
    assert_eq!(refused.status, 3, "{}", refused.stderr);
    assert!(
        refused
            .stderr
            .contains("answered 400: No User Assigned or Delegated Managed Identity found"),
        "{}",
        refused.stderr
    );
}
