//! The operation's name where a protocol writes it as method and path.

use http::HeaderMap;

use super::route::{Route, Service};

/// `restJson1`: EKS and Account Management.
pub fn rest_json(service: Service, method: &str, route: &Route) -> String {
    let path: Vec<&str> = route.path.iter().map(String::as_str).collect();
    let name = match service {
        Service::Account => return account(&path),
        Service::Eks => eks(method, &path),
        _ => "",
    };
    name.to_owned()
}

/// Account Management has one path an operation: `POST /listRegions` is `ListRegions`.
fn account(path: &[&str]) -> String {
    let mut letters = path.first().copied().unwrap_or_default().chars();
    letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters).collect()
}

fn eks(method: &str, path: &[&str]) -> &'static str {
    match (method, path) {
        ("GET", ["tags", ..]) => "ListTagsForResource",
        ("POST", ["tags", ..]) => "TagResource",
        ("DELETE", ["tags", ..]) => "UntagResource",
        ("GET", ["access-policies"]) => "ListAccessPolicies",
        ("GET", ["clusters"]) => "ListClusters",
        ("POST", ["clusters"]) => "CreateCluster",
        ("GET", ["clusters", _]) => "DescribeCluster",
        ("DELETE", ["clusters", _]) => "DeleteCluster",
        ("POST", ["clusters", _, "update-config"]) => "UpdateClusterConfig",
        ("POST", ["clusters", _, "updates"]) => "UpdateClusterVersion",
        ("GET", ["clusters", _, "updates"]) => "ListUpdates",
        ("GET", ["clusters", _, "updates", _]) => "DescribeUpdate",
        ("POST", ["clusters", _, "encryption-config", "associate"]) => "AssociateEncryptionConfig",
        ("GET", ["clusters", _, "insights", ..]) => "ListInsights",
        ("GET", ["clusters", _, child]) => match *child {
            "node-groups" => "ListNodegroups",
            "fargate-profiles" => "ListFargateProfiles",
            "addons" => "ListAddons",
            "access-entries" => "ListAccessEntries",
            "pod-identity-associations" => "ListPodIdentityAssociations",
            "identity-provider-configs" => "ListIdentityProviderConfigs",
            "capabilities" => "ListCapabilities",
            _ => "",
        },
        ("POST", ["clusters", _, "identity-provider-configs", verb]) => match *verb {
            "associate" => "AssociateIdentityProviderConfig",
            "describe" => "DescribeIdentityProviderConfig",
            "disassociate" => "DisassociateIdentityProviderConfig",
            _ => "",
        },
        ("POST", ["clusters", _, child]) => match *child {
            "node-groups" => "CreateNodegroup",
            "fargate-profiles" => "CreateFargateProfile",
            "addons" => "CreateAddon",
            "access-entries" => "CreateAccessEntry",
            "pod-identity-associations" => "CreatePodIdentityAssociation",
            "capabilities" => "CreateCapability",
            _ => "",
        },
        ("GET", ["clusters", _, "access-entries", _, "access-policies"]) => {
            "ListAssociatedAccessPolicies"
        }
        ("POST", ["clusters", _, "access-entries", _, "access-policies"]) => {
            "AssociateAccessPolicy"
        }
        ("DELETE", ["clusters", _, "access-entries", _, "access-policies", _]) => {
            "DisassociateAccessPolicy"
        }
        ("GET", ["clusters", _, child, _]) => match *child {
            "node-groups" => "DescribeNodegroup",
            "fargate-profiles" => "DescribeFargateProfile",
            "addons" => "DescribeAddon",
            "access-entries" => "DescribeAccessEntry",
            "pod-identity-associations" => "DescribePodIdentityAssociation",
            "capabilities" => "DescribeCapability",
            _ => "",
        },
        ("DELETE", ["clusters", _, child, _]) => match *child {
            "node-groups" => "DeleteNodegroup",
            "fargate-profiles" => "DeleteFargateProfile",
            "addons" => "DeleteAddon",
            "access-entries" => "DeleteAccessEntry",
            "pod-identity-associations" => "DeletePodIdentityAssociation",
            "capabilities" => "DeleteCapability",
            _ => "",
        },
        ("POST", ["clusters", _, "node-groups", _, "update-config"]) => "UpdateNodegroupConfig",
        ("POST", ["clusters", _, "addons", _, "update"]) => "UpdateAddon",
        ("GET", ["addons", "supported-versions"]) => "DescribeAddonVersions",
        _ => "",
    }
}

/// Sub-resources of a bucket and the noun that their operations share.
const BUCKET_PARTS: [(&str, &str); 21] = [
    ("accelerate", "BucketAccelerateConfiguration"),
    ("acl", "BucketAcl"),
    ("analytics", "BucketAnalyticsConfiguration"),
    ("cors", "BucketCors"),
    ("encryption", "BucketEncryption"),
    ("intelligent-tiering", "BucketIntelligentTieringConfiguration"),
    ("inventory", "BucketInventoryConfiguration"),
    ("lifecycle", "BucketLifecycleConfiguration"),
    ("location", "BucketLocation"),
    ("logging", "BucketLogging"),
    ("metrics", "BucketMetricsConfiguration"),
    ("notification", "BucketNotificationConfiguration"),
    ("object-lock", "ObjectLockConfiguration"),
    ("ownershipControls", "BucketOwnershipControls"),
    ("policyStatus", "BucketPolicyStatus"),
    ("policy", "BucketPolicy"),
    ("publicAccessBlock", "PublicAccessBlock"),
    ("replication", "BucketReplication"),
    ("requestPayment", "BucketRequestPayment"),
    ("tagging", "BucketTagging"),
    ("website", "BucketWebsite"),
];

/// Sub-resources of an object.
const OBJECT_PARTS: [(&str, &str); 5] = [
    ("acl", "ObjectAcl"),
    ("attributes", "ObjectAttributes"),
    ("legal-hold", "ObjectLegalHold"),
    ("retention", "ObjectRetention"),
    ("tagging", "ObjectTagging"),
];

/// `restXml`: S3.
pub fn s3(method: &str, headers: &HeaderMap, route: &Route) -> String {
    let verb = match method {
        "GET" => "Get",
        "PUT" => "Put",
        "DELETE" => "Delete",
        _ => "",
    };
    let of = |parts: &'static [(&'static str, &'static str)]| {
        parts.iter().find(|(part, _)| route.has_param(part)).map(|(_, noun)| *noun)
    };
    let whole = |name: &str| name.to_owned();
    match (&route.bucket, &route.key, method) {
        (None, _, "GET") => whole("ListBuckets"),
        (Some(_), None, "HEAD") => whole("HeadBucket"),
        (Some(_), None, "POST") if route.has_param("delete") => whole("DeleteObjects"),
        (Some(_), None, _) => match of(&BUCKET_PARTS) {
            Some("BucketLifecycleConfiguration") if method == "DELETE" => {
                whole("DeleteBucketLifecycle")
            }
            Some(noun) => format!("{verb}{noun}"),
            None if route.has_param("versioning") => format!("{verb}BucketVersioning"),
            None if route.has_param("versions") => whole("ListObjectVersions"),
            None if route.has_param("uploads") => whole("ListMultipartUploads"),
            None => whole(match (method, route.param("list-type")) {
                ("GET", Some("2")) => "ListObjectsV2",
                ("GET", _) => "ListObjects",
                ("PUT", _) => "CreateBucket",
                ("DELETE", _) => "DeleteBucket",
                _ => "",
            }),
        },
        (Some(_), Some(_), "HEAD") => whole("HeadObject"),
        (Some(_), Some(_), _) => match of(&OBJECT_PARTS) {
            Some(noun) => format!("{verb}{noun}"),
            None if route.has_param("uploads") => whole("CreateMultipartUpload"),
            None if route.has_param("uploadId") => whole(match method {
                "PUT" => "UploadPart",
                "POST" => "CompleteMultipartUpload",
                "DELETE" => "AbortMultipartUpload",
                _ => "ListParts",
            }),
            None => whole(match method {
                "GET" => "GetObject",
                "PUT" if headers.contains_key("x-amz-copy-source") => "CopyObject",
                "PUT" => "PutObject",
                "DELETE" => "DeleteObject",
                _ => "",
            }),
        },
        _ => String::new(),
    }
}
