//! Where records wait while a step plans: in memory, above 8 MiB in a file without a name.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write};

use thiserror::Error;
use vwi_core::exit::{Explain, Outcome};
use vwi_core::record::Record;
use vwi_core::stream::write_line;

/// Most bytes that are kept in memory.
const MEMORY_BYTES: usize = 8 * 1024 * 1024;

/// Records in their order, which can be read several times.
#[derive(Debug, Default)]
pub struct Spool {
    memory: Vec<u8>,
    file: Option<File>,
    records: u64,
}

/// The temporary file can't be used.
#[derive(Debug, Error)]
#[error("cannot {operation} the temporary file that holds the records")]
pub struct SpoolError {
    operation: &'static str,
    #[source]
    source: io::Error,
}

impl Explain for SpoolError {
    fn outcome(&self) -> Outcome {
        Outcome::CouldNotRun
    }

    fn hint(&self) -> Option<String> {
        Some("look at the space in the folder of TMPDIR".to_owned())
    }
}

fn failed(operation: &'static str) -> impl FnOnce(io::Error) -> SpoolError {
    move |source| SpoolError { operation, source }
}

impl Spool {
    /// Adds a record.
    ///
    /// # Errors
    ///
    /// [`SpoolError`] if the temporary file can't be made or written.
    pub fn push(&mut self, record: &Record) -> Result<(), SpoolError> {
        // Writing to memory can't fail.
        write_line(&mut self.memory, record).map_err(failed("write"))?;
        self.records += 1;
        if self.memory.len() > MEMORY_BYTES {
            self.spill()?;
        }
        Ok(())
    }

    fn spill(&mut self) -> Result<(), SpoolError> {
        if self.file.is_none() {
            self.file = Some(nameless_file().map_err(failed("make"))?);
        }
        if let Some(file) = &mut self.file {
            file.write_all(&self.memory).map_err(failed("write"))?;
        }
        self.memory.clear();
        Ok(())
    }

    /// Returns the number of records.
    pub fn len(&self) -> u64 {
        self.records
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.records == 0
    }

    /// Reads the records from the first on.
    ///
    /// # Errors
    ///
    /// [`SpoolError`] if the temporary file can't be read.
    pub fn records(&self) -> Result<Records<'_>, SpoolError> {
        let reader: Box<dyn BufRead + '_> = match &self.file {
            None => Box::new(self.memory.as_slice()),
            Some(file) => {
                let mut file: &File = file;
                file.seek(SeekFrom::Start(0)).map_err(failed("read"))?;
                Box::new(BufReader::new(file).chain(self.memory.as_slice()))
            }
        };
        Ok(Records {
            reader,
            line: Vec::new(),
        })
    }
}

/// Makes a file without a name and for this user alone: nobody finds it, and it goes with us.
fn nameless_file() -> io::Result<File> {
    let file = tempfile::tempfile()?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // The library leaves it to the umask.
        file.set_permissions(std::fs::Permissions::from_mode(0o600))?;
    }
    Ok(file)
}

/// The records of a [`Spool`].
pub struct Records<'a> {
    reader: Box<dyn BufRead + 'a>,
    line: Vec<u8>,
}

impl Iterator for Records<'_> {
    type Item = Result<Record, SpoolError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.line.clear();
        match self.reader.read_until(b'\n', &mut self.line) {
            Ok(0) => None,
            Ok(_) => Some(parse(&self.line)),
            Err(error) => Some(Err(failed("read")(error))),
        }
    }
}

fn parse(line: &[u8]) -> Result<Record, SpoolError> {
    let document = serde_json::from_slice(line).map_err(io::Error::from);
    let document = document.map_err(failed("read"))?;
    Record::from_document(document)
        .map_err(io::Error::other)
        .map_err(failed("read"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn the_file_has_no_name_and_is_the_users_alone() {
        use std::os::unix::fs::MetadataExt;
        let mut spool = Spool::default();
        let mut record = Record::new("n", "a");
        record.put_spec("padding", "x".repeat(1024 * 1024));
        for _ in 0..9 {
            spool.push(&record).unwrap();
        }
        let file = spool.file.as_ref().unwrap().metadata().unwrap();
        assert_eq!((file.nlink(), file.mode() & 0o777), (0, 0o600));
        assert!(spool.memory.len() < MEMORY_BYTES);
        assert_eq!(spool.records().unwrap().count(), 9);
    }

    #[test]
    fn records_come_back_in_order_from_memory_and_file() {
        for (count, padding) in [(3, 10), (40, 500_000)] {
            let mut spool = Spool::default();
            for number in 0..count {
                let mut record = Record::new("n", &format!("sa-{number}"));
                record.put_spec("padding", "x".repeat(padding));
                spool.push(&record).unwrap();
            }
            for _ in 0..2 {
                let names: Vec<String> = spool
                    .records()
                    .unwrap()
                    .map(|record| record.unwrap().name().to_owned())
                    .collect();
                let expected: Vec<String> =
                    (0..count).map(|number| format!("sa-{number}")).collect();
                assert_eq!(names, expected);
            }
        }
    }
}
