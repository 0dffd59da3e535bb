//! What a change of a ServiceAccount on one side does to the other, with the syncer up and down.

use k8s_openapi::api::core::v1::ServiceAccount;
use kube::Api;
use serde_json::{Value, json};

use crate::stage::{Stage, annotate, annotation, create, delete, holds};

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
