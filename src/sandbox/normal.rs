//! winterbaume draws ids and reads the wall clock; the same seed must give the same account.
//!
//! After each call that changes something, ids and times that are new are put in the sandbox's
//! own, in the state and in the answer.

use std::collections::BTreeSet;

use bytes::Bytes;
use jiff::Timestamp;
use serde_json::Value;
use winterbaume_core::MockResponse;

use super::account::Account;
use super::records::{BASE32, HEX, Records, epoch};
use super::route::{Route, Service};

/// Members of winterbaume's states that hold ids drawn by it.
const IDS: [&str; 8] = [
    "role_id",
    "user_id",
    "group_id",
    "policy_id",
    "instance_profile_id",
    "key_id",
    "grant_id",
    "grant_token",
];

/// Members that hold times of the wall clock.
const TIMES: [&str; 5] = ["create_date", "update_date", "creation_date", "created_at", "pushed_at"];

/// Members that a comparison of two worlds leaves out: keys' material.
const SECRETS: [&str; 3] = ["key_material", "public_key_der", "secret_access_key"];

/// What is already the sandbox's own.
#[derive(Debug, Default)]
pub struct Known {
    ids: BTreeSet<String>,
    times: BTreeSet<Timestamp>,
}

/// Makes a call's changes the sandbox's own.
pub async fn settle(account: &Account, route: &Route, mut response: MockResponse) -> MockResponse {
    let kept = matches!(route.service, Service::Iam | Service::Kms | Service::Ecr);
    if !kept || !route.mutates() || response.status >= 300 {
        return response;
    }
    let now = Timestamp::from_millisecond(account.clock.now().as_millisecond());
    let now = now.unwrap_or_default();
    let mut state = account.backends.state(route.service, &route.region).await;
    let mut fresh = Vec::new();
    let changed = {
        let mut known = account.known();
        let timed = times(&mut state, &mut known, now);
        ids(&state, &mut known, &mut account.records(), &mut fresh);
        timed || !fresh.is_empty()
    };
    if !changed {
        return response;
    }
    let mut text = state.to_string();
    let mut body = String::from_utf8_lossy(&response.body).into_owned();
    for (old, new) in &fresh {
        text = text.replace(old, new);
        body = body.replace(old, new);
    }
    if let Ok(state) = serde_json::from_str(&text) {
        account.backends.set_state(route.service, &route.region, state).await;
    }
    response.body = Bytes::from(answered(route.service, body, now));
    response
}

fn text_of<'a>(members: &'a serde_json::Map<String, Value>, name: &str) -> Option<&'a str> {
    members.get(name).and_then(Value::as_str)
}

/// Finds ids that are new and draws others for them.
fn ids(state: &Value, known: &mut Known, records: &mut Records, fresh: &mut Vec<(String, String)>) {
    match state {
        Value::Array(rows) => rows.iter().for_each(|row| ids(row, known, records, fresh)),
        Value::Object(members) => {
            for old in IDS.iter().filter_map(|name| text_of(members, name)) {
                let drawn_here = fresh.iter().any(|(before, _)| before == old);
                // AWS's own policies have ids that hang on their names alone.
                if old.len() < 16
                    || known.ids.contains(old)
                    || drawn_here
                    || old.starts_with("ANPAI")
                {
                    continue;
                }
                let new = like(old, records);
                known.ids.insert(new.clone());
                fresh.push((old.to_owned(), new));
            }
            let mut names: Vec<&String> = members.keys().collect();
            names.sort();
            for name in names {
                ids(&members[name], known, records, fresh);
            }
        }
        _ => {}
    }
}

/// An id of the same form as another.
fn like(old: &str, records: &mut Records) -> String {
    let lower = old.chars().any(|letter| letter.is_ascii_lowercase()) || old.contains('-');
    if !lower {
        let known = ["AROA", "AIDA", "AGPA", "AIPA"];
        let prefix = known.into_iter().find(|prefix| old.starts_with(prefix)).unwrap_or("ANPAZ");
        return format!("{prefix}{}", records.draw(BASE32, 21 - prefix.len()));
    }
    let plain = old.strip_prefix("mrk-");
    let draw = |letter: char| match letter {
        '-' => "-".to_owned(),
        _ => records.draw(HEX, 1),
    };
    let rest: String = plain.unwrap_or(old).chars().map(draw).collect();
    if plain.is_some() { format!("mrk-{rest}") } else { rest }
}

/// Puts new times in the sandbox's. Says whether there were any.
fn times(state: &mut Value, known: &mut Known, now: Timestamp) -> bool {
    match state {
        Value::Array(rows) => {
            let mut any = false;
            rows.iter_mut().for_each(|row| any |= times(row, known, now));
            any
        }
        Value::Object(members) => {
            let mut any = false;
            for (name, value) in members.iter_mut() {
                let at: Option<Timestamp> = match value.as_str() {
                    Some(text) if TIMES.contains(&name.as_str()) => text.parse().ok(),
                    _ => None,
                };
                match at {
                    Some(at)
                        if at.as_second() < super::START_OF_LABS_S || known.times.contains(&at) => {
                    }
                    Some(_) => {
                        known.times.insert(now);
                        *value =
                            Value::String(now.strftime("%Y-%m-%dT%H:%M:%S%.3f+00:00").to_string());
                        any = true;
                    }
                    None => any |= times(value, known, now),
                }
            }
            any
        }
        _ => false,
    }
}

/// The times in the answer of a call that made something.
fn answered(service: Service, body: String, now: Timestamp) -> String {
    if service == Service::Iam {
        let at = now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
        let Ok(dates) = regex::Regex::new("<(CreateDate|UpdateDate)>[^<]*<") else { return body };
        return dates.replace_all(&body, format!("<$1>{at}<")).into_owned();
    }
    let Ok(mut out) = serde_json::from_str::<Value>(&body) else { return body };
    for (parent, member) in [("KeyMetadata", "CreationDate"), ("repository", "createdAt")] {
        if out[parent].is_object() {
            out[parent][member] = epoch(now);
        }
    }
    out.to_string()
}

/// Sorts the members of objects and takes keys' material out.
pub fn sorted(value: Value) -> Value {
    match value {
        Value::Array(rows) => rows.into_iter().map(sorted).collect(),
        Value::Object(members) => {
            let mut members: Vec<(String, Value)> =
                members.into_iter().filter(|(name, _)| !SECRETS.contains(&name.as_str())).collect();
            members.sort_by(|(a, _), (b, _)| a.cmp(b));
            members.into_iter().map(|(name, value)| (name, sorted(value))).collect()
        }
        other => other,
    }
}
