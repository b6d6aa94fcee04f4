//! Kinds of the service `kms`.

mod again;
mod alias;
mod grant;
mod key;

use aws_sdk_kms::types::AliasListEntry;

use super::{Aws, AwsError, Op, ResourceKind};

/// Every kind of this service.
pub const KINDS: &[&dyn ResourceKind] = &[&key::Key, &alias::Alias, &grant::Grant];

/// The largest page of keys, aliases and grants (KMS API reference, `Limit`).
const PAGE_MAX: i32 = 1000;

const LIST_ALIASES: Op = Op::read("kms", "ListAliases");

/// Every alias in the region, or those of one key.
async fn aliases(aws: &Aws, key: Option<&str>) -> Result<Vec<AliasListEntry>, AwsError> {
    let client = aws.kms();
    let start = |token| {
        let call = client.list_aliases().limit(PAGE_MAX).set_key_id(key.map(str::to_owned));
        call.set_marker(token).into_paginator().send()
    };
    let pages = aws
        .marked_pages(LIST_ALIASES, start, |page| {
            (page.truncated(), page.next_marker().map(str::to_owned))
        })
        .await?;
    Ok(pages.into_iter().flat_map(|page| page.aliases.unwrap_or_default()).collect())
}

/// What people call an alias: `x` of `alias/x`.
fn alias_name(alias: &str) -> &str {
    alias.strip_prefix("alias/").unwrap_or(alias)
}
