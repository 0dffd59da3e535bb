//! G, first half: is it the right identity?

use super::issuer::is_refused;
use super::service_account::client_id;
use super::{PASSED, failed, unknown};
use crate::annotation::CLIENT_ID;
use crate::arm::is_guid;
use crate::check::command::az;
use crate::check::facts::Facts;
use crate::check::finding::{Evidence, Failure, Verdict};
use crate::federation::Identity;
use crate::step::Step;
use crate::text::escape;

pub(in crate::check) fn wrong_client(facts: &Facts) -> Option<Verdict> {
    let account = match &facts.tenant.service_account {
        Ok(account) => account.as_ref()?,
        Err(unseen) => return unknown(unseen),
    };
    // An absent or empty one is another check's.
    let found = account
        .annotation(CLIENT_ID)
        .filter(|found| !found.is_empty())?;
    let of = format!("annotation `{CLIENT_ID}`");
    let evidence = match &facts.azure.identity {
        Ok(Some(identity)) if identity.client_id.eq_ignore_ascii_case(found) => return PASSED,
        Ok(Some(identity)) => {
            let mut evidence = vec![Evidence::pair(of, &identity.client_id, Some(found))];
            evidence.extend(what_it_is(found, identity).map(Evidence::note));
            evidence
        }
        Ok(None) => {
            let evidence = vec![Evidence::note(format!(
                "identity `{}` is not there; the annotation is `{}`",
                escape(&facts.azure.identity_name),
                escape(found)
            ))];
            let query = format!("[?clientId=='{found}'].id");
            let fix = az(&["identity", "list", "--query", &query, "-o", "tsv"]);
            return failed(Failure::error(evidence).fix(fix));
        }
        Err(_) if !is_guid(found) => vec![Evidence::note(format!(
            "{of} is `{}`, which is no GUID",
            escape(found)
        ))],
        Err(_) if is_refused(facts, &[700_016]) => vec![Evidence::note(format!(
            "Entra knows no application with the client id `{}` in this Entra tenant",
            escape(found)
        ))],
        Err(unseen) => return unknown(unseen),
    };
    let arguments = [
        facts.name.as_str(),
        "-n",
        &facts.namespace,
        "--client-id",
        client_id(facts),
    ];
    failed(Failure::error(evidence).fix(facts.words.step(Step::Annotate, &arguments)))
}

/// Says what stands in the place of the client id.
fn what_it_is(found: &str, identity: &Identity) -> Option<&'static str> {
    let trimmed = found.trim();
    if found != trimmed && trimmed.eq_ignore_ascii_case(&identity.client_id) {
        Some("white space stands around it, and it is copied verbatim")
    } else if trimmed.eq_ignore_ascii_case(&identity.principal_id) {
        Some("this is the identity's principalId, which roles are assigned to")
    } else if trimmed.eq_ignore_ascii_case(&identity.tenant_id) {
        Some("this is the Entra tenant")
    } else if trimmed.starts_with('/') {
        Some("this is a resource id")
    } else if crate::arm::same(trimmed, identity.id.name()) {
        Some("this is the identity's name")
    } else if !is_guid(trimmed) {
        Some("this is no GUID")
    } else {
        None
    }
}
