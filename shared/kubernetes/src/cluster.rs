//! A connection to one cluster.

use std::fmt;
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};

use kube::Client;
use thiserror::Error;
use vwi_core::exit::{Explain, Outcome};
use vwi_core::text::escape;

use crate::access::Access;
use crate::choice::{ClusterChoice, ConnectSettings};
use crate::connection::{self, Server};
use crate::error::{ApiCause, ApiError};
use crate::exec::{ExecCredential, ExecError};
use crate::kubeconfig::{Kubeconfig, KubeconfigError};
use crate::request::unreachable_because;

pub use crate::connection::SetupError;

/// Why a cluster can't be connected to. Nothing has been sent to it yet.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ConnectError {
    /// The kubeconfig does not lead to one.
    #[error("cannot tell which cluster to connect to")]
    Kubeconfig(#[from] KubeconfigError),
    /// The credential plugin gave nothing.
    #[error("cannot get a credential for the cluster")]
    Exec(#[from] ExecError),
    /// Several hosts are named where one is asked for.
    #[error("several host clusters are named, and one is looked at here")]
    SeveralHosts,
    /// No server is named.
    #[error("the kubeconfig names no server for this cluster")]
    NoServer,
    /// The server's URL is none.
    #[error("the API server's address `{}` is no URL", escape(server))]
    Server {
        /// The address.
        server: String,
        /// Why not.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A credential would go over the wire in the clear.
    #[error(
        "the API server's address `{}` is not https, and a credential would be readable on its way",
        escape(server)
    )]
    PlainText {
        /// The address.
        server: String,
    },
    /// The kubeconfig switches the verification of certificates off.
    #[error(
        "the kubeconfig says not to verify the certificate of `{}`; that has to be typed",
        escape(server)
    )]
    InsecureNotTyped {
        /// The address.
        server: String,
    },
    /// The kubeconfig uses a way to log in that kubectl itself dropped.
    #[error(
        "user `{}` of the kubeconfig logs in with the provider `{}`, which kubectl has dropped too",
        escape(user),
        escape(provider)
    )]
    AuthProvider {
        /// Name of the user's entry.
        user: String,
        /// Name of the provider.
        provider: String,
    },
    /// A value can't be used.
    #[error("the {what} can't be used")]
    Setting {
        /// What it is.
        what: &'static str,
        /// Why not.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The token can't be sent. It is not quoted.
    #[error("the token has characters that no token has, such as a line feed")]
    Token,
    /// The certificate authority holds none.
    #[error("the certificate authority of the cluster holds no certificate in PEM")]
    NoCertificate,
    /// A file can't be read.
    #[error("cannot read `{}`", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// This process is in no pod, or its ServiceAccount is not mounted.
    #[error("cannot use the ServiceAccount of this pod")]
    InCluster(#[source] kube::config::InClusterError),
    /// Certificates, keys or the proxy can't be used.
    #[error("cannot prepare a connection to `{}`", escape(server))]
    Client {
        /// The address.
        server: String,
        /// Why not.
        #[source]
        source: Box<SetupError>,
    },
}

impl Explain for ConnectError {
    fn outcome(&self) -> Outcome {
        Outcome::CouldNotRun
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Kubeconfig(error) => error.hint(),
            Self::Exec(error) => error.hint(),
            Self::PlainText { .. } => Some("use the https address of the API server".to_owned()),
            Self::InsecureNotTyped { .. } => Some(
                "give the cluster's certificate with `--certificate-authority`, or type \
                 `--insecure-skip-tls-verify`"
                    .to_owned(),
            ),
            Self::SeveralHosts => Some("give `--host-context` once".to_owned()),
            Self::NoServer
            | Self::Server { .. }
            | Self::AuthProvider { .. }
            | Self::Setting { .. }
            | Self::Token
            | Self::NoCertificate
            | Self::File { .. }
            | Self::InCluster(_)
            | Self::Client { .. } => None,
        }
    }
}

/// A connection to one cluster; clones share it.
#[derive(Clone)]
pub struct Cluster {
    inner: Arc<Inner>,
}

struct Inner {
    access: Access,
    settings: ConnectSettings,
    live: RwLock<Live>,
}

/// The client, and the credential that it was made with.
#[derive(Clone)]
struct Live {
    client: Client,
    server: Arc<Server>,
    credential: Option<Arc<ExecCredential>>,
}

impl fmt::Debug for Cluster {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Cluster")
            .field("context", &self.context())
            .field("server", &self.server())
            .finish_non_exhaustive()
    }
}

impl Cluster {
    /// Makes a connection as kubectl would, runs the credential plugin if there is one, and sends
    /// nothing yet.
    ///
    /// A kubeconfig or context that fails never leads to the pod's own ServiceAccount instead, and
    /// kube's debugging variables are not looked at.
    ///
    /// # Errors
    ///
    /// [`ConnectError`]
    pub async fn connect(
        choice: &ClusterChoice,
        settings: &ConnectSettings,
    ) -> Result<Self, ConnectError> {
        let kubeconfig = Kubeconfig::load(&choice.kubeconfig)?;
        Self::connect_with(&kubeconfig, choice, settings).await
    }

    /// The same with a kubeconfig that has been read.
    ///
    /// # Errors
    ///
    /// [`ConnectError`]
    pub async fn connect_with(
        kubeconfig: &Kubeconfig,
        choice: &ClusterChoice,
        settings: &ConnectSettings,
    ) -> Result<Self, ConnectError> {
        let access = Access::new(kubeconfig, choice, settings)?;
        Self::open(access, settings).await
    }

    /// Connects with the ServiceAccount of the pod that this process is in.
    ///
    /// # Errors
    ///
    /// [`ConnectError::InCluster`] outside of a pod.
    pub async fn connect_in_cluster(settings: &ConnectSettings) -> Result<Self, ConnectError> {
        Self::open(Access::in_cluster(settings)?, settings).await
    }

    async fn open(access: Access, settings: &ConnectSettings) -> Result<Self, ConnectError> {
        let credential = match &access.exec {
            None => None,
            Some(exec) => Some(
                settings
                    .exec
                    .credential(&exec.entry, exec.cluster.as_ref(), None)
                    .await?,
            ),
        };
        let live = Live::new(&access, credential)?;
        Ok(Self {
            inner: Arc::new(Inner {
                access,
                settings: settings.clone(),
                live: RwLock::new(live),
            }),
        })
    }

    /// Returns kube's client, for what this crate has no question for.
    pub fn client(&self) -> Client {
        self.live().client
    }

    /// Returns the context's name, if one is used.
    pub fn context(&self) -> Option<&str> {
        self.inner.access.context.as_deref()
    }

    /// Returns the URL of the API server, as written in the kubeconfig.
    pub fn server(&self) -> &str {
        &self.inner.access.server
    }

    /// Returns the namespace of `--namespace`, else of the context, else `default`.
    pub fn default_namespace(&self) -> &str {
        &self.inner.access.namespace
    }

    /// Returns how messages name the cluster, backticks included.
    pub fn label(&self) -> String {
        match self.context() {
            Some(context) => format!("context `{}`", escape(context)),
            None => format!("cluster `{}`", escape(self.server())),
        }
    }

    /// Whether certificates are not verified, because that was typed.
    pub fn is_insecure(&self) -> bool {
        self.inner.access.config.accept_invalid_certs
    }

    /// Returns the DNS names in the API server's certificate, which has been verified; none where
    /// there is no TLS, or where it was not to be verified.
    ///
    /// # Errors
    ///
    /// [`ApiError`] if no connection can be made.
    pub async fn certificate_names(&self) -> Result<Vec<String>, ApiError> {
        if self.is_insecure() {
            return Ok(Vec::new());
        }
        let live = self.live();
        let names = live.server.dns_names();
        let names = match self.inner.settings.request_timeout {
            None => names.await.map_err(unreachable_because),
            Some(after) => tokio::time::timeout(after, names)
                .await
                .map_err(|_elapsed| ApiCause::TimedOut { after })
                .and_then(|names| names.map_err(unreachable_because)),
        };
        let names = names.and_then(|names| {
            names.map_err(|error| ApiCause::NotUnderstood {
                fault: format!("its certificate can't be read ({error})"),
            })
        });
        names.map_err(|cause| ApiError {
            operation: "read",
            object: "the API server's certificate".to_owned(),
            cluster: self.label(),
            cause: Box::new(cause),
        })
    }

    pub(crate) fn settings(&self) -> &ConnectSettings {
        &self.inner.settings
    }

    fn live(&self) -> Live {
        let live = self.inner.live.read();
        live.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Returns a client whose credential has not ended yet.
    pub(crate) async fn current(&self) -> Result<(Client, Option<Arc<ExecCredential>>), ApiCause> {
        let live = self.live();
        match &live.credential {
            Some(credential) if credential.is_expired() => self.renew(credential).await,
            Some(_) | None => Ok((live.client, live.credential)),
        }
    }

    /// Runs the plugin again, and returns a client with what it gave.
    pub(crate) async fn renew(
        &self,
        refused: &Arc<ExecCredential>,
    ) -> Result<(Client, Option<Arc<ExecCredential>>), ApiCause> {
        let Some(exec) = &self.inner.access.exec else {
            let live = self.live();
            return Ok((live.client, live.credential));
        };
        let fresh = self
            .inner
            .settings
            .exec
            .credential(&exec.entry, exec.cluster.as_ref(), Some(refused))
            .await
            .map_err(ApiCause::Credential)?;
        let live = Live::new(&self.inner.access, Some(fresh))
            .map_err(|error| ApiCause::Unsendable(Box::new(error)))?;
        let mut place = self
            .inner
            .live
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        *place = live.clone();
        Ok((live.client, live.credential))
    }
}

impl Live {
    fn new(access: &Access, credential: Option<Arc<ExecCredential>>) -> Result<Self, ConnectError> {
        let config = access.with_credential(credential.as_deref());
        let (client, server) =
            connection::client(&config).map_err(|source| ConnectError::Client {
                server: access.server.clone(),
                source: Box::new(source),
            })?;
        Ok(Self {
            client,
            server,
            credential,
        })
    }
}
