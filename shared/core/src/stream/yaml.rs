//! YAML: manifests from Git and `kubectl get -o yaml`, read document by document.

use std::io::{self, BufRead, Read};

use serde::de::DeserializeSeed;

use super::Deliver;
use super::document::{Context, Document};
use super::error::{Fault, StreamError};
use super::tally::Tally;

/// Most bytes of one document: unlike JSON, YAML has to be in memory as a whole.
const LIMIT_BYTES: u64 = 64 * 1024 * 1024;

/// Reads documents until the input ends. They are told apart by their markers, which can't stand at
/// the beginning of a line inside of one (YAML 1.2.2, section 9.1.2), and parsed one by one.
pub(super) fn read(
    mut reader: impl BufRead,
    tally: &mut Tally,
    deliver: Deliver<'_>,
) -> Result<(), StreamError> {
    let mut documents = Documents::default();
    while let Some(document) = documents
        .next(&mut reader)
        .map_err(|error| StreamError::unreadable(tally.origin(), error))?
    {
        if !document.is_blank() {
            parse(&document, tally, &mut *deliver)?;
        }
    }
    Ok(())
}

fn parse(document: &Text, tally: &mut Tally, deliver: Deliver<'_>) -> Result<(), StreamError> {
    let number = document.number;
    if document.bytes.len() as u64 > LIMIT_BYTES {
        return Err(StreamError::TooLarge {
            origin: format!("{}, document {number}", tally.origin()),
            limit_bytes: LIMIT_BYTES,
        });
    }
    let fault = |origin: &str, message: String| StreamError::Yaml {
        origin: format!("{origin}, document {number},"),
        source: Fault(message),
    };
    let text = std::str::from_utf8(&document.bytes)
        .map_err(|error| fault(tally.origin(), error.to_string()))?;
    let mut context = Context::new(tally, deliver);
    let parsed = serde_saphyr::with_deserializer_from_str_with_options(
        text,
        options(text.len()),
        |parser| Document::new(&mut context).deserialize(parser),
    );
    match (parsed, context.failure) {
        (Ok(_), _) => Ok(()),
        (Err(error), Some(failure)) => {
            let line = error.location().map_or(1, |place| place.line());
            let line = line.saturating_add(document.lines_before);
            Err(failure.located(&format!("document {number}, line {line}")))
        }
        (Err(error), None) => {
            let message =
                error
                    .without_snippet()
                    .render_with_options(serde_saphyr::render_options! {
                        line_offset: document.lines_before,
                    });
            Err(fault(tally.origin(), message))
        }
    }
}

/// Words that YAML 1.1 takes as booleans stay words; the budget for nodes grows with the input,
/// that for aliases, which is what an attacker spends, does not.
fn options(bytes: usize) -> serde_saphyr::Options {
    let bytes = bytes.max(4096);
    serde_saphyr::options! {
        strict_booleans: true,
        leading_zero_numbers_as_strings: true,
        underscored_numbers_as_strings: true,
        with_snippet: false,
        budget: serde_saphyr::budget! {
            max_nodes: bytes,
            max_events: bytes.saturating_mul(2),
            max_total_scalar_bytes: bytes.saturating_mul(2),
        },
    }
}

/// Cuts the input at document markers.
#[derive(Default)]
struct Documents {
    /// Lines that have been returned.
    lines: u64,
    /// Documents that have been returned.
    number: usize,
    /// The line with the marker that opens the next document.
    opening: Vec<u8>,
    ended: bool,
}

/// One document as it stands in the input.
struct Text {
    bytes: Vec<u8>,
    lines_before: u64,
    number: usize,
}

impl Documents {
    fn next(&mut self, reader: &mut impl BufRead) -> io::Result<Option<Text>> {
        if self.ended {
            return Ok(None);
        }
        let lines_before = self.lines;
        let mut bytes = std::mem::take(&mut self.opening);
        self.lines += u64::from(!bytes.is_empty());
        let mut opened = !bytes.is_empty();
        loop {
            let start = bytes.len();
            let room = (LIMIT_BYTES + 1).saturating_sub(start as u64);
            let read = reader.by_ref().take(room).read_until(b'\n', &mut bytes)?;
            if read == 0 {
                // At the end of the input, or of the room, which the parser reports.
                self.ended = true;
                break;
            }
            let line = bytes.get(start..).unwrap_or_default();
            if is_marker(line, b"---") {
                if opened {
                    self.opening = bytes.split_off(start);
                    break;
                }
                opened = true;
            } else if !is_blank(line) && !line.starts_with(b"%") {
                opened = true;
            }
            self.lines += 1;
            if is_marker(line, b"...") {
                break;
            }
        }
        self.number += 1;
        Ok(Some(Text {
            bytes,
            lines_before,
            number: self.number,
        }))
    }
}

fn is_marker(line: &[u8], marker: &[u8]) -> bool {
    line.strip_prefix(marker).is_some_and(|rest| {
        rest.first()
            .is_none_or(|byte| matches!(byte, b' ' | b'\t' | b'\r' | b'\n'))
    })
}

/// Whether a line holds nothing, or a comment.
fn is_blank(line: &[u8]) -> bool {
    matches!(line.trim_ascii().first(), None | Some(b'#'))
}

impl Text {
    /// Whether there is no document here at all: comments, blanks, markers.
    fn is_blank(&self) -> bool {
        self.bytes.split(|byte| *byte == b'\n').all(|line| {
            let marked = is_marker(line, b"---") || is_marker(line, b"...");
            let rest = if marked {
                line.get(3..).unwrap_or_default()
            } else {
                line
            };
            is_blank(rest)
        })
    }
}
