//! The token exchange that a workload does.

use std::time::Duration;

use secrecy::SecretString;
use vwi_azure::entra::{Exchange, ExchangeError, exchange};
use vwi_core::federation::{PUBLIC_AUDIENCE, Trust};
use vwi_test_azure::{Answer, Fault, TestIssuer, TestKey, Upstream};

use crate::scene::{Scene, http};

const SUBJECT: &str = "system:serviceaccount:team-x:app-x-default-x-vc";

#[tokio::test]
async fn entra_says_yes_or_why_not() {
    let issuer = TestIssuer::new(&Scene::server().issuer_url("exchange-test"));
    Scene::server().issuers().set(
        "exchange-test",
        Upstream::Documents(TestIssuer::documents(&[TestKey::First])),
    );
    let scene = Scene::new();
    let arm = scene.arm();
    let trust = Trust {
        issuer: issuer.url().to_owned(),
        subject: SUBJECT.to_owned(),
        audience: PUBLIC_AUDIENCE.to_owned(),
    };
    arm.put_credential(&scene.identity(), "vwi-app", &trust)
        .await
        .unwrap();
    let identity = arm.identity(&scene.identity()).await.unwrap().unwrap();
    let client = http(&scene.info.ca_pem);
    let cloud = scene.cloud();
    let ask = async |subject: &str| {
        let token = issuer.token(subject, PUBLIC_AUDIENCE).sign().unwrap();
        let asked = Exchange {
            tenant_id: &identity.tenant_id,
            client_id: &identity.client_id,
            assertion: &SecretString::from(token),
            scope: &cloud.scope,
            timeout: Duration::from_secs(10),
        };
        exchange(&client, &cloud, &asked).await
    };
    let token = ask(SUBJECT).await.unwrap();
    assert!(token.expires_in > Duration::from_mins(1));
    let error = ask("system:serviceaccount:team-x:other").await.unwrap_err();
    assert_eq!(error.code(), Some(700_213));
    assert!(!error.to_string().contains("Trace ID"), "{error}");

    let endpoint = "/oauth2/v2.0/token";
    let html = Fault::new("POST", endpoint, Answer::Html { status: 502 });
    scene.world.add_fault(html).unwrap();
    let error = ask(SUBJECT).await.unwrap_err();
    assert!(matches!(error, ExchangeError::Garbled { status: 502, .. }));
    scene.world.remove_faults(None);
    let reset = Fault::new("POST", endpoint, Answer::Reset);
    scene.world.add_fault(reset).unwrap();
    let error = ask(SUBJECT).await.unwrap_err();
    assert!(matches!(error, ExchangeError::Unreachable { .. }));
}
