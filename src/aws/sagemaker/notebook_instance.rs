//! `sagemaker:notebook-instance`: only a stopped or failed one can go; its volume and network
//! interface go with it.

use async_trait::async_trait;
use serde_json::Value;

use super::common::{Described, Shape, TAG_PERMISSIONS, change, describe, list, status};
use super::shown::text;
use crate::aws::kinds::{iam, kms, sagemaker};
use crate::aws::{Acted, Aws, AwsError, Op, RemovalOptions};
use crate::resource::{Action, KindFacts, Permissions, Prep, Resource, Scope};

const LIST: Op = Op::read("sagemaker", "ListNotebookInstances");
const DESCRIBE: Op = Op::read("sagemaker", "DescribeNotebookInstance");
const DELETE: Op = Op::write("sagemaker", "DeleteNotebookInstance");
const STOP: Op = Op::write("sagemaker", "StopNotebookInstance");

pub(super) struct NotebookInstance;

#[async_trait]
impl Described for NotebookInstance {
    fn shape(&self) -> Shape {
        Shape {
            kind: sagemaker::NOTEBOOK_INSTANCE,
            name: "NotebookInstanceName",
            arn: "NotebookInstanceArn",
            status: Some("NotebookInstanceStatus"),
            members: &[(
                "NotebookInstanceLifecycleConfigName",
                sagemaker::NOTEBOOK_LIFECYCLE_CONFIG,
            )],
        }
    }

    fn facts(&self) -> KindFacts {
        KindFacts {
            can_use: &[sagemaker::NOTEBOOK_LIFECYCLE_CONFIG, iam::ROLE, kms::KEY],
            where_keys: const { &[status("InService, Stopped, Failed, Pending…")] },
            can_stop: true,
            permissions: Permissions {
                read: &[
                    "sagemaker:ListNotebookInstances",
                    "sagemaker:DescribeNotebookInstance",
                    "sagemaker:ListTags",
                ],
                remove: &["sagemaker:DeleteNotebookInstance", "sagemaker:StopNotebookInstance"],
                tag: TAG_PERMISSIONS,
            },
            can_tag: true,
            ..KindFacts::new(sagemaker::NOTEBOOK_INSTANCE, Scope::Regional)
        }
    }

    async fn list(&self, aws: &Aws, _: &[Resource]) -> Result<Vec<Value>, AwsError> {
        list!(aws, LIST, list_notebook_instances, notebook_instances)
    }

    async fn describe(&self, aws: &Aws, id: &str) -> Result<Value, AwsError> {
        describe!(aws, DESCRIBE, describe_notebook_instance.notebook_instance_name(id))
    }

    fn complete(&self, resource: &mut Resource, shown: &Value) {
        let status = text(shown, "NotebookInstanceStatus");
        if matches!(status, Some("InService" | "PendingMaintenance" | "Stopping")) {
            resource.removal.prep.push(Prep::new(Action::Stop));
        }
    }

    async fn stop(&self, aws: &Aws, resource: &Resource) -> Result<Acted, AwsError> {
        change!(aws, STOP, stop_notebook_instance.notebook_instance_name(&resource.id.id))?;
        Ok(Acted::Started)
    }

    async fn delete(
        &self,
        aws: &Aws,
        resource: &Resource,
        _: &RemovalOptions,
    ) -> Result<Acted, AwsError> {
        change!(aws, DELETE, delete_notebook_instance.notebook_instance_name(&resource.id.id))?;
        Ok(Acted::Started)
    }
}
