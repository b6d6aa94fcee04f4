//! Organisations: the account is in none, or it manages one.

use serde_json::json;
use winterbaume_core::MockResponse;

use crate::sandbox::route::{Route, Service};
use crate::sandbox::{ACCOUNT_ID, answer};

/// `DescribeOrganization`.
///
/// Source: AWS Organizations API reference, "DescribeOrganization".
pub fn answer(organization: Option<&str>, route: &Route) -> Option<MockResponse> {
    if route.operation != "DescribeOrganization" {
        return None;
    }
    let Some(id) = organization else {
        let message = "Your account is not a member of an organization.";
        let code = "AWSOrganizationsNotInUseException";
        return Some(answer::error(Service::Organizations, 400, code, message));
    };
    let arn = format!("arn:aws:organizations::{ACCOUNT_ID}");
    let organization = json!({
        "Id": id,
        "Arn": format!("{arn}:organization/{id}"),
        "FeatureSet": "ALL",
        "MasterAccountArn": format!("{arn}:account/{id}/{ACCOUNT_ID}"),
        "MasterAccountId": ACCOUNT_ID,
        "MasterAccountEmail": "lab@example.com",
        "AvailablePolicyTypes": [],
    });
    Some(answer::json(200, &json!({ "Organization": organization })))
}
