//! AWS, one service a folder, one kind a file. Nothing here knows of plans or terminals.
//!
//! [`Aws`] is an account seen from one region. Every call to AWS goes through [`Aws::call`] or
//! [`Aws::pages`] (or [`Aws::glance`], for what is only good to know), which hold the limits, the
//! retries of reads and the classes of errors; the SDK's own retries are off. [`ResourceKind`] is
//! what a kind's file implements, and [`registry`] is the one list of them.

pub mod error;
mod kind;
pub mod kinds;
mod limits;
pub mod organization;
pub mod record;
pub mod registry;
mod session;
pub mod spelling;
pub mod tagged;
mod whole;

pub mod cloudtrail;
pub mod ecr;
pub mod eks;
pub mod iam;
pub mod kms;
pub mod logs;
pub mod s3;
pub mod sagemaker;

pub use error::{AwsError, Class, found};
pub use kind::{Acted, Brief, Incomplete, Listed, Progress, Rebuild, RemovalOptions, ResourceKind};
pub use session::{Aws, Connect, Session, Traffic};

/// One operation of AWS's API.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Op {
    /// As IAM spells it: `iam`, `logs`, `ecr`.
    pub service: &'static str,
    pub name: &'static str,
    /// Whether it changes anything. Writes are not repeated after an ambiguous answer.
    pub write: bool,
}

impl Op {
    pub const fn read(service: &'static str, name: &'static str) -> Self {
        Self { service, name, write: false }
    }

    pub const fn write(service: &'static str, name: &'static str) -> Self {
        Self { service, name, write: true }
    }
}

/// AWS's time stamps as ours; out-of-range ones are no time at all.
pub fn timestamp(time: Option<&aws_smithy_types::DateTime>) -> Option<jiff::Timestamp> {
    time.and_then(|t| jiff::Timestamp::new(t.secs(), t.subsec_nanos() as i32).ok())
}
