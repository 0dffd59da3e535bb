//! Whether the host's ServiceAccount is the one that is asked about.

use crate::namespaces::HostServiceAccount as HostName;
use crate::text::escape;
use crate::translation::Grade;
use crate::vcluster_labels::{OBJECT_NAME, OBJECT_NAMESPACE, OBJECT_UID, Unmanaged};

use super::{
    ASLEEP, DISAGREE, DUPLICATE, FOREIGN, Failure, HostFact, HostObject, MISSING, NOT_ON_HOST,
    NOT_SYNCED, OTHER_UID, Question, TAKEN, TenantFact, Unread, shown, tenant_key, unseen,
};

/// The tenant has no such ServiceAccount.
pub(super) fn missing(
    question: &Question<'_>,
    computed: &HostName,
) -> Result<(Grade, String), Failure> {
    if !question.allow_missing {
        return Err(Failure::new(
            MISSING,
            format!(
                "the tenant has no ServiceAccount `{}`",
                tenant_key(question)
            ),
        )
        .hint("create it, or say `--allow-missing` and let `annotate --create` make it"));
    }
    match question.host {
        // Its tenant ServiceAccount is gone, or never was: whoever is created next is not it.
        HostFact::Found(found) => {
            seen(question, computed, found)?;
            Err(Failure::new(
                OTHER_UID,
                format!(
                    "the tenant has no ServiceAccount `{}`, but the host still has `{}` for one \
                     with uid `{}`",
                    tenant_key(question),
                    shown(computed),
                    carried_uid(found)
                ),
            ))
        }
        HostFact::Absent | HostFact::NotRead => Ok(awaited(question, computed)),
    }
}

fn awaited(question: &Question<'_>, computed: &HostName) -> (Grade, String) {
    let (grade, _) = unseen(&question.vcluster, computed);
    let message = format!("awaited: the host will call it `{}`", shown(computed));
    (grade, message)
}

/// The host has nothing at the computed name.
pub(super) fn absent(
    question: &Question<'_>,
    computed: &HostName,
) -> Result<(Grade, String), Failure> {
    let key = tenant_key(question);
    let host_name = shown(computed);
    let unread = match question.tenant {
        TenantFact::NotRead(_) if question.allow_missing => {
            return Ok(awaited(question, computed));
        }
        TenantFact::NotRead(unread) => unread,
        TenantFact::Found { .. } | TenantFact::Missing => {
            return Err(Failure::new(
                NOT_SYNCED,
                format!(
                    "ServiceAccount `{key}` is in the tenant, but the host has no `{host_name}`"
                ),
            )
            .hint(if question.vcluster.mode_source.is_own() {
                "give vCluster the time with `--wait`; `kubectl get events` in the tenant tells \
                 why not"
            } else {
                "its configuration could not be read, and it seems not to sync ServiceAccounts \
                 (`sync.toHost.serviceAccounts.enabled`); if it does, give it the time with `--wait`"
            }));
        }
    };
    let (reason, why, hint) = match unread {
        Unread::NotAsked => (
            NOT_ON_HOST,
            "the tenant was not asked",
            "look whether the tenant has it; `--allow-missing` accepts one that is not there yet",
        ),
        Unread::Forbidden => (
            NOT_ON_HOST,
            "you may not read it in the tenant",
            "ask for `get serviceaccounts` in the tenant; `--wait` waits for the host's",
        ),
        Unread::Asleep => (
            ASLEEP,
            "the tenant is asleep and was not asked",
            "say `--wake` to ask the tenant, which wakes it; `--allow-missing` accepts one that is \
             not there yet",
        ),
    };
    Err(Failure::new(
        reason,
        format!("the host has no `{host_name}` for ServiceAccount `{key}`, and {why}"),
    )
    .hint(hint))
}

/// Whether the object at the computed name is this ServiceAccount's; returns the tenant uid that
/// it carries.
pub(super) fn seen(
    question: &Question<'_>,
    computed: &HostName,
    found: HostObject<'_>,
) -> Result<Option<String>, Failure> {
    let facts = question.vcluster;
    let tenant = facts
        .tenant_of(found.metadata)
        .map_err(|unmanaged| foreign(question, computed, found, unmanaged))?;
    if (tenant.namespace, tenant.name) != (question.namespace, question.name) {
        return Err(Failure::new(
            TAKEN,
            format!(
                "host ServiceAccount `{}` belongs to ServiceAccount `{}/{}` of the tenant, not to `{}`",
                shown(computed),
                escape(tenant.namespace),
                escape(tenant.name),
                tenant_key(question)
            ),
        )
        .hint("rename one of the two: both have one host name, hence one Azure identity"));
    }
    match question.tenant {
        TenantFact::Found { uid } if tenant.uid != Some(uid) => Err(Failure::new(
            OTHER_UID,
            format!(
                "host ServiceAccount `{}` is for one with uid `{}`, but `{}` in the tenant has uid `{}`",
                shown(computed),
                escape(tenant.uid.unwrap_or("none")),
                tenant_key(question),
                escape(uid)
            ),
        )
        .hint("connect to the vCluster that was meant: this is a copy of it, or the host's object is old")),
        TenantFact::Found { .. } | TenantFact::NotRead(_) | TenantFact::Missing => {
            Ok(tenant.uid.map(str::to_owned))
        }
    }
}

/// No two host ServiceAccounts of a vCluster stand for one tenant ServiceAccount.
pub(super) fn one_uid(question: &Question<'_>, computed: &HostName) -> Result<(), Failure> {
    let Some(uid) = question.uid() else {
        return Ok(());
    };
    let elsewhere: Vec<String> = question
        .same_uid
        .iter()
        .filter(|other| {
            (other.metadata.namespace, other.metadata.name)
                != (computed.namespace.as_str(), computed.name.as_str())
        })
        .map(|other| {
            format!(
                "`{}/{}`",
                escape(other.metadata.namespace),
                escape(other.metadata.name)
            )
        })
        .collect();
    if elsewhere.is_empty() {
        return Ok(());
    }
    let others = elsewhere.join(" and ");
    let uid = escape(uid);
    match question.host {
        HostFact::Found(_) => Err(Failure::new(
            DUPLICATE,
            format!(
                "uid `{uid}` of the tenant's ServiceAccount is on several of the host: `{}` and {others}",
                shown(computed)
            ),
        )),
        HostFact::Absent | HostFact::NotRead => Err(Failure::new(
            DISAGREE,
            format!(
                "computed is `{}`, but on the host uid `{uid}` of the tenant's ServiceAccount is on {others}",
                shown(computed)
            ),
        )),
    }
}

fn foreign(
    question: &Question<'_>,
    computed: &HostName,
    found: HostObject<'_>,
    unmanaged: Unmanaged<'_>,
) -> Failure {
    let annotation = |key| found.metadata.annotations.get(key).map(|text| escape(text));
    // Another vCluster of the same host namespace: say whose it is there.
    let holder = match (annotation(OBJECT_NAMESPACE), annotation(OBJECT_NAME)) {
        (Some(namespace), Some(name)) if matches!(unmanaged, Unmanaged::ManagedBy(Some(_))) => {
            format!(", and its annotations name `{namespace}/{name}`")
        }
        (_, _) => String::new(),
    };
    Failure::new(
        FOREIGN,
        format!(
            "host ServiceAccount `{}` is not one that vCluster `{}` made for `{}`: {unmanaged}{holder}",
            shown(computed),
            question.vcluster.which,
            tenant_key(question)
        ),
    )
    .hint("find out who made it: pods of the tenant run as it all the same")
}

fn carried_uid(found: HostObject<'_>) -> String {
    let uid = found.metadata.annotations.get(OBJECT_UID);
    escape(uid.map_or("none", String::as_str))
}
