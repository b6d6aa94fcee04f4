//! An account, as seen through one set of credentials.

mod account;
mod calls;
mod identity;

use std::collections::{BTreeSet, HashMap};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_config::SdkConfig;
use aws_config::profile::ProfileFileCredentialsProvider;
use aws_sdk_s3::config::retry::RetryConfig;
use aws_sdk_s3::config::timeout::TimeoutConfig;
use aws_types::service_config::ServiceConfigKey;
use futures::future::BoxFuture;
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};

pub use self::account::Aws;
use self::account::Clients;
pub use self::identity::Signer;
use self::identity::{Asker, Identities};
use super::Op;
use super::error::AwsError;
use super::limits::Limits;
use crate::clock::{SdkTime, SharedClock};
use crate::resource::Region;

/// No answer of AWS's to one attempt takes longer; a lost connection shows after this.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(30);

/// The services that are called, and the ids under which the SDK's configuration has them.
const SERVICE_IDS: &[(&str, &str)] = &[
    ("account", "Account"),
    ("cloudtrail", "CloudTrail"),
    ("ecr", "ECR"),
    ("eks", "EKS"),
    ("iam", "IAM"),
    ("kms", "KMS"),
    ("logs", "CloudWatch Logs"),
    ("organizations", "Organizations"),
    ("s3", "S3"),
    ("sagemaker", "SageMaker"),
    ("sts", "STS"),
    ("tag", "Resource Groups Tagging API"),
];

/// The services that the SDK fetches credentials from.
const CREDENTIALS_FROM: &[&str] = &["SSO", "SSO OIDC", "STS", "Signin"];

/// What a person asked for on the command line about the connection.
#[derive(Debug, Clone, Default)]
pub struct Connect {
    pub profile: Option<String>,
    pub region: Option<Region>,
    pub endpoint_url: Option<String>,
}

/// How many calls were made.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Traffic {
    pub requests: u64,
    pub throttled: u64,
}

/// One set of credentials with the SDK's configuration, before it is known whose account it is.
pub struct Session {
    config: SdkConfig,
    profile: Option<String>,
    clock: SharedClock,
    limits: Limits,
    random: Mutex<SmallRng>,
    requests: AtomicU64,
    throttled: AtomicU64,
    /// How often the credentials were found to be no good, and the last time's error.
    lockouts: Mutex<(u64, Option<AwsError>)>,
    clients: Mutex<HashMap<Region, Arc<Clients>>>,
    identities: Arc<Identities>,
}

impl Session {
    /// Credentials, profiles, SSO, assumed roles and endpoints as in the AWS CLI.
    pub async fn load(connect: &Connect, clock: SharedClock, seed: u64) -> Arc<Self> {
        let mut loader = aws_config::defaults(aws_config::BehaviorVersion::v2026_01_12());
        if let Some(profile) = &connect.profile {
            // A profile that a person names wins over keys in the environment, as in the AWS CLI.
            let named = ProfileFileCredentialsProvider::builder().profile_name(profile).build();
            loader = loader.profile_name(profile).credentials_provider(named);
        }
        if let Some(region) = connect.region {
            loader = loader.region(aws_config::Region::new(region.as_str()));
        }
        if let Some(url) = &connect.endpoint_url {
            loader = loader.endpoint_url(url);
        }
        Self::with_profile(loader.load().await, connect.profile.clone(), clock, seed)
    }

    /// A session on a ready-made configuration: a sandbox's.
    pub fn new(config: SdkConfig, clock: SharedClock, seed: u64) -> Arc<Self> {
        Self::with_profile(config, None, clock, seed)
    }

    fn with_profile(
        config: SdkConfig,
        profile: Option<String>,
        clock: SharedClock,
        seed: u64,
    ) -> Arc<Self> {
        let timeouts = TimeoutConfig::builder()
            .connect_timeout(Duration::from_secs(5))
            .operation_attempt_timeout(ATTEMPT_TIMEOUT)
            .build();
        let mut config = config
            .into_builder()
            .retry_config(RetryConfig::disabled())
            .timeout_config(timeouts)
            .time_source(SdkTime(clock.clone()));
        if let Ok(name) = aws_config::AppName::new("dismantle") {
            config = config.app_name(name);
        }
        Arc::new(Self {
            config: config.build(),
            profile,
            clock,
            limits: Limits::default(),
            random: Mutex::new(SmallRng::seed_from_u64(seed)),
            requests: AtomicU64::new(0),
            throttled: AtomicU64::new(0),
            lockouts: Mutex::default(),
            clients: Mutex::default(),
            identities: Arc::default(),
        })
    }

    /// The profile that the user named.
    pub fn profile(&self) -> Option<&str> {
        self.profile.as_deref()
    }

    /// The user's own endpoint, if there is one for all services.
    pub fn endpoint_url(&self) -> Option<&str> {
        self.config.endpoint_url()
    }

    /// All of the user's own endpoints: for all services, and for single ones, whether the
    /// environment says so or the `services` section of a profile.
    pub fn custom_endpoints(&self) -> Vec<String> {
        let asked = SERVICE_IDS.iter().filter_map(|(_, id)| self.endpoint_of(id));
        // Credentials are fetched where the profile says, also if an option names an endpoint or
        // configured ones are to be ignored. A variable that nobody sets leaves the profile.
        let fetched = CREDENTIALS_FROM
            .iter()
            .filter_map(|id| self.configured_endpoint(id, "AWS_ENDPOINT_URL_OF_PROFILE"));
        asked.chain(fetched).collect::<BTreeSet<String>>().into_iter().collect()
    }

    /// Where a service is asked, if not at AWS's own endpoint. The SDK's clients decide so: the
    /// option comes first, then what is configured for the service, then what is for all.
    fn endpoint_of(&self, service_id: &str) -> Option<String> {
        let for_all = || self.endpoint_url().map(str::to_owned);
        if self.config.get_origin("endpoint_url").is_client_config() {
            return for_all();
        }
        self.configured_endpoint(service_id, "AWS_ENDPOINT_URL").or_else(for_all)
    }

    fn configured_endpoint(&self, service_id: &str, variable: &str) -> Option<String> {
        let key = ServiceConfigKey::builder().service_id(service_id).env(variable);
        let key = key.profile("endpoint_url").build().ok()?;
        self.config.service_config()?.load_config(key)
    }

    /// The region of the configuration, if it names one.
    pub fn region(&self) -> Option<Region> {
        self.config.region().and_then(|region| Region::parse(region.as_ref()).ok())
    }

    /// Who the credentials belong to: AWS's account number, twelve digits, and the caller's ARN.
    pub async fn caller(self: &Arc<Self>, region: Region) -> Result<(String, String), AwsError> {
        const OP: Op = Op::read("sts", "GetCallerIdentity");
        let aws = self.clone().account("", "aws").in_region(region);
        let asker = Asker::default();
        let ask = || aws.sts().get_caller_identity().customize().interceptor(asker.clone()).send();
        let answer = aws.call(OP, ask).await?;
        match (answer.account, answer.arn) {
            (Some(account), Some(arn)) => {
                self.identities.door.get_or_init(|| region);
                let signer = Signer { account: account.clone(), arn: arn.clone() };
                self.identities.learn(asker.key().as_deref(), signer);
                Ok((account, arn))
            }
            _ => Err(AwsError::garbled(OP, region, "it names no account")),
        }
    }

    /// Asks whose an access key is that has just begun to sign.
    fn introduce<'a>(
        self: &'a Arc<Self>,
        key: &'a str,
        region: Region,
    ) -> BoxFuture<'a, Result<(), AwsError>> {
        Box::pin(async move {
            let _turn = self.identities.asking.lock().await;
            if self.identities.owner(key).is_none() {
                self.caller(*self.identities.door.get_or_init(|| region)).await?;
            }
            Ok(())
        })
    }

    /// Whose credentials signed last, as STS said; `None` if nobody has asked.
    pub fn signer(&self) -> Option<Signer> {
        self.identities.signer()
    }

    /// The account that the credentials were found to belong to.
    pub fn account(self: Arc<Self>, number: &str, partition: &str) -> Aws {
        let region = self.region().unwrap_or(Region::new("us-east-1"));
        Aws::new(self, number, partition, region)
    }

    pub fn traffic(&self) -> Traffic {
        Traffic {
            requests: self.requests.load(Ordering::Relaxed),
            throttled: self.throttled.load(Ordering::Relaxed),
        }
    }

    /// How often the credentials were found to have expired, or could not be had.
    pub fn lockouts(&self) -> u64 {
        self.lockouts.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).0
    }

    /// The error of a lockout, if there was one since [`Session::lockouts`] gave `before`.
    pub fn locked_out_since(&self, before: u64) -> Option<AwsError> {
        let lockouts = self.lockouts.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        let (count, last) = &*lockouts;
        last.clone().filter(|_| *count > before)
    }

    /// Whether a service is asked at the user's own endpoint instead of AWS's.
    pub fn custom_endpoint(&self, service: &str) -> bool {
        let id = SERVICE_IDS.iter().find(|(name, _)| *name == service);
        self.endpoint_of(id.map_or(service, |(_, id)| *id)).is_some()
    }

    fn jitter(&self, longest: Duration) -> Duration {
        let mut random = self.random.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        longest.mul_f64(random.random_range(0.5..1.0))
    }
}

#[cfg(test)]
mod tests {
    use aws_types::service_config::LoadServiceConfig;

    use super::*;
    use crate::clock::WallClock;

    const STORE: &str = "http://10.0.0.7:9000";

    /// A profile whose `services` section names an endpoint for S3.
    #[derive(Debug)]
    struct Profile;

    impl LoadServiceConfig for Profile {
        fn load_config(&self, key: ServiceConfigKey<'_>) -> Option<String> {
            (key.service_id() == "S3").then(|| STORE.to_owned())
        }
    }

    #[test]
    fn an_endpoint_of_one_service_is_that_services_own() {
        let config = SdkConfig::builder().service_config(Profile).build();
        let session = Session::new(config, Arc::new(WallClock), 1);
        assert_eq!(session.custom_endpoints(), [STORE]);
        assert!(session.custom_endpoint("s3"));
        assert!(!session.custom_endpoint("sts"));

        let everywhere = "http://127.0.0.1:4566";
        let config = SdkConfig::builder().service_config(Profile).endpoint_url(everywhere).build();
        let session = Session::new(config, Arc::new(WallClock), 1);
        assert_eq!(session.custom_endpoints(), [STORE, everywhere]);
        assert!(session.custom_endpoint("logs") && session.custom_endpoint("tag"));
    }
}
