//! Labels and annotations of host objects, as arithmetic.
//!
//! Source: vCluster `pkg/util/translate/{translate,labels,single_namespace}.go`, commit 487667546.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use vwi_core::namespaces::{NamespaceMode, host_service_account};
use vwi_core::vcluster_labels as keys;

use crate::config::{Config, Generation};
use crate::flow::{Map, Sides, both_ways, one_way};

/// Where an object is: in the tenant or on the host.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Place {
    pub(crate) namespace: String,
    pub(crate) name: String,
}

impl Place {
    /// Returns where an object with such metadata is.
    pub(crate) fn of(metadata: &ObjectMeta) -> Self {
        Self {
            namespace: metadata.namespace.clone().unwrap_or_default(),
            name: metadata.name.clone().unwrap_or_default(),
        }
    }

    /// Returns the place on the host, or nothing if there is none.
    pub(crate) fn on_host(&self, config: &Config) -> Option<Self> {
        let Config {
            mode,
            vcluster,
            namespace,
            ..
        } = config;
        let host = host_service_account(mode, vcluster, namespace, &self.namespace, &self.name);
        host.ok().map(|host| Self {
            namespace: host.namespace,
            name: host.name,
        })
    }
}

impl std::fmt::Display for Place {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{}/{}", self.namespace, self.name)
    }
}

/// What vCluster calls a kind of object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Kind {
    /// Value of annotation `object-kind`.
    pub(crate) object_kind: &'static str,
    /// Name of its syncer.
    pub(crate) syncer: &'static str,
}

/// Annotations that belong to the syncer and never flow.
const OWN: [&str; 8] = [
    keys::OBJECT_HOST_NAME,
    keys::OBJECT_HOST_NAMESPACE,
    keys::OBJECT_NAME,
    keys::OBJECT_UID,
    keys::OBJECT_KIND,
    keys::OBJECT_NAMESPACE,
    keys::MANAGED_ANNOTATIONS,
    "vcluster.loft.sh/managed-labels",
];

/// Annotations that belong to the pod syncer.
const OWN_OF_PODS: [&str; 8] = [
    keys::POD_NAME,
    keys::NAMESPACE,
    keys::POD_UID,
    keys::POD_SERVICE_ACCOUNT,
    keys::POD_LABELS,
    "vcluster.loft.sh/owner-references",
    "vcluster.loft.sh/owner-set-kind",
    "cluster-autoscaler.kubernetes.io/safe-to-evict",
];

/// Whether the annotation belongs to the syncer.
fn is_own(key: &str) -> bool {
    OWN.contains(&key) || OWN_OF_PODS.contains(&key) || key.starts_with(keys::POD_TOKEN_PREFIX)
}

/// Whether another syncer than `kind`'s takes care of the object.
pub(crate) fn is_excluded(metadata: &ObjectMeta, kind: Kind) -> bool {
    let label = text(metadata.labels.as_ref(), keys::CONTROLLED_BY);
    let annotation = text(metadata.annotations.as_ref(), keys::CONTROLLED_BY);
    !label.is_empty() || !(annotation.is_empty() || annotation == kind.syncer)
}

/// Returns the tenant object that a host one was made for, if vCluster counts it as its own.
pub(crate) fn tenant_place(config: &Config, kind: Kind, host: &ObjectMeta) -> Option<Place> {
    let annotation = |key| text(host.annotations.as_ref(), key);
    let is_or_absent = |key, value: &str| annotation(key).is_empty() || annotation(key) == value;
    let tenant = Place {
        namespace: annotation(keys::OBJECT_NAMESPACE).to_owned(),
        name: annotation(keys::OBJECT_NAME).to_owned(),
    };
    let own = Place::of(host);
    let marked = !marks(config) || text(host.labels.as_ref(), keys::MANAGED_BY) == config.vcluster;
    let managed = marked
        && is_or_absent(keys::OBJECT_KIND, kind.object_kind)
        && is_or_absent(keys::OBJECT_HOST_NAME, &own.name)
        && is_or_absent(keys::OBJECT_HOST_NAMESPACE, &own.namespace)
        && tenant.on_host(config).as_ref() == Some(&own);
    managed.then_some(tenant)
}

/// Whether the uid on the host object is that of another tenant object than `tenant`.
pub(crate) fn is_of_another(kind: Kind, host: &ObjectMeta, tenant: &ObjectMeta) -> bool {
    let annotation = |key| text(host.annotations.as_ref(), key);
    let (uid, object_kind) = (annotation(keys::OBJECT_UID), annotation(keys::OBJECT_KIND));
    !uid.is_empty()
        && Some(uid) != tenant.uid.as_deref()
        && (object_kind.is_empty() || object_kind == kind.object_kind)
}

/// Whether a host object without a tenant object was made by a syncer, so that it goes.
pub(crate) fn was_synced(config: &Config, kind: Kind, host: &ObjectMeta) -> bool {
    let annotation = |key| text(host.annotations.as_ref(), key);
    let own = Place::of(host);
    let Config {
        mode, generation, ..
    } = config;
    if matches!(mode, NamespaceMode::Sync { .. }) {
        return false;
    }
    *generation == Generation::UpTo020
        || (annotation(keys::OBJECT_KIND) == kind.object_kind
            && !annotation(keys::OBJECT_NAME).is_empty()
            && !annotation(keys::OBJECT_NAMESPACE).is_empty()
            && annotation(keys::OBJECT_HOST_NAME) == own.name
            && annotation(keys::OBJECT_HOST_NAMESPACE) == own.namespace)
}

/// Returns the metadata of a new host object, without its owner.
pub(crate) fn new_host(
    config: &Config,
    kind: Kind,
    tenant: &ObjectMeta,
    host: &Place,
) -> ObjectMeta {
    let users = user_annotations(tenant);
    let mut annotations = users.clone();
    if !users.is_empty() {
        let managed: Vec<_> = users.into_keys().collect();
        annotations.insert(keys::MANAGED_ANNOTATIONS.to_owned(), managed.join("\n"));
    }
    annotations.extend(own_annotations(config, kind, tenant, host));
    ObjectMeta {
        name: Some(host.name.clone()),
        namespace: Some(host.namespace.clone()),
        labels: Some(host_labels(config, tenant)),
        annotations: Some(annotations),
        ..ObjectMeta::default()
    }
}

/// What both sides were like when they were synced last.
#[derive(Clone, Debug, Default)]
pub(crate) struct Snapshot {
    pub(crate) annotations: Sides,
    pub(crate) labels: Sides,
}

impl Snapshot {
    /// Returns how both sides are now.
    pub(crate) fn of(tenant: &ObjectMeta, host: &ObjectMeta) -> Self {
        let sides = |pick: fn(&ObjectMeta) -> Option<&Map>| Sides {
            tenant: pick(tenant).cloned().unwrap_or_default(),
            host: pick(host).cloned().unwrap_or_default(),
        };
        Self {
            annotations: sides(|metadata| metadata.annotations.as_ref()),
            labels: sides(|metadata| metadata.labels.as_ref()),
        }
    }

    /// Returns what is taken for the last state after a start: annotations have not changed, and
    /// the tenant's labels all have.
    pub(crate) fn after_start(mut self) -> Self {
        self.labels.tenant.clear();
        self
    }
}

/// Returns how both sides have to be.
pub(crate) fn synced(
    config: &Config,
    kind: Kind,
    old: &Snapshot,
    tenant: &ObjectMeta,
    host: &ObjectMeta,
) -> Snapshot {
    let now = Snapshot::of(tenant, host);
    let mut new = match config.generation {
        Generation::Since021 => {
            let annotation = |key: &str| (!is_own(key)).then(|| key.to_owned());
            Snapshot {
                annotations: both_ways(&old.annotations, &now.annotations, annotation, annotation),
                labels: both_ways(
                    &old.labels,
                    &now.labels,
                    |key| Some(host_label(config, key)),
                    |key| tenant_label(config, key),
                ),
            }
        }
        Generation::UpTo020 => {
            let mut new = now;
            let host = &mut new.annotations.host;
            let managed = host
                .get(keys::MANAGED_ANNOTATIONS)
                .cloned()
                .unwrap_or_default();
            let managed: Vec<_> = managed.lines().map(str::to_owned).collect();
            let managed = one_way(&user_annotations(tenant), host, &managed);
            if managed.is_empty() {
                host.remove(keys::MANAGED_ANNOTATIONS);
            } else {
                host.insert(keys::MANAGED_ANNOTATIONS.to_owned(), managed.join("\n"));
            }
            let kept = new.labels.host.into_iter();
            let namespaces = kept.filter(|(key, _)| key.starts_with("vcluster.loft.sh/ns-label"));
            new.labels.host = namespaces.chain(host_labels(config, tenant)).collect();
            new
        }
    };
    let own = own_annotations(config, kind, tenant, &Place::of(host));
    new.annotations.host.extend(own);
    new
}

/// The annotations that say whose copy a host object is.
fn own_annotations(config: &Config, kind: Kind, tenant: &ObjectMeta, host: &Place) -> Map {
    let Place { namespace, name } = Place::of(tenant);
    let uid = tenant.uid.clone().unwrap_or_default();
    let mut own = vec![
        (keys::OBJECT_NAME, name),
        (keys::OBJECT_NAMESPACE, namespace),
        (keys::OBJECT_UID, uid),
    ];
    if config.generation == Generation::Since021 {
        own.extend([
            (keys::OBJECT_KIND, kind.object_kind.to_owned()),
            (keys::OBJECT_HOST_NAME, host.name.clone()),
            (keys::OBJECT_HOST_NAMESPACE, host.namespace.clone()),
        ]);
    }
    own.into_iter()
        .map(|(key, value)| (key.to_owned(), value))
        .filter(|(_, value)| !value.is_empty())
        .collect()
}

fn user_annotations(tenant: &ObjectMeta) -> Map {
    let mut users = tenant.annotations.clone().unwrap_or_default();
    users.retain(|key, _| !OWN.contains(&key.as_str()));
    users
}

fn host_labels(config: &Config, tenant: &ObjectMeta) -> Map {
    let users = tenant.labels.iter().flatten();
    let mut labels: Map = users
        // A tenant cannot put a rewritten key there itself.
        .filter(|(key, _)| !rewritten(config).any(|(_, host)| host == **key))
        .map(|(key, value)| (host_label(config, key), value.clone()))
        .collect();
    labels.extend(marker_labels(config, tenant));
    labels
}

/// Returns the labels that say whose a host object is.
pub(crate) fn marker_labels(config: &Config, tenant: &ObjectMeta) -> Map {
    let mut labels = Map::new();
    if marks(config) {
        labels.insert(keys::MANAGED_BY.to_owned(), config.vcluster.clone());
        let namespace = tenant.namespace.clone().unwrap_or_default();
        labels.insert(keys::NAMESPACE.to_owned(), namespace);
    }
    labels
}

/// Whether host objects carry the labels that say whose they are.
fn marks(config: &Config) -> bool {
    config.generation == Generation::Since021 || config.mode != NamespaceMode::LegacyMulti
}

/// The label keys that are rewritten since 0.21, with what they become.
fn rewritten(config: &Config) -> impl Iterator<Item = (&'static str, String)> {
    let legacy = config.mode == NamespaceMode::LegacyMulti;
    keys::REWRITTEN_LABELS
        .into_iter()
        .filter(move |key| !(legacy && *key == "release"))
        .map(|key| (key, keys::host_label_key(&config.vcluster, key)))
}

fn host_label(config: &Config, key: &str) -> String {
    let same = match (config.generation, &config.mode) {
        (Generation::UpTo020, NamespaceMode::LegacyMulti) => true,
        (Generation::UpTo020, _) => config.sync_labels.iter().any(|pattern| {
            pattern
                .strip_suffix('*')
                .map_or(pattern == key, |prefix| key.starts_with(prefix))
        }),
        (Generation::Since021, _) => rewritten(config).all(|(tenant, _)| tenant != key),
    };
    if same {
        key.to_owned()
    } else {
        keys::host_label_key(&config.vcluster, key)
    }
}

fn tenant_label(config: &Config, key: &str) -> Option<String> {
    if key.starts_with("vcluster.loft.sh/ns-label") {
        return None;
    }
    for (tenant, host) in rewritten(config) {
        if key == tenant {
            return None;
        }
        if key == host {
            return Some(tenant.to_owned());
        }
    }
    Some(key.to_owned())
}

/// Returns a label or an annotation, empty if it is not there.
pub(crate) fn text<'a>(map: Option<&'a Map>, key: &str) -> &'a str {
    map.and_then(|map| map.get(key)).map_or("", String::as_str)
}
