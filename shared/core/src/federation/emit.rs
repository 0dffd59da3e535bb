//! The plan in the words of other tools, for teams whose pipeline does the writing.
//!
//! `az` says what changes. Terraform, Bicep and Azure Service Operator say what is to be, so what is
//! there already stands in them too. Running any of them leaves the state that applying the plan
//! leaves.

mod aso;
mod az;
mod bicep;
mod label;
mod terraform;

use std::fmt;

use thiserror::Error;

use super::plan::{Action, CredentialStep, IdentityPlan, IdentityStep, Plan, RoleStep};
use super::render::summary;
use crate::text::escape;

/// Which tool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// A shell script of `az` commands.
    Az,
    /// Terraform, for the provider `azurerm`.
    Terraform,
    /// Bicep, for one resource group.
    Bicep,
    /// Resources of Azure Service Operator.
    Aso,
}

impl fmt::Display for Form {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Az => "az",
            Self::Terraform => "terraform",
            Self::Bicep => "bicep",
            Self::Aso => "aso",
        })
    }
}

/// Why a plan can't be said in the words of a tool.
#[derive(Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum NotEmittable {
    /// It deletes, and a declaration can't say so.
    #[error(
        "the plan deletes `{}`, which a declaration for {form} can't say",
        escape(name)
    )]
    Deletes {
        /// The tool.
        form: Form,
        /// What is deleted.
        name: String,
    },
    /// Identities of several resource groups; a Bicep file deploys to one.
    #[error(
        "a Bicep file deploys to one resource group, and the plan has identities in `{}` and `{}`",
        escape(one),
        escape(other)
    )]
    SeveralGroups {
        /// One resource group, as `subscription/group`.
        one: String,
        /// The other.
        other: String,
    },
    /// A scope that a deployment to a resource group can't reach.
    #[error("a Bicep deployment to a resource group can't assign a role at `{}`", escape(.0))]
    OutOfReach(String),
    /// A text that has no business in a file for a tool.
    #[error("`{}` has control characters in it", escape(.0))]
    Unprintable(String),
}

impl NotEmittable {
    /// Returns one thing to do about it.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Deletes { .. } => Some("`-o az` can"),
            Self::SeveralGroups { .. } => Some("run it once for each resource group"),
            Self::OutOfReach(_) => Some("`-o az`, `terraform` and `aso` can"),
            Self::Unprintable(_) => None,
        }
    }
}

/// Returns the plan for one tool; `record` names a record as messages do.
///
/// # Errors
///
/// [`NotEmittable`] if the tool has no words for it.
pub fn emit(
    plan: &Plan,
    form: Form,
    record: &dyn Fn(usize) -> String,
) -> Result<String, NotEmittable> {
    for identity in &plan.identities {
        printable(identity)?;
        if form != Form::Az {
            only_declares(identity, form)?;
        }
    }
    let plan = &without_what_stays_away(plan);
    let comment = match form {
        Form::Az | Form::Terraform | Form::Aso => "#",
        Form::Bicep => "//",
    };
    let head = head(plan, form, comment, record);
    match form {
        Form::Az => Ok(az::script(plan, &head)),
        Form::Terraform => Ok(terraform::configuration(plan, &head)),
        Form::Bicep => bicep::file(plan, &head),
        Form::Aso => Ok(aso::manifests(plan, &head)),
    }
}

/// Says what the file is, and which records it leaves out.
fn head(plan: &Plan, form: Form, comment: &str, record: &dyn Fn(usize) -> String) -> String {
    let mut text = format!(
        "{comment} Made by kubectl vwi federate: {}\n",
        summary(plan)
    );
    // Ours are made of the principal's id, which is known once the identity is made.
    let is_unnamed =
        |identity: &IdentityPlan| identity.roles.iter().any(|role| role.name.is_none());
    if form != Form::Terraform && plan.identities.iter().any(is_unnamed) {
        let part = format!(
            "{comment} Role assignments of an identity that is made here get names that are not \
             federate's own:\n{comment} its next run adopts them, and --delete-roles leaves them.\n"
        );
        text.push_str(&part);
    }
    for refused in &plan.refused {
        let part = format!(
            "{comment} Left out: {}: {}: {}\n",
            escape(&record(refused.record)),
            refused.refusal.reason,
            escape(&refused.refusal.message)
        );
        text.push_str(&part);
    }
    text
}

fn only_declares(plan: &IdentityPlan, form: Form) -> Result<(), NotEmittable> {
    let deletes = |action: Action, name: &str| {
        (action == Action::Delete).then(|| NotEmittable::Deletes {
            form,
            name: name.to_owned(),
        })
    };
    let identity = match &plan.identity {
        IdentityStep::Delete(identity) => deletes(Action::Delete, identity.id.name()),
        IdentityStep::Keep(_) | IdentityStep::Create { .. } | IdentityStep::Missing => None,
    };
    let mut credentials = plan.credentials.iter();
    let credentials = credentials.find_map(|step| deletes(step.action, &step.name));
    let mut roles = plan.roles.iter();
    let roles = roles.find_map(|step| deletes(step.action, &step.role));
    match identity.or(credentials).or(roles) {
        Some(error) => Err(error),
        None => Ok(()),
    }
}

/// Leaves out what somebody asked to delete and what stays or is gone all the same: it is nothing to
/// declare, and nothing to do.
fn without_what_stays_away(plan: &Plan) -> Plan {
    let mut plan = plan.clone();
    for identity in &mut plan.identities {
        let stays = |step: &CredentialStep| step.action == Action::Delete || !step.takes_away();
        identity.credentials.retain(stays);
    }
    plan
}

/// Refuses control characters, so that none of the tools' ways to quote has to deal with them.
fn printable(plan: &IdentityPlan) -> Result<(), NotEmittable> {
    let location = match &plan.identity {
        IdentityStep::Create { location } => Some(location.as_str()),
        IdentityStep::Keep(_) | IdentityStep::Delete(_) | IdentityStep::Missing => None,
    };
    let of_credential = |step: &'_ CredentialStep| {
        let trust = &step.trust;
        [
            step.name.clone(),
            trust.issuer.clone(),
            trust.subject.clone(),
            trust.audience.clone(),
        ]
    };
    let of_role = |step: &'_ RoleStep| {
        [
            step.definition_id.clone(),
            step.name.clone().unwrap_or_default(),
            step.scope.to_string(),
            step.role.clone(),
        ]
    };
    let texts = plan.credentials.iter().flat_map(of_credential);
    let texts = texts.chain(plan.roles.iter().flat_map(of_role));
    let mut texts = texts.chain(location.map(str::to_owned));
    match texts.find(|text| text.chars().any(char::is_control)) {
        Some(text) => Err(NotEmittable::Unprintable(text)),
        None => Ok(()),
    }
}

/// Whether there is something of this identity to say in a declaration.
#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "the argument of `Iterator::filter`"
)]
fn is_declared(plan: &&IdentityPlan) -> bool {
    plan.identity != IdentityStep::Missing
        && !(plan.credentials.is_empty() && plan.roles.is_empty())
}

#[cfg(test)]
mod tests;
