//! A vCluster, and all that is known of it but its single ServiceAccounts.

use std::fs;
use std::path::Path;

use vwi_core::record::TenantStatus;
use vwi_core::text::escape;
use vwi_core::translation::{
    Configuration, HostFact, Judgement, ModeSource, Question, TenantFact, VirtualClusterFacts,
    VirtualClusterName, judge,
};
use vwi_kubernetes::HostEvidence;
use vwi_kubernetes::evidence::ConfigurationFact;

use crate::args::TranslateArgs;
use crate::error::TranslateError;
use crate::wanted::{TenantAnswer, Wanted};

/// A vCluster, and all that is known of it but its single ServiceAccounts.
#[derive(Debug)]
pub struct Place {
    /// Which one it is.
    pub which: VirtualClusterName,
    /// What its host says, if one is looked at.
    pub evidence: Option<HostEvidence>,
    /// What a file says that the user gave.
    pub values: Option<Configuration>,
    /// The host's issuer.
    pub issuer: Option<String>,
    /// What tells the tenant from others.
    pub tenant: TenantStatus,
    /// Tells hosts apart; empty if none is looked at.
    pub host_key: String,
}

impl Place {
    /// Returns a vCluster of which nothing but this is known.
    ///
    /// # Errors
    ///
    /// [`TranslateError`] if the file of `--vcluster-values` can't be used.
    pub fn new(which: VirtualClusterName, args: &TranslateArgs) -> Result<Self, TranslateError> {
        let values = match &args.which.vcluster_values {
            Some(path) => Some(read_values(path, &which)?),
            None => None,
        };
        Ok(Self {
            which,
            evidence: None,
            values,
            issuer: None,
            tenant: TenantStatus::default(),
            host_key: String::new(),
        })
    }

    /// Returns what judgement needs of the vCluster. Its own configuration goes before the file's.
    pub fn facts(&self) -> VirtualClusterFacts<'_> {
        let seen = self.evidence.as_ref().map(HostEvidence::vcluster);
        match (seen, &self.values) {
            (Some(facts), _) if facts.mode_source == ModeSource::Configuration => facts,
            (_, Some(values)) => VirtualClusterFacts {
                which: &self.which,
                configuration: Some(values),
                mode_source: ModeSource::Values,
            },
            (_, None) => VirtualClusterFacts {
                which: &self.which,
                configuration: None,
                mode_source: ModeSource::Assumed,
            },
        }
    }

    /// Judges one ServiceAccount.
    pub fn judge(&self, wanted: &Wanted, args: &TranslateArgs) -> Judgement {
        if let Some(fault) = &wanted.fault {
            return Judgement::failed(fault.reason, fault.message.clone(), None);
        }
        if let Some(ConfigurationFact::Unusable(error)) =
            self.evidence.as_ref().map(HostEvidence::configuration)
        {
            let message = format!("vCluster `{}`: {}", self.which, escape(&one_line(error)));
            return Judgement::failed("ConfigurationUnusable", message, None);
        }
        if let Some(message) = self.contradiction(wanted) {
            let hint = "connect to the vCluster that the record names, or correct the record";
            return Judgement::failed("OtherVirtualCluster", message, Some(hint.to_owned()));
        }
        let facts = self.facts();
        let (namespace, name) = (wanted.record.namespace(), wanted.record.name());
        let tenant = match &wanted.tenant {
            TenantAnswer::NotAsked | TenantAnswer::Forbidden => TenantFact::NotRead,
            TenantAnswer::Missing => TenantFact::Missing,
            TenantAnswer::Found(uid) => TenantFact::Found { uid },
        };
        let (host, same_uid) = match &self.evidence {
            None => (HostFact::NotRead, Vec::new()),
            Some(evidence) => {
                let host = facts
                    .host_name(namespace, name)
                    .map_or(HostFact::NotRead, |computed| evidence.at(&computed));
                let same_uid = match &wanted.tenant {
                    TenantAnswer::Found(uid) => evidence.with_tenant_uid(uid),
                    TenantAnswer::NotAsked | TenantAnswer::Forbidden | TenantAnswer::Missing => {
                        Vec::new()
                    }
                };
                (host, same_uid)
            }
        };
        judge(&Question {
            namespace,
            name,
            vcluster: facts,
            tenant,
            host,
            same_uid: &same_uid,
            host_issuer: self.issuer.as_deref(),
            via: &[],
            opinions: &[],
            silences: &[],
            accept: args.accepted(),
            allow_missing: args.proof.allow_missing,
        })
    }

    /// Says where a record names another vCluster than this one.
    fn contradiction(&self, wanted: &Wanted) -> Option<String> {
        let wish = wanted.record.virtual_cluster()?;
        let name = wish.name.as_deref().unwrap_or(&self.which.name);
        let namespace = wish.namespace.as_deref().unwrap_or(&self.which.namespace);
        let same = name == self.which.name && namespace == self.which.namespace;
        (!same).then(|| {
            format!(
                "the record is for vCluster `{}/{}`, but this is `{}`",
                escape(namespace),
                escape(name),
                self.which
            )
        })
    }
}

fn read_values(path: &Path, which: &VirtualClusterName) -> Result<Configuration, TranslateError> {
    let text = fs::read_to_string(path).map_err(|source| TranslateError::Values {
        path: path.to_owned(),
        source,
    })?;
    Configuration::parse(&text, which).map_err(|source| TranslateError::BadValues {
        path: path.to_owned(),
        source,
    })
}

fn one_line(error: &dyn std::error::Error) -> String {
    match error.source() {
        None => error.to_string(),
        Some(cause) => format!("{error}: {cause}"),
    }
}
