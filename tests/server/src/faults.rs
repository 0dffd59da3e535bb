//! Faults by rule: which request, which time, and what goes wrong.

use std::collections::BTreeMap;

use regex::Regex;
use serde::{Deserialize, Serialize};

/// A rule that spoils requests. The first rule that applies to a request wins.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct Fault {
    /// Name under which the record of requests mentions the rule; made up when empty.
    pub id: String,
    /// HTTP method; none: any.
    pub method: Option<String>,
    /// Regular expression that must match somewhere in `path?query` as it was sent, whatever the
    /// case; none: any. A plain piece of a path is one too.
    pub path: Option<String>,
    /// Which of the matching requests are spoilt.
    pub times: Times,
    /// Milliseconds to wait before the effect; while it lasts, a write holds what it changes.
    pub delay_ms: u64,
    /// Whether the request has its effect before the answer is spoilt.
    pub after_effect: bool,
    /// What is answered.
    pub answer: Answer,
}

/// Which of the requests that a rule matches it spoils, counted from one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Times {
    /// Every one.
    #[default]
    All,
    /// The n-th only.
    Nth(u32),
    /// The first n.
    First(u32),
    /// From the n-th on.
    From(u32),
}

impl Times {
    fn includes(self, occurrence: u32) -> bool {
        match self {
            Self::All => true,
            Self::Nth(n) => occurrence == n,
            Self::First(n) => occurrence <= n,
            Self::From(n) => occurrence >= n,
        }
    }
}

/// What a spoilt request is answered with.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(
    tag = "kind",
    rename_all = "camelCase",
    rename_all_fields = "camelCase"
)]
pub enum Answer {
    /// The usual answer: for rules that only delay.
    #[default]
    Usual,
    /// An error in the shape of the endpoint.
    Error {
        /// HTTP status.
        status: u16,
        /// The code that the endpoint's errors carry.
        code: String,
        /// The message.
        #[serde(default)]
        message: String,
        /// `Retry-After` in seconds.
        #[serde(default)]
        retry_after: Option<u64>,
        /// Further headers.
        #[serde(default)]
        headers: BTreeMap<String, String>,
    },
    /// Any body.
    Body {
        /// HTTP status.
        status: u16,
        /// `Content-Type`.
        content_type: String,
        /// The body.
        body: String,
    },
    /// A page of a proxy.
    Html {
        /// HTTP status.
        status: u16,
    },
    /// Bytes that are neither JSON nor text, labelled as JSON.
    Garbage {
        /// HTTP status.
        status: u16,
    },
    /// The usual answer, cut off after so many bytes of its body; has its effect.
    Cut {
        /// Bytes of the body that are sent.
        bytes: usize,
    },
    /// The usual answer in small pieces; has its effect.
    Trickle {
        /// Bytes in a piece.
        bytes: usize,
        /// Milliseconds between pieces.
        interval_ms: u64,
    },
    /// The connection is reset without an answer.
    Reset,
    /// No answer ever; the connection stays open.
    Hang,
}

impl Fault {
    /// Makes a rule for a method and a piece of a path.
    pub fn new(method: &str, path: &str, answer: Answer) -> Self {
        Self {
            method: Some(method.to_owned()),
            path: Some(path.to_owned()),
            answer,
            ..Self::default()
        }
    }

    /// Returns the rule for other occurrences than all.
    #[must_use]
    pub fn times(mut self, times: Times) -> Self {
        self.times = times;
        self
    }

    /// Returns the rule with the effect taking place before the answer is spoilt.
    #[must_use]
    pub fn after_effect(mut self) -> Self {
        self.after_effect = true;
        self
    }

    /// Whether the request is carried out at all.
    pub fn has_effect(&self) -> bool {
        match self.answer {
            Answer::Usual | Answer::Cut { .. } | Answer::Trickle { .. } => true,
            Answer::Error { .. }
            | Answer::Body { .. }
            | Answer::Html { .. }
            | Answer::Garbage { .. }
            | Answer::Reset
            | Answer::Hang => self.after_effect,
        }
    }
}

impl Answer {
    /// Makes an error with a code.
    pub fn error(status: u16, code: &str, message: &str) -> Self {
        Self::Error {
            status,
            code: code.to_owned(),
            message: message.to_owned(),
            retry_after: None,
            headers: BTreeMap::new(),
        }
    }

    /// Makes a 429 with or without `Retry-After`.
    pub fn throttled(retry_after: Option<u64>) -> Self {
        Self::Error {
            status: 429,
            code: "TooManyRequests".to_owned(),
            message: "The request is being throttled.".to_owned(),
            retry_after,
            headers: BTreeMap::new(),
        }
    }
}

/// A rule whose `path` is not a regular expression.
#[derive(Debug, thiserror::Error)]
#[error("cannot use the path `{path}` of a fault")]
pub struct BadFault {
    path: String,
    #[source]
    source: regex::Error,
}

/// Rules with their counts.
#[derive(Debug, Default)]
pub struct Faults {
    rules: Vec<Counted>,
    made: u32,
}

#[derive(Debug)]
struct Counted {
    fault: Fault,
    path: Option<Regex>,
    seen: u32,
}

impl Faults {
    /// Adds a rule and returns it with its id.
    ///
    /// # Errors
    ///
    /// [`BadFault`] if its path is no regular expression.
    pub fn add(&mut self, mut fault: Fault) -> Result<Fault, BadFault> {
        let path = fault
            .path
            .as_deref()
            .map(|path| {
                Regex::new(&format!("(?i){path}")).map_err(|source| BadFault {
                    path: path.to_owned(),
                    source,
                })
            })
            .transpose()?;
        self.made += 1;
        if fault.id.is_empty() {
            fault.id = format!("fault-{}", self.made);
        }
        self.rules.push(Counted {
            fault: fault.clone(),
            path,
            seen: 0,
        });
        Ok(fault)
    }

    /// Removes one rule, or all.
    pub fn remove(&mut self, id: Option<&str>) {
        self.rules
            .retain(|rule| id.is_some_and(|id| rule.fault.id != id));
    }

    /// Returns the rules, each with how many requests it has matched.
    pub fn list(&self) -> Vec<(Fault, u32)> {
        self.rules
            .iter()
            .map(|rule| (rule.fault.clone(), rule.seen))
            .collect()
    }

    /// Counts a request in every rule that matches it, and returns the first that spoils it.
    pub fn hit(&mut self, method: &str, target: &str) -> Option<Fault> {
        let mut first = None;
        for rule in &mut self.rules {
            let method_fits = rule
                .fault
                .method
                .as_deref()
                .is_none_or(|wanted| wanted.eq_ignore_ascii_case(method));
            if !method_fits
                || rule
                    .path
                    .as_ref()
                    .is_some_and(|path| !path.is_match(target))
            {
                continue;
            }
            rule.seen += 1;
            if first.is_none() && rule.fault.times.includes(rule.seen) {
                first = Some(rule.fault.clone());
            }
        }
        first
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_spoils_the_occurrences_it_names() {
        for (times, spoilt) in [
            (Times::All, vec![1, 2, 3, 4]),
            (Times::Nth(3), vec![3]),
            (Times::First(2), vec![1, 2]),
            (Times::From(3), vec![3, 4]),
        ] {
            let mut faults = Faults::default();
            let rule = Fault::new("put", "/federatedidentitycredentials/", Answer::Reset);
            faults.add(rule.times(times)).unwrap();
            let hits: Vec<u32> = (1..=4)
                .filter(|_| {
                    // Another method and another path are not counted.
                    faults.hit("GET", "/x/federatedIdentityCredentials/a");
                    faults.hit("PUT", "/x/roleAssignments/a");
                    faults
                        .hit("PUT", "/x/federatedIdentityCredentials/a")
                        .is_some()
                })
                .collect();
            assert_eq!(hits, spoilt, "{times:?}");
        }
    }

    #[test]
    fn a_path_that_is_no_expression_is_refused() {
        let error = Faults::default()
            .add(Fault::new("GET", "(", Answer::Reset))
            .unwrap_err();
        assert_eq!(error.to_string(), "cannot use the path `(` of a fault");
    }
}
