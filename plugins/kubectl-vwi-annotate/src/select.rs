//! Records of ServiceAccounts that the user selected in the tenant.

use vwi_cli::Failure;
use vwi_cli::flags::bad_usage;
use vwi_cli::input::{self, Collected};
use vwi_cli::talk::Talk;
use vwi_core::name::{is_label, is_system};
use vwi_core::record::Record;
use vwi_core::text::escape;
use vwi_kubernetes::Tenant;
use vwi_kubernetes::tenant::Scope;

use crate::args::AnnotateArgs;

/// Makes a record of each selected ServiceAccount.
pub(crate) async fn records(
    arguments: &AnnotateArgs,
    tenant: &Tenant,
    talk: &Talk,
) -> Result<Collected, Failure> {
    let selection = &arguments.selection;
    let namespace = tenant.cluster().default_namespace();
    let label = tenant.cluster().label();
    if !selection.names.is_empty() {
        if !is_label(namespace) {
            return Err(bad_usage(format!("`{}` is no namespace", escape(namespace)), None).into());
        }
        let names = selection.accounts()?;
        let records = names.into_iter().map(|name| Record::new(namespace, name));
        let mut collected = input::of_records(records)?;
        collected.selection = Some(selection.selection(&label));
        return Ok(collected);
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
    let all = found.len();
    let meant: Vec<Record> = found
        .into_iter()
        .map(|account| account.metadata)
        .filter(|metadata| {
            arguments.include_system || !is_system(&metadata.namespace, &metadata.name)
        })
        .map(|metadata| Record::new(&metadata.namespace, &metadata.name))
        .collect();
    if meant.len() < all {
        talk.say(&format!(
            "{} left out: `default` ServiceAccounts and namespaces `kube-*` (`--include-system` takes them)",
            all - meant.len()
        ));
    }
    let mut collected = input::of_records(meant)?;
    let selection = selection.selection(&label);
    collected.selection = Some(if arguments.include_system {
        selection
    } else {
        selection.without_system()
    });
    Ok(collected)
}
