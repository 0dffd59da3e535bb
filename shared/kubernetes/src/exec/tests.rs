use std::collections::HashMap;
use std::error::Error;
use std::path::Path;

use secrecy::ExposeSecret;

use super::*;

const SECRET: &str = "eyJ-a-secret";

fn shell(script: &str) -> ExecConfig {
    ExecConfig {
        api_version: Some(DEFAULT_VERSION.to_owned()),
        command: Some("/bin/sh".to_owned()),
        args: Some(vec!["-c".to_owned(), script.to_owned()]),
        ..ExecConfig::default()
    }
}

fn answer(status: &str) -> String {
    format!(
        r#"echo '{{"kind":"ExecCredential","apiVersion":"{DEFAULT_VERSION}","status":{status}}}'"#
    )
}

fn runner() -> ExecRunner {
    ExecRunner::new(false, Duration::from_secs(10))
}

/// Counts runs in `folder`, then answers with a token that names the run.
fn counting(folder: &Path, status_tail: &str) -> ExecConfig {
    let runs = folder.join("runs");
    let runs = runs.display();
    let status = format!(r#"{{"token":"'$(wc -l < {runs})'"{status_tail}}}"#);
    shell(&format!("echo run >> {runs}; {}", answer(&status)))
}

async fn token(runner: &ExecRunner, exec: &ExecConfig) -> String {
    let credential = runner.credential(exec, None, None).await.unwrap();
    let token = credential.token.as_ref().unwrap();
    token.expose_secret().trim().to_owned()
}

#[tokio::test]
async fn an_entry_is_run_once_until_it_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let exec = counting(folder.path(), "");
    let runner = runner();
    let other = runner.clone();
    let both = tokio::join!(token(&runner, &exec), token(&other, &exec));
    assert_eq!(both, ("1".to_owned(), "1".to_owned()));

    let refused = runner.credential(&exec, None, None).await.unwrap();
    let fresh = runner
        .credential(&exec, None, Some(&refused))
        .await
        .unwrap();
    assert_eq!(fresh.token.as_ref().unwrap().expose_secret().trim(), "2");
    let again = runner
        .credential(&exec, None, Some(&refused))
        .await
        .unwrap();
    assert!(
        Arc::ptr_eq(&fresh, &again),
        "the refused one is not the one that is known"
    );
}

#[tokio::test]
async fn what_a_plugin_leaves_in_the_background_holds_nobody_up() {
    let folder = tempfile::tempdir().unwrap();
    // What stays behind ends when the fifo is written to.
    let fifo = folder.path().join("fifo");
    let script = format!(
        "mkfifo {0}; cat {0} & {1}",
        fifo.display(),
        answer(r#"{"token":"t"}"#)
    );
    let got = token(&runner(), &shell(&script)).await;
    std::fs::write(fifo, "").unwrap();
    assert_eq!(got, "t");
}

#[tokio::test]
async fn a_credential_that_has_ended_is_got_anew() {
    let folder = tempfile::tempdir().unwrap();
    let exec = counting(
        folder.path(),
        r#","expirationTimestamp":"2020-01-01T00:00:00Z""#,
    );
    let runner = runner();
    assert_eq!(token(&runner, &exec).await, "1");
    assert_eq!(token(&runner, &exec).await, "2");
    let later = counting(
        folder.path(),
        r#","expirationTimestamp":"2999-01-01T00:00:00Z""#,
    );
    assert_eq!(token(&runner, &later).await, "3");
    assert_eq!(token(&runner, &later).await, "3");
}

#[tokio::test]
async fn a_plugin_sees_no_input_and_no_terminal() {
    let script = format!(
        r#"test -z "$(cat)" || exit 7
        case "$KUBERNETES_EXEC_INFO" in *'"interactive":false'*) ;; *) exit 8;; esac
        test "$EXTRA" = given || exit 9
        {}"#,
        answer(r#"{"token":"t"}"#)
    );
    let mut exec = shell(&script);
    let pair = |key: &str, value: &str| (key.to_owned(), value.to_owned());
    exec.env = Some(vec![HashMap::from([
        pair("name", "EXTRA"),
        pair("value", "given"),
    ])]);
    assert_eq!(token(&runner(), &exec).await, "t");
}

#[tokio::test]
async fn cluster_information_is_given_where_it_is_asked_for() {
    let script = format!(
        r#"case "$KUBERNETES_EXEC_INFO" in *'"server":"https://here"'*) ;; *) exit 8;; esac
        {}"#,
        answer(r#"{"token":"t"}"#)
    );
    let cluster = ExecAuthCluster {
        server: Some("https://here".to_owned()),
        ..ExecAuthCluster::default()
    };
    let mut exec = shell(&script);
    assert!(
        runner()
            .credential(&exec, Some(&cluster), None)
            .await
            .is_err()
    );
    exec.provide_cluster_info = true;
    assert!(
        runner()
            .credential(&exec, Some(&cluster), None)
            .await
            .is_ok()
    );
}

#[tokio::test]
async fn a_terminal_makes_it_interactive_unless_the_kubeconfig_says_never() {
    let script = |word: &str| {
        format!(
            r#"case "$KUBERNETES_EXEC_INFO" in *'"interactive":{word}'*) ;; *) exit 8;; esac
            {}"#,
            answer(r#"{"token":"t"}"#)
        )
    };
    let runner = ExecRunner::new(true, Duration::from_secs(10));
    for (mode, word) in [
        (None, "true"),
        (Some(ExecInteractiveMode::Always), "true"),
        (Some(ExecInteractiveMode::IfAvailable), "true"),
        (Some(ExecInteractiveMode::Never), "false"),
    ] {
        let mut exec = shell(&script(word));
        exec.interactive_mode = mode;
        assert_eq!(token(&runner, &exec).await, "t");
    }
}

#[tokio::test]
async fn failures_say_what_is_wrong_and_never_what_was_printed() {
    let ok = |status: &str| answer(status);
    let missing = ExecConfig {
        command: Some("/nowhere/kubelogin".to_owned()),
        install_hint: Some("\nbrew install kubelogin\nmore".to_owned()),
        ..ExecConfig::default()
    };
    let always = ExecConfig {
        interactive_mode: Some(ExecInteractiveMode::Always),
        ..shell("true")
    };
    let cases = [
        (
            missing,
            "cannot start the credential plugin `/nowhere/kubelogin`",
        ),
        (always, "needs a terminal"),
        (ExecConfig::default(), "has no `command`"),
        (
            shell(&format!("echo {SECRET}; exit 3")),
            "ended with exit status: 3",
        ),
        (
            shell(&format!("echo {SECRET}")),
            "is not an ExecCredential in JSON",
        ),
        (
            shell(&format!(r#"echo '{{"kind":"Other","token":"{SECRET}"}}'"#)),
            "is not an ExecCredential",
        ),
        (
            shell(&format!(
                r#"echo '{{"kind":"ExecCredential","apiVersion":"{SECRET}"}}'"#
            )),
            "another `apiVersion`",
        ),
        (shell(&ok("null")), "has no `status`"),
        (
            shell(&ok(&format!(r#"{{"token":"{SECRET}\\u000a"}}"#))),
            "characters that no token has",
        ),
        (shell(&ok("{}")), "neither a token nor a client certificate"),
        (
            shell(&ok(&format!(r#"{{"clientKeyData":"{SECRET}"}}"#))),
            "but not both",
        ),
        (
            shell(&ok(&format!(
                r#"{{"token":"{SECRET}","expirationTimestamp":"{SECRET}"}}"#
            ))),
            "no RFC 3339 time",
        ),
        (
            shell(&ok(&format!(r#"{{"token":{{"{SECRET}":1}}}}"#))),
            "is not an ExecCredential in JSON",
        ),
    ];
    for (exec, expected) in cases {
        let error = runner().credential(&exec, None, None).await.unwrap_err();
        let mut text = format!("{error} {error:?}");
        let mut source = error.source();
        while let Some(cause) = source {
            text = format!("{text} {cause}");
            source = cause.source();
        }
        assert!(text.contains(expected), "{text}");
        assert!(!text.contains(SECRET), "{text}");
    }
}

#[tokio::test]
async fn the_kubeconfigs_install_hint_is_the_hint() {
    let exec = ExecConfig {
        command: Some("/nowhere/kubelogin".to_owned()),
        install_hint: Some("\nbrew install kubelogin\nmore".to_owned()),
        ..ExecConfig::default()
    };
    let error = runner().credential(&exec, None, None).await.unwrap_err();
    assert_eq!(error.hint().as_deref(), Some("brew install kubelogin"));
}

#[tokio::test]
async fn a_plugin_that_hangs_is_ended() {
    let runner = ExecRunner::new(false, Duration::from_millis(50));
    let error = runner
        .credential(&shell("exec sleep 60"), None, None)
        .await
        .unwrap_err();
    assert!(matches!(error, ExecError::TimedOut { .. }), "{error}");
}

#[tokio::test]
async fn a_client_certificate_is_a_credential_too() {
    let status = r#"{"clientCertificateData":"CERT","clientKeyData":"KEY"}"#;
    let credential = runner()
        .credential(&shell(&answer(status)), None, None)
        .await
        .unwrap();
    assert_eq!(credential.client_certificate.as_deref(), Some("CERT"));
    assert!(!format!("{credential:?}").contains("KEY"));
}
