//! Virtual cluster instances: what the Platform calls a vCluster, and where it really is.
//!
//! Source: loft-sh/api v4, `storage/v1/virtualclusterinstance_types.go`.

use std::collections::HashSet;

use reqwest::Method;
use serde::Deserialize;
use vwi_core::text::escape;
use vwi_core::translation::VirtualClusterName;

use crate::call::Request;
use crate::client::Platform;
use crate::error::{PlatformCause, PlatformError};
use crate::myself::Myself;

/// Items of one page.
const PAGE: &str = "500";

/// Most names that an error proposes.
const MOST_NEAR: usize = 5;

/// Resource of the management API.
const INSTANCES: &str = "virtualclusterinstances";

/// A virtual cluster instance of the Platform.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Instance {
    /// Its project.
    pub project: String,
    /// Its name: the Platform's, not the Helm release.
    pub name: String,
    /// What the user interface shows; never a name.
    pub display_name: Option<String>,
    /// Platform name of the host cluster.
    pub cluster: Option<String>,
    /// Helm release and host namespace; `None` if it does not run in a host cluster that the
    /// Platform knows.
    pub which: Option<VirtualClusterName>,
    /// What state it is in.
    pub phase: Phase,
    /// uid of the vCluster's Service on the host.
    pub service_uid: Option<String>,
    /// Its `vcluster.yaml` as it was deployed; external ones often have none.
    pub values: Option<String>,
    /// Whether it runs on machines of its own, in no host cluster.
    pub standalone: bool,
}

/// The state of an instance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Phase {
    /// It runs.
    Ready,
    /// It is scaled down; any request wakes it.
    Sleeping,
    /// It does not run.
    Failed,
    /// It is being made, or nothing is known.
    Pending,
    /// A state that is not known here.
    Other(String),
}

impl Phase {
    fn of(text: Option<&str>) -> Self {
        match text {
            Some("Ready") => Self::Ready,
            Some("Sleeping") => Self::Sleeping,
            Some("Failed") => Self::Failed,
            Some("Pending" | "") | None => Self::Pending,
            Some(other) => Self::Other(other.to_owned()),
        }
    }
}

#[derive(Deserialize)]
struct List {
    // A proxy's JSON is no list: there is no default.
    items: Vec<Item>,
    #[serde(default)]
    metadata: ListMetadata,
}

#[derive(Default, Deserialize)]
struct ListMetadata {
    #[serde(default, rename = "continue")]
    more: Option<String>,
}

#[derive(Deserialize)]
pub(crate) struct Item {
    metadata: Metadata,
    #[serde(default)]
    spec: Spec,
    #[serde(default)]
    status: State,
}

#[derive(Deserialize)]
struct Metadata {
    name: String,
    #[serde(default)]
    namespace: String,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Spec {
    display_name: Option<String>,
    cluster_ref: Option<ClusterRef>,
    standalone: Option<bool>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ClusterRef {
    cluster: Option<String>,
    namespace: Option<String>,
    virtual_cluster: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct State {
    phase: Option<String>,
    #[serde(rename = "serviceUID")]
    service_uid: Option<String>,
    virtual_cluster: Option<Deployed>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Deployed {
    helm_release: Option<HelmRelease>,
}

#[derive(Deserialize)]
struct HelmRelease {
    values: Option<String>,
}

impl Instance {
    fn of(item: Item, myself: &Myself) -> Self {
        let filled = |text: Option<String>| text.filter(|text| !text.is_empty());
        let namespace = item.metadata.namespace;
        let project = myself.project_of(&namespace).unwrap_or(&namespace);
        let place = item.spec.cluster_ref;
        let (cluster, host_namespace, release) = match place {
            Some(place) => (
                filled(place.cluster),
                filled(place.namespace),
                filled(place.virtual_cluster),
            ),
            None => (None, None, None),
        };
        let which = match (release, host_namespace) {
            (Some(name), Some(namespace)) => Some(VirtualClusterName { name, namespace }),
            (_, _) => None,
        };
        let deployed = item.status.virtual_cluster;
        Self {
            project: project.to_owned(),
            name: item.metadata.name,
            display_name: filled(item.spec.display_name),
            cluster,
            which,
            phase: Phase::of(item.status.phase.as_deref()),
            service_uid: filled(item.status.service_uid),
            values: filled(
                deployed
                    .and_then(|deployed| deployed.helm_release)
                    .and_then(|release| release.values),
            ),
            standalone: item.spec.standalone.unwrap_or(false),
        }
    }
}

impl Platform {
    /// Looks up an instance by project and name.
    ///
    /// # Errors
    ///
    /// [`PlatformError`]; for a name that is not there it proposes some that are like it.
    pub async fn instance(&self, project: &str, name: &str) -> Result<Instance, PlatformError> {
        let myself = self.myself().await?;
        let namespace = myself.project_namespace(project);
        let request = Request {
            method: Method::GET,
            url: self
                .address()
                .management(&["namespaces", &namespace, INSTANCES, name]),
            body: None,
            doing: format!(
                "look up virtual cluster instance `{}` of project `{}`",
                escape(name),
                escape(project)
            ),
        };
        match self.run::<Item>(&request).await {
            Ok(item) => Ok(Instance::of(item, &myself)),
            Err(error) if matches!(*error.cause, PlatformCause::NoInstance { .. }) => {
                // A key that may not list is told no names.
                let all = self.list(&myself).await.unwrap_or_default();
                let near = near(&all, project, name);
                Err(self.fail(request.doing, PlatformCause::NoInstance { near }, None))
            }
            Err(error) => Err(error),
        }
    }

    /// Lists the instances of all projects that the key may see.
    ///
    /// # Errors
    ///
    /// [`PlatformError`]
    pub async fn instances(&self) -> Result<Vec<Instance>, PlatformError> {
        let myself = self.myself().await?;
        self.list(&myself).await
    }

    async fn list(&self, myself: &Myself) -> Result<Vec<Instance>, PlatformError> {
        let mut instances = Vec::new();
        let mut seen = HashSet::new();
        let mut more: Option<String> = None;
        loop {
            let mut url = self.address().management(&[INSTANCES]);
            url.query_pairs_mut().append_pair("limit", PAGE);
            if let Some(more) = &more {
                url.query_pairs_mut().append_pair("continue", more);
            }
            let request = Request {
                method: Method::GET,
                url,
                body: None,
                doing: "list the virtual cluster instances".to_owned(),
            };
            let page: List = self.run(&request).await?;
            let items = page.items.into_iter();
            instances.extend(items.map(|item| Instance::of(item, myself)));
            more = page.metadata.more.filter(|more| !more.is_empty());
            match &more {
                None => return Ok(instances),
                // A list that leads back to itself would never end.
                Some(more) if !seen.insert(more.clone()) => {
                    let what = "its list of instances leads back to itself".to_owned();
                    let cause = PlatformCause::Garbled { status: 200, what };
                    return Err(self.fail(request.doing, cause, None));
                }
                Some(_) => {}
            }
        }
    }
}

/// Says what there is in place of an instance that is not there.
fn near(all: &[Instance], project: &str, name: &str) -> Vec<String> {
    let alike = all.iter().filter_map(|instance| {
        let label = format!(
            "`{}` of project `{}`",
            escape(&instance.name),
            escape(&instance.project)
        );
        let release = instance.which.as_ref().map(|which| which.name.as_str());
        if instance.display_name.as_deref() == Some(name) {
            Some(format!("`{}` is the display name of {label}", escape(name)))
        } else if instance.name == name {
            Some(format!("there is {label}"))
        } else if release == Some(name) {
            Some(format!("`{}` is the Helm release of {label}", escape(name)))
        } else if instance.project == project && is_alike(&instance.name, name) {
            Some(format!("there is {label}"))
        } else {
            None
        }
    });
    alike.take(MOST_NEAR).collect()
}

/// One begins with the other: an import whose name is taken gets five characters more.
fn is_alike(one: &str, other: &str) -> bool {
    let (short, long) = if one.len() < other.len() {
        (one, other)
    } else {
        (other, one)
    };
    short.len() >= 3 && long.starts_with(short)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn myself() -> Myself {
        Myself {
            name: None,
            project_namespace_prefix: "p-".to_owned(),
            is_scoped: false,
        }
    }

    fn instance(text: &str) -> Instance {
        Instance::of(serde_json::from_str(text).unwrap(), &myself())
    }

    #[test]
    fn the_host_namespace_is_the_instances_and_display_names_are_no_names() {
        let full = instance(
            r#"{"metadata":{"name":"blue-x7f2a","namespace":"p-team"},
                "spec":{"displayName":"Blue","clusterRef":{"cluster":"aks","namespace":"team-x","virtualCluster":"blue"}},
                "status":{"phase":"Sleeping","serviceUID":"u","virtualCluster":{"helmRelease":{"values":"sync: {}"}}}}"#,
        );
        let expected = Instance {
            project: "team".to_owned(),
            name: "blue-x7f2a".to_owned(),
            display_name: Some("Blue".to_owned()),
            cluster: Some("aks".to_owned()),
            which: Some(VirtualClusterName {
                name: "blue".to_owned(),
                namespace: "team-x".to_owned(),
            }),
            phase: Phase::Sleeping,
            service_uid: Some("u".to_owned()),
            values: Some("sync: {}".to_owned()),
            standalone: false,
        };
        assert_eq!(full, expected);
        let empty = instance(
            r#"{"metadata":{"name":"a"},"spec":{"clusterRef":{"namespace":""},"standalone":true}}"#,
        );
        assert_eq!(
            (empty.which, empty.values, empty.standalone),
            (None, None, true)
        );
        assert_eq!(empty.phase, Phase::Pending);
    }

    #[test]
    fn what_is_like_a_name_that_is_not_there_says_how() {
        let all: Vec<Instance> = [
            r#"{"metadata":{"name":"blue-x7f2a","namespace":"p-team"},"spec":{"displayName":"Blue","clusterRef":{"namespace":"team-x","virtualCluster":"release"}}}"#,
            r#"{"metadata":{"name":"green","namespace":"p-other"}}"#,
        ]
        .map(instance)
        .into();
        for (name, expected) in [
            (
                "Blue",
                "`Blue` is the display name of `blue-x7f2a` of project `team`",
            ),
            (
                "release",
                "`release` is the Helm release of `blue-x7f2a` of project `team`",
            ),
            ("blue", "there is `blue-x7f2a` of project `team`"),
            ("green", "there is `green` of project `other`"),
            ("red", ""),
        ] {
            assert_eq!(near(&all, "team", name).join(", "), expected, "{name}");
        }
    }
}
