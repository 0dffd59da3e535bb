//! The real `kubectl` and `az`, where they are to be had.

use std::ffi::OsString;
use std::path::PathBuf;

use crate::controlplane::say;

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

/// The program `name`: what `variable` says, or the one on PATH.
pub(crate) fn find(name: &str, variable: &str) -> Option<PathBuf> {
    let told = std::env::var_os(variable).filter(|path| !path.is_empty());
    let wanted = told.unwrap_or_else(|| OsString::from(name));
    which::which(wanted).ok()
}

fn require(name: &str, variable: &str) -> Option<PathBuf> {
    let found = find(name, variable);
    if found.is_none() {
        let ci = std::env::var_os("CI").is_some_and(|value| value == "true");
        assert!(
            !ci,
            "`{name}` is neither on PATH nor in `{variable}`, and CI skips no test"
        );
        say(
            &mut std::io::stderr(),
            &format!("skipped: no `{name}` on PATH nor in `{variable}`"),
        );
    }
    found
}
