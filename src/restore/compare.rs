//! Whether a resource is there again as it was.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::aws::record::{own_tags, without_left_out};
use crate::resource::Resource;

/// Members that AWS gives anew, or that count what happened: no part of a configuration.
const NOT_CONFIGURATION: &[&str] = &[
    "Aliases",
    "AttachmentCount",
    "CreateDate",
    "CreatedBy",
    "CreationDate",
    "CreationTime",
    "CurrentInstanceCount",
    "CurrentWeight",
    "DefaultVersionId",
    "DeletionDate",
    "DeployedImages",
    "EndpointStatus",
    "FailureReason",
    "HasCustomEventSelectors",
    "HasInsightSelectors",
    "InstanceProfileId",
    "InstanceProfileList",
    "LastModifiedBy",
    "LastModifiedTime",
    "LastUpdatedDate",
    "NetworkInterfaceId",
    "NotebookInstanceStatus",
    "PermissionsBoundaryUsageCount",
    "PolicyId",
    "RoleId",
    "RoleLastUsed",
    "Url",
    "VariantStatus",
    "VersionId",
    "accessEntryArn",
    "addonArn",
    "associationArn",
    "associationId",
    "createdAt",
    "creationTime",
    "fargateProfileArn",
    "health",
    "identity",
    "metricFilterCount",
    "modifiedAt",
    "nodegroupArn",
    "ownerArn",
    "platformVersion",
    "status",
    "storedBytes",
    "unread",
];

/// A resource's own tags are compared apart. Those inside of a list are a rule's filter.
const TAGS: &[&str] = &["Tags", "TagSet", "tags"];

/// The parts in which `now` differs from what `was`, by their names in the record, and `tags`.
pub fn differences(was: &Resource, now: &Resource) -> Vec<String> {
    let mut found = BTreeSet::new();
    let (then, today) = (without_left_out(&was.record), without_left_out(&now.record));
    walk(&then, &today, "", &mut found);
    if own_tags(was) != own_tags(now) {
        found.insert("tags".to_owned());
    }
    found.into_iter().collect()
}

fn walk(was: &Value, now: &Value, path: &str, found: &mut BTreeSet<String>) {
    match (was, now) {
        (Value::Object(then), Value::Object(today)) => {
            for name in then.keys().chain(today.keys()).collect::<BTreeSet<_>>() {
                let name_of = name.as_str();
                if NOT_CONFIGURATION.contains(&name_of) || TAGS.contains(&name_of) {
                    continue;
                }
                let inside = match path {
                    "" => name.clone(),
                    path => format!("{path}.{name}"),
                };
                let member = |record: &'_ serde_json::Map<String, Value>| {
                    record.get(name).cloned().unwrap_or(Value::Null)
                };
                walk(&member(then), &member(today), &inside, found);
            }
        }
        (Value::Array(then), Value::Array(today)) if then.len() == today.len() => {
            // AWS keeps no order in most of its lists.
            let sorted = |items: &[Value]| {
                let mut items: Vec<Value> = items.iter().map(configuration).collect();
                items.sort_by_key(ToString::to_string);
                items
            };
            if sorted(then) != sorted(today) {
                found.insert(path.to_owned());
            }
        }
        (then, today) if is_unset(then) && is_unset(today) => {}
        (then, today) if then == today => {}
        _ => {
            found.insert(path.to_owned());
        }
    }
}

/// A value without what is no configuration in it.
fn configuration(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            let kept = members.iter().filter(|(name, value)| {
                !NOT_CONFIGURATION.contains(&name.as_str()) && !is_unset(value)
            });
            kept.map(|(name, value)| (name.clone(), configuration(value))).collect()
        }
        Value::Array(items) => {
            let mut items: Vec<Value> = items.iter().map(configuration).collect();
            items.sort_by_key(ToString::to_string);
            Value::Array(items)
        }
        other => other.clone(),
    }
}

fn is_unset(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Bool(on) => !on,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.iter().all(is_unset),
        Value::Object(members) => members.values().all(is_unset),
        Value::Number(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::aws::kinds::iam::ROLE;
    use crate::resource::Region;

    fn role(record: Value) -> Resource {
        let mut role = Resource::new(ROLE, Region::GLOBAL, "lab", "lab");
        role.record = record;
        role
    }

    #[test]
    fn ids_times_and_the_order_of_lists_are_no_difference() {
        let was = role(json!({
            "RoleId": "AROA1", "Path": "/", "Description": null,
            "Policies": [{ "Arn": "a", "CreateDate": 1 }, { "Arn": "b" }],
        }));
        let now = role(json!({
            "RoleId": "AROA2", "Path": "/",
            "Policies": [{ "Arn": "b" }, { "Arn": "a", "CreateDate": 2 }],
        }));
        assert!(differences(&was, &now).is_empty());
    }

    #[test]
    fn a_rule_that_differs_in_the_tags_that_it_takes_differs() {
        let rules = |tag: &str| {
            let filter =
                json!({ "And": { "Prefix": "x", "Tags": [{ "Key": tag, "Value": "1" }] } });
            role(json!({ "Tags": [tag], "LifecycleRules": [{ "Filter": filter }] }))
        };
        assert!(differences(&rules("a"), &rules("a")).is_empty());
        assert_eq!(differences(&rules("a"), &rules("b")), ["LifecycleRules"]);
    }

    #[test]
    fn what_differs_is_named() {
        let was = role(json!({ "Path": "/", "Trust": { "Version": "1", "Id": "x" } }));
        let mut now = role(json!({ "Path": "/a/", "Trust": { "Version": "1" } }));
        now.tags.insert("Project".into(), "lab".into());
        now.tags.insert("aws:made-by".into(), "aws".into());
        assert_eq!(differences(&was, &now), ["Path", "Trust.Id", "tags"]);
    }
}
