//! One ServiceAccount: what its copy looks like, and what a change on either side does.

use k8s_openapi::api::core::v1::ServiceAccount;
use kube::Api;
use serde_json::{Value, json};

use crate::stage::{
    Stage, annotate, annotation, create, delete, gone, holds, label, merge, shape, there,
};

#[tokio::test]
async fn a_copy_looks_like_a_real_one() {
    let stage = Stage::new("copy").await;
    let (tenant, host) = stage
        .account(
            "vcluster-demo",
            json!({
                "metadata": {
                    "annotations": {
                        "azure.workload.identity/client-id": "11111111-2222-3333-4444-555555555555",
                        "azure.workload.identity/tenant-id": "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee",
                    },
                    "labels": {"app.kubernetes.io/name": "demo", "release": "mine"},
                },
                "secrets": [{"name": "s"}],
                "imagePullSecrets": [{"name": "p"}],
            }),
        )
        .await;
    let Stage {
        vcluster,
        hns,
        namespace,
        service_uid,
        ..
    } = &stage;
    let name = stage.host_name("vcluster-demo");
    assert_eq!(
        shape(&host),
        json!({
            "apiVersion": "v1",
            "kind": "ServiceAccount",
            "automountServiceAccountToken": false,
            "metadata": {
                "name": name,
                "namespace": hns,
                "annotations": {
                    "azure.workload.identity/client-id": "11111111-2222-3333-4444-555555555555",
                    "azure.workload.identity/tenant-id": "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee",
                    "vcluster.loft.sh/managed-annotations":
                        "azure.workload.identity/client-id\nazure.workload.identity/tenant-id",
                    "vcluster.loft.sh/object-host-name": name,
                    "vcluster.loft.sh/object-host-namespace": hns,
                    "vcluster.loft.sh/object-kind": "/v1, Kind=ServiceAccount",
                    "vcluster.loft.sh/object-name": "vcluster-demo",
                    "vcluster.loft.sh/object-namespace": namespace,
                    "vcluster.loft.sh/object-uid": tenant.metadata.uid,
                },
                "labels": {
                    "app.kubernetes.io/name": "demo",
                    vwi_core::vcluster_labels::host_label_key(vcluster, "release"): "mine",
                    "vcluster.loft.sh/managed-by": vcluster,
                    "vcluster.loft.sh/namespace": namespace,
                },
                "ownerReferences": [{
                    "apiVersion": "v1", "kind": "Service", "name": vcluster, "uid": service_uid,
                    "controller": false,
                }],
            },
        })
    );
}

/// What happens to a ServiceAccount whose annotation `key` is `old`, and which is synced.
#[derive(Debug)]
enum Step {
    Tenant(Value),
    Host(Value),
    RecreateTenant,
    DeleteHost,
    Down,
    Up,
}

/// How it ends: the value on each side, nothing if it is gone, and whether each object is still
/// the one of the beginning.
#[derive(Debug, PartialEq)]
struct End {
    tenant: Option<String>,
    tenant_kept: bool,
    host: Option<String>,
    host_kept: bool,
}

fn kept(tenant: &str, host: &str) -> End {
    End {
        tenant: Some(tenant.to_owned()),
        tenant_kept: true,
        host: Some(host.to_owned()),
        host_kept: true,
    }
}

fn host_anew(mut end: End) -> End {
    end.host_kept = false;
    end
}

fn set(value: &str) -> Value {
    json!({"key": value})
}

#[tokio::test]
async fn a_change_does_what_it_does_in_a_real_vcluster() {
    use Step::{DeleteHost, Down, Host, RecreateTenant, Tenant, Up};

    let both_gone = End {
        tenant: None,
        tenant_kept: false,
        host: None,
        host_kept: false,
    };
    let recreated = End {
        tenant_kept: false,
        ..host_anew(kept("anew", "anew"))
    };
    let uid = "vcluster.loft.sh/object-uid";
    let drifted = || vec![Down, Host(set("host")), Up];
    let after = |mut steps: Vec<Step>, more: Vec<Step>| {
        steps.extend(more);
        steps
    };
    let rows = [
        (
            "tenant changes",
            vec![Tenant(set("new"))],
            kept("new", "new"),
        ),
        (
            "tenant removes",
            vec![Tenant(json!({"key": null}))],
            kept("", ""),
        ),
        ("host changes", vec![Host(set("new"))], kept("new", "new")),
        (
            "host removes",
            vec![Host(json!({"key": null}))],
            kept("", ""),
        ),
        (
            "host removes the uid",
            vec![Host(json!({uid: null}))],
            kept("old", "old"),
        ),
        (
            "host forges the uid",
            vec![Host(json!({uid: "11111111-1111-1111-1111-111111111111"}))],
            host_anew(kept("old", "old")),
        ),
        ("tenant made again", vec![RecreateTenant], recreated),
        ("host deleted", vec![DeleteHost], both_gone),
        (
            "host deleted while down",
            vec![Down, DeleteHost, Up],
            host_anew(kept("old", "old")),
        ),
        ("host changed while down", drifted(), kept("old", "host")),
        (
            "then another key in the tenant",
            after(drifted(), vec![Tenant(json!({"other": "1"}))]),
            kept("old", "host"),
        ),
        (
            "then the same value in the tenant",
            after(drifted(), vec![Tenant(set("old"))]),
            kept("old", "host"),
        ),
        (
            "then a third value in the tenant",
            after(drifted(), vec![Tenant(set("third"))]),
            kept("third", "third"),
        ),
        (
            "then the host's value in the tenant",
            after(drifted(), vec![Tenant(set("host"))]),
            kept("host", "host"),
        ),
        (
            "then removed and added in the tenant",
            after(
                drifted(),
                vec![Tenant(json!({"key": null})), Tenant(set("old"))],
            ),
            kept("old", "old"),
        ),
        (
            "then the tenant's value on the host",
            after(drifted(), vec![Host(set("old"))]),
            kept("old", "old"),
        ),
    ];
    let stage = Stage::new("change").await;
    for (number, (case, steps, expected)) in rows.into_iter().enumerate() {
        let end = end_of(&stage, &format!("app-{number}"), steps, &expected).await;
        assert_eq!(end, expected, "{case}");
    }
}

async fn end_of(stage: &Stage, name: &str, steps: Vec<Step>, expected: &End) -> End {
    let value = json!({"metadata": {"annotations": {"key": "old"}}});
    let (tenant, host) = stage.account(name, value).await;
    let tenants: Api<ServiceAccount> = stage.tenants();
    let hosts: Api<ServiceAccount> = stage.hosts();
    let host_name = stage.host_name(name);
    stage.syncer.settled().await;
    for step in steps {
        let up = !matches!(step, Step::Down);
        match step {
            Step::Tenant(annotations) => annotate(&tenants, name, annotations).await,
            Step::Host(annotations) => {
                annotate(&hosts, &host_name, annotations).await;
                continue;
            }
            Step::RecreateTenant => {
                delete(&tenants, name).await;
                let value = json!({"metadata": {"annotations": {"key": "anew"}}});
                create(&tenants, name, value).await;
            }
            Step::DeleteHost => {
                delete(&hosts, &host_name).await;
                continue;
            }
            Step::Down => stage.syncer.pause().await,
            Step::Up => stage.syncer.resume().await,
        }
        // Two changes of one key shall arrive as two.
        if up {
            stage.barrier().await;
        }
    }
    let look = async || {
        let (now_tenant, now_host) = (
            tenants.get_opt(name).await.unwrap(),
            hosts.get_opt(&host_name).await.unwrap(),
        );
        let value = |account: &ServiceAccount| annotation(account, "key").unwrap_or("").to_owned();
        let same = |now: &Option<ServiceAccount>, then: &ServiceAccount| {
            now.as_ref()
                .is_some_and(|now| now.metadata.uid == then.metadata.uid)
        };
        let uid = now_host
            .as_ref()
            .and_then(|host| annotation(host, "vcluster.loft.sh/object-uid"));
        let belongs = now_tenant
            .as_ref()
            .is_none_or(|tenant| tenant.metadata.uid.as_deref() == uid);
        let end = End {
            tenant: now_tenant.as_ref().map(value),
            tenant_kept: same(&now_tenant, &tenant),
            host: now_host.as_ref().map(value),
            host_kept: same(&now_host, &host),
        };
        (end, belongs)
    };
    // What must not happen has had its chance after this, what must may take a moment more.
    stage.barrier().await;
    holds(&format!("{expected:?}"), async || {
        look().await == (expected_end(expected), true)
    })
    .await;
    look().await.0
}

fn expected_end(expected: &End) -> End {
    End {
        tenant: expected.tenant.clone(),
        host: expected.host.clone(),
        ..*expected
    }
}

#[tokio::test]
async fn labels_flow_both_ways_and_what_the_host_mounts_stays() {
    let stage = Stage::new("labels").await;
    let (_, host) = stage.account("app", json!({})).await;
    assert_eq!(
        annotation(&host, "vcluster.loft.sh/managed-annotations"),
        None
    );
    let (tenants, hosts) = (
        stage.tenants::<ServiceAccount>(),
        stage.hosts::<ServiceAccount>(),
    );
    let host_name = stage.host_name("app");
    let rewritten = vwi_core::vcluster_labels::host_label_key(&stage.vcluster, "release");

    merge(
        &tenants,
        "app",
        json!({"metadata": {"labels": {"a": "1", "release": "r"}}}),
    )
    .await;
    holds("the host's labels", async || {
        let host = hosts.get(&host_name).await.unwrap();
        label(&host, "a") == Some("1") && label(&host, &rewritten) == Some("r")
    })
    .await;
    stage.barrier().await;
    merge(
        &hosts,
        &host_name,
        json!({
            "metadata": {"labels": {"b": "2", &rewritten: null}},
            "automountServiceAccountToken": true,
        }),
    )
    .await;
    holds("the tenant's labels", async || {
        let tenant = tenants.get("app").await.unwrap();
        label(&tenant, "b") == Some("2") && label(&tenant, "release").is_none()
    })
    .await;
    stage.barrier().await;
    let host = hosts.get(&host_name).await.unwrap();
    assert_eq!(host.automount_service_account_token, Some(true));
    // Annotated later, it still does not say which annotations are managed.
    annotate(&tenants, "app", json!({"key": "value"})).await;
    holds("the annotation", async || {
        annotation(&hosts.get(&host_name).await.unwrap(), "key") == Some("value")
    })
    .await;
    let host = hosts.get(&host_name).await.unwrap();
    assert_eq!(
        annotation(&host, "vcluster.loft.sh/managed-annotations"),
        None
    );
}

#[tokio::test]
async fn an_excluded_account_is_not_synced_until_it_is_included() {
    let stage = Stage::new("excluded").await;
    let controlled = json!({"vcluster.loft.sh/controlled-by": "somebody"});
    let tenants: Api<ServiceAccount> = stage.tenants();
    create(
        &tenants,
        "by-label",
        json!({"metadata": {"labels": controlled}}),
    )
    .await;
    create(
        &tenants,
        "by-annotation",
        json!({"metadata": {"annotations": controlled}}),
    )
    .await;
    stage.barrier().await;
    let hosts: Api<ServiceAccount> = stage.hosts();
    for name in ["by-label", "by-annotation"] {
        let found = hosts.get_opt(&stage.host_name(name)).await.unwrap();
        assert!(found.is_none(), "{name}");
        assert_eq!(stage.sync_errors(name).await, Vec::<String>::new());
    }
    annotate(
        &tenants,
        "by-annotation",
        json!({"vcluster.loft.sh/controlled-by": null}),
    )
    .await;
    there(&hosts, &stage.host_name("by-annotation")).await;
}

#[tokio::test]
async fn a_squatted_name_is_left_alone_and_nobody_is_told() {
    let stage = Stage::new("squat").await;
    let hosts: Api<ServiceAccount> = stage.hosts();
    let tenants: Api<ServiceAccount> = stage.tenants();
    let host_name = stage.host_name("app");
    let squatter = create(&hosts, &host_name, json!({})).await;
    create(&tenants, "app", json!({})).await;
    stage.barrier().await;
    annotate(&tenants, "app", json!({"key": "value"})).await;
    stage.barrier().await;
    let found = hosts.get(&host_name).await.unwrap();
    assert_eq!(
        found.metadata.resource_version,
        squatter.metadata.resource_version
    );
    assert_eq!(stage.sync_errors("app").await, Vec::<String>::new());
}

#[tokio::test]
async fn deleting_a_tenant_account_or_its_namespace_deletes_the_copies() {
    let stage = Stage::new("deleted").await;
    let hosts: Api<ServiceAccount> = stage.hosts();
    stage.account("one", json!({})).await;
    stage.account("two", json!({})).await;
    delete(&stage.tenants::<ServiceAccount>(), "one").await;
    gone(&hosts, &stage.host_name("one")).await;
    // The controller made this one, and vCluster syncs it like any other.
    there(&hosts, &stage.host_name("default")).await;
    let namespaces: Api<k8s_openapi::api::core::v1::Namespace> = Api::all(stage.tenant.clone());
    delete(&namespaces, &stage.namespace).await;
    gone(&hosts, &stage.host_name("two")).await;
    gone(&hosts, &stage.host_name("default")).await;
}

#[tokio::test]
async fn a_copy_without_its_original_goes_at_the_next_start() {
    let stage = Stage::new("orphan").await;
    stage.account("app", json!({})).await;
    stage.syncer.pause().await;
    delete(&stage.tenants::<ServiceAccount>(), "app").await;
    stage.syncer.resume().await;
    gone(&stage.hosts::<ServiceAccount>(), &stage.host_name("app")).await;
}
