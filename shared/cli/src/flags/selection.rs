//! Flags that select ServiceAccounts in the tenant.

use clap::Args;
use vwi_core::name::is_subdomain;
use vwi_core::shard::Shard;
use vwi_core::stream::Selection;
use vwi_core::text::escape;

use super::{InputFlags, UsageError, bad_usage};

/// Which ServiceAccounts of the tenant
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Selection")]
pub struct SelectionFlags {
    /// Names of ServiceAccounts in the tenant cluster
    #[arg(value_name = "SERVICEACCOUNT")]
    pub names: Vec<String>,
    /// All namespaces
    #[arg(short = 'A', long)]
    pub all_namespaces: bool,
    /// Label selector
    #[arg(short = 'l', long, value_name = "SELECTOR")]
    pub selector: Option<String>,
    /// Field selector
    #[arg(long, value_name = "SELECTOR")]
    pub field_selector: Option<String>,
}

impl SelectionFlags {
    /// Whether anything was selected, so that standard input is not asked.
    pub fn is_given(&self) -> bool {
        !self.names.is_empty()
            || self.all_namespaces
            || self.selector.is_some()
            || self.field_selector.is_some()
    }

    /// Refuses what can't be meant: names together with what selects, and either with files, whose
    /// records are all meant.
    ///
    /// # Errors
    ///
    /// [`UsageError`]
    pub fn check(&self, input: &InputFlags) -> Result<(), UsageError> {
        let selects =
            self.all_namespaces || self.selector.is_some() || self.field_selector.is_some();
        if !self.names.is_empty() && selects {
            return Err(bad_usage(
                "names can't be given together with `-A`, `-l` or `--field-selector`",
                None,
            ));
        }
        if self.is_given() && !input.filenames.is_empty() {
            return Err(bad_usage(
                "`-f` can't be given together with names, `-A`, `-l` or `--field-selector`",
                None,
            ));
        }
        self.accounts().map(drop)
    }

    /// Returns the names without kubectl's type in front, such as `serviceaccount/app`.
    ///
    /// # Errors
    ///
    /// [`UsageError`] for a name that no ServiceAccount has, or another type.
    pub fn accounts(&self) -> Result<Vec<&str>, UsageError> {
        self.names
            .iter()
            .map(|given| {
                let name = match given.split_once('/') {
                    Some(("sa" | "serviceaccount" | "serviceaccounts", name)) => name,
                    Some(_) => {
                        return Err(bad_usage(
                            format!("`{}` is no ServiceAccount", escape(given)),
                            Some("give its name alone, or `serviceaccount/NAME`"),
                        ));
                    }
                    None => given,
                };
                if is_subdomain(name) {
                    Ok(name)
                } else {
                    let fault = format!("`{}` is no name of a ServiceAccount", escape(name));
                    Err(bad_usage(fault, None))
                }
            })
            .collect()
    }

    /// Returns what a StreamEnd says of the selection; `scope` is what `-A` alone covers.
    pub fn selection(&self, scope: &str) -> Selection {
        let mut by = Vec::new();
        if !self.names.is_empty() {
            by.push("names".to_owned());
        }
        if !self.all_namespaces && self.names.is_empty() {
            by.push("namespace".to_owned());
        }
        if self.selector.is_some() {
            by.push("selector".to_owned());
        }
        if self.field_selector.is_some() {
            by.push("field-selector".to_owned());
        }
        if by.is_empty() {
            Selection::all(scope)
        } else {
            Selection::Narrowed { by }
        }
    }
}

/// Which part of the work, where several processes share it
#[derive(Args, Clone, Copy, Debug, Default)]
#[command(next_help_heading = "Selection")]
pub struct ShardFlags {
    /// Part I of N, with I from 0, as an Indexed Job counts: `$JOB_COMPLETION_INDEX/8`. Every part
    /// reads the whole input; all parts together answer for everything once
    #[arg(long, value_name = "I/N")]
    pub shard: Option<Shard>,
}

impl ShardFlags {
    /// Whether a ServiceAccount is of this part.
    pub fn holds(self, namespace: &str, name: &str) -> bool {
        self.shard.is_none_or(|shard| shard.holds(namespace, name))
    }

    /// Returns what a StreamEnd says of the part of a selection.
    pub fn selection(self, of: Selection) -> Selection {
        if self.shard.is_none_or(Shard::is_whole) {
            return of;
        }
        let mut by = match of {
            Selection::All { .. } => Vec::new(),
            Selection::Narrowed { by } => by,
        };
        by.push("shard".to_owned());
        Selection::Narrowed { by }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_end_says_what_narrowed_the_selection() {
        let everything = SelectionFlags {
            all_namespaces: true,
            ..SelectionFlags::default()
        };
        let all = Selection::all("vCluster blue");
        assert_eq!(everything.selection("vCluster blue"), all);
        let names = SelectionFlags {
            names: vec!["a".to_owned()],
            ..SelectionFlags::default()
        };
        let labelled = SelectionFlags {
            selector: Some("a=b".to_owned()),
            field_selector: Some("metadata.name=a".to_owned()),
            ..everything
        };
        let one_namespace = SelectionFlags::default();
        assert!(!one_namespace.is_given() && names.is_given() && labelled.is_given());
        for (flags, expected) in [
            (names, &["names"][..]),
            (one_namespace, &["namespace"]),
            (labelled, &["selector", "field-selector"]),
        ] {
            let by = expected.iter().map(|&word| word.to_owned()).collect();
            assert_eq!(flags.selection("x"), Selection::Narrowed { by });
        }
    }

    #[test]
    fn names_stand_alone_and_are_names() {
        let flags = |names: &[&str]| SelectionFlags {
            names: names.iter().map(|&name| name.to_owned()).collect(),
            ..SelectionFlags::default()
        };
        let files = InputFlags {
            filenames: vec!["records.json".to_owned()],
            ..InputFlags::default()
        };
        let none = InputFlags::default();
        let all = SelectionFlags {
            all_namespaces: true,
            ..SelectionFlags::default()
        };
        let both = SelectionFlags {
            all_namespaces: true,
            ..flags(&["app"])
        };
        let labelled = SelectionFlags {
            selector: Some("a=b".to_owned()),
            ..flags(&["app"])
        };
        for (fine, input) in [
            (&flags(&["app", "sa/b"]), &none),
            (&all, &none),
            (&flags(&[]), &files),
        ] {
            assert_eq!(fine.check(input), Ok(()));
        }
        for (refused, input) in [
            (&flags(&["app"]), &files),
            (&all, &files),
            (&both, &none),
            (&labelled, &none),
            (&flags(&["Bad_Name"]), &none),
            (&flags(&["pod/app"]), &none),
        ] {
            assert!(refused.check(input).is_err(), "{refused:?}");
        }
        assert_eq!(flags(&["sa/b"]).accounts(), Ok(vec!["b"]));
    }

    #[test]
    fn an_end_says_that_it_is_one_part() {
        let narrowed = |by: &[&str]| Selection::Narrowed {
            by: by.iter().map(|&word| word.to_owned()).collect(),
        };
        let all = || Selection::all("vCluster blue");
        let flags = |shard: &str| ShardFlags {
            shard: shard.parse().ok(),
        };
        assert_eq!(flags("1/4").selection(all()), narrowed(&["shard"]));
        assert_eq!(
            flags("1/4").selection(narrowed(&["names"])),
            narrowed(&["names", "shard"])
        );
        assert_eq!(flags("0/1").selection(all()), all());
        assert_eq!(ShardFlags::default().selection(all()), all());
    }
}
