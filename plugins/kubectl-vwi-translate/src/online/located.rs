//! Which vCluster, of which host, each ServiceAccount is looked for in.

use std::collections::HashMap;

use tokio::task::JoinSet;
use vwi_core::translation::{Clue, Identification, IdentificationError, identify};
use vwi_kubernetes::HostEvidence;

use super::Work;
use super::survey::Surveyed;
use crate::clues::Stated;
use crate::error::TranslateError;
use crate::place::Place;
use crate::wanted::{Fault, Wanted};

/// Hosts are asked about this many vClusters at once.
const AT_ONCE: usize = 8;

/// A ServiceAccount, and the number of its vCluster if that is known.
pub(super) type Located = (Wanted, Option<usize>);

/// The vClusters that are looked at.
pub(super) struct Places<'a> {
    work: &'a Work<'a>,
    hosts: Vec<&'a Surveyed>,
    clues: &'a [Clue],
    pub(super) all: Vec<Place>,
    known: HashMap<Stated, Result<usize, Fault>>,
}

impl<'a> Places<'a> {
    /// Starts with the vClusters that are known already; `clues` hold for whatever is asked.
    pub(super) fn new(
        work: &'a Work<'a>,
        hosts: Vec<&'a Surveyed>,
        clues: &'a [Clue],
        all: Vec<Place>,
    ) -> Self {
        Self {
            work,
            hosts,
            clues,
            all,
            known: HashMap::new(),
        }
    }

    /// Returns the number of the vCluster that a record names, else of the one that the clues mean.
    pub(super) fn of(&mut self, wanted: &Wanted) -> Result<Result<usize, Fault>, TranslateError> {
        let stated = wanted.stated();
        if let Some(known) = self.known.get(&stated) {
            return Ok(known.clone());
        }
        let place = self.find(&stated)?;
        self.known.insert(stated, place.clone());
        Ok(place)
    }

    fn find(&mut self, stated: &Stated) -> Result<Result<usize, Fault>, TranslateError> {
        let mut clues = self.clues.to_vec();
        clues.extend(stated.clue().map(|mut clue| {
            if let Some(platform) = &self.work.platform {
                platform.resolve(&mut clue);
            }
            clue
        }));
        match self.locate(&clues) {
            Ok((host, found)) => self.add(found, host).map(Ok),
            Err(error) => Ok(Err(stated.fault(error)?)),
        }
    }

    fn add(&mut self, found: Identification, host: &Surveyed) -> Result<usize, TranslateError> {
        let server = host.host.cluster().server();
        let same = |place: &Place| place.which == found.which && place.host_key == server;
        if let Some(index) = self.all.iter().position(same) {
            return Ok(index);
        }
        self.all.push(self.work.place_on(found, host)?);
        Ok(self.all.len() - 1)
    }

    /// Says which vCluster of which host the clues mean.
    fn locate(&self, clues: &[Clue]) -> Result<(&'a Surveyed, Identification), TranslateError> {
        let mut found = Vec::new();
        let mut failed = None;
        for &host in &self.hosts {
            let label = host.label();
            match identify(clues, host.candidates(&label)) {
                Ok(of) if host.has(&of.which) || !host.complete => found.push((host, of)),
                Ok(of) => {
                    failed.get_or_insert(TranslateError::NoSuchVirtualCluster {
                        host: label,
                        which: of.which,
                    });
                }
                Err(error) => {
                    failed.get_or_insert_with(|| error.into());
                }
            }
        }
        let mut found = found.into_iter();
        match (found.next(), found.next()) {
            (Some(only), None) => Ok(only),
            (Some((first, of)), Some((second, _))) => Err(TranslateError::SeveralHosts {
                which: of.which,
                hosts: format!("{} and {}", first.label(), second.label()),
            }),
            (None, _) => Err(failed.unwrap_or_else(|| IdentificationError::Unknown.into())),
        }
    }
}

impl Work<'_> {
    /// Returns a vCluster on a host, of which nothing more is known yet.
    pub(super) fn place_on(
        &self,
        found: Identification,
        host: &Surveyed,
    ) -> Result<Place, TranslateError> {
        let mut place = Place::new(found, self.args)?;
        place.host = Some(host.host.clone());
        host.host.cluster().server().clone_into(&mut place.host_key);
        place.issuer = host.issuer.as_ref().ok().cloned();
        Ok(place)
    }

    /// Reads what hosts say of the vClusters whose numbers are picked.
    pub(super) async fn read_evidence(
        &self,
        places: &mut [Place],
        picks: impl Fn(usize) -> bool,
    ) -> Result<(), TranslateError> {
        let mut waiting: Vec<_> = places
            .iter()
            .enumerate()
            .filter(|(index, _)| picks(*index))
            .filter_map(|(index, place)| Some((index, place.host.clone()?, place.which.clone())))
            .collect();
        waiting.reverse();
        let mut running = JoinSet::new();
        loop {
            while running.len() < AT_ONCE
                && let Some((index, host, which)) = waiting.pop()
            {
                running.spawn(async move { (index, host.evidence(&which).await) });
            }
            // A task is never cancelled here, and does not panic.
            let Some(Ok((index, evidence))) = running.join_next().await else {
                return Ok(());
            };
            if let Some(place) = places.get_mut(index) {
                place.evidence = Some(evidence?);
            }
        }
    }

    /// Tells what hosts could not show.
    pub(super) fn tell_unread(&self, places: &[Place], hosts: &[Surveyed]) {
        for host in hosts {
            let server = host.host.cluster().server();
            let is_used = places.iter().any(|place| place.host_key == server);
            if let (true, Err(why)) = (is_used, &host.issuer) {
                self.talk().warn(why);
            }
        }
        let evidence = places.iter().filter_map(|place| place.evidence.as_ref());
        for line in evidence.flat_map(HostEvidence::unread) {
            self.talk().warn(&line);
        }
    }
}
