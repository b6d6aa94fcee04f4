//! `sagemaker:mlflow-tracking-server`, read for its references only: Dismantle removes no tracking
//! servers. One keeps its artifacts in a bucket, and gets at them with a role.

use async_trait::async_trait;
use serde_json::Value;

use super::common::{Described, Shape, describe, list, only_read, status};
use crate::aws::kinds::{iam, s3, sagemaker};
use crate::aws::{Acted, Aws, AwsError, Op, RemovalOptions};
use crate::resource::{KindFacts, Permissions, Removable, Resource, Scope};

const LIST: Op = Op::read("sagemaker", "ListMlflowTrackingServers");
const DESCRIBE: Op = Op::read("sagemaker", "DescribeMlflowTrackingServer");

pub(super) struct MlflowTrackingServer;

#[async_trait]
impl Described for MlflowTrackingServer {
    fn shape(&self) -> Shape {
        Shape {
            kind: sagemaker::MLFLOW_TRACKING_SERVER,
            name: "TrackingServerName",
            arn: "TrackingServerArn",
            status: Some("TrackingServerStatus"),
            members: &[],
        }
    }

    fn facts(&self) -> KindFacts {
        KindFacts {
            removable: Removable::ReadOnly,
            can_use: &[iam::ROLE, s3::BUCKET],
            where_keys: const { &[status("Creating, Created, Started, Stopped…")] },
            permissions: Permissions {
                read: &[
                    "sagemaker:ListMlflowTrackingServers",
                    "sagemaker:DescribeMlflowTrackingServer",
                    "sagemaker:ListTags",
                ],
                ..Permissions::default()
            },
            ..KindFacts::new(sagemaker::MLFLOW_TRACKING_SERVER, Scope::Regional)
        }
    }

    async fn list(&self, aws: &Aws, _: &[Resource]) -> Result<Vec<Value>, AwsError> {
        list!(aws, LIST, list_mlflow_tracking_servers, tracking_server_summaries)
    }

    async fn describe(&self, aws: &Aws, id: &str) -> Result<Value, AwsError> {
        describe!(aws, DESCRIBE, describe_mlflow_tracking_server.tracking_server_name(id))
    }

    fn complete(&self, resource: &mut Resource, _: &Value) {
        only_read(resource, "MLflow tracking servers");
    }

    async fn delete(&self, aws: &Aws, _: &Resource, _: &RemovalOptions) -> Result<Acted, AwsError> {
        Err(AwsError::unsupported(aws, sagemaker::MLFLOW_TRACKING_SERVER, "deletes"))
    }
}
