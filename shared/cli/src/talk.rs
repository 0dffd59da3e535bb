//! Talk: what a step says on standard error while it works.

use std::io::{Write, stderr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anstream::{AutoStream, ColorChoice};
use indicatif::ProgressBar;
use vwi_core::step::Step;
use vwi_core::text::escape;

use crate::report::Style;

/// How much is said; `-q` is less, `-v` is more.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Verbosity {
    /// Only errors.
    pub quiet: bool,
    /// kubectl's level; from 4 on, how things were decided. Never a token.
    pub level: u8,
}

/// Where talk goes: lines that start with the step's word, as four steps share one terminal.
#[derive(Clone)]
pub struct Talk {
    step: Step,
    verbosity: Verbosity,
    style: Style,
    channel: Arc<Mutex<Channel>>,
}

struct Channel {
    stream: Box<dyn Write + Send>,
    /// Drawn on the same terminal: it has to step aside while a line is written.
    bar: Option<ProgressBar>,
}

impl Talk {
    /// Talks on standard error, without colour.
    pub fn new(step: Step, verbosity: Verbosity) -> Self {
        Self::to(step, verbosity, stderr())
    }

    /// Talks on standard error, in colour.
    pub fn in_colour(step: Step, verbosity: Verbosity) -> Self {
        let stream = AutoStream::new(stderr(), ColorChoice::Always);
        Self {
            style: Style::COLOURED,
            ..Self::to(step, verbosity, stream)
        }
    }

    /// Talks to any stream.
    pub fn to(step: Step, verbosity: Verbosity, stream: impl Write + Send + 'static) -> Self {
        Self {
            step,
            verbosity,
            style: Style::PLAIN,
            channel: Arc::new(Mutex::new(Channel {
                stream: Box::new(stream),
                bar: None,
            })),
        }
    }

    /// Returns how words such as `error:` look.
    pub(crate) fn style(&self) -> Style {
        self.style
    }

    /// Shares the terminal with a bar, until there is another or none.
    pub(crate) fn share_with(&self, bar: Option<ProgressBar>) {
        self.channel().bar = bar;
    }

    fn channel(&self) -> MutexGuard<'_, Channel> {
        self.channel.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns how much is said.
    pub fn verbosity(&self) -> Verbosity {
        self.verbosity
    }

    /// Says what happened, one line; silent with `-q`.
    pub fn say(&self, text: &str) {
        if !self.verbosity.quiet {
            self.line(text);
        }
    }

    /// Says what a reader should know although the work goes on; silent with `-q`.
    pub fn warn(&self, text: &str) {
        if !self.verbosity.quiet {
            let style = self.style;
            self.styled(&format!("{}{}", style.warning("warning: "), escape(text)));
        }
    }

    /// Says what failed on one record; never silent.
    pub fn record_failed(&self, key: &str, message: &str) {
        let style = self.style;
        let failed = style.error("failed: ");
        self.styled(&format!("{}: {failed}{}", escape(key), escape(message)));
    }

    /// Says what became of one record; silent with `-q`.
    pub fn record(&self, key: &str, message: &str) {
        self.say(&format!("{key}: {message}"));
    }

    /// Says how something was decided, from level 4.
    pub fn detail(&self, text: &str) {
        if self.is_detailed() {
            self.line(text);
        }
    }

    /// Whether details are said, for a caller that would make a million of them for nobody.
    pub fn is_detailed(&self) -> bool {
        self.verbosity.level >= 4
    }

    /// Writes lines as they are, for an error report.
    pub fn raw(&self, text: &str) {
        let mut channel = self.channel();
        let Channel { stream, bar } = &mut *channel;
        // Nothing is left to tell the user if standard error itself is gone.
        let mut write = || {
            let _written = stream
                .write_all(text.as_bytes())
                .and_then(|()| stream.flush());
        };
        match bar {
            Some(bar) => bar.suspend(write),
            None => write(),
        }
    }

    /// Writes one line; whatever a tenant or a cloud wrote into it can't move a cursor or begin
    /// another line.
    fn line(&self, text: &str) {
        self.styled(&escape(text));
    }

    fn styled(&self, text: &str) {
        // One write a line: lines of the pipe's other steps must not mix with it.
        self.raw(&format!("{}: {text}\n", self.step));
    }
}

impl std::fmt::Debug for Talk {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Talk")
            .field("step", &self.step)
            .field("verbosity", &self.verbosity)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kept::Kept;

    fn said(quiet: bool, level: u8) -> String {
        let kept = Kept::default();
        let talk = Talk::to(Step::Federate, Verbosity { quiet, level }, kept.clone());
        talk.say("two records");
        talk.warn("an \u{1b}[2J odd\nerror: name");
        talk.record("n/a", "created");
        talk.record_failed("n/\u{202e}b", "no\r");
        talk.detail("asked the host");
        kept.text()
    }

    #[test]
    fn lines_begin_with_the_step_and_hold_no_control_characters() {
        assert_eq!(
            said(false, 0),
            "federate: two records\n\
             federate: warning: an \\u{1b}[2J odd\\u{a}error: name\n\
             federate: n/a: created\n\
             federate: n/\\u{202e}b: failed: no\\u{d}\n"
        );
    }

    #[test]
    fn quiet_leaves_failures_and_verbose_adds_decisions() {
        assert_eq!(said(true, 0), "federate: n/\\u{202e}b: failed: no\\u{d}\n");
        assert!(said(false, 4).ends_with("federate: asked the host\n"));
    }
}
