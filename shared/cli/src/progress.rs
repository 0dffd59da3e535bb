//! Progress of long work, drawn only where nobody else draws.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::talk::Talk;
use crate::terminal::Terminals;

const TEMPLATE: &str = "{spinner} {msg} {pos}/{len} {elapsed}";

/// A line that says how far the work is; nothing where standard output or error is no terminal.
#[derive(Debug)]
pub struct Progress {
    bar: ProgressBar,
    talk: Talk,
}

impl Progress {
    /// Starts to show `work` of which there are `steps`. `talk` writes above the line until the
    /// progress is dropped.
    pub fn start(talk: &Talk, terminals: Terminals, work: &str, steps: u64) -> Self {
        let shown = terminals.progress() && !talk.verbosity().quiet;
        let target = if shown {
            ProgressDrawTarget::stderr()
        } else {
            ProgressDrawTarget::hidden()
        };
        let bar = ProgressBar::with_draw_target(Some(steps), target);
        if let Ok(style) = ProgressStyle::with_template(TEMPLATE) {
            bar.set_style(style);
        }
        bar.set_message(work.to_owned());
        if shown {
            bar.enable_steady_tick(Duration::from_millis(200));
            talk.share_with(Some(bar.clone()));
        }
        Self {
            bar,
            talk: talk.clone(),
        }
    }

    /// Says that one step is done.
    pub fn advance(&self) {
        self.bar.inc(1);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.talk.share_with(None);
        self.bar.finish_and_clear();
    }
}
