//! Things of the lab's that somebody gets his hands on.

use aws_sdk_eks::types::FargateProfileSelector;
use aws_sdk_sagemaker::types::NotebookInstanceLifecycleHook;
use dismantle::aws::kinds::{cloudtrail, ecr, eks, iam, kms, sagemaker};
use dismantle::resource::ResourceId;
use dismantle::sandbox::ACCOUNT_ID;

use crate::safety::yard::{BoxError, HOME, Yard, at_home, global, role_arn};

type Made = Result<ResourceId, BoxError>;

pub async fn role(yard: &Yard) -> Made {
    yard.role(&yard.lab("role")).await?;
    Ok(global(iam::ROLE, yard.lab("role")))
}

pub async fn policy(yard: &Yard) -> Made {
    Ok(global(iam::POLICY, yard.policy(&yard.lab("policy")).await?))
}

pub fn policy_arn(yard: &Yard) -> String {
    format!("arn:aws:iam::{ACCOUNT_ID}:policy/{}", yard.lab("policy"))
}

fn issuer(yard: &Yard) -> String {
    format!("{}.example.com", yard.lab("issuer"))
}

pub async fn provider(yard: &Yard) -> Made {
    Ok(global(iam::OIDC_PROVIDER, yard.provider(&issuer(yard)).await?))
}

pub fn provider_arn(yard: &Yard) -> String {
    format!("arn:aws:iam::{ACCOUNT_ID}:oidc-provider/{}", issuer(yard))
}

pub async fn profile(yard: &Yard) -> Made {
    let name = yard.lab("profile");
    yard.iam().create_instance_profile().instance_profile_name(&name).send().await?;
    Ok(global(iam::INSTANCE_PROFILE, name))
}

pub async fn log_group(yard: &Yard) -> Made {
    yard.log_group(&yard.lab("group"), None).await
}

pub async fn bucket(yard: &Yard) -> Made {
    let bucket = yard.bucket(&yard.lab("bucket")).await?;
    yard.object(&yard.lab("bucket"), "data.csv").await?;
    Ok(bucket)
}

pub fn alias_of(yard: &Yard) -> String {
    format!("alias/{}", yard.lab("key"))
}

/// A key that is known by one alias.
pub async fn key(yard: &Yard) -> Made {
    Ok(yard.key(&alias_of(yard)).await?.resource())
}

pub async fn key_id(yard: &Yard, alias: &str) -> Result<String, BoxError> {
    let seen = yard.kms().describe_key().key_id(alias).send().await?;
    Ok(seen.key_metadata().ok_or("no KeyMetadata in the answer")?.key_id().to_owned())
}

pub fn alias(yard: &Yard) -> ResourceId {
    at_home(kms::ALIAS, alias_of(yard))
}

pub async fn repository(yard: &Yard) -> Made {
    yard.repository(&yard.lab("images"), None).await?;
    Ok(at_home(ecr::REPOSITORY, yard.lab("images")))
}

/// A trail of the lab's that logs.
pub async fn trail(yard: &Yard) -> Made {
    let (client, name) = (yard.cloudtrail(HOME), yard.lab("trail"));
    client.create_trail().name(&name).s3_bucket_name("their-trail-logs").send().await?;
    client.start_logging().name(&name).send().await?;
    Ok(at_home(cloudtrail::TRAIL, name))
}

pub async fn notebook(yard: &Yard) -> Made {
    yard.notebook(HOME, &yard.lab("notebook"), &role_arn(&yard.their("role"))).await
}

pub async fn lifecycle(yard: &Yard) -> Made {
    let name = yard.lab("setup");
    // echo hello
    let hook = NotebookInstanceLifecycleHook::builder().content("ZWNobyBoZWxsbwo=").build();
    let create = yard.sagemaker(HOME).create_notebook_instance_lifecycle_config();
    let create = create.notebook_instance_lifecycle_config_name(&name).on_start(hook);
    create.send().await?;
    Ok(at_home(sagemaker::NOTEBOOK_LIFECYCLE_CONFIG, name))
}

pub async fn model(yard: &Yard) -> Made {
    let name = yard.lab("model");
    let create = yard.sagemaker(HOME).create_model().model_name(&name);
    create.execution_role_arn(role_arn(&yard.their("role"))).send().await?;
    Ok(at_home(sagemaker::MODEL, name))
}

pub async fn config(yard: &Yard) -> Made {
    let name = yard.lab("config");
    yard.sagemaker(HOME).create_endpoint_config().endpoint_config_name(&name).send().await?;
    Ok(at_home(sagemaker::ENDPOINT_CONFIG, name))
}

/// An endpoint on a configuration of somebody else's, which is there already if it is made again.
pub async fn endpoint(yard: &Yard) -> Made {
    let (name, theirs) = (yard.lab("endpoint"), yard.their("config"));
    let client = yard.sagemaker(HOME);
    let there = client.describe_endpoint_config().endpoint_config_name(&theirs).send().await;
    if there.is_err() {
        client.create_endpoint_config().endpoint_config_name(&theirs).send().await?;
    }
    client.create_endpoint().endpoint_name(&name).endpoint_config_name(theirs).send().await?;
    Ok(at_home(sagemaker::ENDPOINT, name))
}

pub async fn package_group(yard: &Yard) -> Made {
    let name = yard.lab("packages");
    let create = yard.sagemaker(HOME).create_model_package_group();
    create.model_package_group_name(&name).send().await?;
    Ok(at_home(sagemaker::MODEL_PACKAGE_GROUP, name))
}

pub async fn pipeline(yard: &Yard) -> Made {
    let name = yard.lab("pipeline");
    yard.sagemaker(HOME)
        .create_pipeline()
        .pipeline_name(&name)
        .pipeline_definition(r#"{"Version":"2020-12-01","Steps":[]}"#)
        .client_request_token(yard.token())
        .role_arn(role_arn(&yard.their("role")))
        .send()
        .await?;
    Ok(at_home(sagemaker::PIPELINE, name))
}

pub async fn cluster(yard: &Yard) -> Made {
    let name = yard.lab("cluster");
    yard.cluster(&name, &role_arn(&yard.their("role"))).await?;
    Ok(at_home(eks::CLUSTER, name))
}

/// The cluster of a thing that lives in one, which is there already if that is made again.
async fn home(yard: &Yard) -> Result<String, BoxError> {
    let name = yard.lab("cluster");
    if yard.eks().describe_cluster().name(&name).send().await.is_err() {
        cluster(yard).await?;
    }
    Ok(name)
}

pub async fn nodegroup(yard: &Yard) -> Made {
    let cluster = home(yard).await?;
    yard.nodegroup(&cluster, &role_arn(&yard.their("nodes"))).await
}

pub async fn fargate(yard: &Yard) -> Made {
    let cluster = home(yard).await?;
    let selector = FargateProfileSelector::builder().namespace("shop").build();
    let create = yard.eks().create_fargate_profile().cluster_name(&cluster);
    let create = create.fargate_profile_name("shop").selectors(selector);
    create.pod_execution_role_arn(role_arn(&yard.their("pods"))).send().await?;
    Ok(at_home(eks::FARGATE_PROFILE, format!("{cluster}/shop")))
}

pub async fn addon(yard: &Yard) -> Made {
    let cluster = home(yard).await?;
    yard.eks().create_addon().cluster_name(&cluster).addon_name("vpc-cni").send().await?;
    Ok(at_home(eks::ADDON, format!("{cluster}/vpc-cni")))
}

pub async fn entry(yard: &Yard) -> Made {
    let cluster = home(yard).await?;
    let principal = role_arn(&yard.their("admin"));
    let create = yard.eks().create_access_entry().cluster_name(&cluster);
    create.principal_arn(&principal).send().await?;
    Ok(at_home(eks::ACCESS_ENTRY, format!("{cluster}/{principal}")))
}
