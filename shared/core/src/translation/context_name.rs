//! Context names that the vcluster command line makes.
//!
//! Source: vcluster command line, `pkg/cli/find/find.go`. A name is a hint: users rename contexts.

use crate::text::escape;

use super::clue::{Clue, ClueSource, PlatformInstance};
use super::identification::VirtualClusterName;

/// What a context's name says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ContextName<'a> {
    /// `vcluster_NAME_NAMESPACE_PARENT`: `vcluster connect` with the Helm driver.
    Helm {
        /// Helm release.
        name: &'a str,
        /// Host namespace of the control plane.
        namespace: &'a str,
        /// Context that was current before, usually the host's.
        parent: &'a str,
    },
    /// `vcluster-platform_INSTANCE_PROJECT_PARENT` or `vcluster-platform-vcluster_INSTANCE_PROJECT`.
    Platform {
        /// Platform instance, which need not be the Helm release.
        instance: &'a str,
        /// Platform project.
        project: &'a str,
        /// Context that was current before.
        parent: Option<&'a str>,
    },
    /// Nothing: renamed, or of something else.
    Other,
}

impl<'a> ContextName<'a> {
    /// Reads a context's name. Kubernetes names have no `_`; a parent's name may.
    pub fn parse(context: &'a str) -> Self {
        if let Some(rest) = context.strip_prefix("vcluster-platform-vcluster_") {
            return match rest.split_once('_') {
                Some((instance, project)) if !instance.is_empty() && !project.is_empty() => {
                    Self::Platform {
                        instance,
                        project,
                        parent: None,
                    }
                }
                Some(_) | None => Self::Other,
            };
        }
        let mut parts = context.splitn(4, '_');
        let (Some(made_by), Some(first), Some(second), Some(parent)) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Self::Other;
        };
        if first.is_empty() || second.is_empty() || parent.is_empty() {
            return Self::Other;
        }
        match made_by {
            "vcluster" => Self::Helm {
                name: first,
                namespace: second,
                parent,
            },
            "vcluster-platform" => Self::Platform {
                instance: first,
                project: second,
                parent: Some(parent),
            },
            _ => Self::Other,
        }
    }
}

/// Returns what a context's name says of the vCluster, as a clue.
pub fn context_clue(context: &str) -> Option<Clue> {
    let said_by = || format!("the name of context `{}`", escape(context));
    match ContextName::parse(context) {
        ContextName::Helm {
            name, namespace, ..
        } => {
            let which = VirtualClusterName {
                name: name.to_owned(),
                namespace: namespace.to_owned(),
            };
            Some(Clue::both(ClueSource::ContextName, said_by(), &which))
        }
        ContextName::Platform {
            instance, project, ..
        } => {
            let instance = PlatformInstance {
                project: project.to_owned(),
                name: instance.to_owned(),
            };
            Some(Clue::instance(ClueSource::ContextName, said_by(), instance))
        }
        ContextName::Other => None,
    }
}

/// Returns the context that was current when the vcluster command line made this one.
pub fn parent_context(context: &str) -> Option<&str> {
    match ContextName::parse(context) {
        ContextName::Helm { parent, .. } => Some(parent),
        ContextName::Platform { parent, .. } => parent,
        ContextName::Other => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_as_the_vcluster_command_line_reads_them() {
        let platform = |instance, project, parent| ContextName::Platform {
            instance,
            project,
            parent,
        };
        for (context, expected) in [
            (
                "vcluster_demo_team-x_aks",
                ContextName::Helm {
                    name: "demo",
                    namespace: "team-x",
                    parent: "aks",
                },
            ),
            (
                "vcluster_demo_team-x_arn_with_more",
                ContextName::Helm {
                    name: "demo",
                    namespace: "team-x",
                    parent: "arn_with_more",
                },
            ),
            ("vcluster_demo_team-x", ContextName::Other),
            ("vcluster_demo__aks", ContextName::Other),
            ("my-own-name", ContextName::Other),
            ("", ContextName::Other),
            (
                "vcluster-platform_inst_proj_aks",
                platform("inst", "proj", Some("aks")),
            ),
            ("vcluster-platform_space_proj", ContextName::Other),
            ("vcluster-platform_management", ContextName::Other),
            (
                "vcluster-platform-vcluster_inst_proj",
                platform("inst", "proj", None),
            ),
            ("vcluster-platform-vcluster__proj", ContextName::Other),
            ("vcluster-docker_demo", ContextName::Other),
        ] {
            assert_eq!(ContextName::parse(context), expected, "{context}");
        }
    }
}
