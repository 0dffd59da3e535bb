//! The command line of translate.

use std::borrow::Cow;
use std::path::PathBuf;

use clap::Args;
use reach::ReachFlags;
use vwi_cli::flags::{
    ChangeFlags, HostFlags, InputFlags, KubectlFlags, OutputFlags, PlatformFlags, SelectionFlags,
    ShardFlags, UsageError, bad_usage,
};
use vwi_core::name::{is_label, is_subdomain};
use vwi_core::stream::Selection;
use vwi_core::translation::Grade;

pub mod reach;
mod via;
mod way;

pub use via::{TOKEN_IMAGE, ViaFlags};
pub use way::WayFlags;

/// Which ServiceAccounts, of which vCluster, and how far it has to be proven.
#[derive(Args, Clone, Debug)]
pub struct TranslateArgs {
    /// Which ServiceAccounts
    #[command(flatten)]
    pub selection: SelectionFlags,
    /// Take `default` ServiceAccounts and `kube-*` namespaces too, where no names are given
    #[arg(long, help_heading = "Selection")]
    pub include_system: bool,
    /// Which part of them
    #[command(flatten)]
    pub shard: ShardFlags,
    /// Which vCluster
    #[command(flatten)]
    pub which: VirtualClusterFlags,
    /// Which tenants are reached
    #[command(flatten)]
    pub reach: ReachFlags,
    /// How far it has to be proven
    #[command(flatten)]
    pub proof: ProofFlags,
    /// Which sources are asked
    #[command(flatten)]
    pub via: ViaFlags,
    /// Which way it goes
    #[command(flatten)]
    pub way: WayFlags,
    /// Which documents
    #[command(flatten)]
    pub input: InputFlags,
    /// The tenant cluster
    #[command(flatten)]
    pub kubectl: KubectlFlags,
    /// The host cluster
    #[command(flatten)]
    pub host: HostFlags,
    /// The Platform
    #[command(flatten)]
    pub platform: PlatformFlags,
    /// Dry runs and time
    #[command(flatten)]
    pub change: ChangeFlags,
    /// What is printed
    #[command(flatten)]
    pub output: OutputFlags,
}

/// Which vCluster it is, where nothing else tells
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "vCluster")]
pub struct VirtualClusterFlags {
    /// Name of the vCluster: its Helm release
    #[arg(long, value_name = "NAME")]
    pub vcluster: Option<String>,
    /// Host namespace of the vCluster's control plane
    #[arg(long, value_name = "NS")]
    pub vcluster_namespace: Option<String>,
    /// The vCluster's values, where its configuration on the host can't be read
    #[arg(long, value_name = "FILE")]
    pub vcluster_values: Option<PathBuf>,
}

/// How far a host name has to be proven
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Proof")]
pub struct ProofFlags {
    /// No network: flags, context name and vCluster's algorithm alone; implies --accept=computed
    #[arg(long)]
    pub offline: bool,
    /// Weakest proof that is enough: proven, configured or computed [default: configured]
    #[arg(long, value_name = "GRADE")]
    pub accept: Option<Grade>,
    /// Accept a ServiceAccount that the tenant does not have yet
    #[arg(long)]
    pub allow_missing: bool,
    /// Wait until the host has the ServiceAccount, up to --timeout
    #[arg(long)]
    pub wait: bool,
}

impl TranslateArgs {
    /// Whether the command line says which ServiceAccounts; else the help is the answer.
    pub fn is_asked(&self) -> bool {
        self.way.reverse
            || self.way.terraform
            || self.selection.is_given()
            || !self.input.filenames.is_empty()
            || self.kubectl.namespace.is_some()
            || self.reach.all_vclusters
    }

    /// Refuses what can't be meant.
    ///
    /// # Errors
    ///
    /// [`UsageError`]
    pub fn check(&self) -> Result<(), UsageError> {
        reach::check(self)?;
        let selection = &self.selection;
        let has_names = !selection.names.is_empty();
        let has_files = !self.input.filenames.is_empty();
        if self.way.reverse {
            return self.check_reverse();
        }
        if self.way.terraform && (selection.is_given() || has_files || self.output.output.is_some())
        {
            return Err(bad_usage(
                "names, selectors, `-f` and `-o` can't be given together with `--terraform`",
                Some("Terraform says on standard input what it wants"),
            ));
        }
        let is_part = self.reach.all_vclusters || self.shard.shard.is_some();
        if self.way.terraform && is_part {
            return Err(bad_usage(
                "`--all-vclusters` and `--shard` can't be given together with `--terraform`",
                Some("Terraform is answered for all that it asks, of one vCluster"),
            ));
        }
        selection.check(&self.input)?;
        self.kubectl.check()?;
        if self.proof.offline && !has_names && !has_files && !self.way.terraform {
            return Err(bad_usage(
                "`--offline` asks no cluster which ServiceAccounts there are",
                Some("give names, or documents with `-f`"),
            ));
        }
        if self.proof.offline && (self.proof.wait || self.host.is_typed()) {
            return Err(bad_usage(
                "`--offline` looks at no cluster, so `--wait` and `--host-…` can't be given with it",
                None,
            ));
        }
        let blind = self.blinding_flag();
        if let Some(flag) = blind.filter(|_| self.proof.wait) {
            return Err(bad_usage(
                format!("`--wait` waits for what the host shows, and `{flag}` looks at no host"),
                None,
            ));
        }
        self.via.check(self.proof.offline)?;
        let stdin_is_data = self.input.names_stdin();
        self.platform.check(stdin_is_data)?;
        if self.proof.offline && self.platform.is_typed() {
            return Err(bad_usage(
                "`--offline` asks nobody, so the Platform's flags can't be given with it",
                None,
            ));
        }
        let name = self.which.vcluster.as_deref();
        if let Some(name) = name.filter(|name| !is_subdomain(name)) {
            return Err(bad_usage(
                format!("`--vcluster {name}` is no name of a Helm release"),
                Some("a display name of the Platform is no name: give the Helm release"),
            ));
        }
        let namespace = self.which.vcluster_namespace.as_deref();
        if let Some(namespace) = namespace.filter(|text| !is_label(text)) {
            return Err(bad_usage(
                format!("`--vcluster-namespace {namespace}` is no name of a namespace"),
                None,
            ));
        }
        Ok(())
    }

    /// Refuses what says nothing about a host ServiceAccount.
    fn check_reverse(&self) -> Result<(), UsageError> {
        let selection = &self.selection;
        let meaningless = [
            ("-A", selection.all_namespaces),
            ("-l", selection.selector.is_some()),
            ("--field-selector", selection.field_selector.is_some()),
            ("--vcluster", self.which.vcluster.is_some()),
            ("--vcluster-values", self.which.vcluster_values.is_some()),
            ("--offline", self.proof.offline),
            ("--allow-missing", self.proof.allow_missing),
            ("--wait", self.proof.wait),
            ("--via", !self.via.via.is_empty()),
            ("--token-image", self.via.token_image.is_some()),
            ("--all-vclusters", self.reach.all_vclusters),
            (
                "--workload-service-account",
                self.reach.workload_service_account,
            ),
            ("--wake", self.reach.wake),
            ("--include-system", self.include_system),
            ("--platform", self.platform.platform.is_some()),
            ("--project", self.platform.project.is_some()),
        ];
        if let Some((flag, _)) = meaningless.into_iter().find(|(_, given)| *given) {
            return Err(bad_usage(
                format!("`{flag}` can't be given together with `--reverse`"),
                Some(
                    "give NAMESPACE/NAME of the host, subjects, or federated credentials with `-f`",
                ),
            ));
        }
        let namespaces = (&self.kubectl.namespace, &self.which.vcluster_namespace);
        if let (Some(one), Some(other)) = namespaces
            && one != other
        {
            return Err(bad_usage(
                "`-n` and `--vcluster-namespace` say two namespaces of the host",
                None,
            ));
        }
        Ok(())
    }

    /// Returns the flag that keeps the host from being looked at.
    pub fn blinding_flag(&self) -> Option<Cow<'static, str>> {
        if self.proof.offline {
            Some("--offline".into())
        } else if self.host.no_host {
            Some("--no-host".into())
        } else if self.via.looks_at_host() {
            None
        } else {
            Some(format!("--via={}", self.via.words()).into())
        }
    }

    /// Returns the weakest grade that is enough.
    pub fn accepted(&self) -> Grade {
        self.proof.accept.unwrap_or(if self.proof.offline {
            Grade::Computed
        } else {
            Grade::Configured
        })
    }

    /// Returns what the StreamEnd says of the selection.
    pub fn selection_of(&self, scope: &str) -> Selection {
        let selection = if self.input.filenames.is_empty() {
            self.selection.selection(scope)
        } else {
            Selection::Narrowed {
                by: vec!["input".to_owned()],
            }
        };
        self.shard.selection(self.left_out(selection))
    }

    /// Says of a selection of all that it is without those that nobody means.
    pub fn left_out(&self, selection: Selection) -> Selection {
        if self.include_system {
            selection
        } else {
            selection.without_system()
        }
    }
}
