//! One subject for several ServiceAccounts, one identity for many: refused, or to be meant.

use std::collections::{HashMap, HashSet};

use vwi_cli::flags::{UsageError, bad_usage};
use vwi_core::arm::Kind;
use vwi_core::federation::{Issuer, Refusal, owner_of};
use vwi_core::stream::{Collision, Selection};
use vwi_core::text::escape;

use crate::args::IdentityFlags;
use crate::asked::Asked;
use crate::gather::Gathered;
use crate::identities::Identities;
use crate::named;
use crate::work::Work;

/// Refuses one identity for many ServiceAccounts that nobody named one by one, unless it is meant.
///
/// # Errors
///
/// [`UsageError`] that says how to mean it.
pub(crate) fn refuse_bulk(
    works: &mut [Work],
    selection: Option<&Selection>,
    flags: &IdentityFlags,
    identities: &Identities,
) -> Result<(), UsageError> {
    if matches!(identities, Identities::Each(_)) && !flags.shared_identity {
        refuse_spelt_alike(works);
        return Ok(());
    }
    let Some(identity) = flags.identity() else {
        return Ok(());
    };
    if works.is_empty() || flags.shared_identity || !is_bulk(works, selection) {
        return Ok(());
    }
    Err(bad_usage(
        format!(
            "`--identity {}` would be given to ServiceAccounts that were selected in bulk, {} this \
             time",
            escape(identity),
            works.len()
        ),
        Some("say `--shared-identity` if they are to share it"),
    ))
}

/// Whether somebody else than the user says which ServiceAccounts these are. One that failed counts:
/// it may be there in the next run.
fn is_bulk(works: &[Work], selection: Option<&Selection>) -> bool {
    let is_named = match selection {
        // Written by hand, each of them.
        None => return false,
        Some(Selection::All { .. }) => false,
        Some(Selection::Narrowed { by }) => {
            let mut by = by.iter().filter(|by| *by != "partial").peekable();
            by.peek().is_some() && by.all(|by| by == "names")
        }
    };
    // A name in each vCluster is as many ServiceAccounts as there are tenants.
    let vclusters: HashSet<_> = works.iter().map(|work| work.vcluster.as_ref()).collect();
    !is_named || vclusters.len() > 1
}

/// Two ServiceAccounts that the placeholders of `--identity` give one identity: a tenant chooses
/// its names, and must not get another one's identity by it.
fn refuse_spelt_alike(works: &mut [Work]) {
    let identity = |work: &Work| {
        let id = named::id(&work.wish.as_ref()?.identity, Kind::Identity).ok()?;
        Some(id.folded())
    };
    // Those that failed count: they have spelt it all the same, and may be there in the next run.
    let mut owners: HashMap<String, HashSet<(Option<String>, String)>> = HashMap::new();
    for work in &*works {
        if let Some(id) = identity(work) {
            let vcluster = work.vcluster.as_ref().map(ToString::to_string);
            owners.entry(id).or_default().insert((vcluster, work.key()));
        }
    }
    for work in works.iter_mut().filter(|work| work.is_open()) {
        let Some(id) = identity(work) else {
            continue;
        };
        if owners.get(&id).is_some_and(|owners| owners.len() > 1) {
            work.refuse(Refusal {
                reason: SHARED_IDENTITY,
                message: format!("the placeholders give several ServiceAccounts identity `{id}`"),
                hint: Some(
                    "put more of {vcluster}, {namespace} and {name} into `--identity`, or say \
                     `--shared-identity` if they are to share it"
                        .to_owned(),
                ),
            });
        }
    }
}

const SHARED_IDENTITY: &str = "SharedIdentity";

/// Refuses an identity that placeholders spell and that trusts somebody else already: another run
/// gave it away.
pub(crate) fn refuse_given_away(
    works: &mut [Work],
    asked: &Asked,
    gathered: &Gathered,
    issuers: &[Option<Issuer>],
) {
    for is_planned in [false, true] {
        for (work, of) in asked.answered(works, gathered, is_planned) {
            let (Some(subject), Some(Some(issuer))) = (work.subject(), issuers.get(of.record))
            else {
                continue;
            };
            let subject = subject.to_string();
            let given = of.answer.found.credentials.iter().find_map(|held| {
                let other = held.subject.as_deref().filter(|held| *held != subject)?;
                let is_of_suite = owner_of(&held.name).is_some();
                (is_of_suite && held.issuer == issuer.url).then_some(other)
            });
            if let Some(other) = given {
                work.refuse(Refusal {
                    reason: SHARED_IDENTITY,
                    message: format!(
                        "the placeholders give identity `{}`, which trusts `{}` already",
                        of.question.id.name(),
                        escape(other)
                    ),
                    hint: Some(
                        "put more of {vcluster}, {namespace} and {name} into `--identity`, take \
                         that trust away with `kubectl vwi federate --delete`, or say \
                         `--shared-identity` if they are to share it"
                            .to_owned(),
                    ),
                });
            }
        }
    }
}

/// Two ServiceAccounts with one host name: neither is trusted, for vCluster gives the name to the
/// newcomer.
pub(crate) fn refuse_collisions(works: &mut [Work], collisions: &[Collision]) {
    for work in works {
        let collision = collisions.iter().find(|collision| {
            work.host.as_ref().is_some_and(|host| {
                host.namespace == collision.host_namespace && host.name == collision.host_name
            })
        });
        if let Some(collision) = collision {
            work.refuse(collided(&format!(
                "{}/{}",
                collision.host_namespace, collision.host_name
            )));
        }
    }
}

fn collided(host: &str) -> Refusal {
    Refusal {
        reason: "HostNameCollision",
        message: format!(
            "several ServiceAccounts have the host name `{}`, hence one Azure identity",
            escape(host)
        ),
        hint: Some("rename one of them".to_owned()),
    }
}

/// Refuses all records of different ServiceAccounts that have one subject of one issuer.
pub(crate) fn refuse_twins(works: &mut [Work], issuers: &[Option<Issuer>]) {
    type Owner = (Option<String>, String);
    let mut owners: HashMap<(String, String), Vec<Owner>> = HashMap::new();
    let key = |work: &Work, issuer: &Option<Issuer>| {
        let host = work.host.as_ref().filter(|_| work.is_open())?;
        let issuer = issuer.as_ref()?;
        Some((
            issuer.url.clone(),
            format!("{}/{}", host.namespace, host.name),
        ))
    };
    for (work, issuer) in works.iter().zip(issuers) {
        if let Some(key) = key(work, issuer) {
            let vcluster = work.vcluster.as_ref().map(ToString::to_string);
            let owner = (vcluster, work.key());
            let known = owners.entry(key).or_default();
            if !known.contains(&owner) {
                known.push(owner);
            }
        }
    }
    for (work, issuer) in works.iter_mut().zip(issuers) {
        if let Some(key) = key(work, issuer)
            && owners.get(&key).is_some_and(|owners| owners.len() > 1)
        {
            work.refuse(collided(&key.1));
        }
    }
}
