//! How records go out.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::StreamEnd;
use crate::record::API_VERSION;

/// `kind` of a list of records.
pub(super) const LIST_KIND: &str = "WorkloadIdentityList";

/// Writes one document as a compact line.
///
/// # Errors
///
/// The writer's, [`io::ErrorKind::BrokenPipe`] if the reader has gone.
pub fn write_line(writer: &mut dyn Write, document: &impl Serialize) -> io::Result<()> {
    serde_json::to_writer(&mut *writer, document)?;
    writer.write_all(b"\n")
}

/// Writes records as one `WorkloadIdentityList`, item by item; its `status` is the end.
#[derive(Debug, Default)]
pub struct ListWriter {
    started: bool,
}

impl ListWriter {
    /// Writes one record.
    ///
    /// # Errors
    ///
    /// The writer's.
    pub fn item(&mut self, writer: &mut dyn Write, record: &impl Serialize) -> io::Result<()> {
        if self.started {
            writer.write_all(b",\n")?;
        } else {
            self.start(writer)?;
        }
        serde_json::to_writer(writer, record)?;
        Ok(())
    }

    /// Writes the end.
    ///
    /// # Errors
    ///
    /// The writer's.
    pub fn finish(mut self, writer: &mut dyn Write, end: &StreamEnd) -> io::Result<()> {
        if !self.started {
            self.start(writer)?;
        }
        writer.write_all(b"]")?;
        for (key, value) in end.list_tail() {
            write!(writer, ",\n\"{key}\":{value}")?;
        }
        writer.write_all(b"}\n")
    }

    fn start(&mut self, writer: &mut dyn Write) -> io::Result<()> {
        self.started = true;
        writeln!(
            writer,
            "{{\"apiVersion\":\"{API_VERSION}\",\"kind\":\"{LIST_KIND}\",\"items\":["
        )
    }
}

impl StreamEnd {
    /// Returns the fields that stand before the items of a list of records.
    pub fn list_head() -> Map<String, Value> {
        let fields = [("apiVersion", API_VERSION), ("kind", LIST_KIND)];
        let fields = fields.map(|(key, value)| (key.to_owned(), value.into()));
        fields.into_iter().collect()
    }

    /// Returns the fields that stand after the items of a list of records: the step, and the end as
    /// `status`. The counts are its last: shown as YAML, a list that is cut before them is known to
    /// be.
    pub fn list_tail(&self) -> Map<String, Value> {
        // Texts and numbers always serialise.
        let mut status = serde_json::to_value(self.status()).unwrap_or_default();
        if let Value::Object(fields) = &mut status {
            for key in ["records", "failed"] {
                if let Some(count) = fields.shift_remove(key) {
                    fields.insert(key.to_owned(), count);
                }
            }
        }
        let fields = [("metadata", json!({"name": self.step})), ("status", status)];
        let fields = fields.map(|(key, value)| (key.to_owned(), value));
        fields.into_iter().collect()
    }
}
