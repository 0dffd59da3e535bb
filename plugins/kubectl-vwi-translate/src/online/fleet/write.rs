//! The records of all vClusters of the hosts, and what is to be said beside them.

use std::collections::{BTreeMap, BTreeSet};

use vwi_cli::session::Session;
use vwi_core::exit::Outcome;
use vwi_core::name::is_system;
use vwi_core::record::{Evidence, Source, TenantStatus, VirtualClusterRef};
use vwi_core::stream::Selection;
use vwi_core::translation::{
    HostFact, HostObject, Judgement, Question, TenantFact, Unread, VirtualClusterName, judge,
};
use vwi_core::vcluster_labels::{
    HostMetadata, MANAGED_BY, OBJECT_NAME, OBJECT_NAMESPACE, OBJECT_UID,
};

use super::{HostFleet, Synced};
use crate::answer::Answers;
use crate::args::TranslateArgs;
use crate::error::TranslateError;
use crate::place::Place;
use crate::wanted::Wanted;

/// Writes the records of all vClusters, one by one.
pub(in crate::online) fn write(
    fleets: &[HostFleet],
    args: &TranslateArgs,
    session: &Session,
) -> Result<Outcome, TranslateError> {
    let mut answers = Answers::new(args, session)?;
    let wanted = Filter::new(args)?;
    let mut left_out = 0;
    for fleet in fleets {
        left_out += fleet.write(&wanted, args, &mut answers)?;
        fleet.tell(session);
    }
    answers.left_out(left_out);
    let counts = answers.finish(args.shard.selection(wanted.selection(fleets)))?;
    Ok(counts.outcome())
}

/// Which of all are wanted.
struct Filter<'a> {
    names: BTreeSet<&'a str>,
    namespace: Option<&'a str>,
    include_system: bool,
    args: &'a TranslateArgs,
}

impl<'a> Filter<'a> {
    fn new(args: &'a TranslateArgs) -> Result<Self, TranslateError> {
        let names: BTreeSet<&str> = args.selection.accounts()?.into_iter().collect();
        let typed = args.kubectl.namespace.as_deref();
        let everywhere = args.selection.all_namespaces || names.is_empty();
        Ok(Self {
            namespace: typed.or_else(|| (!everywhere).then_some("default")),
            include_system: args.include_system || !names.is_empty(),
            names,
            args,
        })
    }

    fn holds(&self, namespace: &str, name: &str) -> bool {
        self.namespace.is_none_or(|wanted| wanted == namespace)
            && (self.names.is_empty() || self.names.contains(name))
    }

    /// It is everything only if each host has shown all it has of each vCluster. One that shows
    /// nothing may keep its ServiceAccounts elsewhere: in a target namespace, without labels, or
    /// all as one.
    fn selection(&self, fleets: &[HostFleet]) -> Selection {
        let narrowed = [
            (!self.names.is_empty(), "names"),
            (self.namespace.is_some(), "namespace"),
            (
                self.args.which.vcluster_namespace.is_some(),
                "vcluster-namespace",
            ),
            (fleets.iter().any(|fleet| fleet.is_short), "unread"),
            (
                fleets.iter().any(|fleet| fleet.not_believed > 0),
                "not-believed",
            ),
            (
                fleets.iter().any(|fleet| !fleet.silent().is_empty()),
                "nothing-shown",
            ),
        ];
        let by: Vec<String> = narrowed
            .into_iter()
            .filter(|(is_so, _)| *is_so)
            .map(|(_, what)| what.to_owned())
            .collect();
        if by.is_empty() {
            let hosts: Vec<&str> = fleets.iter().map(|fleet| fleet.label.as_str()).collect();
            let scope = format!("all vClusters of {}", hosts.join(", "));
            self.args.left_out(Selection::all(scope))
        } else {
            Selection::Narrowed { by }
        }
    }
}

impl HostFleet {
    /// Writes its records; returns how many were left out, as nobody asked for them by name.
    fn write(
        &self,
        wanted: &Filter<'_>,
        args: &TranslateArgs,
        answers: &mut Answers<'_>,
    ) -> Result<usize, TranslateError> {
        let mut left_out = 0;
        let mut place: Option<(usize, Place)> = None;
        for one in &self.synced {
            let Some((namespace, name)) = &one.tenant else {
                continue;
            };
            if !wanted.holds(namespace, name) {
                continue;
            }
            if !wanted.include_system && is_system(namespace, name) {
                left_out += 1;
                continue;
            }
            // They are sorted by vCluster.
            if place
                .as_ref()
                .is_none_or(|(member, _)| *member != one.member)
            {
                place = self.place(one.member).map(|place| (one.member, place));
            }
            if let Some((_, place)) = &place {
                let judgement = self.judge(one, (namespace, name), place, args);
                answers.put(Wanted::named(namespace, name), place, judgement)?;
            }
        }
        Ok(left_out)
    }

    fn place(&self, member: usize) -> Option<Place> {
        let member = self.fleet.members().get(member)?;
        let which = member.which().clone();
        Some(Place {
            told_by: vec![Evidence {
                source: Source::Host,
                namespace: None,
                name: None,
                virtual_cluster: Some(VirtualClusterRef {
                    name: Some(which.name.clone()),
                    namespace: Some(which.namespace.clone()),
                    ..VirtualClusterRef::default()
                }),
                message: None,
            }],
            instance: self.on_platform.instance(&which),
            host_cluster: self.on_platform.cluster.clone(),
            which,
            platform_values: None,
            host: None,
            namespaces: member.facts().namespaces.cloned(),
            evidence: None,
            values: None,
            issuer: self.issuer.clone(),
            tenant: TenantStatus::default(),
            host_key: self.server.clone(),
        })
    }

    fn judge(
        &self,
        one: &Synced,
        (namespace, name): (&str, &str),
        place: &Place,
        args: &TranslateArgs,
    ) -> Judgement {
        let none = BTreeMap::new();
        let labels = BTreeMap::from([(MANAGED_BY.to_owned(), place.which.name.clone())]);
        let mut annotations = BTreeMap::from([
            (OBJECT_NAMESPACE.to_owned(), namespace.to_owned()),
            (OBJECT_NAME.to_owned(), name.to_owned()),
        ]);
        if let Some(uid) = &one.uid {
            annotations.insert(OBJECT_UID.to_owned(), uid.clone());
        }
        let twins = one
            .uid
            .as_ref()
            .and_then(|uid| self.twins.get(&(one.member, uid.clone())));
        let same_uid: Vec<HostObject<'_>> = twins
            .into_iter()
            .flatten()
            .filter_map(|index| self.synced.get(*index))
            .map(|twin| twin.object(&none, &none))
            .collect();
        judge(&Question {
            namespace,
            name,
            vcluster: place.facts(),
            tenant: TenantFact::NotRead(Unread::NotAsked),
            host: HostFact::Found(one.object(&labels, &annotations)),
            same_uid: &same_uid,
            blinded_by: None,
            host_issuer: self.issuer.as_deref(),
            via: &[],
            opinions: &[],
            silences: &[],
            accept: args.accepted(),
            allow_missing: args.proof.allow_missing,
            workload_account: false,
        })
    }

    /// Returns the vClusters of which the host shows nothing.
    fn silent(&self) -> Vec<&VirtualClusterName> {
        let shown = self.synced.iter().filter(|one| one.tenant.is_some());
        let shown: BTreeSet<usize> = shown.map(|one| one.member).collect();
        let members = self.fleet.members().iter().enumerate();
        let silent = members.filter(|(index, _)| !shown.contains(index));
        silent.map(|(_, member)| member.which()).collect()
    }

    /// Says which vClusters have nothing synced, and what was not believed.
    fn tell(&self, session: &Session) {
        for which in self.silent() {
            let asleep = self.asleep.get(which);
            let asleep = asleep.map_or_else(String::new, |sleep| format!(", and is {sleep}"));
            session.talk.say(&format!(
                "vCluster `{which}` of {} has synced no ServiceAccount, none that it shows by \
                 label{asleep}",
                self.label
            ));
        }
        if self.not_believed > 0 {
            session.talk.warn(&format!(
                "{} ServiceAccounts of {} say that a vCluster made them, but are not where it puts \
                 them: they are not believed",
                self.not_believed, self.label
            ));
        }
    }
}

impl Synced {
    fn object<'a>(
        &'a self,
        labels: &'a BTreeMap<String, String>,
        annotations: &'a BTreeMap<String, String>,
    ) -> HostObject<'a> {
        HostObject {
            metadata: HostMetadata {
                namespace: &self.host_namespace,
                name: &self.host_name,
                labels,
                annotations,
            },
            uid: &self.host_uid,
        }
    }
}
