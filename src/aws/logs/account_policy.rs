//! `logs:account-policy`, read for its references only: Dismantle removes no policies of the
//! account. One subscribes every log group to a stream, as a role; another writes what it found
//! in any of them into a log group or a bucket.

use async_trait::async_trait;
use aws_sdk_cloudwatchlogs::types::{self, PolicyType};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::aws::kinds::iam::ROLE;
use crate::aws::kinds::logs::{ACCOUNT_POLICY, DESTINATION, LOG_GROUP};
use crate::aws::kinds::s3::BUCKET;
use crate::aws::{Aws, AwsError, Listed, Op, ResourceKind, found};
use crate::inventory::Hides;
use crate::resource::{
    Kind, KindFacts, Last, Permissions, Reference, Removable, Resource, Scope, WhereKey,
};

const DESCRIBE: Op = Op::read("logs", "DescribeAccountPolicies");

/// The types whose documents name something (`PutAccountPolicy`, API reference). Those of
/// indexes, transformers and extracted metrics name nothing.
const TYPES: [PolicyType; 2] =
    [PolicyType::SubscriptionFilterPolicy, PolicyType::DataProtectionPolicy];

/// Pages of the policies of one type: an account has one data protection policy and one
/// subscription filter policy (`PutAccountPolicy`, API reference).
const PAGES_MAX: usize = 10;

const CAN_USE: [Kind; 4] = [ROLE, LOG_GROUP, BUCKET, DESTINATION];

/// A policy that holds for all log groups of an account.
pub struct AccountPolicy;

#[async_trait]
impl ResourceKind for AccountPolicy {
    fn facts(&self) -> KindFacts {
        KindFacts {
            removable: Removable::ReadOnly,
            can_use: &CAN_USE,
            where_keys: const {
                &[WhereKey::new("type", "SUBSCRIPTION_FILTER_POLICY, DATA_PROTECTION_POLICY")]
            },
            permissions: Permissions {
                read: &["logs:DescribeAccountPolicies"],
                ..Permissions::default()
            },
            ..KindFacts::new(ACCOUNT_POLICY, Scope::Regional)
        }
    }

    async fn list(&self, aws: &Aws, _: &[Resource]) -> Result<Listed, AwsError> {
        let mut listed = Listed::default();
        for sort in TYPES {
            for one in described(aws, &sort, None).await? {
                let Some(seen) = resource(aws, &sort, &one) else { continue };
                if seen.record["policyDocument"].is_string() {
                    let why = "the policy's document is no JSON".to_owned();
                    listed.lacks(
                        AwsError::garbled(DESCRIBE, aws.region(), why),
                        Hides::uses_of(CAN_USE),
                    );
                }
                listed.resources.push(seen);
            }
        }
        listed.resources.sort_by(|a, b| a.id.cmp(&b.id));
        Ok(listed)
    }

    async fn read(&self, aws: &Aws, known: &Resource) -> Result<Option<Resource>, AwsError> {
        let Some((sort, name)) = known.id.id.split_once('/') else { return Ok(None) };
        let sort = PolicyType::from(sort);
        let all = described(aws, &sort, Some(name)).await?;
        let mut seen = all.iter().filter_map(|one| resource(aws, &sort, one));
        Ok(seen.find(|seen| seen.id == known.id))
    }
}

async fn described(
    aws: &Aws,
    sort: &PolicyType,
    name: Option<&str>,
) -> Result<Vec<types::AccountPolicy>, AwsError> {
    let client = aws.logs();
    let mut token: Option<String> = None;
    let mut all = Vec::new();
    for _ in 0..PAGES_MAX {
        let call = client.describe_account_policies().policy_type(sort.clone());
        let call = call.set_policy_name(name.map(str::to_owned)).set_next_token(token.take());
        // None of this type, or of this name.
        let Some(answer) = found(aws.call(DESCRIBE, || call.clone().send()).await)? else {
            return Ok(all);
        };
        all.extend(answer.account_policies.unwrap_or_default());
        token = answer.next_token.filter(|token| !token.is_empty());
        if token.is_none() {
            return Ok(all);
        }
    }
    Err(AwsError::garbled(DESCRIBE, aws.region(), "its pages do not end".to_owned()))
}

fn resource(aws: &Aws, sort: &PolicyType, one: &types::AccountPolicy) -> Option<Resource> {
    let name = one.policy_name()?;
    let sort = one.policy_type().unwrap_or(sort).as_str();
    let mut seen = Resource::new(ACCOUNT_POLICY, aws.region(), format!("{sort}/{name}"), name);
    let text = one.policy_document().unwrap_or_default();
    let document = serde_json::from_str(text).unwrap_or_else(|_| json!(text));
    seen.uses = subscription(&document);
    seen.uses.extend(findings(&document));
    seen.fact("type", sort);
    seen.there_by = one.last_updated_time().and_then(|ms| Timestamp::from_millisecond(ms).ok());
    seen.removal.last =
        Last::Never("Dismantle removes no policies of the account's logs".to_owned());
    seen.record = json!({
        "policyName": name,
        "policyType": sort,
        "policyDocument": document,
        "scope": one.scope().map(|scope| scope.as_str()),
        "selectionCriteria": one.selection_criteria(),
        "lastUpdatedTime": one.last_updated_time(),
    });
    Some(seen)
}

/// Where a subscription filter policy sends, and as whom.
fn subscription(document: &Value) -> Vec<Reference> {
    let text = |member: &str| document[member].as_str();
    let role = text("RoleArn").map(|arn| Reference::soft(ROLE, arn, "subscription role"));
    let to = text("DestinationArn")
        .map(|arn| Reference::soft(DESTINATION, arn, "subscription destination"));
    role.into_iter().chain(to).collect()
}

/// Where a data protection policy, an account's or a group's, writes what it found (CloudWatch
/// Logs user guide, "Create a data protection policy for a single log group").
pub(super) fn findings(document: &Value) -> Vec<Reference> {
    let statements = document["Statement"].as_array().map(Vec::as_slice).unwrap_or_default();
    let to = statements.iter().map(|one| &one["Operation"]["Audit"]["FindingsDestination"]);
    to.flat_map(|to| {
        let group = to["CloudWatchLogs"]["LogGroup"].as_str();
        let bucket = to["S3"]["Bucket"].as_str();
        let group = group.map(|name| Reference::soft(LOG_GROUP, name, "findings destination"));
        group
            .into_iter()
            .chain(bucket.map(|name| Reference::soft(BUCKET, name, "findings destination")))
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_name_what_they_write_to() {
        let role = "arn:aws:iam::842676018087:role/lab";
        let filter = json!({ "DestinationArn": "arn:aws:kinesis:us-east-1:1:stream/s",
            "RoleArn": role, "FilterPattern": "ERROR" });
        let uses = subscription(&filter);
        assert_eq!(uses[0], Reference::soft(ROLE, role, "subscription role"));
        let audit = json!({ "Statement": [
            { "Operation": { "Audit": { "FindingsDestination": {
                "CloudWatchLogs": { "LogGroup": "found" }, "S3": { "Bucket": "finds" } } } } },
            { "Operation": { "Deidentify": { "MaskConfig": {} } } },
        ] });
        let uses = [
            Reference::soft(LOG_GROUP, "found", "findings destination"),
            Reference::soft(BUCKET, "finds", "findings destination"),
        ];
        assert_eq!(findings(&audit), uses);
        assert_eq!(subscription(&audit), []);
        for odd in [json!(null), json!("text"), json!({ "Statement": 1, "RoleArn": [] })] {
            assert_eq!((subscription(&odd), findings(&odd)), (vec![], vec![]), "{odd}");
        }
    }
}
