//! Which record goes to which cluster, verified before anything is written.

use std::collections::BTreeMap;

use vwi_cli::Failure;
use vwi_cli::report::in_one_line;
use vwi_cli::talk::Talk;
use vwi_core::text::escape;
use vwi_kubernetes::Kubeconfig;

use crate::target::{Match, Target, compare};
use crate::ways::{Reached, Ways};
use crate::work::{Verdict, Work};

/// Clusters, and which record goes to which of them.
#[derive(Default)]
pub(crate) struct Assigned {
    targets: Vec<Target>,
    /// Index of the record and index of the cluster.
    places: Vec<(usize, usize)>,
}

impl Assigned {
    /// Returns each record's index with its cluster.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (usize, &Target)> {
        self.places
            .iter()
            .filter_map(|(index, at)| Some((*index, self.targets.get(*at)?)))
    }

    /// Returns each cluster with the indices of its records.
    pub(crate) fn by_target(&self) -> impl Iterator<Item = (&Target, Vec<usize>)> {
        self.targets.iter().enumerate().map(|(at, target)| {
            let of_it = self.places.iter().filter(|place| place.1 == at);
            (target, of_it.map(|place| place.0).collect())
        })
    }

    /// Leaves out the records that have their verdict.
    pub(crate) fn retain_open(&mut self, works: &[Work]) {
        self.places
            .retain(|(index, _)| works.get(*index).is_some_and(Work::is_open));
    }
}

/// Finds the cluster of each open record; the others get their verdict.
///
/// The cluster of the command line is tried first; where no context was typed, so are those whose
/// name the vcluster command line made for the record's vCluster. Each cluster that gets records
/// then lets its host prove itself.
///
/// # Errors
///
/// Why the cluster of the command line can't be reached, if no record has found another.
pub(crate) async fn assign(
    works: &mut [Work],
    ways: &Ways,
    current: Result<Reached, Failure>,
    allow_unverified: bool,
    talk: &Talk,
) -> Result<Assigned, Failure> {
    let (current, failure) = match current {
        Ok(current) => (Ok(current), None),
        Err(failure) => (Err(in_one_line(failure.as_ref())), Some(failure)),
    };
    let mut clusters = Clusters::new(ways, current);
    let mut places = Vec::new();
    let mut is_asked = false;
    for (index, work) in works.iter_mut().enumerate() {
        if !work.is_open() {
            continue;
        }
        is_asked = true;
        match clusters.of(work, allow_unverified).await {
            Ok(at) => places.push((index, at)),
            Err(verdict) => work.verdict = Some(verdict),
        }
    }
    if let Some(failure) = failure.filter(|_| is_asked && places.is_empty()) {
        return Err(failure);
    }
    let reached = clusters.reached.into_iter().enumerate();
    let targets = reached.map(|(at, reached)| {
        if places.iter().any(|place| place.1 == at) {
            reached.proven(talk)
        } else {
            Ok(reached.target)
        }
    });
    Ok(Assigned {
        targets: targets.collect::<Result<_, _>>()?,
        places,
    })
}

/// The clusters that have been looked at.
struct Clusters<'a> {
    ways: &'a Ways,
    /// Whose contexts are tried; none if the user typed where to go.
    kubeconfig: Option<Kubeconfig>,
    reached: Vec<Reached>,
    /// Index of the cluster of the command line, or why it can't be reached.
    current: Result<usize, String>,
    /// The same for other contexts.
    others: BTreeMap<String, Result<usize, String>>,
}

impl<'a> Clusters<'a> {
    fn new(ways: &'a Ways, current: Result<Reached, String>) -> Self {
        let mut reached = Vec::new();
        Self {
            ways,
            kubeconfig: ways.kubeconfig(),
            current: current.map(|current| {
                reached.push(current);
                0
            }),
            reached,
            others: BTreeMap::new(),
        }
    }

    /// Returns the index of a record's cluster, or what becomes of a record that has none.
    async fn of(&mut self, work: &Work, allow_unverified: bool) -> Result<usize, Verdict> {
        let mut tried = Vec::new();
        let mut is_other = false;
        match &self.current {
            Err(why) => tried.push(why.clone()),
            Ok(at) => {
                let (label, matched) = self.compared(*at, work);
                match matched {
                    Match::Same => return Ok(*at),
                    Match::Unknown if work.typed || allow_unverified => return Ok(*at),
                    Match::Unknown => {
                        return Err(Verdict::failed(
                            "UnverifiedCluster",
                            format!(
                                "nothing in the record tells whether {label} is its cluster; \
                                 `--allow-unverified-cluster` writes all the same"
                            ),
                        ));
                    }
                    Match::Other(why) => {
                        is_other = true;
                        tried.push(format!("{label}: {why}"));
                    }
                }
            }
        }
        for context in self.contexts_of(work) {
            if !self.others.contains_key(&context) {
                let looked = self.look_at(&context).await;
                self.others.insert(context.clone(), looked);
            }
            match self.others.get(&context) {
                Some(Ok(at)) => match self.compared(*at, work).1 {
                    Match::Same => return Ok(*at),
                    Match::Other(why) => {
                        is_other = true;
                        tried.push(format!("context `{}`: {why}", escape(&context)));
                    }
                    Match::Unknown => {}
                },
                Some(Err(why)) => tried.push(why.clone()),
                None => {}
            }
        }
        let reason = if is_other {
            "WrongCluster"
        } else {
            "TenantUnreachable"
        };
        Err(Verdict::failed(reason, tried.join("; ")))
    }

    fn compared(&self, at: usize, work: &Work) -> (String, Match) {
        match self.reached.get(at) {
            Some(Reached { target, .. }) => (
                target.tenant.cluster().label(),
                compare(&work.tenant, &target.found),
            ),
            None => (String::new(), Match::Unknown),
        }
    }

    async fn look_at(&mut self, context: &str) -> Result<usize, String> {
        let Some(kubeconfig) = &self.kubeconfig else {
            return Err("no kubeconfig".to_owned());
        };
        let reached = self.ways.look_at(context, kubeconfig).await?;
        self.reached.push(reached);
        Ok(self.reached.len() - 1)
    }

    /// Contexts of the form `vcluster_VC_HNS_PARENT`, as `vcluster connect` names them.
    fn contexts_of(&self, work: &Work) -> Vec<String> {
        match (&self.kubeconfig, &work.vcluster) {
            (Some(kubeconfig), Some(which)) => {
                kubeconfig.contexts_of(which).map(str::to_owned).collect()
            }
            (_, _) => Vec::new(),
        }
    }
}
