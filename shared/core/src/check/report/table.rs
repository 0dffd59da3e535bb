//! `-o table` and `-o short`: the layout of `linkerd check`.

use std::fmt::{self, Write};

use anstyle::{AnsiColor, Style};

use super::{RecordReport, Totals};
use crate::check::difference::side_by_side;
use crate::check::finding::{Evidence, Failure, Finding, Severity, Verdict};
use crate::text::escape;

/// What the terminal can show.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Look {
    /// Whether colours are wanted.
    pub color: bool,
    /// Whether more than ASCII can be shown.
    pub unicode: bool,
}

/// How much is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detail {
    /// All checks.
    All,
    /// Only what does not hold.
    Problems,
}

const INDENT: &str = "    ";

impl Look {
    fn mark(self, verdict: &Verdict) -> Painted {
        let (unicode, ascii, color) = match verdict {
            Verdict::Passed => ("√", "ok", Some(AnsiColor::Green)),
            Verdict::Failed(failure) if failure.planned => ("~", "~", Some(AnsiColor::Cyan)),
            Verdict::Failed(failure) => match failure.severity {
                Severity::Warning => ("‼", "!!", Some(AnsiColor::Yellow)),
                Severity::Error => ("×", "x", Some(AnsiColor::Red)),
            },
            Verdict::Unknown(_) => ("?", "?", Some(AnsiColor::Yellow)),
            Verdict::Skipped { .. } => ("-", "-", None),
        };
        self.paint(if self.unicode { unicode } else { ascii }, color)
    }

    fn paint(self, text: &'static str, color: Option<AnsiColor>) -> Painted {
        let style = match color {
            Some(color) if self.color => Style::new().bold().fg_color(Some(color.into())),
            Some(_) | None => Style::new(),
        };
        Painted { text, style }
    }
}

struct Painted {
    text: &'static str,
    style: Style,
}

impl fmt::Display for Painted {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { text, style } = self;
        write!(formatter, "{style}{text}{style:#}")
    }
}

/// Writes one record: the chain of its facts in one line, then its checks by category.
///
/// With [`Detail::Problems`] a record without one writes nothing.
///
/// # Errors
///
/// None of its own: those of `out`.
pub fn write_record(
    out: &mut impl Write,
    report: &RecordReport,
    detail: Detail,
    look: Look,
) -> fmt::Result {
    let shown: Vec<&Finding> = report
        .findings
        .iter()
        .filter(|finding| match detail {
            Detail::All => true,
            Detail::Problems => matches!(finding.verdict, Verdict::Failed(_)),
        })
        .collect();
    if shown.is_empty() && report.upstream.is_none() {
        return Ok(());
    }
    write_chain(out, report, look)?;
    if let Some(condition) = &report.upstream {
        let mark = look.paint(if look.unicode { "×" } else { "x" }, Some(AnsiColor::Red));
        writeln!(
            out,
            "{mark} an earlier step has failed on it [{}]",
            escape(&condition.reason)
        )?;
        writeln!(out, "{INDENT}{}", escape(&condition.message))?;
    }
    let mut category = None;
    for finding in shown {
        if category != Some(finding.check.category) && detail == Detail::All {
            let name = finding.check.category.name();
            writeln!(out, "\n{name}\n{}", "-".repeat(name.len()))?;
        }
        category = Some(finding.check.category);
        write_finding(out, finding, look)?;
    }
    writeln!(out)
}

fn write_chain(out: &mut impl Write, report: &RecordReport, look: Look) -> fmt::Result {
    for (at, link) in report.chain.iter().enumerate() {
        if at > 0 {
            write!(out, " {} ", link.joint.arrow(look.unicode))?;
        }
        out.write_str(&link.value)?;
    }
    writeln!(out)
}

fn write_finding(out: &mut impl Write, finding: &Finding, look: Look) -> fmt::Result {
    let mark = look.mark(&finding.verdict);
    let title = finding.check.title;
    match &finding.verdict {
        Verdict::Passed => writeln!(out, "{mark} {title}"),
        Verdict::Skipped { reason } => writeln!(out, "{mark} {title} (skipped: {reason})"),
        Verdict::Unknown(unseen) => {
            writeln!(out, "{mark} {title} [{}]", finding.check.id)?;
            writeln!(out, "{INDENT}not seen: {unseen}")
        }
        Verdict::Failed(failure) => {
            let planned = if failure.planned { " (planned)" } else { "" };
            writeln!(out, "{mark} {title} [{}]{planned}", finding.check.id)?;
            write_failure(out, failure)
        }
    }
}

fn write_failure(out: &mut impl Write, failure: &Failure) -> fmt::Result {
    for evidence in &failure.evidence {
        match evidence {
            Evidence::Note(text) => writeln!(out, "{INDENT}{text}")?,
            Evidence::Pair {
                of,
                expected,
                found: Some(found),
            } if expected == found => {
                writeln!(out, "{INDENT}same     {of} `{}`", escape(found))?;
            }
            Evidence::Pair {
                of,
                expected,
                found,
            } => {
                for line in side_by_side(of, expected, found.as_deref()) {
                    writeln!(out, "{INDENT}{line}")?;
                }
            }
        }
    }
    match &failure.fix {
        Some(fix) => writeln!(out, "{INDENT}fix: {fix}"),
        None => Ok(()),
    }
}

/// Writes how it ended, and what was not seen.
///
/// # Errors
///
/// None of its own: those of `out`.
pub fn write_summary(out: &mut impl Write, totals: &Totals, look: Look) -> fmt::Result {
    if totals.records == 0 {
        return writeln!(out, "Nothing was checked: there are no records");
    }
    let mut parts = vec![format!("{} passed", totals.passed)];
    for (count, one, many) in [
        (totals.warnings, "warning", "warnings"),
        (totals.errors, "failed", "failed"),
        (totals.planned, "planned", "planned"),
        (totals.unknown, "unknown", "unknown"),
        (totals.skipped, "skipped", "skipped"),
    ] {
        if count > 0 {
            parts.push(format!("{count} {}", if count == 1 { one } else { many }));
        }
    }
    if totals.failed_upstream > 0 {
        parts.push(format!(
            "{} of {} records failed by an earlier step",
            totals.failed_upstream, totals.records
        ));
    }
    // What was not seen is never said to be fine.
    let mark = match (totals.is_failed, totals.unknown > 0) {
        (true, _) if look.unicode => look.paint("×", Some(AnsiColor::Red)),
        (true, _) => look.paint("x", Some(AnsiColor::Red)),
        (false, true) => look.paint("?", Some(AnsiColor::Yellow)),
        (false, false) if look.unicode => look.paint("√", Some(AnsiColor::Green)),
        (false, false) => look.paint("ok", Some(AnsiColor::Green)),
    };
    writeln!(out, "{}. Status check results are {mark}", parts.join(", "))?;
    if let Some(first) = totals.first.filter(|_| totals.errors + totals.warnings > 1) {
        writeln!(
            out,
            "Mend `{first}` first: the others may be its consequences"
        )?;
    }
    if !totals.unseen.is_empty() {
        writeln!(out, "Not seen:")?;
    }
    for (unseen, checks) in &totals.unseen {
        writeln!(
            out,
            "{INDENT}{unseen} ({checks} {})",
            if *checks == 1 { "check" } else { "checks" }
        )?;
    }
    Ok(())
}
