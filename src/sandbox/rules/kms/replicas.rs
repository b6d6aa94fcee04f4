//! Multi-Region keys: winterbaume makes a replica in the primary's own region and under another
//! id, and no description names a key's relatives.

use serde_json::{Value, json};
use winterbaume_core::MockResponse;

use super::key_id;
use crate::sandbox::account::Account;
use crate::sandbox::records::{Id, Record};
use crate::sandbox::route::{Route, Service};
use crate::sandbox::{ACCOUNT_ID, answer};

/// Of a replica: its region, its key's id, and in its body where the primary is.
const REPLICA: &str = "kms:replica";

fn arn(region: &str, id: &str) -> String {
    format!("arn:aws:kms:{region}:{ACCOUNT_ID}:key/{id}")
}

/// `ReplicateKey`: "a multi-Region primary key and its replica keys have the same key ID"; only a
/// multi-Region key has replicas (`UnsupportedOperationException`).
pub async fn replicate(
    account: &Account,
    route: &Route,
    state: &Value,
    input: &Value,
) -> MockResponse {
    let named = input["KeyId"].as_str().unwrap_or_default();
    let region = input["ReplicaRegion"].as_str().unwrap_or_default();
    let id = key_id(state, named);
    let mut key = state["keys"][id].clone();
    if key.is_null() {
        let message = format!("Key '{named}' does not exist");
        return answer::error(Service::Kms, 400, "NotFoundException", &message);
    }
    if key["multi_region"] != true {
        let message = format!("{} is not a multi-Region key.", arn(&route.region, id));
        return answer::error(Service::Kms, 400, "UnsupportedOperationException", &message);
    }
    let mut there = account.backends.state(Service::Kms, region).await;
    if !there["keys"][id].is_null() {
        let message = format!("{} already exists.", arn(region, id));
        return answer::error(Service::Kms, 400, "AlreadyExistsException", &message);
    }
    key["arn"] = json!(arn(region, id));
    key["region"] = json!(region);
    there["keys"][id] = key;
    account.backends.set_state(Service::Kms, region, there).await;
    let body = json!({ "primary": route.region }).as_object().cloned().unwrap_or_default();
    let record = Record {
        body,
        arn: arn(region, id),
        tags: Default::default(),
        created: account.clock.now(),
        next: None,
    };
    account.records().insert(Id::new(region, REPLICA, id), record);
    let metadata = json!({ "KeyId": id, "Arn": arn(region, id), "AWSAccountId": ACCOUNT_ID,
        "Enabled": true, "KeyState": "Enabled", "MultiRegion": true });
    answer::json(200, &json!({ "ReplicaKeyMetadata": metadata }))
}

/// `DescribeKey` of a multi-Region key: `MultiRegionConfiguration`.
pub fn described(account: &Account, route: &Route, response: MockResponse) -> MockResponse {
    let mut body: Value = serde_json::from_slice(&response.body).unwrap_or_default();
    if body["KeyMetadata"]["MultiRegion"] != true {
        return response;
    }
    let id = body["KeyMetadata"]["KeyId"].as_str().unwrap_or_default().to_owned();
    let records = account.records();
    let replicas: Vec<(&Id, &Record)> =
        records.everywhere(REPLICA).filter(|(replica, _)| replica.name == id).collect();
    let primary = replicas.first().map_or(route.region.as_str(), |(_, one)| one.text("primary"));
    let key = |region: &str| json!({ "Arn": arn(region, &id), "Region": region });
    let kind = if primary == route.region { "PRIMARY" } else { "REPLICA" };
    let others: Vec<Value> = replicas.iter().map(|(replica, _)| key(&replica.region)).collect();
    let configuration = json!({ "MultiRegionKeyType": kind, "PrimaryKey": key(primary),
        "ReplicaKeys": others });
    body["KeyMetadata"]["MultiRegionConfiguration"] = configuration;
    answer::json(200, &body)
}
