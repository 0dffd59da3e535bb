//! The credential steps of one identity: what becomes of each trust that is wanted.

use std::collections::HashSet;

use super::super::because::Because;
use super::super::matching::near_misses;
use super::super::name::{Owner, candidates, is_ours, owner_of};
use super::super::observed::{Credential, Found, Trust};
use super::super::wanted::WantedCredential;
use super::refusals;
use super::{Action, Adoption, CredentialStep, Refusal, Rules};
use crate::text::escape;

/// The steps that one wanted trust comes to, first to last; `after` counts within it.
pub(super) struct Group {
    pub(super) records: Vec<usize>,
    pub(super) steps: Vec<CredentialStep>,
}

impl Group {
    /// Whether it frees as much as it takes, so that it is carried out before what only takes.
    pub(super) fn replaces(&self) -> bool {
        self.steps.iter().any(|step| step.action == Action::Delete)
    }

    /// Deletes before it creates: there is no room to do it the other way round.
    pub(super) fn free_first(&mut self) {
        if !self.steps.iter().any(|step| step.action == Action::Create) {
            return;
        }
        self.steps.sort_by_key(|step| step.action != Action::Delete);
        for (index, step) in self.steps.iter_mut().enumerate() {
            step.after = index.checked_sub(1);
        }
    }
}

/// What is known while the trusts of one identity are gone through.
pub(super) struct Matcher<'a> {
    pub(super) found: &'a Found,
    pub(super) rules: &'a Rules,
    /// Names that are held or given, in lower case.
    taken: HashSet<String>,
}

impl<'a> Matcher<'a> {
    pub(super) fn new(found: &'a Found, rules: &'a Rules) -> Self {
        let held = found.credentials.iter();
        Self {
            found,
            rules,
            taken: held.map(|held| held.name.to_lowercase()).collect(),
        }
    }

    /// Plans one trust.
    ///
    /// # Errors
    ///
    /// [`Refusal`] if what is there stands against it.
    pub(super) fn group(
        &mut self,
        wanted: &WantedCredential,
        records: Vec<usize>,
    ) -> Result<Group, Refusal> {
        let mut steps = self.wanted(wanted, &records)?;
        if let Some(old) = self.of_old_issuer(&wanted.trust) {
            steps.push(CredentialStep {
                after: steps.len().checked_sub(1),
                ..deletion(old, Because::OldIssuer, records.clone())
            });
        }
        for step in &steps {
            self.taken.insert(step.name.to_lowercase());
        }
        Ok(Group { records, steps })
    }

    fn owner(&self) -> Option<&'a Owner> {
        self.rules.owner.as_ref()
    }

    fn wanted(
        &self,
        wanted: &WantedCredential,
        records: &[usize],
    ) -> Result<Vec<CredentialStep>, Refusal> {
        let trust = &wanted.trust;
        let step = |action, because, name: &str, notes| CredentialStep {
            action,
            because,
            after: None,
            name: name.to_owned(),
            trust: trust.clone(),
            confirmed: wanted.confirmed,
            notes,
            records: records.to_vec(),
        };
        let held = self.found.credentials.iter().find(|credential| {
            !credential.is_identity_binding() && credential.trusts_subject(trust)
        });
        let Some(held) = held else {
            let (name, notes) = self.free_name(trust)?;
            return Ok(vec![step(Action::Create, Because::NotThere, &name, notes)]);
        };
        let is_ours = is_ours(&held.name, &trust.issuer, &trust.subject, self.owner());
        match (held.trusts(trust), is_ours) {
            (true, true) => Ok(vec![step(
                Action::Unchanged,
                Because::AsWanted,
                &held.name,
                Vec::new(),
            )]),
            (true, false) if self.may_rename(held) => {
                let (name, notes) = self.free_name(trust)?;
                Ok(vec![
                    deletion(held, Because::Renamed, records.to_vec()),
                    CredentialStep {
                        after: Some(0),
                        ..step(Action::Create, Because::Renamed, &name, notes)
                    },
                ])
            }
            (true, false) => Ok(vec![step(
                Action::Adopt,
                Because::OtherName,
                &held.name,
                self.note_of_owner(held),
            )]),
            (false, true) => {
                let was = held.audiences.join(", ");
                let because = Because::OtherAudience { was };
                Ok(vec![step(Action::Update, because, &held.name, Vec::new())])
            }
            (false, false) => Err(refusals::audience_of_others(held, trust)),
        }
    }

    /// Another owner's credential keeps its name, whatever is asked for.
    fn may_rename(&self, held: &Credential) -> bool {
        self.rules.adoption == Adoption::Rename && self.other_owner(held).is_none()
    }

    fn other_owner<'b>(&self, held: &'b Credential) -> Option<&'b str> {
        let ours = self.owner().map(Owner::as_str);
        owner_of(&held.name).filter(|owner| !owner.is_empty() && Some(*owner) != ours)
    }

    fn note_of_owner(&self, held: &Credential) -> Vec<String> {
        let owner = self
            .other_owner(held)
            .filter(|_| self.rules.adoption == Adoption::Rename);
        owner
            .map(|owner| format!("keeps its name: it is owner `{}`'s", escape(owner)))
            .into_iter()
            .collect()
    }

    /// Returns the first of our names that nobody holds, and what should be known about it.
    fn free_name(&self, trust: &Trust) -> Result<(String, Vec<String>), Refusal> {
        let mut notes: Vec<String> = near_misses(&self.found.credentials, trust)
            .iter()
            .map(ToString::to_string)
            .collect();
        let mut names = candidates(&trust.issuer, &trust.subject, self.owner());
        let first = names.next().unwrap_or_default();
        // Candidates are in lower case, as the set is.
        if !self.taken.contains(&first) {
            return Ok((first, notes));
        }
        notes.push(format!(
            "name `{first}` is held by a credential that trusts something else, which stays"
        ));
        names
            .find(|name| !self.taken.contains(name))
            .map(|name| (name, notes))
            .ok_or_else(refusals::no_name)
    }

    fn of_old_issuer(&self, trust: &Trust) -> Option<&'a Credential> {
        let old = self.rules.replace_issuer.as_deref()?;
        if old == trust.issuer {
            return None;
        }
        self.found.credentials.iter().find(|held| {
            held.issuer == old
                && held.subject.as_deref() == Some(trust.subject.as_str())
                && is_ours(&held.name, old, &trust.subject, self.owner())
        })
    }
}

/// Returns the step that deletes a credential as it was found.
pub(super) fn deletion(held: &Credential, because: Because, records: Vec<usize>) -> CredentialStep {
    CredentialStep {
        action: Action::Delete,
        because,
        after: None,
        name: held.name.clone(),
        trust: held.trust(),
        // It is Azure's own word, and nothing is made of it.
        confirmed: true,
        notes: Vec::new(),
        records,
    }
}
