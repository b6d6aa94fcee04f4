//! IAM's types as XML.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;
use winterbaume_core::MockResponse;

use super::Ask;
use crate::sandbox::answer::{self, tag};

pub fn response(operation: &str, result: &str) -> MockResponse {
    answer::query("https://iam.amazonaws.com/doc/2010-05-08/", operation, result, "sandbox")
}

pub fn text<'a>(value: &'a Value, member: &str) -> &'a str {
    value[member].as_str().unwrap_or_default()
}

/// `2026-01-15T08:00:00Z` of any RFC 3339 time.
fn date(value: &Value, member: &str) -> String {
    let at: Option<jiff::Timestamp> = text(value, member).parse().ok();
    at.map(|at| at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()).unwrap_or_default()
}

/// IAM writes policy documents percent-encoded.
fn document(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}

pub fn list<'a, T: 'a>(
    name: &str,
    rows: impl IntoIterator<Item = T>,
    each: impl Fn(T) -> String,
) -> String {
    let rows: String =
        rows.into_iter().map(|row| format!("<member>{}</member>", each(row))).collect();
    format!("<{name}>{rows}</{name}>")
}

pub fn items<'a>(value: &'a Value, member: &str) -> &'a [Value] {
    value[member].as_array().map(Vec::as_slice).unwrap_or_default()
}

pub fn tags(value: &Value) -> String {
    let mut tags: Vec<(&String, &Value)> =
        value["tags"].as_object().map(|tags| tags.iter().collect()).unwrap_or_default();
    tags.sort_by_key(|(key, _)| key.as_str());
    list("Tags", tags, |(key, value)| {
        format!("{}{}", tag("Key", key), tag("Value", value.as_str().unwrap_or_default()))
    })
}

pub fn boundary(value: &Value) -> String {
    match text(value, "permissions_boundary") {
        "" => String::new(),
        arn => format!(
            "<PermissionsBoundary><PermissionsBoundaryType>Policy</PermissionsBoundaryType>{}\
             </PermissionsBoundary>",
            tag("PermissionsBoundaryArn", arn)
        ),
    }
}

pub fn attached(value: &Value) -> String {
    list("AttachedManagedPolicies", items(value, "attached_policies"), |policy| {
        let name = tag("PolicyName", text(policy, "policy_name"));
        format!("{name}{}", tag("PolicyArn", text(policy, "policy_arn")))
    })
}

pub fn inline(name: &str, value: &Value) -> String {
    list(name, items(value, "inline_policies"), |policy| {
        let body = tag("PolicyDocument", &document(text(policy, "policy_document")));
        format!("{}{body}", tag("PolicyName", text(policy, "policy_name")))
    })
}

/// What a role is in every answer that has one.
pub fn role(value: &Value) -> String {
    let trust = document(text(value, "assume_role_policy_document"));
    [
        tag("Path", text(value, "path")),
        tag("RoleName", text(value, "name")),
        tag("RoleId", text(value, "role_id")),
        tag("Arn", text(value, "arn")),
        tag("CreateDate", &date(value, "create_date")),
        tag("AssumeRolePolicyDocument", &trust),
    ]
    .concat()
}

/// What `GetRole` and `ListRoles` say beside that.
pub fn role_more(value: &Value) -> String {
    let description = match text(value, "description") {
        "" => String::new(),
        words => tag("Description", words),
    };
    let session = value["max_session_duration"].as_i64().unwrap_or(3600);
    format!("{description}{}", tag("MaxSessionDuration", &session.to_string()))
}

/// `RoleLastUsed`: empty if no use is recorded (IAM API reference, `RoleLastUsed`).
pub fn last_used(ask: &Ask, role: &Value) -> String {
    let Some(used) = ask.used.get(text(role, "role_id")) else {
        return "<RoleLastUsed/>".to_owned();
    };
    let at = used.at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    format!("<RoleLastUsed>{}{}</RoleLastUsed>", tag("LastUsedDate", &at), tag("Region", &used.how))
}

pub fn profile(value: &Value, roles: &[&Value]) -> String {
    [
        tag("Path", text(value, "path")),
        tag("InstanceProfileName", text(value, "name")),
        tag("InstanceProfileId", text(value, "instance_profile_id")),
        tag("Arn", text(value, "arn")),
        tag("CreateDate", &date(value, "create_date")),
        list("Roles", roles, |value| role(value)),
        tags(value),
    ]
    .concat()
}

/// A policy with its counts of attachments and of uses as boundary.
pub fn policy(value: &Value, attachments: usize, boundaries: usize) -> String {
    [
        tag("PolicyName", text(value, "policy_name")),
        tag("PolicyId", text(value, "policy_id")),
        tag("Arn", text(value, "arn")),
        tag("Path", text(value, "path")),
        tag("DefaultVersionId", text(value, "default_version_id")),
        tag("AttachmentCount", &attachments.to_string()),
        tag("PermissionsBoundaryUsageCount", &boundaries.to_string()),
        tag("IsAttachable", "true"),
        tag("CreateDate", &date(value, "create_date")),
        tag("UpdateDate", &date(value, "update_date")),
    ]
    .concat()
}

pub fn versions(value: &Value) -> String {
    list("PolicyVersionList", items(value, "versions"), |version| {
        let default = version["is_default_version"].as_bool().unwrap_or_default();
        [
            tag("Document", &document(text(version, "document"))),
            tag("VersionId", text(version, "version_id")),
            tag("IsDefaultVersion", if default { "true" } else { "false" }),
            tag("CreateDate", &date(version, "create_date")),
        ]
        .concat()
    })
}

/// A user or a group: `kind` is how its members' names begin.
pub fn principal(value: &Value, kind: &str, id: &str) -> String {
    [
        tag("Path", text(value, "path")),
        tag(&format!("{kind}Name"), text(value, "name")),
        tag(&format!("{kind}Id"), text(value, id)),
        tag("Arn", text(value, "arn")),
        tag("CreateDate", &date(value, "create_date")),
    ]
    .concat()
}
