//! EKS: clusters and what lives in them are kept here.
//!
//! winterbaume's clusters have no issuer, encryption keys, subnets, logging or protection, so
//! their describe calls could not show what a cluster uses.

mod access;
mod kinds;
mod refusals;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Map, Value, json};
use winterbaume_core::MockResponse;

use crate::sandbox::records::{
    BASE32, Change, HEX, HEX_UPPER, Id, LETTERS, Next, Record, Records, epoch, later, page,
};
use crate::sandbox::route::{Route, Service};
use crate::sandbox::weather::Weather;
use crate::sandbox::{ACCOUNT_ID, answer};
use kinds::{ASSOCIATION, CAPABILITY, CHILDREN, CLUSTER, ENTRY, KINDS, Kind};

/// EKS's largest page, which it also takes if not told.
const PAGE_MAX: usize = 100;

/// One call on its way through.
pub struct Ask<'a> {
    pub records: &'a mut Records,
    pub route: &'a Route,
    pub input: Map<String, Value>,
    pub now: Timestamp,
    pub weather: &'a Weather,
}

/// A refusal: status, code and message.
pub type Refusal = (u16, &'static str, String);

impl Ask<'_> {
    pub fn text(&self, member: &str) -> &str {
        self.input.get(member).and_then(Value::as_str).unwrap_or_default()
    }

    /// A piece of the path: the cluster is piece 1, its child piece 3.
    pub fn piece(&self, at: usize) -> &str {
        self.route.path.get(at).map(String::as_str).unwrap_or_default()
    }

    pub fn id(&self, kind: &'static str, name: &str) -> Id {
        Id::new(&self.route.region, kind, name)
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
    let mut ask = Ask { records, route, input, now, weather };
    Some(match dispatch(&mut ask)? {
        Ok(output) => answer::json(200, &output),
        Err((status, code, message)) => answer::error(Service::Eks, status, code, &message),
    })
}

fn dispatch(ask: &mut Ask<'_>) -> Option<Result<Value, Refusal>> {
    let operation = ask.route.operation.as_str();
    match operation {
        "TagResource" | "UntagResource" | "ListTagsForResource" => return Some(tags(ask)),
        "UpdateClusterConfig" => return Some(update_config(ask)),
        _ => {}
    }
    if let Some(result) = access::answer(operation, ask) {
        return Some(result);
    }
    if let Some(kind) = KINDS.iter().find(|kind| kind.list == operation) {
        return Some(list(kind, ask));
    }
    let (verb, noun) = ["Create", "Describe", "Delete"]
        .iter()
        .find_map(|verb| operation.strip_prefix(verb).map(|noun| (*verb, noun)))?;
    let kind = KINDS.iter().find(|kind| kind.noun == noun)?;
    Some(match verb {
        "Create" => create(kind, ask),
        "Describe" => find(kind, ask).map(|id| show(kind, ask.records.get(&id))),
        _ => delete(kind, ask),
    })
}

fn show(kind: &Kind, record: Option<&Record>) -> Value {
    let Some(record) = record else { return json!({}) };
    // What is kept for ourselves begins so.
    let shown = record.body.iter().filter(|(member, _)| !member.starts_with('-'));
    let body: Map<String, Value> =
        shown.map(|(name, value)| (name.clone(), value.clone())).collect();
    let mut body = Value::Object(body);
    body["tags"] = json!(record.tags);
    json!({ kind.member: body })
}

/// Which record a request's path is about.
fn find(kind: &Kind, ask: &Ask<'_>) -> Result<Id, Refusal> {
    let cluster = ask.id(CLUSTER, ask.piece(1));
    if ask.records.get(&cluster).is_none() {
        return Err(refusals::no_cluster(&cluster.name));
    }
    if kind.id == CLUSTER {
        return Ok(cluster);
    }
    let id = ask.id(kind.id, &format!("{}/{}", cluster.name, ask.piece(3)));
    match ask.records.get(&id) {
        Some(_) => Ok(id),
        None => Err(refusals::no_child(kind, &cluster.name, ask.piece(3))),
    }
}

fn create(kind: &'static Kind, ask: &mut Ask<'_>) -> Result<Value, Refusal> {
    let mut body = ask.input.clone();
    body.remove("clientRequestToken");
    let tags = body.remove("tags").and_then(|tags| serde_json::from_value(tags).ok());
    let cluster = ask.piece(1).to_owned();
    let uuid = ask.records.draw(HEX, 32);
    let (name, path) = if kind.id == CLUSTER {
        complete_cluster(ask, &mut body);
        (ask.text("name").to_owned(), ask.text("name").to_owned())
    } else {
        if ask.records.get(&ask.id(CLUSTER, &cluster)).is_none() {
            return Err(refusals::no_cluster(&cluster));
        }
        refusals::of_create(kind, ask, &cluster)?;
        body.insert("clusterName".to_owned(), json!(cluster));
        let child = match kind.id {
            ASSOCIATION => {
                let id = format!("a-{}", ask.records.draw(LETTERS, 17));
                body.insert("associationId".to_owned(), json!(id));
                id
            }
            ENTRY => {
                body.entry("username").or_insert(json!(ask.text("principalArn")));
                body.entry("type").or_insert(json!("STANDARD"));
                ask.text("principalArn").to_owned()
            }
            _ => ask.text(kind.name).to_owned(),
        };
        let path = match kind.id {
            ENTRY => access::entry_path(&cluster, &child, &uuid),
            ASSOCIATION => format!("{cluster}/{child}"),
            _ => format!("{cluster}/{child}/{uuid}"),
        };
        (format!("{cluster}/{child}"), path)
    };
    let id = ask.id(kind.id, &name);
    if ask.records.get(&id).is_some() {
        return Err((409, "ResourceInUseException", format!("{} already exists.", kind.noun)));
    }
    let region = &ask.route.region;
    let arn = format!("arn:aws:eks:{region}:{ACCOUNT_ID}:{}/{path}", kind.path);
    body.insert(kind.arn.to_owned(), json!(arn));
    body.insert("createdAt".to_owned(), epoch(ask.now));
    if kind.id != CLUSTER && kind.id != kinds::FARGATE {
        body.insert("modifiedAt".to_owned(), epoch(ask.now));
    }
    let tags: BTreeMap<String, String> = tags.unwrap_or_default();
    let mut record = Record { body, arn, tags, created: ask.now, next: None };
    let (fresh, ready, time) = kind.fresh;
    if !fresh.is_empty() {
        record.set("status", fresh);
        let change = Change::Set(vec![("status", json!(ready))]);
        let at = later(ask.now, ask.weather.background(time));
        record.next = Some(Next { at, change });
    }
    let output = show(kind, Some(&record));
    ask.records.insert(id, record);
    ask.records.settle(ask.now);
    Ok(output)
}

/// What AWS adds to a new cluster: endpoint, certificate, and an issuer that no other cluster
/// has.
///
/// Source: EKS's "Cluster" type, `identity.oidc.issuer`; the ids are 32 upper-case hex digits.
fn complete_cluster(ask: &mut Ask<'_>, body: &mut Map<String, Value>) {
    let region = ask.route.region.clone();
    let issuer = ask.records.draw(HEX_UPPER, 32);
    let host = ask.records.draw(HEX_UPPER, 32);
    let vpc = ask.records.draw(HEX, 17);
    body.insert(
        "identity".to_owned(),
        json!({ "oidc": { "issuer": format!("https://oidc.eks.{region}.amazonaws.com/id/{issuer}") } }),
    );
    body.insert(
        "endpoint".to_owned(),
        json!(format!("https://{host}.gr7.{region}.eks.amazonaws.com")),
    );
    let certificate = ask.records.draw(BASE32, 32);
    body.insert("certificateAuthority".to_owned(), json!({ "data": certificate }));
    body.entry("version").or_insert(json!("1.33"));
    body.insert("platformVersion".to_owned(), json!("eks.9"));
    body.entry("deletionProtection").or_insert(json!(false));
    let network = body.entry("resourcesVpcConfig").or_insert(json!({}));
    if network.is_object() {
        // The subnets lie in a network, and a cluster made again in them is in it again.
        let subnet = network["subnetIds"][0].as_str().and_then(|id| id.strip_prefix("subnet-"));
        network["vpcId"] = json!(format!("vpc-{}", subnet.unwrap_or(&vpc)));
    }
}

fn delete(kind: &'static Kind, ask: &mut Ask<'_>) -> Result<Value, Refusal> {
    let id = find(kind, ask)?;
    refusals::of_delete(kind, ask, &id)?;
    let now = ask.now;
    let at = later(now, ask.weather.background(kind.delete));
    let fails = ask.records.chance(ask.weather.failed_deletes);
    let Some(record) = ask.records.get_mut(&id) else { return Ok(json!({})) };
    if kind.fresh.0.is_empty() {
        let output = show(kind, Some(record));
        ask.records.remove(&id);
        return Ok(output);
    }
    let begins = record.text("status") != "DELETING";
    // Once: whoever asks again gets it deleted.
    let fails = begins && fails && record.body.insert("-failed".to_owned(), json!(true)).is_none();
    if begins {
        record.set("status", "DELETING");
        let failed = Change::Set(vec![("status", json!(failed_status(kind)))]);
        record.next = Some(Next { at, change: if fails { failed } else { Change::Gone } });
    }
    let output = show(kind, Some(record));
    ask.records.failed_deletes += u64::from(fails);
    ask.records.slow_deletes += u64::from(begins && at > now);
    settle(ask.records, now);
    Ok(output)
}

/// Botocore's waiter `ClusterDeleted` fails on a cluster that is ACTIVE again; all else says
/// `DELETE_FAILED`.
fn failed_status(kind: &Kind) -> &'static str {
    if kind.id == CLUSTER { "ACTIVE" } else { "DELETE_FAILED" }
}

/// A cluster takes with it what cannot live without it.
pub fn settle(records: &mut Records, now: Timestamp) {
    let before: Vec<(String, String)> = records
        .regions_of("eks:")
        .into_iter()
        .flat_map(|region| {
            let names: Vec<_> = records.of(&region, CLUSTER).map(|(n, _)| n.to_owned()).collect();
            names.into_iter().map(move |name| (region.clone(), name))
        })
        .collect();
    records.settle(now);
    for (region, name) in before {
        if records.get(&Id::new(&region, CLUSTER, &name)).is_none() {
            records.remove_within(&region, &name, CHILDREN);
        }
    }
}

fn list(kind: &Kind, ask: &Ask<'_>) -> Result<Value, Refusal> {
    let region = &ask.route.region;
    let cluster = ask.piece(1);
    let rows: Vec<Value> = if kind.id == CLUSTER {
        ask.records.of(region, CLUSTER).map(|(name, _)| json!(name)).collect()
    } else {
        if ask.records.get(&ask.id(CLUSTER, cluster)).is_none() {
            return Err(refusals::no_cluster(cluster));
        }
        // `ListPodIdentityAssociations` takes these two filters.
        let is_asked_for = |record: &Record, member: &str| {
            ask.route.param(member).is_none_or(|value| value == record.text(member))
        };
        ask.records
            .within(region, kind.id, cluster)
            .filter(|(_, record)| {
                ["namespace", "serviceAccount"].iter().all(|member| is_asked_for(record, member))
            })
            .map(|(_, record)| row(kind, record))
            .collect()
    };
    let size = ask.route.param("maxResults").and_then(|size| size.parse().ok());
    let size = size.unwrap_or(PAGE_MAX).clamp(1, PAGE_MAX);
    let (rows, next) = page(rows, ask.route.param("nextToken"), size);
    let mut output = json!({ kind.rows: rows });
    if let Some(next) = next {
        output["nextToken"] = json!(next);
    }
    Ok(output)
}

fn row(kind: &Kind, record: &Record) -> Value {
    let members: &[&str] = match kind.id {
        ASSOCIATION => {
            &["clusterName", "namespace", "serviceAccount", "associationArn", "associationId"]
        }
        CAPABILITY => &["capabilityName", "arn", "type", "status", "createdAt", "modifiedAt"],
        _ => return json!(record.text(kind.name)),
    };
    members
        .iter()
        .filter_map(|member| Some(((*member).to_owned(), record.body.get(*member)?.clone())))
        .collect()
}

fn tags(ask: &mut Ask<'_>) -> Result<Value, Refusal> {
    let arn = ask.route.path.get(1..).unwrap_or_default().join("/");
    let new = ask.input.get("tags").cloned();
    let new: BTreeMap<String, String> =
        new.and_then(|tags| serde_json::from_value(tags).ok()).unwrap_or_default();
    let gone: Vec<&str> = ask
        .route
        .query
        .iter()
        .filter(|(key, _)| key == "tagKeys")
        .map(|(_, value)| value.as_str())
        .collect();
    let Some(record) = ask.records.by_arn(&arn) else {
        return Err((404, "NotFoundException", format!("Resource {arn} was not found")));
    };
    match ask.route.operation.as_str() {
        "TagResource" => record.tags.extend(new),
        "UntagResource" => record.tags.retain(|key, _| !gone.contains(&key.as_str())),
        _ => return Ok(json!({ "tags": record.tags })),
    }
    Ok(json!({}))
}

/// `UpdateClusterConfig`, at once: logging, endpoint access, deletion protection.
fn update_config(ask: &mut Ask<'_>) -> Result<Value, Refusal> {
    let cluster = ask.piece(1).to_owned();
    let input = ask.input.clone();
    let created = epoch(ask.now);
    let update = ask.records.draw(HEX, 32);
    let id = ask.id(CLUSTER, &cluster);
    let record = ask.records.get_mut(&id).ok_or_else(|| refusals::no_cluster(&cluster))?;
    for member in ["logging", "deletionProtection", "accessConfig", "upgradePolicy"] {
        if let Some(value) = input.get(member) {
            record.set(member, value.clone());
        }
    }
    let update = json!({ "id": update, "status": "Successful", "type": "ConfigUpdate", "createdAt": created });
    Ok(json!({ "update": update }))
}
