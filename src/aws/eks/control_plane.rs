//! Settings of a cluster's control plane and of its hybrid nodes: as the journal keeps them, and
//! as a new cluster is asked for them.

use aws_sdk_eks::operation::create_cluster::builders::CreateClusterInputBuilder;
use aws_sdk_eks::types::*;
use serde_json::{Value, json};

use super::without_nulls;
use crate::aws::record::{at, list, number, text, texts};

/// Adds what the cluster has of them.
pub fn note(c: &Cluster, record: &mut Value) {
    let remote = c.remote_network_config.as_ref().map(|remote| {
        let nodes = remote.remote_node_networks().iter();
        let pods = remote.remote_pod_networks().iter();
        json!({
            "remoteNodeNetworks":
                nodes.map(|network| json!({ "cidrs": network.cidrs() })).collect::<Value>(),
            "remotePodNetworks":
                pods.map(|network| json!({ "cidrs": network.cidrs() })).collect::<Value>(),
        })
    });
    let server = c.kube_api_server_config.as_ref();
    let fit = c.kube_scheduler_config.as_ref().and_then(|config| config.node_resources_fit());
    let scoring = fit.and_then(|fit| fit.scoring_strategy());
    let manager = c.kube_controller_manager_config.as_ref();
    let weight = |one: &ResourceWeight| json!({ "name": one.name(), "weight": one.weight() });
    let added = without_nulls(json!({
        "remoteNetworkConfig": remote,
        "controlPlaneScalingConfig": c.control_plane_scaling_config.as_ref()
            .and_then(|scaling| scaling.tier()).map(|tier| json!({ "tier": tier.as_str() })),
        "kubeApiServerConfig": server.map(|server| json!({
            "eventTtl": server.event_ttl(),
            "serviceNodePortRange": server.service_node_port_range()
                .map(|range| json!({ "minPort": range.min_port(), "maxPort": range.max_port() })),
        })),
        "kubeSchedulerConfig": scoring.map(|scoring| json!({
            "nodeResourcesFit": { "scoringStrategy": {
                "type": scoring.r#type().map(|sort| sort.as_str()),
                "resources": scoring.resources().iter().map(weight).collect::<Value>(),
            } },
        })),
        "kubeControllerManagerConfig": manager.map(|manager| json!({
            "podGcControllerConfig": manager.pod_gc_controller_config().map(|gc| {
                json!({ "terminatedPodGcThreshold": gc.terminated_pod_gc_threshold() })
            }),
            "horizontalPodAutoscalerControllerConfig":
                manager.horizontal_pod_autoscaler_controller_config().map(|pods| json!({
                    "horizontalPodAutoscalerSyncPeriod": pods.horizontal_pod_autoscaler_sync_period(),
                })),
        })),
        // What no call of Dismantle's makes again: a sentence of the plan says so.
        "outpostArns": c.outpost_config.as_ref().map(|outpost| outpost.outpost_arns()),
    }));
    if let (Some(record), Value::Object(added)) = (record.as_object_mut(), added) {
        record.extend(added);
    }
}

/// Asks for what the record has of them.
pub fn ask(record: &Value, input: CreateClusterInputBuilder) -> CreateClusterInputBuilder {
    let tier = text(record, "controlPlaneScalingConfig.tier").map(|tier| {
        let tier = ProvisionedControlPlaneTier::from(&*tier);
        ControlPlaneScalingConfig::builder().tier(tier).build()
    });
    input
        .set_remote_network_config(remote_networks(&record["remoteNetworkConfig"]))
        .set_control_plane_scaling_config(tier)
        .set_kube_api_server_config(api_server(&record["kubeApiServerConfig"]))
        .set_kube_scheduler_config(scheduler(&record["kubeSchedulerConfig"]))
        .set_kube_controller_manager_config(manager(&record["kubeControllerManagerConfig"]))
}

fn remote_networks(record: &Value) -> Option<RemoteNetworkConfigRequest> {
    let node =
        |network: &Value| RemoteNodeNetwork::builder().set_cidrs(texts(network, "cidrs")).build();
    let pod =
        |network: &Value| RemotePodNetwork::builder().set_cidrs(texts(network, "cidrs")).build();
    let nodes: Vec<_> = list(record, "remoteNodeNetworks").iter().map(node).collect();
    let pods: Vec<_> = list(record, "remotePodNetworks").iter().map(pod).collect();
    (!nodes.is_empty()).then(|| {
        RemoteNetworkConfigRequest::builder()
            .set_remote_node_networks(Some(nodes))
            .set_remote_pod_networks((!pods.is_empty()).then_some(pods))
            .build()
    })
}

fn api_server(record: &Value) -> Option<KubeApiServerConfigRequest> {
    record.is_object().then(|| {
        let ports = number(record, "serviceNodePortRange.minPort")
            .zip(number(record, "serviceNodePortRange.maxPort"));
        let ports = ports
            .map(|(min, max)| ServiceNodePortRange::builder().min_port(min).max_port(max).build());
        KubeApiServerConfigRequest::builder()
            .set_event_ttl(text(record, "eventTtl"))
            .set_service_node_port_range(ports)
            .build()
    })
}

fn scheduler(record: &Value) -> Option<KubeSchedulerConfigRequest> {
    let scoring = at(record, "nodeResourcesFit.scoringStrategy");
    scoring.is_object().then(|| {
        let weight = |one: &Value| {
            ResourceWeight::builder()
                .set_name(text(one, "name"))
                .set_weight(number(one, "weight"))
                .build()
        };
        let weights: Vec<_> = list(scoring, "resources").iter().map(weight).collect();
        let sort = text(scoring, "type").map(|sort| ScoringStrategyType::from(&*sort));
        let strategy = ScoringStrategy::builder()
            .set_type(sort)
            .set_resources((!weights.is_empty()).then_some(weights))
            .build();
        let fit = NodeResourcesFitConfig::builder().scoring_strategy(strategy).build();
        KubeSchedulerConfigRequest::builder().node_resources_fit(fit).build()
    })
}

fn manager(record: &Value) -> Option<KubeControllerManagerConfigRequest> {
    record.is_object().then(|| {
        let threshold = number(record, "podGcControllerConfig.terminatedPodGcThreshold");
        let gc = threshold.map(|count| {
            PodGcControllerConfigRequest::builder().terminated_pod_gc_threshold(count).build()
        });
        let period = text(
            record,
            "horizontalPodAutoscalerControllerConfig.horizontalPodAutoscalerSyncPeriod",
        );
        let pods = period.map(|period| {
            HorizontalPodAutoscalerControllerConfigRequest::builder()
                .horizontal_pod_autoscaler_sync_period(period)
                .build()
        });
        KubeControllerManagerConfigRequest::builder()
            .set_pod_gc_controller_config(gc)
            .set_horizontal_pod_autoscaler_controller_config(pods)
            .build()
    })
}
