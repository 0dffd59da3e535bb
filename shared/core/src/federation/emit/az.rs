//! A shell script of `az` commands: what the plan changes, in its order.

use super::super::IDENTITY_TAG;
use super::super::plan::{Action, CredentialStep, IdentityPlan, IdentityStep, Plan, RoleStep};
use crate::arm::ResourceId;
use crate::roles::assignment_id;
use crate::shell::{az, quoted, words};
use crate::text::escape;

/// Calls a command again while a new identity is not known everywhere yet.
///
/// Source: <https://learn.microsoft.com/entra/identity/managed-identities-azure-resources/how-to-assign-access-azure-resource>,
/// replication delay.
const AGAIN: &str = "
# A new identity is not known everywhere at once.
again() {
  for pause in 5 10 20 40 80; do
    \"$@\" && return
    sleep \"$pause\"
  done
  \"$@\"
}
";

pub(super) fn script(plan: &Plan, head: &str) -> String {
    let mut text = format!("#!/bin/sh\n{head}set -eu\n");
    let makes = |identity: &IdentityPlan| matches!(identity.identity, IdentityStep::Create { .. });
    if plan.identities.iter().any(makes) {
        text.push_str(AGAIN);
    }
    for identity in &plan.identities {
        if identity.identity != IdentityStep::Missing {
            text.push_str(&block(identity));
        }
    }
    text
}

fn block(plan: &IdentityPlan) -> String {
    let id = &plan.id;
    let mut lines = vec![format!("\n# identity {}", id.name())];
    let is_new = matches!(plan.identity, IdentityStep::Create { .. });
    if let IdentityStep::Create { location } = &plan.identity {
        let (key, value) = IDENTITY_TAG;
        let tag = format!("{key}={value}");
        let mut words = vec!["identity", "create", "--name", id.name()];
        words.extend(place(id));
        words.extend(["--location", location, "--tags", &tag, "--output", "none"]);
        lines.push(az(&words));
    }
    lines.extend(
        plan.credentials
            .iter()
            .map(|step| credential(id, step, is_new)),
    );
    if plan.roles.iter().any(|step| step.action.changes()) && is_new {
        let mut words = vec!["identity", "show", "--name", id.name()];
        words.extend(place(id));
        words.extend(["--query", "principalId", "--output", "tsv"]);
        lines.push(format!("principal_id=$({})", az(&words)));
    }
    let principal = match plan.identity.found() {
        Some(identity) => quoted(&identity.principal_id),
        None => "\"$principal_id\"".to_owned(),
    };
    lines.extend(plan.roles.iter().map(|step| role(step, &principal, is_new)));
    if matches!(plan.identity, IdentityStep::Delete(_)) {
        let mut words = vec!["identity", "delete", "--name", id.name()];
        words.extend(place(id));
        lines.push(az(&words));
    }
    lines.push(String::new());
    lines.join("\n")
}

fn place(id: &ResourceId) -> [&str; 4] {
    [
        "--resource-group",
        id.group(),
        "--subscription",
        id.subscription(),
    ]
}

fn credential(id: &ResourceId, step: &CredentialStep, is_new: bool) -> String {
    let verb = match step.action {
        Action::Create => "create",
        Action::Update => "update",
        Action::Delete => "delete",
        Action::Unchanged | Action::Adopt | Action::Keep => {
            return format!("# credential {}: {}", escape(&step.name), step.because);
        }
    };
    let trust = &step.trust;
    let mut words = vec![
        "identity",
        "federated-credential",
        verb,
        "--name",
        &step.name,
        "--identity-name",
        id.name(),
    ];
    words.extend(place(id));
    if step.action == Action::Delete {
        words.push("--yes");
    } else {
        words.extend([
            "--issuer",
            &trust.issuer,
            "--subject",
            &trust.subject,
            "--audiences",
            &trust.audience,
            "--output",
            "none",
        ]);
    }
    prefixed(is_new, &az(&words))
}

fn role(step: &RoleStep, principal: &str, is_new: bool) -> String {
    match step.action {
        Action::Create | Action::Update => {
            let mut command = az(&[
                "role",
                "assignment",
                "create",
                "--role",
                &step.definition_id,
                "--scope",
                step.scope.as_str(),
                "--assignee-principal-type",
                "ServicePrincipal",
                "--output",
                "none",
            ]);
            if let Some(name) = &step.name {
                let part = format!(" {}", words(&["--name", name]));
                command.push_str(&part);
            }
            let part = format!(" --assignee-object-id {principal}");
            command.push_str(&part);
            prefixed(is_new, &command)
        }
        Action::Delete => {
            let name = step.name.as_deref().unwrap_or_default();
            let id = assignment_id(&step.scope, name);
            az(&["role", "assignment", "delete", "--ids", &id])
        }
        Action::Unchanged | Action::Adopt | Action::Keep => {
            format!(
                "# role {} at {}: {}",
                escape(&step.role),
                step.scope,
                step.because
            )
        }
    }
}

fn prefixed(is_new: bool, command: &str) -> String {
    if is_new {
        format!("again {command}")
    } else {
        command.to_owned()
    }
}
