//! The admin calls of a running stand-in, for tests in another process.

use std::time::Duration;

use reqwest::{Method, StatusCode};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use vwi_test_server::{Fault, TlsError};

use crate::issuers::{IssuerDocuments, UpstreamServer};
use crate::log::Recorded;
use crate::seed::{CallerInfo, CallerSpec, Seed, WorldInfo, WorldSpec};
use crate::settings::Settings;

/// Why an admin call failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AdminError {
    /// The certificates cannot be used.
    #[error("cannot trust the stand-in's certificates")]
    Tls(#[from] TlsError),
    /// The server did not answer, or not with JSON.
    #[error("cannot ask the stand-in of Azure")]
    Http(#[from] reqwest::Error),
    /// The server refused.
    #[error("the stand-in of Azure refused `{path}` with {status}: {message}")]
    Refused {
        /// Path of the call.
        path: String,
        /// HTTP status.
        status: u16,
        /// Why.
        message: String,
    },
}

/// A client of the admin calls, `/_standin/…`. Each takes the id of a world where it is about
/// one: [`WorldInfo::id`].
#[derive(Clone, Debug)]
pub struct Admin {
    http: reqwest::Client,
    url: String,
}

impl Admin {
    /// Makes a client of the server at `url`, which shows a certificate under `ca_pem`.
    ///
    /// # Errors
    ///
    /// [`AdminError::Tls`] if the certificates cannot be used.
    pub fn new(url: &str, ca_pem: &str) -> Result<Self, AdminError> {
        let http = vwi_test_server::client(&[ca_pem.to_owned()])?;
        Ok(Self {
            http,
            url: url.trim_end_matches('/').to_owned(),
        })
    }

    /// Returns the URL of the server, without a slash at the end.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Makes a world.
    ///
    /// # Errors
    ///
    /// [`AdminError`], as every call here.
    pub async fn create_world(&self, spec: &WorldSpec) -> Result<WorldInfo, AdminError> {
        self.call(Method::POST, "worlds", Some(spec)).await
    }

    /// Removes a world.
    ///
    /// # Errors
    ///
    /// [`AdminError`].
    pub async fn delete_world(&self, world: &str) -> Result<(), AdminError> {
        self.done(Method::DELETE, &format!("worlds/{world}")).await
    }

    /// Returns what is known of a world, as of now.
    ///
    /// # Errors
    ///
    /// [`AdminError`].
    pub async fn world(&self, world: &str) -> Result<WorldInfo, AdminError> {
        self.get(&format!("worlds/{world}")).await
    }

    /// Returns everything that exists in a world: identities, credentials, role assignments.
    ///
    /// # Errors
    ///
    /// [`AdminError`].
    pub async fn state(&self, world: &str) -> Result<Value, AdminError> {
        self.get(&format!("worlds/{world}/state")).await
    }

    /// Returns every request so far, in order of arrival.
    ///
    /// # Errors
    ///
    /// [`AdminError`].
    pub async fn requests(&self, world: &str) -> Result<Vec<Recorded>, AdminError> {
        self.get(&format!("worlds/{world}/requests")).await
    }

    /// Forgets the requests so far.
    ///
    /// # Errors
    ///
    /// [`AdminError`].
    pub async fn clear_requests(&self, world: &str) -> Result<(), AdminError> {
        let path = format!("worlds/{world}/requests");
        self.done(Method::DELETE, &path).await
    }

    /// Returns the switches.
    ///
    /// # Errors
    ///
    /// [`AdminError`].
    pub async fn settings(&self, world: &str) -> Result<Settings, AdminError> {
        self.get(&format!("worlds/{world}/settings")).await
    }

    /// Changes the switches that the JSON merge patch names, and returns all.
    ///
    /// # Errors
    ///
    /// [`AdminError::Refused`] if the patch names no switch or a value that it cannot have.
    pub async fn patch_settings(&self, world: &str, patch: &Value) -> Result<Settings, AdminError> {
        let call = format!("worlds/{world}/settings");
        self.call(Method::PUT, &call, Some(patch)).await
    }

    /// Reads the switches, changes them, and writes them back.
    ///
    /// # Errors
    ///
    /// [`AdminError`].
    pub async fn change_settings(
        &self,
        world: &str,
        change: impl FnOnce(&mut Settings),
    ) -> Result<Settings, AdminError> {
        let mut settings = self.settings(world).await?;
        change(&mut settings);
        let path = format!("worlds/{world}/settings");
        self.call(Method::PUT, &path, Some(&settings)).await
    }

    /// Adds a rule that spoils requests, and returns it with its id.
    ///
    /// # Errors
    ///
    /// [`AdminError::Refused`] if its path is no regular expression.
    pub async fn add_fault(&self, world: &str, fault: &Fault) -> Result<Fault, AdminError> {
        let path = format!("worlds/{world}/faults");
        self.call(Method::POST, &path, Some(fault)).await
    }

    /// Removes all rules that spoil requests.
    ///
    /// # Errors
    ///
    /// [`AdminError`].
    pub async fn clear_faults(&self, world: &str) -> Result<(), AdminError> {
        self.done(Method::DELETE, &format!("worlds/{world}/faults"))
            .await
    }

    /// Puts things into a world past every rule, and returns what is known of it then.
    ///
    /// # Errors
    ///
    /// [`AdminError::Refused`] if the seed names something that is not there.
    pub async fn seed(&self, world: &str, seed: &Seed) -> Result<WorldInfo, AdminError> {
        let path = format!("worlds/{world}/seed");
        self.call(Method::POST, &path, Some(seed)).await
    }

    /// Adds a caller, or replaces the one with its client id.
    ///
    /// # Errors
    ///
    /// [`AdminError`].
    pub async fn add_caller(
        &self,
        world: &str,
        caller: &CallerSpec,
    ) -> Result<CallerInfo, AdminError> {
        let path = format!("worlds/{world}/callers");
        self.call(Method::POST, &path, Some(caller)).await
    }

    /// Removes a resource by its ARM id, past every rule; returns whether it was there.
    ///
    /// # Errors
    ///
    /// [`AdminError`].
    pub async fn remove(&self, world: &str, id: &str) -> Result<bool, AdminError> {
        let path = format!("worlds/{world}/remove");
        let answer: Value = self
            .call(Method::POST, &path, Some(&json!({"id": id})))
            .await?;
        Ok(answer.get("removed") == Some(&Value::Bool(true)))
    }

    /// Moves a world's clock forward.
    ///
    /// # Errors
    ///
    /// [`AdminError`].
    pub async fn advance(&self, world: &str, by: Duration) -> Result<(), AdminError> {
        let path = format!("worlds/{world}/advance");
        let body = json!({"seconds": by.as_secs_f64()});
        let _time: Value = self.call(Method::POST, &path, Some(&body)).await?;
        Ok(())
    }

    /// Forwards the documents of `/issuer/NAME/` to a server.
    ///
    /// # Errors
    ///
    /// [`AdminError`].
    pub async fn forward_issuer(
        &self,
        name: &str,
        upstream: &UpstreamServer,
    ) -> Result<String, AdminError> {
        self.issuer(name, &json!({"server": upstream})).await
    }

    /// Serves documents under `/issuer/NAME/`, and returns the issuer's URL.
    ///
    /// # Errors
    ///
    /// [`AdminError`].
    pub async fn serve_issuer(
        &self,
        name: &str,
        documents: &IssuerDocuments,
    ) -> Result<String, AdminError> {
        self.issuer(name, &json!({"documents": documents})).await
    }

    /// Takes `/issuer/NAME/` away.
    ///
    /// # Errors
    ///
    /// [`AdminError`].
    pub async fn remove_issuer(&self, name: &str) -> Result<(), AdminError> {
        self.done(Method::DELETE, &format!("issuers/{name}")).await
    }

    async fn issuer(&self, name: &str, upstream: &Value) -> Result<String, AdminError> {
        let path = format!("issuers/{name}");
        let _answer: Value = self.call(Method::PUT, &path, Some(upstream)).await?;
        Ok(format!("{}/issuer/{name}/", self.url))
    }

    async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, AdminError> {
        self.call(Method::GET, path, None::<&Value>).await
    }

    async fn done(&self, method: Method, path: &str) -> Result<(), AdminError> {
        let _answer: Value = self.call(method, path, None::<&Value>).await?;
        Ok(())
    }

    async fn call<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: Option<&(impl Serialize + Sync)>,
    ) -> Result<T, AdminError> {
        let url = format!("{}/_standin/{path}", self.url);
        let mut request = self.http.request(method, url);
        if let Some(body) = body {
            request = request.json(body);
        }
        let response = request.send().await?;
        let status = response.status();
        if status == StatusCode::OK {
            return Ok(response.json().await?);
        }
        Err(AdminError::Refused {
            path: path.to_owned(),
            status: status.as_u16(),
            message: response.text().await?,
        })
    }
}
