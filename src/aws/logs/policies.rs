//! Policies of one log group: which fields are indexed, and who may do what with it. Read only when
//! the group is about to be touched.

use aws_sdk_cloudwatchlogs::types::{IndexSource, PolicyScope};
use serde_json::json;

use super::known;
use crate::aws::record::text;
use crate::aws::{Aws, AwsError, Op};
use crate::resource::Resource;

const INDEXES: Op = Op::read("logs", "DescribeIndexPolicies");
const POLICIES: Op = Op::read("logs", "DescribeResourcePolicies");
const PUT_INDEX: Op = Op::write("logs", "PutIndexPolicy");
const PUT_POLICY: Op = Op::write("logs", "PutResourcePolicy");

/// The members of the record that hold their documents.
pub const INDEX: &str = "indexPolicy";
pub const RESOURCE: &str = "resourcePolicy";

/// Adds what the group has of them. `indexes` says whether its class can have any.
pub async fn note(aws: &Aws, seen: &mut Resource, indexes: bool) {
    if indexes {
        match index(aws, &seen.id.id).await {
            Ok(document) => seen.record[INDEX] = json!(document),
            Err(error) => seen.not_recorded("field index policy", &error),
        }
    }
    let Some(arn) = seen.arn.clone() else { return };
    match resource(aws, &arn).await {
        Ok(document) => seen.record[RESOURCE] = json!(document),
        Err(error) => seen.not_recorded("resource policy", &error),
    }
}

/// The group's own; that of the account holds for it too, and is not its to lose
/// (`IndexPolicy`, API reference: `source`).
async fn index(aws: &Aws, name: &str) -> Result<Option<String>, AwsError> {
    let call = aws.logs().describe_index_policies().log_group_identifiers(name);
    let answer = known(aws.call(INDEXES, || call.clone().send()).await)?;
    let all = answer.and_then(|answer| answer.index_policies).unwrap_or_default();
    let own = all.into_iter().find(|one| one.source() == Some(&IndexSource::LogGroup));
    Ok(own.and_then(|own| own.policy_document))
}

async fn resource(aws: &Aws, arn: &str) -> Result<Option<String>, AwsError> {
    let call = aws.logs().describe_resource_policies().resource_arn(arn);
    let call = call.policy_scope(PolicyScope::Resource);
    let answer = known(aws.call(POLICIES, || call.clone().send()).await)?;
    let all = answer.and_then(|answer| answer.resource_policies).unwrap_or_default();
    let own = all.into_iter().find(|one| one.resource_arn() == Some(arn));
    Ok(own.and_then(|own| own.policy_document))
}

pub async fn put_index(aws: &Aws, was: &Resource) -> Result<(), AwsError> {
    let call = aws.logs().put_index_policy().log_group_identifier(&was.id.id);
    let call = call.set_policy_document(text(&was.record, INDEX));
    aws.call(PUT_INDEX, || call.clone().send()).await.map(drop)
}

pub async fn put_resource(aws: &Aws, was: &Resource) -> Result<(), AwsError> {
    let call = aws.logs().put_resource_policy().set_resource_arn(was.arn.clone());
    let call = call.set_policy_document(text(&was.record, RESOURCE));
    aws.call(PUT_POLICY, || call.clone().send()).await.map(drop)
}
