//! Flags that take trust away.

use clap::{Args, ValueEnum};
use vwi_cli::flags::{UsageError, bad_usage};
use vwi_core::federation::Adoption;

use super::FederateArgs;

/// What is taken away
#[derive(Args, Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "switches of a command line")]
#[command(next_help_heading = "Taking away")]
pub struct TakingFlags {
    /// Delete credentials that nobody needs: `removed`, the owner's that the input lacks, or
    /// `dangling`, those whose ServiceAccount the host lacks
    #[arg(long, value_name = "WHICH", value_enum)]
    pub prune: Option<Prune>,
    /// If pruning would delete more credentials than these, it deletes none
    #[arg(long, value_name = "N", default_value_t = 5)]
    pub max_delete: usize,
    /// Take the trust in the records away; failed records are accepted, and nothing is proven
    #[arg(long, conflicts_with_all = ["prune", "create_identity", "replace_issuer", "identity_from"])]
    pub delete: bool,
    /// With --delete: role assignments that this plugin made, too
    #[arg(long, requires = "delete")]
    pub delete_roles: bool,
    /// With --delete: identities that this plugin made, too
    #[arg(long, requires = "delete")]
    pub delete_identity: bool,
    /// With --delete and --prune=dangling: credentials that others made, too
    #[arg(long)]
    pub include_foreign: bool,
    /// What becomes of a credential that is right but has another's name
    #[arg(long, value_name = "HOW", value_enum, default_value_t = Adopt::Keep)]
    pub adopt: Adopt,
    /// Issuer that is trusted no more: credentials of ours that trust it are replaced
    #[arg(long, value_name = "OLD")]
    pub replace_issuer: Option<String>,
}

/// `--prune`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Prune {
    /// The owner's credentials whose subject the input lacks.
    Removed,
    /// Credentials of the host's issuer whose ServiceAccount the host lacks.
    Dangling,
}

/// `--adopt`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Adopt {
    /// It keeps its name.
    #[default]
    Keep,
    /// It is replaced by one with a name of ours.
    Rename,
}

impl From<Adopt> for Adoption {
    fn from(adopt: Adopt) -> Self {
        match adopt {
            Adopt::Keep => Self::Keep,
            Adopt::Rename => Self::Rename,
        }
    }
}

impl TakingFlags {
    /// Whether credentials are pruned without input.
    pub fn is_dangling(&self) -> bool {
        self.prune == Some(Prune::Dangling)
    }

    /// Says whether the flags go together, as far as clap can't tell.
    ///
    /// # Errors
    ///
    /// [`UsageError`]
    pub fn check(&self, arguments: &FederateArgs) -> Result<(), UsageError> {
        let identity = &arguments.identity;
        if identity.resource_group.as_deref() == Some("") {
            return Err(bad_usage("`-g` names no resource group", None));
        }
        if self.prune == Some(Prune::Removed) && identity.owner.is_none() {
            return Err(bad_usage(
                "`--prune=removed` without `--owner`: all tenant namespaces may share one host \
                 namespace, so it would take what others made",
                Some("name whose credentials these are with `--owner`"),
            ));
        }
        if self.include_foreign && !self.delete && !self.is_dangling() {
            return Err(bad_usage(
                "`--include-foreign` goes with `--delete` and `--prune=dangling` only",
                None,
            ));
        }
        if !self.is_dangling() {
            return if identity.identity.len() > 1 {
                Err(bad_usage(
                    "`--identity` is given more than once",
                    Some("let `--identity-map` say which record gets which"),
                ))
            } else {
                Ok(())
            };
        }
        let ignored = [
            ("--issuer", arguments.trust.issuer.is_some()),
            ("--aks-cluster", arguments.trust.aks_cluster.is_some()),
            ("--audience", arguments.trust.audience.is_some()),
            ("--role", arguments.roles.role.is_some()),
            ("--assign", !arguments.roles.assign.is_empty()),
            ("--adopt", self.adopt != Adopt::Keep),
            ("--replace-issuer", self.replace_issuer.is_some()),
            ("--create-identity", identity.create_identity),
        ];
        if let Some((flag, _)) = ignored.iter().find(|(_, is_given)| *is_given) {
            return Err(bad_usage(
                format!("`{flag}` has no meaning beside `--prune=dangling`, which only deletes"),
                None,
            ));
        }
        let reads = !arguments.input.filenames.is_empty() || arguments.trust.subject.is_some();
        if reads {
            return Err(bad_usage(
                "`--prune=dangling` takes no records: what is dangling is for the host to say",
                None,
            ));
        }
        let is_placed = !identity.identity.is_empty()
            || identity.resource_group.is_some()
            || identity.subscription.is_some();
        if !is_placed {
            return Err(bad_usage(
                "`--prune=dangling` over which identities?",
                Some(
                    "name them with `--identity`, a resource group with `-g`, or `--subscription`",
                ),
            ));
        }
        if arguments.host.no_host {
            return Err(bad_usage(
                "`--prune=dangling` needs the host, and `--no-host` keeps it away",
                None,
            ));
        }
        Ok(())
    }
}
