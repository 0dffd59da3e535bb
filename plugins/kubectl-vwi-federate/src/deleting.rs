//! `--delete`: whose trust each record names, beside what is there.

use std::collections::BTreeMap;

use vwi_cli::Failure;
use vwi_cli::input::Collected;
use vwi_core::federation::{Deletion, Plan, Reach, Target, Trust, plan_deletions};

use crate::asked::Asked;
use crate::defaults::defaults;
use crate::gather::{Gathered, gather};
use crate::issuers::issuer;
use crate::planning::{Planned, Planning};
use crate::work::Work;

impl Planning<'_> {
    /// Plans the deletions that the records ask for; no host and no tenant has to prove anything.
    ///
    /// # Errors
    ///
    /// What keeps everything from being planned.
    pub(crate) async fn deletions(&self, collected: &Collected) -> Result<Planned, Failure> {
        let defaults = defaults(self.arguments, self.azure, collected).await?;
        let mut works = Vec::new();
        for record in collected.records.records()? {
            works.push(Work::of(&record?, self.arguments, &defaults));
        }
        let mut asked = Asked::new(&mut works, self.arguments, self.azure);
        if self.arguments.taking.delete_roles {
            asked.look_everywhere();
        }
        let gathered = gather(self.azure, &asked.identities, &asked.clusters, &[]).await?;
        let taking = &self.arguments.taking;
        let reach = Reach {
            owner: self.arguments.identity.owner.clone(),
            foreign: taking.include_foreign,
            roles: taking.delete_roles,
            identities: taking.delete_identity,
        };
        let mut plan_of = |is_planned: bool| -> Plan {
            let deletions = deletions(&mut works, &asked, &gathered, is_planned);
            plan_deletions(&deletions, &reach)
        };
        let (live, dry) = (plan_of(false), plan_of(true));
        Ok(Planned {
            works,
            live,
            dry,
            ..Planned::default()
        })
    }
}

fn deletions(
    works: &mut [Work],
    asked: &Asked,
    gathered: &Gathered,
    is_planned: bool,
) -> Vec<Deletion> {
    let mut all: BTreeMap<usize, Deletion> = BTreeMap::new();
    for (work, of) in asked.answered(works, gathered, is_planned) {
        let issuer = match issuer(work, asked, gathered, None) {
            Ok(issuer) => issuer.url,
            // A credential that is known by its id needs no issuer to be found.
            Err(_) if work.credential.is_some() => String::new(),
            Err(refusal) => {
                work.refuse(refusal);
                continue;
            }
        };
        let subject = work.subject();
        let target = Target {
            record: of.record,
            name: work.credential.clone(),
            trust: Trust {
                issuer,
                subject: subject.map_or_else(String::new, |subject| subject.to_string()),
                audience: String::new(),
            },
        };
        let deletion = all.entry(of.position).or_insert_with(|| Deletion {
            identity: of.question.id.clone(),
            found: of.answer.found.clone(),
            targets: Vec::new(),
        });
        deletion.targets.push(target);
    }
    all.into_values().collect()
}
