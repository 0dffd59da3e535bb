//! Worlds of Azure that this process serves, beside the bed's host and tenant: one for each row of a
//! table, and a request that hangs is seen to.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::sync::LazyLock;

use tempfile::TempDir;
use vwi_bed::Program;
use vwi_core::federation::{Owner, candidates};
use vwi_test_azure::{
    CredentialSpec, IdentitySpec, Options, Recorded, Seed, Server, Tls, World, WorldSpec,
    az_config, env_of,
};
use vwi_tests::Scene;

static SERVER: LazyLock<Server> =
    LazyLock::new(|| Server::start(Options::new(Tls::generate().unwrap())).unwrap());

/// Identities of a world, all in group `rg`.
pub(crate) const IDENTITIES: [&str; 2] = ["app", "neighbour"];

/// Names and subjects of credentials, by identity.
pub(crate) type Held = BTreeMap<String, BTreeSet<(String, String)>>;

/// One world.
pub(crate) struct Azure {
    pub(crate) world: World,
    environment: Vec<(String, OsString)>,
    // The certificates are in it.
    _folder: TempDir,
}

impl Azure {
    /// A world whose identities hold these credentials each.
    pub(crate) fn with(credentials: &[CredentialSpec]) -> Self {
        let identity = |name: &str| IdentitySpec {
            name: name.to_owned(),
            credentials: credentials.to_vec(),
            ..IdentitySpec::default()
        };
        let spec = WorldSpec {
            seed: Seed {
                identities: IDENTITIES.map(identity).to_vec(),
                ..Seed::default()
            },
            ..WorldSpec::default()
        };
        let world = SERVER.worlds().create(spec).unwrap();
        let folder = tempfile::tempdir().unwrap();
        az_config(folder.path(), &world.info()).unwrap();
        let environment = env_of(&world.info(), folder.path());
        Self {
            world,
            environment,
            _folder: folder,
        }
    }

    /// federate with this world, and the scene's host and tenant.
    pub(crate) fn federate(&self, scene: &Scene) -> Program {
        let program = scene.plugin("kubectl-vwi-federate");
        program
            .envs(self.environment.clone())
            .args(["--pace", "off"])
    }

    pub(crate) fn held(&self) -> Held {
        let identities = self.world.info().identities.into_iter();
        let held = identities.map(|identity| {
            let credentials = identity.credentials.into_iter();
            let told = credentials.map(|held| (held.name, held.subject.unwrap_or_default()));
            (identity.name, told.collect())
        });
        held.collect()
    }

    /// How many writes there were since the last look.
    pub(crate) fn count_writes(&self) -> usize {
        let requests = self.world.requests();
        self.world.clear_requests();
        requests.iter().filter(|one| one.is_write()).count()
    }

    /// How many requests there were since the last look.
    pub(crate) fn count_requests(&self) -> u32 {
        let requests: Vec<Recorded> = self.world.requests();
        self.world.clear_requests();
        u32::try_from(requests.len()).unwrap()
    }
}

/// A credential under the name that the suite gives it.
pub(crate) fn ours(issuer: &str, subject: &str, owner: Option<&str>) -> CredentialSpec {
    let owner: Option<Owner> = owner.map(|owner| owner.parse().unwrap());
    let name = candidates(issuer, subject, owner.as_ref()).next().unwrap();
    CredentialSpec::new(&name, issuer, subject)
}
