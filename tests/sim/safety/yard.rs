//! Makes things in the account in memory: the lab's are called `lab-…`, other people's `their-…`.

use std::sync::atomic::{AtomicU32, Ordering};

use aws_sdk_ecr::types::EncryptionConfiguration;
use aws_sdk_eks::types::{NodegroupScalingConfig, VpcConfigRequest};
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{
    ServerSideEncryption, ServerSideEncryptionByDefault, ServerSideEncryptionConfiguration,
    ServerSideEncryptionRule,
};
use aws_sdk_sagemaker::types::{
    AlgorithmSpecification, ContainerDefinition, InstanceType, OutputDataConfig, ResourceConfig,
    TrainingInputMode, TrainingInstanceType,
};
use aws_types::SdkConfig;
use dismantle::aws::kinds;
use dismantle::resource::{Kind, Region, ResourceId};
use dismantle::sandbox::{ACCOUNT_ID, Sandbox};
use serde_json::json;

pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// The manifest's only region.
pub const HOME: Region = Region::new("us-east-1");
/// Regions that the account has enabled and the manifest does not name.
pub const ELSEWHERE: Region = Region::new("eu-west-1");
pub const ENABLED: [&str; 3] = ["us-east-1", "ap-southeast-1", "eu-west-1"];

const SUBNET: &str = "subnet-0a1b2c3d4e5f60001";
const MANIFEST: &str = "application/vnd.docker.distribution.manifest.v2+json";

pub fn at_home(kind: Kind, id: impl Into<String>) -> ResourceId {
    ResourceId::new(kind, HOME, id)
}

pub fn global(kind: Kind, id: impl Into<String>) -> ResourceId {
    ResourceId::new(kind, Region::GLOBAL, id)
}

pub fn role_arn(name: &str) -> String {
    format!("arn:aws:iam::{ACCOUNT_ID}:role/{name}")
}

/// A trust policy for one kind of principal: `Service`, `Federated`.
pub fn trust(kind: &str, principal: &str) -> String {
    json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Allow",
            "Principal": { kind: principal },
            "Action": "sts:AssumeRole",
        }],
    })
    .to_string()
}

/// A key, by the ways to name it.
pub struct Key {
    pub id: String,
    pub arn: String,
}

impl Key {
    pub fn resource(&self) -> ResourceId {
        at_home(kinds::kms::KEY, &self.id)
    }
}

/// An image, by its repository's URI and its digest.
pub struct Image {
    pub repository: String,
    pub uri: String,
    pub digest: String,
}

impl Image {
    pub fn resource(&self) -> ResourceId {
        at_home(kinds::ecr::IMAGE, format!("{}@{}", self.repository, self.digest))
    }
}

/// Where a row of the table makes its things; no other row makes things of these names.
#[derive(Clone)]
pub struct Yard {
    pub sandbox: Sandbox,
    row: usize,
}

impl Yard {
    pub fn new(sandbox: &Sandbox, row: usize) -> Self {
        Self { sandbox: sandbox.clone(), row }
    }

    pub fn lab(&self, what: &str) -> String {
        format!("lab-{:02}-{what}", self.row)
    }

    pub fn their(&self, what: &str) -> String {
        format!("their-{:02}-{what}", self.row)
    }

    fn config(&self, region: Region) -> SdkConfig {
        self.sandbox.sdk_config(region.as_str())
    }

    pub fn iam(&self) -> aws_sdk_iam::Client {
        aws_sdk_iam::Client::new(&self.config(HOME))
    }

    pub fn s3(&self) -> aws_sdk_s3::Client {
        aws_sdk_s3::Client::new(&self.config(HOME))
    }

    pub fn kms(&self) -> aws_sdk_kms::Client {
        aws_sdk_kms::Client::new(&self.config(HOME))
    }

    pub fn logs(&self) -> aws_sdk_cloudwatchlogs::Client {
        aws_sdk_cloudwatchlogs::Client::new(&self.config(HOME))
    }

    pub fn ecr(&self) -> aws_sdk_ecr::Client {
        aws_sdk_ecr::Client::new(&self.config(HOME))
    }

    pub fn eks(&self) -> aws_sdk_eks::Client {
        aws_sdk_eks::Client::new(&self.config(HOME))
    }

    pub fn sagemaker(&self, region: Region) -> aws_sdk_sagemaker::Client {
        aws_sdk_sagemaker::Client::new(&self.config(region))
    }

    pub fn cloudtrail(&self, region: Region) -> aws_sdk_cloudtrail::Client {
        aws_sdk_cloudtrail::Client::new(&self.config(region))
    }

    /// A role that SageMaker may assume; gives its ARN.
    pub async fn role(&self, name: &str) -> Result<String, BoxError> {
        let role = self.iam().create_role().role_name(name);
        role.assume_role_policy_document(trust("Service", "sagemaker.amazonaws.com"))
            .send()
            .await?;
        Ok(role_arn(name))
    }

    /// A policy; gives its ARN, which is its id.
    pub async fn policy(&self, name: &str) -> Result<String, BoxError> {
        let document = json!({
            "Version": "2012-10-17",
            "Statement": [{ "Effect": "Allow", "Action": "s3:GetObject", "Resource": "*" }],
        });
        let policy = self.iam().create_policy().policy_name(name);
        policy.policy_document(document.to_string()).send().await?;
        Ok(format!("arn:aws:iam::{ACCOUNT_ID}:policy/{name}"))
    }

    /// An OIDC provider; gives its ARN, which is its id.
    pub async fn provider(&self, host: &str) -> Result<String, BoxError> {
        self.iam()
            .create_open_id_connect_provider()
            .url(format!("https://{host}"))
            .client_id_list("sts.amazonaws.com")
            .thumbprint_list("9".repeat(40))
            .send()
            .await?;
        Ok(format!("arn:aws:iam::{ACCOUNT_ID}:oidc-provider/{host}"))
    }

    /// A key that is known by one alias.
    pub async fn key(&self, alias: &str) -> Result<Key, BoxError> {
        let made = self.kms().create_key().send().await?;
        let id = made.key_metadata().ok_or("no KeyMetadata in the answer")?.key_id().to_owned();
        self.kms().create_alias().alias_name(alias).target_key_id(&id).send().await?;
        let arn = format!("arn:aws:kms:{HOME}:{ACCOUNT_ID}:key/{id}");
        Ok(Key { id, arn })
    }

    pub async fn bucket(&self, name: &str) -> Result<ResourceId, BoxError> {
        self.s3().create_bucket().bucket(name).send().await?;
        Ok(at_home(kinds::s3::BUCKET, name))
    }

    /// A bucket that is encrypted by default with a key, however that is spelled.
    pub async fn encrypted_bucket(&self, name: &str, key: &str) -> Result<ResourceId, BoxError> {
        let bucket = self.bucket(name).await?;
        let default = ServerSideEncryptionByDefault::builder()
            .sse_algorithm(ServerSideEncryption::AwsKms)
            .kms_master_key_id(key)
            .build()?;
        let rule = ServerSideEncryptionRule::builder()
            .apply_server_side_encryption_by_default(default)
            .build();
        let rules = ServerSideEncryptionConfiguration::builder().rules(rule).build()?;
        let put = self.s3().put_bucket_encryption().bucket(name);
        put.server_side_encryption_configuration(rules).send().await?;
        Ok(bucket)
    }

    pub async fn object(&self, bucket: &str, key: &str) -> Result<(), BoxError> {
        let body = ByteStream::from_static(b"0123456789");
        self.s3().put_object().bucket(bucket).key(key).body(body).send().await?;
        Ok(())
    }

    pub async fn log_group(&self, name: &str, key: Option<&str>) -> Result<ResourceId, BoxError> {
        let create = self.logs().create_log_group().log_group_name(name);
        create.set_kms_key_id(key.map(str::to_owned)).send().await?;
        Ok(at_home(kinds::logs::LOG_GROUP, name))
    }

    pub async fn repository(&self, name: &str, key: Option<&str>) -> Result<ResourceId, BoxError> {
        let encryption = match key {
            None => None,
            Some(key) => {
                let kms = EncryptionConfiguration::builder().encryption_type("KMS".into());
                Some(kms.kms_key(key).build()?)
            }
        };
        let create = self.ecr().create_repository().repository_name(name);
        create.set_encryption_configuration(encryption).send().await?;
        Ok(at_home(kinds::ecr::REPOSITORY, name))
    }

    /// A repository with an image that is tagged `v1`.
    pub async fn image(&self, repository: &str) -> Result<Image, BoxError> {
        self.repository(repository, None).await?;
        let config = json!({ "mediaType": "application/vnd.docker.container.image.v1+json",
            "size": 7023, "digest": format!("sha256:{:064x}", self.row + 1) });
        let manifest = json!({ "schemaVersion": 2, "mediaType": MANIFEST, "config": config,
            "layers": [] });
        let put = self.ecr().put_image().repository_name(repository).image_tag("v1");
        let put = put.image_manifest(manifest.to_string()).image_manifest_media_type(MANIFEST);
        let pushed = put.send().await?;
        let digest = pushed.image().and_then(|image| image.image_id()?.image_digest());
        let digest = digest.ok_or("no imageDigest in the answer")?.to_owned();
        let uri = format!("{ACCOUNT_ID}.dkr.ecr.{HOME}.amazonaws.com/{repository}");
        Ok(Image { repository: repository.to_owned(), uri, digest })
    }

    /// A cluster; gives its issuer.
    pub async fn cluster(&self, name: &str, role: &str) -> Result<String, BoxError> {
        let network = VpcConfigRequest::builder().subnet_ids(SUBNET).build();
        let create = self.eks().create_cluster().name(name).role_arn(role);
        let made = create.resources_vpc_config(network).send().await?;
        let oidc = made.cluster().and_then(|cluster| cluster.identity()?.oidc());
        let issuer = oidc.and_then(|oidc| oidc.issuer()).ok_or("no issuer in the answer")?;
        Ok(issuer.to_owned())
    }

    /// Somebody else's cluster with a role of its own; gives its name.
    pub async fn their_cluster(&self) -> Result<String, BoxError> {
        let name = self.their("cluster");
        self.cluster(&name, &role_arn(&self.their("cluster-role"))).await?;
        Ok(name)
    }

    pub async fn nodegroup(&self, cluster: &str, role: &str) -> Result<ResourceId, BoxError> {
        let size = NodegroupScalingConfig::builder().min_size(1).max_size(2).desired_size(1);
        let create = self.eks().create_nodegroup().cluster_name(cluster).nodegroup_name("nodes");
        let create = create.node_role(role).subnets(SUBNET).scaling_config(size.build());
        create.send().await?;
        Ok(at_home(kinds::eks::NODEGROUP, format!("{cluster}/nodes")))
    }

    /// A trail of somebody else's that logs into a bucket.
    pub fn their_trail(
        &self,
        bucket: &str,
    ) -> (String, aws_sdk_cloudtrail::operation::create_trail::builders::CreateTrailFluentBuilder)
    {
        let name = self.their("trail");
        let create = self.cloudtrail(HOME).create_trail().name(&name).s3_bucket_name(bucket);
        (name, create)
    }

    pub async fn notebook(
        &self,
        region: Region,
        name: &str,
        role: &str,
    ) -> Result<ResourceId, BoxError> {
        self.sagemaker(region)
            .create_notebook_instance()
            .notebook_instance_name(name)
            .instance_type(InstanceType::MlT3Medium)
            .role_arn(role)
            .send()
            .await?;
        Ok(ResourceId::new(kinds::sagemaker::NOTEBOOK_INSTANCE, region, name))
    }

    /// Somebody else's model; without an image of theirs it runs one of AWS's.
    pub async fn their_model(
        &self,
        role: &str,
        image: Option<&str>,
        data: Option<&str>,
    ) -> Result<ResourceId, BoxError> {
        let aws = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:1.2-1";
        let container = ContainerDefinition::builder().image(image.unwrap_or(aws));
        let container = container.set_model_data_url(data.map(str::to_owned)).build();
        let name = self.their("model");
        let create = self.sagemaker(HOME).create_model().model_name(&name);
        create.execution_role_arn(role).primary_container(container).send().await?;
        Ok(at_home(kinds::sagemaker::MODEL, name))
    }

    /// A training job of somebody else's, which runs on.
    pub async fn their_training(&self, role: &str, output: &str) -> Result<ResourceId, BoxError> {
        let algorithm = AlgorithmSpecification::builder()
            .training_image("683313688378.dkr.ecr.us-east-1.amazonaws.com/xgboost:1.7-1")
            .training_input_mode(TrainingInputMode::File)
            .build();
        let machines = ResourceConfig::builder()
            .instance_type(TrainingInstanceType::MlM5Large)
            .instance_count(1)
            .volume_size_in_gb(10)
            .build();
        let name = self.their("training");
        self.sagemaker(HOME)
            .create_training_job()
            .training_job_name(&name)
            .algorithm_specification(algorithm)
            .role_arn(role)
            .output_data_config(OutputDataConfig::builder().s3_output_path(output).build())
            .resource_config(machines)
            .send()
            .await?;
        Ok(at_home(kinds::sagemaker::TRAINING_JOB, name))
    }

    /// A token as AWS's idempotent calls want it.
    pub fn token(&self) -> String {
        static NEXT: AtomicU32 = AtomicU32::new(1);
        format!("{:032x}", NEXT.fetch_add(1, Ordering::Relaxed))
    }
}
