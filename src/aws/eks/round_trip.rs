//! What is removed comes back from its record, through the real SDK and the account in memory.

use aws_sdk_eks::types::*;
use serde_json::{Value, json};

use super::KINDS;
use crate::aws::kinds::eks::*;
use crate::aws::record::at;
use crate::aws::{Aws, Progress, RemovalOptions, ResourceKind, Session};
use crate::resource::{Action, Kind, Prep, Resource};
use crate::sandbox::{ACCOUNT_ID, Sandbox};

const ROLE: &str = "arn:aws:iam::842676018087:role/lab";

const OPTIONS: RemovalOptions = RemovalOptions {
    pending_window_days: 7,
    bypass_governance_retention: false,
    delete_home_efs: false,
};

fn of(kind: Kind) -> &'static dyn ResourceKind {
    KINDS.iter().copied().find(|one| one.facts().kind == kind).unwrap()
}

async fn furnished(client: &aws_sdk_eks::Client) {
    let vpc = VpcConfigRequest::builder().subnet_ids("subnet-a").subnet_ids("subnet-b");
    let logs = LogSetup::builder().types(LogType::Api).enabled(true).build();
    let access = CreateAccessConfigRequest::builder()
        .authentication_mode(AuthenticationMode::Api)
        .bootstrap_cluster_creator_admin_permissions(false);
    let cidrs = RemoteNodeNetwork::builder().cidrs("10.80.0.0/16").build();
    let hybrid = RemoteNetworkConfigRequest::builder().remote_node_networks(cidrs);
    let ports = ServiceNodePortRange::builder().min_port(31_000).max_port(32_000).build();
    let server =
        KubeApiServerConfigRequest::builder().event_ttl("30m").service_node_port_range(ports);
    let weight = ResourceWeight::builder().name("cpu").weight(2).build();
    let scoring = ScoringStrategy::builder().r#type(ScoringStrategyType::MostAllocated);
    let fit = NodeResourcesFitConfig::builder().scoring_strategy(scoring.resources(weight).build());
    let scheduler = KubeSchedulerConfigRequest::builder().node_resources_fit(fit.build());
    let gc = PodGcControllerConfigRequest::builder().terminated_pod_gc_threshold(500).build();
    let manager = KubeControllerManagerConfigRequest::builder().pod_gc_controller_config(gc);
    let tier = ControlPlaneScalingConfig::builder().tier(ProvisionedControlPlaneTier::TierXl);
    client
        .create_cluster()
        .remote_network_config(hybrid.build())
        .kube_api_server_config(server.build())
        .kube_scheduler_config(scheduler.build())
        .kube_controller_manager_config(manager.build())
        .control_plane_scaling_config(tier.build())
        .name("lab")
        .version("1.33")
        .role_arn(ROLE)
        .resources_vpc_config(vpc.build())
        .logging(Logging::builder().cluster_logging(logs).build())
        .access_config(access.build())
        .tags("lab", "mlops")
        .send()
        .await
        .unwrap();
    let scaling = NodegroupScalingConfig::builder().min_size(1).max_size(3).desired_size(2);
    let group = client.create_nodegroup().cluster_name("lab").nodegroup_name("workers");
    let group = group.node_role(ROLE).subnets("subnet-a").scaling_config(scaling.build());
    let longer = NodeRepairConfigOverrides::builder()
        .node_monitoring_condition("AcceleratedHardwareReady")
        .node_unhealthy_reason("NvidiaXID13Error")
        .min_repair_wait_time_mins(10)
        .repair_action(RepairAction::Replace);
    let repair = NodeRepairConfig::builder().enabled(true).max_parallel_nodes_repaired_count(1);
    let repair = repair.node_repair_config_overrides(longer.build()).build();
    let pool = WarmPoolConfig::builder().enabled(true).min_size(1).reuse_on_scale_in(true);
    let group = group.node_repair_config(repair).warm_pool_config(pool.build());
    group.disk_size(20).labels("team", "ml").send().await.unwrap();
    let profile = client.create_fargate_profile().cluster_name("lab").fargate_profile_name("pods");
    let selector = FargateProfileSelector::builder().namespace("batch").labels("run", "yes");
    let profile = profile.selectors(selector.build()).subnets("subnet-a");
    profile.pod_execution_role_arn(ROLE).send().await.unwrap();
    let addon = client.create_addon().cluster_name("lab").addon_name("vpc-cni");
    addon.addon_version("v1.20.0-eksbuild.1").send().await.unwrap();
    let entry = client.create_access_entry().cluster_name("lab").principal_arn(ROLE);
    entry.kubernetes_groups("admins").username("lab-admin").send().await.unwrap();
    let view = client.associate_access_policy().cluster_name("lab").principal_arn(ROLE);
    let scope = AccessScope::builder().r#type(AccessScopeType::Namespace).namespaces("batch");
    let policy = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSViewPolicy";
    view.policy_arn(policy).access_scope(scope.build()).send().await.unwrap();
    let pods = client.create_pod_identity_association().cluster_name("lab").namespace("batch");
    pods.service_account("worker").role_arn(ROLE).send().await.unwrap();
}

/// What AWS gives anew.
const GIVEN: &[&str] = &[
    "arn",
    "identity",
    "nodegroupArn",
    "fargateProfileArn",
    "addonArn",
    "accessEntryArn",
    "associationArn",
    "associationId",
];

fn lasting(resource: &Resource) -> Value {
    let mut record = resource.record.clone();
    let members = record.as_object_mut().unwrap();
    members.retain(|member, _| !GIVEN.contains(&member.as_str()));
    if let Some(vpc) = members.get_mut("resourcesVpcConfig").and_then(Value::as_object_mut) {
        vpc.remove("vpcId");
    }
    record
}

async fn all_of(aws: &Aws, kind: Kind, clusters: &[Resource]) -> Vec<Resource> {
    of(kind).list(aws, clusters).await.unwrap().resources
}

#[tokio::test(start_paused = true)]
async fn a_cluster_and_what_lived_in_it_come_back() {
    let sandbox = Sandbox::builder().build();
    let aws = Session::new(sandbox.sdk_config("us-east-1"), sandbox.clock(), 1);
    let aws = aws.account(ACCOUNT_ID, "aws");
    furnished(&aws.eks()).await;
    let clusters = all_of(&aws, CLUSTER, &[]).await;
    let mut was = Vec::new();
    for kind in [NODEGROUP, FARGATE_PROFILE, ADDON, POD_IDENTITY_ASSOCIATION, ACCESS_ENTRY, CLUSTER]
    {
        let seen = all_of(&aws, kind, &clusters).await;
        assert_eq!(seen.len(), 1, "{kind}");
        was.extend(of(kind).read(&aws, &seen[0]).await.unwrap());
    }
    // What is compared below is there in the first place.
    let kept = |kind: Kind, member: &str| {
        let one = was.iter().find(|one| one.kind() == kind).unwrap();
        at(&one.record, member).clone()
    };
    for (kind, member, value) in [
        (CLUSTER, "remoteNetworkConfig.remoteNodeNetworks", json!([{ "cidrs": ["10.80.0.0/16"] }])),
        (CLUSTER, "kubeApiServerConfig.serviceNodePortRange.maxPort", json!(32_000)),
        (CLUSTER, "controlPlaneScalingConfig.tier", json!("tier-xl")),
        (NODEGROUP, "nodeRepairConfig.maxParallelNodesRepairedCount", json!(1)),
        (NODEGROUP, "warmPoolConfig.reuseOnScaleIn", json!(true)),
    ] {
        assert_eq!(kept(kind, member), value, "{member}");
    }
    assert_eq!(kept(ACCESS_ENTRY, "associatedAccessPolicies").as_array().unwrap().len(), 1);
    let progress = Progress::default();
    for one in &was {
        let delete = Prep::new(Action::Delete);
        of(one.kind()).act(&aws, one, &delete, &OPTIONS, &progress).await.unwrap();
        assert_eq!(of(one.kind()).read(&aws, one).await.unwrap(), None, "{}", one.id.id);
        assert_eq!(of(one.kind()).find_again(&aws, one).await.unwrap(), None, "{}", one.id.id);
    }
    for one in was.iter().rev() {
        let kind = of(one.kind());
        for step in kind.rebuild(one).unwrap().steps {
            kind.make(&aws, one, &step).await.unwrap();
        }
        let now = kind.find_again(&aws, one).await.unwrap().unwrap();
        assert_eq!(lasting(&now), lasting(one), "{}", one.id.id);
        assert_eq!(now.tags, one.tags);
    }
}
