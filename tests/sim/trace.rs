//! A story as text: every call and every line of the journal, in order, with their times.
//!
//! The same seed gives the same text, byte for byte. Left out is what is not the seed's: records
//! of resources, which hold whatever the emulator made up, and the ids that an SDK draws.

use dismantle::journal::Entry;
use dismantle::sandbox::{ACCESS_KEY_ID, Call};

use crate::witness::Written;

pub fn text(calls: &[Call], lines: &[Written]) -> String {
    let mut out = String::new();
    let mut next = lines.iter().peekable();
    for call in calls {
        while let Some(line) = next.next_if(|line| line.after_calls < call.number) {
            out.push_str(&of_line(line));
        }
        out.push_str(&of_call(call));
    }
    next.map(of_line).for_each(|line| out.push_str(&line));
    out
}

fn of_call(call: &Call) -> String {
    let by = if call.access_key == ACCESS_KEY_ID { "" } else { " (by hand)" };
    let number = |status: Option<u16>| status.map_or("-".to_owned(), |status| status.to_string());
    format!(
        "{} {}{by} {} {} {} effect {} status {} {} {:?}\n",
        call.number,
        call.at,
        call.service.as_str(),
        call.operation,
        call.region,
        number(call.effect),
        number(call.status),
        call.fault.unwrap_or("-"),
        call.words,
    )
}

fn of_line(line: &Written) -> String {
    let said = match &line.entry {
        Entry::Record(resource) => format!("record of {}", resource.id),
        entry => serde_json::to_string(entry).unwrap_or_default(),
    };
    format!("  life {} {} {said}\n", line.life, line.at)
}

/// The first place where two traces differ.
pub fn difference(one: &str, other: &str) -> Option<String> {
    let mut pairs = one.lines().zip(other.lines()).enumerate();
    match pairs.find(|(_, (a, b))| a != b) {
        Some((at, (a, b))) => Some(format!("line {}:\n{a}\n{b}", at + 1)),
        None if one == other => None,
        None => Some(format!("{} bytes, and {}", one.len(), other.len())),
    }
}
