//! An account seen from one region, with the clients that ask it.

use std::sync::{Arc, OnceLock};

use aws_config::SdkConfig;
use rand::Rng;

use super::Session;
use super::identity::Signed;
use crate::aws::spelling;
use crate::aws::whole::Whole;
use crate::clock::SharedClock;
use crate::resource::Region;

/// The clients of one region, made when first asked for.
#[derive(Default)]
pub(super) struct Clients {
    account: OnceLock<aws_sdk_account::Client>,
    cloudtrail: OnceLock<aws_sdk_cloudtrail::Client>,
    ecr: OnceLock<aws_sdk_ecr::Client>,
    eks: OnceLock<aws_sdk_eks::Client>,
    iam: OnceLock<aws_sdk_iam::Client>,
    kms: OnceLock<aws_sdk_kms::Client>,
    logs: OnceLock<aws_sdk_cloudwatchlogs::Client>,
    organizations: OnceLock<aws_sdk_organizations::Client>,
    s3: OnceLock<aws_sdk_s3::Client>,
    sagemaker: OnceLock<aws_sdk_sagemaker::Client>,
    sts: OnceLock<aws_sdk_sts::Client>,
    tagging: OnceLock<aws_sdk_resourcegroupstagging::Client>,
}

/// An account, seen from one region. Cheap to clone.
#[derive(Clone)]
pub struct Aws {
    session: Arc<Session>,
    number: Arc<str>,
    partition: Arc<str>,
    region: Region,
}

macro_rules! client {
    ($($service:ident: $sdk:ident),*) => {$(
        pub fn $service(&self) -> $sdk::Client {
            let make = || {
                let config = $sdk::config::Builder::from(&self.config());
                let config = config.interceptor(Whole).interceptor(self.signed());
                $sdk::Client::from_conf(config.build())
            };
            self.clients().$service.get_or_init(make).clone()
        }
    )*};
}

impl Aws {
    pub(super) fn new(
        session: Arc<Session>,
        number: &str,
        partition: &str,
        region: Region,
    ) -> Self {
        Self { session, number: number.into(), partition: partition.into(), region }
    }

    pub fn in_region(&self, region: Region) -> Aws {
        Aws { region, ..self.clone() }
    }

    /// The region that calls go to. For IAM any will do.
    pub fn region(&self) -> Region {
        self.region
    }

    /// The account's number, twelve digits.
    pub fn number(&self) -> &str {
        &self.number
    }

    /// `aws`, `aws-cn`, `aws-us-gov`.
    pub fn partition(&self) -> &str {
        &self.partition
    }

    /// A number out of the session's seed.
    pub fn random(&self) -> u64 {
        self.session.random.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).random()
    }

    pub fn session(&self) -> &Arc<Session> {
        &self.session
    }

    pub fn clock(&self) -> &SharedClock {
        &self.session.clock
    }

    /// Whether an ARN's account is this one, or the ARN names none.
    pub fn is_ours(&self, arn: &str) -> bool {
        spelling::arn_account(arn).is_none_or(|account| account == self.number())
    }

    fn clients(&self) -> Arc<Clients> {
        let mut clients =
            self.session.clients.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        clients.entry(self.region).or_default().clone()
    }

    fn config(&self) -> SdkConfig {
        let region = aws_config::Region::new(self.region.as_str());
        self.session.config.clone().into_builder().region(region).build()
    }

    client! {
        account: aws_sdk_account,
        cloudtrail: aws_sdk_cloudtrail,
        ecr: aws_sdk_ecr,
        eks: aws_sdk_eks,
        iam: aws_sdk_iam,
        kms: aws_sdk_kms,
        logs: aws_sdk_cloudwatchlogs,
        organizations: aws_sdk_organizations,
        sagemaker: aws_sdk_sagemaker,
        tagging: aws_sdk_resourcegroupstagging
    }

    fn signed(&self) -> Signed {
        Signed(self.session.identities.clone())
    }

    /// STS, which is asked whose a key is, and so by whomever.
    pub fn sts(&self) -> aws_sdk_sts::Client {
        let make = || {
            let config = aws_sdk_sts::config::Builder::from(&self.config()).interceptor(Whole);
            aws_sdk_sts::Client::from_conf(config.build())
        };
        self.clients().sts.get_or_init(make).clone()
    }

    /// S3. At a custom endpoint buckets are addressed by path.
    pub fn s3(&self) -> aws_sdk_s3::Client {
        let custom = self.session.custom_endpoint("s3");
        self.clients()
            .s3
            .get_or_init(|| {
                let config = aws_sdk_s3::config::Builder::from(&self.config())
                    .force_path_style(custom)
                    .interceptor(Whole)
                    .interceptor(self.signed())
                    .build();
                aws_sdk_s3::Client::from_conf(config)
            })
            .clone()
    }
}
