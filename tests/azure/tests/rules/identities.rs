//! Managed identities, lists in pages, clusters and bindings.

use reqwest::{Method, StatusCode};
use serde_json::json;
use vwi_test_azure::settings::{Paging, SkipTokenSpelling};
use vwi_test_azure::{BindingSpec, ClusterSpec, IdentitySpec, Seed, WorldSpec};

use crate::scene::{Scene, assert_error, credential_path};

const IDENTITIES: &str = "/providers/Microsoft.ManagedIdentity/userAssignedIdentities";

#[tokio::test]
async fn an_identity_is_made_changed_and_deleted() {
    let scene = Scene::with(WorldSpec::default()).await;
    let path = format!("{IDENTITIES}/app");
    let body = json!({"location": "West Europe", "tags": {"made-by": "test"}});
    let made = scene.arm(Method::PUT, &path, Some(body)).await;
    assert_eq!(made.status, 201);
    assert_eq!(made.headers["location"], made.body["id"].as_str().unwrap());
    assert_eq!(made.body["location"], "westeurope");
    assert_eq!(made.body["properties"]["tenantId"], scene.info.tenant_id);

    let body = json!({"location": "westeurope"});
    let again = scene.arm(Method::PUT, &path, Some(body)).await;
    assert_eq!((again.status, &again.body["tags"]), (200, &json!({})));
    let client = |got: &crate::scene::Got| got.body["properties"]["clientId"].clone();
    assert_eq!(client(&again), client(&made));

    let body = json!({"tags": {"a": "b"}});
    let patched = scene.arm(Method::PATCH, &path, Some(body)).await;
    assert_eq!(
        (patched.status, &patched.body["tags"]),
        (200, &json!({"a": "b"}))
    );

    let body = json!({"location": "northeurope"});
    let moved = scene.arm(Method::PUT, &path, Some(body)).await;
    assert_error(&moved, StatusCode::CONFLICT, "InvalidResourceLocation");
    let nowhere = scene.arm(Method::PUT, &path, Some(json!({}))).await;
    assert_error(&nowhere, StatusCode::BAD_REQUEST, "LocationRequired");
    let badly_named = format!("{IDENTITIES}/_x");
    let badly_named = scene
        .arm(Method::PUT, &badly_named, Some(json!({"location": "x"})))
        .await;
    assert_error(&badly_named, StatusCode::BAD_REQUEST, "InvalidResourceName");

    for expected in [200, 204] {
        let deleted = scene.arm(Method::DELETE, &path, None).await;
        assert_eq!(deleted.status, expected);
    }
}

#[tokio::test]
async fn lists_come_in_pages_however_next_link_is_spelt() {
    let identities = (0..7).map(|number| IdentitySpec {
        name: format!("app-{number}"),
        ..IdentitySpec::default()
    });
    let scene = Scene::with(WorldSpec {
        seed: Seed {
            identities: identities.collect(),
            ..Seed::default()
        },
        ..WorldSpec::default()
    })
    .await;
    for spelling in [
        SkipTokenSpelling::Dollar,
        SkipTokenSpelling::Encoded,
        SkipTokenSpelling::Plain,
    ] {
        for (page_size, query, pages) in [
            (None, "", 1),
            (Some(3), "", 3),
            (Some(7), "", 1),
            (Some(3), "?$top=2", 4),
            (Some(3), "?%24top=5", 3),
            (None, "?%24top=5", 2),
        ] {
            scene.world.change_settings(|settings| {
                settings.paging = Paging {
                    page_size,
                    skip_token: spelling,
                };
            });
            let mut got = scene
                .arm(Method::GET, &format!("{IDENTITIES}{query}"), None)
                .await;
            let mut names = Vec::new();
            let mut seen = 1;
            loop {
                for identity in got.body["value"].as_array().unwrap() {
                    names.push(identity["name"].as_str().unwrap().to_owned());
                }
                let Some(next) = got.body["nextLink"].as_str() else {
                    break;
                };
                seen += 1;
                let path = next.strip_prefix(scene.server.url()).unwrap();
                got = scene.raw(Method::GET, path, Some(&scene.token), None).await;
            }
            assert_eq!(seen, pages, "{page_size:?} {query}");
            let expected: Vec<String> = (0..7).map(|number| format!("app-{number}")).collect();
            assert_eq!(names, expected);
        }
    }
}

#[tokio::test]
async fn a_cluster_tells_its_issuer_and_switches_it_on() {
    let off = ClusterSpec {
        name: "off".to_owned(),
        issuer_url_when_enabled: Some("https://later.example/".to_owned()),
        workload_identity_off: true,
        ..ClusterSpec::default()
    };
    let scene = Scene::with(WorldSpec {
        seed: Seed {
            clusters: vec![ClusterSpec::new("on", "https://issuer.example/"), off],
            ..Seed::default()
        },
        ..WorldSpec::default()
    })
    .await;
    let clusters = "/providers/Microsoft.ContainerService/managedClusters";
    let on = scene
        .arm(Method::GET, &format!("{clusters}/on"), None)
        .await;
    let profile = json!({"enabled": true, "issuerURL": "https://issuer.example/"});
    assert_eq!(on.body["properties"]["oidcIssuerProfile"], profile);

    let path = format!("{clusters}/off");
    let mut got = scene.arm(Method::GET, &path, None).await;
    let off = json!({"enabled": false});
    assert_eq!(got.body["properties"]["oidcIssuerProfile"], off);
    assert_eq!(got.body["properties"]["securityProfile"], json!({}));
    got.body["properties"]["oidcIssuerProfile"] = json!({"enabled": true});
    let got = scene.arm(Method::PUT, &path, Some(got.body)).await;
    let issuer = &got.body["properties"]["oidcIssuerProfile"]["issuerURL"];
    assert_eq!(issuer, "https://later.example/");
    let body = json!({"properties": {"oidcIssuerProfile": {"enabled": false}}});
    let back = scene.arm(Method::PUT, &path, Some(body)).await;
    assert_error(
        &back,
        StatusCode::BAD_REQUEST,
        "OIDCIssuerFeatureCannotBeDisabled",
    );

    let path = format!(
        "/subscriptions/{}{clusters}?api-version=2026-06-01",
        scene.info.subscription_id
    );
    let all = scene
        .raw(Method::GET, &path, Some(&scene.token), None)
        .await;
    assert_eq!(all.body["value"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn bindings_share_one_credential_that_stays() {
    let scene = Scene::new().await;
    let cluster = ClusterSpec::new("aks", "https://issuer.example/");
    let seed = Seed {
        clusters: vec![cluster],
        ..Seed::default()
    };
    scene.world.seed(&seed).unwrap();
    let info = scene.world.info();
    let bindings = ["a", "b"].map(|name| BindingSpec {
        cluster_id: info.clusters[0].id.clone(),
        name: name.to_owned(),
        identity_id: info.identities[0].id.clone(),
    });
    let seed = Seed {
        bindings: bindings.to_vec(),
        ..Seed::default()
    };
    scene.world.seed(&seed).unwrap();

    let base = format!(
        "{}/identityBindings",
        info.clusters[0]
            .id
            .replace("/resourcegroups/", "/resourceGroups/")
    );
    let version = "api-version=2026-06-01";
    let get = async |path: String| {
        scene
            .raw(Method::GET, &path, Some(&scene.token), None)
            .await
    };
    let list = get(format!("{base}?{version}")).await;
    assert_eq!(list.body["value"].as_array().unwrap().len(), 2);
    let issuer = &list.body["value"][0]["properties"]["oidcIssuer"]["oidcIssuerUrl"];
    let expected = format!(
        "https://ib.oic.prod-aks.azure.com/{}/{}",
        info.tenant_id,
        scene.client_id()
    );
    assert_eq!(*issuer, expected);

    for name in ["a", "b"] {
        let path = format!("{base}/{name}?{version}");
        let got = scene
            .raw(Method::DELETE, &path, Some(&scene.token), None)
            .await;
        assert_eq!(got.status, 200);
    }
    let kept = scene
        .arm(Method::GET, &credential_path("aks-identity-binding"), None)
        .await;
    assert_eq!(kept.status, 200);
    assert_eq!(scene.world.info().identities[0].credentials.len(), 1);

    scene
        .world
        .change_settings(|settings| settings.bindings.enabled = false);
    let unknown = get(format!("{base}?{version}")).await;
    assert_error(&unknown, StatusCode::NOT_FOUND, "InvalidResourceType");
}
