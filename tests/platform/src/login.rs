//! The login of the vcluster command line, written as that writes it.
//!
//! Source: vcluster command line, `pkg/cli/config/{config,types}.go`.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Map, Value, json};

/// What a login file says. [`LoginFile::text`] leaves out what is empty, as the command line does.
#[derive(Clone, Debug, Default)]
pub struct LoginFile {
    /// `host`.
    pub host: String,
    /// `accesskey`.
    pub access_key: String,
    /// `insecure`.
    pub insecure: bool,
    /// `certificateAuthorityData`, in PEM.
    pub ca_pem: Option<String>,
    /// `virtualClusterAccessKey`, which is deprecated.
    pub virtual_cluster_access_key: String,
}

impl LoginFile {
    /// Returns the file's text.
    pub fn text(&self) -> String {
        let mut platform = Map::new();
        let mut put = |name: &str, value: Value| {
            platform.insert(name.to_owned(), value);
        };
        put("kind", json!("Config"));
        put("apiVersion", json!("storage.loft.sh/v1"));
        if !self.virtual_cluster_access_key.is_empty() {
            put(
                "virtualClusterAccessKey",
                json!(self.virtual_cluster_access_key),
            );
            put(
                "virtualClusterAccessPointCertificates",
                json!({"team-blue": {
                    "lastRequested": "2026-08-21T10:00:00Z",
                    "expirationTime": "2026-08-22T10:00:00Z",
                    "certificateData": "Y2VydA==",
                    "keyData": "a2V5",
                }}),
            );
        }
        if !self.host.is_empty() {
            put("host", json!(self.host));
        }
        put("lastInstallContext", json!("aks"));
        if !self.access_key.is_empty() {
            put("accesskey", json!(self.access_key));
        }
        if self.insecure {
            put("insecure", json!(true));
        }
        if let Some(pem) = &self.ca_pem {
            put(
                "certificateAuthorityData",
                json!(BASE64_STANDARD.encode(pem)),
            );
        }
        json!({
            "driver": {"type": "platform"},
            "previousContext": "aks",
            "platform": platform,
            "telemetryDisabled": true,
        })
        .to_string()
    }
}
