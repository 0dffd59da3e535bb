//! Role definitions.

use serde_json::{Value, json};
use vwi_test_server::Reply;

use crate::arm::errors::ArmError;
use crate::arm::filter::{self, Term};
use crate::arm::subscriptions::only_get;
use crate::arm::{Context, scope};
use crate::rights::RoleDefinition;
use crate::state::State;

/// Lists the role definitions that can be assigned at a scope.
pub(super) fn list(context: &Context<'_>, state: &State, at: &str) -> Result<Reply, ArmError> {
    only_get(context)?;
    let terms = filter::read(context.request.query("$filter"))?;
    let fits = |definition: &RoleDefinition| {
        terms.iter().all(|term| match term {
            Term::RoleName(name) => definition.role_name.eq_ignore_ascii_case(name),
            Term::Type(kind) => type_of(definition).eq_ignore_ascii_case(kind),
            Term::AtScope | Term::AtScopeAndBelow => true,
            Term::AssignedTo(_) | Term::PrincipalId(_) => false,
        })
    };
    let definitions = state.definitions.iter().filter(|one| fits(one));
    let items = definitions.map(|one| view(one, at)).collect();
    context.page(state, items)
}

/// One role definition by its GUID.
pub(super) fn one(
    context: &Context<'_>,
    state: &State,
    at: &str,
    name: &str,
) -> Result<Reply, ArmError> {
    only_get(context)?;
    let mut definitions = state.definitions.iter();
    match definitions.find(|one| one.guid.eq_ignore_ascii_case(name)) {
        Some(definition) => Ok(Reply::json(200, &view(definition, at))),
        None => Err(absent(404, name)),
    }
}

/// Returns the id of a role definition as it is shown at a scope: that of its subscription.
pub(super) fn id(guid: &str, at: &str) -> String {
    let subscription = scope::of_definitions(at);
    format!("{subscription}/providers/Microsoft.Authorization/roleDefinitions/{guid}")
}

/// There is no such role.
pub(super) fn absent(status: u16, guid: &str) -> ArmError {
    let id = guid.replace('-', "");
    let message = format!("The specified role definition with ID '{id}' does not exist.");
    ArmError::new(status, "RoleDefinitionDoesNotExist", message)
}

fn type_of(definition: &RoleDefinition) -> &'static str {
    if definition.built_in {
        "BuiltInRole"
    } else {
        "CustomRole"
    }
}

fn view(definition: &RoleDefinition, at: &str) -> Value {
    let assignable = if definition.built_in {
        "/".to_owned()
    } else {
        scope::of_definitions(at)
    };
    json!({
        "properties": {
            "roleName": definition.role_name,
            "type": type_of(definition),
            "description": format!("Role {} of the stand-in.", definition.role_name),
            "assignableScopes": [assignable],
            "permissions": [{
                "actions": definition.actions,
                "notActions": definition.not_actions,
                "dataActions": definition.data_actions,
                "notDataActions": [],
            }],
            "createdOn": "2015-02-02T21:55:09.8806423Z",
            "updatedOn": "2021-11-11T20:13:47.8628684Z",
            "createdBy": null,
            "updatedBy": null,
        },
        "id": id(&definition.guid, at),
        "type": "Microsoft.Authorization/roleDefinitions",
        "name": definition.guid,
    })
}
