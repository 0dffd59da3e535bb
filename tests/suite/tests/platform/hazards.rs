//! The vendor's documented procedure, its names typed by hand: of its 33 hazards, those about names,
//! keys and addresses, each with a command and with what is told.

use vwi_bed::Finished;

use crate::stage::{DISPLAY_NAME, INSTANCE, PROJECT, Stage, condition, record, run};

/// One hazard.
struct Hazard {
    number: u8,
    what: &'static str,
    arguments: Vec<String>,
    status: i32,
    /// What standard error, or the record, says.
    said: Vec<String>,
}

fn hazard(
    number: u8,
    what: &'static str,
    arguments: &[&str],
    status: i32,
    said: &[&str],
) -> Hazard {
    let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
    Hazard {
        number,
        what,
        arguments: owned(arguments),
        status,
        said: owned(said),
    }
}

/// What a user of the documented page types, and what is told.
fn table(stage: &Stage) -> Vec<Hazard> {
    let release = stage.scene.bed.description().tenant.vcluster.name.clone();
    let namespace = stage.scene.host_namespace().to_owned();
    let guessed = format!("loft-{PROJECT}-v-{release}");
    vec![
        hazard(
            4,
            "the host namespace is guessed from a pattern",
            &[
                "--project",
                PROJECT,
                "--vcluster",
                &release,
                "--vcluster-namespace",
                &guessed,
            ],
            3,
            &[
                "the Platform has no virtual cluster instance",
                &guessed,
                &format!("host namespace `{namespace}`"),
            ],
        ),
        hazard(
            5,
            "the instance's name in place of the Helm release",
            &["--project", PROJECT, "--vcluster", INSTANCE],
            0,
            &[
                "host names are made from its Helm release",
                &format!("`{release}`"),
            ],
        ),
        hazard(
            5,
            "the display name in place of the Helm release",
            &["--project", "other", "--vcluster", "nice-name"],
            3,
            &[
                "`nice-name` is a display name",
                "`blue` of project `other` (Helm release `blue`",
            ],
        ),
        hazard(
            5,
            "a project that has no such vCluster",
            &["--project", "other", "--vcluster", &release],
            3,
            &[
                "the Platform has no virtual cluster instance",
                &format!("`{INSTANCE}` of project `{PROJECT}`"),
            ],
        ),
        hazard(
            5,
            "a name that is no Helm release's at all",
            &["--vcluster", DISPLAY_NAME],
            2,
            &["is no name of a Helm release"],
        ),
        hazard(
            12,
            "the Platform's address without TLS",
            &["--platform", "http://platform.example.com"],
            2,
            &["is not https, and the access key must not go anywhere in clear"],
        ),
        hazard(
            23,
            "a vCluster without a host cluster",
            &["--project", "other", "--vcluster", "metal"],
            3,
            &["Platform instance `metal` of project `other` is standalone"],
        ),
        hazard(
            17,
            "names go to whatever context is current, here the host",
            &["--context", "aks"],
            2,
            &["is no vCluster but the host of"],
        ),
    ]
}

fn all_that_is_said(found: &Finished) -> String {
    format!("{}\n{}", found.stdout, found.stderr)
}

#[tokio::test]
async fn each_hazard_about_a_name_is_told_what_is_wrong() {
    let stage = Stage::new("hazards").await;
    for hazard in table(&stage) {
        let typed = |flag: &str| hazard.arguments.iter().any(|argument| argument == flag);
        let program = if typed("--context") {
            stage.translate()
        } else if typed("--platform") {
            let program = stage.translate().env("MY_KEY", "k");
            program.args(["--access-key-env", "MY_KEY"])
        } else {
            stage.at_platform()
        };
        let found = run(program.args(&hazard.arguments));
        let text = all_that_is_said(&found);
        let what = format!("hazard {}: {}\n{text}", hazard.number, hazard.what);
        assert_eq!(found.status, Some(hazard.status), "{what}");
        for said in &hazard.said {
            assert!(text.contains(said), "{said}: {what}");
        }
    }
}

/// Hazard 2: the procedure's function prints its error on standard output, where it becomes a name.
#[tokio::test]
async fn a_name_that_can_not_be_had_is_no_text_in_its_place() {
    let stage = Stage::new("empty").await;
    stage
        .server
        .change_settings(|settings| settings.login_page = true);
    for (format, printed) in [
        ("subject", ""),
        ("env", "unset KSA_NAME KSA_NAMESPACE; false\n"),
        ("name", ""),
    ] {
        let found = run(stage.at_platform().args(["-o", format]));
        assert_eq!(found.status, Some(3), "{}", found.stderr);
        assert_eq!(found.stdout, printed, "{format}");
    }
    let script = "set -eu\nKSA_NAME=$(kubectl-vwi-translate app -n \"$NAMESPACE\" --platform \
                  \"$URL\" --access-key-env K -o subject)\necho \"not reached: $KSA_NAME\"\n";
    let program = stage.scene.bed.program(std::path::Path::new("/bin/sh"));
    let found = run(stage
        .scene
        .prepared(program)
        .env("URL", stage.server.url())
        .env("K", "k")
        .args(["-c", script]));
    assert_eq!(
        (found.status, found.stdout.as_str()),
        (Some(3), ""),
        "{}",
        found.stderr
    );
}

/// Hazard 6: the Platform's formula is not this vCluster's, whose namespaces are mapped.
#[tokio::test]
async fn mapped_namespaces_are_read_from_the_instances_values() {
    let stage = Stage::new("mapped").await;
    let namespace = stage.scene.namespace.clone();
    stage.server.change_contents(|contents| {
        for instance in &mut contents.instances {
            if instance.name == INSTANCE {
                instance.values = format!(
                    "sync:\n  toHost:\n    serviceAccounts:\n      enabled: true\n    namespaces:\n      \
                     enabled: true\n      mappings:\n        byName:\n          {namespace}: mapped-{namespace}\n"
                );
            }
        }
    });
    let found = run(stage
        .at_platform()
        .args(["--no-host", "--project", PROJECT]));
    assert_eq!(found.status, Some(0), "{}", found.stderr);
    let record = record(&found);
    assert_eq!(condition(&record)["reason"], "Configured", "{record}");
    let subject = format!("system:serviceaccount:mapped-{namespace}:app");
    assert_eq!(record["status"]["subject"], subject.as_str());
}
