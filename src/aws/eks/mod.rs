//! Kinds of the service `eks`.
//!
//! A cluster's identity provider configurations are in no list here: they name an issuer outside
//! of AWS, use nothing of the account, and go with their cluster (`OidcIdentityProviderConfig`,
//! API reference).

mod access_entry;
mod addon;
mod again;
mod capability;
mod child;
mod cluster;
mod control_plane;
mod fargate_profile;
mod nodegroup;
mod nodes;
mod pod_identity_association;
#[cfg(all(test, feature = "sandbox"))]
mod round_trip;

use serde_json::Value;

use super::{Aws, AwsError, Op, ResourceKind};
use crate::resource::{Lifecycle, Resource, Tags};
use child::InCluster;

/// Every kind of this service.
pub const KINDS: &[&dyn ResourceKind] = &[
    &cluster::Clusters,
    &InCluster(nodegroup::Nodegroups),
    &InCluster(fargate_profile::FargateProfiles),
    &InCluster(addon::Addons),
    &InCluster(access_entry::AccessEntries),
    &InCluster(pod_identity_association::PodIdentityAssociations),
    &InCluster(capability::Capabilities),
];

/// Where EKS's status puts a thing. A failed create or update can be deleted like a live thing;
/// `DELETE_FAILED` is final until it is asked for again.
fn lifecycle(status: &str, issues: Vec<String>) -> Lifecycle {
    let status = status.to_owned();
    match status.as_str() {
        "CREATING" | "UPDATING" => Lifecycle::Changing { status },
        "DELETING" => Lifecycle::Leaving { status },
        "DELETE_FAILED" if issues.is_empty() => {
            Lifecycle::DeleteFailed { why: "EKS gives no reason".to_owned() }
        }
        "DELETE_FAILED" => Lifecycle::DeleteFailed { why: issues.join("; ") },
        _ => Lifecycle::Live,
    }
}

/// One health issue in words: `IamNodeRoleNotFound: the node role …`.
fn issue(code: Option<&str>, message: Option<&str>) -> String {
    match (code, message) {
        (Some(code), Some(message)) => format!("{code}: {message}"),
        (code, message) => code.or(message).unwrap_or("unknown issue").to_owned(),
    }
}

/// EKS's tags as ours.
fn tags(tags: Option<std::collections::HashMap<String, String>>) -> Tags {
    tags.unwrap_or_default().into_iter().collect()
}

/// A record without the fields that AWS did not give.
fn without_nulls(value: Value) -> Value {
    match value {
        Value::Object(fields) => Value::Object(
            fields
                .into_iter()
                .filter(|(_, value)| !value.is_null())
                .map(|(key, value)| (key, without_nulls(value)))
                .collect(),
        ),
        other => other,
    }
}

async fn add_tags(aws: &Aws, resource: &Resource, tags: &Tags) -> Result<(), AwsError> {
    const OP: Op = Op::write("eks", "TagResource");
    let client = aws.eks();
    let call = || {
        client
            .tag_resource()
            .set_resource_arn(resource.arn.clone())
            .set_tags(Some(tags.clone().into_iter().collect()))
            .send()
    };
    aws.call(OP, call).await.map(|_| ())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_says_what_can_be_done() {
        let failed = lifecycle("DELETE_FAILED", vec![issue(Some("IamNodeRoleNotFound"), None)]);
        assert_eq!(failed, Lifecycle::DeleteFailed { why: "IamNodeRoleNotFound".into() });
        for live in ["ACTIVE", "CREATE_FAILED", "DEGRADED", "FAILED", "PENDING"] {
            assert_eq!(lifecycle(live, Vec::new()), Lifecycle::Live, "{live}");
        }
        assert_eq!(
            lifecycle("DELETING", Vec::new()),
            Lifecycle::Leaving { status: "DELETING".into() }
        );
    }
}
