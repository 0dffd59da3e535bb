//! One world, and clients of it.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "helpers of tests fail by panicking"
)]

use std::sync::{Arc, LazyLock, Once};
use std::time::Duration;

use secrecy::SecretString;
use vwi_azure::{Arm, ArmSettings, Cloud, CredentialSettings, Login, Patience};
use vwi_core::arm::{Kind, ResourceId, Scope};
use vwi_core::federation::Trust;
use vwi_test_azure::{
    ClusterSpec, IdentitySpec, Options, Seed, Server, Tls, World, WorldInfo, WorldSpec,
};

static SERVER: LazyLock<Server> = LazyLock::new(|| {
    let tls = Tls::generate().unwrap();
    Server::start(Options::new(tls)).unwrap()
});

pub(crate) const ISSUER: &str = "https://westeurope.oic.prod-aks.azure.com/t/g/";

pub(crate) struct Scene {
    pub(crate) world: World,
    pub(crate) info: WorldInfo,
}

impl Scene {
    /// A world with identity `app` and cluster `aks`.
    pub(crate) fn new() -> Self {
        Self::with(WorldSpec {
            seed: Seed {
                identities: vec![IdentitySpec {
                    name: "app".to_owned(),
                    ..IdentitySpec::default()
                }],
                clusters: vec![ClusterSpec::new("aks", ISSUER)],
                ..Seed::default()
            },
            ..WorldSpec::default()
        })
    }

    pub(crate) fn with(spec: WorldSpec) -> Self {
        let world = SERVER.worlds().create(spec).unwrap();
        let info = world.info();
        Self { world, info }
    }

    pub(crate) fn server() -> &'static Server {
        &SERVER
    }

    pub(crate) fn cloud(&self) -> Cloud {
        let url = self.info.url.clone();
        Cloud::configured("VwiLocal", |key| match key {
            "endpoint_active_directory_resource_id" => {
                Some("https://management.core.windows.net/".to_owned())
            }
            _ => Some(url.clone()),
        })
        .unwrap()
    }

    pub(crate) fn secret(&self) -> CredentialSettings {
        let caller = &self.info.callers[0];
        CredentialSettings {
            environment_tenant_id: Some(self.info.tenant_id.clone()),
            client_id: Some(caller.client_id.clone()),
            client_secret: Some(SecretString::from(caller.client_secret.clone())),
            ..CredentialSettings::default()
        }
    }

    pub(crate) fn login(&self, settings: CredentialSettings) -> Login {
        Login::new(http(&self.info.ca_pem), self.cloud(), settings)
    }

    pub(crate) fn arm(&self) -> Arm {
        self.arm_within(Duration::from_secs(20))
    }

    pub(crate) fn arm_within(&self, time: Duration) -> Arm {
        self.arm_with(Patience::lasting(time), ArmSettings::default())
    }

    pub(crate) fn arm_with(&self, patience: Patience, settings: ArmSettings) -> Arm {
        let login = Arc::new(self.login(self.secret()));
        Arm::new(
            http(&self.info.ca_pem),
            &self.cloud(),
            login,
            settings,
            patience,
        )
    }

    pub(crate) fn id(&self, kind: Kind, name: &str) -> ResourceId {
        ResourceId::new(kind, &self.info.subscription_id, "rg", name).unwrap()
    }

    pub(crate) fn identity(&self) -> ResourceId {
        self.id(Kind::Identity, "app")
    }

    pub(crate) fn group(&self) -> Scope {
        format!(
            "/subscriptions/{}/resourceGroups/rg",
            self.info.subscription_id
        )
        .parse()
        .unwrap()
    }
}

pub(crate) fn trust(subject: &str) -> Trust {
    Trust {
        issuer: ISSUER.to_owned(),
        subject: subject.to_owned(),
        audience: vwi_core::federation::PUBLIC_AUDIENCE.to_owned(),
    }
}

/// A client that trusts this certificate alone.
pub(crate) fn http(ca_pem: &str) -> reqwest::Client {
    static PROVIDER: Once = Once::new();
    PROVIDER.call_once(|| {
        rustls::crypto::ring::default_provider()
            .install_default()
            .unwrap();
    });
    let certificate = reqwest::Certificate::from_pem(ca_pem.as_bytes()).unwrap();
    reqwest::Client::builder()
        .tls_certs_only([certificate])
        .no_proxy()
        .build()
        .unwrap()
}
