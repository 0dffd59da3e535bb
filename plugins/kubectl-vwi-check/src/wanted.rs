//! What is to be checked: one record each, and what it and the flags say should be there.

use std::collections::BTreeSet;

use vwi_cli::flags::{UsageError, bad_usage};
use vwi_core::arm::{Kind, Named};
use vwi_core::contradiction::Merge;
use vwi_core::namespaces::HostServiceAccount;
use vwi_core::record::{
    AksClusterRef, Condition, ConditionStatus, IdentityRef, ItemResult, Record, TenantStatus,
    Upstream,
};
use vwi_core::step::Step;
use vwi_core::translation::VirtualClusterName;

use crate::args::CheckArgs;
use crate::said::Said;

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
    /// The subject that the record claims.
    pub(crate) subject: Option<String>,
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

impl Wanted {
    /// Works out what one record asks for. A flag fills in what the record leaves open.
    ///
    /// # Errors
    ///
    /// [`UsageError`] if a flag says otherwise than the record, without `--override`, or if what the
    /// record wants can't be.
    pub(crate) fn new(record: Record, args: &CheckArgs) -> Result<Self, UsageError> {
        // The reader has looked at both.
        let spec = record.spec().unwrap_or_default();
        let status = record.status().unwrap_or_default();
        let said = Said {
            args,
            merge: Merge {
                override_record: args.change.override_records,
            },
            key: record.key(),
        };
        args.kubectl
            .check_namespace(record.namespace())
            .map_err(|contradiction| bad_usage(contradiction.to_string(), None))?;
        let vcluster = said.vcluster(spec.virtual_cluster)?;
        let identity = status
            .identity
            .as_ref()
            .map(|identity| identity.id.as_str());
        let identity = match (identity.filter(|id| !id.is_empty()), &spec.identity) {
            (Some(id), _) => ("status.identity.id", Some(Named::parse(Kind::Identity, id))),
            (None, wish) => ("spec.identity", wish.as_ref().map(IdentityRef::named)),
        };
        let identity = said.identity(identity)?;
        let cluster = said.cluster(spec.aks_cluster.as_ref().map(AksClusterRef::named))?;
        // What is wanted, else what federate has found.
        let issuer = match spec.issuer {
            Some(issuer) => ("spec.issuer", Some(issuer)),
            None => ("status.issuer", status.issuer),
        };
        let issuer = said.text(("--issuer", args.wanted.issuer.as_deref()), issuer)?;
        let audience = said.text(
            ("--audience", args.wanted.audience.as_deref()),
            ("spec.audience", spec.audience),
        )?;
        let is_new = status
            .federated_credential
            .as_ref()
            .is_some_and(|credential| credential.result == ItemResult::Created);
        let mut roles = said.roles(&spec.roles)?;
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
            subject: status.subject.map(|subject| subject.to_string()),
            identity,
            cluster,
            issuer,
            audience,
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
        assert_eq!(none.identity, Named::parse(Kind::Identity, ID).ok());
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
            "spec": {"roles": ["Reader@/subscriptions/s"]},
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
    fn every_flag_against_its_field_is_named_unless_it_is_overridden() {
        let spec = json!({"spec": {
            "virtualCluster": {"name": "blue", "namespace": "team"},
            "identity": {"name": "app-identity", "resourceGroup": "rg"},
            "issuer": "https://one/",
            "audience": "api://one",
        }});
        for (flag, other, field) in [
            ("--vcluster", "green", "spec.virtualCluster.name"),
            (
                "--vcluster-namespace",
                "other",
                "spec.virtualCluster.namespace",
            ),
            ("-g", "other", "spec.identity"),
            ("--issuer", "https://two/", "spec.issuer"),
            ("--audience", "api://two", "spec.audience"),
        ] {
            let error = wanted(&spec, &[flag, other]).unwrap_err().to_string();
            assert!(error.contains(field) && error.contains(other), "{error}");
            assert!(
                wanted(&spec, &[flag, other, "--override"]).is_ok(),
                "{flag}"
            );
        }
        let issuer = wanted(&spec, &["--issuer", "https://two/", "--override"]);
        assert_eq!(issuer.unwrap().issuer.as_deref(), Some("https://two/"));
        // Of another namespace is another ServiceAccount.
        assert!(wanted(&spec, &["-n", "other", "--override"]).is_err());
        assert!(wanted(&spec, &["-n", "default", "-g", "RG"]).is_ok());
    }

    #[test]
    fn what_can_not_be_meant_is_an_error() {
        for spec in [
            json!({"identity": "app identity"}),
            json!({"aksCluster": "a/b/c/d"}),
            json!({"roles": ["Reader"]}),
        ] {
            let error = wanted(&json!({"spec": spec}), &[]).unwrap_err().to_string();
            assert!(error.contains("default/app"), "{error}");
        }
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
