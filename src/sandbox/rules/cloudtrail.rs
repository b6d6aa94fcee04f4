//! CloudTrail's trails and event data stores, kept here: winterbaume's have no key, log group or
//! role.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Map, Value, json};
use winterbaume_core::MockResponse;

use crate::sandbox::records::{Id, Record, Records, epoch};
use crate::sandbox::route::{Route, Service};
use crate::sandbox::{ACCOUNT_ID, answer};

mod stores;
#[cfg(test)]
mod tests;

const TRAIL: &str = "cloudtrail:trail";

const EVENT_CONFIGURATION: &[&str] =
    &["MaxEventSize", "ContextKeySelectors", "AggregationConfigurations"];

type Refusal = (&'static str, String);

struct Ask<'a> {
    records: &'a mut Records,
    region: &'a str,
    input: Map<String, Value>,
    now: Timestamp,
}

/// The answer, if the operation is about trails or event data stores.
pub fn answer(
    records: &mut Records,
    route: &Route,
    body: &[u8],
    now: Timestamp,
) -> Option<MockResponse> {
    let input = serde_json::from_slice(body).unwrap_or_default();
    let mut ask = Ask { records, region: &route.region, input, now };
    let result = match route.operation.as_str() {
        "CreateTrail" => create(&mut ask),
        "UpdateTrail" => update(&mut ask),
        "DeleteTrail" => delete(&mut ask),
        "DescribeTrails" => Ok(describe(&ask)),
        "GetTrail" => find(&ask, true).map(|id| json!({ "Trail": shown(&ask, &id) })),
        "ListTrails" => Ok(list(&ask)),
        "GetTrailStatus" => status(&ask),
        "StartLogging" => logging(&mut ask, true),
        "StopLogging" => logging(&mut ask, false),
        "PutEventSelectors" => put(&mut ask, &["EventSelectors", "AdvancedEventSelectors"]),
        "GetEventSelectors" => get(&ask, &["EventSelectors", "AdvancedEventSelectors"]),
        "PutEventConfiguration" => put(&mut ask, EVENT_CONFIGURATION),
        "GetEventConfiguration" => get(&ask, EVENT_CONFIGURATION),
        "PutInsightSelectors" => put(&mut ask, &["InsightSelectors"]),
        "GetInsightSelectors" => get(&ask, &["InsightSelectors"]),
        "AddTags" => tags(&mut ask, true),
        "RemoveTags" => tags(&mut ask, false),
        "ListTags" => list_tags(&mut ask),
        operation => stores::answer(operation, &mut ask)?,
    };
    Some(match result {
        Ok(output) => answer::json(200, &output),
        Err((code, message)) => answer::error(Service::CloudTrail, 400, code, &message),
    })
}

impl Ask<'_> {
    fn text(&self, member: &str) -> &str {
        self.input.get(member).and_then(Value::as_str).unwrap_or_default()
    }

    fn arn(&self, name: &str) -> String {
        format!("arn:aws:cloudtrail:{}:{ACCOUNT_ID}:trail/{name}", self.region)
    }

    /// All trails that this region shows: its own, and the shadows of multi-region ones.
    fn shown(&self) -> Vec<(Id, &Record)> {
        let seen = |id: &Id, record: &Record| {
            let shadow = record.body.get("IsMultiRegionTrail").is_some_and(|on| on == true);
            id.region == self.region || shadow
        };
        let all = self.records.everywhere(TRAIL);
        all.filter(|(id, record)| seen(id, record))
            .map(|(id, record)| (id.clone(), record))
            .collect()
    }
}

fn missing(name: &str) -> Refusal {
    ("TrailNotFoundException", format!("Unknown trail: {name} for the user: {ACCOUNT_ID}"))
}

/// Which trail a name or an ARN means. What changes a trail is done in its home region alone.
///
/// Source: `InvalidHomeRegionException`: "when an operation is called on a trail from a Region
/// other than the Region in which the trail was created".
fn find(ask: &Ask<'_>, reads: bool) -> Result<Id, Refusal> {
    let asked = match ask.text("Name") {
        "" => ask.text("TrailName"),
        name => name,
    };
    let arn = |record: &Record| record.text("TrailARN").to_owned();
    let found = ask.shown().into_iter().map(|(id, record)| (id, arn(record)));
    let found = found.filter(|(id, arn)| id.name == asked || arn == asked);
    let (id, _) =
        found.min_by_key(|(id, _)| id.region != ask.region).ok_or_else(|| missing(asked))?;
    if reads || id.region == ask.region {
        return Ok(id);
    }
    let message = format!("Trail {asked} is not in its home region: call {}.", id.region);
    Err(("InvalidHomeRegionException", message))
}

/// What changes an organisation's trail is for the management account, whose number is in the
/// trail's ARN.
///
/// Source: `NotOrganizationMasterAccountException`: "the Amazon Web Services account making the
/// request to create or update an organization trail … is not the management account".
fn find_ours(ask: &Ask<'_>) -> Result<Id, Refusal> {
    let id = find(ask, false)?;
    let arn = ask.records.get(&id).map(|record| record.text("TrailARN")).unwrap_or_default();
    if arn.split(':').nth(4) == Some(ACCOUNT_ID) {
        return Ok(id);
    }
    let message = format!("{arn} belongs to the organization's management account.");
    Err(("NotOrganizationMasterAccountException", message))
}

fn shown(ask: &Ask<'_>, id: &Id) -> Value {
    let Some(record) = ask.records.get(id) else { return json!({}) };
    let hidden = |name: &str| name.starts_with('-');
    let body: Map<String, Value> = record
        .body
        .iter()
        .filter(|(name, value)| !hidden(name) && value.as_str() != Some(""))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    let mut body = Value::Object(body);
    let has = |member: &str| record.body.get(member).and_then(Value::as_array).is_some();
    body["HasCustomEventSelectors"] =
        json!(has("-EventSelectors") || has("-AdvancedEventSelectors"));
    body["HasInsightSelectors"] = json!(has("-InsightSelectors"));
    body
}

fn create(ask: &mut Ask<'_>) -> Result<Value, Refusal> {
    let name = ask.text("Name").to_owned();
    let id = Id::new(ask.region, TRAIL, &name);
    if ask.records.get(&id).is_some() {
        return Err(("TrailAlreadyExistsException", format!("Trail {name} already exists.")));
    }
    let mut body = ask.input.clone();
    let tags = tag_map(body.remove("TagsList").as_ref());
    body.entry("IncludeGlobalServiceEvents").or_insert(json!(true));
    body.entry("IsMultiRegionTrail").or_insert(json!(false));
    body.entry("IsOrganizationTrail").or_insert(json!(false));
    let validated = body.remove("EnableLogFileValidation").unwrap_or(json!(false));
    body.insert("LogFileValidationEnabled".to_owned(), validated);
    body.insert("HomeRegion".to_owned(), json!(ask.region));
    let arn = ask.arn(&name);
    body.insert("TrailARN".to_owned(), json!(arn));
    body.insert("-IsLogging".to_owned(), json!(false));
    ask.records.insert(id.clone(), Record { body, arn, tags, created: ask.now, next: None });
    Ok(shown(ask, &id))
}

/// An empty text takes the member away, as the guide's clean-up does with the log group.
fn update(ask: &mut Ask<'_>) -> Result<Value, Refusal> {
    let id = find_ours(ask)?;
    let mut input = ask.input.clone();
    input.remove("Name");
    if let Some(record) = ask.records.get_mut(&id) {
        record.body.extend(input);
    }
    Ok(shown(ask, &id))
}

fn delete(ask: &mut Ask<'_>) -> Result<Value, Refusal> {
    let id = find_ours(ask)?;
    ask.records.remove(&id);
    Ok(json!({}))
}

/// `DescribeTrails`: shadow trails are included unless the caller says otherwise.
fn describe(ask: &Ask<'_>) -> Value {
    let shadows = ask.input.get("includeShadowTrails").and_then(Value::as_bool).unwrap_or(true);
    let names = ask.input.get("trailNameList").and_then(Value::as_array);
    let names: Vec<&str> =
        names.map(|names| names.iter().filter_map(Value::as_str).collect()).unwrap_or_default();
    let rows: Vec<Value> = ask
        .shown()
        .into_iter()
        .filter(|(id, _)| shadows || id.region == ask.region)
        .filter(|(id, record)| {
            names.is_empty()
                || names.contains(&id.name.as_str())
                || names.contains(&record.text("TrailARN"))
        })
        .map(|(id, _)| shown(ask, &id))
        .collect();
    json!({ "trailList": rows })
}

fn list(ask: &Ask<'_>) -> Value {
    let rows: Vec<Value> = ask
        .shown()
        .into_iter()
        .map(|(id, record)| {
            json!({ "TrailARN": record.arn, "Name": id.name, "HomeRegion": id.region })
        })
        .collect();
    json!({ "Trails": rows })
}

fn status(ask: &Ask<'_>) -> Result<Value, Refusal> {
    let id = find(ask, true)?;
    let Some(record) = ask.records.get(&id) else { return Err(missing(&id.name)) };
    let mut out = json!({ "IsLogging": record.body.get("-IsLogging") });
    for (hidden, member) in
        [("-StartLoggingTime", "StartLoggingTime"), ("-StopLoggingTime", "StopLoggingTime")]
    {
        if let Some(at) = record.body.get(hidden) {
            out[member] = at.clone();
        }
    }
    Ok(out)
}

fn logging(ask: &mut Ask<'_>, on: bool) -> Result<Value, Refusal> {
    let id = find_ours(ask)?;
    let now = epoch(ask.now);
    if let Some(record) = ask.records.get_mut(&id) {
        record.set("-IsLogging", on);
        record.set(if on { "-StartLoggingTime" } else { "-StopLoggingTime" }, now);
    }
    Ok(json!({}))
}

fn put(ask: &mut Ask<'_>, members: &[&str]) -> Result<Value, Refusal> {
    let id = find(ask, false)?;
    let input = ask.input.clone();
    if let Some(record) = ask.records.get_mut(&id) {
        for member in members {
            record.body.remove(&format!("-{member}"));
            if let Some(value) = input.get(*member) {
                record.set(&format!("-{member}"), value.clone());
            }
        }
    }
    get(ask, members)
}

fn get(ask: &Ask<'_>, members: &[&str]) -> Result<Value, Refusal> {
    let id = find(ask, true)?;
    let Some(record) = ask.records.get(&id) else { return Err(missing(&id.name)) };
    let mut out = json!({ "TrailARN": record.arn });
    for member in members {
        if let Some(value) = record.body.get(&format!("-{member}")) {
            out[*member] = value.clone();
        }
    }
    if members == ["InsightSelectors"] && out["InsightSelectors"].is_null() {
        let message = format!("Trail {} does not have Insights enabled.", id.name);
        return Err(("InsightNotEnabledException", message));
    }
    Ok(out)
}

fn tag_map(tags: Option<&Value>) -> BTreeMap<String, String> {
    let text = |tag: &Value, member: &str| tag[member].as_str().unwrap_or_default().to_owned();
    let tags = tags.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    tags.iter().map(|tag| (text(tag, "Key"), text(tag, "Value"))).collect()
}

fn no_arn(arn: &str) -> Refusal {
    ("ResourceNotFoundException", format!("Resource {arn} was not found."))
}

fn tags(ask: &mut Ask<'_>, add: bool) -> Result<Value, Refusal> {
    let arn = ask.text("ResourceId").to_owned();
    let named = tag_map(ask.input.get("TagsList"));
    let record = ask.records.by_arn(&arn).ok_or_else(|| no_arn(&arn))?;
    if add {
        record.tags.extend(named);
    } else {
        record.tags.retain(|key, _| !named.contains_key(key));
    }
    Ok(json!({}))
}

fn list_tags(ask: &mut Ask<'_>) -> Result<Value, Refusal> {
    let arns = ask.input.get("ResourceIdList").and_then(Value::as_array).cloned();
    let mut rows = Vec::new();
    for arn in arns.unwrap_or_default() {
        let arn = arn.as_str().unwrap_or_default();
        let record = ask.records.by_arn(arn).ok_or_else(|| no_arn(arn))?;
        let tags: Vec<Value> =
            record.tags.iter().map(|(key, value)| json!({ "Key": key, "Value": value })).collect();
        rows.push(json!({ "ResourceId": arn, "TagsList": tags }));
    }
    Ok(json!({ "ResourceTagList": rows }))
}
