//! Kinds that are read for their references only, and of which nothing else is to be said: a row
//! each, in [`jobs`] and [`settings`]. Dismantle removes none of them.
//!
//! SageMaker Edge Manager is not among them. AWS ended it on 26 April 2024 (SageMaker developer
//! guide, "SageMaker Edge Manager end of life"), and answers `ListDeviceFleets` with a throttle for
//! ever since (former2 #390): its device fleets and packaging jobs are no more.

use async_trait::async_trait;
use futures::future::BoxFuture;
use serde_json::Value;

use super::common::{Described, Shape, only_read};
use super::references::Members;
use super::shown::text;
use crate::aws::{Acted, Aws, AwsError, RemovalOptions};
use crate::resource::{
    Kind, KindFacts, Lifecycle, Permissions, Removable, Resource, Scope, WhereKey,
};

pub(super) mod jobs;
pub(super) mod settings;
#[cfg(all(test, feature = "sandbox"))]
mod tests;

/// One kind.
pub(super) struct Seen {
    kind: Kind,
    /// For people, in the plural.
    called: &'static str,
    name: &'static str,
    arn: &'static str,
    /// The member that holds its id, if that is not its name.
    id: Option<&'static str>,
    /// What lists call its id, if otherwise.
    listed: Option<&'static str>,
    status: Option<&'static str>,
    where_keys: &'static [WhereKey],
    /// Statuses of what uses nothing any more, and of what is gone although AWS shows it.
    ended: &'static [&'static str],
    gone: &'static [&'static str],
    uses: &'static [Kind],
    members: Members,
    calls: Calls,
}

impl Seen {
    /// With the names that AWS gives the members of its newest kinds.
    const fn new(kind: Kind, called: &'static str, calls: Calls) -> Self {
        Self {
            kind,
            called,
            name: "Name",
            arn: "Arn",
            id: None,
            listed: None,
            status: None,
            where_keys: &[],
            ended: &[],
            gone: &[],
            uses: &[],
            members: &[],
            calls,
        }
    }
}

type Answer<'a, T> = BoxFuture<'a, Result<T, AwsError>>;

/// How a kind is read, and what that needs of IAM.
struct Calls {
    permissions: &'static [&'static str],
    list: for<'a> fn(&'a Aws) -> Answer<'a, Vec<Value>>,
    describe: for<'a> fn(&'a Aws, &'a str) -> Answer<'a, Value>,
}

/// `calls!("ListModels" list_models models, "DescribeModel" describe_model.model_name)`
macro_rules! calls {
    (
        $list:literal $list_call:ident $items:ident,
        $describe:literal $describe_call:ident.$by:ident $(.$set:ident($value:expr))*
    ) => {
        calls!(
            $list |aws| list!(aws, Op::read("sagemaker", $list), $list_call, $items),
            $describe $describe_call.$by $(.$set($value))*
        )
    };
    (
        $list:literal |$aws:ident| $listing:expr,
        $describe:literal $describe_call:ident.$by:ident $(.$set:ident($value:expr))*
    ) => {
        Calls {
            permissions: &[
                concat!("sagemaker:", $list),
                concat!("sagemaker:", $describe),
                "sagemaker:ListTags",
            ],
            list: |$aws| Box::pin(async move { $listing }),
            describe: |aws, id| {
                Box::pin(async move {
                    const DESCRIBE: Op = Op::read("sagemaker", $describe);
                    describe!(aws, DESCRIBE, $describe_call.$by(id)$(.$set($value))*)
                })
            },
        }
    };
}

use calls;

#[async_trait]
impl Described for Seen {
    fn shape(&self) -> Shape {
        let Self { kind, name, arn, status, members, .. } = *self;
        Shape { kind, name, arn, status, members }
    }

    fn facts(&self) -> KindFacts {
        KindFacts {
            removable: Removable::ReadOnly,
            can_use: self.uses,
            where_keys: self.where_keys,
            permissions: Permissions { read: self.calls.permissions, ..Permissions::default() },
            ..KindFacts::new(self.kind, Scope::Regional)
        }
    }

    async fn list(&self, aws: &Aws, _: &[Resource]) -> Result<Vec<Value>, AwsError> {
        (self.calls.list)(aws).await
    }

    async fn describe(&self, aws: &Aws, id: &str) -> Result<Value, AwsError> {
        (self.calls.describe)(aws, id).await
    }

    fn id(&self, shown: &Value) -> Option<String> {
        let status = self.status.and_then(|member| text(shown, member));
        if status.is_some_and(|status| self.gone.contains(&status)) {
            return None;
        }
        let id = text(shown, self.id.unwrap_or(self.name));
        id.or_else(|| text(shown, self.listed?)).map(str::to_owned)
    }

    fn complete(&self, resource: &mut Resource, shown: &Value) {
        // It is never made again: nothing of it need be kept, and no secret that is in it.
        resource.record = Value::Null;
        let status = self.status.and_then(|member| text(shown, member));
        if let Some(ended) = status.filter(|status| self.ended.contains(status)) {
            resource.lifecycle = Lifecycle::Ended { status: ended.to_owned() };
        }
        only_read(resource, self.called);
    }

    async fn delete(&self, aws: &Aws, _: &Resource, _: &RemovalOptions) -> Result<Acted, AwsError> {
        Err(AwsError::unsupported(aws, self.kind, "deletes"))
    }
}
