//! Streams of records: every form in which documents come in, and the one in which they go out.
//!
//! Documents are handed on one by one, however long the input: a List is never held as a whole.
//! The end of what a step wrote is marked by a [`StreamEnd`], so that an upstream that died
//! half-way is seen (design, section 3, rule 3).

mod end;
mod error;
mod json;
mod list;
mod tally;
mod value;
mod writer;
mod yaml;

use std::io::{BufRead, BufReader, Read};

pub use end::{Collision, Selection, StreamEnd};
pub use error::{ReadError, StreamError};
pub use tally::{Completeness, Summary};
pub use writer::{ListWriter, write_line};

use crate::record::Record;
use tally::Tally;

/// Bytes read at a time.
const BUFFER_BYTES: usize = 256 * 1024;

/// A ServiceAccount of the tenant, of which only what names it is kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ServiceAccount {
    /// Its namespace; `default` where the document has none, as with kubectl.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Its uid, where the document came from a cluster.
    pub uid: Option<String>,
}

/// One document of the input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Item {
    /// A record.
    Record(Box<Record>),
    /// A ServiceAccount, alone or of a List.
    ServiceAccount(ServiceAccount),
    /// The end of what a step wrote.
    End(StreamEnd),
}

/// What a step takes as input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Accept {
    /// Whether ServiceAccounts are input; only translate can name their subject.
    pub service_accounts: bool,
}

/// Reads all documents of `reader` and hands them to `sink` in their order.
///
/// `source` names the input in errors: `standard input` or a file.
///
/// # Errors
///
/// [`ReadError::Stream`] if the input is not what it should be; what was handed on until then
/// must not be acted upon. [`ReadError::Sink`] is the sink's own error.
pub fn read<E>(
    source: &str,
    reader: impl Read,
    accept: Accept,
    sink: &mut dyn FnMut(Item) -> Result<(), E>,
) -> Result<Summary, ReadError<E>> {
    let mut reader = BufReader::with_capacity(BUFFER_BYTES, reader);
    let mut tally = Tally::new(source, accept);
    let start = skip_blank(&mut reader).map_err(|error| StreamError::unreadable(source, error))?;
    let Some(first) = start.first else {
        return Ok(tally.finish());
    };
    let mut failure = None;
    let mut deliver = |item: Item| {
        sink(item).map_err(|error| {
            failure = Some(error);
        })
    };
    let done = if matches!(first, b'{' | b'[') {
        json::read(reader, start.lines, &mut tally, &mut deliver)
    } else {
        yaml::read(reader, &mut tally, &mut deliver)
    };
    match (done, failure) {
        (_, Some(error)) => Err(ReadError::Sink(error)),
        (Ok(()), None) => Ok(tally.finish()),
        (Err(error), None) => Err(ReadError::Stream(error)),
    }
}

/// Where the sink's error is kept by the caller, `Err(())` stops the reader.
type Deliver<'a> = &'a mut dyn FnMut(Item) -> Result<(), ()>;

struct Start {
    /// First byte that is not blank.
    first: Option<u8>,
    /// Line feeds before it.
    lines: usize,
}

/// Skips a byte order mark and white space.
fn skip_blank(reader: &mut impl BufRead) -> std::io::Result<Start> {
    const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";
    let mut lines = 0;
    if reader.fill_buf()?.starts_with(BYTE_ORDER_MARK) {
        reader.consume(BYTE_ORDER_MARK.len());
    }
    loop {
        let buffer = reader.fill_buf()?;
        if buffer.is_empty() {
            return Ok(Start { first: None, lines });
        }
        let blank = buffer
            .iter()
            .position(|byte| !byte.is_ascii_whitespace())
            .unwrap_or(buffer.len());
        lines += buffer
            .iter()
            .take(blank)
            .filter(|&&byte| byte == b'\n')
            .count();
        let first = buffer.get(blank).copied();
        // Blanks before YAML may be indentation, but a document may not start with one.
        reader.consume(blank);
        if first.is_some() {
            return Ok(Start { first, lines });
        }
    }
}

#[cfg(test)]
mod tests;
