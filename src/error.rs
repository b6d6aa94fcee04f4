//! Why a command could not do what it was asked to: one sentence that says what to do.

use crate::aws::{AwsError, Class};
use crate::journal::JournalError;
use crate::manifest::ManifestError;
use crate::plan::PlanFileError;
use crate::scrub;

/// Everything that ends a command before its end. What goes wrong with one *resource* is no
/// error but a row of the result.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Manifest(#[from] ManifestError),

    /// Typed wrongly; the text says what to type instead.
    #[error("{0}")]
    Usage(String),

    /// A guard said no. Nothing was changed.
    #[error("{0}")]
    Guard(String),

    #[error(transparent)]
    Journal(#[from] JournalError),

    #[error(transparent)]
    PlanFile(#[from] PlanFileError),

    /// The account could not be entered. Nothing was changed.
    #[error("{0}")]
    Account(String),

    #[error("{what}: {source}.")]
    Io { what: String, source: std::io::Error },
}

impl Error {
    pub fn io(what: impl Into<String>, source: std::io::Error) -> Self {
        Self::Io { what: what.into(), source }
    }

    /// Why the very first call, `sts:GetCallerIdentity`, failed: which of the usual reasons it
    /// is, and what to do. `endpoint` and `profile` are
    /// the person's own, if there are any.
    pub fn at_the_door(error: &AwsError, endpoint: Option<&str>, profile: Option<&str>) -> Self {
        let code = error.code.as_deref();
        let said = match (code, error.message.is_empty()) {
            (Some(code), true) => code.to_owned(),
            (Some(code), false) => format!("{code}: {}", error.message),
            (None, _) => error.message.clone(),
        };
        let whom = match endpoint {
            Some(url) => format!("the endpoint {}", scrub::url(url)),
            None => format!("AWS STS in {}", error.region),
        };
        let endpoint_hint = match endpoint {
            Some(_) => "check `--endpoint-url` (or AWS_ENDPOINT_URL)",
            None => "check the network and its proxy",
        };
        let why = match error.class {
            Class::Credentials if code.is_none() && profile.is_some() => format!(
                "The profile {} gives no AWS credentials for {whom} ({said}); see which profiles \
                 there are with `aws configure list-profiles`",
                profile.unwrap_or_default()
            ),
            Class::Credentials if code.is_none() => format!(
                "No AWS credentials were found for {whom}; set AWS_PROFILE or pass `--profile`, or \
                 log in with `aws sso login` or `aws configure`"
            ),
            Class::Credentials if error.is_clock_skew() => {
                format!("AWS takes this machine's clock to be wrong ({said}); set it right")
            }
            Class::Credentials => format!(
                "AWS does not accept these credentials ({said}); see which they are with `aws \
                 configure list`, or pass `--profile`"
            ),
            Class::Expired => format!(
                "The credentials have expired ({said}); log in again, for instance with `aws sso \
                 login`"
            ),
            Class::Denied => format!(
                "{whom} denied GetCallerIdentity ({said}); these credentials may do nothing here"
            ),
            Class::Ambiguous if error.status.is_some() => {
                let status = error.status.unwrap_or_default();
                let said = if said.is_empty() { said } else { format!(": {said}") };
                format!("{whom} answered with HTTP {status}{said}; {endpoint_hint}, or try again")
            }
            Class::Unreachable | Class::Ambiguous => {
                format!("{whom} could not be reached ({said}); {endpoint_hint}")
            }
            Class::Garbled | Class::Unavailable => {
                let status = error.status.map_or(String::new(), |status| format!("HTTP {status}"));
                let what = if said.is_empty() { status } else { said };
                format!(
                    "{whom} gave an answer that is not AWS's ({what}), as a login page or a proxy \
                     does; {endpoint_hint}"
                )
            }
            _ => format!("{whom} did not say whose credentials these are ({said})"),
        };
        Self::Account(format!("{why}. Nothing was changed."))
    }
}
