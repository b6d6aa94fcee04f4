//! What AWS's answers mean.

use super::*;

#[test]
fn what_a_region_lacks_is_unavailable_and_a_denial_is_not() {
    let lacks = "The requested operation is not supported in the called region.";
    let not_here = "This operation is not supported in this region";
    let nameless = "Unable to determine service/operation name to be authorized";
    let denied = "User: ann is not authorized to perform: eks:ListCapabilities";
    let rows = [
        ("sagemaker", "UnknownOperationException", lacks, Class::Unavailable),
        ("sagemaker", "UnknownOperationException", not_here, Class::Unavailable),
        ("sagemaker", "UnknownOperationException", "", Class::Garbled),
        ("eks", "AccessDeniedException", nameless, Class::Unavailable),
        ("eks", "AccessDeniedException", denied, Class::Denied),
    ];
    for (service, code, message, class) in rows {
        let signal = Signal { service, code: Some(code), message, ..Signal::default() };
        assert_eq!(classify(&signal), class, "{code}: {message}");
    }
}

/// Source of each row: the service's API reference, "Errors" of the operation, unless it says.
#[test]
fn each_answer_has_its_class() {
    use Class::*;
    let rows: &[(&str, &str, &str, Class)] = &[
        ("iam", "NoSuchEntity", "", NotFound),
        ("iam", "DeleteConflict", "must detach all policies first", InUse),
        ("iam", "EntityTemporarilyUnmodifiable", "", Conflict),
        ("iam", "UnmodifiableEntity", "service-linked", Protected),
        ("iam", "Throttling", "Rate exceeded", Throttled),
        ("iam", "LimitExceeded", "Cannot exceed quota", Quota),
        ("s3", "NoSuchBucket", "", NotFound),
        ("s3", "BucketNotEmpty", "", InUse),
        ("s3", "AccessDenied", "Access Denied because object protected by object lock.", Protected),
        ("s3", "AccessDenied", "Access Denied", Denied),
        ("s3", "SlowDown", "Please reduce your request rate.", Throttled),
        ("s3", "InternalError", "", Ambiguous),
        ("s3", "OperationAborted", "", Conflict),
        // Somebody else has the name by now: no wait helps.
        ("s3", "BucketAlreadyExists", "The requested bucket name is not available.", Taken),
        ("s3", "BucketAlreadyOwnedByYou", "", Taken),
        ("iam", "EntityAlreadyExists", "Role with name lab already exists.", Taken),
        ("kms", "AlreadyExistsException", "", Taken),
        ("logs", "ResourceAlreadyExistsException", "", Taken),
        ("ecr", "RepositoryAlreadyExistsException", "", Taken),
        ("cloudtrail", "TrailAlreadyExistsException", "", Taken),
        ("s3", "ExpiredToken", "The provided token has expired.", Expired),
        ("kms", "KMSInvalidStateException", "is pending deletion", NotReady),
        ("logs", "OperationAbortedException", "", Conflict),
        ("logs", "ValidationException", "log group with deletion protection enabled", Protected),
        ("eks", "ResourceInUseException", "Cluster has nodegroups attached", InUse),
        ("eks", "ResourceInUseException", "currently being updated", NotReady),
        ("eks", "ResourceNotFoundException", "", NotFound),
        // SageMaker says most things in the text (API reference of each delete).
        ("sagemaker", "ValidationException", "Could not find endpoint \"x\".", NotFound),
        ("sagemaker", "ValidationException", "Cannot update in-progress endpoint", NotReady),
        ("sagemaker", "ValidationException", "1 validation error detected", Refused),
        ("sagemaker", "ResourceInUse", "Domain has user profiles", InUse),
        ("sagemaker", "ConflictException", "", InUse),
        ("cloudtrail", "TrailNotFoundException", "", NotFound),
        ("cloudtrail", "NotOrganizationMasterAccountException", "", Protected),
        ("sts", "InvalidClientTokenId", "", Credentials),
        ("sts", "AccessDenied", "The security token included in the request is expired", Expired),
        ("s3", "RequestTimeTooSkewed", "The difference between the request time and", Credentials),
        ("iam", "ExpiredToken", "The security token included in the request is expired", Expired),
        ("kms", "ExpiredTokenException", "", Expired),
        ("eks", "UnrecognizedClientException", "The security token is invalid", Credentials),
        ("kms", "InvalidSignatureException", "Signature expired: 2026 is now earlier", Credentials),
        ("ecr", "SomethingNew", "", Refused),
    ];
    for (service, code, message, class) in rows {
        let signal = Signal { service, code: Some(code), message, ..Signal::default() };
        assert_eq!(classify(&signal), *class, "{service} {code}: {message}");
    }
}

#[test]
fn a_taken_name_is_said_in_words_where_the_code_means_other_things_too() {
    let rows = [
        ("sagemaker", "ValidationException", "CreateModel", "Cannot create already existing model"),
        (
            "sagemaker",
            "ValidationException",
            "CreatePipeline",
            "Pipeline names must be unique within an AWS account and region.",
        ),
        ("eks", "ResourceInUseException", "CreateCluster", "Cluster already exists with name: lab"),
        (
            "eks",
            "ResourceInUseException",
            "CreateAccessEntry",
            "The specified access entry resource is already in use on this cluster.",
        ),
    ];
    for (service, code, operation, message) in rows {
        let of = |operation| {
            let code = Some(code);
            classify(&Signal { service, operation, code, message, ..Signal::default() })
        };
        assert_eq!(of(operation), Class::Taken, "{message}");
        assert_ne!(of("UpdateThing"), Class::Taken, "{message}");
    }
}

#[test]
fn a_lockout_is_told_from_a_region_that_does_not_know_the_credentials() {
    const OP: crate::aws::Op = crate::aws::Op::read("kms", "ListKeys");
    let of = |code, message| AwsError::inside(OP, Region::new("us-east-1"), code, message);
    let expired = of("ExpiredTokenException", "The security token is expired");
    assert!(expired.is_lockout() && !expired.is_clock_skew());
    assert!(expired.to_pause().ends_with("log in again, then go on"), "{}", expired.to_pause());
    let region = of("UnrecognizedClientException", "The security token is invalid");
    assert_eq!((region.class, region.is_lockout()), (Class::Credentials, false));
    let late = "Signature expired: 20261124T120000Z is now earlier than 20261124T135500Z";
    for (code, message) in [("InvalidSignatureException", late), ("RequestTimeTooSkewed", "")] {
        let skewed = of(code, message);
        assert!(skewed.is_lockout(), "{code}");
        assert!(skewed.to_string().contains("this machine's clock"), "{skewed}");
        assert!(skewed.to_pause().contains("set the clock right"), "{}", skewed.to_pause());
    }
    let wrong = of("SignatureDoesNotMatch", "The request signature we calculated does not match");
    assert!(!wrong.is_clock_skew() && !wrong.is_lockout());
    let none = AwsError { class: Class::Credentials, code: None, ..wrong };
    assert!(none.is_lockout() && none.to_string().contains("no credentials could be had"));
}

#[test]
fn what_has_no_code_is_told_by_its_status_and_by_whose_endpoint_it_is() {
    let of = |status, operation, custom_endpoint| {
        let signal =
            Signal { operation, status: Some(status), custom_endpoint, ..Signal::default() };
        classify(&signal)
    };
    assert_eq!(of(404, "HeadBucket", false), Class::NotFound);
    assert_eq!(of(403, "HeadBucket", false), Class::Denied);
    assert_eq!(of(404, "ListThings", true), Class::Unavailable);
    assert_eq!(of(404, "ListThings", false), Class::Garbled);
    assert_eq!(of(501, "ListThings", false), Class::Ambiguous);
    assert_eq!(of(200, "ListThings", true), Class::Garbled);
    assert_eq!(of(429, "ListThings", false), Class::Throttled);
}

#[test]
fn where_a_call_broke_off_says_whether_it_may_have_been_heard() {
    let broken = |failure| classify(&Signal { failure, ..Signal::default() });
    assert_eq!(broken(Failure::NoAnswer), Class::Ambiguous);
    assert_eq!(broken(Failure::NeverConnected), Class::Unreachable);
    assert_eq!(broken(Failure::NoCredentials), Class::Credentials);
    assert_eq!(broken(Failure::Construction), Class::Bug);
}

#[test]
fn what_we_hold_back_ourselves_is_said_in_our_own_words() {
    const OP: crate::aws::Op = crate::aws::Op::write("iam", "DeleteRole");
    let here = Region::new("us-east-1");
    let strayed = AwsError::other_account(OP, here, "999999999999", Some("842676018087"));
    assert!(strayed.is_lockout() && !strayed.is_held_back());
    let why = strayed.to_pause();
    for words in ["another account", "999999999999", "842676018087", "log in to that account again"]
    {
        assert!(why.contains(words), "{why}");
    }
    let held = AwsError::not_ours(OP, here, "it is under legal hold");
    assert!(held.is_held_back() && !held.is_lockout());
    assert_eq!(held.to_string(), "it is under legal hold");
    // AWS's own refusals name the call.
    let refused = AwsError::inside(OP, here, "UnmodifiableEntity", "no");
    assert_eq!(refused.class, Class::Protected);
    assert!(!refused.is_held_back() && refused.to_string().starts_with("DeleteRole failed"));
}

#[test]
fn a_refusal_that_says_too_little_comes_with_what_to_do() {
    const OP: crate::aws::Op = crate::aws::Op::write("s3", "DeleteBucket");
    let message = "The bucket you tried to delete has access points attached.";
    let code = "BucketHasAccessPointsAttached";
    let error = AwsError::inside(OP, Region::new("us-east-1"), code, message);
    assert_eq!(error.class, Class::Protected);
    let said = error.to_string();
    assert!(said.contains(message) && said.contains("list-access-points"), "{said}");
}
