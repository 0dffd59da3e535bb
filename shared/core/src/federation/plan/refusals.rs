//! What a plan says to the records that it refuses.

use super::super::observed::{Credential, Found, Trust};
use super::super::room::Room;
use super::Refusal;
use crate::arm::ResourceId;
use crate::roles::Assignment;
use crate::shell::{az, quoted};
use crate::text::escape;

pub(super) fn missing(identity: &ResourceId) -> Refusal {
    Refusal {
        reason: "IdentityNotFound",
        message: format!("identity `{identity}` does not exist"),
        hint: Some("make it with `--create-identity`".to_owned()),
    }
}

pub(super) fn audience_of_others(held: &Credential, wanted: &Trust) -> Refusal {
    Refusal {
        reason: "AudienceDiffers",
        message: format!(
            "credential `{}`, which is not ours, trusts this subject for audience `{}` and not \
             `{}`, and Azure allows one credential for a subject",
            escape(&held.name),
            escape(&held.audiences.join(", ")),
            escape(&wanted.audience)
        ),
        hint: Some("ask its owner to change it, or name its audience with `--audience`".to_owned()),
    }
}

pub(super) fn two_audiences(wanted: &Trust, other: &str) -> Refusal {
    Refusal {
        reason: "AudienceDiffers",
        message: format!(
            "another record wants this subject for audience `{}` and this one for `{}`, and Azure \
             allows one credential for a subject",
            escape(other),
            escape(&wanted.audience)
        ),
        hint: None,
    }
}

pub(super) fn no_name() -> Refusal {
    Refusal {
        reason: "NoName",
        message: "all names for this credential are held by others".to_owned(),
        hint: Some("give it other names with `--owner`".to_owned()),
    }
}

/// An identity in a region that has no federated credentials.
pub(super) fn region(identity: &ResourceId, location: &str) -> Refusal {
    let create = az(&[
        "identity",
        "create",
        "-g",
        identity.group(),
        "-n",
        "NEW",
        "-l",
        "LOCATION",
    ]);
    Refusal {
        reason: "RegionUnsupported",
        message: format!(
            "identity `{}` is in `{}`, a region without federated credentials",
            identity.name(),
            escape(location)
        ),
        hint: Some(format!(
            "name an identity in another region, which works from everywhere: `{create}`"
        )),
    }
}

/// Somebody else's role assignment has the name that ours would get.
pub(super) fn name_of_others(held: &Assignment) -> Refusal {
    let delete = az(&["role", "assignment", "delete", "--ids", &held.id]);
    Refusal {
        reason: "RoleAssignmentNameTaken",
        message: format!(
            "role assignment `{}` at `{}` is of another principal, `{}`, and Azure lets nobody \
             change that",
            escape(&held.name),
            escape(&held.scope),
            escape(&held.principal_id)
        ),
        hint: Some(format!("if nobody needs it, delete it with `{delete}`")),
    }
}

pub(super) fn no_room(identity: &ResourceId, room: Room, found: &Found) -> Refusal {
    let held: Vec<String> = found
        .credentials
        .iter()
        .map(|credential| {
            let name = escape(&credential.name);
            match found.dangling.get(&credential.name) {
                Some(gone) => format!("`{name}` (dangling: {gone})"),
                None => format!("`{name}`"),
            }
        })
        .collect();
    let held = if held.is_empty() {
        "none yet".to_owned()
    } else {
        held.join(", ")
    };
    let create = az(&["identity", "create", "-g", identity.group(), "-n", "NEW"]);
    let binding = az(&[
        "aks",
        "identity-binding",
        "create",
        "-g",
        "GROUP",
        "--cluster-name",
        "CLUSTER",
        "-n",
        "NAME",
        "--managed-identity-resource-id",
        &identity.to_string(),
    ]);
    Refusal {
        reason: "NoRoom",
        message: format!("identity `{}` has {room}; it holds {held}", identity.name()),
        hint: Some(format!(
            "see what nobody needs any more with `kubectl vwi federate --prune=dangling \
             --identity {} --dry-run`; or give some records a second identity, made with \
             `{create}`; or go past the limit with identity bindings: `{binding}`",
            quoted(&identity.to_string())
        )),
    }
}
