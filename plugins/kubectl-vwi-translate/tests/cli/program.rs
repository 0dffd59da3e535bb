//! The program, run without any cluster.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;

use serde_json::Value;

pub(crate) struct Finished {
    pub(crate) status: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Finished {
    pub(crate) fn records(&self) -> Vec<Value> {
        let lines = self.stdout.lines();
        lines
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }

    /// The subjects of all records; empty for one that failed.
    pub(crate) fn subjects(&self) -> Vec<String> {
        let mut records = self.records();
        assert_eq!(
            records.pop().unwrap()["kind"],
            "StreamEnd",
            "{}",
            self.stderr
        );
        records
            .iter()
            .map(|record| {
                record["status"]["subject"]
                    .as_str()
                    .unwrap_or("")
                    .to_owned()
            })
            .collect()
    }
}

/// Runs the program without kubeconfig and with this input.
pub(crate) fn translate(arguments: &[&str], input: &str) -> Finished {
    let home = tempfile::tempdir().unwrap();
    translate_at(home.path(), arguments, input)
}

pub(crate) fn translate_at(home: &Path, arguments: &[&str], input: &str) -> Finished {
    let mut child = Command::new(env!("CARGO_BIN_EXE_kubectl-vwi-translate"))
        .args(arguments)
        .env_clear()
        .env("HOME", home)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let output = thread::scope(|scope| {
        // It may end without reading, and it answers while it reads.
        scope.spawn(move || {
            let _written = stdin.write_all(input.as_bytes());
        });
        child.wait_with_output().unwrap()
    });
    Finished {
        status: output.status.code().unwrap(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

pub(crate) const VCLUSTER: [&str; 5] = [
    "--offline",
    "--vcluster",
    "my-vcluster",
    "--vcluster-namespace",
    "team-x",
];

pub(crate) fn offline(arguments: &[&str], input: &str) -> Finished {
    translate(&[arguments, &VCLUSTER].concat(), input)
}
