mod dangling;
mod deletions;
mod replacing;
mod roles_and_whole_plans;

use super::*;
use crate::arm::Kind;
use crate::federation::{Credential, IDENTITY_BINDING, PUBLIC_AUDIENCE, candidates};

const SUBSCRIPTION: &str = "00000000-0000-4000-8000-000000000001";
const ISSUER: &str = "https://westeurope.oic.prod-aks.azure.com/t/g/";
const READER: &str = "acdd72a7-3385-48ef-bd42-f606fba81ae7";

fn id() -> ResourceId {
    ResourceId::new(Kind::Identity, SUBSCRIPTION, "rg", "app").unwrap()
}

fn identity() -> Identity {
    Identity {
        id: id(),
        location: "westeurope".to_owned(),
        client_id: "client".to_owned(),
        principal_id: "principal".to_owned(),
        tenant_id: "tenant".to_owned(),
        tags: std::collections::BTreeMap::new(),
    }
}

fn trust(name: &str) -> Trust {
    Trust {
        issuer: ISSUER.to_owned(),
        subject: format!("system:serviceaccount:team-x:{name}"),
        audience: PUBLIC_AUDIENCE.to_owned(),
    }
}

fn credential(name: &str, trust: &Trust) -> Credential {
    Credential {
        name: name.to_owned(),
        issuer: trust.issuer.clone(),
        subject: Some(trust.subject.clone()),
        audiences: vec![trust.audience.clone()],
    }
}

fn ours(trust: &Trust) -> String {
    candidates(&trust.issuer, &trust.subject, None)
        .next()
        .unwrap()
}

fn scope() -> Scope {
    format!("/subscriptions/{SUBSCRIPTION}/resourceGroups/rg")
        .parse()
        .unwrap()
}

fn wanted(trusts: &[Trust]) -> Wanted {
    let mut wanted = Wanted::new(id(), None);
    for (record, trust) in trusts.iter().enumerate() {
        wanted.add_credential(record, trust.clone(), true);
    }
    wanted
}

fn found(credentials: Vec<Credential>) -> Found {
    Found {
        identity: Some(identity()),
        credentials,
        ..Found::default()
    }
}

fn planned(wanted: Wanted, found: Found) -> Plan {
    plan(&[(wanted, found)], &Rules::default())
}

fn actions(plan: &Plan) -> Vec<(Action, &str)> {
    plan.identities[0]
        .credentials
        .iter()
        .map(|step| (step.action, step.name.as_str()))
        .collect()
}

#[test]
fn credentials_are_matched_by_what_they_trust() {
    let app = trust("app");
    let name = ours(&app);
    let other_audience = Trust {
        audience: "api://other".to_owned(),
        ..app.clone()
    };
    let upper = Trust {
        subject: app.subject.to_uppercase(),
        ..app.clone()
    };
    let cases = [
        (
            "nothing there",
            vec![],
            vec![(Action::Create, name.as_str())],
        ),
        (
            "ours",
            vec![credential(&name, &app)],
            vec![(Action::Unchanged, &name)],
        ),
        (
            "ours in other letters",
            vec![credential(&name.to_uppercase(), &app)],
            vec![(Action::Unchanged, name.to_uppercase().leak())],
        ),
        (
            "under another name",
            vec![credential("by-hand", &app)],
            vec![(Action::Adopt, "by-hand")],
        ),
        (
            "ours for another audience",
            vec![credential(&name, &other_audience)],
            vec![(Action::Update, &name)],
        ),
        (
            "other case",
            vec![credential("x", &upper)],
            vec![(Action::Create, &name)],
        ),
        (
            "somebody else",
            vec![credential("x", &trust("b"))],
            vec![(Action::Create, &name)],
        ),
    ];
    for (case, credentials, expected) in cases {
        let plan = planned(wanted(std::slice::from_ref(&app)), found(credentials));
        assert_eq!(actions(&plan), expected, "{case}");
        assert_eq!(plan.refused, [], "{case}");
    }
}

#[test]
fn a_name_that_somebody_holds_is_left_to_them() {
    let app = trust("app");
    let stranger = credential(&ours(&app), &trust("stranger"));
    let plan = planned(wanted(std::slice::from_ref(&app)), found(vec![stranger]));
    let step = &plan.identities[0].credentials[0];
    assert_eq!(step.action, Action::Create);
    assert_ne!(step.name, ours(&app));
    assert!(
        step.notes[0].contains("trusts something else"),
        "{:?}",
        step.notes
    );
    // The next run knows its own.
    let next = planned(
        wanted(std::slice::from_ref(&app)),
        found(vec![
            credential(&ours(&app), &trust("stranger")),
            credential(&step.name, &app),
        ]),
    );
    assert_eq!(actions(&next), [(Action::Unchanged, step.name.as_str())]);
}

#[test]
fn a_credential_of_others_is_never_changed() {
    let app = trust("app");
    let theirs = Trust {
        audience: "api://other".to_owned(),
        ..app.clone()
    };
    let plan = planned(wanted(&[app]), found(vec![credential("by-hand", &theirs)]));
    assert_eq!(actions(&plan), []);
    assert_eq!(plan.refused[0].refusal.reason, "AudienceDiffers");
}

#[test]
fn what_is_aks_own_or_flexible_is_left_alone() {
    let app = trust("app");
    let binding = credential(IDENTITY_BINDING, &app);
    let flexible = Credential {
        subject: None,
        ..credential("flexible", &app)
    };
    let plan = planned(
        wanted(std::slice::from_ref(&app)),
        found(vec![binding, flexible]),
    );
    assert_eq!(actions(&plan), [(Action::Create, ours(&app).as_str())]);
    assert_eq!(
        plan.identities[0].room,
        Room {
            used: 2,
            adds: 1,
            frees: 0
        }
    );
}

#[test]
fn near_misses_are_pointed_out() {
    let app = trust("app");
    let without_slash = Trust {
        issuer: ISSUER.trim_end_matches('/').to_owned(),
        ..app.clone()
    };
    let plan = planned(
        wanted(&[app]),
        found(vec![credential("old", &without_slash)]),
    );
    let notes = &plan.identities[0].credentials[0].notes;
    assert!(
        notes[0].contains("the slash at the end of its issuer"),
        "{notes:?}"
    );
}

#[test]
fn an_identity_takes_all_or_nothing() {
    let full: Vec<Credential> = (0..19)
        .map(|index| credential(&format!("x{index}"), &trust(&format!("x{index}"))))
        .collect();
    let plan = planned(wanted(&[trust("a"), trust("b")]), found(full.clone()));
    assert_eq!(actions(&plan), []);
    assert_eq!(plan.refused.len(), 2);
    let refusal = &plan.refused[0].refusal;
    assert_eq!(refusal.reason, "NoRoom");
    assert!(
        refusal.message.contains("19/20 credentials, 2 to be added"),
        "{refusal:?}"
    );
    assert!(refusal.message.contains("`x18`"));
    assert!(!plan.changes());

    let plan = planned(
        wanted(&[trust("a"), trust("x1"), trust("b")]),
        found(full.clone()),
    );
    assert_eq!(
        actions(&plan),
        [(Action::Adopt, "x1")],
        "who wants no change is served"
    );
    assert_eq!(
        plan.refused
            .iter()
            .map(|refused| refused.record)
            .collect::<Vec<_>>(),
        [0, 2]
    );

    let plan = planned(wanted(&[trust("a")]), found(full));
    assert_eq!(plan.refused, []);
    assert!(plan.identities[0].notes[0].contains("nearly full"));
}

#[test]
fn records_with_one_trust_share_a_credential() {
    let plan = planned(wanted(&[trust("a"), trust("a")]), found(vec![]));
    assert_eq!(plan.identities[0].credentials.len(), 1);
    assert_eq!(plan.identities[0].credentials[0].records, [0, 1]);
    let other = Trust {
        audience: "api://other".to_owned(),
        ..trust("a")
    };
    let plan = planned(wanted(&[trust("a"), other]), found(vec![]));
    assert_eq!(plan.refused[0].record, 1);
    assert_eq!(plan.refused[0].refusal.reason, "AudienceDiffers");
}
