//! The plan as a document, `FederationPlan`: stable, for programs.

use serde::Serialize;
use serde_json::Value;

use super::plan::{CredentialStep, IdentityPlan, IdentityStep, Plan, RefusedRecord, RoleStep};
use crate::record::API_VERSION;

/// `kind` of the document.
pub const PLAN_KIND: &str = "FederationPlan";

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Document<'a> {
    api_version: &'a str,
    kind: &'a str,
    identities: Vec<IdentityDocument<'a>>,
    refused: Vec<RefusedDocument>,
    #[serde(skip_serializing_if = "Option::is_none")]
    prune_withheld: Option<String>,
    summary: SummaryDocument,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct IdentityDocument<'a> {
    id: String,
    action: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    location: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    principal_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tenant_id: Option<&'a str>,
    credentials_used: usize,
    credentials: Vec<CredentialDocument<'a>>,
    role_assignments: Vec<RoleDocument<'a>>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    notes: &'a [String],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct CredentialDocument<'a> {
    action: &'a str,
    reason: &'a str,
    name: &'a str,
    issuer: &'a str,
    issuer_confirmed: bool,
    subject: &'a str,
    audience: &'a str,
    records: Vec<String>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    notes: &'a [String],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct RoleDocument<'a> {
    action: &'a str,
    reason: &'a str,
    role: &'a str,
    role_definition_id: &'a str,
    scope: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    records: Vec<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct RefusedDocument {
    record: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    identity: Option<String>,
    reason: &'static str,
    message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<String>,
}

#[derive(Serialize)]
struct SummaryDocument {
    create: usize,
    update: usize,
    unchanged: usize,
    adopt: usize,
    delete: usize,
    keep: usize,
    refuse: usize,
}

type Names<'a> = &'a dyn Fn(usize) -> String;

/// Returns the plan as a document; `record` names a record as messages do.
pub fn plan_document(plan: &Plan, record: Names<'_>) -> Value {
    let counts = plan.counts();
    let document = Document {
        api_version: API_VERSION,
        kind: PLAN_KIND,
        identities: plan
            .identities
            .iter()
            .map(|identity| identity_document(identity, record))
            .collect(),
        refused: plan
            .refused
            .iter()
            .map(|refused| refused_document(refused, record))
            .collect(),
        prune_withheld: plan.withheld.as_ref().map(ToString::to_string),
        summary: SummaryDocument {
            create: counts.create,
            update: counts.update,
            unchanged: counts.unchanged,
            adopt: counts.adopt,
            delete: counts.delete,
            keep: counts.keep,
            refuse: counts.refuse,
        },
    };
    // Strings, numbers and lists of these always serialise.
    serde_json::to_value(document).unwrap_or(Value::Null)
}

fn identity_document<'a>(plan: &'a IdentityPlan, record: Names<'_>) -> IdentityDocument<'a> {
    let (action, location, kept) = match &plan.identity {
        IdentityStep::Keep(identity) => (
            "unchanged",
            Some(identity.location.as_str()),
            Some(identity),
        ),
        IdentityStep::Create { location } => ("create", Some(location.as_str()), None),
        IdentityStep::Delete(identity) => {
            ("delete", Some(identity.location.as_str()), Some(identity))
        }
        IdentityStep::Missing => ("missing", None, None),
    };
    IdentityDocument {
        id: plan.id.to_string(),
        action,
        location,
        client_id: kept.map(|identity| identity.client_id.as_str()),
        principal_id: kept.map(|identity| identity.principal_id.as_str()),
        tenant_id: kept.map(|identity| identity.tenant_id.as_str()),
        credentials_used: plan.room.used,
        credentials: plan
            .credentials
            .iter()
            .map(|step| credential_document(step, record))
            .collect(),
        role_assignments: plan
            .roles
            .iter()
            .map(|step| role_document(step, record))
            .collect(),
        notes: &plan.notes,
    }
}

fn credential_document<'a>(step: &'a CredentialStep, record: Names<'_>) -> CredentialDocument<'a> {
    CredentialDocument {
        action: step.action.word(),
        reason: step.because.word(),
        name: &step.name,
        issuer: &step.trust.issuer,
        issuer_confirmed: step.confirmed,
        subject: &step.trust.subject,
        audience: &step.trust.audience,
        records: step.records.iter().map(|&index| record(index)).collect(),
        notes: &step.notes,
    }
}

fn role_document<'a>(step: &'a RoleStep, record: Names<'_>) -> RoleDocument<'a> {
    RoleDocument {
        action: step.action.word(),
        reason: step.because.word(),
        role: &step.role,
        role_definition_id: &step.definition_id,
        scope: step.scope.as_str(),
        name: step.name.as_deref(),
        records: step.records.iter().map(|&index| record(index)).collect(),
    }
}

fn refused_document(refused: &RefusedRecord, record: Names<'_>) -> RefusedDocument {
    RefusedDocument {
        record: record(refused.record),
        identity: refused.identity.as_ref().map(ToString::to_string),
        reason: refused.refusal.reason,
        message: refused.refusal.message.clone(),
        hint: refused.refusal.hint.clone(),
    }
}
