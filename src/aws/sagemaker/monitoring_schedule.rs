//! `sagemaker:monitoring-schedule`, read for its references only: Dismantle removes no monitoring
//! schedules. One watches an endpoint, and goes before it; what it runs, with which role and into
//! which bucket, it says itself or leaves to a job definition that it names.

use async_trait::async_trait;
use serde_json::Value;

use super::common::{Described, Shape, describe, list, only_read, status};
use super::shown::text;
use crate::aws::kinds::{ecr, iam, kms, s3, sagemaker};
use crate::aws::{Acted, Aws, AwsError, Op, RemovalOptions, found};
use crate::resource::{KindFacts, Permissions, Removable, Resource, Scope};

const LIST: Op = Op::read("sagemaker", "ListMonitoringSchedules");
const DESCRIBE: Op = Op::read("sagemaker", "DescribeMonitoringSchedule");
const DATA_QUALITY: Op = Op::read("sagemaker", "DescribeDataQualityJobDefinition");
const MODEL_QUALITY: Op = Op::read("sagemaker", "DescribeModelQualityJobDefinition");
const MODEL_BIAS: Op = Op::read("sagemaker", "DescribeModelBiasJobDefinition");
const MODEL_EXPLAINABILITY: Op = Op::read("sagemaker", "DescribeModelExplainabilityJobDefinition");

pub(super) struct MonitoringSchedule;

#[async_trait]
impl Described for MonitoringSchedule {
    fn shape(&self) -> Shape {
        Shape {
            kind: sagemaker::MONITORING_SCHEDULE,
            name: "MonitoringScheduleName",
            arn: "MonitoringScheduleArn",
            status: Some("MonitoringScheduleStatus"),
            members: &[("EndpointName", sagemaker::ENDPOINT)],
        }
    }

    fn facts(&self) -> KindFacts {
        KindFacts {
            removable: Removable::ReadOnly,
            can_use: &[
                sagemaker::ENDPOINT,
                iam::ROLE,
                s3::BUCKET,
                kms::KEY,
                ecr::REPOSITORY,
                ecr::IMAGE,
            ],
            where_keys: const { &[status("Pending, Scheduled, Failed, Stopped")] },
            permissions: Permissions {
                read: &[
                    "sagemaker:ListMonitoringSchedules",
                    "sagemaker:DescribeMonitoringSchedule",
                    "sagemaker:DescribeDataQualityJobDefinition",
                    "sagemaker:DescribeModelQualityJobDefinition",
                    "sagemaker:DescribeModelBiasJobDefinition",
                    "sagemaker:DescribeModelExplainabilityJobDefinition",
                    "sagemaker:ListTags",
                ],
                ..Permissions::default()
            },
            ..KindFacts::new(sagemaker::MONITORING_SCHEDULE, Scope::Regional)
        }
    }

    async fn list(&self, aws: &Aws, _: &[Resource]) -> Result<Vec<Value>, AwsError> {
        list!(aws, LIST, list_monitoring_schedules, monitoring_schedule_summaries)
    }

    /// With the job definition that it names, as `JobDefinition`.
    async fn describe(&self, aws: &Aws, id: &str) -> Result<Value, AwsError> {
        let shown =
            describe!(aws, DESCRIBE, describe_monitoring_schedule.monitoring_schedule_name(id));
        let mut shown = shown?;
        let named = named(&shown).map(|(watches, name)| (watches.to_owned(), name.to_owned()));
        if let Some((watches, name)) = named {
            // A schedule whose definition is gone runs nothing, and is there all the same.
            let definition = found(definition(aws, &watches, &name).await)?;
            if let (Some(definition), Some(members)) = (definition, shown.as_object_mut()) {
                members.insert("JobDefinition".to_owned(), definition);
            }
        }
        Ok(shown)
    }

    fn complete(&self, resource: &mut Resource, _: &Value) {
        only_read(resource, "monitoring schedules");
    }

    async fn delete(&self, aws: &Aws, _: &Resource, _: &RemovalOptions) -> Result<Acted, AwsError> {
        Err(AwsError::unsupported(aws, sagemaker::MONITORING_SCHEDULE, "deletes"))
    }
}

/// What a schedule watches over (`DataQuality`), and the job definition that says how.
fn named(shown: &Value) -> Option<(&str, &str)> {
    let name = text(shown, "MonitoringScheduleConfig.MonitoringJobDefinitionName")?;
    let watches = text(shown, "MonitoringType")
        .or_else(|| text(shown, "MonitoringScheduleConfig.MonitoringType"));
    Some((watches.unwrap_or_default(), name))
}

async fn definition(aws: &Aws, watches: &str, name: &str) -> Result<Value, AwsError> {
    match watches {
        "DataQuality" => describe!(
            aws,
            DATA_QUALITY,
            describe_data_quality_job_definition.job_definition_name(name)
        ),
        "ModelQuality" => describe!(
            aws,
            MODEL_QUALITY,
            describe_model_quality_job_definition.job_definition_name(name)
        ),
        "ModelBias" => {
            describe!(aws, MODEL_BIAS, describe_model_bias_job_definition.job_definition_name(name))
        }
        "ModelExplainability" => describe!(
            aws,
            MODEL_EXPLAINABILITY,
            describe_model_explainability_job_definition.job_definition_name(name)
        ),
        other => {
            let why = format!("it watches over {other:?}, which Dismantle does not know");
            Err(AwsError::garbled(DESCRIBE, aws.region(), why))
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_schedule_says_what_it_runs_or_names_it() {
        let named_one = json!({"MonitoringJobDefinitionName": "drift"});
        let typed = json!({"MonitoringJobDefinitionName": "drift", "MonitoringType": "ModelBias"});
        let rows = [
            (json!({"MonitoringScheduleConfig": typed}), Some(("ModelBias", "drift"))),
            (
                json!({"MonitoringType": "DataQuality", "MonitoringScheduleConfig": named_one}),
                Some(("DataQuality", "drift")),
            ),
            (json!({"MonitoringScheduleConfig": named_one}), Some(("", "drift"))),
            (json!({"MonitoringScheduleConfig": {"MonitoringJobDefinition": {}}}), None),
        ];
        for (shown, expected) in rows {
            assert_eq!(named(&shown), expected, "{shown}");
        }
    }
}
