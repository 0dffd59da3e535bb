//! Each rule with mutants of a good manifest that it must refuse.

use super::{Mutate, archive, labels};
use crate::archive::EntryKind;
use crate::manifest::{FileOperation, Selector};

/// Rules with the mutants that each of them must refuse.
pub(super) const MUTANTS: &[(&str, &[Mutate])] = &[
    (
        "file-extension",
        &[
            |case| case.file.set_extension("yml").then_some(()).unwrap(),
            |case| case.file.set_extension("").then_some(()).unwrap(),
        ],
    ),
    ("file-name", &[|case| case.file.set_file_name("vwi2.yaml")]),
    (
        "api-version",
        &[
            |case| case.manifest.api_version.clear(),
            |case| case.manifest.api_version = "krew.googlecontainertools.github.com/v1".to_owned(),
        ],
    ),
    ("kind", &[|case| case.manifest.kind = "plugin".to_owned()]),
    (
        "name-characters",
        &[
            |case| case.manifest.metadata.name.clear(),
            |case| case.manifest.metadata.name = "vwi.x".to_owned(),
            |case| case.manifest.metadata.name = "vwï".to_owned(),
        ],
    ),
    (
        "name-reserved",
        &[
            |case| case.manifest.metadata.name = "nul".to_owned(),
            |case| case.manifest.metadata.name = "Com1".to_owned(),
            |case| case.manifest.metadata.name = "LPT9".to_owned(),
        ],
    ),
    (
        "short-description-present",
        &[|case| case.manifest.spec.short_description.clear()],
    ),
    (
        "short-description-line",
        &[
            |case| case.manifest.spec.short_description = "two\nlines".to_owned(),
            |case| case.manifest.spec.short_description = "two\rlines".to_owned(),
        ],
    ),
    (
        "version-prefix",
        &[|case| case.manifest.spec.version = "1.2.3".to_owned()],
    ),
    (
        "version-semantic",
        &[
            |case| case.manifest.spec.version = "v1.2".to_owned(),
            |case| case.manifest.spec.version = "v1.02.3".to_owned(),
            |case| case.manifest.spec.version = "vv1.2.3".to_owned(),
        ],
    ),
    (
        "platforms-present",
        &[|case| case.manifest.spec.platforms.clear()],
    ),
    ("uri-present", &[|case| case.linux().uri.clear()]),
    (
        "sha256",
        &[
            |case| case.linux().sha256.clear(),
            |case| case.linux().sha256 = "0123456789ABCDEF".repeat(4),
            |case| case.linux().sha256.push('0'),
            |case| case.linux().sha256 = "0123456789abcdeg".repeat(4),
        ],
    ),
    ("bin-present", &[|case| case.linux().bin.clear()]),
    ("files-some", &[|case| case.linux().files = Some(vec![])]),
    (
        "files-complete",
        &[
            |case| case.operation("", "."),
            |case| case.operation("*", ""),
        ],
    ),
    ("selector-present", &[|case| case.linux().selector = None]),
    (
        "selector-some",
        &[
            |case| case.select(Selector::default()),
            |case| {
                case.select(Selector {
                    match_labels: None,
                    match_expressions: Some(vec![]),
                });
            },
        ],
    ),
    ("match-labels-some", &[|case| case.select(labels(&[]))]),
    (
        "match-expressions-some",
        &[|case| {
            let selector = case.linux().selector.as_mut().unwrap();
            selector.match_expressions = Some(vec![]);
        }],
    ),
    (
        "selector-keys",
        &[
            |case| case.select(labels(&[("os", "linux"), ("libc", "musl")])),
            |case| case.expression("libc", "DoesNotExist", &[]),
        ],
    ),
    (
        "selector-operators",
        &[|case| case.expression("os", "in", &["linux"])],
    ),
    (
        "coverage",
        &[
            |case| case.select(labels(&[("os", "linux"), ("arch", "riscv64")])),
            |case| case.select(labels(&[("os", "linux"), ("arch", "s390x")])),
            |case| case.expression("os", "In", &[]),
            |case| case.expression("os", "NotIn", &["linux", "windows", "darwin"]),
            |case| case.expression("os", "Exists", &["linux"]),
            |case| case.expression("os", "DoesNotExist", &[]),
        ],
    ),
    (
        "overlap",
        &[
            |case| case.select(labels(&[("os", "windows")])),
            |case| case.expression("os", "In", &["linux", "windows"]),
            |case| case.expression("os", "NotIn", &["darwin"]),
            |case| case.expression("arch", "Exists", &[]),
            |case| {
                let same = case.linux().clone();
                case.manifest.spec.platforms.push(same);
            },
        ],
    ),
    (
        "name-kebab",
        &[
            |case| case.manifest.metadata.name = "Vwi".to_owned(),
            |case| case.manifest.metadata.name = "vwi_check".to_owned(),
            |case| case.manifest.metadata.name = "vwi-".to_owned(),
        ],
    ),
    (
        "short-description-length",
        &[|case| case.manifest.spec.short_description = "x".repeat(51)],
    ),
    (
        "description-present",
        &[|case| case.manifest.spec.description = "\n".to_owned()],
    ),
    (
        "description-width",
        &[|case| case.manifest.spec.description = "x".repeat(81)],
    ),
    (
        "caveats-width",
        &[|case| case.manifest.spec.caveats = "x".repeat(81)],
    ),
    (
        "homepage",
        &[
            |case| case.manifest.spec.homepage.clear(),
            |case| case.manifest.spec.homepage = "http://example.com".to_owned(),
        ],
    ),
    (
        "version-workspace",
        &[|case| case.manifest.spec.version = "v1.2.4".to_owned()],
    ),
    (
        "uri-version",
        &[|case| case.linux().uri = "https://example.com/latest.tar.gz".to_owned()],
    ),
    (
        "uri-https",
        &[|case| {
            let plain = case.linux().uri.replace("https:", "http:");
            case.linux().uri = plain;
        }],
    ),
    (
        "files-clean",
        &[
            |case| case.operation("*/README.md", "./readme"),
            |case| case.operation("*/README.md", "docs/"),
            |case| case.operation("*/README.md", "../docs"),
            |case| case.operation("*/README.md", "/docs"),
        ],
    ),
    (
        "files-pattern",
        &[
            |case| case.operation("**/README.md", "."),
            |case| case.operation("*/README.m?", "."),
            |case| case.operation("*/[R]EADME.md", "."),
        ],
    ),
    (
        "bin-inside",
        &[
            |case| case.linux().bin = "../kubectl-vwi".to_owned(),
            |case| case.linux().bin = "a/../../kubectl-vwi".to_owned(),
            |case| case.linux().bin = "/kubectl-vwi".to_owned(),
            |case| case.linux().bin = ".".to_owned(),
            |case| case.linux().bin = "..\\kubectl-vwi".to_owned(),
        ],
    ),
    (
        "bin-windows",
        &[|case| case.windows().bin = "kubectl-vwi".to_owned()],
    ),
    (
        "archive-digest",
        &[|case| case.linux().sha256 = "f".repeat(64)],
    ),
    (
        "archive-install",
        &[
            |case| case.entry("LICENSE").kind = EntryKind::Other(b'1'),
            |case| case.entry("LICENSE").kind = EntryKind::Other(b'2'),
            |case| case.entry("LICENSE").path = "../LICENSE".to_owned(),
            |case| case.entry("LICENSE").path = "a..b".to_owned(),
            |case| case.entry("LICENSE").path = "/LICENSE".to_owned(),
            |case| case.entry("LICENSE").path = "\\LICENSE".to_owned(),
            |case| case.operation("*/LICENSE", "second"),
            |case| case.operation("man/*", "."),
            |case| case.operation("*/LICENSE", "./x"),
            |case| {
                // Both become `LICENSE`; krew keeps the later one without a word.
                case.linux().files = Some(vec![FileOperation::new("*/LICENSE", ".")]);
                let mut other = case.entry("LICENSE").clone();
                other.path = "other/LICENSE".to_owned();
                case.archives[0].entries.push(other);
            },
        ],
    ),
    (
        "archive-bin",
        &[
            |case| case.entry("kubectl-vwi").mode = 0o644,
            |case| case.entry("kubectl-vwi").size = 0,
            |case| case.linux().bin = "kubectl-vwi-translate".to_owned(),
            |case| {
                // A folder satisfies krew.
                case.operation("*/README.md", "docs/readme");
                case.linux().files.as_mut().unwrap().remove(2);
                case.linux().bin = "docs".to_owned();
            },
        ],
    ),
    (
        "archive-license",
        &[|case| {
            let files = case.linux().files.as_mut().unwrap();
            files.retain(|file| !file.from.ends_with("LICENSE"));
        }],
    ),
    (
        "archive-used",
        &[|case| case.archives.push(archive("darwin-arm64", ""))],
    ),
];
