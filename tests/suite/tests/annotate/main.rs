//! annotate on real clusters: only our keys, only on the right object of the right cluster, and
//! only if something differs.
#![expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "these are tests: what can't be prepared ends one"
)]

mod conflicts;
mod copies;
mod objects;
mod reach;
mod second;
mod streams;
mod workloads;

use k8s_openapi::api::core::v1::ServiceAccount;
use vwi_bed::Finished;
use vwi_tests::Scene;
use vwi_tests::scene::{ACCOUNT, annotation};

const ANNOTATE: &str = "kubectl-vwi-annotate";
const CLIENT_ID: &str = "azure.workload.identity/client-id";
const TENANT_ID: &str = "azure.workload.identity/tenant-id";
const EXPIRATION: &str = "azure.workload.identity/service-account-token-expiration";
const ONE: &str = "11111111-1111-1111-1111-111111111111";
const TWO: &str = "22222222-2222-2222-2222-222222222222";

/// Annotates the scene's ServiceAccount.
fn annotate(scene: &Scene, arguments: &[&str]) -> Finished {
    scene
        .plugin(ANNOTATE)
        .args([ACCOUNT, "-n", &scene.namespace])
        .args(arguments)
        .run()
        .unwrap()
}

async fn account(scene: &Scene) -> ServiceAccount {
    scene.tenant_accounts().await.get(ACCOUNT).await.unwrap()
}

/// Client id and Entra tenant in the tenant cluster, then on the host.
async fn values(scene: &Scene) -> [Option<String>; 4] {
    let tenant = account(scene).await;
    let host = scene.host_accounts().await;
    let host = host.get(&scene.host_name(ACCOUNT)).await.unwrap();
    [
        annotation(&tenant, CLIENT_ID),
        annotation(&tenant, TENANT_ID),
        annotation(&host, CLIENT_ID),
        annotation(&host, TENANT_ID),
    ]
}
