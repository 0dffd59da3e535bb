//! Formats of translate's own: the table's columns, subjects, and lines for a shell.

use shlex::try_quote;
use vwi_cli::output::{Format, TableSpec};
use vwi_core::record::{Evidence, Record};
use vwi_core::step::Step;

/// What `-o` can ask translate for.
pub const FORMATS: [Format; 9] = [
    Format::Ndjson,
    Format::Json,
    Format::Yaml,
    Format::Manifest,
    Format::Table,
    Format::Wide,
    Format::Name,
    Format::Subject,
    Format::Env,
];

/// The table's columns.
pub const TABLE: TableSpec = TableSpec {
    headers: &[
        "NAMESPACE",
        "NAME",
        "HOST-NAMESPACE",
        "HOST-NAME",
        "RESULT",
        "VCLUSTER",
        "UID",
        "ISSUER",
        "MESSAGE",
    ],
    wide_from: 5,
    row,
};

fn row(record: &Record) -> Vec<String> {
    let status = record.status().unwrap_or_default();
    let spec = record.spec().unwrap_or_default();
    let condition = record.condition(Step::Translate);
    let (host_namespace, host_name) = status
        .host_service_account
        .map_or_else(Default::default, |host| (host.namespace, host.name));
    let (reason, message) = condition.map_or_else(Default::default, |condition| {
        (condition.reason, condition.message)
    });
    vec![
        record.namespace().to_owned(),
        record.name().to_owned(),
        host_namespace,
        host_name,
        reason,
        spec.virtual_cluster
            .and_then(|vcluster| vcluster.name)
            .unwrap_or_default(),
        status.tenant.service_account_uid.unwrap_or_default(),
        status.issuer.unwrap_or_default(),
        message,
    ]
}

/// Returns who calls a ServiceAccount what, so that several stand side by side.
pub fn side(said: &Evidence) -> String {
    let name = said.name.as_deref().unwrap_or("-");
    let namespace = said.namespace.as_deref().unwrap_or("-");
    format!("  {:<9} {namespace}/{name}", said.source.word())
}

/// Returns a record's subject, unless it failed.
pub fn subject(record: &Record) -> Option<String> {
    let status = record.status().ok()?;
    status.subject.map(|subject| format!("{subject}\n"))
}

/// Lines in place of those that a failure leaves open: a shell that evaluates them has no variable
/// of a run before, and a status that says so.
pub const FAILED_ENV: &str = "unset KSA_NAME KSA_NAMESPACE; false\n";

/// Returns the lines that set the variables of vCluster's documented procedure; `None` if the
/// record failed.
pub fn env(record: &Record) -> Option<String> {
    let host = record.status().ok()?.host_service_account?;
    exports(&host.name, &host.namespace)
}

/// Quotes for any shell. Only NUL can't be quoted, and Kubernetes names hold none.
fn exports(name: &str, namespace: &str) -> Option<String> {
    let name = try_quote(name).ok()?;
    let namespace = try_quote(namespace).ok()?;
    Some(format!(
        "export KSA_NAME={name}\nexport KSA_NAMESPACE={namespace}\n"
    ))
}

#[cfg(test)]
mod tests;
