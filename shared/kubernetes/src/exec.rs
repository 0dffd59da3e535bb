//! Exec credential plugins, run by us.
//!
//! A plugin never sees our standard input, which is data. Its standard error passes through, so
//! that a device code reaches the user; its standard output, the credential, is parsed, never
//! shown, and zeroed.
//!
//! Source: Kubernetes documentation, "client-go credential plugins"; client-go
//! `plugin/pkg/client/auth/exec`.

use std::collections::HashMap;
use std::io;
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use kube::config::{ExecAuthCluster, ExecConfig, ExecInteractiveMode};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use thiserror::Error;
use tokio::io::AsyncReadExt;
use tokio::process::{Child, Command};
use tokio::sync::Mutex;
use vwi_core::exit::{Explain, Outcome};
use vwi_core::text::escape;
use zeroize::Zeroizing;

/// Time between the last use of a credential and its end, so that it does not end on its way.
const LEEWAY: SignedDuration = SignedDuration::from_secs(10);

/// How long the rest of a plugin's standard output is awaited after its end.
const GRACE: Duration = Duration::from_millis(500);

/// What a plugin gave.
#[derive(Clone, Debug, Default)]
pub struct ExecCredential {
    /// Bearer token.
    pub token: Option<SecretString>,
    /// Client certificate, PEM.
    pub client_certificate: Option<String>,
    /// Its key, PEM.
    pub client_key: Option<SecretString>,
    expires: Option<Timestamp>,
}

impl ExecCredential {
    /// Whether the plugin said that it is over by now, or nearly.
    pub fn is_expired(&self) -> bool {
        self.expires.is_some_and(|end| {
            Timestamp::now()
                .saturating_add(LEEWAY)
                .is_ok_and(|soon| soon >= end)
        })
    }
}

/// Why a plugin gave no credential. Nothing that it wrote to its standard output is in here.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ExecError {
    /// The kubeconfig's entry names no program.
    #[error("the kubeconfig's `exec` entry of the user has no `command`")]
    NoCommand,
    /// The program can't be started.
    #[error("cannot start the credential plugin `{}`", escape(command))]
    Start {
        /// The program.
        command: String,
        /// `installHint` of the kubeconfig.
        install_hint: Option<String>,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// The program ended with a failure.
    #[error("the credential plugin `{}` ended with {status}", escape(command))]
    Failed {
        /// The program.
        command: String,
        /// How it ended.
        status: ExitStatus,
    },
    /// The program did not end.
    #[error("the credential plugin `{}` did not end within {} s", escape(command), after.as_secs())]
    TimedOut {
        /// The program.
        command: String,
        /// The time limit.
        after: Duration,
    },
    /// The program's output is no credential.
    #[error("the output of the credential plugin `{}` {fault}", escape(command))]
    NotUnderstood {
        /// The program.
        command: String,
        /// What is wrong with it, as the end of a sentence.
        fault: &'static str,
    },
    /// The program needs a terminal, and there is none.
    #[error(
        "the credential plugin `{}` needs a terminal (`interactiveMode: Always`), and standard input is none",
        escape(command)
    )]
    NeedsTerminal {
        /// The program.
        command: String,
    },
}

impl Explain for ExecError {
    fn outcome(&self) -> Outcome {
        Outcome::CouldNotRun
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Start { install_hint, .. } => install_hint
                .as_deref()
                .and_then(|hint| hint.trim().lines().next())
                .map(escape),
            Self::NeedsTerminal { .. } => Some(
                "run `kubectl get --raw /version` in a terminal first, or use a kubeconfig whose \
                 user logs in without one"
                    .to_owned(),
            ),
            Self::NoCommand
            | Self::Failed { .. }
            | Self::TimedOut { .. }
            | Self::NotUnderstood { .. } => None,
        }
    }
}

/// Runs plugins, each `exec` entry once, and remembers what they gave until it ends.
#[derive(Clone, Debug)]
pub struct ExecRunner {
    stdin_is_terminal: bool,
    time_limit: Duration,
    hidden: Vec<String>,
    known: Arc<Mutex<HashMap<String, Slot>>>,
}

type Slot = Arc<Mutex<Option<Arc<ExecCredential>>>>;

impl ExecRunner {
    /// Returns a runner that knows nothing yet.
    pub fn new(stdin_is_terminal: bool, time_limit: Duration) -> Self {
        Self {
            stdin_is_terminal,
            time_limit,
            hidden: Vec::new(),
            known: Arc::default(),
        }
    }

    /// Returns a runner whose programs do not see a variable of the environment.
    #[must_use]
    pub fn without_variable(&self, name: &str) -> Self {
        let mut runner = self.clone();
        runner.hidden.push(name.to_owned());
        runner
    }

    /// Returns the credential of an entry: the one that was got before, unless it has ended or is
    /// the `refused` one.
    ///
    /// # Errors
    ///
    /// [`ExecError`]
    pub async fn credential(
        &self,
        exec: &ExecConfig,
        cluster: Option<&ExecAuthCluster>,
        refused: Option<&Arc<ExecCredential>>,
    ) -> Result<Arc<ExecCredential>, ExecError> {
        let key = serde_json::to_string(&(exec, cluster)).unwrap_or_default();
        let slot = Arc::clone(self.known.lock().await.entry(key).or_default());
        // Held while the plugin runs: others that want the same credential wait for this run.
        let mut slot = slot.lock().await;
        if let Some(known) = slot.as_ref() {
            let is_refused = refused.is_some_and(|refused| Arc::ptr_eq(refused, known));
            if !is_refused && !known.is_expired() {
                return Ok(Arc::clone(known));
            }
        }
        let fresh = Arc::new(self.run(exec, cluster).await?);
        *slot = Some(Arc::clone(&fresh));
        Ok(fresh)
    }

    async fn run(
        &self,
        exec: &ExecConfig,
        cluster: Option<&ExecAuthCluster>,
    ) -> Result<ExecCredential, ExecError> {
        let command = exec
            .command
            .clone()
            .filter(|command| !command.is_empty())
            .ok_or(ExecError::NoCommand)?;
        let mode = exec.interactive_mode.as_ref();
        if mode == Some(&ExecInteractiveMode::Always) && !self.stdin_is_terminal {
            return Err(ExecError::NeedsTerminal { command });
        }
        let interactive = self.stdin_is_terminal && mode != Some(&ExecInteractiveMode::Never);
        let version = exec.api_version.as_deref().unwrap_or(DEFAULT_VERSION);
        let question = Question {
            kind: KIND,
            api_version: version,
            spec: QuestionSpec {
                interactive,
                cluster: cluster.filter(|_| exec.provide_cluster_info),
            },
        };

        let mut process = Command::new(&command);
        process
            .args(exec.args.iter().flatten())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .kill_on_drop(true);
        for name in &self.hidden {
            process.env_remove(name);
        }
        for pair in exec.env.iter().flatten() {
            if let (Some(name), Some(value)) = (pair.get("name"), pair.get("value")) {
                process.env(name, value);
            }
        }
        process.env(
            "KUBERNETES_EXEC_INFO",
            serde_json::to_string(&question).unwrap_or_default(),
        );

        let started = process.spawn().map_err(|source| ExecError::Start {
            command: command.clone(),
            install_hint: exec.install_hint.clone(),
            source,
        })?;
        let (status, answer) = tokio::time::timeout(self.time_limit, answer(started))
            .await
            .map_err(|_elapsed| ExecError::TimedOut {
                command: command.clone(),
                after: self.time_limit,
            })?
            .map_err(|source| ExecError::Start {
                command: command.clone(),
                install_hint: None,
                source,
            })?;
        if !status.success() {
            return Err(ExecError::Failed { command, status });
        }
        read(&answer, version).map_err(|fault| ExecError::NotUnderstood { command, fault })
    }
}

/// Waits for the plugin's end, and reads what it wrote. What it left running in the background may
/// hold its standard output open for ever, so the end of that is awaited only for a moment more.
async fn answer(mut plugin: Child) -> io::Result<(ExitStatus, Zeroizing<Vec<u8>>)> {
    let mut text = Zeroizing::new(Vec::new());
    let stdout = plugin.stdout.take();
    let status = {
        let reading = async {
            match stdout {
                Some(mut stdout) => stdout.read_to_end(&mut text).await,
                None => Ok(0),
            }
        };
        tokio::pin!(reading);
        tokio::select! {
            biased;
            read = &mut reading => {
                read?;
                plugin.wait().await?
            }
            status = plugin.wait() => {
                if let Ok(read) = tokio::time::timeout(GRACE, reading).await {
                    read?;
                }
                status?
            }
        }
    };
    Ok((status, text))
}

/// Version that the plugin is asked in where the kubeconfig states none.
const DEFAULT_VERSION: &str = "client.authentication.k8s.io/v1";
const KIND: &str = "ExecCredential";

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Question<'a> {
    kind: &'a str,
    api_version: &'a str,
    spec: QuestionSpec<'a>,
}

#[derive(Serialize)]
struct QuestionSpec<'a> {
    interactive: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    cluster: Option<&'a ExecAuthCluster>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    #[serde(default)]
    kind: String,
    #[serde(default)]
    api_version: String,
    status: Option<AnswerStatus>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct AnswerStatus {
    token: Option<String>,
    client_certificate_data: Option<String>,
    client_key_data: Option<String>,
    expiration_timestamp: Option<String>,
}

/// Reads a plugin's output; the fault never quotes it.
fn read(output: &[u8], version: &str) -> Result<ExecCredential, &'static str> {
    let answer: Answer =
        serde_json::from_slice(output).map_err(|_hidden| "is not an ExecCredential in JSON")?;
    if answer.kind != KIND {
        return Err("is not an ExecCredential");
    }
    if answer.api_version != version {
        return Err("has another `apiVersion` than the kubeconfig asks for");
    }
    let status = answer.status.ok_or("has no `status`")?;
    let expires = match status.expiration_timestamp {
        None => None,
        Some(text) => Some(
            text.parse()
                .map_err(|_hidden| "has an `expirationTimestamp` that is no RFC 3339 time")?,
        ),
    };
    let filled = |text: Option<String>| text.filter(|text| !text.is_empty());
    let credential = ExecCredential {
        token: filled(status.token).map(SecretString::from),
        client_certificate: filled(status.client_certificate_data),
        client_key: filled(status.client_key_data).map(SecretString::from),
        expires,
    };
    if credential.client_certificate.is_some() != credential.client_key.is_some() {
        return Err("has a client certificate or a key, but not both");
    }
    let unsendable = |token| !crate::access::is_sendable(token);
    if credential.token.as_ref().is_some_and(unsendable) {
        return Err("has a token with characters that no token has, such as a line feed");
    }
    if credential.token.is_none() && credential.client_key.is_none() {
        return Err("has neither a token nor a client certificate");
    }
    Ok(credential)
}

#[cfg(test)]
mod tests;
