//! The access key is in no output, no argument, and no environment of another program.

use vwi_bed::{Finished, Program};

use crate::stage::{KEY, PROJECT, Stage, run};

fn assert_silent(found: &Finished) {
    for text in [&found.stdout, &found.stderr] {
        assert!(!text.contains(KEY), "{text}");
        assert!(
            !text.contains(KEY.get(..12).expect("a longer key")),
            "{text}"
        );
    }
}

#[tokio::test]
async fn no_output_at_any_verbosity_holds_the_key() {
    let stage = Stage::new("silent").await;
    let ca = stage.scene.bed.folder().join("ca.pem");
    let url = stage.server.url();
    let here = |program: Program| {
        program
            .args([
                "--platform",
                &url,
                "--project",
                PROJECT,
                "--platform-certificate-authority",
            ])
            .arg(&ca)
    };
    let file = stage.file("a-key", KEY);
    for level in ["0", "4", "9"] {
        for format in ["ndjson", "yaml", "table"] {
            let ways = [
                here(stage.translate()).arg("--access-key-file").arg(&file),
                here(stage.translate())
                    .args(["--access-key-file", "-"])
                    .stdin(KEY),
                here(stage.translate())
                    .args(["--access-key-env", "MY_KEY"])
                    .env("MY_KEY", KEY),
            ];
            for way in ways {
                let found = run(way.args(["-v", level, "-o", format]));
                assert_eq!(found.status, Some(0), "{}", found.stderr);
                assert_silent(&found);
            }
        }
    }
    // Nor does an error: the key is wrong, or the server says it back.
    stage
        .server
        .change_contents(|contents| contents.keys.clear());
    let found = run(here(stage.translate())
        .args(["--access-key-file", "-", "-v", "9"])
        .stdin(KEY));
    assert_eq!(found.status, Some(3), "{}", found.stderr);
    assert_silent(&found);
}

#[tokio::test]
async fn a_key_typed_on_the_command_line_is_refused_and_not_repeated() {
    let stage = Stage::new("argv").await;
    for arguments in [
        &["--access-key", KEY][..],
        &["--access-key-env", &format!("K={KEY}")],
    ] {
        let found = run(stage.translate().args(arguments));
        assert_eq!(found.status, Some(2), "{}", found.stderr);
        assert_silent(&found);
    }
    let found = run(stage
        .scene
        .plugin("kubectl-vwi-translate")
        .args([
            "-f",
            "-",
            "--access-key-file",
            "-",
            "--platform",
            &stage.server.url(),
        ])
        .stdin(KEY));
    assert_eq!(found.status, Some(2), "{}", found.stderr);
    assert!(
        found
            .stderr
            .contains("standard input can't be both the access key and documents"),
        "{}",
        found.stderr
    );
    assert_silent(&found);
}

#[tokio::test]
async fn a_credential_plugin_does_not_see_the_variable_with_the_key() {
    let stage = Stage::new("children").await;
    let seen = stage.scene.bed.folder().join("seen");
    let description = stage.scene.bed.description();
    let plugin = stage.file(
        "plugin.sh",
        &format!(
            "#!/bin/sh\nenv > '{}'\ncat /proc/$PPID/cmdline >> '{}'\n\
             echo '{{\"apiVersion\":\"client.authentication.k8s.io/v1\",\"kind\":\"ExecCredential\",\
             \"status\":{{\"token\":\"t\"}}}}'\n",
            seen.display(),
            seen.display()
        ),
    );
    // The tenant's user is a plugin now; the bed refuses its token, which is as good here.
    let server = &description.tenant.cluster.server;
    let kubeconfig = format!(
        "apiVersion: v1\nkind: Config\ncurrent-context: c\n\
         clusters:\n- name: c\n  cluster:\n    server: {server}\n    insecure-skip-tls-verify: true\n\
         users:\n- name: u\n  user:\n    exec:\n      apiVersion: client.authentication.k8s.io/v1\n      \
         command: /bin/sh\n      args: ['{}']\n      interactiveMode: Never\n\
         contexts:\n- name: c\n  context:\n    cluster: c\n    user: u\n",
        plugin.display()
    );
    let kubeconfig = stage.file("exec.yaml", &kubeconfig);
    let found = run(stage
        .translate()
        .env("KUBECONFIG", &kubeconfig)
        .env("MY_KEY", KEY)
        .args(["--insecure-skip-tls-verify", "--access-key-env", "MY_KEY"])
        .args(["--platform", &stage.server.url(), "--project", PROJECT])
        .arg("--platform-certificate-authority")
        .arg(stage.scene.bed.folder().join("ca.pem")));
    assert_silent(&found);
    let seen = std::fs::read_to_string(seen).expect("the plugin has run");
    assert!(seen.contains("KUBECONFIG="), "{seen}");
    assert!(!seen.contains(KEY), "{seen}");
}
