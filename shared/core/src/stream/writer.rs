//! How records go out.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::Value;

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
        writer.write_all(b"],\n\"metadata\":{\"name\":")?;
        serde_json::to_writer(&mut *writer, &end.step)?;
        writer.write_all(b"},\n\"status\":")?;
        serde_json::to_writer(&mut *writer, &list_status(end)?)?;
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

/// Returns the status of a list, its counts last: a list can be shown as YAML, and when that is cut
/// before them it is known to be.
fn list_status(end: &StreamEnd) -> io::Result<Value> {
    let mut status = serde_json::to_value(end.status())?;
    if let Value::Object(fields) = &mut status {
        for key in ["records", "failed"] {
            if let Some(count) = fields.shift_remove(key) {
                fields.insert(key.to_owned(), count);
            }
        }
    }
    Ok(status)
}
