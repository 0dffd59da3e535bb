use super::*;
use ClueSource::{Certificate, ContextName, Flag, PlatformUrl, ServiceAddress};

fn clue((source, name, namespace): (ClueSource, &str, &str)) -> Clue {
    let part = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
    Clue::parts(source, format!("{source:?}"), part(name), part(namespace))
}

fn which(name: &str, namespace: &str) -> VirtualClusterName {
    VirtualClusterName {
        name: name.to_owned(),
        namespace: namespace.to_owned(),
    }
}

fn said(clues: &[(ClueSource, &str, &str)]) -> String {
    said_on(&[], clues)
}

fn said_on(vclusters: &[VirtualClusterName], clues: &[(ClueSource, &str, &str)]) -> String {
    let clues: Vec<_> = clues.iter().copied().map(clue).collect();
    let candidates = Candidates {
        host: "context `aks`",
        vclusters,
        complete: true,
    };
    match identify(&clues, candidates) {
        Ok(found) => {
            let proven = if found.is_proven() { " proven" } else { "" };
            let mut text = format!("{}{proven}", found.which);
            for warning in found.warnings {
                text.push_str(" | ");
                text.push_str(&warning);
            }
            text
        }
        Err(error) => error.to_string(),
    }
}

#[test]
fn proofs_beat_hints_and_must_agree_with_what_was_typed() {
    for (clues, expected) in [
        (&[(Certificate, "a", "n")][..], "n/a proven"),
        (
            &[(Certificate, "a", "n"), (ServiceAddress, "a", "n")],
            "n/a proven",
        ),
        (
            &[(Certificate, "a", "n"), (ServiceAddress, "b", "n")],
            "it is not certain which vCluster this is: Certificate says vCluster `a` in host \
             namespace `n`, but ServiceAddress says vCluster `b` in host namespace `n`",
        ),
        (
            &[(Flag, "b", ""), (Certificate, "a", "n")],
            "it is not certain which vCluster this is: Certificate says vCluster `a` in host \
             namespace `n`, but Flag says vCluster `b`",
        ),
        (&[(Flag, "a", ""), (Certificate, "a", "n")], "n/a proven"),
        (&[(Flag, "a", "n")], "n/a"),
        (&[(Flag, "a", ""), (Flag, "", "n")], "n/a"),
        (&[(Flag, "a", ""), (ContextName, "a", "n")], "n/a"),
        (
            &[(Certificate, "a", "n"), (ContextName, "b", "n")],
            "n/a proven | ContextName says vCluster `b` in host namespace `n`, but Certificate \
             says vCluster `a` in host namespace `n`",
        ),
        (&[(PlatformUrl, "a", "n")], "n/a proven"),
        (
            &[(Flag, "a", "")],
            "nothing tells in which host namespace the vCluster `a` runs",
        ),
        (
            &[(Flag, "", "n")],
            "nothing tells which vCluster of host namespace `n` this is",
        ),
        (&[], "nothing tells which vCluster this is"),
    ] {
        assert_eq!(said(clues), expected, "{clues:?}");
    }
}

#[test]
fn a_hint_that_contradicts_does_not_fill_in_the_rest() {
    let found = said(&[(Flag, "a", ""), (ContextName, "b", "n")]);
    assert_eq!(
        found,
        "nothing tells in which host namespace the vCluster `a` runs"
    );
}

#[test]
fn what_is_open_is_filled_in_by_the_only_one_that_fits() {
    let one = [which("a", "n")];
    let several = [which("a", "n"), which("a", "m"), which("b", "m")];
    for (vclusters, clues, expected) in [
        (&one[..], &[][..], "n/a"),
        (
            &one,
            &[(ContextName, "b", "n")],
            "it is not certain which vCluster this is: ContextName says vCluster `b` in host \
             namespace `n`, but the only vCluster of context `aks` says vCluster `a` in host \
             namespace `n`",
        ),
        (&several, &[(Flag, "b", "")], "m/b"),
        (&several, &[(Flag, "", "n")], "n/a"),
        (&several, &[(ContextName, "a", "m")], "m/a"),
        (
            &several,
            &[],
            "the host has several vClusters, and nothing tells which one this is: \
             `--vcluster a --vcluster-namespace m`, `--vcluster a --vcluster-namespace n`, \
             `--vcluster b --vcluster-namespace m`",
        ),
        (
            &several,
            &[(Flag, "a", "")],
            "the host has several vClusters called `a`, and nothing tells which one this is: \
             `--vcluster a --vcluster-namespace m`, `--vcluster a --vcluster-namespace n`",
        ),
        (
            &several,
            &[(Flag, "", "m")],
            "the host has several vClusters in namespace `m`, and nothing tells which one this is: \
             `--vcluster a --vcluster-namespace m`, `--vcluster b --vcluster-namespace m`",
        ),
        // Where not all can be seen, the only one that is seen proves nothing.
        (
            &[],
            &[(Flag, "b", "")],
            "nothing tells in which host namespace the vCluster `b` runs",
        ),
    ] {
        assert_eq!(said_on(vclusters, clues), expected, "{clues:?}");
    }
    let incomplete = Candidates {
        host: "context `aks`",
        vclusters: &one,
        complete: false,
    };
    assert_eq!(identify(&[], incomplete), Err(IdentificationError::Unknown));
}

#[test]
fn a_platform_instance_is_no_helm_release() {
    let instance = |name: &str| PlatformInstance {
        project: "team".to_owned(),
        name: name.to_owned(),
    };
    let url = Clue::instance(PlatformUrl, "the URL", instance("vc"));
    let context = Clue::instance(ContextName, "the context", instance("old"));
    let error = identify(std::slice::from_ref(&url), Candidates::default()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "nothing tells the Helm release and the host namespace of Platform instance `vc` of \
         project `team`"
    );
    let flags = clue((Flag, "a", "n"));
    let found = identify(&[url, context, flags], Candidates::default()).unwrap();
    assert_eq!(
        (found.which, found.instance),
        (which("a", "n"), Some(instance("vc")))
    );
    assert_eq!(
        found.warnings,
        [
            "the context says Platform instance `old` of project `team`, but the URL says Platform \
             instance `vc` of project `team`"
        ]
    );
}
