//! Records out: formats, counts, and the end of the stream.

use std::io::{self, Write};

use serde::Serialize;
use thiserror::Error;
use vwi_core::exit::{Explain, Outcome};
use vwi_core::record::{FreshRecord, Record};
use vwi_core::step::Step;
use vwi_core::stream::{Collision, ListWriter, Selection, StreamEnd, write_line};
use vwi_core::text::escape;

use crate::session::{self, Stdout};
use crate::table;

mod format;

pub use format::Format;

/// Standard output can't be written.
#[derive(Debug, Error)]
#[error("cannot write to standard output")]
pub struct OutputError(#[from] io::Error);

impl Explain for OutputError {
    fn outcome(&self) -> Outcome {
        if self.is_reader_gone() {
            Outcome::ReaderGone
        } else {
            Outcome::CouldNotRun
        }
    }
}

impl OutputError {
    /// Whether the reader has gone, which is no fault of this step.
    pub fn is_reader_gone(&self) -> bool {
        session::is_reader_gone(&self.0)
    }
}

/// The columns of a step's table.
#[derive(Clone, Copy)]
pub struct TableSpec {
    /// Headers; those from `wide_from` on are for `-o wide`.
    pub headers: &'static [&'static str],
    /// Number of columns of the narrow table.
    pub wide_from: usize,
    /// Makes all cells of one record.
    pub row: fn(&Record) -> Vec<String>,
}

/// What is known at the end of a stream.
#[derive(Clone, Debug, Default)]
pub struct EndFacts {
    /// Whether the records are everything in scope.
    pub selection: Option<Selection>,
    /// ServiceAccounts with one host name.
    pub collisions: Vec<Collision>,
    /// Why the step could not go on.
    pub error: Option<String>,
}

/// How many records have gone out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// All.
    pub records: u64,
    /// Failed ones, whichever step was the cause.
    pub failed: u64,
}

impl Counts {
    /// Returns the outcome of a stream: failed if any of its records is.
    pub fn outcome(self) -> Outcome {
        if self.failed > 0 {
            Outcome::Failed
        } else {
            Outcome::Done
        }
    }
}

/// Writes records in one of the formats, one by one where the format allows.
pub struct RecordWriter {
    stdout: Stdout,
    step: Step,
    format: Format,
    table: TableSpec,
    with_headers: bool,
    counts: Counts,
    list: ListWriter,
    rows: Vec<Vec<String>>,
    /// What is being written; one write to the shared buffer for each record.
    text: Vec<u8>,
    /// Whether each record leaves at once.
    flushes: bool,
}

impl RecordWriter {
    /// Starts a stream.
    pub fn new(stdout: Stdout, step: Step, format: Format, table: TableSpec) -> Self {
        Self {
            stdout,
            step,
            format,
            table,
            with_headers: true,
            counts: Counts::default(),
            list: ListWriter::default(),
            rows: Vec::new(),
            text: Vec::new(),
            flushes: true,
        }
    }

    /// Lets records leave together, for a step that has changed nothing which would be lost with
    /// them, and makes them faster than a reader takes them one by one.
    #[must_use]
    pub fn buffered(mut self) -> Self {
        self.flushes = false;
        self
    }

    /// Leaves the header line of tables out.
    #[must_use]
    pub fn without_headers(mut self, without: bool) -> Self {
        self.with_headers = !without;
        self
    }

    /// Writes a record. The record stream is flushed after each, so that it is not lost with us.
    ///
    /// # Errors
    ///
    /// [`OutputError`]; when the reader has gone, the session's interrupt is requested too.
    pub fn write(&mut self, record: &Record) -> Result<(), OutputError> {
        match self.format {
            Format::Ndjson => {
                write_line(&mut self.text, record)?;
                return self.line(record.is_failed());
            }
            Format::Json => self.list.item(&mut self.text, record)?,
            Format::Yaml => {
                // A list of one is the list's next lines.
                if self.counts.records == 0 {
                    writeln!(self.text, "{}items:", list_head()?)?;
                }
                self.text.extend_from_slice(yaml(&[record])?.as_bytes());
            }
            Format::Manifest => {
                let manifest = record.clone().into_manifest();
                write!(self.text, "---\n{}", yaml(&manifest)?)?;
            }
            Format::Name => writeln!(self.text, "serviceaccount/{}", escape(record.name()))?,
            Format::Table | Format::Wide => {
                let mut row = (self.table.row)(record);
                row.truncate(self.columns());
                self.rows.push(row);
            }
            // A step's own formats are written by the step.
            Format::Subject
            | Format::Env
            | Format::Plan
            | Format::Short
            | Format::Az
            | Format::Terraform
            | Format::Bicep
            | Format::Aso => {}
        }
        self.count(record.is_failed());
        self.pass_on()
    }

    /// Writes a record that was made out of a ServiceAccount, without a tree: in the record stream,
    /// which is the only format that needs none.
    ///
    /// # Errors
    ///
    /// As [`RecordWriter::write`].
    pub fn write_fresh(&mut self, record: &FreshRecord<'_>) -> Result<(), OutputError> {
        record.write_line(&mut self.text)?;
        self.line(record.is_failed())
    }

    /// Passes a line of the record stream on.
    fn line(&mut self, failed: bool) -> Result<(), OutputError> {
        self.count(failed);
        self.pass_on()?;
        if self.flushes {
            self.stdout.flush()?;
        }
        Ok(())
    }

    fn pass_on(&mut self) -> Result<(), OutputError> {
        if !self.text.is_empty() {
            self.stdout.write_all(&self.text)?;
            self.text.clear();
        }
        Ok(())
    }

    /// Returns how many records there have been so far.
    pub fn counts(&self) -> Counts {
        self.counts
    }

    /// Counts a record that the step writes itself.
    pub fn count(&mut self, failed: bool) {
        self.counts.records += 1;
        self.counts.failed += u64::from(failed);
    }

    /// Writes text of the step's own format.
    ///
    /// # Errors
    ///
    /// [`OutputError`]
    pub fn text(&mut self, text: &str) -> Result<(), OutputError> {
        self.stdout.write_all(text.as_bytes())?;
        Ok(())
    }

    /// Writes what stands at the end, and says how many records there were.
    ///
    /// # Errors
    ///
    /// [`OutputError`]
    pub fn finish(mut self, facts: EndFacts) -> Result<Counts, OutputError> {
        let end = StreamEnd {
            step: self.step.word().to_owned(),
            records: self.counts.records,
            failed: self.counts.failed,
            selection: facts.selection,
            collisions: facts.collisions,
            error: facts.error,
        };
        match self.format {
            Format::Ndjson => write_line(&mut self.stdout, &end)?,
            Format::Json => self.list.finish(&mut self.stdout, &end)?,
            Format::Yaml => {
                if self.counts.records == 0 {
                    writeln!(self.stdout, "{}items: []", list_head()?)?;
                }
                self.stdout.write_all(yaml(&end.list_tail())?.as_bytes())?;
            }
            Format::Table | Format::Wide => {
                let headers: Vec<&str> = self
                    .table
                    .headers
                    .iter()
                    .copied()
                    .take(self.columns())
                    .collect();
                let text = table::render(&headers, &self.rows, self.with_headers);
                self.stdout.write_all(text.as_bytes())?;
            }
            Format::Manifest
            | Format::Name
            | Format::Subject
            | Format::Env
            | Format::Plan
            | Format::Short
            | Format::Az
            | Format::Terraform
            | Format::Bicep
            | Format::Aso => {}
        }
        self.stdout.flush()?;
        Ok(self.counts)
    }

    fn columns(&self) -> usize {
        if self.format == Format::Wide {
            self.table.headers.len()
        } else {
            self.table.wide_from
        }
    }
}

fn list_head() -> io::Result<String> {
    yaml(&StreamEnd::list_head())
}

/// Returns a document as YAML that kubectl's YAML 1.1 reads the same: words that are truth values or
/// numbers there are quoted, and every text stands on one line.
///
/// # Errors
///
/// None that is known; the library could refuse.
pub fn yaml(document: &impl Serialize) -> io::Result<String> {
    let options = serde_saphyr::ser_options! {
        prefer_block_scalars: false,
    };
    serde_saphyr::to_string_with_options(document, options).map_err(io::Error::other)
}

/// Writes a StreamEnd alone: what a step that could not run leaves to the next one.
///
/// # Errors
///
/// The stream's.
pub fn write_error_end(stdout: &mut Stdout, step: &str, error: &str) -> io::Result<()> {
    let end = StreamEnd {
        step: step.to_owned(),
        error: Some(error.to_owned()),
        ..StreamEnd::default()
    };
    write_line(stdout, &end)?;
    stdout.flush()
}

#[cfg(test)]
mod tests;
