//! `sagemaker:notebook-lifecycle-config`: goes after the notebooks that start with it. The bodies
//! of its scripts are never kept.

use async_trait::async_trait;
use aws_sdk_sagemaker::operation::create_notebook_instance_lifecycle_config::CreateNotebookInstanceLifecycleConfigInput;
use serde_json::Value;

use super::again::{self, create};
use super::common::{Described, Shape, TAG_PERMISSIONS, change, describe, list};
use crate::aws::kinds::sagemaker;
use crate::aws::{Acted, Aws, AwsError, Op, Rebuild, RemovalOptions};
use crate::resource::{KindFacts, Permissions, Resource, Scope};

const LIST: Op = Op::read("sagemaker", "ListNotebookInstanceLifecycleConfigs");
const DESCRIBE: Op = Op::read("sagemaker", "DescribeNotebookInstanceLifecycleConfig");
const DELETE: Op = Op::write("sagemaker", "DeleteNotebookInstanceLifecycleConfig");
const CREATE: Op = Op::write("sagemaker", "CreateNotebookInstanceLifecycleConfig");

pub(super) struct NotebookLifecycleConfig;

#[async_trait]
impl Described for NotebookLifecycleConfig {
    fn shape(&self) -> Shape {
        Shape {
            kind: sagemaker::NOTEBOOK_LIFECYCLE_CONFIG,
            name: "NotebookInstanceLifecycleConfigName",
            arn: "NotebookInstanceLifecycleConfigArn",
            status: None,
            members: &[],
        }
    }

    fn facts(&self) -> KindFacts {
        KindFacts {
            can_use: &[],
            permissions: Permissions {
                read: &[
                    "sagemaker:ListNotebookInstanceLifecycleConfigs",
                    "sagemaker:DescribeNotebookInstanceLifecycleConfig",
                    "sagemaker:ListTags",
                ],
                remove: &["sagemaker:DeleteNotebookInstanceLifecycleConfig"],
                tag: TAG_PERMISSIONS,
            },
            restore_permissions: &[
                "sagemaker:CreateNotebookInstanceLifecycleConfig",
                "sagemaker:AddTags",
            ],
            can_tag: true,
            ..KindFacts::new(sagemaker::NOTEBOOK_LIFECYCLE_CONFIG, Scope::Regional)
        }
    }

    async fn list(&self, aws: &Aws, _: &[Resource]) -> Result<Vec<Value>, AwsError> {
        list!(
            aws,
            LIST,
            list_notebook_instance_lifecycle_configs,
            notebook_instance_lifecycle_configs
        )
    }

    async fn describe(&self, aws: &Aws, id: &str) -> Result<Value, AwsError> {
        describe!(
            aws,
            DESCRIBE,
            describe_notebook_instance_lifecycle_config.notebook_instance_lifecycle_config_name(id)
        )
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
            delete_notebook_instance_lifecycle_config
                .notebook_instance_lifecycle_config_name(&resource.id.id)
        )?;
        Ok(Acted::Done)
    }

    fn rebuild(&self, was: &Resource) -> Result<Rebuild, String> {
        let rebuild = Rebuild::by_create();
        if again::has_scripts(was) {
            let rebuild = rebuild.without("its scripts, which no journal keeps");
            return Ok(rebuild.saying(&["OnCreate", "OnStart"]));
        }
        Ok(rebuild)
    }

    async fn create(&self, aws: &Aws, was: &Resource) -> Result<Acted, AwsError> {
        create!(
            aws,
            CREATE,
            again::without_scripts(was),
            CreateNotebookInstanceLifecycleConfigInput,
            create_notebook_instance_lifecycle_config,
            set_notebook_instance_lifecycle_config_name: notebook_instance_lifecycle_config_name,
            set_tags: tags,
        )?;
        Ok(Acted::Done)
    }
}
