//! Who the caller is, and which regions the account has: STS and Account Management.

use serde_json::json;
use winterbaume_core::MockResponse;

use crate::sandbox::route::{Route, Service};
use crate::sandbox::{ACCOUNT_ID, answer};

/// The regions that every account has from the start, without opting in.
///
/// Source: "Enable or disable AWS Regions in your account", regions enabled by default.
pub const DEFAULT_REGIONS: [&str; 17] = [
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-northeast-3",
    "ap-south-1",
    "ap-southeast-1",
    "ap-southeast-2",
    "ca-central-1",
    "eu-central-1",
    "eu-north-1",
    "eu-west-1",
    "eu-west-2",
    "eu-west-3",
    "sa-east-1",
    "us-east-1",
    "us-east-2",
    "us-west-1",
    "us-west-2",
];

/// Regions a page, if the caller does not say: `MaxResults`' own upper bound.
const REGIONS_PAGE_MAX: usize = 50;

pub fn answer(route: &Route, body: &[u8], enabled: &[String]) -> Option<MockResponse> {
    match (route.service, route.operation.as_str()) {
        (Service::Sts, "GetCallerIdentity") => Some(identity()),
        (Service::Account, "ListRegions") => Some(regions(body, enabled)),
        _ => None,
    }
}

/// An IAM user, so that nobody takes the sandbox's caller for the root user.
fn identity() -> MockResponse {
    let result = format!(
        "<Arn>arn:aws:iam::{ACCOUNT_ID}:user/lab-admin</Arn><UserId>AIDASANDBOXLABADMIN01</UserId>\
         <Account>{ACCOUNT_ID}</Account>"
    );
    answer::query(
        "https://sts.amazonaws.com/doc/2011-06-15/",
        "GetCallerIdentity",
        &result,
        "sandbox",
    )
}

/// `account:ListRegions`, with its filter and its pages.
fn regions(body: &[u8], in_account: &[String]) -> MockResponse {
    let input: serde_json::Value = serde_json::from_slice(body).unwrap_or_default();
    let wanted = input["RegionOptStatusContains"].as_array();
    let enabled =
        wanted.is_none_or(|statuses| statuses.iter().any(|status| status == "ENABLED_BY_DEFAULT"));
    let page = input["MaxResults"].as_u64().and_then(|max| usize::try_from(max).ok());
    let page = page.unwrap_or(REGIONS_PAGE_MAX).clamp(1, REGIONS_PAGE_MAX);
    let start = input["NextToken"].as_str().and_then(|token| token.parse().ok()).unwrap_or(0);
    let all: &[String] = if enabled { in_account } else { &[] };
    let rows: Vec<_> = all
        .iter()
        .skip(start)
        .take(page)
        .map(|name| json!({ "RegionName": name, "RegionOptStatus": "ENABLED_BY_DEFAULT" }))
        .collect();
    let mut out = json!({ "Regions": rows });
    if start + page < all.len() {
        out["NextToken"] = json!((start + page).to_string());
    }
    answer::json(200, &out)
}
