//! Checks one selector, and that it does not take more than its writer can have meant.

use std::collections::BTreeSet;

use serde_saphyr::{Location, Spanned};

use super::check::Checker;
use super::error::{closest, listed, shown};
use super::raw::{Entries, RawIn, RawScalar, RawScalars, RawSelector};
use super::{Age, By, In, KindPattern, List, Selector, Stop, Where, pattern};
use crate::resource::{Kind, KindFacts, Removable};

/// Shorter beginnings are shared by too much.
const PREFIX_CHARS_MIN: usize = 3;

/// The way out of a selector that is too wide.
const NARROW: &str = "add one of `name`, `prefix`, `glob`, `regex`, `tags`, `where` or `in`";

impl Checker<'_> {
    /// The selector, if what it says can be read; an issue for all that is wrong with it.
    pub fn selector(&mut self, raw: Spanned<RawSelector>, list: List) -> Option<Selector> {
        let at = raw.referenced;
        let raw = raw.value;
        self.breadth(&raw, &at, list);
        let kind = self.kind_pattern(raw.kind.as_ref());
        let by = self.by(&raw);
        let tags = self.tags(raw.tags);
        let older_than = raw.older_than.map(|age| self.age(&age));
        let newer_than = raw.newer_than.map(|age| self.age(&age));
        if let (Some(Some(older)), Some(Some(newer))) = (&older_than, &newer_than)
            && older.length >= newer.length
        {
            self.wrong(
                &at,
                "nothing is both that old and that new",
                Some("`older_than` is the shorter of the two".to_owned()),
            );
        }
        let covered = self.covered(kind.as_ref());
        let where_ = raw.where_.map(|where_| self.where_(where_, kind.as_ref(), &covered));
        let in_ = raw.in_.map(|in_| self.in_(in_, kind.as_ref()));
        let action = raw.action.map(|action| {
            if list == List::Keep {
                let help = Some("leave it out, or move the selector to `match`".to_owned());
                self.wrong(&action.referenced, "what is kept is not stopped", help);
            } else if !covered.is_empty() && !covered.iter().any(|facts| facts.can_stop) {
                let can: Vec<&str> = self
                    .catalog
                    .kinds()
                    .filter(|facts| facts.can_stop)
                    .map(|facts| facts.kind.as_str())
                    .collect();
                let message = match &kind {
                    Some(KindPattern::One(kind)) => format!("{kind} cannot be stopped"),
                    _ => "nothing of these kinds can be stopped".to_owned(),
                };
                let help = format!("leave it out; what can be stopped: {}", listed(can));
                self.wrong(&action.referenced, message, Some(help));
            }
            Stop
        });
        if list == List::Match
            && !covered.is_empty()
            && covered.iter().all(|facts| facts.removable == Removable::ReadOnly)
        {
            self.wrong(
                raw.kind.as_ref().map_or(&at, |kind| &kind.referenced),
                "this is read for what it uses, and never removed",
                Some("leave this selector out".to_owned()),
            );
        }
        Some(Selector {
            list,
            kind: kind?,
            by: by?,
            tags,
            older_than: optional(older_than)?,
            newer_than: optional(newer_than)?,
            where_: where_.unwrap_or_default(),
            in_: optional(in_)?,
            action,
            line: at.line(),
        })
    }

    /// Refuses what says nothing, or takes all of an account.
    fn breadth(&mut self, raw: &RawSelector, at: &Location, list: List) {
        let by = [
            ("name", &raw.name),
            ("prefix", &raw.prefix),
            ("glob", &raw.glob),
            ("regex", &raw.regex),
        ];
        let given: Vec<(&str, &Spanned<String>)> =
            by.into_iter().filter_map(|(key, text)| Some((key, text.as_ref()?))).collect();
        if let [_, second, ..] = given.as_slice() {
            self.wrong(
                &second.1.referenced,
                format!(
                    "one selector has both {}",
                    given
                        .iter()
                        .map(|(key, _)| format!("`{key}`"))
                        .collect::<Vec<_>>()
                        .join(" and ")
                ),
                Some("leave one, or write two selectors".to_owned()),
            );
        }
        let picks =
            !given.is_empty() || raw.tags.is_some() || raw.where_.is_some() || raw.in_.is_some();
        let ages = raw.older_than.is_some() || raw.newer_than.is_some();
        let every_kind =
            raw.kind.as_ref().is_none_or(|kind| kind.value == "*" || kind.value == "*:*");
        if picks {
            return;
        }
        match (list, &raw.kind) {
            (List::Match, Some(kind)) if !every_kind && !ages => self.wrong(
                at,
                format!("this takes every {} of the account", shown(&kind.value)),
                Some(NARROW.to_owned()),
            ),
            (List::Match, _) if every_kind && ages => self.wrong(
                at,
                "an age alone takes every resource of the account that has it",
                Some(format!("add `kind`, or {NARROW}").replace("or add", "or")),
            ),
            (List::Match, _) if every_kind => self.wrong(
                at,
                "this selector says nothing, so it would take the whole account",
                Some(NARROW.to_owned()),
            ),
            (List::Keep, None) if !ages && raw.action.is_none() => self.wrong(
                at,
                "this selector says nothing, so it would keep everything",
                Some(format!("{NARROW}, or `kind`, or `newer_than`; or leave it out")),
            ),
            _ => {}
        }
    }

    fn kind_pattern(&mut self, raw: Option<&Spanned<String>>) -> Option<KindPattern> {
        let Some(raw) = raw else { return Some(KindPattern::Any) };
        let text = raw.value.trim();
        let read = if text == "*" || text == "*:*" {
            Ok(KindPattern::Any)
        } else if pattern::is_kind_glob(text) {
            pattern::kinds(text, self.catalog)
                .map(|kinds| KindPattern::Glob { text: text.to_owned(), kinds })
        } else {
            pattern::kind(text, self.catalog).map(KindPattern::One)
        };
        self.ok(&raw.referenced, read)
    }

    /// What is known of the kinds that the selector is about; nothing of an unknown one.
    fn covered(&self, kind: Option<&KindPattern>) -> Vec<KindFacts> {
        let Some(kind) = kind else { return Vec::new() };
        self.catalog.kinds().filter(|facts| kind.covers(facts.kind)).copied().collect()
    }

    fn by(&mut self, raw: &RawSelector) -> Option<By> {
        if let Some(name) = &raw.name {
            let text = name.value.trim();
            if text.is_empty() {
                self.wrong(&name.referenced, "an empty name is nothing's", None);
            } else if text.contains(['*', '?']) {
                self.wrong(
                    &name.referenced,
                    format!("{} is a pattern, and `name` is the whole name", shown(text)),
                    Some(format!("write `glob: \"{}\"`", shown(text).trim_matches('`'))),
                );
            }
            return Some(By::Name(text.to_owned()));
        }
        if let Some(prefix) = &raw.prefix {
            let text = prefix.value.as_str();
            if text.trim().chars().count() < PREFIX_CHARS_MIN {
                self.wrong(
                    &prefix.referenced,
                    format!("the prefix {} is shorter than three characters", shown(text)),
                    Some("write more of the name that the lab's things have in common".to_owned()),
                );
            } else if text.contains(['*', '?']) {
                self.wrong(
                    &prefix.referenced,
                    format!("{} is a pattern, and `prefix` is a text", shown(text)),
                    Some("take the `*` out, or write `glob` for `prefix`".to_owned()),
                );
            } else if !text.chars().any(char::is_alphanumeric) {
                self.wrong(
                    &prefix.referenced,
                    format!("the prefix {} has no letter and no digit", shown(text)),
                    Some("write more of the name that the lab's things have in common".to_owned()),
                );
            }
            return Some(By::Prefix(text.to_owned()));
        }
        if let Some(glob) = &raw.glob {
            let read = pattern::glob(&glob.value);
            return self.ok(&glob.referenced, read).map(By::Glob);
        }
        if let Some(regex) = &raw.regex {
            let read = pattern::regex(&regex.value);
            return self.ok(&regex.referenced, read).map(By::Regex);
        }
        Some(By::Any)
    }

    fn age(&mut self, raw: &Spanned<String>) -> Option<Age> {
        let length = self.ok(&raw.referenced, pattern::age(&raw.value))?;
        Some(Age { text: raw.value.trim().to_owned(), length })
    }

    fn where_(
        &mut self,
        raw: Spanned<Entries<Spanned<RawScalars>>>,
        kind: Option<&KindPattern>,
        covered: &[KindFacts],
    ) -> Vec<Where> {
        if raw.value.0.is_empty() {
            self.wrong(
                &raw.referenced,
                "`where` is empty",
                Some("write a state, such as { status: Failed }, or leave it out".to_owned()),
            );
        }
        let mut all = Vec::new();
        for (key, values) in raw.value.0 {
            let knowing: Vec<&KindFacts> = covered
                .iter()
                .filter(|facts| facts.where_keys.iter().any(|known| known.name == key.value))
                .collect();
            if knowing.is_empty() && !covered.is_empty() {
                self.wrong_where_key(&key, kind, covered);
            }
            let parts_of: BTreeSet<Kind> = knowing
                .iter()
                .filter(|facts| {
                    facts.where_keys.iter().any(|known| known.name == key.value && known.parts)
                })
                .map(|facts| facts.kind)
                .collect();
            let mut texts = BTreeSet::new();
            for value in values.value.0 {
                match value {
                    RawScalar::Text(text) => {
                        if let Some(help) = wrong_value(&text, &key.value, &knowing) {
                            let message = format!("{} is no {} of that", shown(&text), key.value);
                            self.wrong(&values.referenced, message, Some(help));
                        }
                        texts.insert(text);
                    }
                    RawScalar::Bool(flag) => {
                        // YAML reads a bare Off as false.
                        let off = !flag && values_of(&key.value, &knowing).contains(&"Off");
                        texts.insert(if off { "Off".to_owned() } else { flag.to_string() });
                    }
                    RawScalar::Integer(number) => {
                        texts.insert(number.to_string());
                    }
                    RawScalar::Float => self.wrong(
                        &values.referenced,
                        "a number with a point is read in more than one way",
                        Some("put it in quotes".to_owned()),
                    ),
                }
            }
            all.push(Where { key: key.value, values: texts, parts_of });
        }
        all
    }

    fn wrong_where_key(
        &mut self,
        key: &Spanned<String>,
        kind: Option<&KindPattern>,
        covered: &[KindFacts],
    ) {
        let of = match kind {
            Some(KindPattern::One(kind)) => kind.to_string(),
            Some(KindPattern::Glob { text, .. }) => text.clone(),
            _ => "any kind".to_owned(),
        };
        let mut known: Vec<(&str, &str)> = covered
            .iter()
            .flat_map(|facts| facts.where_keys)
            .map(|known| (known.name, known.says))
            .collect();
        known.sort_unstable();
        known.dedup_by_key(|(name, _)| *name);
        let near = closest(&key.value, known.iter().map(|(name, _)| *name));
        let keys: Vec<String> =
            known.iter().map(|(name, says)| format!("`{name}` ({says})")).collect();
        let mut help = match near {
            Some(near) => format!("did you mean `{near}`? "),
            None => String::new(),
        };
        if keys.is_empty() {
            help.push_str("leave `where` out: nothing of its state can be asked");
        } else {
            help.push_str(&format!("What can be asked: {}", keys.join(", ")));
        }
        let message = format!("`where` does not know {} of {of}", shown(&key.value));
        self.wrong(&key.referenced, message, Some(help));
    }

    fn in_(&mut self, raw: Spanned<RawIn>, kind: Option<&KindPattern>) -> Option<In> {
        let name = raw.value.name.value.trim().to_owned();
        if name.is_empty() {
            self.wrong(&raw.value.name.referenced, "an empty name is nothing's", None);
        }
        let parent = pattern::kind(raw.value.kind.value.trim(), self.catalog);
        let parent = self.ok(&raw.value.kind.referenced, parent)?;
        let holds = |holder: Kind| {
            let parent = self.catalog.get(holder).and_then(|facts| facts.parent);
            self.catalog.kinds().any(|facts| {
                let beside = facts.parent.is_some() && facts.parent == parent;
                facts.parent == Some(holder) || (beside && facts.can_use.contains(&holder))
            })
        };
        if !holds(parent) {
            let message = format!("nothing lives in {parent}");
            self.wrong(&raw.value.kind.referenced, message, Some("leave `in` out".to_owned()));
        }
        if let Some(KindPattern::One(kind)) = kind
            && self.catalog.get(*kind).is_some_and(|facts| facts.parent.is_none())
        {
            self.wrong(
                &raw.referenced,
                format!("{kind} does not live in another resource"),
                Some("leave `in` out".to_owned()),
            );
        }
        Some(In { kind: parent, name })
    }
}

/// The values that a key of `where` is said to have; empty where they are told in prose.
fn values_of(key: &str, knowing: &[&KindFacts]) -> Vec<&'static str> {
    let words: Vec<&'static str> = knowing
        .iter()
        .flat_map(|facts| facts.where_keys)
        .filter(|known| known.name == key)
        .flat_map(|known| known.says.split(", "))
        .collect();
    match words.iter().any(|word| word.contains(' ')) {
        true => Vec::new(),
        false => words,
    }
}

/// What to write instead of a value that no kind has. Where AWS has more values than are listed
/// (the list ends in `…`), only another spelling of a listed one is surely wrong.
fn wrong_value(value: &str, key: &str, knowing: &[&KindFacts]) -> Option<String> {
    let words = values_of(key, knowing);
    let open = words.iter().any(|word| word.ends_with('…'));
    let words: Vec<&str> = words.iter().map(|word| word.trim_end_matches('…')).collect();
    if words.is_empty() || words.contains(&value) {
        return None;
    }
    if let Some(meant) = words.iter().find(|word| word.eq_ignore_ascii_case(value)) {
        return Some(format!("did you mean `{meant}`?"));
    }
    let near = closest(value, words.iter().copied());
    match (open, near) {
        (true, _) => None,
        (false, Some(near)) => Some(format!("did you mean `{near}`?")),
        (false, None) => Some(format!("it is one of {}", words.join(", "))),
    }
}

/// Nothing given is nothing; given and wrong is no selector.
fn optional<T>(given: Option<Option<T>>) -> Option<Option<T>> {
    match given {
        None => Some(None),
        Some(read) => read.map(Some),
    }
}
