//! Role assignments.

use http::Method;
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;
use vwi_test_server::Reply;

use crate::arm::errors::ArmError;
use crate::arm::filter::{self, Term};
use crate::arm::subscriptions::only_get;
use crate::arm::{Context, definitions, scope};
use crate::clock::{Arrival, rfc3339};
use crate::rights::is_at_or_below;
use crate::state::{Assignment, State};

/// Lists assignments at, above and below a scope, or as the filter says.
pub(super) fn list(context: &Context<'_>, state: &mut State, at: &str) -> Result<Reply, ArmError> {
    only_get(context)?;
    let terms = filter::read(context.request.query("$filter"))?;
    let by_principal = |term: &Term| matches!(term, Term::PrincipalId(_));
    if terms.len() > 1 && terms.iter().any(by_principal) {
        let message = "The filter 'principalId eq' cannot be combined with another one.";
        return Err(ArmError::new(400, "UnsupportedFilter", message));
    }
    let fits = |one: &Assignment| {
        let above = scope::is_at_or_above(&one.scope, at);
        let below = is_at_or_below(&one.scope, at);
        (above || below)
            && terms.iter().all(|term| match term {
                Term::AtScope => above,
                Term::AtScopeAndBelow => true,
                Term::AssignedTo(id) | Term::PrincipalId(id) => {
                    one.principal_id.eq_ignore_ascii_case(id)
                }
                Term::RoleName(_) | Term::Type(_) => false,
            })
    };
    let delay = state.settings.propagation.assignment_visible;
    let items = state
        .assignments
        .iter_mut()
        .filter(|one| fits(one))
        .filter_map(|one| {
            one.visible
                .has_arrived(delay, context.now)
                .then(|| view(one))
        })
        .collect();
    context.page(state, items)
}

/// One assignment: GET, PUT, DELETE.
pub(super) fn one(
    context: &Context<'_>,
    state: &mut State,
    at: &str,
    name: &str,
) -> Result<Reply, ArmError> {
    let is_it = |one: &Assignment| {
        one.name.eq_ignore_ascii_case(name) && one.scope.eq_ignore_ascii_case(at)
    };
    match context.request.method {
        Method::GET => {
            let delay = state.settings.propagation.assignment_visible;
            let assignments = state.assignments.iter_mut();
            let mut visible = assignments
                .filter(|one| is_it(one))
                .filter_map(|one| one.visible.has_arrived(delay, context.now).then_some(one));
            let absent = || {
                let message = format!("The role assignment '{name}' is not found.");
                ArmError::new(404, "RoleAssignmentNotFound", message)
            };
            let found = visible.next().ok_or_else(absent)?;
            Ok(Reply::json(200, &view(found)))
        }
        Method::PUT => put(context, state, at, name),
        Method::DELETE => {
            let Some(index) = state.assignments.iter().position(is_it) else {
                return Ok(Reply::empty(204));
            };
            let removed = state.assignments.remove(index);
            Ok(Reply::json(200, &view(&removed)))
        }
        _ => Err(context.method_not_allowed()),
    }
}

/// Body of a PUT.
#[derive(Debug, Deserialize)]
struct Body {
    properties: Wanted,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Wanted {
    role_definition_id: String,
    principal_id: String,
    principal_type: Option<String>,
    description: Option<String>,
    condition: Option<String>,
    condition_version: Option<String>,
    delegated_managed_identity_resource_id: Option<String>,
}

fn put(context: &Context<'_>, state: &mut State, at: &str, name: &str) -> Result<Reply, ArmError> {
    let body: Body = serde_json::from_slice(&context.request.body)
        .map_err(|error| ArmError::bad_json(&error))?;
    let wanted = body.properties;
    if Uuid::try_parse(name).is_err() {
        let message = format!(
            "The role assignment ID '{name}' is not valid. The role assignment ID must be a GUID."
        );
        return Err(ArmError::new(400, "InvalidRoleAssignmentId", message));
    }
    let role = role(state, &wanted.role_definition_id)?;
    let principal_type = principal(context, state, &wanted)?;
    let rules = state.settings.roles.clone();
    let same = |one: &Assignment| {
        one.principal_id.eq_ignore_ascii_case(&wanted.principal_id)
            && one.role == role
            && one.scope.eq_ignore_ascii_case(at)
    };
    // Names are unique in the tenant, whatever the scope.
    let is_named = |one: &Assignment| one.name.eq_ignore_ascii_case(name);
    if let Some(found) = state.assignments.iter_mut().find(|one| is_named(one)) {
        if !same(found) {
            let message =
                "Tenant ID, application ID, principal ID, and scope are not allowed to be updated.";
            return Err(ArmError::new(
                409,
                "RoleAssignmentUpdateNotPermitted",
                message,
            ));
        }
        found.description = wanted.description;
        found.condition = wanted.condition;
        found.condition_version = wanted.condition_version;
        found.updated = rfc3339(context.now);
        return Ok(Reply::json(rules.repeated_put_status, &view(found)));
    }
    if let Some(found) = state.assignments.iter().find(|one| same(one)) {
        let message = "The role assignment already exists.";
        let message = if rules.exists_names_id {
            let id = found.name.replace('-', "");
            format!("{message} The ID of the existing role assignment is {id}.")
        } else {
            message.to_owned()
        };
        return Err(ArmError::new(409, "RoleAssignmentExists", message));
    }
    let time = rfc3339(context.now);
    let assignment = Assignment {
        name: name.to_owned(),
        scope: at.to_owned(),
        role,
        principal_id: wanted.principal_id,
        principal_type,
        description: wanted.description,
        condition: wanted.condition,
        condition_version: wanted.condition_version,
        delegated_identity: wanted.delegated_managed_identity_resource_id,
        created: time.clone(),
        updated: time,
        created_by: Some(context.claims.oid.clone()),
        visible: Arrival::begun(context.now),
        effective: Arrival::begun(context.now),
    };
    // ARM names the creator only when it is read again.
    let mut body = view(&assignment);
    if let Some(properties) = body.get_mut("properties") {
        properties["createdBy"] = Value::Null;
    }
    state.assignments.push(assignment);
    Ok(Reply::json(201, &body))
}

/// Returns the GUID of the role that an id means.
fn role(state: &State, id: &str) -> Result<String, ArmError> {
    let guid = id.rsplit('/').next().unwrap_or_default();
    let lower = id.to_ascii_lowercase();
    let is_id = lower.contains("/providers/microsoft.authorization/roledefinitions/");
    let mut definitions = state.definitions.iter();
    match definitions.find(|one| is_id && one.guid.eq_ignore_ascii_case(guid)) {
        Some(found) => Ok(found.guid.clone()),
        None => Err(definitions::absent(400, guid)),
    }
}

/// Returns the type of the principal, if it exists, is known here yet, and is of the type asked.
fn principal(
    context: &Context<'_>,
    state: &mut State,
    wanted: &Wanted,
) -> Result<String, ArmError> {
    let id = &wanted.principal_id;
    // The swagger's default, which is no managed identity.
    let asked = wanted.principal_type.as_deref().unwrap_or("User");
    let delay = state.settings.propagation.identity;
    let spares = state.settings.roles.principal_type_spares_delay;
    let caller = state.callers.iter();
    let mut caller = caller.map(|caller| &caller.info.object_id);
    let known = if caller.any(|caller| caller.eq_ignore_ascii_case(id)) {
        true
    } else {
        let mut identities = state.identities.iter_mut();
        let identity = identities.find(|one| one.principal_id.eq_ignore_ascii_case(id));
        identity.is_some_and(|identity| {
            (spares && asked == "ServicePrincipal")
                || identity.known_to_roles.has_arrived(delay, context.now)
        })
    };
    if !known {
        let (id, tenant) = (id.replace('-', ""), context.world.id());
        let message = format!(
            "Principal {id} does not exist in the directory {tenant}. Check that you have the \
             correct principal ID. If you are creating this principal and then immediately \
             assigning a role, this error might be related to a replication delay. In this case, \
             set the role assignment principalType property to a value, such as \
             ServicePrincipal, User, or Group.  See https://aka.ms/docs-principaltype"
        );
        return Err(ArmError::new(400, "PrincipalNotFound", message));
    }
    if asked != "ServicePrincipal" {
        let message = format!(
            "The PrincipalId '{}' has type 'ServicePrincipal' , which is different from specified \
             PrinciaplType '{asked}'.",
            id.replace('-', "")
        );
        return Err(ArmError::new(400, "UnmatchedPrincipalType", message));
    }
    Ok(asked.to_owned())
}

fn view(assignment: &Assignment) -> Value {
    let at = if assignment.scope.is_empty() {
        "/"
    } else {
        &assignment.scope
    };
    json!({
        "properties": {
            "roleDefinitionId": definitions::id(&assignment.role, &assignment.scope),
            "principalId": assignment.principal_id,
            "principalType": assignment.principal_type,
            "scope": at,
            "condition": assignment.condition,
            "conditionVersion": assignment.condition_version,
            "createdOn": assignment.created,
            "updatedOn": assignment.updated,
            "createdBy": assignment.created_by,
            "updatedBy": assignment.created_by,
            "delegatedManagedIdentityResourceId": assignment.delegated_identity,
            "description": assignment.description,
        },
        "id": assignment.id(),
        "type": "Microsoft.Authorization/roleAssignments",
        "name": assignment.name,
    })
}
