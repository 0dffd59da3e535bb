//! How fast `translate --offline` starts, and in how much memory.

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
    let translate = suite.step("translate");
    in_turn(
        200,
        ("start of translate --offline", || {
            quiet(
                Command::new(&translate)
                    .args(ARGUMENTS)
                    .stdin(Stdio::null()),
            );
        }),
        ("/bin/true", || {
            quiet(Command::new("/bin/true").stdin(Stdio::null()));
        }),
    );
    match peak_memory(&translate, &ARGUMENTS, Stdio::null()) {
        Some(kilobytes) => println!("peak memory of translate --offline: {kilobytes} KiB"),
        None => println!("peak memory not measured: no /usr/bin/time"),
    }
}
