//! Roles, identities that are made, and plans as a whole.

use proptest::prelude::*;

use super::*;
use crate::federation::{MAX_PER_IDENTITY, plan_document, render};
use crate::roles::{self, Assignment};

fn with_role(mut wanted: Wanted, definition: Result<String, Refusal>) -> Wanted {
    wanted.add_role(0, "Reader", &scope());
    wanted.roles[0].definition = definition;
    wanted
}

#[test]
fn roles_are_created_kept_or_adopted() {
    let name = roles::assignment_name(&scope(), "principal", READER);
    let assignment = |name: &str, principal: &str| Assignment {
        id: format!(
            "{}/providers/Microsoft.Authorization/roleAssignments/{name}",
            scope()
        ),
        name: name.to_owned(),
        scope: scope().to_string().to_uppercase(),
        role_definition_id: format!("/subscriptions/x/{READER}"),
        principal_id: principal.to_owned(),
        created_on: None,
    };
    let cases = [
        (vec![], Action::Create, name.as_str()),
        (
            vec![assignment(&name, "principal")],
            Action::Unchanged,
            &name,
        ),
        (
            vec![assignment("random", "principal")],
            Action::Adopt,
            "random",
        ),
        (vec![assignment("random", "other")], Action::Create, &name),
    ];
    for (assignments, action, expected) in cases {
        let wanted = with_role(wanted(&[trust("a")]), Ok(READER.to_owned()));
        let found = Found {
            assignments,
            ..found(vec![])
        };
        let plan = planned(wanted, found);
        let step = &plan.identities[0].roles[0];
        assert_eq!(
            (step.action, step.name.as_deref()),
            (action, Some(expected))
        );
    }
}

#[test]
fn a_name_that_another_principals_assignment_has_stops_the_record() {
    let name = roles::assignment_name(&scope(), "principal", READER);
    let found = Found {
        named_alike: vec![Assignment {
            id: "/id".to_owned(),
            name,
            scope: scope().to_string(),
            role_definition_id: READER.to_owned(),
            principal_id: "other".to_owned(),
            created_on: None,
        }],
        ..found(vec![])
    };
    let wanted = with_role(wanted(&[trust("a")]), Ok(READER.to_owned()));
    let plan = planned(wanted, found);
    assert!(!plan.changes(), "not even its credential is made");
    let refusal = &plan.refused[0].refusal;
    assert_eq!(refusal.reason, "RoleAssignmentNameTaken");
    assert!(refusal.message.contains("`other`"), "{refusal:?}");
}

#[test]
fn a_region_without_credentials_is_refused_unless_it_has_some() {
    for (location, credentials, refused) in [
        ("Malaysia South", vec![], true),
        ("newzealandnorth", vec![], true),
        ("newzealandnorth", vec![credential("x", &trust("x"))], false),
        ("westeurope", vec![], false),
    ] {
        let mut found = found(credentials);
        found.identity.as_mut().unwrap().location = location.to_owned();
        let plan = planned(wanted(&[trust("a")]), found);
        let reasons: Vec<&str> = plan
            .refused
            .iter()
            .map(|refused| refused.refusal.reason)
            .collect();
        let expected: &[&str] = if refused { &["RegionUnsupported"] } else { &[] };
        assert_eq!(reasons, expected, "{location}");
        assert_eq!(plan.changes(), !refused, "{location}");
    }
}

#[test]
fn a_role_that_is_not_there_stops_its_record_before_the_first_write() {
    let refusal = Refusal {
        reason: "RoleNotFound",
        message: "no role `Redaer`".to_owned(),
        hint: None,
    };
    let wanted = with_role(wanted(&[trust("a"), trust("b")]), Err(refusal));
    let plan = planned(wanted, found(vec![]));
    assert_eq!(
        actions(&plan),
        [(Action::Create, ours(&trust("b")).as_str())]
    );
    assert_eq!(plan.refused[0].record, 0);
}

#[test]
fn an_identity_is_made_only_when_asked_and_for_somebody() {
    let plan = planned(wanted(&[trust("a")]), Found::default());
    assert_eq!(plan.identities[0].identity, IdentityStep::Missing);
    assert_eq!(plan.refused[0].refusal.reason, "IdentityNotFound");
    let create = |trusts: &[Trust]| {
        let mut wanted = wanted(trusts);
        wanted.create_in = Some("westeurope".to_owned());
        wanted
    };
    let plan = planned(
        with_role(create(&[trust("a")]), Ok(READER.to_owned())),
        Found::default(),
    );
    assert!(matches!(
        plan.identities[0].identity,
        IdentityStep::Create { .. }
    ));
    assert_eq!(
        plan.identities[0].roles[0].name, None,
        "its principal is not known"
    );
    assert_eq!(plan.counts().create, 3);
    let many: Vec<Trust> = (0..21).map(|index| trust(&format!("a{index}"))).collect();
    let plan = planned(create(&many), Found::default());
    assert_eq!(plan.identities[0].identity, IdentityStep::Missing);
    assert!(!plan.changes(), "no identity for nobody");
}

#[test]
fn a_plan_reads_like_this() {
    let upper = Trust {
        subject: trust("app").subject.to_uppercase(),
        ..trust("app")
    };
    let credentials = vec![
        credential("by-hand", &trust("b")),
        credential("shout", &upper),
    ];
    let mut wanted = with_role(wanted(&[trust("app"), trust("b")]), Ok(READER.to_owned()));
    wanted.credentials[1].confirmed = false;
    let plan = planned(wanted, found(credentials));
    let record = |index: usize| format!("default/{}", ["app", "b"][index]);
    assert_eq!(
        render(&plan, &record),
        format!(
            "= identity app (client id client)
      /subscriptions/{SUBSCRIPTION}/resourceGroups/rg/providers/Microsoft.ManagedIdentity/userAssignedIdentities/app
  + credential {}
      subject   system:serviceaccount:team-x:app
      issuer    {ISSUER}
      audience  api://AzureADTokenExchange
      note: credential `shout` differs only in the case of its subject: `SYSTEM:SERVICEACCOUNT:TEAM-X:APP`
  = credential by-hand (adopted)
      subject   system:serviceaccount:team-x:b
      issuer    {ISSUER}   (neither the host nor ARM confirms it)
      audience  api://AzureADTokenExchange
  + role Reader at /subscriptions/{SUBSCRIPTION}/resourceGroups/rg

Plan: 2 to create, 0 to change, 0 to delete, 1 unchanged (1 adopted)
",
            ours(&trust("app"))
        )
    );
    let document = plan_document(&plan, &record);
    assert_eq!(document["kind"], "FederationPlan");
    assert_eq!(
        document["identities"][0]["credentials"][0]["records"][0],
        "default/app"
    );
    assert_eq!(document["summary"]["adopt"], 1);
}

proptest! {
    /// Whatever is there and wanted: carrying the plan out never touches what is not ours, never
    /// exceeds twenty, and leaves nothing to do.
    #[test]
    fn a_plan_converges_and_harms_nobody(
        there in proptest::collection::vec((0_u8..30, any::<bool>(), any::<bool>()), 0..22),
        wished in proptest::collection::vec(0_u8..30, 0..25),
    ) {
        let mut credentials: Vec<Credential> = Vec::new();
        for (index, (number, named_ours, audience)) in there.into_iter().enumerate() {
            let mut trust = trust(&format!("a{number}"));
            let name = if named_ours { ours(&trust) } else { format!("x{index}") };
            if audience {
                trust.audience = "api://other".to_owned();
            }
            let taken = |held: &Credential| held.name == name || held.trusts_subject(&trust);
            if credentials.len() < MAX_PER_IDENTITY && !credentials.iter().any(taken) {
                credentials.push(credential(&name, &trust));
            }
        }
        let trusts: Vec<Trust> = wished.iter().map(|number| trust(&format!("a{number}"))).collect();
        let first = planned(wanted(&trusts), found(credentials.clone()));
        let mut after = credentials.clone();
        for step in &first.identities[0].credentials {
            let fresh = credential(&step.name, &step.trust);
            match step.action {
                Action::Create => {
                    prop_assert!(!after.iter().any(|held| held.name == step.name));
                    after.push(fresh);
                }
                Action::Update => {
                    let held = after.iter_mut().find(|held| held.name == step.name).unwrap();
                    prop_assert!(held.trusts_subject(&step.trust));
                    prop_assert!(owner_is_ours(&held.name));
                    *held = fresh;
                }
                Action::Unchanged | Action::Adopt => {
                    prop_assert!(after.iter().any(|held| held.trusts(&step.trust)));
                }
                Action::Delete | Action::Keep => {
                    prop_assert!(false, "nothing is ever deleted here");
                }
            }
        }
        prop_assert!(after.len() <= MAX_PER_IDENTITY);
        let second = planned(wanted(&trusts), found(after));
        prop_assert!(!second.changes() || !second.refused.is_empty());
        prop_assert_eq!(second.refused.len(), first.refused.len());
    }
}

fn owner_is_ours(name: &str) -> bool {
    crate::federation::owner_of(name) == Some("")
}
