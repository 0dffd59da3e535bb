//! Which identity a record gets that names none itself: never from anything the tenant wrote.

use std::collections::HashMap;
use std::fs;
use std::io;
use std::path::PathBuf;

use futures_util::future::try_join_all;
use thiserror::Error;
use vwi_azure::{Arm, ArmError};
use vwi_cli::Failure;
use vwi_cli::flags::bad_usage;
use vwi_core::arm::ResourceId;
use vwi_core::exit::{Explain, Outcome};
use vwi_core::federation::{Identity, IdentityMap, MapError, Refusal, Template, TemplateError};
use vwi_core::text::escape;
use vwi_core::translation::VirtualClusterName;

use crate::args::{IdentityFlags, IdentityFrom};

/// Where identities come from.
#[derive(Clone, Debug, Default)]
pub(crate) enum Identities {
    /// Only from the records.
    #[default]
    Records,
    /// One for all: `--identity`.
    One(String),
    /// One name for each, made of the record's own names: `--identity` with placeholders.
    Each(Template),
    /// The rows of `--identity-map`.
    Map(IdentityMap),
    /// Those that trust the subjects already: `--identity-from=existing`.
    Existing(Trusting),
}

/// Who is trusted, by subject.
pub(crate) type Trusting = HashMap<String, Vec<Trusted>>;

/// Of which issuer a subject is trusted, and by which identity.
#[derive(Clone, Debug)]
pub(crate) struct Trusted {
    issuer: String,
    by: ResourceId,
}

/// Who a record is for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Who<'a> {
    pub(crate) vcluster: Option<&'a VirtualClusterName>,
    pub(crate) namespace: &'a str,
    pub(crate) name: &'a str,
    pub(crate) subject: Option<&'a str>,
    /// The issuer, if the record or a flag says it.
    pub(crate) issuer: Option<&'a str>,
}

/// Why the flags do not say which identities.
#[derive(Debug, Error)]
#[non_exhaustive]
pub(crate) enum IdentitiesError {
    /// The placeholders of `--identity`.
    #[error("`--identity` can't be used")]
    Template(#[from] TemplateError),
    /// The file can't be read.
    #[error("cannot read `{}`", path.display())]
    Read {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    /// The file is no identity map.
    #[error("`{}` is no identity map", path.display())]
    Map {
        path: PathBuf,
        #[source]
        source: MapError,
    },
}

impl Explain for IdentitiesError {
    fn outcome(&self) -> Outcome {
        Outcome::Usage
    }
}

impl Identities {
    /// Reads the flags, and the file that one of them names.
    ///
    /// # Errors
    ///
    /// [`IdentitiesError`]
    pub(crate) fn new(flags: &IdentityFlags) -> Result<Self, IdentitiesError> {
        if let Some(path) = &flags.identity_map {
            let text = fs::read_to_string(path).map_err(|source| IdentitiesError::Read {
                path: path.clone(),
                source,
            })?;
            let map = IdentityMap::parse(&text).map_err(|source| IdentitiesError::Map {
                path: path.clone(),
                source,
            })?;
            return Ok(Self::Map(map));
        }
        if flags.identity_from == Some(IdentityFrom::Existing) {
            return Ok(Self::Existing(HashMap::new()));
        }
        let Some(identity) = flags.identity() else {
            return Ok(Self::Records);
        };
        Ok(match Template::parse(identity)? {
            Some(template) => Self::Each(template),
            None => Self::One(identity.to_owned()),
        })
    }

    /// Returns what `--identity` says for a record, which has to agree with the record itself.
    ///
    /// # Errors
    ///
    /// [`Refusal`] if a placeholder's value is not known.
    pub(crate) fn flag(&self, who: &Who<'_>) -> Result<Option<String>, Refusal> {
        match self {
            Self::One(identity) => Ok(Some(identity.clone())),
            Self::Each(template) => {
                let vcluster = who.vcluster.map(|which| which.name.as_str());
                let filled = template.fill(vcluster, who.namespace, who.name);
                filled.map(Some).ok_or_else(|| Refusal {
                    reason: "NoVirtualCluster",
                    message: "`--identity` has the placeholder {vcluster}, and the record does \
                              not say its vCluster"
                        .to_owned(),
                    hint: None,
                })
            }
            Self::Records | Self::Map(_) | Self::Existing(_) => Ok(None),
        }
    }

    /// Returns what a map or Azure says for a record that is silent.
    ///
    /// # Errors
    ///
    /// [`Refusal`] if neither says one thing.
    pub(crate) fn looked_up(&self, who: &Who<'_>) -> Result<Option<String>, Refusal> {
        match self {
            Self::Records | Self::One(_) | Self::Each(_) => Ok(None),
            Self::Map(map) => match map.identity(who.vcluster, who.namespace, who.name) {
                Some(identity) => Ok(Some(identity.to_owned())),
                None => Err(no_row(who)),
            },
            Self::Existing(trusting) => existing(trusting, who).map(Some),
        }
    }
}

fn no_row(who: &Who<'_>) -> Refusal {
    let vcluster = who
        .vcluster
        .map_or_else(|| "no vCluster".to_owned(), ToString::to_string);
    Refusal {
        reason: "NoRow",
        message: format!(
            "no row of `--identity-map` is for `{}/{}` of {vcluster}",
            escape(who.namespace),
            escape(who.name)
        ),
        hint: None,
    }
}

fn existing(trusting: &Trusting, who: &Who<'_>) -> Result<String, Refusal> {
    let subject = who.subject.unwrap_or_default();
    let mut found: Vec<&ResourceId> = Vec::new();
    for trusted in trusting.get(subject).into_iter().flatten() {
        // An issuer that only ARM or the host knows is compared once they have said it.
        let is_of_issuer = who.issuer.is_none_or(|issuer| issuer == trusted.issuer);
        if is_of_issuer && !found.contains(&&trusted.by) {
            found.push(&trusted.by);
        }
    }
    match found.as_slice() {
        [only] => Ok(only.to_string()),
        [] => Err(nobody_trusts(subject)),
        several => {
            let ids: Vec<String> = several.iter().map(|id| format!("`{id}`")).collect();
            Err(Refusal {
                reason: "SeveralTrust",
                message: format!(
                    "several identities trust `{}`: {}",
                    escape(subject),
                    ids.join(", ")
                ),
                hint: Some("name the one that is meant in `spec.identity`".to_owned()),
            })
        }
    }
}

/// Nobody trusts a subject yet, so `--identity-from=existing` finds no identity for it.
pub(crate) fn nobody_trusts(subject: &str) -> Refusal {
    Refusal {
        reason: "NobodyTrusts",
        message: format!("no identity trusts `{}` of its issuer yet", escape(subject)),
        hint: Some("name one with `--identity NAME -g GROUP`".to_owned()),
    }
}

/// Lists the identities of a subscription or of a resource group, which has to be there: an empty
/// list would say that nobody is trusted in it.
///
/// # Errors
///
/// A group that does not exist, and what Azure says.
pub(crate) async fn listed(
    arm: &Arm,
    subscription: &str,
    group: Option<&str>,
) -> Result<Vec<Identity>, Failure> {
    let identities = arm.identities(subscription, group).await?;
    if let Some(group) = group.filter(|_| identities.is_empty())
        && arm.group_location(subscription, group).await?.is_none()
    {
        let fault = format!(
            "resource group `{}` does not exist in subscription `{}`",
            escape(group),
            escape(subscription)
        );
        let hint = Some("name another one with `-g` and `--subscription`");
        return Err(bad_usage(fault, hint).into());
    }
    Ok(identities)
}

/// Reads who trusts which subject of which issuer, over a group or a subscription.
///
/// # Errors
///
/// [`Failure`] if one of the lists can't be had: the one that is missing might be the answer.
pub(crate) async fn trusting(
    arm: &Arm,
    subscription: &str,
    group: Option<&str>,
) -> Result<Trusting, Failure> {
    let identities = listed(arm, subscription, group).await?;
    let lists = identities.into_iter().map(|identity| async move {
        let held = arm.credentials(&identity.id).await?.unwrap_or_default();
        Ok::<_, ArmError>((identity.id, held))
    });
    let mut trusting = Trusting::new();
    for (id, held) in try_join_all(lists).await? {
        for credential in held {
            if let Some(subject) = credential.subject {
                let trusted = Trusted {
                    issuer: credential.issuer,
                    by: id.clone(),
                };
                trusting.entry(subject).or_default().push(trusted);
            }
        }
    }
    Ok(trusting)
}
