//! Real kubectl finds the plugins, whichever way they were installed, and hands everything on.
#![expect(
    clippy::unwrap_used,
    reason = "these are tests: what is not as expected ends the test"
)]

use vwi_bed::{Finished, require_kubectl};
use vwi_tests::installed::Installed;

/// Runs kubectl with words; nothing where there is none.
fn kubectl(installed: &Installed, words: &[&str]) -> Option<Finished> {
    let kubectl = require_kubectl()?;
    Some(installed.program(kubectl).args(words).run().unwrap())
}

const DASH: &str = "kubectl-vwi-translate";
const UNDERSCORE: &str = "kubectl-vwi_translate";
const UMBRELLA: &str = "kubectl-vwi";

/// Which file answers which words: kubectl's own rules, on which the names of our files rest.
#[test]
fn the_longest_name_on_path_answers() {
    let words: [&[&str]; 4] = [
        &["vwi", "translate", "a"],
        &["vwi-translate", "a"],
        &["vwi_translate", "a"],
        &["vwi"],
    ];
    let dash = "kubectl-vwi-translate a\n";
    let underscore = "kubectl-vwi_translate a\n";
    let umbrella = "kubectl-vwi translate a\n";
    let bare = "kubectl-vwi\n";
    for (files, answers) in [
        (&[DASH][..], [dash, "", "", ""]),
        (&[UNDERSCORE], ["", underscore, underscore, ""]),
        (&[DASH, UNDERSCORE], [dash, underscore, underscore, ""]),
        (&[UMBRELLA], [umbrella, "", "", bare]),
        (&[UMBRELLA, DASH], [dash, "", "", bare]),
        (
            &[UMBRELLA, UNDERSCORE],
            [umbrella, underscore, underscore, bare],
        ),
        (
            &[UMBRELLA, DASH, UNDERSCORE],
            [dash, underscore, underscore, bare],
        ),
    ] {
        let installed = Installed::scripts(files);
        for (words, answer) in words.iter().zip(answers) {
            let Some(finished) = kubectl(&installed, words) else {
                return;
            };
            assert_eq!(finished.stdout, answer, "{files:?} {words:?}");
            let status = i32::from(answer.is_empty());
            assert_eq!(finished.status, Some(status), "{files:?} {words:?}");
        }
    }
}

/// Usage and help name the words that work for how the plugin was installed.
#[test]
fn usage_names_the_words_that_were_typed() {
    for (link, program, words, usage) in [
        (
            UMBRELLA,
            UMBRELLA,
            &["vwi", "translate"][..],
            "kubectl vwi translate",
        ),
        (
            UNDERSCORE,
            UMBRELLA,
            &["vwi-translate"],
            "kubectl vwi-translate",
        ),
        (
            UNDERSCORE,
            UMBRELLA,
            &["vwi_translate"],
            "kubectl vwi-translate",
        ),
        (
            DASH,
            UMBRELLA,
            &["vwi", "translate"],
            "kubectl vwi translate",
        ),
        (DASH, DASH, &["vwi", "translate"], "kubectl vwi translate"),
        (
            UNDERSCORE,
            DASH,
            &["vwi-translate"],
            "kubectl vwi-translate",
        ),
    ] {
        let installed = Installed::links(&[(link, program)]);
        let words = [words, &["--help"]].concat();
        let Some(finished) = kubectl(&installed, &words) else {
            return;
        };
        assert_eq!(finished.status, Some(0), "{}", finished.stderr);
        let usage = format!("\nUsage: {usage} ");
        assert!(
            finished.stdout.contains(&usage),
            "{link} {words:?}: {}",
            finished.stdout
        );
    }
}

#[test]
fn every_step_answers_through_the_umbrella() {
    let installed = Installed::links(&[(UMBRELLA, UMBRELLA)]);
    for step in ["translate", "federate", "annotate", "check"] {
        let Some(finished) = kubectl(&installed, &["vwi", step, "--help"]) else {
            return;
        };
        let usage = format!("\nUsage: kubectl vwi {step} ");
        assert!(finished.stdout.contains(&usage), "{}", finished.stdout);
    }
}

/// kubectl stops at the first flag; what follows is the umbrella's to read.
#[test]
fn flags_may_stand_before_the_step() {
    let installed = Installed::links(&[(UMBRELLA, UMBRELLA)]);
    let offline = [
        "--vcluster",
        "v",
        "--vcluster-namespace",
        "h",
        "--offline",
        "-o",
        "subject",
    ];
    let before = [&["vwi", "-n", "team", "translate", "app"][..], &offline].concat();
    let after = [&["vwi", "translate", "app", "-n", "team"][..], &offline].concat();
    for words in [before, after] {
        let Some(finished) = kubectl(&installed, &words) else {
            return;
        };
        assert_eq!(finished.status, Some(0), "{}", finished.stderr);
        let subject = "system:serviceaccount:h:app-x-team-x-v\n";
        assert_eq!(finished.stdout, subject, "{words:?}");
    }
}

#[test]
fn an_unknown_word_is_answered_with_the_one_that_may_be_meant() {
    let installed = Installed::links(&[(UMBRELLA, UMBRELLA)]);
    for (word, hint) in [
        ("tranlate", "did you mean `kubectl vwi translate`?"),
        ("xyzzy", "`kubectl vwi --help` lists the steps"),
    ] {
        let Some(finished) = kubectl(&installed, &["vwi", word]) else {
            return;
        };
        assert_eq!(finished.status, Some(2));
        assert_eq!(finished.stdout, "");
        let expected = format!("error: `kubectl vwi` has no step `{word}`\nhint: {hint}\n");
        assert_eq!(finished.stderr, expected);
    }
}

/// 0 and 2 of help and usage, 3 of an input that is cut: kubectl hands each of them on.
#[test]
fn exit_statuses_pass_through() {
    let scripts = Installed::empty();
    for status in [0, 1, 2, 3, 124, 130, 141] {
        scripts.script(UMBRELLA, &format!("exit {status}"));
        let Some(finished) = kubectl(&scripts, &["vwi"]) else {
            return;
        };
        assert_eq!(finished.status, Some(status));
    }
    let installed = Installed::links(&[(UMBRELLA, UMBRELLA)]);
    for (words, status) in [
        (&["vwi", "check", "--help"][..], 0),
        (&["vwi"], 2),
        (&["vwi", "check", "--no-such-flag"], 2),
        (&["vwi", "federate", "-f", "-"], 3),
    ] {
        let finished = kubectl(&installed, words).unwrap();
        assert_eq!(
            finished.status,
            Some(status),
            "{words:?}: {}",
            finished.stderr
        );
    }
}

#[test]
fn standard_input_reaches_the_plugin() {
    let Some(kubectl) = require_kubectl() else {
        return;
    };
    let account = r#"{"apiVersion":"v1","kind":"ServiceAccount","metadata":{"name":"app","namespace":"team"}}"#;
    let installed = Installed::links(&[(UMBRELLA, UMBRELLA), (UNDERSCORE, UMBRELLA)]);
    for words in [&["vwi", "translate"][..], &["vwi-translate"]] {
        let translate = installed.program(&kubectl).args(words);
        let translate = translate.args(["--vcluster", "v", "--vcluster-namespace", "h"]);
        let translate = translate.args(["--offline", "-o", "subject", "-f", "-"]);
        let finished = translate.stdin(account).run().unwrap();
        assert_eq!(finished.status, Some(0), "{words:?}: {}", finished.stderr);
        assert_eq!(finished.stdout, "system:serviceaccount:h:app-x-team-x-v\n");
    }
}

/// kubectl lists our files without a warning: none is overshadowed, none hides a built-in.
#[test]
fn kubectl_lists_the_plugins_without_a_warning() {
    let installed = Installed::links(&[(UMBRELLA, UMBRELLA), (DASH, UMBRELLA)]);
    let Some(finished) = kubectl(&installed, &["plugin", "list", "--name-only"]) else {
        return;
    };
    assert_eq!(finished.status, Some(0), "{}", finished.stderr);
    let names: Vec<_> = finished
        .stdout
        .lines()
        .filter(|l| l.starts_with("kubectl-"))
        .collect();
    assert_eq!(names, [UMBRELLA, DASH]);
}
