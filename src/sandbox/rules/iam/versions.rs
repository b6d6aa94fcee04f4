//! `CreatePolicyVersion`: winterbaume numbers versions anew when its state is put back.

use jiff::Timestamp;
use serde_json::{Value, json};
use winterbaume_core::MockResponse;

use super::Ask;
use super::xml::{self, items, text};
use crate::sandbox::account::Account;
use crate::sandbox::answer::{self, tag};
use crate::sandbox::route::{Route, Service};

/// "A managed policy can have up to five versions."
const VERSIONS_MAX: usize = 5;

/// None if there is no such policy: the emulator says so.
pub async fn create(account: &Account, route: &Route, ask: &Ask) -> Option<MockResponse> {
    let arn = ask.text("PolicyArn");
    let mut policy = ask.state["policies"][arn].clone();
    if policy.is_null() {
        return None;
    }
    let mut versions: Vec<Value> = items(&policy, "versions").to_vec();
    if versions.len() >= VERSIONS_MAX {
        let message = "A managed policy can have up to 5 versions.";
        return Some(answer::error(Service::Iam, 409, "LimitExceeded", message));
    }
    let number = |version: &Value| text(version, "version_id").trim_start_matches('v').parse().ok();
    let last: u32 = versions.iter().filter_map(number).max().unwrap_or(0);
    let id = format!("v{}", last + 1);
    let default = ask.text("SetAsDefault") == "true";
    let now: Timestamp = account.clock.now();
    let (document, at) = (ask.text("PolicyDocument"), now.to_string());
    if default {
        versions.iter_mut().for_each(|version| version["is_default_version"] = json!(false));
        policy["default_version_id"] = json!(id);
        policy["document"] = json!(document);
        policy["update_date"] = json!(at);
    }
    versions.push(json!({ "version_id": id, "document": document, "is_default_version": default,
        "create_date": at }));
    policy["versions"] = json!(versions);
    let mut state = ask.state.clone();
    state["policies"][arn] = policy;
    account.backends.set_state(Service::Iam, &route.region, state).await;
    let inner = [
        tag("VersionId", &id),
        tag("IsDefaultVersion", if default { "true" } else { "false" }),
        tag("CreateDate", &now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()),
    ];
    let result = format!("<PolicyVersion>{}</PolicyVersion>", inner.concat());
    Some(xml::response("CreatePolicyVersion", &result))
}
