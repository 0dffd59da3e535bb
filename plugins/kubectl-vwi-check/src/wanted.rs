//! What is to be checked: one record each, and what it and the flags say should be there.

use std::collections::BTreeSet;

use vwi_cli::flags::{UsageError, bad_usage};
use vwi_core::arm::{Kind, Reference, ResourceId, same};
use vwi_core::contradiction::{OVERRIDE_HINT, flag_against_record};
use vwi_core::namespaces::HostServiceAccount;
use vwi_core::record::{
    AksClusterRef, Condition, ConditionStatus, IdentityRef, ItemResult, Record, RoleWish,
    TenantStatus, Upstream,
};
use vwi_core::step::Step;
use vwi_core::text::escape;
use vwi_core::translation::VirtualClusterName;

use crate::args::CheckArgs;

/// One ServiceAccount to check.
#[derive(Clone, Debug)]
pub(crate) struct Wanted {
    pub(crate) record: Record,
    /// What identifies its tenant, if the record says so.
    pub(crate) tenant: TenantStatus,
    /// Its vCluster, if record or flags say so.
    pub(crate) vcluster: Option<VirtualClusterName>,
    /// What the host calls it, if the record says so.
    pub(crate) host: Option<HostServiceAccount>,
    /// The identity, if record or flags say so.
    pub(crate) identity: Option<Named>,
    /// The AKS cluster, if record or flags say so.
    pub(crate) cluster: Option<Named>,
    pub(crate) issuer: Option<String>,
    pub(crate) audience: Option<String>,
    /// Roles and scopes.
    pub(crate) roles: Vec<(String, String)>,
    /// Steps that have only been planned.
    pub(crate) planned: BTreeSet<Step>,
    /// Whether this stream has just made the credential.
    pub(crate) is_new: bool,
    /// What an earlier step failed on; then nothing is checked.
    pub(crate) upstream: Option<Condition>,
}

/// A resource of Azure, as far as it is named.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Named {
    pub(crate) subscription: Option<String>,
    pub(crate) group: Option<String>,
    pub(crate) name: String,
}

impl Named {
    fn parse(kind: Kind, text: &str) -> Option<Self> {
        Some(match Reference::parse(kind, text).ok()? {
            Reference::Id(id) => Self::from(&id),
            Reference::InGroup { group, name } => Self {
                subscription: None,
                group: Some(group),
                name,
            },
            Reference::Name(name) => Self {
                subscription: None,
                group: None,
                name,
            },
        })
    }

    /// Whether two that are named in part can be the same.
    fn agrees(&self, other: &Self) -> bool {
        let agree = |one: Option<&String>, other: Option<&String>| match (one, other) {
            (Some(one), Some(other)) => same(one, other),
            (_, _) => true,
        };
        agree(self.subscription.as_ref(), other.subscription.as_ref())
            && agree(self.group.as_ref(), other.group.as_ref())
            && same(&self.name, &other.name)
    }
}

impl From<&ResourceId> for Named {
    fn from(id: &ResourceId) -> Self {
        Self {
            subscription: Some(id.subscription().to_owned()),
            group: Some(id.group().to_owned()),
            name: id.name().to_owned(),
        }
    }
}

impl std::fmt::Display for Named {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.group {
            Some(group) => write!(formatter, "{}/{}", escape(group), escape(&self.name)),
            None => formatter.write_str(&escape(&self.name)),
        }
    }
}

impl Wanted {
    /// Works out what one record asks for. A flag fills in what the record leaves open.
    ///
    /// # Errors
    ///
    /// [`UsageError`] if a flag says otherwise than the record, without `--override`.
    pub(crate) fn new(record: Record, args: &CheckArgs) -> Result<Self, UsageError> {
        // The reader has looked at both.
        let spec = record.spec().unwrap_or_default();
        let status = record.status().unwrap_or_default();
        let stated = spec
            .virtual_cluster
            .and_then(|vcluster| Some((vcluster.name?, vcluster.namespace?)));
        let typed = args
            .wanted
            .vcluster
            .clone()
            .zip(args.wanted.vcluster_namespace.clone());
        let vcluster = stated
            .or(typed)
            .map(|(name, namespace)| VirtualClusterName { name, namespace });
        let identity = status
            .identity
            .as_ref()
            .map(|identity| identity.id.as_str());
        let (identity_field, identity) = match identity.filter(|id| !id.is_empty()) {
            Some(id) => ("status.identity.id", Named::parse(Kind::Identity, id)),
            None => (
                "spec.identity",
                spec.identity.as_ref().and_then(of_identity),
            ),
        };
        let is_new = status
            .federated_credential
            .as_ref()
            .is_some_and(|credential| credential.result == ItemResult::Created);
        let mut roles: Vec<(String, String)> = spec
            .roles
            .iter()
            .filter_map(RoleWish::parts)
            .map(|(role, scope)| (role.to_owned(), scope.to_owned()))
            .collect();
        for assignment in status.role_assignments {
            let pair = (assignment.role, assignment.scope);
            if !roles.contains(&pair) {
                roles.push(pair);
            }
        }
        let upstream = match record.upstream(Step::Check) {
            Upstream::Failed(condition) => Some(condition),
            Upstream::Ready | Upstream::Planned => None,
        };
        let wanted = Self {
            tenant: status.tenant,
            vcluster,
            host: status.host_service_account.map(|host| HostServiceAccount {
                namespace: host.namespace,
                name: host.name,
            }),
            identity: either(
                args,
                ("--identity", typed_identity(args)),
                (identity_field, identity),
            )?,
            cluster: either(
                args,
                ("--aks-cluster", typed_cluster(args)),
                (
                    "spec.aksCluster",
                    spec.aks_cluster.as_ref().and_then(of_cluster),
                ),
            )?,
            issuer: status
                .issuer
                .or(spec.issuer)
                .or_else(|| args.wanted.issuer.clone()),
            audience: spec.audience.or_else(|| args.wanted.audience.clone()),
            roles,
            planned: planned(&record),
            is_new,
            upstream,
            record,
        };
        Ok(wanted)
    }

    pub(crate) fn namespace(&self) -> &str {
        self.record.namespace()
    }

    pub(crate) fn name(&self) -> &str {
        self.record.name()
    }
}

fn planned(record: &Record) -> BTreeSet<Step> {
    record
        .conditions()
        .into_iter()
        .filter(|condition| {
            condition.status == ConditionStatus::Unknown && condition.reason == Condition::PLANNED
        })
        .filter_map(|condition| Step::of_condition(&condition.condition_type))
        .collect()
}

fn typed_identity(args: &CheckArgs) -> Option<Named> {
    let typed = Named::parse(Kind::Identity, args.wanted.identity.as_deref()?)?;
    Some(Named {
        group: typed.group.or_else(|| args.wanted.resource_group.clone()),
        ..typed
    })
}

fn typed_cluster(args: &CheckArgs) -> Option<Named> {
    Named::parse(Kind::Cluster, args.wanted.aks_cluster.as_deref()?)
}

fn of_identity(wish: &IdentityRef) -> Option<Named> {
    match wish {
        IdentityRef::Short(text) => Named::parse(Kind::Identity, text),
        IdentityRef::Parts {
            subscription_id,
            resource_group,
            name,
            ..
        } => Some(Named {
            subscription: subscription_id.clone(),
            group: resource_group.clone(),
            name: name.clone(),
        }),
    }
}

fn of_cluster(wish: &AksClusterRef) -> Option<Named> {
    match wish {
        AksClusterRef::Short(text) => Named::parse(Kind::Cluster, text),
        AksClusterRef::Parts {
            subscription_id,
            resource_group,
            name,
        } => Some(Named {
            subscription: subscription_id.clone(),
            group: resource_group.clone(),
            name: name.clone(),
        }),
    }
}

/// The record's, filled up by the flag; two that differ are an error that names both.
fn either(
    args: &CheckArgs,
    (flag, typed): (&str, Option<Named>),
    (field, recorded): (&str, Option<Named>),
) -> Result<Option<Named>, UsageError> {
    match (typed, recorded) {
        (Some(typed), Some(recorded)) if typed.agrees(&recorded) => Ok(Some(Named {
            subscription: recorded.subscription.or(typed.subscription),
            group: recorded.group.or(typed.group),
            name: recorded.name,
        })),
        (Some(typed), Some(recorded)) if !args.change.override_records => Err(bad_usage(
            flag_against_record(flag, &typed.to_string(), field, &recorded.to_string()),
            Some(OVERRIDE_HINT),
        )),
        (Some(typed), _) => Ok(Some(typed)),
        (None, recorded) => Ok(recorded),
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use clap::Parser;
    use serde_json::json;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        args: CheckArgs,
    }

    /// What is wanted for a record, without flags.
    pub(crate) fn without_flags(record: Record) -> Wanted {
        Wanted::new(record, &Line::parse_from(["check"]).args).unwrap()
    }

    fn wanted(fields: &serde_json::Value, flags: &[&str]) -> Result<Wanted, UsageError> {
        let line = Line::parse_from(["check"].iter().chain(flags));
        Wanted::new(record(fields), &line.args)
    }

    fn record(fields: &serde_json::Value) -> Record {
        let mut document = json!({
            "apiVersion": "vwi/v1alpha1",
            "kind": "WorkloadIdentity",
            "metadata": {"name": "app", "namespace": "default"},
        });
        for (key, value) in fields.as_object().unwrap() {
            document[key] = value.clone();
        }
        Record::from_document(document.as_object().unwrap().clone()).unwrap()
    }

    const ID: &str = "/subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/rg/providers/\
                      Microsoft.ManagedIdentity/userAssignedIdentities/app-identity";

    #[test]
    fn what_azure_said_goes_before_what_was_wished_and_before_flags() {
        let both = json!({"spec": {"identity": "other"}, "status": {"identity": {"id": ID}}});
        let identity = wanted(&both, &[]).unwrap().identity.unwrap();
        assert_eq!(identity.to_string(), "rg/app-identity");
        let wish = json!({"spec": {"identity": "app-identity"}});
        let identity = wanted(&wish, &["--identity", "app-identity", "-g", "rg"]).unwrap();
        assert_eq!(identity.identity.unwrap().to_string(), "rg/app-identity");
        let none = wanted(&json!({}), &["--identity", ID]).unwrap();
        assert_eq!(none.identity, Named::parse(Kind::Identity, ID));
    }

    #[test]
    fn a_flag_against_a_record_names_both() {
        let record = json!({"status": {"identity": {"id": ID}}});
        let error = wanted(&record, &["--identity", "other"]).unwrap_err();
        let text = error.to_string();
        assert!(
            text.contains("`other`") && text.contains("`rg/app-identity`"),
            "{text}"
        );
        let taken = wanted(&record, &["--identity", "other", "--override"]).unwrap();
        assert_eq!(taken.identity.unwrap().name, "other");
    }

    #[test]
    fn roles_are_those_that_were_wished_and_those_that_were_made() {
        let record = json!({
            "spec": {"roles": ["Reader@/subscriptions/s", "no scope"]},
            "status": {"roleAssignments": [
                {"id": "1", "role": "Reader", "scope": "/subscriptions/s", "result": "created"},
                {"id": "2", "role": "AcrPull", "scope": "/subscriptions/s", "result": "unchanged"},
            ]},
        });
        let roles = wanted(&record, &[]).unwrap().roles;
        let roles: Vec<&str> = roles.iter().map(|(role, _)| role.as_str()).collect();
        assert_eq!(roles, ["Reader", "AcrPull"]);
    }

    #[test]
    fn plans_and_failures_of_earlier_steps_are_heeded() {
        let condition = |kind: &str, status: &str, reason: &str| json!({"type": kind, "status": status, "reason": reason, "message": ""});
        let planned = json!({"status": {"conditions": [
            condition("Translated", "True", "Proven"),
            condition("Federated", "Unknown", "Planned"),
        ]}});
        let found = wanted(&planned, &[]).unwrap();
        assert_eq!(found.planned, [Step::Federate].into());
        assert!(found.upstream.is_none());
        let failed = json!({"status": {"conditions": [condition("Federated", "False", "NoRoom")]}});
        let found = wanted(&failed, &[]).unwrap();
        assert_eq!(found.upstream.unwrap().reason, "NoRoom");
    }
}
