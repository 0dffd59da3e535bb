//! Records in: which files are read, whether standard input is, and whether that was all of it.

use std::fs::{self, DirEntry, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use thiserror::Error;
use vwi_core::exit::{Explain, Outcome};
use vwi_core::record::Record;
use vwi_core::stream::{
    self, Accept, Collision, Completeness, Item, ReadError, Selection, StreamError, Summary,
};
use vwi_core::text::escape;

use crate::flags::{InputFlags, UsageError, bad_usage};
use crate::spool::{Spool, SpoolError};
use crate::talk::Talk;

mod ahead;
mod batch;
mod early;

pub use ahead::read_ahead;
pub use early::{Early, collect_while};

/// Name of standard input in messages.
pub const STDIN: &str = "standard input";

/// All records of the input, and what is known about their being all.
#[derive(Debug, Default)]
pub struct Collected {
    /// The records.
    pub records: Spool,
    /// Whether they are everything in scope; `None` for records that no step wrote.
    pub selection: Option<Selection>,
    /// ServiceAccounts with one host name, which steps that change things refuse.
    pub collisions: Vec<Collision>,
}

/// Why the input can't be acted upon.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum InputError {
    /// It can't be read.
    #[error("cannot read the input")]
    Stream(#[from] StreamError),
    /// A file can't be opened.
    #[error("cannot open `{}`", path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: io::Error,
    },
    /// Records came, but not all.
    #[error("{origin} ended early: {why}; nothing was changed")]
    Incomplete {
        /// The file, or standard input.
        origin: String,
        /// Why that is known.
        why: String,
    },
    /// Nothing came.
    #[error("{STDIN} is empty, so the step before this one did not run; nothing was changed")]
    Empty,
    /// A step before this one says that it could not run.
    #[error("`{}` could not run: {}", escape(step), escape(error))]
    Upstream {
        /// The step.
        step: String,
        /// What it said.
        error: String,
    },
    /// The records can't be kept.
    #[error("cannot keep the records")]
    Spool(#[from] SpoolError),
    /// The flags can't be meant.
    #[error(transparent)]
    Usage(#[from] UsageError),
}

impl InputError {
    /// Returns the step before this one that could not run, and what it said, if that is why.
    pub fn upstream(&self) -> Option<(&str, &str)> {
        if let Self::Upstream { step, error } = self {
            return Some((step, error));
        }
        None
    }
}

impl Explain for InputError {
    fn outcome(&self) -> Outcome {
        match self {
            Self::Usage(error) => error.outcome(),
            Self::Stream(_)
            | Self::Open { .. }
            | Self::Incomplete { .. }
            | Self::Empty
            | Self::Upstream { .. }
            | Self::Spool(_) => Outcome::CouldNotRun,
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Stream(error) => error.hint(),
            Self::Spool(error) => error.hint(),
            Self::Usage(error) => error.hint(),
            Self::Incomplete { .. } => Some(
                "if a filter between the steps took records or the end away, add `--partial`"
                    .to_owned(),
            ),
            Self::Open { .. } | Self::Empty | Self::Upstream { .. } => None,
        }
    }
}

/// Reads the whole input, if there is any to read.
///
/// Standard input is read for `-f -`, and where nothing was `selected` and it is a pipe or a file:
/// loops in CI and cron never have a terminal. `None` means that there is no input at all.
///
/// # Errors
///
/// [`InputError`] if the input can't be read, is not complete, or comes from a step that could
/// not run: then nothing may be changed.
pub fn collect(
    flags: &InputFlags,
    selected: bool,
    talk: &Talk,
) -> Result<Option<Collected>, InputError> {
    let Some(sources) = sources(flags, selected, talk)? else {
        return Ok(None);
    };
    let mut collected = Collected::default();
    let mut selections = Vec::new();
    for source in sources {
        let accept = Accept {
            service_accounts: false,
        };
        let summary = source.read(accept, &mut |item| match item {
            Item::Record(record) => collected.records.push(&record).map_err(InputError::from),
            Item::ServiceAccount(_) | Item::End(_) => Ok(()),
        })?;
        require_complete(&source, &summary, flags.partial, talk)?;
        selections.push(summary.selection);
        collected.collisions.extend(summary.collisions);
    }
    collected.selection = Selection::of_inputs(selections);
    if flags.partial {
        let said = collected.selection.take();
        let said = said.unwrap_or_else(|| Selection::Narrowed { by: Vec::new() });
        collected.selection = Some(said.narrow("partial"));
    }
    Ok(Some(collected))
}

/// Says whether what came may be acted upon.
///
/// # Errors
///
/// [`InputError::Upstream`], [`InputError::Empty`] and [`InputError::Incomplete`].
pub fn require_complete(
    source: &Source,
    summary: &Summary,
    partial: bool,
    talk: &Talk,
) -> Result<(), InputError> {
    if let Some((step, error)) = summary.upstream_errors.first() {
        return Err(InputError::Upstream {
            step: step.clone(),
            error: error.clone(),
        });
    }
    match &summary.completeness {
        Completeness::Complete | Completeness::Bare => Ok(()),
        Completeness::Empty if *source == Source::Stdin => Err(InputError::Empty),
        Completeness::Empty => {
            talk.warn(&format!("{} has no records", source.label()));
            Ok(())
        }
        Completeness::Incomplete { .. } if partial => Ok(()),
        Completeness::Incomplete { why } => Err(InputError::Incomplete {
            origin: source.label(),
            why: why.clone(),
        }),
    }
}

/// One input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// Standard input.
    Stdin,
    /// A file.
    File(PathBuf),
}

impl Source {
    /// Returns its name in messages.
    pub fn label(&self) -> String {
        match self {
            Self::Stdin => STDIN.to_owned(),
            Self::File(path) => format!("`{}`", path.display()),
        }
    }

    /// Opens it.
    ///
    /// # Errors
    ///
    /// [`InputError::Open`]
    pub fn open(&self) -> Result<Box<dyn Read>, InputError> {
        Ok(match self {
            Self::Stdin => Box::new(io::stdin().lock()),
            Self::File(path) => Box::new(open(path)?),
        })
    }

    /// Reads its documents into `sink`.
    ///
    /// # Errors
    ///
    /// [`InputError`] if it can't be opened or read, and the sink's own error.
    pub fn read<E: From<InputError>>(
        &self,
        accept: Accept,
        sink: &mut dyn FnMut(Item) -> Result<(), E>,
    ) -> Result<Summary, E> {
        stream::read(&self.label(), self.open()?, accept, sink).map_err(|error| match error {
            ReadError::Stream(error) => InputError::Stream(error).into(),
            ReadError::Sink(error) => error,
        })
    }
}

fn open(path: &Path) -> Result<File, InputError> {
    File::open(path).map_err(|source| InputError::Open {
        path: path.to_owned(),
        source,
    })
}

/// Returns what is to be read, in order; `None` if nothing is. A folder without manifests is warned
/// of.
///
/// # Errors
///
/// [`InputError::Open`] if a folder can't be listed, and [`InputError::Usage`] if standard input is
/// named twice.
pub fn sources(
    flags: &InputFlags,
    selected: bool,
    talk: &Talk,
) -> Result<Option<Vec<Source>>, InputError> {
    if flags.filenames.is_empty() {
        let read = !selected && stdin_has_data();
        return Ok(read.then(|| vec![Source::Stdin]));
    }
    let mut sources = Vec::new();
    for name in &flags.filenames {
        if name == "-" {
            if sources.contains(&Source::Stdin) {
                let hint = "`-f -` once reads all of it";
                return Err(bad_usage(format!("{STDIN} can be read but once"), Some(hint)).into());
            }
            sources.push(Source::Stdin);
            continue;
        }
        let path = PathBuf::from(name);
        if path.is_dir() {
            let before = sources.len();
            folder(&path, flags.recursive, &mut sources)?;
            if sources.len() == before {
                talk.warn(&format!(
                    "`{}` has no file that ends in .json, .yaml or .yml",
                    path.display()
                ));
            }
        } else {
            sources.push(Source::File(path));
        }
    }
    Ok(Some(sources))
}

/// Whether standard input is a pipe or a file; the null device and a terminal are neither.
fn stdin_has_data() -> bool {
    #[cfg(unix)]
    {
        use std::os::fd::AsFd;
        use std::os::unix::fs::FileTypeExt;
        let stdin = io::stdin();
        let file = stdin.as_fd().try_clone_to_owned().map(File::from);
        file.and_then(|file| file.metadata()).is_ok_and(|metadata| {
            let kind = metadata.file_type();
            // Some programs give their children a socket where others give a pipe.
            kind.is_fifo() || kind.is_file() || kind.is_socket()
        })
    }
    #[cfg(not(unix))]
    {
        use std::io::IsTerminal;
        !io::stdin().is_terminal()
    }
}

/// Adds the manifests of a folder by name, as kubectl does: `.json`, `.yaml` and `.yml`.
///
/// Links to folders are not followed, as they may lead back; a pipe or a device never ends.
fn folder(path: &Path, recursive: bool, sources: &mut Vec<Source>) -> Result<(), InputError> {
    let failed = |source| InputError::Open {
        path: path.to_owned(),
        source,
    };
    let mut entries: Vec<DirEntry> = fs::read_dir(path)
        .and_then(Iterator::collect)
        .map_err(failed)?;
    entries.sort_by_key(DirEntry::file_name);
    for entry in entries {
        let path = entry.path();
        let extension = path.extension().and_then(|extension| extension.to_str());
        if entry.file_type().map_err(failed)?.is_dir() {
            // A mounted ConfigMap has each file once more below `..data` and the like.
            if recursive && !entry.file_name().as_encoded_bytes().starts_with(b"..") {
                folder(&path, recursive, sources)?;
            }
        } else if matches!(extension, Some("json" | "yaml" | "yml"))
            // A link that leads nowhere is an error once it is opened.
            && fs::metadata(&path).map_or(true, |metadata| metadata.is_file())
        {
            sources.push(Source::File(path));
        }
    }
    Ok(())
}

/// Makes the input of records that a step has built itself from flags.
///
/// # Errors
///
/// [`SpoolError`] if they can't be kept.
pub fn of_records(records: impl IntoIterator<Item = Record>) -> Result<Collected, SpoolError> {
    let mut collected = Collected::default();
    for record in records {
        collected.records.push(&record)?;
    }
    Ok(collected)
}

#[cfg(test)]
mod tests;
