//! From judgements to records, and out.

use vwi_cli::output::{Counts, EndFacts, Format, RecordWriter};
use vwi_cli::session::Session;
use vwi_core::collision::{Claim, Claims, can_collide};
use vwi_core::record::{Condition, ConditionStatus, Record, TenantStatus, VirtualClusterRef};
use vwi_core::step::Step;
use vwi_core::stream::{Collision, Selection};
use vwi_core::subject::Subject;
use vwi_core::text::escape;
use vwi_core::translation::{Grade, Judgement};

use crate::args::TranslateArgs;
use crate::error::TranslateError;
use crate::format;
use crate::place::Place;
use crate::wanted::{Fault, Wanted};

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
        mut wanted: Wanted,
        place: &Place,
        judgement: Judgement,
    ) -> Result<(), TranslateError> {
        let judgement = self.claim(&wanted, place, judgement);
        describe(
            &mut wanted.record,
            place,
            &judgement,
            self.args.change.dry_run.is_dry(),
        );
        self.write(&wanted.record, judgement.hint)
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
    fn claim(&mut self, wanted: &Wanted, place: &Place, judgement: Judgement) -> Judgement {
        let (namespace, name) = (wanted.record.namespace(), wanted.record.name());
        let facts = place.facts();
        let which = facts.which;
        let Ok(host) = facts.host_name(namespace, name) else {
            return judgement;
        };
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
        let key = (&place.host_key, &host.namespace, &host.name);
        let owner = (&which.namespace, &which.name, namespace, name);
        if self.claims.claim(key, owner) != Claim::Taken {
            return judgement;
        }
        self.collisions.push(Collision {
            host_namespace: host.namespace.clone(),
            host_name: host.name.clone(),
            records: vec![wanted.record.key()],
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
        if let Some(condition) = record.condition(Step::Translate) {
            self.tell(record, &condition, hint);
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
            | Format::Short => {}
        }
        self.writer.write(record)?;
        Ok(())
    }

    /// Says what failed, and each hint once.
    fn tell(&mut self, record: &Record, condition: &Condition, hint: Option<String>) {
        let talk = &self.session.talk;
        let key = record.key();
        if condition.status != ConditionStatus::False {
            talk.detail(&format!("{}: {}", escape(&key), condition.message));
            return;
        }
        talk.record_failed(&key, &condition.message);
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
    let subject = judgement
        .host
        .as_ref()
        .and_then(|host| Subject::new(&host.namespace, &host.name).ok());
    if subject.is_none() {
        record.remove_status(&OWN_STATUS);
    }
    if subject.is_some() {
        fill_virtual_cluster(record, place);
    }
    let mut tenant = place.tenant.clone();
    tenant.service_account_uid.clone_from(&judgement.tenant_uid);
    if tenant == TenantStatus::default() {
        record.remove_status(&["tenant"]);
    } else {
        record.put_status("tenant", tenant);
    }
    if let (Some(subject), Some(host)) = (subject, &judgement.host) {
        record.put_status("subject", subject);
        record.put_status("hostServiceAccount", host);
    }
    record.put_status("evidence", &judgement.evidence);
    match place.issuer.as_ref().or(judgement.issuer.as_ref()) {
        Some(issuer) => record.put_status("issuer", issuer),
        None => record.remove_status(&["issuer"]),
    }
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
    record.set_condition(Step::Translate, status, reason, &message);
}

fn planned(grade: Grade, judgement: &Judgement) -> String {
    format!("{}: {} (dry run)", grade.reason(), judgement.message)
}

/// Says in the record which vCluster it is, where the record left that open.
fn fill_virtual_cluster(record: &mut Record, place: &Place) {
    let wish = record.spec().unwrap_or_default().virtual_cluster;
    let wish = wish.unwrap_or_default();
    if wish.name.is_some() && wish.namespace.is_some() {
        return;
    }
    record.put_spec(
        "virtualCluster",
        VirtualClusterRef {
            name: Some(place.which.name.clone()),
            namespace: Some(place.which.namespace.clone()),
            ..wish
        },
    );
}
