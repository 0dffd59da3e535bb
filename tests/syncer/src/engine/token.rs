//! Tokens of the tenant for pods that want one projected.
//!
//! Source: vCluster `pkg/controllers/resources/pods/translate/translator.go`, commit 487667546.

use k8s_openapi::api::authentication::v1::{BoundObjectReference, TokenRequest, TokenRequestSpec};
use k8s_openapi::api::core::v1::{Pod, ServiceAccount};
use kube::{Api, Client};

use super::creating;
use crate::metadata::Place;
use crate::pod::tenant_service_account;

/// Seconds that vCluster asks for: ten years.
const TOKEN_SECONDS: i64 = 10 * 365 * 24 * 60 * 60;

/// Asks the tenant for the token that a pod wants to have projected.
pub(super) async fn tenant_token(
    tenant: &Client,
    pod: &Pod,
    audience: Option<String>,
) -> Result<String, kube::Error> {
    let Place { namespace, name } = Place::of(&pod.metadata);
    let accounts: Api<ServiceAccount> = Api::namespaced(tenant.clone(), &namespace);
    let account = pod
        .spec
        .as_ref()
        .map_or_else(String::new, tenant_service_account);
    let request = TokenRequest {
        spec: Some(TokenRequestSpec {
            audiences: audience.map(|audience| vec![audience]),
            expiration_seconds: Some(TOKEN_SECONDS),
            bound_object_ref: Some(BoundObjectReference {
                api_version: Some("v1".to_owned()),
                kind: Some("Pod".to_owned()),
                name: Some(name),
                uid: pod.metadata.uid.clone(),
            }),
        }),
        ..TokenRequest::default()
    };
    let answer = accounts
        .create_token_request(&account, &creating(), &request)
        .await?;
    Ok(answer
        .status
        .and_then(|status| status.token)
        .unwrap_or_default())
}
