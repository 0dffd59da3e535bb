//! The report, in the format that was asked for.

use std::io::Write as _;

use vwi_cli::Failure;
use vwi_cli::output::{EndFacts, Format, OutputError, RecordWriter, TableSpec};
use vwi_cli::session::Session;
use vwi_cli::table;
use vwi_cli::terminal::is_unicode;
use vwi_core::check::report::{
    CheckReport, Detail, Look, RecordReport, Totals, condition, write_record, write_summary,
};
use vwi_core::check::{CATALOGUE, FailOn};
use vwi_core::exit::Outcome;
use vwi_core::record::{Condition, ConditionStatus, Record};
use vwi_core::step::Step;
use vwi_core::stream::{Collision, Selection};

use crate::args::CheckArgs;

/// Formats that check has.
pub(crate) const FORMATS: [Format; 4] =
    [Format::Table, Format::Json, Format::Short, Format::Ndjson];

/// Records have no table here: the report is one.
const NO_TABLE: TableSpec = TableSpec {
    headers: &[],
    wide_from: 0,
    row: |_| Vec::new(),
};

/// What stands at the end of the records.
pub(crate) struct End {
    pub(crate) selection: Option<Selection>,
    pub(crate) collisions: Vec<Collision>,
}

/// Writes the report; returns 0 or 1.
///
/// # Errors
///
/// [`OutputError`] if standard output can't be written.
pub(crate) fn report(
    session: &Session,
    args: &CheckArgs,
    format: Format,
    records: Vec<(Record, RecordReport)>,
    end: End,
) -> Result<Outcome, Failure> {
    let fail_on = args.checks.fail_on.0;
    let mut totals = Totals::default();
    for (_, report) in &records {
        totals.add(report, fail_on);
    }
    if format == Format::Ndjson {
        stream(session, records, fail_on, end)?;
    } else {
        let reports: Vec<RecordReport> = records.into_iter().map(|(_, report)| report).collect();
        let text = if format == Format::Json {
            let document = CheckReport::new(&reports, &totals);
            let text = serde_json::to_string_pretty(&document).map_err(std::io::Error::from);
            text.map_err(OutputError::from)? + "\n"
        } else {
            page(session, args, format, &reports, &totals)
        };
        put(session, &text)?;
    }
    Ok(if totals.is_failed {
        Outcome::Failed
    } else {
        Outcome::Done
    })
}

/// Returns the report for people.
fn page(
    session: &Session,
    args: &CheckArgs,
    format: Format,
    reports: &[RecordReport],
    totals: &Totals,
) -> String {
    let detail = if format == Format::Short {
        Detail::Problems
    } else {
        Detail::All
    };
    let environment = &session.environment;
    let color = args.output.color;
    let look = Look {
        color: color.applies(environment, session.terminals.stdout),
        unicode: is_unicode(environment),
    };
    let mut text = String::new();
    for report in reports {
        // Writing to a String can't fail.
        let _written = write_record(&mut text, report, detail, look);
    }
    let _written = write_summary(&mut text, totals, look);
    text
}

/// Writes the records with their condition, for whatever comes after.
fn stream(
    session: &Session,
    records: Vec<(Record, RecordReport)>,
    fail_on: FailOn,
    end: End,
) -> Result<(), OutputError> {
    let mut writer = RecordWriter::new(session.stdout(), Step::Check, Format::Ndjson, NO_TABLE);
    for (mut record, report) in records {
        let (status, reason, message) = if report.upstream.is_some() {
            (
                ConditionStatus::Unknown,
                Condition::UPSTREAM_FAILED.to_owned(),
                "a step before this one failed".to_owned(),
            )
        } else {
            condition(&report.findings, fail_on)
        };
        record.set_condition(Step::Check, status, &reason, &message);
        writer.write(&record)?;
    }
    writer.finish(EndFacts {
        selection: end.selection,
        collisions: end.collisions,
        error: None,
    })?;
    Ok(())
}

/// Writes the list of checks.
///
/// # Errors
///
/// [`OutputError`] if standard output can't be written.
pub(crate) fn list_checks(session: &Session, with_headers: bool) -> Result<(), OutputError> {
    let rows: Vec<Vec<String>> = CATALOGUE
        .iter()
        .map(|check| {
            vec![
                check.id.to_owned(),
                check.severity.word().to_owned(),
                check.category.name().to_owned(),
                check.title.to_owned(),
            ]
        })
        .collect();
    let headers = ["ID", "SEVERITY", "CATEGORY", "HOLDS WHEN"];
    put(session, &table::render(&headers, &rows, with_headers))
}

fn put(session: &Session, text: &str) -> Result<(), OutputError> {
    session.stdout().write_all(text.as_bytes())?;
    Ok(())
}
