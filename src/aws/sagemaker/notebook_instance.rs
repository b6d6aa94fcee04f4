//! `sagemaker:notebook-instance`: only a stopped or failed one can go; its volume and network
//! interface go with it.

use async_trait::async_trait;
use aws_sdk_sagemaker::operation::create_notebook_instance::CreateNotebookInstanceInput;
use serde_json::Value;

use super::again::{self, create};
use super::common::{Described, Shape, TAG_PERMISSIONS, change, describe, list, status};
use super::shown::text;
use crate::aws::kinds::{iam, kms, sagemaker};
use crate::aws::{Acted, Aws, AwsError, Op, Rebuild, RemovalOptions};
use crate::resource::{Action, KindFacts, Permissions, Prep, Resource, Scope};

const LIST: Op = Op::read("sagemaker", "ListNotebookInstances");
const DESCRIBE: Op = Op::read("sagemaker", "DescribeNotebookInstance");
const DELETE: Op = Op::write("sagemaker", "DeleteNotebookInstance");
const STOP: Op = Op::write("sagemaker", "StopNotebookInstance");
const CREATE: Op = Op::write("sagemaker", "CreateNotebookInstance");
const START: Op = Op::write("sagemaker", "StartNotebookInstance");

/// What it shows under another name than it is asked for.
const RENAMES: &[(&str, &str)] = &[
    ("NotebookInstanceLifecycleConfigName", "LifecycleConfigName"),
    ("SecurityGroups", "SecurityGroupIds"),
];

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
            restore_permissions: &[
                "sagemaker:CreateNotebookInstance",
                "sagemaker:StartNotebookInstance",
                "sagemaker:StopNotebookInstance",
                "sagemaker:AddTags",
                "iam:PassRole",
            ],
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

    fn rebuild(&self, was: &Resource) -> Result<Rebuild, String> {
        let mut rebuild = again::by_create(was).without("what was on its volume");
        if text(&was.record, "NotebookInstanceStatus") == Some("Stopped") {
            rebuild.steps.push(Prep::new(Action::Stop));
        }
        Ok(rebuild)
    }

    fn undo_stop(&self) -> Result<Prep, String> {
        Ok(Prep::new(Action::Start))
    }

    async fn start(&self, aws: &Aws, was: &Resource) -> Result<Acted, AwsError> {
        change!(aws, START, start_notebook_instance.notebook_instance_name(&was.id.id))?;
        Ok(Acted::Started)
    }

    async fn create(&self, aws: &Aws, was: &Resource) -> Result<Acted, AwsError> {
        create!(
            aws,
            CREATE,
            again::input(was, RENAMES),
            CreateNotebookInstanceInput,
            create_notebook_instance,
            set_notebook_instance_name: notebook_instance_name,
            set_instance_type: instance_type,
            set_subnet_id: subnet_id,
            set_security_group_ids: security_group_ids,
            set_ip_address_type: ip_address_type,
            set_role_arn: role_arn,
            set_kms_key_id: kms_key_id,
            set_tags: tags,
            set_lifecycle_config_name: lifecycle_config_name,
            set_direct_internet_access: direct_internet_access,
            set_volume_size_in_gb: volume_size_in_gb,
            set_default_code_repository: default_code_repository,
            set_additional_code_repositories: additional_code_repositories,
            set_root_access: root_access,
            set_platform_identifier: platform_identifier,
            set_instance_metadata_service_configuration: instance_metadata_service_configuration,
        )?;
        Ok(Acted::Started)
    }
}
