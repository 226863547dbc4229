//! Puts figures between two markers of a page, so that none is ever typed by hand.

use std::fs;
use std::path::Path;

use anyhow::Context;

#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum ReadmeError {
    #[error("the line {0} is missing")]
    Missing(String),
    #[error("the line {0} is there more than once")]
    Repeated(String),
    #[error("the end of the figures comes before their beginning")]
    Order,
}

/// Fails where [`write`] would: a page without markers is found out before minutes are spent on its figures.
pub(crate) fn check(page: &Path, name: &str) -> anyhow::Result<()> {
    rewritten(page, name, "").map(drop)
}

/// Puts `figures` between the markers `name` of the page in a file.
pub(crate) fn write(page: &Path, name: &str, figures: &str) -> anyhow::Result<()> {
    let text = rewritten(page, name, figures)?;
    fs::write(page, text).with_context(|| format!("cannot write {}", page.display()))
}

fn rewritten(page: &Path, name: &str, figures: &str) -> anyhow::Result<String> {
    let shown = page.display();
    let text = fs::read_to_string(page).with_context(|| format!("cannot read {shown}"))?;
    rewrite(&text, name, figures).with_context(|| format!("cannot put figures into {shown}"))
}

/// `page` with everything between the lines `<!-- NAME:begin -->` and `<!-- NAME:end -->` replaced by
/// `figures`, and nothing else changed.
fn rewrite(page: &str, name: &str, figures: &str) -> Result<String, ReadmeError> {
    let begin_marker = format!("<!-- {name}:begin -->");
    let begin = line(page, &begin_marker)?;
    let end = line(page, &format!("<!-- {name}:end -->"))?;
    let after_begin = begin + begin_marker.len();
    if end < after_begin {
        return Err(ReadmeError::Order);
    }
    Ok(format!("{}\n{}\n{}", &page[..after_begin], figures.trim_end(), &page[end..]))
}

/// Where the one line that consists of `marker` begins.
fn line(page: &str, marker: &str) -> Result<usize, ReadmeError> {
    let mut begins = 0;
    let mut found = None;
    for line in page.split_inclusive('\n') {
        if line.trim_end() == marker && found.replace(begins).is_some() {
            return Err(ReadmeError::Repeated(marker.to_owned()));
        }
        begins += line.len();
    }
    found.ok_or_else(|| ReadmeError::Missing(marker.to_owned()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    const BEGIN: &str = "<!-- bench:begin -->";
    const END: &str = "<!-- bench:end -->";

    fn rewrite(page: &str, figures: &str) -> Result<String, ReadmeError> {
        super::rewrite(page, "bench", figures)
    }

    #[test]
    fn only_what_is_between_the_markers_changes() {
        let page = "# Title\n<!-- bench:begin -->\nold\nolder\n<!-- bench:end -->\nrest, no newline";
        let once = rewrite(page, "| new |\n").unwrap();
        assert_eq!(once, "# Title\n<!-- bench:begin -->\n| new |\n<!-- bench:end -->\nrest, no newline");
        assert_eq!(rewrite(&once, "| new |\n").unwrap(), once);
        assert_eq!(
            rewrite("<!-- bench:begin -->\n<!-- bench:end -->", "a").unwrap(),
            "<!-- bench:begin -->\na\n<!-- bench:end -->"
        );
    }

    #[test]
    fn a_page_that_only_mentions_the_markers_is_not_rewritten() {
        let mention = "Figures stand between `<!-- bench:begin -->` and `<!-- bench:end -->`.\n";
        assert_eq!(rewrite(mention, "a"), Err(ReadmeError::Missing(BEGIN.to_owned())));
        let both = format!("{mention}<!-- bench:begin -->\n<!-- bench:end -->\n");
        assert_eq!(
            rewrite(&both, "a").unwrap(),
            format!("{mention}<!-- bench:begin -->\na\n<!-- bench:end -->\n")
        );
    }

    #[test]
    fn markers_that_are_missing_repeated_or_turned_round_are_errors() {
        let (begin, end) = (format!("{BEGIN}\n"), format!("{END}\n"));
        assert_eq!(rewrite(&begin, "a"), Err(ReadmeError::Missing(END.to_owned())));
        assert_eq!(
            rewrite(&[begin.as_str(), &end, &end].concat(), "a"),
            Err(ReadmeError::Repeated(END.to_owned()))
        );
        assert_eq!(rewrite(&[end.as_str(), &begin].concat(), "a"), Err(ReadmeError::Order));
    }
}
