//! What one record wants of Azure: its fields, filled in from flags and defaults. Pure.

use vwi_core::arm::{Kind, Named, ResourceId};
use vwi_core::contradiction::{Merge, Said};
use vwi_core::federation::{IssuerSource, Refusal, text_fault};
use vwi_core::record::{AksClusterRef, IdentityRef, Spec};
use vwi_core::text::escape;

use crate::args::{Assign, FederateArgs};
use crate::identities::{Identities, Who};
use crate::named::invalid;

/// What flags and the Azure CLI's configuration say where a record is silent.
#[derive(Clone, Debug, Default)]
pub(crate) struct Defaults {
    /// Where identities come from.
    pub(crate) identities: Identities,
    /// Subscription of `--subscription`, by its id.
    pub(crate) flag_subscription: Option<String>,
    /// Subscription where neither record nor flag names one.
    pub(crate) subscription: Option<String>,
    /// Resource group where neither record nor flag names one.
    pub(crate) group: Option<String>,
    /// Audience of the cloud.
    pub(crate) audience: Option<String>,
}

/// What one record wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Wish {
    pub(crate) identity: Named,
    /// Region, only to make the identity.
    pub(crate) location: Option<String>,
    pub(crate) cluster: Option<Named>,
    /// Who names which issuer, AKS and host apart.
    pub(crate) issuers: Vec<(IssuerSource, String)>,
    pub(crate) audience: String,
    pub(crate) roles: Vec<Assign>,
}

impl Wish {
    /// Works out what the record of `who` wants. `issuer` is its `status.issuer`, and whose word
    /// that is.
    ///
    /// # Errors
    ///
    /// [`Refusal`] if something is missing, or record and flags say different things.
    pub(crate) fn new(
        spec: &Spec,
        who: &Who<'_>,
        issuer: Option<(IssuerSource, &str)>,
        arguments: &FederateArgs,
        defaults: &Defaults,
    ) -> Result<Self, Refusal> {
        let merge = Merge {
            override_record: arguments.change.override_records,
        };
        let location = identity_location(spec.identity.as_ref());
        let location = merge.texts(
            ("--location", arguments.identity.location.as_deref()),
            ("spec.identity.location", location),
        )?;
        Ok(Self {
            identity: identity(of_spec(spec)?, who, arguments, defaults, merge)?,
            location: location.map(str::to_owned),
            cluster: cluster(spec, arguments, merge)?,
            issuers: issuers(spec, issuer, arguments),
            audience: audience(spec, arguments, defaults, merge)?,
            roles: roles(spec, arguments)?,
        })
    }
}

impl Wish {
    /// Works out whose trust a record's deletion takes away: an identity that the record's own
    /// credential names goes before what it wishes for, and a flag must not contradict it.
    ///
    /// # Errors
    ///
    /// As for [`Wish::new`].
    pub(crate) fn to_delete(
        spec: &Spec,
        who: &Who<'_>,
        issuer: Option<(IssuerSource, &str)>,
        known: Option<ResourceId>,
        arguments: &FederateArgs,
        defaults: &Defaults,
    ) -> Result<Self, Refusal> {
        let merge = Merge {
            override_record: arguments.change.override_records,
        };
        let said = match known {
            Some(id) => ("status.federatedCredential", Some(Named::from(&id))),
            None => of_spec(spec)?,
        };
        Ok(Self {
            identity: identity(said, who, arguments, defaults, merge)?,
            location: None,
            cluster: cluster(spec, arguments, merge)?,
            issuers: issuers(spec, issuer, arguments),
            // A deletion asks for no audience.
            audience: String::new(),
            roles: roles(spec, arguments)?,
        })
    }
}

fn identity_location(identity: Option<&IdentityRef>) -> Option<&str> {
    match identity? {
        IdentityRef::Short(_) => None,
        IdentityRef::Parts { location, .. } => location.as_deref(),
    }
}

fn parsed(kind: Kind, text: &str) -> Result<Named, Refusal> {
    Named::parse(kind, text).map_err(|error| invalid(&error))
}

/// Returns the identity of `spec.identity`, as far as it is named there.
fn of_spec(spec: &Spec) -> Result<Said<'static, Named>, Refusal> {
    let named = spec.identity.as_ref().map(IdentityRef::named).transpose();
    let named = named.map_err(|error| invalid(&error))?;
    Ok(("spec.identity", named))
}

fn identity(
    (field, record): Said<'_, Named>,
    who: &Who<'_>,
    arguments: &FederateArgs,
    defaults: &Defaults,
    merge: Merge,
) -> Result<Named, Refusal> {
    let flags = &arguments.identity;
    let flag = match defaults.identities.flag(who)? {
        None => Named::default(),
        Some(text) => parsed(Kind::Identity, &text)?,
    };
    if record.is_none()
        && let Some(text) = defaults.identities.looked_up(who)?
    {
        // A row or what is there says it whole; the flags say only where to look for the rest.
        let found = parsed(Kind::Identity, &text)?;
        let group = flags.resource_group.as_ref().or(defaults.group.as_ref());
        let subscription = defaults.flag_subscription.as_ref();
        let subscription = subscription.or(defaults.subscription.as_ref());
        return Ok(Named {
            subscription: found.subscription.or_else(|| subscription.cloned()),
            group: found.group.or_else(|| group.cloned()),
            name: found.name,
        });
    }
    let record = record.unwrap_or_default();
    let name = merge
        .names(
            ("--identity", some(&flag.name)),
            (field, some(&record.name)),
        )?
        .ok_or_else(|| Refusal {
            reason: "NoIdentity",
            message: "neither the record nor a flag names a managed identity".to_owned(),
            hint: Some("name one with `--identity NAME -g GROUP`".to_owned()),
        })?;
    // What an id says goes before the flags beside it, which must not contradict it.
    let flag_group = merge.names(
        ("-g", flags.resource_group.as_deref()),
        ("--identity", flag.group.as_deref()),
    )?;
    let flag_subscription = merge.names(
        ("--subscription", defaults.flag_subscription.as_deref()),
        ("--identity", flag.subscription.as_deref()),
    )?;
    let group = merge.names(("-g", flag_group), (field, record.group.as_deref()))?;
    let subscription = merge.names(
        ("--subscription", flag_subscription),
        (field, record.subscription.as_deref()),
    )?;
    Ok(Named {
        subscription: subscription
            .or(defaults.subscription.as_deref())
            .map(str::to_owned),
        group: group.or(defaults.group.as_deref()).map(str::to_owned),
        name: name.to_owned(),
    })
}

fn some(text: &str) -> Option<&str> {
    Some(text).filter(|text| !text.is_empty())
}

fn cluster(spec: &Spec, arguments: &FederateArgs, merge: Merge) -> Result<Option<Named>, Refusal> {
    let record = spec.aks_cluster.as_ref().map(AksClusterRef::named);
    let record = record.transpose().map_err(|error| invalid(&error))?;
    let record = record.unwrap_or_default();
    let flag = match &arguments.trust.aks_cluster {
        None => Named::default(),
        Some(text) => parsed(Kind::Cluster, text)?,
    };
    let both = |flag, record| merge.names(("--aks-cluster", flag), ("spec.aksCluster", record));
    let Some(name) = both(some(&flag.name), some(&record.name))? else {
        return Ok(None);
    };
    let group = both(flag.group.as_deref(), record.group.as_deref())?;
    let subscription = both(flag.subscription.as_deref(), record.subscription.as_deref())?;
    Ok(Some(Named {
        subscription: subscription.map(str::to_owned),
        group: group.map(str::to_owned),
        name: name.to_owned(),
    }))
}

/// Returns the issuer that flags and record name, where ARM and host have not been asked yet.
pub(crate) fn known_issuer(
    spec: &Spec,
    status: Option<(IssuerSource, &str)>,
    arguments: &FederateArgs,
) -> Option<String> {
    let named = issuers(spec, status, arguments).into_iter().next();
    named.map(|(_, url)| url)
}

fn issuers(
    spec: &Spec,
    status: Option<(IssuerSource, &str)>,
    arguments: &FederateArgs,
) -> Vec<(IssuerSource, String)> {
    let flag = arguments.trust.issuer.as_deref();
    let typed = flag.is_some() || arguments.trust.aks_cluster.is_some();
    let overridden = typed && arguments.change.override_records;
    let spec = spec.issuer.as_deref().filter(|_| !overridden);
    let sources = [
        flag.map(|url| (IssuerSource::Flag, url)),
        spec.map(|url| (IssuerSource::Spec, url)),
        status.filter(|_| !overridden),
    ];
    sources
        .into_iter()
        .flatten()
        .map(|(source, url)| (source, url.to_owned()))
        .collect()
}

fn audience(
    spec: &Spec,
    arguments: &FederateArgs,
    defaults: &Defaults,
    merge: Merge,
) -> Result<String, Refusal> {
    let audience = merge.texts(
        ("--audience", arguments.trust.audience.as_deref()),
        ("spec.audience", spec.audience.as_deref()),
    )?;
    let refuse = |message: String| Refusal {
        reason: "NoAudience",
        message,
        hint: Some("name one with `--audience`".to_owned()),
    };
    match audience.or(defaults.audience.as_deref()) {
        None => Err(refuse(
            "nobody has established which audience this cloud wants".to_owned(),
        )),
        Some("") => Err(refuse("the audience is empty".to_owned())),
        Some(audience) => match text_fault(audience) {
            Some(fault) => Err(Refusal {
                reason: "AudienceUnusable",
                message: format!("audience `{}` {fault}", escape(audience)),
                hint: Some("name another one with `--audience`".to_owned()),
            }),
            None => Ok(audience.to_owned()),
        },
    }
}

fn roles(spec: &Spec, arguments: &FederateArgs) -> Result<Vec<Assign>, Refusal> {
    let refuse = |message: String| Refusal {
        reason: "InvalidRole",
        message,
        hint: None,
    };
    let mut roles = Vec::new();
    for wish in &spec.roles {
        let (role, scope) = wish.parts().ok_or_else(|| {
            refuse("an entry of `spec.roles` is not of the form ROLE@SCOPE".to_owned())
        })?;
        let scope = scope
            .parse()
            .map_err(|error| refuse(format!("`spec.roles`: {error}")))?;
        roles.push(Assign {
            role: role.to_owned(),
            scope,
        });
    }
    for assign in arguments.roles.all() {
        if !roles.contains(&assign) {
            roles.push(assign);
        }
    }
    Ok(roles)
}

#[cfg(test)]
pub(crate) mod tests;
