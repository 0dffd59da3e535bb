//! What a tenant's pod becomes on the host, as arithmetic.
//!
//! Source: vCluster `pkg/controllers/resources/pods/translate/translator.go`, commit 487667546.

use k8s_openapi::api::core::v1::{
    Container, DownwardAPIProjection, DownwardAPIVolumeFile, LocalObjectReference,
    ObjectFieldSelector, Pod, PodSpec, ServiceAccountTokenProjection, Volume, VolumeProjection,
};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{ObjectMeta, OwnerReference};
use sha2::{Digest, Sha256};
use vwi_core::name::safe_concat;
use vwi_core::vcluster_labels as keys;

use crate::config::Config;
use crate::flow::Map;
use crate::metadata::{Kind, Place, new_host, text};

/// Pods, as vCluster calls them.
pub(crate) const POD: Kind = Kind {
    object_kind: keys::KIND_POD,
    syncer: "pod",
};

/// A token of the tenant that the host pod carries in an annotation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct WantedToken {
    /// Key of the annotation.
    pub(crate) annotation: String,
    /// Audience asked for, if not the API server's own.
    pub(crate) audience: Option<String>,
}

/// Returns the host pod, without owner and tokens, and the tokens it wants.
pub(crate) fn host_pod(
    config: &Config,
    tenant: &Pod,
    host: &Place,
    namespace_labels: &Map,
) -> (Pod, Vec<WantedToken>) {
    let mut metadata = new_host(config, POD, &tenant.metadata, host);
    let labels = metadata.labels.get_or_insert_default();
    for (key, value) in namespace_labels {
        let key = keys::host_namespace_label_key(&config.vcluster, key);
        labels.insert(key, value.clone());
    }
    let annotations = metadata.annotations.get_or_insert_default();
    for (key, value) in pod_annotations(tenant) {
        annotations.entry(key).or_insert(value);
    }

    let spec = tenant.spec.clone().unwrap_or_default();
    let mut renames = Renames {
        config,
        tenant: &tenant.metadata,
        tokens: Vec::new(),
    };
    let spec = renames.spec(spec);
    let pod = Pod {
        metadata,
        spec: Some(spec),
        status: None,
    };
    (pod, renames.tokens)
}

/// Returns the host's name of the ServiceAccount that the host pod runs as.
fn service_account(config: &Config, namespace: &str, spec: &PodSpec) -> String {
    if !config.service_account_sync {
        return config.workload_service_account.clone();
    }
    let tenant = Place {
        namespace: namespace.to_owned(),
        name: tenant_service_account(spec),
    };
    tenant
        .on_host(config)
        .map_or_else(String::new, |host| host.name)
}

/// Returns the tenant's name of the pod's ServiceAccount.
pub(crate) fn tenant_service_account(spec: &PodSpec) -> String {
    let named = spec.service_account_name.as_ref();
    let named = named.or(spec.service_account.as_ref());
    named
        .filter(|name| !name.is_empty())
        .map_or_else(|| "default".to_owned(), Clone::clone)
}

fn pod_annotations(tenant: &Pod) -> Map {
    let metadata = &tenant.metadata;
    let Place { namespace, name } = Place::of(metadata);
    let controlled = metadata.owner_references.iter().flatten();
    let controlled = controlled
        .clone()
        .any(|owner| owner.controller == Some(true));
    let mut annotations = vec![
        (keys::POD_NAME, name),
        (keys::NAMESPACE, namespace),
        (keys::POD_UID, metadata.uid.clone().unwrap_or_default()),
        (
            "cluster-autoscaler.kubernetes.io/safe-to-evict",
            controlled.to_string(),
        ),
    ];
    if let Some(spec) = &tenant.spec {
        annotations.push((keys::POD_SERVICE_ACCOUNT, tenant_service_account(spec)));
    }
    if let Some(lines) = label_lines(metadata) {
        annotations.push((keys::POD_LABELS, lines));
    }
    annotations.extend(owners(metadata));
    annotations
        .into_iter()
        .map(|(key, value)| (key.to_owned(), value))
        .collect()
}

/// The labels as the downward API writes them.
fn label_lines(metadata: &ObjectMeta) -> Option<String> {
    let lines: Vec<_> = metadata
        .labels
        .iter()
        .flatten()
        .map(|(key, value)| format!("{key}={value:?}"))
        .collect();
    (!lines.is_empty()).then(|| lines.join("\n"))
}

fn owners(metadata: &ObjectMeta) -> Vec<(&'static str, String)> {
    let owners: &[OwnerReference] = metadata.owner_references.as_deref().unwrap_or_default();
    let Some(first) = owners.first() else {
        return Vec::new();
    };
    let text = serde_json::to_string(owners).unwrap_or_default();
    vec![
        ("vcluster.loft.sh/owner-references", text),
        ("vcluster.loft.sh/owner-set-kind", first.kind.clone()),
    ]
}

/// Puts the host's names into a pod's specification.
struct Renames<'a> {
    config: &'a Config,
    tenant: &'a ObjectMeta,
    tokens: Vec<WantedToken>,
}

impl Renames<'_> {
    fn spec(&mut self, mut spec: PodSpec) -> PodSpec {
        let namespace = self.tenant.namespace.clone().unwrap_or_default();
        spec.service_account_name = Some(service_account(self.config, &namespace, &spec));
        spec.service_account = None;
        spec.automount_service_account_token = Some(false);
        spec.enable_service_links = Some(false);
        // What the tenant's admission filled in is not the host's to judge.
        spec.node_name = None;
        spec.priority = None;
        spec.priority_class_name = None;
        spec.preemption_policy = None;
        spec.ephemeral_containers = None;
        for secret in spec.image_pull_secrets.iter_mut().flatten() {
            self.reference(secret);
        }
        let containers = spec.init_containers.iter_mut().flatten();
        for container in containers.chain(&mut spec.containers) {
            self.container(container);
        }
        for volume in spec.volumes.iter_mut().flatten() {
            self.volume(volume);
        }
        spec
    }

    fn container(&self, container: &mut Container) {
        for source in container.env_from.iter_mut().flatten() {
            if let Some(map) = &mut source.config_map_ref {
                self.name(&mut map.name);
            }
            if let Some(secret) = &mut source.secret_ref {
                self.name(&mut secret.name);
            }
        }
        let variables = container.env.iter_mut().flatten();
        for source in variables.filter_map(|variable| variable.value_from.as_mut()) {
            if let Some(map) = &mut source.config_map_key_ref {
                self.name(&mut map.name);
            }
            if let Some(secret) = &mut source.secret_key_ref {
                self.name(&mut secret.name);
            }
            if let Some(field) = &mut source.field_ref {
                refer_to_tenant(field);
            }
        }
    }

    fn volume(&mut self, volume: &mut Volume) {
        if let Some(map) = &mut volume.config_map {
            self.name(&mut map.name);
        }
        if let Some(secret) = volume
            .secret
            .as_mut()
            .and_then(|it| it.secret_name.as_mut())
        {
            self.name(secret);
        }
        if let Some(downward) = &mut volume.downward_api {
            files_of_tenant(downward.items.as_mut());
        }
        let volume_name = volume.name.clone();
        let sources = volume
            .projected
            .iter_mut()
            .flat_map(|it| it.sources.iter_mut());
        for (index, source) in sources.flatten().enumerate() {
            self.projection(&format!("{volume_name}/{index}"), source);
        }
    }

    fn projection(&mut self, place: &str, source: &mut VolumeProjection) {
        if let Some(map) = &mut source.config_map {
            self.name(&mut map.name);
        }
        if let Some(secret) = &mut source.secret {
            self.name(&mut secret.name);
        }
        if let Some(downward) = &mut source.downward_api {
            files_of_tenant(downward.items.as_mut());
        }
        if let Some(token) = source.service_account_token.take() {
            source.downward_api = Some(self.token(place, token));
        }
    }

    /// Replaces a token of the tenant by a file with the text of an annotation.
    fn token(
        &mut self,
        place: &str,
        token: ServiceAccountTokenProjection,
    ) -> DownwardAPIProjection {
        let uid = self.tenant.uid.as_deref().unwrap_or_default();
        let digest = Sha256::digest(format!("{uid}/{place}"));
        // Upstream's eight letters are random; these differ from pod to pod as well.
        let letters = digest
            .iter()
            .take(8)
            .map(|byte| char::from(b'a' + byte % 26));
        let annotation = format!("{}{}", keys::POD_TOKEN_PREFIX, letters.collect::<String>());
        let file = DownwardAPIVolumeFile {
            path: token.path,
            field_ref: Some(ObjectFieldSelector {
                api_version: None,
                field_path: format!("metadata.annotations['{annotation}']"),
            }),
            mode: Some(0o644),
            ..DownwardAPIVolumeFile::default()
        };
        self.tokens.push(WantedToken {
            annotation,
            audience: token.audience.filter(|audience| !audience.is_empty()),
        });
        DownwardAPIProjection {
            items: Some(vec![file]),
        }
    }

    fn reference(&self, reference: &mut LocalObjectReference) {
        self.name(&mut reference.name);
    }

    /// Puts the host's name for that of a ConfigMap or Secret.
    fn name(&self, name: &mut String) {
        let place = Place {
            namespace: self.tenant.namespace.clone().unwrap_or_default(),
            name: name.clone(),
        };
        let Some(host) = place.on_host(self.config) else {
            return;
        };
        // A mapped namespace has a ConfigMap of this name already, with the host's certificate.
        *name = if host.name == "kube-root-ca.crt" {
            safe_concat(&["vcluster", &host.name, "x", &self.config.vcluster])
        } else {
            host.name
        };
    }
}

fn files_of_tenant(files: Option<&mut Vec<DownwardAPIVolumeFile>>) {
    let files = files.into_iter().flatten();
    for field in files.filter_map(|file| file.field_ref.as_mut()) {
        refer_to_tenant(field);
    }
}

/// The pod shall see the tenant's names, which the host pod keeps in annotations.
fn refer_to_tenant(field: &mut ObjectFieldSelector) {
    let annotation = match field.field_path.as_str() {
        "metadata.name" => keys::POD_NAME,
        "metadata.namespace" => keys::NAMESPACE,
        "metadata.uid" => keys::POD_UID,
        "metadata.labels" => keys::POD_LABELS,
        "spec.serviceAccountName" => keys::POD_SERVICE_ACCOUNT,
        _ => return,
    };
    field.field_path = format!("metadata.annotations['{annotation}']");
}

/// Returns the annotation that follows the tenant pod's labels.
pub(crate) fn labels_annotation(tenant: &ObjectMeta) -> Option<(String, String)> {
    let lines = label_lines(tenant)?;
    let kept = text(tenant.annotations.as_ref(), keys::POD_LABELS);
    kept.is_empty()
        .then(|| (keys::POD_LABELS.to_owned(), lines))
}
