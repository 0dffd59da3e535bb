//! The sandbox as a program: it shows its bed, finds what it spoils, and leaves nothing behind.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use std::fs::File;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use vwi_bed::{Place, Spoil, until_blocking};

#[test]
fn an_interrupted_sandbox_leaves_no_server_after_two_seconds() {
    for signal in [Signal::INT, Signal::TERM] {
        let folder = tempfile::tempdir().unwrap();
        let output = folder.path().join("output");
        let mut sandbox = start(&output);
        let shown = || std::fs::read_to_string(&output).unwrap();
        let kubeconfig = until_blocking("the sandbox", Duration::from_mins(10), || {
            if let Some(status) = sandbox.0.try_wait().unwrap() {
                panic!("the sandbox ended ({status}): {}", shown());
            }
            let text = shown();
            let kubeconfig = text.split_once("export KUBECONFIG=").map(|(_, rest)| rest);
            let line = kubeconfig.and_then(|rest| rest.split_once('\n'));
            Ok(line.map(|(path, _)| path.to_owned()))
        })
        .unwrap();
        let run = Path::new(&kubeconfig).parent().unwrap().to_owned();
        assert_eq!(servers(&run), 5, "{}", shown());

        kill_process(Pid::from_child(&sandbox.0), signal).unwrap();
        until_blocking("the end of all servers", Duration::from_secs(2), || {
            Ok((servers(&run) == 0).then_some(()))
        })
        .unwrap();
        assert_eq!(sandbox.0.wait().unwrap().code(), Some(0));
        until_blocking(
            "the end of the bed's folder",
            Duration::from_secs(2),
            || Ok((!run.exists()).then_some(())),
        )
        .unwrap();
    }
}

/// What is spoilt, and the first thing that the final check finds wrong.
const BREAKS: [(&str, &str); 7] = [
    ("pod-label", "pod-label-missing"),
    ("squatted-name", "ForeignHostServiceAccount"),
    ("credential", "no-fic"),
    ("role", "rbac-missing"),
    ("client-id", "wrong-client"),
    ("host-drift", "host-sa-annotations-differ"),
    ("issuer", "issuer-unreachable"),
];

#[test]
fn what_is_spoilt_is_what_the_check_names_first() {
    let help = Spoil::help();
    let modes = help
        .lines()
        .filter_map(|line| line.split_whitespace().next());
    assert_eq!(modes.collect::<Vec<_>>(), BREAKS.map(|(mode, _)| mode));
    for (mode, cause) in BREAKS {
        let output = command(&["--no-build", "--break", mode]).output().unwrap();
        let shown = String::from_utf8_lossy(&output.stdout);
        let talk = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{mode}: {shown}\n{talk}");
        let (_, check) = shown.rsplit_once("\n== ").unwrap();
        let first = check.lines().find(|line| line.starts_with('×'));
        assert!(
            first.is_some_and(|line| line.ends_with(&format!("[{cause}]"))),
            "{mode}: {first:?}\n{shown}"
        );
    }
}

/// A sandbox that ends with its servers if the test fails before it has ended.
struct Sandbox(Child);

impl Drop for Sandbox {
    fn drop(&mut self) {
        if matches!(self.0.try_wait(), Ok(Some(_))) {
            return;
        }
        // Asked to end, it takes its folder away too.
        let _asked = kill_process(Pid::from_child(&self.0), Signal::TERM);
        let ended = || Ok(self.0.try_wait().ok().flatten());
        if until_blocking("the sandbox's end", Duration::from_secs(10), ended).is_err() {
            let _killed = self.0.kill();
            let _status = self.0.wait();
        }
    }
}

fn command(arguments: &[&str]) -> Command {
    let place = Place::shared().unwrap();
    let mut command = Command::new(place.program.with_file_name("sandbox"));
    command.args(arguments).stdin(Stdio::null());
    command
}

/// A sandbox that stays.
fn start(output: &Path) -> Sandbox {
    let output = File::create(output).unwrap();
    let sandbox = command(&["--keep", "--no-build"])
        .stdout(output.try_clone().unwrap())
        .stderr(output)
        .spawn();
    Sandbox(sandbox.unwrap())
}

/// How many servers have their files in the folder of this run.
fn servers(run: &Path) -> usize {
    let processes = std::fs::read_dir("/proc").unwrap().filter_map(Result::ok);
    let uses_run = |process: &std::fs::DirEntry| {
        let line = std::fs::read_to_string(process.path().join("cmdline")).unwrap_or_default();
        line.contains(run.to_str().unwrap())
    };
    processes.filter(uses_run).count()
}
