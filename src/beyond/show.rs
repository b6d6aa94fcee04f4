//! What an ARN is called, whether it costs money, and the command that shows it.

use super::Remains;
use crate::report::{shell_word, visible};
use crate::resource::{Catalog, Region};

/// The longest ARN that the Resource Groups Tagging API knows (its reference, "ResourceARN").
const ARN_CHARS_MAX: usize = 1011;

/// What a command takes.
enum Takes {
    Arn,
    Id,
}

use Takes::{Arn, Id};

/// A type of resource: service and type as in its ARN, what people call it, whether it costs
/// money, and the AWS CLI's command up to what it takes.
type Type = (&'static str, &'static str, &'static str, Option<bool>, &'static str, Takes);

const COSTS: Option<bool> = Some(true);
/// It costs nothing itself. It may hold something that does, or be in the way of a network.
const FREE: Option<bool> = Some(false);

/// Source of the types: Service Authorization Reference, "Resource types" of each service; of
/// the costs: the services' pricing pages, 2026.
const TYPES: &[Type] = &[
    (
        "elasticloadbalancing",
        "loadbalancer",
        "load balancer",
        COSTS,
        "elbv2 describe-load-balancers --load-balancer-arns",
        Arn,
    ),
    (
        "elasticloadbalancing",
        "targetgroup",
        "target group",
        FREE,
        "elbv2 describe-target-groups --target-group-arns",
        Arn,
    ),
    ("ec2", "volume", "volume", COSTS, "ec2 describe-volumes --volume-ids", Id),
    ("ec2", "snapshot", "snapshot", COSTS, "ec2 describe-snapshots --snapshot-ids", Id),
    ("ec2", "instance", "instance", COSTS, "ec2 describe-instances --instance-ids", Id),
    ("ec2", "natgateway", "NAT gateway", COSTS, "ec2 describe-nat-gateways --nat-gateway-ids", Id),
    ("ec2", "elastic-ip", "elastic IP", COSTS, "ec2 describe-addresses --allocation-ids", Id),
    (
        "ec2",
        "network-interface",
        "network interface",
        FREE,
        "ec2 describe-network-interfaces --network-interface-ids",
        Id,
    ),
    (
        "ec2",
        "security-group",
        "security group",
        FREE,
        "ec2 describe-security-groups --group-ids",
        Id,
    ),
    (
        "ec2",
        "launch-template",
        "launch template",
        FREE,
        "ec2 describe-launch-templates --launch-template-ids",
        Id,
    ),
    ("ec2", "vpc", "VPC", FREE, "ec2 describe-vpcs --vpc-ids", Id),
    ("ec2", "subnet", "subnet", FREE, "ec2 describe-subnets --subnet-ids", Id),
    // An interface endpoint costs by the hour, a gateway endpoint nothing; the ARN says not which.
    (
        "ec2",
        "vpc-endpoint",
        "VPC endpoint",
        None,
        "ec2 describe-vpc-endpoints --vpc-endpoint-ids",
        Id,
    ),
    (
        "elasticfilesystem",
        "file-system",
        "file system",
        COSTS,
        "efs describe-file-systems --file-system-id",
        Id,
    ),
    (
        "elasticfilesystem",
        "access-point",
        "access point",
        FREE,
        "efs describe-access-points --access-point-id",
        Id,
    ),
    ("fsx", "file-system", "file system", COSTS, "fsx describe-file-systems --file-system-ids", Id),
    (
        "autoscaling",
        "autoScalingGroup",
        "Auto Scaling group",
        FREE,
        "autoscaling describe-auto-scaling-groups --auto-scaling-group-names",
        Id,
    ),
    ("cloudformation", "stack", "stack", FREE, "cloudformation describe-stacks --stack-name", Arn),
];

/// A load balancer of the first generation has one name in its ARN and no type before it.
const CLASSIC: Type = (
    "elasticloadbalancing",
    "loadbalancer",
    "classic load balancer",
    COSTS,
    "elb describe-load-balancers --load-balancer-names",
    Id,
);

/// Shows whatever carries a tag.
const ANYTHING: &str = "resourcegroupstaggingapi get-resources --resource-arn-list";

/// Whether a text can be an ARN, and be shown and typed as it is.
pub(super) fn is_arn(text: &str) -> bool {
    text.len() <= ARN_CHARS_MAX && parts(text).is_some() && visible(text) == text
}

/// Whether an ARN is of a service of which Dismantle takes nothing apart.
pub(super) fn is_elsewhere(arn: &str, catalog: &Catalog) -> bool {
    parts(arn)
        .is_some_and(|(service, _)| !catalog.kinds().any(|facts| facts.kind.service() == service))
}

/// Service and resource of `arn:partition:service:region:account:resource`.
fn parts(arn: &str) -> Option<(&str, &str)> {
    let mut parts = arn.splitn(6, ':');
    let starts = parts.next()? == "arn" && !parts.next()?.is_empty();
    let (service, resource) = (parts.next()?, parts.nth(2)?);
    (starts && !service.is_empty() && !resource.is_empty()).then_some((service, resource))
}

pub(super) fn remains(arn: &str, region: Region, tag: String) -> Remains {
    let (service, resource) = parts(arn).unwrap_or(("", arn));
    let (kind, id) = match resource.find(['/', ':']) {
        Some(at) => (&resource[..at], &resource[at + 1..]),
        None => ("", resource),
    };
    // An Auto Scaling group has an id of its own before its name, which is what is asked for.
    let id = id.split_once(":autoScalingGroupName/").map_or(id, |(_, name)| name);
    let known = TYPES.iter().find(|row| row.0 == service && row.1 == kind);
    let known =
        known.map(|row| if row.1 == CLASSIC.1 && !id.contains('/') { &CLASSIC } else { row });
    let (what, costs, command) = match known {
        // What begins with a dash would be read as an option.
        Some((_, _, what, costs, command, Id)) if !id.is_empty() && !id.starts_with('-') => {
            ((*what).to_owned(), *costs, format!("{command} {}", shell_word(id)))
        }
        Some((_, _, what, costs, command, Arn)) => {
            ((*what).to_owned(), *costs, format!("{command} {}", shell_word(arn)))
        }
        _ => {
            let what =
                if kind.is_empty() { service.to_owned() } else { format!("{service}:{kind}") };
            (what, None, format!("{ANYTHING} {}", shell_word(arn)))
        }
    };
    Remains {
        what,
        id: id.to_owned(),
        region,
        arn: arn.to_owned(),
        tag,
        costs,
        command: format!("aws {command} --region {region}"),
    }
}
