//! Access policies of an access entry.

use serde_json::{Value, json};

use super::kinds::ENTRY;
use super::{Ask, Refusal, refusals};
use crate::sandbox::ACCOUNT_ID;
use crate::sandbox::records::epoch;

/// The ARN's path of an entry: `cluster/role/ACCOUNT/NAME/UUID`.
pub fn entry_path(cluster: &str, principal: &str, uuid: &str) -> String {
    let resource = principal.splitn(6, ':').nth(5).unwrap_or_default();
    let kind = resource.split('/').next().unwrap_or("role");
    let name = resource.rsplit('/').next().unwrap_or_default();
    format!("{cluster}/{kind}/{ACCOUNT_ID}/{name}/{uuid}")
}

/// Kept inside the entry, where `DescribeAccessEntry` does not look.
pub const POLICIES: &str = "-policies";

pub fn answer(operation: &str, ask: &mut Ask<'_>) -> Option<Result<Value, Refusal>> {
    let known =
        ["AssociateAccessPolicy", "DisassociateAccessPolicy", "ListAssociatedAccessPolicies"];
    if !known.contains(&operation) {
        return None;
    }
    let (cluster, principal) = (ask.piece(1).to_owned(), ask.piece(3).to_owned());
    let id = ask.id(ENTRY, &format!("{cluster}/{principal}"));
    let policy = match operation {
        "AssociateAccessPolicy" => ask.text("policyArn").to_owned(),
        _ => ask.route.path.get(5..).unwrap_or_default().join("/"),
    };
    let scope = ask.input.get("accessScope").cloned().unwrap_or_default();
    let now = epoch(ask.now);
    let Some(record) = ask.records.get_mut(&id) else {
        return Some(Err(refusals::no_entry(&cluster, &principal)));
    };
    let mut policies =
        record.body.get(POLICIES).and_then(Value::as_array).cloned().unwrap_or_default();
    let mut output = json!({ "clusterName": cluster, "principalArn": principal });
    match operation {
        "AssociateAccessPolicy" => {
            policies.retain(|held| held["policyArn"] != policy.as_str());
            let held = json!({ "policyArn": policy, "accessScope": scope, "associatedAt": now,
                "modifiedAt": now });
            output["associatedAccessPolicy"] = held.clone();
            policies.push(held);
        }
        "DisassociateAccessPolicy" => {
            policies.retain(|held| held["policyArn"] != policy.as_str());
            output = json!({});
        }
        _ => output["associatedAccessPolicies"] = json!(policies),
    }
    record.set(POLICIES, policies);
    Some(Ok(output))
}
