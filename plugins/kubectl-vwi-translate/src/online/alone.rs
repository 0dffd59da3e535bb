//! From the host alone: there is no tenant to ask, or it is not to be asked.

use vwi_core::translation::Clue;
use vwi_kubernetes::HostEvidence;

use super::Work;
use super::accounts::Request;
use super::identify::Identified;
use super::located::{Located, Places};
use super::survey::Surveyed;
use crate::error::TranslateError;
use crate::wanted::{TenantAnswer, Wanted};

/// Finds the vClusters that are meant, and what their host shows of the ServiceAccounts.
///
/// `answer` says why the tenant did not answer, `clues` which vCluster is meant where no record
/// says so.
pub(super) async fn find(
    work: &Work<'_>,
    hosts: &[Surveyed],
    request: &Request,
    clues: &[Clue],
    answer: &TenantAnswer,
) -> Result<Identified, TranslateError> {
    let mut places = Places::new(work, hosts.iter().collect(), clues, Vec::new());
    let mut located: Vec<Located> = Vec::new();
    let mut left_out = 0;
    match request {
        Request::Named(wanted) => {
            for wanted in wanted {
                let place = match wanted.fault {
                    Some(_) => None,
                    None => Some(places.of(wanted)?),
                };
                located.push(at(wanted.clone(), place, answer));
            }
            work.read_evidence(&mut places.all, |_| true).await?;
        }
        Request::All { .. } if request.has_selector() => {
            return Err(TranslateError::SelectorNeedsTenant);
        }
        Request::All { .. } => {
            // Nothing but the clues tells, so that it is an error of the whole if they do not.
            let nobody = Wanted::named("", "");
            let place = places.of(&nobody)?;
            work.read_evidence(&mut places.all, |_| true).await?;
            let evidence = places.all.first().and_then(|place| place.evidence.as_ref());
            let synced = evidence.and_then(HostEvidence::synced);
            let Some((wanted, system)) = request.of_host(synced) else {
                let host = hosts.first().map_or_else(String::new, Surveyed::label);
                return Err(TranslateError::NothingToList { host });
            };
            left_out = system;
            let all = wanted.into_iter();
            located.extend(all.map(|wanted| at(wanted, Some(place.clone()), answer)));
        }
    }
    let places = places.all;
    work.tell_unread(&places, hosts);
    Ok(Identified {
        places,
        tenant: None,
        located,
        left_out,
    })
}

fn at(
    mut wanted: Wanted,
    place: Option<Result<usize, crate::wanted::Fault>>,
    answer: &TenantAnswer,
) -> Located {
    // A uid that kubectl has read is worth more than none.
    if !matches!(wanted.tenant, TenantAnswer::Found(_)) {
        wanted.tenant = answer.clone();
    }
    match place {
        Some(Ok(index)) => (wanted, Some(index)),
        Some(Err(fault)) => {
            wanted.fault = Some(fault);
            (wanted, None)
        }
        None => (wanted, None),
    }
}
