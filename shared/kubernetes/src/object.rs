//! Kubernetes objects, as far as the steps look at them.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use vwi_core::json::null_is_absent;
use vwi_core::list::without_tokens;

/// An object's metadata.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Metadata {
    /// Name.
    pub name: String,
    /// Namespace; empty for what has none.
    pub namespace: String,
    /// uid.
    pub uid: String,
    /// Version for comparison only.
    pub resource_version: String,
    /// RFC 3339 time.
    pub creation_timestamp: Option<String>,
    /// RFC 3339 time; set while it is being deleted.
    pub deletion_timestamp: Option<String>,
    /// Labels.
    #[serde(deserialize_with = "null_is_absent")]
    pub labels: BTreeMap<String, String>,
    /// Annotations, without those in which vCluster keeps live tokens of the tenant.
    #[serde(deserialize_with = "without_tokens")]
    pub annotations: BTreeMap<String, String>,
    /// Owners.
    #[serde(deserialize_with = "null_is_absent")]
    pub owner_references: Vec<OwnerReference>,
    /// Who wrote which fields.
    #[serde(deserialize_with = "null_is_absent")]
    pub managed_fields: Vec<ManagedFields>,
}

/// One owner of an object.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct OwnerReference {
    /// Group and version.
    pub api_version: String,
    /// Kind.
    pub kind: String,
    /// Name.
    pub name: String,
    /// uid.
    pub uid: String,
}

/// What one field manager wrote.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ManagedFields {
    /// Field manager.
    pub manager: String,
    /// `Apply` or `Update`.
    pub operation: String,
    /// `status` and the like; empty for the object itself.
    pub subresource: String,
    /// The fields, as `f:` keys.
    #[serde(rename = "fieldsV1")]
    pub fields: Value,
}

impl ManagedFields {
    /// Whether it wrote this annotation.
    pub fn owns_annotation(&self, key: &str) -> bool {
        self.fields
            .get("f:metadata")
            .and_then(|metadata| metadata.get("f:annotations"))
            .and_then(Value::as_object)
            .is_some_and(|keys| {
                keys.iter()
                    .any(|(owned, _)| owned.strip_prefix("f:") == Some(key))
            })
    }
}

/// A ServiceAccount.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct ServiceAccount {
    /// Its metadata.
    pub metadata: Metadata,
}

/// A Namespace, or whatever else only the metadata matters of.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Meta {
    /// Its metadata.
    pub metadata: Metadata,
}

/// A Service.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Service {
    /// Its metadata.
    pub metadata: Metadata,
    /// What it is.
    pub spec: ServiceSpec,
}

/// A Service's addresses.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ServiceSpec {
    /// Its address; `None` or `"None"` for a headless one.
    #[serde(rename = "clusterIP")]
    pub cluster_ip: Option<String>,
}

/// A pod.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Pod {
    /// Its metadata.
    pub metadata: Metadata,
    /// What runs in it.
    pub spec: PodSpec,
    /// How it does.
    pub status: PodStatus,
}

/// A pod's or a pod template's content.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PodSpec {
    /// Its ServiceAccount; empty in a template that names none.
    pub service_account_name: String,
    /// The node; empty before it is bound.
    pub node_name: String,
    /// Containers.
    #[serde(deserialize_with = "null_is_absent")]
    pub containers: Vec<Container>,
    /// Init containers.
    #[serde(deserialize_with = "null_is_absent")]
    pub init_containers: Vec<Container>,
    /// Volumes.
    #[serde(deserialize_with = "null_is_absent")]
    pub volumes: Vec<Volume>,
}

impl PodSpec {
    /// Returns the ServiceAccount that it runs as.
    pub fn service_account(&self) -> &str {
        match self.service_account_name.as_str() {
            "" => "default",
            name => name,
        }
    }
}

/// A pod's state.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct PodStatus {
    /// `Pending`, `Running`, `Succeeded`, `Failed` or `Unknown`.
    pub phase: String,
}

/// A container.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Container {
    /// Its name.
    pub name: String,
    /// Its image.
    pub image: String,
    /// Its arguments.
    #[serde(deserialize_with = "null_is_absent")]
    pub args: Vec<String>,
    /// Its environment.
    #[serde(deserialize_with = "null_is_absent")]
    pub env: Vec<EnvironmentVariable>,
    /// Its mounts.
    #[serde(deserialize_with = "null_is_absent")]
    pub volume_mounts: Vec<VolumeMount>,
}

/// One variable of a container.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct EnvironmentVariable {
    /// Its name.
    pub name: String,
    /// Its value; empty where it comes from elsewhere.
    pub value: String,
}

/// One mount of a container.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct VolumeMount {
    /// The volume.
    pub name: String,
    /// Where it is.
    pub mount_path: String,
}

/// A volume.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Volume {
    /// Its name.
    pub name: String,
    /// What it is made of, if it is a projected one.
    pub projected: Option<Projected>,
}

/// A projected volume.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Projected {
    /// Its sources.
    #[serde(deserialize_with = "null_is_absent")]
    pub sources: Vec<ProjectedSource>,
}

/// One source of a projected volume.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ProjectedSource {
    /// The token, if it is one.
    pub service_account_token: Option<TokenSource>,
}

/// A token that the kubelet asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct TokenSource {
    /// Its audience; empty for the API server's own.
    pub audience: String,
    /// How long it is good for, in seconds.
    pub expiration_seconds: Option<i64>,
    /// The file.
    pub path: String,
}

/// A workload that makes pods, or a control plane of a vCluster.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Workload {
    /// Kind, such as `Deployment`.
    pub kind: &'static str,
    /// Its metadata.
    pub metadata: Metadata,
    /// Wanted pods, where the kind has a number.
    pub replicas: Option<i64>,
    /// The template's metadata.
    pub template_metadata: Metadata,
    /// The template's content.
    pub template: PodSpec,
}

/// The wire form of a workload with `spec.template`.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct WorkloadObject {
    metadata: Metadata,
    spec: WorkloadSpec,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct WorkloadSpec {
    replicas: Option<i64>,
    template: Template,
    job_template: Option<JobTemplate>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Template {
    metadata: Option<Metadata>,
    spec: PodSpec,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct JobTemplate {
    spec: JobSpec,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct JobSpec {
    template: Template,
}

impl WorkloadObject {
    pub(crate) fn into_workload(self, kind: &'static str) -> Workload {
        let template = self
            .spec
            .job_template
            .map_or(self.spec.template, |job| job.spec.template);
        Workload {
            kind,
            metadata: self.metadata,
            replicas: self.spec.replicas,
            template_metadata: template.metadata.unwrap_or_default(),
            template: template.spec,
        }
    }
}

/// One mutating admission webhook.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Webhook {
    /// Its name.
    pub name: String,
    /// `Ignore` or `Fail`.
    pub failure_policy: Option<String>,
    /// Which objects it sees, by label.
    pub object_selector: Value,
    /// Which namespaces it sees, by label.
    pub namespace_selector: Value,
    /// Which operations on which resources.
    pub rules: Value,
}

/// A configuration of admission webhooks.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct WebhookConfiguration {
    /// Its metadata.
    pub metadata: Metadata,
    /// Its webhooks.
    #[serde(deserialize_with = "null_is_absent")]
    pub webhooks: Vec<Webhook>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn live_tokens_never_leave_the_parser() {
        let pod: Pod = serde_json::from_str(
            r#"{"metadata":{"name":"p","labels":null,"annotations":{
                "vcluster.loft.sh/token-dyxgwwvl":"secret","vcluster.loft.sh/name":"demo"}}}"#,
        )
        .unwrap();
        assert!(!format!("{pod:?}").contains("secret"));
        assert_eq!(pod.metadata.annotations.len(), 1);
    }

    #[test]
    fn a_cron_jobs_template_is_found_where_it_is() {
        let object: WorkloadObject = serde_json::from_str(
            r#"{"metadata":{"name":"nightly"},"spec":{"jobTemplate":{"spec":{"template":
                {"metadata":{"labels":{"a":"b"}},"spec":{"serviceAccountName":"app"}}}}}}"#,
        )
        .unwrap();
        let workload = object.into_workload("CronJob");
        assert_eq!(workload.template.service_account_name, "app");
        assert_eq!(
            workload
                .template_metadata
                .labels
                .get("a")
                .map(String::as_str),
            Some("b")
        );
    }

    #[test]
    fn the_manager_of_an_annotation_is_known() {
        let managed: ManagedFields = serde_json::from_str(
            r#"{"manager":"helm","operation":"Apply","fieldsV1":{"f:metadata":{"f:annotations":{
                ".":{},"f:azure.workload.identity/client-id":{}}}}}"#,
        )
        .unwrap();
        assert!(managed.owns_annotation("azure.workload.identity/client-id"));
        assert!(!managed.owns_annotation("azure.workload.identity/tenant-id"));
    }
}
