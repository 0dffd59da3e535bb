//! What a test holds: the bed, and what it needs to use it.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Client, Config};
use tempfile::TempDir;
use vwi_test_azure::client::Admin;
use vwi_test_azure::{ClusterSpec, Seed, WorldSpec};

use crate::client::{Connection, Place};
use crate::error::{BedError, Doing};
use crate::files;
use crate::host::HOST_CONTEXT;
use crate::process::{Program, search_path};
use crate::protocol::{ClusterDescription, Description, SyncerOrder, TenantDescription};
use crate::vcluster::VirtualCluster;
use crate::world::AzureWorld;

/// A connection to a bed, with a folder for the test's own files.
///
/// The bed and the vClusters that were added live as long as this.
#[derive(Debug)]
pub struct Bed {
    connection: Connection,
    description: Description,
    folder: TempDir,
    programs: PathBuf,
}

impl Bed {
    /// Connects to the bed that all tests share, and starts it if need be.
    ///
    /// # Errors
    ///
    /// When no bed can be started, with what it had to say.
    pub async fn connect() -> Result<Self, BedError> {
        let connected = tokio::task::spawn_blocking(Self::connect_blocking).await;
        connected.doing(|| "connecting to the bed was cut short".to_owned())?
    }

    /// As [`Bed::connect`], for code without a runtime.
    ///
    /// # Errors
    ///
    /// As there.
    pub fn connect_blocking() -> Result<Self, BedError> {
        Self::connect_to(&Place::shared()?)
    }

    /// Connects to the bed at a place.
    ///
    /// # Errors
    ///
    /// As for [`Bed::connect`].
    pub fn connect_to(place: &Place) -> Result<Self, BedError> {
        // kube and reqwest find several providers in a test that links everything.
        let _installed = rustls::crypto::ring::default_provider().install_default();
        let (connection, description) = Connection::open(place)?;
        // Below the bed's own folder, so that it goes with the bed if the test is killed.
        let folder = tempfile::Builder::new()
            .prefix("test-")
            .tempdir_in(&description.folder);
        let folder = folder.doing(|| "cannot make a folder for the test".to_owned())?;
        Ok(Self {
            connection,
            description,
            folder,
            programs: files::programs()?,
        })
    }

    /// Ends the connection, and waits until the bed is gone if it was started from here and nobody
    /// else uses it.
    ///
    /// # Errors
    ///
    /// When the bed does not end.
    pub fn end(self) -> Result<(), BedError> {
        drop(self.folder);
        self.connection.end()
    }

    /// Everything that the bed says about itself.
    pub fn description(&self) -> &Description {
        &self.description
    }

    /// A folder for the test's own files, removed with this.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Starts one more vCluster, which goes with this.
    ///
    /// # Errors
    ///
    /// When the bed cannot start it.
    pub fn add_tenant(&self, wanted: VirtualCluster) -> Result<TenantDescription, BedError> {
        self.connection.add_tenant(wanted)
    }

    /// Gives an order to the syncer of a vCluster, and returns what that did so far, a line each.
    ///
    /// # Errors
    ///
    /// When there is no such vCluster.
    pub fn syncer(
        &self,
        vcluster: &VirtualCluster,
        order: SyncerOrder,
    ) -> Result<Vec<String>, BedError> {
        self.connection.order(vcluster, order)
    }

    /// A client of the host's administrator.
    ///
    /// # Errors
    ///
    /// When the kubeconfig of the bed is gone.
    pub async fn host(&self) -> Result<Client, BedError> {
        client(&self.description.host).await
    }

    /// A client of the shared tenant's administrator.
    ///
    /// # Errors
    ///
    /// When the kubeconfig of the bed is gone.
    pub async fn tenant(&self) -> Result<Client, BedError> {
        client(&self.description.tenant.cluster).await
    }

    /// Makes a world of the Azure stand-in for this test alone: one subscription, the resource group
    /// `rg`, and in it the AKS cluster `aks`, whose issuer is the host's.
    ///
    /// # Errors
    ///
    /// When the stand-in refuses.
    pub async fn world(&self) -> Result<AzureWorld, BedError> {
        self.world_of(&self.world_spec()).await
    }

    /// What [`Bed::world`] makes, for a test that wants something else too.
    pub fn world_spec(&self) -> WorldSpec {
        let cluster = ClusterSpec::new(HOST_CONTEXT, &self.description.issuer);
        let seed = Seed {
            clusters: vec![cluster],
            ..Seed::default()
        };
        WorldSpec {
            seed,
            ..WorldSpec::default()
        }
    }

    /// Makes a world of the Azure stand-in as told.
    ///
    /// # Errors
    ///
    /// When the stand-in refuses.
    pub async fn world_of(&self, spec: &WorldSpec) -> Result<AzureWorld, BedError> {
        AzureWorld::new(&self.admin()?, spec, self.folder()).await
    }

    /// A client of the Azure stand-in's admin calls.
    ///
    /// # Errors
    ///
    /// When the certificate of the bed is gone.
    pub fn admin(&self) -> Result<Admin, BedError> {
        let doing = || "cannot make a client of the Azure stand-in".to_owned();
        let authority = std::fs::read_to_string(&self.description.authority).doing(doing)?;
        Admin::new(&self.description.azure.url, &authority).doing(doing)
    }

    /// An HTTP client that trusts the bed's authority and nobody else.
    ///
    /// # Errors
    ///
    /// When the certificate of the bed is gone.
    pub fn http(&self) -> Result<reqwest::Client, BedError> {
        let doing = || "cannot make an HTTP client".to_owned();
        let authority = std::fs::read(&self.description.authority).doing(doing)?;
        let authority = reqwest::Certificate::from_pem(&authority).doing(doing)?;
        let builder = reqwest::Client::builder()
            .tls_certs_only([authority])
            .no_proxy();
        builder.build().doing(doing)
    }

    /// One of the suite's programs, such as `kubectl-vwi-translate`, in this bed's environment.
    ///
    /// # Errors
    ///
    /// When it has not been built.
    pub fn plugin(&self, name: &str) -> Result<Program, BedError> {
        let program = self.programs.join(name);
        if program.is_file() {
            return Ok(self.program(&program));
        }
        let program = program.display();
        Err(BedError::new(format!(
            "cannot find `{program}`; `cargo build --workspace` makes it"
        )))
    }

    /// Any program, such as the real `kubectl`, in this bed's environment.
    ///
    /// The environment is the bed's alone, so that nothing depends on who runs the tests: the
    /// suite's programs and then the caller's PATH, a home that is the test's folder, and the
    /// kubeconfig with the contexts of host and tenant.
    pub fn program(&self, program: &Path) -> Program {
        let own = [Some(self.programs.as_path()), program.parent()];
        let own: Vec<&Path> = own.into_iter().flatten().collect();
        Program::new(program)
            .env("PATH", search_path(&own, std::env::var_os("PATH")))
            .env("HOME", self.folder())
            .env("KUBECONFIG", &self.description.tenant.kubeconfig)
            .env("SSL_CERT_FILE", &self.description.authority)
    }
}

/// A client with the administrator's access to a cluster.
///
/// # Errors
///
/// When the kubeconfig of the bed is gone.
pub async fn client(cluster: &ClusterDescription) -> Result<Client, BedError> {
    let doing = || format!("cannot make a client of `{}`", cluster.server);
    let kubeconfig = Kubeconfig::read_from(&cluster.kubeconfig).doing(doing)?;
    let options = KubeConfigOptions::default();
    let mut config = Config::from_custom_kubeconfig(kubeconfig, &options)
        .await
        .doing(doing)?;
    config.proxy_url = None;
    Client::try_from(config).doing(doing)
}

/// A name that no other test of any process has, in the characters of a DNS label.
///
/// `prefix` may have up to 30 characters.
pub fn unique(prefix: &str) -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    format!("{prefix}-{:x}-{count:x}", std::process::id())
}
