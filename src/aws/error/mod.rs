//! Every error class is decided here, once, and nowhere else.
//!
//! An AWS answer that is not a success becomes an [`AwsError`] with a [`Class`]. The rest of the
//! program matches on the class, never on a code or a text. Codes are the wire's
//! (`DeleteConflict`, not `DeleteConflictException`).

mod codes;
#[cfg(test)]
mod tests;

use std::error::Error as StdError;
use std::fmt;

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

use crate::resource::Region;
use crate::scrub;
use codes::*;

/// What an error means for the one who made the call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Class {
    /// What was asked for does not exist. For a delete this is success.
    NotFound,
    /// Too many calls: wait, and ask again more slowly. The call had no effect.
    Throttled,
    /// Nothing is known about the effect: a reset, a timeout, a 5xx. Look before asking again.
    Ambiguous,
    /// Somebody else was changing the same thing at that moment. Ask again.
    Conflict,
    /// Something uses it, or lives in it. Look again: it may be on its way out, or be new.
    InUse,
    /// It is being made, changed or removed. Wait.
    NotReady,
    /// The name of what is to be made is somebody's already. No wait helps.
    Taken,
    /// A protection of AWS's or of the owner's is on it.
    Protected,
    /// The caller lacks a permission.
    Denied,
    /// The credentials have expired.
    Expired,
    /// There are no credentials, or AWS does not know them.
    Credentials,
    /// The credentials are another account's by now. The call did not leave.
    OtherAccount,
    /// The endpoint could not be reached at all.
    Unreachable,
    /// A custom endpoint that does not know the operation, or a region without the service.
    Unavailable,
    /// The answer is not AWS's: HTML, garbage, a token that repeats itself.
    Garbled,
    /// A quota on things (not on calls).
    Quota,
    /// Anything else that AWS refused.
    Refused,
    /// Our own mistake: a request that the SDK would not build.
    Bug,
}

/// An error of one call to AWS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AwsError {
    pub class: Class,
    pub service: &'static str,
    pub operation: &'static str,
    pub region: Region,
    /// The wire's error code, where there was one.
    pub code: Option<String>,
    /// HTTP status, where there was an answer.
    pub status: Option<u16>,
    /// AWS's own words, shortened.
    pub message: String,
}

impl fmt::Display for AwsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { service, operation, region, .. } = self;
        match self.class {
            Class::Protected if self.is_held_back() => return f.write_str(&self.message),
            Class::Denied => write!(f, "{operation} was denied")?,
            Class::Expired => write!(f, "the credentials have expired ({operation})")?,
            Class::Credentials if self.is_clock_skew() => {
                write!(f, "AWS takes this machine's clock to be wrong ({operation})")?;
            }
            Class::Credentials if self.code.is_none() => {
                write!(f, "no credentials could be had for {operation}")?;
            }
            Class::Credentials => write!(f, "AWS did not accept the credentials ({operation})")?,
            Class::OtherAccount => {
                write!(f, "the credentials belong to another account by now ({operation})")?;
            }
            Class::Unreachable => write!(f, "{service} in {region} could not be reached")?,
            Class::Garbled => write!(f, "{operation} got an answer that is not AWS's")?,
            Class::Throttled => write!(f, "{operation} was throttled too often")?,
            _ => write!(f, "{operation} failed")?,
        }
        if let Some(code) = &self.code {
            write!(f, ": {code}")?;
        } else if let Some(status) = self.status {
            write!(f, ": HTTP {status}")?;
        }
        if !self.message.is_empty() && self.class != Class::Denied {
            write!(f, ": {}", self.message)?;
        }
        let hint = HINTS.iter().find(|(code, _)| self.code.as_deref() == Some(*code));
        hint.map_or(Ok(()), |(_, what)| write!(f, "; {what}"))
    }
}

impl StdError for AwsError {}

/// AWS's messages are capped: they are shown to people and kept in journals.
const MESSAGE_CHARS_MAX: usize = 400;

/// No code of AWS's is nearly as long.
const CODE_CHARS_MAX: usize = 100;

fn cut(text: &str, chars_max: usize) -> String {
    text.chars().take(chars_max).collect()
}

/// AWS's words as they may be kept and shown: of bounded length, and without the secrets that a
/// message may repeat from its request.
fn quoted(message: &str) -> String {
    // Enough is cleaned for what is left out to be made up for.
    cut(&scrub::text(&cut(message, 4 * MESSAGE_CHARS_MAX)), MESSAGE_CHARS_MAX)
}

/// What is known of a failed call, before it is judged.
#[derive(Debug, Clone, Default)]
pub struct Signal<'a> {
    pub service: &'a str,
    pub operation: &'a str,
    pub code: Option<&'a str>,
    pub message: &'a str,
    pub status: Option<u16>,
    /// Whether the endpoint is the user's own and not AWS's.
    pub custom_endpoint: bool,
    pub failure: Failure,
}

/// Where a call broke off.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Failure {
    /// AWS answered with an error.
    #[default]
    Answered,
    /// No answer: a reset, a timeout.
    NoAnswer,
    /// The connection was never made.
    NeverConnected,
    /// There was an answer, and it could not be read.
    Unreadable,
    /// No credentials could be loaded.
    NoCredentials,
    /// The request could not be built.
    Construction,
}

/// Judges a failed call.
pub fn classify(signal: &Signal<'_>) -> Class {
    match signal.failure {
        Failure::NoAnswer => return Class::Ambiguous,
        Failure::NeverConnected => return Class::Unreachable,
        Failure::NoCredentials => return Class::Credentials,
        Failure::Construction => return Class::Bug,
        Failure::Answered | Failure::Unreadable => {}
    }
    let Some(code) = signal.code.filter(|code| !code.is_empty()) else {
        return classify_without_code(signal);
    };
    let is = |list: &[&str]| list.contains(&code);
    let message = signal.message.to_ascii_lowercase();
    let says = |texts: &[&str]| texts.iter().any(|text| message.contains(text));

    if is(QUOTAS) {
        return Class::Quota;
    }
    if is(aws_runtime::retries::classifiers::THROTTLING_ERRORS) || is(MORE_THROTTLES) {
        return Class::Throttled;
    }
    let lacks = |(known, text): &(&str, &str)| *known == code && message.contains(text);
    if NOT_IN_THE_REGION.iter().any(lacks) {
        return Class::Unavailable;
    }
    // Before NOT_FOUND: a 404 `NotFound` of HEAD is an answer, an unknown operation is not.
    if is(UNKNOWN_OPERATION) {
        return if signal.custom_endpoint { Class::Unavailable } else { Class::Garbled };
    }
    if is(EXPIRED) || (is(DENIED) && message.contains("token") && message.contains("expired")) {
        return Class::Expired;
    }
    if is(CREDENTIALS) {
        return Class::Credentials;
    }
    // What S3 says of a version under retention or legal hold.
    if signal.service == "s3" && code == "AccessDenied" && message.contains("object lock") {
        return Class::Protected;
    }
    if is(DENIED) {
        return Class::Denied;
    }
    if is(NOT_FOUND) {
        return Class::NotFound;
    }
    if is(CONFLICT) {
        return Class::Conflict;
    }
    let may_say = ["sagemaker", "eks"].contains(&signal.service);
    let creates = signal.operation.starts_with("Create");
    if is(TAKEN) || (creates && may_say && says(TAKEN_TEXTS)) {
        return Class::Taken;
    }
    if is(PROTECTED) {
        return Class::Protected;
    }
    if is(SERVER) {
        return Class::Ambiguous;
    }
    match (signal.service, code) {
        ("sagemaker", "ValidationException") if says(SAGEMAKER_NOT_FOUND_TEXTS) => Class::NotFound,
        ("sagemaker", "ValidationException") if says(NOT_READY_TEXTS) => Class::NotReady,
        ("sagemaker", "ConflictException") => Class::InUse,
        ("cloudtrail", "ConflictException") if message.contains("protect") => Class::Protected,
        ("cloudtrail", "ConflictException") => Class::Conflict,
        ("eks", "ClientException") if message.contains("no cluster found") => Class::NotFound,
        ("eks" | "logs", "InvalidRequestException" | "ValidationException")
            if message.contains("deletion protection") =>
        {
            Class::Protected
        }
        (
            "eks",
            "InvalidParameterException" | "InvalidRequestException" | "ResourceInUseException",
        ) if says(NOT_READY_TEXTS) => Class::NotReady,
        ("kms", "KMSInvalidStateException") => Class::NotReady,
        _ if is(IN_USE) && says(NOT_READY_TEXTS) => Class::NotReady,
        _ if is(IN_USE) => Class::InUse,
        _ => match signal.status {
            Some(500..=599) => Class::Ambiguous,
            Some(429) => Class::Throttled,
            _ => Class::Refused,
        },
    }
}

/// An answer without an error code: a HEAD, a proxy's page, an emulator's.
fn classify_without_code(signal: &Signal<'_>) -> Class {
    match signal.status {
        // HEAD has no body, so S3 says everything with the status.
        Some(404) if signal.operation.starts_with("Head") => Class::NotFound,
        Some(403) if signal.operation.starts_with("Head") => Class::Denied,
        Some(404 | 501) if signal.custom_endpoint => Class::Unavailable,
        Some(401 | 403) => Class::Denied,
        Some(429) => Class::Throttled,
        Some(503) => Class::Ambiguous,
        Some(500..=599) => Class::Ambiguous,
        _ => Class::Garbled,
    }
}

/// Turns the SDK's error of one call into ours.
pub(super) fn from_sdk<E>(
    op: super::Op,
    region: Region,
    custom_endpoint: bool,
    error: SdkError<E, HttpResponse>,
) -> AwsError
where
    E: ProvideErrorMetadata + StdError + Send + Sync + 'static,
{
    let status = error.raw_response().map(|response| response.status().as_u16());
    let failure = match &error {
        SdkError::ConstructionFailure(_) => Failure::Construction,
        SdkError::TimeoutError(_) => Failure::NoAnswer,
        SdkError::ResponseError(_) => Failure::Unreadable,
        SdkError::DispatchFailure(dispatch) => {
            let text = causes(dispatch.as_connector_error().map(|e| e as &dyn StdError));
            // First: who gives out the credentials may be out of reach, too, as after a sleep.
            if never_connected(&text) {
                Failure::NeverConnected
            } else if text.contains("credential") || text.contains("identity") {
                Failure::NoCredentials
            } else {
                Failure::NoAnswer
            }
        }
        _ => Failure::Answered,
    };
    let (code, message) = match &error {
        SdkError::ServiceError(context) => {
            let err = context.err();
            let message = err.message().map(str::to_owned).unwrap_or_default();
            (err.code().map(str::to_owned), message)
        }
        other => (None, causes(Some(other))),
    };
    let class = classify(&Signal {
        service: op.service,
        operation: op.name,
        code: code.as_deref(),
        message: &message,
        status,
        custom_endpoint,
        failure,
    });
    AwsError {
        class,
        service: op.service,
        operation: op.name,
        region,
        code: code.map(|code| cut(&code, CODE_CHARS_MAX)),
        status,
        message: quoted(&message),
    }
}

/// The messages of an error and all its sources.
fn causes(error: Option<&dyn StdError>) -> String {
    let mut text = String::new();
    let mut next = error;
    while let Some(error) = next {
        if !text.is_empty() {
            text.push_str(": ");
        }
        text.push_str(&error.to_string());
        next = error.source();
    }
    text
}

impl AwsError {
    /// Whether the endpoint's very name is unknown: the service is not there in that region, or
    /// the resolver is not.
    pub fn is_no_host(&self) -> bool {
        let text = self.message.to_ascii_lowercase();
        let unknown = ["name or service not known", "nodename nor servname", "no such host"];
        self.class == Class::Unreachable && unknown.iter().any(|words| text.contains(words))
    }
}

fn never_connected(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    ["connection refused", "dns error", "failed to lookup", "tcp connect", "no route to host"]
        .iter()
        .any(|sign| text.contains(sign))
}

impl AwsError {
    /// An answer that was read and makes no sense.
    pub fn garbled(op: super::Op, region: Region, message: impl Into<String>) -> Self {
        Self {
            class: Class::Garbled,
            service: op.service,
            operation: op.name,
            region,
            code: None,
            status: None,
            message: message.into(),
        }
    }

    /// Whether we ourselves held the call back, and AWS was not asked: see [`AwsError::not_ours`].
    pub fn is_held_back(&self) -> bool {
        self.class == Class::Protected && self.code.is_none() && self.status.is_none()
    }

    /// A call that was not made, because it would reach something of somebody else's, or something
    /// that has to stay.
    pub fn not_ours(op: super::Op, region: Region, message: impl Into<String>) -> Self {
        Self { class: Class::Protected, ..Self::garbled(op, region, message) }
    }

    /// A call that was not made, because it was signed for `owner` and the session is in `ours`.
    pub fn other_account(op: super::Op, region: Region, owner: &str, ours: Option<&str>) -> Self {
        let message = format!("they are of {owner}, and this is about {}", ours.unwrap_or("none"));
        Self { class: Class::OtherAccount, ..Self::garbled(op, region, message) }
    }

    /// A refusal inside a successful answer (`DeleteObjects`, `BatchDeleteImage`), judged like
    /// any other error.
    pub fn inside(op: super::Op, region: Region, code: &str, message: impl Into<String>) -> Self {
        let message: String = message.into();
        let class = classify(&Signal {
            service: op.service,
            operation: op.name,
            code: Some(code),
            message: &message,
            ..Signal::default()
        });
        Self {
            class,
            service: op.service,
            operation: op.name,
            region,
            code: Some(cut(code, CODE_CHARS_MAX)),
            status: None,
            message: quoted(&message),
        }
    }

    /// Whether it says that these credentials are no good any more, anywhere. Credentials that AWS
    /// does not know are another matter: it says that of good ones too, in a region that the
    /// account has not enabled (AWS general reference, "Managing AWS Regions").
    pub fn is_lockout(&self) -> bool {
        match self.class {
            Class::Expired | Class::OtherAccount => true,
            Class::Credentials => self.code.is_none() || self.is_clock_skew(),
            _ => false,
        }
    }

    /// Whether a signature was refused for its time (IAM user guide, "Troubleshoot Signature
    /// Version 4": AWS takes five minutes' difference, S3 fifteen).
    pub fn is_clock_skew(&self) -> bool {
        let code = self.code.as_deref().unwrap_or_default();
        let message = self.message.to_ascii_lowercase();
        TIME_TOO_SKEWED.contains(&code)
            || (BAD_SIGNATURE.contains(&code)
                && SKEW_TEXTS.iter().any(|text| message.contains(text)))
    }

    /// Why a run pauses because of it, and what to do before it goes on.
    pub fn to_pause(&self) -> String {
        match self.class {
            Class::OtherAccount => format!("{self}; log in to that account again, then go on"),
            _ if self.is_clock_skew() => format!("{self}; set the clock right, then go on"),
            _ => format!("{self}; log in again, then go on"),
        }
    }

    /// Whether the call may have had its effect all the same: no answer came, or none of AWS's.
    pub fn may_have_worked(&self) -> bool {
        matches!(self.class, Class::Ambiguous | Class::Garbled)
    }

    pub fn is_not_found(&self) -> bool {
        self.class == Class::NotFound
    }
}

/// `Ok(None)` for what is not there: how every `read` begins.
pub fn found<T>(result: Result<T, AwsError>) -> Result<Option<T>, AwsError> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.is_not_found() => Ok(None),
        Err(error) => Err(error),
    }
}
