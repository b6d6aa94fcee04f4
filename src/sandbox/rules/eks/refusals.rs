//! What EKS refuses, and in which words.

use super::kinds::{CAPABILITY, CLUSTER, FARGATE, Kind, NODEGROUP};
use super::{Ask, Refusal};
use crate::sandbox::records::Id;

pub fn no_cluster(cluster: &str) -> Refusal {
    (404, "ResourceNotFoundException", format!("No cluster found for name: {cluster}."))
}

pub fn no_entry(cluster: &str, principal: &str) -> Refusal {
    let message =
        format!("The specified principalArn could not be found: {principal} in cluster {cluster}.");
    (404, "ResourceNotFoundException", message)
}

pub fn no_child(kind: &Kind, cluster: &str, name: &str) -> Refusal {
    let message = match kind.id {
        NODEGROUP => format!("No node group found for name: {name}."),
        FARGATE => format!("No Fargate Profile found with name: {name}."),
        "eks:addon" => format!("No addon: {name} found in cluster: {cluster}"),
        "eks:access-entry" => return no_entry(cluster, name),
        CAPABILITY => format!("No capability found for name: {name}."),
        _ => format!("The association {name} was not found in cluster {cluster}."),
    };
    (404, "ResourceNotFoundException", message)
}

/// What a new child needs of its cluster.
///
/// Source: "You can't create a node group … unless the cluster is ACTIVE"
/// (`InvalidRequestException`). One Fargate profile at a time, as [`of_delete`] says.
pub fn of_create(kind: &Kind, ask: &Ask<'_>, cluster: &str) -> Result<(), Refusal> {
    let status = ask.records.get(&ask.id(CLUSTER, cluster)).map(|record| record.text("status"));
    if matches!(kind.id, NODEGROUP | FARGATE) && status == Some("DELETING") {
        let message = format!("Cluster '{cluster}' is not in ACTIVE status");
        return Err((400, "InvalidRequestException", message));
    }
    Ok(())
}

pub fn of_delete(kind: &Kind, ask: &Ask<'_>, id: &Id) -> Result<(), Refusal> {
    match kind.id {
        CLUSTER => cluster(ask, id),
        FARGATE => one_profile_at_a_time(ask, id),
        _ => Ok(()),
    }
}

/// `DeleteCluster`: "If you have … node groups or Fargate profiles attached, you must delete
/// them first" (`ResourceInUseException`), and so for capabilities (aws-nuke #970: "Cluster has
/// capabilities attached"); with deletion protection on, an ACTIVE cluster is refused
/// (`InvalidRequestException`).
fn cluster(ask: &Ask<'_>, id: &Id) -> Result<(), Refusal> {
    let attached =
        [(NODEGROUP, "nodegroups"), (FARGATE, "Fargate profiles"), (CAPABILITY, "capabilities")];
    for (kind, words) in attached {
        if ask.records.within(&id.region, kind, &id.name).next().is_some() {
            let message = format!("Cluster has {words} attached");
            return Err((409, "ResourceInUseException", message));
        }
    }
    let Some(record) = ask.records.get(id) else { return Ok(()) };
    let protected = record.body.get("deletionProtection").is_some_and(|on| on == true);
    match record.text("status") {
        "ACTIVE" if protected => {
            let message = format!(
                "Cannot delete cluster {}: deletion protection is enabled. Disable it first.",
                id.name
            );
            Err((400, "InvalidRequestException", message))
        }
        "CREATING" | "UPDATING" => {
            let message = format!("Cluster {} has an operation in progress", id.name);
            Err((409, "ResourceInUseException", message))
        }
        "DELETING" => {
            let message = format!("Cluster {} is already being deleted", id.name);
            Err((409, "ResourceInUseException", message))
        }
        _ => Ok(()),
    }
}

/// `DeleteFargateProfile`: "Only one Fargate profile in a cluster can be in the DELETING status
/// at a time. You must wait for a Fargate profile to finish deleting before you can delete any
/// other profiles in that cluster."
fn one_profile_at_a_time(ask: &Ask<'_>, id: &Id) -> Result<(), Refusal> {
    let cluster = id.name.split('/').next().unwrap_or_default();
    let busy = ask
        .records
        .within(&id.region, FARGATE, cluster)
        .find(|(name, profile)| *name != id.name && profile.text("status") == "DELETING");
    match busy {
        None => Ok(()),
        Some((_, other)) => {
            let message = format!(
                "Cannot delete Fargate Profile because cluster {cluster} currently has Fargate \
                 profile {} in status DELETING",
                other.text("fargateProfileName")
            );
            Err((409, "ResourceInUseException", message))
        }
    }
}
