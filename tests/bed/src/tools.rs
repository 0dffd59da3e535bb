//! The real `kubectl`, `az` and `tofu`, where they are to be had.

use std::ffi::OsString;
use std::path::PathBuf;

use crate::controlplane::say;
use crate::go::GoProgram;

/// The real `kubectl`: `VWI_TEST_KUBECTL`, or the one on PATH.
///
/// `None` says on standard error that the test is skipped.
///
/// # Panics
///
/// Where there is none and `CI` is `true`: nothing is skipped there.
pub fn require_kubectl() -> Option<PathBuf> {
    require("kubectl", "VWI_TEST_KUBECTL")
}

/// The real `az`: `VWI_TEST_AZ`, or the one on PATH; as [`require_kubectl`].
///
/// # Panics
///
/// As there.
pub fn require_az() -> Option<PathBuf> {
    require("az", "VWI_TEST_AZ")
}

/// `OpenTofu`, and a stand-in for its provider `external`.
#[derive(Debug)]
pub struct Tofu {
    /// The program `tofu`.
    pub program: PathBuf,
    /// Folder with the provider, for `dev_overrides` of a command line configuration.
    pub providers: PathBuf,
}

/// The real `OpenTofu` and a stand-in for a provider that only registries have, built from
/// `tests/tofu`: minutes, once.
///
/// `None` says on standard error that the test is skipped: there is no `go`.
///
/// # Panics
///
/// Where there is no `go` and `CI` is `true`, and when the build fails.
pub fn require_tofu() -> Option<Tofu> {
    found_or_skipped(
        which::which("go").ok(),
        "no `go` on PATH, which builds OpenTofu",
    )?;
    let build = |package, name, what| {
        let program = GoProgram {
            module: "tofu",
            package,
            name,
            what,
            link: "-s -w".to_owned(),
        };
        let built = program.find_or_build(&mut std::io::stderr());
        let failure = built.as_ref().err().map(ToString::to_string);
        assert!(failure.is_none(), "{}", failure.unwrap_or_default());
        built.ok()
    };
    let tofu = build("github.com/opentofu/opentofu/cmd/tofu", "tofu", "OpenTofu")?;
    let provider = build(
        "./external",
        "terraform-provider-external",
        "a stand-in for a provider",
    )?;
    let providers = provider.parent()?.to_owned();
    Some(Tofu {
        program: tofu,
        providers,
    })
}

/// The program `name`: what `variable` says, or the one on PATH.
pub(crate) fn find(name: &str, variable: &str) -> Option<PathBuf> {
    let told = std::env::var_os(variable).filter(|path| !path.is_empty());
    let wanted = told.unwrap_or_else(|| OsString::from(name));
    which::which(wanted).ok()
}

fn require(name: &str, variable: &str) -> Option<PathBuf> {
    let places = format!("on PATH nor in `{variable}`");
    found_or_skipped(find(name, variable), &format!("no `{name}` {places}"))
}

/// Skips the test without it on a laptop, and nowhere else.
fn found_or_skipped(found: Option<PathBuf>, missing: &str) -> Option<PathBuf> {
    if found.is_none() {
        let ci = std::env::var_os("CI").is_some_and(|value| value == "true");
        assert!(!ci, "{missing}, and CI skips no test");
        say(&mut std::io::stderr(), &format!("skipped: {missing}"));
    }
    found
}
