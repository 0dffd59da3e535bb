//! Records of ServiceAccounts that the user selected in the tenant.

use vwi_cli::Failure;
use vwi_cli::flags::bad_usage;
use vwi_cli::input::{self, Collected};
use vwi_core::name::{is_label, is_subdomain};
use vwi_core::record::Record;
use vwi_core::text::escape;
use vwi_kubernetes::Tenant;
use vwi_kubernetes::tenant::Scope;

use crate::args::AnnotateArgs;

/// Makes a record of each selected ServiceAccount.
pub(crate) async fn records(
    arguments: &AnnotateArgs,
    tenant: &Tenant,
) -> Result<Collected, Failure> {
    let selection = &arguments.selection;
    let namespace = tenant.cluster().default_namespace();
    if !selection.names.is_empty() {
        if selection.all_namespaces {
            return Err(bad_usage("names can't be given with `-A`", None).into());
        }
        if !is_label(namespace) {
            return Err(bad_usage(format!("`{}` is no namespace", escape(namespace)), None).into());
        }
        for name in &selection.names {
            if !is_subdomain(name) {
                let fault = format!("`{}` is no name of a ServiceAccount", escape(name));
                return Err(bad_usage(fault, None).into());
            }
        }
        let records = selection.names.iter();
        return Ok(input::of_records(
            records.map(|name| Record::new(namespace, name)),
        )?);
    }
    let scope = if selection.all_namespaces {
        Scope::All
    } else {
        Scope::Namespace(namespace.to_owned())
    };
    let found = tenant
        .service_accounts(
            &scope,
            selection.selector.as_deref(),
            selection.field_selector.as_deref(),
        )
        .await?;
    let records = found
        .into_iter()
        .map(|account| Record::new(&account.metadata.namespace, &account.metadata.name));
    Ok(input::of_records(records)?)
}
