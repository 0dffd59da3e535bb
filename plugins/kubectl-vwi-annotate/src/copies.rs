//! Where the host's copies of the written ServiceAccounts are.

use std::collections::BTreeSet;

use vwi_cli::host::Proven;
use vwi_cli::limit::limited;
use vwi_cli::report::in_one_line;
use vwi_cli::talk::Talk;
use vwi_core::record::HostServiceAccount;
use vwi_kubernetes::HostEvidence;

use crate::Limits;
use crate::follow::Expected;
use crate::work::Work;

/// Returns the copies of these works, and what each is to show.
///
/// A record of translate says where its copy is. For what the user named, the vCluster's own
/// configuration does: a name that is only guessed would be waited for in vain. What can't be waited
/// for is said once.
pub(crate) async fn expected(
    proven: &Proven,
    works: &[Work],
    of: Vec<usize>,
    limits: &Limits,
    talk: &Talk,
) -> Vec<Expected> {
    let of: Vec<(usize, &Work)> = of
        .into_iter()
        .filter_map(|index| Some((index, works.get(index)?)))
        .collect();
    let naming = if of.iter().any(|(_, work)| work.host.is_none()) {
        naming(proven, limits).await.map(Some)
    } else {
        Ok(None)
    };
    let mut expected = Vec::new();
    let mut unknown = BTreeSet::new();
    for (index, work) in of {
        let account = match (&work.host, &naming) {
            (Some(host), _) => Ok(host.clone()),
            (None, Ok(Some(naming))) => named(naming, work),
            (None, Err(why)) => Err(why.clone()),
            // It is read for whom it concerns.
            (None, Ok(None)) => continue,
        };
        match account {
            Ok(account) => expected.push(Expected {
                index,
                account,
                annotations: work.wanted.annotations(),
            }),
            Err(why) => {
                unknown.insert(why);
            }
        }
    }
    for why in unknown {
        talk.warn(&format!("no copy on the host is waited for: {why}"));
    }
    expected
}

/// Reads how the tenant's vCluster names what it syncs, or says why nothing can be waited for.
async fn naming(proven: &Proven, limits: &Limits) -> Result<HostEvidence, String> {
    let Some(which) = &proven.vcluster else {
        let label = proven.host.cluster().label();
        return Err(format!(
            "nothing tells which vCluster of {label} the tenant is"
        ));
    };
    let naming = limited(proven.host.naming(which), &limits.interrupt, limits.end)
        .await
        .map_err(|failure| in_one_line(&failure))?
        .map_err(|error| error.in_one_line())?;
    match naming.vcluster().configuration {
        None => Err(naming.unread().join("; ")),
        Some(configuration) => match configuration.refusal(which) {
            Some(refusal) => Err(refusal.message),
            None => Ok(naming),
        },
    }
}

fn named(naming: &HostEvidence, work: &Work) -> Result<HostServiceAccount, String> {
    let named = naming.vcluster().host_name(&work.namespace, &work.name);
    let named = named.map_err(|error| error.to_string())?;
    Ok(HostServiceAccount {
        namespace: named.namespace,
        name: named.name,
        uid: None,
    })
}
