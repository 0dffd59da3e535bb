//! Tables in kubectl's look: capital headers, three spaces between columns, nothing else.

use tabled::builder::Builder;
use tabled::settings::object::Columns;
use tabled::settings::{Alignment, Modify, Padding, Style};
use vwi_core::text::escape;

/// What kubectl shows for a value that is not there.
pub const NONE: &str = "<none>";

/// Returns the table with a line feed at its end; no rows give no text.
pub fn render(headers: &[&str], rows: &[Vec<String>], with_headers: bool) -> String {
    if rows.is_empty() {
        return String::new();
    }
    let mut builder = Builder::default();
    if with_headers {
        builder.push_record(headers.iter().copied());
    }
    for row in rows {
        builder.push_record(row.iter().map(|cell| {
            if cell.is_empty() {
                NONE.to_owned()
            } else {
                escape(cell)
            }
        }));
    }
    let mut table = builder.build();
    table
        .with(Style::empty())
        .with(Padding::new(0, 3, 0, 0))
        .with(Modify::new(Columns::first()).with(Alignment::left()));
    let mut text = String::new();
    for line in table.to_string().lines() {
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_looks_like_kubectls() {
        let rows = [
            vec!["default".to_owned(), "a-long-name".to_owned()],
            vec!["n".to_owned(), String::new()],
        ];
        assert_eq!(
            render(&["NAMESPACE", "NAME"], &rows, true),
            "NAMESPACE   NAME\ndefault     a-long-name\nn           <none>\n"
        );
        assert_eq!(render(&["NAMESPACE"], &[], true), "");
        assert!(!render(&["N"], &[vec!["\u{1b}[2J".to_owned()]], false).contains('\u{1b}'));
    }
}
