//! One subject for several ServiceAccounts, one identity for many: refused, or to be meant.

use std::collections::{HashMap, HashSet};

use vwi_cli::flags::{UsageError, bad_usage};
use vwi_core::arm::Kind;
use vwi_core::federation::{Issuer, Refusal};
use vwi_core::stream::{Collision, Selection};

use crate::args::IdentityFlags;
use crate::identities::Identities;
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
    let bulk = match selection {
        Some(Selection::All { .. }) => true,
        Some(Selection::Narrowed { by }) => !by.iter().any(|by| by == "names"),
        None => false,
    };
    let Some(identity) = flags.identity() else {
        return Ok(());
    };
    let count = works.iter().filter(|work| work.is_open()).count();
    if bulk && count > 1 && !flags.shared_identity {
        return Err(bad_usage(
            format!(
                "`--identity {}` would be given to {count} ServiceAccounts that were selected \
                     in bulk",
                vwi_core::text::escape(identity)
            ),
            Some("say `--shared-identity` if they are to share it"),
        ));
    }
    Ok(())
}

/// Two ServiceAccounts that the placeholders of `--identity` give one identity: a tenant chooses
/// its names, and must not get another one's identity by it.
fn refuse_spelt_alike(works: &mut [Work]) {
    let identity = |work: &Work| {
        let wish = work.wish.as_ref().filter(|_| work.is_open())?;
        let id = wish.identity.id(Kind::Identity).ok()?;
        Some(id.folded())
    };
    let mut owners: HashMap<String, HashSet<(Option<String>, String)>> = HashMap::new();
    for work in &*works {
        if let Some(id) = identity(work) {
            let vcluster = work.vcluster.as_ref().map(ToString::to_string);
            owners.entry(id).or_default().insert((vcluster, work.key()));
        }
    }
    for work in works {
        let Some(id) = identity(work) else {
            continue;
        };
        if owners.get(&id).is_some_and(|owners| owners.len() > 1) {
            work.refuse(Refusal {
                reason: "SharedIdentity",
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
            vwi_core::text::escape(host)
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
