//! The Graph calls that `az role` makes.

use reqwest::Method;
use serde_json::json;
use vwi_test_azure::CallerSpec;

use crate::scene::Scene;

#[tokio::test]
async fn principals_are_found_by_client_id_and_by_object_id() {
    let scene = Scene::new().await;
    let caller = &scene.info.callers[0];
    let resource = format!("{}/", scene.server.url());
    let got = scene.ask_with_secret(caller, &resource).await;
    let token = got.body["access_token"].as_str().unwrap();
    let app = &scene.info.identities[0];
    let filter = format!("servicePrincipalNames/any(c:c%20eq%20'{}')", app.client_id);
    let path = format!("/v1.0/servicePrincipals?$filter={filter}");
    let got = scene.raw(Method::GET, &path, Some(token), None).await;
    assert_eq!(got.body["value"][0]["id"], app.principal_id);
    assert_eq!(got.body["value"].as_array().unwrap().len(), 1);

    let body = json!({"ids": [app.principal_id, caller.object_id, "nobody"], "types": []});
    let path = "/v1.0/directoryObjects/getByIds";
    let got = scene
        .raw(Method::POST, path, Some(token), Some(body.clone()))
        .await;
    assert_eq!(got.body["value"].as_array().unwrap().len(), 2);
    let kind = &got.body["value"][0]["@odata.type"];
    assert_eq!(kind, "#microsoft.graph.servicePrincipal");

    let blind = scene.world.add_caller(CallerSpec {
        graph: Some(false),
        ..CallerSpec::default()
    });
    let got = scene.ask_with_secret(&blind, &resource).await;
    let token = got.body["access_token"].as_str().unwrap();
    let got = scene.raw(Method::POST, path, Some(token), Some(body)).await;
    assert_eq!(
        (got.status, got.code().as_str()),
        (403, "Authorization_RequestDenied")
    );
}
