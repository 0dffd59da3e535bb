//! What all steps have in common as processes: exit statuses, pipes, signals, messages. The step is
//! `examples/step.rs`.

#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};

use rustix::process::{Pid, Signal, kill_process};

/// cargo builds examples beside the tests.
fn program() -> PathBuf {
    let mut path = std::env::current_exe().unwrap();
    path.pop();
    path.pop();
    let path = path.join("examples").join("step");
    assert!(
        path.exists(),
        "{} is missing: build the package with its examples",
        path.display()
    );
    path
}

fn step(arguments: &[&str]) -> Command {
    let mut command = Command::new(program());
    command
        .arg0("/usr/bin/kubectl-vwi-federate")
        .args(arguments)
        .env_clear()
        .stdin(Stdio::null());
    command
}

fn run(command: &mut Command, stdin: &[u8]) -> Output {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut pipe = child.stdin.take().unwrap();
    // A step that asks for no input ends without reading it.
    let _written = pipe.write_all(stdin);
    drop(pipe);
    child.wait_with_output().unwrap()
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

const FAILED: &str = r#"{"apiVersion":"vwi/v1alpha1","kind":"WorkloadIdentity","metadata":{"name":"a","namespace":"n"},"status":{"conditions":[{"type":"Translated","status":"False","reason":"X","message":""}]}}
{"apiVersion":"vwi/v1alpha1","kind":"StreamEnd","metadata":{"name":"translate"},"status":{"records":1,"failed":1}}
"#;
const UPSTREAM_END: &str = r#"{"apiVersion":"vwi/v1alpha1","kind":"StreamEnd","metadata":{"name":"translate"},"status":{"records":0,"failed":0,"error":"no \u001b[2Jcluster"}}
"#;

#[test]
fn exit_statuses_are_the_designs() {
    let bare = FAILED
        .lines()
        .next()
        .unwrap()
        .split(r#","status""#)
        .next()
        .unwrap();
    let bare = format!("{bare}}}\n");
    let cut = FAILED.lines().next().unwrap();
    let cases: &[(&[&str], &str, i32)] = &[
        (&["--make", "2"], "", 0),
        (&[], &bare, 0),
        (&["-f", "-"], &bare, 0),
        (&[], FAILED, 1),
        (&["--bogus"], "", 2),
        (&["--misused"], "", 2),
        (&["a"], "", 2),
        (&[], "", 3),
        (&[], " \n", 3),
        (&[], cut, 3),
        (&["--partial"], cut, 1),
        (&[], "{", 3),
        (&[], UPSTREAM_END, 3),
        (&["--broken"], "", 3),
        (&["-f", "/nowhere/x.json"], "", 3),
    ];
    for (arguments, stdin, status) in cases {
        let output = run(&mut step(arguments), stdin.as_bytes());
        assert_eq!(
            output.status.code(),
            Some(*status),
            "{arguments:?} {stdin} {}",
            text(&output.stderr)
        );
    }
}

#[test]
fn a_step_that_could_not_run_says_so_to_people_and_to_the_next_step() {
    let output = run(&mut step(&["--broken"]), b"");
    assert_eq!(
        text(&output.stderr),
        "error: federate: cannot reach `host`\n  caused by: broken pipe\nhint: run `kubectl vwi check` first\n"
    );
    let end = r#"{"apiVersion":"vwi/v1alpha1","kind":"StreamEnd","metadata":{"name":"federate"},"status":{"records":0,"failed":0,"error":"cannot reach `host`: broken pipe"}}"#;
    assert_eq!(text(&output.stdout).trim_end(), end);

    // The next one and the one after it repeat the first one's words, in one line.
    let mut stream = output.stdout;
    for _ in 0..2 {
        let next = run(&mut step(&[]), &stream);
        assert_eq!(next.status.code(), Some(3));
        assert_eq!(
            text(&next.stderr),
            "error: federate: `federate` could not run: cannot reach `host`: broken pipe\n"
        );
        stream = next.stdout;
        assert_eq!(text(&stream).trim_end(), end);
    }
    for arguments in [&["--broken", "-o", "json"], &["--broken", "-o", "table"]] {
        assert_eq!(text(&run(&mut step(arguments), b"").stdout), "");
    }
    let misused = run(&mut step(&["--misused"]), b"");
    assert!(text(&misused.stdout).contains("`--misused` can't be meant"));
    let hostile = run(&mut step(&[]), UPSTREAM_END.as_bytes());
    assert!(
        !text(&hostile.stderr).contains('\u{1b}'),
        "{:?}",
        text(&hostile.stderr)
    );
}

#[test]
fn without_anything_to_do_the_help_is_shown() {
    // The null device, as under cron, is no input.
    let output = step(&[]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("Usage: kubectl vwi federate"));
    assert_eq!(text(&output.stdout), "");
}

#[test]
fn a_file_on_standard_input_is_input() {
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(FAILED.as_bytes()).unwrap();
    let again = |mut file: File| {
        use std::io::Seek;
        file.rewind().unwrap();
        file
    };
    let output = step(&[])
        .stdin(again(file.try_clone().unwrap()))
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stdout).lines().count() == 2);
}

#[test]
fn names_in_usage_are_those_that_were_typed() {
    for (program, words) in [
        ("kubectl-vwi-federate", "kubectl vwi federate"),
        ("/x/kubectl-vwi_federate", "kubectl vwi-federate"),
        ("./fed", "fed"),
    ] {
        let output = step(&["--bogus"]).arg0(program).output().unwrap();
        let usage = format!("Usage: {words} ");
        assert!(
            text(&output.stderr).contains(&usage),
            "{}",
            text(&output.stderr)
        );
    }
    let hint = step(&["--broken"])
        .arg0("kubectl-vwi_federate")
        .output()
        .unwrap();
    assert!(text(&hint.stderr).contains("`kubectl vwi-check`"));
}

#[test]
fn quiet_leaves_errors_and_failed_records() {
    let bare = r#"{"apiVersion":"vwi/v1alpha1","kind":"WorkloadIdentity","metadata":{"name":"a","namespace":"n"}}"#;
    let loud = run(&mut step(&[]), bare.as_bytes());
    assert_eq!(text(&loud.stderr), "federate: n/a: passed\n");
    let quiet = run(&mut step(&["-q"]), bare.as_bytes());
    assert_eq!(text(&quiet.stderr), "");
    let failed = run(&mut step(&["-q"]), FAILED.as_bytes());
    assert_eq!(text(&failed.stderr), "federate: n/a: failed: before\n");
}

#[test]
fn colour_is_for_terminals_and_those_who_insist() {
    type Variables = &'static [(&'static str, &'static str)];
    let cases: &[(&[&str], Variables, bool)] = &[
        (&[], &[], false),
        (&["--color=always"], &[("NO_COLOR", "1")], true),
        (&[], &[("CLICOLOR_FORCE", "1")], true),
        (&["--color=never"], &[("CLICOLOR_FORCE", "1")], false),
        (&[], &[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")], false),
    ];
    for (arguments, variables, coloured) in cases {
        let output = step(&["--broken"])
            .args(*arguments)
            .envs(variables.iter().copied())
            .output()
            .unwrap();
        assert_eq!(
            output.stderr.contains(&0x1b),
            *coloured,
            "{arguments:?} {variables:?}"
        );
    }
}

#[test]
fn when_the_reader_has_gone_the_step_ends_quietly() {
    let mut child = step(&["--make", "1000000"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut first = String::new();
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    stdout.read_line(&mut first).unwrap();
    drop(stdout);
    let output = child.wait_with_output().unwrap();
    assert!(first.contains("sa-0"));
    assert_eq!(output.status.code(), Some(141));
    assert_eq!(text(&output.stderr), "");
}

/// A child that is ended if the test fails before it has ended.
struct Ended(Child);

impl Drop for Ended {
    fn drop(&mut self) {
        let _gone = self.0.kill();
        let _status = self.0.wait();
    }
}

#[test]
fn a_signal_lets_the_step_finish_what_it_has_begun() {
    for signal in [Signal::INT, Signal::TERM] {
        let child = step(&["--make", "2", "--wait"])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut child = Ended(child);
        let mut stdout = BufReader::new(child.0.stdout.take().unwrap());
        let mut first = String::new();
        stdout.read_line(&mut first).unwrap();
        // The handler is installed just after the first record; before, the signal itself ends it.
        wait_until_handled(child.0.id());
        let process = Pid::from_child(&child.0);
        kill_process(process, signal).unwrap();
        let mut rest = String::new();
        stdout.read_to_string(&mut rest).unwrap();
        assert_eq!(child.0.wait().unwrap().code(), Some(130));
        let mut said = String::new();
        let mut stderr = child.0.stderr.take().unwrap();
        stderr.read_to_string(&mut said).unwrap();
        assert_eq!(said, "error: federate: interrupted\n");
        assert!(
            rest.contains(r#""kind":"StreamEnd""#) && rest.contains(r#""records":1"#),
            "{rest}"
        );
    }
}

#[test]
fn a_signal_ends_a_step_that_waits_for_its_input() {
    for signal in [Signal::INT, Signal::TERM] {
        let child = step(&["-f", "-"])
            .stdin(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut child = Ended(child);
        let _open = child.0.stdin.take();
        wait_until_handled(child.0.id());
        kill_process(Pid::from_child(&child.0), signal).unwrap();
        let mut said = String::new();
        let mut stderr = child.0.stderr.take().unwrap();
        stderr.read_to_string(&mut said).unwrap();
        assert_eq!(said, "error: federate: interrupted\n");
        assert_eq!(child.0.wait().unwrap().code(), Some(130));
    }
}

/// Waits until the process catches SIGTERM, the second of the two, as its status in /proc says.
fn wait_until_handled(process: u32) {
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(10);
    loop {
        let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
        let caught = status
            .lines()
            .find_map(|line| line.strip_prefix("SigCgt:"))
            .unwrap();
        let caught = u64::from_str_radix(caught.trim(), 16).unwrap();
        if caught & (1 << 14) != 0 {
            return;
        }
        assert!(std::time::Instant::now() < deadline, "no handler");
        std::thread::yield_now();
    }
}

#[test]
fn long_input_is_passed_on_whole() {
    let made = run(&mut step(&["--make", "60000"]), b"");
    let passed = run(&mut step(&["-q"]), &made.stdout);
    assert_eq!(passed.status.code(), Some(0));
    assert_eq!(text(&passed.stdout).lines().count(), 60_001);
}
