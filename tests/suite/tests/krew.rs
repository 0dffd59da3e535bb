//! The manifest and the archive obey krew's rules, and what krew makes of them works.
#![expect(
    clippy::unwrap_used,
    reason = "these are tests: what is not as expected ends the test"
)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use vwi_bed::require_kubectl;
use vwi_krew::archive::Archive;
use vwi_krew::install::install;
use vwi_krew::lint::lint;
use vwi_krew::manifest::{FileOperation, Manifest};
use vwi_krew::pack::{Release, Sources, pack};
use vwi_krew::platform::Platform;
use vwi_krew::render::{manifest, yaml};
use vwi_tests::installed::{Installed, plugin};

const VERSION: &str = concat!("v", env!("CARGO_PKG_VERSION"));

fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).unwrap().to_owned()
}

fn committed() -> (PathBuf, String) {
    let path = root().join("krew-manifests/vwi.yaml");
    let text = std::fs::read_to_string(&path).unwrap();
    (path, text)
}

/// An archive of the umbrella as it was built for these tests, and the manifest for it.
struct Packed {
    bytes: Vec<u8>,
    archive: Archive,
    manifest: Manifest,
}

impl Packed {
    /// Packs it once: it is large.
    fn get() -> &'static Self {
        static PACKED: OnceLock<Packed> = OnceLock::new();
        PACKED.get_or_init(Self::new)
    }

    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let release = Release {
            version: Release::version(VERSION).unwrap(),
            platform: Platform::find("linux", "amd64").unwrap(),
        };
        let sources = Sources {
            binary: plugin("kubectl-vwi"),
            license: root().join("LICENSE"),
            readme: root().join("README.md"),
        };
        let path = pack(&release, &sources, folder.path()).unwrap();
        let archive = Archive::read(&path).unwrap();
        let manifest = manifest(std::slice::from_ref(&archive), None).unwrap();
        Self {
            bytes: std::fs::read(path).unwrap(),
            archive,
            manifest,
        }
    }

    /// Unpacks the archive by hand into a folder, and returns the one that was in it.
    fn unpack(&self, to: &Path) -> PathBuf {
        let gzip = flate2::read::GzDecoder::new(self.bytes.as_slice());
        tar::Archive::new(gzip).unpack(to).unwrap();
        to.join(self.archive.name.strip_suffix(".tar.gz").unwrap())
    }
}

#[test]
fn the_committed_manifest_obeys_every_rule() {
    let (path, text) = committed();
    assert_eq!(lint(&path, &text, VERSION, &[]), []);
}

#[test]
fn the_committed_manifest_is_what_would_be_rendered_but_for_the_digest() {
    let packed = Packed::get();
    let (_, text) = committed();
    let line = |text: &str| {
        let found = text.lines().find(|line| line.contains("sha256:"));
        found.unwrap().to_owned()
    };
    let rendered = yaml(&packed.manifest).unwrap();
    assert_eq!(rendered.replace(&line(&rendered), &line(&text)), text);
}

#[test]
fn a_packed_archive_and_its_manifest_obey_every_rule() {
    let packed = Packed::get();
    let text = yaml(&packed.manifest).unwrap();
    let findings = lint(
        Path::new("vwi.yaml"),
        &text,
        VERSION,
        std::slice::from_ref(&packed.archive),
    );
    assert_eq!(findings, []);
}

#[test]
fn the_archive_unpacked_by_hand_gives_a_working_plugin() {
    let Some(kubectl) = require_kubectl() else {
        return;
    };
    let installed = Installed::empty();
    let unpacked = Packed::get().unpack(installed.elsewhere());
    installed.link("kubectl-vwi", &unpacked.join("kubectl-vwi"));
    let version = installed.program(&kubectl).args(["vwi", "version"]);
    let finished = version.run().unwrap();
    assert_eq!(finished.status, Some(0), "{}", finished.stderr);
    let expected = format!("kubectl-vwi {VERSION} (");
    assert!(
        finished.stdout.starts_with(&expected),
        "{}",
        finished.stdout
    );
}

/// krew's store, with one link for the plugin `vwi` and one for a thin `vwi-translate`.
#[test]
fn krews_layout_gives_a_working_plugin() {
    let Some(kubectl) = require_kubectl() else {
        return;
    };
    let packed = Packed::get();
    let entry = &packed.manifest.spec.platforms[0];
    let operations = entry
        .files
        .clone()
        .unwrap_or_else(FileOperation::everything);
    let files = install(&packed.archive, &operations).unwrap();
    let names: Vec<_> = files.keys().map(String::as_str).collect();
    assert_eq!(names, ["LICENSE", "README.md", "kubectl-vwi"]);

    let installed = Installed::empty();
    let unpacked = packed.unpack(installed.elsewhere());
    let links = BTreeMap::from([
        ("vwi", "kubectl-vwi"),
        ("vwi-translate", "kubectl-vwi_translate"),
    ]);
    for (name, link) in links {
        let store = installed.elsewhere().join("store").join(name).join(VERSION);
        std::fs::create_dir_all(&store).unwrap();
        for file in files.keys() {
            std::fs::copy(unpacked.join(file), store.join(file)).unwrap();
        }
        installed.link(link, &store.join(&entry.bin));
    }
    for words in [&["vwi", "translate"][..], &["vwi-translate"]] {
        let help = installed.program(&kubectl).args(words).arg("--help");
        let finished = help.run().unwrap();
        assert_eq!(finished.status, Some(0), "{}", finished.stderr);
        let usage = format!("\nUsage: kubectl {} ", words.join(" "));
        assert!(finished.stdout.contains(&usage), "{}", finished.stdout);
    }
    let version = installed
        .program(&kubectl)
        .args(["vwi", "version", "-o", "json"]);
    let finished = version.run().unwrap();
    let report: serde_json::Value = serde_json::from_str(&finished.stdout).unwrap();
    assert_eq!(report["version"], VERSION);
    let store = installed.elsewhere().canonicalize().unwrap().join("store");
    let path = store.join("vwi").join(VERSION).join("kubectl-vwi");
    assert_eq!(report["path"], path.to_str().unwrap());
    assert_eq!(report["steps"][0]["words"], "kubectl vwi-translate");
    assert_eq!(report["steps"][0]["version"], VERSION);
}
