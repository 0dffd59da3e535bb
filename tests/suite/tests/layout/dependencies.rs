//! Who may depend on whom.

use std::collections::BTreeSet;

use cargo_metadata::DependencyKind;

use crate::{metadata, output};

const STEPS: [&str; 4] = [
    "kubectl-vwi-translate",
    "kubectl-vwi-federate",
    "kubectl-vwi-annotate",
    "kubectl-vwi-check",
];

const UMBRELLA: &str = "kubectl-vwi";

/// The workspace's own packages that each shared package may use: pure code below, then adapters,
/// then command-line parts.
const SHARED: [(&str, &[&str]); 6] = [
    ("vwi-core", &[]),
    ("vwi-http", &["vwi-core"]),
    ("vwi-kubernetes", &["vwi-core"]),
    ("vwi-azure", &["vwi-core", "vwi-http"]),
    ("vwi-platform", &["vwi-core", "vwi-http"]),
    (
        "vwi-cli",
        &[
            "vwi-core",
            "vwi-http",
            "vwi-kubernetes",
            "vwi-azure",
            "vwi-platform",
        ],
    ),
];

/// Packages that exist for tests and releases only.
const TOOLS: [&str; 7] = [
    "vwi-bed",
    "vwi-krew",
    "vwi-test-azure",
    "vwi-test-platform",
    "vwi-test-server",
    "vwi-test-syncer",
    "vwi-tests",
];

/// What pure code is compiled without: clusters, run times, command lines, HTTP.
const NOT_PURE: [&str; 8] = [
    "azure_core",
    "clap",
    "hyper",
    "k8s-openapi",
    "kube",
    "reqwest",
    "rustls",
    "tokio",
];

/// The workspace's own packages that a package is built with.
fn own(package: &str) -> BTreeSet<String> {
    let metadata = metadata();
    let packages = metadata.workspace_packages();
    let package = packages.iter().find(|known| known.name == package).unwrap();
    let normal = package.dependencies.iter().filter(|dependency| {
        dependency.path.is_some() && dependency.kind != DependencyKind::Development
    });
    normal.map(|dependency| dependency.name.clone()).collect()
}

fn assert_within(package: &str, allowed: &[&str]) {
    let allowed = allowed.iter().map(|name| (*name).to_owned()).collect();
    let other: Vec<_> = own(package).difference(&allowed).cloned().collect();
    assert_eq!(
        other,
        Vec::<String>::new(),
        "`{package}` must not use these"
    );
}

#[test]
fn no_step_depends_on_a_step() {
    let shared = SHARED.map(|(name, _)| name);
    for step in STEPS {
        assert_within(step, &shared);
    }
}

#[test]
fn the_umbrella_links_steps_and_command_line_parts_only() {
    let steps = STEPS.iter().copied();
    let allowed: Vec<_> = steps.chain(["vwi-cli", "vwi-core"]).collect();
    assert_within(UMBRELLA, &allowed);
    let linked = own(UMBRELLA);
    let missing: Vec<_> = STEPS
        .into_iter()
        .filter(|step| !linked.contains(*step))
        .collect();
    assert_eq!(missing, Vec::<&str>::new(), "not linked");
}

#[test]
fn shared_packages_stand_in_layers() {
    for (package, below) in SHARED {
        assert_within(package, below);
    }
}

#[test]
fn every_package_has_its_place() {
    let known: BTreeSet<_> = SHARED
        .iter()
        .map(|(name, _)| *name)
        .chain(STEPS)
        .chain(TOOLS)
        .chain([UMBRELLA])
        .collect();
    let metadata = metadata();
    let packages = metadata.workspace_packages();
    let found: BTreeSet<_> = packages
        .iter()
        .map(|package| package.name.as_str())
        .collect();
    assert_eq!(found, known);
}

#[test]
fn pure_code_is_compiled_without_clients() {
    let arguments = [
        "tree",
        "--package",
        "vwi-core",
        "--edges",
        "normal",
        "--prefix",
        "none",
    ];
    let tree = output(env!("CARGO"), &arguments);
    let packages = tree.lines().filter_map(|line| line.split(' ').next());
    let impure: BTreeSet<_> = packages
        .filter(|package| {
            let of = |client: &str| {
                let rest = package.strip_prefix(client);
                rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['-', '_']))
            };
            NOT_PURE.iter().any(|client| of(client))
        })
        .collect();
    assert_eq!(impure, BTreeSet::new());
}

/// kube's own connections can run credential plugins, whose output they put into errors, and bring a
/// engine for paths in JSON along; without TLS they reach no API server.
#[test]
fn what_is_released_connects_with_our_service_alone() {
    let arguments = [
        "tree",
        "--package",
        UMBRELLA,
        "--edges",
        "normal,features",
        "--prefix",
        "none",
    ];
    let tree = output(env!("CARGO"), &arguments);
    let of_kube = tree
        .lines()
        .filter(|line| line.starts_with("kube-client feature "));
    let features: BTreeSet<_> = of_kube.filter_map(|line| line.split('"').nth(1)).collect();
    assert!(features.contains("client"), "{features:?}");
    assert!(!features.contains("rustls-tls"), "{features:?}");
    assert!(!features.contains("openssl-tls"), "{features:?}");
}

/// One name, four places: folder, package, program, and the plugin's name for kubectl.
#[test]
fn plugins_are_called_like_their_folder() {
    let metadata = metadata();
    let packages = metadata.workspace_packages();
    let plugins = STEPS.into_iter().chain([UMBRELLA]);
    for plugin in plugins {
        let package = packages
            .iter()
            .find(|package| package.name == plugin)
            .unwrap();
        let folder = format!("plugins/{plugin}/Cargo.toml");
        assert!(package.manifest_path.ends_with(&folder), "{folder}");
        let targets = package.targets.iter();
        let programs: Vec<_> = targets
            .filter(|t| t.is_bin())
            .map(|t| t.name.as_str())
            .collect();
        assert_eq!(programs, [plugin]);
    }
}
