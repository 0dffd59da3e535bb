//! The four forms of one plan, word for word.

use std::collections::BTreeMap;

use hcl::eval::{Context, Evaluate};
use snapbox::{assert_data_eq, file};

use super::super::{
    Adoption, Credential, Found, IDENTITY_BINDING, Identity, PUBLIC_AUDIENCE, Rules, Trust, Wanted,
    plan,
};
use super::*;
use crate::arm::{Kind, ResourceId};
use crate::roles::Assignment;

const SUBSCRIPTION: &str = "00000000-0000-4000-8000-000000000001";
const ISSUER: &str = "https://westeurope.oic.prod-aks.azure.com/t/g/";
const READER: &str = "/subscriptions/00000000-0000-4000-8000-000000000001/providers/Microsoft.Authorization/roleDefinitions/acdd72a7-3385-48ef-bd42-f606fba81ae7";

fn trust(name: &str) -> Trust {
    Trust {
        issuer: ISSUER.to_owned(),
        subject: format!("system:serviceaccount:team-x:{name}-x-default-x-vc"),
        audience: PUBLIC_AUDIENCE.to_owned(),
    }
}

fn id(group: &str, name: &str) -> ResourceId {
    ResourceId::new(Kind::Identity, SUBSCRIPTION, group, name).unwrap()
}

fn credential(name: &str, trust: &Trust) -> Credential {
    Credential {
        name: name.to_owned(),
        issuer: trust.issuer.clone(),
        subject: Some(trust.subject.clone()),
        audiences: vec![trust.audience.clone()],
    }
}

fn scopes() -> [String; 3] {
    let group = format!("/subscriptions/{SUBSCRIPTION}/resourceGroups/rg");
    let storage = format!("{group}-data/providers/Microsoft.Storage/storageAccounts/data");
    [format!("/subscriptions/{SUBSCRIPTION}"), group, storage]
}

/// One identity that is there, with all that can be found on it, and one that is made.
fn inputs() -> Vec<(Wanted, Found)> {
    let mut there = Wanted::new(id("rg", "app-identity"), None);
    let odd = Trust {
        audience: "api://it's \"odd\" ${x} %{y} \\".to_owned(),
        ..trust("odd")
    };
    there.add_credential(0, trust("app"), true);
    there.add_credential(1, trust("by-hand"), true);
    there.add_credential(2, odd, true);
    let mut fresh = Wanted::new(id("rg", "fresh"), Some("westeurope".to_owned()));
    fresh.add_credential(3, trust("app"), true);
    fresh.add_credential(4, trust("job"), true);
    for scope in scopes() {
        for (record, wanted) in [(0, &mut there), (3, &mut fresh)] {
            let scope = scope.parse().unwrap();
            wanted.add_role(record, "Reader", &scope);
            wanted.roles.last_mut().unwrap().definition = Ok(READER.to_owned());
        }
    }
    let found = Found {
        identity: Some(Identity {
            id: id("rg", "app-identity"),
            location: "westeurope".to_owned(),
            client_id: "client".to_owned(),
            principal_id: "00000000-0000-4000-8000-0000000000aa".to_owned(),
            tenant_id: "tenant".to_owned(),
            tags: BTreeMap::new(),
        }),
        credentials: vec![
            credential("by-hand", &trust("by-hand")),
            credential(IDENTITY_BINDING, &trust("binding")),
        ],
        assignments: vec![Assignment {
            id: "id".to_owned(),
            name: "00000000-0000-4000-8000-0000000000bb".to_owned(),
            scope: scopes()[1].clone(),
            role_definition_id: READER.to_owned(),
            principal_id: "00000000-0000-4000-8000-0000000000aa".to_owned(),
            created_on: None,
        }],
        ..Found::default()
    };
    vec![(there, found), (fresh, Found::default())]
}

fn emitted(form: Form) -> Result<String, NotEmittable> {
    let plan = plan(&inputs(), &Rules::default());
    emit(&plan, form, &|index| format!("default/{index}"))
}

#[test]
fn az() {
    assert_data_eq!(emitted(Form::Az).unwrap(), file!["golden/plan.sh"].raw());
}

#[test]
fn terraform() {
    assert_data_eq!(
        emitted(Form::Terraform).unwrap(),
        file!["golden/plan.tf"].raw()
    );
}

#[test]
fn bicep() {
    assert_data_eq!(
        emitted(Form::Bicep).unwrap(),
        file!["golden/plan.bicep"].raw()
    );
}

#[test]
fn aso() {
    assert_data_eq!(emitted(Form::Aso).unwrap(), file!["golden/plan.yaml"].raw());
}

/// Every text that went into the file comes out of a parser of its language as it was.
#[test]
fn terraform_reads_what_is_meant() {
    let file = emitted(Form::Terraform).unwrap();
    let body: hcl::Body = hcl::parse(&file).unwrap();
    let odd = body.blocks().find(|block| {
        let mut labels = block.labels().iter();
        labels.any(|label| label.as_str().starts_with("vwi_team_x_odd"))
    });
    let of = |name: &str| {
        let mut attributes = odd.unwrap().body().attributes();
        let found = attributes
            .find(|attribute| attribute.key() == name)
            .unwrap();
        found.expr().evaluate(&Context::new()).unwrap()
    };
    let wanted = &inputs()[0].0.credentials[2].trust;
    assert_eq!(of("subject"), wanted.subject.clone().into());
    let audiences: hcl::Value = vec![wanted.audience.clone()].into();
    assert_eq!(of("audience"), audiences);
    let kinds = |kind: &str| {
        let blocks = body.blocks();
        blocks.filter(|block| block.identifier() == kind).count()
    };
    assert_eq!((kinds("import"), kinds("resource")), (2, 12));
}

#[test]
fn bicep_is_parsed_without_an_error() {
    let mut parser = tree_sitter::Parser::new();
    let language = tree_sitter_bicep::LANGUAGE.into();
    parser.set_language(&language).unwrap();
    let mut is_wrong = |file: &str| {
        let tree = parser.parse(file, None).unwrap();
        tree.root_node().has_error()
    };
    let file = emitted(Form::Bicep).unwrap();
    assert!(!is_wrong(&file));
    assert!(is_wrong(&file.replacen('{', "", 1)));
}

#[test]
fn what_a_tool_can_not_say_is_refused() {
    let rename = Rules {
        adoption: Adoption::Rename,
        ..Rules::default()
    };
    let record = |index: usize| index.to_string();
    let deletes = plan(&inputs(), &rename);
    assert!(
        emit(&deletes, Form::Az, &record)
            .unwrap()
            .contains(" --yes")
    );
    for form in [Form::Terraform, Form::Bicep, Form::Aso] {
        let error = emit(&deletes, form, &record).unwrap_err();
        assert!(matches!(error, NotEmittable::Deletes { .. }), "{error}");
    }

    let mut groups = inputs();
    groups[1].0.identity = id("other", "fresh");
    let groups = plan(&groups, &Rules::default());
    let error = emit(&groups, Form::Bicep, &record).unwrap_err();
    assert!(
        matches!(error, NotEmittable::SeveralGroups { .. }),
        "{error}"
    );
    for form in [Form::Az, Form::Terraform, Form::Aso] {
        emit(&groups, form, &record).unwrap();
    }

    let mut far = inputs();
    let scope = "/providers/Microsoft.Management/managementGroups/all";
    far[0].0.roles[0].scope = scope.parse().unwrap();
    let far = plan(&far, &Rules::default());
    let error = emit(&far, Form::Bicep, &record).unwrap_err();
    assert_eq!(error, NotEmittable::OutOfReach(scope.to_owned()));

    let mut hostile = inputs();
    hostile[0].0.credentials[0].trust.audience = "api://x\n$(reboot)".to_owned();
    let hostile = plan(&hostile, &Rules::default());
    for form in [Form::Az, Form::Terraform, Form::Bicep, Form::Aso] {
        let error = emit(&hostile, form, &record).unwrap_err();
        assert!(matches!(error, NotEmittable::Unprintable(_)), "{error}");
    }
}
