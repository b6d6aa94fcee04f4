//! `GetAccountAuthorizationDetails`: everything at once, in pages.

use serde_json::Value;

use super::reads::{counted, cut, more, profiles_of, with_roles};
use super::xml::{self, items, text};
use super::{AWS_POLICIES, Ask};
use crate::sandbox::answer::escape;

pub fn answer(ask: &Ask) -> String {
    let wanted = ask.list("Filter");
    let has = |filter: &str| wanted.is_empty() || wanted.contains(&filter);
    let mut rows: Vec<(&str, &Value)> = Vec::new();
    for (kind, filter) in [("users", "User"), ("groups", "Group"), ("roles", "Role")] {
        if has(filter) {
            rows.extend(ask.all(kind).into_iter().map(|row| (kind, row)));
        }
    }
    rows.extend(ask.all("policies").into_iter().filter_map(|policy| {
        let aws = text(policy, "arn").starts_with(AWS_POLICIES);
        let filter = if aws { "AWSManagedPolicy" } else { "LocalManagedPolicy" };
        has(filter).then_some(("policies", policy))
    }));
    let (rows, next) = cut(ask, rows);
    let of = |name: &str, kind: &str, each: &dyn Fn(&Value) -> String| {
        let rows = rows.iter().filter(|(of, _)| *of == kind).map(|(_, row)| *row);
        xml::list(name, rows, each)
    };
    [
        of("UserDetailList", "users", &|user| self::user(ask, user)),
        of("GroupDetailList", "groups", &group),
        of("RoleDetailList", "roles", &|role| self::role(ask, role)),
        of("Policies", "policies", &|policy| {
            format!("{}{}", counted(ask, policy), xml::versions(policy))
        }),
        more(next),
    ]
    .concat()
}

fn role(ask: &Ask, role: &Value) -> String {
    [
        xml::role(role),
        xml::list("InstanceProfileList", profiles_of(ask, text(role, "name")), |profile| {
            with_roles(ask, profile)
        }),
        xml::inline("RolePolicyList", role),
        xml::attached(role),
        xml::boundary(role),
        xml::tags(role),
        xml::last_used(ask, role),
    ]
    .concat()
}

fn user(ask: &Ask, user: &Value) -> String {
    let name = text(user, "name");
    let groups = ask.all("groups").into_iter();
    let groups = groups.filter(|group| items(group, "members").iter().any(|held| held == name));
    [
        xml::principal(user, "User", "user_id"),
        xml::inline("UserPolicyList", user),
        xml::list("GroupList", groups, |group| escape(text(group, "name"))),
        xml::attached(user),
        xml::boundary(user),
        xml::tags(user),
    ]
    .concat()
}

fn group(group: &Value) -> String {
    [
        xml::principal(group, "Group", "group_id"),
        xml::inline("GroupPolicyList", group),
        xml::attached(group),
    ]
    .concat()
}
