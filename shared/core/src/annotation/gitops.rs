//! Who keeps a ServiceAccount in Git and would put back what somebody else writes.
//!
//! Sources: <https://argo-cd.readthedocs.io/en/stable/user-guide/resource_tracking/>,
//! <https://fluxcd.io/flux/components/kustomize/kustomizations/>,
//! <https://helm.sh/docs/topics/advanced/>.

use std::collections::BTreeMap;
use std::fmt;

/// A program that applies objects from Git or from a chart, again and again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GitManager {
    /// Argo CD.
    ArgoCd,
    /// Flux, by a Kustomization or a HelmRelease.
    Flux,
    /// Helm alone.
    Helm,
}

impl GitManager {
    /// Returns its name for people.
    pub fn name(self) -> &'static str {
        match self {
            Self::ArgoCd => "Argo CD",
            Self::Flux => "Flux",
            Self::Helm => "Helm",
        }
    }

    /// Whether this is the field manager that it writes as.
    pub fn writes_as(self, field_manager: &str) -> bool {
        let known: &[&str] = match self {
            Self::ArgoCd => &["argocd-controller", "argocd-application-controller"],
            Self::Flux => &["kustomize-controller", "helm-controller"],
            Self::Helm => &["helm"],
        };
        known.contains(&field_manager)
    }
}

impl fmt::Display for GitManager {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// Returns the program that manages an object with these labels, annotations and field managers.
///
/// Flux's Helm controller leaves Helm's marks too, so the outer program is looked for first. Label
/// `app.kubernetes.io/instance` proves nothing: charts set it by themselves.
pub fn git_manager(
    labels: &BTreeMap<String, String>,
    annotations: &BTreeMap<String, String>,
    field_managers: &[&str],
) -> Option<GitManager> {
    let marked = |manager| match manager {
        GitManager::ArgoCd => {
            annotations.contains_key("argocd.argoproj.io/tracking-id")
                || labels.contains_key("argocd.argoproj.io/instance")
        }
        GitManager::Flux => [
            "kustomize.toolkit.fluxcd.io/name",
            "helm.toolkit.fluxcd.io/name",
        ]
        .iter()
        .any(|key| labels.contains_key(*key)),
        GitManager::Helm => {
            annotations.contains_key("meta.helm.sh/release-name")
                || labels
                    .get("app.kubernetes.io/managed-by")
                    .is_some_and(|value| value == "Helm")
        }
    };
    [GitManager::ArgoCd, GitManager::Flux, GitManager::Helm]
        .into_iter()
        .find(|manager| {
            marked(*manager) || field_managers.iter().any(|field| manager.writes_as(field))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_program_is_known_by_its_marks() {
        type Pairs = &'static [(&'static str, &'static str)];
        type Row = (Pairs, Pairs, &'static [&'static str], Option<GitManager>);
        let rows: [Row; 9] = [
            (&[], &[], &["kubectl-client-side-apply"], None),
            (&[("app.kubernetes.io/instance", "x")], &[], &[], None),
            (&[("app.kubernetes.io/managed-by", "me")], &[], &[], None),
            (
                &[("argocd.argoproj.io/instance", "x")],
                &[],
                &[],
                Some(GitManager::ArgoCd),
            ),
            (
                &[],
                &[("argocd.argoproj.io/tracking-id", "x")],
                &[],
                Some(GitManager::ArgoCd),
            ),
            (&[], &[], &["argocd-controller"], Some(GitManager::ArgoCd)),
            (
                &[
                    ("helm.toolkit.fluxcd.io/name", "x"),
                    ("app.kubernetes.io/managed-by", "Helm"),
                ],
                &[],
                &["helm-controller"],
                Some(GitManager::Flux),
            ),
            (
                &[],
                &[("meta.helm.sh/release-name", "x")],
                &[],
                Some(GitManager::Helm),
            ),
            (&[], &[], &["helm"], Some(GitManager::Helm)),
        ];
        let map = |pairs: Pairs| {
            pairs
                .iter()
                .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
                .collect::<BTreeMap<_, _>>()
        };
        for (labels, annotations, managers, expected) in rows {
            let found = git_manager(&map(labels), &map(annotations), managers);
            assert_eq!(found, expected, "{labels:?} {annotations:?} {managers:?}");
        }
    }
}
