//! Keys of objects as S3 writes them in its lists.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;

/// A key as it is, from a list that was asked for with `EncodingType=url`: S3 writes a space as
/// `+` there and a plus as `%2B`.
pub fn decoded(key: &str, url: bool) -> String {
    if !url {
        return key.to_owned();
    }
    let spaced: Cow<'_, str> =
        if key.contains('+') { Cow::Owned(key.replace('+', " ")) } else { Cow::Borrowed(key) };
    percent_decode_str(&spaced).decode_utf8_lossy().into_owned()
}

/// Whether a key can be written in XML 1.0, which `DeleteObjects` is asked in. Others are
/// deleted one by one, by URL.
pub fn fits_xml(key: &str) -> bool {
    key.chars().all(|c| c >= ' ' && !matches!(c, '\u{FFFE}' | '\u{FFFF}'))
}

/// Finds a marker that repeats itself, however long the round, and remembers only one of them
/// (Brent's cycle detection).
#[derive(Debug, Default)]
pub struct Rounds<T> {
    kept: Option<T>,
    steps: u64,
    next_kept_at: u64,
}

impl<T: PartialEq + Clone> Rounds<T> {
    /// Whether this marker was seen before.
    pub fn repeats(&mut self, marker: &T) -> bool {
        if self.kept.as_ref() == Some(marker) {
            return true;
        }
        self.steps += 1;
        if self.steps >= self.next_kept_at {
            self.kept = Some(marker.clone());
            self.next_kept_at = self.steps.saturating_mul(2);
        }
        false
    }
}

/// A part of the key space: keys after `after`, up to and without `before`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Range {
    pub after: Option<String>,
    pub before: Option<String>,
}

impl Range {
    pub fn ends_before(&self, key: &str) -> bool {
        self.before.as_deref().is_some_and(|before| key >= before)
    }
}

/// Cuts the whole key space at the given common prefixes (all end with `/`).
pub fn ranges(cuts: &std::collections::BTreeSet<String>, parts_max: usize) -> Vec<Range> {
    let step = cuts.len().div_ceil(parts_max.max(1)).max(1);
    let mut ranges = vec![Range::default()];
    for cut in cuts.iter().step_by(step) {
        // A list starts *after* its marker, and `cut` can be a key itself: start a hair earlier.
        // `.` is the byte before `/`; what lies between is only listed twice.
        let Some(stem) = cut.strip_suffix('/') else { continue };
        if let Some(last) = ranges.last_mut() {
            last.before = Some(cut.clone());
        }
        ranges.push(Range { after: Some(format!("{stem}.~~~~")), before: None });
    }
    ranges
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_come_back_as_they_were() {
        for (written, key) in [
            ("a%2Bb+c", "a+b c"),
            ("caf%C3%A9/%01", "café/\u{1}"),
            ("100%25", "100%"),
            ("plain/key", "plain/key"),
        ] {
            assert_eq!(decoded(written, true), key);
            assert_eq!(decoded(written, false), written);
        }
        assert!(fits_xml("caf\u{e9} <&>"));
        assert!(!fits_xml("a\u{1}b") && !fits_xml("a\rb"));
    }

    #[test]
    fn a_round_of_any_length_is_found() {
        for length in 1..40u32 {
            let mut rounds = Rounds::default();
            let mut markers = (0..7).chain((0..).map(|i| 7 + i % length));
            assert!(markers.by_ref().take(500).any(|marker| rounds.repeats(&marker)), "{length}");
        }
        let mut rounds = Rounds::default();
        assert!(!(0..10_000u32).any(|marker| rounds.repeats(&marker)));
    }

    #[test]
    fn every_key_is_in_a_range() {
        let cuts = ["a/", "a/b/", "c/", "d.e/"].map(str::to_owned).into();
        for parts in 1..6 {
            let ranges = ranges(&cuts, parts);
            for key in ["", "a", "a/", "a/b/", "a/b/c", "b", "c.", "c/", "d.e/", "d/", "z", "é"] {
                let inside = |range: &Range| {
                    range.after.as_deref().is_none_or(|after| key > after)
                        && !range.ends_before(key)
                };
                assert!(ranges.iter().any(inside), "{key:?} in {ranges:?}");
            }
        }
    }
}
