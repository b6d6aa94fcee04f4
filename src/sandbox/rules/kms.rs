//! KMS: what winterbaume lets through, and its lists in order and in pages.

use std::time::Duration;

use serde_json::{Value, json};
use winterbaume_core::{MockRequest, MockResponse};

use crate::sandbox::account::Account;
use crate::sandbox::answer;
use crate::sandbox::records::{epoch, later, page};
use crate::sandbox::route::{Route, Service};

mod replicas;
#[cfg(test)]
mod tests;

type Refusal = (&'static str, String);

/// What is refused or answered before the emulator is asked.
pub async fn before(
    account: &Account,
    request: &MockRequest,
    route: &Route,
) -> Option<MockResponse> {
    let input: Value = serde_json::from_slice(&request.body).unwrap_or_default();
    let state = account.backends.state(Service::Kms, &route.region).await;
    let result = match route.operation.as_str() {
        "ScheduleKeyDeletion" | "CancelKeyDeletion" => no_alias(&input)
            .and_then(|()| match route.operation.as_str() {
                "ScheduleKeyDeletion" => not_pending(&state, &input),
                _ => Ok(()),
            })
            .err(),
        "TagResource" | "UntagResource" => not_pending(&state, &input).err(),
        "DeleteAlias" | "CreateAlias" | "UpdateAlias" => not_of_aws(&input).err(),
        "RevokeGrant" => grant_is_there(&state, &input).err(),
        "ListKeys" | "ListAliases" | "ListGrants" => {
            return Some(list(&route.operation, &state, &input));
        }
        "GetKeyLastUsage" => return Some(last_usage(account, &state, &input)),
        "ReplicateKey" => return Some(replicas::replicate(account, route, &state, &input).await),
        _ => None,
    };
    result.map(|(code, message)| answer::error(Service::Kms, 400, code, &message))
}

/// The bare id of the key that a request names, whichever way.
fn key_id<'a>(state: &'a Value, named: &'a str) -> &'a str {
    let bare = named.rsplit_once(":key/").map_or(named, |(_, id)| id);
    let alias = bare.find("alias/").map(|at| &bare[at..]);
    match alias.map(|alias| &state["aliases"][alias]["target_key_id"]) {
        Some(target) => target.as_str().unwrap_or_default(),
        None => bare,
    }
}

/// `ScheduleKeyDeletion`, `CancelKeyDeletion`: "Specify the key ID or key ARN of the KMS key";
/// an alias is no key id.
fn no_alias(input: &Value) -> Result<(), Refusal> {
    let named = input["KeyId"].as_str().unwrap_or_default();
    if named.contains("alias/") {
        return Err(("NotFoundException", format!("Invalid keyId '{named}'")));
    }
    Ok(())
}

/// A key that waits for its deletion is not scheduled again and its tags do not change
/// (`KMSInvalidStateException`). Source: "Key states of AWS KMS keys".
fn not_pending(state: &Value, input: &Value) -> Result<(), Refusal> {
    let id = key_id(state, input["KeyId"].as_str().unwrap_or_default());
    let key = &state["keys"][id];
    if key["deletion_date"].is_string() {
        let arn = key["arn"].as_str().unwrap_or_default();
        return Err(("KMSInvalidStateException", format!("{arn} is pending deletion.")));
    }
    Ok(())
}

/// Aliases that begin with `alias/aws/` are AWS's own (`NotAuthorizedException` is not among the
/// operation's errors; the name is invalid).
fn not_of_aws(input: &Value) -> Result<(), Refusal> {
    let alias = input["AliasName"].as_str().unwrap_or_default();
    if alias.starts_with("alias/aws/") {
        let message = format!("{alias} is reserved by AWS.");
        return Err(("InvalidAliasNameException", message));
    }
    Ok(())
}

/// `RevokeGrant` of a grant that is not there: `InvalidGrantIdException`.
fn grant_is_there(state: &Value, input: &Value) -> Result<(), Refusal> {
    let id = input["GrantId"].as_str().unwrap_or_default();
    if state["grants"][id].is_null() {
        return Err(("InvalidGrantIdException", format!("No grant {id}.")));
    }
    Ok(())
}

/// The end of a window, by the sandbox's clock, in the state and in the answer; and a multi-Region
/// key's relatives.
pub async fn after(
    account: &Account,
    body: &[u8],
    route: &Route,
    response: MockResponse,
) -> MockResponse {
    if response.status != 200 {
        return response;
    }
    match route.operation.as_str() {
        "ScheduleKeyDeletion" => {}
        operation if RECORDED.contains(&operation) => {
            let input: Value = serde_json::from_slice(body).unwrap_or_default();
            let answered: Value = serde_json::from_slice(&response.body).unwrap_or_default();
            let named = input["KeyId"].as_str().or(answered["KeyId"].as_str());
            let state = account.backends.state(Service::Kms, &route.region).await;
            let id = key_id(&state, named.unwrap_or_default());
            account.uses.note(id, account.clock.now(), operation);
            return response;
        }
        "DescribeKey" => return replicas::described(account, route, response),
        _ => return response,
    }
    let input: Value = serde_json::from_slice(body).unwrap_or_default();
    let days = input["PendingWindowInDays"].as_u64().unwrap_or(30);
    let end = later(account.clock.now(), Duration::from_secs(days * 86_400));
    let mut state = account.backends.state(Service::Kms, &route.region).await;
    let id = key_id(&state, input["KeyId"].as_str().unwrap_or_default()).to_owned();
    state["keys"][&id]["deletion_date"] = json!(end.to_string());
    let arn = state["keys"][&id]["arn"].clone();
    account.backends.set_state(Service::Kms, &route.region, state).await;
    answer::json(
        200,
        &json!({ "KeyId": arn, "DeletionDate": epoch(end), "KeyState": "PendingDeletion",
            "PendingWindowInDays": days }),
    )
}

/// Cryptographic operations that KMS remembers of a key. `ReEncrypt` uses two keys and is left out.
///
/// Source: KMS API reference, `KeyLastUsageData`, `Operation`.
const RECORDED: &[&str] = &[
    "Decrypt",
    "Encrypt",
    "GenerateDataKey",
    "GenerateDataKeyWithoutPlaintext",
    "GenerateMac",
    "Sign",
    "Verify",
    "VerifyMac",
];

/// `GetKeyLastUsage` takes a key id or a key ARN; of a key that was never used `KeyLastUsage` is
/// empty. Recording began before anything here was made, so it begins with each key.
///
/// Source: KMS API reference, `GetKeyLastUsage`.
fn last_usage(account: &Account, state: &Value, input: &Value) -> MockResponse {
    let named = input["KeyId"].as_str().unwrap_or_default();
    let id = key_id(state, named);
    let key = &state["keys"][id];
    if key.is_null() || named.contains("alias/") {
        let message = format!("Key '{named}' does not exist");
        return answer::error(Service::Kms, 400, "NotFoundException", &message);
    }
    let usage = match account.uses.of(id) {
        Some(used) => json!({ "Operation": used.how, "Timestamp": epoch(used.at) }),
        None => json!({}),
    };
    let created: Option<jiff::Timestamp> =
        key["creation_date"].as_str().and_then(|at| at.parse().ok());
    let created = created.map(epoch);
    answer::json(
        200,
        &json!({ "KeyId": key["key_id"], "KeyLastUsage": usage, "TrackingStartDate": created,
            "KeyCreationDate": created }),
    )
}

fn rows<'a>(state: &'a Value, kind: &str) -> Vec<&'a Value> {
    let mut rows: Vec<(&String, &Value)> =
        state[kind].as_object().map(|map| map.iter().collect()).unwrap_or_default();
    rows.sort_by_key(|(key, _)| key.as_str());
    rows.into_iter().map(|(_, row)| row).collect()
}

/// `ListKeys`, `ListAliases`, `ListGrants` with `Limit` (100, 50 and 50 if not said) and `Marker`.
fn list(operation: &str, state: &Value, input: &Value) -> MockResponse {
    let named = input["KeyId"].as_str().unwrap_or_default();
    let id = key_id(state, named);
    if !named.is_empty() && state["keys"][id].is_null() {
        return answer::error(
            Service::Kms,
            400,
            "NotFoundException",
            &format!("Key '{named}' does not exist"),
        );
    }
    let (member, size, all): (&str, usize, Vec<Value>) = match operation {
        "ListKeys" => {
            let row = |key: &Value| json!({ "KeyId": key["key_id"], "KeyArn": key["arn"] });
            ("Keys", 100, rows(state, "keys").into_iter().map(row).collect())
        }
        "ListAliases" => {
            let of = |alias: &&Value| named.is_empty() || alias["target_key_id"] == id;
            let row = |alias: &Value| {
                json!({ "AliasName": alias["alias_name"], "AliasArn": alias["alias_arn"],
                    "TargetKeyId": alias["target_key_id"] })
            };
            ("Aliases", 50, rows(state, "aliases").into_iter().filter(of).map(row).collect())
        }
        _ => {
            let only = input["GrantId"].as_str();
            let of = |grant: &&Value| {
                grant["key_id"] == id && only.is_none_or(|only| grant["grant_id"] == only)
            };
            let grants = rows(state, "grants").into_iter().filter(of);
            ("Grants", 50, grants.map(|grant| grant_row(state, grant)).collect())
        }
    };
    let size =
        input["Limit"].as_u64().and_then(|limit| usize::try_from(limit).ok()).unwrap_or(size);
    let (rows, next) = page(all, input["Marker"].as_str(), size.min(1000));
    let mut out = json!({ member: rows, "Truncated": next.is_some() });
    if let Some(next) = next {
        out["NextMarker"] = json!(next);
    }
    answer::json(200, &out)
}

fn grant_row(state: &Value, grant: &Value) -> Value {
    let id = grant["key_id"].as_str().unwrap_or_default();
    let mut row = json!({
        "KeyId": state["keys"][id]["arn"],
        "GrantId": grant["grant_id"],
        "GranteePrincipal": grant["grantee_principal"],
        "Operations": grant["operations"],
        "IssuingAccount": format!("arn:aws:iam::{}:root", crate::sandbox::ACCOUNT_ID),
    });
    for (member, from) in [("RetiringPrincipal", "retiring_principal"), ("Name", "name")] {
        if grant[from].is_string() {
            row[member] = grant[from].clone();
        }
    }
    let created: Option<jiff::Timestamp> =
        grant["creation_date"].as_str().and_then(|at| at.parse().ok());
    if let Some(created) = created {
        row["CreationDate"] = crate::sandbox::records::epoch(created);
    }
    row
}
