//! What exists in a world.

pub(crate) mod planting;
mod view;

use std::collections::HashSet;

use serde_json::{Map, Value};
use uuid::Uuid;

use crate::clock::Arrival;
use crate::rights::RoleDefinition;
use crate::seed::{CallerInfo, CredentialSpec, SubscriptionInfo};
use crate::settings::Settings;
use crate::throttle::Buckets;

/// Returns a new id.
pub(crate) fn new_id() -> String {
    Uuid::new_v4().to_string()
}

/// Everything that exists in a world. Lists are in the order of creation, as ARM's are.
#[derive(Debug, Default)]
pub(crate) struct State {
    pub(crate) tenant_id: String,
    pub(crate) settings: Settings,
    pub(crate) subscriptions: Vec<SubscriptionInfo>,
    pub(crate) callers: Vec<Caller>,
    pub(crate) groups: Vec<Group>,
    pub(crate) identities: Vec<Identity>,
    pub(crate) clusters: Vec<Cluster>,
    pub(crate) bindings: Vec<Binding>,
    pub(crate) definitions: Vec<RoleDefinition>,
    pub(crate) assignments: Vec<Assignment>,
    pub(crate) buckets: Buckets,
    /// Identities under which a credential is being written, in lower case.
    pub(crate) writing: HashSet<String>,
}

/// Where a resource lives: subscription, resource group, name. Equality ignores case.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    pub(crate) subscription: String,
    pub(crate) group: String,
    pub(crate) name: String,
}

impl Place {
    /// Whether both are one place, whatever the case.
    pub(crate) fn is(&self, other: &Self) -> bool {
        self.name.eq_ignore_ascii_case(&other.name)
            && self.in_group(&other.subscription, &other.group)
    }

    /// Whether it lies in this resource group.
    pub(crate) fn in_group(&self, subscription: &str, group: &str) -> bool {
        self.in_subscription(subscription) && self.group.eq_ignore_ascii_case(group)
    }

    /// Whether it lies in this subscription.
    pub(crate) fn in_subscription(&self, subscription: &str) -> bool {
        self.subscription.eq_ignore_ascii_case(subscription)
    }

    /// Returns the ARM id of a resource at this place, with the `resourcegroups` in lower case
    /// that Microsoft.ManagedIdentity and Microsoft.ContainerService give back.
    pub(crate) fn id(&self, provider_and_type: &str) -> String {
        let Self {
            subscription,
            group,
            name,
        } = self;
        format!(
            "/subscriptions/{subscription}/resourcegroups/{group}/providers/{provider_and_type}/{name}"
        )
    }
}

/// A service principal that logs in by itself.
#[derive(Debug)]
pub(crate) struct Caller {
    pub(crate) info: CallerInfo,
    pub(crate) graph: bool,
    pub(crate) credentials: Vec<Credential>,
    pub(crate) certificates: Vec<String>,
}

/// A resource group.
#[derive(Clone, Debug)]
pub(crate) struct Group {
    pub(crate) subscription: String,
    pub(crate) name: String,
    pub(crate) location: String,
}

/// ARM's name of the type of a managed identity.
pub(crate) const IDENTITY_TYPE: &str = "Microsoft.ManagedIdentity/userAssignedIdentities";

/// ARM's name of the type of an AKS cluster.
pub(crate) const CLUSTER_TYPE: &str = "Microsoft.ContainerService/managedClusters";

/// A user-assigned managed identity.
#[derive(Debug)]
pub(crate) struct Identity {
    pub(crate) place: Place,
    pub(crate) location: String,
    pub(crate) tags: Map<String, Value>,
    pub(crate) client_id: String,
    pub(crate) principal_id: String,
    pub(crate) isolation_scope: Option<String>,
    pub(crate) assignment_restrictions: Option<Value>,
    /// One per kind of use, as each has its own way through Azure.
    pub(crate) known_to_credentials: Arrival,
    pub(crate) known_to_roles: Arrival,
    pub(crate) known_to_entra: Arrival,
    pub(crate) credentials: Vec<Credential>,
}

impl Identity {
    pub(crate) fn id(&self) -> String {
        self.place.id(IDENTITY_TYPE)
    }
}

/// A federated identity credential of an identity or a caller.
#[derive(Clone, Debug)]
pub(crate) struct Credential {
    pub(crate) spec: CredentialSpec,
    /// What Entra honours until a change has arrived.
    pub(crate) previous: Option<CredentialSpec>,
    pub(crate) known_to_entra: Arrival,
    /// Exchanges that are still to fail after the first success; none: no success yet.
    pub(crate) failures_left: Option<u32>,
}

impl Credential {
    pub(crate) fn new(spec: CredentialSpec, known_to_entra: Arrival) -> Self {
        Self {
            spec,
            previous: None,
            known_to_entra,
            failures_left: None,
        }
    }
}

/// An AKS cluster.
#[derive(Debug)]
pub(crate) struct Cluster {
    pub(crate) place: Place,
    pub(crate) location: String,
    pub(crate) tags: Map<String, Value>,
    pub(crate) issuer_url: Option<String>,
    pub(crate) issuer_url_when_enabled: Option<String>,
    pub(crate) workload_identity: bool,
}

impl Cluster {
    pub(crate) fn id(&self) -> String {
        self.place.id(CLUSTER_TYPE)
    }
}

/// An identity binding of a cluster.
#[derive(Debug)]
pub(crate) struct Binding {
    pub(crate) cluster: Place,
    pub(crate) name: String,
    pub(crate) identity: Place,
    pub(crate) etag: String,
}

/// A role assignment.
#[derive(Clone, Debug)]
pub(crate) struct Assignment {
    pub(crate) name: String,
    /// Scope without a slash at the end; empty: the root.
    pub(crate) scope: String,
    /// GUID of the role definition.
    pub(crate) role: String,
    pub(crate) principal_id: String,
    pub(crate) principal_type: String,
    pub(crate) description: Option<String>,
    pub(crate) condition: Option<String>,
    pub(crate) condition_version: Option<String>,
    pub(crate) delegated_identity: Option<String>,
    pub(crate) created: String,
    pub(crate) updated: String,
    pub(crate) created_by: Option<String>,
    pub(crate) visible: Arrival,
    pub(crate) effective: Arrival,
}

impl State {
    pub(crate) fn subscription(&self, id: &str) -> Option<&SubscriptionInfo> {
        let mut all = self.subscriptions.iter();
        all.find(|one| one.subscription_id.eq_ignore_ascii_case(id))
    }

    pub(crate) fn group(&self, subscription: &str, name: &str) -> Option<&Group> {
        self.groups.iter().find(|group| {
            group.subscription.eq_ignore_ascii_case(subscription)
                && group.name.eq_ignore_ascii_case(name)
        })
    }

    pub(crate) fn identity(&self, place: &Place) -> Option<&Identity> {
        self.identities.iter().find(|one| one.place.is(place))
    }

    pub(crate) fn identity_mut(&mut self, place: &Place) -> Option<&mut Identity> {
        self.identities.iter_mut().find(|one| one.place.is(place))
    }

    pub(crate) fn cluster(&self, place: &Place) -> Option<&Cluster> {
        self.clusters.iter().find(|one| one.place.is(place))
    }
}
