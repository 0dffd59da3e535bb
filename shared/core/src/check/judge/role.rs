//! H: roles.

use super::{PASSED, failed, unknown};
use crate::check::command::az;
use crate::check::facts::{FactSource, Facts, Unseen};
use crate::check::finding::{Evidence, Failure, Verdict};
use crate::text::escape;

pub(in crate::check) fn missing(facts: &Facts) -> Option<Verdict> {
    if facts.azure.roles.is_empty() {
        return None;
    }
    let identity = match &facts.azure.identity {
        Ok(Some(identity)) => identity,
        Ok(None) => {
            return unknown(&Unseen::new(
                FactSource::Azure,
                format!(
                    "identity `{}` is not there",
                    escape(&facts.azure.identity_name)
                ),
            ));
        }
        Err(unseen) => return unknown(unseen),
    };
    let mut evidence = Vec::new();
    let mut fix = None;
    let mut unseen = None;
    for role in &facts.azure.roles {
        match &role.assignment {
            Ok(Some(_)) => {}
            Ok(None) => {
                evidence.push(Evidence::note(format!(
                    "`{}` has no role `{}` at `{}`, nor above it",
                    escape(&facts.azure.identity_name),
                    escape(&role.role),
                    escape(&role.scope)
                )));
                fix.get_or_insert_with(|| {
                    az(&[
                        "role",
                        "assignment",
                        "create",
                        "--assignee-object-id",
                        &identity.principal_id,
                        "--assignee-principal-type",
                        "ServicePrincipal",
                        "--role",
                        &role.role,
                        "--scope",
                        &role.scope,
                    ])
                });
            }
            Err(reason) => unseen = Some(reason),
        }
    }
    match (fix, unseen) {
        (Some(fix), _) => failed(Failure::error(evidence).fix(fix)),
        (None, Some(unseen)) => unknown(unseen),
        (None, None) => PASSED,
    }
}
