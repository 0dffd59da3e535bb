//! A manifest that obeys every rule, and for each rule a mutant that breaks it.

mod mutants;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use self::mutants::MUTANTS;
use super::{SCHEMA, Subject, check, lint, rules};
use crate::archive::{Archive, Entry, EntryKind};
use crate::manifest::{FileOperation, Manifest, PlatformEntry, Requirement, Selector};
use crate::render::{manifest, yaml};

const VERSION: &str = "v1.2.3";

/// Changes a good case into another one.
type Mutate = fn(&mut Case);

struct Case {
    file: PathBuf,
    manifest: Manifest,
    archives: Vec<Archive>,
}

impl Case {
    fn good() -> Self {
        let archives = vec![archive("linux-amd64", ""), archive("windows-arm64", ".exe")];
        Self {
            file: PathBuf::from("krew-manifests/vwi.yaml"),
            manifest: manifest(&archives, None).unwrap(),
            archives,
        }
    }

    fn mutant(mutate: Mutate) -> Self {
        let mut case = Self::good();
        mutate(&mut case);
        case
    }

    fn broken(&self) -> BTreeSet<&'static str> {
        let findings = check(&Subject {
            file: &self.file,
            manifest: &self.manifest,
            version: VERSION,
            archives: &self.archives,
        });
        findings.into_iter().map(|finding| finding.rule).collect()
    }

    fn linux(&mut self) -> &mut PlatformEntry {
        let entries = &mut self.manifest.spec.platforms;
        entries
            .iter_mut()
            .find(|entry| entry.uri.contains("linux"))
            .unwrap()
    }

    fn windows(&mut self) -> &mut PlatformEntry {
        let entries = &mut self.manifest.spec.platforms;
        entries
            .iter_mut()
            .find(|entry| entry.uri.contains("windows"))
            .unwrap()
    }

    fn select(&mut self, selector: Selector) {
        self.linux().selector = Some(selector);
    }

    fn expression(&mut self, key: &str, operator: &str, values: &[&str]) {
        self.select(Selector {
            match_labels: None,
            match_expressions: Some(vec![Requirement {
                key: key.to_owned(),
                operator: operator.to_owned(),
                values: Some(values.iter().map(|value| (*value).to_owned()).collect()),
            }]),
        });
    }

    fn operation(&mut self, from: &str, to: &str) {
        let files = self.linux().files.as_mut().unwrap();
        files.push(FileOperation::new(from, to));
    }

    fn entry(&mut self, name: &str) -> &mut Entry {
        let mut entries = self.archives[0].entries.iter_mut();
        entries.find(|entry| entry.path.ends_with(name)).unwrap()
    }
}

fn archive(platform: &str, extension: &str) -> Archive {
    let folder = format!("kubectl-vwi-{VERSION}-{platform}");
    let entry = |path: &str, kind, mode| Entry {
        path: format!("{folder}/{path}"),
        kind,
        mode,
        owner: (0, 0),
        modified: 315_532_800,
        size: if kind == EntryKind::Folder { 0 } else { 9 },
    };
    Archive {
        name: format!("{folder}.tar.gz"),
        sha256: "0123456789abcdef".repeat(4),
        entries: vec![
            entry("", EntryKind::Folder, 0o755),
            entry("LICENSE", EntryKind::File, 0o644),
            entry("README.md", EntryKind::File, 0o644),
            entry(&format!("kubectl-vwi{extension}"), EntryKind::File, 0o755),
        ],
    }
}

fn labels(pairs: &[(&str, &str)]) -> Selector {
    let own = |(key, value): &(&str, &str)| ((*key).to_owned(), (*value).to_owned());
    Selector {
        match_labels: Some(pairs.iter().map(own).collect::<BTreeMap<_, _>>()),
        match_expressions: None,
    }
}

#[test]
fn a_rendered_manifest_obeys_every_rule() {
    let Case {
        file,
        manifest,
        archives,
    } = Case::good();
    let text = yaml(&manifest).unwrap();
    assert_eq!(lint(&file, &text, VERSION, &archives), []);
}

#[test]
fn every_mutant_breaks_its_rule() {
    for (rule, mutants) in MUTANTS {
        for (number, mutate) in mutants.iter().enumerate() {
            let broken = Case::mutant(*mutate).broken();
            assert!(broken.contains(rule), "{rule}, mutant {number}: {broken:?}");
        }
    }
}

#[test]
fn every_rule_has_a_mutant() {
    let tried: BTreeSet<_> = MUTANTS
        .iter()
        .map(|(rule, _)| *rule)
        .chain([SCHEMA])
        .collect();
    assert_eq!(rules().collect::<BTreeSet<_>>(), tried);
}

#[test]
fn unknown_fields_are_refused_at_every_level() {
    let good = yaml(&Case::good().manifest).unwrap();
    for (before, unknown) in [
        ("kind:", "status: {}\n"),
        ("  name:", "  labels: {}\n"),
        ("  caveats:", "  cavets: x\n"),
        ("    bin:", "    libc: musl\n"),
        ("      matchLabels:", "      matchFields: []\n"),
    ] {
        let text = good.replacen(before, &format!("{unknown}{before}"), 1);
        assert_ne!(text, good);
        let findings = lint(&Case::good().file, &text, VERSION, &[]);
        let rules: Vec<_> = findings.iter().map(|finding| finding.rule).collect();
        assert_eq!(rules, [SCHEMA], "{unknown}");
    }
}

#[test]
fn what_krew_accepts_passes() {
    let accepted: &[Mutate] = &[
        |case| {
            case.linux().files = None;
            case.linux().bin = "kubectl-vwi-v1.2.3-linux-amd64/kubectl-vwi".to_owned();
        },
        |case| case.expression("os", "In", &["linux"]),
        |case| case.expression("os", "NotIn", &["windows", "darwin"]),
        |case| case.select(labels(&[("os", "linux")])),
        |case| case.manifest.spec.caveats.clear(),
        |case| {
            case.entry("LICENSE").path = "./kubectl-vwi-v1.2.3-linux-amd64/Copying".to_owned();
            case.linux().files.as_mut().unwrap()[1].from = "*/Copying".to_owned();
        },
    ];
    for (number, mutate) in accepted.iter().enumerate() {
        let broken = Case::mutant(*mutate).broken();
        assert_eq!(broken, BTreeSet::new(), "{number}");
    }
}
