//! A ServiceAccount to check, with what Azure knows of it.

use std::time::Duration;

use k8s_openapi::api::core::v1::ServiceAccount;
use kube::api::{Patch, PatchParams};
use serde_json::{Value, json};
use vwi_bed::{Finished, until};
use vwi_test_azure::{CredentialSpec, IdentitySpec, Seed};
use vwi_tests::Scene;
use vwi_tests::scene::ACCOUNT;

pub(crate) const CHECK: &str = "kubectl-vwi-check";
/// An identity beside the scene's, with credentials that no step has made.
pub(crate) const SEEDED: &str = "seeded";

/// A scene whose ServiceAccount says that it is the identity [`SEEDED`], which has `credentials`.
pub(crate) struct Checked {
    pub(crate) scene: Scene,
    pub(crate) client_id: String,
}

impl Checked {
    pub(crate) async fn new(
        name: &str,
        credentials: impl FnOnce(&Scene) -> Vec<CredentialSpec>,
    ) -> Self {
        let scene = Scene::new(name).await;
        let seed = Seed {
            identities: vec![IdentitySpec {
                name: SEEDED.to_owned(),
                credentials: credentials(&scene),
                ..IdentitySpec::default()
            }],
            ..Seed::default()
        };
        let world = scene.admin.seed(&scene.world.id, &seed).await.unwrap();
        let seeded = world.identities.iter().find(|one| one.name == SEEDED);
        let client_id = seeded.unwrap().client_id.clone();
        let checked = Self { scene, client_id };
        let tenant = checked.scene.world.tenant_id.clone();
        let client_id = checked.client_id.clone();
        checked
            .annotate(&[("client-id", &client_id), ("tenant-id", &tenant)])
            .await;
        checked
    }

    /// With a credential for the ServiceAccount, as federate would make it.
    pub(crate) async fn federated(name: &str) -> Self {
        Self::new(name, |scene| vec![right(scene)]).await
    }

    /// Annotates the tenant's ServiceAccount, and waits for the host's copy.
    pub(crate) async fn annotate(&self, values: &[(&str, &str)]) {
        let patch: Value = values
            .iter()
            .map(|(key, value)| (format!("azure.workload.identity/{key}"), json!(value)))
            .collect::<serde_json::Map<_, _>>()
            .into();
        let accounts = self.scene.tenant_accounts().await;
        let patch = json!({"metadata": {"annotations": patch}});
        let patched = accounts
            .patch(ACCOUNT, &PatchParams::default(), &Patch::Merge(&patch))
            .await
            .unwrap();
        let host = self.scene.host_accounts().await;
        let name = self.scene.host_name(ACCOUNT);
        let wanted = patched.metadata.annotations.unwrap();
        until(
            "the host's annotations",
            Duration::from_secs(20),
            async || {
                let found: ServiceAccount = host.get(&name).await.unwrap();
                let found = found.metadata.annotations.unwrap_or_default();
                let same = wanted.iter().all(|(key, value)| {
                    !key.starts_with("azure.") || found.get(key) == Some(value)
                });
                Ok(same.then_some(()))
            },
        )
        .await
        .unwrap();
    }

    pub(crate) fn check(&self, arguments: &[&str]) -> Finished {
        self.scene
            .plugin(CHECK)
            .args([ACCOUNT, "-n", &self.scene.namespace])
            .args(arguments)
            .run()
            .unwrap()
    }

    /// The findings that did not pass, as `id result`.
    pub(crate) fn findings(&self, arguments: &[&str]) -> (Option<i32>, Vec<String>) {
        let finished = self.check(&[arguments, &["-o", "json"]].concat());
        let report: Value = serde_json::from_str(&finished.stdout)
            .unwrap_or_else(|error| panic!("{error}: {}\n{}", finished.stdout, finished.stderr));
        let findings = report["categories"]
            .as_array()
            .unwrap()
            .iter()
            .flat_map(|category| category["checks"].as_array().unwrap())
            .filter(|check| check["result"] != "success" && check["result"] != "skipped")
            .map(|check| {
                let (code, result) = (&check["code"], &check["result"]);
                format!("{} {}", code.as_str().unwrap(), result.as_str().unwrap())
            })
            .collect();
        (finished.status, findings)
    }
}

/// The credential that is needed.
pub(crate) fn right(scene: &Scene) -> CredentialSpec {
    let issuer = &scene.bed.description().issuer;
    CredentialSpec::new("vwi-app", issuer, &scene.subject(ACCOUNT))
}
