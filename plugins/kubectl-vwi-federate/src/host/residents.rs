//! Who has a subject that no vCluster stands behind: `--subject`, or a record that names none.

use std::collections::{BTreeSet, HashMap};

use futures_util::future::join_all;
use vwi_core::federation::Refusal;
use vwi_core::record::HostServiceAccount;
use vwi_core::text::escape;
use vwi_core::translation::Grade;
use vwi_core::vcluster_labels::{OBJECT_NAME, OBJECT_NAMESPACE, OBJECT_UID};
use vwi_kubernetes::object::ServiceAccount;
use vwi_kubernetes::tenant::Scope;
use vwi_kubernetes::{ApiError, Host};

use crate::work::Work;

/// The ServiceAccounts of one namespace of the host, by name.
#[derive(Debug)]
pub(super) struct Residents(HashMap<String, Resident>);

/// For whom vCluster has made a ServiceAccount, by its annotations.
#[derive(Debug)]
struct Resident {
    /// Namespace and name in the tenant; absent if vCluster did not make it.
    tenant: Option<(String, String)>,
    uid: Option<String>,
}

/// Lists the namespaces of subjects that no vCluster stands behind.
pub(super) async fn residents(
    host: &Host,
    works: &[Work],
) -> Vec<(String, Result<Residents, ApiError>)> {
    let namespaces: BTreeSet<&str> = works
        .iter()
        .filter(|work| work.is_open() && work.vcluster.is_none())
        .filter_map(|work| work.host.as_ref())
        .map(|claimed| claimed.namespace.as_str())
        .collect();
    join_all(namespaces.into_iter().map(|namespace| async move {
        let scope = Scope::Namespace(namespace.to_owned());
        let listed = host.service_accounts(&scope, None, None).await;
        (namespace.to_owned(), listed.map(Residents::new))
    }))
    .await
}

impl Residents {
    fn new(accounts: Vec<ServiceAccount>) -> Self {
        let residents = accounts.into_iter().map(|account| {
            let mut metadata = account.metadata;
            let mut said = |key| metadata.annotations.remove(key);
            let resident = Resident {
                tenant: said(OBJECT_NAMESPACE).zip(said(OBJECT_NAME)),
                uid: said(OBJECT_UID),
            };
            (metadata.name, resident)
        });
        Self(residents.collect())
    }

    /// Says how far a claim is proven by who is here. Who types a subject means whoever has it; a
    /// record means the tenant's ServiceAccount, which has to be the one that is told by its uid.
    pub(super) fn judge(
        &self,
        work: &Work,
        claimed: &HostServiceAccount,
    ) -> Result<Grade, Refusal> {
        let key = format!("{}/{}", escape(&claimed.namespace), escape(&claimed.name));
        let Some(resident) = self.0.get(&claimed.name) else {
            return Err(Refusal {
                reason: "NotOnHost",
                message: format!(
                    "host ServiceAccount `{key}` does not exist; namespace `{}` has {}",
                    escape(&claimed.namespace),
                    self.nearest(&claimed.name)
                ),
                hint: Some("let `kubectl vwi translate` find the subject".to_owned()),
            });
        };
        if work.is_stated {
            return Ok(work.grade.max(Grade::Configured));
        }
        let Some((namespace, name)) = &resident.tenant else {
            return Ok(Grade::Computed);
        };
        let uid = work.tenant.service_account_uid.as_deref();
        let is_other = uid.is_some() && resident.uid.as_deref() != uid;
        if (namespace, name) != (&work.namespace, &work.name) || is_other {
            let other = if is_other { "another " } else { "" };
            return Err(Refusal {
                reason: "SubjectDiffers",
                message: format!(
                    "`{key}` is {other}`{}/{}`, and the record is for `{}`",
                    escape(namespace),
                    escape(name),
                    work.key()
                ),
                hint: Some("run `kubectl vwi translate` again".to_owned()),
            });
        }
        Ok(match uid {
            Some(_) => Grade::Configured,
            None => Grade::Computed,
        })
    }

    /// Names what may have been meant: ServiceAccounts that begin alike, or how many there are.
    fn nearest(&self, name: &str) -> String {
        let start = name.split("-x-").next().unwrap_or(name);
        let mut alike: Vec<&str> = self
            .0
            .keys()
            .map(String::as_str)
            .filter(|account| account.starts_with(start))
            .take(5)
            .collect();
        alike.sort_unstable();
        if alike.is_empty() {
            format!("{} others", self.0.len())
        } else {
            format!("`{}`", escape(&alike.join("`, `")))
        }
    }
}
