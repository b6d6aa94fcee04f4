//! `sagemaker:monitoring-schedule`, read for its references only: Dismantle removes no monitoring
//! schedules. One watches an endpoint, and goes before it; what it runs, with which role and into
//! which bucket, it says itself or leaves to a job definition, which is a kind of its own.

use async_trait::async_trait;
use serde_json::Value;

use super::common::{Described, Shape, describe, list, only_read, status};
use crate::aws::kinds::{ecr, iam, kms, s3, sagemaker};
use crate::aws::{Acted, Aws, AwsError, Op, RemovalOptions};
use crate::resource::{KindFacts, Permissions, Removable, Resource, Scope};

const LIST: Op = Op::read("sagemaker", "ListMonitoringSchedules");
const DESCRIBE: Op = Op::read("sagemaker", "DescribeMonitoringSchedule");

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

    async fn describe(&self, aws: &Aws, id: &str) -> Result<Value, AwsError> {
        describe!(aws, DESCRIBE, describe_monitoring_schedule.monitoring_schedule_name(id))
    }

    fn complete(&self, resource: &mut Resource, _: &Value) {
        only_read(resource, "monitoring schedules");
    }

    async fn delete(&self, aws: &Aws, _: &Resource, _: &RemovalOptions) -> Result<Acted, AwsError> {
        Err(AwsError::unsupported(aws, sagemaker::MONITORING_SCHEDULE, "deletes"))
    }
}
