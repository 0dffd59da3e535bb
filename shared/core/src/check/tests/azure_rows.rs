//! Issuer, identity, credentials and Entra: one row for each way in which one thing is spoilt.

use super::fixture::{ISSUER, PRINCIPAL, SUBJECT, credential, healthy};
use super::spoil::{annotate, check_all, credentials, pod, refuse};
use super::{failure, said};
use crate::annotation::CLIENT_ID;
use crate::check::facts::{FactSource, Published, Unseen};
use crate::federation::PUBLIC_AUDIENCE;

#[test]
fn the_issuer() {
    check_all(&[
        (
            "off in ARM",
            |facts| {
                let cluster = facts.azure.cluster.as_mut().unwrap().as_mut().unwrap();
                cluster.issuer = None;
            },
            &["oidc-disabled error"],
            "az aks update -g rg-aks -n aks --enable-oidc-issuer --enable-workload-identity",
        ),
        (
            "a credential without the slash",
            |facts| {
                credentials(
                    facts,
                    ISSUER.trim_end_matches('/'),
                    SUBJECT,
                    PUBLIC_AUDIENCE,
                );
            },
            &["issuer-mismatch error", "exchange-blocked skipped"],
            "kubectl vwi translate app -n default | kubectl vwi federate --identity \
             /subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg/providers/\
             Microsoft.ManagedIdentity/userAssignedIdentities/app-identity --issuer \
             https://westeurope.oic.prod-aks.azure.com/t/c/",
        ),
        (
            "another AKS cluster",
            |facts| {
                let cluster = facts.azure.cluster.as_mut().unwrap().as_mut().unwrap();
                cluster.issuer = Some("https://other/".to_owned());
            },
            &["issuer-mismatch error"],
            "kubectl vwi translate",
        ),
        (
            "not public",
            |facts| {
                facts.published = Ok(Published::Unreadable {
                    url: ISSUER.to_owned(),
                    reason: "404".to_owned(),
                });
            },
            &["issuer-unreachable error"],
            "az aks update -g rg-aks -n aks",
        ),
        (
            "a key that is not published",
            |facts| {
                facts.published = Ok(Published::Readable {
                    url: ISSUER.to_owned(),
                    issuer: ISSUER.to_owned(),
                    key_ids: vec!["k0".to_owned()],
                });
            },
            &["issuer-jwks-stale error"],
            "`az aks update -g rg-aks -n aks`",
        ),
    ]);
}

#[test]
fn the_identity_and_its_credentials() {
    check_all(&[
        (
            "the principal id as client id",
            |facts| {
                annotate(facts, CLIENT_ID, Some(PRINCIPAL));
                pod(facts).client_id = Some(PRINCIPAL.to_owned());
            },
            &["wrong-client error"],
            "kubectl vwi annotate app -n default --client-id 11111111-2222-3333-4444-555555555555",
        ),
        (
            "no credential",
            |facts| {
                facts.azure.credentials = Ok(Vec::new());
                facts.probe = None;
            },
            &["no-fic error", "exchange-blocked skipped"],
            "kubectl vwi translate app",
        ),
        (
            "the tenant's names",
            |facts| {
                credentials(
                    facts,
                    ISSUER,
                    "system:serviceaccount:default:app",
                    PUBLIC_AUDIENCE,
                );
            },
            &["subject-mismatch error", "exchange-blocked skipped"],
            "kubectl vwi translate app",
        ),
        (
            "another case",
            |facts| {
                credentials(
                    facts,
                    ISSUER,
                    &SUBJECT.replace("app", "App"),
                    PUBLIC_AUDIENCE,
                );
            },
            &["case-mismatch error", "exchange-blocked skipped"],
            "kubectl vwi translate app",
        ),
        (
            "another audience",
            |facts| credentials(facts, ISSUER, SUBJECT, "api://other"),
            &["audience-mismatch error", "exchange-blocked skipped"],
            "az identity federated-credential update -g rg --identity-name app-identity -n vwi-app",
        ),
        (
            "eighteen of twenty",
            |facts| {
                let credentials = facts.azure.credentials.as_mut().unwrap();
                for number in 0..17 {
                    credentials.push(credential(ISSUER, &format!("other {number}"), "a"));
                }
            },
            &["fic-limit warning"],
            "az identity federated-credential list",
        ),
        (
            "no room",
            |facts| {
                let full = (0..20).map(|number| credential(ISSUER, &format!("o {number}"), "a"));
                facts.azure.credentials = Ok(full.collect());
                facts.azure.credentials_needed = 1;
                facts.probe = None;
            },
            &[
                "subject-mismatch error",
                "fic-limit error",
                "exchange-blocked skipped",
            ],
            "kubectl vwi translate",
        ),
        (
            "no role",
            |facts| facts.azure.roles[0].assignment = Ok(None),
            &["rbac-missing error"],
            "az role assignment create --assignee-object-id 66666666-2222-3333-4444-555555555555",
        ),
    ]);
}

#[test]
fn an_identity_that_is_gone() {
    let mut facts = healthy();
    facts.azure.identity = Ok(None);
    assert_eq!(
        said(&facts),
        [
            "tenant-id-wrong unknown",
            "issuer-mismatch unknown",
            "wrong-client error",
            "no-fic unknown",
            "subject-mismatch unknown",
            "case-mismatch unknown",
            "audience-mismatch unknown",
            "rbac-missing unknown",
        ]
    );
    let failure = failure(&facts, "wrong-client");
    assert!(
        failure
            .in_one_line()
            .starts_with("identity `app-identity` is not there")
    );
}

#[test]
fn entras_refusals_lead_to_their_cause() {
    for (code, expected) in [
        (
            700_213,
            &["fic-propagation warning", "exchange-blocked error"][..],
        ),
        (
            70025,
            &["fic-propagation warning", "exchange-blocked error"],
        ),
        (
            7_002_138,
            &["case-mismatch error", "exchange-blocked error"],
        ),
        (
            7_000_272,
            &["issuer-jwks-stale error", "exchange-blocked error"],
        ),
        (
            90061,
            &["issuer-unreachable error", "exchange-blocked error"],
        ),
        (700_024, &["token-expired error", "exchange-blocked error"]),
        (53003, &["exchange-blocked error"]),
        (123_456, &["exchange-blocked error"]),
    ] {
        let mut facts = healthy();
        refuse(&mut facts, code);
        assert_eq!(said(&facts), expected, "{code}");
    }
    let mut facts = healthy();
    refuse(&mut facts, 123_456);
    let failure = failure(&facts, "exchange-blocked");
    let last = failure.evidence.last().unwrap().to_string();
    assert_eq!(
        last,
        "see https://login.microsoftonline.com/error?code=123456"
    );
}

#[test]
fn without_azure_entra_is_believed() {
    for (code, id) in [
        (700_211, "issuer-mismatch"),
        (700_213, "subject-mismatch"),
        (7_002_138, "case-mismatch"),
        (700_212, "audience-mismatch"),
        (70025, "no-fic"),
        (700_016, "wrong-client"),
    ] {
        let mut facts = healthy();
        let unseen = Unseen::new(FactSource::Azure, "no login");
        facts.azure.identity = Err(unseen.clone());
        facts.azure.credentials = Err(unseen);
        refuse(&mut facts, code);
        let failure = failure(&facts, id);
        assert!(
            failure.in_one_line().starts_with("Entra"),
            "{id}: {failure:?}"
        );
    }
}
