//! Running programs: with a deadline, in a group of its own, and never left behind.

use std::ffi::{OsStr, OsString};
use std::io::{Read, Write};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group};

use crate::error::{BedError, Doing};

/// A program that is to be run.
#[derive(Debug)]
pub struct Program {
    command: Command,
    name: String,
    stdin: Input,
    within: Duration,
}

/// What a program reads.
#[derive(Debug)]
enum Input {
    /// Nothing: the null device.
    Nothing,
    /// These bytes, through a pipe.
    Bytes(Vec<u8>),
    /// What the caller writes or connects.
    Given(Stdio),
}

/// A program that runs; it and what it has started are killed when this is dropped.
#[derive(Debug)]
pub struct Running {
    name: String,
    pid: u32,
    started: Instant,
    deadline: Instant,
    ended: Receiver<std::io::Result<ExitStatus>>,
    stdin: Option<std::process::ChildStdin>,
    stdout: Option<JoinHandle<Vec<u8>>>,
    stderr: Option<JoinHandle<Vec<u8>>>,
    finished: bool,
}

/// How a program ended, and what it said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finished {
    /// Exit status; none if a signal ended it.
    pub status: Option<i32>,
    /// The signal that ended it.
    pub signal: Option<i32>,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
    /// From its start to its end.
    pub took: Duration,
}

impl Program {
    /// A program that gets an empty environment, no input, and a minute.
    pub fn new(program: impl AsRef<OsStr>) -> Self {
        let program = program.as_ref();
        let mut command = Command::new(program);
        command.env_clear();
        let name = Path::new(program).file_name().unwrap_or(program);
        Self {
            command,
            name: name.to_string_lossy().into_owned(),
            stdin: Input::Nothing,
            within: Duration::from_mins(1),
        }
    }

    /// Adds an argument.
    #[must_use]
    pub fn arg(mut self, argument: impl AsRef<OsStr>) -> Self {
        self.command.arg(argument);
        self
    }

    /// Adds arguments.
    #[must_use]
    pub fn args(mut self, arguments: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Self {
        self.command.args(arguments);
        self
    }

    /// Sets a variable of the environment.
    #[must_use]
    pub fn env(mut self, name: impl AsRef<OsStr>, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    /// Sets variables of the environment.
    #[must_use]
    pub fn envs(
        mut self,
        variables: impl IntoIterator<Item = (impl AsRef<OsStr>, impl AsRef<OsStr>)>,
    ) -> Self {
        self.command.envs(variables);
        self
    }

    /// Takes a variable out of the environment.
    #[must_use]
    pub fn without_env(mut self, name: impl AsRef<OsStr>) -> Self {
        self.command.env_remove(name);
        self
    }

    /// Runs it in this folder.
    #[must_use]
    pub fn folder(mut self, folder: impl AsRef<Path>) -> Self {
        self.command.current_dir(folder);
        self
    }

    /// Lets it read these bytes.
    #[must_use]
    pub fn stdin(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.stdin = Input::Bytes(bytes.into());
        self
    }

    /// Lets it read what the caller gives: a file, the end of a pipe, or `Stdio::piped()`, which
    /// [`Running::write`] writes to.
    #[must_use]
    pub fn stdin_from(mut self, input: impl Into<Stdio>) -> Self {
        self.stdin = Input::Given(input.into());
        self
    }

    /// Gives it this time instead of a minute.
    #[must_use]
    pub fn within(mut self, time: Duration) -> Self {
        self.within = time;
        self
    }

    /// Runs it to its end.
    ///
    /// # Errors
    ///
    /// When it cannot be started, or does not end in its time, with what it had said until then.
    pub fn run(self) -> Result<Finished, BedError> {
        self.start()?.finish()
    }

    /// Starts it.
    ///
    /// # Errors
    ///
    /// When it cannot be started.
    pub fn start(self) -> Result<Running, BedError> {
        let Self {
            mut command,
            name,
            stdin,
            within,
        } = self;
        let (input, bytes) = match stdin {
            Input::Nothing => (Stdio::null(), None),
            Input::Bytes(bytes) => (Stdio::piped(), Some(bytes)),
            Input::Given(input) => (input, None),
        };
        let mut child = command
            .stdin(input)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .spawn()
            .doing(|| format!("cannot start `{name}`"))?;
        let started = Instant::now();
        let mut stdin = child.stdin.take();
        if let Some(bytes) = bytes
            && let Some(mut pipe) = stdin.take()
        {
            // A program that does not read all of its input is no error of this side.
            std::thread::spawn(move || pipe.write_all(&bytes));
        }
        Ok(Running {
            name,
            pid: child.id(),
            started,
            deadline: started + within,
            stdin,
            stdout: child.stdout.take().map(collect),
            stderr: child.stderr.take().map(collect),
            ended: await_end(child),
            finished: false,
        })
    }
}

fn collect(mut pipe: impl Read + Send + 'static) -> JoinHandle<Vec<u8>> {
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        // What came before an error is still worth having.
        let _read = pipe.read_to_end(&mut bytes);
        bytes
    })
}

fn await_end(mut child: Child) -> Receiver<std::io::Result<ExitStatus>> {
    let (send, receive) = channel();
    // Nobody may listen any more.
    std::thread::spawn(move || send.send(child.wait()).is_ok());
    receive
}

impl Running {
    /// Its process, which leads a group of its own.
    pub fn pid(&self) -> u32 {
        self.pid
    }

    /// Writes to its standard input, which was `Stdio::piped()`.
    ///
    /// # Errors
    ///
    /// When it does not read, or its input is no pipe.
    pub fn write(&mut self, bytes: &[u8]) -> Result<(), BedError> {
        let doing = || format!("cannot write to `{}`", self.name);
        let pipe = self.stdin.as_mut().ok_or_else(|| BedError::new(doing()))?;
        pipe.write_all(bytes)
            .and_then(|()| pipe.flush())
            .doing(doing)
    }

    /// Ends its standard input.
    pub fn close_stdin(&mut self) {
        self.stdin = None;
    }

    /// Sends a signal to it and to what it has started.
    ///
    /// # Errors
    ///
    /// When it has ended.
    pub fn signal(&self, signal: Signal) -> Result<(), BedError> {
        signal_group(self.pid, signal).doing(|| format!("cannot signal `{}`", self.name))
    }

    /// Waits for its end.
    ///
    /// # Errors
    ///
    /// When it does not end in its time, with what it had said until then.
    pub fn finish(mut self) -> Result<Finished, BedError> {
        self.stdin = None;
        let left = self.deadline.saturating_duration_since(Instant::now());
        let status = self.ended.recv_timeout(left);
        let took = self.started.elapsed();
        self.finished = status.is_ok();
        // What it has started must not keep its output open; and it itself, when it is late.
        let _killed = signal_group(self.pid, Signal::KILL);
        let stdout = text(self.stdout.take());
        let stderr = text(self.stderr.take());
        let doing = || format!("cannot wait for `{}`", self.name);
        match status {
            Ok(status) => {
                let status = status.doing(doing)?;
                Ok(Finished {
                    status: status.code(),
                    signal: status.signal(),
                    stdout,
                    stderr,
                    took,
                })
            }
            Err(RecvTimeoutError::Timeout) => Err(BedError::new(format!(
                "`{}` did not end in {} s\nstdout: {stdout}\nstderr: {stderr}",
                self.name,
                took.as_secs()
            ))),
            Err(RecvTimeoutError::Disconnected) => Err(BedError::new(doing())),
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if !self.finished {
            // It may have ended in this moment.
            let _killed = signal_group(self.pid, Signal::KILL);
        }
    }
}

fn text(output: Option<JoinHandle<Vec<u8>>>) -> String {
    let bytes = output
        .and_then(|thread| thread.join().ok())
        .unwrap_or_default();
    String::from_utf8_lossy(&bytes).into_owned()
}

fn signal_group(pid: u32, signal: Signal) -> std::io::Result<()> {
    let pid = i32::try_from(pid).ok().and_then(Pid::from_raw);
    let pid = pid.ok_or_else(|| std::io::Error::other("no such process"))?;
    Ok(kill_process_group(pid, signal)?)
}

/// A search path for programs: `first`, then those of `rest`.
pub(crate) fn search_path(first: &[&Path], rest: Option<OsString>) -> OsString {
    let rest = rest.unwrap_or_default();
    let first = first.iter().map(|folder| folder.to_path_buf());
    // A folder whose name has a colon cannot be in a search path at all.
    std::env::join_paths(first.chain(std::env::split_paths(&rest))).unwrap_or(rest)
}
