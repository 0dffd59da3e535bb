//! The admin calls, and the record of requests.

use std::time::Duration;

use reqwest::Method;
use serde_json::json;
use vwi_test_azure::client::{Admin, AdminError};
use vwi_test_azure::{
    Answer, CallerSpec, ClusterSpec, Fault, IdentitySpec, Seed, Server, TestIssuer, TestKey,
    UpstreamServer, WorldSpec,
};

use crate::scene::{SUBJECT, Scene};

fn admin(server: &Server) -> Admin {
    Admin::new(server.url(), server.ca_pem()).unwrap()
}

#[tokio::test]
async fn a_world_is_made_looked_at_changed_and_removed_from_outside() {
    let scene = Scene::new().await;
    let admin = admin(&scene.server);
    let spec = WorldSpec {
        tenant_id: Some("11111111-2222-4333-8444-555555555555".to_owned()),
        seed: Seed {
            clusters: vec![ClusterSpec::new("aks", "https://issuer.example/")],
            ..Seed::default()
        },
        ..WorldSpec::default()
    };
    let world = admin.create_world(&spec).await.unwrap();
    assert_eq!(world.id, "11111111-2222-4333-8444-555555555555");
    assert_eq!(world.resource_groups[0].name, "rg");
    assert_eq!(
        world.clusters[0].issuer_url.as_deref(),
        Some("https://issuer.example/")
    );
    let twice = admin.create_world(&spec).await.unwrap_err();
    assert!(
        matches!(twice, AdminError::Refused { status: 409, .. }),
        "{twice}"
    );

    let seed = Seed {
        identities: vec![IdentitySpec {
            name: "app".to_owned(),
            ..IdentitySpec::default()
        }],
        ..Seed::default()
    };
    let world = admin.seed(&world.id, &seed).await.unwrap();
    let id = &world.identities[0].id;
    assert!(admin.remove(&world.id, id).await.unwrap());
    assert!(!admin.remove(&world.id, id).await.unwrap());
    let state = admin.state(&world.id).await.unwrap();
    assert_eq!(state["identities"], json!([]));

    let patch = json!({"paging": {"pageSize": 2}, "throttle": {"retryAfterSeconds": 0}});
    let settings = admin.patch_settings(&world.id, &patch).await.unwrap();
    assert_eq!(settings.paging.page_size, Some(2));
    assert_eq!(settings.credentials.per_identity, 20);
    let patch = json!({"paging": {"pageSize": null}});
    let settings = admin.patch_settings(&world.id, &patch).await.unwrap();
    assert_eq!(settings.paging.page_size, None);
    let change = |settings: &mut vwi_test_azure::Settings| settings.latency_ms = 3;
    assert_eq!(
        admin
            .change_settings(&world.id, change)
            .await
            .unwrap()
            .latency_ms,
        3
    );
    let typo = admin
        .patch_settings(&world.id, &json!({"pagign": {}}))
        .await
        .unwrap_err();
    assert!(
        typo.to_string().contains("unknown field `pagign`"),
        "{typo}"
    );

    let fault = Fault::new("GET", "/x", Answer::Reset);
    assert_eq!(
        admin.add_fault(&world.id, &fault).await.unwrap().id,
        "fault-1"
    );
    admin.clear_faults(&world.id).await.unwrap();
    let caller = admin
        .add_caller(&world.id, &CallerSpec::default())
        .await
        .unwrap();
    assert_eq!(admin.world(&world.id).await.unwrap().callers[1], caller);
    admin
        .advance(&world.id, Duration::from_secs(5))
        .await
        .unwrap();
    admin.delete_world(&world.id).await.unwrap();
    assert!(admin.world(&world.id).await.is_err());
}

#[tokio::test]
async fn every_request_is_recorded_without_its_secrets_and_in_its_world_alone() {
    let scene = Scene::new().await;
    let admin = admin(&scene.server);
    let other = admin.create_world(&WorldSpec::default()).await.unwrap();
    assert_eq!(scene.put_credential("fic", SUBJECT).await.status, 201);
    scene.exchange_valid().await;
    let record = admin.requests(&scene.info.id).await.unwrap();
    let shown: Vec<(&str, Option<u16>)> = record
        .iter()
        .map(|one| (one.method.as_str(), one.status))
        .collect();
    assert_eq!(
        shown,
        [("POST", Some(200)), ("PUT", Some(201)), ("POST", Some(200))]
    );
    assert_eq!(record[0].body["client_secret"], "[struck out]");
    assert_eq!(record[2].body["client_assertion"]["claims"]["sub"], SUBJECT);
    let kid = &record[2].body["client_assertion"]["header"]["kid"];
    assert_eq!(*kid, TestKey::First.kid());
    assert_eq!(record[1].body["properties"]["subject"], SUBJECT);
    assert_eq!(
        record[1].principal.as_ref(),
        Some(&scene.info.callers[0].object_id)
    );
    assert!(record[1].is_write() && !record[0].is_write() && record[0].is_token());
    let text = serde_json::to_string(&record).unwrap();
    assert!(!text.contains(&scene.token));
    assert!(!text.contains(&scene.info.callers[0].client_secret));
    assert!(admin.requests(&other.id).await.unwrap().is_empty());
    admin.clear_requests(&scene.info.id).await.unwrap();
    assert!(admin.requests(&scene.info.id).await.unwrap().is_empty());
}

#[tokio::test]
async fn an_issuer_is_forwarded_to_another_server() {
    let scene = Scene::new().await;
    let upstream = Scene::new().await;
    let admin = admin(&scene.server);
    // The other server says whose keys they are, as an API server does.
    let url = scene.server.issuer_url("far");
    let mut documents = TestIssuer::documents(&[TestKey::First]);
    documents.discovery = Some(json!({
        "issuer": url,
        "jwks_uri": format!("{url}openid/v1/jwks"),
    }));
    let far = admin_of(&upstream)
        .serve_issuer("real", &documents)
        .await
        .unwrap();
    let forward = UpstreamServer {
        base_url: far,
        ca_pem: upstream.server.ca_pem().to_owned(),
    };
    assert_eq!(admin.forward_issuer("far", &forward).await.unwrap(), url);
    let got = scene
        .raw(Method::GET, "/issuer/far/openid/v1/jwks", None, None)
        .await;
    assert_eq!(got.body["keys"][0]["kid"], TestKey::First.kid());
    for (path, status) in [
        ("/issuer/far/.well-known/openid-configuration", 200),
        ("/issuer/far/api/v1/secrets", 404),
        ("/issuer/none/openid/v1/jwks", 404),
    ] {
        assert_eq!(
            scene.raw(Method::GET, path, None, None).await.status,
            status,
            "{path}"
        );
    }
    admin.remove_issuer("far").await.unwrap();
    let got = scene
        .raw(Method::GET, "/issuer/far/openid/v1/jwks", None, None)
        .await;
    assert_eq!(got.status, 404);
}

fn admin_of(scene: &Scene) -> Admin {
    admin(&scene.server)
}
