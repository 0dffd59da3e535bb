//! One record's work: who it is for, what it wants, and what becomes of it.

use vwi_core::arm::ResourceId;
use vwi_core::contradiction::FLAG_AGAINST_RECORD;
use vwi_core::federation::{IssuerSource, Refusal, shared_subject};
use vwi_core::name::{is_label, is_subdomain};
use vwi_core::record::{
    Evidence, HostServiceAccount, Record, SharedBy, Source, TenantStatus, Upstream,
};
use vwi_core::step::Step;
use vwi_core::subject::Subject;
use vwi_core::text::escape;
use vwi_core::translation::{Grade, HostProof, ServiceAddress, VirtualClusterName, host_proof};

use crate::args::FederateArgs;
use crate::identities::Who;
use crate::wish::{Defaults, Wish, known_issuer};

/// One record's work. Only this is kept in memory; the record waits in the spool.
#[derive(Clone, Debug)]
pub(crate) struct Work {
    pub(crate) namespace: String,
    pub(crate) name: String,
    pub(crate) vcluster: Option<VirtualClusterName>,
    /// The vCluster's name or namespace, where the record says only one of them.
    partly: Option<Box<(Option<String>, Option<String>)>>,
    /// Whether it stands for a subject that was typed.
    pub(crate) is_stated: bool,
    pub(crate) tenant: TenantStatus,
    pub(crate) host: Option<HostServiceAccount>,
    /// Who else has the subject, if translate has said so.
    pub(crate) shared_by: Option<SharedBy>,
    /// How far the subject is proven, so far.
    pub(crate) grade: Grade,
    /// Whether the tenant ServiceAccount is still to be made (`translate --allow-missing`).
    pub(crate) is_awaited: bool,
    /// Whether a step before this one only planned it.
    pub(crate) is_planned: bool,
    pub(crate) wish: Option<Wish>,
    /// Name of its credential, for a deletion of one that is known.
    pub(crate) credential: Option<String>,
    pub(crate) verdict: Option<Verdict>,
}

/// What became of one record beside what the plan says of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// A step before this one failed on it.
    Forwarded,
    /// It is refused.
    Refused(Refusal),
}

impl Work {
    /// Reads one record. One that can't be acted on has its verdict.
    pub(crate) fn of(record: &Record, arguments: &FederateArgs, defaults: &Defaults) -> Self {
        if arguments.taking.delete {
            Self::to_delete(record, arguments, defaults)
        } else {
            Self::new(record, arguments, defaults)
        }
    }

    /// Reads one record that is to be trusted.
    pub(crate) fn new(record: &Record, arguments: &FederateArgs, defaults: &Defaults) -> Self {
        // The reader has looked at both.
        let spec = record.spec().unwrap_or_default();
        let status = record.status().unwrap_or_default();
        let mut work = Self::bare(record);
        work.is_stated = arguments.trust.subject.is_some();
        work.refuse_names(arguments);
        let issuer = said_issuer(status.issuer.as_deref(), &status.evidence);
        match record.upstream(Step::Federate) {
            Upstream::Failed(_) => {
                work.verdict = Some(Verdict::Forwarded);
                // Nothing is done for it, but it may want what another record gets.
                let who = work.who(None, None);
                work.wish = Wish::new(&spec, &who, issuer, arguments, defaults).ok();
                return work;
            }
            Upstream::Planned => work.is_planned = true,
            Upstream::Ready => {}
        }
        let wish = subject(status.subject, status.host_service_account).and_then(|host| {
            work.host = Some(host);
            let subject = work.subject().map(|subject| subject.to_string());
            let named = known_issuer(&spec, issuer.clone(), arguments);
            let who = work.who(subject.as_deref(), named.as_deref());
            Wish::new(&spec, &who, issuer, arguments, defaults)
        });
        match wish {
            Ok(wish) => work.wish = Some(wish),
            Err(refusal) => work.refuse(refusal),
        }
        if work.is_open() && !arguments.trust.allow_shared_subject {
            work.refuse_shared();
        }
        work
    }

    /// Reads one record whose trust is to be taken away: what a step before said of it does not
    /// matter, and a credential that is known by its id needs no subject.
    fn to_delete(record: &Record, arguments: &FederateArgs, defaults: &Defaults) -> Self {
        let spec = record.spec().unwrap_or_default();
        let status = record.status().unwrap_or_default();
        let mut work = Self::bare(record);
        work.is_planned = record.upstream(Step::Federate) == Upstream::Planned;
        let known = status
            .federated_credential
            .and_then(|credential| ResourceId::parse_credential(&credential.id));
        let (identity, name) = known.unzip();
        work.credential = name;
        match subject(status.subject, status.host_service_account) {
            Ok(host) => work.host = Some(host),
            Err(_) if work.credential.is_some() => {}
            Err(refusal) => {
                work.refuse(refusal);
                return work;
            }
        }
        let issuer = said_issuer(status.issuer.as_deref(), &status.evidence);
        let subject = work.subject().map(|subject| subject.to_string());
        let named = known_issuer(&spec, issuer.clone(), arguments);
        let who = work.who(subject.as_deref(), named.as_deref());
        let wish = Wish::to_delete(&spec, &who, issuer, identity, arguments, defaults);
        match wish {
            Ok(wish) => work.wish = Some(wish),
            Err(refusal) => work.refuse(refusal),
        }
        work
    }

    fn bare(record: &Record) -> Self {
        let spec = record.spec().unwrap_or_default();
        let status = record.status().unwrap_or_default();
        let said = spec.virtual_cluster.unwrap_or_default();
        let (vcluster, partly) = match (said.name, said.namespace) {
            (Some(name), Some(namespace)) => (Some(VirtualClusterName { name, namespace }), None),
            (None, None) => (None, None),
            part => (None, Some(Box::new(part))),
        };
        let reason = record
            .condition(Step::Translate)
            .map(|condition| condition.reason);
        let grade = reason
            .as_deref()
            .and_then(|reason| {
                Grade::ALL
                    .into_iter()
                    .find(|grade| grade.reason() == reason)
            })
            // Stated by the user, or nobody says.
            .unwrap_or(Grade::Computed);
        Self {
            namespace: record.namespace().to_owned(),
            name: record.name().to_owned(),
            vcluster,
            partly,
            is_stated: false,
            is_awaited: grade == Grade::Configured && status.tenant.service_account_uid.is_none(),
            tenant: status.tenant,
            host: None,
            shared_by: status.shared_by,
            grade,
            is_planned: false,
            wish: None,
            credential: None,
            verdict: None,
        }
    }

    /// Makes the work of `--subject`, which no record stands behind.
    pub(crate) fn stated(subject: &Subject) -> Record {
        let mut record = Record::new(subject.namespace(), subject.name());
        record.put_status("subject", subject);
        record.put_status(
            "hostServiceAccount",
            HostServiceAccount {
                namespace: subject.namespace().to_owned(),
                name: subject.name().to_owned(),
                uid: None,
            },
        );
        record.set_condition(
            Step::Translate,
            vwi_core::record::ConditionStatus::True,
            "Stated",
            "stated by `--subject`",
        );
        record
    }

    /// Returns who the record is for, as identities are chosen by it.
    pub(crate) fn who<'a>(&'a self, subject: Option<&'a str>, issuer: Option<&'a str>) -> Who<'a> {
        Who {
            vcluster: self.vcluster.as_ref(),
            namespace: &self.namespace,
            name: &self.name,
            subject,
            issuer,
        }
    }

    /// Returns `namespace/name`.
    pub(crate) fn key(&self) -> String {
        format!("{}/{}", self.namespace, self.name)
    }

    /// Returns the subject to trust.
    pub(crate) fn subject(&self) -> Option<Subject> {
        let host = self.host.as_ref()?;
        Subject::new(&host.namespace, &host.name).ok()
    }

    /// Whether it is still to be done.
    pub(crate) fn is_open(&self) -> bool {
        self.verdict.is_none()
    }

    /// Refuses it, unless it has its verdict.
    pub(crate) fn refuse(&mut self, refusal: Refusal) {
        if self.is_open() {
            self.verdict = Some(Verdict::Refused(refusal));
        }
    }

    /// Refuses names that no vCluster can have, before anybody is asked about them, and a record of
    /// another namespace than the one that was typed.
    fn refuse_names(&mut self, arguments: &FederateArgs) {
        let (name, namespace) = match (&self.vcluster, self.partly.as_deref()) {
            (Some(which), _) => (Some(&which.name), Some(&which.namespace)),
            (None, Some((name, namespace))) => (name.as_ref(), namespace.as_ref()),
            (None, None) => (None, None),
        };
        let is_wrong = name.is_some_and(|name| !is_subdomain(name))
            || namespace.is_some_and(|name| !is_label(name));
        if is_wrong {
            self.refuse(Refusal {
                reason: "InvalidVirtualCluster",
                message: format!(
                    "`spec.virtualCluster` names `{}` in namespace `{}`, which no vCluster can have",
                    escape(name.map_or("", String::as_str)),
                    escape(namespace.map_or("", String::as_str))
                ),
                hint: Some("name the Helm release and its namespace on the host".to_owned()),
            });
            return;
        }
        if self.is_stated {
            return;
        }
        if let Err(contradiction) = arguments.kubectl.check_namespace(&self.namespace) {
            self.refuse(Refusal {
                reason: FLAG_AGAINST_RECORD,
                message: contradiction.to_string(),
                hint: None,
            });
        }
    }

    /// Takes the vCluster that the tenant's address proves, where the record does not say all of it.
    pub(crate) fn settle(&mut self, services: &[ServiceAddress]) {
        if self.vcluster.is_some() || self.is_stated {
            return;
        }
        let proof = host_proof(self.tenant.service_ip.as_deref(), services, true);
        let HostProof::Proven(which) = proof else {
            return;
        };
        let fits = |said: Option<&String>, found: &String| said.is_none_or(|said| said == found);
        let (name, namespace) = match self.partly.as_deref() {
            Some((name, namespace)) => (name.as_ref(), namespace.as_ref()),
            None => (None, None),
        };
        if fits(name, &which.name) && fits(namespace, &which.namespace) {
            self.vcluster = Some(which);
            return;
        }
        self.refuse(Refusal {
            reason: "OtherVirtualCluster",
            message: format!(
                "its tenant's address is that of vCluster `{which}`, which is another"
            ),
            hint: Some("run `kubectl vwi translate` again".to_owned()),
        });
    }

    fn refuse_shared(&mut self) {
        let Some(subject) = self.subject() else {
            return;
        };
        let vcluster = self
            .vcluster
            .as_ref()
            .map(|vcluster| vcluster.name.as_str());
        // Without the vCluster, the record may be made of the host's name itself.
        let tenant_name = vcluster.map(|_| self.name.as_str());
        let by_name = shared_subject(&subject, tenant_name, vcluster);
        if let Some(shared) = self.shared_by.or(by_name) {
            self.refuse_shared_by(&subject, shared);
        }
    }

    /// Refuses a subject that others have too.
    pub(crate) fn refuse_shared_by(&mut self, subject: &Subject, shared: SharedBy) {
        self.refuse(Refusal {
            reason: "SharedSubject",
            message: format!("subject `{subject}` belongs to {shared}"),
            hint: Some(
                "give the workload a ServiceAccount of its own, or say `--allow-shared-subject`"
                    .to_owned(),
            ),
        });
    }

    /// Refuses a subject that is less proven than wanted.
    pub(crate) fn require(&mut self, accept: Grade) {
        // A plan that nobody carries out needs no proof.
        if self.is_open() && !self.is_planned && self.grade < accept {
            let grade = self.grade;
            let message = format!(
                "subject `{}` is only `{grade}`, not `{accept}`",
                self.subject()
                    .map_or_else(String::new, |subject| subject.to_string())
            );
            self.refuse(Refusal {
                reason: "Unproven",
                message,
                hint: Some(format!(
                    "prove it with `--host-context`, or say `--accept={grade}`"
                )),
            });
        }
    }
}

/// Returns a record's issuer with whose word it is: a pod of the tenant's prints what it likes, so
/// a token counts for the record only where the host was looked at too.
fn said_issuer<'a>(
    issuer: Option<&'a str>,
    evidence: &[Evidence],
) -> Option<(IssuerSource, &'a str)> {
    let says = |source: Source| evidence.iter().any(|said| said.source == source);
    let source = if says(Source::Token) && !says(Source::Host) {
        IssuerSource::Token
    } else {
        IssuerSource::Record
    };
    issuer.map(|issuer| (source, issuer))
}

/// Returns the host ServiceAccount that subject and `hostServiceAccount` name alike.
fn subject(
    subject: Option<Subject>,
    host: Option<HostServiceAccount>,
) -> Result<HostServiceAccount, Refusal> {
    match (subject, host) {
        (Some(subject), Some(host))
            if (subject.namespace(), subject.name()) != (&host.namespace, &host.name) =>
        {
            Err(Refusal {
                reason: "SubjectsDiffer",
                message: format!(
                    "`status.subject` is `{subject}`, but `status.hostServiceAccount` is `{}/{}`",
                    escape(&host.namespace),
                    escape(&host.name)
                ),
                hint: None,
            })
        }
        (Some(_), Some(host)) => Ok(host),
        (Some(subject), None) => Ok(HostServiceAccount {
            namespace: subject.namespace().to_owned(),
            name: subject.name().to_owned(),
            uid: None,
        }),
        (None, _) => Err(Refusal {
            reason: "NoSubject",
            message: "the record has no subject: translate has not seen it".to_owned(),
            hint: Some("put `kubectl vwi translate -f FILE` before this step".to_owned()),
        }),
    }
}

#[cfg(test)]
mod tests;
