//! The pipe of the four steps, run as a user would run it.

use std::ffi::OsString;
use std::io::Write;
use std::process::Stdio;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, ChildStdin, Command};
use tokio::task::JoinHandle;

use crate::error::{BedError, Doing};
use crate::files;
use crate::process::search_path;
use crate::sandbox::workload::APP;
use crate::sandbox::{IDENTITY, Stage, say};

/// What a run has left.
pub(super) struct Shown {
    /// Exit status of the last step, which is the pipe's.
    pub(super) status: i32,
    /// What the last step but one wrote.
    pub(super) records: Vec<u8>,
}

/// A step that runs.
struct Step {
    /// As the user would type it.
    line: String,
    child: Child,
    output: JoinHandle<Vec<u8>>,
    talk: JoinHandle<Vec<u8>>,
}

/// Runs the README's pipe, its four steps connected as a shell connects them, and shows what each
/// one said.
pub(super) async fn run(stage: &Stage, out: &mut dyn Write) -> Result<Shown, BedError> {
    let reader = format!(
        "Reader@/subscriptions/{}/resourceGroups/rg",
        stage.world.info().subscription_id
    );
    let words: [&[&str]; 4] = [
        &["translate", APP],
        &[
            "federate",
            "--identity",
            IDENTITY,
            "-g",
            "rg",
            "--aks-cluster",
            "aks",
            "--assign",
            &reader,
        ],
        &["annotate"],
        &["check", "--probe=token"],
    ];
    // From the end, as each step writes to the next.
    let mut steps = Vec::new();
    let mut next = None;
    for (place, words) in words.iter().enumerate().rev() {
        let (step, input) = start(stage, words, place > 0, next)?;
        steps.push(step);
        next = input;
    }
    let mut shown = Shown {
        status: 0,
        records: Vec::new(),
    };
    while let Some(step) = steps.pop() {
        let is_last = steps.is_empty();
        let (status, output) = finish(step, out).await?;
        shown.status = status;
        if !is_last {
            shown.records = output;
        }
    }
    Ok(shown)
}

/// Runs the last step once more on what it has read before.
pub(super) async fn check_again(
    stage: &Stage,
    records: &[u8],
    out: &mut dyn Write,
) -> Result<i32, BedError> {
    let (step, input) = start(stage, &["check", "--probe=token"], true, None)?;
    if let Some(mut input) = input {
        // A step that does not read to the end says why by itself.
        let _written = input.write_all(records).await;
    }
    let (status, _) = finish(step, out).await?;
    Ok(status)
}

/// Starts a step whose output is kept and goes on to `next`.
fn start(
    stage: &Stage,
    words: &[&str],
    reads: bool,
    next: Option<ChildStdin>,
) -> Result<(Step, Option<ChildStdin>), BedError> {
    let (mut command, line) = match (&stage.kubectl, words.split_first()) {
        (None, Some((step, rest))) => {
            let name = format!("kubectl-vwi-{step}");
            let mut command = Command::new(files::programs()?.join(&name));
            command.args(rest);
            (command, format!("{name} {}", rest.join(" ")))
        }
        (kubectl, _) => {
            let kubectl = kubectl.clone().unwrap_or_else(|| "kubectl".into());
            let mut command = Command::new(kubectl);
            command.arg("vwi").args(words);
            (command, format!("kubectl vwi {}", words.join(" ")))
        }
    };
    let mut child = command
        .env_clear()
        .envs(stage.environment()?)
        .stdin(if reads { Stdio::piped() } else { Stdio::null() })
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .doing(|| format!("cannot start `{line}`"))?;
    let input = child.stdin.take();
    let output = tokio::spawn(copy(child.stdout.take(), next));
    let talk = tokio::spawn(copy(child.stderr.take(), None));
    Ok((
        Step {
            line,
            child,
            output,
            talk,
        },
        input,
    ))
}

/// Waits for a step and shows what it said.
async fn finish(mut step: Step, out: &mut dyn Write) -> Result<(i32, Vec<u8>), BedError> {
    let doing = || format!("cannot wait for `{}`", step.line);
    let status = step.child.wait().await.doing(doing)?;
    let output = step.output.await.doing(doing)?;
    let talk = step.talk.await.doing(doing)?;
    let status = status.code().unwrap_or(-1);
    say(out, &format!("\n== {}", step.line))?;
    for text in [&talk, &output] {
        let text = String::from_utf8_lossy(text);
        if !text.is_empty() {
            say(out, text.trim_end())?;
        }
    }
    if status != 0 {
        say(out, &format!("(exit status {status})"))?;
    }
    Ok((status, output))
}

/// Keeps what comes, and hands it on to a step that reads it.
async fn copy(from: Option<impl AsyncRead + Unpin>, mut to: Option<ChildStdin>) -> Vec<u8> {
    let mut kept = Vec::new();
    let Some(mut from) = from else { return kept };
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let read = from.read(&mut buffer).await;
        let Some(bytes) = read.ok().and_then(|length| buffer.get(..length)) else {
            return kept;
        };
        if bytes.is_empty() {
            return kept;
        }
        kept.extend_from_slice(bytes);
        if let Some(next) = &mut to
            && next.write_all(bytes).await.is_err()
        {
            // The next step has ended; what this one says is still shown.
            to = None;
        }
    }
}

impl Stage {
    /// The environment of the steps: nothing of the user's own clusters and logins is in it.
    fn environment(&self) -> Result<Vec<(String, OsString)>, BedError> {
        let description = self.bed.description();
        let programs = files::programs()?;
        let path = search_path(&[&programs], std::env::var_os("PATH"));
        let mut variables = vec![
            ("PATH".to_owned(), path),
            ("HOME".to_owned(), self.bed.folder().into()),
            (
                "KUBECONFIG".to_owned(),
                description.tenant.kubeconfig.clone().into(),
            ),
        ];
        variables.extend(self.world.env());
        Ok(variables)
    }
}
