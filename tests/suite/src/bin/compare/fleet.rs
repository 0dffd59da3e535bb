//! `translate --all-vclusters` over a fleet, against the raw paged lists that it reads.

use std::process::{Command, Stdio};

use k8s_openapi::api::core::v1::{Namespace, Service, ServiceAccount};
use kube::api::{Api, DeleteParams, PostParams};
use kube::{Client, Resource};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use vwi_bed::{Bed, client, unique};
use vwi_core::name::host_name;

use crate::Suite;
use crate::measure::{in_turn, peak_memory, quiet};

const VCLUSTERS: usize = 200;
const ACCOUNTS: usize = 50;
const RUNS: usize = 7;
/// Objects that are made at once.
const AT_ONCE: usize = 32;

/// What `--all-vclusters` asks, page by page.
const LISTS: [&str; 6] = [
    "/api/v1/services?labelSelector=vcluster.loft.sh%2Fservice%3Dtrue",
    "/apis/apps/v1/statefulsets?labelSelector=app%3Dvcluster%2Crelease",
    "/apis/apps/v1/deployments?labelSelector=app%3Dvcluster%2Crelease",
    "/api/v1/namespaces?labelSelector=vcluster.loft.sh%2Fmanaged-by",
    "/.well-known/openid-configuration?",
    "/api/v1/serviceaccounts?labelSelector=vcluster.loft.sh%2Fmanaged-by",
];

pub(crate) fn compare(suite: &Suite) {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let bed = runtime.block_on(Bed::connect()).expect("the bed");
    let host = bed.description().host.clone();
    let prefix = unique("fleet");
    let made = runtime.block_on(bed.host()).expect("a client");
    runtime.block_on(make(&made, &prefix));

    let translate = suite.step("translate");
    let kubeconfig = host.kubeconfig.to_str().expect("a path");
    let arguments = [
        "--all-vclusters",
        "--host-kubeconfig",
        kubeconfig,
        "-ondjson",
    ];
    println!("{VCLUSTERS} vClusters with {ACCOUNTS} ServiceAccounts each");
    in_turn(
        RUNS,
        ("translate --all-vclusters", || {
            quiet(
                Command::new(&translate)
                    .args(arguments)
                    .env("KUBECONFIG", "absent")
                    .stdin(Stdio::null()),
            );
        }),
        ("the raw lists", || {
            runtime.block_on(async {
                let client = client(&host).await.expect("a client");
                for list in LISTS {
                    raw(&client, list).await;
                }
            });
        }),
    );
    if let Some(kilobytes) = peak_memory(&translate, &arguments, Stdio::null()) {
        println!("peak memory of translate --all-vclusters: {kilobytes} KiB");
    }
    runtime.block_on(remove(&made, &prefix));
}

async fn raw(client: &Client, list: &str) {
    let mut next = String::new();
    loop {
        let path = format!("{list}&limit=500&continue={next}");
        let request = http::Request::get(path)
            .body(Vec::new())
            .expect("a request");
        let page = client.request_text(request).await.expect("a page");
        // Not parsed, as this program is not optimised: the token stands before the items.
        let token = page.split_once("\"continue\":\"").map(|(_, rest)| rest);
        match token.and_then(|rest| rest.split_once('"')) {
            Some((more, _)) if !more.is_empty() => more.clone_into(&mut next),
            Some(_) | None => return,
        }
    }
}

async fn make(host: &Client, prefix: &str) {
    let mut objects = tokio::task::JoinSet::new();
    for vcluster in 0..VCLUSTERS {
        let namespace = format!("{prefix}-{vcluster}");
        let metadata = json!({"name": namespace});
        create::<Namespace>(Api::all(host.clone()), json!({"metadata": metadata})).await;
        let labels = json!({"vcluster.loft.sh/service": "true"});
        let service = json!({
            "metadata": {"name": "vc", "labels": labels},
            "spec": {"ports": [{"port": 443}]},
        });
        create::<Service>(Api::namespaced(host.clone(), &namespace), service).await;
        for account in 0..ACCOUNTS {
            let name = format!("app-{account}");
            let account = json!({"metadata": {
                "name": host_name(&name, "shop", "vc"),
                "labels": {"vcluster.loft.sh/managed-by": "vc"},
                "annotations": {
                    "vcluster.loft.sh/object-name": name,
                    "vcluster.loft.sh/object-namespace": "shop",
                    "vcluster.loft.sh/object-uid": format!("{vcluster}-{account}"),
                    "vcluster.loft.sh/object-kind": "/v1, Kind=ServiceAccount",
                },
            }});
            let accounts = Api::namespaced(host.clone(), &namespace);
            objects.spawn(async move { create::<ServiceAccount>(accounts, account).await });
            if objects.len() >= AT_ONCE {
                objects.join_next().await;
            }
        }
    }
    objects.join_all().await;
}

async fn create<K>(api: Api<K>, object: Value)
where
    K: Resource<DynamicType = ()> + Clone + std::fmt::Debug + DeserializeOwned + serde::Serialize,
{
    let object: K = serde_json::from_value(object).expect("an object");
    let made = api.create(&PostParams::default(), &object).await;
    made.expect("the object");
}

async fn remove(host: &Client, prefix: &str) {
    let namespaces: Api<Namespace> = Api::all(host.clone());
    for vcluster in 0..VCLUSTERS {
        let name = format!("{prefix}-{vcluster}");
        // The bed goes with everything in it anyway.
        let _gone = namespaces.delete(&name, &DeleteParams::default()).await;
    }
}
