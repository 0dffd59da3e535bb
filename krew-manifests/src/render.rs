//! Renders the manifest of krew's plugin `vwi` from release archives.

use std::collections::BTreeMap;

use crate::archive::Archive;
use crate::error::KrewError;
use crate::manifest::{
    API_VERSION, FileOperation, KIND, Manifest, Metadata, PlatformEntry, Selector, Spec,
};
use crate::pack::{PROGRAM, Release};
use crate::platform::KNOWN;

/// The plugin's name; its manifest's file is called like it.
pub const NAME: &str = "vwi";

const HOMEPAGE: &str = "https://github.com/kubectl-vwi/kubectl-vwi";

const SHORT_DESCRIPTION: &str = "Azure workload identity for vCluster tenants";

const DESCRIPTION: &str = "\
Lets a workload in a vCluster tenant on AKS reach Azure as a managed identity,
with no secret anywhere. Four steps, each on its own or in a pipe:
translate finds what the host cluster calls the tenant's ServiceAccount,
federate makes the managed identity trust it, annotate tells the workload which
identity it is, and check says whether it works and, if not, why.
";

const CAVEATS: &str = "\
Needs a login for Azure (az login, or the environment of a workload identity)
and a kubeconfig with a context for the tenant and one for the host cluster.
";

const HEADER: &str = "# Rendered from release archives by `cargo krew render`; see README.md\n";

/// Returns where a release's archives are published.
pub fn releases(release: &Release) -> String {
    format!("{HOMEPAGE}/releases/download/v{}", release.version)
}

/// Makes the manifest for the platforms whose archives are given, which are published below
/// `base_url`, by default the release's own folder ([`releases`]).
///
/// # Errors
///
/// When there is no archive, or they are not of one version.
pub fn manifest(archives: &[Archive], base_url: Option<&str>) -> Result<Manifest, KrewError> {
    let mut releases = Vec::new();
    for archive in archives {
        releases.push((Release::from_file_name(&archive.name)?, archive));
    }
    // Always in krew's order, whatever the order of the arguments.
    releases.sort_by_key(|(release, _)| KNOWN.iter().position(|known| *known == release.platform));
    let (first, _) = releases.first().ok_or(KrewError::NoArchives)?;
    let version = &first.version;
    let base_url = base_url.map_or_else(|| self::releases(first), str::to_owned);
    let mut platforms = Vec::new();
    for (release, archive) in &releases {
        if release.version != *version {
            return Err(KrewError::Versions {
                name: archive.name.clone(),
                version: version.to_string(),
            });
        }
        platforms.push(entry(release, archive, base_url.trim_end_matches('/')));
    }
    Ok(Manifest {
        api_version: API_VERSION.to_owned(),
        kind: KIND.to_owned(),
        metadata: Metadata {
            name: NAME.to_owned(),
        },
        spec: Spec {
            version: format!("v{version}"),
            homepage: HOMEPAGE.to_owned(),
            short_description: SHORT_DESCRIPTION.to_owned(),
            description: DESCRIPTION.to_owned(),
            caveats: CAVEATS.to_owned(),
            platforms,
        },
    })
}

fn entry(release: &Release, archive: &Archive, base_url: &str) -> PlatformEntry {
    let platform = release.platform;
    let program = platform.program(PROGRAM);
    let labels = [("os", platform.os), ("arch", platform.arch)];
    let labels = labels.map(|(key, value)| (key.to_owned(), value.to_owned()));
    let files = [program.as_str(), "LICENSE", "README.md"];
    let files = files.map(|file| FileOperation::new(&format!("{PROGRAM}-*/{file}"), "."));
    PlatformEntry {
        selector: Some(Selector {
            match_labels: Some(BTreeMap::from(labels)),
            match_expressions: None,
        }),
        uri: format!("{base_url}/{}", archive.name),
        sha256: archive.sha256.clone(),
        files: Some(files.into()),
        bin: program,
    }
}

/// Writes a manifest as YAML.
///
/// # Errors
///
/// When the YAML library refuses it, which no manifest of ours gives cause for.
pub fn yaml(manifest: &Manifest) -> Result<String, KrewError> {
    // Addresses are long words, which folding does not make any shorter.
    let options = serde_saphyr::ser_options! { folded_wrap_chars: usize::MAX };
    let text = serde_saphyr::to_string_with_options(manifest, options)
        .map_err(|error| KrewError::Yaml(Box::new(error)))?;
    Ok(format!("{HEADER}{text}"))
}
