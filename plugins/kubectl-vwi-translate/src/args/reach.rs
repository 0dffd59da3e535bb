//! Which tenants are reached, and how.

use clap::Args;
use vwi_cli::flags::{UsageError, bad_usage};
use vwi_core::record::Source;

use super::TranslateArgs;

/// Which tenants are reached, and which of their ServiceAccounts is meant
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "vCluster")]
pub struct ReachFlags {
    /// All vClusters of the host, of several (`--host-context` repeated), or with `--platform` of all
    /// hosts of its instances, from what these show
    #[arg(long, conflicts_with_all = ["vcluster", "vcluster_values", "filenames", "offline"])]
    pub all_vclusters: bool,
    /// Ask a tenant that is asleep too, which wakes it
    #[arg(long)]
    pub wake: bool,
    /// Where ServiceAccounts are not synced: the one that all pods of the vCluster share
    #[arg(long, conflicts_with = "all_vclusters")]
    pub workload_service_account: bool,
}

/// Refuses what can't be meant.
///
/// # Errors
///
/// [`UsageError`]
pub(super) fn check(args: &TranslateArgs) -> Result<(), UsageError> {
    let selection = &args.selection;
    let has_selector = selection.selector.is_some() || selection.field_selector.is_some();
    if args.reach.all_vclusters && has_selector {
        return Err(bad_usage(
            "`--all-vclusters` asks no tenant, so `-l` and `--field-selector` can't be given with it",
            None,
        ));
    }
    if args.reach.all_vclusters && args.host.no_host {
        return Err(bad_usage(
            "`--all-vclusters` asks the host, so `--no-host` can't be given with it",
            None,
        ));
    }
    if args.reach.all_vclusters && args.platform.project.is_some() {
        return Err(bad_usage(
            "`--all-vclusters` takes whole hosts, so `--project` can't be given with it",
            None,
        ));
    }
    if args.reach.all_vclusters && args.via.picks(Source::Token) {
        return Err(bad_usage(
            "`--all-vclusters` asks no tenant, so `--via=token` can't be given with it",
            None,
        ));
    }
    if args.host.host_context.len() > 1
        && !args.reach.all_vclusters
        && args.input.filenames.is_empty()
        && args.which.vcluster.is_none()
    {
        return Err(bad_usage(
            "several `--host-context` need `--all-vclusters`, `--vcluster` or `-f`",
            None,
        ));
    }
    Ok(())
}
