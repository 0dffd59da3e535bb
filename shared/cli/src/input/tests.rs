use std::io::Write;
use std::os::fd::AsRawFd;
use std::os::unix::fs::symlink;
use std::os::unix::net::UnixListener;

use vwi_core::record::ConditionStatus;
use vwi_core::step::Step;
use vwi_core::stream::{StreamEnd, write_line};

use super::*;
use crate::kept::Kept;
use crate::talk::Verbosity;

fn talk() -> Talk {
    let quiet = Verbosity {
        quiet: true,
        ..Verbosity::default()
    };
    Talk::to(Step::Federate, quiet, Kept::default())
}

fn flags(files: &[&Path], partial: bool) -> InputFlags {
    InputFlags {
        filenames: files
            .iter()
            .map(|path| path.to_str().unwrap().to_owned())
            .collect(),
        partial,
        ..InputFlags::default()
    }
}

fn of_a_step(name: &str) -> Record {
    let mut record = Record::new("n", name);
    record.set_condition(Step::Translate, ConditionStatus::True, "Proven", "");
    record
}

fn end(records: u64, scope: &str, error: Option<&str>) -> StreamEnd {
    StreamEnd {
        step: "translate".to_owned(),
        records,
        selection: Some(Selection::all(scope)),
        error: error.map(str::to_owned),
        ..StreamEnd::default()
    }
}

fn lines(records: &[Record], end: Option<StreamEnd>) -> Vec<u8> {
    let mut text = Vec::new();
    for record in records {
        write_line(&mut text, record).unwrap();
    }
    if let Some(end) = end {
        write_line(&mut text, &end).unwrap();
    }
    text
}

fn names(collected: &Collected) -> Vec<String> {
    let records = collected.records.records().unwrap();
    records
        .map(|record| record.unwrap().name().to_owned())
        .collect()
}

#[test]
fn several_files_are_one_input() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    fs::write(
        path("a.json"),
        lines(&[of_a_step("a")], Some(end(1, "x", None))),
    )
    .unwrap();
    fs::write(
        path("b.yaml"),
        "apiVersion: vwi/v1alpha1\nkind: WorkloadIdentity\nmetadata: {name: b}\n",
    )
    .unwrap();
    fs::write(
        path("c.jsonl"),
        lines(&[of_a_step("c")], Some(end(1, "y", None))),
    )
    .unwrap();
    fs::write(path("empty.yml"), " \n").unwrap();
    fs::create_dir(path("inner")).unwrap();
    fs::write(
        path("inner/d.json"),
        lines(&[of_a_step("d")], Some(end(1, "z", None))),
    )
    .unwrap();

    let collect = |flags: &InputFlags| collect(flags, false, &talk()).unwrap().unwrap();
    let of_folder = collect(&flags(&[folder.path()], false));
    assert_eq!(
        names(&of_folder),
        ["a", "b"],
        "`.jsonl` by name alone, inner folders with `-R`"
    );
    let recursive = InputFlags {
        recursive: true,
        ..flags(&[folder.path()], false)
    };
    assert_eq!(names(&collect(&recursive)), ["a", "b", "d"]);
    let by_name = collect(&flags(&[&path("c.jsonl"), &path("a.json")], false));
    assert_eq!(names(&by_name), ["c", "a"]);
    assert_eq!(by_name.selection, Some(Selection::all("y, x")));
    let partial = collect(&flags(&[&path("c.jsonl")], true));
    assert_eq!(
        partial.selection,
        Some(Selection::Narrowed {
            by: vec!["partial".to_owned()]
        })
    );
}

#[test]
fn input_that_is_not_whole_is_refused_and_says_the_flag() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.json");
    let collected = |text: &[u8], partial| {
        fs::write(&file, text).unwrap();
        collect(&flags(&[&file], partial), false, &talk())
    };
    let cut = lines(&[of_a_step("a")], None);
    let error = collected(&cut, false).unwrap_err();
    assert_eq!(error.outcome(), Outcome::CouldNotRun);
    assert!(error.to_string().contains("nothing was changed"), "{error}");
    assert!(error.hint().unwrap().contains("`--partial`"));
    assert_eq!(names(&collected(&cut, true).unwrap().unwrap()), ["a"]);

    let failed = lines(&[], Some(end(0, "x", Some("no\ncluster"))));
    for partial in [false, true] {
        let error = collected(&failed, partial).unwrap_err();
        assert_eq!(
            error.to_string(),
            r"`translate` could not run: no\u{a}cluster"
        );
    }
    let nothing_selected = lines(&[], Some(end(0, "x", None)));
    assert!(
        collected(&nothing_selected, false)
            .unwrap()
            .unwrap()
            .records
            .is_empty()
    );
    assert!(collected(b"{", true).is_err());
    fs::remove_file(&file).unwrap();
    let error = collect(&flags(&[&file], false), false, &talk()).unwrap_err();
    assert_eq!(error.outcome(), Outcome::CouldNotRun);
}

#[test]
fn what_is_selected_otherwise_is_not_asked_of_standard_input() {
    assert!(
        collect(&InputFlags::default(), true, &talk())
            .unwrap()
            .is_none()
    );
}

#[test]
fn standard_input_named_twice_is_a_fault_of_the_command_line() {
    let files = ["-", "a.yaml", "-"].map(Path::new);
    let error = collect(&flags(&files, false), false, &talk()).unwrap_err();
    assert_eq!(error.outcome(), Outcome::Usage);
    assert_eq!(error.to_string(), "standard input can be read but once");
}

#[test]
fn a_folder_without_manifests_is_warned_of() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("notes.txt"), "none").unwrap();
    let kept = Kept::default();
    let talk = Talk::to(Step::Federate, Verbosity::default(), kept.clone());
    let none = sources(&flags(&[folder.path()], false), false, &talk).unwrap();
    assert_eq!(none, Some(Vec::new()));
    assert_eq!(
        kept.text(),
        format!(
            "federate: warning: `{}` has no file that ends in .json, .yaml or .yml\n",
            folder.path().display()
        )
    );
}

#[test]
fn each_manifest_of_a_folder_is_read_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    // As the kubelet mounts a ConfigMap.
    fs::create_dir(path("..2026_11_26")).unwrap();
    fs::write(path("..2026_11_26/a.yaml"), "").unwrap();
    symlink("..2026_11_26", path("..data")).unwrap();
    symlink("..data/a.yaml", path("a.yaml")).unwrap();
    fs::create_dir(path("inner")).unwrap();
    fs::write(path("inner/b.yaml"), "").unwrap();
    symlink("..", path("inner/loop")).unwrap();
    symlink("inner", path("other.yaml")).unwrap();
    symlink("nowhere", path("dangling.json")).unwrap();
    // Neither a file nor a folder, as a pipe is.
    let _socket = UnixListener::bind(path("socket.yaml")).unwrap();

    let recursive = InputFlags {
        recursive: true,
        ..flags(&[folder.path()], false)
    };
    let found = sources(&recursive, false, &talk()).unwrap().unwrap();
    let expected = ["a.yaml", "dangling.json", "inner/b.yaml"];
    assert_eq!(found, expected.map(|name| Source::File(path(name))));
    let error = collect(&recursive, false, &talk()).unwrap_err();
    assert!(error.to_string().contains("dangling.json"), "{error}");
}

#[test]
fn what_needs_no_record_is_done_meanwhile_and_holds_nothing_up() {
    let folder = tempfile::tempdir().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    // The input comes only once the other work is done.
    let (reader, mut writer) = io::pipe().unwrap();
    let text = lines(&[of_a_step("a")], Some(end(1, "x", None)));
    let mut early = Early::new(async move {
        writer.write_all(&text).unwrap();
        Some("done")
    });
    let path = PathBuf::from(format!("/proc/self/fd/{}", reader.as_raw_fd()));
    let files = flags(&[&path], false);
    let collected = runtime
        .block_on(collect_while(&files, false, &talk(), &mut early))
        .unwrap();
    assert_eq!(names(&collected.unwrap()), ["a"]);
    assert_eq!(runtime.block_on(early.finish()), Some("done"));

    let file = folder.path().join("cut");
    fs::write(&file, lines(&[of_a_step("a")], None)).unwrap();
    let mut never = Early::new(std::future::pending::<Option<()>>());
    let cut = runtime.block_on(collect_while(
        &flags(&[&file], false),
        false,
        &talk(),
        &mut never,
    ));
    assert!(matches!(cut, Err(InputError::Incomplete { .. })), "{cut:?}");
}
