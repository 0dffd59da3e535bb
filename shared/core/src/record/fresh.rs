//! A record as translate makes it out of a ServiceAccount, written without a tree in between.

use std::io;

use serde::Serialize;
use serde_json::Value;

use super::condition::Condition;
use super::spec::VirtualClusterRef;
use super::status::{Evidence, HostServiceAccount, SharedBy, TenantStatus};
use super::{API_VERSION, KIND, Record};
use crate::subject::Subject;

/// A record that is written as soon as it is made: a million of them need no tree each.
///
/// It serialises as the [`Record`] with the same content would.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FreshRecord<'a> {
    api_version: &'static str,
    kind: &'static str,
    metadata: FreshMetadata<'a>,
    spec: FreshSpec<'a>,
    status: FreshStatus<'a>,
}

#[derive(Clone, Debug, Serialize)]
struct FreshMetadata<'a> {
    name: &'a str,
    namespace: &'a str,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct FreshSpec<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    virtual_cluster: Option<&'a VirtualClusterRef>,
}

/// What translate found, borrowed.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FreshStatus<'a> {
    /// What identifies the tenant, if anything is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tenant: Option<&'a TenantStatus>,
    /// The subject that Entra compares.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<&'a Subject>,
    /// The host's ServiceAccount.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub host_service_account: Option<&'a HostServiceAccount>,
    /// Who else has the host's ServiceAccount, if it is known to be shared.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shared_by: Option<SharedBy>,
    /// Who said so.
    pub evidence: Vec<&'a Evidence>,
    /// The host's OIDC issuer, verbatim.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub issuer: Option<&'a str>,
    /// The condition of translate.
    pub conditions: [&'a Condition; 1],
}

impl<'a> FreshRecord<'a> {
    /// Returns the record of the ServiceAccount `name` in the tenant's `namespace`.
    pub fn new(
        namespace: &'a str,
        name: &'a str,
        virtual_cluster: Option<&'a VirtualClusterRef>,
        status: FreshStatus<'a>,
    ) -> Self {
        Self {
            api_version: API_VERSION,
            kind: KIND,
            metadata: FreshMetadata { name, namespace },
            spec: FreshSpec { virtual_cluster },
            status,
        }
    }

    /// Whether its condition says that translate failed on it.
    pub fn is_failed(&self) -> bool {
        let [condition] = self.status.conditions;
        condition.status == super::ConditionStatus::False
    }

    /// Appends it to `out` as a compact line.
    ///
    /// # Errors
    ///
    /// None that is known; the library could refuse.
    pub fn write_line(&self, out: &mut Vec<u8>) -> io::Result<()> {
        // Here and not where it is called: this crate is compiled for speed.
        serde_json::to_writer(&mut *out, self)?;
        out.push(b'\n');
        Ok(())
    }

    /// Returns the same record as a tree, which can be changed.
    pub fn to_record(&self) -> Record {
        match serde_json::to_value(self) {
            Ok(Value::Object(document)) => Record { document },
            // Texts and lists of them always serialise, and a struct becomes an object.
            Ok(_) | Err(_) => Record::new(self.metadata.namespace, self.metadata.name),
        }
    }
}
