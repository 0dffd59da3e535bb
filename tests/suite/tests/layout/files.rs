//! What files hold: one subject each, and nothing of the machine they were written on.

use std::path::Path;

use regex::RegexSet;

use crate::{root, tracked};

/// Longest source file, in lines.
const LONGEST: usize = 400;

/// Longest `main.rs` of a plugin, in lines: one screen.
const SCREEN: usize = 40;

/// Source files that are longer, and why.
const LONGER: &[(&str, &str)] = &[];

/// Lists of what was resolved; they name hosts by their nature.
const NOT_OURS: [&str; 2] = ["Cargo.lock", "go.sum"];

/// What no file of ours names. Each is written in two pieces, so that this one does not either.
const UNWANTED: &[&str] = &[
    // Paths of a machine
    concat!("/wo", "rk/"),
    concat!("/ro", "ot/"),
    concat!("/tmp/", "boot"),
    concat!("/ho", r"me/[a-z]"),
    concat!("/Us", "ers/[a-z]"),
    // Hosts of package registries
    concat!(r"crates\.", "io"),
    concat!(r"pypi\.", "org"),
    concat!("python", "hosted"),
    concat!(r"proxy\.", "golang"),
    concat!(r"sum\.", "golang"),
    concat!(r"npmjs\.", "(com|org)"),
    // Who or what wrote it
    concat!("(?i)clau", "de"),
    concat!("(?i)anthro", "pic"),
    concat!("(?i)chat", "gpt"),
    concat!("(?i)cop", "ilot"),
    concat!("(?i)co-author", "ed-by"),
    concat!("(?i)language ", "model"),
    // Work that is not done
    concat!("TO", "DO"),
    concat!("FIX", "ME"),
    concat!("XX", "X:"),
];

fn is_rust(name: &str) -> bool {
    Path::new(name)
        .extension()
        .is_some_and(|extension| extension == "rs")
}

/// The text of a tracked file; nothing if it is not text.
fn text(name: &str) -> Option<String> {
    std::fs::read_to_string(root().join(name)).ok()
}

fn lines(name: &str) -> usize {
    text(name).map_or(0, |text| text.lines().count())
}

#[test]
fn source_files_can_be_read_in_one_sitting() {
    let excepted = |name: &str| LONGER.iter().any(|(longer, _)| *longer == name);
    let files = tracked().into_iter().filter(|name| is_rust(name));
    let long: Vec<_> = files
        .filter(|name| lines(name) > LONGEST && !excepted(name))
        .map(|name| (lines(&name), name))
        .collect();
    assert_eq!(long, [], "more than {LONGEST} lines");
}

#[test]
fn every_exception_is_needed_and_has_its_reason() {
    for (name, reason) in LONGER {
        assert!(lines(name) > LONGEST, "`{name}` needs no exception");
        assert!(!reason.is_empty(), "`{name}` has no reason");
    }
}

#[test]
fn programs_of_plugins_fit_on_a_screen() {
    let files = tracked().into_iter();
    let programs =
        files.filter(|name| name.starts_with("plugins/") && name.ends_with("/src/main.rs"));
    let long: Vec<_> = programs.filter(|name| lines(name) > SCREEN).collect();
    assert_eq!(long, Vec::<String>::new());
}

#[test]
fn every_source_file_says_what_it_is_about() {
    // A file of unit tests is about the module that it is named for.
    let about = |name: &String| is_rust(name) && !name.ends_with("/tests.rs");
    let files = tracked().into_iter().filter(about);
    let silent: Vec<_> = files
        .filter(|name| text(name).is_some_and(|text| !text.starts_with("//!")))
        .collect();
    assert_eq!(silent, Vec::<String>::new());
}

#[test]
fn modules_stand_beside_their_folder() {
    let files = tracked().into_iter();
    let named: Vec<_> = files.filter(|name| name.ends_with("/mod.rs")).collect();
    assert_eq!(named, Vec::<String>::new(), "`foo.rs` beside `foo/`");
}

#[test]
fn no_file_names_machines_registries_or_writers() {
    let unwanted = RegexSet::new(UNWANTED).unwrap();
    let ours = |name: &String| !NOT_OURS.iter().any(|other| name.contains(other));
    let mut found = Vec::new();
    for name in tracked().into_iter().filter(ours) {
        for (number, line) in text(&name).iter().flat_map(|text| text.lines().enumerate()) {
            if unwanted.is_match(line) {
                found.push(format!("{name}:{}: {line}", number + 1));
            }
        }
    }
    assert_eq!(found, Vec::<String>::new());
}
