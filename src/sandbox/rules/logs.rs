//! CloudWatch Logs: protection that winterbaume keeps but does not heed, and members that its
//! lists leave out.

use serde_json::{Value, json};
use winterbaume_core::{MockRequest, MockResponse};

use crate::sandbox::account::Account;
use crate::sandbox::answer;
use crate::sandbox::records::page;
use crate::sandbox::route::{Route, Service};

mod policies;
#[cfg(test)]
mod tests;
pub mod vended;

/// `DescribeLogGroups`' largest page, which it also takes if not told.
const PAGE_MAX: usize = 50;

const FILTERS: [&str; 2] = ["metric_filters", "subscription_filters"];

pub async fn before(
    account: &Account,
    request: &MockRequest,
    route: &Route,
) -> Option<MockResponse> {
    let input: Value = serde_json::from_slice(&request.body).unwrap_or_default();
    match route.operation.as_str() {
        "DeleteLogGroup" => {
            let state = account.backends.state(Service::Logs, &route.region).await;
            protected(&state, &input)
        }
        "DescribeLogGroups" => {
            let state = account.backends.state(Service::Logs, &route.region).await;
            Some(describe(&state, &input))
        }
        _ => policies::before(account, route, &input).await,
    }
}

/// What winterbaume forgets when a group is made: its key, and its protection. And what it keeps
/// of one that is deleted: its filters (`DeleteLogGroup`, API reference: all that belongs to it).
pub async fn after(account: &Account, body: &[u8], route: &Route, response: &MockResponse) {
    let is_end = route.operation == "DeleteLogGroup";
    if !(is_end || route.operation == "CreateLogGroup") || response.status != 200 {
        return;
    }
    let input: Value = serde_json::from_slice(body).unwrap_or_default();
    let mut state = account.backends.state(Service::Logs, &route.region).await;
    let name = input["logGroupName"].as_str().unwrap_or_default();
    if is_end {
        policies::forget(&mut account.records(), &route.region, name);
        for filters in FILTERS {
            if let Some(all) = state[filters].as_object_mut() {
                all.retain(|_, filter| filter["log_group_name"] != name);
            }
        }
        account.backends.set_state(Service::Logs, &route.region, state).await;
        return;
    }
    let group = &mut state["log_groups"][name];
    group["creation_time"] = json!(account.clock.now().as_millisecond());
    if input["kmsKeyId"].is_string() {
        group["kms_key_id"] = input["kmsKeyId"].clone();
    }
    if input["deletionProtectionEnabled"].is_boolean() {
        group["deletion_protection_enabled"] = input["deletionProtectionEnabled"].clone();
    }
    account.backends.set_state(Service::Logs, &route.region, state).await;
}

/// `DeleteLogGroup` with `deletionProtectionEnabled`: `ValidationException`.
fn protected(state: &Value, input: &Value) -> Option<MockResponse> {
    let group = &state["log_groups"][input["logGroupName"].as_str().unwrap_or_default()];
    let protected = group["deletion_protection_enabled"] == true;
    protected.then(|| {
        let message = "Cannot delete log group with deletion protection enabled. Disable deletion \
                       protection first.";
        answer::error(Service::Logs, 400, "ValidationException", message)
    })
}

fn describe(state: &Value, input: &Value) -> MockResponse {
    let prefix = input["logGroupNamePrefix"].as_str().unwrap_or_default();
    let pattern = input["logGroupNamePattern"].as_str().unwrap_or_default();
    let mut groups: Vec<(&String, &Value)> =
        state["log_groups"].as_object().map(|map| map.iter().collect()).unwrap_or_default();
    groups.sort_by_key(|(name, _)| name.as_str());
    let rows: Vec<Value> = groups
        .into_iter()
        .filter(|(name, _)| name.starts_with(prefix) && name.contains(pattern))
        .map(|(name, group)| row(state, name, group))
        .collect();
    let size = input["limit"].as_u64().and_then(|limit| usize::try_from(limit).ok());
    let size = size.unwrap_or(PAGE_MAX).min(PAGE_MAX);
    let (rows, next) = page(rows, input["nextToken"].as_str(), size);
    let mut out = json!({ "logGroups": rows });
    if let Some(next) = next {
        out["nextToken"] = json!(next);
    }
    answer::json(200, &out)
}

fn row(state: &Value, name: &str, group: &Value) -> Value {
    let arn = group["arn"].as_str().unwrap_or_default();
    let bare = arn.strip_suffix(":*").unwrap_or(arn);
    let metrics = state["metric_filters"].as_object().into_iter().flatten();
    let metrics = metrics.filter(|(_, filter)| filter["log_group_name"] == name).count();
    let mut row = json!({
        "logGroupName": group["name"],
        "arn": format!("{bare}:*"),
        "logGroupArn": bare,
        "creationTime": group["creation_time"],
        "metricFilterCount": metrics,
        "storedBytes": 0,
        "logGroupClass": "STANDARD",
        "deletionProtectionEnabled": group["deletion_protection_enabled"],
    });
    // A group has the status only if it ever had a policy of its own (`LogGroup`, API reference).
    if group["data_protection_policy"].is_string() {
        row["dataProtectionStatus"] = json!("ACTIVATED");
    }
    for (member, from) in [("retentionInDays", "retention_in_days"), ("kmsKeyId", "kms_key_id")] {
        if !group[from].is_null() {
            row[member] = group[from].clone();
        }
    }
    if !group["data_protection_policy"].is_null() {
        row["dataProtectionStatus"] = json!("ACTIVATED");
    }
    row
}
