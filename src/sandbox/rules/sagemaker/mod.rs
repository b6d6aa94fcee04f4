//! SageMaker: the kinds of [`kinds`] are kept here, the others in winterbaume.
//!
//! winterbaume's SageMaker keeps no inputs, volumes' keys, lifecycle configurations or default
//! user settings, so its describe calls could not show what a resource uses.

mod kinds;
mod pipeline;
mod policy;
mod refusals;
mod seen;
mod special;

#[cfg(test)]
mod tests;

use jiff::Timestamp;
use serde_json::{Map, Value, json};
use winterbaume_core::MockResponse;

use crate::sandbox::ACCOUNT_ID;
use crate::sandbox::answer;
use crate::sandbox::records::{Change, Id, Next, Record, Records, epoch, later, page};
use crate::sandbox::route::{Route, Service};
use crate::sandbox::rules::tagging;
use crate::sandbox::weather::Weather;
use kinds::{Delete, KINDS, Kind, Missing};

/// SageMaker's largest page, and the one that it takes if not told.
const PAGE_MAX: u64 = 100;
const PAGE_DEFAULT: u64 = 10;

/// Every kind that is kept here.
fn kinds() -> impl Iterator<Item = &'static Kind> {
    KINDS.iter().chain(seen::KINDS)
}

/// One call on its way through.
pub struct Ask<'a> {
    pub records: &'a mut Records,
    pub region: &'a str,
    pub input: Map<String, Value>,
    pub now: Timestamp,
    pub weather: &'a Weather,
}

/// A refusal: code and message.
pub type Refusal = (&'static str, String);

impl Ask<'_> {
    pub fn text(&self, member: &str) -> &str {
        self.input.get(member).and_then(Value::as_str).unwrap_or_default()
    }

    pub fn id(&self, kind: &'static str, name: &str) -> Id {
        Id::new(self.region, kind, name)
    }

    pub fn arn(&self, path: &str, name: &str) -> String {
        format!("arn:aws:sagemaker:{}:{ACCOUNT_ID}:{path}/{name}", self.region)
    }
}

/// The answer, if the operation is about a kind that is kept here.
pub fn answer(
    records: &mut Records,
    route: &Route,
    body: &[u8],
    now: Timestamp,
    weather: &Weather,
) -> Option<MockResponse> {
    let input = serde_json::from_slice(body).unwrap_or_default();
    let mut ask = Ask { records, region: &route.region, input, now, weather };
    let result = dispatch(&route.operation, &mut ask)?;
    Some(match result {
        Ok(output) => answer::json(200, &output),
        Err((code, message)) => answer::error(Service::SageMaker, 400, code, &message),
    })
}

fn dispatch(operation: &str, ask: &mut Ask<'_>) -> Option<Result<Value, Refusal>> {
    if let Some(result) =
        pipeline::answer(operation, ask).or_else(|| policy::answer(operation, ask))
    {
        return Some(result);
    }
    match operation {
        "AddTags" => return tags(ask, true),
        "DeleteTags" => return tags(ask, false),
        "ListTags" => return list_tags(ask),
        "StartNotebookInstance" => return Some(special::start_notebook(ask)),
        "UpdateModelPackage" => return Some(special::update_model_package(ask)),
        "ListTrainingJobsForHyperParameterTuningJob" => return Some(special::tuned(ask)),
        _ => {}
    }
    let (verb, rest) = ["Create", "Describe", "Delete", "Stop", "List"]
        .iter()
        .find_map(|verb| operation.strip_prefix(verb).map(|rest| (*verb, rest)))?;
    let kind = kinds()
        .find(|kind| if verb == "List" { kind.plural == rest } else { kind.noun == rest })?;
    Some(match verb {
        "Create" => create(kind, ask),
        "Describe" => describe(kind, ask),
        "Delete" => delete(kind, ask),
        "Stop" => stop(kind, ask)?,
        _ => seen::refused(kind, ask).map(|()| list(kind, ask)),
    })
}

fn create(kind: &'static Kind, ask: &mut Ask<'_>) -> Result<Value, Refusal> {
    refusals::of_create(kind, ask)?;
    seen::refused(kind, ask)?;
    let mut body = ask.input.clone();
    let tags = take_tags(&mut body);
    let name = special::complete(kind, ask, &mut body);
    let id = ask.id(kind.id, &name);
    if ask.records.get(&id).is_some() {
        return Err(("ValidationException", format!("{} {name} already exists.", kind.noun)));
    }
    let arn = ask.arn(kind.path, &name);
    body.insert(kind.arn.to_owned(), json!(arn));
    body.insert("CreationTime".to_owned(), epoch(ask.now));
    body.insert("LastModifiedTime".to_owned(), epoch(ask.now));
    let (fresh, ready, time) = kind.fresh;
    let mut record = Record { body, arn: arn.clone(), tags, created: ask.now, next: None };
    if !kind.status.is_empty() {
        record.set(kind.status, fresh);
        if fresh != ready {
            let change = match special::failure(kind, ask) {
                None => vec![(kind.status, json!(ready))],
                Some(why) => {
                    vec![(kind.status, json!("Failed")), ("FailureReason", json!(why))]
                }
            };
            let at = later(ask.now, ask.weather.background(time));
            record.next = Some(Next { at, change: Change::Set(change) });
        }
    }
    let output = special::created(kind, &record);
    if let Some(home) = special::home(kind, &record, ask.region) {
        let tag = (special::HOME_TAG.to_owned(), arn);
        tagging::put(ask.records, ask.region, &home, [tag], ask.now);
    }
    ask.records.insert(id, record);
    ask.records.settle(ask.now);
    Ok(output)
}

fn describe(kind: &'static Kind, ask: &mut Ask<'_>) -> Result<Value, Refusal> {
    let id = find(kind, ask)?;
    let record = ask.records.get(&id).ok_or_else(|| missing(kind, ask, &id.name))?;
    let mut body = record.body.clone();
    // What no describe call shows.
    body.retain(|member, _| !member.starts_with('-'));
    seen::described(kind, ask, &mut body);
    Ok(Value::Object(body))
}

fn delete(kind: &'static Kind, ask: &mut Ask<'_>) -> Result<Value, Refusal> {
    let id = find(kind, ask)?;
    refusals::of_delete(kind, ask, &id)?;
    let (when, slow) = match &kind.delete {
        Delete::Never => return Err(("ValidationException", "No such operation.".to_owned())),
        Delete::Now(when) => (when, None),
        Delete::Slow { when, status, time } => (when, Some((*status, *time))),
    };
    let now = ask.now;
    let gone_at = slow.map(|(_, time)| later(now, ask.weather.background(time)));
    let fails = ask.records.chance(ask.weather.failed_deletes);
    let Some(record) = ask.records.get_mut(&id) else { return Err(missing(kind, ask, &id.name)) };
    let status = record.text(kind.status).to_owned();
    if slow.is_some_and(|(deleting, _)| deleting == status) {
        return refusals::while_deleting(kind, &record.arn);
    }
    if !when.is_empty() && !when.contains(&status.as_str()) {
        return Err(refusals::wrong_status(kind, &record.arn, &status));
    }
    let home = special::home(kind, record, ask.region);
    match (slow, gone_at) {
        (Some((deleting, _)), Some(at)) => {
            record.set(kind.status, deleting);
            record.set("LastModifiedTime", epoch(now));
            let failed = special::delete_failed(kind).filter(|_| fails);
            // Once: whoever asks again gets it deleted.
            let failed =
                failed.filter(|_| record.body.insert("-failed".to_owned(), json!(true)).is_none());
            let has_failed = failed.is_some();
            let change = failed.unwrap_or_else(|| special::gone(kind));
            record.next = Some(Next { at, change });
            ask.records.failed_deletes += u64::from(has_failed);
            ask.records.slow_deletes += u64::from(at > now);
            ask.records.settle(now);
        }
        _ => {
            ask.records.remove(&id);
        }
    }
    if let Some(home) = home.filter(|_| special::home_goes(ask)) {
        tagging::remove(ask.records, ask.region, &home);
    }
    Ok(json!({}))
}

fn stop(kind: &'static Kind, ask: &mut Ask<'_>) -> Option<Result<Value, Refusal>> {
    let stop = kind.stop.as_ref()?;
    let id = match find(kind, ask) {
        Ok(id) => id,
        Err(refusal) => return Some(Err(refusal)),
    };
    let at = later(ask.now, ask.weather.background(stop.time));
    let now = ask.now;
    let record = ask.records.get_mut(&id)?;
    let status = record.text(kind.status).to_owned();
    if !stop.from.contains(&status.as_str()) {
        return Some(Err(refusals::cannot_stop(kind, &record.arn, &status)));
    }
    record.set(kind.status, stop.via);
    record.set("LastModifiedTime", epoch(now));
    let mut members = vec![(kind.status, json!(stop.into))];
    if kind.id == "sagemaker:training-job" {
        record.set("SecondaryStatus", "Stopping");
        members.push(("SecondaryStatus", json!("Stopped")));
        members.push(("TrainingEndTime", epoch(at)));
    }
    record.next = Some(Next { at, change: Change::Set(members) });
    ask.records.settle(now);
    Some(Ok(json!({})))
}

/// Which record a request is about.
fn find(kind: &'static Kind, ask: &Ask<'_>) -> Result<Id, Refusal> {
    let name = special::name_in(kind, ask);
    let id = ask.id(kind.id, &name);
    match ask.records.get(&id) {
        Some(_) => Ok(id),
        None => Err(missing(kind, ask, &name)),
    }
}

fn missing(kind: &Kind, ask: &Ask<'_>, name: &str) -> Refusal {
    let arn = ask.arn(kind.path, name);
    match kind.missing {
        Missing::NotFound => ("ResourceNotFound", format!("{} {arn} does not exist.", kind.noun)),
        Missing::Validation(text) => ("ValidationException", text.replace("{}", &arn)),
    }
}

fn list(kind: &'static Kind, ask: &Ask<'_>) -> Value {
    let rows: Vec<Value> = ask
        .records
        .of(ask.region, kind.id)
        .filter(|(_, record)| selected(kind, ask, record))
        .map(|(_, record)| row(kind, record))
        .collect();
    let size = ask.input.get("MaxResults").and_then(Value::as_u64).unwrap_or(PAGE_DEFAULT);
    let size = usize::try_from(size.min(PAGE_MAX)).unwrap_or(1);
    let (rows, next) = page(rows, ask.input.get("NextToken").and_then(Value::as_str), size);
    let mut output = json!({ kind.rows: rows });
    if let Some(next) = next {
        output["NextToken"] = json!(next);
    }
    output
}

/// The filters of the list calls.
fn selected(kind: &Kind, ask: &Ask<'_>, record: &Record) -> bool {
    let equals = |filter: &str, member: &str| {
        ask.text(filter).is_empty() || ask.text(filter) == record.text(member)
    };
    let contains = |filter: &str, member: &str| {
        record.text(member).to_lowercase().contains(&ask.text(filter).to_lowercase())
    };
    let before = ask.input.get("CreationTimeBefore").and_then(Value::as_f64);
    let after = ask.input.get("CreationTimeAfter").and_then(Value::as_f64);
    let created = record.created.as_millisecond() as f64 / 1000.0;
    equals("StatusEquals", kind.status)
        && equals("DomainIdEquals", "DomainId")
        && equals("UserProfileNameEquals", "UserProfileName")
        && equals("SpaceNameEquals", "SpaceName")
        && contains("NameContains", kind.name)
        && contains("UserProfileNameContains", "UserProfileName")
        && contains("SpaceNameContains", "SpaceName")
        && record.text(kind.name).starts_with(ask.text("PipelineNamePrefix"))
        && before.is_none_or(|before| created < before)
        && after.is_none_or(|after| created > after)
        && special::listed(kind, ask, record)
}

fn row(kind: &Kind, record: &Record) -> Value {
    let members = [kind.name, kind.arn, kind.status, "CreationTime", "LastModifiedTime"];
    let mut row: Map<String, Value> = members
        .iter()
        .chain(kind.row)
        .filter_map(|member| Some(((*member).to_owned(), record.body.get(*member)?.clone())))
        .collect();
    seen::row(kind, record, &mut row);
    Value::Object(row)
}

pub fn take_tags(body: &mut Map<String, Value>) -> std::collections::BTreeMap<String, String> {
    let tags = body.remove("Tags").unwrap_or_default();
    let text = |tag: &Value, member: &str| tag[member].as_str().unwrap_or_default().to_owned();
    let tags = tags.as_array().map(Vec::as_slice).unwrap_or_default();
    tags.iter().map(|tag| (text(tag, "Key"), text(tag, "Value"))).collect()
}

fn tag_list(record: &Record) -> Value {
    record.tags.iter().map(|(key, value)| json!({ "Key": key, "Value": value })).collect()
}

/// `AddTags` and `DeleteTags`. None if the ARN is of a kind that is not kept here.
fn tags(ask: &mut Ask<'_>, add: bool) -> Option<Result<Value, Refusal>> {
    let arn = ask.text("ResourceArn").to_owned();
    let keys = ask.input.get("TagKeys").and_then(Value::as_array).cloned().unwrap_or_default();
    let new = take_tags(&mut ask.input);
    if !is_ours(&arn) {
        return None;
    }
    let Some(record) = ask.records.by_arn(&arn) else { return Some(Err(no_arn(&arn))) };
    if add {
        record.tags.extend(new);
        return Some(Ok(json!({ "Tags": tag_list(record) })));
    }
    record.tags.retain(|key, _| !keys.iter().any(|gone| gone == key));
    Some(Ok(json!({})))
}

fn list_tags(ask: &mut Ask<'_>) -> Option<Result<Value, Refusal>> {
    let arn = ask.text("ResourceArn").to_owned();
    if !is_ours(&arn) {
        return None;
    }
    let Some(record) = ask.records.by_arn(&arn) else { return Some(Err(no_arn(&arn))) };
    Some(Ok(json!({ "Tags": tag_list(record) })))
}

fn is_ours(arn: &str) -> bool {
    let path = arn.splitn(6, ':').nth(5).unwrap_or_default().split('/').next();
    kinds().any(|kind| Some(kind.path) == path)
}

fn no_arn(arn: &str) -> Refusal {
    ("ResourceNotFound", format!("Resource {arn} does not exist."))
}
