//! What the host calls one ServiceAccount, and how far that is proven.

use std::fmt::{self, Display};

use crate::namespaces::{HostServiceAccount as HostName, NameError, NamespaceMode};
use crate::record::{Evidence, HostServiceAccount, SharedBy, Source};
use crate::subject::Subject;
use crate::text::{Escaped, escape};

use super::configuration::Refusal;
use super::grade::Grade;

mod opinion;
mod question;
mod sight;
mod workload;

pub use opinion::{Opinion, Silence};
pub use question::{
    HostFact, HostObject, ModeSource, Question, TenantFact, Unread, VirtualClusterFacts,
};

use sight::{absent, missing, one_uid, seen};

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
    pub host: Option<HostServiceAccount>,
    /// Who else has it, if it is known to be shared; only if it did not fail.
    pub shared_by: Option<SharedBy>,
    /// The issuer that a token was seen with.
    pub issuer: Option<String>,
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
            shared_by: None,
            issuer: None,
            tenant_uid: None,
            evidence: Vec::new(),
        }
    }

    /// Takes back what only holds if it did not fail.
    fn withdraw(&mut self) {
        self.host = None;
        self.shared_by = None;
        self.issuer = None;
    }

    /// Whether vCluster may yet make the host's copy what it should be.
    pub fn can_be_awaited(&self) -> bool {
        matches!(self.reason, NOT_SYNCED | NOT_ON_HOST | OTHER_UID)
    }
}

const MISSING: &str = "ServiceAccountNotFound";
const NOT_SYNCED: &str = "NotSynced";
const NOT_ON_HOST: &str = "NotOnHost";
const ASLEEP: &str = "Asleep";
const OTHER_UID: &str = "OtherUid";
const FOREIGN: &str = "ForeignHostServiceAccount";
const TAKEN: &str = "HostNameTaken";
/// Reason of a record about which the sources disagree; its evidence holds what each says.
pub const DISAGREE: &str = "SourcesDisagree";
const DUPLICATE: &str = "DuplicateUid";
const UNPROVEN: &str = "Unproven";
const NO_NAME: &str = "NoHostName";

/// Judges one ServiceAccount.
pub fn judge(question: &Question<'_>) -> Judgement {
    let mut judgement = Judgement {
        tenant_uid: match question.tenant {
            TenantFact::Found { uid } => Some(uid.to_owned()),
            TenantFact::NotRead(_) | TenantFact::Missing => None,
        },
        ..Judgement::failed(NO_NAME, String::new(), None)
    };
    let outcome = decide(question, &mut judgement);
    match outcome.and_then(|sight| named(&judgement, sight)) {
        Ok((grade, message)) if grade >= question.accept => {
            judgement.grade = Some(grade);
            judgement.reason = grade.reason();
            judgement.message = message;
        }
        Ok((grade, message)) => {
            judgement.withdraw();
            judgement.reason = UNPROVEN;
            judgement.message = format!("{message}; that is `{grade}`, not `{}`", question.accept);
            judgement.hint = Some(way_up(grade, question));
        }
        Err(failure) => {
            judgement.withdraw();
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

impl From<NameError> for Failure {
    fn from(error: NameError) -> Self {
        let reason = match &error {
            NameError::Disagree { .. } => DISAGREE,
            NameError::Invalid { .. }
            | NameError::Forbidden { .. }
            | NameError::Ambiguous { .. }
            | NameError::InvalidHostNamespace { .. } => NO_NAME,
        };
        Self::new(reason, error.to_string())
    }
}

fn decide(question: &Question<'_>, judgement: &mut Judgement) -> Result<(Grade, String), Failure> {
    let facts = question.vcluster;
    if question.workload_account {
        return workload::decide(question, judgement);
    }
    if let Some(refusal) = facts
        .configuration
        .and_then(|configuration| configuration.refusal(facts.which))
    {
        return Err(refusal.into());
    }
    let computed = facts.host_name(question.namespace, question.name)?;
    if question.asks(Source::Computed) {
        let evidence = computed_evidence(&facts, &computed);
        judgement.evidence.push(evidence);
    }
    if question.tenant == TenantFact::Missing {
        judgement.host = Some(host_account(&computed, None));
        let awaited = missing(question, &computed)?;
        opinion::demanded(question)?;
        return Ok(awaited);
    }
    opinion::demanded(question)?;
    let agreed = opinion::one_name(question, computed, judgement)?;
    one_uid(question, &agreed)?;
    let sight = look(question, &agreed, judgement)?;
    let sight = opinion::weigh(question, &agreed, judgement, sight)?;
    judgement.host.get_or_insert(HostServiceAccount {
        namespace: agreed.namespace,
        name: agreed.name,
        uid: None,
    });
    Ok(sight)
}

/// A configuration can name what no ServiceAccount is called.
fn named(judgement: &Judgement, sight: (Grade, String)) -> Result<(Grade, String), Failure> {
    let host = judgement.host.as_ref();
    match host.filter(|host| !Subject::is_valid(&host.namespace, &host.name)) {
        None => Ok(sight),
        Some(host) => Err(Failure::new(
            NO_NAME,
            format!(
                "`{}/{}` is no name that a ServiceAccount of the host can have",
                escape(&host.namespace),
                escape(&host.name)
            ),
        )),
    }
}

/// What the host's object says of it, if the host was looked at.
fn look(
    question: &Question<'_>,
    agreed: &HostName,
    judgement: &mut Judgement,
) -> Result<(Grade, String), Failure> {
    match question.host {
        HostFact::Found(found) => {
            let seen = seen(question, agreed, found)?;
            judgement
                .evidence
                .push(Evidence::of(Source::Host, agreed, None));
            judgement.tenant_uid = judgement.tenant_uid.take().or(seen);
            judgement.host = Some(host_account(agreed, Some(found.uid)));
            Ok((
                Grade::Proven,
                format!("seen on the host as `{}`", shown(agreed)),
            ))
        }
        HostFact::Absent => absent(question, agreed),
        HostFact::NotRead => Ok(unseen(&question.vcluster, agreed)),
    }
}

fn host_account(host: &HostName, uid: Option<&str>) -> HostServiceAccount {
    HostServiceAccount {
        namespace: host.namespace.clone(),
        name: host.name.clone(),
        uid: uid.filter(|uid| !uid.is_empty()).map(str::to_owned),
    }
}

/// The host's object was not looked at.
fn unseen(facts: &VirtualClusterFacts<'_>, computed: &HostName) -> (Grade, String) {
    let host_name = shown(computed);
    match facts.mode_source {
        ModeSource::Configuration => (
            Grade::Configured,
            format!("`{host_name}`, by the vCluster's own configuration"),
        ),
        ModeSource::Platform => (
            Grade::Configured,
            format!("`{host_name}`, by the vCluster's values on the Platform"),
        ),
        ModeSource::Unproven => (
            Grade::Computed,
            format!(
                "`{host_name}`, by the Platform's values of an instance that nothing proves to be \
                 this vCluster"
            ),
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
        ModeSource::Platform | ModeSource::Unproven => "values on the Platform",
        ModeSource::Values => "given values",
        ModeSource::Assumed => "assumed",
    };
    Evidence::of(Source::Computed, computed, Some([mode, from].join(", ")))
}

fn way_up(grade: Grade, question: &Question<'_>) -> String {
    if let Some(flag) = question.blinded_by {
        format!("`{flag}` looks at no host: leave it out, or say `--accept={grade}`")
    } else if grade == Grade::Computed {
        "give a host that can be read (`--host-context`), or say `--accept=computed`".to_owned()
    } else if question.tenant == TenantFact::Missing {
        "create the ServiceAccount, so that it can be seen on the host".to_owned()
    } else {
        format!("give a host whose ServiceAccounts can be read, or say `--accept={grade}`")
    }
}

fn tenant_key(question: &Question<'_>) -> String {
    format!("{}/{}", escape(question.namespace), escape(question.name))
}

fn shown(host: &HostName) -> impl Display {
    let (namespace, name) = (Escaped(&host.namespace), Escaped(&host.name));
    fmt::from_fn(move |formatter| write!(formatter, "{namespace}/{name}"))
}

#[cfg(test)]
mod tests;
