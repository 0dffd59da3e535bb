//! `--prune=dangling`: proofs, table by table.

use super::*;
use crate::federation::{Because, Census, DanglingRules, Gone, Owner, plan_dangling};

fn census() -> Census {
    Census {
        issuer: ISSUER.to_owned(),
        namespaces: Some(["team-x", "kube-system"].map(str::to_owned).into()),
        accounts: [("team-x", "app")]
            .map(|(namespace, name)| (namespace.to_owned(), name.to_owned()))
            .into(),
    }
}

fn subject(subject: &str) -> Trust {
    Trust {
        subject: subject.to_owned(),
        ..trust("")
    }
}

#[test]
fn only_what_a_complete_list_lacks_is_dangling() {
    let gone = "system:serviceaccount:gone:app";
    let other_issuer = Trust {
        issuer: ISSUER.trim_end_matches('/').to_owned(),
        ..subject(gone)
    };
    let flexible = Credential {
        subject: None,
        ..credential("x", &subject(gone))
    };
    let cases = [
        ("there", credential("x", &trust("app")), None),
        (
            "account gone",
            credential("x", &trust("b")),
            Some(Gone::ServiceAccount),
        ),
        (
            "namespace gone",
            credential("x", &subject(gone)),
            Some(Gone::Namespace),
        ),
        ("another issuer", credential("x", &other_issuer), None),
        ("of AKS", credential(IDENTITY_BINDING, &subject(gone)), None),
        (
            "of AKS in other letters",
            credential("AKS-Identity-Binding", &subject(gone)),
            None,
        ),
        ("flexible", flexible, None),
        (
            "no ServiceAccount's",
            credential("x", &subject("repo:org/name:ref")),
            None,
        ),
        (
            "other case",
            credential("x", &subject("system:serviceaccount:Team-X:app")),
            None,
        ),
    ];
    for (case, credential, expected) in cases {
        assert_eq!(census().lacks(&credential), expected, "{case}");
    }
    let mut unlisted = census();
    unlisted.namespaces = None;
    assert_eq!(
        unlisted.lacks(&credential("x", &subject(gone))),
        Some(Gone::ServiceAccount)
    );
}

#[test]
fn ours_are_deleted_and_others_listed() {
    let owner: Owner = "shop".parse().unwrap();
    let of_owner = |trust: &Trust| {
        candidates(&trust.issuer, &trust.subject, Some(&owner))
            .next()
            .unwrap()
    };
    let rules = |max_delete| DanglingRules {
        max_delete,
        ..DanglingRules::default()
    };
    let there = vec![
        credential(&ours(&trust("b")), &trust("b")),
        credential(&of_owner(&trust("c")), &trust("c")),
        credential("by-hand", &trust("d")),
        // A foreign one under a name of ours.
        credential(&ours(&trust("e")), &trust("f")),
        credential(&ours(&trust("app")), &trust("app")),
    ];
    let input = [(id(), found(there))];
    let of = |rules: &DanglingRules| {
        let plan = plan_dangling(&input, &census(), rules);
        let steps: Vec<(Action, String)> = plan
            .identities
            .iter()
            .flat_map(|identity| &identity.credentials)
            .map(|step| (step.action, step.name.clone()))
            .collect();
        (steps, plan.withheld)
    };
    let keep = |name: &str| (Action::Keep, name.to_owned());
    let delete = |name: String| (Action::Delete, name);
    let foreign = [keep("by-hand"), keep(&ours(&trust("e")))];
    let (steps, withheld) = of(&rules(2));
    let expected = [
        &[delete(ours(&trust("b"))), delete(of_owner(&trust("c")))][..],
        &foreign,
    ]
    .concat();
    assert_eq!((steps, withheld), (expected, None));
    let (steps, withheld) = of(&rules(1));
    assert_eq!(steps, foreign, "too many: none at all");
    assert!(withheld.unwrap().is_failure());
    let (steps, _) = of(&DanglingRules {
        owner: Some(owner.clone()),
        ..rules(2)
    });
    assert_eq!(steps[1], delete(of_owner(&trust("c"))));
    assert_eq!(
        steps[0],
        keep(&ours(&trust("b"))),
        "no owner's is not this one's"
    );
    let (steps, _) = of(&DanglingRules {
        foreign: true,
        ..rules(5)
    });
    assert!(steps.iter().all(|(action, _)| *action == Action::Delete));
    assert_eq!(steps.len(), 4);
    let plan = plan_dangling(&input, &census(), &rules(5));
    assert_eq!(
        plan.identities[0].credentials[0].because,
        Because::Dangling(Gone::ServiceAccount)
    );
    let nothing = plan_dangling(&[(id(), found(vec![]))], &census(), &rules(5));
    assert_eq!(nothing.identities, []);
}
