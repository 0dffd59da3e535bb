//! What is begun while the input is awaited.

use std::future::Future;
use std::pin::{Pin, pin};

use futures_util::future::{MaybeDone, maybe_done};

use super::{Collected, InputError, collect};
use crate::flags::InputFlags;
use crate::talk::Talk;

/// What needs no record and is begun while the input is awaited: the steps of a pipe start
/// together, and what they ask of everybody need not wait for the steps before.
///
/// It may only read, for the input can turn out not to be one to act upon.
pub struct Early<'a, T> {
    work: Pin<Box<MaybeDone<Work<'a, T>>>>,
}

type Work<'a, T> = Pin<Box<dyn Future<Output = Option<T>> + 'a>>;

impl<'a, T> Early<'a, T> {
    /// Takes the work, which gives `None` if it is not to be done early.
    pub fn new(work: impl Future<Output = Option<T>> + 'a) -> Self {
        let work: Work<'a, T> = Box::pin(work);
        Self {
            work: Box::pin(maybe_done(work)),
        }
    }

    /// Does the rest of it, and returns what it gave.
    pub async fn finish(mut self) -> Option<T> {
        self.work.as_mut().await;
        self.work.as_mut().take_output().flatten()
    }
}

/// As [`collect`], with `early` being done meanwhile, but not waited for.
///
/// # Errors
///
/// As [`collect`].
pub async fn collect_while<T>(
    flags: &InputFlags,
    selected: bool,
    talk: &Talk,
    early: &mut Early<'_, T>,
) -> Result<Option<Collected>, InputError> {
    let (send, receive) = tokio::sync::oneshot::channel();
    let (of_thread, own_talk) = (flags.clone(), talk.clone());
    // Not one of the runtime's threads, which it would wait for at the end: standard input may
    // never end.
    let reader = std::thread::Builder::new().spawn(move || {
        // Nobody listens any more if the step was interrupted.
        let _told = send.send(collect(&of_thread, selected, &own_talk));
    });
    let reading = async {
        match (reader, receive.await) {
            (Ok(_), Ok(collected)) => collected,
            // The system gives no thread.
            (_, _) => collect(flags, selected, talk),
        }
    };
    let mut reading = pin!(reading);
    tokio::select! {
        biased;
        collected = &mut reading => collected,
        () = early.work.as_mut() => reading.await,
    }
}
