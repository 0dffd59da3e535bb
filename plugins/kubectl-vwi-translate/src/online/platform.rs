//! The Platform: which of its instances this is, where that really runs, and a way to its host.

use std::collections::BTreeSet;
use std::time::Duration;

use vwi_cli::platform::{self, PlatformSetupError};
use vwi_cli::report;
use vwi_cli::session::Session;
use vwi_cli::talk::Talk;
use vwi_core::record::Source;
use vwi_core::text::escape;
use vwi_core::translation::{
    Clue, ClueSource, Configuration, InstanceError, InstanceWish, KnownInstance, PlatformInstance,
    pick,
};
use vwi_http::Patience;
use vwi_kubernetes::host::HostCandidate;
use vwi_kubernetes::{ClusterChoice, Kubeconfig};
use vwi_platform::{AccessError, Instance, Phase, Platform};

use crate::args::TranslateArgs;
use crate::error::TranslateError;
use crate::place::Place;

pub(super) mod asleep;
mod lead;
mod names;
mod opinion;

use lead::{host_cluster, lead};
pub(super) use names::OnPlatform;

/// How long a Platform that nobody typed may take to recover.
const SHORT_PATIENCE: Duration = Duration::from_secs(15);

/// The Platform, and what it says of this vCluster.
pub(super) struct View {
    platform: Platform,
    talk: Talk,
    /// Whether a flag asks for it; else it is one source more, or one fewer.
    is_typed: bool,
    /// What the kubeconfig says, and whether it says so in the server's URL, which proves it.
    lead: Option<(PlatformInstance, bool)>,
    /// `--project`.
    project: Option<String>,
    /// Whether a flag names the instance, and not only the Platform.
    is_named: bool,
    /// The host cluster that the server's URL names.
    cluster: Option<String>,
    /// All instances, where they had to be listed.
    listed: Vec<Instance>,
    found: Option<Instance>,
}

impl View {
    /// Prepares to ask the Platform, if a flag or the kubeconfig leads to one; nothing is sent yet.
    ///
    /// # Errors
    ///
    /// [`TranslateError`] if a flag asks for a Platform that can't be asked.
    pub(super) fn open(
        args: &TranslateArgs,
        session: &mut Session,
        kubeconfig: &Kubeconfig,
        choice: &ClusterChoice,
    ) -> Result<Option<Self>, TranslateError> {
        let flags = &args.platform;
        if let Some(name) = &flags.access_key_env {
            session.hide_from_programs(name);
        }
        let context = choice
            .context
            .as_deref()
            .or_else(|| kubeconfig.current_context());
        let server = choice
            .server
            .as_deref()
            .or_else(|| context.and_then(|context| kubeconfig.server(context)));
        let (lead, base) = lead(context, server);
        let is_typed = flags.is_typed() || args.via.picks(Source::Platform);
        if flags.no_platform || (!is_typed && lead.is_none()) {
            return Ok(None);
        }
        let talk = session.talk.clone();
        let access = match platform::access(flags, &session.environment) {
            Ok(Some(access)) => access,
            Ok(None) if is_typed => {
                return Err(PlatformSetupError::from(AccessError::Nobody).into());
            }
            Ok(None) => return Ok(None),
            Err(error) if is_typed => return Err(error.into()),
            Err(error) => {
                leave(&talk, is_typed, &error);
                return Ok(None);
            }
        };
        let is_other = base.as_ref().is_some_and(|base| *base != access.address);
        if is_other && !is_typed {
            talk.warn(&format!(
                "the Platform is not asked: the kubeconfig leads to `{}`, and the vcluster command \
                 line is logged in to `{}`",
                base.map_or_else(String::new, |base| base.to_string()),
                access.address
            ));
            return Ok(None);
        }
        let timeout = args.change.timeout().unwrap_or(Duration::MAX);
        let patience = Patience::lasting(if is_typed {
            timeout
        } else {
            timeout.min(SHORT_PATIENCE)
        });
        let settings = session.http_settings(&args.kubectl);
        Ok(Some(Self {
            platform: platform::client(access, settings, patience)?,
            talk,
            is_typed,
            lead: lead.filter(|_| !is_other),
            project: flags.project.clone(),
            is_named: flags.project.is_some() || args.which.vcluster.is_some(),
            cluster: server.and_then(host_cluster),
            listed: Vec::new(),
            found: None,
        }))
    }

    /// Asks which instance this is. A Platform that nobody typed and that does not answer is warned
    /// of and left, and so is one that the key may not ask.
    ///
    /// # Errors
    ///
    /// [`TranslateError`] if a flag asks for it, and it does not answer or has no such instance.
    pub(super) async fn ask(
        mut self,
        args: &TranslateArgs,
    ) -> Result<Option<Self>, TranslateError> {
        let wish = InstanceWish {
            project: args.platform.project.as_deref(),
            name: args.which.vcluster.as_deref(),
            namespace: args.which.vcluster_namespace.as_deref(),
        };
        let all = args.reach.all_vclusters;
        let asked = match self.lead.clone() {
            Some((instance, is_proof)) if !all && (is_proof || wish == InstanceWish::default()) => {
                if let Some(project) = wish.project.filter(|project| *project != instance.project) {
                    let project = project.to_owned();
                    return Err(InstanceError::OtherProject { project, instance }.into());
                }
                self.platform
                    .instance(&instance.project, &instance.name)
                    .await
                    .map(|found| self.found = Some(found))
            }
            Some(_) | None => self.platform.instances().await.map(|all| self.listed = all),
        };
        match asked {
            Ok(()) => {}
            Err(error) if self.is_typed && !error.is_forbidden() => return Err(error.into()),
            Err(error) => {
                leave(&self.talk, self.is_typed, &error);
                return Ok(None);
            }
        }
        if !all {
            let is_proven = matches!(self.lead, Some((_, true)));
            match self.choose(wish) {
                Ok(()) => {}
                Err(error) if self.is_typed || is_proven => return Err(error.into()),
                Err(error) => {
                    leave(&self.talk, self.is_typed, &error);
                    return Ok(None);
                }
            }
        }
        if let Some(found) = &self.found
            && let (Some(typed), Some(which)) = (wish.name, &found.which)
            && typed != which.name
        {
            self.talk.say(&format!(
                "`{}` is the Platform's name for the instance; host names are made from its Helm \
                 release, `{}`",
                escape(typed),
                escape(&which.name)
            ));
        }
        Ok(Some(self))
    }

    /// Picks the instance that is meant, if something says so.
    fn choose(&mut self, wish: InstanceWish<'_>) -> Result<(), InstanceError> {
        if self.found.is_none() {
            let known: Vec<_> = self.listed.iter().map(known).collect();
            match pick(wish, &known) {
                Ok(place) => self.found = self.listed.get(place).cloned(),
                // Something else may tell which vCluster it is, and then which instance.
                Err(InstanceError::Several { .. })
                    if wish.name.is_none() && wish.namespace.is_none() => {}
                Err(error) => return Err(error),
            }
        }
        match self.found.as_ref().filter(|found| found.standalone) {
            Some(found) => Err(InstanceError::Standalone(instance(found))),
            None => Ok(()),
        }
    }

    /// Says what the Platform knows: clues that name an instance get its Helm release and host
    /// namespace, and a flag that named the instance is understood.
    pub(super) fn refine(&self, clues: &mut Vec<Clue>) {
        let Some(found) = &self.found else {
            return;
        };
        let Some(which) = &found.which else {
            return;
        };
        let instance = instance(found);
        let mut is_told = false;
        for clue in &mut *clues {
            if clue.source == ClueSource::Flag
                && clue.name.as_deref() == Some(found.name.as_str())
                && clue.name.as_deref() != Some(which.name.as_str())
            {
                clue.name = Some(which.name.clone());
            }
            if clue.instance.as_ref() == Some(&instance) {
                clue.name = Some(which.name.clone());
                clue.namespace = Some(which.namespace.clone());
                clue.said_by = format!("{} ({instance})", clue.said_by);
                is_told = true;
            }
        }
        if !is_told {
            let (source, said_by) = match self.lead {
                Some((_, true)) => (ClueSource::PlatformUrl, instance.to_string()),
                Some((_, false)) => (ClueSource::ContextName, instance.to_string()),
                None if self.is_named => (ClueSource::Flag, instance.to_string()),
                None => (
                    ClueSource::OnlyOne,
                    format!("{instance}, the only one that the Platform shows,"),
                ),
            };
            let mut clue = Clue::both(source, said_by, which);
            clue.instance = Some(instance);
            clues.push(clue);
        }
    }

    /// Says what host names are made from, where a record names an instance that is known here.
    pub(super) fn resolve(&self, clue: &mut Clue) {
        let mut known = self.found.iter().chain(&self.listed);
        let named = known.find(|one| clue.instance.as_ref() == Some(&instance(one)));
        if let Some(which) = named.and_then(|one| one.which.as_ref()) {
            clue.name.get_or_insert_with(|| which.name.clone());
            clue.namespace
                .get_or_insert_with(|| which.namespace.clone());
        }
    }

    /// Writes down what the Platform knows of the vCluster; where only now it is clear which it is,
    /// its instance is looked for.
    ///
    /// # Errors
    ///
    /// [`TranslateError`] if a flag asks for the Platform, and it does not know the vCluster, or
    /// several that it can be.
    pub(super) fn fill(&self, place: &mut Place) -> Result<(), TranslateError> {
        let found = match self.instance_of(place) {
            Ok(found) => found,
            Err(error) if self.is_typed => return Err(error),
            Err(error) => {
                leave(&self.talk, self.is_typed, &error);
                return Ok(());
            }
        };
        place.instance = Some(instance(found));
        place.host_cluster.clone_from(&found.cluster);
        if let Some(values) = &found.values {
            match Configuration::parse(values, &place.which) {
                Ok(configuration) => place.platform_values = Some(configuration),
                Err(error) => self.talk.warn(&format!(
                    "the values that the Platform has of vCluster `{}` can't be used: {}",
                    place.which,
                    escape(&error.to_string())
                )),
            }
        }
        Ok(())
    }

    /// Returns the instance that a vCluster is.
    fn instance_of(&self, place: &Place) -> Result<&Instance, TranslateError> {
        let is_it = |one: &&Instance| one.which.as_ref() == Some(&place.which);
        if let Some(found) = self.found.as_ref().filter(is_it) {
            return Ok(found);
        }
        let known: Vec<&Instance> = self
            .listed
            .iter()
            .filter(is_it)
            .filter(|one| fits(self.project.as_deref(), Some(&one.project)))
            .filter(|one| fits(self.cluster.as_deref(), one.cluster.as_deref()))
            .filter(|one| fits(place.instance.as_ref(), Some(&instance(one))))
            .collect();
        match known.as_slice() {
            [only] => Ok(only),
            [] => Err(TranslateError::NotOnPlatform {
                platform: self.platform.address().to_string(),
                which: place.which.clone(),
            }),
            several => Err(TranslateError::Instance(InstanceError::Several {
                wish: format!(
                    "Helm release `{}` in host namespace `{}`",
                    escape(&place.which.name),
                    escape(&place.which.namespace)
                ),
                found: several.iter().copied().map(self::known).collect(),
            })),
        }
    }

    /// Returns the host cluster as the Platform reaches it, if it says which that is.
    pub(super) fn host(&self) -> Option<HostCandidate> {
        Some(self.through(self.found.as_ref()?.cluster.as_deref()?))
    }

    /// Returns the host clusters of all instances, where a flag asks for the Platform.
    pub(super) fn all_hosts(&self) -> Vec<(HostCandidate, OnPlatform)> {
        if !self.is_typed {
            return Vec::new();
        }
        let clusters = self.listed.iter().filter_map(|one| one.cluster.as_deref());
        let clusters: BTreeSet<&str> = clusters.collect();
        let hosts = clusters.into_iter().map(|cluster| {
            let there = |one: &&Instance| one.cluster.as_deref() == Some(cluster);
            let on_platform = OnPlatform::new(cluster, self.listed.iter().filter(there));
            (self.through(cluster), on_platform)
        });
        hosts.collect()
    }

    fn through(&self, cluster: &str) -> HostCandidate {
        HostCandidate::through_platform(
            self.platform.address().cluster(cluster).as_str(),
            self.platform.key().secret().clone(),
            self.platform.authority(),
        )
    }

    /// Says that the tenant must not be contacted: any request would wake it.
    pub(super) fn asleep(&self) -> Option<String> {
        let found = self.found.as_ref()?;
        let state = match found.phase {
            Phase::Sleeping => "sleeps",
            Phase::Failed => "has failed",
            Phase::Ready | Phase::Pending | Phase::Other(_) => return None,
        };
        Some(format!("{} {state}", instance(found)))
    }
}

/// Whether what is wanted, if anything, is what was found.
fn fits<T: PartialEq + ?Sized>(wanted: Option<&T>, found: Option<&T>) -> bool {
    wanted.is_none() || wanted == found
}

fn instance(found: &Instance) -> PlatformInstance {
    PlatformInstance {
        project: found.project.clone(),
        name: found.name.clone(),
    }
}

fn known(found: &Instance) -> KnownInstance {
    KnownInstance {
        instance: instance(found),
        display_name: found.display_name.clone(),
        which: found.which.clone(),
    }
}

/// Warns that the work goes on without the Platform.
fn leave(talk: &Talk, is_typed: bool, why: &dyn vwi_core::exit::Explain) {
    let way = if is_typed {
        ""
    } else {
        "; `--no-platform` leaves it alone"
    };
    talk.warn(&format!(
        "the Platform is not asked: {}{way}",
        report::in_one_line(why)
    ));
}
