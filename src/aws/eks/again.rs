//! Making what EKS held again: requests out of the journal's records.

use std::collections::HashMap;

use aws_sdk_eks::operation::create_access_entry::builders::CreateAccessEntryInputBuilder;
use aws_sdk_eks::operation::create_addon::builders::CreateAddonInputBuilder;
use aws_sdk_eks::operation::create_cluster::builders::CreateClusterInputBuilder;
use aws_sdk_eks::operation::create_fargate_profile::builders::CreateFargateProfileInputBuilder;
use aws_sdk_eks::operation::create_nodegroup::builders::CreateNodegroupInputBuilder;
use aws_sdk_eks::operation::create_pod_identity_association::builders::CreatePodIdentityAssociationInputBuilder;
use aws_sdk_eks::types::*;
use serde_json::Value;

use super::{control_plane, nodes};
use crate::aws::record::{LEFT_OUT, at, flag, list, number, own_tags, text, texts};
use crate::resource::Resource;

pub const CLUSTER_PERMISSIONS: &[&str] = &[
    "eks:CreateCluster",
    "eks:UpdateClusterConfig",
    "eks:TagResource",
    "iam:PassRole",
    "kms:CreateGrant",
    "kms:DescribeKey",
];
pub const NODEGROUP_PERMISSIONS: &[&str] =
    &["eks:CreateNodegroup", "eks:TagResource", "iam:PassRole"];
pub const FARGATE_PERMISSIONS: &[&str] =
    &["eks:CreateFargateProfile", "eks:TagResource", "iam:PassRole"];
pub const ADDON_PERMISSIONS: &[&str] = &["eks:CreateAddon", "eks:TagResource", "iam:PassRole"];
pub const ENTRY_PERMISSIONS: &[&str] =
    &["eks:AssociateAccessPolicy", "eks:CreateAccessEntry", "eks:TagResource"];
pub const ASSOCIATION_PERMISSIONS: &[&str] =
    &["eks:CreatePodIdentityAssociation", "eks:TagResource", "iam:PassRole"];

fn tags(was: &Resource) -> Option<HashMap<String, String>> {
    let tags: HashMap<String, String> = own_tags(was).into_iter().collect();
    (!tags.is_empty()).then_some(tags)
}

fn word<T: for<'a> From<&'a str>>(record: &Value, path: &str) -> Option<T> {
    text(record, path).as_deref().map(T::from)
}

fn map(record: &Value, path: &str) -> Option<HashMap<String, String>> {
    let members = at(record, path).as_object()?;
    let text = |(key, value): (&String, &Value)| {
        let whole = value.as_str().filter(|text| !text.contains(LEFT_OUT))?;
        Some((key.clone(), whole.to_owned()))
    };
    let map: HashMap<String, String> = members.iter().filter_map(text).collect();
    (!map.is_empty()).then_some(map)
}

/// A cluster as it was, with another issuer.
///
/// Auto mode is three switches that must agree, and leaves EKS's own add-ons out
/// (`CreateCluster`, API reference: `computeConfig`, `bootstrapSelfManagedAddons`).
pub fn cluster(was: &Resource) -> CreateClusterInputBuilder {
    let record = &was.record;
    let is_auto = flag(record, "computeConfig.enabled") == Some(true);
    let auto = is_auto.then_some(true);
    let compute = is_auto.then(|| {
        ComputeConfigRequest::builder()
            .enabled(true)
            .set_node_pools(texts(record, "computeConfig.nodePools"))
            .set_node_role_arn(text(record, "computeConfig.nodeRoleArn"))
            .build()
    });
    let storage = auto.map(|on| {
        let block = BlockStorage::builder().enabled(on).build();
        StorageConfigRequest::builder().block_storage(block).build()
    });
    let shift = flag(record, "zonalShiftConfig.enabled")
        .map(|on| ZonalShiftConfigRequest::builder().enabled(on).build());
    let upgrade = word(record, "upgradePolicy.supportType")
        .map(|support: SupportType| UpgradePolicyRequest::builder().support_type(support).build());
    let input = CreateClusterInputBuilder::default()
        .name(&was.id.id)
        .set_version(text(record, "version"))
        .set_role_arn(text(record, "roleArn"))
        .resources_vpc_config(vpc(record))
        .set_kubernetes_network_config(network(record, auto))
        .set_logging(logging(record))
        .set_encryption_config(encryption(record))
        .set_access_config(access(record))
        .set_upgrade_policy(upgrade)
        .set_zonal_shift_config(shift)
        .set_compute_config(compute)
        .set_storage_config(storage)
        .set_bootstrap_self_managed_addons(auto.map(|_| false))
        .set_deletion_protection(flag(record, "deletionProtection"))
        .set_tags(tags(was));
    control_plane::ask(record, input)
}

/// The list of who may reach a public endpoint is refused where there is none.
fn vpc(record: &Value) -> VpcConfigRequest {
    let member = |member: &str| format!("resourcesVpcConfig.{member}");
    let public = flag(record, &member("endpointPublicAccess"));
    let cidrs = texts(record, &member("publicAccessCidrs")).filter(|_| public != Some(false));
    VpcConfigRequest::builder()
        .set_subnet_ids(texts(record, &member("subnetIds")))
        .set_security_group_ids(texts(record, &member("securityGroupIds")))
        .set_endpoint_public_access(public)
        .set_endpoint_private_access(flag(record, &member("endpointPrivateAccess")))
        .set_public_access_cidrs(cidrs)
        .set_control_plane_egress_mode(word(record, &member("controlPlaneEgressMode")))
        .build()
}

/// A range is only for IPv4: EKS gives an IPv6 cluster its own.
fn network(record: &Value, auto: Option<bool>) -> Option<KubernetesNetworkConfigRequest> {
    let network = record.get("kubernetesNetworkConfig")?;
    let family = text(network, "ipFamily");
    let range = text(network, "serviceIpv4Cidr").filter(|_| family.as_deref() != Some("ipv6"));
    let balancing = auto.map(|on| ElasticLoadBalancing::builder().enabled(on).build());
    let request = KubernetesNetworkConfigRequest::builder()
        .set_service_ipv4_cidr(range)
        .set_ip_family(family.as_deref().map(IpFamily::from))
        .set_elastic_load_balancing(balancing);
    Some(request.build())
}

fn logging(record: &Value) -> Option<Logging> {
    let setup = |setup: &Value| {
        let types = texts(setup, "types")?;
        let types: Vec<LogType> = types.iter().map(|word| LogType::from(word.as_str())).collect();
        let setup = LogSetup::builder().set_enabled(flag(setup, "enabled"));
        Some(setup.set_types(Some(types)).build())
    };
    let setups: Vec<LogSetup> =
        list(record, "logging.clusterLogging").iter().filter_map(setup).collect();
    (!setups.is_empty()).then(|| Logging::builder().set_cluster_logging(Some(setups)).build())
}

/// `secrets` is the only thing that a key of one's own encrypts (`EncryptionConfig`, API
/// reference).
#[expect(deprecated, reason = "AWS encrypts all by now, and still takes the word")]
fn encryption(record: &Value) -> Option<Vec<EncryptionConfig>> {
    let one = |config: &Value| {
        let key = text(config, "provider.keyArn")?;
        let provider = Provider::builder().key_arn(key).build();
        Some(EncryptionConfig::builder().resources("secrets").provider(provider).build())
    };
    let all: Vec<_> = list(record, "encryptionConfig").iter().filter_map(one).collect();
    (!all.is_empty()).then_some(all)
}

fn access(record: &Value) -> Option<CreateAccessConfigRequest> {
    let access = record.get("accessConfig")?;
    let admin = flag(access, "bootstrapClusterCreatorAdminPermissions");
    Some(
        CreateAccessConfigRequest::builder()
            .set_authentication_mode(word(access, "authenticationMode"))
            .set_bootstrap_cluster_creator_admin_permissions(admin)
            .build(),
    )
}

/// A nodegroup. What its launch template says may not be said beside it: a disk, an SSH key, and
/// with an image of one's own what image it is (`CreateNodegroup`, API reference).
pub fn nodegroup(was: &Resource, cluster: &str, name: &str) -> CreateNodegroupInputBuilder {
    let record = &was.record;
    let template = record.get("launchTemplate").map(|template| {
        let id = text(template, "id");
        // By id or by name, not both.
        let name = text(template, "name").filter(|_| id.is_none());
        LaunchTemplateSpecification::builder()
            .set_id(id)
            .set_name(name)
            .set_version(text(template, "version"))
            .build()
    });
    let has_template = template.is_some();
    let ami = text(record, "amiType").filter(|ami| ami != "CUSTOM");
    let is_custom = text(record, "amiType").is_some() && ami.is_none();
    let scaling = record.get("scalingConfig").map(|scaling| {
        NodegroupScalingConfig::builder()
            .set_min_size(number(scaling, "minSize"))
            .set_max_size(number(scaling, "maxSize"))
            .set_desired_size(number(scaling, "desiredSize"))
            .build()
    });
    let update = record.get("updateConfig").map(|update| {
        NodegroupUpdateConfig::builder()
            .set_max_unavailable(number(update, "maxUnavailable"))
            .set_max_unavailable_percentage(number(update, "maxUnavailablePercentage"))
            .set_update_strategy(word(update, "updateStrategy"))
            .build()
    });
    let key = text(record, "remoteAccess.ec2SshKey").filter(|_| !has_template);
    let remote = key.map(|key| {
        RemoteAccessConfig::builder()
            .ec2_ssh_key(key)
            .set_source_security_groups(texts(record, "remoteAccess.sourceSecurityGroups"))
            .build()
    });
    let taint = |taint: &Value| {
        Taint::builder()
            .set_key(text(taint, "key"))
            .set_value(text(taint, "value"))
            .set_effect(word(taint, "effect"))
            .build()
    };
    let taints: Vec<Taint> = list(record, "taints").iter().map(taint).collect();
    CreateNodegroupInputBuilder::default()
        .cluster_name(cluster)
        .nodegroup_name(name)
        .set_scaling_config(scaling)
        .set_disk_size(number(record, "diskSize").filter(|_| !has_template))
        .set_subnets(texts(record, "subnets"))
        .set_instance_types(texts(record, "instanceTypes"))
        .set_ami_type(ami.as_deref().map(AmiTypes::from))
        .set_remote_access(remote)
        .set_node_role(text(record, "nodeRole"))
        .set_labels(map(record, "labels"))
        .set_taints((!taints.is_empty()).then_some(taints))
        .set_launch_template(template)
        .set_update_config(update)
        .set_node_repair_config(nodes::repair(&record["nodeRepairConfig"]))
        .set_warm_pool_config(nodes::warm_pool(&record["warmPoolConfig"]))
        .set_capacity_type(word(record, "capacityType"))
        .set_version(text(record, "version").filter(|_| !is_custom))
        .set_release_version(text(record, "releaseVersion").filter(|_| !is_custom))
        .set_tags(tags(was))
}

pub fn fargate(was: &Resource, cluster: &str, name: &str) -> CreateFargateProfileInputBuilder {
    let record = &was.record;
    let selector = |selector: &Value| {
        FargateProfileSelector::builder()
            .set_namespace(text(selector, "namespace"))
            .set_labels(map(selector, "labels"))
            .build()
    };
    CreateFargateProfileInputBuilder::default()
        .cluster_name(cluster)
        .fargate_profile_name(name)
        .set_pod_execution_role_arn(text(record, "podExecutionRoleArn"))
        .set_subnets(texts(record, "subnets"))
        .set_selectors(Some(list(record, "selectors").iter().map(selector).collect()))
        .set_tags(tags(was))
}

/// A new cluster runs its own copy of some add-ons, which this one takes the place of
/// (`CreateAddon`, API reference: `resolveConflicts`).
pub fn addon(was: &Resource, cluster: &str, name: &str) -> CreateAddonInputBuilder {
    let record = &was.record;
    let namespace = text(record, "namespace")
        .map(|name| AddonNamespaceConfigRequest::builder().namespace(name).build());
    CreateAddonInputBuilder::default()
        .cluster_name(cluster)
        .addon_name(name)
        .set_addon_version(text(record, "addonVersion"))
        .set_service_account_role_arn(text(record, "serviceAccountRoleArn"))
        .set_namespace_config(namespace)
        .resolve_conflicts(ResolveConflicts::Overwrite)
        .set_tags(tags(was))
}

/// Groups and a user name are for people's entries; and EKS makes up the name of who gives none,
/// which begins with the ARN (`CreateAccessEntry`, API reference: `username`).
pub fn entry(was: &Resource, cluster: &str, principal: &str) -> CreateAccessEntryInputBuilder {
    let record = &was.record;
    let kind = text(record, "type");
    let is_standard = kind.as_deref().is_none_or(|kind| kind == "STANDARD");
    let groups = texts(record, "kubernetesGroups").filter(|_| is_standard);
    let username = text(record, "username");
    CreateAccessEntryInputBuilder::default()
        .cluster_name(cluster)
        .principal_arn(principal)
        .set_type(kind)
        .set_kubernetes_groups(groups)
        .set_username(username.filter(|name| is_standard && !name.starts_with("arn:")))
        .set_tags(tags(was))
}

pub fn association(was: &Resource, cluster: &str) -> CreatePodIdentityAssociationInputBuilder {
    let record = &was.record;
    CreatePodIdentityAssociationInputBuilder::default()
        .cluster_name(cluster)
        .set_namespace(text(record, "namespace"))
        .set_service_account(text(record, "serviceAccount"))
        .set_role_arn(text(record, "roleArn"))
        .set_disable_session_tags(flag(record, "disableSessionTags"))
        .set_target_role_arn(text(record, "targetRoleArn"))
        .set_policy(text(record, "policy"))
        .set_tags(tags(was))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::aws::kinds::eks::{ACCESS_ENTRY, CLUSTER, NODEGROUP};
    use crate::resource::{Kind, Region};

    fn of(kind: Kind, record: Value) -> Resource {
        let mut was = Resource::new(kind, Region::new("us-east-1"), "lab", "lab");
        was.record = record;
        was
    }

    #[test]
    fn what_a_launch_template_says_is_not_said_beside_it() {
        let record = |ami: &str| {
            json!({
                "version": "1.33", "releaseVersion": "1.33.0-20260101", "amiType": ami,
                "diskSize": 20, "instanceTypes": ["m7i.large"],
                "remoteAccess": { "ec2SshKey": "key", "sourceSecurityGroups": ["sg-1"] },
                "launchTemplate": { "id": "lt-1", "name": "lab", "version": "3" },
                "taints": [{ "key": "gpu", "effect": "NO_SCHEDULE" }],
            })
        };
        let made = nodegroup(&of(NODEGROUP, record("AL2023_x86_64_STANDARD")), "lab", "workers");
        let template = made.get_launch_template().as_ref().unwrap();
        assert_eq!((template.id(), template.name()), (Some("lt-1"), None));
        assert_eq!(*made.get_disk_size(), None);
        assert_eq!(*made.get_remote_access(), None);
        assert_eq!(made.get_ami_type(), &Some(AmiTypes::Al2023X8664Standard));
        assert_eq!(made.get_release_version().as_deref(), Some("1.33.0-20260101"));
        assert_eq!(made.get_instance_types().as_deref(), Some(&["m7i.large".to_owned()][..]));
        let taints = made.get_taints().as_deref().unwrap_or_default();
        assert_eq!(taints[0].effect(), Some(&TaintEffect::NoSchedule));

        let made = nodegroup(&of(NODEGROUP, record("CUSTOM")), "lab", "workers");
        assert_eq!(*made.get_ami_type(), None);
        assert_eq!((made.get_version(), made.get_release_version()), (&None, &None));
    }

    #[test]
    fn without_a_launch_template_disk_and_key_come_back() {
        let record = json!({ "diskSize": 20, "remoteAccess": { "ec2SshKey": "key" } });
        let made = nodegroup(&of(NODEGROUP, record), "lab", "workers");
        assert_eq!(*made.get_disk_size(), Some(20));
        let remote = made.get_remote_access().as_ref().unwrap();
        assert_eq!(remote.ec2_ssh_key(), Some("key"));
    }

    #[test]
    fn the_switches_of_auto_mode_agree() {
        let network = json!({ "ipFamily": "ipv6", "serviceIpv4Cidr": "10.100.0.0/16" });
        let mut record = json!({
            "computeConfig": { "enabled": true, "nodePools": ["system"] },
            "kubernetesNetworkConfig": network,
        });
        let made = cluster(&of(CLUSTER, record.clone()));
        let network = made.get_kubernetes_network_config().as_ref().unwrap();
        assert_eq!(network.elastic_load_balancing().unwrap().enabled(), Some(true));
        assert_eq!(network.service_ipv4_cidr(), None);
        let storage = made.get_storage_config().as_ref().unwrap();
        assert_eq!(storage.block_storage().unwrap().enabled(), Some(true));
        assert_eq!(*made.get_bootstrap_self_managed_addons(), Some(false));

        record["computeConfig"]["enabled"] = json!(false);
        let made = cluster(&of(CLUSTER, record));
        assert_eq!(*made.get_compute_config(), None);
        assert_eq!(*made.get_storage_config(), None);
        assert_eq!(*made.get_bootstrap_self_managed_addons(), None);
    }

    #[test]
    fn an_entry_of_nodes_has_no_groups() {
        let record = |kind: &str| json!({ "type": kind, "username": "lab-admin", "kubernetesGroups": ["admins"] });
        let made = entry(&of(ACCESS_ENTRY, record("EC2_LINUX")), "lab", "arn");
        assert_eq!((made.get_kubernetes_groups(), made.get_username()), (&None, &None));
        let made = entry(&of(ACCESS_ENTRY, record("STANDARD")), "lab", "arn");
        assert_eq!(made.get_username().as_deref(), Some("lab-admin"));
        assert!(made.get_kubernetes_groups().is_some());
    }
}
