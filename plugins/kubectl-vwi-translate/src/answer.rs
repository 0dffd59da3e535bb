//! From judgements to records, and out.

use vwi_cli::output::{Counts, EndFacts, Format, RecordWriter};
use vwi_cli::session::Session;
use vwi_core::collision::{Claim, Claims, can_collide};
use vwi_core::record::{
    Condition, ConditionStatus, Evidence, FreshRecord, FreshStatus, Record, TenantStatus,
    VirtualClusterRef,
};
use vwi_core::step::Step;
use vwi_core::stream::{Collision, Selection};
use vwi_core::subject::Subject;
use vwi_core::text::escape;
use vwi_core::translation::judgement::DISAGREE;
use vwi_core::translation::{Grade, Judgement};

use crate::args::TranslateArgs;
use crate::error::TranslateError;
use crate::format;
use crate::place::Place;
use crate::wanted::{Fault, Known, Wanted};

/// Writes records, and keeps what stands at the end.
pub struct Answers<'a> {
    args: &'a TranslateArgs,
    session: &'a Session,
    format: Format,
    writer: RecordWriter,
    claims: Claims,
    collisions: Vec<Collision>,
    /// Lines of `-o env`, once there is a record.
    env: Option<String>,
    hints: Vec<String>,
}

impl<'a> Answers<'a> {
    /// Starts the answer.
    ///
    /// # Errors
    ///
    /// [`TranslateError::Usage`] for a format that translate does not have.
    pub fn new(args: &'a TranslateArgs, session: &'a Session) -> Result<Self, TranslateError> {
        let format = args.output.format(&format::FORMATS, session.terminals)?;
        let writer = RecordWriter::new(session.stdout(), Step::Translate, format, format::TABLE)
            .without_headers(args.output.no_headers);
        let writer = if args.proof.offline {
            // Nothing is waited for in between, and there may be a million.
            writer.buffered()
        } else {
            writer
        };
        Ok(Self {
            args,
            session,
            format,
            writer,
            claims: Claims::new(),
            collisions: Vec::new(),
            env: None,
            hints: Vec::new(),
        })
    }

    /// Writes one record.
    ///
    /// # Errors
    ///
    /// [`TranslateError`] if it can't be written.
    pub fn put(
        &mut self,
        wanted: Wanted,
        place: &Place,
        judgement: Judgement,
    ) -> Result<(), TranslateError> {
        let (namespace, name) = (wanted.record.namespace(), wanted.record.name());
        let judgement = self.claim(namespace, name, place, judgement);
        match wanted.record {
            Known::Name { namespace, name } => self.put_fresh(&namespace, &name, place, judgement),
            Known::Record(mut record) => {
                let dry_run = self.args.change.dry_run.is_dry();
                describe(&mut record, place, &judgement, dry_run);
                self.write(&record, judgement.hint)
            }
        }
    }

    /// Writes what came without a record; the record stream needs no tree of it.
    fn put_fresh(
        &mut self,
        namespace: &str,
        name: &str,
        place: &Place,
        mut judgement: Judgement,
    ) -> Result<(), TranslateError> {
        let hint = judgement.hint.take();
        let condition = condition(&judgement, self.args.change.dry_run.is_dry());
        let subject = subject(&judgement);
        let virtual_cluster = subject
            .is_some()
            .then(|| place.reference(VirtualClusterRef::default()));
        let tenant = tenant(place, &judgement);
        let status = FreshStatus {
            tenant: tenant.as_ref(),
            host_service_account: judgement.host.as_ref().filter(|_| subject.is_some()),
            subject: subject.as_ref(),
            evidence: place.evidence(&judgement),
            issuer: issuer(place, &judgement),
            conditions: [&condition],
        };
        let record = FreshRecord::new(namespace, name, virtual_cluster.as_ref(), status);
        if self.format != Format::Ndjson {
            return self.write(&record.to_record(), hint);
        }
        if self.is_told(&condition) {
            let key = format!("{namespace}/{name}");
            self.tell(&key, &condition, &judgement.evidence, hint);
        }
        self.writer.write_fresh(&record)?;
        Ok(())
    }

    /// Writes a record for which no vCluster could be told.
    ///
    /// # Errors
    ///
    /// [`TranslateError`] if it can't be written.
    pub fn put_fault(&mut self, mut record: Record, fault: &Fault) -> Result<(), TranslateError> {
        record.remove_status(&OWN_STATUS);
        record.set_condition(
            Step::Translate,
            ConditionStatus::False,
            fault.reason,
            &fault.message,
        );
        self.write(&record, None)
    }

    /// Ends the answer.
    ///
    /// # Errors
    ///
    /// [`TranslateError`] if it can't be written.
    pub fn finish(mut self, selection: Selection) -> Result<Counts, TranslateError> {
        if let Some(lines) = self.env.take() {
            self.writer.text(&lines)?;
        }
        let counts = self.writer.finish(EndFacts {
            selection: Some(selection),
            collisions: self.collisions,
            error: None,
        })?;
        let translated = counts.records - counts.failed;
        let failed = match counts.failed {
            0 => String::new(),
            failed => format!(", {failed} failed"),
        };
        self.session
            .talk
            .say(&format!("{translated} translated{failed}"));
        Ok(counts)
    }

    /// Claims the host name: of two that have one, the second fails.
    fn claim(
        &mut self,
        namespace: &str,
        name: &str,
        place: &Place,
        judgement: Judgement,
    ) -> Judgement {
        let facts = place.facts();
        let which = facts.which;
        let is_there = judgement.tenant_uid.is_some() || judgement.host.is_some();
        let candidate = can_collide(
            facts.mode(),
            &which.name,
            facts.host_namespace(),
            namespace,
            name,
        );
        if !is_there || !candidate {
            return judgement;
        }
        let Ok(host) = facts.host_name(namespace, name) else {
            return judgement;
        };
        let key = (&place.host_key, &host.namespace, &host.name);
        let owner = (&which.namespace, &which.name, namespace, name);
        if self.claims.claim(key, owner) != Claim::Taken {
            return judgement;
        }
        self.collisions.push(Collision {
            host_namespace: host.namespace.clone(),
            host_name: host.name.clone(),
            records: vec![format!("{namespace}/{name}")],
        });
        if judgement.grade.is_none() {
            return judgement;
        }
        Judgement {
            grade: None,
            reason: "HostNameCollision",
            message: format!(
                "another ServiceAccount of this input has the host name `{}/{}` too: vCluster gives \
                 it to the newcomer, with the Azure identity of the first",
                host.namespace, host.name
            ),
            hint: Some("rename one of the two".to_owned()),
            host: None,
            ..judgement
        }
    }

    fn write(&mut self, record: &Record, hint: Option<String>) -> Result<(), TranslateError> {
        if let Some(condition) = record.condition(Step::Translate)
            && self.is_told(&condition)
        {
            let evidence = record.status().unwrap_or_default().evidence;
            self.tell(&record.key(), &condition, &evidence, hint);
        }
        match self.format {
            Format::Env => {
                if let Some(lines) = format::env(record)
                    && self.env.replace(lines).is_some()
                {
                    return Err(TranslateError::SeveralForEnv);
                }
            }
            Format::Subject => {
                if let Some(line) = format::subject(record) {
                    self.writer.text(&line)?;
                }
            }
            Format::Ndjson
            | Format::Json
            | Format::Yaml
            | Format::Manifest
            | Format::Table
            | Format::Wide
            | Format::Name
            | Format::Plan
            | Format::Short
            | Format::Az
            | Format::Terraform
            | Format::Bicep
            | Format::Aso => {}
        }
        self.writer.write(record)?;
        Ok(())
    }

    /// Whether there is anything to tell of a record.
    fn is_told(&self, condition: &Condition) -> bool {
        condition.status == ConditionStatus::False || self.session.talk.is_detailed()
    }

    /// Says what failed, and each hint once.
    fn tell(
        &mut self,
        key: &str,
        condition: &Condition,
        evidence: &[Evidence],
        hint: Option<String>,
    ) {
        let talk = &self.session.talk;
        if condition.status != ConditionStatus::False {
            talk.detail(&format!("{}: {}", escape(key), condition.message));
            return;
        }
        talk.record_failed(key, &condition.message);
        if condition.reason == DISAGREE {
            for said in evidence.iter().filter(|said| said.name.is_some()) {
                talk.say(&format::side(said));
            }
        }
        if let Some(hint) = hint.filter(|hint| !self.hints.contains(hint)) {
            talk.say(&format!("hint: {hint}"));
            self.hints.push(hint);
        }
    }
}

/// What translate writes into `status`, conditions apart.
const OWN_STATUS: [&str; 5] = [
    "tenant",
    "subject",
    "hostServiceAccount",
    "evidence",
    "issuer",
];

/// Writes a judgement into a record.
pub fn describe(record: &mut Record, place: &Place, judgement: &Judgement, dry_run: bool) {
    let subject = subject(judgement);
    if subject.is_none() {
        record.remove_status(&OWN_STATUS);
    }
    if subject.is_some() {
        fill_virtual_cluster(record, place);
    }
    match tenant(place, judgement) {
        Some(tenant) => record.put_status("tenant", tenant),
        None => record.remove_status(&["tenant"]),
    }
    if let (Some(subject), Some(host)) = (subject, &judgement.host) {
        record.put_status("subject", subject);
        record.put_status("hostServiceAccount", host);
    }
    record.put_status("evidence", place.evidence(judgement));
    match issuer(place, judgement) {
        Some(issuer) => record.put_status("issuer", issuer),
        None => record.remove_status(&["issuer"]),
    }
    let Condition {
        status,
        reason,
        message,
        ..
    } = condition(judgement, dry_run);
    record.set_condition(Step::Translate, status, &reason, &message);
}

fn subject(judgement: &Judgement) -> Option<Subject> {
    let host = judgement.host.as_ref()?;
    Subject::new(&host.namespace, &host.name).ok()
}

/// Returns what tells the tenant from others, if anything is known.
fn tenant(place: &Place, judgement: &Judgement) -> Option<TenantStatus> {
    let mut tenant = place.tenant.clone();
    tenant.service_account_uid.clone_from(&judgement.tenant_uid);
    (tenant != TenantStatus::default()).then_some(tenant)
}

fn issuer<'a>(place: &'a Place, judgement: &'a Judgement) -> Option<&'a str> {
    place.issuer.as_deref().or(judgement.issuer.as_deref())
}

fn condition(judgement: &Judgement, dry_run: bool) -> Condition {
    let (status, reason, message) = match judgement.grade {
        None => (
            ConditionStatus::False,
            judgement.reason,
            judgement.message.clone(),
        ),
        Some(grade) if dry_run => (
            ConditionStatus::Unknown,
            Condition::PLANNED,
            planned(grade, judgement),
        ),
        Some(grade) => (
            ConditionStatus::True,
            grade.reason(),
            judgement.message.clone(),
        ),
    };
    Condition {
        condition_type: Step::Translate.condition_type().to_owned(),
        status,
        reason: reason.to_owned(),
        message,
    }
}

fn planned(grade: Grade, judgement: &Judgement) -> String {
    format!("{}: {} (dry run)", grade.reason(), judgement.message)
}

/// Says in the record which vCluster it is, where the record left that open.
fn fill_virtual_cluster(record: &mut Record, place: &Place) {
    let wish = record.spec().unwrap_or_default().virtual_cluster;
    let wish = wish.unwrap_or_default();
    let knows_instance = wish.instance.is_some() || place.instance.is_none();
    if wish.name.is_some() && wish.namespace.is_some() && knows_instance {
        return;
    }
    record.put_spec("virtualCluster", place.reference(wish));
}
