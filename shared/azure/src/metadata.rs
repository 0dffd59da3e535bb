//! A cloud that is known by its ARM endpoint alone: ARM says where the rest of it is.

use backon::{ExponentialBuilder, Retryable};
use serde::Deserialize;
use thiserror::Error;
use url::Url;
use vwi_core::arm::{Call, Failure, Verdict, judge};

use crate::cloud::{Cloud, InvalidCloud};

/// Path and version of the document; the version that the Azure CLI asks for.
const PATH: &str = "metadata/endpoints";
const API_VERSION: &str = "2022-09-01";

/// Attempts on ARM.
const ATTEMPTS: usize = 4;

/// Why an ARM endpoint's cloud is not known.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum MetadataError {
    /// An endpoint can't be used: the one that was given, or one that it names.
    #[error(transparent)]
    Cloud(#[from] InvalidCloud),
    /// Nobody answered.
    #[error("can't read `{url}`")]
    Unreachable {
        /// The document.
        url: Url,
        /// What the HTTP library says.
        #[source]
        source: reqwest::Error,
    },
    /// Something else was answered.
    #[error("`{url}` answered {status}, and not what a cloud's endpoints are")]
    Garbled {
        /// The document.
        url: Url,
        /// HTTP status.
        status: u16,
    },
    /// The document is about other clouds.
    #[error("`{url}` names no cloud whose ARM this is")]
    OtherClouds {
        /// The document.
        url: Url,
    },
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Wire {
    name: String,
    resource_manager: String,
    authentication: WireAuthentication,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireAuthentication {
    login_endpoint: String,
    #[serde(default)]
    audiences: Vec<String>,
}

/// Asks an ARM endpoint which cloud it belongs to.
///
/// # Errors
///
/// [`MetadataError`] if it does not say, or says what can't be used.
pub async fn cloud_at(http: &reqwest::Client, endpoint: &str) -> Result<Cloud, MetadataError> {
    let given = crate::cloud::checked_url("", "--arm-endpoint", endpoint)?;
    let mut url = given.clone();
    if let Ok(mut segments) = url.path_segments_mut() {
        segments.pop_if_empty().extend(PATH.split('/'));
    }
    url.set_query(Some(&format!("api-version={API_VERSION}")));
    let clouds = (|| read(http, &url))
        .retry(ExponentialBuilder::default().with_max_times(ATTEMPTS - 1))
        .when(MetadataError::passes)
        .await?;
    // The public cloud's ARM names all clouds of its family.
    let is_it = |cloud: &&Wire| {
        Url::parse(&cloud.resource_manager).is_ok_and(|found| found.origin() == given.origin())
    };
    let found = clouds.iter().find(is_it);
    let found = found.ok_or(MetadataError::OtherClouds { url })?;
    let value = |key: &str| match key {
        "endpoint_resource_manager" => Some(endpoint.to_owned()),
        "endpoint_active_directory" => Some(found.authentication.login_endpoint.clone()),
        "endpoint_active_directory_resource_id" => found.authentication.audiences.first().cloned(),
        _ => None,
    };
    Ok(Cloud::configured(&found.name, value)?)
}

async fn read(http: &reqwest::Client, url: &Url) -> Result<Vec<Wire>, MetadataError> {
    let answer = vwi_http::send(http.get(url.clone())).await;
    let answer = answer.map_err(|source| MetadataError::Unreachable {
        url: url.clone(),
        source: source.without_url(),
    })?;
    let garbled = || MetadataError::Garbled {
        url: url.clone(),
        status: answer.status,
    };
    if answer.status != 200 {
        return Err(garbled());
    }
    serde_json::from_slice(&answer.body).map_err(|_| garbled())
}

impl MetadataError {
    fn passes(&self) -> bool {
        let failure = match self {
            Self::Unreachable { source, .. } => vwi_http::failure(source),
            Self::Garbled { status, .. } => Failure::Status {
                status: *status,
                code: None,
            },
            Self::Cloud(_) | Self::OtherClouds { .. } => return false,
        };
        judge(Call::Read, failure) != Verdict::Report
    }
}
