use std::collections::BTreeMap;

mod opinions;

use super::*;
use crate::translation::{Configuration, VirtualClusterName};
use crate::vcluster_labels::{HostMetadata, MANAGED_BY, OBJECT_NAME, OBJECT_NAMESPACE, OBJECT_UID};

const HOST: &str = "app-x-default-x-vc";

/// A host ServiceAccount that can be changed before it is judged.
#[derive(Clone)]
struct Object {
    name: String,
    labels: BTreeMap<String, String>,
    annotations: BTreeMap<String, String>,
}

impl Object {
    fn synced(namespace: &str, name: &str, uid: &str) -> Self {
        let map = |pairs: &[(&str, &str)]| {
            let owned = |(key, value): &(&str, &str)| ((*key).to_owned(), (*value).to_owned());
            pairs.iter().map(owned).collect()
        };
        Self {
            name: crate::name::host_name(name, namespace, "vc"),
            labels: map(&[(MANAGED_BY, "vc")]),
            annotations: map(&[
                (OBJECT_NAME, name),
                (OBJECT_NAMESPACE, namespace),
                (OBJECT_UID, uid),
            ]),
        }
    }

    fn view(&self) -> HostObject<'_> {
        HostObject {
            metadata: HostMetadata {
                namespace: "hns",
                name: &self.name,
                labels: &self.labels,
                annotations: &self.annotations,
            },
            uid: "host-uid",
        }
    }
}

/// What the host says at the computed name.
enum Answer {
    NotRead,
    Absent,
    There(Object),
}

struct Case {
    configuration: Option<Configuration>,
    values: bool,
    tenant: TenantFact<'static>,
    host: Answer,
    same_uid: Vec<Object>,
    blinded_by: Option<&'static str>,
    host_issuer: Option<&'static str>,
    via: Vec<Source>,
    opinions: Vec<Opinion>,
    silences: Vec<Silence>,
    accept: Grade,
    allow_missing: bool,
    workload_account: bool,
}

const FOUND: TenantFact<'static> = TenantFact::Found { uid: "u1" };

fn on() -> Configuration {
    let text = "sync: {toHost: {serviceAccounts: {enabled: true}}}";
    Configuration::parse(text, &which()).unwrap()
}

fn which() -> VirtualClusterName {
    VirtualClusterName {
        name: "vc".to_owned(),
        namespace: "hns".to_owned(),
    }
}

/// A tenant ServiceAccount whose host copy is there, in a vCluster whose configuration is known.
fn whole() -> Case {
    Case {
        configuration: Some(on()),
        values: false,
        tenant: FOUND,
        host: Answer::There(Object::synced("default", "app", "u1")),
        same_uid: vec![Object::synced("default", "app", "u1")],
        blinded_by: None,
        host_issuer: None,
        via: Vec::new(),
        opinions: Vec::new(),
        silences: Vec::new(),
        accept: Grade::Configured,
        allow_missing: false,
        workload_account: false,
    }
}

fn judged(case: &Case) -> Judgement {
    let which = which();
    let same_uid: Vec<_> = case.same_uid.iter().map(Object::view).collect();
    judge(&Question {
        namespace: "default",
        name: "app",
        vcluster: VirtualClusterFacts {
            which: &which,
            configuration: case.configuration.as_ref(),
            mode_source: match (&case.configuration, case.values) {
                (None, _) => ModeSource::Assumed,
                (Some(_), true) => ModeSource::Values,
                (Some(_), false) => ModeSource::Configuration,
            },
            namespaces: None,
        },
        tenant: case.tenant,
        host: match &case.host {
            Answer::NotRead => HostFact::NotRead,
            Answer::Absent => HostFact::Absent,
            Answer::There(object) => HostFact::Found(object.view()),
        },
        same_uid: &same_uid,
        blinded_by: case.blinded_by,
        host_issuer: case.host_issuer,
        via: &case.via,
        opinions: &case.opinions,
        silences: &case.silences,
        accept: case.accept,
        allow_missing: case.allow_missing,
        workload_account: case.workload_account,
    })
}

fn line(change: impl FnOnce(&mut Case)) -> String {
    let mut case = whole();
    change(&mut case);
    let found = judged(&case);
    assert_eq!(
        found.grade.is_some(),
        found.host.is_some(),
        "a subject only where it holds"
    );
    format!("{}: {}", found.reason, found.message)
}

fn host(change: impl FnOnce(&mut Object)) -> Answer {
    let mut object = Object::synced("default", "app", "u1");
    change(&mut object);
    Answer::There(object)
}

#[test]
fn seen_on_the_host_is_proven() {
    let found = judged(&whole());
    assert_eq!(found.grade, Some(Grade::Proven));
    assert_eq!(found.message, format!("seen on the host as `hns/{HOST}`"));
    let host = found.host.unwrap();
    assert_eq!((&*host.namespace, &*host.name), ("hns", HOST));
    assert_eq!(host.uid.as_deref(), Some("host-uid"));
    assert_eq!(found.tenant_uid.as_deref(), Some("u1"));
    let sources: Vec<_> = found
        .evidence
        .iter()
        .map(|evidence| evidence.source)
        .collect();
    assert_eq!(sources, [Source::Computed, Source::Host]);
    assert_eq!(
        found.evidence[0].message.as_deref(),
        Some("single namespace, configuration")
    );
}

#[test]
fn grades_go_down_with_what_could_be_read() {
    for (case, expected) in [
        (
            line(|case| case.configuration = None),
            "Proven: seen on the host as `hns/app-x-default-x-vc`",
        ),
        (
            line(|case| case.tenant = TenantFact::NotRead(Unread::NotAsked)),
            "Proven: seen on the host as `hns/app-x-default-x-vc`",
        ),
        (
            line(|case| {
                case.host = Answer::NotRead;
                case.same_uid.clear();
            }),
            "Configured: `hns/app-x-default-x-vc`, by the vCluster's own configuration",
        ),
        (
            line(|case| {
                case.host = Answer::NotRead;
                case.same_uid.clear();
                case.accept = Grade::Proven;
            }),
            "Unproven: `hns/app-x-default-x-vc`, by the vCluster's own configuration; that is \
             `configured`, not `proven`",
        ),
        (
            line(|case| {
                case.host = Answer::NotRead;
                case.same_uid.clear();
                case.configuration = None;
            }),
            "Unproven: `hns/app-x-default-x-vc`, by vCluster's algorithm alone; that is \
             `computed`, not `configured`",
        ),
        (
            line(|case| {
                case.host = Answer::NotRead;
                case.same_uid.clear();
                case.values = true;
                case.accept = Grade::Computed;
            }),
            "Computed: `hns/app-x-default-x-vc`, by the given values and vCluster's algorithm alone",
        ),
    ] {
        assert_eq!(case, expected);
    }
}

#[test]
fn what_is_not_there_or_not_its_own_fails_and_shows_both_sides() {
    for (case, expected) in [
        (
            line(|case| {
                case.host = Answer::Absent;
                case.same_uid.clear();
            }),
            "NotSynced: ServiceAccount `default/app` is in the tenant, but the host has no \
             `hns/app-x-default-x-vc`",
        ),
        (
            line(|case| {
                case.host = Answer::There(Object::synced("default", "app", "u2"));
                case.same_uid.clear();
            }),
            "OtherUid: host ServiceAccount `hns/app-x-default-x-vc` is for one with uid `u2`, but \
             `default/app` in the tenant has uid `u1`",
        ),
        (
            line(|case| case.host = host(|object| object.labels.clear())),
            "ForeignHostServiceAccount: host ServiceAccount `hns/app-x-default-x-vc` is not one \
             that vCluster `hns/vc` made for `default/app`: it has no label \
             `vcluster.loft.sh/managed-by`",
        ),
        (
            line(|case| {
                case.host = host(|object| {
                    object
                        .annotations
                        .insert(OBJECT_NAMESPACE.into(), "\u{1b}[2J".into());
                });
            }),
            "ForeignHostServiceAccount: host ServiceAccount `hns/app-x-default-x-vc` is not one \
             that vCluster `hns/vc` made for `default/app`: its annotations name \
             `\\u{1b}[2J/app`, which belongs elsewhere",
        ),
        (
            line(|case| {
                case.host = host(|object| {
                    object.annotations.remove(OBJECT_UID);
                });
            }),
            "OtherUid: host ServiceAccount `hns/app-x-default-x-vc` is for one with uid `none`, but \
             `default/app` in the tenant has uid `u1`",
        ),
        (
            line(|case| case.same_uid.push(Object::synced("other", "app", "u1"))),
            "DuplicateUid: uid `u1` of the tenant's ServiceAccount is on several of the host: \
             `hns/app-x-default-x-vc` and `hns/app-x-other-x-vc`",
        ),
        (
            line(|case| {
                case.host = Answer::Absent;
                case.same_uid = vec![Object::synced("other", "app", "u1")];
            }),
            "SourcesDisagree: computed is `hns/app-x-default-x-vc`, but on the host uid `u1` of the \
             tenant's ServiceAccount is on `hns/app-x-other-x-vc`",
        ),
    ] {
        assert_eq!(case, expected);
    }
}

#[test]
fn a_host_name_that_another_holds_is_taken() {
    let which = which();
    let first = Object::synced("c", "a-x-b", "u1");
    let found = judge(&Question {
        namespace: "b-x-c",
        name: "a",
        vcluster: VirtualClusterFacts {
            which: &which,
            configuration: None,
            mode_source: ModeSource::Assumed,
            namespaces: None,
        },
        tenant: TenantFact::Found { uid: "u2" },
        host: HostFact::Found(first.view()),
        same_uid: &[],
        blinded_by: None,
        host_issuer: None,
        via: &[],
        opinions: &[],
        silences: &[],
        accept: Grade::Computed,
        allow_missing: false,
        workload_account: false,
    });
    assert_eq!(found.reason, "HostNameTaken");
    assert_eq!(
        found.message,
        "host ServiceAccount `hns/a-x-b-x-c-x-vc` belongs to ServiceAccount `c/a-x-b` of the \
         tenant, not to `b-x-c/a`"
    );
}

#[test]
fn a_missing_tenant_service_account_can_be_awaited() {
    let missing = |case: &mut Case| {
        case.tenant = TenantFact::Missing;
        case.host = Answer::Absent;
        case.same_uid.clear();
    };
    assert_eq!(
        line(missing),
        "ServiceAccountNotFound: the tenant has no ServiceAccount `default/app`"
    );
    let allowed = |case: &mut Case| {
        missing(case);
        case.allow_missing = true;
    };
    assert_eq!(
        line(allowed),
        "Configured: awaited: the host will call it `hns/app-x-default-x-vc`"
    );
    assert_eq!(
        line(|case| {
            allowed(case);
            case.configuration = None;
        }),
        "Unproven: awaited: the host will call it `hns/app-x-default-x-vc`; that is `computed`, not \
         `configured`"
    );
    assert_eq!(
        line(|case| {
            allowed(case);
            case.host = Answer::There(Object::synced("default", "app", "old"));
        }),
        "OtherUid: the tenant has no ServiceAccount `default/app`, but the host still has \
         `hns/app-x-default-x-vc` for one with uid `old`"
    );
}

#[test]
fn a_vcluster_that_cannot_work_is_refused_at_any_grade() {
    let found = line(|case| {
        case.configuration = Some(Configuration::parse("{}", &which()).unwrap());
        case.accept = Grade::Computed;
    });
    assert_eq!(
        found,
        "ServiceAccountSyncOff: vCluster `hns/vc` does not sync ServiceAccounts: all its pods run \
         as `hns/vc-workload-vc` on the host"
    );
}

#[test]
fn only_what_vcluster_can_mend_is_awaited() {
    let mut case = whole();
    case.host = Answer::Absent;
    case.same_uid.clear();
    assert!(judged(&case).can_be_awaited());
    case.host = host(|object| object.labels.clear());
    assert!(!judged(&case).can_be_awaited());
}

mod unread;
