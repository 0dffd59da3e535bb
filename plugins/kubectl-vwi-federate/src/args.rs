//! The command line of federate.

mod taking;

use std::path::PathBuf;

pub(crate) use taking::{Prune, TakingFlags};

use clap::{Args, ValueEnum};
use vwi_cli::flags::{ChangeFlags, HostFlags, InputFlags, KubectlFlags, OutputFlags};
use vwi_core::arm::Scope;
use vwi_core::federation::Owner;
use vwi_core::subject::Subject;
use vwi_core::translation::Grade;

/// Arguments of federate
#[derive(Args, Clone, Debug)]
pub struct FederateArgs {
    /// Which identity
    #[command(flatten)]
    pub identity: IdentityFlags,
    /// Who is trusted
    #[command(flatten)]
    pub trust: TrustFlags,
    /// What the identity may do
    #[command(flatten)]
    pub roles: RoleFlags,
    /// What is taken away
    #[command(flatten)]
    pub taking: TakingFlags,
    /// Which records
    #[command(flatten)]
    pub input: InputFlags,
    /// Changes
    #[command(flatten)]
    pub change: ChangeFlags,
    /// How Azure is reached
    #[command(flatten)]
    pub azure: WriteFlags,
    /// Host cluster
    #[command(flatten)]
    pub host: HostFlags,
    /// Tenant cluster
    #[command(flatten)]
    pub kubectl: KubectlFlags,
    /// Output
    #[command(flatten)]
    pub output: OutputFlags,
}

/// The managed identity
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Identity")]
pub struct IdentityFlags {
    /// The managed identity: its name, with {name}, {namespace} and {vcluster} for the record's
    /// own, or its ARM id; repeatable with --prune=dangling
    #[arg(long, value_name = "NAME|ID")]
    pub identity: Vec<String>,
    /// YAML file with rows of vcluster, namespace, name (`*` for any) and identity
    #[arg(long, value_name = "FILE", conflicts_with = "identity")]
    pub identity_map: Option<PathBuf>,
    /// Where identities come from: `existing`, those that trust the subject already
    #[arg(long, value_name = "SOURCE", value_enum, conflicts_with_all = ["identity", "identity_map", "create_identity"])]
    pub identity_from: Option<IdentityFrom>,
    /// Resource group of the identity (else the Azure CLI's default)
    #[arg(short = 'g', long, value_name = "GROUP")]
    pub resource_group: Option<String>,
    /// Subscription of the identity, by id or name (else the Azure CLI's)
    #[arg(long, value_name = "SUBSCRIPTION")]
    pub subscription: Option<String>,
    /// Make the identity if it is not there
    #[arg(long)]
    pub create_identity: bool,
    /// Region of an identity that is made (else the Azure CLI's default, else the group's)
    #[arg(long, value_name = "REGION")]
    pub location: Option<String>,
    /// Give one identity to several ServiceAccounts that were selected in bulk
    #[arg(long)]
    pub shared_identity: bool,
    /// Whose credentials these are; part of their names, so that two owners leave each other's alone
    #[arg(long, value_name = "NAME")]
    pub owner: Option<Owner>,
}

/// `--identity-from`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum IdentityFrom {
    /// The identity of the group or subscription that trusts the subject already.
    Existing,
}

impl IdentityFlags {
    /// Returns the identity for records; several are for pruning only, which has been checked.
    pub fn identity(&self) -> Option<&str> {
        self.identity.first().map(String::as_str)
    }
}

/// Whom the identity trusts
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Trust")]
pub struct TrustFlags {
    /// AKS cluster whose issuer it is: NAME, GROUP/NAME or ARM id
    #[arg(long, value_name = "CLUSTER")]
    pub aks_cluster: Option<String>,
    /// OIDC issuer of the host cluster, with the slash at its end
    #[arg(long, value_name = "URL")]
    pub issuer: Option<String>,
    /// Audience of the credential (else the cloud's)
    #[arg(long, value_name = "AUDIENCE")]
    pub audience: Option<String>,
    /// Subject to trust, in place of records
    #[arg(long, value_name = "SUBJECT", conflicts_with_all = ["filenames", "partial"])]
    pub subject: Option<Subject>,
    /// Weakest proof of a subject that is enough: proven, configured or computed
    #[arg(long, value_name = "GRADE", default_value_t = Grade::Configured)]
    pub accept: Grade,
    /// Accept a subject that other pods have too (`default`, the workload ServiceAccount)
    #[arg(long)]
    pub allow_shared_subject: bool,
}

/// Role assignments of the identity
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Roles")]
pub struct RoleFlags {
    /// Role to assign, by name or id
    #[arg(long, value_name = "ROLE", requires = "scope")]
    pub role: Option<String>,
    /// Where that role holds; there is no default
    #[arg(long, value_name = "SCOPE", requires = "role")]
    pub scope: Option<Scope>,
    /// Role and scope in one; repeatable
    #[arg(long, value_name = "ROLE@SCOPE")]
    pub assign: Vec<Assign>,
    /// Wait until Azure shows the role assignments that are made
    #[arg(long)]
    pub wait: bool,
}

/// A role at a scope, as `ROLE@SCOPE`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assign {
    /// The role.
    pub role: String,
    /// The scope.
    pub scope: Scope,
}

impl std::str::FromStr for Assign {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (role, scope) = text
            .split_once('@')
            .filter(|(role, _)| !role.is_empty())
            .ok_or_else(|| "not of the form ROLE@SCOPE".to_owned())?;
        let scope = scope.parse().map_err(|error| format!("{error}"))?;
        Ok(Self {
            role: role.to_owned(),
            scope,
        })
    }
}

impl RoleFlags {
    /// Returns all roles of the flags.
    pub fn all(&self) -> Vec<Assign> {
        let pair = self.role.clone().zip(self.scope.clone());
        let pair = pair.map(|(role, scope)| Assign { role, scope });
        pair.into_iter()
            .chain(self.assign.iter().cloned())
            .collect()
    }
}

/// How Azure is reached, and how fast it is written to
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Azure")]
pub struct WriteFlags {
    /// How it is reached
    #[command(flatten)]
    pub reach: vwi_cli::flags::AzureFlags,
    /// Requests to Azure at once
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u16).range(1..=256))]
    pub concurrency: u16,
    /// Pace of writes: as documented, or as fast as Azure answers
    #[arg(long, value_name = "PACE", value_enum, default_value_t = PaceChoice::Documented)]
    pub pace: PaceChoice,
    /// Exit with 1 if the plan is not empty
    #[arg(long, value_name = "WHEN", value_enum)]
    pub fail_on: Option<FailOn>,
}

/// `--pace`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum PaceChoice {
    /// As fast as Azure answers; throttles are obeyed.
    Off,
    /// At the documented limits, so that nothing is throttled.
    #[default]
    Documented,
}

/// `--fail-on`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum FailOn {
    /// Something would be, or was, changed.
    Change,
}
