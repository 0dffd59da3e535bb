//! What Azure refused, in the words of a record.

use vwi_azure::ArmError;
use vwi_azure::arm::GaveUp;
use vwi_core::exit::Explain;
use vwi_core::federation::Refusal;

/// Returns a refusal of Azure as a record's.
pub(crate) fn by_azure(error: &ArmError) -> Refusal {
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
        hint: error.hint().or_else(|| hint(error)),
    }
}

/// What to do about a code; nothing is said about those that explain themselves.
fn hint(error: &ArmError) -> Option<String> {
    let is = |code: &str| error.is_code(code);
    if is("RoleAssignmentUpdateNotPermitted") {
        Some(
            "delete the role assignment of this name, which belongs to another principal, with \
             `az role assignment delete --ids ID`"
                .to_owned(),
        )
    } else if is("RequestDisallowedByPolicy") {
        Some("ask for an exemption from the Azure Policy that the message names".to_owned())
    } else if is("AuthorizationFailed") {
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
