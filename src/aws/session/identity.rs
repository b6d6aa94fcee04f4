//! Whose the credentials are that sign a call.
//!
//! What was asked at the door holds for the access key that signed the question. The chain may
//! hand out another one in the middle of a run: a session is renewed, a profile is edited or
//! logged in anew. So each request is looked at once it is signed, and leaves only where STS has
//! said of this very key that it is the account's: a read too, since to a stranger everything
//! looks gone.

use std::collections::BTreeMap;
use std::error::Error as StdError;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::BeforeTransmitInterceptorContextRef;
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;

use crate::resource::Region;

/// Keys that are remembered. A role's session is renewed once an hour at most; a chain that gives
/// out more of them is asked about again.
const KEYS_MAX: usize = 100;

/// Whose an access key is, as STS says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signer {
    /// The account's number.
    pub account: String,
    /// The caller's ARN.
    pub arn: String,
}

impl Signer {
    /// Whether it is the account's root user, whom no policy holds back.
    pub fn is_root(&self) -> bool {
        self.arn.ends_with(":root")
    }
}

/// The account that a session is in, and whose each access key is.
#[derive(Debug, Default)]
pub(super) struct Identities {
    account: OnceLock<String>,
    /// Where the door asked: STS answers there, and need not in every region.
    pub(super) door: OnceLock<Region>,
    known: Mutex<Known>,
    /// One question at a time: who waits for it finds the answer.
    pub(super) asking: tokio::sync::Mutex<()>,
}

#[derive(Debug, Default)]
struct Known {
    owners: BTreeMap<String, Signer>,
    /// The key that signed last.
    last: Option<String>,
}

impl Identities {
    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// STS has said whose a key is. The first answer is the session's account.
    pub(super) fn learn(&self, key: Option<&str>, signer: Signer) {
        self.account.get_or_init(|| signer.account.clone());
        let Some(key) = key else { return };
        let mut known = self.known();
        if known.owners.len() >= KEYS_MAX {
            known.owners.clear();
        }
        known.owners.insert(key.to_owned(), signer);
        known.last = Some(key.to_owned());
    }

    pub(super) fn account(&self) -> Option<&str> {
        self.account.get().map(String::as_str)
    }

    pub(super) fn owner(&self, key: &str) -> Option<Signer> {
        self.known().owners.get(key).cloned()
    }

    /// Whose the key is that signed last.
    pub(super) fn signer(&self) -> Option<Signer> {
        let known = self.known();
        known.owners.get(known.last.as_deref()?).cloned()
    }

    /// Notes who signs, and says whether the call may leave. Before anybody has asked there is no
    /// account to compare with, and nothing that the guard would let through.
    fn signs(&self, key: Option<&str>) -> Result<(), Unintroduced> {
        let Some(account) = self.account() else { return Ok(()) };
        let key = key.unwrap_or_default();
        let mut known = self.known();
        known.last = Some(key.to_owned());
        match known.owners.get(key) {
            Some(owner) if owner.account == account => Ok(()),
            _ => Err(Unintroduced { key: key.to_owned() }),
        }
    }
}

/// The call did not leave: its key is not known to be the account's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Unintroduced {
    pub key: String,
}

impl Unintroduced {
    /// Whether an error of the SDK's is, at its root, this one.
    pub(super) fn among<'a>(error: &'a (dyn StdError + 'static)) -> Option<&'a Self> {
        let mut next = Some(error);
        while let Some(error) = next {
            if let Some(found) = error.downcast_ref::<Self>() {
                return Some(found);
            }
            next = error.source();
        }
        None
    }
}

impl fmt::Display for Unintroduced {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("it is signed with a key of which nobody has said whose it is")
    }
}

impl StdError for Unintroduced {}

/// Holds back what is signed by anybody else.
#[derive(Debug)]
pub(super) struct Signed(pub Arc<Identities>);

impl Intercept for Signed {
    fn name(&self) -> &'static str {
        "Signed"
    }

    fn read_before_transmit(
        &self,
        context: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        self.0.signs(signing_key(context.request())).map_err(Into::into)
    }
}

/// Notes which key signs the question whose the key is.
#[derive(Debug, Default, Clone)]
pub(super) struct Asker(Arc<Mutex<Option<String>>>);

impl Asker {
    pub(super) fn key(&self) -> Option<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Intercept for Asker {
    fn name(&self) -> &'static str {
        "Asker"
    }

    fn read_before_transmit(
        &self,
        context: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let key = signing_key(context.request()).map(str::to_owned);
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = key;
        Ok(())
    }
}

/// The access key of a signed request: `… Credential=AKIA…/20260115/us-east-1/iam/aws4_request, …`
/// (IAM user guide, "Elements of an AWS API request signature").
fn signing_key(request: &HttpRequest) -> Option<&str> {
    key_in(request.headers().get("authorization")?)
}

fn key_in(authorization: &str) -> Option<&str> {
    let (_, credential) = authorization.split_once("Credential=")?;
    credential.split('/').next().filter(|key| !key.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_is_read_out_of_a_signature() {
        let scope = "AKIAIOSFODNN7EXAMPLE/20260115/us-east-1/iam/aws4_request";
        for (header, key) in [
            (format!("AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host"), true),
            (format!("AWS4-ECDSA-P256-SHA256 Credential={scope}, Signature=0"), true),
            ("AWS4-HMAC-SHA256 Credential=/20260115".to_owned(), false),
            ("Bearer abc".to_owned(), false),
            (String::new(), false),
        ] {
            assert_eq!(key_in(&header), key.then_some("AKIAIOSFODNN7EXAMPLE"), "{header}");
        }
    }

    fn of(account: &str) -> Signer {
        Signer { account: account.to_owned(), arn: format!("arn:aws:iam::{account}:user/ann") }
    }

    #[test]
    fn only_keys_of_the_account_sign() {
        let identities = Identities::default();
        assert_eq!(identities.signs(Some("A")), Ok(()), "the door's own question");
        assert_eq!(identities.signer(), None);
        identities.learn(Some("A"), of("111122223333"));
        assert_eq!(identities.signs(Some("A")), Ok(()));
        assert_eq!(identities.signer(), Some(of("111122223333")));
        for key in [Some("B"), None] {
            let key = key.unwrap_or_default();
            assert_eq!(identities.signs(Some(key)), Err(Unintroduced { key: key.to_owned() }));
            assert_eq!(identities.signer(), None);
        }
        identities.learn(Some("B"), of("999999999999"));
        assert!(identities.signs(Some("B")).is_err(), "it is somebody else's");
        assert_eq!(identities.signer(), Some(of("999999999999")));
        assert_eq!(identities.account(), Some("111122223333"), "the first answer stays");
        identities.learn(Some("C"), of("111122223333"));
        assert_eq!(identities.signs(Some("C")), Ok(()), "a session that was renewed");
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let identities = Identities::default();
        for number in 0..(3 * KEYS_MAX) {
            identities.learn(Some(&format!("ASIA{number}")), of("111122223333"));
        }
        assert!(identities.known().owners.len() <= KEYS_MAX);
    }
}
