//! Two tenant ServiceAccounts with one host name: the newcomer destroys the first.

use k8s_openapi::api::core::v1::ServiceAccount;
use kube::Api;
use serde_json::json;
use vwi_core::name::host_name;

use crate::stage::{
    Stage, annotate, annotation, create, gone, holds, make_namespace, sync_errors, there,
};

/// `a-x-NS` in `c` of the tenant, and `a` in `NS-x-c`: one host name.
struct Pair {
    first: Api<ServiceAccount>,
    first_name: String,
    newcomer: Api<ServiceAccount>,
    newcomer_namespace: String,
    hosts: Api<ServiceAccount>,
    host_name: String,
}

impl Pair {
    async fn on(stage: &Stage) -> Self {
        let c = &stage.namespace;
        let first_name = format!("a-x-{c}");
        let newcomer_namespace = format!("{c}-x-{c}");
        make_namespace(&stage.tenant, &newcomer_namespace).await;
        let host = host_name(&first_name, c, &stage.vcluster);
        assert_eq!(host, host_name("a", &newcomer_namespace, &stage.vcluster));
        Self {
            first: stage.tenants(),
            first_name,
            newcomer: Api::namespaced(stage.tenant.clone(), &newcomer_namespace),
            newcomer_namespace,
            hosts: stage.hosts(),
            host_name: host,
        }
    }

    /// Both made, one after the other, and the first destroyed.
    async fn clashed_on(stage: &Stage) -> Self {
        let pair = Self::on(stage).await;
        create(&pair.first, &pair.first_name, json!({})).await;
        there(&pair.hosts, &pair.host_name).await;
        stage.barrier().await;
        create(&pair.newcomer, "a", json!({})).await;
        gone(&pair.first, &pair.first_name).await;
        pair
    }

    async fn belongs_to_newcomer(&self) {
        let uid = self.newcomer.get("a").await.unwrap().metadata.uid;
        holds("the takeover", async || {
            let host = self.hosts.get_opt(&self.host_name).await.unwrap();
            let owner = host.as_ref().and_then(|host| {
                annotation(host, "vcluster.loft.sh/object-uid").map(str::to_owned)
            });
            owner.is_some() && owner == uid
        })
        .await;
    }
}

#[tokio::test]
async fn the_newcomer_destroys_the_first_and_has_the_name_when_it_is_touched() {
    let stage = Stage::new("c").await;
    let pair = Pair::clashed_on(&stage).await;
    stage.barrier().await;
    // Now nobody has the name, and nobody was told.
    assert!(pair.hosts.get_opt(&pair.host_name).await.unwrap().is_none());
    assert!(pair.newcomer.get_opt("a").await.unwrap().is_some());
    let told = sync_errors(&stage.tenant, &pair.newcomer_namespace, "a").await;
    assert_eq!(told, Vec::<String>::new());
    let log = stage.syncer.log();
    for line in [
        format!(
            "delete host {}/{}, because virtual object uid is different",
            stage.hns, pair.host_name
        ),
        format!(
            "delete virtual {}/{}, because host object was deleted",
            stage.namespace, pair.first_name
        ),
    ] {
        assert!(log.contains(&line), "{line} in {log:?}");
    }

    annotate(&pair.newcomer, "a", json!({"key": "value"})).await;
    pair.belongs_to_newcomer().await;
}

#[tokio::test]
async fn the_newcomer_has_the_name_after_a_restart() {
    let stage = Stage::new("c").await;
    let pair = Pair::clashed_on(&stage).await;
    stage.syncer.restart().await;
    pair.belongs_to_newcomer().await;
}

#[tokio::test]
async fn a_reserved_name_is_the_newcomers_after_the_clean_up() {
    let stage = Stage::with("c", |config, _| config.reserve_names = true).await;
    let pair = Pair::clashed_on(&stage).await;
    annotate(&pair.newcomer, "a", json!({"key": "value"})).await;
    holds("an event", async || {
        let told = sync_errors(&stage.tenant, &pair.newcomer_namespace, "a").await;
        told == [
            "Error syncing to host cluster: get object: unable to get: / because of unknown \
                  namespace for the cache",
        ]
    })
    .await;
    assert!(pair.hosts.get_opt(&pair.host_name).await.unwrap().is_none());
    stage.syncer.clean_up().await;
    pair.belongs_to_newcomer().await;
}

#[tokio::test]
async fn a_first_owner_that_is_made_again_has_its_name_back() {
    let stage = Stage::new("c").await;
    let pair = Pair::clashed_on(&stage).await;
    let again = create(&pair.first, &pair.first_name, json!({})).await;
    let host = there(&pair.hosts, &pair.host_name).await;
    let owner = annotation(&host, "vcluster.loft.sh/object-uid");
    assert_eq!(owner, again.metadata.uid.as_deref());
    stage.barrier().await;
    assert!(pair.newcomer.get_opt("a").await.unwrap().is_some());
    assert!(
        pair.first
            .get_opt(&pair.first_name)
            .await
            .unwrap()
            .is_some()
    );
}
