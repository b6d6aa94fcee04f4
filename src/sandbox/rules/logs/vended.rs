//! Destinations of subscriptions, the deliveries of other services' logs, policies of the account,
//! scheduled queries and anomaly detectors, kept here: winterbaume's have no tags, no pages, and
//! the machine's own time.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Map, Value, json};
use winterbaume_core::MockResponse;

use super::PAGE_MAX;
use crate::sandbox::records::{HEX, Id, LETTERS, Record, Records, page};
use crate::sandbox::route::{Route, Service};
use crate::sandbox::{ACCOUNT_ID, answer};

const DESTINATION: &str = "logs:destination";
const SOURCE: &str = "logs:delivery-source";
const TARGET: &str = "logs:delivery-destination";
const DELIVERY: &str = "logs:delivery";
const POLICY: &str = "logs:account-policy";
const QUERY: &str = "logs:scheduled-query";
const DETECTOR: &str = "logs:anomaly-detector";

type Refusal = (&'static str, String);

struct Ask<'a> {
    records: &'a mut Records,
    region: &'a str,
    input: Map<String, Value>,
    now: Timestamp,
}

/// The answer, if the operation is about one of these kinds.
pub fn answer(
    records: &mut Records,
    route: &Route,
    body: &[u8],
    now: Timestamp,
) -> Option<MockResponse> {
    let input = serde_json::from_slice(body).unwrap_or_default();
    let mut ask = Ask { records, region: &route.region, input, now };
    let result = match route.operation.as_str() {
        "PutDestination" => Ok(put_destination(&mut ask)),
        "DescribeDestinations" => Ok(ask.list(DESTINATION, "destinations", |ask, one| {
            one.text("destinationName").starts_with(ask.text("DestinationNamePrefix"))
        })),
        "DeleteDestination" => ask.delete(DESTINATION, "destinationName"),
        "PutDeliverySource" => Ok(put_source(&mut ask)),
        "GetDeliverySource" => ask.get(SOURCE, "name", "deliverySource"),
        "DescribeDeliverySources" => Ok(ask.list(SOURCE, "deliverySources", |_, _| true)),
        "DeleteDeliverySource" => delete_end(&mut ask, SOURCE),
        "PutDeliveryDestination" => Ok(put_target(&mut ask)),
        "GetDeliveryDestination" => ask.get(TARGET, "name", "deliveryDestination"),
        "DescribeDeliveryDestinations" => Ok(ask.list(TARGET, "deliveryDestinations", |_, _| true)),
        "DeleteDeliveryDestination" => delete_end(&mut ask, TARGET),
        "CreateDelivery" => create_delivery(&mut ask),
        "GetDelivery" => ask.get(DELIVERY, "id", "delivery"),
        "DescribeDeliveries" => Ok(ask.list(DELIVERY, "deliveries", |_, _| true)),
        "DeleteDelivery" => ask.delete(DELIVERY, "id"),
        "PutAccountPolicy" => Ok(put_policy(&mut ask)),
        "DescribeAccountPolicies" => Ok(ask.list(POLICY, "accountPolicies", |ask, one| {
            let name = ask.text("policyName");
            one.text("policyType") == ask.text("policyType")
                && (name.is_empty() || name == one.text("policyName"))
        })),
        "DeleteAccountPolicy" => delete_policy(&mut ask),
        "CreateScheduledQuery" => Ok(create_query(&mut ask)),
        "GetScheduledQuery" => get_query(&ask),
        "ListScheduledQueries" => Ok(summaries(ask.list(QUERY, "scheduledQueries", |_, _| true))),
        "DeleteScheduledQuery" => ask.delete(QUERY, "identifier"),
        "CreateLogAnomalyDetector" => Ok(create_detector(&mut ask)),
        "ListLogAnomalyDetectors" => Ok(ask.list(DETECTOR, "anomalyDetectors", |_, _| true)),
        _ => return None,
    };
    Some(match result {
        Ok(output) => answer::json(200, &output),
        Err((code, message)) => answer::error(Service::Logs, 400, code, &message),
    })
}

fn missing() -> Refusal {
    ("ResourceNotFoundException", "The specified resource does not exist.".to_owned())
}

impl Ask<'_> {
    fn text(&self, member: &str) -> &str {
        self.input.get(member).and_then(Value::as_str).unwrap_or_default()
    }

    fn id(&self, kind: &'static str, member: &str) -> Id {
        Id::new(self.region, kind, self.text(member))
    }

    fn arn(&self, kind: &str, name: &str) -> String {
        format!(
            "arn:aws:{}:{name}",
            kind.replacen(':', &format!(":{}:{ACCOUNT_ID}:", self.region), 1)
        )
    }

    /// Puts a thing in place of the one of its name, which keeps its tags and its age.
    fn put(&mut self, id: Id, members: Value) -> Value {
        let arn = self.arn(id.kind, &id.name);
        let known = self.records.get(&id);
        let tags = self.input.get("tags").cloned();
        let tags: Option<BTreeMap<String, String>> =
            tags.and_then(|tags| serde_json::from_value(tags).ok());
        let tags = tags.or_else(|| known.map(|known| known.tags.clone())).unwrap_or_default();
        let created = known.map_or(self.now, |known| known.created);
        let set = members.as_object().into_iter().flatten();
        let mut body: Map<String, Value> = set
            .filter(|(_, value)| !value.is_null())
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        let member = match id.kind {
            // It has none.
            POLICY => None,
            QUERY => Some("scheduledQueryArn"),
            DETECTOR => Some("anomalyDetectorArn"),
            _ => Some("arn"),
        };
        body.extend(member.map(|member| (member.to_owned(), json!(arn))));
        let record = Record { body, arn, tags, created, next: None };
        let shown = shown(id.kind, &record);
        self.records.insert(id, record);
        shown
    }

    fn get(&self, kind: &'static str, by: &str, member: &str) -> Result<Value, Refusal> {
        let record = self.records.get(&self.id(kind, by)).ok_or_else(missing)?;
        Ok(json!({ member: shown(kind, record) }))
    }

    fn list(&self, kind: &str, rows: &str, is_asked_for: fn(&Self, &Record) -> bool) -> Value {
        let all = self.records.of(self.region, kind).map(|(_, record)| record);
        let found = all.filter(|record| is_asked_for(self, record));
        let found = found.map(|record| shown(kind, record)).collect();
        let size = self.input.get("limit").or(self.input.get("maxResults"));
        let size = size.and_then(Value::as_u64);
        let size = size.and_then(|size| usize::try_from(size).ok()).unwrap_or(PAGE_MAX);
        let token = self.input.get("nextToken").and_then(Value::as_str);
        let (found, next): (Vec<Value>, _) = page(found, token, size.min(PAGE_MAX));
        let mut out = json!({ rows: found });
        if let Some(next) = next {
            out["nextToken"] = json!(next);
        }
        out
    }

    fn delete(&mut self, kind: &'static str, by: &str) -> Result<Value, Refusal> {
        let id = self.id(kind, by);
        self.records.remove(&id).map(|_| json!({})).ok_or_else(missing)
    }
}

/// As its describe call shows it; only vended logs show their tags.
fn shown(kind: &str, record: &Record) -> Value {
    let mut body = Value::Object(record.body.clone());
    if !record.tags.is_empty() && [SOURCE, TARGET, DELIVERY].contains(&kind) {
        body["tags"] = json!(record.tags);
    }
    body
}

fn put_destination(ask: &mut Ask<'_>) -> Value {
    let id = ask.id(DESTINATION, "destinationName");
    let known = ask.records.get(&id);
    let policy = known.and_then(|known| known.body.get("accessPolicy")).cloned();
    let created = known.map_or(ask.now, |known| known.created).as_millisecond();
    let members = json!({
        "destinationName": id.name,
        "targetArn": ask.text("targetArn"),
        "roleArn": ask.text("roleArn"),
        "accessPolicy": policy,
        "creationTime": created,
    });
    json!({ "destination": ask.put(id, members) })
}

/// `PutDeliverySource`: the service is that of the sender's ARN.
fn put_source(ask: &mut Ask<'_>) -> Value {
    let id = ask.id(SOURCE, "name");
    let sender = ask.text("resourceArn");
    let members = json!({
        "name": id.name,
        "resourceArns": [sender],
        "service": sender.split(':').nth(2),
        "logType": ask.text("logType"),
    });
    json!({ "deliverySource": ask.put(id, members) })
}

/// `PutDeliveryDestination`: its type follows from what it stands for; without that it is X-Ray.
fn put_target(ask: &mut Ask<'_>) -> Value {
    let id = ask.id(TARGET, "name");
    let to = ask.input.get("deliveryDestinationConfiguration").cloned();
    let arn = to.as_ref().and_then(|to| to["destinationResourceArn"].as_str());
    let sort = match arn.and_then(|arn| arn.split(':').nth(2)) {
        Some("s3") => "S3",
        Some("logs") => "CWL",
        Some("firehose") => "FH",
        _ => "XRAY",
    };
    let members = json!({
        "name": id.name,
        "deliveryDestinationType": sort,
        "outputFormat": ask.input.get("outputFormat"),
        "deliveryDestinationConfiguration": to,
        "roleArn": ask.input.get("roleArn"),
    });
    json!({ "deliveryDestination": ask.put(id, members) })
}

fn create_delivery(ask: &mut Ask<'_>) -> Result<Value, Refusal> {
    let source = ask.text("deliverySourceName").to_owned();
    let to = ask.text("deliveryDestinationArn").to_owned();
    let target = ask.records.of(ask.region, TARGET).find(|(_, target)| target.arn == to);
    let sort = target.map(|(_, target)| target.text("deliveryDestinationType").to_owned());
    let has_source = ask.records.get(&ask.id(SOURCE, "deliverySourceName")).is_some();
    let (Some(sort), true) = (sort, has_source) else { return Err(missing()) };
    let id = Id::new(ask.region, DELIVERY, &ask.records.draw(LETTERS, 16));
    let members = json!({
        "id": id.name,
        "deliverySourceName": source,
        "deliveryDestinationArn": to,
        "deliveryDestinationType": sort,
        "recordFields": ask.input.get("recordFields"),
        "fieldDelimiter": ask.input.get("fieldDelimiter"),
        "s3DeliveryConfiguration": ask.input.get("s3DeliveryConfiguration"),
    });
    Ok(json!({ "delivery": ask.put(id, members) }))
}

/// `DeleteDeliverySource`, `DeleteDeliveryDestination`: "You can't delete a delivery source if any
/// current deliveries are associated with it."
fn delete_end(ask: &mut Ask<'_>, kind: &'static str) -> Result<Value, Refusal> {
    let id = ask.id(kind, "name");
    let arn = ask.records.get(&id).ok_or_else(missing)?.arn.clone();
    let joined = ask.records.of(ask.region, DELIVERY).any(|(_, delivery)| {
        delivery.text("deliverySourceName") == id.name && kind == SOURCE
            || delivery.text("deliveryDestinationArn") == arn
    });
    if joined {
        let message = format!("{arn} is associated with a delivery.");
        return Err(("ConflictException", message));
    }
    ask.delete(kind, "name")
}

fn policy_id(ask: &Ask<'_>) -> Id {
    let name = format!("{}/{}", ask.text("policyType"), ask.text("policyName"));
    Id::new(ask.region, POLICY, &name)
}

fn put_policy(ask: &mut Ask<'_>) -> Value {
    let id = policy_id(ask);
    let members = json!({
        "policyName": ask.text("policyName"),
        "policyType": ask.text("policyType"),
        "policyDocument": ask.text("policyDocument"),
        "scope": "ALL",
        "selectionCriteria": ask.input.get("selectionCriteria"),
        "accountId": ACCOUNT_ID,
        "lastUpdatedTime": ask.now.as_millisecond(),
    });
    json!({ "accountPolicy": ask.put(id, members) })
}

fn delete_policy(ask: &mut Ask<'_>) -> Result<Value, Refusal> {
    let id = policy_id(ask);
    ask.records.remove(&id).map(|_| json!({})).ok_or_else(missing)
}

fn create_query(ask: &mut Ask<'_>) -> Value {
    let id = ask.id(QUERY, "name");
    let mut members = Value::Object(ask.input.clone());
    members["tags"] = Value::Null;
    members["creationTime"] = json!(ask.now.as_millisecond());
    members["lastUpdatedTime"] = json!(ask.now.as_millisecond());
    if members["state"].is_null() {
        members["state"] = json!("ENABLED");
    }
    let made = ask.put(id, members);
    json!({ "scheduledQueryArn": made["scheduledQueryArn"], "state": made["state"] })
}

/// By its name or its ARN; its members are the answer's own.
fn get_query(ask: &Ask<'_>) -> Result<Value, Refusal> {
    let asked = ask.text("identifier");
    let mut all = ask.records.of(ask.region, QUERY);
    let found = all.find(|(name, query)| *name == asked || query.arn == asked);
    found.map(|(_, query)| shown(QUERY, query)).ok_or_else(missing)
}

/// `ScheduledQuerySummary`: not as whom a query runs, nor over what.
fn summaries(mut listed: Value) -> Value {
    for row in listed["scheduledQueries"].as_array_mut().into_iter().flatten() {
        if let Some(row) = row.as_object_mut() {
            for member in ["executionRoleArn", "logGroupIdentifiers", "queryString"] {
                row.remove(member);
            }
        }
    }
    listed
}

fn create_detector(ask: &mut Ask<'_>) -> Value {
    let parts: Vec<String> = [8, 4, 4, 4, 12].map(|n| ask.records.draw(HEX, n)).to_vec();
    let id = Id::new(ask.region, DETECTOR, &parts.join("-"));
    let mut members = Value::Object(ask.input.clone());
    members["tags"] = Value::Null;
    members["anomalyDetectorStatus"] = json!("INITIALIZING");
    members["creationTimeStamp"] = json!(ask.now.as_millisecond());
    members["lastModifiedTimeStamp"] = json!(ask.now.as_millisecond());
    let made = ask.put(id, members);
    json!({ "anomalyDetectorArn": made["anomalyDetectorArn"] })
}
