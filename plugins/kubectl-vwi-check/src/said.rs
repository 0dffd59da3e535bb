//! What flags and one record say together: a flag fills in what the record leaves open, and two
//! that differ are an error that names both.

use vwi_cli::flags::{UsageError, bad_usage};
use vwi_core::arm::{InvalidId, Kind, Named, is_guid};
use vwi_core::contradiction::{Contradiction, Merge, OVERRIDE_HINT};
use vwi_core::record::{RoleWish, VirtualClusterRef};
use vwi_core::text::escape;
use vwi_core::translation::VirtualClusterName;

use crate::args::CheckArgs;

/// What a field of the record names, if it names something that can be.
type Wished = Option<Result<Named, InvalidId>>;

/// Flags and a record.
pub(crate) struct Said<'a> {
    pub(crate) args: &'a CheckArgs,
    pub(crate) merge: Merge,
    /// Which record it is, for messages.
    pub(crate) key: String,
}

impl Said<'_> {
    /// Returns a text that a flag or a field says.
    pub(crate) fn text(
        &self,
        flag: (&str, Option<&str>),
        (field, recorded): (&str, Option<String>),
    ) -> Result<Option<String>, UsageError> {
        let said = self.merge.texts(flag, (field, recorded.as_deref()));
        Ok(said.map_err(|error| refused(&error))?.map(str::to_owned))
    }

    /// Returns the vCluster, if both its names are said.
    pub(crate) fn vcluster(
        &self,
        recorded: Option<VirtualClusterRef>,
    ) -> Result<Option<VirtualClusterName>, UsageError> {
        let recorded = recorded.unwrap_or_default();
        let typed = &self.args.wanted;
        let name = self.text(
            ("--vcluster", typed.vcluster.as_deref()),
            ("spec.virtualCluster.name", recorded.name),
        )?;
        let namespace = self.text(
            ("--vcluster-namespace", typed.vcluster_namespace.as_deref()),
            ("spec.virtualCluster.namespace", recorded.namespace),
        )?;
        let both = name.zip(namespace);
        Ok(both.map(|(name, namespace)| VirtualClusterName { name, namespace }))
    }

    /// Returns the identity. `-g` and `--subscription` are about it, whoever names it.
    pub(crate) fn identity(
        &self,
        (field, recorded): (&str, Wished),
    ) -> Result<Option<Named>, UsageError> {
        let typed = &self.args.wanted;
        let recorded = self.wished(field, recorded)?;
        let named = parsed(Kind::Identity, "--identity", typed.identity.as_deref())?;
        let Some(mut identity) = self.named(("--identity", named), (field, recorded))? else {
            return Ok(None);
        };
        let group = ("--resource-group", typed.resource_group.as_deref());
        let found = (field, identity.group.as_deref());
        let group = self
            .merge
            .names(group, found)
            .map_err(|error| refused(&error))?;
        identity.group = group.map(str::to_owned);
        // A name of a subscription can't be compared with an id.
        let typed = typed.subscription.as_deref().filter(|text| is_guid(text));
        let found = (field, identity.subscription.as_deref());
        let subscription = self.merge.names(("--subscription", typed), found);
        identity.subscription = subscription
            .map_err(|error| refused(&error))?
            .map(str::to_owned);
        Ok(Some(identity))
    }

    /// Returns the AKS cluster.
    pub(crate) fn cluster(&self, recorded: Wished) -> Result<Option<Named>, UsageError> {
        let field = "spec.aksCluster";
        let recorded = self.wished(field, recorded)?;
        let typed = self.args.wanted.aks_cluster.as_deref();
        let typed = parsed(Kind::Cluster, "--aks-cluster", typed)?;
        self.named(("--aks-cluster", typed), (field, recorded))
    }

    /// Returns roles and their scopes.
    pub(crate) fn roles(&self, wishes: &[RoleWish]) -> Result<Vec<(String, String)>, UsageError> {
        wishes
            .iter()
            .map(|wish| match wish.parts() {
                Some((role, scope)) => Ok((role.to_owned(), scope.to_owned())),
                None => Err(self.unusable("spec.roles", "a role is ROLE@SCOPE")),
            })
            .collect()
    }

    /// Fills one that is named in part up by the other.
    fn named(
        &self,
        (flag, typed): (&str, Option<Named>),
        (field, recorded): (&str, Option<Named>),
    ) -> Result<Option<Named>, UsageError> {
        let both = typed.clone().zip(recorded.clone());
        let agreed = both.filter(|(typed, recorded)| typed.agrees(recorded));
        if let Some((typed, recorded)) = agreed {
            return Ok(Some(Named {
                subscription: recorded.subscription.or(typed.subscription),
                group: recorded.group.or(typed.group),
                name: recorded.name,
            }));
        }
        self.merge
            .values((flag, typed), (field, recorded), Named::agrees)
            .map_err(|error| refused(&error))
    }

    fn wished(&self, field: &str, wished: Wished) -> Result<Option<Named>, UsageError> {
        let wished = wished.transpose();
        wished.map_err(|error| self.unusable(field, &error.to_string()))
    }

    fn unusable(&self, field: &str, why: &str) -> UsageError {
        let key = escape(&self.key);
        bad_usage(format!("`{field}` of record `{key}`: {why}"), None)
    }
}

fn refused(contradiction: &Contradiction) -> UsageError {
    bad_usage(contradiction.to_string(), Some(OVERRIDE_HINT))
}

fn parsed(kind: Kind, flag: &str, text: Option<&str>) -> Result<Option<Named>, UsageError> {
    let named = text.map(|text| Named::parse(kind, text)).transpose();
    named.map_err(|error| bad_usage(format!("`{flag}`: {error}"), None))
}
