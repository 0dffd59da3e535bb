//! `--wait`: looks again until vCluster has done its part for all.

use std::collections::BTreeSet;
use std::time::Duration;

use vwi_kubernetes::Tenant;

use super::{Found, Work};
use crate::error::TranslateError;
use crate::wanted::{TenantAnswer, Wanted};

/// vCluster needs some milliseconds for one ServiceAccount, and 25 ms each for many.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

impl Work<'_> {
    /// Looks again until vCluster has done its part for all; it never ends by itself otherwise.
    pub(super) async fn wait(&self, found: &mut Found) -> Result<(), TranslateError> {
        let mut pause = FIRST_PAUSE;
        loop {
            let awaited: BTreeSet<usize> = found
                .judged
                .iter()
                .filter(|one| one.judgement.can_be_awaited())
                .filter_map(|one| one.place)
                // Without a host there is nothing to look at again.
                .filter(|place| {
                    let place = found.places.get(*place);
                    place.is_some_and(|place| place.host.is_some())
                })
                .collect();
            if awaited.is_empty() {
                return Ok(());
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
            self.read_evidence(&mut found.places, |place| awaited.contains(&place))
                .await?;
            for one in &mut found.judged {
                let place = one.place.and_then(|place| found.places.get(place));
                let Some(place) = place.filter(|_| one.judgement.can_be_awaited()) else {
                    continue;
                };
                self.read_again(found.tenant.as_ref(), &mut one.wanted)
                    .await?;
                one.judgement = place.judge(&one.wanted, self.args);
            }
        }
    }

    /// It may have been deleted and created again in the tenant meanwhile.
    async fn read_again(
        &self,
        tenant: Option<&Tenant>,
        wanted: &mut Wanted,
    ) -> Result<(), TranslateError> {
        let was_read = match wanted.tenant {
            TenantAnswer::Found(_) | TenantAnswer::Missing => true,
            TenantAnswer::NotAsked | TenantAnswer::Asleep | TenantAnswer::Forbidden => false,
        };
        let Some(tenant) = tenant.filter(|_| was_read) else {
            return Ok(());
        };
        let (namespace, name) = (wanted.record.namespace(), wanted.record.name());
        let account = tenant.service_account(namespace, name).await?;
        wanted.tenant = match account {
            Some(account) => TenantAnswer::Found(account.metadata.uid),
            None => TenantAnswer::Missing,
        };
        Ok(())
    }
}
