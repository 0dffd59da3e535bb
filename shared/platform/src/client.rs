//! The client: which calls there are.

use std::sync::Arc;
use std::time::Duration;

use reqwest::Method;
use serde::Deserialize;
use serde_json::json;
use tokio::sync::Semaphore;
use vwi_core::text::escape;
use vwi_http::Patience;

use crate::access::Access;
use crate::address::Address;
use crate::call::Request;
use crate::error::{PlatformCause, PlatformError};
use crate::key::AccessKey;
use crate::myself::{Myself, SelfAnswer};

/// How much a client does at once, and how long one call may take.
#[derive(Clone, Copy, Debug)]
pub struct PlatformSettings {
    /// Requests in flight at a time.
    pub concurrency: usize,
    /// Time for one request, its answer included.
    pub request_timeout: Duration,
}

impl Default for PlatformSettings {
    fn default() -> Self {
        Self {
            concurrency: 16,
            request_timeout: Duration::from_secs(30),
        }
    }
}

/// A client of a vCluster Platform. Clones share its connections.
#[derive(Clone, Debug)]
pub struct Platform {
    pub(crate) shared: Arc<Shared>,
    pub(crate) patience: Patience,
}

#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) http: reqwest::Client,
    pub(crate) access: Access,
    pub(crate) permits: Semaphore,
    pub(crate) request_timeout: Duration,
}

#[derive(Deserialize)]
struct VersionAnswer {
    #[serde(default)]
    version: String,
}

#[derive(Deserialize)]
struct TranslateAnswer {
    // An error's `status` is a word, which is no such object.
    status: TranslateStatus,
}

#[derive(Deserialize)]
struct TranslateStatus {
    #[serde(default)]
    name: String,
}

/// Group and version of all kinds here.
const API_VERSION: &str = "management.loft.sh/v1";

impl Platform {
    /// Makes a client. Nothing is sent yet.
    ///
    /// `http` has to trust what [`Access::authority`] says, to verify certificates, and not to
    /// follow redirects.
    pub fn new(
        http: reqwest::Client,
        access: Access,
        settings: PlatformSettings,
        patience: Patience,
    ) -> Self {
        Self {
            shared: Arc::new(Shared {
                http,
                access,
                permits: Semaphore::new(settings.concurrency.max(1)),
                request_timeout: settings.request_timeout,
            }),
            patience,
        }
    }

    /// Returns where the Platform is.
    pub fn address(&self) -> &Address {
        &self.shared.access.address
    }

    /// Returns the key, for connections to clusters through the Platform.
    pub fn key(&self) -> &AccessKey {
        &self.shared.access.key
    }

    /// Returns the certificates in PEM that the Platform's must be under, if not the system's.
    pub fn authority(&self) -> Option<&[u8]> {
        self.shared.access.authority.as_deref()
    }

    /// Asks as whom the key speaks. The cheapest call, which tells bad TLS, a bad key and a key
    /// with a scope apart.
    ///
    /// # Errors
    ///
    /// [`PlatformError`]
    pub async fn myself(&self) -> Result<Myself, PlatformError> {
        let request = Request {
            method: Method::POST,
            url: self.address().management(&["selves"]),
            body: Some(json!({"apiVersion": API_VERSION, "kind": "Self", "metadata": {}})),
            doing: "ask who the access key's user is".to_owned(),
        };
        let answer: SelfAnswer = self.run(&request).await?;
        Ok(answer.into())
    }

    /// Returns the Platform's version, for a message about something else; `None` if it can't be
    /// had at the first attempt.
    pub(crate) async fn version_if_told(&self) -> Option<String> {
        let request = Request {
            method: Method::GET,
            url: self.address().version(),
            body: None,
            doing: "ask for the version".to_owned(),
        };
        let answer: VersionAnswer = self.attempt(&request).await.ok()?;
        Some(answer.version).filter(|version| !version.is_empty())
    }

    /// Asks what the host calls a ServiceAccount of a vCluster, which is named by its Helm release.
    ///
    /// The answer is the single-namespace formula's: the call has neither project nor namespace of
    /// the host, knows no mapped namespaces, and does not look whether any of them exists.
    ///
    /// # Errors
    ///
    /// [`PlatformError`]
    pub async fn translate(
        &self,
        vcluster: &str,
        namespace: &str,
        name: &str,
    ) -> Result<String, PlatformError> {
        let request = Request {
            method: Method::POST,
            url: self
                .address()
                .management(&["translatevclusterresourcenames"]),
            body: Some(json!({
                "apiVersion": API_VERSION,
                "kind": "TranslateVClusterResourceName",
                "metadata": {},
                "spec": {"name": name, "namespace": namespace, "vclusterName": vcluster},
            })),
            doing: format!(
                "translate ServiceAccount `{}/{}` of vCluster `{}`",
                escape(namespace),
                escape(name),
                escape(vcluster)
            ),
        };
        let answer: TranslateAnswer = self.run(&request).await?;
        if answer.status.name.is_empty() {
            let what = "its `status.name` is empty".to_owned();
            let cause = PlatformCause::Garbled { status: 200, what };
            return Err(self.fail(request.doing, cause, None));
        }
        Ok(answer.status.name)
    }
}
