use std::time::Duration;

use aws_sdk_eks::Client;
use aws_sdk_eks::types::{
    CapabilityDeletePropagationPolicy, CapabilityType, ClusterStatus, VpcConfigRequest,
};

use crate::sandbox::tests::code;
use crate::sandbox::{Sandbox, Weather};

async fn cluster(eks: &Client, name: &str) {
    let network = VpcConfigRequest::builder().subnet_ids("subnet-1").build();
    eks.create_cluster()
        .name(name)
        .role_arn("arn:aws:iam::842676018087:role/lab")
        .resources_vpc_config(network)
        .send()
        .await
        .unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_cluster_goes_after_its_nodegroups_and_takes_its_time() {
    let sandbox = Sandbox::builder().build();
    let eks = Client::new(&sandbox.sdk_config("us-east-1"));
    cluster(&eks, "lab").await;
    let role = "arn:aws:iam::842676018087:role/node";
    let made = eks
        .create_nodegroup()
        .cluster_name("lab")
        .nodegroup_name("ng")
        .node_role(role)
        .subnets("s");
    made.send().await.unwrap();
    eks.create_access_entry().cluster_name("lab").principal_arn(role).send().await.unwrap();
    let entry = eks.describe_access_entry().cluster_name("lab").principal_arn(role);
    assert_eq!(entry.send().await.unwrap().access_entry.unwrap().principal_arn(), Some(role));
    sandbox.set_weather(Weather { pace: 1.0, ..Weather::calm() });

    assert_eq!(code(eks.delete_cluster().name("lab").send().await), "ResourceInUseException");
    eks.delete_nodegroup().cluster_name("lab").nodegroup_name("ng").send().await.unwrap();
    assert_eq!(code(eks.delete_cluster().name("lab").send().await), "ResourceInUseException");
    tokio::time::sleep(Duration::from_secs(600)).await;
    let gone = eks.describe_nodegroup().cluster_name("lab").nodegroup_name("ng").send().await;
    assert_eq!(code(gone), "ResourceNotFoundException");
    eks.delete_cluster().name("lab").send().await.unwrap();
    let there = eks.describe_cluster().name("lab").send().await.unwrap().cluster.unwrap();
    assert_eq!(there.status(), Some(&ClusterStatus::Deleting));
    tokio::time::sleep(Duration::from_secs(600)).await;
    assert_eq!(code(eks.describe_cluster().name("lab").send().await), "ResourceNotFoundException");
    cluster(&eks, "lab").await;
    let entries = eks.list_access_entries().cluster_name("lab").send().await.unwrap();
    assert!(entries.access_entries().is_empty());
}

#[tokio::test(start_paused = true)]
async fn each_cluster_has_an_issuer_of_its_own() {
    let sandbox = Sandbox::builder().build();
    let eks = Client::new(&sandbox.sdk_config("ap-southeast-1"));
    let mut issuers = Vec::new();
    for name in ["a", "b"] {
        cluster(&eks, name).await;
        let cluster = eks.describe_cluster().name(name).send().await.unwrap().cluster.unwrap();
        issuers.push(cluster.identity.unwrap().oidc.unwrap().issuer.unwrap());
    }
    assert_ne!(issuers[0], issuers[1]);
    let start = "https://oidc.eks.ap-southeast-1.amazonaws.com/id/";
    assert!(issuers.iter().all(|issuer| issuer.starts_with(start)), "{issuers:?}");
}

#[tokio::test(start_paused = true)]
async fn one_fargate_profile_is_deleted_at_a_time() {
    let sandbox = Sandbox::builder().build();
    let eks = Client::new(&sandbox.sdk_config("us-east-1"));
    cluster(&eks, "lab").await;
    for name in ["one", "two"] {
        let made = eks.create_fargate_profile().cluster_name("lab").fargate_profile_name(name);
        made.pod_execution_role_arn("arn:aws:iam::842676018087:role/pod").send().await.unwrap();
    }
    sandbox.set_weather(Weather { pace: 1.0, ..Weather::calm() });
    let delete =
        |name: &str| eks.delete_fargate_profile().cluster_name("lab").fargate_profile_name(name);
    delete("one").send().await.unwrap();
    assert_eq!(code(delete("two").send().await), "ResourceInUseException");
    tokio::time::sleep(Duration::from_secs(300)).await;
    delete("two").send().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_protected_cluster_stays() {
    let sandbox = Sandbox::builder().build();
    let eks = Client::new(&sandbox.sdk_config("us-east-1"));
    cluster(&eks, "lab").await;
    let protect = |on| eks.update_cluster_config().name("lab").deletion_protection(on);
    protect(true).send().await.unwrap();
    assert_eq!(code(eks.delete_cluster().name("lab").send().await), "InvalidRequestException");
    protect(false).send().await.unwrap();
    eks.delete_cluster().name("lab").send().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_cluster_goes_after_its_capabilities() {
    let sandbox = Sandbox::builder().build();
    let eks = Client::new(&sandbox.sdk_config("us-east-1"));
    cluster(&eks, "lab").await;
    let role = "arn:aws:iam::842676018087:role/argocd";
    let made = eks.create_capability().cluster_name("lab").capability_name("argocd");
    let made = made.r#type(CapabilityType::Argocd).role_arn(role);
    let made = made.delete_propagation_policy(CapabilityDeletePropagationPolicy::Retain);
    made.send().await.unwrap();
    let listed = eks.list_capabilities().cluster_name("lab").send().await.unwrap();
    let [seen] = listed.capabilities() else { panic!("{listed:?}") };
    assert_eq!(seen.capability_name(), Some("argocd"));
    assert_eq!(seen.r#type(), Some(&CapabilityType::Argocd));
    let describe = || eks.describe_capability().cluster_name("lab").capability_name("argocd");
    let seen = describe().send().await.unwrap().capability.unwrap();
    assert_eq!(seen.role_arn(), Some(role));

    assert_eq!(code(eks.delete_cluster().name("lab").send().await), "ResourceInUseException");
    let delete = eks.delete_capability().cluster_name("lab").capability_name("argocd");
    delete.send().await.unwrap();
    assert_eq!(code(describe().send().await), "ResourceNotFoundException");
    eks.delete_cluster().name("lab").send().await.unwrap();
}
