//! A scene: the shared test bed, a world of Azure, a tenant namespace and a host's view of it,
//! all of them this test's own.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use k8s_openapi::api::core::v1::{Namespace, ServiceAccount};
use kube::api::{Api, PostParams};
use serde_json::Value;
use vwi_bed::{Bed, Finished, Program, unique, until};
use vwi_test_azure::client::Admin;
use vwi_test_azure::{
    ClusterSpec, IdentitySpec, Recorded, ResourceGroupSpec, Seed, WorldInfo, WorldSpec, az_config,
    env_of,
};

/// Resource group of the world's identity and AKS cluster.
pub const GROUP: &str = "rg";
/// The world's managed identity.
pub const IDENTITY: &str = "app-identity";
/// The world's AKS cluster, whose issuer is the host's.
pub const CLUSTER: &str = "aks";
/// The tenant ServiceAccount that [`Scene::new`] makes.
pub const ACCOUNT: &str = "app";

/// Everything that one test needs; it goes when this is dropped.
#[derive(Debug)]
pub struct Scene {
    /// The test bed.
    pub bed: Bed,
    /// Admin calls of the Azure stand-in.
    pub admin: Admin,
    /// This test's world.
    pub world: WorldInfo,
    /// This test's namespace in the tenant.
    pub namespace: String,
    environment: Vec<(String, std::ffi::OsString)>,
}

impl Scene {
    /// Makes a world with one identity and one AKS cluster, and ServiceAccount [`ACCOUNT`] in a
    /// new namespace of the tenant, synced to the host.
    ///
    /// # Panics
    ///
    /// When a part of the bed does not work: the test can't go on.
    pub async fn new(name: &str) -> Self {
        let scene = Self::without_account(name).await;
        scene.add_account(ACCOUNT).await;
        scene
    }

    /// As [`Scene::new`], without the ServiceAccount.
    ///
    /// # Panics
    ///
    /// As there.
    pub async fn without_account(name: &str) -> Self {
        let bed = Bed::connect().await.expect("the bed");
        let description = bed.description();
        let authority = std::fs::read_to_string(&description.authority).expect("the CA");
        let admin = Admin::new(&description.azure.url, &authority).expect("the admin calls");
        let spec = WorldSpec {
            seed: Seed {
                resource_groups: vec![ResourceGroupSpec {
                    name: GROUP.to_owned(),
                    ..ResourceGroupSpec::default()
                }],
                identities: vec![IdentitySpec {
                    name: IDENTITY.to_owned(),
                    resource_group: GROUP.to_owned(),
                    ..IdentitySpec::default()
                }],
                clusters: vec![ClusterSpec::new(CLUSTER, &description.issuer)],
                ..Seed::default()
            },
            ..WorldSpec::default()
        };
        let world = admin.create_world(&spec).await.expect("a world");
        let folder = bed.folder().join("azure");
        az_config(&folder, &world).expect("az's configuration");
        let environment = env_of(&world, &folder);
        let namespace = unique(name);
        let namespaces: Api<Namespace> = Api::all(bed.tenant().await.expect("the tenant"));
        let mut wanted = Namespace::default();
        wanted.metadata.name = Some(namespace.clone());
        let made = namespaces.create(&PostParams::default(), &wanted).await;
        made.expect("a namespace in the tenant");
        Self {
            bed,
            admin,
            world,
            namespace,
            environment,
        }
    }

    /// Makes a ServiceAccount in the test's namespace, and waits until the host has it.
    ///
    /// # Panics
    ///
    /// When the tenant refuses it, or it is not synced.
    pub async fn add_account(&self, name: &str) {
        let mut wanted = ServiceAccount::default();
        wanted.metadata.name = Some(name.to_owned());
        let made = self.tenant_accounts().await;
        let made = made.create(&PostParams::default(), &wanted).await;
        let uid = made.expect("a ServiceAccount").metadata.uid;
        let host = self.host_accounts().await;
        let host_name = self.host_name(name);
        until(
            "the host's ServiceAccount",
            Duration::from_secs(20),
            async || {
                let found = host.get_opt(&host_name).await.expect("the host");
                Ok(found.filter(|found| annotation(found, "vcluster.loft.sh/object-uid") == uid))
            },
        )
        .await
        .expect("the syncer");
    }

    /// Returns the record that translate makes of [`ACCOUNT`], and its `StreamEnd`.
    ///
    /// # Panics
    ///
    /// When translate fails.
    pub fn translated(&self) -> (Value, String) {
        let finished = self
            .plugin("kubectl-vwi-translate")
            .args([ACCOUNT, "-n", &self.namespace, "-o", "ndjson"])
            .run()
            .expect("translate");
        assert_eq!(finished.status, Some(0), "{}", finished.stderr);
        let (record, end) = finished.stdout.split_once('\n').expect("a line");
        let record = serde_json::from_str(record).expect("a record");
        (record, end.to_owned())
    }

    /// ServiceAccounts of the test's namespace in the tenant.
    ///
    /// # Panics
    ///
    /// When the bed has gone.
    pub async fn tenant_accounts(&self) -> Api<ServiceAccount> {
        Api::namespaced(
            self.bed.tenant().await.expect("the tenant"),
            &self.namespace,
        )
    }

    /// ServiceAccounts of the vCluster's host namespace.
    ///
    /// # Panics
    ///
    /// When the bed has gone.
    pub async fn host_accounts(&self) -> Api<ServiceAccount> {
        Api::namespaced(
            self.bed.host().await.expect("the host"),
            self.host_namespace(),
        )
    }

    /// Host namespace of the shared vCluster.
    pub fn host_namespace(&self) -> &str {
        &self.bed.description().tenant.vcluster.namespace
    }

    /// What the host calls a ServiceAccount of the test's namespace.
    pub fn host_name(&self, name: &str) -> String {
        let vcluster = &self.bed.description().tenant.vcluster.name;
        vwi_core::name::host_name(name, &self.namespace, vcluster)
    }

    /// The subject of a ServiceAccount of the test's namespace.
    pub fn subject(&self, name: &str) -> String {
        let namespace = self.host_namespace();
        format!("system:serviceaccount:{namespace}:{}", self.host_name(name))
    }

    /// One of the suite's programs, with access to host, tenant and world.
    ///
    /// # Panics
    ///
    /// When it has not been built.
    pub fn plugin(&self, name: &str) -> Program {
        let program = self.bed.plugin(name).expect("the program");
        program.envs(self.environment.clone())
    }

    /// Runs `script` by `sh`, which has no `pipefail`, with the suite's programs on PATH.
    ///
    /// The script finds `$NAMESPACE`, the test's namespace, and `$SUBSCRIPTION`.
    ///
    /// # Panics
    ///
    /// When it does not end.
    pub fn sh(&self, script: &str) -> Finished {
        let program = self.bed.program(&PathBuf::from("/bin/sh"));
        self.prepared(program)
            .args(["-c", script])
            .run()
            .expect("the script")
    }

    /// Gives any program access to host, tenant and world.
    pub fn prepared(&self, program: Program) -> Program {
        program
            .envs(self.environment.clone())
            .env("NAMESPACE", &self.namespace)
            .env("SUBSCRIPTION", &self.world.subscription_id)
    }

    /// Every request that this test's world has seen since the last call of
    /// [`Scene::forget_requests`].
    ///
    /// # Panics
    ///
    /// When the stand-in has gone.
    pub async fn requests(&self) -> Vec<Recorded> {
        self.admin.requests(&self.world.id).await.expect("requests")
    }

    /// Those of them that asked ARM to change something, as `METHOD path`.
    ///
    /// # Panics
    ///
    /// As for [`Scene::requests`].
    pub async fn writes(&self) -> Vec<String> {
        let requests = self.requests().await;
        let writes = requests.iter().filter(|request| request.is_write());
        writes
            .map(|request| format!("{} {}", request.method, request.path))
            .collect()
    }

    /// Forgets the requests so far.
    ///
    /// # Panics
    ///
    /// As for [`Scene::requests`].
    pub async fn forget_requests(&self) {
        let cleared = self.admin.clear_requests(&self.world.id).await;
        cleared.expect("requests");
    }
}

/// The value of an annotation.
pub fn annotation(account: &ServiceAccount, key: &str) -> Option<String> {
    let annotations: &BTreeMap<_, _> = account.metadata.annotations.as_ref()?;
    annotations.get(key).cloned()
}
