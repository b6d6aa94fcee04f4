//! `sagemaker:training-job`: a running one is stopped first, which may take its script two
//! minutes. One that ended can go, unless it keeps a warm pool, which bills like a running job.

use async_trait::async_trait;
use aws_sdk_sagemaker::types::ResourceConfigForUpdate;
use serde_json::Value;

use super::again;
use super::common::{Described, Shape, TAG_PERMISSIONS, change, describe, job, list, status};
use super::shown::text;
use crate::aws::kinds::{ecr, iam, kms, s3, sagemaker};
use crate::aws::{Acted, Aws, AwsError, Op, Rebuild, RemovalOptions};
use crate::resource::{Action, KindFacts, Lifecycle, Permissions, Prep, Resource, Scope};

const LIST: Op = Op::read("sagemaker", "ListTrainingJobs");
const DESCRIBE: Op = Op::read("sagemaker", "DescribeTrainingJob");
const DELETE: Op = Op::write("sagemaker", "DeleteTrainingJob");
const STOP: Op = Op::write("sagemaker", "StopTrainingJob");
const UPDATE: Op = Op::write("sagemaker", "UpdateTrainingJob");

pub(super) struct TrainingJob;

#[async_trait]
impl Described for TrainingJob {
    fn shape(&self) -> Shape {
        Shape {
            kind: sagemaker::TRAINING_JOB,
            name: "TrainingJobName",
            arn: "TrainingJobArn",
            status: Some("TrainingJobStatus"),
            members: &[
                ("SourceModelPackageArn", sagemaker::MODEL_PACKAGE),
                ("ModelPackageGroupArn", sagemaker::MODEL_PACKAGE_GROUP),
            ],
        }
    }

    fn facts(&self) -> KindFacts {
        KindFacts {
            can_use: &[
                iam::ROLE,
                s3::BUCKET,
                kms::KEY,
                ecr::REPOSITORY,
                ecr::IMAGE,
                sagemaker::MODEL_PACKAGE,
                sagemaker::MODEL_PACKAGE_GROUP,
            ],
            where_keys: const { &[status("InProgress, Completed, Failed, Stopping, Stopped")] },
            can_stop: true,
            ends_when_stopped: true,
            permissions: Permissions {
                read: &[
                    "sagemaker:ListTrainingJobs",
                    "sagemaker:DescribeTrainingJob",
                    "sagemaker:ListTags",
                ],
                remove: &[
                    "sagemaker:DeleteTrainingJob",
                    "sagemaker:StopTrainingJob",
                    "sagemaker:UpdateTrainingJob",
                ],
                tag: TAG_PERMISSIONS,
            },
            can_tag: true,
            ..KindFacts::new(sagemaker::TRAINING_JOB, Scope::Regional)
        }
    }

    async fn list(&self, aws: &Aws, _: &[Resource]) -> Result<Vec<Value>, AwsError> {
        list!(aws, LIST, list_training_jobs, training_job_summaries)
    }

    async fn describe(&self, aws: &Aws, id: &str) -> Result<Value, AwsError> {
        describe!(aws, DESCRIBE, describe_training_job.training_job_name(id))
    }

    fn complete(&self, resource: &mut Resource, shown: &Value) {
        job(resource, text(shown, "TrainingJobStatus"));
        let ended = matches!(resource.lifecycle, Lifecycle::Ended { .. });
        if ended && has_warm_pool(shown) {
            resource.lifecycle = Lifecycle::Live;
            resource.removal.prep.push(Prep::new(Action::Stop));
        }
    }

    /// A warm pool ends when it need not be kept any longer.
    async fn stop(&self, aws: &Aws, resource: &Resource) -> Result<Acted, AwsError> {
        let name = &resource.id.id;
        if has_warm_pool(&resource.record) {
            let now = ResourceConfigForUpdate::builder().keep_alive_period_in_seconds(0).build();
            change!(
                aws,
                UPDATE,
                update_training_job.training_job_name(name).resource_config(now.clone())
            )?;
        } else {
            change!(aws, STOP, stop_training_job.training_job_name(name))?;
        }
        Ok(Acted::Started)
    }

    async fn delete(
        &self,
        aws: &Aws,
        resource: &Resource,
        _: &RemovalOptions,
    ) -> Result<Acted, AwsError> {
        change!(aws, DELETE, delete_training_job.training_job_name(&resource.id.id))?;
        Ok(Acted::Started)
    }

    fn rebuild(&self, _: &Resource) -> Result<Rebuild, String> {
        Err(again::HISTORY.to_owned())
    }
}

/// DeleteTrainingJob refuses a job that retains an `Available` warm pool (its API reference).
fn has_warm_pool(shown: &Value) -> bool {
    text(shown, "WarmPoolStatus.Status") == Some("Available")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::resource::Region;

    #[test]
    fn a_warm_pool_is_stopped_first() {
        let seen = |pool: &str| {
            let region = Region::new("us-east-1");
            let mut resource = Resource::new(sagemaker::TRAINING_JOB, region, "job", "job");
            let status = json!({"Status": pool});
            let shown = json!({"TrainingJobStatus": "Completed", "WarmPoolStatus": status});
            TrainingJob.complete(&mut resource, &shown);
            (resource.removal.prep.len(), resource.lifecycle.uses_things())
        };
        assert_eq!(seen("Available"), (1, true));
        assert_eq!(seen("Terminated"), (0, false));
    }
}
