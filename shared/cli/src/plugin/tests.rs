use std::ffi::OsStr;
use std::time::Duration;

use super::*;
use crate::flags::{ChangeFlags, DryRun, HostFlags, InputFlags, KubectlFlags, SelectionFlags};

#[derive(Args, Debug)]
struct Everything {
    #[command(flatten)]
    selection: SelectionFlags,
    #[command(flatten)]
    input: InputFlags,
    #[command(flatten)]
    kubectl: KubectlFlags,
    #[command(flatten)]
    host: HostFlags,
    #[command(flatten)]
    change: ChangeFlags,
    #[command(flatten)]
    output: OutputFlags,
}

struct Example;

impl Plugin for Example {
    const STEP: Step = Step::Annotate;
    const ABOUT: &'static str = "Do nothing";
    const EXAMPLES: &'static str = "  {} app | kubectl vwi check";
    const FORMATS: &'static [Format] = &[Format::Ndjson, Format::Table];
    type Args = Everything;

    fn output(arguments: &Everything) -> &OutputFlags {
        &arguments.output
    }

    fn run(_arguments: &Everything, _session: &mut Session) -> Result<Outcome, Failure> {
        Ok(Outcome::Done)
    }
}

fn parse(line: &str) -> Result<Everything, clap::Error> {
    let invocation = Invocation::of_step(OsStr::new("kubectl-vwi_annotate"), Step::Annotate);
    let words = std::iter::once("x").chain(line.split_whitespace());
    let matches = command::<Example>(&invocation).try_get_matches_from(words)?;
    Everything::from_arg_matches(&matches)
}

fn parsed(line: &str) -> Everything {
    parse(line).unwrap_or_else(|error| panic!("{line}: {error}"))
}

#[test]
fn the_command_line_is_well_formed() {
    let invocation = Invocation::of_step(OsStr::new("kubectl-vwi-annotate"), Step::Annotate);
    command::<Example>(&invocation).debug_assert();
}

#[test]
fn switches_can_be_switched_off_as_all_of_kubectls() {
    for (line, expected) in [
        ("", false),
        ("-A", true),
        ("--all-namespaces", true),
        ("--all-namespaces=true", true),
        ("--all-namespaces=1", true),
        ("--all-namespaces=F", false),
        ("-A=false", false),
        ("-A --all-namespaces=false", false),
        ("-Aq", true),
        ("-qA", true),
    ] {
        assert_eq!(parsed(line).selection.all_namespaces, expected, "{line}");
    }
    assert!(parsed("-Aq").output.quiet);
    assert!(!parsed("--no-host=false").host.no_host);
    assert!(parsed("--partial -R").input.recursive);
    assert!(parse("--quiet=maybe").is_err());
    // The word after a switch is a name, as with kubectl.
    assert_eq!(parsed("-A true").selection.names, ["true"]);
}

#[test]
fn an_empty_value_is_none_as_with_kubectl() {
    let invocation = Invocation::of_step(OsStr::new("x"), Step::Annotate);
    let words = [
        "x",
        "--context",
        "",
        "-n",
        "",
        "--kubeconfig=",
        "--server=",
        "--as",
        "",
    ];
    let mut matches = command::<Example>(&invocation)
        .try_get_matches_from(words)
        .unwrap();
    KubectlFlags::unset_empty(&mut matches);
    let kubectl = Everything::from_arg_matches(&matches).unwrap().kubectl;
    assert!(!kubectl.is_typed());
    assert_eq!((kubectl.namespace, kubectl.impersonate), (None, None));
    assert_eq!(parsed("-n x").kubectl.namespace.as_deref(), Some("x"));
}

#[test]
fn dry_run_takes_its_value_only_behind_an_equals_sign() {
    for (line, mode, names) in [
        ("", DryRun::None, 0),
        ("--dry-run", DryRun::Client, 0),
        ("--dry-run=server", DryRun::Server, 0),
        ("--dry-run=none", DryRun::None, 0),
        ("--dry-run client", DryRun::Client, 1),
    ] {
        let found = parsed(line);
        assert_eq!(
            (found.change.dry_run, found.selection.names.len()),
            (mode, names),
            "{line}"
        );
    }
    let error = parse("--dry-run=bogus").unwrap_err().to_string();
    assert!(
        error.contains(r#"Invalid dry-run value (bogus). Must be "none", "server", or "client"."#),
        "{error}"
    );
}

#[test]
fn verbosity_has_kubectls_four_spellings() {
    for line in ["-v6", "-v 6", "-v=6", "--v=6", "--v 6", "-v4 -v6"] {
        assert_eq!(parsed(line).output.verbosity().level, 6, "{line}");
    }
    assert!(parse("-v").is_err());
    assert_eq!(
        parse("-V").unwrap_err().kind(),
        clap::error::ErrorKind::DisplayVersion
    );
}

#[test]
fn flags_are_kubectls() {
    let line = "a b --kubeconfig k --context c --cluster l --user u -n ns -s https://x --as me \
                --as-group g --as-group h --as-uid i --token geheim --request-timeout 0 \
                --certificate-authority ca --client-certificate cc --client-key ck \
                --insecure-skip-tls-verify --tls-server-name n --disable-compression=true \
                --cache-dir d -l app=x --field-selector f -f - -f x.yaml --timeout 5m -o table";
    let found = parsed(line);
    let choice = found
        .kubectl
        .choice(&crate::environment::Environment::default());
    assert_eq!(choice.namespace.as_deref(), Some("ns"));
    assert_eq!(choice.impersonate_groups, ["g", "h"]);
    assert!(choice.tls.insecure_skip_verify && choice.disable_compression);
    assert_eq!(found.kubectl.request_timeout(), None);
    assert_eq!(
        parsed("").kubectl.request_timeout(),
        Some(Duration::from_secs(30))
    );
    assert_eq!(found.change.timeout(), Some(Duration::from_mins(5)));
    assert_eq!(found.input.filenames, ["-", "x.yaml"]);
    assert_eq!(found.selection.names, ["a", "b"]);
    assert!(!format!("{found:?}").contains("geheim"));
    // The last of several wins.
    assert_eq!(parsed("-n a -n b").kubectl.namespace.as_deref(), Some("b"));
    for unknown in ["--tenant x", "-o bogus", "-o yaml", "--timeout soon"] {
        assert_eq!(parse(unknown).unwrap_err().exit_code(), 2, "{unknown}");
    }
}

#[test]
fn help_and_usage_say_what_was_typed() {
    let help = parse("--help").unwrap_err().to_string();
    assert!(
        help.starts_with(
            "Do nothing\n\nExamples:\n  kubectl vwi-annotate app | kubectl vwi-check\n"
        ),
        "{help}"
    );
    assert!(
        help.contains("Usage: kubectl vwi-annotate [OPTIONS] [SERVICEACCOUNT]...\n"),
        "{help}"
    );
    let error = parse("--bogus").unwrap_err().to_string();
    assert!(error.contains("Usage: kubectl vwi-annotate"), "{error}");
    let version = parse("--version").unwrap_err().to_string();
    assert!(version.starts_with("kubectl vwi-annotate "), "{version}");
}

#[test]
fn a_template_of_kubectls_is_told_what_takes_its_place() {
    for format in [
        "jsonpath={.items[*].metadata.name}",
        "custom-columns=N:.metadata.name",
        "jsonpath",
    ] {
        let error = parse(&format!("-o {format}")).unwrap_err();
        assert!(error.to_string().ends_with("`-o json | jq`\n"), "{error}");
        assert_eq!(error.exit_code(), 2);
    }
    let unknown = parse("-o plan").unwrap_err().to_string();
    assert!(unknown.contains("ndjson, table"), "{unknown}");
}
