//! What Azure refused, in the words of a record.

use vwi_azure::ArmError;
use vwi_azure::arm::GaveUp;
use vwi_core::arm::{ResourceId, Scope};
use vwi_core::exit::Explain;
use vwi_core::federation::{MAX_PER_IDENTITY, Refusal};
use vwi_core::roles;
use vwi_core::shell::az;

/// Returns a refusal of Azure as a record's.
pub(crate) fn by_azure(error: &ArmError) -> Refusal {
    explained(error, |error| {
        if error.status() == Some(403) {
            Some(
                "ask for a role with the action that the message names, such as Managed Identity \
                 Contributor on the identity"
                    .to_owned(),
            )
        } else if error.status() == Some(405) {
            Some(
                "this region has no federated credentials: make the identity in another one with \
                 `--create-identity --location`"
                    .to_owned(),
            )
        } else {
            None
        }
    })
}

/// Returns why an identity could not be made.
pub(crate) fn identity(error: &ArmError, id: &ResourceId) -> Refusal {
    explained(error, |error| {
        if error.is_code("ResourceGroupNotFound") {
            Some(group_to_be_made(id))
        } else if error.status() == Some(403) {
            let group = id.group();
            Some(format!(
                "ask for Managed Identity Contributor on resource group `{group}`, or let somebody \
                 make the identity who has it"
            ))
        } else {
            None
        }
    })
}

/// Returns the hint for a resource group that does not exist.
pub(crate) fn group_to_be_made(id: &ResourceId) -> String {
    let create = az(&["group", "create", "-n", id.group(), "-l", "REGION"]);
    format!("make the resource group with `{create}`")
}

/// Returns why a role could not be assigned.
pub(crate) fn role(error: &ArmError, scope: &Scope, name: &str) -> Refusal {
    explained(error, |error| {
        if error.is_code("RoleAssignmentUpdateNotPermitted") {
            // The name is made of principal, role and scope, so nobody else has it by accident.
            let id = roles::assignment_id(scope, name);
            let delete = az(&["role", "assignment", "delete", "--ids", &id]);
            Some(format!(
                "another principal holds the role assignment of this name: look at it, and delete \
                 it if nobody needs it, with `{delete}`"
            ))
        } else if error.status() == Some(403) {
            Some(format!(
                "ask for Role Based Access Control Administrator at `{scope}`, or let somebody \
                 assign the role who has it, and leave it out here"
            ))
        } else {
            None
        }
    })
}

/// Says it with the first hint there is: the error's own, what holds for every call, or what only
/// the caller knows.
fn explained(error: &ArmError, hint: impl FnOnce(&ArmError) -> Option<String>) -> Refusal {
    let reason = match (error.gave_up, error.status()) {
        (Some(GaveUp::TimedOut), _) => "TimedOut",
        (Some(GaveUp::Stopped), _) => "Interrupted",
        (None, Some(401 | 403)) => "Forbidden",
        (None, Some(429 | 500..) | None) => "AzureUnavailable",
        (None, Some(_)) => "AzureRefused",
    };
    Refusal {
        reason,
        message: error.line(),
        hint: error
            .hint()
            .or_else(|| common_hint(error))
            .or_else(|| hint(error)),
    }
}

/// Refusals that no role of ours would lift.
fn common_hint(error: &ArmError) -> Option<String> {
    let is = |code: &str| error.is_code(code);
    if is("RequestDisallowedByPolicy") {
        Some("ask for an exemption from the Azure Policy that the message names".to_owned())
    } else if is("DenyAssignmentAuthorizationFailed") {
        Some(
            "a deny assignment stands above every role: `az role assignment list` does not show \
             it, the portal does under Access control (IAM), Deny assignments; a managed \
             application, a deployment stack or a blueprint keeps it"
                .to_owned(),
        )
    } else if is("ScopeLocked") {
        Some("`az lock list` names the lock of the resource group or subscription".to_owned())
    } else {
        None
    }
}

/// The identity was filled by somebody else since it was counted.
pub(crate) fn filled_up(id: &ResourceId, error: &ArmError) -> Refusal {
    Refusal {
        reason: "NoRoom",
        message: format!(
            "somebody else filled identity `{}` meanwhile, it holds {MAX_PER_IDENTITY} \
             credentials: {}",
            id.name(),
            error.line()
        ),
        hint: Some("run the same command again: it counts anew, and names the ways out".to_owned()),
    }
}

/// Azure says that an assignment exists, and does not show it.
pub(crate) fn hidden_assignment(scope: &Scope) -> Refusal {
    Refusal {
        reason: "RoleAssignmentExists",
        message: format!(
            "Azure says that the role assignment at `{scope}` exists, but does not list it"
        ),
        hint: Some("run the same command again in a minute".to_owned()),
    }
}

/// The assignment is written, and `--wait` could not see it.
pub(crate) fn not_visible(reason: &'static str, scope: &Scope) -> Refusal {
    Refusal {
        reason,
        message: format!(
            "the role assignment at `{scope}` is written, but Azure does not show it yet"
        ),
        hint: Some("run the same command again: what is done is found".to_owned()),
    }
}

/// Returns why something was not done that had not been begun.
pub(crate) fn not_done(reason: &'static str) -> Refusal {
    let message = if reason == "Interrupted" {
        "not done: interrupted"
    } else {
        "not done: the time of `--timeout` was over"
    };
    Refusal {
        reason,
        message: message.to_owned(),
        hint: Some("run the same command again: what is done is found".to_owned()),
    }
}
