//! The name that the translate call answers, written down apart from the suite's own formula, which
//! it is a second opinion on.
//!
//! Source: loft-sh/vcluster, `pkg/util/translate/translate.go`, `SingleNamespacePhysicalName` and
//! `SafeConcatName`.

use std::fmt::Write;

use sha2::{Digest, Sha256};

pub(crate) fn single_namespace(name: &str, namespace: &str, vcluster: &str) -> String {
    let parts = [name, "x", namespace, "x", vcluster];
    let joined = parts.join("-");
    if joined.len() <= 63 {
        return joined;
    }
    let mut digest = String::new();
    for byte in Sha256::digest(joined.as_bytes()) {
        // Writing to a String can't fail.
        let _written = write!(digest, "{byte:02x}");
    }
    let cut: String = joined.chars().take(52).collect();
    let short: String = digest.chars().take(10).collect();
    format!("{cut}-{short}").replace(".-", "-")
}

#[cfg(test)]
mod tests {
    use super::single_namespace;

    /// The two cases of the vendor's own Terraform module.
    #[test]
    fn names_are_those_of_the_vendors_tests() {
        assert_eq!(
            single_namespace("another-resource", "another-namespace", "another-vcluster"),
            "another-resource-x-another-namespace-x-another-vcluster"
        );
        let long = single_namespace(
            "some-resource-with-long-name",
            "some-namespace-with-long-name",
            "some-vcluster-with-long-name",
        );
        assert_eq!(long.len(), 63);
        assert!(
            long.starts_with("some-resource-with-long-name-x-some-namespace-with-l-"),
            "{long}"
        );
    }
}
