//! How fast `translate --offline` starts, and in how much memory.

use std::path::Path;
use std::process::{Command, Stdio};

use crate::Suite;
use crate::measure::{in_turn, peak_memory, quiet};

const ARGUMENTS: [&str; 7] = [
    "app",
    "--offline",
    "--vcluster",
    "demo",
    "--vcluster-namespace",
    "team-x",
    "-ondjson",
];

pub(crate) fn compare(suite: &Suite) {
    let single = "kubectl-vwi-translate";
    let single = Suite::built(&["--package", single], single);
    measure("the umbrella", &suite.step("translate"));
    measure("translate alone", &single);
}

fn measure(what: &str, program: &Path) {
    let ours = format!("start of translate --offline, {what}");
    let ratio = in_turn(
        200,
        (&ours, || {
            quiet(Command::new(program).args(ARGUMENTS).stdin(Stdio::null()));
        }),
        ("/bin/true", || {
            quiet(Command::new("/bin/true").stdin(Stdio::null()));
        }),
    );
    println!("{ours}: {:.2} times /bin/true", 1.0 / ratio);
    match peak_memory(program, &ARGUMENTS, Stdio::null()) {
        Some(kilobytes) => println!("peak memory of {what}: {kilobytes} KiB"),
        None => println!("peak memory not measured: no /usr/bin/time"),
    }
}
