//! What carries a tag, of any service: the Resource Groups Tagging API.

use aws_sdk_resourcegroupstagging::types::TagFilter;

use super::{Aws, AwsError, Op};
use crate::resource::Tags;

/// IAM's word for the service is `tag`.
const GET_RESOURCES: Op = Op::read("tag", "GetResources");

/// The largest page that AWS gives.
const PAGE: i32 = 100;

/// Values that one filter may have.
pub const VALUES_MAX: usize = 20;

/// A tag that is asked for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Filter {
    pub key: String,
    /// Any of these will do; any at all if there are none. At most [`VALUES_MAX`].
    pub values: Vec<String>,
}

impl Filter {
    pub fn takes(&self, tags: &Tags) -> bool {
        tags.get(&self.key).is_some_and(|is| self.values.is_empty() || self.values.contains(is))
    }
}

/// Something that carries tags.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tagged {
    pub arn: String,
    pub tags: Tags,
}

/// Everything in the account and `aws.region()` that every one of these filters takes.
///
/// AWS's index of tags lags behind by minutes: what was just made may be missing, what was just
/// removed may still be there. What never had a tag is not in it.
///
/// Source: Resource Groups Tagging API reference, "GetResources": filters are combined with AND,
/// the values of one with OR; at most 50 filters of at most 20 values; 100 resources a page; an
/// empty `PaginationToken` means the last page.
pub async fn carrying(aws: &Aws, filters: &[Filter]) -> Result<Vec<Tagged>, AwsError> {
    let client = aws.tagging();
    let filters: Vec<TagFilter> = filters
        .iter()
        .map(|filter| {
            let values = (!filter.values.is_empty()).then(|| filter.values.clone());
            TagFilter::builder().key(&filter.key).set_values(values).build()
        })
        .collect();
    let start = |token| {
        client
            .get_resources()
            .set_tag_filters(Some(filters.clone()))
            .resources_per_page(PAGE)
            .set_pagination_token(token)
            .into_paginator()
            .send()
    };
    let pages = aws.pages(GET_RESOURCES, start, |page| page.pagination_token.clone()).await?;
    let rows =
        pages.into_iter().flat_map(|page| page.resource_tag_mapping_list.unwrap_or_default());
    let things = rows.filter_map(|row| {
        let tags = row.tags.unwrap_or_default().into_iter();
        let tags = tags.map(|tag| (text(tag.key), text(tag.value))).collect();
        Some(Tagged { arn: row.resource_arn?, tags })
    });
    Ok(things.collect())
}

/// A member's text; a tag without a value has an empty one.
fn text(member: impl Into<Option<String>>) -> String {
    member.into().unwrap_or_default()
}
