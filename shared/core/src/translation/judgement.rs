//! What the host calls one ServiceAccount, and how far that is proven.

use crate::namespaces::{HostServiceAccount as HostName, NamespaceMode};
use crate::record::{Evidence, Source};
use crate::text::escape;
use crate::vcluster_labels::{OBJECT_UID, Unmanaged, tenant_of};

use super::configuration::Refusal;
use super::grade::Grade;

mod question;

pub use question::{HostFact, HostObject, ModeSource, Question, TenantFact, VirtualClusterFacts};

/// The answer for one ServiceAccount.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judgement {
    /// How far it is proven; `None` if it failed.
    pub grade: Option<Grade>,
    /// Reason of the condition.
    pub reason: &'static str,
    /// Message of the condition.
    pub message: String,
    /// One thing to do next.
    pub hint: Option<String>,
    /// The host's ServiceAccount, with its own uid where it was seen; only if it did not fail.
    pub host: Option<crate::record::HostServiceAccount>,
    /// The tenant's uid, from the tenant, else from the host's annotation.
    pub tenant_uid: Option<String>,
    /// Who said what.
    pub evidence: Vec<Evidence>,
}

impl Judgement {
    /// Returns a failure that no question was needed for.
    pub fn failed(reason: &'static str, message: String, hint: Option<String>) -> Self {
        Self {
            grade: None,
            reason,
            message,
            hint,
            host: None,
            tenant_uid: None,
            evidence: Vec::new(),
        }
    }

    /// Whether vCluster may yet make the host's copy what it should be.
    pub fn can_be_awaited(&self) -> bool {
        self.reason == NOT_SYNCED || self.reason == OTHER_UID
    }
}

const MISSING: &str = "ServiceAccountNotFound";
const NOT_SYNCED: &str = "NotSynced";
const OTHER_UID: &str = "OtherUid";
const FOREIGN: &str = "ForeignHostServiceAccount";
const TAKEN: &str = "HostNameTaken";
const DISAGREE: &str = "SourcesDisagree";
const DUPLICATE: &str = "DuplicateUid";
const UNPROVEN: &str = "Unproven";
const NO_NAME: &str = "NoHostName";

/// Judges one ServiceAccount.
pub fn judge(question: &Question<'_>) -> Judgement {
    let mut judgement = Judgement {
        tenant_uid: match question.tenant {
            TenantFact::Found { uid } => Some(uid.to_owned()),
            TenantFact::NotRead | TenantFact::Missing => None,
        },
        ..Judgement::failed(NO_NAME, String::new(), None)
    };
    let outcome = decide(question, &mut judgement);
    match outcome {
        Ok((grade, message)) if grade >= question.accept => {
            judgement.grade = Some(grade);
            judgement.reason = grade.reason();
            judgement.message = message;
        }
        Ok((grade, message)) => {
            judgement.host = None;
            judgement.reason = UNPROVEN;
            judgement.message = format!("{message}; that is `{grade}`, not `{}`", question.accept);
            judgement.hint = Some(way_up(grade, question));
        }
        Err(failure) => {
            judgement.host = None;
            judgement.reason = failure.reason;
            judgement.message = failure.message;
            judgement.hint = failure.hint;
        }
    }
    judgement
}

struct Failure {
    reason: &'static str,
    message: String,
    hint: Option<String>,
}

impl Failure {
    fn new(reason: &'static str, message: String) -> Self {
        Self {
            reason,
            message,
            hint: None,
        }
    }

    fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        Self {
            reason: refusal.reason,
            message: refusal.message,
            hint: refusal.hint.map(str::to_owned),
        }
    }
}

fn decide(question: &Question<'_>, judgement: &mut Judgement) -> Result<(Grade, String), Failure> {
    let facts = question.vcluster;
    if let Some(refusal) = facts
        .configuration
        .and_then(|configuration| configuration.refusal(facts.which))
    {
        return Err(refusal.into());
    }
    let computed = facts
        .host_name(question.namespace, question.name)
        .map_err(|error| Failure::new(NO_NAME, error.to_string()))?;
    judgement
        .evidence
        .push(computed_evidence(&facts, &computed));
    judgement.host = Some(crate::record::HostServiceAccount {
        namespace: computed.namespace.clone(),
        name: computed.name.clone(),
        uid: None,
    });

    if question.tenant == TenantFact::Missing {
        return missing(question, &computed);
    }
    one_uid(question, &computed)?;
    match question.host {
        HostFact::Found(found) => {
            let seen = seen(question, &computed, found)?;
            judgement.evidence.push(Evidence {
                source: Source::Host,
                namespace: Some(computed.namespace.clone()),
                name: Some(computed.name.clone()),
                message: None,
            });
            judgement.tenant_uid = judgement.tenant_uid.take().or(seen);
            if let Some(host) = judgement.host.as_mut() {
                host.uid = Some(found.uid.to_owned()).filter(|uid| !uid.is_empty());
            }
            Ok((Grade::Proven, format!("seen on the host as `{}`", shown(&computed))))
        }
        HostFact::Absent => Err(Failure::new(
            NOT_SYNCED,
            format!(
                "ServiceAccount `{}` is in the tenant, but the host has no `{}`",
                tenant_key(question),
                shown(&computed)
            ),
        )
        .hint("give vCluster the time with `--wait`; `kubectl get events` in the tenant tells why not")),
        HostFact::NotRead => Ok(unseen(&facts, &computed)),
    }
}

/// The tenant has no such ServiceAccount.
fn missing(question: &Question<'_>, computed: &HostName) -> Result<(Grade, String), Failure> {
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
        HostFact::Absent | HostFact::NotRead => {
            let (grade, _) = unseen(&question.vcluster, computed);
            Ok((
                grade,
                format!("awaited: the host will call it `{}`", shown(computed)),
            ))
        }
    }
}

/// Whether the object at the computed name is this ServiceAccount's; returns the tenant uid that
/// it carries.
fn seen(
    question: &Question<'_>,
    computed: &HostName,
    found: HostObject<'_>,
) -> Result<Option<String>, Failure> {
    let facts = question.vcluster;
    let tenant = tenant_of(
        found.metadata,
        facts.mode(),
        &facts.which.name,
        facts.host_namespace(),
    )
    .map_err(|unmanaged| foreign(question, computed, unmanaged))?;
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
        TenantFact::Found { .. } | TenantFact::NotRead | TenantFact::Missing => {
            Ok(tenant.uid.map(str::to_owned))
        }
    }
}

/// No two host ServiceAccounts of a vCluster stand for one tenant ServiceAccount.
fn one_uid(question: &Question<'_>, computed: &HostName) -> Result<(), Failure> {
    let TenantFact::Found { uid } = question.tenant else {
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

fn foreign(question: &Question<'_>, computed: &HostName, unmanaged: Unmanaged<'_>) -> Failure {
    let which = question.vcluster.which;
    let why = match unmanaged {
        Unmanaged::ManagedBy(None) => "it has no label `vcluster.loft.sh/managed-by`".to_owned(),
        Unmanaged::ManagedBy(Some(other)) => {
            format!(
                "its label `vcluster.loft.sh/managed-by` says `{}`",
                escape(other)
            )
        }
        Unmanaged::NoObjectName => "it has no annotation `vcluster.loft.sh/object-name`".to_owned(),
        Unmanaged::Kind(kind) => format!("its annotations are those of a `{}`", escape(kind)),
        Unmanaged::HostName { key, found } => {
            format!("its annotation `{key}` says `{}`", escape(found))
        }
        Unmanaged::Elsewhere(tenant) => format!(
            "its annotations name `{}/{}`, which belongs elsewhere",
            escape(tenant.namespace),
            escape(tenant.name)
        ),
    };
    Failure::new(
        FOREIGN,
        format!(
            "host ServiceAccount `{}` is not one that vCluster `{which}` made for `{}`: {why}",
            shown(computed),
            tenant_key(question)
        ),
    )
    .hint("find out who made it: pods of the tenant run as it all the same")
}

/// The host's object was not looked at.
fn unseen(facts: &VirtualClusterFacts<'_>, computed: &HostName) -> (Grade, String) {
    let host_name = shown(computed);
    match facts.mode_source {
        ModeSource::Configuration => (
            Grade::Configured,
            format!("`{host_name}`, by the vCluster's own configuration"),
        ),
        ModeSource::Values => (
            Grade::Computed,
            format!("`{host_name}`, by the given values and vCluster's algorithm alone"),
        ),
        ModeSource::Assumed => (
            Grade::Computed,
            format!("`{host_name}`, by vCluster's algorithm alone"),
        ),
    }
}

fn computed_evidence(facts: &VirtualClusterFacts<'_>, computed: &HostName) -> Evidence {
    let mode = match facts.mode() {
        NamespaceMode::Single => "single namespace",
        NamespaceMode::Sync { .. } => "namespace sync",
        NamespaceMode::LegacyMulti => "legacy multi-namespace",
    };
    let from = match facts.mode_source {
        ModeSource::Configuration => "configuration",
        ModeSource::Values => "given values",
        ModeSource::Assumed => "assumed",
    };
    Evidence {
        source: Source::Computed,
        namespace: Some(computed.namespace.clone()),
        name: Some(computed.name.clone()),
        message: Some(format!("{mode}, {from}")),
    }
}

fn way_up(grade: Grade, question: &Question<'_>) -> String {
    if grade == Grade::Computed {
        "give a host that can be read (`--host-context`), or say `--accept=computed`".to_owned()
    } else if question.tenant == TenantFact::Missing {
        "create the ServiceAccount, so that it can be seen on the host".to_owned()
    } else {
        format!("give a host whose ServiceAccounts can be read, or say `--accept={grade}`")
    }
}

fn carried_uid(found: HostObject<'_>) -> String {
    let uid = found.metadata.annotations.get(OBJECT_UID);
    escape(uid.map_or("none", String::as_str))
}

fn tenant_key(question: &Question<'_>) -> String {
    format!("{}/{}", escape(question.namespace), escape(question.name))
}

fn shown(host: &HostName) -> String {
    format!("{}/{}", escape(&host.namespace), escape(&host.name))
}

#[cfg(test)]
mod tests;
