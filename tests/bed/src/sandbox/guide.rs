//! What to export and what to try on a sandbox that stays.

use crate::error::{BedError, Doing};
use crate::files;
use crate::sandbox::{IDENTITY, Stage};

/// The whole text, which can be pasted into a shell up to `what to try`.
pub(super) fn text(stage: &Stage) -> Result<String, BedError> {
    let programs = files::programs()?;
    let mut lines = vec![
        "\n== it stays until Ctrl-C; in another terminal:".to_owned(),
        format!("export PATH={}:\"$PATH\"", quoted(programs.as_os_str())?),
        export(
            "KUBECONFIG",
            stage.bed.description().tenant.kubeconfig.as_os_str(),
        )?,
    ];
    for (name, value) in stage.world.env() {
        lines.push(export(&name, &value)?);
    }
    let platform = &stage.bed.description().platform;
    let (url, project) = (&platform.url, &platform.project);
    let key_file = quoted(platform.key_file.as_os_str())?;
    let platform_kubeconfig = quoted(platform.kubeconfig.as_os_str())?;
    let host = &stage.bed.description().host.context;
    let namespace = stage.namespace();
    let instance = &platform.instance;
    lines.push(format!(
        r#"
== the az command line (its cloud is `VwiLocal`, set up in "$AZURE_CONFIG_DIR")
az login --service-principal --username "$AZURE_CLIENT_ID" --password "$AZURE_CLIENT_SECRET" --tenant "$AZURE_TENANT_ID"
az identity federated-credential list --identity-name {IDENTITY} -g rg -o table
az role assignment list --all -o table
az aks show -g rg -n aks --query oidcIssuerProfile

== the vCluster Platform in front of host and tenant ({url}, project {project}, instance {instance})
kubectl --kubeconfig {platform_kubeconfig} get serviceaccounts   # the tenant, through the Platform
kubectl vwi translate app --platform {url} --access-key-file {key_file} --project {project} -o yaml

== what to try
kubectl get serviceaccount app -o yaml                       # the tenant's
kubectl --context {host} -n {namespace} get serviceaccounts       # their copies on the host
kubectl vwi translate app | jq .                             # a record
kubectl vwi translate app | kubectl vwi federate --identity {IDENTITY} -g rg --dry-run
kubectl vwi check app --probe=token
kubectl annotate serviceaccount app azure.workload.identity/client-id=wrong --overwrite
kubectl vwi check app --probe=token                          # says what is wrong now"#
    ));
    Ok(lines.join("\n"))
}

fn export(name: &str, value: &std::ffi::OsStr) -> Result<String, BedError> {
    Ok(format!("export {name}={}", quoted(value)?))
}

fn quoted(value: &std::ffi::OsStr) -> Result<String, BedError> {
    let text = value.to_string_lossy();
    let quoted = shlex::try_quote(&text).doing(|| format!("cannot quote `{text}`"))?;
    Ok(quoted.into_owned())
}
