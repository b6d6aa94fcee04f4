//! Buckets. They are listed once for the account, and each lives in a region of its own, where
//! every call about it goes.
//!
//! A bucket has no id, and its `CreationDate` moves when settings are edited (`ListBuckets`, API
//! reference), so its owner's account is its pin. Every call that changes one carries
//! `ExpectedBucketOwner`: once a bucket is gone its name is anyone's.

use async_trait::async_trait;
use aws_sdk_s3::types;
use futures::{StreamExt, stream};

use super::{again, empty, record, settings};
use crate::aws::kinds::iam::ROLE;
use crate::aws::kinds::kms::KEY;
use crate::aws::kinds::s3::BUCKET;
use crate::aws::{
    Acted, Aws, AwsError, Class, Listed, Op, Progress, Rebuild, RemovalOptions, ResourceKind,
    found, timestamp,
};
use crate::resource::{
    Action, KindFacts, Permissions, Prep, Region, Resource, Scope, Tags, Unread, WhereKey,
};

const LIST: Op = Op::read("s3", "ListBuckets");
const HEAD: Op = Op::read("s3", "HeadBucket");
const LOCATION: Op = Op::read("s3", "GetBucketLocation");
const DELETE: Op = Op::write("s3", "DeleteBucket");

/// The largest page of `ListBuckets`.
const PAGE: i32 = 10_000;

/// Buckets whose settings are read side by side; each is asked about in seven calls.
const SIDE_BY_SIDE: usize = 8;

/// Says the bucket's region on every answer, also on a refusal.
const REGION_HEADER: &str = "x-amz-bucket-region";

const WHERE_KEYS: &[WhereKey] = &[
    WhereKey::new("versioning", "Enabled, Suspended, Off"),
    WhereKey::new("object_lock", "Enabled, Off"),
];

pub struct Bucket;

#[async_trait]
impl ResourceKind for Bucket {
    fn facts(&self) -> KindFacts {
        KindFacts {
            can_use: &[BUCKET, KEY, ROLE],
            where_keys: WHERE_KEYS,
            permissions: Permissions {
                read: settings::READ_PERMISSIONS,
                remove: &[
                    "s3:AbortMultipartUpload",
                    "s3:BypassGovernanceRetention",
                    "s3:DeleteBucket",
                    "s3:DeleteObject",
                    "s3:DeleteObjectVersion",
                    "s3:GetObjectLegalHold",
                    "s3:GetObjectRetention",
                ],
                tag: &["s3:PutBucketTagging"],
            },
            restore_permissions: again::PERMISSIONS,
            can_tag: true,
            // Hosts' names do, and most that name a bucket do so in a URL.
            ignores_case: true,
            ..KindFacts::new(BUCKET, Scope::Global)
        }
    }

    async fn list(&self, aws: &Aws, _: &[Resource]) -> Result<Listed, AwsError> {
        let seen = stream::iter(buckets(aws, None).await?)
            .map(|bucket| async move {
                let mut resource = located(aws, &bucket).await?;
                // Whether it is empty is asked only just before it goes.
                resource.removal.prep.push(Prep::new(Action::Empty));
                let mut incomplete = Vec::new();
                settings::read(aws, &mut resource, &mut incomplete).await.then_some(())?;
                Some((resource, incomplete))
            })
            .buffer_unordered(SIDE_BY_SIDE)
            .collect::<Vec<_>>()
            .await;
        let mut listed = Listed::default();
        for (resource, incomplete) in seen.into_iter().flatten() {
            listed.resources.push(resource);
            listed.incomplete.extend(incomplete);
        }
        listed.resources.sort_by(|a, b| a.id.cmp(&b.id));
        Ok(listed)
    }

    async fn read(&self, aws: &Aws, known: &Resource) -> Result<Option<Resource>, AwsError> {
        let name = known.id.id.as_str();
        let head = head(&aws.in_region(known.region()), name, aws.number()).await;
        if matches!(&head, Err(error) if error.is_not_found()) {
            return Ok(None);
        }
        // The list tells our bucket from one that somebody else made under the name.
        let listed = buckets(aws, Some(name)).await?;
        let bucket = match listed.into_iter().find(|bucket| bucket.name() == Some(name)) {
            Some(bucket) => bucket,
            // The list lags: a bucket that answers its owner is there all the same.
            None if head.is_ok() => types::Bucket::builder().name(name).build(),
            None => return Ok(None),
        };
        let Some(mut resource) = located(aws, &bucket).await else { return Ok(None) };
        if resource.created.is_none() {
            resource.created = known.created;
        }
        if !settings::read(aws, &mut resource, &mut Vec::new()).await {
            return Ok(None);
        }
        record::read(aws, &mut resource).await;
        match empty::is_empty(&aws.in_region(resource.region()), name).await {
            Ok(true) => {}
            Ok(false) => resource.removal.prep.push(Prep::new(Action::Empty)),
            Err(error) if error.class == Class::NotFound => return Ok(None),
            Err(error) => {
                resource.removal.prep.push(Prep::new(Action::Empty));
                resource
                    .unread
                    .push(Unread { what: "whether it is empty".into(), why: error.to_string() });
            }
        }
        Ok(Some(resource))
    }

    async fn act(
        &self,
        aws: &Aws,
        resource: &Resource,
        step: &Prep,
        options: &RemovalOptions,
        progress: &Progress,
    ) -> Result<Acted, AwsError> {
        let (aws, name) = (aws.in_region(resource.region()), resource.id.id.as_str());
        match step.action {
            Action::Empty => {
                let bypass = options.bypass_governance_retention;
                let lock = resource.facts.get("object_lock");
                let may_lock = lock.is_none_or(|lock| lock.iter().any(|state| state != "Off"));
                return empty::empty(&aws, name, may_lock, bypass, progress).await;
            }
            Action::Delete => {
                let client = aws.s3();
                let attempt = || {
                    client.delete_bucket().bucket(name).expected_bucket_owner(aws.number()).send()
                };
                aws.call(DELETE, attempt).await?;
            }
            other => return Err(AwsError::unsupported(&aws, BUCKET, other.as_str())),
        }
        Ok(Acted::Done)
    }

    async fn tag(&self, aws: &Aws, resource: &Resource, tags: &Tags) -> Result<(), AwsError> {
        settings::add_tags(&aws.in_region(resource.region()), &resource.id.id, tags).await
    }

    fn rebuild(&self, was: &Resource) -> Result<Rebuild, String> {
        Ok(again::bucket(was))
    }

    fn shows(&self, was: &Resource, now: &Resource, step: &Prep) -> bool {
        match (step.action, step.target.as_deref()) {
            (Action::Configure, Some(part)) => again::shows(was, now, part),
            _ => true,
        }
    }

    async fn make(&self, aws: &Aws, was: &Resource, step: &Prep) -> Result<Acted, AwsError> {
        again::make(aws, was, step).await.map(|()| Acted::Done)
    }
}

/// Whether this account has the bucket today. A name that was once ours is anyone's.
pub(in crate::aws) async fn is_ours(aws: &Aws, name: &str) -> Result<bool, AwsError> {
    let listed = buckets(aws, Some(name)).await?;
    if listed.iter().any(|bucket| bucket.name() == Some(name)) {
        return Ok(true);
    }
    // The list lags behind what was just made.
    is_of(aws, name, aws.number()).await
}

/// Whether `account` has the bucket. Where the answer is that we may not ask, it does not.
pub(super) async fn is_of(aws: &Aws, name: &str, account: &str) -> Result<bool, AwsError> {
    let answers = |answer: Result<Option<Region>, AwsError>| match answer {
        Ok(region) => Ok(Some(region)),
        Err(error) if matches!(error.class, Class::NotFound | Class::Denied) => Ok(None),
        Err(error) => Err(error),
    };
    let Some(region) = answers(head(aws, name, account).await)? else { return Ok(false) };
    match region.filter(|region| *region != aws.region()) {
        None => Ok(true),
        // Another region names the right one without a look at the owner.
        Some(region) => {
            let there = aws.in_region(region);
            let again = answers(head(&there, name, account).await)?;
            Ok(again.is_some_and(|at| at.is_none_or(|at| at == region)))
        }
    }
}

/// The account's buckets, or those whose names begin with `prefix`.
async fn buckets(aws: &Aws, prefix: Option<&str>) -> Result<Vec<types::Bucket>, AwsError> {
    let client = aws.s3();
    let pages = aws
        .pages(
            LIST,
            |token| {
                client
                    .list_buckets()
                    .max_buckets(PAGE)
                    .set_prefix(prefix.map(str::to_owned))
                    .set_continuation_token(token)
                    .into_paginator()
                    .send()
            },
            |page| page.continuation_token().map(str::to_owned),
        )
        .await?;
    Ok(pages.into_iter().flat_map(|page| page.buckets.unwrap_or_default()).collect())
}

/// The bucket with its region; `None` if it is gone meanwhile.
async fn located(aws: &Aws, bucket: &types::Bucket) -> Option<Resource> {
    let name = bucket.name()?;
    let listed = bucket.bucket_region().and_then(|region| Region::parse(region).ok());
    let mut unread = None;
    let region = match listed {
        Some(region) => region,
        None => match region_of(aws, name).await {
            Ok(region) => region,
            Err(error) if error.is_not_found() => return None,
            Err(error) => {
                unread = Some(Unread { what: "region".into(), why: error.to_string() });
                aws.region()
            }
        },
    };
    let mut resource = Resource::new(BUCKET, region, name, name);
    resource.arn = Some(format!("arn:{}:s3:::{name}", aws.partition()));
    resource.created = timestamp(bucket.creation_date());
    resource.pin = Some(aws.number().to_owned());
    resource.unread.extend(unread);
    Some(resource)
}

/// Whether the bucket is there and the account's, and its region if the answer says so.
async fn head(aws: &Aws, name: &str, account: &str) -> Result<Option<Region>, AwsError> {
    let client = aws.s3();
    aws.call(HEAD, || {
        let request = client.head_bucket().bucket(name).expected_bucket_owner(account);
        async move {
            match request.send().await {
                Ok(answer) => Ok(answer.bucket_region),
                // 301 and 400 mean only that the wrong region was asked, and name the right one.
                Err(error) => match error.raw_response() {
                    Some(answer) if matches!(answer.status().as_u16(), 301 | 307 | 400) => {
                        match answer.headers().get(REGION_HEADER) {
                            Some(region) => Ok(Some(region.to_owned())),
                            None => Err(error),
                        }
                    }
                    _ => Err(error),
                },
            }
        }
    })
    .await
    .map(|region| region.and_then(|region| Region::parse(&region).ok()))
}

/// Asked only where `ListBuckets` does not tell: AWS does since 2024.
async fn region_of(aws: &Aws, name: &str) -> Result<Region, AwsError> {
    match found(head(aws, name, aws.number()).await) {
        Ok(Some(Some(region))) => return Ok(region),
        Ok(None) => return Err(gone(aws)),
        Ok(Some(None)) | Err(_) => {}
    }
    let client = aws.s3();
    let attempt =
        || client.get_bucket_location().bucket(name).expected_bucket_owner(aws.number()).send();
    let answer = aws.call(LOCATION, attempt).await?;
    let constraint = answer.location_constraint().map(|region| region.as_str());
    let region = match constraint.unwrap_or_default() {
        // Its oldest regions have no name or another one (`GetBucketLocation`, API reference).
        "" => "us-east-1",
        "EU" => "eu-west-1",
        other => other,
    };
    Region::parse(region).map_err(|bad| AwsError::garbled(LOCATION, aws.region(), bad.to_string()))
}

fn gone(aws: &Aws) -> AwsError {
    AwsError::inside(HEAD, aws.region(), "NoSuchBucket", "the bucket is gone")
}
