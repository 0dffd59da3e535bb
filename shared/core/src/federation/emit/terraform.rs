//! A Terraform configuration for the provider `azurerm`: what is to be, and imports of what is.

use super::super::IDENTITY_TAG;
use super::super::plan::{Action, CredentialStep, IdentityPlan, IdentityStep, Plan, RoleStep};
use super::is_declared;
use super::label::{Labels, Style};
use crate::roles::{assignment_id, definition_guid};

/// The provider writes credentials of one identity one at a time since 3.40.
///
/// Source: terraform-provider-azurerm `CHANGELOG.md`.
const PROVIDER: &str = "~> 4.0";

/// First version with `import` blocks that have a provider.
const TERRAFORM: &str = ">= 1.5";

pub(super) fn configuration(plan: &Plan, head: &str) -> String {
    let mut subscriptions: Vec<String> = Vec::new();
    for identity in plan.identities.iter().filter(is_declared) {
        let subscription = identity.id.subscription().to_lowercase();
        if !subscriptions.contains(&subscription) {
            subscriptions.push(subscription);
        }
    }
    let mut file = File {
        text: head.to_owned(),
        labels: Labels::new(Style::Identifier),
        subscriptions,
    };
    file.providers();
    for identity in plan.identities.iter().filter(is_declared) {
        file.identity(identity);
    }
    file.text
}

struct File {
    text: String,
    labels: Labels,
    /// The first one's provider is the default.
    subscriptions: Vec<String>,
}

/// Names and values of a block.
type Attributes = Vec<(&'static str, String)>;

impl File {
    fn providers(&mut self) {
        let part = format!(
            "\nterraform {{\n  required_version = \"{TERRAFORM}\"\n\n  required_providers {{\n    \
             azurerm = {{\n      source  = \"hashicorp/azurerm\"\n      version = \"{PROVIDER}\"\n    \
             }}\n  }}\n}}\n"
        );
        self.text.push_str(&part);
        for subscription in self.subscriptions.clone() {
            let mut attributes = Attributes::new();
            if let Some(alias) = self.alias(&subscription) {
                attributes.push(("alias", text(&alias)));
            }
            attributes.push(("subscription_id", text(&subscription)));
            let body = format!("{}\n  features {{}}\n", lines(&attributes));
            let part = format!("\nprovider \"azurerm\" {{\n{body}}}\n");
            self.text.push_str(&part);
        }
    }

    /// Returns the alias of a subscription's provider; none for the default one.
    fn alias(&self, subscription: &str) -> Option<String> {
        let position = self
            .subscriptions
            .iter()
            .position(|known| known.eq_ignore_ascii_case(subscription))?;
        (position > 0).then(|| format!("subscription_{}", position + 1))
    }

    fn provider(&self, plan: &IdentityPlan) -> Option<(&'static str, String)> {
        let alias = self.alias(plan.id.subscription())?;
        Some(("provider", format!("azurerm.{alias}")))
    }

    fn block(&mut self, head: &str, attributes: &Attributes) {
        let part = format!("\n{head} {{\n{}}}\n", lines(attributes));
        self.text.push_str(&part);
    }

    fn identity(&mut self, plan: &IdentityPlan) {
        let label = self.labels.give(plan.id.name());
        let mut attributes = Attributes::new();
        attributes.extend(self.provider(plan));
        attributes.push(("name", text(plan.id.name())));
        attributes.push(("resource_group_name", text(plan.id.group())));
        let address = format!("azurerm_user_assigned_identity.{label}");
        let address = if let IdentityStep::Create { location } = &plan.identity {
            let (key, value) = IDENTITY_TAG;
            attributes.push(("location", text(location)));
            attributes.push(("tags", format!("{{ {} = {} }}", text(key), text(value))));
            let head = format!("resource \"azurerm_user_assigned_identity\" \"{label}\"");
            self.block(&head, &attributes);
            address
        } else {
            let head = format!("data \"azurerm_user_assigned_identity\" \"{label}\"");
            self.block(&head, &attributes);
            format!("data.{address}")
        };
        for step in &plan.credentials {
            self.credential(plan, step, &address);
        }
        for step in &plan.roles {
            self.role(plan, step, &address, &label);
        }
    }

    fn credential(&mut self, plan: &IdentityPlan, step: &CredentialStep, identity: &str) {
        const KIND: &str = "azurerm_federated_identity_credential";
        let label = self.labels.give(&step.name);
        if step.action != Action::Create {
            let id = plan.id.credential(&step.name);
            self.import(plan, &format!("{KIND}.{label}"), &id);
        }
        let mut attributes = Attributes::new();
        attributes.extend(self.provider(plan));
        attributes.extend([
            ("name", text(&step.name)),
            ("resource_group_name", text(plan.id.group())),
            ("parent_id", format!("{identity}.id")),
            ("issuer", text(&step.trust.issuer)),
            ("subject", text(&step.trust.subject)),
            ("audience", format!("[{}]", text(&step.trust.audience))),
        ]);
        self.block(&format!("resource \"{KIND}\" \"{label}\""), &attributes);
    }

    fn role(&mut self, plan: &IdentityPlan, step: &RoleStep, identity: &str, of: &str) {
        const KIND: &str = "azurerm_role_assignment";
        let label = self.labels.give(&format!("{of}_{}", step.role));
        let principal = format!("{identity}.principal_id");
        let name = match &step.name {
            Some(name) => text(name),
            // The rule of the suite's own names, for a principal that is not known yet.
            None => format!(
                "uuidv5(\"url\", \"{}|${{lower({principal})}}|{}\")",
                inner(&step.scope.folded()),
                inner(&definition_guid(&step.definition_id).to_lowercase())
            ),
        };
        if let (Action::Unchanged | Action::Adopt, Some(name)) = (step.action, &step.name) {
            let id = assignment_id(&step.scope, name);
            self.import(plan, &format!("{KIND}.{label}"), &id);
        }
        let mut attributes = Attributes::new();
        attributes.extend(self.provider(plan));
        attributes.extend([
            ("name", name),
            ("scope", text(step.scope.as_str())),
            ("role_definition_id", text(&step.definition_id)),
            ("principal_id", principal),
            ("principal_type", text("ServicePrincipal")),
        ]);
        self.block(&format!("resource \"{KIND}\" \"{label}\""), &attributes);
    }

    fn import(&mut self, plan: &IdentityPlan, address: &str, id: &str) {
        let mut attributes = Attributes::new();
        attributes.extend(self.provider(plan));
        attributes.push(("to", address.to_owned()));
        attributes.push(("id", text(id)));
        self.block("import", &attributes);
    }
}

/// Returns the lines of a block, aligned as `terraform fmt` does.
fn lines(attributes: &Attributes) -> String {
    let width = attributes.iter().map(|(name, _)| name.len()).max();
    let width = width.unwrap_or_default();
    let lines: Vec<String> = attributes
        .iter()
        .map(|(name, value)| format!("  {name:width$} = {value}\n"))
        .collect();
    lines.concat()
}

/// Returns a quoted text.
fn text(value: &str) -> String {
    format!("\"{}\"", inner(value))
}

/// Returns what stands between the quotes; control characters never get here.
fn inner(value: &str) -> String {
    value
        .replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace("${", "$${")
        .replace("%{", "%%{")
}
