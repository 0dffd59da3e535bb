//! Stand-in of the Azure workload identity webhook, in front of the real API server of the host.
//!
//! Source: azure-workload-identity `pkg/webhook`, and what the real one was seen to do.

mod mutation;
mod registration;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use k8s_openapi::ByteString;
use k8s_openapi::api::core::v1::ServiceAccount;
use kube::{Api, Client};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::certificate::Authority;
use crate::error::BedError;
use crate::https::{Https, refused};

pub(crate) use registration::register;

/// Which webhook a host namespace has, as far as its pods can tell.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq, Eq)]
#[serde(default)]
pub struct WebhookOptions {
    /// What it does to a pod.
    pub generation: WebhookGeneration,
    /// Audience of the injected token.
    pub audience: String,
    /// Whether pods may opt into identity bindings, a preview of AKS.
    pub identity_bindings: bool,
    /// Whether it gives no answer, so that no labelled pod can be made.
    pub is_down: bool,
}

/// The manners in which versions of the webhook differ.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize, PartialEq, Eq)]
pub enum WebhookGeneration {
    /// Up to 1.5.0: empty values are injected too.
    #[serde(rename = "1.5.0")]
    UpTo150,
    /// 1.5.1.
    #[serde(rename = "1.5.1")]
    V151,
    /// 1.6.0 and newer: other names, other paths, another rule for what is there already.
    #[default]
    #[serde(rename = "1.6.0")]
    Since160,
}

impl Default for WebhookOptions {
    fn default() -> Self {
        Self {
            generation: WebhookGeneration::default(),
            audience: "api://AzureADTokenExchange".to_owned(),
            identity_bindings: false,
            is_down: false,
        }
    }
}

/// The running webhook; it ends when this is dropped.
#[derive(Debug)]
pub(crate) struct Webhook {
    server: Https,
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    /// By host namespace; others have the default.
    options: Mutex<HashMap<String, WebhookOptions>>,
}

impl Webhook {
    /// Starts the webhook on a free port, with a certificate for the name of its Service.
    pub(crate) async fn start(authority: &Authority, host: Client) -> Result<Self, BedError> {
        let names = [registration::service_name()];
        let identity = authority.server("azure-wi-webhook", &names, &[])?;
        let shared = Arc::new(Shared::default());
        let known = Arc::clone(&shared);
        let server = Https::start(&identity, None, move |request| {
            let (host, shared) = (host.clone(), Arc::clone(&known));
            async move { answer(request, &host, &shared).await }
        });
        Ok(Self {
            server: server.await?,
            shared,
        })
    }

    /// The port that it listens on.
    pub(crate) fn port(&self) -> u16 {
        self.server.port()
    }

    /// Lets the pods of a host namespace meet another webhook.
    pub(crate) fn set(&self, namespace: &str, options: WebhookOptions) {
        self.shared.lock().insert(namespace.to_owned(), options);
    }
}

impl Shared {
    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<String, WebhookOptions>> {
        self.options.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn of(&self, namespace: &str) -> WebhookOptions {
        self.lock().get(namespace).cloned().unwrap_or_default()
    }
}

async fn answer(
    request: Request<Incoming>,
    host: &Client,
    shared: &Shared,
) -> Response<Full<Bytes>> {
    let body = request.into_body().collect().await;
    let review = body
        .ok()
        .and_then(|body| serde_json::from_slice::<Value>(&body.to_bytes()).ok());
    let Some(review) = review else {
        return refused(StatusCode::BAD_REQUEST);
    };
    let namespace = text(&review, "/request/namespace");
    let options = shared.of(namespace);
    if options.is_down {
        return refused(StatusCode::SERVICE_UNAVAILABLE);
    }
    let response = match judge(&review, namespace, &options, host).await {
        Ok(None) => json!({"allowed": true}),
        Ok(Some(spec)) => {
            let patch = json!([{"op": "replace", "path": "/spec", "value": spec}]);
            let patch = ByteString(patch.to_string().into_bytes());
            json!({"allowed": true, "patchType": "JSONPatch", "patch": patch})
        }
        Err(message) => json!({"allowed": false, "status": {"code": 400, "message": message}}),
    };
    let mut answer = json!({"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview"});
    if let Some(answer) = answer.as_object_mut() {
        let mut response = response;
        if let Some(response) = response.as_object_mut() {
            response.insert("uid".to_owned(), json!(text(&review, "/request/uid")));
        }
        answer.insert("response".to_owned(), response);
    }
    Response::new(Full::from(answer.to_string()))
}

/// The new `spec` of the pod that a review is about, if it changes; or why the pod is refused.
async fn judge(
    review: &Value,
    namespace: &str,
    options: &WebhookOptions,
    host: &Client,
) -> Result<Option<Value>, String> {
    let pod = review
        .pointer("/request/object")
        .ok_or("there is no object to decode")?;
    let name = match text(pod, "/spec/serviceAccountName") {
        "" => "default",
        name => name,
    };
    let accounts: Api<ServiceAccount> = Api::namespaced(host.clone(), namespace);
    let account = accounts
        .get_opt(name)
        .await
        .map_err(|error| error.to_string())?;
    let account = account.ok_or_else(|| format!("serviceaccounts \"{name}\" not found"))?;
    let annotations = account.metadata.annotations.unwrap_or_default();
    let spec = mutation::spec(pod, &annotations, options)?;
    Ok((pod.get("spec") != Some(&spec)).then_some(spec))
}

fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value
        .pointer(pointer)
        .and_then(Value::as_str)
        .unwrap_or_default()
}
