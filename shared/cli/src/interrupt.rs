//! Being asked to stop: by a signal, or by the reader of stdout having gone.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::Notify;
use vwi_core::exit::Outcome;

/// Why a step is asked to stop. What is in flight is finished, nothing new is begun.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// SIGINT or SIGTERM.
    Signal,
    /// The reader of stdout has gone.
    ReaderGone,
}

impl Reason {
    /// Returns the exit status that it leads to.
    pub fn outcome(self) -> Outcome {
        match self {
            Self::Signal => Outcome::Interrupted,
            Self::ReaderGone => Outcome::ReaderGone,
        }
    }
}

/// Whether the step is asked to stop; clones share the answer.
#[derive(Clone, Debug, Default)]
pub struct Interrupt {
    inner: Arc<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    reason: AtomicU8,
    /// Whether the step itself sees to signals.
    listens: AtomicBool,
    notify: Notify,
}

impl Interrupt {
    /// Returns why the step is to stop, if it is.
    pub fn reason(&self) -> Option<Reason> {
        match self.inner.reason.load(Ordering::SeqCst) {
            0 => None,
            1 => Some(Reason::ReaderGone),
            _ => Some(Reason::Signal),
        }
    }

    /// Whether the step is to stop.
    pub fn is_requested(&self) -> bool {
        self.reason().is_some()
    }

    /// Asks the step to stop; a signal is the stronger reason, whichever comes first.
    pub fn request(&self, reason: Reason) {
        let number = match reason {
            Reason::ReaderGone => 1,
            Reason::Signal => 2,
        };
        self.inner.reason.fetch_max(number, Ordering::SeqCst);
        self.inner.notify.notify_waiters();
    }

    /// Waits until the step is asked to stop.
    pub async fn requested(&self) -> Reason {
        loop {
            let notified = self.inner.notify.notified();
            if let Some(reason) = self.reason() {
                return reason;
            }
            notified.await;
        }
    }

    /// Listens for SIGINT and SIGTERM from now on, on the runtime that this is called in; a second
    /// signal ends the process at once.
    pub(crate) fn listen(&self) {
        self.inner.listens.store(true, Ordering::SeqCst);
        for kind in [SignalKind::interrupt(), SignalKind::terminate()] {
            // Without a handler the signal ends the process, which is the next best.
            let Ok(mut signals) = signal(kind) else {
                continue;
            };
            let interrupt = self.clone();
            tokio::spawn(async move {
                while signals.recv().await.is_some() {
                    if interrupt.reason() == Some(Reason::Signal) {
                        end_at_once();
                    }
                    interrupt.request(Reason::Signal);
                }
            });
        }
    }
}

impl Interrupt {
    /// Ends the process at SIGINT or SIGTERM, after `farewell`, until the step listens by itself.
    pub(crate) fn end_until_listening(&self, farewell: impl FnOnce() + Send + 'static) {
        let interrupt = self.clone();
        // Without it the signal ends the process too, though without a word.
        let _watcher = std::thread::Builder::new().spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_io()
                .build()
                .ok()?;
            runtime.block_on(async {
                let mut int = signal(SignalKind::interrupt()).ok()?;
                let mut term = signal(SignalKind::terminate()).ok()?;
                tokio::select! {
                    came = int.recv() => came,
                    came = term.recv() => came,
                }
            })?;
            if !interrupt.inner.listens.load(Ordering::SeqCst) {
                farewell();
                end_at_once();
            }
            Some(())
        });
    }
}

#[expect(
    clippy::exit,
    reason = "the user asked twice, or nothing is under way; nothing may hold the process"
)]
fn end_at_once() -> ! {
    std::process::exit(i32::from(Outcome::Interrupted.code()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signal_is_the_stronger_reason() {
        let orders: [&[Reason]; 2] = [
            &[Reason::Signal, Reason::ReaderGone],
            &[Reason::ReaderGone, Reason::Signal],
        ];
        for reasons in orders {
            let interrupt = Interrupt::default();
            assert!(!interrupt.is_requested());
            for &reason in reasons {
                interrupt.clone().request(reason);
            }
            assert_eq!(interrupt.reason(), Some(Reason::Signal));
        }
    }

    #[test]
    fn whoever_waits_is_woken() {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap();
        let interrupt = Interrupt::default();
        let other = interrupt.clone();
        let reason = runtime.block_on(async {
            let waiting = tokio::spawn(async move { other.requested().await });
            tokio::task::yield_now().await;
            interrupt.request(Reason::ReaderGone);
            waiting.await
        });
        assert_eq!(reason.unwrap(), Reason::ReaderGone);
    }
}
