//! The texts that a call carries: by them a call is known to be about a thing.

use serde_json::Value;
use winterbaume_core::MockRequest;

use super::route::{Protocol, Route, decode_query};

/// Names, ids and ARNs in a call that would change something, wherever its protocol writes them.
/// Tokens, which an SDK draws at random, are left out.
pub fn of(request: &MockRequest, route: &Route) -> Vec<String> {
    if !route.mutates() {
        return Vec::new();
    }
    let mut words = route.path.clone();
    words.extend(route.bucket.clone());
    words.extend(route.key.clone());
    let pairs = match route.service.protocol() {
        Protocol::Query => decode_query(&String::from_utf8_lossy(&request.body)),
        _ => route.query.clone(),
    };
    let named = |(key, _): &(String, String)| !is_token(key) && key != "Action" && key != "Version";
    words.extend(pairs.into_iter().filter(named).map(|(_, value)| value));
    if matches!(route.service.protocol(), Protocol::Json | Protocol::RestJson) {
        collect(&serde_json::from_slice(&request.body).unwrap_or_default(), &mut words);
    }
    words.sort();
    words.dedup();
    words
}

fn is_token(member: &str) -> bool {
    member.to_ascii_lowercase().contains("token")
}

fn collect(value: &Value, words: &mut Vec<String>) {
    match value {
        Value::String(text) => words.push(text.clone()),
        Value::Array(items) => items.iter().for_each(|item| collect(item, words)),
        Value::Object(members) => {
            members
                .iter()
                .filter(|(member, _)| !is_token(member))
                .for_each(|(_, value)| collect(value, words));
        }
        _ => {}
    }
}
