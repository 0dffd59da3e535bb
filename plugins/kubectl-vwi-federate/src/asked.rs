//! What is asked of Azure, each thing once, and what is wanted of each identity.

use std::collections::{BTreeMap, HashMap};
use std::mem;

use vwi_azure::Azure;
use vwi_core::arm::{Kind, Named, ResourceId, Scope};
use vwi_core::federation::{Found, Issuer, Refusal, Trust, Wanted};
use vwi_core::text::escape;

use crate::args::{Assign, FederateArgs};
use crate::gather::{Creation, Gathered, IdentityAnswer, Question};
use crate::identities::nobody_trusts;
use crate::named;
use crate::work::Work;

/// What is asked of Azure for all records, each thing once.
#[derive(Debug, Default)]
pub(crate) struct Asked {
    pub(crate) identities: Vec<Question>,
    pub(crate) clusters: Vec<Named>,
    pub(crate) assigns: Vec<Assign>,
    /// Positions in `identities` by record.
    identity_of: Vec<Option<usize>>,
}

/// What a record's identity was asked, and what it answered.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Of<'a> {
    /// Position of the record.
    pub(crate) record: usize,
    /// Position of the identity.
    pub(crate) position: usize,
    pub(crate) question: &'a Question,
    pub(crate) answer: &'a IdentityAnswer,
}

impl Asked {
    /// Collects the questions of all records that are still open.
    pub(crate) fn new(works: &mut [Work], arguments: &FederateArgs, azure: &Azure) -> Self {
        let mut asked = Self::default();
        let mut positions: HashMap<String, usize> = HashMap::new();
        for work in works {
            let position = asked.add(work, arguments, azure, &mut positions);
            asked.identity_of.push(position);
        }
        asked
    }

    fn add(
        &mut self,
        work: &mut Work,
        arguments: &FederateArgs,
        azure: &Azure,
        positions: &mut HashMap<String, usize>,
    ) -> Option<usize> {
        if !work.is_open() {
            return None;
        }
        let wish = work.wish.clone()?;
        let id: ResourceId = match named::id(&wish.identity, Kind::Identity) {
            Ok(id) => id,
            Err(refusal) => {
                work.refuse(refusal);
                return None;
            }
        };
        if let Some(cluster) = &wish.cluster
            && !self.clusters.contains(cluster)
        {
            self.clusters.push(cluster.clone());
        }
        let location = wish.location.clone().or_else(|| azure.location.clone());
        let known = positions.get(&id.folded());
        if let Some(known) = known.and_then(|known| self.identities.get(*known))
            && let Some(refusal) = elsewhere(known, location.as_deref())
        {
            work.refuse(refusal);
            return None;
        }
        let position = *positions.entry(id.folded()).or_insert_with(|| {
            self.identities.push(Question {
                id,
                scopes: Vec::new(),
                lists_roles: arguments.taking.delete_roles,
                create: match (arguments.identity.create_identity, location) {
                    (false, _) => Creation::No,
                    (true, Some(location)) => Creation::In(location),
                    (true, None) => Creation::InRegionOfGroup,
                },
            });
            self.identities.len() - 1
        });
        for assign in &wish.roles {
            if !self.assigns.contains(assign) {
                self.assigns.push(assign.clone());
            }
            if let Some(question) = self.identities.get_mut(position) {
                add_scope(&mut question.scopes, &assign.scope);
            }
        }
        Some(position)
    }

    /// Gathers what is wanted of each identity, beside what is there. Records that a step before
    /// only planned come first: the others take what was gathered with them.
    pub(crate) fn wanted(
        &self,
        works: &mut [Work],
        gathered: &mut Gathered,
        issuers: &[Option<Issuer>],
        is_planned: bool,
        is_existing: bool,
    ) -> Vec<(Wanted, Found)> {
        let mut all: BTreeMap<usize, Wanted> = BTreeMap::new();
        for (work, of) in self.answered(works, gathered, is_planned) {
            let Of { record, answer, .. } = of;
            if is_existing && !trusts_already(work, issuers.get(record), &answer.found) {
                let subject = work.subject().map(|subject| subject.to_string());
                work.refuse(nobody_trusts(&subject.unwrap_or_default()));
                continue;
            }
            let wanted = all
                .entry(of.position)
                .or_insert_with(|| Wanted::new(of.question.id.clone(), answer.create_in.clone()));
            self.add_wish(wanted, record, work, gathered, issuers);
        }
        let pairs = all.into_iter().filter_map(|(position, wanted)| {
            let answer = gathered.identities.get_mut(position)?.as_mut().ok()?;
            let found = if is_planned {
                answer.found.clone()
            } else {
                mem::take(&mut answer.found)
            };
            Some((wanted.settled(), found))
        });
        pairs.collect()
    }

    /// Returns the records that are still open, each with the answer for its identity. One whose
    /// identity has none is refused.
    pub(crate) fn answered<'a>(
        &'a self,
        works: &'a mut [Work],
        gathered: &'a Gathered,
        is_planned: bool,
    ) -> impl Iterator<Item = (&'a mut Work, Of<'a>)> {
        let open = works
            .iter_mut()
            .enumerate()
            .filter(move |(_, work)| work.is_open() && work.is_planned == is_planned);
        open.filter_map(|(record, work)| {
            let position = self.identity_of.get(record).copied().flatten()?;
            let question = self.identities.get(position)?;
            match gathered.identities.get(position)? {
                Ok(answer) => Some((
                    work,
                    Of {
                        record,
                        position,
                        question,
                        answer,
                    },
                )),
                Err(refusal) => {
                    work.refuse(refusal.clone());
                    None
                }
            }
        })
    }

    /// Looks for role assignments in the whole of each identity's subscription, too.
    pub(crate) fn look_everywhere(&mut self) {
        for question in &mut self.identities {
            let scope = format!("/subscriptions/{}", question.id.subscription());
            // An id's subscription is a GUID, so this is always a scope.
            if let Ok(scope) = scope.parse() {
                add_scope(&mut question.scopes, &scope);
            }
        }
    }

    fn add_wish(
        &self,
        wanted: &mut Wanted,
        record: usize,
        work: &Work,
        gathered: &Gathered,
        issuers: &[Option<Issuer>],
    ) {
        let issuer = issuers.get(record).and_then(Option::as_ref);
        let (Some(wish), Some(subject), Some(issuer)) = (&work.wish, work.subject(), issuer) else {
            return;
        };
        let trust = Trust {
            issuer: issuer.url.clone(),
            subject: subject.to_string(),
            audience: wish.audience.clone(),
        };
        wanted.add_credential(record, trust, issuer.confirmed);
        for assign in &wish.roles {
            let index = self.assigns.iter().position(|known| known == assign);
            let definition = index.and_then(|index| gathered.definitions.get(index));
            wanted.add_role(record, &assign.role, &assign.scope);
            let added = wanted
                .roles
                .iter_mut()
                .find(|role| role.role == assign.role && role.scope == assign.scope);
            if let (Some(role), Some(definition)) = (added, definition) {
                role.definition.clone_from(definition);
            }
        }
    }
}

/// Whether the identity has a credential for the record's subject of its issuer.
fn trusts_already(work: &Work, issuer: Option<&Option<Issuer>>, found: &Found) -> bool {
    let (Some(Some(issuer)), Some(subject)) = (issuer, work.subject()) else {
        return false;
    };
    let trust = Trust {
        issuer: issuer.url.clone(),
        subject: subject.to_string(),
        audience: String::new(),
    };
    found
        .credentials
        .iter()
        .any(|held| held.trusts_subject(&trust))
}

/// Refuses a second region for an identity that is to be made once.
fn elsewhere(known: &Question, location: Option<&str>) -> Option<Refusal> {
    let Creation::In(first) = &known.create else {
        return None;
    };
    let short = |region: &str| region.replace(' ', "").to_lowercase();
    let location = location.filter(|location| short(location) != short(first))?;
    Some(Refusal {
        reason: "LocationsDiffer",
        message: format!(
            "another record wants identity `{}` made in `{}` and this one in `{}`",
            known.id.name(),
            escape(first),
            escape(location)
        ),
        hint: None,
    })
}

fn add_scope(scopes: &mut Vec<Scope>, scope: &Scope) {
    if !scopes.contains(scope) {
        scopes.push(scope.clone());
    }
}
