//! What the AKS add-on puts on the host: the registration, and what stands behind it.

use std::net::Ipv4Addr;

use k8s_openapi::api::admissionregistration::v1::MutatingWebhookConfiguration;
use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::core::v1::{ConfigMap, Service, ServiceAccount};
use k8s_openapi::api::discovery::v1::EndpointSlice;
use kube::{Api, Client};
use serde_json::json;

use super::mutation::DEFAULT_TENANT;
use crate::certificate::Authority;
use crate::error::BedError;
use crate::object::{create, run_pods};

/// Where the add-on is installed.
const NAMESPACE: &str = "kube-system";

const SERVICE: &str = "azure-wi-webhook-webhook-service";

/// Addresses of the webhook's two pods.
const PODS: [Ipv4Addr; 2] = [Ipv4Addr::new(10, 244, 0, 11), Ipv4Addr::new(10, 244, 0, 12)];

/// The name that the API server asks the webhook's certificate for.
pub(super) fn service_name() -> String {
    format!("{SERVICE}.{NAMESPACE}.svc")
}

/// Registers the webhook that listens on `port` of this machine.
///
/// # Errors
///
/// When the API server refuses an object.
pub(crate) async fn register(
    host: &Client,
    authority: &Authority,
    port: u16,
) -> Result<(), BedError> {
    let in_namespace = host.clone();
    let labels = json!({"azure-workload-identity.io/system": "true"});
    let account = json!({"metadata": {"name": "azure-wi-webhook-admin", "labels": labels}});
    create::<ServiceAccount>(&Api::namespaced(in_namespace.clone(), NAMESPACE), account).await?;
    let config = json!({
        "metadata": {"name": "azure-wi-webhook-config", "labels": labels},
        "data": {"AZURE_TENANT_ID": DEFAULT_TENANT, "AZURE_ENVIRONMENT": "AzurePublicCloud"},
    });
    create::<ConfigMap>(&Api::namespaced(in_namespace.clone(), NAMESPACE), config).await?;
    // Pods have no network here, so the Service leads to the stand-in on this machine.
    let service = json!({
        "metadata": {"name": SERVICE, "labels": labels},
        "spec": {"type": "ExternalName", "externalName": "localhost"},
    });
    create::<Service>(&Api::namespaced(in_namespace.clone(), NAMESPACE), service).await?;
    let slice = json!({
        "metadata": {
            "name": format!("{SERVICE}-vwi"),
            "labels": {"kubernetes.io/service-name": SERVICE},
        },
        "addressType": "IPv4",
        "endpoints": [{"addresses": PODS, "conditions": {"ready": true}}],
        "ports": [{"name": "", "port": 9443, "protocol": "TCP"}],
    });
    create::<EndpointSlice>(&Api::namespaced(in_namespace.clone(), NAMESPACE), slice).await?;
    create::<Deployment>(
        &Api::namespaced(in_namespace.clone(), NAMESPACE),
        deployment(),
    )
    .await?;
    create::<MutatingWebhookConfiguration>(&Api::all(host.clone()), configuration(authority, port))
        .await?;
    let selector = "azure-workload-identity.io/system=true";
    run_pods(&Api::namespaced(in_namespace, NAMESPACE), selector, &PODS).await
}

fn configuration(authority: &Authority, port: u16) -> serde_json::Value {
    let authority = k8s_openapi::ByteString(authority.pem().into_bytes());
    json!({
        "metadata": {
            "name": "azure-wi-webhook-mutating-webhook-configuration",
            "labels": {"azure-workload-identity.io/system": "true"},
        },
        "webhooks": [{
            "name": "mutation.azure-workload-identity.io",
            "admissionReviewVersions": ["v1", "v1beta1"],
            "clientConfig": {
                "caBundle": authority,
                "service": {
                    "name": SERVICE,
                    "namespace": NAMESPACE,
                    "path": "/mutate-v1-pod",
                    "port": port,
                },
            },
            "failurePolicy": "Fail",
            "matchPolicy": "Equivalent",
            "reinvocationPolicy": "IfNeeded",
            "sideEffects": "None",
            "objectSelector": {"matchLabels": {"azure.workload.identity/use": "true"}},
            // What the admissions enforcer of AKS adds to every registration.
            "namespaceSelector": {"matchExpressions": [
                {"key": "control-plane", "operator": "DoesNotExist"},
                {"key": "kubernetes.io/metadata.name", "operator": "NotIn", "values": ["kube-system"]},
            ]},
            "rules": [{
                "apiGroups": [""],
                "apiVersions": ["v1"],
                "operations": ["CREATE"],
                "resources": ["pods"],
            }],
        }],
    })
}

fn deployment() -> serde_json::Value {
    let labels = json!({"azure-workload-identity.io/system": "true"});
    json!({
        "metadata": {"name": "azure-wi-webhook-controller-manager", "labels": labels},
        "spec": {
            "replicas": PODS.len(),
            "selector": {"matchLabels": labels},
            "template": {
                "metadata": {"labels": labels},
                "spec": {
                    "serviceAccountName": "azure-wi-webhook-admin",
                    "containers": [{
                        "name": "manager",
                        "image": "mcr.microsoft.com/oss/v2/azure/workload-identity/webhook:v1.6.0",
                        "ports": [{"containerPort": 9443}],
                    }],
                },
            },
        },
    })
}
