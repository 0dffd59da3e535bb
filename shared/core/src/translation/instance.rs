//! Which of the Platform's instances is meant.
//!
//! Three names are mixed up: the instance's, the Helm release's (which host names are made from), and
//! the display name, which is none. An import whose name is taken gets an instance name of its own.

use std::fmt;

use thiserror::Error;

use crate::exit::{Explain, Outcome};
use crate::text::escape;

use super::clue::PlatformInstance;
use super::identification::VirtualClusterName;

/// An instance, as far as it can be meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownInstance {
    /// The Platform's name for it.
    pub instance: PlatformInstance,
    /// What the Platform's user interface shows.
    pub display_name: Option<String>,
    /// Helm release and host namespace, where the Platform knows them.
    pub which: Option<VirtualClusterName>,
}

impl fmt::Display for KnownInstance {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "`{}` of project `{}`",
            escape(&self.instance.name),
            escape(&self.instance.project)
        )?;
        match &self.which {
            Some(which) => write!(
                formatter,
                " (Helm release `{}` in host namespace `{}`)",
                escape(&which.name),
                escape(&which.namespace)
            ),
            None => Ok(()),
        }
    }
}

/// What was typed of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct InstanceWish<'a> {
    /// `--project`.
    pub project: Option<&'a str>,
    /// `--vcluster`: the Helm release; the instance's name is understood too.
    pub name: Option<&'a str>,
    /// `--vcluster-namespace`.
    pub namespace: Option<&'a str>,
}

/// Why it is not clear which instance is meant.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum InstanceError {
    /// The name is one for people only.
    #[error(
        "`{}` is a display name, which nothing is called by: it is that of {}",
        escape(name),
        listed(found)
    )]
    DisplayName {
        /// What was typed.
        name: String,
        /// The instances that show it.
        found: Vec<KnownInstance>,
    },
    /// It runs in no host cluster.
    #[error(
        "{0} is standalone: its pods run in no host cluster, so no ServiceAccount of a host stands for \
         its own"
    )]
    Standalone(PlatformInstance),
    /// The flag and the kubeconfig name different projects.
    #[error(
        "`--project {}` is typed, but the server's URL in the kubeconfig says {instance}",
        escape(project)
    )]
    OtherProject {
        /// What was typed.
        project: String,
        /// What the URL says.
        instance: PlatformInstance,
    },
    /// There is none.
    #[error(
        "the Platform has no virtual cluster instance{}{}",
        words(wish),
        instead(others)
    )]
    None {
        /// What was typed, in words.
        wish: String,
        /// Instances that fit but for the project or the namespace.
        others: Vec<KnownInstance>,
    },
    /// There are several.
    #[error(
        "the Platform has several virtual cluster instances{}: {}",
        words(wish),
        listed(found)
    )]
    Several {
        /// What was typed, in words.
        wish: String,
        /// All that can be meant.
        found: Vec<KnownInstance>,
    },
}

/// Most instances that a message lists.
const MOST_LISTED: usize = 10;

fn words(wish: &str) -> String {
    if wish.is_empty() {
        String::new()
    } else {
        format!(" with {wish}")
    }
}

fn listed(found: &[KnownInstance]) -> String {
    let shown = found.iter().take(MOST_LISTED).map(KnownInstance::to_string);
    let text = shown.collect::<Vec<_>>().join(", ");
    match found.len().saturating_sub(MOST_LISTED) {
        0 => text,
        more => format!("{text} and {more} more"),
    }
}

fn instead(others: &[KnownInstance]) -> String {
    if others.is_empty() {
        String::new()
    } else {
        format!("; there is {}", listed(others))
    }
}

impl Explain for InstanceError {
    fn outcome(&self) -> Outcome {
        Outcome::CouldNotRun
    }

    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Standalone(_) => {
                "federate the vCluster's own issuer and ServiceAccounts".to_owned()
            }
            Self::OtherProject { .. } => {
                "leave out `--project`, or use the context of the vCluster that was meant"
                    .to_owned()
            }
            Self::DisplayName { .. } => "give its Helm release with `--vcluster`".to_owned(),
            Self::None { .. } => {
                "`vcluster platform list vclusters` lists the instances that this key may see"
                    .to_owned()
            }
            Self::Several { .. } => {
                "say which with `--project`, `--vcluster` and `--vcluster-namespace`".to_owned()
            }
        })
    }
}

impl InstanceWish<'_> {
    fn in_words(&self) -> String {
        let word = |flag: &str, value: Option<&str>| {
            value.map(|value| format!("`{flag} {}`", escape(value)))
        };
        let words = [
            word("--project", self.project),
            word("--vcluster", self.name),
            word("--vcluster-namespace", self.namespace),
        ];
        words.into_iter().flatten().collect::<Vec<_>>().join(" ")
    }
}

/// Returns the one instance that is meant, by its place in `known`.
///
/// A name is the Helm release's or the instance's; where it is one of one and the other of another,
/// neither is guessed.
///
/// # Errors
///
/// [`InstanceError`]
pub fn pick(wish: InstanceWish<'_>, known: &[KnownInstance]) -> Result<usize, InstanceError> {
    let in_project = |one: &KnownInstance| {
        wish.project
            .is_none_or(|wanted| one.instance.project == wanted)
    };
    let in_namespace = |one: &KnownInstance| {
        let found = one.which.as_ref().map(|which| which.namespace.as_str());
        wish.namespace.is_none_or(|wanted| found == Some(wanted))
    };
    let is_called = |one: &KnownInstance| {
        wish.name.is_none_or(|wanted| {
            let release = one.which.as_ref().map(|which| which.name.as_str());
            release == Some(wanted) || one.instance.name == wanted
        })
    };
    let found: Vec<usize> = known
        .iter()
        .enumerate()
        .filter(|(_, one)| in_project(one) && in_namespace(one) && is_called(one))
        .map(|(place, _)| place)
        .collect();
    let those = |of: &dyn Fn(&KnownInstance) -> bool| {
        let those = known.iter().filter(|one| of(one));
        those.cloned().collect::<Vec<_>>()
    };
    match found.as_slice() {
        [only] => Ok(*only),
        [] => {
            let shows = |one: &KnownInstance| {
                wish.name.is_some() && in_project(one) && one.display_name.as_deref() == wish.name
            };
            let displayed = those(&shows);
            match (wish.name, displayed.is_empty()) {
                (Some(name), false) => Err(InstanceError::DisplayName {
                    name: name.to_owned(),
                    found: displayed,
                }),
                (Some(_), true) => Err(InstanceError::None {
                    wish: wish.in_words(),
                    others: those(&is_called),
                }),
                (None, _) => Err(InstanceError::None {
                    wish: wish.in_words(),
                    others: Vec::new(),
                }),
            }
        }
        several => Err(InstanceError::Several {
            wish: wish.in_words(),
            found: several
                .iter()
                .filter_map(|&place| known.get(place).cloned())
                .collect(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(
        project: &str,
        name: &str,
        display: &str,
        which: Option<(&str, &str)>,
    ) -> KnownInstance {
        KnownInstance {
            instance: PlatformInstance {
                project: project.to_owned(),
                name: name.to_owned(),
            },
            display_name: Some(display.to_owned()).filter(|display| !display.is_empty()),
            which: which.map(|(name, namespace)| VirtualClusterName {
                name: name.to_owned(),
                namespace: namespace.to_owned(),
            }),
        }
    }

    type Typed = Option<&'static str>;

    #[test]
    fn the_three_names_of_an_instance_are_told_apart() {
        let all = [
            known("a", "blue-x7f2a", "Blue", Some(("blue", "team-x"))),
            known("a", "green", "", Some(("green", "green-ns"))),
            known("b", "green", "", Some(("green", "other-ns"))),
            known("b", "red", "", Some(("crimson", "red-ns"))),
            known("c", "crimson", "", Some(("scarlet", "scarlet-ns"))),
            known("c", "away", "", None),
        ];
        let said = |project: Typed, name: Typed, namespace: Typed| {
            let wish = InstanceWish {
                project,
                name,
                namespace,
            };
            match pick(wish, &all) {
                Ok(place) => format!("{}", all[place]),
                Err(error) => error.to_string(),
            }
        };
        let blue = "`blue-x7f2a` of project `a` (Helm release `blue` in host namespace `team-x`)";
        for typed in [
            (None, Some("blue"), None),
            (None, Some("blue-x7f2a"), None),
            (Some("a"), Some("blue"), Some("team-x")),
            (None, None, Some("team-x")),
        ] {
            assert_eq!(said(typed.0, typed.1, typed.2), blue);
        }
        assert_eq!(
            said(None, Some("Blue"), None),
            format!("`Blue` is a display name, which nothing is called by: it is that of {blue}")
        );
        assert_eq!(
            said(Some("b"), Some("blue"), None),
            format!(
                "the Platform has no virtual cluster instance with `--project b` `--vcluster blue`; \
                 there is {blue}"
            )
        );
        assert!(said(None, Some("green"), None).starts_with(
            "the Platform has several virtual cluster instances with `--vcluster green`: `green` of \
             project `a`"
        ));
        assert!(said(Some("b"), Some("green"), None).contains("other-ns"));
        // The release of one, the instance's name of another.
        let both = said(None, Some("crimson"), None);
        assert!(both.contains("`red` of project `b`") && both.contains("`crimson` of project `c`"));
        assert!(said(None, Some("crimson"), Some("red-ns")).starts_with("`red` of project `b`"));
        assert_eq!(said(None, Some("away"), None), "`away` of project `c`");
        assert_eq!(
            said(Some("z"), None, None),
            "the Platform has no virtual cluster instance with `--project z`"
        );
        assert!(said(None, None, None).contains("several virtual cluster instances: "));
    }
}
