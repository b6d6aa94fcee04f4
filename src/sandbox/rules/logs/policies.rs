//! Policies of single log groups, which winterbaume has without their source, or not at all.

use jiff::Timestamp;
use serde_json::{Map, Value, json};
use winterbaume_core::MockResponse;

use crate::sandbox::account::Account;
use crate::sandbox::answer;
use crate::sandbox::records::{Id, Record, Records};
use crate::sandbox::route::{Route, Service};

const INDEX: &str = "logs:index-policy";
const RESOURCE: &str = "logs:resource-policy";

/// `name` of a group that is given by its name or its ARN.
fn group_of(identifier: &str) -> &str {
    let bare = identifier.strip_suffix(":*").unwrap_or(identifier);
    bare.splitn(7, ':').nth(6).filter(|_| bare.starts_with("arn:")).unwrap_or(bare)
}

pub async fn before(account: &Account, route: &Route, input: &Value) -> Option<MockResponse> {
    let text = |member: &str| input[member].as_str().unwrap_or_default();
    let (kind, member, group) = match route.operation.as_str() {
        "PutIndexPolicy" => (INDEX, "indexPolicy", group_of(text("logGroupIdentifier"))),
        "PutResourcePolicy" if input["resourceArn"].is_string() => {
            (RESOURCE, "resourcePolicy", group_of(text("resourceArn")))
        }
        "DescribeIndexPolicies" => {
            let groups = input["logGroupIdentifiers"].as_array().into_iter().flatten();
            let groups = groups.filter_map(Value::as_str).map(group_of);
            let rows = rows(&account.records(), route, INDEX, groups);
            return Some(answer::json(200, &json!({ "indexPolicies": rows })));
        }
        "DescribeResourcePolicies" if input["resourceArn"].is_string() => {
            let group = std::iter::once(group_of(text("resourceArn")));
            let rows = rows(&account.records(), route, RESOURCE, group);
            return Some(answer::json(200, &json!({ "resourcePolicies": rows })));
        }
        _ => return None,
    };
    let state = account.backends.state(Service::Logs, &route.region).await;
    let arn = state["log_groups"][group]["arn"].as_str()?;
    let arn = arn.strip_suffix(":*").unwrap_or(arn);
    let now = account.clock.now();
    let body = shape(kind, arn, text("policyDocument"), now);
    let output = json!({ member: body });
    let id = Id::new(&route.region, kind, group);
    let (arn, tags) = (String::new(), Default::default());
    account.records().insert(id, Record { body, arn, tags, created: now, next: None });
    Some(answer::json(200, &output))
}

/// `IndexPolicy` and `ResourcePolicy` of the API reference.
fn shape(kind: &str, arn: &str, document: &str, now: Timestamp) -> Map<String, Value> {
    let mut body = Map::new();
    body.insert("policyDocument".to_owned(), json!(document));
    let more = match kind {
        INDEX => json!({ "logGroupIdentifier": arn, "source": "LOG_GROUP",
            "lastUpdateTime": now.as_millisecond() }),
        _ => json!({ "resourceArn": arn, "policyScope": "RESOURCE",
            "lastUpdatedTime": now.as_millisecond() }),
    };
    body.extend(more.as_object().cloned().unwrap_or_default());
    body
}

fn rows<'g>(
    records: &Records,
    route: &Route,
    kind: &'static str,
    groups: impl Iterator<Item = &'g str>,
) -> Vec<Value> {
    let found = groups.filter_map(|group| records.get(&Id::new(&route.region, kind, group)));
    found.map(|record| Value::Object(record.body.clone())).collect()
}

/// They go with their group.
pub fn forget(records: &mut Records, region: &str, group: &str) {
    for kind in [INDEX, RESOURCE] {
        records.remove(&Id::new(region, kind, group));
    }
}
