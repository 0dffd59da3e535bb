//! `--prune=dangling`: a deleted tenant's credentials go, and nobody else's do.

use std::collections::BTreeSet;
use std::time::Duration;

use kube::api::DeleteParams;
use vwi_bed::{Finished, until};
use vwi_test_azure::{CredentialSpec, IdentitySpec, Seed};
use vwi_tests::Scene;
use vwi_tests::scene::{ACCOUNT, GROUP, IDENTITY};

use crate::cut_host;

/// Subjects that the world's identity trusts.
async fn trusted(scene: &Scene) -> BTreeSet<String> {
    let world = scene.admin.world(&scene.world.id).await.unwrap();
    let identity = world.identities.into_iter();
    let identity = identity.filter(|identity| identity.name == IDENTITY);
    identity
        .flat_map(|identity| identity.credentials)
        .filter_map(|credential| credential.subject)
        .collect()
}

fn prune(scene: &Scene, host: &[&str], more: &[&str]) -> Finished {
    let place = ["--prune", "dangling", "-g", GROUP, "--pace", "off"];
    let arguments = [&place[..], host, more].concat();
    scene
        .plugin("kubectl-vwi-federate")
        .args(arguments)
        .run()
        .unwrap()
}

/// A scene in which `gone` has been deleted in the tenant, after it was trusted.
async fn scene(name: &str) -> Scene {
    let scene = Scene::new(name).await;
    scene.add_account("gone").await;
    let made = scene.sh(&format!(
        "kubectl-vwi-translate {ACCOUNT} gone -n \"$NAMESPACE\" | kubectl-vwi-federate \
         --identity {IDENTITY} -g {GROUP} --aks-cluster aks --pace off"
    ));
    assert_eq!(made.status, Some(0), "{}", made.stderr);
    let tenant = scene.tenant_accounts().await;
    tenant
        .delete("gone", &DeleteParams::default())
        .await
        .unwrap();
    let host = scene.host_accounts().await;
    let host_name = scene.host_name("gone");
    until("the syncer", Duration::from_secs(20), async || {
        let found = host.get_opt(&host_name).await.unwrap();
        Ok(found.is_none().then_some(()))
    })
    .await
    .unwrap();
    // Others' credentials: of this host and dangling, of another cluster, and AKS's own.
    let issuer = &scene.bed.description().issuer;
    let gone = "system:serviceaccount:no-such-namespace:app";
    let seed = Seed {
        identities: vec![IdentitySpec {
            name: IDENTITY.to_owned(),
            resource_group: GROUP.to_owned(),
            client_id: Some(scene.world.identities[0].client_id.clone()),
            principal_id: Some(scene.world.identities[0].principal_id.clone()),
            credentials: vec![
                CredentialSpec::new("by-hand", issuer, gone),
                CredentialSpec::new("elsewhere", "https://elsewhere/", &format!("{gone}-2")),
                CredentialSpec::new("aks-identity-binding", issuer, &format!("{gone}-3")),
            ],
            ..IdentitySpec::default()
        }],
        ..Seed::default()
    };
    scene.admin.seed(&scene.world.id, &seed).await.unwrap();
    scene
}

#[tokio::test]
async fn a_deleted_tenants_credentials_go_and_nobody_elses_do() {
    let scene = scene("dangling").await;
    let before = trusted(&scene).await;
    assert_eq!(before.len(), 5, "{before:?}");
    let dry = prune(&scene, &[], &["--dry-run", "-o", "plan"]);
    assert_eq!(dry.status, Some(0), "{}", dry.stderr);
    for part in [
        "(dangling: the host lacks its ServiceAccount)",
        "credential by-hand (kept, not ours)",
        "the host lacks its namespace",
        "1 to delete",
    ] {
        assert!(dry.stdout.contains(part), "{part}: {}", dry.stdout);
    }
    assert_eq!(trusted(&scene).await, before);
    let none = prune(&scene, &[], &["--max-delete", "0"]);
    assert_eq!(none.status, Some(1), "{}", none.stderr);
    assert_eq!(trusted(&scene).await, before);

    let done = prune(&scene, &[], &[]);
    assert_eq!(done.status, Some(0), "{}", done.stderr);
    assert!(done.stderr.contains("1 deleted"), "{}", done.stderr);
    let mut left = before.clone();
    assert!(left.remove(&scene.subject("gone")));
    assert_eq!(trusted(&scene).await, left);
    let again = prune(&scene, &[], &["--fail-on", "change"]);
    assert_eq!(again.status, Some(0), "{}", again.stderr);
    // Others' go when they are meant, and AKS's own and another cluster's never.
    let foreign = prune(&scene, &[], &["--include-foreign"]);
    assert_eq!(foreign.status, Some(0), "{}", foreign.stderr);
    let after = trusted(&scene).await;
    assert_eq!(left.difference(&after).count(), 1, "{after:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_that_is_not_seen_whole_proves_nothing() {
    let scene = scene("unseen").await;
    let before = trusted(&scene).await;
    let nobody = cut_host::forbidden(&scene);
    let cut = cut_host::kubeconfig(scene.bed.host().await.unwrap()).await;
    for (case, kubeconfig, said) in [
        ("forbidden", nobody, "ServiceAccounts"),
        ("cut between pages", cut, "ServiceAccounts"),
    ] {
        let file = scene.bed.folder().join("host");
        std::fs::write(&file, kubeconfig).unwrap();
        let host = ["--host-kubeconfig", file.to_str().unwrap()];
        let done = tokio::task::block_in_place(|| prune(&scene, &host, &[]));
        assert_eq!(done.status, Some(3), "{case}: {}", done.stderr);
        assert!(done.stderr.contains(said), "{case}: {}", done.stderr);
        assert_eq!(trusted(&scene).await, before, "{case}");
    }
    assert_eq!(scene.writes().await.len(), 2, "only those that made them");
}
