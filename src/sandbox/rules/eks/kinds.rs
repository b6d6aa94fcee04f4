//! EKS's kinds as data.

use std::time::Duration;

/// One kind. Its calls are `Create`, `Describe`, `Delete` + [`Kind::noun`].
pub struct Kind {
    pub id: &'static str,
    pub noun: &'static str,
    /// The list call and the member of its answer that holds the rows.
    pub list: &'static str,
    pub rows: &'static str,
    /// The member of an answer that holds the thing.
    pub member: &'static str,
    /// The members that hold its name and ARN.
    pub name: &'static str,
    pub arn: &'static str,
    pub path: &'static str,
    /// Its first and lasting status, and the time between; no status if both are empty.
    pub fresh: (&'static str, &'static str, Duration),
    /// How long a delete takes.
    pub delete: Duration,
}

const fn minutes(n: u64) -> Duration {
    Duration::from_secs(n * 60)
}

/// A cluster is made and deleted in 5 to 15 min (waiter: 40 times every 30 s).
const CLUSTER_TIME: Duration = minutes(8);
/// A node group in 3 to 10 min (waiter: 80 times every 30 s to make, 40 to delete).
const NODEGROUP_TIME: Duration = minutes(4);
/// A Fargate profile: waiter `FargateProfileDeleted`, 60 times every 30 s.
const FARGATE_TIME: Duration = minutes(2);
/// An add-on: waiter `AddonDeleted`, 60 times every 10 s.
const ADDON_TIME: Duration = Duration::from_secs(40);
/// A capability: "ACK capabilities take ~15-20 min to finish DELETING" (appmod-blueprints #881).
const CAPABILITY_TIME: Duration = minutes(15);

pub const CLUSTER: &str = "eks:cluster";
pub const NODEGROUP: &str = "eks:nodegroup";
pub const FARGATE: &str = "eks:fargate-profile";
pub const ASSOCIATION: &str = "eks:pod-identity-association";
pub const ENTRY: &str = "eks:access-entry";
pub const CAPABILITY: &str = "eks:capability";

/// What goes with its cluster.
pub const CHILDREN: &[&str] = &["eks:addon", ENTRY, ASSOCIATION];

pub const KINDS: &[Kind] = &[
    Kind {
        id: CLUSTER,
        noun: "Cluster",
        list: "ListClusters",
        rows: "clusters",
        member: "cluster",
        name: "name",
        arn: "arn",
        path: "cluster",
        fresh: ("CREATING", "ACTIVE", CLUSTER_TIME),
        delete: CLUSTER_TIME,
    },
    Kind {
        id: NODEGROUP,
        noun: "Nodegroup",
        list: "ListNodegroups",
        rows: "nodegroups",
        member: "nodegroup",
        name: "nodegroupName",
        arn: "nodegroupArn",
        path: "nodegroup",
        fresh: ("CREATING", "ACTIVE", NODEGROUP_TIME),
        delete: NODEGROUP_TIME,
    },
    Kind {
        id: FARGATE,
        noun: "FargateProfile",
        list: "ListFargateProfiles",
        rows: "fargateProfileNames",
        member: "fargateProfile",
        name: "fargateProfileName",
        arn: "fargateProfileArn",
        path: "fargateprofile",
        fresh: ("CREATING", "ACTIVE", FARGATE_TIME),
        delete: FARGATE_TIME,
    },
    Kind {
        id: "eks:addon",
        noun: "Addon",
        list: "ListAddons",
        rows: "addons",
        member: "addon",
        name: "addonName",
        arn: "addonArn",
        path: "addon",
        fresh: ("CREATING", "ACTIVE", ADDON_TIME),
        delete: ADDON_TIME,
    },
    Kind {
        id: ENTRY,
        noun: "AccessEntry",
        list: "ListAccessEntries",
        rows: "accessEntries",
        member: "accessEntry",
        name: "principalArn",
        arn: "accessEntryArn",
        path: "access-entry",
        fresh: ("", "", Duration::ZERO),
        delete: Duration::ZERO,
    },
    Kind {
        id: ASSOCIATION,
        noun: "PodIdentityAssociation",
        list: "ListPodIdentityAssociations",
        rows: "associations",
        member: "association",
        name: "associationId",
        arn: "associationArn",
        path: "podidentityassociation",
        fresh: ("", "", Duration::ZERO),
        delete: Duration::ZERO,
    },
    Kind {
        id: CAPABILITY,
        noun: "Capability",
        list: "ListCapabilities",
        rows: "capabilities",
        member: "capability",
        name: "capabilityName",
        arn: "arn",
        path: "capability",
        fresh: ("CREATING", "ACTIVE", CAPABILITY_TIME),
        delete: CAPABILITY_TIME,
    },
];
