//! Subjects that more pods have than the one that somebody thinks of.

use crate::name::workload_service_account;
use crate::record::SharedBy;
use crate::subject::Subject;

/// Returns who else has the subject.
///
/// `tenant_name` is the ServiceAccount's name in the tenant and `vcluster` the vCluster's, as far
/// as they are known. What the vCluster's own configuration calls the workload ServiceAccount is known
/// to translate and on the host alone.
pub fn shared_subject(
    subject: &Subject,
    tenant_name: Option<&str>,
    vcluster: Option<&str>,
) -> Option<SharedBy> {
    let name = subject.name();
    let workload = match vcluster {
        Some(vcluster) => name == workload_service_account(vcluster),
        None => name.starts_with(&workload_service_account("")),
    };
    if workload {
        return Some(SharedBy::Workload);
    }
    let is_default = tenant_name == Some("default")
        || name == "default"
        // Without the tenant's name, the host's is all there is to go by.
        || (tenant_name.is_none() && name.starts_with("default-x-"));
    is_default.then_some(SharedBy::Default)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn default_and_workload_subjects_are_shared() {
        let cases = [
            ("app-x-ns-x-vc", Some("app"), Some("vc"), None),
            (
                "default-x-ns-x-vc",
                Some("default"),
                Some("vc"),
                Some(SharedBy::Default),
            ),
            ("default-x-ns-x-vc", None, None, Some(SharedBy::Default)),
            (
                "default-x-b-x-ns-x-vc",
                Some("default-x-b"),
                Some("vc"),
                None,
            ),
            (
                "default",
                Some("default"),
                Some("vc"),
                Some(SharedBy::Default),
            ),
            ("default", None, None, Some(SharedBy::Default)),
            (
                "vc-workload-vc",
                Some("app"),
                Some("vc"),
                Some(SharedBy::Workload),
            ),
            (
                "vc-workload-other",
                Some("app"),
                None,
                Some(SharedBy::Workload),
            ),
            ("vc-workload-other", Some("app"), Some("vc"), None),
        ];
        for (name, tenant, vcluster, expected) in cases {
            let subject = Subject::new("team-x", name).unwrap();
            assert_eq!(
                shared_subject(&subject, tenant, vcluster),
                expected,
                "{name} {tenant:?}"
            );
        }
    }
}
