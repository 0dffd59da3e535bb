//! One server process of the bed.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use tokio::process::{Child, ChildStdin, Command};

use crate::controlplane::{ControlPlane, ServerKind};
use crate::error::{BedError, Doing};

/// A running server, which ends when this is dropped, or when the bed ends in whatever way.
///
/// Its standard input is a pipe that only the bed holds: the kernel closes it with the bed, and the
/// server ends by itself then.
#[derive(Debug)]
pub(crate) struct Server {
    name: String,
    child: Child,
    log: PathBuf,
    lease: Option<ChildStdin>,
    guarded: bool,
}

impl Server {
    /// Starts a server of `control_plane`, with its output in `folder`.
    ///
    /// # Errors
    ///
    /// When the program cannot be started.
    pub(crate) fn start(
        control_plane: &ControlPlane,
        kind: ServerKind,
        cluster: &str,
        folder: &Path,
        arguments: &[String],
    ) -> Result<Self, BedError> {
        let name = format!("{} of {cluster}", kind.name());
        let log = folder.join(format!("{}.log", kind.name()));
        let doing = || format!("cannot start {name}");
        let output = File::create(&log).doing(doing)?;
        let (program, first) = control_plane.program(kind);
        let (mut command, guarded) = match control_plane {
            ControlPlane::Built(_) => (Command::new(program), false),
            // Upstream's own programs do not end with their standard input: a guard ends them.
            ControlPlane::Assets(_) => {
                let mut guard = Command::new(crate::files::programs()?.join("vwi-bed"));
                guard.arg("guard").arg(program);
                (guard, true)
            }
        };
        let mut child = command
            .args(first)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(output.try_clone().doing(doing)?)
            .stderr(output)
            .kill_on_drop(!guarded)
            .spawn()
            .doing(doing)?;
        Ok(Self {
            lease: child.stdin.take(),
            guarded,
            name,
            child,
            log,
        })
    }

    /// The process, as long as it has not ended.
    pub(crate) fn pid(&self) -> Option<u32> {
        self.child.id()
    }

    /// What the server is, for messages.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Fails if the server has ended by itself, with the end of what it had to say.
    pub(crate) fn must_run(&mut self) -> Result<(), BedError> {
        let doing = || format!("cannot see whether {} runs", self.name);
        match self.child.try_wait().doing(doing)? {
            None => Ok(()),
            Some(status) => {
                let log = std::fs::read_to_string(&self.log).unwrap_or_default();
                let start = log.len().saturating_sub(3000);
                let start = log.ceil_char_boundary(start);
                let tail = log.get(start..).unwrap_or_default();
                Err(BedError::new(format!(
                    "{} ended ({status}):\n{tail}",
                    self.name
                )))
            }
        }
    }

    /// Tells the server to end, at once.
    ///
    /// What a bed stores is thrown away with it, so there is nothing to save first.
    pub(crate) fn kill(&mut self) {
        drop(self.lease.take());
        // A guard must live until its server is gone.
        if !self.guarded {
            // The only error is a server that has ended already.
            let _killed = self.child.start_kill();
        }
    }

    /// Ends the server and waits until it is gone and its ports are free.
    pub(crate) async fn stop(mut self) {
        self.kill();
        // A server that cannot be waited for has been waited for.
        let _ended = self.child.wait().await;
    }
}
