//! IAM, KMS, S3, CloudWatch Logs, ECR and CloudTrail.

use dismantle::aws::kinds::{cloudtrail, ecr, iam, kms, logs, s3};
use dismantle::sandbox::ACCOUNT_ID;
use rand::Rng;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::Side;
use super::make::{Maker, New};
use super::names::{SCRIPTS, one_of};
use crate::hand::{encoded, form};

/// A trust policy for a principal.
pub fn trust(principal: Value, action: &str) -> String {
    let statement = json!({ "Effect": "Allow", "Principal": principal, "Action": action });
    json!({ "Version": "2012-10-17", "Statement": [statement] }).to_string()
}

fn allow() -> String {
    let statement = json!({ "Effect": "Allow", "Action": "s3:GetObject", "Resource": "*" });
    json!({ "Version": "2012-10-17", "Statement": [statement] }).to_string()
}

impl Maker<'_> {
    pub async fn role(&mut self, side: Side) -> Result<usize, String> {
        const SERVICES: [&str; 4] = ["sagemaker", "eks", "cloudtrail", "lambda"];
        let service = format!("{}.amazonaws.com", one_of(&mut self.chance, &SERVICES));
        self.role_with(side, trust(json!({ "Service": service }), "sts:AssumeRole")).await
    }

    /// A role with policies attached, one within, and one as a fence around it.
    pub async fn role_with(&mut self, side: Side, trust: String) -> Result<usize, String> {
        let name = self.name(side, "role", true);
        let role = name.text.clone();
        let mut made = form!["RoleName" => role, "AssumeRolePolicyDocument" => trust];
        let mut uses = Vec::new();
        if self.chance.random_bool(0.15)
            && let Some(fence) = self.pick(iam::POLICY, "", side)
        {
            made.extend(form!["PermissionsBoundary" => self.arn(fence)]);
            uses.push(fence);
        }
        for (at, (key, value)) in name.tags.iter().enumerate() {
            let member = format!("Tags.member.{}", at + 1);
            made.extend(form![format!("{member}.Key") => key, format!("{member}.Value") => value]);
        }
        self.hand.iam("CreateRole", &made).await?;
        if self.chance.random_bool(0.4)
            && let Some(policy) = self.pick(iam::POLICY, "", side)
        {
            let arn = self.arn(policy);
            self.attach(&role, &arn).await?;
            uses.push(policy);
        }
        if self.chance.random_bool(0.3) {
            self.attach(&role, "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess").await?;
        }
        if self.chance.random_bool(0.3) {
            let inline = form!["RoleName" => role, "PolicyName" => "within",
                "PolicyDocument" => allow()];
            self.hand.iam("PutRolePolicy", &inline).await?;
        }
        let arn = Self::arn_of("iam", "", &format!("role/{role}"));
        let new = New { kind: iam::ROLE, region: "global", id: role, arn, side, uses };
        Ok(self.add_named(new, &name))
    }

    async fn attach(&self, role: &str, policy: &str) -> Result<(), String> {
        let attach = form!["RoleName" => role, "PolicyArn" => policy];
        self.hand.iam("AttachRolePolicy", &attach).await.map(drop)
    }

    pub async fn some_role(&mut self, side: Side) -> Result<usize, String> {
        match self.pick(iam::ROLE, "", side) {
            Some(role) => Ok(role),
            None => self.role(side).await,
        }
    }

    pub async fn policy(&mut self, side: Side) -> Result<usize, String> {
        let name = self.name(side, "policy", false).text;
        let make = form!["PolicyName" => name, "PolicyDocument" => allow()];
        self.hand.iam("CreatePolicy", &make).await?;
        let arn = Self::arn_of("iam", "", &format!("policy/{name}"));
        for _ in 0..self.chance.random_range(0..3) {
            let version = form!["PolicyArn" => arn, "PolicyDocument" => allow(),
                "SetAsDefault" => "true"];
            self.hand.iam("CreatePolicyVersion", &version).await?;
        }
        let (id, uses) = (arn.clone(), Vec::new());
        Ok(self.add(New { kind: iam::POLICY, region: "global", id, arn, side, uses }))
    }

    pub async fn profile(&mut self, side: Side) -> Result<(), String> {
        let role = self.some_role(side).await?;
        let id = self.name(side, "profile", false).text;
        let make = form!["InstanceProfileName" => id];
        self.hand.iam("CreateInstanceProfile", &make).await?;
        let put = form!["InstanceProfileName" => id, "RoleName" => self.id(role)];
        self.hand.iam("AddRoleToInstanceProfile", &put).await?;
        let arn = Self::arn_of("iam", "", &format!("instance-profile/{id}"));
        let uses = vec![role];
        self.add(New { kind: iam::INSTANCE_PROFILE, region: "global", id, arn, side, uses });
        Ok(())
    }

    /// Somebody's user or group, which may have a policy of the lab's.
    pub async fn principal(&mut self) -> Result<(), String> {
        let is_user = self.chance.random_bool(0.5);
        let id = self.name(Side::Theirs, "person", false).text;
        let (kind, word) = if is_user { (iam::USER, "User") } else { (iam::GROUP, "Group") };
        let member = format!("{word}Name");
        self.hand.iam(&format!("Create{word}"), &form![member => id]).await?;
        let policy = self.pick(iam::POLICY, "", Side::Theirs);
        if let Some(policy) = policy {
            let attach = form![member => id, "PolicyArn" => self.arn(policy)];
            self.hand.iam(&format!("Attach{word}Policy"), &attach).await?;
        }
        let arn = Self::arn_of("iam", "", &format!("{}/{id}", word.to_lowercase()));
        let uses = policy.into_iter().collect();
        self.add(New { kind, region: "global", id, arn, side: Side::Theirs, uses });
        Ok(())
    }

    /// Two roles that trust each other, or two buckets that log into each other.
    pub async fn circle(&mut self, side: Side) -> Result<(), String> {
        if self.chance.random_bool(0.5) {
            let (one, other) = (self.role(side).await?, self.role(side).await?);
            for (role, trusted) in [(one, other), (other, one)] {
                let document = trust(json!({ "AWS": self.arn(trusted) }), "sts:AssumeRole");
                let update = form!["RoleName" => self.id(role), "PolicyDocument" => document];
                self.hand.iam("UpdateAssumeRolePolicy", &update).await?;
            }
            return Ok(());
        }
        let region = self.world.regions[0];
        let (one, other) = (self.bucket(region, side).await?, self.bucket(region, side).await?);
        for (bucket, target) in [(one, other), (other, one)] {
            let target_name = self.id(target);
            let body = format!(
                "<BucketLoggingStatus xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">\
                 <LoggingEnabled><TargetBucket>{target_name}</TargetBucket><TargetPrefix>log/\
                 </TargetPrefix></LoggingEnabled></BucketLoggingStatus>"
            );
            let path = format!("{}?logging", self.id(bucket));
            self.hand.s3(region, "PUT", &path, &body).await?;
            self.world.things[bucket].uses.insert(target);
            self.world.circles.insert((bucket, target));
        }
        Ok(())
    }

    /// A key and its alias; gives the key.
    pub async fn key(&mut self, region: &'static str, side: Side) -> Result<usize, String> {
        let description = one_of(&mut self.chance, &SCRIPTS).to_owned();
        let made = json!({ "Description": description });
        let made = self.hand.json("kms", region, "CreateKey", made).await?;
        let id = made["KeyMetadata"]["KeyId"].as_str().unwrap_or_default().to_owned();
        let alias = format!("alias/{}", self.name(side, "key", false).text);
        let name = json!({ "AliasName": alias, "TargetKeyId": id });
        self.hand.json("kms", region, "CreateAlias", name).await?;
        let arn = Self::arn_of("kms", region, &format!("key/{id}"));
        let key = self.add(New { kind: kms::KEY, region, id, arn, side, uses: Vec::new() });
        let arn = Self::arn_of("kms", region, &alias);
        let uses = vec![key];
        let alias = self.add(New { kind: kms::ALIAS, region, id: alias, arn, side, uses });
        self.world.things[key].twin = Some(alias);
        self.world.things[alias].twin = Some(key);
        Ok(key)
    }

    /// How somebody spells a key: by its ARN, or by its alias.
    pub fn spelled(&mut self, key: usize) -> String {
        match self.world.things[key].twin {
            Some(alias) if self.chance.random_bool(0.3) => self.arn(alias),
            _ => self.arn(key),
        }
    }

    pub async fn bucket(&mut self, region: &'static str, side: Side) -> Result<usize, String> {
        let name = self.name(side, "bucket", true);
        let id = name.text.clone();
        let place = match region {
            "us-east-1" => String::new(),
            other => format!(
                "<CreateBucketConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">\
                 <LocationConstraint>{other}</LocationConstraint></CreateBucketConfiguration>"
            ),
        };
        self.hand.s3(region, "PUT", &id, &place).await?;
        let mut uses = Vec::new();
        if self.chance.random_bool(0.3)
            && let Some(key) = self.pick(kms::KEY, region, side)
        {
            let spelled = self.spelled(key);
            let body = format!(
                "<ServerSideEncryptionConfiguration \
                 xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Rule>\
                 <ApplyServerSideEncryptionByDefault><SSEAlgorithm>aws:kms</SSEAlgorithm>\
                 <KMSMasterKeyID>{spelled}</KMSMasterKeyID></ApplyServerSideEncryptionByDefault>\
                 </Rule></ServerSideEncryptionConfiguration>"
            );
            self.hand.s3(region, "PUT", &format!("{id}?encryption"), &body).await?;
            uses.push(key);
        }
        if !name.tags.is_empty() {
            let tag = |(key, value): &(String, String)| {
                format!("<Tag><Key>{key}</Key><Value>{value}</Value></Tag>")
            };
            let tags: String = name.tags.iter().map(tag).collect();
            let body = format!(
                "<Tagging xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><TagSet>{tags}\
                 </TagSet></Tagging>"
            );
            self.hand.s3(region, "PUT", &format!("{id}?tagging"), &body).await?;
        }
        if self.chance.random_bool(0.4) {
            let body =
                "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>";
            self.hand.s3(region, "PUT", &format!("{id}?versioning"), body).await?;
        }
        for _ in 0..self.chance.random_range(0..4) {
            let key = format!("{} & <x>.csv", one_of(&mut self.chance, &SCRIPTS));
            self.hand.s3(region, "PUT", &format!("{id}/{}", encoded(&key)), "1,2,3").await?;
        }
        let arn = format!("arn:aws:s3:::{id}");
        Ok(self.add_named(New { kind: s3::BUCKET, region, id, arn, side, uses }, &name))
    }

    pub async fn some_bucket(&mut self, region: &'static str, side: Side) -> Result<usize, String> {
        match self.pick(s3::BUCKET, region, side) {
            Some(bucket) => Ok(bucket),
            None => self.bucket(region, side).await,
        }
    }

    pub async fn log_group(&mut self, region: &'static str, side: Side) -> Result<usize, String> {
        let name = self.name(side, "logs", false).text;
        let at = self.group(region, side, &name).await?;
        if self.chance.random_bool(0.1) {
            let body = json!({ "logGroupIdentifier": name, "deletionProtectionEnabled": true });
            self.hand.json("logs", region, "PutLogGroupDeletionProtection", body).await?;
            self.world.things[at].held = true;
        }
        Ok(at)
    }

    pub async fn group(
        &mut self,
        region: &'static str,
        side: Side,
        name: &str,
    ) -> Result<usize, String> {
        let mut body = json!({ "logGroupName": name });
        let mut uses = Vec::new();
        if self.chance.random_bool(0.2)
            && let Some(key) = self.pick(kms::KEY, region, side)
        {
            // CloudWatch Logs takes a key's ARN, and no alias.
            body["kmsKeyId"] = json!(self.arn(key));
            uses.push(key);
        }
        self.hand.json("logs", region, "CreateLogGroup", body).await?;
        let arn = Self::arn_of("logs", region, &format!("log-group:{name}"));
        let id = name.to_owned();
        Ok(self.add(New { kind: logs::LOG_GROUP, region, id, arn, side, uses }))
    }

    /// A repository with images; gives the repository.
    pub async fn repository(&mut self, region: &'static str, side: Side) -> Result<usize, String> {
        let id = self.name(side, "api", false).text;
        let make = json!({ "repositoryName": id });
        self.hand.json("ecr", region, "CreateRepository", make).await?;
        let arn = Self::arn_of("ecr", region, &format!("repository/{id}"));
        let (uses, kind) = (Vec::new(), ecr::REPOSITORY);
        let repository = self.add(New { kind, region, id: id.clone(), arn, side, uses });
        for number in 0..self.chance.random_range(0..3) {
            let manifest = json!({
                "schemaVersion": 2,
                "mediaType": "application/vnd.docker.distribution.manifest.v2+json",
                "config": { "digest": format!("{id} {number}") },
                "layers": [],
            })
            .to_string();
            let digest: String =
                Sha256::digest(&manifest).iter().map(|byte| format!("{byte:02x}")).collect();
            let put = json!({ "repositoryName": id, "imageManifest": manifest,
                "imageTag": format!("v{number}") });
            self.hand.json("ecr", region, "PutImage", put).await?;
            let image = format!("{id}@sha256:{digest}");
            let (arn, uses) = (image.clone(), Vec::new());
            self.add_in(repository, New { kind: ecr::IMAGE, region, id: image, arn, side, uses });
        }
        Ok(repository)
    }

    /// A trail with its bucket, and a log group with the role that writes there.
    pub async fn trail(&mut self, region: &'static str, side: Side) -> Result<(), String> {
        let bucket = self.some_bucket(region, side).await?;
        let id = self.name(side, "trail", false).text;
        let mut body = json!({ "Name": id, "S3BucketName": self.id(bucket) });
        let mut uses = vec![bucket];
        if self.chance.random_bool(0.4) {
            let group = self.log_group(region, side).await?;
            let role = self.some_role(side).await?;
            body["CloudWatchLogsLogGroupArn"] = json!(format!("{}:*", self.arn(group)));
            body["CloudWatchLogsRoleArn"] = json!(self.arn(role));
            uses.extend([group, role]);
        }
        if self.chance.random_bool(0.2)
            && let Some(key) = self.pick(kms::KEY, region, side)
        {
            body["KmsKeyId"] = json!(self.arn(key));
            uses.push(key);
        }
        self.hand.json("cloudtrail", region, "CreateTrail", body).await?;
        self.hand.json("cloudtrail", region, "StartLogging", json!({ "Name": id })).await?;
        let arn = format!("arn:aws:cloudtrail:{region}:{ACCOUNT_ID}:trail/{id}");
        self.add(New { kind: cloudtrail::TRAIL, region, id, arn, side, uses });
        Ok(())
    }
}
