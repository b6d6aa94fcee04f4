//! How a call is made: its pace, its repeats, its pages, and what an error of it means.

use std::error::Error as StdError;
use std::future::Future;
use std::sync::atomic::Ordering;
use std::time::Duration;

use aws_smithy_async::future::pagination_stream::PaginationStream;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

use super::Aws;
use super::identity::{Signer, Unintroduced};
use crate::aws::Op;
use crate::aws::error::{self, AwsError, Class};

/// Attempts at one read before its error is final. Throttles are counted apart.
const READ_ATTEMPTS_MAX: u32 = 5;

/// Throttles of one call before it is given up: the bucket has slowed down by then.
const THROTTLES_MAX: u32 = 12;

/// Other keys that may begin to sign one call before it leaves: the question whose a key is may be
/// signed by the next one already.
const KEYS_MAX: u32 = 3;

/// First pause after a failed attempt; it doubles, with jitter, up to the longest.
const BACKOFF_FIRST: Duration = Duration::from_millis(300);
const BACKOFF_LONGEST: Duration = Duration::from_secs(20);

/// How long a glance may take altogether: nobody waits longer for what is only good to know.
const GLANCE_MAX: Duration = Duration::from_secs(5);

/// Pages of one list before it is called endless. The longest honest one: a region has a million
/// log groups unless AWS is asked for more, and a page of them has fifty (CloudWatch Logs user
/// guide, "CloudWatch Logs quotas").
const PAGES_MAX: usize = 25_000;

impl Aws {
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
                Err(error) if self.introduced(op, &error, &mut tries).await? => {}
                Err(error) => tries.after(self, op, self.judge(op, error)).await?,
            }
        }
    }

    /// Whether a call did not leave for want of a known key, and may by now: STS was asked, and the
    /// key is the account's.
    async fn introduced<E>(
        &self,
        op: Op,
        error: &SdkError<E, HttpResponse>,
        tries: &mut Tries,
    ) -> Result<bool, AwsError>
    where
        E: StdError + Send + Sync + 'static,
    {
        let Some(Unintroduced { key }) = Unintroduced::among(error) else { return Ok(false) };
        let session = self.session();
        tries.keys += 1;
        if tries.keys > KEYS_MAX {
            let why = "each attempt is signed with another key, and nobody can say whose they are";
            return Err(AwsError::garbled(op, self.region(), why));
        }
        session.introduce(key, self.region()).await?;
        let ours = session.identities.account();
        let stranger = |owner: &Signer| Some(owner.account.as_str()) != ours;
        match session.identities.owner(key).filter(stranger) {
            None => Ok(true),
            Some(owner) => {
                let error = AwsError::other_account(op, self.region(), &owner.account, ours);
                self.lock_out(&error);
                Err(error)
            }
        }
    }

    fn lock_out(&self, error: &AwsError) {
        let lockouts = &self.session().lockouts;
        let mut lockouts = lockouts.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        *lockouts = (lockouts.0 + 1, Some(error.clone()));
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
                Err(error) if self.introduced(op, &error, &mut Tries::default()).await? => {}
                Err(error) => {
                    let error = self.judge(op, error);
                    let may_pass = [Class::Throttled, Class::Ambiguous, Class::Unreachable];
                    if !may_pass.contains(&error.class) {
                        return Err(error);
                    }
                }
            }
            tokio::time::sleep(self.session().jitter(BACKOFF_FIRST)).await;
            self.before(op).await;
            attempt().await.map_err(|error| self.judge(op, error))
        };
        match tokio::time::timeout(GLANCE_MAX, twice).await {
            Ok(result) => result,
            Err(_) => {
                let why = format!("no answer within {} s", GLANCE_MAX.as_secs());
                let error = AwsError::garbled(op, self.region(), why);
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
        let garbled = |why: String| AwsError::garbled(op, self.region(), why);
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
                    if !self.introduced(op, &error, &mut tries).await? {
                        tries.after(self, op, self.judge(op, error)).await?;
                    }
                    stream = start(at.clone());
                }
            }
        }
    }

    /// Slows an operation down after a throttle that came inside a successful answer.
    pub fn slow_down(&self, op: Op) {
        self.session().throttled.fetch_add(1, Ordering::Relaxed);
        self.session().limits.throttled(op, self.region());
    }

    async fn before(&self, op: Op) {
        self.session().limits.acquire(op, self.region()).await;
        self.session().requests.fetch_add(1, Ordering::Relaxed);
        tracing::trace!(service = op.service, operation = op.name, region = %self.region(), "call");
    }

    fn judge<E>(&self, op: Op, error: SdkError<E, HttpResponse>) -> AwsError
    where
        E: ProvideErrorMetadata + StdError + Send + Sync + 'static,
    {
        let custom = self.session().custom_endpoint(op.service);
        let error = error::from_sdk(op, self.region(), custom, error);
        tracing::debug!(operation = op.name, region = %self.region(), class = ?error.class, code = error.code.as_deref(), "answer");
        if error.class == Class::Throttled {
            self.session().throttled.fetch_add(1, Ordering::Relaxed);
            self.session().limits.throttled(op, self.region());
        }
        if error.is_lockout() {
            self.lock_out(&error);
        }
        error
    }
}

/// What has been tried of one call so far.
#[derive(Default)]
struct Tries {
    failures: u32,
    throttles: u32,
    /// Keys that nobody knew.
    keys: u32,
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
        tokio::time::sleep(aws.session().jitter(pause.min(BACKOFF_LONGEST))).await;
        Ok(())
    }
}
