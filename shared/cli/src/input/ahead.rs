//! Input that is read on a thread of its own, a little ahead of whoever takes its documents.

use std::cell::Cell;
use std::io::{self, Read};
use std::panic::resume_unwind;
use std::rc::Rc;
use std::sync::mpsc::{self, SyncSender};
use std::thread;

use vwi_core::stream::{self, Accept, Item, ReadError, Summary};

use super::batch::Batch;
use super::{InputError, Source};

/// Documents are handed over in batches of at least so many bytes of input.
const BATCH_BYTES: usize = 128 * 1024;
/// So many batches may wait. With the one that is being filled and the one that is taken, this
/// bounds what is held of an input of any length.
const WAITING: usize = 1;

/// Reads the documents of `source` into `sink`, in their order; the parser works while `sink` does.
///
/// Documents before one that can't be read are handed on first, as without the thread. Nothing waits
/// for the reader once `sink` has failed: it may be waiting itself for who writes the input.
///
/// # Errors
///
/// [`InputError`] if it can't be opened or read, and the sink's own error.
pub fn read_ahead<E: From<InputError>>(
    source: &Source,
    accept: Accept,
    sink: &mut dyn FnMut(Item) -> Result<(), E>,
) -> Result<Summary, E> {
    let (sender, batches) = mpsc::sync_channel(WAITING);
    let of_thread = source.clone();
    let reader = thread::Builder::new().spawn(move || read(&of_thread, accept, &sender));
    let Ok(reader) = reader else {
        // The system gives no thread.
        return source.read(accept, sink);
    };
    for batch in batches {
        batch.unpack(sink)?;
    }
    let done = reader.join().unwrap_or_else(|panic| resume_unwind(panic));
    done.map_err(E::from)
}

/// Nobody takes the documents any more.
struct Gone;

fn read(
    source: &Source,
    accept: Accept,
    sender: &SyncSender<Batch>,
) -> Result<Summary, InputError> {
    let bytes = Rc::new(Cell::new(0));
    let counted = Counted {
        reader: source.open()?,
        bytes: Rc::clone(&bytes),
    };
    let mut batch = Batch::default();
    let mut sent = 0;
    let done = stream::read(&source.label(), counted, accept, &mut |item| {
        batch.push(item);
        if bytes.get() - sent < BATCH_BYTES {
            return Ok(());
        }
        sent = bytes.get();
        let next = batch.alike();
        let full = std::mem::replace(&mut batch, next);
        sender.send(full).map_err(|_its_batch| Gone)
    });
    sender.send(batch).ok();
    done.map_err(|error| match error {
        ReadError::Stream(error) => InputError::Stream(error),
        // Nobody hears this.
        ReadError::Sink(Gone) => InputError::Empty,
    })
}

/// Counts what is read.
struct Counted<R> {
    reader: R,
    bytes: Rc<Cell<usize>>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.reader.read(buffer)?;
        self.bytes.set(self.bytes.get().saturating_add(count));
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    /// A file of this many ServiceAccounts, and something after them.
    fn file(count: usize, end: &str) -> tempfile::NamedTempFile {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        for number in 0..count {
            writeln!(
                file,
                r#"{{"apiVersion":"v1","kind":"ServiceAccount","metadata":{{"name":"sa-{number}","namespace":"ns"}}}}"#
            )
            .unwrap();
        }
        file.write_all(end.as_bytes()).unwrap();
        file
    }

    fn names(file: &tempfile::NamedTempFile, most: usize) -> (Vec<String>, Result<(), String>) {
        let mut names = Vec::new();
        let accept = Accept {
            service_accounts: true,
        };
        let source = Source::File(file.path().to_owned());
        let done = read_ahead(&source, accept, &mut |item| {
            if names.len() == most {
                return Err(InputError::Empty);
            }
            if let Item::ServiceAccount(account) = item {
                names.push(account.name);
            }
            Ok(())
        });
        (names, done.map(drop).map_err(|error| error.to_string()))
    }

    #[test]
    fn documents_come_in_their_order_over_many_batches() {
        let count = 20 * BATCH_BYTES / 80;
        let expected: Vec<_> = (0..count).map(|number| format!("sa-{number}")).collect();
        assert_eq!(names(&file(count, ""), usize::MAX), (expected, Ok(())));
    }

    #[test]
    fn what_stands_before_a_fault_comes_first() {
        for count in [0, 1, 3 * BATCH_BYTES / 80] {
            let (names, done) = names(&file(count, "{\"apiVersion\": nonsense"), usize::MAX);
            assert_eq!(names.len(), count);
            assert_eq!(done, Err("cannot read the input".to_owned()));
        }
    }

    #[test]
    fn a_sink_that_fails_ends_it() {
        let (names, done) = names(&file(20 * BATCH_BYTES / 80, ""), 3);
        assert_eq!(names, ["sa-0", "sa-1", "sa-2"]);
        assert_eq!(done, Err(InputError::Empty.to_string()));
    }
}
