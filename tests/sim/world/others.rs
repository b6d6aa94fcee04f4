//! Neighbours' things of kinds that are only read: what they use stays.

use dismantle::aws::kinds::{cloudtrail, eks, iam, kms, s3, sagemaker};
use dismantle::aws::registry;
use dismantle::resource::Kind;
use rand::Rng;
use serde_json::{Value, json};

use super::Side;
use super::make::{Maker, New};
use crate::hand::encoded;
use crate::seen::{MAKERS, With};

impl Maker<'_> {
    /// Something of a neighbour's that may use what is the lab's.
    pub async fn other(&mut self, region: &'static str) -> Result<(), String> {
        match self.turn(8) {
            0 => self.hyperpod(region).await,
            1 => self.tracking_server(region).await,
            2 => self.feature_group(region).await,
            3 => self.schedule(region).await,
            4 => self.component(region).await,
            5 => self.event_data_store(region).await,
            6 => self.grant(region).await,
            _ => self.capability(region).await,
        }
    }

    /// Something of SageMaker's that only names things: a role and a bucket that are there, and
    /// others that are not.
    pub async fn seen(&mut self, region: &'static str) -> Result<(), String> {
        let (kind, make) = MAKERS[self.turn(MAKERS.len())];
        let role = self.some_role(Side::Theirs).await?;
        let bucket = self.some_bucket(region, Side::Theirs).await?;
        let name = self.name(Side::Theirs, kind.resource(), false).text;
        let with = With {
            role: self.arn(role),
            bucket: self.id(bucket),
            key: Self::arn_of("kms", region, "key/not-there"),
            image: "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:1.7-1"
                .to_owned(),
            model: "not-there".to_owned(),
            endpoint: "not-there".to_owned(),
            package: Self::arn_of("sagemaker", region, "model-package/not-there"),
        };
        let client = aws_sdk_sagemaker::Client::new(&self.hand.0.visitor_config(region));
        let id = make(&client, &name, &with).await.map_err(|error| format!("{kind}: {error:?}"))?;
        let arn_of = |kind: Kind, id: &str| match id.starts_with("arn:") {
            true => id.to_owned(),
            false => Self::arn_of("sagemaker", region, &format!("{}/{id}", kind.resource())),
        };
        let facts = registry::catalog().get(kind).ok_or("no such kind")?;
        let can_use = |used| facts.can_use.contains(used);
        let mut uses: Vec<usize> = can_use(&iam::ROLE).then_some(role).into_iter().collect();
        uses.extend(can_use(&s3::BUCKET).then_some(bucket));
        let side = Side::Theirs;
        if kind == sagemaker::IMAGE_VERSION {
            let (kind, arn) = (sagemaker::IMAGE, arn_of(sagemaker::IMAGE, &name));
            let image = self.add(New { kind, region, id: name, arn, side, uses: vec![role] });
            uses.push(image);
        }
        let arn = arn_of(kind, &id);
        self.add(New { kind, region, id, arn, side, uses });
        Ok(())
    }

    /// A role's ARN and a bucket's place, and who they are.
    async fn role_and_bucket(
        &mut self,
        region: &'static str,
    ) -> Result<(String, String, Vec<usize>), String> {
        let role = self.some_role(Side::Theirs).await?;
        let bucket = self.some_bucket(region, Side::Theirs).await?;
        Ok((self.arn(role), format!("s3://{}/x", self.id(bucket)), vec![role, bucket]))
    }

    async fn theirs(
        &mut self,
        region: &'static str,
        kind: Kind,
        (operation, member): (&str, &str),
        mut body: Value,
        uses: Vec<usize>,
    ) -> Result<(), String> {
        let id = self.name(Side::Theirs, kind.resource(), false).text;
        body[member] = json!(id);
        self.sagemaker(region, operation, body).await?;
        let arn = Self::arn_of("sagemaker", region, &format!("{}/{id}", kind.resource()));
        self.add(New { kind, region, id, arn, side: Side::Theirs, uses });
        Ok(())
    }

    async fn hyperpod(&mut self, region: &'static str) -> Result<(), String> {
        let (role, place, mut uses) = self.role_and_bucket(region).await?;
        let group = json!({ "InstanceGroupName": "workers", "InstanceType": "ml.c5.xlarge",
            "InstanceCount": 1, "ExecutionRole": role,
            "LifeCycleConfig": { "SourceS3Uri": place, "OnCreate": "on_create.sh" } });
        let mut body = json!({ "InstanceGroups": [group] });
        if self.chance.random_bool(0.5)
            && let Some(cluster) = self.pick(eks::CLUSTER, region, Side::Theirs)
        {
            body["Orchestrator"] = json!({ "Eks": { "ClusterArn": self.arn(cluster) } });
            uses.push(cluster);
        }
        let words = ("CreateCluster", "ClusterName");
        self.theirs(region, sagemaker::CLUSTER, words, body, uses).await
    }

    async fn tracking_server(&mut self, region: &'static str) -> Result<(), String> {
        let (role, place, uses) = self.role_and_bucket(region).await?;
        let body = json!({ "RoleArn": role, "ArtifactStoreUri": place });
        let words = ("CreateMlflowTrackingServer", "TrackingServerName");
        self.theirs(region, sagemaker::MLFLOW_TRACKING_SERVER, words, body, uses).await
    }

    async fn feature_group(&mut self, region: &'static str) -> Result<(), String> {
        let (role, place, uses) = self.role_and_bucket(region).await?;
        let store = json!({ "S3StorageConfig": { "S3Uri": place } });
        let body = json!({ "RoleArn": role, "OfflineStoreConfig": store,
            "RecordIdentifierFeatureName": "id", "EventTimeFeatureName": "at",
            "FeatureDefinitions": [{ "FeatureName": "id", "FeatureType": "String" }] });
        let words = ("CreateFeatureGroup", "FeatureGroupName");
        self.theirs(region, sagemaker::FEATURE_GROUP, words, body, uses).await
    }

    async fn schedule(&mut self, region: &'static str) -> Result<(), String> {
        let role = self.some_role(Side::Theirs).await?;
        let mut uses = vec![role];
        let mut job = json!({ "RoleArn": self.arn(role) });
        if let Some(endpoint) = self.pick(sagemaker::ENDPOINT, region, Side::Theirs) {
            let input = json!({ "EndpointName": self.id(endpoint), "LocalPath": "/in" });
            job["MonitoringInputs"] = json!([{ "EndpointInput": input }]);
            uses.push(endpoint);
        }
        let body = json!({ "MonitoringScheduleConfig": { "MonitoringJobDefinition": job } });
        let words = ("CreateMonitoringSchedule", "MonitoringScheduleName");
        self.theirs(region, sagemaker::MONITORING_SCHEDULE, words, body, uses).await
    }

    async fn component(&mut self, region: &'static str) -> Result<(), String> {
        let endpoint = match self.pick(sagemaker::ENDPOINT, region, Side::Theirs) {
            Some(endpoint) => endpoint,
            None => self.endpoint(region, Side::Theirs).await?,
        };
        let mut uses = vec![endpoint];
        let mut specification = json!({ "ComputeResourceRequirements":
            { "MinMemoryRequiredInMb": 1024 } });
        if let Some(bucket) = self.pick(s3::BUCKET, region, Side::Theirs) {
            let artifact = format!("s3://{}/model.tar.gz", self.id(bucket));
            specification["Container"] = json!({ "ArtifactUrl": artifact });
            uses.push(bucket);
        }
        let body = json!({ "EndpointName": self.id(endpoint), "VariantName": "all",
            "Specification": specification });
        let words = ("CreateInferenceComponent", "InferenceComponentName");
        self.theirs(region, sagemaker::INFERENCE_COMPONENT, words, body, uses).await
    }

    async fn event_data_store(&mut self, region: &'static str) -> Result<(), String> {
        let mut body = json!({ "Name": self.name(Side::Theirs, "lake", false).text });
        let key = self.pick(kms::KEY, region, Side::Theirs);
        if let Some(key) = key {
            body["KmsKeyId"] = json!(self.arn(key));
        }
        let made = self.hand.json("cloudtrail", region, "CreateEventDataStore", body).await?;
        let arn = made["EventDataStoreArn"].as_str().unwrap_or_default().to_owned();
        let id = arn.rsplit('/').next().unwrap_or_default().to_owned();
        let (kind, uses) = (cloudtrail::EVENT_DATA_STORE, key.into_iter().collect());
        self.add(New { kind, region, id, arn, side: Side::Theirs, uses });
        Ok(())
    }

    /// A neighbour's role may use a key, which is then in use.
    async fn grant(&mut self, region: &'static str) -> Result<(), String> {
        let key = match self.pick(kms::KEY, region, Side::Theirs) {
            Some(key) => key,
            None => self.key(region, Side::Theirs).await?,
        };
        let role = self.role(Side::Theirs).await?;
        let body = json!({ "KeyId": self.id(key), "GranteePrincipal": self.arn(role),
            "Operations": ["Decrypt"] });
        let made = self.hand.json("kms", region, "CreateGrant", body).await?;
        let grant = made["GrantId"].as_str().unwrap_or_default();
        let id = format!("{}/{grant}", self.id(key));
        let (arn, uses) = (id.clone(), vec![key]);
        self.add(New { kind: kms::GRANT, region, id, arn, side: Side::Theirs, uses });
        Ok(())
    }

    /// A capability in a cluster, which AWS does not delete as long as it is there.
    async fn capability(&mut self, region: &'static str) -> Result<(), String> {
        let cluster = match self.pick(eks::CLUSTER, region, Side::Theirs) {
            Some(cluster) => cluster,
            None => self.cluster(region, Side::Theirs).await?,
        };
        let role = self.some_role(Side::Theirs).await?;
        let number = self.names.number();
        let body = json!({ "capabilityName": format!("argocd-{number}"), "type": "ARGOCD",
            "roleArn": self.arn(role), "deletePropagationPolicy": "RETAIN" });
        let name = self.id(cluster);
        let path = format!("/clusters/{}/capabilities", encoded(&name));
        self.hand.eks(region, "POST", &path, body).await?;
        let id = format!("{name}/argocd-{number}");
        let (arn, uses) = (id.clone(), vec![cluster, role]);
        self.add(New { kind: eks::CAPABILITY, region, id, arn, side: Side::Theirs, uses });
        Ok(())
    }
}
