//! Reads a record of the journal back, member by member, for the calls that make it again.
//!
//! A member that is absent, null or of another type is `None`, and so is one of which something was
//! left out: the call then goes without it.

use serde_json::Value;

use crate::resource::{Action, Prep, Resource, Tags};

/// What stands in a record for what must not be kept: values of environment variables, bodies of
/// lifecycle scripts, and whatever else looked like a secret.
pub use crate::scrub::LEFT_OUT;

/// The member at a path such as `scalingConfig.minSize`.
pub fn at<'v>(record: &'v Value, path: &str) -> &'v Value {
    path.split('.').fold(record, |value, member| &value[member])
}

pub fn text(record: &Value, path: &str) -> Option<String> {
    let text = at(record, path).as_str().filter(|text| !text.is_empty() && is_whole(text));
    text.map(str::to_owned)
}

fn is_whole(text: &str) -> bool {
    !text.contains(LEFT_OUT)
}

pub fn texts(record: &Value, path: &str) -> Option<Vec<String>> {
    let texts: Vec<String> =
        list(record, path).iter().filter_map(Value::as_str).map(str::to_owned).collect();
    // Of a list that says what is excepted, a part means more than the whole.
    (!texts.is_empty() && texts.iter().all(|text| is_whole(text))).then_some(texts)
}

pub fn number(record: &Value, path: &str) -> Option<i32> {
    at(record, path).as_i64().and_then(|number| i32::try_from(number).ok())
}

pub fn flag(record: &Value, path: &str) -> Option<bool> {
    at(record, path).as_bool()
}

pub fn list<'v>(record: &'v Value, path: &str) -> &'v [Value] {
    at(record, path).as_array().map_or(&[], Vec::as_slice)
}

/// A document that is kept as JSON, or as the text that it was.
pub fn document(record: &Value, path: &str) -> Option<String> {
    match at(record, path) {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
    .filter(|document| is_whole(document))
}

/// What a step of a restore puts back: a part of the configuration, a policy's document.
pub fn part<'r>(record: &'r Value, step: &Prep) -> &'r Value {
    let target = step.target.as_deref().unwrap_or_default();
    let named = |member: &str, name: &str| {
        let mut all = list(record, member).iter();
        all.find(|one| one[name] == target).unwrap_or(&Value::Null)
    };
    match step.action {
        Action::PutInlinePolicy => named("RolePolicyList", "PolicyName"),
        Action::CreatePolicyVersion => named("PolicyVersionList", "VersionId"),
        Action::Configure => &record[target],
        _ => &Value::Null,
    }
}

/// The tags that a person may set: those of AWS's own begin with `aws:` (AWS, "Tag naming
/// limits").
pub fn own_tags(was: &Resource) -> Tags {
    let ours = |(key, value): &(&String, &String)| !key.starts_with("aws:") && is_whole(value);
    was.tags.iter().filter(ours).map(|(key, value)| (key.clone(), value.clone())).collect()
}

/// Where something was left out of a record: `PrimaryContainer.Environment.DB_PASSWORD`.
pub fn left_out(record: &Value) -> Vec<String> {
    fn look(value: &Value, path: &str, found: &mut Vec<String>) {
        let inside = |member: &str| match path {
            "" => member.to_owned(),
            path => format!("{path}.{member}"),
        };
        match value {
            Value::String(text) if text.contains(LEFT_OUT) => found.push(path.to_owned()),
            Value::Array(items) => items.iter().for_each(|item| look(item, path, found)),
            Value::Object(members) => {
                members.iter().for_each(|(member, value)| look(value, &inside(member), found));
            }
            _ => {}
        }
    }
    let mut found = Vec::new();
    look(record, "", &mut found);
    found.sort();
    found.dedup();
    found
}

/// Says which values are to be filled in, of paths such as `PrimaryContainer.Environment.TOKEN`.
pub fn values(paths: &[String]) -> Option<String> {
    let mut names: Vec<&str> = paths.iter().filter_map(|path| path.rsplit('.').next()).collect();
    names.sort_unstable();
    names.dedup();
    (!names.is_empty())
        .then(|| format!("the values of {}, which no journal keeps", names.join(", ")))
}

/// A record without the members in which something was left out.
pub fn without_left_out(record: &Value) -> Value {
    match record {
        Value::Array(items) => items.iter().map(without_left_out).collect(),
        Value::Object(members) => {
            let kept = members.iter().filter(|(_, value)| match value {
                Value::String(text) => is_whole(text),
                // Without one of its words a command means something else.
                Value::Array(items) => items.iter().filter_map(Value::as_str).all(is_whole),
                _ => true,
            });
            kept.map(|(member, value)| (member.clone(), without_left_out(value))).collect()
        }
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn members_are_read_and_absent_ones_are_none() {
        let record = json!({
            "Name": "lab", "Empty": "", "Scaling": { "Min": 2 }, "On": true,
            "Names": ["a", "b", 3], "Policy": { "Version": "2012-10-17" },
        });
        assert_eq!(text(&record, "Name").as_deref(), Some("lab"));
        assert_eq!(text(&record, "Empty"), None);
        assert_eq!(text(&record, "Scaling.Absent.Deeper"), None);
        assert_eq!(number(&record, "Scaling.Min"), Some(2));
        assert_eq!(flag(&record, "On"), Some(true));
        assert_eq!(texts(&record, "Names"), Some(vec!["a".to_owned(), "b".to_owned()]));
        assert_eq!(document(&record, "Policy").as_deref(), Some(r#"{"Version":"2012-10-17"}"#));
        assert!(list(&record, "Name").is_empty());
    }

    #[test]
    fn what_was_left_out_is_named_and_not_put_back() {
        let record = json!({
            "Image": "i",
            "Containers": [{ "Environment": { "DB_PASSWORD": LEFT_OUT, "N": "1" } }],
            "Arguments": ["--token", LEFT_OUT, "--keep"],
        });
        assert_eq!(left_out(&record), ["Arguments", "Containers.Environment.DB_PASSWORD"]);
        assert_eq!(texts(&record, "Arguments"), None);
        assert_eq!(document(&record, "Containers"), None);
        let rest = json!({ "Image": "i", "Containers": [{ "Environment": { "N": "1" } }] });
        assert_eq!(without_left_out(&record), rest);
    }
}
