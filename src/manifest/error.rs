//! What is wrong with a manifest: where, what, and what to type instead.

use std::fmt;
use std::ops::Range;

use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};
use serde_saphyr::budget::BudgetBreach;
use serde_saphyr::{Location, UserMessageFormatter};

use crate::report::acts;

/// More than this on one screen helps nobody.
const ISSUES_SHOWN_MAX: usize = 20;
/// Jaro-Winkler likeness below which two words are not a typing error apart: `ec2` and `ecr`.
const LIKENESS_MIN: f64 = 0.85;
/// Longer texts out of the file are cut in messages.
const SHOWN_CHARS_MAX: usize = 80;
/// The reader's own words are shorter, unless they repeat what is in the file.
const PLAIN_CHARS_MAX: usize = 400;
/// Lines of the file that are longer are not drawn: their place is said.
const DRAWN_BYTES_MAX: usize = 2_000;

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issue {
    /// From 1; 0 where the place is not known.
    pub line: u64,
    /// From 1, in characters.
    pub column: u64,
    pub message: String,
    pub help: Option<String>,
    span: Option<Range<usize>>,
}

/// Why a manifest is refused. Displays as the whole message, with the places drawn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ManifestError {
    issues: Vec<Issue>,
    drawn: String,
}

impl ManifestError {
    /// `issues` in any order; at least one.
    pub(super) fn new(source: &str, text: &str, mut issues: Vec<Issue>) -> Self {
        issues.sort_by_key(|issue| (issue.line, issue.column));
        let mut drawn: Vec<String> = issues
            .iter()
            .take(ISSUES_SHOWN_MAX)
            .map(|issue| issue.draw(&printable(source), text))
            .collect();
        if issues.len() > ISSUES_SHOWN_MAX {
            drawn.push(format!("and {} more", issues.len() - ISSUES_SHOWN_MAX));
        }
        Self { issues, drawn: drawn.join("\n\n") }
    }

    /// Everything that was found, in the order of the file.
    pub fn issues(&self) -> &[Issue] {
        &self.issues
    }

    /// The line of the first thing that is wrong, from 1.
    pub fn line(&self) -> u64 {
        self.issues.first().map_or(0, |issue| issue.line)
    }

    /// The column of the first thing that is wrong, from 1.
    pub fn column(&self) -> u64 {
        self.issues.first().map_or(0, |issue| issue.column)
    }
}

impl fmt::Display for ManifestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.drawn)
    }
}

impl std::error::Error for ManifestError {}

impl Issue {
    pub(super) fn at(
        location: &Location,
        message: impl Into<String>,
        help: impl Into<Option<String>>,
    ) -> Self {
        let span = location.span();
        let bytes = span.byte_offset().map(|start| {
            let start = usize::try_from(start).unwrap_or(usize::MAX);
            let len = span.byte_len().and_then(|len| usize::try_from(len).ok()).unwrap_or(0);
            start..start.saturating_add(len)
        });
        Self {
            line: location.line(),
            column: location.column(),
            message: message.into(),
            help: help.into(),
            span: bytes,
        }
    }

    /// An error of the reader of YAML in the same form as ours.
    pub(super) fn of_yaml(error: &serde_saphyr::Error) -> Self {
        use serde_saphyr::Error as Yaml;
        let error = error.without_snippet();
        let location = error.location().unwrap_or(Location::UNKNOWN);
        let (message, help) = match error {
            Yaml::SerdeUnknownField { field, expected, .. } => {
                (format!("unknown key {}", shown(field)), one_of(field, expected, "keys here are"))
            }
            Yaml::SerdeUnknownVariant { variant, expected, .. } => (
                format!("{} is not known here", shown(variant)),
                one_of(variant, expected, "write"),
            ),
            Yaml::SerdeMissingField { field, .. } => {
                (format!("`{field}` is missing"), missing(field))
            }
            Yaml::DuplicateMappingKey { key, .. } => (
                match key {
                    Some(key) => format!("the key {} is there twice", shown(key)),
                    None => "a key is there twice".to_owned(),
                },
                Some("leave one of them out, or make a list of both".to_owned()),
            ),
            Yaml::NullIntoString { .. } => (
                "a value is missing".to_owned(),
                Some("write the value, or leave the key out".to_owned()),
            ),
            Yaml::MultipleDocuments { .. }
            | Yaml::Budget { breach: BudgetBreach::Documents { .. }, .. } => (
                "a second document begins here".to_owned(),
                Some("one file is one manifest: take out the line `---`".to_owned()),
            ),
            Yaml::Eof { .. } => (
                "the manifest ends too early, or is empty".to_owned(),
                Some("start from one of those in the folder manifests".to_owned()),
            ),
            Yaml::Budget { .. }
            | Yaml::AliasReplayLimitExceeded { .. }
            | Yaml::AliasExpansionLimitExceeded { .. }
            | Yaml::AliasReplayStackDepthExceeded { .. } => (
                "the manifest is nested too deeply, or repeats too much".to_owned(),
                Some("write it out flat, with few anchors".to_owned()),
            ),
            Yaml::Unexpected { expected, .. } if expected.contains("sequence") => (
                "a list is wanted here".to_owned(),
                Some("write [one, two], or lines that begin with `-`".to_owned()),
            ),
            Yaml::Unexpected { expected, .. } if expected.contains("mapping") => (
                "a map is wanted here".to_owned(),
                Some("write { key: value }, or lines of `key: value`".to_owned()),
            ),
            Yaml::InvalidScalar { ty, .. } => (
                match *ty {
                    "u8" | "u32" => "a whole number, 0 or more, is wanted here".to_owned(),
                    "i64" => "a whole number is wanted here".to_owned(),
                    "f64" => "a number is wanted here".to_owned(),
                    "bool" => "`true` or `false` is wanted here".to_owned(),
                    other => format!("this cannot be read as {other}"),
                },
                None,
            ),
            other => (
                plain(other),
                Some(
                    "`dismantle schema` prints what an editor needs to check this file".to_owned(),
                ),
            ),
        };
        Self::at(&location, message, help)
    }

    fn draw(&self, source: &str, text: &str) -> String {
        let level = Level::ERROR;
        let help = self.help.as_ref().map(|help| Level::HELP.message(help.as_str()));
        let group = level.primary_title(self.message.as_str());
        let Some((first_line, excerpt, span)) = self.excerpt(text) else {
            let place = if self.line == 0 {
                format!("  --> {source}")
            } else {
                format!("  --> {source}:{}:{}", self.line, self.column)
            };
            let report = [group.elements(help)];
            return format!("{}\n{place}", Renderer::plain().render(&report));
        };
        let snippet = Snippet::source(excerpt)
            .line_start(first_line)
            .path(source)
            .annotation(AnnotationKind::Primary.span(span));
        let report = [group.element(snippet).elements(help)];
        Renderer::plain().render(&report)
    }

    /// The lines around the place, the number of their first one, and the place in them.
    fn excerpt(&self, text: &str) -> Option<(usize, String, Range<usize>)> {
        let line = usize::try_from(self.line).ok().filter(|line| *line > 0)?;
        let span = self.span.clone().or_else(|| {
            let start = byte_offset(text, line, usize::try_from(self.column).ok()?)?;
            Some(start..start)
        })?;
        if span.start > text.len() || !text.is_char_boundary(span.start) {
            return None;
        }
        let begins = text[..span.start].rfind('\n').map_or(0, |at| at + 1);
        let ends = text[span.start..].find('\n').map_or(text.len(), |at| span.start + at);
        // What goes on over several lines is pointed at on its first one.
        let mut stop = span.end.clamp(span.start, ends);
        while !text.is_char_boundary(stop) {
            stop -= 1;
        }
        let before =
            begins.checked_sub(1).map(|end| text[..end].rfind('\n').map_or(0, |at| at + 1));
        if ends - begins > DRAWN_BYTES_MAX {
            return None;
        }
        let before = before.filter(|from| begins - from <= DRAWN_BYTES_MAX);
        let (from, first_line) = match before {
            Some(from) => (from, line.saturating_sub(1)),
            None => (begins, line),
        };
        let [before, inside, after] =
            [from..span.start, span.start..stop, stop..ends].map(|part| drawable(&text[part]));
        let place = before.len()..before.len() + inside.len();
        Some((first_line, before + &inside + &after, place))
    }
}

/// Where that line and column is, both from 1; the column in characters.
fn byte_offset(text: &str, line: usize, column: usize) -> Option<usize> {
    let begins = match line.checked_sub(2) {
        None => 0,
        Some(nth) => text.match_indices('\n').nth(nth)?.0 + 1,
    };
    let rest = text[begins..].split('\n').next().unwrap_or_default();
    let within = rest.char_indices().nth(column.saturating_sub(1));
    Some(begins + within.map_or(rest.len(), |(at, _)| at))
}

/// The reader's own words, without the place, which is drawn.
fn plain(error: &serde_saphyr::Error) -> String {
    let text = error.render_with_formatter(&UserMessageFormatter);
    let text = text.lines().next().unwrap_or_default();
    let end = text.rfind(" at line ").unwrap_or(text.len());
    let cut: String = text[..end].chars().take(PLAIN_CHARS_MAX).collect();
    printable(&cut)
}

fn missing(field: &str) -> Option<String> {
    let example = match field {
        "version" => "version: 1",
        "name" => "name: my-lab-dev",
        "accounts" => "accounts: [\"123456789012\"]",
        "regions" => "regions: [us-east-1]",
        "match" => "match: [{ prefix: my-lab-dev }]",
        "kind" => "in: { kind: eks:cluster, name: my-cluster }",
        _ => return None,
    };
    Some(format!("add it, such as `{example}`"))
}

fn one_of(word: &str, expected: &[&'static str], says: &str) -> Option<String> {
    if expected.is_empty() {
        return None;
    }
    let all = format!("{says} {}", listed(expected.iter().copied()));
    Some(match closest(word, expected.iter().copied()) {
        Some(near) => format!("did you mean `{near}`? The {all}").replace("The write", "Write"),
        None => all,
    })
}

/// `a`, `b` and `c`, in backticks.
pub(super) fn listed<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    let words: Vec<String> = words.into_iter().map(|word| format!("`{word}`")).collect();
    words.join(", ")
}

/// The one of `words` that was probably meant.
pub(super) fn closest<'a>(word: &str, words: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // A long text is no typing error, and the measure is quadratic.
    if word.chars().count() > SHOWN_CHARS_MAX {
        return None;
    }
    let word = word.to_lowercase();
    words
        .into_iter()
        .map(|near| (strsim::jaro_winkler(&word, near), near))
        .filter(|(likeness, _)| *likeness >= LIKENESS_MIN)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, near)| near)
}

/// A text out of the file, for a message: in backticks, cut, nothing that moves a terminal.
pub(super) fn shown(text: &str) -> String {
    let mut cut: String = text.chars().take(SHOWN_CHARS_MAX).collect();
    if cut.len() < text.len() {
        cut.push('…');
    }
    format!("`{}`", printable(&cut))
}

/// As [`printable`], but each character stays one character, so that columns stay.
fn drawable(text: &str) -> String {
    let draw = |c: char| if c != '\n' && c != '\t' && acts(c) { '\u{fffd}' } else { c };
    text.chars().map(draw).collect()
}

/// Without what moves a terminal or turns its direction of writing.
pub(super) fn printable(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if acts(c) {
            out.extend(c.escape_unicode());
        } else {
            out.push(c);
        }
    }
    out
}
