//! Event data stores, and the federation of their queries.

use std::time::Duration;

use serde_json::{Map, Value, json};

use super::{Ask, Refusal, tag_map};
use crate::sandbox::ACCOUNT_ID;
use crate::sandbox::records::{Change, HEX, Id, Next, Record, epoch, later, page};

const STORE: &str = "cloudtrail:event-data-store";

/// "The event data store … is in a PENDING_DELETION state for seven days".
const PENDING_TIME: Duration = Duration::from_secs(7 * 86_400);

/// `ListEventDataStores`' largest page, which it also takes if not told.
const PAGE_MAX: usize = 1000;

pub fn answer(operation: &str, ask: &mut Ask<'_>) -> Option<Result<Value, Refusal>> {
    Some(match operation {
        "CreateEventDataStore" => create(ask),
        "GetEventDataStore" => find(ask).map(|id| shown(ask, &id)),
        "ListEventDataStores" => Ok(list(ask)),
        "UpdateEventDataStore" => update(ask),
        "DeleteEventDataStore" => delete(ask),
        "EnableFederation" => federate(ask),
        _ => return None,
    })
}

fn shown(ask: &Ask<'_>, id: &Id) -> Value {
    Value::Object(ask.records.get(id).map(|record| record.body.clone()).unwrap_or_default())
}

/// By ARN, or by the last part of it.
fn find(ask: &Ask<'_>) -> Result<Id, Refusal> {
    let asked = ask.text("EventDataStore");
    let name = asked.rsplit('/').next().unwrap_or(asked);
    let id = Id::new(ask.region, STORE, name);
    match ask.records.get(&id) {
        Some(_) => Ok(id),
        None => {
            let message = format!("Event data store {asked} was not found.");
            Err(("EventDataStoreNotFoundException", message))
        }
    }
}

/// Termination protection is on unless the caller says otherwise (`CreateEventDataStore`, API
/// reference, `TerminationProtectionEnabled`).
fn create(ask: &mut Ask<'_>) -> Result<Value, Refusal> {
    let name = ask.text("Name").to_owned();
    let there = ask.records.of(ask.region, STORE).any(|(_, store)| store.text("Name") == name);
    if there {
        let message = format!("Event data store {name} already exists.");
        return Err(("EventDataStoreAlreadyExistsException", message));
    }
    let parts: Vec<String> = [8, 4, 4, 4, 12].map(|n| ask.records.draw(HEX, n)).to_vec();
    let uuid = parts.join("-");
    let arn = format!("arn:aws:cloudtrail:{}:{ACCOUNT_ID}:eventdatastore/{uuid}", ask.region);
    let mut body: Map<String, Value> = ask.input.clone();
    let tags = tag_map(body.remove("TagsList").as_ref());
    body.remove("StartIngestion");
    for (member, value) in [
        ("MultiRegionEnabled", json!(true)),
        ("OrganizationEnabled", json!(false)),
        ("RetentionPeriod", json!(366)),
        ("TerminationProtectionEnabled", json!(true)),
        ("BillingMode", json!("EXTENDABLE_RETENTION_PRICING")),
    ] {
        body.entry(member).or_insert(value);
    }
    body.insert("EventDataStoreArn".to_owned(), json!(arn));
    body.insert("Status".to_owned(), json!("ENABLED"));
    body.insert("CreatedTimestamp".to_owned(), epoch(ask.now));
    body.insert("UpdatedTimestamp".to_owned(), epoch(ask.now));
    let id = Id::new(ask.region, STORE, &uuid);
    ask.records.insert(id.clone(), Record { body, arn, tags, created: ask.now, next: None });
    Ok(shown(ask, &id))
}

/// `ListEventDataStores`: ARN and name, and no more.
fn list(ask: &Ask<'_>) -> Value {
    let row =
        |store: &Record| json!({ "EventDataStoreArn": store.arn, "Name": store.text("Name") });
    let rows: Vec<Value> = ask.records.of(ask.region, STORE).map(|(_, store)| row(store)).collect();
    let size = ask.input.get("MaxResults").and_then(Value::as_u64);
    let size = size.and_then(|size| usize::try_from(size).ok()).unwrap_or(PAGE_MAX);
    let (rows, next) = page(rows, ask.input.get("NextToken").and_then(Value::as_str), size);
    let mut out = json!({ "EventDataStores": rows });
    if let Some(next) = next {
        out["NextToken"] = json!(next);
    }
    out
}

fn update(ask: &mut Ask<'_>) -> Result<Value, Refusal> {
    let id = find(ask)?;
    let mut input = ask.input.clone();
    input.remove("EventDataStore");
    let now = epoch(ask.now);
    if let Some(store) = ask.records.get_mut(&id) {
        store.body.extend(input);
        store.set("UpdatedTimestamp", now);
    }
    Ok(shown(ask, &id))
}

/// `DeleteEventDataStore`: refused while termination protection or federation is on; then it
/// waits.
fn delete(ask: &mut Ask<'_>) -> Result<Value, Refusal> {
    let id = find(ask)?;
    let at = later(ask.now, PENDING_TIME);
    let Some(store) = ask.records.get_mut(&id) else { return Ok(json!({})) };
    let refuse = |code, why: &str| Err((code, format!("{} {why}.", store.arn)));
    if store.body.get("TerminationProtectionEnabled").is_some_and(|on| on == true) {
        return refuse("EventDataStoreTerminationProtectedException", "has termination protection");
    }
    if store.text("FederationStatus") == "ENABLED" {
        return refuse("EventDataStoreFederationEnabledException", "has federation enabled");
    }
    if store.text("Status") == "PENDING_DELETION" {
        return refuse("InactiveEventDataStoreException", "is inactive");
    }
    store.set("Status", "PENDING_DELETION");
    store.next = Some(Next { at, change: Change::Gone });
    Ok(json!({}))
}

/// `EnableFederation`: AWS Glue and Lake Formation read the store as this role.
fn federate(ask: &mut Ask<'_>) -> Result<Value, Refusal> {
    let id = find(ask)?;
    let role = ask.text("FederationRoleArn").to_owned();
    let Some(store) = ask.records.get_mut(&id) else { return Ok(json!({})) };
    store.set("FederationStatus", "ENABLED");
    store.set("FederationRoleArn", role.as_str());
    Ok(json!({ "EventDataStoreArn": store.arn, "FederationStatus": "ENABLED",
        "FederationRoleArn": role }))
}
