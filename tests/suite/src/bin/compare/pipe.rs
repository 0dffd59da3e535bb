//! The pipe against the vendor's documented procedure, on one bed.

use std::path::{Path, PathBuf};
use std::time::Duration;

use vwi_bed::{Program, require_az, require_kubectl};
use vwi_test_azure::az_config;
use vwi_tests::Scene;
use vwi_tests::scene::{ACCOUNT, CLUSTER, GROUP, IDENTITY};

use crate::Suite;
use crate::measure::median;

const RUNS: usize = 5;
const PROCEDURE: &str = include_str!("procedure.sh");

pub(crate) async fn compare(suite: &Suite) {
    let (Some(az), Some(kubectl)) = (require_az(), require_kubectl()) else {
        println!("the procedure needs the real `az` and `kubectl`");
        return;
    };
    let (mut procedure, mut through_kubectl, mut direct) = (Vec::new(), Vec::new(), Vec::new());
    // Each run has its own world and ServiceAccount: nothing is found as wanted.
    for run in 0..RUNS {
        procedure.push(documented(&az, &kubectl).await);
        through_kubectl.push(pipe(suite, &kubectl, "kubectl vwi ").await);
        direct.push(pipe(suite, &kubectl, "kubectl-vwi-").await);
        println!(
            "run {run}: procedure {:?}, pipe through kubectl {:?}, directly {:?}",
            procedure.last(),
            through_kubectl.last(),
            direct.last()
        );
    }
    let [procedure, through_kubectl, direct] =
        [procedure, through_kubectl, direct].map(|mut times| median(&mut times));
    // The stand-ins run in the profile of this program, and both sides ask the same ones.
    let profile = if cfg!(debug_assertions) {
        "dev"
    } else {
        "release"
    };
    println!(
        "stand-ins of Azure and of the syncer: profile {profile}; load average {}",
        load()
    );
    println!(
        "medians of {RUNS}: procedure {procedure:?}; pipe through kubectl {through_kubectl:?} \
         ({:.1} times as fast); pipe directly {direct:?} ({:.1} times as fast)",
        procedure.as_secs_f64() / through_kubectl.as_secs_f64(),
        procedure.as_secs_f64() / direct.as_secs_f64(),
    );
}

async fn pipe(suite: &Suite, kubectl: &Path, words: &str) -> Duration {
    let scene = Scene::new("pipe").await;
    let script = format!(
        "{words}translate {ACCOUNT} -n $NAMESPACE \
         | {words}federate --identity {IDENTITY} -g {GROUP} --aks-cluster {CLUSTER} \
             --assign Reader@/subscriptions/$SUBSCRIPTION/resourceGroups/{GROUP} \
         | {words}annotate | {words}check -o short"
    );
    run(
        &scene,
        &script,
        &[suite.folder(), parent(kubectl)],
        |program| program,
    )
}

async fn documented(az: &Path, kubectl: &Path) -> Duration {
    let scene = Scene::new("procedure").await;
    let folder = scene.bed.folder().join("procedure");
    az_config(&folder, &scene.world).expect("az's configuration");
    let caller = scene.world.callers.first().expect("a caller");
    let login = scene
        .prepared(scene.bed.program(az))
        .env("AZURE_CONFIG_DIR", &folder)
        .args([
            "login",
            "--service-principal",
            "--tenant",
            &scene.world.tenant_id,
        ])
        .args(["-u", &caller.client_id, "-p", &caller.client_secret])
        .run()
        .expect("az login");
    assert_eq!(login.status, Some(0), "{}", login.stderr);
    let context = &scene.bed.description().tenant.cluster.context;
    run(
        &scene,
        PROCEDURE,
        &[parent(az), parent(kubectl)],
        |program| {
            program
                .env("AZURE_CONFIG_DIR", &folder)
                .env("RESOURCE_GROUP_NAME", GROUP)
                .env("SERVICE_ACCOUNT_NAME", ACCOUNT)
                .env("SERVICE_ACCOUNT_NAMESPACE", &scene.namespace)
                .env("VCLUSTER_NAMESPACE", scene.host_namespace())
                .env("AKS_CLUSTER_NAME", CLUSTER)
                .env("REGION", "westeurope")
                .env("FEDERATED_IDENTITY_CREDENTIAL_NAME", "procedure")
                .env("USER_ASSIGNED_IDENTITY_NAME", IDENTITY)
                .env("KSA_NAME", scene.host_name(ACCOUNT))
                .env("TENANT_CONTEXT", context)
        },
    )
}

fn run(
    scene: &Scene,
    script: &str,
    folders: &[&Path],
    with: impl FnOnce(Program) -> Program,
) -> Duration {
    let path = folders
        .iter()
        .map(|folder| PathBuf::from(*folder))
        .chain(["/usr/bin".into(), "/bin".into()]);
    let path = std::env::join_paths(path).expect("a path");
    let shell = scene.bed.program(Path::new("/bin/bash"));
    let finished = with(scene.prepared(shell).env("PATH", path))
        .args(["-c", script])
        .run()
        .expect("the script");
    assert_eq!(
        finished.status,
        Some(0),
        "{}\n{}",
        finished.stdout,
        finished.stderr
    );
    finished.took
}

/// The load average of the last minute, five and fifteen: what else the machine was busy with.
fn load() -> String {
    let text = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let words: Vec<&str> = text.split_whitespace().take(3).collect();
    words.join(" ")
}

fn parent(program: &Path) -> &Path {
    program.parent().unwrap_or_else(|| Path::new("/"))
}
