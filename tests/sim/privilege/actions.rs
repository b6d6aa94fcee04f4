//! Which IAM action lets a call through: mostly the one of its name.
//!
//! Source: Service Authorization Reference, "Actions defined by …", and for S3 the "Permissions"
//! part of each operation in its API reference.

use dismantle::sandbox::Service;

/// S3's operations whose action has another name.
const OF_S3: &[(&str, &[&str])] = &[
    // A version goes by the second of them; that one alone deletes no current object.
    ("DeleteObjects", &["DeleteObject", "DeleteObjectVersion"]),
    ("DeleteObject", &["DeleteObject", "DeleteObjectVersion"]),
    ("GetBucketAccelerateConfiguration", &["GetAccelerateConfiguration"]),
    ("GetBucketCors", &["GetBucketCORS"]),
    ("GetBucketEncryption", &["GetEncryptionConfiguration"]),
    ("GetBucketLifecycleConfiguration", &["GetLifecycleConfiguration"]),
    ("GetBucketNotificationConfiguration", &["GetBucketNotification"]),
    ("GetBucketReplication", &["GetReplicationConfiguration"]),
    ("GetObjectLockConfiguration", &["GetBucketObjectLockConfiguration"]),
    ("GetPublicAccessBlock", &["GetBucketPublicAccessBlock"]),
    ("PutBucketAccelerateConfiguration", &["PutAccelerateConfiguration"]),
    ("PutBucketCors", &["PutBucketCORS"]),
    ("PutBucketEncryption", &["PutEncryptionConfiguration"]),
    ("PutBucketLifecycleConfiguration", &["PutLifecycleConfiguration"]),
    ("PutBucketNotificationConfiguration", &["PutBucketNotification"]),
    ("PutBucketReplication", &["PutReplicationConfiguration"]),
    ("PutObjectLockConfiguration", &["PutBucketObjectLockConfiguration"]),
    ("PutPublicAccessBlock", &["PutBucketPublicAccessBlock"]),
    ("HeadBucket", &["ListBucket"]),
    // The sandbox has one word for the list of configurations and for one of them.
    ("GetBucketInventoryConfiguration", &["GetInventoryConfiguration"]),
    ("ListBucketInventoryConfigurations", &["GetInventoryConfiguration"]),
    ("ListBuckets", &["ListAllMyBuckets"]),
    ("ListMultipartUploads", &["ListBucketMultipartUploads"]),
    ("ListObjectVersions", &["ListBucketVersions"]),
];

/// The IAM actions of a call, as `service:Action`.
pub fn of_call(service: Service, operation: &str) -> Vec<String> {
    let prefix = match service {
        Service::Tagging => "tag",
        other => other.as_str(),
    };
    let renamed = OF_S3.iter().find(|(name, _)| service == Service::S3 && *name == operation);
    let names = renamed.map_or(std::slice::from_ref(&operation), |(_, names)| *names);
    names.iter().map(|name| format!("{prefix}:{name}")).collect()
}
