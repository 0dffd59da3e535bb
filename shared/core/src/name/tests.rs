use proptest::prelude::*;

use super::*;

/// vCluster's rule in its plainest form, to hold the fast one against.
fn reference(full: &str) -> String {
    if full.len() <= 63 {
        return full.to_owned();
    }
    let kept = full.get(..52).unwrap();
    format!("{kept}-{:.10x}", Sha256::digest(full)).replace(".-", "-")
}

fn kubernetes_name() -> impl Strategy<Value = String> {
    "[a-z0-9x.-]{1,90}"
}

proptest! {
    #[test]
    fn a_host_name_has_at_most_63_bytes(name in ".*", namespace in ".*", vcluster in ".*") {
        prop_assert!(host_name(&name, &namespace, &vcluster).len() <= MAX_BYTES);
    }

    #[test]
    fn a_host_name_equals_the_plain_rule(
        name in kubernetes_name(), namespace in kubernetes_name(), vcluster in kubernetes_name(),
    ) {
        let full = format!("{name}-x-{namespace}-x-{vcluster}");
        prop_assert_eq!(host_name(&name, &namespace, &vcluster), reference(&full));
        prop_assert_eq!(is_cut(&name, &namespace, &vcluster), full.len() > 63);
    }

    #[test]
    fn ambiguity_is_a_third_place(
        name in "[ax-]{0,6}", namespace in "[ax-]{0,6}", vcluster in "[ax-]{0,6}",
    ) {
        let full = format!("{name}-x-{namespace}-x-{vcluster}");
        let places = full.as_bytes().windows(3).filter(|window| window == b"-x-").count();
        prop_assert_eq!(is_ambiguous_join(&name, &namespace, &vcluster), places > 2);
    }

    #[test]
    fn a_plain_short_host_name_splits_back(name in "[a-w]{1,15}", namespace in "[a-w]{1,15}") {
        let host = host_name(&name, &namespace, "vc");
        let parts: Vec<_> = host.split("-x-").collect();
        prop_assert_eq!(parts, [name.as_str(), namespace.as_str(), "vc"]);
    }

    #[test]
    fn appending_leaves_what_was_there(before in ".{0,9}", name in "[a-z.]{40,99}") {
        let mut out = before.clone();
        write_host_name(&mut out, &name, "ns", "vc");
        prop_assert_eq!(out, before + &host_name(&name, "ns", "vc"));
    }
}

#[test]
fn two_owners_of_one_name_are_ambiguous() {
    for [(a, in_a), (b, in_b)] in [
        [("a-x-b", "c"), ("a", "b-x-c")],
        [("a-x", "b"), ("a", "x-b")],
    ] {
        assert!(is_ambiguous_join(a, in_a, "vc"), "{a} in {in_a}");
        assert!(is_ambiguous_join(b, in_b, "vc"), "{b} in {in_b}");
    }
    assert!(!is_ambiguous_join("x", "ax", "xb"));
}

#[test]
fn a_character_that_the_cut_would_split_is_left_out() {
    let host = host_name(&format!("{}ü", "a".repeat(51)), "namespace", "vcluster");
    assert_eq!(host.len(), 62);
    assert!(host.starts_with(&format!("{}-", "a".repeat(51))));
}

#[test]
fn labels_and_subdomains_are_told_from_other_text() {
    let label63 = "a".repeat(63);
    let label64 = "a".repeat(64);
    let name253 = format!("{}.b", "a".repeat(251));
    let name254 = format!("{}.b", "a".repeat(252));
    for (text, label, subdomain) in [
        ("a", true, true),
        ("0-9", true, true),
        ("a.b", false, true),
        (label63.as_str(), true, true),
        (label64.as_str(), false, true),
        (name253.as_str(), false, true),
        (name254.as_str(), false, false),
        ("", false, false),
        (".a", false, false),
        ("a.", false, false),
        ("a..b", false, false),
        ("-a", false, false),
        ("a-", false, false),
        ("a.-b", false, false),
        ("a-.b", false, false),
        ("a.b-", false, false),
        ("A", false, false),
        ("a_b", false, false),
        ("ü", false, false),
    ] {
        assert_eq!(is_label(text), label, "label {text}");
        assert_eq!(is_subdomain(text), subdomain, "subdomain {text}");
    }
}

#[test]
fn what_nobody_means_who_asks_for_all() {
    for (namespace, name, system) in [
        ("default", "app", false),
        ("default", "default", true),
        ("kube-system", "coredns", true),
        ("kubed", "app", false),
    ] {
        assert_eq!(is_system(namespace, name), system, "{namespace}/{name}");
    }
}
