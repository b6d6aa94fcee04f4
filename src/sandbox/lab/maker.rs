//! What several parts need: clients, and the things that everybody makes.

use aws_sdk_ecr::types::ImageIdentifier;
use aws_sdk_s3::types::{
    BucketLocationConstraint, BucketVersioningStatus, CreateBucketConfiguration,
    ServerSideEncryption, ServerSideEncryptionByDefault, ServerSideEncryptionConfiguration,
    ServerSideEncryptionRule, VersioningConfiguration,
};
use aws_types::SdkConfig;
use serde_json::json;
use sha2::{Digest, Sha256};

use super::{BoxError, Fate, HOME, Lab};
use crate::aws::kinds;
use crate::resource::{Kind, Region, ResourceId};
use crate::sandbox::ACCOUNT_ID;

/// Makes things and keeps the list of them.
pub struct Maker<'a> {
    config: &'a (dyn Fn(&str) -> SdkConfig + Send + Sync),
    pub lab: Lab,
}

/// A role to be made.
pub struct Role<'a> {
    pub name: &'a str,
    pub trust: String,
    /// ARNs, or names of AWS's own policies.
    pub attached: &'a [&'a str],
    pub inline: Option<(&'a str, String)>,
    pub boundary: Option<&'a str>,
}

pub fn role_arn(name: &str) -> String {
    format!("arn:aws:iam::{ACCOUNT_ID}:role/{name}")
}

/// A trust policy for one AWS service.
pub fn trust(service: &str) -> String {
    json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Allow",
            "Principal": { "Service": service },
            "Action": "sts:AssumeRole",
        }],
    })
    .to_string()
}

/// A trust policy for one service account of a cluster (IRSA).
pub fn trust_of_pods(provider: &str, issuer: &str, account: &str) -> String {
    let issuer = issuer.trim_start_matches("https://");
    json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Allow",
            "Principal": { "Federated": provider },
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Condition": { "StringEquals": {
                format!("{issuer}:sub"): format!("system:serviceaccount:{account}"),
                format!("{issuer}:aud"): "sts.amazonaws.com",
            } },
        }],
    })
    .to_string()
}

pub fn allow(action: &str, resource: &str) -> String {
    json!({
        "Version": "2012-10-17",
        "Statement": [{ "Effect": "Allow", "Action": action, "Resource": resource }],
    })
    .to_string()
}

/// What AWS says is there, and was not in the answer.
pub fn absent(what: &str) -> BoxError {
    format!("the answer has no {what}").into()
}

impl<'a> Maker<'a> {
    pub fn new(config: &'a (dyn Fn(&str) -> SdkConfig + Send + Sync)) -> Self {
        Self { config, lab: Lab::default() }
    }

    fn config(&self, region: Region) -> SdkConfig {
        (self.config)(if region.is_global() { HOME.as_str() } else { region.as_str() })
    }

    pub fn iam(&self) -> aws_sdk_iam::Client {
        aws_sdk_iam::Client::new(&self.config(HOME))
    }

    pub fn s3(&self, region: Region) -> aws_sdk_s3::Client {
        aws_sdk_s3::Client::new(&self.config(region))
    }

    pub fn kms(&self) -> aws_sdk_kms::Client {
        aws_sdk_kms::Client::new(&self.config(HOME))
    }

    pub fn ecr(&self, region: Region) -> aws_sdk_ecr::Client {
        aws_sdk_ecr::Client::new(&self.config(region))
    }

    pub fn eks(&self, region: Region) -> aws_sdk_eks::Client {
        aws_sdk_eks::Client::new(&self.config(region))
    }

    pub fn sagemaker(&self, region: Region) -> aws_sdk_sagemaker::Client {
        aws_sdk_sagemaker::Client::new(&self.config(region))
    }

    pub fn tagging(&self, region: Region) -> aws_sdk_resourcegroupstagging::Client {
        aws_sdk_resourcegroupstagging::Client::new(&self.config(region))
    }

    pub fn cloudtrail(&self) -> aws_sdk_cloudtrail::Client {
        aws_sdk_cloudtrail::Client::new(&self.config(HOME))
    }

    /// Writes down what was made.
    pub fn add(&mut self, fate: Fate, kind: Kind, region: Region, id: impl Into<String>) {
        let list = match fate {
            Fate::MustGo => &mut self.lab.must_go,
            Fate::Kept => &mut self.lab.kept,
            Fate::Blocked => &mut self.lab.blocked,
            Fate::Neighbour => &mut self.lab.neighbours,
        };
        list.push(ResourceId::new(kind, region, id));
    }

    pub async fn role(&mut self, fate: Fate, role: Role<'_>) -> Result<String, BoxError> {
        let iam = self.iam();
        iam.create_role()
            .role_name(role.name)
            .assume_role_policy_document(&role.trust)
            .set_permissions_boundary(role.boundary.map(str::to_owned))
            .send()
            .await?;
        for policy in role.attached {
            let arn = match policy.starts_with("arn:") {
                true => (*policy).to_owned(),
                false => format!("arn:aws:iam::aws:policy/{policy}"),
            };
            iam.attach_role_policy().role_name(role.name).policy_arn(arn).send().await?;
        }
        if let Some((name, document)) = &role.inline {
            iam.put_role_policy()
                .role_name(role.name)
                .policy_name(*name)
                .policy_document(document)
                .send()
                .await?;
        }
        self.add(fate, kinds::iam::ROLE, Region::GLOBAL, role.name);
        Ok(role_arn(role.name))
    }

    /// A policy of so many versions, the newest of them the default.
    pub async fn policy(
        &mut self,
        fate: Fate,
        name: &str,
        document: &str,
        versions: u32,
    ) -> Result<String, BoxError> {
        let iam = self.iam();
        iam.create_policy().policy_name(name).policy_document(document).send().await?;
        let arn = format!("arn:aws:iam::{ACCOUNT_ID}:policy/{name}");
        for _ in 1..versions {
            iam.create_policy_version()
                .policy_arn(&arn)
                .policy_document(document)
                .set_as_default(true)
                .send()
                .await?;
        }
        self.add(fate, kinds::iam::POLICY, Region::GLOBAL, &arn);
        Ok(arn)
    }

    /// A key with one alias; gives the key's ARN.
    pub async fn key(
        &mut self,
        fate: Fate,
        alias: &str,
        description: &str,
        tags: &[(&str, &str)],
    ) -> Result<String, BoxError> {
        let kms = self.kms();
        let tags = tags
            .iter()
            .map(|(key, value)| {
                aws_sdk_kms::types::Tag::builder().tag_key(*key).tag_value(*value).build()
            })
            .collect::<Result<Vec<_>, _>>()?;
        let tags = (!tags.is_empty()).then_some(tags);
        let made = kms.create_key().description(description).set_tags(tags).send().await?;
        let id = made.key_metadata().ok_or_else(|| absent("KeyMetadata"))?.key_id().to_owned();
        kms.create_alias().alias_name(alias).target_key_id(&id).send().await?;
        self.add(fate, kinds::kms::KEY, HOME, &id);
        self.add(fate, kinds::kms::ALIAS, HOME, alias);
        Ok(format!("arn:aws:kms:{HOME}:{ACCOUNT_ID}:key/{id}"))
    }

    /// A bucket; encrypted by default if a key (an ARN or an alias) is given.
    pub async fn bucket(
        &mut self,
        fate: Fate,
        region: Region,
        name: &str,
        key: Option<&str>,
    ) -> Result<(), BoxError> {
        let s3 = self.s3(region);
        let place = (region != HOME).then(|| {
            CreateBucketConfiguration::builder()
                .location_constraint(BucketLocationConstraint::from(region.as_str()))
                .build()
        });
        s3.create_bucket().bucket(name).set_create_bucket_configuration(place).send().await?;
        if let Some(key) = key {
            let default = ServerSideEncryptionByDefault::builder()
                .sse_algorithm(ServerSideEncryption::AwsKms)
                .kms_master_key_id(key)
                .build()?;
            let rule = ServerSideEncryptionRule::builder()
                .apply_server_side_encryption_by_default(default)
                .bucket_key_enabled(true)
                .build();
            s3.put_bucket_encryption()
                .bucket(name)
                .server_side_encryption_configuration(
                    ServerSideEncryptionConfiguration::builder().rules(rule).build()?,
                )
                .send()
                .await?;
        }
        self.add(fate, kinds::s3::BUCKET, region, name);
        Ok(())
    }

    pub async fn version(&self, region: Region, bucket: &str) -> Result<(), BoxError> {
        let enabled =
            VersioningConfiguration::builder().status(BucketVersioningStatus::Enabled).build();
        self.s3(region)
            .put_bucket_versioning()
            .bucket(bucket)
            .versioning_configuration(enabled)
            .send()
            .await?;
        Ok(())
    }

    pub async fn tag_bucket(
        &self,
        region: Region,
        bucket: &str,
        key: &str,
        value: &str,
    ) -> Result<(), BoxError> {
        let tag = aws_sdk_s3::types::Tag::builder().key(key).value(value).build()?;
        let tagging = aws_sdk_s3::types::Tagging::builder().tag_set(tag).build()?;
        self.s3(region).put_bucket_tagging().bucket(bucket).tagging(tagging).send().await?;
        Ok(())
    }

    pub async fn object(
        &self,
        region: Region,
        bucket: &str,
        key: &str,
        body: &'static str,
    ) -> Result<(), BoxError> {
        let body = aws_sdk_s3::primitives::ByteStream::from_static(body.as_bytes());
        self.s3(region).put_object().bucket(bucket).key(key).body(body).send().await?;
        Ok(())
    }

    /// A log group with a stream in it; gives its ARN.
    pub async fn log_group(
        &mut self,
        fate: Fate,
        region: Region,
        name: &str,
        key: Option<&str>,
    ) -> Result<String, BoxError> {
        let logs = aws_sdk_cloudwatchlogs::Client::new(&self.config(region));
        logs.create_log_group()
            .log_group_name(name)
            .set_kms_key_id(key.map(str::to_owned))
            .send()
            .await?;
        logs.put_retention_policy().log_group_name(name).retention_in_days(30).send().await?;
        logs.create_log_stream().log_group_name(name).log_stream_name("first").send().await?;
        self.add(fate, kinds::logs::LOG_GROUP, region, name);
        Ok(format!("arn:aws:logs:{region}:{ACCOUNT_ID}:log-group:{name}:*"))
    }

    /// A repository with images, each given by its tags; one without any is untagged. Gives the
    /// repository's URI.
    pub async fn repository(
        &mut self,
        fate: Fate,
        region: Region,
        name: &str,
        images: &[&[&str]],
    ) -> Result<String, BoxError> {
        let ecr = self.ecr(region);
        ecr.create_repository().repository_name(name).send().await?;
        self.add(fate, kinds::ecr::REPOSITORY, region, name);
        for (number, tags) in images.iter().enumerate() {
            let manifest = image_manifest(name, number);
            let digest = format!("sha256:{}", hex(manifest.as_bytes()));
            let tags = match tags {
                [] => vec![None],
                tags => tags.iter().map(|tag| Some((*tag).to_owned())).collect(),
            };
            for tag in tags {
                ecr.put_image()
                    .repository_name(name)
                    .image_manifest(&manifest)
                    .image_manifest_media_type(MANIFEST)
                    .image_digest(&digest)
                    .set_image_tag(tag)
                    .send()
                    .await?;
            }
            // Not every emulator takes the digest that it is given.
            let there = ecr.list_images().repository_name(name).max_results(1000).send().await?;
            let is_new = |image: &&ImageIdentifier| {
                let id = format!("{name}@{}", image.image_digest().unwrap_or_default());
                !self.knows(&id)
            };
            let digest = there.image_ids().iter().find(is_new).and_then(|id| id.image_digest());
            let digest = digest.ok_or_else(|| absent("imageDigest"))?.to_owned();
            self.add(fate, kinds::ecr::IMAGE, region, format!("{name}@{digest}"));
        }
        Ok(format!("{ACCOUNT_ID}.dkr.ecr.{region}.amazonaws.com/{name}"))
    }

    fn knows(&self, id: &str) -> bool {
        let lab = &self.lab;
        [&lab.must_go, &lab.kept, &lab.blocked, &lab.neighbours]
            .into_iter()
            .flatten()
            .any(|known| known.id == id)
    }
}

const MANIFEST: &str = "application/vnd.docker.distribution.manifest.v2+json";

fn image_manifest(name: &str, number: usize) -> String {
    let blob = format!("sha256:{}", hex(format!("{name} {number}").as_bytes()));
    json!({
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "config": {
            "mediaType": "application/vnd.docker.container.image.v1+json",
            "size": 7023,
            "digest": blob,
        },
        "layers": [{
            "mediaType": "application/vnd.docker.image.rootfs.diff.tar.gzip",
            "size": 32654,
            "digest": blob,
        }],
    })
    .to_string()
}

fn hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}
