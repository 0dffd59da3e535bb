//! The sandbox as a program: it shows its bed, and takes it away when it is interrupted.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use std::fs::File;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use vwi_bed::{Place, until_blocking};

#[test]
fn an_interrupted_sandbox_leaves_no_server_after_two_seconds() {
    for signal in [Signal::INT, Signal::TERM] {
        let folder = tempfile::tempdir().unwrap();
        let output = folder.path().join("output");
        let mut sandbox = start(&output);
        let shown = || std::fs::read_to_string(&output).unwrap();
        let kubeconfig = until_blocking("the sandbox", Duration::from_mins(10), || {
            if let Some(status) = sandbox.try_wait().unwrap() {
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

        kill_process(Pid::from_child(&sandbox), signal).unwrap();
        until_blocking("the end of all servers", Duration::from_secs(2), || {
            Ok((servers(&run) == 0).then_some(()))
        })
        .unwrap();
        assert_eq!(sandbox.wait().unwrap().code(), Some(0));
        until_blocking(
            "the end of the bed's folder",
            Duration::from_secs(2),
            || Ok((!run.exists()).then_some(())),
        )
        .unwrap();
    }
}

/// A sandbox that stays.
fn start(output: &Path) -> Child {
    let place = Place::shared().unwrap();
    let output = File::create(output).unwrap();
    Command::new(place.program.with_file_name("sandbox"))
        .args(["--keep", "--no-build"])
        .stdin(Stdio::null())
        .stdout(output.try_clone().unwrap())
        .stderr(output)
        .spawn()
        .unwrap()
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
