//! From judgements to records, and out.

use vwi_cli::output::{Counts, EndFacts, Format, RecordWriter};
use vwi_cli::session::Session;
use vwi_core::collision::{Claim, Claims, can_collide};
use vwi_core::record::{
    ConditionStatus, Evidence, FreshRecord, Record, Verdict, VirtualClusterRef,
};
use vwi_core::step::Step;
use vwi_core::stream::{Collision, Selection};
use vwi_core::text::escape;
use vwi_core::translation::Judgement;
use vwi_core::translation::judgement::DISAGREE;

use crate::args::TranslateArgs;
use crate::error::TranslateError;
use crate::format;
use crate::place::Place;
use crate::terraform;
use crate::wanted::{Fault, Known, Wanted};

mod record;

use record::{OWN_STATUS, describe, issuer, tenant, verdict};

/// Writes records, and keeps what stands at the end.
pub struct Answers<'a> {
    args: &'a TranslateArgs,
    session: &'a Session,
    format: Format,
    writer: RecordWriter,
    claims: Claims,
    collisions: Vec<Collision>,
    /// Lines of `-o env`, absent before there is a record.
    env: Option<String>,
    terraform: Option<terraform::Answer>,
    hints: Vec<String>,
}

impl<'a> Answers<'a> {
    /// Starts the answer.
    ///
    /// # Errors
    ///
    /// [`TranslateError::Usage`] for a format that translate does not have.
    pub fn new(args: &'a TranslateArgs, session: &'a Session) -> Result<Self, TranslateError> {
        let format = if args.way.terraform {
            // Of the step's own formats, one that the writer leaves alone.
            Format::Subject
        } else {
            args.output.format(&format::FORMATS, session.terminals)?
        };
        let writer = RecordWriter::new(session.stdout(), Step::Translate, format, format::TABLE)
            .without_headers(args.output.no_headers);
        let writer = if args.proof.offline || args.reach.all_vclusters {
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
            terraform: args.way.terraform.then(terraform::Answer::default),
            hints: Vec::new(),
        })
    }

    /// Writes one record, unless another process has it to write.
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
        if wanted.fault.is_some() || place.contradiction(&wanted).is_some() {
            let record = wanted.record.into_record();
            return self.put_failure(record, judgement.reason, &judgement.message, judgement.hint);
        }
        let (namespace, name) = (wanted.record.namespace(), wanted.record.name());
        let judgement = self.claim(namespace, name, place, judgement);
        if !self.args.shard.holds(namespace, name) {
            return Ok(());
        }
        match wanted.record {
            Known::Name { namespace, name } if self.format == Format::Ndjson => {
                self.put_fresh(&namespace, &name, place, judgement)
            }
            known @ (Known::Name { .. } | Known::Record(_)) => {
                let mut record = known.into_record();
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
        let tenant = tenant(place, judgement.tenant_uid.take());
        let verdict = verdict(&judgement, self.args.change.dry_run.is_dry());
        let virtual_cluster = judgement
            .host
            .is_some()
            .then(|| place.reference(VirtualClusterRef::default()));
        let record = FreshRecord {
            namespace,
            name,
            virtual_cluster: virtual_cluster.as_ref(),
            tenant: tenant.as_ref(),
            host: judgement.host.as_ref(),
            shared_by: judgement.shared_by,
            evidence: [&place.told_by, &judgement.evidence],
            issuer: issuer(place, &judgement),
            verdict: &verdict,
        };
        if self.is_told(verdict.status) {
            let key = format!("{namespace}/{name}");
            self.tell(&key, &verdict, &judgement.evidence, hint);
        }
        self.writer.write_fresh(&record)?;
        Ok(())
    }

    /// Writes a record for which no vCluster could be told, unless another process has it.
    ///
    /// # Errors
    ///
    /// [`TranslateError`] if it can't be written.
    pub fn put_fault(&mut self, record: Record, fault: &Fault) -> Result<(), TranslateError> {
        self.put_failure(record, fault.reason, &fault.message, None)
    }

    /// Nothing of a vCluster, its tenant's uids included, is told of a record that is not its.
    fn put_failure(
        &mut self,
        mut record: Record,
        reason: &str,
        message: &str,
        hint: Option<String>,
    ) -> Result<(), TranslateError> {
        if !self.args.shard.holds(record.namespace(), record.name()) {
            return Ok(());
        }
        record.remove_status(&OWN_STATUS);
        record.set_condition(Step::Translate, ConditionStatus::False, reason, message);
        self.write(&record, hint)
    }

    /// Writes a record that has its condition, unless another process has it.
    ///
    /// # Errors
    ///
    /// [`TranslateError`] if it can't be written.
    pub fn put_judged(&mut self, record: &Record) -> Result<(), TranslateError> {
        if !self.args.shard.holds(record.namespace(), record.name()) {
            return Ok(());
        }
        self.write(record, None)
    }

    /// Says how many were left out, as nobody asked for them by name.
    pub fn left_out(&self, count: usize) {
        if count > 0 {
            self.session.talk.say(&format!(
                "{count} left out: `default` ServiceAccounts and namespaces `kube-*` (`--include-system` takes them)"
            ));
        }
    }

    /// Ends the answer.
    ///
    /// # Errors
    ///
    /// [`TranslateError`] if it can't be written.
    pub fn finish(mut self, selection: Selection) -> Result<Counts, TranslateError> {
        if self.format == Format::Env {
            let lines = self.env.take();
            self.writer
                .text(lines.as_deref().unwrap_or(format::FAILED_ENV))?;
        }
        if let Some(answer) = self.terraform.take()
            && self.writer.counts().failed == 0
        {
            self.writer.text(&answer.line())?;
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
        // The shared ServiceAccount was asked for knowingly.
        if !is_there || !candidate || self.args.reach.workload_service_account {
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
        let holder = place
            .holder(&host)
            .map_or_else(String::new, |holder| format!("; {holder} holds it now"));
        Judgement {
            grade: None,
            reason: "HostNameCollision",
            message: format!(
                "another ServiceAccount of this input has the host name `{}/{}` too: vCluster gives \
                 it to the newcomer, with the Azure identity of the first{holder}",
                host.namespace, host.name
            ),
            hint: Some("rename one of the two".to_owned()),
            host: None,
            ..judgement
        }
    }

    fn write(&mut self, record: &Record, hint: Option<String>) -> Result<(), TranslateError> {
        if let Some(condition) = record.condition(Step::Translate)
            && self.is_told(condition.status)
        {
            let evidence = record.status().unwrap_or_default().evidence;
            let verdict = Verdict {
                status: condition.status,
                reason: &condition.reason,
                message: condition.message.as_str().into(),
            };
            self.tell(&record.key(), &verdict, &evidence, hint);
        }
        if let Some(answer) = self.terraform.as_mut() {
            answer.add(record);
        }
        match self.format {
            Format::Subject if self.terraform.is_some() => {}
            Format::Env => {
                // One that failed counts: the other's name must not be taken for its.
                let lines = format::env(record);
                let lines = lines.unwrap_or_else(|| format::FAILED_ENV.to_owned());
                if self.env.replace(lines).is_some() {
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
    fn is_told(&self, status: ConditionStatus) -> bool {
        status == ConditionStatus::False || self.session.talk.is_detailed()
    }

    /// Says what failed, and each hint once.
    fn tell(
        &mut self,
        key: &str,
        verdict: &Verdict<'_>,
        evidence: &[Evidence],
        hint: Option<String>,
    ) {
        let talk = &self.session.talk;
        if verdict.status != ConditionStatus::False {
            talk.detail(&format!("{}: {}", escape(key), verdict.message));
            return;
        }
        talk.record_failed(key, &verdict.message);
        if verdict.reason == DISAGREE {
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
