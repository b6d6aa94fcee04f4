//! Pull through cache rules and repository creation templates, kept here: winterbaume's have no
//! role, and no key. And which tags a repository's mutability does not hold for.

use jiff::Timestamp;
use serde_json::{Map, Value, json};
use winterbaume_core::MockResponse;

use crate::sandbox::records::{Id, Record, Records, epoch, page};
use crate::sandbox::route::{Route, Service};
use crate::sandbox::{ACCOUNT_ID, answer};

/// One of the two kinds.
struct Kind {
    id: &'static str,
    /// The member that names one, and the one that asks for several.
    name: &'static str,
    names: &'static str,
    rows: &'static str,
    exists: &'static str,
    missing: &'static str,
}

const RULE: Kind = Kind {
    id: "ecr:pull-through-cache-rule",
    name: "ecrRepositoryPrefix",
    names: "ecrRepositoryPrefixes",
    rows: "pullThroughCacheRules",
    exists: "PullThroughCacheRuleAlreadyExistsException",
    missing: "PullThroughCacheRuleNotFoundException",
};

const TEMPLATE: Kind = Kind {
    id: "ecr:repository-creation-template",
    name: "prefix",
    names: "prefixes",
    rows: "repositoryCreationTemplates",
    exists: "TemplateAlreadyExistsException",
    missing: "TemplateNotFoundException",
};

/// The page of both lists if the caller names no other (API reference, `maxResults`).
const PAGE_DEFAULT: usize = 100;
const PAGE_MAX: usize = 1000;

type Refusal = (&'static str, String);

/// The answer, if the operation is about one of these kinds.
pub fn answer(
    records: &mut Records,
    route: &Route,
    body: &[u8],
    now: Timestamp,
) -> Option<MockResponse> {
    let input: Map<String, Value> = serde_json::from_slice(body).unwrap_or_default();
    let region = route.region.as_str();
    let result = match route.operation.as_str() {
        "CreatePullThroughCacheRule" => create(&RULE, records, region, input, now),
        "DescribePullThroughCacheRules" => describe(&RULE, records, region, &input),
        "DeletePullThroughCacheRule" => delete(&RULE, records, region, &input),
        "CreateRepositoryCreationTemplate" => create(&TEMPLATE, records, region, input, now)
            .map(|made| json!({ "registryId": ACCOUNT_ID, "repositoryCreationTemplate": made })),
        "DescribeRepositoryCreationTemplates" => describe(&TEMPLATE, records, region, &input),
        "DeleteRepositoryCreationTemplate" => delete(&TEMPLATE, records, region, &input)
            .map(|gone| json!({ "registryId": ACCOUNT_ID, "repositoryCreationTemplate": gone })),
        _ => return None,
    };
    Some(match result {
        Ok(output) => answer::json(200, &output),
        Err((code, message)) => answer::error(Service::Ecr, 400, code, &message),
    })
}

fn text<'i>(input: &'i Map<String, Value>, member: &str) -> &'i str {
    input.get(member).and_then(Value::as_str).unwrap_or_default()
}

fn create(
    kind: &Kind,
    records: &mut Records,
    region: &str,
    input: Map<String, Value>,
    now: Timestamp,
) -> Result<Value, Refusal> {
    let id = Id::new(region, kind.id, text(&input, kind.name));
    if records.get(&id).is_some() {
        return Err((kind.exists, format!("{} exists already.", id.name)));
    }
    let mut body = input;
    body.insert("createdAt".to_owned(), epoch(now));
    if kind.id == RULE.id {
        body.insert("registryId".to_owned(), json!(ACCOUNT_ID));
        body.insert("updatedAt".to_owned(), epoch(now));
    } else {
        body.entry("imageTagMutability").or_insert(json!("MUTABLE"));
        body.entry("encryptionConfiguration").or_insert(json!({ "encryptionType": "AES256" }));
    }
    let shown = Value::Object(body.clone());
    let record =
        Record { body, arn: String::new(), tags: Default::default(), created: now, next: None };
    records.insert(id, record);
    Ok(shown)
}

/// All of them, or those that are named, every one of which must be there.
fn describe(
    kind: &Kind,
    records: &Records,
    region: &str,
    input: &Map<String, Value>,
) -> Result<Value, Refusal> {
    let asked = input.get(kind.names).and_then(Value::as_array);
    let asked: Vec<&str> = asked.into_iter().flatten().filter_map(Value::as_str).collect();
    for name in &asked {
        if records.get(&Id::new(region, kind.id, name)).is_none() {
            return Err((kind.missing, format!("{name} was not found.")));
        }
    }
    let all = records.of(region, kind.id);
    let found = all.filter(|(name, _)| asked.is_empty() || asked.contains(name));
    let rows = found.map(|(_, record)| Value::Object(record.body.clone())).collect();
    let size = input.get("maxResults").and_then(Value::as_u64);
    let size = size.and_then(|size| usize::try_from(size).ok()).unwrap_or(PAGE_DEFAULT);
    let token = input.get("nextToken").and_then(Value::as_str);
    let (rows, next): (Vec<Value>, _) = page(rows, token, size.min(PAGE_MAX));
    let mut out = json!({ kind.rows: rows });
    if kind.id == TEMPLATE.id {
        out["registryId"] = json!(ACCOUNT_ID);
    }
    if let Some(next) = next {
        out["nextToken"] = json!(next);
    }
    Ok(out)
}

fn delete(
    kind: &Kind,
    records: &mut Records,
    region: &str,
    input: &Map<String, Value>,
) -> Result<Value, Refusal> {
    let id = Id::new(region, kind.id, text(input, kind.name));
    match records.remove(&id) {
        Some(record) => Ok(Value::Object(record.body)),
        None => Err((kind.missing, format!("{} was not found.", id.name))),
    }
}

const EXCLUDED: &str = "ecr:exclusion-filters";
const FILTERS: &str = "imageTagMutabilityExclusionFilters";

/// Keeps a request's filters for a repository; none takes them away.
pub fn exclude(records: &mut Records, region: &str, name: &str, input: &Value, now: Timestamp) {
    let id = Id::new(region, EXCLUDED, name);
    records.remove(&id);
    if input[FILTERS].is_array() {
        let body = Map::from_iter([(FILTERS.to_owned(), input[FILTERS].clone())]);
        let (arn, tags) = (String::new(), Default::default());
        records.insert(id, Record { body, arn, tags, created: now, next: None });
    }
}

pub fn excluded(records: &Records, region: &str, name: &str) -> Option<Value> {
    records.get(&Id::new(region, EXCLUDED, name))?.body.get(FILTERS).cloned()
}
