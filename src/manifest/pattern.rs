//! Reads the small languages inside a selector: kinds, globs, regexes, ages.

use std::collections::BTreeSet;

use globset::{GlobBuilder, GlobMatcher};
use jiff::{SignedDuration, Span, SpanRelativeTo};
use regex::{Regex, RegexBuilder};

use super::error::{closest, listed, shown};
use crate::resource::{Catalog, Kind};

/// A regex of this size, compiled, is no naming convention.
const REGEX_BYTES_MAX: usize = 1 << 20;
/// AWS's longest names are log groups', with 512 characters.
const PATTERN_CHARS_MAX: usize = 1024;

/// What is wrong, and what to type instead.
pub(super) type Wrong = (String, Option<String>);

/// Names that nobody gives, in the shapes that AWS's names have. A pattern that takes a whole
/// shape takes everything of it, however it is spelled.
const PROBES: [&[&str]; 5] = [
    &["qzx7-kvw2-9jd", "wjp-x8", "vkq3-hzt-4mx-u", "9fy-zzk-q", "j-3q", "xkcq-w7-zvj-pf-8"],
    &["Qzx7Kvw9", "wJP_x8q", "Vkq3Hzt4", "zzKfY", "J3", "xKcqW7_zVjPf_8s"],
    &["/qzx7/kvw2", "/wjp/x8/vk-q3", "/Hzt4/mx", "/9fy/zz/kq/w", "/j/3q", "/xkcq"],
    &["qzx7/kvw2", "wjp/x8-vk", "hzt4/mx/u7", "j9/fy_zz", "vkq/3", "xkcq-w7/zvj"],
    &[
        "7d1f0c5e-93ab-4e62-8b1d-f2c40a6e9d37",
        "e0b8a2c4-1f6d-47e9-a35c-9d82b7f0146e",
        "3c9e57d0-b2a8-4f14-96ed-08a7c1f5b62d",
        "a61d84f2-07ce-4b39-b5f8-e3902d7c4a1b",
        "d95b3e60-f4c7-4a82-8e01-6b7fd2a9c538",
        "05f7c2a9-8e3b-4d60-97ba-1cd4e86f0b72",
    ],
];

fn takes_everything(takes: impl Fn(&str) -> bool) -> bool {
    PROBES.iter().any(|shape| shape.iter().all(|name| takes(name)))
}

fn too_wide(what: &str, text: &str) -> Wrong {
    (
        format!("the {what} {} takes every name, or nearly", shown(text)),
        Some("name what is yours in it, or leave it out where `kind`, `tags`, `where` or `in` say enough".to_owned()),
    )
}

fn too_long(what: &str) -> Wrong {
    (format!("this {what} is longer than {PATTERN_CHARS_MAX} characters"), None)
}

/// A glob over a whole name. `*` stops at `/`.
pub(super) fn glob(text: &str) -> Result<GlobMatcher, Wrong> {
    if text.is_empty() {
        return Err(("an empty glob matches nothing".to_owned(), None));
    }
    if text.chars().count() > PATTERN_CHARS_MAX {
        return Err(too_long("glob"));
    }
    let glob = GlobBuilder::new(text)
        .literal_separator(true)
        .backslash_escape(true)
        .build()
        .map_err(|error| {
            let why = error.kind().to_string();
            (
                format!("the glob {} cannot be read: {why}", shown(text)),
                Some("close every [ and {, or write \\[ for the character itself".to_owned()),
            )
        })?
        .compile_matcher();
    if takes_everything(|name| glob.is_match(name)) {
        return Err(too_wide("glob", text));
    }
    Ok(glob)
}

/// A regex that may be found anywhere in a name.
pub(super) fn regex(text: &str) -> Result<Regex, Wrong> {
    if text.chars().count() > PATTERN_CHARS_MAX {
        return Err(too_long("regex"));
    }
    let regex = RegexBuilder::new(text).size_limit(REGEX_BYTES_MAX).build().map_err(|error| {
        // The last line of the message says what; those above draw the place, as we do.
        let why = error.to_string();
        let why = why.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned();
        (
            format!("the regex {} does not compile: {why}", shown(text)),
            Some("write \\ before a character that stands for itself; look-around and back-references are not known".to_owned()),
        )
    })?;
    if takes_everything(|name| regex.is_match(name)) {
        return Err(too_wide("regex", text));
    }
    Ok(regex)
}

/// An age such as `2h`, `7d`, `1w`; a day is 24 hours.
pub(super) fn age(text: &str) -> Result<SignedDuration, Wrong> {
    let help = || Some("write a number and a unit: `30m`, `2h`, `7d`, `1w`".to_owned());
    let unreadable = || (format!("{} is not an age", shown(text)), help());
    if text.chars().count() > PATTERN_CHARS_MAX {
        return Err(unreadable());
    }
    let span: Span = text.trim().parse().map_err(|_| unreadable())?;
    if span.get_years() != 0 || span.get_months() != 0 {
        return Err((
            format!("{} has no fixed length", shown(text)),
            Some("write it in days or weeks: `30d`, `52w`".to_owned()),
        ));
    }
    let length = span.to_duration(SpanRelativeTo::days_are_24_hours()).map_err(|_| unreadable())?;
    if length <= SignedDuration::ZERO {
        return Err((format!("{} is no time at all", shown(text)), help()));
    }
    Ok(length)
}

/// Whether `text` is a pattern rather than one kind.
pub(super) fn is_kind_glob(text: &str) -> bool {
    text.contains(['*', '?', '[', '{'])
}

/// One kind of the catalog.
pub(super) fn kind(text: &str, catalog: &Catalog) -> Result<Kind, Wrong> {
    // Not interned before it is known: a hostile file has no part in the table of names.
    catalog
        .kinds()
        .map(|facts| facts.kind)
        .find(|kind| kind.as_str() == text)
        .ok_or_else(|| unknown_kind(text, catalog))
}

/// The kinds of the catalog that a pattern such as `sagemaker:*` stands for.
pub(super) fn kinds(text: &str, catalog: &Catalog) -> Result<BTreeSet<Kind>, Wrong> {
    if text.chars().count() > PATTERN_CHARS_MAX {
        return Err(too_long("kind"));
    }
    let glob = GlobBuilder::new(text).literal_separator(true).build().map_err(|error| {
        (
            format!("the kind {} cannot be read: {}", shown(text), error.kind()),
            Some(
                "write one kind, such as `iam:role`, or a service, such as `sagemaker:*`"
                    .to_owned(),
            ),
        )
    })?;
    let glob = glob.compile_matcher();
    let kinds: BTreeSet<Kind> = catalog
        .kinds()
        .map(|facts| facts.kind)
        .filter(|kind| glob.is_match(kind.as_str()))
        .collect();
    if kinds.is_empty() {
        return Err(unknown_kind(text, catalog));
    }
    Ok(kinds)
}

fn unknown_kind(text: &str, catalog: &Catalog) -> Wrong {
    let message = format!("unknown kind {}", shown(text));
    let all = || catalog.kinds().map(|facts| facts.kind);
    let services: BTreeSet<&str> = all().map(Kind::service).collect();
    if let Some((service, pattern)) = text.split_once(':')
        && is_kind_glob(pattern)
    {
        let help = match closest(service, services.iter().copied()) {
            Some(near) if near != service => format!("did you mean `{near}:{pattern}`?"),
            _ => format!("services are {}", listed(services)),
        };
        return (message, Some(help));
    }
    // `role` for `iam:role`, `iam-role` and `iam.role` for `iam:role`.
    let respelled = text.replace(['.', '_', '/'], ":").to_lowercase();
    let by_resource: Vec<Kind> = all().filter(|kind| kind.resource() == respelled).collect();
    if let [only] = by_resource.as_slice() {
        return (message, Some(format!("did you mean `{only}`?")));
    }
    if let Some(near) = closest(&respelled, all().map(Kind::as_str)) {
        return (message, Some(format!("did you mean `{near}`?")));
    }
    let of_service: Vec<&str> = match text.split_once(':') {
        Some((service, _)) => {
            all().filter(|kind| kind.service() == service).map(Kind::as_str).collect()
        }
        None => Vec::new(),
    };
    let help = if of_service.is_empty() {
        format!("a kind is written service:resource; services are {}", listed(services))
    } else {
        format!("kinds there are {}", listed(of_service))
    };
    (message, Some(help))
}

#[cfg(test)]
#[path = "pattern_tests.rs"]
mod tests;
