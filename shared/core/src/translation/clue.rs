//! One statement about which vCluster a tenant is, and how much it weighs.

use std::fmt;

use crate::record::{Evidence, Source, VirtualClusterRef};
use crate::text::escape;

use super::identification::VirtualClusterName;

/// Where a clue comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ClueSource {
    /// A flag.
    Flag,
    /// `spec.virtualCluster` of a record.
    Record,
    /// The tenant's `default/kubernetes` and a Service of the host have one `clusterIP`.
    ServiceAddress,
    /// The API server's certificate.
    Certificate,
    /// The server's URL in the kubeconfig, as the Platform makes it.
    PlatformUrl,
    /// The name of the context.
    ContextName,
    /// The host has only this vCluster, as far as the others leave it open.
    OnlyOne,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Strength {
    Typed,
    Proof,
    Hint,
}

impl ClueSource {
    fn strength(self) -> Strength {
        match self {
            Self::Flag | Self::Record => Strength::Typed,
            Self::ServiceAddress | Self::Certificate | Self::PlatformUrl => Strength::Proof,
            Self::ContextName | Self::OnlyOne => Strength::Hint,
        }
    }

    /// Returns how a record names it.
    pub fn in_record(self) -> Source {
        match self {
            Self::Flag | Self::Record => Source::Stated,
            Self::ServiceAddress => Source::ServiceIp,
            Self::Certificate => Source::Certificate,
            Self::PlatformUrl => Source::PlatformUrl,
            Self::ContextName => Source::ContextName,
            Self::OnlyOne => Source::OnlyOne,
        }
    }
}

/// A vCluster as the Platform knows it: not what host names are made from.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PlatformInstance {
    /// Platform project.
    pub project: String,
    /// `VirtualClusterInstance` in it.
    pub name: String,
}

impl fmt::Display for PlatformInstance {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "Platform instance `{}` of project `{}`",
            escape(&self.name),
            escape(&self.project)
        )
    }
}

/// One statement about which vCluster it is; it may know one part only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clue {
    /// Where it comes from.
    pub source: ClueSource,
    /// Who says so, as the beginning of a sentence: `` `--vcluster` ``, `the certificate of …`.
    pub said_by: String,
    /// Helm release.
    pub name: Option<String>,
    /// Host namespace of the control plane.
    pub namespace: Option<String>,
    /// The Platform's name for it.
    pub instance: Option<PlatformInstance>,
}

impl Clue {
    /// Returns a clue that knows what is given.
    pub fn parts(
        source: ClueSource,
        said_by: impl Into<String>,
        name: Option<String>,
        namespace: Option<String>,
    ) -> Self {
        Self {
            source,
            said_by: said_by.into(),
            name,
            namespace,
            instance: None,
        }
    }

    /// Returns a clue that knows both parts.
    pub fn both(
        source: ClueSource,
        said_by: impl Into<String>,
        which: &VirtualClusterName,
    ) -> Self {
        let (name, namespace) = (which.name.clone(), which.namespace.clone());
        Self::parts(source, said_by, Some(name), Some(namespace))
    }

    /// Returns a clue that knows the Platform's name alone.
    pub fn instance(
        source: ClueSource,
        said_by: impl Into<String>,
        instance: PlatformInstance,
    ) -> Self {
        Self {
            instance: Some(instance),
            ..Self::parts(source, said_by, None, None)
        }
    }

    /// Returns the line of a record's evidence: what it says, without who reads the kubeconfig.
    pub fn evidence(&self) -> Evidence {
        let instance = self.instance.clone();
        let (project, instance) = instance.map_or((None, None), |instance| {
            (Some(instance.project), Some(instance.name))
        });
        Evidence {
            source: self.source.in_record(),
            namespace: None,
            name: None,
            virtual_cluster: Some(VirtualClusterRef {
                name: self.name.clone(),
                namespace: self.namespace.clone(),
                project,
                instance,
                host_cluster: None,
            }),
            message: None,
        }
    }

    /// Whether both say the same where both say something.
    pub(super) fn agrees(&self, other: &Self) -> bool {
        fn same<T: PartialEq>(own: Option<&T>, other: Option<&T>) -> bool {
            match (own, other) {
                (Some(own), Some(other)) => own == other,
                (_, _) => true,
            }
        }
        same(self.name.as_ref(), other.name.as_ref())
            && same(self.namespace.as_ref(), other.namespace.as_ref())
            && same(self.instance.as_ref(), other.instance.as_ref())
    }

    pub(super) fn is(&self, strength: Strength) -> bool {
        self.source.strength() == strength
    }
}

impl fmt::Display for Clue {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} says ", self.said_by)?;
        match (&self.name, &self.namespace, &self.instance) {
            (Some(name), Some(namespace), _) => write!(
                formatter,
                "vCluster `{}` in host namespace `{}`",
                escape(name),
                escape(namespace)
            ),
            (Some(name), None, _) => write!(formatter, "vCluster `{}`", escape(name)),
            (None, Some(namespace), _) => {
                write!(formatter, "host namespace `{}`", escape(namespace))
            }
            (None, None, Some(instance)) => write!(formatter, "{instance}"),
            (None, None, None) => formatter.write_str("nothing"),
        }
    }
}
