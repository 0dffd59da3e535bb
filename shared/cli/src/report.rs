//! An error as a message: what was tried, why it failed, and one thing to do next.

use std::error::Error;
use std::fmt::Write as _;
use std::io;
use std::iter;

use clap::builder::styling::{AnsiColor, Style as Ansi};
use vwi_core::exit::Explain;
use vwi_core::step::Step;
use vwi_core::text::escape;

use crate::input::InputError;
use crate::invocation::Invocation;
use crate::session;

/// How words such as `error:` look.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Style {
    error: Ansi,
    warning: Ansi,
    hint: Ansi,
}

impl Style {
    pub(crate) const PLAIN: Self = Self {
        error: Ansi::new(),
        warning: Ansi::new(),
        hint: Ansi::new(),
    };
    pub(crate) const COLOURED: Self = Self {
        error: AnsiColor::Red.on_default().bold(),
        warning: AnsiColor::Yellow.on_default().bold(),
        hint: AnsiColor::Green.on_default().bold(),
    };

    pub(crate) fn error(self, word: &str) -> String {
        paint(self.error, word)
    }

    pub(crate) fn warning(self, word: &str) -> String {
        paint(self.warning, word)
    }

    fn hint(self, word: &str) -> String {
        paint(self.hint, word)
    }
}

fn paint(style: Ansi, word: &str) -> String {
    format!("{style}{word}{style:#}")
}

/// Returns `error:`, its `caused by:` lines and its `hint:`, as a user reads them. Hints name the
/// steps as the user calls them.
pub(crate) fn message(invocation: &Invocation, style: Style, error: &dyn Explain) -> String {
    let step = invocation.step();
    let mut text = format!("{}{step}: {}\n", style.error("error: "), shown(error));
    for cause in causes(error) {
        // Writing to a String can't fail.
        let _written = writeln!(text, "  caused by: {}", shown(cause));
    }
    if let Some(hint) = error.hint() {
        let hint = escape(&in_words_of(invocation, &hint));
        let _written = writeln!(text, "{}{hint}", style.hint("hint: "));
    }
    text
}

fn shown(error: &(impl Error + ?Sized)) -> String {
    escape(&error.to_string())
}

/// Puts the words that the user typed in the place of `kubectl vwi STEP`.
pub fn in_words_of(invocation: &Invocation, text: &str) -> String {
    Step::ALL.into_iter().fold(text.to_owned(), |text, step| {
        text.replace(&format!("kubectl vwi {step}"), &invocation.words_of(step))
    })
}

/// Returns the error and its causes in one line, for a record or a StreamEnd.
pub fn in_one_line(error: &dyn Explain) -> String {
    let mut line = error.to_string();
    for cause in causes(error) {
        let _written = write!(line, ": {cause}");
    }
    line
}

/// Whether the reader of our output has gone, and not just any pipe is broken.
pub fn is_reader_gone(error: &dyn Explain) -> bool {
    causes(error).any(|cause| {
        let error = cause.downcast_ref::<io::Error>();
        error.is_some_and(session::is_reader_gone)
    })
}

/// Returns the step before this one that could not run, and what it said, if that is the reason.
pub(crate) fn upstream<'a>(error: &'a (dyn Explain + 'static)) -> Option<(&'a str, &'a str)> {
    let itself: &(dyn Error + 'static) = error;
    iter::successors(Some(itself), |&cause| cause.source())
        .find_map(|cause| cause.downcast_ref::<InputError>()?.upstream())
}

fn causes<'a>(error: &'a dyn Explain) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    iter::successors(error.source(), |&cause| cause.source())
}

#[cfg(test)]
mod tests {
    use std::ffi::OsStr;
    use std::io::Write as _;

    use super::*;
    use crate::flags::bad_usage;

    #[derive(Debug, thiserror::Error)]
    #[error("cannot read `{0}`")]
    struct Reading(String, #[source] io::Error);

    impl Explain for Reading {
        fn outcome(&self) -> vwi_core::exit::Outcome {
            vwi_core::exit::Outcome::CouldNotRun
        }

        fn hint(&self) -> Option<String> {
            Some("try `kubectl vwi translate a`".to_owned())
        }
    }

    fn reading(kind: io::ErrorKind) -> Reading {
        Reading(
            "a\nhint: evil".to_owned(),
            io::Error::new(kind, "\u{1b}]0;x"),
        )
    }

    #[test]
    fn a_message_says_what_why_and_what_next_in_the_words_that_were_typed() {
        let typed = Invocation::of_step(OsStr::new("kubectl-vwi_federate"), Step::Federate);
        let error = reading(io::ErrorKind::NotFound);
        assert_eq!(
            message(&typed, Style::PLAIN, &error),
            "error: federate: cannot read `a\\u{a}hint: evil`\n  caused by: \\u{1b}]0;x\nhint: try `kubectl vwi-translate a`\n"
        );
        let coloured = message(&typed, Style::COLOURED, &error);
        assert!(
            coloured.starts_with("\u{1b}[1m\u{1b}[31merror: \u{1b}[0m"),
            "{coloured:?}"
        );
        let usage = bad_usage("no", None);
        assert_eq!(
            message(&typed, Style::PLAIN, &usage),
            "error: federate: no\n"
        );
    }

    #[test]
    fn a_reader_that_has_gone_is_seen_through_the_causes() {
        let (reader, writer) = io::pipe().unwrap();
        drop(reader);
        let mut stdout = session::Stdout::new(writer);
        let gone = writeln!(stdout).and_then(|()| stdout.flush()).unwrap_err();
        assert!(is_reader_gone(&Reading("a".to_owned(), gone)));
        // A server that hangs up breaks a pipe too.
        assert!(!is_reader_gone(&reading(io::ErrorKind::BrokenPipe)));
    }
}
