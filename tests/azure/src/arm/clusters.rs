//! AKS clusters: as much of them as tells issuer and webhook, and enough for `az aks show`.

use http::Method;
use serde_json::{Value, json};
use vwi_test_server::Reply;

use crate::arm::Context;
use crate::arm::errors::ArmError;
use crate::arm::subscriptions::only_get;
use crate::state::{CLUSTER_TYPE, Cluster, IDENTITY_TYPE, Place, State, new_id};

/// Lists the clusters of a subscription or of a resource group.
pub(super) fn list(
    context: &Context<'_>,
    state: &State,
    subscription: &str,
    group: Option<&str>,
) -> Result<Reply, ArmError> {
    only_get(context)?;
    let clusters = state.clusters.iter().filter(|cluster| match group {
        Some(group) => cluster.place.in_group(subscription, group),
        None => cluster.place.in_subscription(subscription),
    });
    context.page(state, clusters.map(|one| view(context, one)).collect())
}

/// One cluster: GET, PATCH (tags), and PUT as far as it switches the issuer and the webhook.
pub(super) fn one(
    context: &Context<'_>,
    state: &mut State,
    place: &Place,
) -> Result<Reply, ArmError> {
    let tenant = context.world.id().to_owned();
    let mut clusters = state.clusters.iter_mut();
    let Some(cluster) = clusters.find(|cluster| cluster.place.is(place)) else {
        return Err(absent(place));
    };
    match context.request.method {
        Method::GET => {}
        Method::PATCH => {
            let body = context.json()?;
            if let Some(tags) = body.get("tags").and_then(Value::as_object) {
                cluster.tags.clone_from(tags);
            }
        }
        Method::PUT => update(cluster, &context.json()?, &tenant)?,
        _ => return Err(context.method_not_allowed()),
    }
    Ok(Reply::json(200, &view(context, cluster)))
}

fn update(cluster: &mut Cluster, body: &Value, tenant: &str) -> Result<(), ArmError> {
    let switch = |pointer: &str| body.pointer(pointer).and_then(Value::as_bool);
    match switch("/properties/oidcIssuerProfile/enabled") {
        Some(true) if cluster.issuer_url.is_none() => {
            let location = &cluster.location;
            let made = || {
                let id = new_id();
                format!("https://{location}.oic.prod-aks.azure.com/{tenant}/{id}/")
            };
            let issuer = cluster.issuer_url_when_enabled.clone();
            cluster.issuer_url = Some(issuer.unwrap_or_else(made));
        }
        Some(false) if cluster.issuer_url.is_some() => {
            let code = "OIDCIssuerFeatureCannotBeDisabled";
            let message = "OIDC issuer feature cannot be disabled.";
            return Err(ArmError::new(400, code, message));
        }
        Some(_) | None => {}
    }
    if let Some(on) = switch("/properties/securityProfile/workloadIdentity/enabled") {
        cluster.workload_identity = on;
    }
    Ok(())
}

pub(super) fn absent(place: &Place) -> ArmError {
    ArmError::no_resource(CLUSTER_TYPE, &place.name, &place.group)
}

fn view(context: &Context<'_>, cluster: &Cluster) -> Value {
    let Place {
        subscription,
        group,
        name,
    } = &cluster.place;
    let location = &cluster.location;
    let dns = format!("{name}-dns-x1y2z3");
    let oidc = match &cluster.issuer_url {
        Some(issuer) => json!({"enabled": true, "issuerURL": issuer}),
        None => json!({"enabled": false}),
    };
    let security = if cluster.workload_identity {
        json!({"workloadIdentity": {"enabled": true}})
    } else {
        json!({})
    };
    let node_group = format!("MC_{group}_{name}_{location}");
    let kubelet = format!(
        "/subscriptions/{subscription}/resourcegroups/{node_group}/providers/{IDENTITY_TYPE}/\
         {name}-agentpool"
    );
    json!({
        "id": cluster.id(),
        "name": name,
        "type": CLUSTER_TYPE,
        "location": location,
        "tags": cluster.tags,
        "sku": {"name": "Base", "tier": "Standard"},
        "identity": {
            "type": "SystemAssigned",
            "principalId": "00000000-0000-0000-0000-000000000001",
            "tenantId": context.world.id(),
        },
        "properties": {
            "provisioningState": "Succeeded",
            "powerState": {"code": "Running"},
            "kubernetesVersion": "1.36.3",
            "currentKubernetesVersion": "1.36.3",
            "dnsPrefix": name,
            "fqdn": format!("{dns}.hcp.{location}.azmk8s.io"),
            "azurePortalFQDN": format!("{dns}.portal.hcp.{location}.azmk8s.io"),
            "agentPoolProfiles": [{
                "name": "system",
                "count": 3,
                "vmSize": "Standard_D4s_v5",
                "osType": "Linux",
                "osSKU": "Ubuntu",
                "type": "VirtualMachineScaleSets",
                "mode": "System",
                "orchestratorVersion": "1.36.3",
                "provisioningState": "Succeeded",
                "powerState": {"code": "Running"},
            }],
            "servicePrincipalProfile": {"clientId": "msi"},
            "nodeResourceGroup": node_group,
            "identityProfile": {
                "kubeletidentity": {
                    "resourceId": kubelet,
                    "clientId": "00000000-0000-0000-0000-000000000002",
                    "objectId": "00000000-0000-0000-0000-000000000003",
                },
            },
            "enableRBAC": true,
            "supportPlan": "KubernetesOfficial",
            "networkProfile": {
                "networkPlugin": "azure",
                "networkPluginMode": "overlay",
                "podCidr": "10.244.0.0/16",
                "serviceCidr": "10.0.0.0/16",
                "dnsServiceIP": "10.0.0.10",
                "loadBalancerSku": "standard",
                "outboundType": "loadBalancer",
            },
            "resourceUID": uid(subscription, name),
            "disableLocalAccounts": false,
            "securityProfile": security,
            "oidcIssuerProfile": oidc,
            "workloadAutoScalerProfile": {},
        },
    })
}

/// Returns an id of 24 characters that stays the same for a cluster.
fn uid(subscription: &str, name: &str) -> String {
    let digits = subscription.chars().chain(name.chars());
    digits
        .filter(char::is_ascii_hexdigit)
        .chain(std::iter::repeat('0'))
        .take(24)
        .collect()
}
