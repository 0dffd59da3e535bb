//! `--adopt=rename`, `--replace-issuer` and `--prune=removed`: deletions beside what is wanted.

use std::collections::HashSet;

use super::*;
use crate::federation::{Because, Input, Owner, Removed, Withheld};
use crate::stream::Selection;

const OLD: &str = "https://westeurope.oic.prod-aks.azure.com/t/old/";

fn old(name: &str) -> Trust {
    Trust {
        issuer: OLD.to_owned(),
        ..trust(name)
    }
}

fn owner() -> Owner {
    "shop".parse().unwrap()
}

fn owned(trust: &Trust) -> String {
    candidates(&trust.issuer, &trust.subject, Some(&owner()))
        .next()
        .unwrap()
}

fn filled(mut credentials: Vec<Credential>, count: usize) -> Vec<Credential> {
    for index in credentials.len()..count {
        let trust = trust(&format!("filler-{index}"));
        credentials.push(credential(&format!("filler-{index}"), &trust));
    }
    credentials
}

/// Carries steps out as Azure would, and fails where Azure or the order would.
fn carry_out(mut there: Vec<Credential>, plan: &Plan) -> Vec<Credential> {
    let steps = &plan.identities[0].credentials;
    for (index, step) in steps.iter().enumerate() {
        assert!(step.after.is_none_or(|after| after < index), "{steps:#?}");
        match step.action {
            Action::Create => {
                let pair = |held: &Credential| held.trusts_subject(&step.trust);
                assert!(!there.iter().any(pair), "one of a pair: {steps:#?}");
                there.push(credential(&step.name, &step.trust));
                assert!(there.len() <= 20, "{steps:#?}");
            }
            Action::Delete => {
                let place = there.iter().position(|held| held.name == step.name);
                assert_eq!(there.remove(place.unwrap()).trust(), step.trust);
            }
            Action::Update | Action::Unchanged | Action::Adopt | Action::Keep => {}
        }
    }
    there
}

#[test]
fn an_adopted_one_gets_a_name_of_ours_when_asked() {
    let app = trust("app");
    let rename = Rules {
        adoption: Adoption::Rename,
        ..Rules::default()
    };
    let there = vec![credential("by-hand", &app)];
    let found = found(there.clone());
    let plan = plan(&[(wanted(std::slice::from_ref(&app)), found)], &rename);
    assert_eq!(
        actions(&plan),
        [
            (Action::Delete, "by-hand"),
            (Action::Create, ours(&app).as_str())
        ],
        "Azure allows one credential for a subject, so the old one goes first"
    );
    assert_eq!(plan.identities[0].credentials[1].after, Some(0));
    let after = carry_out(there, &plan);
    assert_eq!(after, [credential(&ours(&app), &app)]);
    // Another owner's keeps its name.
    let there = vec![credential(&owned(&app), &app)];
    let plan = super::plan(&[(wanted(&[app]), super::found(there))], &rename);
    assert_eq!(plan.identities[0].credentials[0].action, Action::Adopt);
    assert!(plan.identities[0].credentials[0].notes[0].contains("owner `shop`"));
}

#[test]
fn an_old_issuer_is_replaced_new_first_while_there_is_room() {
    let rules = Rules {
        replace_issuer: Some(OLD.to_owned()),
        ..Rules::default()
    };
    let replaced = |count: usize, extra: Option<Trust>| {
        let there = filled(
            vec![
                credential(&ours(&old("a")), &old("a")),
                credential("by-hand", &old("b")),
            ],
            count,
        );
        let trusts: Vec<Trust> = [trust("a"), trust("b")].into_iter().chain(extra).collect();
        let plan = plan(&[(wanted(&trusts), found(there.clone()))], &rules);
        (there, plan)
    };
    let (there, plan) = replaced(2, None);
    assert_eq!(
        actions(&plan),
        [
            (Action::Create, ours(&trust("a")).as_str()),
            (Action::Delete, ours(&old("a")).as_str()),
            (Action::Create, ours(&trust("b")).as_str()),
        ],
        "the one that is not ours stays"
    );
    assert_eq!(plan.identities[0].credentials[1].after, Some(0));
    assert!(carry_out(there, &plan).contains(&credential("by-hand", &old("b"))));
    for (count, fits) in [(18, true), (19, true), (20, false)] {
        let (there, plan) = replaced(count, None);
        assert_eq!(plan.refused.is_empty(), fits, "{count}");
        carry_out(there, &plan);
    }
    // Without a free place, the old one goes first.
    let there = filled(vec![credential(&ours(&old("a")), &old("a"))], 20);
    let plan = super::plan(&[(wanted(&[trust("a")]), found(there.clone()))], &rules);
    assert_eq!(actions(&plan)[0].0, Action::Delete);
    assert_eq!(carry_out(there, &plan).len(), 20);
    // What was replaced before needs no new one.
    let there = vec![
        credential(&ours(&old("a")), &old("a")),
        credential(&ours(&trust("a")), &trust("a")),
    ];
    let plan = super::plan(&[(wanted(&[trust("a")]), found(there))], &rules);
    assert_eq!(
        actions(&plan)
            .iter()
            .map(|(action, _)| *action)
            .collect::<Vec<_>>(),
        [Action::Unchanged, Action::Delete]
    );
}

fn pruning(selection: Option<Selection>, failed: usize, subjects: &[Trust]) -> Rules {
    Rules {
        owner: Some(owner()),
        removed: Some(Removed {
            owner: owner(),
            input: Input {
                selection,
                failed,
                subjects: subjects.iter().map(|trust| trust.subject.clone()).collect(),
                ..Input::default()
            },
            max_delete: 2,
        }),
        ..Rules::default()
    }
}

fn all() -> Selection {
    Selection::all("vCluster team-x/vc")
}

#[test]
fn what_the_whole_input_lacks_goes_and_frees_its_place_first() {
    let app = trust("app");
    let gone = trust("gone");
    let there = filled(
        vec![
            credential(&owned(&gone), &gone),
            credential(&ours(&trust("unowned")), &trust("unowned")),
            // A foreign one under a name of ours, and one that was changed by hand.
            credential(&owned(&trust("b")), &trust("stranger")),
        ],
        20,
    );
    let input = (wanted(std::slice::from_ref(&app)), found(there.clone()));
    let rules = pruning(Some(all()), 0, std::slice::from_ref(&app));
    let plan = plan(std::slice::from_ref(&input), &rules);
    assert_eq!(
        actions(&plan),
        [
            (Action::Delete, owned(&gone).as_str()),
            (Action::Create, owned(&app).as_str())
        ]
    );
    assert_eq!(plan.identities[0].credentials[0].because, Because::Removed);
    assert_eq!(carry_out(there, &plan).len(), 20);
    assert_eq!(plan.withheld, None);
}

#[test]
fn a_part_of_the_input_prunes_nothing_and_says_so() {
    let gone = [trust("g1"), trust("g2"), trust("g3")];
    let narrowed = |by: &str| {
        Some(Selection::Narrowed {
            by: vec![by.to_owned()],
        })
    };
    let cases = [
        ("everything", Some(all()), 0, 2, None),
        (
            "too many",
            Some(all()),
            0,
            3,
            Some("more than `--max-delete 2`"),
        ),
        ("names", narrowed("names"), 0, 1, Some("narrowed by names")),
        (
            "selector",
            narrowed("selector"),
            0,
            1,
            Some("narrowed by selector"),
        ),
        ("shard", narrowed("shard"), 0, 1, Some("narrowed by shard")),
        (
            "partial",
            narrowed("partial"),
            0,
            1,
            Some("narrowed by partial"),
        ),
        ("no end", None, 0, 1, Some("no step says")),
        (
            "a failed record",
            Some(all()),
            1,
            1,
            Some("1 record of the input failed"),
        ),
    ];
    for (case, selection, failed, count, expected) in cases {
        let there: Vec<Credential> = gone
            .iter()
            .take(count)
            .map(|gone| credential(&owned(gone), gone))
            .collect();
        let input = (wanted(&[trust("app")]), found(there));
        let plan = plan(&[input], &pruning(selection, failed, &[trust("app")]));
        let deleted = plan.counts().delete;
        assert_eq!(
            deleted,
            if expected.is_none() { count } else { 0 },
            "{case}"
        );
        assert_eq!(
            plan.counts().create,
            1,
            "{case}: what is wanted is made anyway"
        );
        let said = plan.withheld.as_ref().map(ToString::to_string);
        match expected {
            None => assert_eq!(said, None, "{case}"),
            Some(expected) => assert!(
                said.as_ref().is_some_and(|said| said.contains(expected)),
                "{case}: {said:?}"
            ),
        }
    }
}

#[test]
fn what_the_whole_input_leaves_out_stays() {
    let subject = |name: &str| Trust {
        subject: format!("system:serviceaccount:team-x:{name}"),
        ..trust("any")
    };
    let all = [
        "gone-x-shop-x-vc",
        "default-x-shop-x-vc",
        "coredns-x-kube-system-x-vc",
        "seen-as-system",
        "a-x-kube-x-shop-x-vc",
    ];
    let known = [("seen-as-system", true), ("a-x-kube-x-shop-x-vc", false)];
    let known = known.map(|(name, is_system)| (subject(name).subject, is_system));
    let removed = |selection: Selection| Removed {
        owner: owner(),
        input: Input {
            selection: Some(selection),
            known: known.clone().into(),
            ..Input::default()
        },
        max_delete: 10,
    };
    let taken = |removed: &Removed| -> Vec<&str> {
        let taken = all.into_iter().filter(|name| {
            let trust = subject(name);
            removed.takes(&credential(&owned(&trust), &trust))
        });
        taken.collect()
    };
    assert_eq!(taken(&removed(self::all())), all);
    assert_eq!(
        taken(&removed(self::all().without_system())),
        ["gone-x-shop-x-vc", "a-x-kube-x-shop-x-vc"]
    );
}

#[test]
fn a_record_that_the_plan_refuses_stops_the_prune() {
    let there = filled(vec![credential(&owned(&trust("gone")), &trust("gone"))], 20);
    let input = (wanted(&[trust("a"), trust("b")]), found(there));
    let plan = plan(
        &[input],
        &pruning(Some(all()), 0, &[trust("a"), trust("b")]),
    );
    assert_eq!(plan.counts().delete, 0);
    assert_eq!(plan.withheld, Some(Withheld::Failed(2)));
    assert_eq!(plan.refused[0].refusal.reason, "NoRoom");
}

#[test]
fn dangling_ones_are_told_where_there_is_no_room() {
    let there = filled(Vec::new(), 20);
    let mut found = found(there);
    found
        .dangling
        .insert("filler-3".to_owned(), crate::federation::Gone::Namespace);
    let plan = planned(wanted(&[trust("a")]), found);
    let refusal = &plan.refused[0].refusal;
    assert!(
        refusal
            .message
            .contains("`filler-3` (dangling: the host lacks its namespace)"),
        "{refusal:?}"
    );
    let hint = refusal.hint.as_deref().unwrap();
    for way in [
        "--prune=dangling",
        "az identity create",
        "az aks identity-binding create",
    ] {
        assert!(hint.contains(way), "{hint}");
    }
    let names: HashSet<&str> = refusal.message.split('`').collect();
    assert!(names.contains("filler-19"));
}
