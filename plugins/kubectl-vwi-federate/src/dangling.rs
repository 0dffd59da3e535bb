//! `--prune=dangling`: the host says who is gone, Azure who is still trusted.

use futures_util::{StreamExt, stream};
use vwi_cli::flags::{UsageError, bad_usage};
use vwi_cli::{Failure, host};
use vwi_core::arm::{Kind, Named, ResourceId};
use vwi_core::federation::{DanglingRules, Found, Identity, Refusal, plan_dangling};

use crate::census::census;
use crate::defaults::sole_subscription;
use crate::host::Access;
use crate::identities::listed;
use crate::named::{self, invalid};
use crate::planning::{Planned, Planning};

impl Planning<'_> {
    /// Plans which credentials nobody needs any more.
    ///
    /// # Errors
    ///
    /// A host that does not answer all that is asked, and identities that can't be listed: what is
    /// not seen whole proves nothing.
    pub(crate) async fn dangling(&self, access: &Access) -> Result<Planned, Failure> {
        let host = host::find(&access.choice, &access.tenant, &access.settings).await?;
        let label = host.cluster().label();
        if !host.origin().is_typed() {
            self.talk.say(&format!("the host is {label}"));
        }
        let (census, identities) = tokio::join!(census(&host), self.identities());
        let (census, identities) = (census?, identities?);
        let arm = &self.azure.arm;
        let lists = stream::iter(identities).map(|identity| async move {
            let listed = arm.credentials(&identity.id).await;
            (identity, listed)
        });
        let lists = lists.buffered(usize::from(self.arguments.azure.concurrency));
        let lists: Vec<_> = lists.collect().await;
        let mut is_short = false;
        let mut found = Vec::new();
        for (identity, listed) in lists {
            let id = identity.id.clone();
            match listed {
                Ok(credentials) => found.push((
                    id,
                    Found {
                        identity: Some(identity),
                        credentials: credentials.unwrap_or_default(),
                        ..Found::default()
                    },
                )),
                Err(error) if error.is_forbidden() => {
                    is_short = true;
                    self.talk.record_failed(id.name(), &error.line());
                }
                Err(error) => return Err(error.into()),
            }
        }
        let credentials = || found.iter().flat_map(|(_, found)| &found.credentials);
        let of_host = credentials().filter(|held| held.issuer == census.issuer);
        self.talk.say(&format!(
            "{} identities with {} credentials, {} of the issuer of {label}",
            found.len(),
            credentials().count(),
            of_host.count()
        ));
        let rules = DanglingRules {
            owner: self.arguments.identity.owner.clone(),
            foreign: self.arguments.taking.include_foreign,
            max_delete: self.arguments.taking.max_delete,
        };
        Ok(Planned {
            live: plan_dangling(&found, &census, &rules),
            host: Some(host),
            is_short,
            ..Planned::default()
        })
    }

    /// Returns the identities that are named, or all of the group or subscription.
    async fn identities(&self) -> Result<Vec<Identity>, Failure> {
        let flags = &self.arguments.identity;
        let arm = &self.azure.arm;
        if flags.identity.is_empty() {
            let subscription = match &self.azure.subscription {
                Some(subscription) => subscription.clone(),
                None => sole_subscription(self.azure).await?,
            };
            let group = flags.resource_group.as_deref();
            return listed(arm, &subscription, group).await;
        }
        let named = flags.identity.iter().map(|text| self.named(text));
        let mut named = named.collect::<Result<Vec<_>, _>>().map_err(usage)?;
        // Only a name that leaves it open needs the login's own.
        if named.iter().any(|named| named.subscription.is_none()) {
            let subscription = sole_subscription(self.azure).await?;
            for named in &mut named {
                named
                    .subscription
                    .get_or_insert_with(|| subscription.clone());
            }
        }
        let mut identities = Vec::new();
        for named in named {
            let id = named::id(&named, Kind::Identity).map_err(usage)?;
            let found = arm.identity(&id).await?;
            identities.push(found.ok_or_else(|| absent(&id))?);
        }
        Ok(identities)
    }

    fn named(&self, text: &str) -> Result<Named, Refusal> {
        let named = Named::parse(Kind::Identity, text).map_err(|error| invalid(&error))?;
        let group = self.arguments.identity.resource_group.as_ref();
        Ok(Named {
            group: named
                .group
                .or_else(|| group.or(self.azure.group.as_ref()).cloned()),
            subscription: named
                .subscription
                .or_else(|| self.azure.subscription.clone()),
            name: named.name,
        })
    }
}

/// What is wrong with a record elsewhere is wrong with a flag here.
fn usage(refusal: Refusal) -> UsageError {
    bad_usage(refusal.message, refusal.hint.as_deref())
}

fn absent(id: &ResourceId) -> UsageError {
    bad_usage(format!("identity `{id}` does not exist"), None)
}
