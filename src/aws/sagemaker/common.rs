//! What SageMaker's kinds have in common, so that each kind's file says only what is its own.
//!
//! A kind says how it is listed, described, stopped and deleted ([`Described`]);
//! [`Of`](super::of::Of) makes a [`ResourceKind`](crate::aws::ResourceKind) out of that.

use async_trait::async_trait;
use serde_json::Value;

use super::references::Members;
use super::shown::text;
use crate::aws::{Acted, Aws, AwsError, Rebuild, RemovalOptions};
use crate::resource::{Action, Kind, KindFacts, Last, Lifecycle, Prep, Resource, WhereKey};

/// Largest page of SageMaker's lists; its default is ten.
pub(super) const PAGE: i32 = 100;

pub(super) const TAG_PERMISSIONS: &[&str] = &["sagemaker:AddTags"];

/// The key that nearly every kind has.
pub(super) const fn status(says: &'static str) -> WhereKey {
    WhereKey::new("status", says)
}

/// Where a kind's answers say what it is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shape {
    pub kind: Kind,
    /// The member with the name, which is the id unless [`Described::id`] says otherwise.
    pub name: &'static str,
    pub arn: &'static str,
    pub status: Option<&'static str>,
    /// Members that name another SageMaker resource.
    pub members: Members,
}

/// What is a kind's own.
#[async_trait]
pub(super) trait Described: Send + Sync {
    fn shape(&self) -> Shape;

    fn facts(&self) -> KindFacts;

    /// The summaries of all pages.
    async fn list(&self, aws: &Aws, parents: &[Resource]) -> Result<Vec<Value>, AwsError>;

    async fn describe(&self, aws: &Aws, id: &str) -> Result<Value, AwsError>;

    /// The id, from a summary or a description; `None` for what is gone although AWS shows it.
    fn id(&self, shown: &Value) -> Option<String> {
        text(shown, self.shape().name).map(str::to_owned)
    }

    /// What the shape does not say: parents, steps before the removal, further facts.
    fn complete(&self, resource: &mut Resource, shown: &Value) {
        let _ = (resource, shown);
    }

    /// What takes further calls. An error leaves the resource as it is and is said with it.
    async fn look_closer(&self, aws: &Aws, resource: &mut Resource) -> Result<(), AwsError> {
        let _ = (aws, resource);
        Ok(())
    }

    /// The ARN whose tags are the resource's.
    fn tagged_arn(&self, resource: &Resource) -> Option<String> {
        resource.arn.clone()
    }

    async fn stop(&self, aws: &Aws, resource: &Resource) -> Result<Acted, AwsError> {
        let _ = resource;
        Err(AwsError::unsupported(aws, self.shape().kind, "stops"))
    }

    async fn delete(
        &self,
        aws: &Aws,
        resource: &Resource,
        options: &RemovalOptions,
    ) -> Result<Acted, AwsError>;

    /// As [`ResourceKind::rebuild`]: `create`, then perhaps `configure` or `stop`.
    fn rebuild(&self, was: &Resource) -> Result<Rebuild, String> {
        Err(format!("Dismantle cannot make a {} again", was.kind()))
    }

    /// As [`ResourceKind::undo`]: what was stopped runs again, or does not.
    fn undo_stop(&self) -> Result<Prep, String> {
        Err("what ran in it, which was stopped".to_owned())
    }

    async fn create(&self, aws: &Aws, was: &Resource) -> Result<Acted, AwsError> {
        Err(AwsError::unsupported(aws, was.kind(), Action::Create.as_str()))
    }

    async fn start(&self, aws: &Aws, was: &Resource) -> Result<Acted, AwsError> {
        Err(AwsError::unsupported(aws, was.kind(), Action::Start.as_str()))
    }

    /// Puts one part of the record back.
    async fn configure(&self, aws: &Aws, was: &Resource, part: &str) -> Result<Acted, AwsError> {
        let _ = part;
        Err(AwsError::unsupported(aws, was.kind(), Action::Configure.as_str()))
    }
}

/// A status as SageMaker's kinds share them; each kind's file says what is different there.
pub(super) fn lifecycle(status: &str, failure: Option<&str>) -> Lifecycle {
    let status_owned = || status.to_owned();
    match status {
        "Creating" | "Updating" | "SystemUpdating" | "RollingBack" | "Pending" | "Stopping"
        | "InMaintenance" => Lifecycle::Changing { status: status_owned() },
        "Deleting" => Lifecycle::Leaving { status: status_owned() },
        "Delete_Failed" | "DeleteFailed" => {
            Lifecycle::DeleteFailed { why: failure.unwrap_or(status).to_owned() }
        }
        _ => Lifecycle::Live,
    }
}

/// A job: it is stopped before it goes, and uses nothing once it has ended.
pub(super) fn job(resource: &mut Resource, status: Option<&str>) {
    match status {
        Some("InProgress" | "Stopping") => resource.removal.prep.push(Prep::new(Action::Stop)),
        Some(ended @ ("Completed" | "Failed" | "Stopped")) => {
            resource.lifecycle = Lifecycle::Ended { status: ended.to_owned() };
        }
        _ => {}
    }
}

/// A kind that is read for its references only.
pub(super) fn only_read(resource: &mut Resource, what: &str) {
    resource.removal.last = Last::Never(format!("Dismantle removes no {what}"));
}

/// Who made it, where AWS tells: a Studio user profile's name, else the caller's ARN.
pub(super) fn created_by(resource: &mut Resource, shown: &Value) {
    let who = text(shown, "CreatedBy.UserProfileName")
        .or_else(|| text(shown, "CreatedBy.IamIdentity.Arn"));
    if let Some(who) = who {
        resource.fact("created_by", who);
    }
}

/// All pages of a list as summaries: `list!(aws, OP, list_endpoints, endpoints)`.
macro_rules! list {
    ($aws:ident, $op:expr, $call:ident $(.$set:ident($value:expr))*, $items:ident) => {{
        let client = $aws.sagemaker();
        let start = |token| {
            let list = client.$call().max_results($crate::aws::sagemaker::common::PAGE);
            list$(.$set($value))*.set_next_token(token).into_paginator().send()
        };
        let pages = $aws.pages($op, start, |page| page.next_token().map(str::to_owned)).await?;
        let items = pages.iter().flat_map(|page| page.$items());
        $crate::aws::sagemaker::shown::summaries($aws, $op, items)
    }};
}

/// One description: `describe!(aws, OP, describe_endpoint.endpoint_name(id))`.
macro_rules! describe {
    ($aws:ident, $op:expr, $call:ident $(.$set:ident($value:expr))*) => {{
        let client = $aws.sagemaker();
        let answer = $aws.call($op, || client.$call()$(.$set($value))*.send()).await?;
        $crate::aws::sagemaker::shown::json($aws, $op, &answer)
    }};
}

/// One call that changes something: `change!(aws, OP, delete_endpoint.endpoint_name(id))`.
macro_rules! change {
    ($aws:ident, $op:expr, $call:ident $(.$set:ident($value:expr))*) => {{
        let client = $aws.sagemaker();
        $aws.call($op, || client.$call()$(.$set($value))*.send()).await
    }};
}

pub(super) use {change, describe, list};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statuses_say_where_in_life() {
        let changing = |status: &str| Lifecycle::Changing { status: status.to_owned() };
        let leaving = Lifecycle::Leaving { status: "Deleting".to_owned() };
        let failed = Lifecycle::DeleteFailed { why: "has apps".to_owned() };
        let rows = [
            ("Creating", changing("Creating")),
            ("RollingBack", changing("RollingBack")),
            ("Stopping", changing("Stopping")),
            ("Deleting", leaving),
            ("Delete_Failed", failed.clone()),
            ("DeleteFailed", failed),
            ("InService", Lifecycle::Live),
            ("Failed", Lifecycle::Live),
            ("UpdateRollbackFailed", Lifecycle::Live),
            ("SomethingNew", Lifecycle::Live),
        ];
        for (status, expected) in rows {
            assert_eq!(lifecycle(status, Some("has apps")), expected, "{status}");
        }
    }

    #[test]
    fn jobs_end() {
        let rows = [
            ("InProgress", 1, true),
            ("Stopping", 1, true),
            ("Stopped", 0, false),
            ("Failed", 0, false),
            ("Completed", 0, false),
        ];
        for (status, steps, uses) in rows {
            let kind = Kind::new("sagemaker:training-job");
            let region = crate::resource::Region::new("us-east-1");
            let mut resource = Resource::new(kind, region, "job", "job");
            resource.lifecycle = lifecycle(status, None);
            job(&mut resource, Some(status));
            assert_eq!(resource.removal.prep.len(), steps, "{status}");
            assert_eq!(resource.lifecycle.uses_things(), uses, "{status}");
        }
    }
}
