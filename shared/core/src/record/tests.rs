//! What a step may do to a record, and what it sees of it.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::subject::Subject;

fn record(document: Value) -> Result<Record, RecordError> {
    let Value::Object(document) = document else {
        panic!("no object");
    };
    Record::from_document(document)
}

fn usable(document: Value) -> Record {
    record(document).unwrap()
}

fn with_conditions(conditions: &Value) -> Record {
    usable(json!({
        "apiVersion": API_VERSION, "kind": KIND, "metadata": {"name": "a"},
        "status": {"conditions": conditions},
    }))
}

#[test]
fn a_step_replaces_its_condition_in_place_and_drops_later_ones() {
    let mut record = with_conditions(&json!([
        {"type": "Foreign", "status": "True", "x": 1},
        {"type": "Translated", "status": "True", "reason": "Proven", "message": "old"},
        {"type": "Federated", "status": "True", "reason": "Done", "message": ""},
        {"type": "Annotated", "status": "False", "reason": "Conflict", "message": ""},
    ]));
    record.set_condition(Step::Federate, ConditionStatus::False, "NoRoom", "full");
    let conditions = serde_json::to_string(&record.document()["status"]["conditions"]).unwrap();
    assert_eq!(
        conditions,
        r#"[{"type":"Foreign","status":"True","x":1},{"type":"Translated","status":"True","reason":"Proven","message":"old"},{"type":"Federated","status":"False","reason":"NoRoom","message":"full"}]"#
    );
    assert!(record.is_failed());
    record.set_condition(Step::Translate, ConditionStatus::True, "Proven", "again");
    assert!(!record.is_failed());
    assert_eq!(record.condition(Step::Translate).unwrap().message, "again");
    assert_eq!(record.condition(Step::Federate), None);
}

#[test]
fn what_earlier_steps_say_decides_and_later_ones_do_not() {
    let condition = |step: Step, status: &str, reason: &str| json!({"type": step.condition_type(), "status": status, "reason": reason});
    let good = condition(Step::Translate, "True", "Proven");
    let planned = condition(Step::Translate, "Unknown", "Planned");
    let failed = condition(Step::Translate, "False", "Unproven");
    let skipped = condition(Step::Federate, "Unknown", "UpstreamFailed");
    let later = condition(Step::Check, "False", "Found");
    let cases: [(Value, bool, bool); 6] = [
        (json!([]), false, false),
        (json!([good, later]), false, false),
        (json!([planned, later]), true, false),
        (json!([failed, later]), false, true),
        (json!([planned, failed]), false, true),
        (json!([good, skipped]), false, true),
    ];
    for (conditions, is_planned, is_failed) in cases {
        let found = with_conditions(&conditions).upstream(Step::Annotate);
        assert_eq!(found == Upstream::Planned, is_planned, "{conditions}");
        assert_eq!(
            matches!(found, Upstream::Failed(_)),
            is_failed,
            "{conditions}"
        );
    }
}

#[test]
fn conditions_that_cannot_be_read_are_never_taken_for_good_ones() {
    let with = |conditions: &Value| {
        record(json!({
            "apiVersion": API_VERSION, "kind": KIND, "metadata": {"name": "a"},
            "status": {"conditions": conditions},
        }))
    };
    for conditions in [
        json!([{"type": "Translated", "status": false}]),
        json!([{"type": "Translated", "status": "false"}]),
        json!([{"type": "Translated", "status": null}]),
        json!([{"type": "Federated"}]),
        json!([{"type": "Annotated", "status": "True", "reason": 1}]),
        json!([{"status": "False"}]),
        json!([{"type": ["Translated"], "status": "False"}]),
        json!([["Translated", "False"]]),
        json!({"type": "Translated", "status": "False"}),
        json!("False"),
    ] {
        let shown = with(&conditions).unwrap_err().to_string();
        assert!(
            shown.starts_with("field `status.conditions` of record `default/a` "),
            "{conditions}: {shown}"
        );
    }
    for conditions in [
        json!(null),
        json!([{"type": "Foreign", "status": 1}]),
        json!([{"type": "Translated", "status": "True", "reason": null, "message": null}]),
    ] {
        let upstream = with(&conditions).map(|record| record.upstream(Step::Federate));
        assert!(matches!(upstream, Ok(Upstream::Ready)), "{conditions}");
    }
}

#[test]
fn a_manifest_has_no_status_and_is_marked_local() {
    let mut record = Record::new("n", "a");
    record.put_spec("audience", "x");
    record.put_status("issuer", "https://x/");
    assert_eq!(
        serde_json::to_value(record.into_manifest()).unwrap(),
        json!({
            "apiVersion": API_VERSION, "kind": KIND,
            "metadata": {"name": "a", "namespace": "n", "annotations": {"config.kubernetes.io/local-config": "true"}},
            "spec": {"audience": "x"},
        })
    );
}

#[test]
fn what_is_no_record_says_which_and_what() {
    let base = |name: &str, spec: Value| json!({"apiVersion": API_VERSION, "kind": KIND, "metadata": {"name": name, "namespace": "n"}, "spec": spec});
    let cases = [
        (
            base("A", json!({})),
            "field `metadata.name` of record `n/A`",
        ),
        (base("\u{1b}", json!({})), r"record `n/\u{1b}`"),
        (
            base("a", json!({"issuer": 1})),
            "field `spec` of record `n/a`",
        ),
        (base("a", json!({"virtualCluster": "x"})), "field `spec`"),
        (
            base("a", json!({"virtualCluster": ["vc", "hns"]})),
            "field `spec.virtualCluster` of record `n/a` is not an object",
        ),
        (
            base("a", json!([{"name": "vc"}, "app-identity"])),
            "field `spec` of record `n/a` is not an object",
        ),
        (
            json!({"apiVersion": API_VERSION, "kind": KIND, "metadata": {"name": "a"}, "status": []}),
            "field `status` of record `default/a` is not an object",
        ),
        (json!({"apiVersion": "vwi/v9"}), "`vwi/v9`"),
    ];
    for (document, expected) in cases {
        let shown = record(document).unwrap_err().to_string();
        assert!(shown.contains(expected), "{shown}");
        assert!(!shown.contains('\u{1b}'), "{shown:?}");
    }
}

#[test]
fn what_is_filled_in_leaves_the_rest_as_it_came() {
    let mut record = Record::new("n", "a");
    record.put_spec(
        "virtualCluster",
        json!({"team": "x", "name": "old", "namespace": null, "z": [1]}),
    );
    let filled = VirtualClusterRef {
        name: Some("vc".to_owned()),
        namespace: Some("hns".to_owned()),
        ..VirtualClusterRef::default()
    };
    record.merge_spec("virtualCluster", &filled);
    assert_eq!(
        serde_json::to_string(&record.document()["spec"]).unwrap(),
        r#"{"virtualCluster":{"team":"x","name":"vc","namespace":"hns","z":[1]}}"#
    );
    record.put_spec("virtualCluster", Value::Null);
    record.merge_spec("virtualCluster", &filled);
    assert_eq!(record.spec().unwrap().virtual_cluster, Some(filled));
}

#[test]
fn null_is_absent() {
    let with = |spec: Value, status: Value| {
        usable(json!({
            "apiVersion": API_VERSION, "kind": KIND, "metadata": {"name": "a"},
            "spec": spec, "status": status,
        }))
    };
    let bare = with(json!(null), json!(null));
    assert_eq!(bare.key(), "default/a");
    let nulls = with(
        json!({"virtualCluster": null, "identity": null, "roles": null}),
        json!({"tenant": null, "evidence": null, "identity": {"id": null}, "roleAssignments": null}),
    );
    assert_eq!(nulls.spec().unwrap(), Spec::default());
    let status = nulls.status().unwrap();
    assert_eq!(status.identity, Some(IdentityStatus::default()));
    assert_eq!(
        Status {
            identity: None,
            ..status
        },
        Status::default()
    );
}

fn any_text() -> impl Strategy<Value = String> {
    prop_oneof!["[a-z0-9-]{0,70}", any::<String>()]
}

fn maybe<S: Strategy>(some: S) -> impl Strategy<Value = Option<S::Value>> {
    proptest::option::of(some)
}

fn any_virtual_cluster() -> impl Strategy<Value = VirtualClusterRef> {
    let fields = proptest::array::uniform5(maybe(any_text()));
    fields.prop_map(
        |[name, namespace, project, instance, host_cluster]| VirtualClusterRef {
            name,
            namespace,
            project,
            instance,
            host_cluster,
        },
    )
}

fn any_evidence() -> impl Strategy<Value = Evidence> {
    let source = prop_oneof![
        Just(Source::Computed),
        Just(Source::ServiceIp),
        Just(Source::OnlyOne)
    ];
    let texts = proptest::array::uniform3(maybe(any_text()));
    (source, texts, maybe(any_virtual_cluster())).prop_map(
        |(source, [namespace, name, message], virtual_cluster)| Evidence {
            source,
            namespace,
            name,
            virtual_cluster,
            message,
        },
    )
}

proptest! {
    #[test]
    fn a_fresh_record_is_written_like_the_tree_it_stands_for(
        [name, namespace, reason, message] in proptest::array::uniform4(any_text()),
        vcluster in maybe(any_virtual_cluster()),
        tenant in maybe(proptest::array::uniform3(maybe(any_text()))),
        (host_namespace, host_name) in ("[a-z0-9]{1,63}", "[a-z0-9]{1,63}"),
        (has_host, uid, issuer) in (any::<bool>(), maybe(any_text()), maybe(any_text())),
        shared_by in maybe(prop_oneof![Just(SharedBy::Default), Just(SharedBy::Workload)]),
        evidence in proptest::collection::vec(any_evidence(), 0..4),
        status in prop_oneof![
            Just(ConditionStatus::True),
            Just(ConditionStatus::False),
            Just(ConditionStatus::Unknown)
        ],
    ) {
        let tenant = tenant.map(|[service_account_uid, cluster_uid, service_ip]| TenantStatus {
            service_account_uid,
            cluster_uid,
            service_ip,
        });
        let subject = Subject::new(&host_namespace, &host_name).unwrap();
        let host = HostServiceAccount { namespace: host_namespace, name: host_name, uid };
        let (of_vcluster, of_account) = evidence.split_at(evidence.len() / 2);
        let fresh = FreshRecord {
            namespace: &namespace,
            name: &name,
            virtual_cluster: vcluster.as_ref(),
            tenant: tenant.as_ref(),
            host: has_host.then_some(&host),
            shared_by,
            evidence: [of_vcluster, of_account],
            issuer: issuer.as_deref(),
            verdict: &Verdict { status, reason: &reason, message: message.as_str().into() },
        };
        let mut line = Vec::new();
        fresh.write_line(&mut line).unwrap();

        let mut tree = Record::new(&namespace, &name);
        if let Some(vcluster) = vcluster {
            tree.put_spec("virtualCluster", vcluster);
        }
        if let Some(tenant) = tenant {
            tree.put_status("tenant", tenant);
        }
        if has_host {
            tree.put_status("subject", subject);
            tree.put_status("hostServiceAccount", host);
        }
        if let Some(shared_by) = shared_by {
            tree.put_status("sharedBy", shared_by);
        }
        tree.put_status("evidence", &evidence);
        if let Some(issuer) = issuer {
            tree.put_status("issuer", issuer);
        }
        tree.set_condition(Step::Translate, status, &reason, &message);
        let expected = serde_json::to_string(&tree).unwrap();
        prop_assert_eq!(String::from_utf8(line).unwrap(), format!("{expected}\n"));
    }
}
