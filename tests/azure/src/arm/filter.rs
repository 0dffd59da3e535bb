//! The `OData` filters that role calls know: terms joined by `and`.

use crate::arm::errors::ArmError;

/// One term of a filter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Term {
    /// `atScope()`
    AtScope,
    /// `atScopeAndBelow()`
    AtScopeAndBelow,
    /// `assignedTo('…')`
    AssignedTo(String),
    /// `principalId eq '…'`
    PrincipalId(String),
    /// `roleName eq '…'`
    RoleName(String),
    /// `type eq '…'`
    Type(String),
}

/// Reads a filter; no filter has no terms.
pub(crate) fn read(filter: Option<&str>) -> Result<Vec<Term>, ArmError> {
    let Some(filter) = filter.map(str::trim).filter(|text| !text.is_empty()) else {
        return Ok(Vec::new());
    };
    let unsupported = || {
        let message = format!(
            "The filter '{filter}' is not supported. Supported filters are either 'atScope()' or \
             'principalId eq '{{value}}' or assignedTo('{{value}}')'."
        );
        ArmError::new(400, "UnsupportedFilter", message)
    };
    let mut terms = Vec::new();
    let mut rest = filter;
    loop {
        let (term, after) = term(rest).ok_or_else(unsupported)?;
        terms.push(term);
        let after = after.trim_start();
        if after.is_empty() {
            return Ok(terms);
        }
        rest = strip(after, "and ").ok_or_else(unsupported)?.trim_start();
    }
}

/// Reads one term and returns what is behind it.
fn term(text: &str) -> Option<(Term, &str)> {
    if let Some(rest) = strip(text, "atScope()") {
        return Some((Term::AtScope, rest));
    }
    if let Some(rest) = strip(text, "atScopeAndBelow()") {
        return Some((Term::AtScopeAndBelow, rest));
    }
    if let Some(rest) = strip(text, "assignedTo(") {
        let (value, rest) = literal(rest)?;
        return Some((Term::AssignedTo(value), rest.strip_prefix(')')?));
    }
    let (name, rest) = text.split_once(' ')?;
    let (value, rest) = literal(strip(rest.trim_start(), "eq ")?.trim_start())?;
    let make = match name.to_ascii_lowercase().as_str() {
        "principalid" => Term::PrincipalId,
        "rolename" => Term::RoleName,
        "type" => Term::Type,
        _ => return None,
    };
    Some((make(value), rest))
}

/// Reads a quoted text, in which two quotes are one.
fn literal(text: &str) -> Option<(String, &str)> {
    let mut rest = text.strip_prefix('\'')?;
    let mut value = String::new();
    loop {
        let (piece, after) = rest.split_once('\'')?;
        value.push_str(piece);
        match after.strip_prefix('\'') {
            Some(after) => {
                value.push('\'');
                rest = after;
            }
            None => return Some((value, after)),
        }
    }
}

/// Strips a prefix, whatever its case.
fn strip<'a>(text: &'a str, prefix: &str) -> Option<&'a str> {
    let (head, rest) = text.split_at_checked(prefix.len())?;
    head.eq_ignore_ascii_case(prefix).then_some(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_are_read_with_their_quotes() {
        let owned = str::to_owned;
        for (filter, terms) in [
            ("atScope()", vec![Term::AtScope]),
            ("atscopeandbelow()", vec![Term::AtScopeAndBelow]),
            ("principalId eq 'p'", vec![Term::PrincipalId(owned("p"))]),
            (
                "atScope() and assignedTo('p')",
                vec![Term::AtScope, Term::AssignedTo(owned("p"))],
            ),
            (
                "roleName eq 'O''Brien''s'",
                vec![Term::RoleName(owned("O'Brien's"))],
            ),
            (
                "type eq 'CustomRole'",
                vec![Term::Type(owned("CustomRole"))],
            ),
        ] {
            assert_eq!(read(Some(filter)).unwrap(), terms, "{filter}");
        }
        assert!(read(None).unwrap().is_empty());
    }

    #[test]
    fn what_is_not_a_filter_is_refused() {
        for filter in [
            "roleName eq 'O'Brien'",
            "roleName eq Reader",
            "roleName ne 'Reader'",
            "atScope() or atScope()",
            "displayName eq 'x'",
        ] {
            assert!(read(Some(filter)).is_err(), "{filter}");
        }
    }
}
