//! Puts things into a world, and takes them out, past every rule.

use serde_json::{Map, Value};

use crate::clock::{Arrival, Moment, rfc3339};
use crate::rights::{self, RoleDefinition};
use crate::seed::{
    BindingSpec, CallerInfo, CallerSpec, ClusterSpec, CredentialSpec, IdentitySpec,
    PUBLIC_AUDIENCE, Right, RoleAssignmentSpec, RoleDefinitionSpec, Seed, SubscriptionInfo,
    WorldSpec,
};
use crate::state::{
    Assignment, Binding, Caller, Cluster, Credential, Group, Identity, Place, State, new_id,
};
use crate::world::WorldError;

/// Resource group of entries that name none.
const DEFAULT_GROUP: &str = "rg";

/// Region of resource groups that name none.
const DEFAULT_LOCATION: &str = "westeurope";

/// Name of the credential that AKS keeps for identity bindings.
pub(crate) const BINDING_CREDENTIAL: &str = "aks-identity-binding";

/// Audience of identity bindings.
const BINDING_AUDIENCE: &str = "api://AKSIdentityBinding";

impl State {
    /// Makes the contents of a new world.
    pub(crate) fn new(tenant_id: &str, spec: WorldSpec, now: Moment) -> Result<Self, WorldError> {
        let mut state = Self {
            tenant_id: tenant_id.to_owned(),
            settings: spec.settings,
            definitions: rights::built_in(),
            ..Self::default()
        };
        let mut subscriptions = spec.subscriptions;
        if subscriptions.is_empty() {
            subscriptions.push(crate::seed::SubscriptionSpec::default());
        }
        for (number, subscription) in subscriptions.into_iter().enumerate() {
            state.subscriptions.push(SubscriptionInfo {
                subscription_id: subscription.subscription_id.unwrap_or_else(new_id),
                display_name: subscription
                    .display_name
                    .unwrap_or_else(|| format!("Subscription {}", number + 1)),
            });
        }
        let mut callers = spec.callers;
        if callers.is_empty() {
            callers.push(CallerSpec::default());
        }
        for caller in callers {
            state.add_caller(caller);
        }
        if spec.seed.resource_groups.is_empty() {
            state.place(None, "", "")?;
        }
        state.add(&spec.seed, now)?;
        Ok(state)
    }

    /// Adds or replaces a caller.
    pub(crate) fn add_caller(&mut self, spec: CallerSpec) -> CallerInfo {
        let info = CallerInfo {
            name: spec.name.unwrap_or_else(|| "caller".to_owned()),
            client_id: spec.client_id.unwrap_or_else(new_id),
            client_secret: spec.client_secret.unwrap_or_else(new_id),
            object_id: spec.object_id.unwrap_or_else(new_id),
            rights: spec.rights.unwrap_or_else(|| vec![Right::role("Owner")]),
        };
        self.callers
            .retain(|caller| caller.info.client_id != info.client_id);
        let credentials = spec.federated_credentials.into_iter();
        self.callers.push(Caller {
            info: info.clone(),
            graph: spec.graph.unwrap_or(true),
            credentials: credentials.map(planted_credential).collect(),
            certificates: spec.certificates,
        });
        info
    }

    /// Adds everything of a seed. What it names must be there, or be made by the same seed.
    pub(crate) fn add(&mut self, seed: &Seed, now: Moment) -> Result<(), WorldError> {
        for group in &seed.resource_groups {
            let subscription = self.subscription_or_first(group.subscription_id.as_deref())?;
            self.make_group(&subscription, &group.name, &group.location);
        }
        for identity in &seed.identities {
            self.add_identity(identity)?;
        }
        for cluster in &seed.clusters {
            self.add_cluster(cluster)?;
        }
        for binding in &seed.bindings {
            self.add_binding(binding)?;
        }
        for definition in &seed.role_definitions {
            self.add_definition(definition);
        }
        for assignment in &seed.role_assignments {
            self.add_assignment(assignment, now)?;
        }
        Ok(())
    }

    /// Removes what has this ARM id, with what lies below it.
    pub(crate) fn remove(&mut self, id: &str) -> bool {
        let before = self.count();
        let gone = |found: &str| rights::is_at_or_below(found, id);
        for identity in &mut self.identities {
            let parent = identity.id();
            identity.credentials.retain(|credential| {
                let name = &credential.spec.name;
                !gone(&format!("{parent}/federatedIdentityCredentials/{name}"))
            });
        }
        self.identities.retain(|identity| !gone(&identity.id()));
        self.bindings.retain(|binding| !gone(&binding.id()));
        self.clusters.retain(|cluster| !gone(&cluster.id()));
        self.assignments
            .retain(|assignment| !gone(&assignment.id()));
        self.groups.retain(|group| !gone(&group.id()));
        self.count() != before
    }

    fn count(&self) -> usize {
        let credentials = self.identities.iter().map(|one| one.credentials.len());
        credentials.sum::<usize>()
            + self.identities.len()
            + self.bindings.len()
            + self.clusters.len()
            + self.assignments.len()
            + self.groups.len()
    }

    fn subscription_or_first(&self, id: Option<&str>) -> Result<String, WorldError> {
        let found = match id {
            Some(id) => self.subscription(id),
            None => self.subscriptions.first(),
        };
        let missing = || missing("subscription", id.unwrap_or_default());
        Ok(found.ok_or_else(missing)?.subscription_id.clone())
    }

    /// Returns the place that a seed means, and makes its resource group.
    fn place(
        &mut self,
        subscription: Option<&str>,
        group: &str,
        name: &str,
    ) -> Result<Place, WorldError> {
        let subscription = self.subscription_or_first(subscription)?;
        let group = if group.is_empty() {
            DEFAULT_GROUP
        } else {
            group
        };
        let group = self.make_group(&subscription, group, "");
        Ok(Place {
            subscription,
            group,
            name: name.to_owned(),
        })
    }

    /// Makes a resource group unless it is there; returns its name as it was made.
    fn make_group(&mut self, subscription: &str, name: &str, location: &str) -> String {
        if let Some(group) = self.group(subscription, name) {
            return group.name.clone();
        }
        let location = if location.is_empty() {
            DEFAULT_LOCATION
        } else {
            location
        };
        self.groups.push(Group {
            subscription: subscription.to_owned(),
            name: name.to_owned(),
            location: location.to_owned(),
        });
        name.to_owned()
    }

    fn location(&self, wanted: &str, place: &Place) -> String {
        if !wanted.is_empty() {
            return wanted.to_owned();
        }
        let group = self.group(&place.subscription, &place.group);
        group
            .map_or(DEFAULT_LOCATION, |group| &group.location)
            .to_owned()
    }

    fn add_identity(&mut self, spec: &IdentitySpec) -> Result<(), WorldError> {
        let subscription = spec.subscription_id.as_deref();
        let place = self.place(subscription, &spec.resource_group, &spec.name)?;
        let location = self.location(&spec.location, &place);
        let credentials = spec.credentials.iter().cloned().map(planted_credential);
        if let Some(identity) = self.identity_mut(&place) {
            // More credentials for an identity that is there.
            identity.credentials.extend(credentials);
            return Ok(());
        }
        let tags = spec.tags.iter();
        self.identities.push(Identity {
            location,
            tags: tags
                .map(|(key, value)| (key.clone(), Value::String(value.clone())))
                .collect(),
            client_id: spec.client_id.clone().unwrap_or_else(new_id),
            principal_id: spec.principal_id.clone().unwrap_or_else(new_id),
            isolation_scope: None,
            assignment_restrictions: None,
            known_to_credentials: Arrival::long_ago(),
            known_to_roles: Arrival::long_ago(),
            known_to_entra: Arrival::long_ago(),
            credentials: credentials.collect(),
            place,
        });
        Ok(())
    }

    fn add_cluster(&mut self, spec: &ClusterSpec) -> Result<(), WorldError> {
        let subscription = spec.subscription_id.as_deref();
        let place = self.place(subscription, &spec.resource_group, &spec.name)?;
        let location = self.location(&spec.location, &place);
        self.clusters.retain(|cluster| !cluster.place.is(&place));
        self.clusters.push(Cluster {
            place,
            location,
            tags: Map::new(),
            issuer_url: spec.issuer_url.clone(),
            issuer_url_when_enabled: spec.issuer_url_when_enabled.clone(),
            workload_identity: !spec.workload_identity_off,
        });
        Ok(())
    }

    fn add_binding(&mut self, spec: &BindingSpec) -> Result<(), WorldError> {
        let clusters = self.clusters.iter();
        let cluster = clusters
            .map(|cluster| (cluster.id(), &cluster.place))
            .find(|(id, _)| id.eq_ignore_ascii_case(&spec.cluster_id))
            .map(|(_, place)| place.clone())
            .ok_or_else(|| missing("cluster", &spec.cluster_id))?;
        let identity = self
            .identities
            .iter()
            .find(|identity| identity.id().eq_ignore_ascii_case(&spec.identity_id))
            .map(|identity| identity.place.clone())
            .ok_or_else(|| missing("identity", &spec.identity_id))?;
        self.bind(cluster, &spec.name, identity);
        Ok(())
    }

    /// Makes or replaces a binding, and the one credential that AKS keeps for all of them.
    pub(crate) fn bind(&mut self, cluster: Place, name: &str, identity: Place) {
        let tenant = self.tenant_id.clone();
        if let Some(bound) = self.identity_mut(&identity) {
            let is_there = |one: &Credential| one.spec.name == BINDING_CREDENTIAL;
            if !bound.credentials.iter().any(is_there) {
                let issuer = binding_issuer(&tenant, &bound.client_id);
                let mut spec = CredentialSpec::new(BINDING_CREDENTIAL, &issuer, &bound.client_id);
                spec.audiences = vec![BINDING_AUDIENCE.to_owned()];
                bound.credentials.push(planted_credential(spec));
            }
        }
        self.bindings.retain(|binding| {
            !(binding.cluster.is(&cluster) && binding.name.eq_ignore_ascii_case(name))
        });
        self.bindings.push(Binding {
            cluster,
            name: name.to_owned(),
            identity,
            etag: new_id(),
        });
    }

    fn add_definition(&mut self, spec: &RoleDefinitionSpec) {
        self.definitions.push(RoleDefinition {
            guid: spec.id.clone().unwrap_or_else(new_id),
            role_name: spec.role_name.clone(),
            built_in: false,
            actions: spec.actions.clone(),
            not_actions: spec.not_actions.clone(),
            data_actions: Vec::new(),
        });
    }

    fn add_assignment(&mut self, spec: &RoleAssignmentSpec, now: Moment) -> Result<(), WorldError> {
        let role = self
            .definition(&spec.role)
            .ok_or_else(|| missing("role", &spec.role))?;
        let role = role.guid.clone();
        let scope = if spec.scope.is_empty() {
            format!("/subscriptions/{}", self.subscription_or_first(None)?)
        } else {
            spec.scope.trim_end_matches('/').to_owned()
        };
        let principal_type = if spec.principal_type.is_empty() {
            "ServicePrincipal"
        } else {
            &spec.principal_type
        };
        self.assignments.push(Assignment {
            name: spec.name.clone().unwrap_or_else(new_id),
            scope,
            role,
            principal_id: spec.principal_id.clone(),
            principal_type: principal_type.to_owned(),
            description: None,
            condition: None,
            condition_version: None,
            delegated_identity: None,
            created: rfc3339(now),
            updated: rfc3339(now),
            created_by: None,
            visible: Arrival::long_ago(),
            effective: Arrival::long_ago(),
        });
        Ok(())
    }

    /// Returns the role definition with this name or GUID, whatever the case.
    pub(crate) fn definition(&self, name_or_guid: &str) -> Option<&RoleDefinition> {
        self.definitions.iter().find(|definition| {
            definition.role_name.eq_ignore_ascii_case(name_or_guid)
                || definition.guid.eq_ignore_ascii_case(name_or_guid)
        })
    }
}

/// Returns the issuer of an identity's bindings.
pub(crate) fn binding_issuer(tenant: &str, client_id: &str) -> String {
    format!("https://ib.oic.prod-aks.azure.com/{tenant}/{client_id}")
}

fn planted_credential(mut spec: CredentialSpec) -> Credential {
    if spec.audiences.is_empty() {
        spec.audiences.push(PUBLIC_AUDIENCE.to_owned());
    }
    let mut credential = Credential::new(spec, Arrival::long_ago());
    // Its first success is long past.
    credential.failures_left = Some(0);
    credential
}

fn missing(what: &'static str, name: &str) -> WorldError {
    WorldError::Missing {
        what,
        name: name.to_owned(),
    }
}
