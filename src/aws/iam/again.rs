//! Making what IAM held again, from the journal's records.

use serde_json::Value;

use crate::aws::record::{document, left_out, list, number, own_tags, text, texts};
use crate::aws::{Aws, AwsError, Op, Rebuild};
use crate::resource::{Action, Prep, Resource};

const CREATE_ROLE: Op = Op::write("iam", "CreateRole");
const ATTACH: Op = Op::write("iam", "AttachRolePolicy");
const PUT_INLINE: Op = Op::write("iam", "PutRolePolicy");
const CREATE_POLICY: Op = Op::write("iam", "CreatePolicy");
const CREATE_VERSION: Op = Op::write("iam", "CreatePolicyVersion");
const CREATE_PROFILE: Op = Op::write("iam", "CreateInstanceProfile");
const PUT_IN: Op = Op::write("iam", "AddRoleToInstanceProfile");
const CREATE_PROVIDER: Op = Op::write("iam", "CreateOpenIDConnectProvider");

pub const ROLE_PERMISSIONS: &[&str] =
    &["iam:CreateRole", "iam:AttachRolePolicy", "iam:PutRolePolicy", "iam:TagRole"];
pub const POLICY_PERMISSIONS: &[&str] =
    &["iam:CreatePolicy", "iam:CreatePolicyVersion", "iam:TagPolicy"];
pub const PROFILE_PERMISSIONS: &[&str] = &[
    "iam:CreateInstanceProfile",
    "iam:AddRoleToInstanceProfile",
    "iam:PassRole",
    "iam:TagInstanceProfile",
];
pub const PROVIDER_PERMISSIONS: &[&str] =
    &["iam:CreateOpenIDConnectProvider", "iam:TagOpenIDConnectProvider"];

/// A role: its trust, path, boundary and tags in one call, then what was on it.
pub fn role(was: &Resource) -> Rebuild {
    let mut rebuild = Rebuild::by_create();
    for policy in list(&was.record, "AttachedManagedPolicies") {
        if let Some(arn) = text(policy, "PolicyArn") {
            rebuild = rebuild.and(Action::AttachPolicy, arn);
        }
    }
    for policy in list(&was.record, "RolePolicyList") {
        rebuild = match text(policy, "PolicyName") {
            Some(name) => rebuild.and(Action::PutInlinePolicy, name),
            None => rebuild.without("an inline policy whose name is in no journal"),
        };
    }
    rebuild
}

pub async fn make_role(aws: &Aws, was: &Resource, step: &Prep) -> Result<(), AwsError> {
    let (client, name, record) = (aws.iam(), was.id.id.as_str(), &was.record);
    match (step.action, step.target.as_deref()) {
        (Action::Create, _) => {
            let tags = super::to_tags(aws, CREATE_ROLE, &own_tags(was))?;
            let call = client
                .create_role()
                .role_name(name)
                .set_path(text(record, "Path"))
                .set_assume_role_policy_document(document(record, "AssumeRolePolicyDocument"))
                .set_description(text(record, "Description"))
                .set_max_session_duration(number(record, "MaxSessionDuration"))
                .set_permissions_boundary(text(
                    record,
                    "PermissionsBoundary.PermissionsBoundaryArn",
                ))
                .set_tags(Some(tags));
            aws.call(CREATE_ROLE, || call.clone().send()).await?;
        }
        (Action::AttachPolicy, Some(arn)) => {
            let call = client.attach_role_policy().role_name(name).policy_arn(arn);
            aws.call(ATTACH, || call.clone().send()).await?;
        }
        (Action::PutInlinePolicy, Some(policy)) => {
            let mut all = list(record, "RolePolicyList").iter();
            let one = all.find(|one| text(one, "PolicyName").as_deref() == Some(policy));
            let call = client.put_role_policy().role_name(name).policy_name(policy);
            let call = call.set_policy_document(one.and_then(|p| document(p, "PolicyDocument")));
            aws.call(PUT_INLINE, || call.clone().send()).await?;
        }
        (other, _) => return Err(AwsError::unsupported(aws, was.kind(), other.as_str())),
    }
    Ok(())
}

/// A role without what its trust asks for would let others in.
pub fn can_be_trusted(was: &Resource) -> Result<(), String> {
    let trust = &was.record["AssumeRolePolicyDocument"];
    match left_out(trust).is_empty() {
        true => Ok(()),
        false => Err("of its trust policy a part is in no journal".to_owned()),
    }
}

/// A policy's versions, oldest first. A version's number is never used twice in one policy (IAM
/// user guide, "Versioning IAM policies"), but a policy that is made again counts from `v1`.
fn versions(record: &Value) -> Vec<&Value> {
    let number = |version: &Value| {
        let id = text(version, "VersionId").unwrap_or_default();
        id.trim_start_matches('v').parse::<u32>().unwrap_or(u32::MAX)
    };
    let whole = |version: &&Value| document(version, "Document").is_some();
    let mut versions: Vec<&Value> =
        list(record, "PolicyVersionList").iter().filter(whole).collect();
    versions.sort_by_key(|version| number(version));
    versions
}

fn is_default(version: &Value) -> bool {
    version["IsDefaultVersion"].as_bool() == Some(true)
}

/// A policy: made with its oldest version, then one version after the other.
pub fn policy(was: &Resource) -> Result<Rebuild, String> {
    let mut rebuild = Rebuild::by_create().saying(&["PolicyVersionList"]);
    let whole = versions(&was.record);
    if !whole.iter().any(|version| is_default(version)) {
        return Err("of its default version a part is in no journal".to_owned());
    }
    for version in whole.into_iter().skip(1) {
        if let Some(id) = text(version, "VersionId") {
            rebuild = rebuild.and(Action::CreatePolicyVersion, id);
        }
    }
    for version in list(&was.record, "PolicyVersionList") {
        if document(version, "Document").is_none() {
            let id = version["VersionId"].as_str().unwrap_or_default();
            rebuild =
                rebuild.without(format!("its version {id}, of which a part is in no journal"));
        }
    }
    Ok(rebuild)
}

/// Whether a version is there again. Its number says nothing: its document does, counted with
/// those before it that say the same.
pub fn shows_version(was: &Resource, now: &Resource, id: &str) -> bool {
    let all = versions(&was.record);
    let Some(place) = all.iter().position(|v| text(v, "VersionId").as_deref() == Some(id)) else {
        return true;
    };
    let same = |version: &&Value| version["Document"] == all[place]["Document"];
    let wanted = all.iter().take(place + 1).filter(|version| same(version)).count();
    let there = versions(&now.record);
    let default_is_right =
        !is_default(all[place]) || there.iter().any(|version| same(version) && is_default(version));
    there.iter().filter(|version| same(version)).count() >= wanted && default_is_right
}

pub async fn make_policy(aws: &Aws, was: &Resource, step: &Prep) -> Result<(), AwsError> {
    let (client, record) = (aws.iam(), &was.record);
    let all = versions(record);
    match (step.action, step.target.as_deref()) {
        (Action::Create, _) => {
            let tags = super::to_tags(aws, CREATE_POLICY, &own_tags(was))?;
            let call = client
                .create_policy()
                .policy_name(&was.name)
                .set_path(text(record, "Path"))
                .set_policy_document(all.first().and_then(|v| document(v, "Document")))
                .set_description(text(record, "Description"))
                .set_tags(Some(tags));
            aws.call(CREATE_POLICY, || call.clone().send()).await?;
        }
        (Action::CreatePolicyVersion, Some(id)) => {
            let version = all.iter().find(|v| text(v, "VersionId").as_deref() == Some(id));
            let call = client
                .create_policy_version()
                .policy_arn(&was.id.id)
                .set_policy_document(version.and_then(|v| document(v, "Document")))
                .set_as_default(version.is_some_and(|v| is_default(v)));
            aws.call(CREATE_VERSION, || call.clone().send()).await?;
        }
        (other, _) => return Err(AwsError::unsupported(aws, was.kind(), other.as_str())),
    }
    Ok(())
}

/// An instance profile and the role in it.
pub fn profile(was: &Resource) -> Rebuild {
    let roles = texts(&was.record, "Roles").unwrap_or_default();
    let put_in = |rebuild: Rebuild, role| rebuild.and(Action::AddToInstanceProfile, role);
    roles.into_iter().fold(Rebuild::by_create(), put_in)
}

pub async fn make_profile(aws: &Aws, was: &Resource, step: &Prep) -> Result<(), AwsError> {
    let (client, name) = (aws.iam(), was.id.id.as_str());
    match (step.action, step.target.as_deref()) {
        (Action::Create, _) => {
            let tags = super::to_tags(aws, CREATE_PROFILE, &own_tags(was))?;
            let call = client.create_instance_profile().instance_profile_name(name);
            let call = call.set_path(text(&was.record, "Path")).set_tags(Some(tags));
            aws.call(CREATE_PROFILE, || call.clone().send()).await?;
        }
        (Action::AddToInstanceProfile, Some(role)) => {
            let call = client.add_role_to_instance_profile();
            let call = call.instance_profile_name(name).role_name(role);
            aws.call(PUT_IN, || call.clone().send()).await?;
        }
        (other, _) => return Err(AwsError::unsupported(aws, was.kind(), other.as_str())),
    }
    Ok(())
}

/// A provider of a cluster is of no use: the cluster has another issuer when it is made again
/// (EKS user guide, "Create an IAM OIDC provider for your cluster").
pub fn provider(was: &Resource) -> Result<Rebuild, String> {
    if was.name.starts_with("oidc.eks.") {
        return Err("it names the issuer of a cluster, and a cluster that is made again has \
                    another one"
            .to_owned());
    }
    Ok(Rebuild::by_create())
}

pub async fn make_provider(aws: &Aws, was: &Resource, step: &Prep) -> Result<(), AwsError> {
    if step.action != Action::Create {
        return Err(AwsError::unsupported(aws, was.kind(), step.action.as_str()));
    }
    let record = &was.record;
    let url = text(record, "Url").unwrap_or_else(|| was.name.clone());
    let url = if url.contains("://") { url } else { format!("https://{url}") };
    let tags = super::to_tags(aws, CREATE_PROVIDER, &own_tags(was))?;
    let call = aws
        .iam()
        .create_open_id_connect_provider()
        .url(url)
        .set_client_id_list(texts(record, "ClientIDList"))
        .set_thumbprint_list(texts(record, "ThumbprintList"))
        .set_tags(Some(tags));
    aws.call(CREATE_PROVIDER, || call.clone().send()).await.map(drop)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::aws::kinds::iam::POLICY;
    use crate::resource::Region;

    fn of_versions(versions: &[(&str, &str, bool)]) -> Resource {
        let mut policy = Resource::new(POLICY, Region::GLOBAL, "arn", "lab");
        let version = |(id, document, default): &(&str, &str, bool)| json!({ "VersionId": id, "Document": document, "IsDefaultVersion": default });
        policy.record =
            json!({ "PolicyVersionList": versions.iter().map(version).collect::<Vec<_>>() });
        policy
    }

    #[test]
    fn versions_come_back_in_the_order_of_their_numbers() {
        let was = of_versions(&[("v10", "c", false), ("v9", "b", true), ("v2", "a", false)]);
        let steps: Vec<_> =
            policy(&was).unwrap().steps.into_iter().map(|step| step.target).collect();
        assert_eq!(steps, [None, Some("v9".to_owned()), Some("v10".to_owned())]);
    }

    #[test]
    fn a_version_is_known_by_its_document_and_not_by_its_number() {
        let was = of_versions(&[("v4", "a", false), ("v5", "b", true), ("v6", "a", false)]);
        let now = of_versions(&[("v1", "a", true)]);
        assert!(shows_version(&was, &now, "v4"));
        assert!(!shows_version(&was, &now, "v5"));
        assert!(!shows_version(&was, &now, "v6"), "the same document, once more");
        let now = of_versions(&[("v1", "a", true), ("v2", "b", false)]);
        assert!(!shows_version(&was, &now, "v5"), "it was the default");
    }
}
