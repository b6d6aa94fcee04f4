//! The naming convention: what a name says of the project, the environment, the component.

use std::collections::BTreeMap;

use regex::{Regex, RegexBuilder};

/// A convention has a handful of fields.
const FIELDS_MAX: usize = 8;
const TEXT_CHARS_MAX: usize = 128;

/// Words that are an environment wherever they stand.
const ENVIRONMENTS: &str = "dev|qa|stage|staging|uat|prod|production";
/// Words that are an environment if there is none of those: they are also parts of names.
const MAYBE_ENVIRONMENTS: &str = "test|sandbox|demo|lab";

/// A naming convention such as `{project}-{env}-{component}`, ready to read names.
#[derive(Debug, Clone)]
pub struct Convention {
    text: String,
    fields: Vec<String>,
    /// The ways to read a name, the best first.
    readers: Vec<Regex>,
}

/// Why a text is not a naming convention.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}: {help}")]
pub struct BadConvention {
    message: String,
    help: &'static str,
}

impl BadConvention {
    fn new(message: impl Into<String>, help: &'static str) -> Self {
        Self { message: message.into(), help }
    }

    pub fn message(&self) -> &str {
        &self.message
    }

    pub fn help(&self) -> &str {
        self.help
    }
}

/// A piece of a convention.
enum Piece {
    Text(String),
    Field(String),
}

impl Convention {
    pub fn parse(text: &str) -> Result<Self, BadConvention> {
        if text.chars().count() > TEXT_CHARS_MAX {
            return Err(BadConvention::new(
                "this naming convention is too long",
                "write something like \"{project}-{env}-{component}\"",
            ));
        }
        let pieces = pieces(text)?;
        let fields: Vec<String> = pieces
            .iter()
            .filter_map(|piece| match piece {
                Piece::Field(name) => Some(name.clone()),
                Piece::Text(_) => None,
            })
            .collect();
        let mut readers = Vec::new();
        if fields.iter().any(|field| is_environment(field)) {
            readers.push(reader(&pieces, Some(ENVIRONMENTS)));
            readers.push(reader(&pieces, Some(MAYBE_ENVIRONMENTS)));
        }
        readers.push(reader(&pieces, None));
        let readers = readers.into_iter().collect::<Result<_, _>>().map_err(|_| {
            BadConvention::new(
                "this naming convention cannot be read",
                "write something like \"{project}-{env}-{component}\"",
            )
        })?;
        Ok(Self { text: text.to_owned(), fields, readers })
    }

    /// As it was written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The fields, in the order of the convention.
    pub fn fields(&self) -> impl Iterator<Item = &str> {
        self.fields.iter().map(String::as_str)
    }

    /// What the name says, field by field; empty for a name that does not fit.
    pub fn read(&self, name: &str) -> BTreeMap<String, String> {
        let Some(found) = self.readers.iter().find_map(|reader| reader.captures(name)) else {
            return BTreeMap::new();
        };
        self.fields
            .iter()
            .filter_map(|field| Some((field.clone(), found.name(field)?.as_str().to_owned())))
            .collect()
    }

    /// Whether the name says for sure what [`Convention::read`] reads: where the convention has
    /// an environment, the name has a word that is one. `amazon-cloudwatch-agent` has none.
    pub fn is_sure_of(&self, name: &str) -> bool {
        match self.readers.split_last() {
            Some((_, sure)) if !sure.is_empty() => sure.iter().any(|reader| reader.is_match(name)),
            _ => true,
        }
    }
}

fn is_environment(field: &str) -> bool {
    matches!(field, "env" | "environment" | "stage")
}

fn pieces(text: &str) -> Result<Vec<Piece>, BadConvention> {
    let mut pieces: Vec<Piece> = Vec::new();
    let mut names: Vec<&str> = Vec::new();
    let mut rest = text;
    while let Some(open) = rest.find(['{', '}']) {
        let (before, after) = rest.split_at(open);
        let Some((name, after)) = after.strip_prefix('{').and_then(|after| after.split_once('}'))
        else {
            return Err(BadConvention::new(
                "a brace of this naming convention has no partner",
                "write each field as {name}",
            ));
        };
        let well_formed = name.starts_with(|c: char| c.is_ascii_lowercase())
            && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
        if !well_formed {
            return Err(BadConvention::new(
                "a field of this naming convention has no proper name",
                "a field is small letters in braces, such as {project}",
            ));
        }
        if names.contains(&name) {
            return Err(BadConvention::new(
                format!("the field {{{name}}} is there twice"),
                "give each field a name of its own",
            ));
        }
        if before.is_empty() && matches!(pieces.last(), Some(Piece::Field(_))) {
            return Err(BadConvention::new(
                format!("nothing stands between {{{name}}} and the field before it"),
                "put the character between them that names have there, such as -",
            ));
        }
        if !before.is_empty() {
            pieces.push(Piece::Text(before.to_owned()));
        }
        names.push(name);
        pieces.push(Piece::Field(name.to_owned()));
        rest = after;
    }
    if !rest.is_empty() {
        pieces.push(Piece::Text(rest.to_owned()));
    }
    if names.is_empty() || names.len() > FIELDS_MAX {
        return Err(BadConvention::new(
            format!("a naming convention has 1 to {FIELDS_MAX} fields"),
            "write something like \"{project}-{env}-{component}\"",
        ));
    }
    Ok(pieces)
}

/// With `environments`, the first of those words divides the name and the fields around it may
/// have any number of words. Without, each field is one word, and only the project may be more
/// where no environment stands in between.
fn reader(pieces: &[Piece], environments: Option<&str>) -> Result<Regex, regex::Error> {
    let between: String = pieces
        .iter()
        .filter_map(|piece| match piece {
            Piece::Text(text) => Some(text.chars()),
            Piece::Field(_) => None,
        })
        .flatten()
        .filter(|c| !c.is_alphanumeric())
        .map(|c| regex::escape(&c.to_string()))
        .collect();
    let has_environment =
        pieces.iter().any(|piece| matches!(piece, Piece::Field(name) if is_environment(name)));
    let mut pattern = String::from("^");
    for piece in pieces {
        match piece {
            Piece::Text(text) => pattern.push_str(&regex::escape(text)),
            Piece::Field(name) => {
                let value = match environments {
                    Some(words) if is_environment(name) => format!("(?i:{words})"),
                    Some(_) => "[^/:]+?".to_owned(),
                    None if name == "project" && !has_environment => "[^/:]+".to_owned(),
                    None => format!("[^/:{between}]+"),
                };
                pattern.push_str(&format!("(?<{name}>{value})"));
            }
        }
    }
    pattern.push('$');
    RegexBuilder::new(&pattern).size_limit(1 << 20).build()
}

#[cfg(test)]
#[path = "labels_tests.rs"]
mod tests;
