//! The tags of everything in SageMaker, which are read and written by ARN.

use super::common::PAGE;
use crate::aws::{Aws, AwsError, Class, Op};
use crate::resource::Tags;

const LIST_TAGS: Op = Op::read("sagemaker", "ListTags");
const ADD_TAGS: Op = Op::write("sagemaker", "AddTags");

/// AWS takes no more tags than this in one call.
const TAGS_PER_CALL: usize = 50;

pub(super) async fn list(aws: &Aws, arn: &str) -> Result<Tags, AwsError> {
    let client = aws.sagemaker();
    let pages = aws
        .pages(
            LIST_TAGS,
            |token| {
                let list = client.list_tags().resource_arn(arn).max_results(PAGE);
                list.set_next_token(token).into_paginator().send()
            },
            |page| page.next_token().map(str::to_owned),
        )
        .await;
    let pages = match pages {
        // A custom endpoint that knows no tags has none.
        Err(error) if error.class == Class::Unavailable => Vec::new(),
        other => other?,
    };
    let tags = pages.into_iter().flat_map(|page| page.tags.unwrap_or_default());
    Ok(tags.filter_map(|tag| Some((tag.key?, tag.value.unwrap_or_default()))).collect())
}

pub(super) async fn add(aws: &Aws, arn: &str, tags: &Tags) -> Result<(), AwsError> {
    let client = aws.sagemaker();
    let tag = |(key, value): (&String, &String)| {
        aws_sdk_sagemaker::types::Tag::builder().key(key).value(value).build()
    };
    let tags: Vec<_> = tags.iter().map(tag).collect();
    for some in tags.chunks(TAGS_PER_CALL) {
        let add = || client.add_tags().resource_arn(arn).set_tags(Some(some.to_vec())).send();
        aws.call(ADD_TAGS, add).await?;
    }
    Ok(())
}
