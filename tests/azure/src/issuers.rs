//! Token issuers whose two discovery paths the listener forwards: `/issuer/NAME/…`.
//!
//! The test bed's API servers issue tokens under a URL of this listener, which is known before
//! they start; Entra fetches their keys through it.

use std::collections::HashMap;
use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use vwi_test_server::Reply;

use crate::dispatch::Shared;

/// The discovery document's path below an issuer.
pub const DISCOVERY: &str = ".well-known/openid-configuration";

/// The path of the keys below an issuer, as kube-apiserver serves them.
pub const KEYS: &str = "openid/v1/jwks";

/// Answer of an issuer: a JSON document, or the status of a failure.
pub type IssuerAnswer = Result<Bytes, u16>;

/// An issuer that a function speaks for; it is given [`DISCOVERY`] or [`KEYS`].
pub type IssuerFunction =
    Arc<dyn Fn(&'static str) -> Pin<Box<dyn Future<Output = IssuerAnswer> + Send>> + Send + Sync>;

/// Where the documents of an issuer come from.
#[derive(Clone)]
pub enum Upstream {
    /// Another server, asked each time.
    Server(UpstreamServer),
    /// Two fixed documents.
    Documents(IssuerDocuments),
    /// A function.
    Function(IssuerFunction),
}

impl fmt::Debug for Upstream {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Server(server) => server.fmt(formatter),
            Self::Documents(documents) => documents.fmt(formatter),
            Self::Function(_) => formatter.write_str("Function"),
        }
    }
}

/// A server that has the documents of an issuer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct UpstreamServer {
    /// URL to which the two paths are added; with or without a slash at the end.
    pub base_url: String,
    /// Certificates in PEM that its own is checked with.
    #[serde(default)]
    pub ca_pem: String,
}

/// The documents of an issuer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct IssuerDocuments {
    /// Discovery document; absent: one that names the issuer and its keys.
    pub discovery: Option<Value>,
    /// Key set (JWKS).
    pub keys: Value,
}

/// The issuers of a listener by name. Clones are handles of one table.
#[derive(Clone, Debug, Default)]
pub struct Issuers {
    table: Arc<Mutex<HashMap<String, Upstream>>>,
}

impl Issuers {
    /// Adds or replaces an issuer; it takes effect with the next request.
    pub fn set(&self, name: &str, upstream: Upstream) {
        let mut table = self.table.lock().unwrap_or_else(PoisonError::into_inner);
        table.insert(name.to_owned(), upstream);
    }

    /// Removes an issuer: its paths are 404 from now on.
    pub fn remove(&self, name: &str) {
        let mut table = self.table.lock().unwrap_or_else(PoisonError::into_inner);
        table.remove(name);
    }

    /// Returns the upstream of an issuer.
    pub(crate) fn get(&self, name: &str) -> Option<Upstream> {
        let table = self.table.lock().unwrap_or_else(PoisonError::into_inner);
        table.get(name).cloned()
    }
}

/// Answers a request below `/issuer/NAME/`.
pub(crate) async fn answer(shared: &Shared, name: &str, segments: &[&str]) -> Reply {
    let document = match segments {
        [".well-known", "openid-configuration"] => DISCOVERY,
        ["openid", "v1", "jwks"] => KEYS,
        _ => return Reply::empty(404),
    };
    let answer = match shared.issuers.get(name) {
        None => Err(404),
        Some(Upstream::Server(server)) => fetch(&server, document).await,
        Some(Upstream::Function(function)) => function(document).await,
        Some(Upstream::Documents(documents)) => {
            let issuer = format!("{}/issuer/{name}/", shared.worlds.common().url);
            Ok(own(&documents, &issuer, document))
        }
    };
    match answer {
        Ok(body) => Reply::body(200, "application/json", body),
        Err(status) => Reply::empty(status),
    }
}

/// Fetches a document; a server that does not answer is 502.
async fn fetch(server: &UpstreamServer, document: &str) -> IssuerAnswer {
    let ca = [server.ca_pem.clone()];
    let client = vwi_test_server::client(&ca).map_err(|_unusable| 500_u16)?;
    let url = format!("{}/{document}", server.base_url.trim_end_matches('/'));
    let response = client.get(url).send().await;
    let response = response.map_err(|_unreachable| 502_u16)?;
    let status = response.status();
    if !status.is_success() {
        return Err(status.as_u16());
    }
    response.bytes().await.map_err(|_cut| 502)
}

fn own(documents: &IssuerDocuments, issuer: &str, document: &str) -> Bytes {
    let value = if document == KEYS {
        documents.keys.clone()
    } else {
        documents.discovery.clone().unwrap_or_else(|| {
            json!({
                "issuer": issuer,
                "jwks_uri": format!("{issuer}{KEYS}"),
                "response_types_supported": ["id_token"],
                "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": ["RS256"],
            })
        })
    };
    Bytes::from(value.to_string())
}
