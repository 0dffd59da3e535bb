//! Which ServiceAccounts of the tenant are checked, where no records are read.

use std::collections::BTreeSet;

use vwi_cli::flags::UsageError;
use vwi_core::annotation::{PREFIX, USE, USE_VALUE};
use vwi_core::record::Record;
use vwi_kubernetes::ApiError;
use vwi_kubernetes::Tenant;
use vwi_kubernetes::object::Metadata;
use vwi_kubernetes::tenant::Scope;

use crate::args::CheckArgs;

/// The records to check, and how many ServiceAccounts have nothing to do with Azure.
pub(crate) struct Selected {
    pub(crate) records: Vec<Record>,
    pub(crate) left_out: usize,
}

/// Makes a record of each ServiceAccount that was named.
///
/// # Errors
///
/// [`UsageError`] for a name that can't be one.
pub(crate) fn named(args: &CheckArgs, namespace: &str) -> Result<Vec<Record>, UsageError> {
    let names = args.selection.accounts()?;
    let records = names.into_iter().map(|name| Record::new(namespace, name));
    Ok(records.collect())
}

/// Makes a record of each candidate in scope: one with a key of the webhook, or that a labelled
/// workload or pod uses. With a selector, all that it picks are wanted.
///
/// # Errors
///
/// [`ApiError`] if the ServiceAccounts can't be listed.
pub(crate) async fn candidates(
    args: &CheckArgs,
    tenant: &Tenant,
    namespace: &str,
) -> Result<Selected, ApiError> {
    let scope = if args.selection.all_namespaces {
        Scope::All
    } else {
        Scope::Namespace(namespace.to_owned())
    };
    let selector = args.selection.selector.as_deref();
    let fields = args.selection.field_selector.as_deref();
    let (accounts, workloads, pods) = tokio::join!(
        tenant.service_accounts(&scope, selector, fields),
        tenant.workloads(&scope),
        tenant.pods(&scope, Some("azure.workload.identity/use=true")),
    );
    let accounts = accounts?;
    let mut used: BTreeSet<(String, String)> = BTreeSet::new();
    // Without them, annotations alone tell; the checks say that workloads were not seen.
    for workload in workloads.seen {
        if workload
            .template_metadata
            .labels
            .get(USE)
            .map(String::as_str)
            == Some(USE_VALUE)
        {
            let account = workload.template.service_account().to_owned();
            used.insert((workload.metadata.namespace, account));
        }
    }
    for pod in pods.into_iter().flatten() {
        let account = pod.spec.service_account().to_owned();
        used.insert((pod.metadata.namespace, account));
    }
    let all = accounts.len();
    let records: Vec<Record> = accounts
        .into_iter()
        .map(|account| account.metadata)
        .filter(|metadata| {
            selector.is_some()
                || fields.is_some()
                || carries_key(metadata)
                || used.contains(&(metadata.namespace.clone(), metadata.name.clone()))
        })
        .map(|metadata| Record::new(&metadata.namespace, &metadata.name))
        .collect();
    Ok(Selected {
        left_out: all - records.len(),
        records,
    })
}

fn carries_key(metadata: &Metadata) -> bool {
    metadata
        .annotations
        .keys()
        .chain(metadata.labels.keys())
        .any(|key| key.starts_with(PREFIX))
}
