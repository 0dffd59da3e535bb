//! The command line of check.

use std::collections::BTreeSet;
use std::time::Duration;

use clap::{Args, ValueEnum};
use vwi_azure::{AzureChoice, cloud::Cloud};
use vwi_cli::flags::{
    AzureFlags, ChangeFlags, DurationFlag, HostFlags, InputFlags, KubectlFlags, OutputFlags,
    SelectionFlags, UsageError, bad_usage,
};
use vwi_core::arm::{Kind, Reference};
use vwi_core::check::{FailOn, by_id};
use vwi_core::name::is_label;
use vwi_core::text::escape;

/// Arguments of check
#[derive(Args, Clone, Debug)]
pub struct CheckArgs {
    /// Which ServiceAccounts
    #[command(flatten)]
    pub selection: SelectionFlags,
    /// Which records
    #[command(flatten)]
    pub input: InputFlags,
    /// What is checked
    #[command(flatten)]
    pub checks: CheckFlags,
    /// What Azure should have
    #[command(flatten)]
    pub wanted: WantedFlags,
    /// How Azure is reached
    #[command(flatten)]
    pub azure: AzureFlags,
    /// Tenant cluster
    #[command(flatten)]
    pub kubectl: KubectlFlags,
    /// Host cluster
    #[command(flatten)]
    pub host: HostFlags,
    /// Time, and what records say against flags
    #[command(flatten)]
    pub change: ChangeFlags,
    /// Output
    #[command(flatten)]
    pub output: OutputFlags,
}

/// Which checks, and when the run counts as failed
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Checks")]
pub struct CheckFlags {
    /// How far the token is tried: `none`, or `token`: mint one on the host and exchange it at Entra
    #[arg(long, value_name = "HOW", value_enum, default_value_t = ProbeChoice::None)]
    pub probe: ProbeChoice,
    /// How long a refusal is retried that may be Entra not knowing yet what Azure shows [default:
    /// 30s, and 3m for a credential that this stream has just created]
    #[arg(long, value_name = "DURATION")]
    pub settle: Option<DurationFlag>,
    /// Look again until all pass, up to --timeout
    #[arg(long)]
    pub wait: bool,
    /// From which finding on to exit with 1: error, warning, unknown or never
    #[arg(long, value_name = "WHAT", default_value = "error")]
    pub fail_on: FailOnFlag,
    /// Check to leave out; repeatable
    #[arg(long, value_name = "ID", value_delimiter = ',')]
    pub skip: Vec<String>,
    /// List the checks and end
    #[arg(long)]
    pub list_checks: bool,
    /// Requests to a cluster at once
    #[arg(long, value_name = "N", default_value_t = 16, value_parser = clap::value_parser!(u16).range(1..=256))]
    pub concurrency: u16,
}

/// What should be there, where the records leave it open
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "What should be there")]
pub struct WantedFlags {
    /// The managed identity: its name, or its ARM id (else found by the annotation client-id)
    #[arg(long, value_name = "NAME|ID")]
    pub identity: Option<String>,
    /// Resource group of the identity (else the Azure CLI's default)
    #[arg(short = 'g', long, value_name = "GROUP")]
    pub resource_group: Option<String>,
    /// Subscription of the identity, by id or name (else the Azure CLI's)
    #[arg(long, value_name = "SUBSCRIPTION")]
    pub subscription: Option<String>,
    /// AKS cluster that is the host: NAME, GROUP/NAME or ARM id
    #[arg(long, value_name = "CLUSTER")]
    pub aks_cluster: Option<String>,
    /// OIDC issuer of the host cluster, with the slash at its end
    #[arg(long, value_name = "URL")]
    pub issuer: Option<String>,
    /// Audience of the credential (else the cloud's)
    #[arg(long, value_name = "AUDIENCE")]
    pub audience: Option<String>,
    /// Name of the vCluster: its Helm release
    #[arg(long, value_name = "NAME")]
    pub vcluster: Option<String>,
    /// Host namespace of the vCluster's control plane
    #[arg(long, value_name = "NS")]
    pub vcluster_namespace: Option<String>,
}

/// `--probe`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum ProbeChoice {
    /// Look at what is there.
    #[default]
    None,
    /// Mint a token on the host and exchange it at Entra, as a pod would.
    Token,
}

/// `--fail-on`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FailOnFlag(pub FailOn);

impl std::str::FromStr for FailOnFlag {
    type Err = vwi_core::check::finding::InvalidFailOn;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self)
    }
}

impl CheckArgs {
    /// Says what clap can't know of a command line that can't be meant.
    ///
    /// # Errors
    ///
    /// [`UsageError`]
    pub fn validate(&self) -> Result<(), UsageError> {
        self.selection.check(&self.input)?;
        self.kubectl.check()?;
        let namespace = self.wanted.vcluster_namespace.as_deref();
        if let Some(namespace) = namespace.filter(|text| !is_label(text)) {
            let fault = format!(
                "`--vcluster-namespace {}` is no name of a namespace",
                escape(namespace)
            );
            return Err(bad_usage(fault, None));
        }
        let references = [
            (Kind::Identity, "--identity", &self.wanted.identity),
            (Kind::Cluster, "--aks-cluster", &self.wanted.aks_cluster),
        ];
        for (kind, flag, text) in references {
            if let Some(Err(error)) = text.as_deref().map(|text| Reference::parse(kind, text)) {
                return Err(bad_usage(format!("`{flag}`: {error}"), None));
            }
        }
        Ok(())
    }

    /// Returns the ids of `--skip`.
    ///
    /// # Errors
    ///
    /// [`UsageError`] for an id that there is not.
    pub fn skipped(&self) -> Result<BTreeSet<&'static str>, UsageError> {
        self.checks
            .skip
            .iter()
            .map(|id| {
                by_id(id).map(|check| check.id).ok_or_else(|| {
                    bad_usage(
                        format!("`--skip {}`: there is no such check", escape(id)),
                        Some("`--list-checks` lists them"),
                    )
                })
            })
            .collect()
    }

    /// Returns what the flags say of Azure; `found_cloud` is that of `--arm-endpoint`.
    pub fn azure_choice(&self, found_cloud: Option<Cloud>) -> AzureChoice {
        AzureChoice {
            cloud: self.azure.azure_cloud.clone(),
            found_cloud,
            auth: self.azure.azure_auth,
            subscription: self.wanted.subscription.clone(),
            concurrency: None,
            request_timeout: self.kubectl.request_timeout(),
        }
    }

    /// Whether anything about Azure was typed, so that failing to reach it is an error.
    pub fn azure_is_typed(&self) -> bool {
        self.azure.is_typed()
            || self.wanted.identity.is_some()
            || self.wanted.aks_cluster.is_some()
            || self.wanted.subscription.is_some()
    }

    /// Returns how long a refusal is retried; `created` says that the stream has just made the
    /// credential.
    pub fn settle(&self, created: bool) -> Duration {
        match (self.checks.settle, created) {
            (Some(DurationFlag(typed)), _) => typed,
            (None, true) => Duration::from_mins(3),
            (None, false) => Duration::from_secs(30),
        }
    }
}
