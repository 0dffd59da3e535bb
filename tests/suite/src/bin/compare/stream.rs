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

/// Bytes of a name that vCluster cuts: with namespace and vCluster it is longer than 63.
const CUT: usize = 60;

/// Writes a List as `kubectl get sa -A -o json` prints it, without its indentation; names have at
/// least `length` bytes.
fn list(path: &Path, count: u32, length: usize) {
    let file = File::create(path).expect("a file");
    let mut file = BufWriter::new(file);
    let mut write = |text: &str| file.write_all(text.as_bytes()).expect("the file");
    write("{\"apiVersion\":\"v1\",\"items\":[");
    for number in 0..count {
        let comma = if number == 0 { "" } else { "," };
        write(&format!(
            "{comma}{{\"apiVersion\":\"v1\",\"kind\":\"ServiceAccount\",\"metadata\":{{\
             \"annotations\":{{\"team\":\"t{}\"}},\"creationTimestamp\":\"2026-08-01T00:00:00Z\",\
             \"name\":\"sa-{number:0length$}\",\"namespace\":\"ns-{}\",\"resourceVersion\":\"{number}\",\
             \"uid\":\"00000000-0000-4000-8000-{number:012}\"}}}}",
            number % 17,
            number % 1000
        ));
    }
    write("],\"kind\":\"List\",\"metadata\":{\"resourceVersion\":\"\"}}\n");
}

pub(crate) fn compare(suite: &Suite) {
    let json_pass = ["--package", "vwi-core", "--example", "json_pass"];
    let json_pass = Suite::built(&json_pass, "examples/json_pass");
    let folder = tempfile::tempdir().expect("a folder");
    let translate = suite.step("translate");
    let mut plain = None;
    for count in [100_000, 1_000_000] {
        let path = folder.path().join(format!("{count}.json"));
        list(&path, count, 1);
        rivals(&translate, &json_pass, count, &path);
        plain = peak(&translate, &format!("{count}"), &path);
    }
    let path = folder.path().join("cut.json");
    list(&path, 1_000_000, CUT);
    let cut = peak(&translate, "1000000 cut names", &path);
    if let (Some(plain), Some(cut)) = (plain, cut) {
        let bytes = cut.saturating_sub(plain) * 1024 / 1_000_000;
        println!("memory for each cut name: {bytes} bytes");
    }
}

/// Runs translate against what else reads the list.
fn rivals(translate: &Path, json_pass: &Path, count: u32, path: &Path) {
    let open = || Stdio::from(File::open(path).expect("the list"));
    let ours = format!("{count} ServiceAccounts");
    let against = |name: &str, runs: usize, program: &Path, arguments: &[&str]| {
        in_turn(
            runs,
            (&ours, || {
                quiet(Command::new(translate).args(ARGUMENTS).stdin(open()));
            }),
            (name, || {
                quiet(Command::new(program).args(arguments).stdin(open()));
            }),
        );
    };
    against("cat", 3, Path::new("cat"), &[]);
    against("serde_json alone", 3, json_pass, &[]);
    if Command::new("jq").arg("--version").output().is_ok() {
        against("jq", 3, Path::new("jq"), &["-c", ".items[]"]);
    } else {
        println!("jq is not there");
    }
}

fn peak(translate: &Path, what: &str, path: &Path) -> Option<u64> {
    let input = Stdio::from(File::open(path).expect("the list"));
    let peak = peak_memory(translate, &ARGUMENTS, input);
    match peak {
        Some(kilobytes) => println!("peak memory for {what}: {kilobytes} KiB"),
        None => println!("peak memory not measured: no /usr/bin/time"),
    }
    peak
}
