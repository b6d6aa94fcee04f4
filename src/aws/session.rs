//! An account, as seen through one set of credentials.

use std::collections::{BTreeSet, HashMap};
use std::error::Error as StdError;
use std::future::Future;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use aws_config::SdkConfig;
use aws_config::profile::ProfileFileCredentialsProvider;
use aws_sdk_s3::config::retry::RetryConfig;
use aws_sdk_s3::config::timeout::TimeoutConfig;
use aws_smithy_async::future::pagination_stream::PaginationStream;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use aws_types::service_config::ServiceConfigKey;
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};

use super::error::{self, AwsError, Class};
use super::limits::Limits;
use super::whole::Whole;
use super::{Op, spelling};
use crate::clock::{SdkTime, SharedClock};
use crate::resource::{Kind, Region};

/// No answer of AWS's to one attempt takes longer; a lost connection shows after this.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(30);

/// Attempts at one read before its error is final. Throttles are counted apart.
const READ_ATTEMPTS_MAX: u32 = 5;

/// Throttles of one call before it is given up: the bucket has slowed down by then.
const THROTTLES_MAX: u32 = 12;

/// First pause after a failed attempt; it doubles, with jitter, up to the longest.
const BACKOFF_FIRST: Duration = Duration::from_millis(300);
const BACKOFF_LONGEST: Duration = Duration::from_secs(20);

/// How long a glance may take altogether: nobody waits longer for what is only good to know.
const GLANCE_MAX: Duration = Duration::from_secs(5);

/// Pages of one list before it is called endless. The longest honest one: a region has a million
/// log groups unless AWS is asked for more, and a page of them has fifty (CloudWatch Logs user
/// guide, "CloudWatch Logs quotas").
const PAGES_MAX: usize = 25_000;

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
        let answer = aws.call(OP, || aws.sts().get_caller_identity().send()).await?;
        match (answer.account, answer.arn) {
            (Some(account), Some(arn)) => Ok((account, arn)),
            _ => Err(AwsError::garbled(OP, region, "it names no account")),
        }
    }

    /// The account that the credentials were found to belong to.
    pub fn account(self: Arc<Self>, number: &str, partition: &str) -> Aws {
        let region = self.region().unwrap_or(Region::new("us-east-1"));
        Aws { session: self, number: number.into(), partition: partition.into(), region }
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

/// The clients of one region, made when first asked for.
#[derive(Default)]
struct Clients {
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
                let config = $sdk::config::Builder::from(&self.config()).interceptor(Whole);
                $sdk::Client::from_conf(config.build())
            };
            self.clients().$service.get_or_init(make).clone()
        }
    )*};
}

impl Aws {
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
        sts: aws_sdk_sts,
        tagging: aws_sdk_resourcegroupstagging
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
                    .build();
                aws_sdk_s3::Client::from_conf(config)
            })
            .clone()
    }

    /// Makes one call, at the service's pace.
    ///
    /// A throttled call had no effect and is repeated, more slowly. A *read* is repeated too
    /// after a reset, a timeout or a 5xx; a *write* then comes back as [`Class::Ambiguous`],
    /// for the caller to look first.
    pub async fn call<T, E, F>(&self, op: Op, attempt: impl Fn() -> F) -> Result<T, AwsError>
    where
        F: Future<Output = Result<T, SdkError<E, HttpResponse>>>,
        E: ProvideErrorMetadata + StdError + Send + Sync + 'static,
    {
        let mut tries = Tries::default();
        loop {
            self.before(op).await;
            match attempt().await {
                Ok(value) => return Ok(value),
                Err(error) => tries.after(self, op, self.judge(op, error)).await?,
            }
        }
    }

    /// Makes one read of what is only good to know: two attempts at most, and no longer than
    /// [`GLANCE_MAX`] altogether.
    pub async fn glance<T, E, F>(&self, op: Op, attempt: impl Fn() -> F) -> Result<T, AwsError>
    where
        F: Future<Output = Result<T, SdkError<E, HttpResponse>>>,
        E: ProvideErrorMetadata + StdError + Send + Sync + 'static,
    {
        let twice = async {
            self.before(op).await;
            match attempt().await {
                Ok(value) => return Ok(value),
                Err(error) => {
                    let error = self.judge(op, error);
                    let may_pass = [Class::Throttled, Class::Ambiguous, Class::Unreachable];
                    if !may_pass.contains(&error.class) {
                        return Err(error);
                    }
                }
            }
            tokio::time::sleep(self.session.jitter(BACKOFF_FIRST)).await;
            self.before(op).await;
            attempt().await.map_err(|error| self.judge(op, error))
        };
        match tokio::time::timeout(GLANCE_MAX, twice).await {
            Ok(result) => result,
            Err(_) => {
                let why = format!("no answer within {} s", GLANCE_MAX.as_secs());
                let error = AwsError::garbled(op, self.region, why);
                Err(AwsError { class: Class::Unreachable, ..error })
            }
        }
    }

    /// Lists to the last page. A page that fails is asked for again, from where it was.
    ///
    /// `start` makes a paginator that begins at a token; `token` reads the next one out of a
    /// page. A token that repeats itself is an error, not a loop, and so are pages without end.
    pub async fn pages<T, E>(
        &self,
        op: Op,
        start: impl Fn(Option<String>) -> PaginationStream<Result<T, SdkError<E, HttpResponse>>>,
        token: impl Fn(&T) -> Option<String>,
    ) -> Result<Vec<T>, AwsError>
    where
        E: ProvideErrorMetadata + StdError + Send + Sync + 'static,
    {
        self.pages_by(op, start, move |page| Ok(token(page))).await
    }

    /// The same where a page says apart from its marker whether there is more: a page that is cut
    /// off and has no marker is not the last one.
    pub async fn marked_pages<T, E>(
        &self,
        op: Op,
        start: impl Fn(Option<String>) -> PaginationStream<Result<T, SdkError<E, HttpResponse>>>,
        marker: impl Fn(&T) -> (bool, Option<String>),
    ) -> Result<Vec<T>, AwsError>
    where
        E: ProvideErrorMetadata + StdError + Send + Sync + 'static,
    {
        let next = move |page: &T| match marker(page) {
            (false, _) => Ok(None),
            (true, Some(marker)) if !marker.is_empty() => Ok(Some(marker)),
            (true, _) => Err("there is more, and the marker for the next page is missing"),
        };
        self.pages_by(op, start, next).await
    }

    async fn pages_by<T, E>(
        &self,
        op: Op,
        start: impl Fn(Option<String>) -> PaginationStream<Result<T, SdkError<E, HttpResponse>>>,
        next: impl Fn(&T) -> Result<Option<String>, &'static str>,
    ) -> Result<Vec<T>, AwsError>
    where
        E: ProvideErrorMetadata + StdError + Send + Sync + 'static,
    {
        let garbled = |why: String| AwsError::garbled(op, self.region, why);
        let mut tries = Tries::default();
        let mut pages = Vec::new();
        let mut at: Option<String> = None;
        let mut seen = std::collections::HashSet::new();
        let mut stream = start(None);
        loop {
            self.before(op).await;
            match stream.next().await {
                None => return Ok(pages),
                Some(Ok(page)) => {
                    tries = Tries::default();
                    let next = next(&page).map_err(|why| garbled(why.to_owned()))?;
                    pages.push(page);
                    let Some(next) = next.filter(|next| !next.is_empty()) else {
                        return Ok(pages);
                    };
                    if !seen.insert(next.clone()) {
                        let why = "the token for the next page repeats itself";
                        return Err(garbled(why.to_owned()));
                    }
                    if pages.len() >= PAGES_MAX {
                        return Err(garbled(format!(
                            "its pages do not end ({PAGES_MAX} were read)"
                        )));
                    }
                    at = Some(next);
                }
                Some(Err(error)) => {
                    tries.after(self, op, self.judge(op, error)).await?;
                    stream = start(at.clone());
                }
            }
        }
    }

    /// Slows an operation down after a throttle that came inside a successful answer.
    pub fn slow_down(&self, op: Op) {
        self.session.throttled.fetch_add(1, Ordering::Relaxed);
        self.session.limits.throttled(op, self.region);
    }

    async fn before(&self, op: Op) {
        self.session.limits.acquire(op, self.region).await;
        self.session.requests.fetch_add(1, Ordering::Relaxed);
        tracing::trace!(service = op.service, operation = op.name, region = %self.region, "call");
    }

    fn judge<E>(&self, op: Op, error: SdkError<E, HttpResponse>) -> AwsError
    where
        E: ProvideErrorMetadata + StdError + Send + Sync + 'static,
    {
        let custom = self.session.custom_endpoint(op.service);
        let error = error::from_sdk(op, self.region, custom, error);
        tracing::debug!(operation = op.name, region = %self.region, class = ?error.class, code = error.code.as_deref(), "answer");
        if error.class == Class::Throttled {
            self.session.throttled.fetch_add(1, Ordering::Relaxed);
            self.session.limits.throttled(op, self.region);
        }
        if error.is_lockout() {
            let lockouts = &self.session.lockouts;
            let mut lockouts = lockouts.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
            *lockouts = (lockouts.0 + 1, Some(error.clone()));
        }
        error
    }
}

/// What has been tried of one call so far.
#[derive(Default)]
struct Tries {
    failures: u32,
    throttles: u32,
}

impl Tries {
    /// Waits before the next attempt, or gives the error back if there should be none.
    async fn after(&mut self, aws: &Aws, op: Op, error: AwsError) -> Result<(), AwsError> {
        let count = match error.class {
            Class::Throttled if self.throttles < THROTTLES_MAX => {
                self.throttles += 1;
                self.throttles
            }
            Class::Ambiguous | Class::Conflict | Class::Unreachable
                if !op.write && self.failures + 1 < READ_ATTEMPTS_MAX =>
            {
                self.failures += 1;
                self.failures
            }
            _ => return Err(error),
        };
        let pause = BACKOFF_FIRST.saturating_mul(2u32.saturating_pow(count - 1));
        tokio::time::sleep(aws.session.jitter(pause.min(BACKOFF_LONGEST))).await;
        Ok(())
    }
}

impl AwsError {
    /// What the kind's file does not do.
    pub fn unsupported(aws: &Aws, kind: Kind, what: &str) -> Self {
        let op = Op { service: kind.service(), name: kind.resource(), write: true };
        let mut error =
            AwsError::garbled(op, aws.region(), format!("Dismantle does not do {what}"));
        error.class = Class::Bug;
        error
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
