//! Somebody who looks at every change, in the moment in which it is made.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;

use super::{Call, Sandbox};

/// Is told of the calls of the account's own caller that would change something. As long as it does
/// not return, nothing goes on with the call; while it does not wait, nothing else happens either.
#[async_trait]
pub trait Watcher: Send + Sync {
    /// A call has arrived, whatever may become of it.
    async fn called(&self, sandbox: &Sandbox, call: &Call);

    /// A call has changed something, and its answer has not left yet.
    async fn changed(&self, sandbox: &Sandbox, call: &Call);
}

/// Who watches at the moment, if anybody does.
#[derive(Default)]
pub struct Post(Mutex<Option<Arc<dyn Watcher>>>);

impl fmt::Debug for Post {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Post")
    }
}

impl Post {
    pub fn set(&self, watcher: Option<Arc<dyn Watcher>>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = watcher;
    }

    pub fn get(&self) -> Option<Arc<dyn Watcher>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
