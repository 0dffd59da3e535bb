//! Progress of long work, drawn only where nobody else draws.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget};

use crate::terminal::Terminals;

/// A line that says how far the work is; nothing where standard output or error is no terminal.
#[derive(Debug)]
pub struct Progress {
    bar: ProgressBar,
}

impl Progress {
    /// Starts to show `work` of which there are `steps`.
    pub fn start(terminals: Terminals, work: &str, steps: u64) -> Self {
        let target = if terminals.progress() {
            ProgressDrawTarget::stderr()
        } else {
            ProgressDrawTarget::hidden()
        };
        let bar = ProgressBar::with_draw_target(Some(steps), target);
        bar.set_message(work.to_owned());
        if terminals.progress() {
            bar.enable_steady_tick(Duration::from_millis(200));
        }
        Self { bar }
    }

    /// Says that one step is done.
    pub fn advance(&self) {
        self.bar.inc(1);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
