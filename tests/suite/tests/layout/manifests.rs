//! Versions, lints and profiles stand once, in the root manifest.

use std::collections::{BTreeMap, BTreeSet};

use toml::{Table, Value};

use crate::{metadata, root};

const KINDS: [&str; 3] = ["dependencies", "dev-dependencies", "build-dependencies"];

/// Fields that every package takes from the workspace.
const INHERITED: [&str; 5] = ["version", "edition", "rust-version", "license", "publish"];

fn parse(path: &std::path::Path) -> Table {
    std::fs::read_to_string(path).unwrap().parse().unwrap()
}

fn members() -> BTreeMap<String, Table> {
    let metadata = metadata();
    let packages = metadata.workspace_packages();
    let read = packages.iter().map(|package| {
        let manifest = parse(package.manifest_path.as_std_path());
        (package.name.to_string(), manifest)
    });
    read.collect()
}

/// Every dependency that a manifest names, those for one target included.
fn dependencies(manifest: &Table) -> Vec<(String, Value)> {
    let targets = manifest.get("target").and_then(Value::as_table);
    let targets = targets
        .into_iter()
        .flat_map(Table::values)
        .filter_map(Value::as_table);
    let tables = targets.chain([manifest]);
    let tables = tables.flat_map(|table| KINDS.iter().filter_map(|kind| table.get(*kind)));
    let named = tables.filter_map(Value::as_table).flatten();
    named
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}

fn inherits(value: Option<&Value>) -> bool {
    let inherited = value.and_then(|value| value.get("workspace"));
    inherited.and_then(Value::as_bool) == Some(true)
}

#[test]
fn packages_take_everything_from_the_workspace() {
    let mut own = Vec::new();
    for (name, manifest) in members() {
        let package = manifest.get("package").unwrap();
        let fields = INHERITED
            .iter()
            .filter(|field| !inherits(package.get(**field)));
        own.extend(fields.map(|field| format!("{name}: package.{field}")));
        if !inherits(manifest.get("lints")) {
            own.push(format!("{name}: lints"));
        }
        if manifest.contains_key("profile") {
            own.push(format!("{name}: profile"));
        }
        let dependencies = dependencies(&manifest).into_iter();
        let foreign = dependencies.filter(|(_, value)| !inherits(Some(value)));
        own.extend(foreign.map(|(dependency, _)| format!("{name}: {dependency}")));
    }
    assert_eq!(own, Vec::<String>::new(), "these are not the workspace's");
}

#[test]
fn every_dependency_of_the_workspace_is_used() {
    let manifest = parse(&root().join("Cargo.toml"));
    let workspace = manifest.get("workspace").unwrap();
    let offered = workspace
        .get("dependencies")
        .and_then(Value::as_table)
        .unwrap();
    let offered: BTreeSet<_> = offered.keys().cloned().collect();
    let used: BTreeSet<_> = members()
        .values()
        .flat_map(dependencies)
        .map(|(name, _)| name)
        .collect();
    let unused: Vec<_> = offered.difference(&used).collect();
    assert_eq!(unused, Vec::<&String>::new());
}
