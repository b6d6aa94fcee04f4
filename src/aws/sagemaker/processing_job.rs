//! `sagemaker:processing-job`: a running one is stopped first; one that ended can go.

use async_trait::async_trait;
use serde_json::Value;

use super::again;
use super::common::{Described, Shape, TAG_PERMISSIONS, change, describe, job, list, status};
use super::shown::text;
use crate::aws::kinds::{ecr, iam, kms, s3, sagemaker};
use crate::aws::{Acted, Aws, AwsError, Op, Rebuild, RemovalOptions};
use crate::resource::{KindFacts, Permissions, Resource, Scope};

const LIST: Op = Op::read("sagemaker", "ListProcessingJobs");
const DESCRIBE: Op = Op::read("sagemaker", "DescribeProcessingJob");
const DELETE: Op = Op::write("sagemaker", "DeleteProcessingJob");
const STOP: Op = Op::write("sagemaker", "StopProcessingJob");

pub(super) struct ProcessingJob;

#[async_trait]
impl Described for ProcessingJob {
    fn shape(&self) -> Shape {
        Shape {
            kind: sagemaker::PROCESSING_JOB,
            name: "ProcessingJobName",
            arn: "ProcessingJobArn",
            status: Some("ProcessingJobStatus"),
            members: &[],
        }
    }

    fn facts(&self) -> KindFacts {
        KindFacts {
            can_use: &[iam::ROLE, s3::BUCKET, kms::KEY, ecr::REPOSITORY, ecr::IMAGE],
            where_keys: const { &[status("InProgress, Completed, Failed, Stopping, Stopped")] },
            can_stop: true,
            ends_when_stopped: true,
            permissions: Permissions {
                read: &[
                    "sagemaker:ListProcessingJobs",
                    "sagemaker:DescribeProcessingJob",
                    "sagemaker:ListTags",
                ],
                remove: &["sagemaker:DeleteProcessingJob", "sagemaker:StopProcessingJob"],
                tag: TAG_PERMISSIONS,
            },
            can_tag: true,
            ..KindFacts::new(sagemaker::PROCESSING_JOB, Scope::Regional)
        }
    }

    async fn list(&self, aws: &Aws, _: &[Resource]) -> Result<Vec<Value>, AwsError> {
        list!(aws, LIST, list_processing_jobs, processing_job_summaries)
    }

    async fn describe(&self, aws: &Aws, id: &str) -> Result<Value, AwsError> {
        describe!(aws, DESCRIBE, describe_processing_job.processing_job_name(id))
    }

    fn complete(&self, resource: &mut Resource, shown: &Value) {
        job(resource, text(shown, "ProcessingJobStatus"));
    }

    async fn stop(&self, aws: &Aws, resource: &Resource) -> Result<Acted, AwsError> {
        change!(aws, STOP, stop_processing_job.processing_job_name(&resource.id.id))?;
        Ok(Acted::Started)
    }

    async fn delete(
        &self,
        aws: &Aws,
        resource: &Resource,
        _: &RemovalOptions,
    ) -> Result<Acted, AwsError> {
        change!(aws, DELETE, delete_processing_job.processing_job_name(&resource.id.id))?;
        Ok(Acted::Started)
    }

    fn rebuild(&self, _: &Resource) -> Result<Rebuild, String> {
        Err(again::HISTORY.to_owned())
    }
}
