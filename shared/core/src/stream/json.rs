//! JSON: lines, concatenated documents, arrays, and lists of which no more than one item is held.

use std::io::BufRead;

use serde::de::DeserializeSeed;

use super::Deliver;
use super::document::{Context, Document};
use super::error::StreamError;
use super::tally::Tally;

/// Reads documents until the input ends.
pub(super) fn read(
    reader: impl BufRead,
    tally: &mut Tally,
    deliver: Deliver<'_>,
) -> Result<(), StreamError> {
    let mut parser = serde_json::Deserializer::from_reader(reader);
    loop {
        match parser.end() {
            Ok(()) => return Ok(()),
            Err(error) if error.is_io() => return Err(tally.json(error)),
            // Another document follows.
            Err(_) => {}
        }
        let mut context = Context::new(tally, &mut *deliver);
        if let Err(error) = Document::new(&mut context).deserialize(&mut parser) {
            return Err(match context.failure {
                Some(failure) => failure.located(&format!("line {}", error.line())),
                None => tally.json(error),
            });
        }
    }
}
