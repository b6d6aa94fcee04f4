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

/// Who calls, and which regions the account has enabled.
#[derive(Debug, Clone)]
pub struct Identity {
    /// The caller's ARN.
    pub caller: String,
    pub regions: Vec<String>,
    /// The organisation that the account manages; without one it is in none.
    pub organization: Option<String>,
}

impl Default for Identity {
    /// An IAM user, so that nobody takes the sandbox's caller for the root user.
    fn default() -> Self {
        Self {
            caller: format!("arn:aws:iam::{ACCOUNT_ID}:user/lab-admin"),
            regions: DEFAULT_REGIONS.map(str::to_owned).to_vec(),
            organization: None,
        }
    }
}

/// Regions a page, if the caller does not say: `MaxResults`' own upper bound.
const REGIONS_PAGE_MAX: usize = 50;

pub fn answer(identity: &Identity, route: &Route, body: &[u8]) -> Option<MockResponse> {
    match (route.service, route.operation.as_str()) {
        (Service::Sts, "GetCallerIdentity") => Some(caller(&identity.caller)),
        (Service::Account, "ListRegions") => Some(regions(&identity.regions, body)),
        _ => None,
    }
}

/// The account is the one in the caller's ARN.
fn caller(arn: &str) -> MockResponse {
    let account = arn.split(':').nth(4).unwrap_or(ACCOUNT_ID);
    let result = format!(
        "<Arn>{arn}</Arn><UserId>AIDASANDBOXLABADMIN01</UserId><Account>{account}</Account>"
    );
    answer::query(
        "https://sts.amazonaws.com/doc/2011-06-15/",
        "GetCallerIdentity",
        &result,
        "sandbox",
    )
}

/// `account:ListRegions`, with its filter and its pages.
fn regions(all: &[String], body: &[u8]) -> MockResponse {
    let input: serde_json::Value = serde_json::from_slice(body).unwrap_or_default();
    let wanted = input["RegionOptStatusContains"].as_array();
    let enabled =
        wanted.is_none_or(|statuses| statuses.iter().any(|status| status == "ENABLED_BY_DEFAULT"));
    let page = input["MaxResults"].as_u64().and_then(|max| usize::try_from(max).ok());
    let page = page.unwrap_or(REGIONS_PAGE_MAX).clamp(1, REGIONS_PAGE_MAX);
    let start = input["NextToken"].as_str().and_then(|token| token.parse().ok()).unwrap_or(0);
    let all: &[String] = if enabled { all } else { &[] };
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
