//! The command line of annotate.

use clap::{ArgAction, Args, ValueEnum};
use vwi_cli::flags::{
    ChangeFlags, HostFlags, InputFlags, KubectlFlags, OutputFlags, SelectionFlags, go_bool,
};
use vwi_core::annotation::Policy;
use vwi_kubernetes::tenant::FIELD_MANAGER;

/// Arguments of annotate
#[derive(Args, Clone, Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a flag that a user types by itself"
)]
pub struct AnnotateArgs {
    /// Which ServiceAccounts
    #[command(flatten)]
    pub selection: SelectionFlags,
    /// Take `default` ServiceAccounts and `kube-*` namespaces too, where no names are given
    #[arg(long, help_heading = "Selection")]
    pub include_system: bool,
    /// Which records
    #[command(flatten)]
    pub input: InputFlags,
    /// Client id of the managed identity (else the record's)
    #[arg(long, value_name = "GUID", help_heading = "Annotations")]
    pub client_id: Option<String>,
    /// Entra tenant of the managed identity (else the record's)
    #[arg(long, value_name = "GUID", help_heading = "Annotations")]
    pub azure_tenant_id: Option<String>,
    /// Lifetime of the token in seconds, 3600 to 86400
    #[arg(long, value_name = "SECONDS", help_heading = "Annotations")]
    pub token_expiration: Option<u32>,
    /// Make a ServiceAccount that is not there
    #[arg(long, help_heading = "Annotations")]
    pub create: bool,
    /// Take the annotations away
    #[arg(long, help_heading = "Annotations", conflicts_with_all = ["create", "client_id", "azure_tenant_id", "token_expiration"])]
    pub remove: bool,
    /// Take over annotations that another field manager wrote
    #[arg(long, help_heading = "Annotations")]
    pub force_conflicts: bool,
    /// Name of the field manager
    #[arg(long, help_heading = "Annotations", value_name = "NAME", default_value = FIELD_MANAGER)]
    pub field_manager: String,
    /// What to do with a ServiceAccount that Git keeps and that lacks the annotations there
    #[arg(long, help_heading = "Annotations", value_name = "HOW", value_enum, default_value_t = GitOps::Warn)]
    pub gitops: GitOps,
    /// Write to a cluster that nothing in the record identifies
    #[arg(long, help_heading = "Annotations")]
    pub allow_unverified_cluster: bool,
    /// Wait until the host's copy shows the annotations
    #[arg(long, help_heading = "Annotations", action = ArgAction::Set, num_args = 0..=1, require_equals = true, default_value = "true", default_missing_value = "true", hide_default_value = true, value_name = "BOOL", value_parser = go_bool)]
    pub wait: bool,
    /// Requests to the cluster at once
    #[arg(long, help_heading = "Changes", value_name = "N", default_value_t = 16, value_parser = clap::value_parser!(u16).range(1..=256))]
    pub concurrency: u16,
    /// Changes
    #[command(flatten)]
    pub change: ChangeFlags,
    /// Tenant cluster
    #[command(flatten)]
    pub kubectl: KubectlFlags,
    /// Host cluster
    #[command(flatten)]
    pub host: HostFlags,
    /// Output
    #[command(flatten)]
    pub output: OutputFlags,
}

/// `--gitops`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum GitOps {
    /// Write what Git lacks, and say so.
    #[default]
    Warn,
    /// Write nothing, print what to commit.
    Refuse,
}

impl AnnotateArgs {
    /// Returns how writes are done.
    pub fn policy(&self) -> Policy {
        Policy {
            field_manager: self.field_manager.clone(),
            force_conflicts: self.force_conflicts,
            refuse_git: self.gitops == GitOps::Refuse,
        }
    }
}
