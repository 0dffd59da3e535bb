use super::*;
use ClueSource::{Certificate, ContextName, OnlyOne, ServiceAddress, Typed};

fn clue((source, name, namespace): (ClueSource, &str, &str)) -> Clue {
    let part = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
    Clue {
        source,
        said_by: format!("{source:?}"),
        name: part(name),
        namespace: part(namespace),
    }
}

fn said(clues: &[(ClueSource, &str, &str)]) -> String {
    let clues: Vec<_> = clues.iter().copied().map(clue).collect();
    match identify(&clues, &[]) {
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
            &[(Typed, "b", ""), (Certificate, "a", "n")],
            "it is not certain which vCluster this is: Certificate says vCluster `a` in host \
             namespace `n`, but Typed says vCluster `b`",
        ),
        (&[(Typed, "a", ""), (Certificate, "a", "n")], "n/a proven"),
        (&[(Typed, "a", "n")], "n/a"),
        (&[(Typed, "a", ""), (Typed, "", "n")], "n/a"),
        (&[(Typed, "a", ""), (ContextName, "a", "n")], "n/a"),
        (
            &[(Certificate, "a", "n"), (ContextName, "b", "n")],
            "n/a proven | ContextName says vCluster `b` in host namespace `n`, but Certificate \
             says vCluster `a` in host namespace `n`",
        ),
        (
            &[(ContextName, "b", "n"), (OnlyOne, "a", "n")],
            "it is not certain which vCluster this is: ContextName says vCluster `b` in host \
             namespace `n`, but OnlyOne says vCluster `a` in host namespace `n`",
        ),
        (&[(OnlyOne, "a", "n")], "n/a"),
        (
            &[(Typed, "a", "")],
            "nothing tells in which host namespace the vCluster `a` runs",
        ),
        (
            &[(Typed, "", "n")],
            "nothing tells which vCluster of host namespace `n` this is",
        ),
        (&[], "nothing tells which vCluster this is"),
    ] {
        assert_eq!(said(clues), expected, "{clues:?}");
    }
}

#[test]
fn a_hint_that_contradicts_does_not_fill_in_the_rest() {
    let found = said(&[(Typed, "a", ""), (ContextName, "b", "n")]);
    assert_eq!(
        found,
        "nothing tells in which host namespace the vCluster `a` runs"
    );
}

#[test]
fn several_are_listed_with_the_flags_that_pick_them() {
    let which = |name: &str, namespace: &str| VirtualClusterName {
        name: name.to_owned(),
        namespace: namespace.to_owned(),
    };
    let error = identify(&[], &[which("b", "n"), which("a", "m")]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the host has several vClusters, and nothing tells which one this is: \
         `--vcluster a --vcluster-namespace m`, `--vcluster b --vcluster-namespace n`"
    );
}
