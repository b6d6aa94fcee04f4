//! Numbers, times and ids in words.

use std::borrow::Cow;

use jiff::Timestamp;

use crate::resource::{Resource, ResourceId};

/// `1 step`, `12 steps`; thousands apart.
pub(super) fn count(number: usize, one: &str, many: &str) -> String {
    format!("{} {}", thousands(number as u64), if number == 1 { one } else { many })
}

/// `1,234,567`.
pub(crate) fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// An age with the unit that fits: `12 min`, `5 h`, `3 d`, `2 y`.
pub(super) fn age(created: Option<Timestamp>, now: Timestamp) -> String {
    const MINUTE: i64 = 60;
    const HOUR: i64 = 60 * MINUTE;
    const DAY: i64 = 24 * HOUR;
    const YEAR: i64 = 365 * DAY;
    let Some(created) = created else { return String::new() };
    match now.as_second().saturating_sub(created.as_second()) {
        ..MINUTE => "now".to_owned(),
        s @ MINUTE..HOUR => format!("{} min", s / MINUTE),
        s @ HOUR..DAY => format!("{} h", s / HOUR),
        s @ DAY..YEAR => format!("{} d", s / DAY),
        s => format!("{} y", s / YEAR),
    }
}

/// `42 s`, `3 min 12 s`, `1 h 5 min`.
pub(crate) fn seconds(seconds: u64) -> String {
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3600 => format!("{} min {} s", seconds / 60, seconds % 60),
        _ => format!("{} h {} min", seconds / 3600, seconds % 3600 / 60),
    }
}

/// A moment to the minute, in UTC.
pub(super) fn moment(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M UTC").to_string()
}

/// An id as people read it: an ARN without the part that is the same for all.
pub(crate) fn short(id: &str) -> &str {
    match id.starts_with("arn:") {
        true => id.splitn(6, ':').nth(5).filter(|rest| !rest.is_empty()).unwrap_or(id),
        false => id,
    }
}

/// What a person knows a resource by, and its id where the name does not give it away.
pub(super) fn called(resource: &Resource) -> Cow<'_, str> {
    let ResourceId { id, .. } = &resource.id;
    let name = &resource.name;
    if id.contains(name.as_str()) {
        return Cow::Borrowed(if id.starts_with("arn:") { name } else { id });
    }
    match id.starts_with("arn:") {
        true => Cow::Borrowed(name),
        false => Cow::Owned(format!("{name} ({id})")),
    }
}
