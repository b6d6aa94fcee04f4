//! IAM's reads, complete, in order and in pages.

use serde_json::Value;

use super::refusals::uses;
use super::xml::{self, text};
use super::{AWS_POLICIES, Ask, details};
use crate::sandbox::answer::tag;
use crate::sandbox::records::page;

/// Rows a page if the caller does not say. Source: `MaxItems`, default 100, at most 1000.
const PAGE_DEFAULT: usize = 100;

/// The result of an operation; none for what the emulator answers.
pub fn answer(operation: &str, ask: &Ask) -> Option<String> {
    Some(match operation {
        "ListRoles" => {
            let rows = under(ask, ask.all("roles"), "PathPrefix");
            paged(ask, "Roles", rows, |role| format!("{}{}", xml::role(role), xml::role_more(role)))
        }
        "GetRole" => {
            let role = there(&ask.state["roles"][ask.text("RoleName")])?;
            let more = [xml::role_more(role), xml::boundary(role), xml::tags(role)].concat();
            format!("<Role>{}{more}{}</Role>", xml::role(role), xml::last_used(ask, role))
        }
        "ListPolicies" => policies(ask),
        "GetPolicy" => {
            let policy = there(&ask.state["policies"][ask.text("PolicyArn")])?;
            format!("<Policy>{}{}</Policy>", counted(ask, policy), xml::tags(policy))
        }
        "ListInstanceProfiles" => {
            let rows = under(ask, ask.all("instance_profiles"), "PathPrefix");
            paged(ask, "InstanceProfiles", rows, |profile| with_roles(ask, profile))
        }
        "ListInstanceProfilesForRole" => {
            let name = ask.text("RoleName");
            there(&ask.state["roles"][name])?;
            paged(ask, "InstanceProfiles", profiles_of(ask, name), |profile| {
                with_roles(ask, profile)
            })
        }
        "GetInstanceProfile" => {
            let name = ask.text("InstanceProfileName");
            let profile = there(&ask.state["instance_profiles"][name])?;
            format!("<InstanceProfile>{}</InstanceProfile>", with_roles(ask, profile))
        }
        "ListUsers" => {
            let rows = under(ask, ask.all("users"), "PathPrefix");
            paged(ask, "Users", rows, |user| xml::principal(user, "User", "user_id"))
        }
        "ListGroups" => {
            let rows = under(ask, ask.all("groups"), "PathPrefix");
            paged(ask, "Groups", rows, |group| xml::principal(group, "Group", "group_id"))
        }
        "ListOpenIDConnectProviders" => {
            xml::list("OpenIDConnectProviderList", ask.all("oidc_providers"), |provider| {
                tag("Arn", text(provider, "arn"))
            })
        }
        "ListEntitiesForPolicy" => entities(ask)?,
        "GetAccountAuthorizationDetails" => details::answer(ask),
        _ => return None,
    })
}

fn there(value: &Value) -> Option<&Value> {
    (!value.is_null()).then_some(value)
}

fn under<'a>(ask: &Ask, rows: Vec<&'a Value>, prefix: &str) -> Vec<&'a Value> {
    let prefix = ask.text(prefix);
    rows.into_iter().filter(|row| text(row, "path").starts_with(prefix)).collect()
}

/// One page of rows, with `IsTruncated` and `Marker`.
pub fn paged<T>(ask: &Ask, name: &str, rows: Vec<T>, each: impl Fn(T) -> String) -> String {
    let (rows, next) = cut(ask, rows);
    format!("{}{}", xml::list(name, rows, each), more(next))
}

pub fn cut<T>(ask: &Ask, rows: Vec<T>) -> (Vec<T>, Option<String>) {
    let size = ask.text("MaxItems").parse().unwrap_or(PAGE_DEFAULT);
    page(rows, Some(ask.text("Marker")), size)
}

pub fn more(next: Option<String>) -> String {
    match next {
        Some(marker) => format!("<IsTruncated>true</IsTruncated>{}", tag("Marker", &marker)),
        None => "<IsTruncated>false</IsTruncated>".to_owned(),
    }
}

pub fn counted(ask: &Ask, policy: &Value) -> String {
    let (attachments, boundaries) = uses(ask, text(policy, "arn"));
    xml::policy(policy, attachments, boundaries)
}

pub fn profiles_of<'a>(ask: &'a Ask, role: &str) -> Vec<&'a Value> {
    let holds = |profile: &&Value| xml::items(profile, "roles").iter().any(|held| held == role);
    ask.all("instance_profiles").into_iter().filter(holds).collect()
}

pub fn with_roles(ask: &Ask, profile: &Value) -> String {
    let names = xml::items(profile, "roles").iter().filter_map(Value::as_str);
    let roles: Vec<&Value> = names.filter_map(|name| there(&ask.state["roles"][name])).collect();
    xml::profile(profile, &roles)
}

/// `ListPolicies` with its scope. AWS's own policies are listed once somebody has named them.
fn policies(ask: &Ask) -> String {
    let rows = under(ask, ask.all("policies"), "PathPrefix");
    let attached_only = ask.text("OnlyAttached") == "true";
    let usage = ask.text("PolicyUsageFilter");
    let rows = rows
        .into_iter()
        .filter(|policy| {
            let arn = text(policy, "arn");
            let (attachments, boundaries) = uses(ask, arn);
            let scope = match ask.text("Scope") {
                "Local" => !arn.starts_with(AWS_POLICIES),
                "AWS" => arn.starts_with(AWS_POLICIES),
                _ => true,
            };
            let used = match usage {
                "PermissionsBoundary" => boundaries > 0,
                "PermissionsPolicy" => attachments > 0,
                _ => true,
            };
            scope && used && (!attached_only || attachments + boundaries > 0)
        })
        .collect();
    paged(ask, "Policies", rows, |policy| counted(ask, policy))
}

/// `ListEntitiesForPolicy`: by default who has it attached *and* whose boundary it is.
fn entities(ask: &Ask) -> Option<String> {
    let arn = ask.text("PolicyArn");
    there(&ask.state["policies"][arn])?;
    let usage = ask.text("PolicyUsageFilter");
    let wanted = ask.text("EntityFilter");
    let mut out = String::new();
    for (kind, name, filter, id) in [
        ("groups", "Group", "Group", "group_id"),
        ("users", "User", "User", "user_id"),
        ("roles", "Role", "Role", "role_id"),
    ] {
        let rows = ask.all(kind).into_iter().filter(|principal| {
            let attached = xml::items(principal, "attached_policies")
                .iter()
                .any(|policy| text(policy, "policy_arn") == arn);
            let boundary = text(principal, "permissions_boundary") == arn;
            (wanted.is_empty() || wanted == filter)
                && match usage {
                    "PermissionsBoundary" => boundary,
                    "PermissionsPolicy" => attached,
                    _ => attached || boundary,
                }
        });
        out += &xml::list(&format!("Policy{name}s"), rows, |principal| {
            let short = tag(&format!("{name}Name"), text(principal, "name"));
            format!("{short}{}", tag(&format!("{name}Id"), text(principal, id)))
        });
    }
    Some(format!("{out}<IsTruncated>false</IsTruncated>"))
}
