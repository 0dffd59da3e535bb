//! One ServiceAccount: read, compare, and changed by server-side apply; only our keys.

use std::collections::BTreeSet;

use vwi_cli::flags::DryRun;
use vwi_core::annotation::plan::plan_removal;
use vwi_core::annotation::{Conflict, FieldOwner, KEYS, KeyChange, Observed, Plan, plan};
use vwi_core::text::escape;
use vwi_kubernetes::object::ServiceAccount;
use vwi_kubernetes::tenant::{Annotations, is_other_object};
use vwi_kubernetes::{ApiError, Tenant};

use crate::args::AnnotateArgs;
use crate::work::{Verdict, Work};

/// Reason of a record whose annotations belong in Git.
pub(crate) const MANAGED_IN_GIT: &str = "ManagedInGit";

/// What the object's metadata says of itself.
pub(crate) fn observed(account: &ServiceAccount) -> Observed {
    let metadata = &account.metadata;
    let owners = metadata.managed_fields.iter().map(|fields| FieldOwner {
        manager: fields.manager.clone(),
        applied: fields.operation == "Apply",
        keys: metadata
            .annotations
            .keys()
            .filter(|key| fields.owns_annotation(key))
            .cloned()
            .collect::<BTreeSet<String>>(),
    });
    Observed {
        labels: metadata.labels.clone(),
        annotations: metadata.annotations.clone(),
        owners: owners.collect(),
    }
}

/// Brings one ServiceAccount to what its work wants.
pub(crate) async fn bring(tenant: &Tenant, work: &Work, arguments: &AnnotateArgs) -> Verdict {
    let read = tenant.service_account(&work.namespace, &work.name).await;
    let account = match read {
        Ok(Some(account)) => account,
        Ok(None) => return missing(tenant, work, arguments).await,
        Err(error) => return unread(&error),
    };
    if let Some(recorded) = &work.tenant.service_account_uid
        && *recorded != account.metadata.uid
    {
        return Verdict::failed(
            "OtherServiceAccount",
            format!(
                "ServiceAccount `{}` has uid `{}`, the record says `{}`: it was made anew, so \
                 translate it again",
                work.key(),
                escape(&account.metadata.uid),
                escape(recorded)
            ),
        );
    }
    let policy = arguments.policy();
    let observed = observed(&account);
    let plan = if arguments.remove {
        plan_removal(&observed, &policy)
    } else {
        plan(&observed, &work.wanted, &policy)
    };
    match plan {
        Plan::Unchanged { keys } => Verdict::Done {
            reason: "Unchanged",
            message: listed(&keys),
        },
        Plan::Refused(conflicts) => refused(&conflicts, arguments),
        Plan::Strip { keys } => {
            let message = listed(&keys);
            if work.dry_run == DryRun::Client {
                return Verdict::Planned(message);
            }
            let gone: Vec<&str> = keys.iter().map(|key| key.key.as_str()).collect();
            let manager = &policy.field_manager;
            let dry = work.dry_run == DryRun::Server;
            let stripped = tenant.strip_annotations(&account.metadata, &gone, manager, dry);
            written(stripped.await, work, arguments, message)
        }
        Plan::Apply {
            annotations,
            keys,
            git,
            force,
        } => {
            let mut message = listed(&keys);
            if let Some(git) = git {
                message = format!("{message}; {git} keeps the object in Git, which lacks this");
            }
            if work.dry_run == DryRun::Client {
                return Verdict::Planned(message);
            }
            let wanted = Annotations {
                namespace: &work.namespace,
                name: &work.name,
                uid: &account.metadata.uid,
                // What is taken over without the user's word is that which was read.
                version: (force && !policy.force_conflicts)
                    .then_some(&*account.metadata.resource_version),
                annotations: &annotations,
                field_manager: &policy.field_manager,
                force,
                dry_run: work.dry_run == DryRun::Server,
            };
            let applied = tenant.apply_annotations(&wanted);
            written(applied.await, work, arguments, message)
        }
    }
}

/// Says what became of a write, by the object that the server answered with.
fn written(
    answer: Result<ServiceAccount, ApiError>,
    work: &Work,
    arguments: &AnnotateArgs,
    message: String,
) -> Verdict {
    let account = match answer {
        Ok(account) => account,
        Err(error) => return not_applied(&error),
    };
    let found = &account.metadata.annotations;
    let wanted = work.wanted.annotations();
    let differs = KEYS.into_iter().find(|key| {
        let (found, wanted) = (found.get(*key), wanted.get(*key));
        found != wanted && (arguments.remove || wanted.is_some())
    });
    if let Some(key) = differs {
        let found = match found.get(key) {
            Some(found) => format!("is `{}`", escape(found)),
            None => "is absent".to_owned(),
        };
        return Verdict::failed(
            "NotApplied",
            format!("the server took the write, and `{key}` {found}: something there changes it"),
        );
    }
    if work.dry_run.is_dry() {
        return Verdict::Planned(message);
    }
    Verdict::Done {
        reason: if arguments.remove {
            "Removed"
        } else {
            "Updated"
        },
        message,
    }
}

async fn missing(tenant: &Tenant, work: &Work, arguments: &AnnotateArgs) -> Verdict {
    if arguments.remove {
        return Verdict::Done {
            reason: "Unchanged",
            message: "the ServiceAccount is gone".to_owned(),
        };
    }
    if !arguments.create {
        return Verdict::failed(
            "ServiceAccountNotFound",
            format!(
                "{} has no ServiceAccount `{}`; `--create` makes it",
                tenant.cluster().label(),
                work.key()
            ),
        );
    }
    if work.dry_run == DryRun::Client {
        return Verdict::Planned("the ServiceAccount is created".to_owned());
    }
    let created = tenant
        .create_service_account(
            &work.namespace,
            &work.name,
            &work.wanted.annotations(),
            &arguments.field_manager,
            work.dry_run.is_dry(),
        )
        .await;
    match created {
        Ok(_) if work.dry_run.is_dry() => {
            Verdict::Planned("the ServiceAccount is created".to_owned())
        }
        Ok(_) => Verdict::Done {
            reason: "Created",
            message: "the ServiceAccount, with its annotations".to_owned(),
        },
        Err(error) => not_applied(&error),
    }
}

fn unread(error: &ApiError) -> Verdict {
    let reason = if error.is_forbidden() {
        "Forbidden"
    } else if error.is_unreachable() {
        "TenantUnreachable"
    } else {
        "NotRead"
    };
    Verdict::failed(reason, error.in_one_line())
}

fn not_applied(error: &ApiError) -> Verdict {
    if is_other_object(error) {
        return Verdict::failed(
            "OtherServiceAccount",
            format!(
                "the ServiceAccount was made anew meanwhile: {}",
                error.in_one_line()
            ),
        );
    }
    let reason = if error.is_forbidden() {
        "Forbidden"
    } else if error.is_conflict() {
        "Conflict"
    } else {
        "NotApplied"
    };
    Verdict::failed(reason, error.in_one_line())
}

fn refused(conflicts: &[Conflict], arguments: &AnnotateArgs) -> Verdict {
    let reason = conflicts
        .iter()
        .map(Conflict::reason)
        .find(|reason| *reason == MANAGED_IN_GIT)
        .unwrap_or("Conflict");
    let listed: Vec<String> = conflicts.iter().map(ToString::to_string).collect();
    let way_out = if reason == MANAGED_IN_GIT && arguments.remove {
        "take it out of Git"
    } else if reason == MANAGED_IN_GIT {
        "commit what `-o yaml` prints"
    } else if arguments.remove {
        "`--force-conflicts` removes it"
    } else {
        "`--force-conflicts` takes it over"
    };
    Verdict::failed(reason, format!("{}; {way_out}", listed.join("; ")))
}

fn listed(keys: &[KeyChange]) -> String {
    let listed: Vec<String> = keys.iter().map(ToString::to_string).collect();
    listed.join(", ")
}
