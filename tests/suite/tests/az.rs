//! The real `az` sees what federate wrote, and logs in with the host's token.
#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests: what fails ends the test"
)]

use std::path::Path;

use k8s_openapi::api::authentication::v1::{TokenRequest, TokenRequestSpec};
use kube::api::PostParams;
use serde_json::Value;
use vwi_bed::{Finished, require_az};
use vwi_test_azure::az_config;
use vwi_tests::Scene;
use vwi_tests::scene::{ACCOUNT, CLUSTER, GROUP, IDENTITY};

/// `az` with a login of its own: a fresh folder, for MSAL keeps tokens and then asks nobody.
fn az(scene: &Scene, program: &Path, login: &str, arguments: &[&str]) -> Finished {
    let folder = scene.bed.folder().join(login);
    if !folder.exists() {
        az_config(&folder, &scene.world).unwrap();
    }
    scene
        .prepared(scene.bed.program(program))
        .env("AZURE_CONFIG_DIR", &folder)
        .args(arguments)
        .run()
        .unwrap()
}

fn answer(finished: &Finished) -> Value {
    assert_eq!(finished.status, Some(0), "{}", finished.stderr);
    serde_json::from_str(&finished.stdout).unwrap()
}

#[tokio::test]
async fn az_sees_what_federate_wrote_and_logs_in_with_the_hosts_token() {
    let Some(program) = require_az() else {
        return;
    };
    let scene = Scene::new("az").await;
    let finished = scene.sh("kubectl-vwi-translate app -n \"$NAMESPACE\" \
         | kubectl-vwi-federate --identity app-identity -g rg --aks-cluster aks \
             --assign \"Reader@/subscriptions/$SUBSCRIPTION/resourceGroups/rg\"");
    assert_eq!(finished.status, Some(0), "{}", finished.stderr);

    let caller = &scene.world.callers[0];
    let tenant = scene.world.tenant_id.as_str();
    let login = [
        "login",
        "--service-principal",
        "--tenant",
        tenant,
        "-u",
        &caller.client_id,
    ];
    let mut with_secret = login.to_vec();
    with_secret.extend(["-p", &caller.client_secret]);
    answer(&az(&scene, &program, "caller", &with_secret));

    let identity = &scene.world.identities[0];
    let listed = answer(&az(
        &scene,
        &program,
        "caller",
        &[
            "identity",
            "federated-credential",
            "list",
            "-g",
            GROUP,
            "--identity-name",
            IDENTITY,
        ],
    ));
    assert_eq!(listed[0]["subject"], scene.subject(ACCOUNT));
    assert_eq!(listed[0]["issuer"], scene.bed.description().issuer);
    let audiences = &listed[0]["audiences"];
    assert_eq!(
        *audiences,
        serde_json::json!(["api://AzureADTokenExchange"])
    );
    assert!(listed.get(1).is_none(), "{listed:#}");

    let scope = format!(
        "/subscriptions/{}/resourceGroups/{GROUP}",
        scene.world.subscription_id
    );
    let assignments = answer(&az(
        &scene,
        &program,
        "caller",
        &[
            "role",
            "assignment",
            "list",
            "--assignee",
            &identity.principal_id,
            "--scope",
            &scope,
        ],
    ));
    assert_eq!(
        assignments[0]["roleDefinitionName"], "Reader",
        "{assignments:#}"
    );
    assert_eq!(assignments[0]["principalType"], "ServicePrincipal");

    let cluster = answer(&az(
        &scene,
        &program,
        "caller",
        &["aks", "show", "-g", GROUP, "-n", CLUSTER],
    ));
    assert_eq!(
        cluster["oidcIssuerProfile"]["issuerUrl"],
        scene.bed.description().issuer
    );

    scene.add_account("other").await;
    for (account, accepted) in [(ACCOUNT, true), ("other", false)] {
        let token = token(&scene, account).await;
        let federated = [
            "login",
            "--service-principal",
            "--tenant",
            tenant,
            "-u",
            &identity.client_id,
            "--federated-token",
            &token,
            "--allow-no-subscriptions",
        ];
        let finished = az(&scene, &program, account, &federated);
        assert_eq!(finished.status == Some(0), accepted, "{}", finished.stderr);
        assert_eq!(
            finished.stderr.contains("AADSTS700213"),
            !accepted,
            "{}",
            finished.stderr
        );
    }
}

/// A token of the host's ServiceAccount, from the host's API server.
async fn token(scene: &Scene, account: &str) -> String {
    let request = TokenRequest {
        spec: Some(TokenRequestSpec {
            audiences: Some(vec!["api://AzureADTokenExchange".to_owned()]),
            expiration_seconds: Some(600),
            ..TokenRequestSpec::default()
        }),
        ..TokenRequest::default()
    };
    let accounts = scene.host_accounts().await;
    let name = scene.host_name(account);
    let minted = accounts
        .create_token_request(&name, &PostParams::default(), &request)
        .await
        .unwrap();
    minted.status.unwrap().token.unwrap()
}
