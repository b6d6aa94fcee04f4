//! `sagemaker:transform-job`: AWS has no call that deletes one. A running one is stopped.

use async_trait::async_trait;
use serde_json::Value;

use super::again;
use super::common::{Described, Shape, TAG_PERMISSIONS, change, describe, job, list, status};
use super::shown::text;
use crate::aws::kinds::{kms, s3, sagemaker};
use crate::aws::{Acted, Aws, AwsError, Op, Rebuild, RemovalOptions};
use crate::resource::{KindFacts, Last, Permissions, Removable, Resource, Scope};

const LIST: Op = Op::read("sagemaker", "ListTransformJobs");
const DESCRIBE: Op = Op::read("sagemaker", "DescribeTransformJob");
const STOP: Op = Op::write("sagemaker", "StopTransformJob");

pub(super) struct TransformJob;

#[async_trait]
impl Described for TransformJob {
    fn shape(&self) -> Shape {
        Shape {
            kind: sagemaker::TRANSFORM_JOB,
            name: "TransformJobName",
            arn: "TransformJobArn",
            status: Some("TransformJobStatus"),
            members: &[("ModelName", sagemaker::MODEL)],
        }
    }

    fn facts(&self) -> KindFacts {
        KindFacts {
            can_use: &[sagemaker::MODEL, s3::BUCKET, kms::KEY],
            where_keys: const { &[status("InProgress, Completed, Failed, Stopping, Stopped")] },
            removable: Removable::History,
            can_stop: true,
            ends_when_stopped: true,
            permissions: Permissions {
                read: &[
                    "sagemaker:ListTransformJobs",
                    "sagemaker:DescribeTransformJob",
                    "sagemaker:ListTags",
                ],
                remove: &["sagemaker:StopTransformJob"],
                tag: TAG_PERMISSIONS,
            },
            can_tag: true,
            ..KindFacts::new(sagemaker::TRANSFORM_JOB, Scope::Regional)
        }
    }

    async fn list(&self, aws: &Aws, _: &[Resource]) -> Result<Vec<Value>, AwsError> {
        list!(aws, LIST, list_transform_jobs, transform_job_summaries)
    }

    async fn describe(&self, aws: &Aws, id: &str) -> Result<Value, AwsError> {
        describe!(aws, DESCRIBE, describe_transform_job.transform_job_name(id))
    }

    fn complete(&self, resource: &mut Resource, shown: &Value) {
        job(resource, text(shown, "TransformJobStatus"));
        resource.removal.last = Last::Never("SageMaker keeps transform jobs as history".to_owned());
    }

    async fn stop(&self, aws: &Aws, resource: &Resource) -> Result<Acted, AwsError> {
        change!(aws, STOP, stop_transform_job.transform_job_name(&resource.id.id))?;
        Ok(Acted::Started)
    }

    async fn delete(&self, aws: &Aws, _: &Resource, _: &RemovalOptions) -> Result<Acted, AwsError> {
        Err(AwsError::unsupported(aws, sagemaker::TRANSFORM_JOB, "deletes"))
    }

    fn rebuild(&self, _: &Resource) -> Result<Rebuild, String> {
        Err(again::HISTORY.to_owned())
    }
}
