//! What each kind of resource is read and written as.

use std::collections::BTreeMap;

use vwi_azure::arm::Repeated;
use vwi_core::arm::Kind;
use vwi_core::roles;
use vwi_test_azure::{ClusterSpec, IdentitySpec, Seed, WorldSpec};

use crate::scene::{ISSUER, Scene, trust};

#[tokio::test]
async fn an_identity_is_made_once_and_found_in_any_case() {
    let scene = Scene::new();
    let arm = scene.arm();
    let id = scene.id(Kind::Identity, "fresh");
    assert_eq!(arm.identity(&id).await.unwrap(), None);
    let tags = BTreeMap::from([("made-by".to_owned(), "kubectl-vwi".to_owned())]);
    let first = arm.put_identity(&id, "westeurope", &tags).await.unwrap();
    assert!(first.created);
    assert_eq!(first.value.tags, tags);
    let shouted = scene.id(Kind::Identity, "FRESH");
    let found = arm.identity(&shouted).await.unwrap().unwrap();
    assert_eq!(found.client_id, first.value.client_id);
    assert_eq!(found.tenant_id, scene.info.tenant_id);
    assert_ne!(found.client_id, found.principal_id);
    let all = arm
        .identities(&scene.info.subscription_id, Some("rg"))
        .await
        .unwrap();
    assert_eq!(all.len(), 2);
    let location = arm.group_location(&scene.info.subscription_id, "rg").await;
    assert_eq!(location.unwrap().as_deref(), Some("westeurope"));
    let absent = arm
        .group_location(&scene.info.subscription_id, "none")
        .await;
    assert_eq!(absent.unwrap(), None);
}

#[tokio::test]
async fn credentials_are_listed_over_all_pages_and_deleted_twice() {
    let scene = Scene::new();
    scene
        .world
        .change_settings(|settings| settings.paging.page_size = Some(2));
    let arm = scene.arm();
    let id = scene.identity();
    assert_eq!(arm.credentials(&id).await.unwrap(), Some(Vec::new()));
    for name in ["one", "two", "three", "four", "five"] {
        let wanted = trust(&format!("system:serviceaccount:ns:{name}"));
        let written = arm.put_credential(&id, name, &wanted).await.unwrap();
        assert!(written.created);
        assert!(written.value.trusts(&wanted));
    }
    let all = arm.credentials(&id).await.unwrap().unwrap();
    assert_eq!(all.len(), 5);
    assert!(arm.delete_credential(&id, "two").await.unwrap());
    assert!(!arm.delete_credential(&id, "two").await.unwrap());
    let absent = scene.id(Kind::Identity, "absent");
    assert_eq!(arm.credentials(&absent).await.unwrap(), None);
    assert!(!arm.delete_credential(&absent, "two").await.unwrap());
}

#[tokio::test]
async fn a_cluster_shows_its_issuer_only_when_it_has_one() {
    let scene = Scene::with(WorldSpec {
        seed: Seed {
            clusters: vec![
                ClusterSpec::new("aks", ISSUER),
                ClusterSpec {
                    name: "off".to_owned(),
                    ..ClusterSpec::default()
                },
            ],
            ..Seed::default()
        },
        ..WorldSpec::default()
    });
    let arm = scene.arm();
    let on = arm.cluster(&scene.id(Kind::Cluster, "aks")).await.unwrap();
    assert_eq!(on.unwrap().issuer.as_deref(), Some(ISSUER));
    let off = arm.cluster(&scene.id(Kind::Cluster, "off")).await.unwrap();
    assert_eq!(off.unwrap().issuer, None);
    let absent = arm.cluster(&scene.id(Kind::Cluster, "none")).await.unwrap();
    assert_eq!(absent, None);
    let all = arm.clusters(&scene.info.subscription_id).await.unwrap();
    assert_eq!(all.len(), 2);
    let subscriptions = arm.subscriptions().await.unwrap();
    assert_eq!(subscriptions[0].subscription_id, scene.info.subscription_id);
    assert_eq!(subscriptions[0].tenant_id, scene.info.tenant_id);
}

#[tokio::test]
async fn a_role_is_looked_up_quoted_and_assigned_under_its_own_name() {
    let scene = Scene::new();
    let arm = scene.arm();
    let scope = scene.group();
    let identity = arm.identity(&scene.identity()).await.unwrap().unwrap();
    let odd = arm.role_definitions(&scope, "It's & 100% = a+b").await;
    assert_eq!(odd.unwrap(), []);
    let readers = arm.role_definitions(&scope, "reader").await.unwrap();
    assert_eq!(readers.len(), 1);
    assert_eq!(readers[0].role_name, "Reader");
    let name = roles::assignment_name(&scope, &identity.principal_id, &readers[0].id);
    let before = arm.role_assignments(&scope, &identity.principal_id).await;
    assert_eq!(before.unwrap(), []);
    for _ in 0..2 {
        let written = arm
            .put_role_assignment(&scope, &name, &identity.principal_id, &readers[0].id)
            .await
            .unwrap();
        assert!(matches!(written, Repeated::Written(_)), "{written:?}");
    }
    let after = arm
        .role_assignments(&scope, &identity.principal_id)
        .await
        .unwrap();
    let found = roles::find(&after, &scope, &identity.principal_id, &readers[0].id);
    assert_eq!(found.unwrap().name, name);
    let other = "11111111-2222-4333-8444-555555555555";
    let repeated = arm
        .put_role_assignment(&scope, other, &identity.principal_id, &readers[0].id)
        .await
        .unwrap();
    assert_eq!(repeated, Repeated::Exists);
}

#[tokio::test]
async fn every_call_bears_an_id_and_no_call_is_made_without_need() {
    let scene = Scene::new();
    let arm = scene.arm();
    let id = scene.identity();
    let (identity, credentials) = tokio::join!(arm.identity(&id), arm.credentials(&id));
    identity.unwrap().unwrap();
    credentials.unwrap().unwrap();
    let requests = scene.world.requests();
    let tokens = requests.iter().filter(|request| request.is_token()).count();
    assert_eq!(tokens, 1, "both wait for one token");
    assert_eq!(requests.len(), 3);
    let mut ids: Vec<&str> = requests
        .iter()
        .filter(|request| !request.is_token())
        .map(|request| request.headers["x-ms-client-request-id"].as_str())
        .collect();
    ids.dedup();
    assert_eq!(ids.len(), 2, "each call has its own");
}

#[tokio::test]
async fn the_default_world_knows_the_identity() {
    let scene = Scene::with(WorldSpec {
        seed: Seed {
            identities: vec![IdentitySpec {
                name: "tagged".to_owned(),
                tags: BTreeMap::from([("a".to_owned(), "b".to_owned())]),
                ..IdentitySpec::default()
            }],
            ..Seed::default()
        },
        ..WorldSpec::default()
    });
    let id = scene.id(Kind::Identity, "tagged");
    let identity = scene.arm().identity(&id).await.unwrap().unwrap();
    assert_eq!(identity.tags["a"], "b");
}
