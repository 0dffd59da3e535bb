//! A Bicep file that is deployed to the identities' resource group.

use super::super::IDENTITY_TAG;
use super::super::plan::{CredentialStep, IdentityPlan, IdentityStep, Plan, RoleStep};
use super::label::{Labels, Style};
use super::{NotEmittable, is_declared};
use crate::arm::{ResourceId, Scope, same};

/// The version of the managed identity API that the suite itself uses.
const IDENTITY_API: &str = "2024-11-30";
/// The version of the authorization API that the suite itself uses.
const ROLE_API: &str = "2022-04-01";
/// Version of the deployments API, for roles outside the resource group.
const DEPLOYMENT_API: &str = "2022-09-01";

pub(super) fn file(plan: &Plan, head: &str) -> Result<String, NotEmittable> {
    let mut file = File {
        text: format!("{head}targetScope = 'resourceGroup'\n"),
        labels: Labels::new(Style::Identifier),
    };
    let mut group: Option<&ResourceId> = None;
    for identity in plan.identities.iter().filter(is_declared) {
        let first = *group.get_or_insert(&identity.id);
        let place = |id: &ResourceId| format!("{}/{}", id.subscription(), id.group());
        if !same(&place(first), &place(&identity.id)) {
            return Err(NotEmittable::SeveralGroups {
                one: place(first),
                other: place(&identity.id),
            });
        }
        file.identity(identity)?;
    }
    Ok(file.text)
}

struct File {
    text: String,
    labels: Labels,
}

impl File {
    fn identity(&mut self, plan: &IdentityPlan) -> Result<(), NotEmittable> {
        let label = self.labels.give(plan.id.name());
        let (existing, more) = match &plan.identity {
            IdentityStep::Create { location } => {
                let (key, value) = IDENTITY_TAG;
                let more = format!(
                    "  location: {}\n  tags: {{\n    {}: {}\n  }}\n",
                    text(location),
                    text(key),
                    text(value)
                );
                ("", more)
            }
            IdentityStep::Keep(_) | IdentityStep::Delete(_) | IdentityStep::Missing => {
                (" existing", String::new())
            }
        };
        let part = format!(
            "\nresource {label} 'Microsoft.ManagedIdentity/userAssignedIdentities@{IDENTITY_API}'{existing} = \
             {{\n  name: {}\n{more}}}\n",
            text(plan.id.name())
        );
        self.text.push_str(&part);
        if !plan.credentials.is_empty() {
            self.credentials(&plan.credentials, &label);
        }
        for step in &plan.roles {
            self.role(plan, step, &label)?;
        }
        Ok(())
    }

    /// Azure takes one write of a credential at a time.
    fn credentials(&mut self, steps: &[CredentialStep], identity: &str) {
        let list = self.labels.give(&format!("{identity}_trusts"));
        let label = self.labels.give(&format!("{identity}_credentials"));
        let trusts: Vec<String> = steps
            .iter()
            .map(|step| {
                format!(
                    "  {{\n    name: {}\n    issuer: {}\n    subject: {}\n    audience: {}\n  }}\n",
                    text(&step.name),
                    text(&step.trust.issuer),
                    text(&step.trust.subject),
                    text(&step.trust.audience)
                )
            })
            .collect();
        let part = format!(
            "\nvar {list} = [\n{}]\n\n@batchSize(1)\nresource {label} \
             'Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials@{IDENTITY_API}' = \
             [for trust in {list}: {{\n  parent: {identity}\n  name: trust.name\n  properties: {{\n    \
             issuer: trust.issuer\n    subject: trust.subject\n    audiences: [\n      \
             trust.audience\n    ]\n  }}\n}}]\n",
            trusts.concat()
        );
        self.text.push_str(&part);
    }

    fn role(
        &mut self,
        plan: &IdentityPlan,
        step: &RoleStep,
        identity: &str,
    ) -> Result<(), NotEmittable> {
        let label = self.labels.give(&format!("{identity}_{}", step.role));
        let principal = format!("{identity}.properties.principalId");
        let name = match &step.name {
            Some(name) => text(name),
            // A name has to be known when the deployment starts, and the principal is not.
            None => format!(
                "guid({}, {identity}.id, {})",
                text(step.scope.as_str()),
                text(&step.definition_id)
            ),
        };
        let group = format!(
            "/subscriptions/{}/resourceGroups/{}",
            plan.id.subscription(),
            plan.id.group()
        );
        if same(&group, step.scope.as_str()) {
            let part = format!(
                "\nresource {label} 'Microsoft.Authorization/roleAssignments@{ROLE_API}' = {{\n  \
                 name: {name}\n  properties: {{\n    roleDefinitionId: {}\n    principalId: \
                 {principal}\n    principalType: 'ServicePrincipal'\n  }}\n}}\n",
                text(&step.definition_id)
            );
            self.text.push_str(&part);
            return Ok(());
        }
        let place = Place::of(&step.scope)?;
        self.text.push_str(&elsewhere(
            &label,
            &place,
            &name,
            &principal,
            &step.definition_id,
        ));
        Ok(())
    }
}

/// Where a nested deployment goes, and what the role holds at in it.
struct Place<'a> {
    subscription: &'a str,
    group: Option<&'a str>,
    /// The scope, if it is a resource.
    resource: Option<&'a Scope>,
}

impl<'a> Place<'a> {
    fn of(scope: &'a Scope) -> Result<Self, NotEmittable> {
        let segments: Vec<&str> = scope.as_str().split('/').skip(1).collect();
        let (subscription, group, rest) = match segments.as_slice() {
            [_, subscription] => (*subscription, None, false),
            [_, subscription, groups, group, rest @ ..]
                if groups.eq_ignore_ascii_case("resourceGroups") =>
            {
                (*subscription, Some(*group), !rest.is_empty())
            }
            [_, subscription, _, ..] => (*subscription, None, true),
            _ => return Err(NotEmittable::OutOfReach(scope.to_string())),
        };
        if scope.subscription().is_none() {
            return Err(NotEmittable::OutOfReach(scope.to_string()));
        }
        Ok(Self {
            subscription,
            group,
            resource: rest.then_some(scope),
        })
    }
}

/// Returns a deployment to another scope: only modules or these reach it, and a module is a file.
fn elsewhere(
    label: &str,
    place: &Place<'_>,
    name: &str,
    principal: &str,
    definition_id: &str,
) -> String {
    let (target, schema) = match place.group {
        Some(group) => (
            format!("  resourceGroup: {}\n", text(group)),
            "2019-04-01/deploymentTemplate",
        ),
        None => (
            "  location: resourceGroup().location\n".to_owned(),
            "2018-05-01/subscriptionDeploymentTemplate",
        ),
    };
    let scope = place.resource.map_or_else(String::new, |scope| {
        format!("          scope: {}\n", text(scope.as_str()))
    });
    format!(
        "
resource {label} 'Microsoft.Resources/deployments@{DEPLOYMENT_API}' = {{
  name: 'vwi-${{uniqueString({name})}}'
  subscriptionId: {}
{target}  properties: {{
    mode: 'Incremental'
    expressionEvaluationOptions: {{
      scope: 'Inner'
    }}
    parameters: {{
      name: {{
        value: {name}
      }}
      principalId: {{
        value: {principal}
      }}
    }}
    template: {{
      '$schema': 'https://schema.management.azure.com/schemas/{schema}.json#'
      contentVersion: '1.0.0.0'
      parameters: {{
        name: {{
          type: 'string'
        }}
        principalId: {{
          type: 'string'
        }}
      }}
      resources: [
        {{
          type: 'Microsoft.Authorization/roleAssignments'
          apiVersion: '{ROLE_API}'
          name: '[parameters(\\'name\\')]'
{scope}          properties: {{
            roleDefinitionId: {}
            principalId: '[parameters(\\'principalId\\')]'
            principalType: 'ServicePrincipal'
          }}
        }}
      ]
    }}
  }}
}}
",
        text(place.subscription),
        text(definition_id)
    )
}

/// Returns a quoted text; control characters never get here.
fn text(value: &str) -> String {
    format!(
        "'{}'",
        value
            .replace('\\', "\\\\")
            .replace('\'', "\\'")
            .replace("${", "\\${")
    )
}
