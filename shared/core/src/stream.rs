//! Streams of records: every form in which documents come in, and the one in which they go out.
//!
//! Documents are handed on one by one, however long the input: a List is never held as a whole.
//! The end of what a step wrote is marked by a [`StreamEnd`], so that an upstream that died
//! half-way is seen (design, section 3, rule 3).

mod document;
mod end;
mod error;
mod json;
mod tally;
mod text;
mod writer;
mod yaml;

use std::io::{self, BufReader, Cursor, Read};

pub use end::{Collision, Selection, StreamEnd, Without};
pub use error::{Fault, ReadError, StreamError};
pub use tally::{Completeness, Summary};
pub use writer::{ListWriter, write_line};

use crate::record::Record;
use tally::Tally;

/// Bytes read at a time.
const BUFFER_BYTES: usize = 256 * 1024;

/// A ServiceAccount of the tenant, of which only what names it is kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ServiceAccount {
    /// Its namespace, unless the document leaves that to the reader.
    pub namespace: Option<String>,
    /// Its name.
    pub name: String,
    /// Its uid, where the document came from a cluster.
    pub uid: Option<String>,
    /// Whether it is one of a list, which nobody may have meant by name.
    pub listed: bool,
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
    mut reader: impl Read,
    accept: Accept,
    sink: &mut dyn FnMut(Item) -> Result<(), E>,
) -> Result<Summary, ReadError<E>> {
    let mut failure = None;
    let mut deliver = |item: Item| {
        sink(item).map_err(|error| {
            failure = Some(error);
        })
    };
    let done = read_any(source, &mut reader, accept, &mut deliver);
    match (done, failure) {
        (_, Some(error)) => Err(ReadError::Sink(error)),
        (Ok(summary), None) => Ok(summary),
        (Err(error), None) => Err(ReadError::Stream(error)),
    }
}

/// The same for any reader and sink, so that the parsers are compiled once, and with this crate's
/// settings: for speed.
fn read_any(
    source: &str,
    reader: &mut dyn Read,
    accept: Accept,
    deliver: Deliver<'_>,
) -> Result<Summary, StreamError> {
    let mut tally = Tally::new(source, accept);
    let start = sniff(reader).map_err(|error| StreamError::unreadable(source, error))?;
    let reader = Cursor::new(start.read).chain(reader);
    let reader = BufReader::with_capacity(BUFFER_BYTES, reader);
    match start.first {
        None => {}
        Some(b'{' | b'[') => json::read(reader, &mut tally, deliver)?,
        Some(_) => yaml::read(reader, &mut tally, deliver)?,
    }
    Ok(tally.finish())
}

/// Where the sink's error is kept by the caller, `Err(())` stops the reader.
type Deliver<'a> = &'a mut dyn FnMut(Item) -> Result<(), ()>;

/// The beginning of the input, which decides what it is.
struct Start {
    /// What has been read, without a byte order mark.
    read: Vec<u8>,
    /// First byte that is not blank.
    first: Option<u8>,
}

/// Reads up to the first byte that is not blank, however few bytes the reader gives at a time.
fn sniff(mut reader: &mut dyn Read) -> io::Result<Start> {
    const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";
    const CHUNK_BYTES: u64 = 64;
    let mut read = Vec::new();
    loop {
        let start = read.len();
        let mut chunk = (&mut reader).take(CHUNK_BYTES);
        if chunk.read_to_end(&mut read)? == 0 {
            return Ok(Start { read, first: None });
        }
        if start == 0 && read.starts_with(BYTE_ORDER_MARK) {
            read.drain(..BYTE_ORDER_MARK.len());
        }
        let new = read.get(start..).unwrap_or_default();
        if let Some(first) = new.iter().copied().find(|byte| !byte.is_ascii_whitespace()) {
            return Ok(Start {
                read,
                first: Some(first),
            });
        }
    }
}

#[cfg(test)]
mod tests;
