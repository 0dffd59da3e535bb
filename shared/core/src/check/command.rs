//! Commands in fixes: every word that a tenant or Azure may have chosen is shell-quoted, by a
//! library.

pub use crate::shell::{az, quoted, words};
use crate::step::Step;

/// How commands begin, so that they reach the clusters that were looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Words {
    /// The words of each step as the user types them, in the order of [`Step::ALL`].
    pub steps: [String; 4],
    /// The tenant's context, if it was typed: a fix without it would go somewhere else.
    pub tenant_context: Option<String>,
}

impl Words {
    /// Returns a command for the tenant's kubectl.
    pub fn kubectl(&self, arguments: &[&str]) -> String {
        with_context("kubectl", self.tenant_context.as_deref(), arguments)
    }

    /// Returns a command of a step that talks to the tenant.
    pub fn step(&self, step: Step, arguments: &[&str]) -> String {
        let context = self.tenant_context.as_deref();
        with_context(self.of(step), context, arguments)
    }

    /// Returns a command of a step that does not talk to the tenant.
    pub fn azure_step(&self, step: Step, arguments: &[&str]) -> String {
        with_context(self.of(step), None, arguments)
    }

    fn of(&self, step: Step) -> &str {
        let [translate, federate, annotate, check] = &self.steps;
        match step {
            Step::Translate => translate,
            Step::Federate => federate,
            Step::Annotate => annotate,
            Step::Check => check,
        }
    }
}

/// `program` may be several words, and is ours.
fn with_context(program: &str, context: Option<&str>, arguments: &[&str]) -> String {
    let mut command = program.to_owned();
    let context = context
        .into_iter()
        .flat_map(|context| ["--context", context]);
    for word in context.chain(arguments.iter().copied()) {
        command.push(' ');
        command.push_str(&quoted(word));
    }
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_tenant_chose_stays_one_word() {
        let words = Words {
            steps: ["t", "f", "kubectl vwi annotate", "c"].map(str::to_owned),
            tenant_context: Some("my ctx".to_owned()),
        };
        for (found, expected) in [
            (
                words.step(Step::Annotate, &["app", "-n", "default"]),
                "kubectl vwi annotate --context 'my ctx' app -n default",
            ),
            (
                words.kubectl(&["get", "sa", "$(rm -rf ~)"]),
                "kubectl --context 'my ctx' get sa '$(rm -rf ~)'",
            ),
            (az(&["a", "\u{1b}[2J\0"]), "az a \"\\\\u{1b}[2J\\\\u{0}\""),
            (az(&["a", ""]), "az a ''"),
        ] {
            assert_eq!(found, expected);
        }
    }
}
