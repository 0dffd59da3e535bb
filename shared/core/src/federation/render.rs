//! The plan for people: one block per identity, one line per action, a closing count.

use std::fmt::Write;

use super::because::Because;
use super::plan::{CredentialStep, IdentityPlan, IdentityStep, Plan, RoleStep};
use crate::text::escape;

/// Returns the plan as text; `record` names a record as messages do.
///
/// `+` create, `~` change, `=` same, `-` delete, `!` refused.
pub fn render(plan: &Plan, record: &dyn Fn(usize) -> String) -> String {
    let mut text = String::new();
    for identity in &plan.identities {
        write_identity(&mut text, identity);
        for refused in &plan.refused {
            if refused.identity.as_ref() == Some(&identity.id) {
                write_refused(
                    &mut text,
                    "  ",
                    &record(refused.record),
                    &refused.refusal.message,
                );
            }
        }
        text.push('\n');
    }
    for refused in plan
        .refused
        .iter()
        .filter(|refused| refused.identity.is_none())
    {
        write_refused(
            &mut text,
            "",
            &record(refused.record),
            &refused.refusal.message,
        );
    }
    if let Some(withheld) = &plan.withheld {
        let _written = writeln!(text, "! {withheld}");
    }
    let _written = writeln!(text, "Plan: {}", summary(plan));
    text
}

/// Returns the closing count.
pub fn summary(plan: &Plan) -> String {
    let counts = plan.counts();
    let mut text = format!(
        "{} to create, {} to change, {} to delete, {} unchanged",
        counts.create,
        counts.update,
        counts.delete,
        counts.unchanged + counts.adopt
    );
    if counts.adopt > 0 {
        let _written = write!(text, " ({} adopted)", counts.adopt);
    }
    if counts.keep > 0 {
        let _written = write!(text, ", {} kept", counts.keep);
    }
    if counts.refuse > 0 {
        let _written = write!(text, ", {} refused", counts.refuse);
    }
    text
}

// Writing to a String can't fail.

fn write_identity(text: &mut String, plan: &IdentityPlan) {
    let (sign, state) = match &plan.identity {
        IdentityStep::Keep(identity) => ('=', format!("client id {}", escape(&identity.client_id))),
        IdentityStep::Create { location } => (
            '+',
            format!("in {}, client id known after federate", escape(location)),
        ),
        IdentityStep::Delete(identity) => {
            ('-', format!("client id {}", escape(&identity.client_id)))
        }
        IdentityStep::Missing => ('!', "does not exist".to_owned()),
    };
    let _written = writeln!(
        text,
        "{sign} identity {} ({state})\n      {}",
        plan.id.name(),
        plan.id
    );
    for step in &plan.credentials {
        write_credential(text, step);
    }
    for step in &plan.roles {
        write_role(text, step);
    }
    for note in &plan.notes {
        let _written = writeln!(text, "      note: {note}");
    }
}

fn write_credential(text: &mut String, step: &CredentialStep) {
    let why = why(&step.because);
    let unconfirmed = if step.confirmed {
        ""
    } else {
        "   (neither the host nor ARM confirms it)"
    };
    let _written = writeln!(
        text,
        "  {} credential {}{why}\n      subject   {}\n      issuer    {}{unconfirmed}\n      audience  {}",
        step.action.sign(),
        escape(&step.name),
        escape(&step.trust.subject),
        escape(&step.trust.issuer),
        escape(&step.trust.audience)
    );
    for note in &step.notes {
        let _written = writeln!(text, "      note: {note}");
    }
}

fn write_role(text: &mut String, step: &RoleStep) {
    let why = why(&step.because);
    let _written = writeln!(
        text,
        "  {} role {} at {}{why}",
        step.action.sign(),
        escape(&step.role),
        step.scope
    );
}

/// Returns the reason behind a line, where the sign before it does not say it.
fn why(because: &Because) -> String {
    if because.is_worth_saying() {
        format!(" ({because})")
    } else {
        String::new()
    }
}

fn write_refused(text: &mut String, indent: &str, record: &str, message: &str) {
    let _written = writeln!(text, "{indent}! {}: {message}", escape(record));
}
