//! `sagemaker:hyper-parameter-tuning-job`: deleting it leaves the training jobs that it made,
//! which therefore belong to it and go after it (a running one would start new ones).

use async_trait::async_trait;
use serde_json::Value;

use super::again;
use super::common::{Described, Shape, TAG_PERMISSIONS, change, describe, job, list, status};
use super::shown::text;
use crate::aws::kinds::{ecr, iam, kms, s3, sagemaker};
use crate::aws::{Acted, Aws, AwsError, Op, Rebuild, RemovalOptions};
use crate::resource::{KindFacts, Permissions, Reference, Resource, Scope};

const LIST: Op = Op::read("sagemaker", "ListHyperParameterTuningJobs");
const DESCRIBE: Op = Op::read("sagemaker", "DescribeHyperParameterTuningJob");
const DELETE: Op = Op::write("sagemaker", "DeleteHyperParameterTuningJob");
const STOP: Op = Op::write("sagemaker", "StopHyperParameterTuningJob");
const LIST_TRAINING_JOBS: Op = Op::read("sagemaker", "ListTrainingJobsForHyperParameterTuningJob");

pub(super) struct HyperParameterTuningJob;

#[async_trait]
impl Described for HyperParameterTuningJob {
    fn shape(&self) -> Shape {
        Shape {
            kind: sagemaker::HYPER_PARAMETER_TUNING_JOB,
            name: "HyperParameterTuningJobName",
            arn: "HyperParameterTuningJobArn",
            status: Some("HyperParameterTuningJobStatus"),
            members: &[],
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
                sagemaker::TRAINING_JOB,
            ],
            where_keys: const {
                &[status("InProgress, Completed, Failed, Stopping, Stopped, DeleteFailed")]
            },
            can_stop: true,
            ends_when_stopped: true,
            permissions: Permissions {
                read: &[
                    "sagemaker:ListHyperParameterTuningJobs",
                    "sagemaker:DescribeHyperParameterTuningJob",
                    "sagemaker:ListTrainingJobsForHyperParameterTuningJob",
                    "sagemaker:ListTags",
                ],
                remove: &[
                    "sagemaker:DeleteHyperParameterTuningJob",
                    "sagemaker:StopHyperParameterTuningJob",
                ],
                tag: TAG_PERMISSIONS,
            },
            can_tag: true,
            ..KindFacts::new(sagemaker::HYPER_PARAMETER_TUNING_JOB, Scope::Regional)
        }
    }

    async fn list(&self, aws: &Aws, _: &[Resource]) -> Result<Vec<Value>, AwsError> {
        list!(aws, LIST, list_hyper_parameter_tuning_jobs, hyper_parameter_tuning_job_summaries)
    }

    async fn describe(&self, aws: &Aws, id: &str) -> Result<Value, AwsError> {
        describe!(
            aws,
            DESCRIBE,
            describe_hyper_parameter_tuning_job.hyper_parameter_tuning_job_name(id)
        )
    }

    fn complete(&self, resource: &mut Resource, shown: &Value) {
        job(resource, text(shown, "HyperParameterTuningJobStatus"));
    }

    async fn look_closer(&self, aws: &Aws, resource: &mut Resource) -> Result<(), AwsError> {
        let name = resource.id.id.clone();
        let made: Result<Vec<Value>, AwsError> = list!(
            aws,
            LIST_TRAINING_JOBS,
            list_training_jobs_for_hyper_parameter_tuning_job
                .hyper_parameter_tuning_job_name(name.clone()),
            training_job_summaries
        );
        resource.owns = made?
            .iter()
            .filter_map(|shown| text(shown, "TrainingJobArn"))
            .map(|arn| Reference::order(sagemaker::TRAINING_JOB, arn, "training job"))
            .collect();
        Ok(())
    }

    async fn stop(&self, aws: &Aws, resource: &Resource) -> Result<Acted, AwsError> {
        let name = &resource.id.id;
        change!(aws, STOP, stop_hyper_parameter_tuning_job.hyper_parameter_tuning_job_name(name))?;
        Ok(Acted::Started)
    }

    async fn delete(
        &self,
        aws: &Aws,
        resource: &Resource,
        _: &RemovalOptions,
    ) -> Result<Acted, AwsError> {
        change!(
            aws,
            DELETE,
            delete_hyper_parameter_tuning_job.hyper_parameter_tuning_job_name(&resource.id.id)
        )?;
        Ok(Acted::Started)
    }

    fn rebuild(&self, _: &Resource) -> Result<Rebuild, String> {
        Err(again::HISTORY.to_owned())
    }
}
