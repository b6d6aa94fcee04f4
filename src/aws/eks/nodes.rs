//! How a nodegroup's nodes are mended and kept in stock: as the journal keeps it, and as a new
//! nodegroup is asked for it.

use aws_sdk_eks::types::*;
use serde_json::{Value, json};

use crate::aws::record::{flag, list, number, text};

pub fn repair_record(repair: &NodeRepairConfig) -> Value {
    let overrides = repair.node_repair_config_overrides().iter().map(|one| {
        json!({
            "nodeMonitoringCondition": one.node_monitoring_condition(),
            "nodeUnhealthyReason": one.node_unhealthy_reason(),
            "minRepairWaitTimeMins": one.min_repair_wait_time_mins(),
            "repairAction": one.repair_action().map(|action| action.as_str()),
        })
    });
    json!({
        "enabled": repair.enabled(),
        "maxUnhealthyNodeThresholdCount": repair.max_unhealthy_node_threshold_count(),
        "maxUnhealthyNodeThresholdPercentage": repair.max_unhealthy_node_threshold_percentage(),
        "maxParallelNodesRepairedCount": repair.max_parallel_nodes_repaired_count(),
        "maxParallelNodesRepairedPercentage": repair.max_parallel_nodes_repaired_percentage(),
        "nodeRepairConfigOverrides": overrides.collect::<Value>(),
    })
}

pub fn repair(record: &Value) -> Option<NodeRepairConfig> {
    let one = |one: &Value| {
        NodeRepairConfigOverrides::builder()
            .set_node_monitoring_condition(text(one, "nodeMonitoringCondition"))
            .set_node_unhealthy_reason(text(one, "nodeUnhealthyReason"))
            .set_min_repair_wait_time_mins(number(one, "minRepairWaitTimeMins"))
            .set_repair_action(text(one, "repairAction").map(|word| RepairAction::from(&*word)))
            .build()
    };
    record.is_object().then(|| {
        let overrides: Vec<_> = list(record, "nodeRepairConfigOverrides").iter().map(one).collect();
        NodeRepairConfig::builder()
            .set_enabled(flag(record, "enabled"))
            .set_max_unhealthy_node_threshold_count(number(
                record,
                "maxUnhealthyNodeThresholdCount",
            ))
            .set_max_unhealthy_node_threshold_percentage(number(
                record,
                "maxUnhealthyNodeThresholdPercentage",
            ))
            .set_max_parallel_nodes_repaired_count(number(record, "maxParallelNodesRepairedCount"))
            .set_max_parallel_nodes_repaired_percentage(number(
                record,
                "maxParallelNodesRepairedPercentage",
            ))
            .set_node_repair_config_overrides((!overrides.is_empty()).then_some(overrides))
            .build()
    })
}

pub fn warm_pool_record(pool: &WarmPoolConfig) -> Value {
    json!({
        "enabled": pool.enabled(),
        "minSize": pool.min_size(),
        "maxGroupPreparedCapacity": pool.max_group_prepared_capacity(),
        "poolState": pool.pool_state().map(|state| state.as_str()),
        "reuseOnScaleIn": pool.reuse_on_scale_in(),
    })
}

pub fn warm_pool(record: &Value) -> Option<WarmPoolConfig> {
    record.is_object().then(|| {
        WarmPoolConfig::builder()
            .set_enabled(flag(record, "enabled"))
            .set_min_size(number(record, "minSize"))
            .set_max_group_prepared_capacity(number(record, "maxGroupPreparedCapacity"))
            .set_pool_state(text(record, "poolState").map(|state| WarmPoolState::from(&*state)))
            .set_reuse_on_scale_in(flag(record, "reuseOnScaleIn"))
            .build()
    })
}
