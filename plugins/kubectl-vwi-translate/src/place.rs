//! A vCluster, and all that is known of it but its single ServiceAccounts.

use std::fs;
use std::path::Path;

use vwi_core::namespaces::{HostServiceAccount, SeenNamespaces};
use vwi_core::record::{Evidence, Source, TenantStatus, VirtualClusterRef};
use vwi_core::text::escape;
use vwi_core::translation::{
    Configuration, HostFact, Identification, Judgement, ModeSource, PlatformInstance, Question,
    TenantFact, Unread, VirtualClusterFacts, VirtualClusterName, judge,
};
use vwi_core::vcluster_labels::{MANAGED_BY, OBJECT_NAME, OBJECT_NAMESPACE};
use vwi_kubernetes::evidence::ConfigurationFact;
use vwi_kubernetes::{Host, HostEvidence};

use crate::args::TranslateArgs;
use crate::error::TranslateError;
use crate::wanted::{TenantAnswer, Wanted};

/// A vCluster, and all that is known of it but its single ServiceAccounts.
#[derive(Debug)]
pub struct Place {
    /// Which one it is.
    pub which: VirtualClusterName,
    /// The Platform's name for it, where something tells.
    pub instance: Option<PlatformInstance>,
    /// What the Platform calls its host cluster.
    pub host_cluster: Option<String>,
    /// Who said which one it is, as the record keeps it.
    pub told_by: Vec<Evidence>,
    /// Its host, if one is looked at.
    pub host: Option<Host>,
    /// Its host's Namespaces, where these were listed for all vClusters.
    pub namespaces: Option<SeenNamespaces>,
    /// What its host says, if one is looked at.
    pub evidence: Option<HostEvidence>,
    /// What the Platform says of its configuration.
    pub platform_values: Option<Configuration>,
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
    pub fn new(found: Identification, args: &TranslateArgs) -> Result<Self, TranslateError> {
        let told_by = found.evidence();
        let Identification {
            which, instance, ..
        } = found;
        let values = match &args.which.vcluster_values {
            Some(path) => Some(read_values(path, &which)?),
            None => None,
        };
        Ok(Self {
            which,
            instance,
            host_cluster: None,
            told_by,
            host: None,
            namespaces: None,
            evidence: None,
            platform_values: None,
            values,
            issuer: None,
            tenant: TenantStatus::default(),
            host_key: String::new(),
        })
    }

    /// Returns what judgement needs of the vCluster. Its own configuration goes before what the
    /// Platform has deployed, and that before the file's.
    pub fn facts(&self) -> VirtualClusterFacts<'_> {
        let seen = self.evidence.as_ref().map(HostEvidence::vcluster);
        if let Some(facts) = seen.filter(|facts| facts.mode_source == ModeSource::Configuration) {
            return facts;
        }
        let (configuration, mode_source) = match (&self.platform_values, &self.values) {
            (Some(values), _) if self.is_told() => (Some(values), ModeSource::Platform),
            (Some(values), _) => (Some(values), ModeSource::Unproven),
            (None, Some(values)) => (Some(values), ModeSource::Values),
            (None, None) => (None, ModeSource::Assumed),
        };
        VirtualClusterFacts {
            which: &self.which,
            configuration,
            mode_source,
            namespaces: seen
                .and_then(|facts| facts.namespaces)
                .or(self.namespaces.as_ref()),
        }
    }

    /// Whether more than hints tell which vCluster it is: a proof, or the user.
    fn is_told(&self) -> bool {
        let is_hint =
            |said: &Evidence| matches!(said.source, Source::ContextName | Source::OnlyOne);
        !self.told_by.iter().all(is_hint)
    }

    /// Returns all that was said, about the vCluster and about the ServiceAccount.
    pub fn evidence<'a>(&'a self, judgement: &'a Judgement) -> Vec<&'a Evidence> {
        self.told_by.iter().chain(&judgement.evidence).collect()
    }

    /// Returns who has a name on the host now, by the annotations there.
    pub fn holder(&self, host: &HostServiceAccount) -> Option<String> {
        let account = self.evidence.as_ref()?.service_account(host)?;
        let annotation = |key| {
            account
                .metadata
                .annotations
                .get(key)
                .map(|text| escape(text))
        };
        let (namespace, name) = (annotation(OBJECT_NAMESPACE)?, annotation(OBJECT_NAME)?);
        let vcluster = account.metadata.labels.get(MANAGED_BY);
        let of = vcluster.map_or_else(String::new, |vcluster| {
            format!(" of vCluster `{}`", escape(vcluster))
        });
        Some(format!("`{namespace}/{name}`{of}"))
    }

    /// Returns how a record names the vCluster, with what it leaves open filled in.
    pub fn reference(&self, wish: VirtualClusterRef) -> VirtualClusterRef {
        let (project, instance) = match (&wish.instance, &self.instance) {
            (None, Some(found)) => (Some(found.project.clone()), Some(found.name.clone())),
            (_, _) => (wish.project, wish.instance),
        };
        VirtualClusterRef {
            name: Some(self.which.name.clone()),
            namespace: Some(self.which.namespace.clone()),
            project,
            instance,
            host_cluster: wish.host_cluster.or_else(|| self.host_cluster.clone()),
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
        if let Some(message) = self.other_values() {
            let hint = "leave out `--vcluster-values`: what the host says is read";
            return Judgement::failed("ConfigurationDiffers", message, Some(hint.to_owned()));
        }
        if let Some(message) = self.contradiction(wanted) {
            let hint = "connect to the vCluster that the record names, or correct the record";
            return Judgement::failed("OtherVirtualCluster", message, Some(hint.to_owned()));
        }
        let facts = self.facts();
        let (namespace, name) = (wanted.record.namespace(), wanted.record.name());
        let (tenant, uid) = match &wanted.tenant {
            TenantAnswer::NotAsked => (TenantFact::NotRead(Unread::NotAsked), None),
            TenantAnswer::Asleep => (TenantFact::NotRead(Unread::Asleep), None),
            TenantAnswer::Forbidden => (TenantFact::NotRead(Unread::Forbidden), None),
            TenantAnswer::Missing => (TenantFact::Missing, None),
            TenantAnswer::Found(uid) => (TenantFact::Found { uid }, Some(uid.as_str())),
        };
        let evidence = self.evidence.as_ref().filter(|_| args.via.looks_at_host());
        let (host, same_uid) = match evidence {
            None => (HostFact::NotRead, Vec::new()),
            Some(evidence) => {
                let computed = if args.reach.workload_service_account {
                    facts.workload_account(namespace, name)
                } else {
                    facts.host_name(namespace, name)
                };
                match computed {
                    Ok(computed) => evidence.about(&computed, uid),
                    Err(_) => (HostFact::NotRead, Vec::new()),
                }
            }
        };
        judge(&Question {
            namespace,
            name,
            vcluster: facts,
            tenant,
            host,
            same_uid: &same_uid,
            blinded_by: args.blinding_flag().as_deref(),
            host_issuer: self.issuer.as_deref(),
            via: &args.via.via,
            opinions: &wanted.opinions,
            silences: &wanted.silences,
            accept: args.accepted(),
            allow_missing: args.proof.allow_missing,
            workload_account: args.reach.workload_service_account,
        })
    }

    /// Says what the file of values says otherwise than the vCluster's own configuration.
    fn other_values(&self) -> Option<String> {
        let (values, facts) = (self.values.as_ref()?, self.facts());
        let own = facts.configuration.filter(|_| facts.mode_source.is_own())?;
        let differences = own.differences(values);
        (!differences.is_empty()).then(|| {
            format!(
                "`--vcluster-values` is not the configuration of vCluster `{}`: they differ in {}",
                self.which,
                differences.join(", ")
            )
        })
    }

    /// Says where a record names another vCluster than this one.
    pub fn contradiction(&self, wanted: &Wanted) -> Option<String> {
        let wish = wanted.record.virtual_cluster()?;
        let name = wish.name.as_deref().unwrap_or(&self.which.name);
        let namespace = wish.namespace.as_deref().unwrap_or(&self.which.namespace);
        if name != self.which.name || namespace != self.which.namespace {
            return Some(format!(
                "the record is for vCluster `{}/{}`, but this is `{}`",
                escape(namespace),
                escape(name),
                self.which
            ));
        }
        let instance = self.instance.as_ref();
        let of_platform = [
            (
                "project",
                &wish.project,
                instance.map(|instance| &instance.project),
            ),
            (
                "instance",
                &wish.instance,
                instance.map(|instance| &instance.name),
            ),
            (
                "host cluster",
                &wish.host_cluster,
                self.host_cluster.as_ref(),
            ),
        ];
        of_platform
            .into_iter()
            .find_map(|(what, wanted, found)| match (wanted, found) {
                (Some(wanted), Some(found)) if wanted != found => Some(format!(
                    "the record is for {what} `{}` of the Platform, but vCluster `{}` is of {what} \
                     `{}`",
                    escape(wanted),
                    self.which,
                    escape(found)
                )),
                (Some(wanted), None) if wish.name.is_none() && what == "instance" => Some(format!(
                    "the record is for instance `{}` of the Platform, and nothing tells whether \
                     vCluster `{}` is that",
                    escape(wanted),
                    self.which
                )),
                (_, _) => None,
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
