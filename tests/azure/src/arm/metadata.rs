//! `GET /metadata/endpoints`: how a client finds the other endpoints of a cloud.

use serde_json::{Value, json};
use vwi_test_server::{Reply, Request};

use crate::az::CLOUD;
use crate::dispatch::Shared;

/// Answers with one cloud: the stand-in.
pub(crate) fn answer(shared: &Shared, request: &Request) -> Reply {
    let cloud = cloud(&shared.worlds.common().url);
    // A list since 2019-05-01, a single cloud before.
    match request.query("api-version") {
        Some(version) if version < "2019-05-01" => Reply::json(200, &cloud),
        _ => Reply::json(200, &json!([cloud])),
    }
}

fn cloud(url: &str) -> Value {
    json!({
        "name": CLOUD,
        "portal": url,
        "authentication": {
            "loginEndpoint": url,
            "audiences": ["https://management.core.windows.net/", url],
            "tenant": "common",
            "identityProvider": "AAD",
        },
        "resourceManager": url,
        "graphAudience": format!("{url}/"),
        "graph": format!("{url}/"),
        "microsoftGraphResourceId": format!("{url}/"),
        "activeDirectoryDataLake": url,
        "batch": url,
        "media": url,
        "sqlManagement": url,
        "vmImageAliasDoc": url,
        "gallery": url,
        "suffixes": {
            "acrLoginServer": "azurecr.io",
            "keyVaultDns": "vault.azure.net",
            "sqlServerHostname": "database.windows.net",
            "storage": "core.windows.net",
        },
    })
}
