//! Plans `--prune=dangling`: credentials of a host's issuer whose ServiceAccount that host lacks.

use super::super::because::Because;
use super::super::name::{Owner, is_ours, owner_of};
use super::super::observed::{Credential, Found};
use super::super::prune::{Census, within};
use super::credentials::deletion;
use super::{Action, CredentialStep, IdentityPlan, IdentityStep, Plan};
use crate::arm::ResourceId;

/// How far `--prune=dangling` goes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DanglingRules {
    /// Whose credentials are deleted; none: everybody's that the suite made.
    pub owner: Option<Owner>,
    /// Whether others' are deleted too (`--include-foreign`).
    pub foreign: bool,
    /// More deletions than these are none at all.
    pub max_delete: usize,
}

/// Plans which credentials are deleted, and lists those that are dangling but not ours. Identities
/// without either are left out.
pub fn plan_dangling(
    identities: &[(ResourceId, Found)],
    census: &Census,
    rules: &DanglingRules,
) -> Plan {
    let plan = Plan {
        identities: identities
            .iter()
            .map(|(id, found)| identity(id, found, census, rules))
            .filter(|identity| !identity.credentials.is_empty())
            .collect(),
        ..Plan::default()
    };
    within(plan.clone(), rules.max_delete).unwrap_or_else(|withheld| {
        let mut listed = plan;
        for identity in &mut listed.identities {
            let kept = |step: &CredentialStep| step.action != Action::Delete;
            identity.credentials.retain(kept);
            identity.room.frees = 0;
        }
        listed
            .identities
            .retain(|identity| !identity.credentials.is_empty());
        Plan {
            withheld: Some(withheld),
            ..listed
        }
    })
}

fn identity(
    id: &ResourceId,
    found: &Found,
    census: &Census,
    rules: &DanglingRules,
) -> IdentityPlan {
    let step = found
        .identity
        .clone()
        .map_or(IdentityStep::Missing, IdentityStep::Keep);
    let mut plan = IdentityPlan::new(id, step, found);
    for held in &found.credentials {
        let Some(gone) = census.lacks(held) else {
            continue;
        };
        let delete = deletion(held, Because::Dangling(gone), Vec::new());
        plan.credentials
            .push(if rules.foreign || rules.is_ours(held) {
                delete
            } else {
                CredentialStep {
                    action: Action::Keep,
                    because: Because::NotOurs,
                    notes: vec![format!("dangling: {gone}")],
                    ..delete
                }
            });
    }
    let deletes = |step: &&CredentialStep| step.action == Action::Delete;
    plan.room.frees = plan.credentials.iter().filter(deletes).count();
    plan
}

impl DanglingRules {
    /// Whether the suite made it, for the owner that was typed if one was.
    fn is_ours(&self, held: &Credential) -> bool {
        let owner = match owner_of(&held.name) {
            None => return false,
            Some("") => None,
            Some(owner) => match owner.to_lowercase().parse::<Owner>() {
                Ok(owner) => Some(owner),
                Err(_) => return false,
            },
        };
        if self.owner.is_some() && self.owner != owner {
            return false;
        }
        let subject = held.subject.as_deref().unwrap_or_default();
        is_ours(&held.name, &held.issuer, subject, owner.as_ref())
    }
}
