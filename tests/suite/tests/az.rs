//! The real `az` sees what federate wrote, and logs in with the host's token.
#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests: what fails ends the test"
)]

use k8s_openapi::api::authentication::v1::{TokenRequest, TokenRequestSpec};
use kube::api::PostParams;
use vwi_bed::require_az;
use vwi_tests::Scene;
use vwi_tests::az::Az;
use vwi_tests::scene::{ACCOUNT, CLUSTER, GROUP, IDENTITY};

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

    let tenant = scene.world.tenant_id.as_str();
    let az = Az::logged_in(&scene, &program, "caller");

    let identity = &scene.world.identities[0];
    let listed = az.credentials(IDENTITY);
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
    let assignments = az.answer(&[
        "role",
        "assignment",
        "list",
        "--assignee",
        &identity.principal_id,
        "--scope",
        &scope,
    ]);
    assert_eq!(
        assignments[0]["roleDefinitionName"], "Reader",
        "{assignments:#}"
    );
    assert_eq!(assignments[0]["principalType"], "ServicePrincipal");

    let cluster = az.answer(&["aks", "show", "-g", GROUP, "-n", CLUSTER]);
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
        let finished = Az::new(&scene, &program, account).run(&federated);
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
