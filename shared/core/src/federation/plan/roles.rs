//! The role steps of one identity.

use super::super::because::Because;
use super::super::observed::Found;
use super::super::wanted::WantedRole;
use super::refusals;
use super::{Action, IdentityStep, Refusal, RoleStep};
use crate::roles::{self, Assignment};

/// Plans one role for an identity that stays or is made.
///
/// # Errors
///
/// [`Refusal`] if the role is not known, or somebody else's assignment has our name.
pub(super) fn step(
    wanted: &WantedRole,
    found: &Found,
    identity: &IdentityStep,
) -> Result<RoleStep, Refusal> {
    let definition_id = wanted.definition.clone()?;
    let step = |action, because, name| RoleStep {
        action,
        because,
        role: wanted.role.clone(),
        scope: wanted.scope.clone(),
        definition_id: definition_id.clone(),
        name,
        records: wanted.records.clone(),
    };
    let Some(identity) = identity.found() else {
        return Ok(step(Action::Create, Because::NotThere, None));
    };
    let principal_id = &identity.principal_id;
    let ours = roles::assignment_name(&wanted.scope, principal_id, &definition_id);
    let held = roles::find(
        &found.assignments,
        &wanted.scope,
        principal_id,
        &definition_id,
    );
    match held {
        Some(held) if is_named(held, &ours) => {
            Ok(step(Action::Unchanged, Because::AsWanted, Some(ours)))
        }
        Some(held) => Ok(step(
            Action::Adopt,
            Because::OtherName,
            Some(held.name.clone()),
        )),
        None => match found.named_alike.iter().find(|held| is_named(held, &ours)) {
            Some(held) => Err(refusals::name_of_others(held)),
            None => Ok(step(Action::Create, Because::NotThere, Some(ours))),
        },
    }
}

fn is_named(assignment: &Assignment, name: &str) -> bool {
    assignment.name.eq_ignore_ascii_case(name)
}
