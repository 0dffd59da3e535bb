//! What annotate prints: the records, or ServiceAccounts for Git.

use std::collections::BTreeMap;

use vwi_cli::Failure;
use vwi_cli::input::Collected;
use vwi_cli::output::{EndFacts, Format, RecordWriter, TableSpec};
use vwi_cli::session::Session;
use vwi_core::annotation::manifest::ServiceAccountManifest;
use vwi_core::exit::Outcome;
use vwi_core::record::Record;
use vwi_core::step::Step;

use crate::args::AnnotateArgs;
use crate::work::{Verdict, Work};

/// Formats that annotate has.
pub(crate) const FORMATS: [Format; 7] = [
    Format::Ndjson,
    Format::Json,
    Format::Yaml,
    Format::Manifest,
    Format::Table,
    Format::Wide,
    Format::Name,
];

const TABLE: TableSpec = TableSpec {
    headers: &["NAMESPACE", "NAME", "ANNOTATED", "REASON", "MESSAGE"],
    wide_from: 4,
    row,
};

fn row(record: &Record) -> Vec<String> {
    let condition = record.condition(Step::Annotate);
    let (status, reason, message) = condition.map_or_else(Default::default, |condition| {
        (
            format!("{:?}", condition.status),
            condition.reason,
            condition.message,
        )
    });
    vec![
        record.namespace().to_owned(),
        record.name().to_owned(),
        status,
        reason,
        message,
    ]
}

/// Writes every record in the order of the input, and says what became of them.
pub(crate) fn records(
    session: &Session,
    arguments: &AnnotateArgs,
    format: Format,
    collected: &Collected,
    works: &[Work],
) -> Result<Outcome, Failure> {
    let own = matches!(format, Format::Json | Format::Yaml);
    // Nothing but objects that kubectl applies: no list around them, no end.
    let written_as = if own { Format::Plan } else { format };
    let mut writer = RecordWriter::new(session.stdout(), Step::Annotate, written_as, TABLE)
        .without_headers(arguments.output.no_headers);
    let mut counts: BTreeMap<&'static str, u64> = BTreeMap::new();
    let mut is_incomplete = false;
    for (record, work) in collected.records.records()?.zip(works) {
        let mut record = record?;
        let Some(verdict) = &work.verdict else {
            continue;
        };
        *counts.entry(verdict.word()).or_default() += 1;
        say(session, work, verdict);
        verdict.mark(&mut record);
        writer.write(&record)?;
        if own && work.waits_for_client_id(arguments.remove) {
            session.talk.warn(&format!(
                "{}: no ServiceAccount is printed, for its client id is known after federate",
                work.key()
            ));
            is_incomplete = true;
        }
        if own && work.shows_manifest(arguments.remove) {
            let manifest =
                ServiceAccountManifest::new(&work.namespace, &work.name, work.wanted.annotations());
            let text = if format == Format::Yaml {
                format!("---\n{}", manifest.to_yaml())
            } else {
                let json = serde_json::to_string(&manifest).map_err(std::io::Error::from);
                let json = json.map_err(vwi_cli::output::OutputError::from)?;
                format!("{json}\n")
            };
            writer.text(&text)?;
        }
    }
    let counts: Vec<String> = counts
        .iter()
        .map(|(word, count)| format!("{count} {word}"))
        .collect();
    session.talk.say(&if counts.is_empty() {
        "no records".to_owned()
    } else {
        counts.join(", ")
    });
    let written = writer.finish(EndFacts {
        selection: collected.selection.clone(),
        collisions: collected.collisions.clone(),
        error: None,
    })?;
    Ok(if is_incomplete {
        written.outcome().and(Outcome::Failed)
    } else {
        written.outcome()
    })
}

fn say(session: &Session, work: &Work, verdict: &Verdict) {
    let key = work.key();
    match verdict {
        Verdict::Failed { reason, message } => {
            session
                .talk
                .record_failed(&key, &format!("{reason}: {message}"));
        }
        Verdict::Done { reason, message } if *reason != "Unchanged" => {
            session
                .talk
                .record(&key, &format!("{}: {message}", verdict.word()));
        }
        Verdict::Planned(message) => {
            session.talk.record(&key, &format!("planned: {message}"));
        }
        Verdict::Done { .. } | Verdict::Forwarded => {}
    }
}
