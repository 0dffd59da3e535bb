//! Resources of Azure Service Operator, one YAML document each.

use serde_json::{Value, json};

use super::super::IDENTITY_TAG;
use super::super::plan::{Action, CredentialStep, IdentityPlan, IdentityStep, Plan, RoleStep};
use super::is_declared;
use super::label::{Labels, Style};

/// Version of the operator's managed identity resources.
///
/// Source: azure-service-operator `v2/api/managedidentity`.
const IDENTITY_API: &str = "managedidentity.azure.com/v1api20230131";
/// Version of the operator's role assignments.
///
/// Source: azure-service-operator `v2/api/authorization`.
const ROLE_API: &str = "authorization.azure.com/v1api20220401";
/// What becomes of a resource in Azure when the one in Kubernetes is deleted.
const POLICY: &str = "serviceoperator.azure.com/reconcile-policy";
/// Key of the principal's id in the ConfigMap that the operator writes.
const PRINCIPAL: &str = "principalId";

pub(super) fn manifests(plan: &Plan, head: &str) -> String {
    let mut labels = Labels::new(Style::Kubernetes);
    let mut documents: Vec<Value> = Vec::new();
    for identity in plan.identities.iter().filter(is_declared) {
        add(identity, &mut labels, &mut documents);
    }
    let mut text = head.to_owned();
    for document in documents {
        // Maps with text keys always serialise.
        let options = serde_saphyr::ser_options! { prefer_block_scalars: false };
        let yaml = serde_saphyr::to_string_with_options(&document, options).unwrap_or_default();
        text.push_str("---\n");
        text.push_str(&yaml);
    }
    text
}

fn add(plan: &IdentityPlan, labels: &mut Labels, documents: &mut Vec<Value>) {
    let id = &plan.id;
    let label = labels.give(id.name());
    if let IdentityStep::Create { location } = &plan.identity {
        let (key, value) = IDENTITY_TAG;
        let group = format!(
            "/subscriptions/{}/resourceGroups/{}",
            id.subscription(),
            id.group()
        );
        documents.push(json!({
            "apiVersion": IDENTITY_API,
            "kind": "UserAssignedIdentity",
            "metadata": {"name": label},
            "spec": {
                "azureName": id.name(),
                "location": location,
                "owner": {"armId": group},
                "tags": {key: value},
                "operatorSpec": {
                    "configMaps": {"principalId": {"name": label, "key": PRINCIPAL}},
                },
            },
        }));
    }
    for step in &plan.credentials {
        let name = labels.give(&format!("{}-{}", id.name(), step.name));
        documents.push(credential(plan, step, &label, &name));
    }
    for step in &plan.roles {
        let name = labels.give(&format!("{}-{}", id.name(), step.role));
        documents.push(role(plan, step, &label, &name));
    }
}

fn credential(plan: &IdentityPlan, step: &CredentialStep, identity: &str, name: &str) -> Value {
    let owner = match plan.identity {
        IdentityStep::Create { .. } => json!({"name": identity}),
        IdentityStep::Keep(_) | IdentityStep::Delete(_) | IdentityStep::Missing => {
            json!({"armId": plan.id.to_string()})
        }
    };
    json!({
        "apiVersion": IDENTITY_API,
        "kind": "FederatedIdentityCredential",
        "metadata": metadata(name, step.action),
        "spec": {
            "azureName": step.name,
            "owner": owner,
            "issuer": step.trust.issuer,
            "subject": step.trust.subject,
            "audiences": [step.trust.audience],
        },
    })
}

fn role(plan: &IdentityPlan, step: &RoleStep, identity: &str, name: &str) -> Value {
    let mut spec = json!({
        "owner": {"armId": step.scope.as_str()},
        "principalType": "ServicePrincipal",
        "roleDefinitionReference": {"armId": step.definition_id},
    });
    if let Some(spec) = spec.as_object_mut() {
        // Without a name, the operator makes one that stays.
        if let Some(name) = &step.name {
            spec.insert("azureName".to_owned(), json!(name));
        }
        match plan.identity.found() {
            Some(identity) => spec.insert("principalId".to_owned(), json!(identity.principal_id)),
            None => spec.insert(
                "principalIdFromConfig".to_owned(),
                json!({"name": identity, "key": PRINCIPAL}),
            ),
        };
    }
    json!({
        "apiVersion": ROLE_API,
        "kind": "RoleAssignment",
        "metadata": metadata(name, step.action),
        "spec": spec,
    })
}

/// What is not ours outlives the resource that looks after it.
fn metadata(name: &str, action: Action) -> Value {
    if action == Action::Adopt {
        json!({"name": name, "annotations": {POLICY: "detach-on-delete"}})
    } else {
        json!({"name": name})
    }
}
