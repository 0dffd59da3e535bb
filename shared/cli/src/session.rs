//! What a step gets from the process: the only door to streams, environment and runtime.

use std::error::Error;
use std::future::Future;
use std::io::{self, BufWriter, Write};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::runtime::Runtime;
use vwi_core::exit::{Explain, Outcome};
use vwi_kubernetes::ConnectSettings;
use vwi_kubernetes::exec::ExecRunner;

use crate::environment::Environment;
use crate::flags::{KubectlFlags, OutputFlags};
use crate::http::HttpSettings;
use crate::interrupt::{Interrupt, Reason};
use crate::invocation::Invocation;
use crate::limit::GivenUp;
use crate::progress::Progress;
use crate::report;
use crate::talk::Talk;
use crate::terminal::Terminals;

/// How long an exec credential plugin may take; a person may have to type a device code.
const EXEC_TIME_LIMIT: Duration = Duration::from_mins(3);

/// One run of one step.
pub struct Session {
    /// What the user typed.
    pub invocation: Invocation,
    /// The environment.
    pub environment: Environment,
    /// Which standard streams are terminals.
    pub terminals: Terminals,
    /// Standard error.
    pub talk: Talk,
    /// Whether the step is to stop.
    pub interrupt: Interrupt,
    stdout: Stdout,
    runtime: Option<Runtime>,
    exec: ExecRunner,
}

impl Session {
    /// Opens the session of a process.
    pub fn new(invocation: Invocation, output: &OutputFlags) -> Self {
        let terminals = Terminals::look();
        let environment = Environment::read();
        let interrupt = Interrupt::default();
        let talk = if output.color.applies(&environment, terminals.stderr) {
            Talk::in_colour(invocation.step(), output.verbosity())
        } else {
            Talk::new(invocation.step(), output.verbosity())
        };
        Self {
            invocation,
            environment,
            terminals,
            talk,
            stdout: Stdout::of(io::stdout(), interrupt.clone()),
            interrupt,
            runtime: None,
            exec: ExecRunner::new(terminals.stdin, EXEC_TIME_LIMIT),
        }
    }

    /// Returns standard output; clones write to the same buffer.
    pub fn stdout(&self) -> Stdout {
        self.stdout.clone()
    }

    /// Runs a future to its end, on a runtime that is made when it is first needed: a step that
    /// asks nobody starts without one.
    ///
    /// # Errors
    ///
    /// [`NoRuntime`] if the system gives none.
    pub fn block_on<F: Future>(&mut self, future: F) -> Result<F::Output, NoRuntime> {
        if self.runtime.is_none() {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .map_err(NoRuntime)?;
            // Listening needs the runtime's context, which `enter` gives.
            let entered = runtime.enter();
            self.interrupt.listen();
            drop(entered);
            self.runtime = Some(runtime);
        }
        match &self.runtime {
            Some(runtime) => Ok(runtime.block_on(future)),
            None => Err(NoRuntime(io::Error::other("no runtime"))),
        }
    }

    /// Lets a signal end the process, which says so, until [`Session::block_on`] listens for signals:
    /// for a step that reads its input before it asks anybody, and may wait for it for ever.
    pub fn end_at_signals(&self) {
        let error = GivenUp::Interrupted(Reason::Signal);
        let message = report::message(&self.invocation, self.talk.style(), &error);
        let talk = self.talk.clone();
        self.interrupt
            .end_until_listening(move || talk.raw(&message));
    }

    /// Keeps a variable that holds a secret from the programs that are run from here.
    pub fn hide_from_programs(&mut self, variable: &str) {
        self.exec = self.exec.without_variable(variable);
    }

    /// Returns how connections to API servers are made.
    pub fn connect_settings(&self, flags: &KubectlFlags) -> ConnectSettings {
        if flags.insecure_skip_tls_verify {
            self.talk
                .warn("certificates are not verified (`--insecure-skip-tls-verify`)");
        }
        ConnectSettings {
            user_agent: self.user_agent(),
            proxies: self.environment.proxies(),
            request_timeout: flags.request_timeout(),
            exec: self.exec.clone(),
        }
    }

    /// Returns how other HTTP connections are made. Certificates are always verified there: kubectl's
    /// flag is about the tenant's API server, and what goes to the cloud are the user's tokens.
    pub fn http_settings(&self, flags: &KubectlFlags) -> HttpSettings {
        HttpSettings {
            user_agent: self.user_agent(),
            request_timeout: flags.request_timeout(),
            insecure_skip_verify: false,
            roots: self.environment.path("SSL_CERT_FILE"),
            authority: None,
            proxies: self.environment.proxies(),
        }
    }

    /// Shows how far long work is, of which there are `steps`, until what is returned is dropped.
    pub fn progress(&self, work: &str, steps: u64) -> Progress {
        Progress::start(&self.talk, self.terminals, work, steps)
    }

    fn user_agent(&self) -> String {
        let version = env!("CARGO_PKG_VERSION");
        format!("kubectl-vwi/{version} ({})", self.invocation.step())
    }
}

impl std::fmt::Debug for Session {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Session")
            .field("invocation", &self.invocation)
            .finish_non_exhaustive()
    }
}

/// The system gave no runtime.
#[derive(Debug, thiserror::Error)]
#[error("cannot start the runtime")]
pub struct NoRuntime(#[source] io::Error);

impl Explain for NoRuntime {
    fn outcome(&self) -> Outcome {
        Outcome::CouldNotRun
    }
}

/// Standard output behind one buffer; whether anything was written is remembered. When its reader
/// has gone, the [`Interrupt`] says so.
#[derive(Clone)]
pub struct Stdout {
    inner: Arc<Mutex<Buffer>>,
    interrupt: Interrupt,
}

struct Buffer {
    writer: BufWriter<Box<dyn Write + Send>>,
    used: bool,
}

impl Stdout {
    /// Buffers a stream.
    pub fn new(stream: impl Write + Send + 'static) -> Self {
        Self::of(stream, Interrupt::default())
    }

    /// Buffers a stream; `interrupt` learns of a reader that has gone.
    pub fn of(stream: impl Write + Send + 'static, interrupt: Interrupt) -> Self {
        Self {
            inner: Arc::new(Mutex::new(Buffer {
                writer: BufWriter::with_capacity(64 * 1024, Box::new(stream)),
                used: false,
            })),
            interrupt,
        }
    }

    /// Whether anything was written.
    pub fn is_used(&self) -> bool {
        self.lock().used
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Buffer> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn watch<T>(&self, done: io::Result<T>) -> io::Result<T> {
        done.map_err(|error| {
            if error.kind() != io::ErrorKind::BrokenPipe {
                return error;
            }
            self.interrupt.request(Reason::ReaderGone);
            io::Error::new(error.kind(), ReaderGone(error))
        })
    }
}

/// The reader of standard output has gone. It marks this one broken pipe among all others: a
/// connection to a server breaks in the same words.
#[derive(Debug, thiserror::Error)]
#[error("the reader has gone")]
struct ReaderGone(#[source] io::Error);

/// Whether an error is that of standard output whose reader has gone.
pub(crate) fn is_reader_gone(error: &io::Error) -> bool {
    let inner = error.get_ref();
    inner.is_some_and(<dyn Error + Send + Sync>::is::<ReaderGone>)
}

impl Write for Stdout {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let done = {
            let mut buffer = self.lock();
            buffer.used = true;
            buffer.writer.write(bytes)
        };
        self.watch(done)
    }

    fn flush(&mut self) -> io::Result<()> {
        let done = self.lock().writer.flush();
        self.watch(done)
    }
}

impl std::fmt::Debug for Stdout {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Stdout")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Gone;

    impl Write for Gone {
        fn write(&mut self, _bytes: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::BrokenPipe.into())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_reader_that_has_gone_asks_the_step_to_stop() {
        let interrupt = Interrupt::default();
        let mut stdout = Stdout::of(Gone, interrupt.clone());
        assert!(!stdout.is_used());
        writeln!(stdout, "a line").unwrap();
        assert!(
            stdout.is_used() && !interrupt.is_requested(),
            "still in the buffer"
        );
        let error = stdout.flush().unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::BrokenPipe);
        assert!(is_reader_gone(&error));
        assert!(!is_reader_gone(&io::ErrorKind::BrokenPipe.into()));
        assert_eq!(interrupt.reason(), Some(Reason::ReaderGone));
    }
}
