//! How `az` and `azd` are run for a token.

use std::ffi::OsStr;
use std::io;
use std::process::{Output, Stdio};
use std::time::Duration;

use async_trait::async_trait;
use azure_identity::Executor;
use tokio::process::Command;

/// Runs a program without our stdin, which is data, and not longer than a time.
///
/// It gets no secret: neither in its arguments nor in its environment.
#[derive(Debug)]
pub(super) struct Programs {
    pub(super) time: Duration,
}

#[async_trait]
impl Executor for Programs {
    async fn run(&self, program: &OsStr, args: &[&OsStr]) -> io::Result<Output> {
        let output = Command::new(program)
            .args(args)
            .env_remove("AZURE_CLIENT_SECRET")
            .env_remove("AZURE_CLIENT_CERTIFICATE_PASSWORD")
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .output();
        match tokio::time::timeout(self.time, output).await {
            Ok(output) => output,
            Err(_elapsed) => Err(io::Error::new(
                io::ErrorKind::TimedOut,
                format!("no answer within {} s", self.time.as_secs()),
            )),
        }
    }
}
