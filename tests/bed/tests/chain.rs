//! The chain that the suite is about, made by hand: a tenant ServiceAccount, its copy on the host,
//! a token of the host, and Entra's answer to it.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use std::time::Duration;

use k8s_openapi::api::authentication::v1::{TokenRequest, TokenRequestSpec};
use k8s_openapi::api::core::v1::ServiceAccount;
use kube::api::PostParams;
use kube::{Api, Client};
use serde_json::Value;
use vwi_bed::{AzureWorld, Bed, Doing, SyncerOrder, VirtualCluster, client, unique, until};
use vwi_test_azure::{CredentialSpec, IdentitySpec};

const AUDIENCE: &str = "api://AzureADTokenExchange";

#[tokio::test]
async fn a_token_of_the_synced_service_account_is_exchanged_and_no_other() {
    let bed = Bed::connect().await.unwrap();
    let host = bed.host().await.unwrap();
    let [app, other] = ["app", "other"].map(unique);
    let names = [&app, &other].map(|name| format!("{name}-x-default-x-vcluster-demo"));
    let tenant = bed.tenant().await.unwrap();
    for (name, host_name) in [&app, &other].into_iter().zip(&names) {
        create(&tenant, name).await;
        synced(&host, "team-x", host_name).await;
    }

    let [host_app, host_other] = names;
    let mut spec = bed.world_spec();
    let issuer = &bed.description().issuer;
    let subject = format!("system:serviceaccount:team-x:{host_app}");
    spec.seed.identities.push(IdentitySpec {
        name: "app-identity".to_owned(),
        credentials: vec![CredentialSpec::new("trust", issuer, &subject)],
        ..IdentitySpec::default()
    });
    let world = bed.world_of(&spec).await.unwrap();
    assert_eq!(
        world.info().clusters.first().unwrap().issuer_url.as_ref(),
        Some(issuer)
    );

    let answer = exchange(&bed, &world, &token(&host, &host_app).await).await;
    assert_eq!(answer["token_type"], "Bearer", "{answer}");
    let answer = exchange(&bed, &world, &token(&host, &host_other).await).await;
    let description = answer["error_description"].as_str().unwrap();
    assert!(description.starts_with("AADSTS700213"), "{description}");
}

#[tokio::test]
async fn a_syncer_that_is_down_carries_nothing_until_it_is_up() {
    let bed = Bed::connect().await.unwrap();
    let wanted = VirtualCluster::new(unique("vc"), unique("hns"));
    let added = bed.add_tenant(wanted.clone()).unwrap();
    let tenant = client(&added.cluster).await.unwrap();
    let host = bed.host().await.unwrap();
    let accounts: Api<ServiceAccount> = Api::namespaced(host.clone(), &wanted.namespace);
    let host_name = |name: &str| format!("{name}-x-default-x-{}", wanted.name);

    create(&tenant, "before").await;
    synced(&host, &wanted.namespace, &host_name("before")).await;
    bed.syncer(&wanted, SyncerOrder::Pause).unwrap();
    create(&tenant, "after").await;
    assert!(
        accounts
            .get_opt(&host_name("after"))
            .await
            .unwrap()
            .is_none()
    );
    bed.syncer(&wanted, SyncerOrder::Resume).unwrap();
    synced(&host, &wanted.namespace, &host_name("after")).await;
}

async fn create(client: &Client, name: &str) {
    let accounts: Api<ServiceAccount> = Api::namespaced(client.clone(), "default");
    let mut account = ServiceAccount::default();
    account.metadata.name = Some(name.to_owned());
    accounts
        .create(&PostParams::default(), &account)
        .await
        .unwrap();
}

/// Waits for the host's copy of a ServiceAccount.
async fn synced(host: &Client, namespace: &str, name: &str) {
    let accounts: Api<ServiceAccount> = Api::namespaced(host.clone(), namespace);
    until(name, Duration::from_secs(20), async || {
        let found = accounts.get_opt(name).await;
        found.doing(|| format!("cannot read `{name}`"))
    })
    .await
    .unwrap();
}

/// A token of the host's ServiceAccount, as the kubelet would put it into a pod.
async fn token(host: &Client, name: &str) -> String {
    let accounts: Api<ServiceAccount> = Api::namespaced(host.clone(), "team-x");
    let spec = TokenRequestSpec {
        audiences: Some(vec![AUDIENCE.to_owned()]),
        ..TokenRequestSpec::default()
    };
    let request = TokenRequest {
        spec: Some(spec),
        ..TokenRequest::default()
    };
    let made = accounts
        .create_token_request(name, &PostParams::default(), &request)
        .await;
    made.unwrap().status.unwrap().token.unwrap()
}

/// Entra's answer to a token that is shown for the world's first identity.
async fn exchange(bed: &Bed, world: &AzureWorld, token: &str) -> Value {
    let info = world.info();
    let assertion_type = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
    let form = url::form_urlencoded::Serializer::new(String::new())
        .append_pair("grant_type", "client_credentials")
        .append_pair("client_id", &info.identities.first().unwrap().client_id)
        .append_pair("scope", "https://management.azure.com/.default")
        .append_pair("client_assertion_type", assertion_type)
        .append_pair("client_assertion", token)
        .finish();
    let url = format!("{}/{}/oauth2/v2.0/token", info.url, info.tenant_id);
    let request = bed.http().unwrap().post(url).body(form);
    let request = request.header("content-type", "application/x-www-form-urlencoded");
    request.send().await.unwrap().json().await.unwrap()
}
