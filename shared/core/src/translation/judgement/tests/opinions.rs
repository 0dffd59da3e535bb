//! What a token and the Platform add, and what stops at them.

use super::*;

const AKS: &str = "https://westeurope.oic.prod-aks.azure.com/t/g/";

fn token(namespace: &str, name: &str) -> Opinion {
    Opinion {
        source: Source::Token,
        namespace: namespace.to_owned(),
        name: name.to_owned(),
        uid: Some("host-uid".to_owned()),
        issuer: Some(AKS.to_owned()),
        audience: Some("api://AzureADTokenExchange".to_owned()),
    }
}

fn platform(namespace: &str, name: &str) -> Opinion {
    Opinion {
        source: Source::Platform,
        uid: None,
        issuer: None,
        audience: None,
        ..token(namespace, name)
    }
}

/// Neither the host nor the vCluster's configuration could be read.
fn unseen(case: &mut Case) {
    case.configuration = None;
    case.host = Answer::NotRead;
    case.same_uid.clear();
}

#[test]
fn a_token_proves_and_brings_its_issuer() {
    let mut case = whole();
    unseen(&mut case);
    case.opinions = vec![token("hns", HOST)];
    let found = judged(&case);
    assert_eq!(found.grade, Some(Grade::Proven));
    assert_eq!(
        found.message,
        "`hns/app-x-default-x-vc`, by the token that the host gave a pod of it"
    );
    assert_eq!(found.issuer.as_deref(), Some(AKS));
    assert_eq!(found.host.unwrap().uid.as_deref(), Some("host-uid"));
    let last = found.evidence.last().unwrap();
    assert_eq!(last.source, Source::Token);
    assert_eq!(
        last.message.as_deref(),
        Some(
            "issuer `https://westeurope.oic.prod-aks.azure.com/t/g/`, audience \
             `api://AzureADTokenExchange`"
        )
    );
}

#[test]
fn all_that_agree_stand_in_the_evidence() {
    let mut case = whole();
    case.host_issuer = Some(AKS);
    case.opinions = vec![token("hns", HOST), platform("hns", HOST)];
    let found = judged(&case);
    assert_eq!(found.grade, Some(Grade::Proven));
    assert_eq!(
        found.message,
        "seen on the host as `hns/app-x-default-x-vc`, and so in a token"
    );
    let sources: Vec<_> = found.evidence.iter().map(|said| said.source).collect();
    assert_eq!(
        sources,
        [
            Source::Computed,
            Source::Host,
            Source::Token,
            Source::Platform
        ]
    );
}

#[test]
fn the_platform_is_a_second_opinion_on_the_formula_and_raises_nothing() {
    let line = line(|case| {
        unseen(case);
        case.accept = Grade::Computed;
        case.opinions = vec![platform("hns", HOST)];
    });
    assert_eq!(
        line,
        "Computed: `hns/app-x-default-x-vc`, by vCluster's algorithm alone"
    );
}

#[test]
fn sources_that_disagree_are_shown_side_by_side() {
    for (case, expected) in [
        (
            line(|case| {
                unseen(case);
                case.opinions = vec![token("team", "app")];
            }),
            "SourcesDisagree: sources disagree about `default/app`: computed \
             `hns/app-x-default-x-vc`, token `team/app`",
        ),
        (
            line(|case| case.opinions = vec![token("hns", "a"), platform("other", HOST)]),
            "SourcesDisagree: sources disagree about `default/app`: computed \
             `hns/app-x-default-x-vc`, host `hns/app-x-default-x-vc`, token `hns/a`, platform \
             `other/app-x-default-x-vc`",
        ),
        (
            line(|case| {
                case.host = Answer::Absent;
                case.same_uid = vec![Object::synced("other", "app", "u1")];
                case.opinions = vec![platform("hns", HOST)];
            }),
            "SourcesDisagree: sources disagree about `default/app`: computed \
             `hns/app-x-default-x-vc`, host `hns/app-x-other-x-vc`, platform \
             `hns/app-x-default-x-vc`",
        ),
    ] {
        assert_eq!(case, expected);
    }
    let mut case = whole();
    case.opinions = vec![token("hns", "a")];
    let said: Vec<_> = judged(&case)
        .evidence
        .into_iter()
        .map(|said| format!("{} {}", said.source, said.name.unwrap()))
        .collect();
    assert_eq!(
        said,
        [
            format!("computed {HOST}"),
            format!("host {HOST}"),
            "token a".to_owned()
        ],
        "the record holds every side too"
    );
}

#[test]
fn a_token_never_stands_against_the_host() {
    for (case, expected) in [
        (
            line(|case| {
                case.host_issuer = Some("https://westeurope.oic.prod-aks.azure.com/t/h/");
                case.opinions = vec![token("hns", HOST)];
            }),
            "IssuerDiffers: the host's discovery document says \
             `https://westeurope.oic.prod-aks.azure.com/t/h/`, the pod's token says \
             `https://westeurope.oic.prod-aks.azure.com/t/g/`; they differ at byte 45 (`h` against \
             `g`)",
        ),
        (
            line(|case| {
                let other = Some("made-anew".to_owned());
                case.opinions = vec![Opinion {
                    uid: other,
                    ..token("hns", HOST)
                }];
            }),
            "OtherUid: host ServiceAccount `hns/app-x-default-x-vc` has uid `host-uid`, but token \
             says `made-anew`",
        ),
        (
            line(|case| {
                case.via = vec![Source::Token];
                case.host = Answer::Absent;
                case.same_uid.clear();
                case.opinions = vec![token("hns", HOST)];
            }),
            "NotSynced: ServiceAccount `default/app` is in the tenant, but the host has no \
             `hns/app-x-default-x-vc`",
        ),
        (
            line(|case| {
                case.via = vec![Source::Token];
                case.opinions = vec![token("team", "app")];
            }),
            "SourcesDisagree: sources disagree about `default/app`: computed \
             `hns/app-x-default-x-vc`, host `hns/app-x-default-x-vc`, token `team/app`",
        ),
    ] {
        assert_eq!(case, expected);
    }
}

#[test]
fn a_token_alone_needs_no_formula_where_the_mode_was_assumed() {
    let mut case = whole();
    unseen(&mut case);
    case.via = vec![Source::Token];
    case.opinions = vec![token("team", "app")];
    let found = judged(&case);
    assert_eq!(found.grade, Some(Grade::Proven));
    let host = found.host.unwrap();
    assert_eq!((&*host.namespace, &*host.name), ("team", "app"));
    let sources: Vec<_> = found.evidence.iter().map(|said| said.source).collect();
    assert_eq!(sources, [Source::Token]);
    let shared = line(|case| {
        unseen(case);
        case.via = vec![Source::Token];
        case.opinions = vec![token("hns", "vc-workload-vc")];
    });
    assert_eq!(
        shared,
        "ServiceAccountSyncOff: vCluster `hns/vc` does not sync ServiceAccounts: a pod of \
         `default/app` was given a token of `hns/vc-workload-vc`"
    );
}

#[test]
fn a_token_alone_has_to_name_what_can_be_this_ones_own() {
    let alone = |namespace: &'static str, name: &'static str| {
        line(|case| {
            unseen(case);
            case.via = vec![Source::Token];
            case.opinions = vec![token(namespace, name)];
        })
    };
    for (namespace, name, expected) in [
        (
            "hns",
            "runner",
            "ServiceAccountSyncOff: a pod of `default/app` was given a token of `hns/runner`, which \
             is not its own: vCluster `hns/vc` does not sync ServiceAccounts, or the pod is of \
             another one",
        ),
        (
            "hns",
            "app",
            "ServiceAccountSyncOff: a pod of `default/app` was given a token of `hns/app`, which is \
             not its own: vCluster `hns/vc` does not sync ServiceAccounts, or the pod is of another \
             one",
        ),
        (
            "team",
            HOST,
            "SourcesDisagree: a pod of `default/app` was given a token of \
             `team/app-x-default-x-vc`, but the objects of vCluster `hns/vc` are in host namespace \
             `hns`",
        ),
        (
            "hns",
            "app-x-default-x-other",
            "ServiceAccountSyncOff: a pod of `default/app` was given a token of \
             `hns/app-x-default-x-other`, which is not its own: vCluster `hns/vc` does not sync \
             ServiceAccounts, or the pod is of another one",
        ),
    ] {
        assert_eq!(alone(namespace, name), expected);
    }
    let target = line(|case| {
        let text = "sync: {toHost: {serviceAccounts: {enabled: true}}}
experimental: {syncSettings: {targetNamespace: team}}";
        unseen(case);
        case.configuration = Some(Configuration::parse(text, &which()).unwrap());
        case.values = true;
        case.via = vec![Source::Token];
        case.opinions = vec![token("team", HOST)];
    });
    assert!(target.starts_with("Proven"), "{target}");
}

#[test]
fn the_shared_one_is_weighed_against_a_token_too() {
    let shared = |case: &mut Case| {
        let text = "controlPlane: {advanced: {workloadServiceAccount: {name: runner}}}";
        case.configuration = Some(Configuration::parse(text, &which()).unwrap());
        case.host = Answer::NotRead;
        case.same_uid.clear();
        case.workload_account = true;
        case.via = vec![Source::Token];
    };
    let mut case = whole();
    shared(&mut case);
    case.opinions = vec![token("hns", "runner")];
    let found = judged(&case);
    assert_eq!(found.grade, Some(Grade::Proven));
    assert_eq!(found.issuer.as_deref(), Some(AKS));
    assert_eq!(found.shared_by, Some(SharedBy::Workload));
    assert_eq!(found.evidence.last().unwrap().source, Source::Token);
    let silent = line(|case| {
        shared(case);
        case.silences = vec![Silence {
            source: Source::Token,
            why: "it was cut".to_owned(),
        }];
    });
    assert_eq!(
        silent,
        "TokenUnavailable: `--via=token` gives no answer for `default/app`: it was cut"
    );
}

#[test]
fn what_was_picked_has_to_answer() {
    for (case, expected) in [
        (
            line(|case| {
                unseen(case);
                case.via = vec![Source::Computed, Source::Host];
            }),
            "HostUnavailable: `--via=host` gives no answer for `default/app`: it was not looked at",
        ),
        (
            line(|case| {
                case.via = vec![Source::Token];
                case.silences = vec![Silence {
                    source: Source::Token,
                    why: "the image cannot be pulled".to_owned(),
                }];
            }),
            "TokenUnavailable: `--via=token` gives no answer for `default/app`: the image cannot be \
             pulled",
        ),
        (
            line(|case| case.via = vec![Source::Platform]),
            "PlatformUnavailable: `--via=platform` gives no answer for `default/app`: it was not \
             looked at",
        ),
        (
            line(|case| {
                case.tenant = TenantFact::Missing;
                case.host = Answer::Absent;
                case.same_uid.clear();
                case.allow_missing = true;
                case.via = vec![Source::Token];
            }),
            "TokenUnavailable: `--via=token` gives no answer for `default/app`: it was not looked at",
        ),
    ] {
        assert_eq!(case, expected);
    }
}
