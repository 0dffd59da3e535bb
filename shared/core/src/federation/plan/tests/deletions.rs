//! `--delete`: what goes, what is kept, what is refused.

use super::*;
use crate::federation::{Because, Deletion, IDENTITY_TAG, Reach, Target, plan_deletions};
use crate::roles::{Assignment, assignment_name};

fn target(record: usize, name: Option<&str>, trust: &Trust) -> Target {
    Target {
        record,
        name: name.map(str::to_owned),
        trust: trust.clone(),
    }
}

fn deleted(targets: Vec<Target>, found: Found, reach: &Reach) -> Plan {
    let deletion = Deletion {
        identity: id(),
        found,
        targets,
    };
    plan_deletions(&[deletion], reach)
}

fn tagged(mut found: Found) -> Found {
    let (key, value) = IDENTITY_TAG;
    let identity = found.identity.as_mut().unwrap();
    identity.tags.insert(key.to_owned(), value.to_owned());
    found
}

#[test]
fn a_credential_is_found_by_its_id_or_by_what_it_trusts() {
    let app = trust("app");
    let name = ours(&app);
    let other = Trust {
        issuer: "https://other/".to_owned(),
        ..app.clone()
    };
    let flexible = Credential {
        subject: None,
        ..credential("by-id", &app)
    };
    let foreign = Reach {
        foreign: true,
        ..Reach::default()
    };
    let narrow = Reach::default();
    let cases = [
        ("absent", None, vec![], &narrow, Action::Unchanged),
        (
            "ours",
            None,
            vec![credential(&name, &app)],
            &narrow,
            Action::Delete,
        ),
        (
            "ours by id, of another issuer",
            Some(ours(&other)),
            vec![credential(&ours(&other), &other)],
            &narrow,
            Action::Delete,
        ),
        (
            "another issuer's",
            None,
            vec![credential(&name, &other)],
            &narrow,
            Action::Unchanged,
        ),
        (
            "adopted",
            None,
            vec![credential("by-hand", &app)],
            &narrow,
            Action::Keep,
        ),
        (
            "adopted by id",
            Some("by-hand".to_owned()),
            vec![credential("by-hand", &app)],
            &narrow,
            Action::Keep,
        ),
        (
            "adopted and meant",
            None,
            vec![credential("by-hand", &app)],
            &foreign,
            Action::Delete,
        ),
        (
            "id taken by another subject",
            Some("by-hand".to_owned()),
            vec![credential("by-hand", &trust("b"))],
            &foreign,
            Action::Unchanged,
        ),
        (
            "of AKS",
            None,
            vec![credential(IDENTITY_BINDING, &app)],
            &foreign,
            Action::Unchanged,
        ),
        (
            "flexible",
            Some("by-id".to_owned()),
            vec![flexible],
            &foreign,
            Action::Unchanged,
        ),
        (
            "somebody's",
            None,
            vec![credential("x", &trust("b"))],
            &foreign,
            Action::Unchanged,
        ),
    ];
    for (case, named, credentials, reach, expected) in cases {
        let targets = vec![target(0, named.as_deref(), &app)];
        let plan = deleted(targets, found(credentials), reach);
        assert_eq!(plan.identities[0].credentials[0].action, expected, "{case}");
        assert_eq!(plan.refused, [], "{case}");
    }
    let gone = deleted(vec![target(0, None, &app)], Found::default(), &narrow);
    assert_eq!(gone.identities[0].credentials[0].because, Because::NotThere);
    assert!(!gone.changes());
}

#[test]
fn another_owners_is_kept_until_its_owner_is_typed() {
    let app = trust("app");
    let owner: Owner = "shop".parse().unwrap();
    let name = candidates(&app.issuer, &app.subject, Some(&owner))
        .next()
        .unwrap();
    let there = found(vec![credential(&name, &app)]);
    let plan = deleted(
        vec![target(0, Some(&name), &app)],
        there.clone(),
        &Reach::default(),
    );
    let step = &plan.identities[0].credentials[0];
    assert_eq!(
        (step.action, &step.because),
        (Action::Keep, &Because::NotOurs)
    );
    assert!(step.notes[0].contains("--owner shop"), "{:?}", step.notes);
    let reach = Reach {
        owner: Some(owner),
        ..Reach::default()
    };
    let plan = deleted(vec![target(0, Some(&name), &app)], there, &reach);
    assert_eq!(plan.identities[0].credentials[0].action, Action::Delete);
}

#[test]
fn roles_and_identity_go_with_the_last_credential_if_they_are_ours() {
    let app = trust("app");
    let assignment = |name: &str| Assignment {
        id: format!("/{name}"),
        name: name.to_owned(),
        scope: scope().to_string(),
        role_definition_id: format!("/x/{READER}"),
        principal_id: "principal".to_owned(),
        created_on: None,
    };
    let named = assignment_name(&scope(), "principal", READER);
    let mut there = found(vec![credential(&ours(&app), &app)]);
    there.assignments = vec![assignment(&named), assignment("random")];
    let reach = Reach {
        roles: true,
        identities: true,
        ..Reach::default()
    };
    let targets = || vec![target(0, None, &app), target(1, None, &app)];
    let plan = deleted(targets(), tagged(there.clone()), &reach);
    let identity = &plan.identities[0];
    assert!(matches!(identity.identity, IdentityStep::Delete(_)));
    assert_eq!(identity.credentials[0].records, [0, 1]);
    let roles: Vec<_> = identity
        .roles
        .iter()
        .map(|step| (step.action, step.name.as_deref()))
        .collect();
    assert_eq!(roles, [(Action::Delete, Some(named.as_str()))]);
    assert_eq!(plan.counts().delete, 3);
    // Not made by the suite: it stays.
    let plan = deleted(targets(), there.clone(), &reach);
    assert!(matches!(plan.identities[0].identity, IdentityStep::Keep(_)));
    assert!(plan.identities[0].notes[0].contains("not ours"));
    // Trusted through another one: nothing is deleted at all.
    there.credentials.push(credential("by-hand", &trust("b")));
    for reach in [
        Reach {
            roles: true,
            ..Reach::default()
        },
        Reach {
            identities: true,
            ..Reach::default()
        },
    ] {
        let plan = deleted(targets(), tagged(there.clone()), &reach);
        assert!(!plan.changes());
        assert_eq!(plan.refused.len(), 2);
        assert_eq!(plan.refused[0].refusal.reason, "IdentityInUse");
        assert!(plan.refused[0].refusal.message.contains("`by-hand`"));
    }
}
