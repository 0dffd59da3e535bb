//! A million ServiceAccounts as one List through `translate --offline`.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::process::{Command, Stdio};

use crate::Suite;
use crate::measure::{in_turn, peak_memory, quiet};

const ARGUMENTS: [&str; 8] = [
    "--offline",
    "--vcluster",
    "demo",
    "--vcluster-namespace",
    "team-x",
    "-f-",
    "-ondjson",
    "-q",
];

/// Writes a List as `kubectl get sa -A -o json` prints it, without its indentation.
fn list(path: &Path, count: u32) {
    let file = File::create(path).expect("a file");
    let mut file = BufWriter::new(file);
    let mut write = |text: &str| file.write_all(text.as_bytes()).expect("the file");
    write("{\"apiVersion\":\"v1\",\"items\":[");
    for number in 0..count {
        let comma = if number == 0 { "" } else { "," };
        write(&format!(
            "{comma}{{\"apiVersion\":\"v1\",\"kind\":\"ServiceAccount\",\"metadata\":{{\
             \"annotations\":{{\"team\":\"t{}\"}},\"creationTimestamp\":\"2026-08-01T00:00:00Z\",\
             \"name\":\"sa-{number}\",\"namespace\":\"ns-{}\",\"resourceVersion\":\"{number}\",\
             \"uid\":\"00000000-0000-4000-8000-{number:012}\"}}}}",
            number % 17,
            number % 1000
        ));
    }
    write("],\"kind\":\"List\",\"metadata\":{\"resourceVersion\":\"\"}}\n");
}

pub(crate) fn compare(suite: &Suite) {
    let folder = tempfile::tempdir().expect("a folder");
    let translate = suite.step("translate");
    for count in [100_000, 1_000_000] {
        let path = folder.path().join(format!("{count}.json"));
        list(&path, count);
        let open = || Stdio::from(File::open(&path).expect("the list"));
        let ours = (format!("{count} ServiceAccounts"), || {
            quiet(Command::new(&translate).args(ARGUMENTS).stdin(open()));
        });
        in_turn(
            3,
            (&ours.0, &ours.1),
            ("cat", || {
                quiet(Command::new("cat").stdin(open()));
            }),
        );
        if Command::new("jq").arg("--version").output().is_ok() {
            in_turn(
                1,
                (&ours.0, &ours.1),
                ("jq", || {
                    quiet(Command::new("jq").args(["-c", ".items[]"]).stdin(open()));
                }),
            );
        } else {
            println!("jq is not there");
        }
        match peak_memory(&translate, &ARGUMENTS, open()) {
            Some(kilobytes) => println!("peak memory for {count}: {kilobytes} KiB"),
            None => println!("peak memory not measured: no /usr/bin/time"),
        }
    }
}
