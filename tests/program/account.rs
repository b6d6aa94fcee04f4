//! Somebody else at work in an account, with AWS's own SDK.

use std::future::Future;

use aws_config::BehaviorVersion;
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_types::SdkConfig;
use aws_types::region::Region;
use tokio::runtime::Runtime;

use crate::harness::Served;

const TRUST: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow",
    "Principal":{"Service":"codebuild.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#;
const ALLOW: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow",
    "Action":"s3:GetObject","Resource":"*"}]}"#;

pub struct Account {
    runtime: Runtime,
    config: SdkConfig,
}

impl Account {
    pub fn of(served: &Served) -> Self {
        let credentials = Credentials::new("AKIAIOSFODNN7EXAMPLE", "any", None, None, "tests");
        let config = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("us-east-1"))
            .endpoint_url(&served.url)
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .build();
        Self { runtime: Runtime::new().expect("a runtime starts"), config }
    }

    /// For clients of services that have no words of their own here.
    pub fn config(&self) -> &SdkConfig {
        &self.config
    }

    #[track_caller]
    pub fn wait<T, E: std::fmt::Debug>(&self, call: impl Future<Output = Result<T, E>>) -> T {
        self.runtime.block_on(call).expect("the account answers")
    }

    fn iam(&self) -> aws_sdk_iam::Client {
        aws_sdk_iam::Client::new(&self.config)
    }

    pub fn make_role(&self, name: &str) {
        let call = self.iam().create_role().role_name(name).assume_role_policy_document(TRUST);
        self.wait(call.send());
    }

    pub fn remove_role(&self, name: &str) {
        self.wait(self.iam().delete_role().role_name(name).send());
    }

    pub fn has_role(&self, name: &str) -> bool {
        let roles = self.wait(self.iam().list_roles().send());
        roles.roles().iter().any(|role| role.role_name() == name)
    }

    pub fn tag_role(&self, name: &str, key: &str, value: &str) {
        let tag = aws_sdk_iam::types::Tag::builder().key(key).value(value).build();
        let tag = tag.expect("a tag has a key and a value");
        self.wait(self.iam().tag_role().role_name(name).tags(tag).send());
    }

    pub fn untag_role(&self, name: &str, key: &str) {
        self.wait(self.iam().untag_role().role_name(name).tag_keys(key).send());
    }

    /// Makes a policy, and gives its ARN.
    pub fn make_policy(&self, name: &str) -> String {
        let call = self.iam().create_policy().policy_name(name).policy_document(ALLOW);
        let made = self.wait(call.send());
        made.policy().and_then(|policy| policy.arn()).expect("a policy has an ARN").to_owned()
    }

    pub fn attach(&self, role: &str, policy: &str) {
        self.wait(self.iam().attach_role_policy().role_name(role).policy_arn(policy).send());
    }

    /// ARNs of the policies that are attached to a role.
    pub fn attached(&self, role: &str) -> Vec<String> {
        let policies = self.wait(self.iam().list_attached_role_policies().role_name(role).send());
        let arns = policies.attached_policies().iter().filter_map(|policy| policy.policy_arn());
        arns.map(str::to_owned).collect()
    }

    /// The state of a training job: `InProgress`, `Stopping`, `Stopped`.
    pub fn job_status(&self, name: &str) -> String {
        let sagemaker = aws_sdk_sagemaker::Client::new(&self.config);
        let job = self.wait(sagemaker.describe_training_job().training_job_name(name).send());
        job.training_job_status().map(|status| status.as_str().to_owned()).unwrap_or_default()
    }
}
