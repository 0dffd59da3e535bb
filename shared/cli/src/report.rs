//! An error as a message: what was tried, why it failed, and one thing to do next.

use std::error::Error;
use std::fmt::Write as _;
use std::io;
use std::iter;

use vwi_core::exit::Explain;
use vwi_core::step::Step;

/// Returns `error:`, its `caused by:` lines and its `hint:`, as a user reads them.
pub fn message(step: Step, error: &dyn Explain) -> String {
    let mut text = format!("error: {step}: {error}\n");
    for cause in causes(error) {
        // Writing to a String can't fail.
        let _written = writeln!(text, "  caused by: {cause}");
    }
    if let Some(hint) = error.hint() {
        let _written = writeln!(text, "hint: {hint}");
    }
    text
}

/// Returns the error and its causes in one line, for a record or a StreamEnd.
pub fn in_one_line(error: &dyn Explain) -> String {
    let mut line = error.to_string();
    for cause in causes(error) {
        let _written = write!(line, ": {cause}");
    }
    line
}

/// Whether the reader of our output has gone.
pub fn is_reader_gone(error: &dyn Explain) -> bool {
    causes(error).any(|cause| {
        cause
            .downcast_ref::<io::Error>()
            .is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
    })
}

fn causes<'a>(error: &'a dyn Explain) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    iter::successors(error.source(), |&cause| cause.source())
}
