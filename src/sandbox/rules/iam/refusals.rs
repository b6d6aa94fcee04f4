//! What IAM refuses and winterbaume lets through.

use super::xml::{items, text};
use super::{AWS_POLICIES, Ask};

type Refusal = (u16, &'static str, String);

pub fn of(operation: &str, ask: &Ask) -> Option<Refusal> {
    match operation {
        "DeletePolicy" => policy(ask),
        "DeleteGroup" => group(ask),
        "DeleteRole"
        | "DetachRolePolicy"
        | "AttachRolePolicy"
        | "DeleteRolePolicy"
        | "PutRolePolicy"
        | "UpdateAssumeRolePolicy"
        | "PutRolePermissionsBoundary" => service_linked(ask),
        _ => None,
    }
}

fn conflict(message: &str) -> Option<Refusal> {
    Some((409, "DeleteConflict", message.to_owned()))
}

/// `DeletePolicy`: "Before you can delete a managed policy, you must first detach the policy from
/// all users, groups, and roles … In addition, you must delete all the policy's versions", all
/// but the default; and it must be nobody's permissions boundary.
fn policy(ask: &Ask) -> Option<Refusal> {
    let arn = ask.text("PolicyArn");
    if arn.starts_with(AWS_POLICIES) {
        let message = format!("Policy {arn} is an AWS managed policy and cannot be deleted.");
        return Some((403, "AccessDenied", message));
    }
    let policy = &ask.state["policies"][arn];
    if policy.is_null() {
        return None;
    }
    let (attached, boundaries) = uses(ask, arn);
    if attached + boundaries > 0 {
        return conflict("Cannot delete a policy attached to entities.");
    }
    if items(policy, "versions").len() > 1 {
        return conflict(
            "This policy has more than one version. Before you delete a policy, you must delete \
             the policy's versions. The default version is deleted with the policy.",
        );
    }
    None
}

/// How often a policy is attached, and how often it is a boundary.
pub fn uses(ask: &Ask, arn: &str) -> (usize, usize) {
    let mut count = (0, 0);
    for principal in ["roles", "users", "groups"].iter().flat_map(|kind| ask.all(kind)) {
        let held = items(principal, "attached_policies");
        count.0 += held.iter().filter(|policy| text(policy, "policy_arn") == arn).count();
        count.1 += usize::from(text(principal, "permissions_boundary") == arn);
    }
    count
}

/// `DeleteGroup`: "The group must not contain any users or have any attached policies."
fn group(ask: &Ask) -> Option<Refusal> {
    let group = &ask.state["groups"][ask.text("GroupName")];
    if !items(group, "attached_policies").is_empty() {
        return conflict("Cannot delete entity, must detach all policies first.");
    }
    if !items(group, "inline_policies").is_empty() {
        return conflict("Cannot delete entity, must delete policies first.");
    }
    None
}

/// A service-linked role is changed by its service alone (`UnmodifiableEntity`, 400).
fn service_linked(ask: &Ask) -> Option<Refusal> {
    let name = ask.text("RoleName");
    let role = &ask.state["roles"][name];
    text(role, "path").starts_with("/aws-service-role/").then(|| {
        let message = format!(
            "Cannot perform the operation on the protected role '{name}' - this role is only \
             modifiable by AWS"
        );
        (400, "UnmodifiableEntity", message)
    })
}
