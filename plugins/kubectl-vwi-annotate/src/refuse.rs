//! Records that stand against each other: none of them is acted upon.

use std::collections::HashMap;

use vwi_core::stream::Collision;
use vwi_core::text::escape;

use crate::assign::Assigned;
use crate::work::{Verdict, Work};

/// Two ServiceAccounts with one host name: neither is touched, for the newcomer takes the identity.
/// The end knows the host name, and not who left first.
pub(crate) fn collisions(works: &mut [Work], collisions: &[Collision]) {
    for collision in collisions {
        for work in works.iter_mut().filter(|work| work.is_open()) {
            let is_its_host = work.host.as_ref().is_some_and(|host| {
                host.namespace == collision.host_namespace && host.name == collision.host_name
            });
            if is_its_host || collision.records.contains(&work.key()) {
                work.verdict = Some(Verdict::failed(
                    "Collision",
                    format!(
                        "several ServiceAccounts share the host's `{}/{}`, hence one Azure identity",
                        escape(&collision.host_namespace),
                        escape(&collision.host_name)
                    ),
                ));
            }
        }
    }
}

/// Two records of one ServiceAccount that want different things of it: which of them came last
/// must not decide which identity it has.
pub(crate) fn contradictions(works: &mut [Work], assigned: &Assigned) {
    let places: Vec<(usize, String)> = assigned
        .iter()
        .map(|(index, target)| (index, target.tenant.cluster().server().to_owned()))
        .collect();
    refuse_contradictions(works, &places);
}

fn refuse_contradictions(works: &mut [Work], places: &[(usize, String)]) {
    let mut first: HashMap<(&str, String), usize> = HashMap::new();
    let mut refused: Vec<(usize, usize)> = Vec::new();
    for (index, server) in places {
        let Some(work) = works.get(*index) else {
            continue;
        };
        let earlier = *first.entry((server, work.key())).or_insert(*index);
        let differs = works
            .get(earlier)
            .is_some_and(|earlier| earlier.wanted != work.wanted);
        if differs {
            refused.push((earlier, *index));
        }
    }
    for (earlier, later) in refused {
        for index in [earlier, later] {
            if let Some(work) = works.get_mut(index) {
                let message = format!(
                    "several records are of ServiceAccount `{}`, and they want different annotations",
                    work.key()
                );
                work.verdict = Some(Verdict::failed("Contradiction", message));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use vwi_cli::flags::DryRun;
    use vwi_core::annotation::Wanted;
    use vwi_core::record::TenantStatus;

    use super::*;

    fn work(name: &str, client_id: &str) -> Work {
        Work {
            namespace: "default".to_owned(),
            name: name.to_owned(),
            vcluster: None,
            tenant: TenantStatus::default(),
            host: None,
            wanted: Wanted::new(Some(client_id), None, None).unwrap(),
            dry_run: DryRun::None,
            typed: false,
            verdict: None,
        }
    }

    #[test]
    fn of_records_that_want_different_things_of_one_object_none_is_acted_upon() {
        let one = "11111111-2222-3333-4444-555555555555";
        let two = "22222222-2222-3333-4444-555555555555";
        let mut works = [
            work("a", one),
            work("b", one),
            work("a", two),
            work("b", one),
            work("a", two),
        ];
        let at = |index: usize, server: &str| (index, server.to_owned());
        refuse_contradictions(
            &mut works,
            &[
                at(0, "x"),
                at(1, "x"),
                at(2, "x"),
                at(3, "x"),
                // The same name in another cluster.
                at(4, "y"),
            ],
        );
        let open: Vec<bool> = works.iter().map(Work::is_open).collect();
        assert_eq!(open, [false, true, false, true, true]);
    }
}
