//! `logs:scheduled-query`, read for its references only: Dismantle removes no scheduled queries. It
//! runs as a role, over log groups, and another role writes what it found into a bucket.

use async_trait::async_trait;
use aws_sdk_cloudwatchlogs::operation::get_scheduled_query::GetScheduledQueryOutput;
use futures::stream::{self, StreamExt};
use jiff::Timestamp;
use serde_json::json;

use super::{PAGE_MAX, key_uses};
use crate::aws::kinds::iam::ROLE;
use crate::aws::kinds::kms::{ALIAS, KEY};
use crate::aws::kinds::logs::{LOG_GROUP, SCHEDULED_QUERY};
use crate::aws::kinds::s3::BUCKET;
use crate::aws::{Aws, AwsError, Listed, Op, ResourceKind, found, spelling};
use crate::inventory::Hides;
use crate::resource::{
    Kind, KindFacts, Last, Permissions, Reference, Region, Removable, Resource, Scope, Unread,
    WhereKey,
};

const LIST: Op = Op::read("logs", "ListScheduledQueries");
const GET: Op = Op::read("logs", "GetScheduledQuery");

/// Queries that are read side by side.
const SIDE_BY_SIDE: usize = 4;

const CAN_USE: [Kind; 5] = [ROLE, LOG_GROUP, BUCKET, KEY, ALIAS];

/// A query that runs by the clock.
pub struct ScheduledQuery;

#[async_trait]
impl ResourceKind for ScheduledQuery {
    fn facts(&self) -> KindFacts {
        KindFacts {
            removable: Removable::ReadOnly,
            can_use: &CAN_USE,
            where_keys: const { &[WhereKey::new("state", "ENABLED, DISABLED")] },
            permissions: Permissions {
                read: &["logs:GetScheduledQuery", "logs:ListScheduledQueries"],
                ..Permissions::default()
            },
            ..KindFacts::new(SCHEDULED_QUERY, Scope::Regional)
        }
    }

    async fn list(&self, aws: &Aws, _: &[Resource]) -> Result<Listed, AwsError> {
        let client = aws.logs();
        let start = |token| {
            let call = client.list_scheduled_queries().max_results(PAGE_MAX);
            call.set_next_token(token).into_paginator().send()
        };
        let pages = aws.pages(LIST, start, |page| page.next_token().map(str::to_owned)).await?;
        let names: Vec<String> = pages
            .into_iter()
            .flat_map(|page| page.scheduled_queries.unwrap_or_default())
            .filter_map(|query| query.name)
            .collect();
        // The list leaves out as whom a query runs, and over what.
        let mut details = stream::iter(names)
            .map(|name| async move { (described(aws, &name).await, name) })
            .buffer_unordered(SIDE_BY_SIDE);
        let mut listed = Listed::default();
        while let Some((seen, name)) = details.next().await {
            match seen {
                Ok(seen) => listed.resources.push(seen),
                Err(error) if error.is_not_found() => {}
                Err(error) => {
                    let mut seen = blank(aws.region(), &name);
                    let what = "description".to_owned();
                    seen.unread.push(Unread { what, why: error.to_string() });
                    listed.resources.push(seen);
                    listed.lacks(error, Hides::uses_of(CAN_USE));
                }
            }
        }
        listed.resources.sort_by(|a, b| a.id.cmp(&b.id));
        Ok(listed)
    }

    async fn read(&self, aws: &Aws, known: &Resource) -> Result<Option<Resource>, AwsError> {
        found(described(aws, &known.id.id).await)
    }
}

async fn described(aws: &Aws, name: &str) -> Result<Resource, AwsError> {
    let call = aws.logs().get_scheduled_query().identifier(name);
    let query = aws.call(GET, || call.clone().send()).await?;
    Ok(resource(aws.region(), name, &query))
}

fn blank(region: Region, name: &str) -> Resource {
    let mut seen = Resource::new(SCHEDULED_QUERY, region, name, name);
    seen.removal.last = Last::Never("Dismantle removes no scheduled queries".to_owned());
    seen
}

fn resource(region: Region, name: &str, query: &GetScheduledQueryOutput) -> Resource {
    let mut seen = blank(region, name);
    seen.arn = query.scheduled_query_arn().map(str::to_owned);
    seen.created = query.creation_time().and_then(|ms| Timestamp::from_millisecond(ms).ok());
    let role = query.execution_role_arn();
    seen.uses.extend(role.map(|arn| Reference::soft(ROLE, arn, "execution role")));
    let groups = query.log_group_identifiers().iter();
    seen.uses.extend(groups.map(|group| Reference::soft(LOG_GROUP, group, "queried log group")));
    let to = query.destination_configuration();
    let s3 = to.and_then(|to| to.s3_configuration());
    if let Some(s3) = s3 {
        seen.uses.push(Reference::soft(ROLE, s3.role_arn(), "destination role"));
        let bucket = spelling::bucket_of(s3.destination_identifier());
        seen.uses.extend(bucket.map(|name| Reference::soft(BUCKET, name, "destination bucket")));
        seen.uses.extend(key_uses(s3.kms_key_id(), "destination key"));
    }
    let table = to.and_then(|to| to.lookup_table_configuration());
    if let Some(table) = table {
        seen.uses.push(Reference::soft(ROLE, table.role_arn(), "destination role"));
        seen.uses.extend(key_uses(table.kms_key_id(), "destination key"));
    }
    let state = query.state().map(|state| state.as_str());
    if let Some(state) = state {
        seen.fact("state", state);
    }
    seen.record = json!({
        "name": name,
        "scheduledQueryArn": seen.arn,
        "state": state,
        "executionRoleArn": role,
        "logGroupIdentifiers": query.log_group_identifiers(),
        "scheduleExpression": query.schedule_expression(),
        "s3Destination": s3.map(|s3| s3.destination_identifier()),
        "lookupTable": table.map(|table| table.table_name()),
        "creationTime": query.creation_time(),
    });
    seen
}

#[cfg(test)]
mod tests {
    use aws_sdk_cloudwatchlogs::types::{DestinationConfiguration, S3Configuration};

    use super::*;

    #[test]
    fn a_query_uses_its_roles_its_groups_and_where_it_writes() {
        let s3 = S3Configuration::builder()
            .destination_identifier("s3://their-answers/daily/")
            .role_arn("writer")
            .kms_key_id("alias/answers");
        let to = DestinationConfiguration::builder().s3_configuration(s3.build().unwrap());
        let query = GetScheduledQueryOutput::builder()
            .execution_role_arn("runner")
            .log_group_identifiers("/lab/api")
            .destination_configuration(to.build())
            .build();
        let seen = resource(Region::new("us-east-1"), "daily", &query);
        let uses: Vec<_> =
            seen.uses.iter().map(|used| (used.kind, used.spelling.as_str())).collect();
        assert_eq!(
            uses,
            [
                (ROLE, "runner"),
                (LOG_GROUP, "/lab/api"),
                (ROLE, "writer"),
                (BUCKET, "their-answers"),
                (ALIAS, "alias/answers"),
                (KEY, "alias/answers"),
            ]
        );
    }
}
