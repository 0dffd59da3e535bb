use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

const VC: &str = "my-vc";
const HNS: &str = "vcluster-my-vc";

fn mappings(entries: &[(&str, &str)]) -> Result<NamespaceMappings, InvalidMappings> {
    let by_name: BTreeMap<_, _> = entries
        .iter()
        .map(|(tenant, host)| ((*tenant).to_owned(), (*host).to_owned()))
        .collect();
    NamespaceMappings::new(&by_name, VC, HNS)
}

const LABEL_ERROR: &str = "a lowercase RFC 1123 label must consist of lower case alphanumeric \
    characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or \
    '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";

type Refused<'a> = (&'a [(&'a str, &'a str)], &'a str);

fn assert_refused(rows: &[Refused<'_>]) {
    for (entries, text) in rows {
        let error = mappings(entries).unwrap_err().to_string();
        let text = text.replace("LABEL_ERROR", LABEL_ERROR);
        let path = "config.sync.toHost.namespaces.mappings.byName";
        assert_eq!(error, format!("{path}{text}"), "{entries:?}");
    }
}

#[test]
fn a_fault_between_entries_or_sides_is_told_in_vclusters_words() {
    assert_refused(&[
        (&[], " are empty"),
        (
            &[("a", "h"), ("b", "h")],
            ": duplicate host namespace 'h' found in mappings",
        ),
        (
            &[("a-*", "b")],
            ": 'a-*':'b' has mismatched wildcard '*' usage - pattern must always map to another \
             pattern",
        ),
        // Before anything else about the entry.
        (
            &[("", "*")],
            ": '':'*' has mismatched wildcard '*' usage - pattern must always map to another \
             pattern",
        ),
        // The tenant's side completely before the host's.
        (
            &[("A", "H")],
            ": invalid virtual namespace name 'A': LABEL_ERROR",
        ),
        (
            &[("*", "*")],
            ": host pattern mappings must use a prefix before wildcard: *",
        ),
        (
            &[("a-*", "vcluster-*")],
            ": host namespace pattern 'vcluster-*' conflicts with control plane namespace \
             'vcluster-my-vc'",
        ),
        (
            &[("a", "vcluster-${name}")],
            ": host namespace mapping 'vcluster-${name}' conflicts with control plane namespace \
             'vcluster-my-vc'",
        ),
    ]);
}

#[test]
fn a_faulty_name_is_told_in_vclusters_words() {
    let long = "n".repeat(64);
    let too_long =
        format!(": invalid host namespace name '{long}': must be no more than 63 characters");
    assert_refused(&[
        (&[("", "h")], ": virtual namespace cannot be empty"),
        (&[("a", "")], ": host namespace cannot be empty"),
        (
            &[("a", "x-${other}")],
            ": host namespace 'x-${other}' contains an unsupported placeholder; only '${name}' is \
             allowed",
        ),
        (
            &[("${name}${name}", "h")],
            ": virtual namespace '${name}${name}' contains placeholder '${name}' multiple times",
        ),
        (
            &[("a", "${name}-${x}")],
            ": host namespace '${name}-${x}' contains an unsupported placeholder; only a single \
             '${name}' is allowed",
        ),
        (
            &[("A", "h")],
            ": invalid virtual namespace name 'A': LABEL_ERROR",
        ),
        (
            &[("a", "h.h")],
            ": invalid host namespace name 'h.h': must not contain dots",
        ),
        (&[("a", &long)], &too_long),
    ]);
}

#[test]
fn a_faulty_pattern_is_told_in_vclusters_words() {
    let longest = format!("{}*", "p".repeat(32));
    mappings(&[("*", &longest)]).unwrap();

    let prefix = "p".repeat(33);
    let pattern = format!("{prefix}*");
    let too_long = format!(
        ": literal parts of host namespace pattern prefix '{prefix}' (from '{pattern}') cannot be \
         longer than 32 characters (literal length: 33)"
    );
    assert_refused(&[
        (
            &[("a-*-*", "h-*")],
            ": virtual namespace pattern 'a-*-*' must contain exactly one '*'",
        ),
        (
            &[("a-*", "h-*-h")],
            ": host namespace pattern 'h-*-h' must have the wildcard '*' at the end",
        ),
        (
            &[("a-*", "h-${x}-*")],
            ": host namespace pattern prefix 'h-${x}-' contains an unsupported placeholder; only \
             '${name}' is allowed (from pattern 'h-${x}-*')",
        ),
        (&[("a-*", &pattern)], &too_long),
        (
            &[("AB-*", "h-*")],
            ": invalid virtual namespace pattern 'AB-*': LABEL_ERROR",
        ),
    ]);
}

#[test]
fn mappings_lead_both_ways() {
    let mapped = |namespace: &str| HostNamespace::Mapped {
        namespace: namespace.to_owned(),
    };
    let found = mappings(&[
        ("${name}-own", "of-${name}"),
        ("${name}-own-*", "all-of-${name}-*"),
        ("team-*", "t-*"),
        ("team-a-*", "ta-*"),
        ("team-special", "special"),
    ])
    .unwrap();
    for (tenant, host) in [
        ("my-vc-own", mapped("of-my-vc")),
        ("my-vc-own-x", mapped("all-of-my-vc-x")),
        ("team-", mapped("t-")),
        ("team-b", mapped("t-b")),
        ("team-special", mapped("special")),
        ("team", HostNamespace::Unmapped),
        (
            "team-a-x",
            HostNamespace::Ambiguous {
                candidates: vec!["t-a-x".to_owned(), "ta-x".to_owned()],
            },
        ),
    ] {
        assert_eq!(found.virtual_to_host(tenant), host, "{tenant}");
    }
    assert_eq!(found.host_to_virtual("of-my-vc"), ["my-vc-own"]);
    assert_eq!(found.host_to_virtual("t-special"), ["team-special"]);
    assert!(found.host_to_virtual("elsewhere").is_empty());
}

#[test]
fn entries_that_agree_are_not_ambiguous_and_entries_that_differ_are() {
    let agree = mappings(&[("team-*", "h-team-*"), ("team-a-*", "h-team-a-*")]).unwrap();
    assert_eq!(
        agree.virtual_to_host("team-a-x"),
        HostNamespace::Mapped {
            namespace: "h-team-a-x".to_owned()
        }
    );
    let differ = mappings(&[("my-vc-a", "h"), ("${name}-a", "other")]).unwrap();
    assert!(matches!(
        differ.virtual_to_host("my-vc-a"),
        HostNamespace::Ambiguous { .. }
    ));
}

#[test]
fn what_has_no_host_name_is_refused_with_the_reason() {
    let sync = |mappings_only| NamespaceMode::Sync {
        mappings: mappings(&[("*", "${name}-*"), ("team-a-*", "ta-*")]).unwrap(),
        mappings_only,
    };
    let only = NamespaceMode::Sync {
        mappings: mappings(&[("a", "h")]).unwrap(),
        mappings_only: true,
    };
    let long = "n".repeat(63);
    for (mode, vcluster, namespace, name, text) in [
        (
            &NamespaceMode::Single,
            VC,
            "ns",
            "A\u{1b}",
            "`A\\u{1b}` is no valid ServiceAccount name".to_owned(),
        ),
        (
            &NamespaceMode::Single,
            VC,
            "a.b",
            "app",
            "`a.b` is no valid namespace".to_owned(),
        ),
        (
            &NamespaceMode::Single,
            "",
            "ns",
            "app",
            "`` is no valid vCluster name".to_owned(),
        ),
        (
            &only,
            VC,
            "b",
            "app",
            "no namespace mapping matches `b`, and this vCluster allows no other namespace"
                .to_owned(),
        ),
        (
            &sync(false),
            VC,
            "team-a-x",
            "app",
            "several namespace mappings match `team-a-x`; its host namespace can be \
             `my-vc-team-a-x` or `ta-x`"
                .to_owned(),
        ),
        (
            &sync(true),
            VC,
            &long,
            "app",
            format!(
                "tenant namespace `{long}` is mapped to `my-vc-{long}`, which the host refuses"
            ),
        ),
    ] {
        let error = host_service_account(mode, vcluster, HNS, namespace, name).unwrap_err();
        assert_eq!(error.to_string(), text);
    }
}

proptest! {
    #[test]
    fn a_mapped_namespace_leads_back(rest in "[a-z0-9]{1,20}") {
        let mappings = mappings(&[("team-*", "h-${name}-*"), ("one", "two")]).unwrap();
        let tenant = format!("team-{rest}");
        let HostNamespace::Mapped { namespace } = mappings.virtual_to_host(&tenant) else {
            return Err(TestCaseError::fail("not mapped"));
        };
        prop_assert_eq!(mappings.host_to_virtual(&namespace), [tenant]);
    }

    #[test]
    fn a_mapped_name_is_kept_however_long(name in "[a-z0-9]{64,253}") {
        let host = host_service_account(&NamespaceMode::LegacyMulti, VC, HNS, "ns", &name).unwrap();
        prop_assert_eq!(host.name, name);
    }
}
