//! The Resource Groups Tagging API: what carries a tag.
//!
//! Of its own services the sandbox shows what is kept as records. Of services that it does not
//! have (EC2, load balancers, file systems), what somebody tags is taken to be there, and its ARN
//! and tags are all that is known of it.

use jiff::Timestamp;
use serde_json::{Map, Value, json};
use winterbaume_core::MockResponse;

use crate::sandbox::answer;
use crate::sandbox::records::{Id, Record, Records, page};
use crate::sandbox::route::{Route, Service};

/// The kind of the records of things in services that the sandbox does not have.
const ELSEWHERE: &str = "elsewhere";

/// Filters in a request, and values in a filter (API reference, "GetResources").
const FILTERS_MAX: usize = 50;
const VALUES_MAX: usize = 20;

/// AWS may give fewer resources a page than it is asked for, and the next page all the same.
const PAGE_MAX: u64 = 2;

pub fn answer(
    records: &mut Records,
    route: &Route,
    body: &[u8],
    now: Timestamp,
) -> Option<MockResponse> {
    let input: Value = serde_json::from_slice(body).unwrap_or_default();
    match route.operation.as_str() {
        "GetResources" => Some(found(records, &route.region, &input)),
        "TagResources" => Some(tag(records, &route.region, &input, now)),
        _ => None,
    }
}

/// Makes something known of another service, or gives it more tags.
pub fn put(
    records: &mut Records,
    region: &str,
    arn: &str,
    tags: impl IntoIterator<Item = (String, String)>,
    now: Timestamp,
) {
    let id = Id::new(region, ELSEWHERE, arn);
    let mut record = records.remove(&id).unwrap_or_else(|| Record {
        body: Map::new(),
        arn: arn.to_owned(),
        tags: Default::default(),
        created: now,
        next: None,
    });
    record.tags.extend(tags);
    records.insert(id, record);
}

pub fn remove(records: &mut Records, region: &str, arn: &str) {
    records.remove(&Id::new(region, ELSEWHERE, arn));
}

fn list<'a>(input: &'a Value, member: &str) -> &'a [Value] {
    input[member].as_array().map(Vec::as_slice).unwrap_or_default()
}

fn found(records: &Records, region: &str, input: &Value) -> MockResponse {
    let filters = list(input, "TagFilters");
    let too_many = |filter: &Value| list(filter, "Values").len() > VALUES_MAX;
    if filters.len() > FILTERS_MAX || filters.iter().any(too_many) {
        let message = "1 validation error detected: member must have length less than or equal to";
        return answer::error(Service::Tagging, 400, "InvalidParameterException", message);
    }
    let arns = list(input, "ResourceARNList");
    let takes = |record: &&Record| {
        filters.iter().all(|filter| has(record, filter))
            && (arns.is_empty() || arns.iter().any(|arn| *arn == record.arn))
    };
    let rows: Vec<Value> = records.tagged(region).filter(takes).map(row).collect();
    let size = input["ResourcesPerPage"].as_u64().unwrap_or(PAGE_MAX).min(PAGE_MAX);
    let (rows, next) =
        page(rows, input["PaginationToken"].as_str(), usize::try_from(size).unwrap_or(1));
    let next = next.unwrap_or_default();
    answer::json(200, &json!({ "PaginationToken": next, "ResourceTagMappingList": rows }))
}

/// Whether a record carries the filter's tag with one of its values, or with any if it has none.
fn has(record: &Record, filter: &Value) -> bool {
    let key = filter["Key"].as_str().unwrap_or_default();
    let values = list(filter, "Values");
    let is = record.tags.get(key);
    is.is_some_and(|is| values.is_empty() || values.iter().any(|value| value == is))
}

fn row(record: &Record) -> Value {
    let tags: Vec<Value> =
        record.tags.iter().map(|(key, value)| json!({ "Key": key, "Value": value })).collect();
    json!({ "ResourceARN": record.arn, "Tags": tags })
}

fn tag(records: &mut Records, region: &str, input: &Value, now: Timestamp) -> MockResponse {
    let tags: Vec<(String, String)> = input["Tags"]
        .as_object()
        .into_iter()
        .flatten()
        .map(|(key, value)| (key.clone(), value.as_str().unwrap_or_default().to_owned()))
        .collect();
    for arn in list(input, "ResourceARNList").iter().filter_map(Value::as_str) {
        match records.by_arn(arn) {
            Some(record) => record.tags.extend(tags.clone()),
            None => put(records, region, arn, tags.clone(), now),
        }
    }
    answer::json(200, &json!({ "FailedResourcesMap": {} }))
}

#[cfg(test)]
mod tests {
    use aws_sdk_resourcegroupstagging::Client;
    use aws_sdk_resourcegroupstagging::types::TagFilter;

    use crate::sandbox::tests::code;
    use crate::sandbox::{ACCOUNT_ID, Sandbox};

    fn volume(number: u32) -> String {
        format!("arn:aws:ec2:us-east-1:{ACCOUNT_ID}:volume/vol-{number:017x}")
    }

    async fn tagged(client: &Client, arn: &str, tags: &[(&str, &str)]) {
        let mut call = client.tag_resources().resource_arn_list(arn);
        for (key, value) in tags {
            call = call.tags(*key, *value);
        }
        call.send().await.unwrap();
    }

    async fn found(client: &Client, filters: &[(&str, &[&str])]) -> Vec<String> {
        let filters = filters.iter().map(|(key, values)| {
            let values = values.iter().map(|value| (*value).to_owned()).collect();
            TagFilter::builder().key(*key).set_values(Some(values)).build()
        });
        let call = client.get_resources().set_tag_filters(Some(filters.collect()));
        let rows = call.into_paginator().items().send().collect::<Result<Vec<_>, _>>().await;
        rows.unwrap().into_iter().filter_map(|row| row.resource_arn).collect()
    }

    #[tokio::test(start_paused = true)]
    async fn filters_meet_and_pages_are_small() {
        let sandbox = Sandbox::builder().build();
        let client = Client::new(&sandbox.sdk_config("us-east-1"));
        for number in 0..5 {
            let size = if number < 3 { "small" } else { "large" };
            tagged(&client, &volume(number), &[("lab", "one"), ("size", size)]).await;
        }
        assert_eq!(found(&client, &[("lab", &[])]).await.len(), 5);
        assert_eq!(found(&client, &[("lab", &["one"]), ("size", &["large"])]).await.len(), 2);
        assert_eq!(found(&client, &[("size", &["small", "large"])]).await.len(), 5);
        assert!(found(&client, &[("lab", &["two"])]).await.is_empty());
        let elsewhere = Client::new(&sandbox.sdk_config("eu-west-1"));
        assert!(found(&elsewhere, &[("lab", &[])]).await.is_empty());

        let first = client.get_resources().send().await.unwrap();
        assert_eq!(first.resource_tag_mapping_list().len(), 2);
        assert!(first.pagination_token().is_some_and(|token| !token.is_empty()));

        let many: Vec<String> = (0..21).map(|number| number.to_string()).collect();
        let filter = TagFilter::builder().key("lab").set_values(Some(many)).build();
        let refused = client.get_resources().tag_filters(filter).send().await;
        assert_eq!(code(refused), "InvalidParameterException");
    }

    #[tokio::test(start_paused = true)]
    async fn a_domain_leaves_its_file_system_unless_it_is_told_to_take_it_along() {
        use aws_sdk_sagemaker::types::{AuthMode, RetentionPolicy, RetentionType, UserSettings};
        const TAG: &str = "ManagedByAmazonSageMakerResource";
        let sandbox = Sandbox::builder().build();
        let config = sandbox.sdk_config("us-east-1");
        let (client, sagemaker) = (Client::new(&config), aws_sdk_sagemaker::Client::new(&config));
        let mut domains = Vec::new();
        for name in ["stays", "goes"] {
            let made = sagemaker.create_domain().domain_name(name).auth_mode(AuthMode::Iam);
            let made = made.default_user_settings(UserSettings::builder().build());
            let made = made.subnet_ids("subnet-1").vpc_id("vpc-1").send().await.unwrap();
            domains.push(made.domain_arn().unwrap().to_owned());
        }
        let homes = found(&client, &[(TAG, &[domains[0].as_str()])]).await;
        assert_eq!(homes.len(), 1);
        assert!(homes[0].contains(":elasticfilesystem:us-east-1:"), "{homes:?}");
        for (domain, home) in domains.iter().zip([RetentionType::Retain, RetentionType::Delete]) {
            let policy = RetentionPolicy::builder().home_efs_file_system(home).build();
            let id = domain.rsplit('/').next().unwrap();
            let gone = sagemaker.delete_domain().domain_id(id).retention_policy(policy);
            gone.send().await.unwrap();
        }
        assert_eq!(found(&client, &[(TAG, &[])]).await, homes);
    }
}
