//! Which cluster to reach, and how: plain values that the command line fills in.

use std::path::PathBuf;
use std::time::Duration;

use secrecy::SecretString;

use crate::exec::ExecRunner;
use crate::kubeconfig::Kubeconfig;

/// Where the kubeconfig is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KubeconfigFiles {
    /// `--kubeconfig`: this file, which has to be there.
    Explicit(PathBuf),
    /// `KUBECONFIG`, or `~/.kube/config` alone: merged, the first to set a value wins, and files
    /// that are not there are passed over.
    Merged(Vec<PathBuf>),
}

impl Default for KubeconfigFiles {
    fn default() -> Self {
        Self::Merged(Vec::new())
    }
}

/// kubectl's connection flags, with kubectl's meaning.
#[derive(Clone, Debug, Default)]
pub struct ClusterChoice {
    /// `--kubeconfig` or `KUBECONFIG`.
    pub kubeconfig: KubeconfigFiles,
    /// `--context`; else the current context.
    pub context: Option<String>,
    /// `--cluster`; else the context's.
    pub cluster: Option<String>,
    /// `--user`; else the context's.
    pub user: Option<String>,
    /// `--server`; else the cluster entry's.
    pub server: Option<String>,
    /// `--token`; takes the place of every other way to authenticate but client certificates.
    pub token: Option<SecretString>,
    /// `--namespace`; else the context's, else `default`.
    pub namespace: Option<String>,
    /// `--as`.
    pub impersonate: Option<String>,
    /// `--as-group`, repeatable.
    pub impersonate_groups: Vec<String>,
    /// `--as-uid`.
    pub impersonate_uid: Option<String>,
    /// The flags about TLS.
    pub tls: TlsChoice,
    /// `--disable-compression`: accepted; the suite asks for no compression anyway.
    pub disable_compression: bool,
}

impl ClusterChoice {
    /// Whether it says which cluster of the kubeconfig, or beyond it; else that is the current
    /// context's, and another one may be meant.
    pub fn names_cluster(&self) -> bool {
        self.context.is_some() || self.cluster.is_some() || self.server.is_some()
    }

    /// Whether connecting may run a credential plugin. A kubeconfig that can't be read runs none.
    pub fn runs_plugin(&self) -> bool {
        let kubeconfig = Kubeconfig::load(&self.kubeconfig);
        kubeconfig.is_ok_and(|kubeconfig| {
            // Whoever types another user is not looked up; there may be a plugin.
            self.user.is_some() || kubeconfig.runs_plugin(self.context.as_deref())
        })
    }
}

/// kubectl's flags about TLS.
#[derive(Clone, Debug, Default)]
pub struct TlsChoice {
    /// `--certificate-authority`.
    pub certificate_authority: Option<PathBuf>,
    /// Certificates in PEM in its place, where no file holds them.
    pub certificate_authority_data: Option<Vec<u8>>,
    /// `--client-certificate`.
    pub client_certificate: Option<PathBuf>,
    /// `--client-key`.
    pub client_key: Option<PathBuf>,
    /// `--tls-server-name`.
    pub server_name: Option<String>,
    /// `--insecure-skip-tls-verify`, typed. The same setting in a kubeconfig is refused without it.
    pub insecure_skip_verify: bool,
}

/// How a connection is made; the same for all clusters of a process.
#[derive(Clone, Debug)]
pub struct ConnectSettings {
    /// Value of the header `User-Agent`.
    pub user_agent: String,
    /// The environment's proxies.
    pub proxies: Proxies,
    /// `--request-timeout`, for one request with its answer; `None` waits for ever.
    pub request_timeout: Option<Duration>,
    /// Runs exec credential plugins; clones share what it has learnt.
    pub exec: ExecRunner,
}

/// The environment's proxies, in the words of `curl`.
#[derive(Clone, Debug, Default)]
pub struct Proxies {
    /// `HTTPS_PROXY`.
    pub https: Option<String>,
    /// `HTTP_PROXY`.
    pub http: Option<String>,
    /// `NO_PROXY`.
    pub no: Option<String>,
}

/// The flags and the variable that choose the host cluster.
#[derive(Clone, Debug, Default)]
pub struct HostChoice {
    /// `--host-kubeconfig`; else the tenant's.
    pub kubeconfig: Option<PathBuf>,
    /// `--host-context`.
    pub context: Option<String>,
    /// `--host-context` given again: contexts of further hosts.
    pub more: Vec<String>,
    /// `VWI_HOST_CONTEXT`.
    pub environment_context: Option<String>,
    /// `--host-in-cluster`: the pod's own ServiceAccount.
    pub in_cluster: bool,
    /// `--no-host`: no host is looked at, whatever else is set.
    pub none: bool,
}

impl HostChoice {
    /// Returns the choice of each host, where several are named.
    pub fn each(&self) -> Vec<Self> {
        let first = Self {
            more: Vec::new(),
            ..self.clone()
        };
        let mut all = vec![first.clone()];
        all.extend(self.more.iter().map(|context| Self {
            context: Some(context.clone()),
            ..first.clone()
        }));
        all
    }

    /// Whether a flag names the host, so that failing to reach it is an error.
    pub fn is_typed(&self) -> bool {
        self.context.is_some() || self.kubeconfig.is_some() || self.in_cluster
    }
}
