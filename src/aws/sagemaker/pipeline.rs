//! `sagemaker:pipeline`: goes when none of its executions runs (`ConflictException`).

use std::fmt::Write;

use async_trait::async_trait;
use aws_sdk_sagemaker::operation::create_pipeline::CreatePipelineInput;
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::again::{self, create};
use super::common::{
    Described, Shape, TAG_PERMISSIONS, change, created_by, describe, list, status,
};
use super::shown::text;
use crate::aws::kinds::{ecr, iam, kms, s3, sagemaker};
use crate::aws::{Acted, Aws, AwsError, Op, Rebuild, RemovalOptions};
use crate::resource::{Action, KindFacts, Permissions, Prep, Resource, Scope, WhereKey};

const LIST: Op = Op::read("sagemaker", "ListPipelines");
const DESCRIBE: Op = Op::read("sagemaker", "DescribePipeline");
const LIST_EXECUTIONS: Op = Op::read("sagemaker", "ListPipelineExecutions");
const STOP_EXECUTION: Op = Op::write("sagemaker", "StopPipelineExecution");
const DELETE: Op = Op::write("sagemaker", "DeletePipeline");
const CREATE: Op = Op::write("sagemaker", "CreatePipeline");

pub(super) struct Pipeline;

#[async_trait]
impl Described for Pipeline {
    fn shape(&self) -> Shape {
        Shape {
            kind: sagemaker::PIPELINE,
            name: "PipelineName",
            arn: "PipelineArn",
            status: Some("PipelineStatus"),
            // A step registers into a group, or deploys a model, by its name.
            members: &[
                ("ModelPackageGroupName", sagemaker::MODEL_PACKAGE_GROUP),
                ("ModelPackageName", sagemaker::MODEL_PACKAGE),
                ("ModelName", sagemaker::MODEL),
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
                sagemaker::MODEL_PACKAGE_GROUP,
                sagemaker::MODEL_PACKAGE,
                sagemaker::MODEL,
            ],
            where_keys: const {
                &[
                    status("Active, Deleting"),
                    WhereKey::new("created_by", "a Studio user profile's name, or an ARN"),
                ]
            },
            can_stop: true,
            permissions: Permissions {
                read: &[
                    "sagemaker:ListPipelines",
                    "sagemaker:DescribePipeline",
                    "sagemaker:ListPipelineExecutions",
                    "sagemaker:ListTags",
                ],
                remove: &["sagemaker:DeletePipeline", "sagemaker:StopPipelineExecution"],
                tag: TAG_PERMISSIONS,
            },
            restore_permissions: &["sagemaker:CreatePipeline", "sagemaker:AddTags", "iam:PassRole"],
            can_tag: true,
            ..KindFacts::new(sagemaker::PIPELINE, Scope::Regional)
        }
    }

    async fn list(&self, aws: &Aws, _: &[Resource]) -> Result<Vec<Value>, AwsError> {
        list!(aws, LIST, list_pipelines, pipeline_summaries)
    }

    async fn describe(&self, aws: &Aws, id: &str) -> Result<Value, AwsError> {
        describe!(aws, DESCRIBE, describe_pipeline.pipeline_name(id))
    }

    fn complete(&self, resource: &mut Resource, shown: &Value) {
        created_by(resource, shown);
    }

    async fn look_closer(&self, aws: &Aws, resource: &mut Resource) -> Result<(), AwsError> {
        let executions = executions(aws, &resource.id.id).await?;
        let status = |shown| text(shown, "PipelineExecutionStatus");
        if executions.iter().any(|e| matches!(status(e), Some("Executing" | "Stopping"))) {
            resource.removal.prep.push(Prep::new(Action::Stop));
        }
        Ok(())
    }

    async fn stop(&self, aws: &Aws, resource: &Resource) -> Result<Acted, AwsError> {
        for execution in executions(aws, &resource.id.id).await? {
            let running = text(&execution, "PipelineExecutionStatus") == Some("Executing");
            let arn = text(&execution, "PipelineExecutionArn");
            if let Some(arn) = arn.filter(|_| running) {
                let token = token(&["stop", arn]);
                change!(
                    aws,
                    STOP_EXECUTION,
                    stop_pipeline_execution
                        .pipeline_execution_arn(arn)
                        .client_request_token(&token)
                )?;
            }
        }
        Ok(Acted::Started)
    }

    async fn delete(
        &self,
        aws: &Aws,
        resource: &Resource,
        _: &RemovalOptions,
    ) -> Result<Acted, AwsError> {
        let name = &resource.id.id;
        let created = resource.created.map(|time| time.to_string()).unwrap_or_default();
        let arn = resource.arn.as_deref().unwrap_or(name);
        let token = token(&["delete", arn, &created]);
        change!(aws, DELETE, delete_pipeline.pipeline_name(name).client_request_token(&token))?;
        Ok(Acted::Started)
    }

    fn rebuild(&self, was: &Resource) -> Result<Rebuild, String> {
        again::pipeline(was)
    }

    fn undo_stop(&self) -> Result<Prep, String> {
        Err("the executions that ran in it, which were stopped".to_owned())
    }

    async fn create(&self, aws: &Aws, was: &Resource) -> Result<Acted, AwsError> {
        create!(
            aws,
            CREATE,
            again::pipeline_input(was),
            CreatePipelineInput,
            create_pipeline,
            set_pipeline_name: pipeline_name,
            set_pipeline_display_name: pipeline_display_name,
            set_pipeline_definition: pipeline_definition,
            set_pipeline_description: pipeline_description,
            set_role_arn: role_arn,
            set_tags: tags,
            set_parallelism_configuration: parallelism_configuration,
        )?;
        Ok(Acted::Done)
    }
}

async fn executions(aws: &Aws, name: &str) -> Result<Vec<Value>, AwsError> {
    list!(
        aws,
        LIST_EXECUTIONS,
        list_pipeline_executions.pipeline_name(name),
        pipeline_execution_summaries
    )
}

/// The same request has the same token, so that AWS does a repeated one once. AWS wants 32 to
/// 128 characters.
fn token(parts: &[&str]) -> String {
    let mut text = String::new();
    for byte in Sha256::digest(parts.join("\n")) {
        let _ = write!(text, "{byte:02x}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_the_same_for_the_same_pipeline_only() {
        let first = token(&["delete", "arn", "2026-01-15T08:00:00Z"]);
        assert_eq!(first, token(&["delete", "arn", "2026-01-15T08:00:00Z"]));
        assert_ne!(first, token(&["delete", "arn", "2026-01-15T08:00:01Z"]));
        assert_eq!(first.len(), 64);
    }
}
