//! A tenant of which the Platform says that it sleeps: any request would wake it.

use vwi_core::translation::{Candidates, Clue, identify};
use vwi_kubernetes::host::HostOrigin;

use crate::error::TranslateError;
use crate::online::accounts::Request;
use crate::online::identify::Identified;
use crate::online::survey::Surveyed;
use crate::online::{Work, alone};
use crate::place::Place;
use crate::wanted::TenantAnswer;

/// Answers without a request to the tenant.
///
/// A host counts if it was typed, or if it is the one that the Platform names: there is no tenant
/// whose address it could share. Without one the Platform's values and vCluster's algorithm answer for
/// names.
pub(in crate::online) async fn find(
    work: &Work<'_>,
    hosts: Vec<Surveyed>,
    request: &Request,
    clues: &[Clue],
    asleep: &str,
) -> Result<Identified, TranslateError> {
    work.talk()
        .say(&format!("{asleep}, and is not woken (`--wake` does)"));
    let counts = |host: &Surveyed| host.is_typed() || *host.host.origin() == HostOrigin::Platform;
    let hosts: Vec<Surveyed> = hosts.into_iter().filter(counts).collect();
    let wanted = match request {
        Request::Named(wanted) if hosts.is_empty() => wanted,
        Request::Named(_) | Request::All { .. } => {
            return alone::find(work, &hosts, request, clues, &TenantAnswer::Asleep).await;
        }
    };
    let found = identify(clues, Candidates::default())?;
    let place = Place::new(found, work.args)?;
    let located = wanted.iter().map(|wanted| {
        let mut wanted = wanted.clone();
        wanted.tenant = TenantAnswer::Asleep;
        (wanted, Some(0))
    });
    Ok(Identified {
        places: vec![place],
        tenant: None,
        located: located.collect(),
        left_out: 0,
    })
}
