use super::*;
use crate::annotation::{CLIENT_ID, TENANT_ID, TOKEN_EXPIRATION};

const ONE: &str = "11111111-1111-1111-1111-111111111111";
const TWO: &str = "22222222-2222-2222-2222-222222222222";
const OURS: &str = "kubectl-vwi";

fn policy() -> Policy {
    Policy {
        field_manager: OURS.to_owned(),
        force_conflicts: false,
        refuse_git: false,
    }
}

fn observed(annotations: &[(&str, &str)], owners: &[(&str, &[&str])]) -> Observed {
    Observed {
        labels: BTreeMap::new(),
        annotations: annotations
            .iter()
            .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
            .collect(),
        owners: owners
            .iter()
            .map(|(manager, keys)| FieldOwner {
                manager: (*manager).to_owned(),
                applied: true,
                keys: keys.iter().map(|key| (*key).to_owned()).collect(),
            })
            .collect(),
    }
}

fn wanted() -> Wanted {
    Wanted::new(Some(ONE), Some(TWO), None).unwrap()
}

/// One line for a plan: what is sent, and what is said.
fn shown(plan: &Plan) -> String {
    let list = |keys: &[KeyChange]| {
        let keys: Vec<_> = keys.iter().map(ToString::to_string).collect();
        keys.join(", ")
    };
    match plan {
        Plan::Unchanged { .. } => "unchanged".to_owned(),
        Plan::Apply {
            annotations,
            keys,
            git,
            force: _,
        } => format!(
            "apply {:?} git {git:?}: {}",
            annotations.keys().collect::<Vec<_>>(),
            list(keys)
        ),
        Plan::Strip { keys } => format!("strip {}", list(keys)),
        Plan::Refused(conflicts) => {
            let conflicts: Vec<_> = conflicts
                .iter()
                .map(|conflict| format!("{} {conflict}", conflict.reason()))
                .collect();
            conflicts.join("; ")
        }
    }
}

#[test]
fn only_a_difference_is_written() {
    let both = [(CLIENT_ID, ONE), (TENANT_ID, TWO)];
    let theirs: &[(&str, &[&str])] = &[("helm", &[CLIENT_ID, TENANT_ID])];
    assert_eq!(
        shown(&plan(&observed(&both, &[]), &wanted(), &policy())),
        "unchanged"
    );
    assert_eq!(
        shown(&plan(&observed(&both, theirs), &wanted(), &policy())),
        "unchanged"
    );
    assert_eq!(
        shown(&plan(
            &observed(&[], &[("kubectl-create", &[])]),
            &wanted(),
            &policy()
        )),
        format!(
            "apply [{CLIENT_ID:?}, {TENANT_ID:?}] git None: client-id `{ONE}`, tenant-id `{TWO}`"
        )
    );
}

#[test]
fn an_apply_names_all_that_its_manager_owns() {
    let found = observed(
        &[
            (CLIENT_ID, TWO),
            (TOKEN_EXPIRATION, "7200"),
            ("note", "mine"),
            ("other", "theirs"),
        ],
        &[
            (OURS, &[CLIENT_ID, TOKEN_EXPIRATION, "note"]),
            ("kubectl-annotate", &["other"]),
        ],
    );
    let Plan::Apply { annotations, .. } = plan(&found, &wanted(), &policy()) else {
        panic!("not an apply");
    };
    let keys: Vec<_> = annotations.keys().map(String::as_str).collect();
    assert_eq!(keys, [CLIENT_ID, TOKEN_EXPIRATION, TENANT_ID, "note"]);
    assert_eq!(annotations[CLIENT_ID], ONE);
    let Plan::Apply { annotations, .. } = plan_removal(&found, &policy()) else {
        panic!("not an apply");
    };
    assert_eq!(annotations.keys().collect::<Vec<_>>(), ["note"]);
}

#[test]
fn keys_of_others_stand_against_it() {
    type Row<'a> = (&'a str, Observed, &'a str);
    let differs = [(CLIENT_ID, TWO)];
    let rows: [Row<'_>; 5] = [
        (
            "another manager",
            observed(&differs, &[("kubectl-annotate", &[CLIENT_ID])]),
            "Conflict `azure.workload.identity/client-id` is `22222222-2222-2222-2222-222222222222` \
             and not `11111111-1111-1111-1111-111111111111`, written by `kubectl-annotate`",
        ),
        (
            "never applied",
            observed(&differs, &[]),
            "Conflict `azure.workload.identity/client-id` is `22222222-2222-2222-2222-222222222222` \
             and not `11111111-1111-1111-1111-111111111111`, written before any server-side apply",
        ),
        (
            "kept in Git",
            observed(&differs, &[("argocd-controller", &[CLIENT_ID])]),
            "ManagedInGit `azure.workload.identity/client-id` is \
             `22222222-2222-2222-2222-222222222222` and not `11111111-1111-1111-1111-111111111111`, \
             and Argo CD keeps it in Git",
        ),
        (
            "in Git, but the key is somebody else's",
            observed(
                &differs,
                &[("helm", &["x"]), ("kubectl-annotate", &[CLIENT_ID])],
            ),
            "Conflict `azure.workload.identity/client-id` is `22222222-2222-2222-2222-222222222222` \
             and not `11111111-1111-1111-1111-111111111111`, written by `kubectl-annotate`",
        ),
        (
            "nobody's key",
            observed(&differs, &[("kubectl-create", &[])]),
            "apply [\"azure.workload.identity/client-id\", \"azure.workload.identity/tenant-id\"] git \
             None: client-id `11111111-1111-1111-1111-111111111111` was \
             `22222222-2222-2222-2222-222222222222`, tenant-id `22222222-2222-2222-2222-222222222222`",
        ),
    ];
    for (case, found, expected) in rows {
        assert_eq!(
            shown(&plan(&found, &wanted(), &policy())),
            expected,
            "{case}"
        );
        let forced = Policy {
            force_conflicts: true,
            ..policy()
        };
        let forced = shown(&plan(&found, &wanted(), &forced));
        assert!(forced.starts_with("apply"), "{case}: {forced}");
    }
}

#[test]
fn a_key_that_git_lacks_is_written_and_said_or_refused() {
    let found = observed(&[], &[("kustomize-controller", &[])]);
    let written = shown(&plan(&found, &wanted(), &policy()));
    assert!(written.contains("git Some(Flux)"), "{written}");
    let refusing = Policy {
        refuse_git: true,
        ..policy()
    };
    let refused = shown(&plan(&found, &wanted(), &refusing));
    let expected = format!("ManagedInGit `{CLIENT_ID}` is absent and not `{ONE}`");
    assert!(refused.starts_with(&expected), "{refused}");
}

#[test]
fn removal_takes_only_what_it_may() {
    let ours: &[(&str, &[&str])] = &[(OURS, &[CLIENT_ID])];
    let both: &[(&str, &[&str])] = &[(OURS, &[CLIENT_ID]), ("helm", &[CLIENT_ID])];
    let found = [(CLIENT_ID, ONE)];
    let remove = |found: &Observed, force_conflicts| {
        let policy = Policy {
            force_conflicts,
            ..policy()
        };
        shown(&plan_removal(found, &policy))
    };
    assert_eq!(remove(&observed(&[("a", "b")], &[]), false), "unchanged");
    assert_eq!(
        remove(&observed(&found, ours), false),
        format!("apply [] git None: client-id `{ONE}` removed")
    );
    assert_eq!(
        remove(&observed(&found, both), false),
        format!(
            "ManagedInGit `{CLIENT_ID}` is `{ONE}` and can't be removed, and Helm keeps it in Git"
        )
    );
    assert_eq!(
        remove(&observed(&found, both), true),
        format!("strip client-id `{ONE}` removed")
    );
    assert_eq!(
        remove(&observed(&found, &[("x", &[])]), false),
        format!("strip client-id `{ONE}` removed")
    );
}

#[test]
fn what_it_created_itself_is_its_own_and_needs_more_than_an_apply() {
    let mut found = observed(
        &[(CLIENT_ID, TWO), (TENANT_ID, TWO)],
        &[(OURS, &[CLIENT_ID, TENANT_ID])],
    );
    let force = |plan: &Plan| match plan {
        Plan::Apply { force, .. } => *force,
        Plan::Unchanged { .. } | Plan::Strip { .. } | Plan::Refused(_) => panic!("{plan:?}"),
    };
    assert!(!force(&plan(&found, &wanted(), &policy())));
    let removed = shown(&plan_removal(&found, &policy()));
    assert!(removed.starts_with("apply"), "{removed}");
    for owner in &mut found.owners {
        owner.applied = false;
    }
    assert!(force(&plan(&found, &wanted(), &policy())));
    let removed = shown(&plan_removal(&found, &policy()));
    assert!(removed.starts_with("strip"), "{removed}");
    // Only what changes has to be taken over.
    let only_tenant = Wanted::new(Some(TWO), Some(ONE), None).unwrap();
    found.owners = vec![FieldOwner {
        manager: OURS.to_owned(),
        applied: false,
        keys: [CLIENT_ID.to_owned()].into(),
    }];
    assert!(!force(&plan(&found, &only_tenant, &policy())));
}
