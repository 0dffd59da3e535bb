//! `spec`: what the user wants. Short forms are read, and written back as they came.

use serde::{Deserialize, Serialize};

use crate::arm::{InvalidId, Kind, Named};

/// What the user wants for one ServiceAccount; every field may be left to a flag.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Spec {
    /// The vCluster that the ServiceAccount lives in.
    pub virtual_cluster: Option<VirtualClusterRef>,
    /// The user-assigned managed identity.
    pub identity: Option<IdentityRef>,
    /// The host's OIDC issuer, verbatim.
    pub issuer: Option<String>,
    /// The AKS cluster whose issuer it is.
    pub aks_cluster: Option<AksClusterRef>,
    /// The FIC's audience.
    pub audience: Option<String>,
    /// Roles that the identity is to have.
    #[serde(deserialize_with = "crate::json::null_is_absent")]
    pub roles: Vec<RoleWish>,
}

impl Spec {
    /// Fields that hold an object.
    pub(super) const OBJECTS: [&str; 3] = ["virtualCluster", "identity", "aksCluster"];
}

/// Which vCluster, in the host's words and in the Platform's.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct VirtualClusterRef {
    /// Helm release, which host names are made from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Host namespace of the control plane.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// Platform project.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub project: Option<String>,
    /// Platform instance.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instance: Option<String>,
    /// Platform name of the host cluster.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub host_cluster: Option<String>,
}

/// A managed identity: short (name or ARM id) or in parts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum IdentityRef {
    /// Its name, or its ARM id.
    Short(String),
    /// Its parts.
    #[serde(rename_all = "camelCase")]
    Parts {
        /// Subscription of the identity.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        subscription_id: Option<String>,
        /// Resource group of the identity.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        resource_group: Option<String>,
        /// Its name.
        name: String,
        /// Region, only to create it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        location: Option<String>,
    },
}

impl IdentityRef {
    /// Returns the identity, as far as it is named.
    ///
    /// # Errors
    ///
    /// [`InvalidId`] for a short form that names none.
    pub fn named(&self) -> Result<Named, InvalidId> {
        match self {
            Self::Short(text) => Named::parse(Kind::Identity, text),
            Self::Parts {
                subscription_id,
                resource_group,
                name,
                ..
            } => Ok(in_parts(
                subscription_id.as_deref(),
                resource_group.as_deref(),
                name,
            )),
        }
    }
}

fn in_parts(subscription: Option<&str>, group: Option<&str>, name: &str) -> Named {
    Named {
        subscription: subscription.map(str::to_owned),
        group: group.map(str::to_owned),
        name: name.to_owned(),
    }
}

/// An AKS cluster: short (`NAME`, `GROUP/NAME`, ARM id) or in parts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum AksClusterRef {
    /// `NAME`, `GROUP/NAME` or the ARM id.
    Short(String),
    /// Its parts.
    #[serde(rename_all = "camelCase")]
    Parts {
        /// Subscription of the cluster.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        subscription_id: Option<String>,
        /// Resource group of the cluster.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        resource_group: Option<String>,
        /// Its name.
        name: String,
    },
}

impl AksClusterRef {
    /// Returns the cluster, as far as it is named.
    ///
    /// # Errors
    ///
    /// [`InvalidId`] for a short form that names none.
    pub fn named(&self) -> Result<Named, InvalidId> {
        match self {
            Self::Short(text) => Named::parse(Kind::Cluster, text),
            Self::Parts {
                subscription_id,
                resource_group,
                name,
            } => Ok(in_parts(
                subscription_id.as_deref(),
                resource_group.as_deref(),
                name,
            )),
        }
    }
}

/// One wished role: short (`ROLE@SCOPE`) or in parts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum RoleWish {
    /// `ROLE@SCOPE`.
    Short(String),
    /// Its parts.
    Parts {
        /// Role name, or id of a role definition.
        role: String,
        /// ARM id of the scope.
        scope: String,
    },
}

impl RoleWish {
    /// Returns role and scope; `None` for a short form without `@`.
    pub fn parts(&self) -> Option<(&str, &str)> {
        match self {
            Self::Short(short) => short.split_once('@'),
            Self::Parts { role, scope } => Some((role, scope)),
        }
    }
}
