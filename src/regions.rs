//! AWS's regions, as far as they are needed where AWS itself does not say.
//!
//! Source: AWS General Reference, "Regions and Zones", and AWS Account Management reference guide,
//! "Enable or disable AWS Regions in your account", both 2026.

use crate::resource::Region;

/// Commercial regions that every account has enabled.
pub const ALWAYS_ENABLED: &[&str] = &[
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

/// Commercial regions that an account has to ask for.
pub const ON_REQUEST: &[&str] = &[
    "af-south-1",
    "ap-east-1",
    "ap-east-2",
    "ap-south-2",
    "ap-southeast-3",
    "ap-southeast-4",
    "ap-southeast-5",
    "ap-southeast-6",
    "ap-southeast-7",
    "ca-west-1",
    "eu-central-2",
    "eu-south-1",
    "eu-south-2",
    "il-central-1",
    "me-central-1",
    "me-south-1",
    "mx-central-1",
];

const CHINA: &[&str] = &["cn-north-1", "cn-northwest-1"];
const US_GOV: &[&str] = &["us-gov-east-1", "us-gov-west-1"];

/// All regions of a partition; none of one that is not known.
pub fn of_partition(partition: &str) -> Vec<Region> {
    let names: Vec<&str> = match partition {
        "aws" => ALWAYS_ENABLED.iter().chain(ON_REQUEST).copied().collect(),
        "aws-cn" => CHINA.to_vec(),
        "aws-us-gov" => US_GOV.to_vec(),
        _ => Vec::new(),
    };
    names.into_iter().filter_map(|name| Region::parse(name).ok()).collect()
}

/// `us-east-1` of the partition: where global services are asked.
pub fn home_of(partition: &str) -> Region {
    match partition {
        "aws-cn" => Region::new("cn-north-1"),
        "aws-us-gov" => Region::new("us-gov-west-1"),
        _ => Region::new("us-east-1"),
    }
}

/// The names of all regions that are known.
pub fn all() -> impl Iterator<Item = &'static str> {
    [ALWAYS_ENABLED, ON_REQUEST, CHINA, US_GOV].into_iter().flatten().copied()
}
