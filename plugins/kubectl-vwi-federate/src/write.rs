//! What federate prints: records, the plan, and a line for each record that changed or failed.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::io;

use serde_json::Value;
use vwi_cli::Failure;
use vwi_cli::input::Collected;
use vwi_cli::output::{EndFacts, Format, OutputError, RecordWriter, TableSpec, yaml};
use vwi_cli::session::Session;
use vwi_core::exit::Outcome as Exit;
use vwi_core::federation::{CredentialStep, Plan, Refusal, emit, plan_document, render};
use vwi_core::record::{Condition, ConditionStatus, ItemResult, Record};
use vwi_core::step::Step;
use vwi_core::text::escape;

use crate::emitted::{CannotSay, form};
use crate::placed::{Outcome, Result as Placed};
use crate::taken::Taken;
use crate::tally::Tally;
use crate::work::{Verdict, Work};

/// Formats that federate has.
pub(crate) const FORMATS: [Format; 12] = [
    Format::Ndjson,
    Format::Json,
    Format::Yaml,
    Format::Manifest,
    Format::Table,
    Format::Wide,
    Format::Name,
    Format::Plan,
    Format::Az,
    Format::Terraform,
    Format::Bicep,
    Format::Aso,
];

const TABLE: TableSpec = TableSpec {
    headers: &[
        "NAMESPACE",
        "NAME",
        "FEDERATED",
        "REASON",
        "IDENTITY",
        "CREDENTIAL",
        "SUBJECT",
        "ISSUER",
    ],
    wide_from: 5,
    row,
};

/// What federate writes into `status`, conditions apart.
const OWN_STATUS: [&str; 3] = ["identity", "federatedCredential", "roleAssignments"];

fn row(record: &Record) -> Vec<String> {
    let condition = record.condition(Step::Federate);
    let (status, reason) = condition.map_or_else(Default::default, |condition| {
        (format!("{:?}", condition.status), condition.reason)
    });
    // The reader has looked at it.
    let found = record.status().unwrap_or_default();
    let identity = found.identity.unwrap_or_default().id;
    vec![
        record.namespace().to_owned(),
        record.name().to_owned(),
        status,
        reason,
        identity.rsplit('/').next().unwrap_or_default().to_owned(),
        found
            .federated_credential
            .map(|credential| credential.name)
            .unwrap_or_default(),
        found
            .subject
            .map(|subject| subject.to_string())
            .unwrap_or_default(),
        found.issuer.unwrap_or_default(),
    ]
}

/// What is written.
pub(crate) struct Writing<'a> {
    pub(crate) session: &'a Session,
    pub(crate) format: Format,
    pub(crate) no_headers: bool,
    pub(crate) collected: &'a Collected,
    pub(crate) works: &'a [Work],
    /// What became of a record in its plan, by its position.
    pub(crate) result: &'a dyn Fn(usize) -> Option<Placed>,
    /// The part that was to be carried out, and what became of it.
    pub(crate) outcome: &'a Outcome,
    /// The plan, dry or carried out.
    pub(crate) plan: &'a Plan,
    /// Whether nothing was written to Azure.
    pub(crate) is_dry: bool,
}

impl Writing<'_> {
    /// Writes it all; the outcome of the records.
    ///
    /// # Errors
    ///
    /// Standard output can't be written, or the temporary file can't be read.
    pub(crate) fn write(&self) -> Result<Exit, Failure> {
        let own = matches!(self.format, Format::Json | Format::Yaml | Format::Plan)
            || form(self.format).is_some();
        // Nothing but the plan: no list around records, no end.
        let written_as = if own { Format::Plan } else { self.format };
        let mut writer =
            RecordWriter::new(self.session.stdout(), Step::Federate, written_as, TABLE)
                .without_headers(self.no_headers);
        self.plan_text(&mut writer)?;
        let mut tally = Tally::default();
        let mut hints = BTreeSet::new();
        let records = self.collected.records.records()?;
        for (index, (record, work)) in records.zip(self.works).enumerate() {
            let mut record = record?;
            let result = (self.result)(index);
            let condition = mark(&mut record, work, result.as_ref());
            tally.add(&condition);
            self.tell(work, result.as_ref(), &condition, &mut hints);
            writer.write(&record)?;
        }
        let talk = &self.session.talk;
        self.tell_notes();
        let taken = Taken::tell(talk, self.outcome);
        if let Some(withheld) = &self.plan.withheld {
            talk.warn(&withheld.to_string());
            hints.extend(withheld.hint());
        }
        hints.extend(taken.hints);
        for hint in hints {
            self.session.talk.say(&format!("hint: {hint}"));
        }
        tally.add_deleted(taken.deleted);
        talk.say(&tally.line());
        let counts = writer.finish(EndFacts {
            selection: self.collected.selection.clone(),
            collisions: self.collected.collisions.clone(),
            error: None,
        })?;
        let outcome = counts.outcome();
        Ok(if taken.has_failed {
            outcome.and(Exit::Failed)
        } else {
            outcome
        })
    }

    /// Tells what a plan would have shown, of the identities that were written to.
    fn tell_notes(&self) {
        if self.is_dry {
            return;
        }
        for identity in &self.plan.identities {
            let is_written = |step: &&CredentialStep| step.action.changes();
            let steps: Vec<_> = identity.credentials.iter().filter(is_written).collect();
            if steps.is_empty() && !identity.keeps_identity {
                continue;
            }
            let of_steps = steps.iter().flat_map(|step| &step.notes);
            for note in identity.notes.iter().chain(of_steps) {
                let name = identity.id.name();
                self.session
                    .talk
                    .warn(&format!("identity `{name}`: {note}"));
            }
        }
        self.tell_unconfirmed();
    }

    /// Tells which issuers are trusted that neither the host nor ARM confirms, each once.
    fn tell_unconfirmed(&self) {
        let steps = self.plan.identities.iter();
        let steps = steps.flat_map(|identity| &identity.credentials);
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for step in steps.filter(|step| step.action.changes() && !step.confirmed) {
            *counts.entry(&step.trust.issuer).or_default() += 1;
        }
        for (issuer, count) in counts {
            self.session.talk.warn(&format!(
                "neither the host nor ARM confirms issuer `{}` of {count} {}",
                escape(issuer),
                if count == 1 {
                    "credential"
                } else {
                    "credentials"
                }
            ));
        }
    }

    fn plan_text(&self, writer: &mut RecordWriter) -> Result<(), Failure> {
        let record = |index: usize| self.works.get(index).map_or_else(String::new, Work::key);
        match self.format {
            Format::Json => {
                let document = plan_document(self.plan, &record);
                let text = serde_json::to_string_pretty(&document)
                    .map_err(io::Error::from)
                    .map_err(OutputError::from)?;
                writer.text(&format!("{text}\n"))?;
            }
            Format::Yaml => {
                let document: Value = plan_document(self.plan, &record);
                writer.text(&yaml(&document).map_err(OutputError::from)?)?;
            }
            Format::Plan => writer.text(&render(self.plan, &record))?,
            Format::Az | Format::Terraform | Format::Bicep | Format::Aso => {
                if let Some(form) = form(self.format) {
                    writer.text(&emit(self.plan, form, &record).map_err(CannotSay)?)?;
                }
            }
            Format::Ndjson
            | Format::Manifest
            | Format::Table
            | Format::Wide
            | Format::Name
            | Format::Subject
            | Format::Env
            | Format::Short => {
                let has_steps = !self.plan.identities.is_empty() || !self.plan.refused.is_empty();
                if self.is_dry && has_steps && !self.session.talk.verbosity().quiet {
                    self.session.talk.raw(&render(self.plan, &record));
                }
            }
        }
        Ok(())
    }

    fn tell(
        &self,
        work: &Work,
        result: Option<&Placed>,
        condition: &Condition,
        hints: &mut BTreeSet<String>,
    ) {
        let talk = &self.session.talk;
        let key = work.key();
        match condition.status {
            ConditionStatus::False => {
                talk.record_failed(
                    &key,
                    &format!("{}: {}", condition.reason, condition.message),
                );
                if let Some(hint) = refusal(work, result).and_then(|refusal| refusal.hint.clone()) {
                    hints.insert(hint);
                }
            }
            ConditionStatus::True if condition.reason != UNCHANGED => {
                talk.record(&key, &condition.message);
            }
            ConditionStatus::True | ConditionStatus::Unknown => {}
        }
    }
}

const UNCHANGED: &str = "Unchanged";

fn refusal<'a>(work: &'a Work, result: Option<&'a Placed>) -> Option<&'a Refusal> {
    match &work.verdict {
        Some(Verdict::Refused(refusal)) => Some(refusal),
        Some(Verdict::Forwarded) => None,
        None => result.and_then(|result| result.refusal.as_ref()),
    }
}

/// Writes into a record what became of it, and returns its condition.
fn mark(record: &mut Record, work: &Work, result: Option<&Placed>) -> Condition {
    if work.verdict != Some(Verdict::Forwarded) {
        record.remove_status(&OWN_STATUS);
    }
    if let Some(result) = result.filter(|_| work.is_open()) {
        if let Some(identity) = result.identity.as_ref().filter(|_| !result.is_taken) {
            record.put_status("identity", identity);
        }
        if let Some(credential) = &result.credential {
            record.put_status("federatedCredential", credential);
        }
        if !result.roles.is_empty() {
            record.put_status("roleAssignments", &result.roles);
        }
    }
    let (status, reason, message) = verdict(work, result);
    record.set_condition(Step::Federate, status, &reason, &message);
    Condition {
        condition_type: Step::Federate.condition_type().to_owned(),
        status,
        reason,
        message,
    }
}

fn verdict(work: &Work, result: Option<&Placed>) -> (ConditionStatus, String, String) {
    if work.verdict == Some(Verdict::Forwarded) {
        return (
            ConditionStatus::Unknown,
            Condition::UPSTREAM_FAILED.to_owned(),
            "a step before this one failed".to_owned(),
        );
    }
    if let Some(refusal) = refusal(work, result) {
        return (
            ConditionStatus::False,
            refusal.reason.to_owned(),
            refusal.message.clone(),
        );
    }
    let Some(result) = result else {
        // Every open record is in a plan.
        return (
            ConditionStatus::False,
            "NotPlanned".to_owned(),
            "the record is in no plan".to_owned(),
        );
    };
    let message = describe(result);
    if result.is_planned {
        return (
            ConditionStatus::Unknown,
            Condition::PLANNED.to_owned(),
            message,
        );
    }
    (ConditionStatus::True, reason(result).to_owned(), message)
}

/// Returns the strongest thing that was done.
fn reason(result: &Placed) -> &'static str {
    let done = |wanted: ItemResult| result.items().any(|item| item == wanted);
    if result.identity_made || done(ItemResult::Created) {
        "Created"
    } else if done(ItemResult::Updated) {
        "Updated"
    } else if done(ItemResult::Deleted) {
        "Deleted"
    } else if done(ItemResult::Kept) {
        "Kept"
    } else if done(ItemResult::Adopted) {
        "Adopted"
    } else {
        UNCHANGED
    }
}

/// Says in one line what was done, or would be. Writing to a String can't fail.
fn describe(result: &Placed) -> String {
    let word = |item: ItemResult| match item {
        ItemResult::Created => "created",
        ItemResult::Updated => "updated",
        ItemResult::Unchanged => "unchanged",
        ItemResult::Adopted => "adopted",
        ItemResult::Deleted => "deleted",
        ItemResult::Kept => "kept (not ours)",
        ItemResult::Planned => "to be written",
    };
    let made = match (result.identity_made, result.is_planned) {
        (false, _) => "",
        (true, false) => " (created)",
        (true, true) => " (to be made, client id known after federate)",
    };
    let gone = match result.identity_gone {
        None | Some(ItemResult::Unchanged) => "",
        Some(ItemResult::Planned) => " to be deleted",
        Some(ItemResult::Kept) => " kept (not ours)",
        Some(_) => " deleted",
    };
    let mut text = format!("identity `{}`{made}{gone}", result.identity_name);
    if let Some(credential) = &result.credential {
        let _written = write!(
            text,
            ", credential `{}` {}",
            escape(&credential.name),
            word(credential.result)
        );
    }
    for role in &result.roles {
        let _written = write!(
            text,
            ", role `{}` at `{}` {}",
            escape(&role.role),
            escape(&role.scope),
            word(role.result)
        );
    }
    text
}
