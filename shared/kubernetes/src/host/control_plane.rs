//! Control planes of vClusters on the host: whether they sleep, and how those of 0.19 are set up.

use vwi_core::name::MAX_BYTES;
use vwi_core::translation::{Sleep, VirtualClusterName, sleep};

use crate::cluster_as::Scope;
use crate::error::ApiError;
use crate::host::Host;
use crate::object::{Workload, WorkloadObject};

/// The StatefulSet or Deployment of a vCluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ControlPlane {
    /// The vCluster: label `release`, and the namespace.
    pub which: VirtualClusterName,
    workload: Workload,
}

impl ControlPlane {
    /// Returns why it does not run, if it does not.
    pub fn sleep(&self) -> Option<Sleep> {
        let Workload {
            metadata, replicas, ..
        } = &self.workload;
        sleep(&metadata.labels, &metadata.annotations, *replicas)
    }

    /// Returns the arguments of container `syncer` where these are the configuration: up to 0.19,
    /// by the label `chart`, such as `vcluster-k8s-0.19.7`.
    pub fn arguments(&self) -> Option<&[String]> {
        let chart = self.workload.metadata.labels.get("chart")?;
        let is_digit = |part: &&str| part.starts_with(|first: char| first.is_ascii_digit());
        let mut version = chart.split('-').find(is_digit)?.split('.');
        let (major, minor) = (version.next()?, version.next()?);
        let is_old = major == "0" && minor.parse::<u32>().is_ok_and(|minor| minor <= 19);
        let containers = &self.workload.template.containers;
        let syncer = containers.iter().find(|one| one.name == "syncer")?;
        is_old.then_some(syncer.args.as_slice())
    }
}

impl Host {
    /// Lists control planes: StatefulSets and Deployments with label `app=vcluster`; those without
    /// a label `release` are none. `release` picks those of one name; what is longer than the value
    /// of a label is none's.
    ///
    /// # Errors
    ///
    /// [`ApiError`]
    pub async fn control_planes(
        &self,
        scope: &Scope,
        release: Option<&str>,
    ) -> Result<Vec<ControlPlane>, ApiError> {
        let selector = match release {
            Some(release) if release.len() > MAX_BYTES => return Ok(Vec::new()),
            Some(release) => format!("app=vcluster,release={release}"),
            None => "app=vcluster,release".to_owned(),
        };
        let of = |resource, kind| {
            let selector = &selector;
            async move {
                let keep = |object: WorkloadObject| {
                    let workload = object.into_workload(kind);
                    let which = VirtualClusterName {
                        name: workload.metadata.labels.get("release")?.clone(),
                        namespace: workload.metadata.namespace.clone(),
                    };
                    Some(ControlPlane { which, workload })
                };
                let label = format!("vCluster {kind}s");
                let place = ("apis/apps/v1", resource);
                self.list_kept_in(place, &label, scope, Some(selector), None, keep)
                    .await
            }
        };
        let (mut all, deployments) = tokio::try_join!(
            of("statefulsets", "StatefulSet"),
            of("deployments", "Deployment"),
        )?;
        all.extend(deployments);
        Ok(all)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn plane(chart: &str) -> ControlPlane {
        let object: WorkloadObject = serde_json::from_value(json!({
            "metadata": {"name": "vc", "namespace": "hns", "labels": {"chart": chart}},
            "spec": {"replicas": 0, "template": {"spec": {"containers": [
                {"name": "other", "args": ["--name=no"]},
                {"name": "syncer", "args": ["--name=vc"]},
            ]}}},
        }))
        .unwrap();
        ControlPlane {
            which: VirtualClusterName {
                name: "vc".to_owned(),
                namespace: "hns".to_owned(),
            },
            workload: object.into_workload("StatefulSet"),
        }
    }

    #[test]
    fn only_the_arguments_of_old_ones_are_their_configuration() {
        for (chart, old) in [
            ("vcluster-0.19.7", true),
            ("vcluster-k8s-0.19.0-beta.1", true),
            ("vcluster-eks-0.18.1", true),
            ("vcluster-0.20.0", false),
            ("vcluster-1.0.0", false),
            ("vcluster", false),
        ] {
            let expected = old.then(|| vec!["--name=vc".to_owned()]);
            assert_eq!(
                plane(chart).arguments().map(<[_]>::to_vec),
                expected,
                "{chart}"
            );
        }
        assert_eq!(plane("vcluster-0.36.1").sleep(), Some(Sleep::ScaledDown));
    }
}
