//! Requests a second that AWS lets through, and how each service says no.

use winterbaume_core::MockResponse;

use super::answer;
use super::route::{Route, Service};

/// One operation, or all whose names begin so.
enum Of {
    Only(&'static [&'static str]),
    Starting(&'static [&'static str]),
    Rest,
}

/// A quota that each operation has for itself.
const EACH: &str = "";

/// First match wins. Where AWS publishes no number, ours is twice what a careful caller starts
/// with, so that carelessness is noticed.
const QUOTAS: &[(Service, Of, &str, f64)] = &[
    // CloudTrail's "Quotas" page: reads 10, all else 1.
    (Service::CloudTrail, Of::Starting(&["Get", "Describe", "List"]), "read", 10.0),
    (Service::CloudTrail, Of::Rest, "write", 1.0),
    // KMS's "Request quotas".
    (Service::Kms, Of::Only(&["ScheduleKeyDeletion"]), "schedule", 15.0),
    (Service::Kms, Of::Only(&["DeleteAlias"]), "delete-alias", 15.0),
    (Service::Kms, Of::Only(&["CancelKeyDeletion"]), "cancel", 5.0),
    (Service::Kms, Of::Only(&["RevokeGrant"]), "revoke", 50.0),
    (Service::Kms, Of::Only(&["RetireGrant"]), "retire", 50.0),
    (Service::Kms, Of::Only(&["ListAliases"]), "list-aliases", 500.0),
    (Service::Kms, Of::Only(&["ListKeys"]), "list-keys", 500.0),
    (Service::Kms, Of::Only(&["ListGrants"]), "list-grants", 100.0),
    (Service::Kms, Of::Only(&["DescribeKey"]), "describe", 2000.0),
    // CloudWatch Logs' quotas.
    (Service::Logs, Of::Only(&["DeleteLogGroup"]), "delete-group", 10.0),
    (Service::Logs, Of::Only(&["DescribeLogGroups"]), "describe-groups", 10.0),
    (Service::Logs, Of::Only(&["DeleteLogStream"]), "delete-stream", 15.0),
    (Service::Logs, Of::Only(&["PutRetentionPolicy"]), "retention", 5.0),
    (Service::Logs, Of::Only(&["TagResource", "UntagResource"]), "tags", 5.0),
    (Service::Logs, Of::Only(&["ListTagsForResource"]), "list-tags", 5.0),
    (Service::Logs, Of::Only(&["DescribeSubscriptionFilters"]), "filters", 5.0),
    // Not published.
    (Service::Iam, Of::Starting(&["Get", "List"]), "read", 20.0),
    (Service::Iam, Of::Rest, "write", 10.0),
    (Service::Ecr, Of::Only(&["BatchDeleteImage", "DeleteRepository"]), "delete", 10.0),
    (Service::Ecr, Of::Rest, "read", 20.0),
    // SageMaker's quotas are of single operations ("Rate of DeleteEndpoint requests").
    (Service::SageMaker, Of::Starting(&["Delete", "Stop"]), EACH, 4.0),
    (Service::SageMaker, Of::Starting(&["List"]), EACH, 10.0),
    (Service::SageMaker, Of::Starting(&["Describe"]), EACH, 20.0),
    (Service::Eks, Of::Starting(&["Delete"]), EACH, 2.0),
    (Service::Eks, Of::Rest, EACH, 10.0),
    (Service::Sts, Of::Rest, "all", 10.0),
];

/// The quota that a call falls under: its name and calls a second.
pub fn of(route: &Route) -> Option<(String, f64)> {
    let operation = route.operation.as_str();
    QUOTAS
        .iter()
        .filter(|(service, ..)| *service == route.service)
        .find(|(_, of, ..)| match of {
            Of::Only(names) => names.contains(&operation),
            Of::Starting(prefixes) => prefixes.iter().any(|prefix| operation.starts_with(prefix)),
            Of::Rest => true,
        })
        .map(|(_, _, group, rate)| {
            let group = if *group == EACH { operation } else { group };
            (group.to_owned(), *rate)
        })
}

/// How a service says that it is asked too often.
pub fn throttled(service: Service) -> MockResponse {
    let (status, code) = match service {
        Service::Eks | Service::Account => (429, "ThrottlingException"),
        Service::Iam | Service::Sts => (400, "Throttling"),
        Service::S3 => (503, "SlowDown"),
        Service::Organizations => (400, "TooManyRequestsException"),
        Service::Tagging => (400, "ThrottledException"),
        _ => (400, "ThrottlingException"),
    };
    let message =
        if service == Service::S3 { "Please reduce your request rate." } else { "Rate exceeded" };
    answer::error(service, status, code, message)
}

/// How a service says that it is broken.
pub fn broken(service: Service) -> MockResponse {
    let (status, code) = match service {
        Service::Iam => (500, "ServiceFailure"),
        Service::Kms => (500, "KMSInternalException"),
        Service::Logs => (503, "ServiceUnavailableException"),
        Service::Ecr | Service::Eks => (500, "ServerException"),
        Service::S3 => (500, "InternalError"),
        Service::Organizations => (500, "ServiceException"),
        Service::Tagging => (500, "InternalServiceException"),
        _ => (500, "InternalFailure"),
    };
    answer::error(service, status, code, "We encountered an internal error. Please try again.")
}

/// How a service says that the caller's session is over.
///
/// Source: "Common Errors" of each API reference (`ExpiredTokenException`, 403), and the S3 API
/// reference, "Error responses" (`ExpiredToken`, 400).
pub fn expired(service: Service) -> MockResponse {
    let (status, code) = match service {
        Service::S3 => (400, "ExpiredToken"),
        Service::Iam | Service::Sts => (403, "ExpiredToken"),
        Service::Eks | Service::Account => (403, "ExpiredTokenException"),
        _ => (400, "ExpiredTokenException"),
    };
    let message = match service {
        Service::S3 => "The provided token has expired.",
        _ => "The security token included in the request is expired",
    };
    answer::error(service, status, code, message)
}

/// How a service says that the caller may not.
pub fn denied(service: Service, operation: &str) -> MockResponse {
    let (status, code) = match service {
        Service::Eks | Service::Account => (403, "AccessDeniedException"),
        Service::Iam | Service::Sts | Service::S3 => (403, "AccessDenied"),
        _ => (400, "AccessDeniedException"),
    };
    let prefix = if service == Service::Tagging { "tag" } else { service.as_str() };
    let message = format!(
        "User: arn:aws:iam::{}:user/lab is not authorized to perform: {prefix}:{operation}",
        super::ACCOUNT_ID
    );
    answer::error(service, status, code, &message)
}
