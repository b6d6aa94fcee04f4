//! SageMaker outside of domains.

use dismantle::aws::kinds::{ecr, kms, sagemaker};
use dismantle::sandbox::ACCOUNT_ID;
use rand::Rng;
use serde_json::{Value, json};

use super::Side;
use super::make::{Maker, New};
use super::names::{SCRIPTS, one_of};

/// An image of AWS's own.
pub const SKLEARN: &str =
    "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:1.2-1-cpu-py3";

impl Maker<'_> {
    pub async fn sagemaker(
        &self,
        region: &str,
        operation: &str,
        body: Value,
    ) -> Result<Value, String> {
        self.hand.json("sagemaker", region, operation, body).await
    }

    /// An image that is there, or AWS's; and what naming it uses.
    fn image(&mut self, region: &str, side: Side) -> (String, Vec<usize>) {
        let Some(image) = self.pick(ecr::IMAGE, region, side) else {
            return (SKLEARN.to_owned(), Vec::new());
        };
        let id = self.id(image);
        let uri = format!("{ACCOUNT_ID}.dkr.ecr.{region}.amazonaws.com/{id}");
        (uri, self.world.things[image].owner.into_iter().chain([image]).collect())
    }

    pub async fn model(&mut self, region: &'static str, side: Side) -> Result<usize, String> {
        let role = self.some_role(side).await?;
        let (image, mut uses) = self.image(region, side);
        uses.push(role);
        let mut container = json!({ "Image": image, "Environment": { "TOKEN": "planted" } });
        if self.chance.random_bool(0.5) {
            let bucket = self.some_bucket(region, side).await?;
            container["ModelDataUrl"] = json!(format!("s3://{}/model.tar.gz", self.id(bucket)));
            uses.push(bucket);
        }
        let name = self.name(side, "model", true);
        let id = name.text.clone();
        let body = json!({ "ModelName": id, "ExecutionRoleArn": self.arn(role),
            "PrimaryContainer": container, "Tags": Self::tag_list(&name) });
        self.sagemaker(region, "CreateModel", body).await?;
        let arn = Self::arn_of("sagemaker", region, &format!("model/{id}"));
        let new = New { kind: sagemaker::MODEL, region, id, arn, side, uses };
        Ok(self.add_named(new, &name))
    }

    /// An endpoint with its configuration, and now and then the log group that it made.
    pub async fn endpoint(&mut self, region: &'static str, side: Side) -> Result<usize, String> {
        let model = match self.pick(sagemaker::MODEL, region, side) {
            Some(model) => model,
            None => self.model(region, side).await?,
        };
        let config = self.name(side, "config", false).text;
        let variant = json!({ "VariantName": "all", "ModelName": self.id(model),
            "InitialInstanceCount": 1, "InstanceType": "ml.m5.large",
            "InitialVariantWeight": 1.0 });
        let mut body = json!({ "EndpointConfigName": config, "ProductionVariants": [variant] });
        let mut uses = vec![model];
        if self.chance.random_bool(0.2)
            && let Some(key) = self.pick(kms::KEY, region, side)
        {
            body["KmsKeyId"] = json!(self.spelled(key));
            uses.push(key);
        }
        self.sagemaker(region, "CreateEndpointConfig", body).await?;
        let arn = Self::arn_of("sagemaker", region, &format!("endpoint-config/{config}"));
        let (kind, id) = (sagemaker::ENDPOINT_CONFIG, config.clone());
        let of_config = self.add(New { kind, region, id, arn, side, uses });

        let name = self.name(side, "endpoint", true);
        let id = name.text.clone();
        let body = json!({ "EndpointName": id, "EndpointConfigName": config,
            "Tags": Self::tag_list(&name) });
        self.sagemaker(region, "CreateEndpoint", body).await?;
        let arn = Self::arn_of("sagemaker", region, &format!("endpoint/{id}"));
        let (kind, uses) = (sagemaker::ENDPOINT, vec![of_config]);
        let new = New { kind, region, id: id.clone(), arn, side, uses };
        let endpoint = self.add_named(new, &name);
        if self.chance.random_bool(0.4) {
            let group = format!("/aws/sagemaker/Endpoints/{id}");
            let group = self.group(region, side, &group).await?;
            self.world.things[group].owner = Some(endpoint);
        }
        Ok(endpoint)
    }

    pub async fn notebook(&mut self, region: &'static str, side: Side) -> Result<(), String> {
        let role = self.some_role(side).await?;
        let name = self.name(side, "notebook", true);
        let id = name.text.clone();
        let mut body = json!({ "NotebookInstanceName": id, "InstanceType": "ml.t3.medium",
            "RoleArn": self.arn(role), "Tags": Self::tag_list(&name) });
        let mut uses = vec![role];
        if self.chance.random_bool(0.4) {
            let config = self.name(side, "setup", false).text;
            let made = json!({ "NotebookInstanceLifecycleConfigName": config,
                "OnStart": [{ "Content": "ZWNobyBoaQo=" }] });
            self.sagemaker(region, "CreateNotebookInstanceLifecycleConfig", made).await?;
            body["LifecycleConfigName"] = json!(config);
            let path = format!("notebook-instance-lifecycle-config/{config}");
            let arn = Self::arn_of("sagemaker", region, &path);
            let (kind, id) = (sagemaker::NOTEBOOK_LIFECYCLE_CONFIG, config);
            uses.push(self.add(New { kind, region, id, arn, side, uses: Vec::new() }));
        }
        if self.chance.random_bool(0.2)
            && let Some(key) = self.pick(kms::KEY, region, side)
        {
            body["KmsKeyId"] = json!(self.spelled(key));
            uses.push(key);
        }
        self.sagemaker(region, "CreateNotebookInstance", body).await?;
        let arn = Self::arn_of("sagemaker", region, &format!("notebook-instance/{id}"));
        let new = New { kind: sagemaker::NOTEBOOK_INSTANCE, region, id, arn, side, uses };
        self.add_named(new, &name);
        Ok(())
    }

    /// A model package group; the manifest keeps approved packages.
    pub async fn packages(&mut self, region: &'static str, side: Side) -> Result<(), String> {
        let group = self.name(side, "models", false).text;
        let body = json!({ "ModelPackageGroupName": group });
        self.sagemaker(region, "CreateModelPackageGroup", body).await?;
        let arn = Self::arn_of("sagemaker", region, &format!("model-package-group/{group}"));
        let (kind, id) = (sagemaker::MODEL_PACKAGE_GROUP, group.clone());
        let of_group = self.add(New { kind, region, id, arn, side, uses: Vec::new() });
        for _ in 0..self.chance.random_range(0..3) {
            let approved = self.chance.random_bool(0.25);
            let bucket = self.some_bucket(region, side).await?;
            let container = json!({ "Image": SKLEARN,
                "ModelDataUrl": format!("s3://{}/model.tar.gz", self.id(bucket)) });
            let about = one_of(&mut self.chance, &SCRIPTS).to_owned();
            let body = json!({ "ModelPackageGroupName": group, "ModelPackageDescription": about,
                "ModelApprovalStatus": if approved { "Approved" } else { "PendingManualApproval" },
                "InferenceSpecification": { "Containers": [container],
                    "SupportedContentTypes": ["text/csv"],
                    "SupportedResponseMIMETypes": ["text/csv"] } });
            let made = self.sagemaker(region, "CreateModelPackage", body).await?;
            let arn = made["ModelPackageArn"].as_str().unwrap_or_default().to_owned();
            let (kind, id, uses) = (sagemaker::MODEL_PACKAGE, arn.clone(), vec![bucket]);
            let package = self.add_in(of_group, New { kind, region, id, arn, side, uses });
            self.world.things[package].held = approved;
        }
        Ok(())
    }

    pub async fn pipeline(&mut self, region: &'static str, side: Side) -> Result<(), String> {
        let role = self.some_role(side).await?;
        let name = self.name(side, "pipeline", true);
        let id = name.text.clone();
        let body = json!({ "PipelineName": id, "RoleArn": self.arn(role),
            "PipelineDefinition": r#"{"Version":"2020-12-01","Steps":[]}"#,
            "ClientRequestToken": "0123456789abcdef0123456789abcdef",
            "Tags": Self::tag_list(&name) });
        self.sagemaker(region, "CreatePipeline", body).await?;
        let arn = Self::arn_of("sagemaker", region, &format!("pipeline/{id}"));
        let new = New { kind: sagemaker::PIPELINE, region, id, arn, side, uses: vec![role] };
        self.add_named(new, &name);
        Ok(())
    }
}
