//! From records to a plan: what each one wants, beside what is there.

use std::collections::{BTreeSet, HashMap, HashSet};

use futures_util::future::try_join_all;
use vwi_azure::Azure;
use vwi_cli::Failure;
use vwi_cli::host::NoHost;
use vwi_cli::input::{Collected, Early};
use vwi_cli::talk::Talk;
use vwi_core::federation::{Found, Input, Plan, Removed, Rules, Wanted, plan};
use vwi_core::roles;
use vwi_core::text::escape;
use vwi_kubernetes::Host;

use crate::args::{FederateArgs, Prune};
use crate::asked::Asked;
use crate::defaults::{defaults, sole_subscription};
use crate::gather::gather;
use crate::host::{Access, HostView, Survey};
use crate::identities::{Identities, listed};
use crate::issuers::issuers;
use crate::one_subject::{refuse_bulk, refuse_collisions, refuse_given_away, refuse_twins};
use crate::wish::Defaults;
use crate::work::Work;

/// What is to be done, and for whom.
#[derive(Debug, Default)]
pub(crate) struct Planned {
    pub(crate) works: Vec<Work>,
    /// To be carried out.
    pub(crate) live: Plan,
    /// For records that a step before only planned: to be shown.
    pub(crate) dry: Plan,
    /// The host that has to confirm what is dangling.
    pub(crate) host: Option<Host>,
    /// Whether something could not be looked at, which has been said.
    pub(crate) is_short: bool,
}

/// What plans are made from.
pub(crate) struct Planning<'a> {
    pub(crate) arguments: &'a FederateArgs,
    pub(crate) azure: &'a Azure,
    pub(crate) talk: &'a Talk,
}

type Pairs = Vec<(Wanted, Found)>;

impl Planning<'_> {
    /// Plans so that Azure trusts what the records want, and prunes what their owner wants no more.
    ///
    /// # Errors
    ///
    /// What keeps everything from being planned.
    pub(crate) async fn records(
        &self,
        collected: &Collected,
        access: &Access,
        early: Early<'_, Result<Survey, NoHost>>,
    ) -> Result<Planned, Failure> {
        let defaults = defaults(self.arguments, self.azure, collected).await?;
        let mut works = Vec::new();
        for record in collected.records.records()? {
            works.push(Work::of(&record?, self.arguments, &defaults));
        }
        refuse_collisions(&mut works, &collected.collisions);
        refuse_bulk(
            &mut works,
            collected.selection.as_ref(),
            &self.arguments.identity,
            &defaults.identities,
        )?;
        let asked = Asked::new(&mut works, self.arguments, self.azure);
        let (mut gathered, host) = futures_util::future::try_join(
            gather(
                self.azure,
                &asked.identities,
                &asked.clusters,
                &asked.assigns,
            ),
            access.look(early, &mut works),
        )
        .await?;
        if let Some(host) = &host {
            let allow_shared = self.arguments.trust.allow_shared_subject;
            host.prove_all(&mut works, allow_shared, self.talk);
        }
        let accept = self.arguments.trust.accept;
        for work in &mut works {
            work.require(accept);
        }
        let issuers = issuers(&mut works, &asked, &gathered, host.as_ref());
        refuse_twins(&mut works, &issuers);
        let identity = &self.arguments.identity;
        if matches!(defaults.identities, Identities::Each(_)) && !identity.shared_identity {
            refuse_given_away(&mut works, &asked, &gathered, &issuers);
        }
        let is_existing = self.arguments.identity.identity_from.is_some();
        let mut pairs =
            |is_planned| asked.wanted(&mut works, &mut gathered, &issuers, is_planned, is_existing);
        let mut planned = pairs(true);
        let mut live = pairs(false);
        // Of many records these are much, and the plan is made of what they came to.
        drop((asked, gathered, issuers));
        self.find_namesakes(&mut live).await?;
        let removed = self.removed(collected, &works, host.as_ref());
        if let Some(removed) = removed.as_ref().filter(|removed| removed.allowed().is_ok()) {
            self.add_placed(removed, &defaults, &mut live).await?;
        }
        self.tell_unmatched_issuer(&live);
        let rules = Rules {
            owner: self.arguments.identity.owner.clone(),
            adoption: self.arguments.taking.adopt.into(),
            replace_issuer: self.arguments.taking.replace_issuer.clone(),
            removed,
        };
        let only_shown = Rules {
            removed: None,
            ..rules.clone()
        };
        Ok(Planned {
            live: with_ways_out(&mut live, &rules, host.as_ref()).await,
            dry: with_ways_out(&mut planned, &only_shown, host.as_ref()).await,
            works,
            ..Planned::default()
        })
    }

    /// Looks for assignments of others under the names that ours would get, before anything is
    /// written: Azure refuses to change them, and that late.
    async fn find_namesakes(&self, pairs: &mut Pairs) -> Result<(), Failure> {
        let arm = &self.azure.arm;
        let looks = pairs
            .iter_mut()
            .map(|(wanted, found)| async move {
                let Some(identity) = &found.identity else {
                    return Ok(());
                };
                let principal = &identity.principal_id;
                let looks = wanted.roles.iter().filter_map(|role| {
                    let definition = role.definition.as_ref().ok()?;
                    let held = roles::find(&found.assignments, &role.scope, principal, definition);
                    let name = roles::assignment_name(&role.scope, principal, definition);
                    held.is_none().then_some((&role.scope, name))
                });
                let looks = looks.map(|(scope, name)| async move {
                    match arm.role_assignment(scope, &name).await {
                        // Whoever may not read may be allowed to write all the same.
                        Err(error) if error.status() == Some(403) => Ok(None),
                        found => found,
                    }
                });
                let namesakes = try_join_all(looks).await?;
                found.named_alike = namesakes.into_iter().flatten().collect();
                Ok::<_, Failure>(())
            })
            .collect::<Vec<_>>();
        // The client says how many are asked at once.
        try_join_all(looks).await?;
        Ok(())
    }

    /// Tells if `--replace-issuer` names an issuer that nobody trusts, and which one may be meant.
    fn tell_unmatched_issuer(&self, pairs: &Pairs) {
        let Some(old) = &self.arguments.taking.replace_issuer else {
            return;
        };
        let held = pairs.iter().flat_map(|(_, found)| &found.credentials);
        let issuers: BTreeSet<&str> = held.map(|held| held.issuer.as_str()).collect();
        if pairs.is_empty() || issuers.contains(old.as_str()) {
            return;
        }
        let near = issuers.into_iter().find(|issuer| is_near(issuer, old));
        let near = near.map_or_else(String::new, |near| {
            format!("; is `{}` meant?", escape(near))
        });
        self.talk.warn(&format!(
            "`--replace-issuer` replaces nothing: no credential trusts `{}`{near}",
            escape(old)
        ));
    }

    /// Returns the rule of `--prune=removed`, if it is asked for.
    fn removed(
        &self,
        collected: &Collected,
        works: &[Work],
        host: Option<&HostView>,
    ) -> Option<Removed> {
        let taking = &self.arguments.taking;
        let owner = self.arguments.identity.owner.clone()?;
        let subjects: HashSet<String> = works
            .iter()
            .filter_map(Work::subject)
            .map(|subject| subject.to_string())
            .collect();
        (taking.prune == Some(Prune::Removed)).then(|| Removed {
            owner,
            input: Input {
                selection: collected.selection.clone(),
                failed: works.iter().filter(|work| !work.is_open()).count(),
                planned: works.iter().filter(|work| work.is_planned).count(),
                subjects,
                known: host.map_or_else(HashMap::new, HostView::known),
            },
            max_delete: taking.max_delete,
        })
    }

    /// Adds the identities of a typed group or subscription that hold something to be pruned.
    async fn add_placed(
        &self,
        removed: &Removed,
        defaults: &Defaults,
        pairs: &mut Pairs,
    ) -> Result<(), Failure> {
        let flags = &self.arguments.identity;
        if flags.resource_group.is_none() && flags.subscription.is_none() {
            return Ok(());
        }
        let subscription = match defaults
            .flag_subscription
            .as_ref()
            .or(defaults.subscription.as_ref())
        {
            Some(subscription) => subscription.clone(),
            None => sole_subscription(self.azure).await?,
        };
        let arm = &self.azure.arm;
        let group = flags.resource_group.as_deref();
        let identities = listed(arm, &subscription, group).await?;
        let known: HashSet<String> = pairs
            .iter()
            .map(|(wanted, _)| wanted.identity.folded())
            .collect();
        let others = identities
            .into_iter()
            .filter(|identity| !known.contains(&identity.id.folded()));
        let others = others.map(|identity| async move {
            let credentials = arm.credentials(&identity.id).await?.unwrap_or_default();
            Ok::<_, Failure>((identity, credentials))
        });
        for (identity, credentials) in try_join_all(others).await? {
            if credentials.iter().any(|held| removed.takes(held)) {
                let wanted = Wanted::new(identity.id.clone(), None);
                let found = Found {
                    identity: Some(identity),
                    credentials,
                    ..Found::default()
                };
                pairs.push((wanted, found));
            }
        }
        Ok(())
    }
}

/// Whether two issuers differ in case or in the slash at the end alone.
fn is_near(one: &str, other: &str) -> bool {
    one.trim_end_matches('/')
        .eq_ignore_ascii_case(other.trim_end_matches('/'))
}

/// Plans, and where there is no room lets the host say what of the room is taken by nobody.
async fn with_ways_out(pairs: &mut Pairs, rules: &Rules, host: Option<&HostView>) -> Plan {
    let first = plan(pairs, rules);
    let is_full = first
        .refused
        .iter()
        .any(|refused| refused.refusal.reason == "NoRoom");
    let Some(host) = host.filter(|_| is_full) else {
        return first;
    };
    let Some(census) = host.census().await else {
        return first;
    };
    for (_, found) in &mut *pairs {
        let dangling = found.credentials.iter().filter_map(|held| {
            let gone = census.lacks(held)?;
            Some((held.name.clone(), gone))
        });
        found.dangling = dangling.collect();
    }
    plan(pairs, rules)
}
