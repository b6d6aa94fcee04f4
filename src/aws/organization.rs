//! Whether an account is the one that manages an organisation.

use super::{Aws, Op};
use crate::regions;

const DESCRIBE: Op = Op::read("organizations", "DescribeOrganization");

/// The id of the organisation that this account manages; `None` where it manages none, or where
/// that cannot be seen: most labs' roles may not ask, and most accounts are in no organisation.
///
/// Source: AWS Organizations API reference, "DescribeOrganization": any account of an
/// organisation may ask, and `MasterAccountId` is the management account. It is a global service,
/// which is asked in the partition's home region.
pub async fn managed_by(aws: &Aws) -> Option<String> {
    let aws = aws.in_region(regions::home_of(aws.partition()));
    let client = aws.organizations();
    // A failure is in the log already; there is no more to say of it.
    let answer = aws.glance(DESCRIBE, || client.describe_organization().send()).await.ok()?;
    let organization = answer.organization()?;
    let manages = organization.master_account_id() == Some(aws.number());
    manages.then(|| organization.id().unwrap_or("whose id AWS does not say").to_owned())
}
