//! Times of whole processes: several runs in turn, medians and their ratio.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Runs both in turn, after one run of each that does not count, and prints the medians.
pub(crate) fn in_turn(
    runs: usize,
    (ours, mut run_ours): (&str, impl FnMut()),
    (theirs, mut run_theirs): (&str, impl FnMut()),
) -> f64 {
    run_ours();
    run_theirs();
    let (mut ours_took, mut theirs_took) = (Vec::new(), Vec::new());
    for _ in 0..runs {
        ours_took.push(timed(&mut run_ours));
        theirs_took.push(timed(&mut run_theirs));
    }
    let (ours_median, theirs_median) = (median(&mut ours_took), median(&mut theirs_took));
    let ratio = theirs_median.as_secs_f64() / ours_median.as_secs_f64();
    println!(
        "{ours}: {:.2} ms; {theirs}: {:.2} ms; {runs} runs, medians; {theirs} / {ours} = {ratio:.2}",
        ours_median.as_secs_f64() * 1e3,
        theirs_median.as_secs_f64() * 1e3,
    );
    ratio
}

/// Returns how long it takes.
pub(crate) fn timed(work: &mut impl FnMut()) -> Duration {
    let started = Instant::now();
    work();
    started.elapsed()
}

/// Returns the middle one.
pub(crate) fn median(times: &mut [Duration]) -> Duration {
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

/// Runs a program whose output nobody reads.
pub(crate) fn quiet(command: &mut Command) {
    let status = command
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .expect("the program");
    assert!(status.success(), "{command:?} failed");
}

/// Returns the most memory that a process had, in KiB, where GNU `time` is to be had.
///
/// A process's own figure would hold that of whoever started it, from before `exec`; `time` is
/// small.
pub(crate) fn peak_memory(
    program: &std::path::Path,
    arguments: &[&str],
    input: Stdio,
) -> Option<u64> {
    let output = Command::new("/usr/bin/time")
        .args(["-f", "peak %M"])
        .arg(program)
        .args(arguments)
        .stdin(input)
        .stdout(Stdio::null())
        .output()
        .ok()?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let peak = said.lines().find_map(|line| line.strip_prefix("peak "))?;
    peak.trim().parse().ok()
}
