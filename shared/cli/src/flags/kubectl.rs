//! kubectl's connection flags, for the tenant cluster.

use std::path::PathBuf;
use std::time::Duration;

use clap::builder::{OsStringValueParser, TypedValueParser as _};
use clap::{ArgMatches, Args};
use secrecy::SecretString;
use vwi_core::contradiction::{Contradiction, Merge};
use vwi_core::name::is_label;
use vwi_core::text::escape;
use vwi_kubernetes::{ClusterChoice, KubeconfigFiles, TlsChoice};

use super::{DurationFlag, UsageError, bad_usage};
use crate::environment::Environment;

/// How the tenant cluster is reached, in kubectl's words
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Tenant cluster (as with kubectl)")]
pub struct KubectlFlags {
    /// Path to the kubeconfig file
    #[arg(long, value_name = "FILE", value_parser = OsStringValueParser::new().map(PathBuf::from))]
    pub kubeconfig: Option<PathBuf>,
    /// Context in the kubeconfig
    #[arg(long, value_name = "NAME")]
    pub context: Option<String>,
    /// Cluster entry in the kubeconfig
    #[arg(long, value_name = "NAME")]
    pub cluster: Option<String>,
    /// User entry in the kubeconfig
    #[arg(long, value_name = "NAME")]
    pub user: Option<String>,
    /// Namespace in the tenant cluster
    #[arg(short, long, value_name = "NS")]
    pub namespace: Option<String>,
    /// Address of the API server
    #[arg(short, long, value_name = "URL")]
    pub server: Option<String>,
    /// User to impersonate
    #[arg(long = "as", value_name = "USER")]
    pub impersonate: Option<String>,
    /// Group to impersonate; repeatable
    #[arg(long = "as-group", value_name = "GROUP")]
    pub impersonate_groups: Vec<String>,
    /// UID to impersonate
    #[arg(long = "as-uid", value_name = "UID")]
    pub impersonate_uid: Option<String>,
    /// Bearer token (kubectl's flag; the kubeconfig keeps it out of the list of processes)
    #[arg(long, value_name = "TOKEN", hide_short_help = true)]
    token: Option<SecretFlag>,
    /// CA file of the API server
    #[arg(long, value_name = "FILE", hide_short_help = true)]
    pub certificate_authority: Option<PathBuf>,
    /// Client certificate file
    #[arg(long, value_name = "FILE", hide_short_help = true)]
    pub client_certificate: Option<PathBuf>,
    /// Client key file
    #[arg(long, value_name = "FILE", hide_short_help = true)]
    pub client_key: Option<PathBuf>,
    /// Name that the API server's certificate must show
    #[arg(long, value_name = "NAME", hide_short_help = true)]
    pub tls_server_name: Option<String>,
    /// Do not verify certificates; announced on standard error
    #[arg(long, hide_short_help = true)]
    pub insecure_skip_tls_verify: bool,
    /// Longest time for one request, such as 30s; 0 waits for ever
    #[arg(
        long,
        value_name = "DURATION",
        default_value = "30s",
        hide_short_help = true
    )]
    pub request_timeout: Option<DurationFlag>,
    /// Accepted as kubectl's; nothing is compressed anyway
    #[arg(long, hide = true)]
    pub disable_compression: bool,
    /// Accepted as kubectl's; nothing is cached
    #[arg(long, hide = true)]
    pub cache_dir: Option<PathBuf>,
}

/// A flag's value that is never shown.
#[derive(Clone, Debug)]
struct SecretFlag(SecretString);

impl std::str::FromStr for SecretFlag {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self(SecretString::from(text.to_owned())))
    }
}

impl KubectlFlags {
    /// Refuses what can't be meant.
    ///
    /// # Errors
    ///
    /// [`UsageError`] for a namespace that none can be called.
    pub fn check(&self) -> Result<(), UsageError> {
        match self.namespace.as_deref() {
            Some(namespace) if !is_label(namespace) => Err(bad_usage(
                format!(
                    "`--namespace {}` is no name of a namespace",
                    escape(namespace)
                ),
                None,
            )),
            Some(_) | None => Ok(()),
        }
    }

    /// Takes flags with an empty value, as of a script's variable that is not set, for absent ones:
    /// to kubectl they are.
    pub(crate) fn unset_empty(matches: &mut ArgMatches) {
        const TEXTS: [&str; 8] = [
            "context",
            "cluster",
            "user",
            "namespace",
            "server",
            "impersonate",
            "impersonate_uid",
            "tls_server_name",
        ];
        const PATH: &str = "kubeconfig";
        let is_empty = |id: &&str| {
            let text = matches.try_get_one::<String>(id).ok().flatten();
            let path = matches.try_get_one::<PathBuf>(id).ok().flatten();
            text.is_some_and(String::is_empty)
                || path.is_some_and(|path| path.as_os_str().is_empty())
        };
        let empty: Vec<&str> = TEXTS.into_iter().chain([PATH]).filter(is_empty).collect();
        for id in empty {
            // It has just been seen, so that it can be cleared.
            let _cleared = matches.try_clear_id(id);
        }
    }

    /// Says whether a record is of the namespace that was typed. `--override` changes nothing here:
    /// of another namespace is another ServiceAccount.
    ///
    /// # Errors
    ///
    /// [`Contradiction`]
    pub fn check_namespace(&self, recorded: &str) -> Result<(), Contradiction> {
        let merge = Merge {
            override_record: false,
        };
        let typed = ("--namespace", self.namespace.as_deref());
        merge
            .texts(typed, ("metadata.namespace", Some(recorded)))
            .map(drop)
    }

    /// Returns what the flags and `KUBECONFIG` say of the tenant cluster.
    pub fn choice(&self, environment: &Environment) -> ClusterChoice {
        ClusterChoice {
            kubeconfig: match &self.kubeconfig {
                Some(path) => KubeconfigFiles::Explicit(path.clone()),
                None => environment.kubeconfig(),
            },
            context: self.context.clone(),
            cluster: self.cluster.clone(),
            user: self.user.clone(),
            server: self.server.clone(),
            token: self.token.as_ref().map(|token| token.0.clone()),
            namespace: self.namespace.clone(),
            impersonate: self.impersonate.clone(),
            impersonate_groups: self.impersonate_groups.clone(),
            impersonate_uid: self.impersonate_uid.clone(),
            tls: TlsChoice {
                certificate_authority: self.certificate_authority.clone(),
                certificate_authority_data: None,
                client_certificate: self.client_certificate.clone(),
                client_key: self.client_key.clone(),
                server_name: self.tls_server_name.clone(),
                insecure_skip_verify: self.insecure_skip_tls_verify,
            },
            disable_compression: self.disable_compression,
        }
    }

    /// Returns the longest time for one request; `None` waits for ever, as kubectl's 0 does.
    pub fn request_timeout(&self) -> Option<Duration> {
        let flag = self
            .request_timeout
            .unwrap_or(DurationFlag(Duration::from_secs(30)));
        Some(flag.0).filter(|time| !time.is_zero())
    }

    /// Whether a flag names the cluster itself, so that failing to reach it is an error.
    pub fn is_typed(&self) -> bool {
        self.kubeconfig.is_some()
            || self.context.is_some()
            || self.cluster.is_some()
            || self.server.is_some()
    }
}
