//! Codes and words of the wire, by what they mean.

/// Quotas on things carry names that look like throttles (aws-sdk's own list has one of them).
pub(super) const QUOTAS: &[&str] = &[
    "LimitExceeded",
    "LimitExceededException",
    "ResourceLimitExceeded",
    "ServiceQuotaExceededException",
];

/// Throttles that the SDK's list does not have (seen in other tools' issue trackers).
pub(super) const MORE_THROTTLES: &[&str] =
    &["RequestThrottledException", "TooManyRequests", "Throttled"];

pub(super) const NOT_FOUND: &[&str] = &[
    "NoSuchEntity",
    "NoSuchBucket",
    "NoSuchKey",
    "NoSuchVersion",
    "NoSuchUpload",
    "NotFound",
    "NotFoundException",
    "ResourceNotFound",
    "ResourceNotFoundException",
    "RepositoryNotFoundException",
    "ImageNotFoundException",
    "ImageNotFound",
    "RepositoryPolicyNotFoundException",
    "LifecyclePolicyNotFoundException",
    "PullThroughCacheRuleNotFoundException",
    "TemplateNotFoundException",
    "TrailNotFoundException",
    "EventDataStoreNotFoundException",
    "ChannelNotFoundException",
    "InvalidGrantIdException",
    // Settings of a bucket that were never made.
    "NoSuchTagSet",
    "NoSuchLifecycleConfiguration",
    "NoSuchBucketPolicy",
    "NoSuchCORSConfiguration",
    "NoSuchWebsiteConfiguration",
    "NoSuchPublicAccessBlockConfiguration",
    "ReplicationConfigurationNotFoundError",
    "ServerSideEncryptionConfigurationNotFoundError",
    "ObjectLockConfigurationNotFoundError",
    "NoSuchObjectLockConfiguration",
    "OwnershipControlsNotFoundError",
];

pub(super) const DENIED: &[&str] = &[
    "AccessDenied",
    "AccessDeniedException",
    "AccessDeniedFault",
    "UnauthorizedOperation",
    "UnauthorizedException",
    "NotAuthorized",
    "AuthorizationError",
    "AllAccessDisabled",
];

pub(super) const EXPIRED: &[&str] =
    &["ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired"];

pub(super) const CREDENTIALS: &[&str] = &[
    "InvalidClientTokenId",
    "UnrecognizedClientException",
    "InvalidAccessKeyId",
    "SignatureDoesNotMatch",
    "InvalidSignatureException",
    "IncompleteSignature",
    "MissingAuthenticationToken",
    "MissingAuthenticationTokenException",
    "AuthFailure",
    "InvalidToken",
    "RequestTimeTooSkewed",
    "RequestInTheFuture",
    "RequestExpired",
];

/// The clocks differ by more than AWS takes.
pub(super) const TIME_TOO_SKEWED: &[&str] =
    &["RequestTimeTooSkewed", "RequestInTheFuture", "RequestExpired"];

pub(super) const BAD_SIGNATURE: &[&str] = &["SignatureDoesNotMatch", "InvalidSignatureException"];

/// How a refused signature is said to be one of another time. Lower case.
pub(super) const SKEW_TEXTS: &[&str] = &["signature expired", "signature not yet current"];

pub(super) const UNKNOWN_OPERATION: &[&str] = &[
    "UnknownOperation",
    "UnknownOperationException",
    "InvalidAction",
    "NotImplemented",
    "NotImplementedException",
];

/// How AWS itself says, in a region that lacks an operation, that it does: code, and words in lower
/// case. Nothing of it can be there. Seen of SageMaker (terraform-provider-aws #16061, #27258;
/// aws-sdk-js #4584) and of EKS (eksctl #8630).
pub(super) const NOT_IN_THE_REGION: &[(&str, &str)] = &[
    ("UnknownOperationException", "not supported in the called region"),
    ("UnknownOperationException", "not supported in this region"),
    ("AccessDeniedException", "unable to determine service/operation name to be authorized"),
];

pub(super) const CONFLICT: &[&str] = &[
    "ConcurrentModification",
    "ConcurrentModificationException",
    "EntityTemporarilyUnmodifiable",
    "OperationAbortedException",
    "OperationAborted",
    "ConditionalRequestConflict",
];

/// Somebody has the name. (API references, "Errors" of each `Create…`; S3 of `CreateBucket`.)
pub(super) const TAKEN: &[&str] = &[
    "AlreadyExistsException",
    "BucketAlreadyExists",
    "BucketAlreadyOwnedByYou",
    "EntityAlreadyExists",
    "RepositoryAlreadyExistsException",
    "ResourceAlreadyExistsException",
    "TrailAlreadyExistsException",
];

/// How SageMaker and EKS say so, whose codes mean other things too. Seen of `CreateModel`
/// (astronomer-providers #1055), `CreatePipeline` (sagemaker-python-sdk #6256), `CreateCluster` and
/// `CreateAccessEntry` (terraform-aws-eks #1262, #2977). Lower case.
pub(super) const TAKEN_TEXTS: &[&str] =
    &["already exist", "must be unique within an aws account", "is already in use on this cluster"];

pub(super) const SERVER: &[&str] = &[
    "ServiceFailure",
    "InternalFailure",
    "InternalError",
    "InternalServerError",
    "InternalServiceError",
    "DependencyTimeoutException",
    "DependencyTimeout",
    "KMSInternalException",
    "ServiceUnavailable",
    "ServiceUnavailableException",
    "ServerException",
    "KmsException",
];

pub(super) const IN_USE: &[&str] = &[
    "DeleteConflict",
    "ResourceInUse",
    "ResourceInUseException",
    "BucketNotEmpty",
    "RepositoryNotEmptyException",
    "ImageReferencedByManifestList",
    "ChannelExistsForEDSException",
    "EventDataStoreHasOngoingImportException",
];

pub(super) const PROTECTED: &[&str] = &[
    // They are in no list of S3's own, and go by nobody's hand but a person's.
    "BucketHasAccessPointsAttached",
    "UnmodifiableEntity",
    "EventDataStoreTerminationProtectedException",
    "NotOrganizationMasterAccountException",
    "InvalidHomeRegionException",
    "OperationNotPermittedException",
];

/// What a person can do about a refusal that says too little of that.
pub(super) const HINTS: &[(&str, &str)] = &[(
    "BucketHasAccessPointsAttached",
    "see them with `aws s3control list-access-points --account-id ACCOUNT --bucket BUCKET`",
)];

/// SageMaker answers `ValidationException` for what is not there, and says so only in the text.
/// Lower case.
pub(super) const SAGEMAKER_NOT_FOUND_TEXTS: &[&str] = &[
    "could not find",
    "does not exist",
    "recordnotfound",
    "cannot find",
    "no workforce",
    "the work team",
    "no devicefleet",
    "unable to describe",
    "not found",
];

/// The words of an answer that say it is not ready, whatever its code. Lower case.
pub(super) const NOT_READY_TEXTS: &[&str] = &[
    "in-progress",
    "in progress",
    "currently being",
    "must be in a deletable status",
    "while it is",
    "status (pending)",
    "status must be",
    "cannot be deleted while",
    "delete_in_progress",
    // A notebook in service: "Status (InService) not in ([Stopped, Failed]). Unable to transition".
    "unable to transition",
];
